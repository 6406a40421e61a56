"""An own order drawn along by the mouse: where it would go, what that costs, and the drop.

Nothing is sent before the drop. A drop that the order must not make - through the collar, onto a
price at which a stop would fire - leaves it where it is, and that is said while it is dragged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.depth_rows import price_for_side
from terminal.domain.guard import ticks_through_touch
from terminal.domain.order import OrderState
from terminal.domain.ticket import StopTrigger
from terminal.domain.triggers import Fires, would_fire_now
from terminal.domain.triggers import words as trigger_words
from terminal.domain.units import Side
from terminal.viewmodels import text
from terminal.viewmodels.ladder_hands import MOVABLE, ArmedBy
from terminal.viewmodels.ladder_view import StagedOrder
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.contract import Contract
    from terminal.domain.order import Order
    from terminal.domain.units import ClientOid, Price
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.ladder_protection import LadderProtection
    from terminal.viewmodels.ladder_trading import LadderTrading

STAYS = "The order stays where it is."


@final
class Verdict(NamedTuple):
    """Whether an order may be dropped at a price, and what to know of it."""

    words: str
    is_free: bool


@final
@dataclass(frozen=True, slots=True)
class Drag:
    """An order in hand. Rows are absolute; ``target`` is None while the pointer is outside."""

    client_oid: ClientOid
    side: Side
    origin: int
    step: int
    armed: frozenset[ArmedBy]
    target: int | None = None

    @property
    def price(self) -> Price | None:
        """Where it would go."""
        if self.target is None or self.target == self.origin:
            return None
        return price_for_side(self.target, self.step, self.side)


@final
class LadderDrag:
    """At most one order in hand. ``protection`` is set where there is an account.

    ``moves`` takes what was dropped; it is held back there if the user wants that. Who takes an
    order in hand takes it from the other hand: the keys' grab of it ends here, and a drag there.
    """

    def __init__(self, trading: LadderTrading, desk: OrderDesk) -> None:
        self.protection: LadderProtection | None = None
        self.now: Drag | None = None
        self.moves: Callable[[Order, Price, Callable[[], str]], None] | None = None
        self._trading = trading
        self._desk = desk

    def begin(self, order: Order, origin: int, step: int) -> None:
        """Take an order in hand, if the mouse may move it; else it is said why not."""
        trading = self._trading
        if order.state not in MOVABLE or order.side is None:
            trading.say("This order cannot be moved now.", Role.CAUTION)
        elif trading.may_move(order, ArmedBy.MOUSE):
            if trading.grab is not None and trading.grab.has(order.client_oid):
                trading.grab = None  # with it goes what of it is held back
            self.now = Drag(order.client_oid, order.side, origin, step, trading.armed, origin)
            self._tell()

    def to(self, index: int | None) -> bool:
        """Follow the pointer; whether that is another row."""
        drag = self.now
        if drag is None or drag.target == index:
            return False
        self.now = replace(drag, target=index)
        return True

    def drop_out(self, words: str = STAYS, role: Role = Role.TEXT_DIM) -> bool:
        """Leave all as it was; whether there was anything in hand."""
        was, self.now = self.now, None
        if was is not None:
            self._trading.say(words, role)
        return was is not None

    def check(self) -> None:
        """Let go what can no longer be moved: an order that ended, a hand that was disarmed.

        Of what is still in hand it is said where it would go by now.
        """
        drag = self.now
        if drag is None:
            return
        order = self._desk.orders.get(drag.client_oid)
        if order is None or not order.is_working or order.state not in MOVABLE:
            self.drop_out("The order you dragged has ended.", Role.CAUTION)
        elif self._is_grabbed(drag.client_oid):
            self.drop_out("The keys hold this order now: arrows move it, Enter commits.")
        elif self._trading.armed is not drag.armed:
            self.drop_out(f"Arming changed. {STAYS}", Role.CAUTION)
        else:
            self._tell()

    def let_go(self, index: int | None) -> None:
        """Move the order to the row it was dragged to, which ``index`` must still be."""
        self.check()
        drag = self.now
        if drag is None:
            return
        self.now = None
        trading = self._trading
        order = self._desk.orders.get(drag.client_oid)
        price = drag.price
        if order is None or index is None or price is None:
            trading.say(STAYS, Role.TEXT_DIM)
        elif index != drag.target:
            trading.say(f"The rows moved as you let go. {STAYS}", Role.CAUTION)
        elif trading.may_move(order, ArmedBy.MOUSE):
            verdict = self.verdict(order, price)
            if verdict.is_free and self.moves is not None:
                self.moves(order, price, partial(self._why_lost, order, price))
            elif verdict.is_free:
                trading.move(order, price)
            else:
                trading.say(f"Not moved: {verdict.words}.", Role.DANGER)

    def _is_grabbed(self, client_oid: ClientOid) -> bool:
        grab = self._trading.grab
        return grab is not None and grab.has(client_oid)

    def _why_lost(self, order: Order, price: Price) -> str:
        """Why a drop that is held back must not be carried out any more; empty while it may."""
        oid = order.client_oid
        now = self._desk.orders.get(oid)
        if now is None or not now.is_working or now.state not in MOVABLE:
            return "the order you dragged has ended."
        if self._is_grabbed(oid) or (self.now is not None and self.now.client_oid == oid):
            return "the order was taken in hand again."
        if now.shown_at != order.shown_at:
            return "the order was moved meanwhile."
        verdict = self.verdict(now, price)
        if not verdict.is_free:
            return f"{verdict.words}."
        blocked = self._desk.why_not_moved(oid, price)
        return "" if blocked is None else blocked.blocks[0].reason

    # Showing ---------------------------------------------------------------------------------

    @property
    def may_drop(self) -> bool:
        """Whether letting go now would move the order."""
        order, price = self._shown()
        return order is not None and price is not None and self.verdict(order, price).is_free

    def staged(self) -> StagedOrder | None:
        """The ghost: where the order would go, with what that costs."""
        order, price = self._shown()
        contract = self._trading.contract
        if order is None or price is None or contract is None or order.side is None:
            return None
        verdict = self.verdict(order, price)
        lots = None if order.is_close_order else order.remaining
        kind = "moves:" if verdict.is_free else "stays:"
        return StagedOrder(order.side, price, kind, lots, verdict.words)

    def _tell(self) -> None:
        """Say where the order would go; the plate on its row has room for few words."""
        order, price = self._shown()
        contract = self._trading.contract
        if order is None or contract is None:
            return
        held = f"Holding {self._trading.named(order)}"
        if price is None:
            self._trading.say(f"{held}: let go here and it stays.", Role.ACCENT)
            return
        verdict = self.verdict(order, price)
        verb = "to" if verdict.is_free else "not to"
        role = Role.ACCENT if verdict.is_free else Role.DANGER
        words = f"{held}: {verb} {text.price(price, contract)}, {verdict.words}."
        self._trading.say(f"{words} Esc drops.", role)

    def _shown(self) -> tuple[Order | None, Price | None]:
        drag = self.now
        if drag is None:
            return None, None
        return self._desk.orders.get(drag.client_oid), drag.price

    def verdict(self, order: Order, price: Price) -> Verdict:
        """What dropping an order at a price would do, by what is known now."""
        contract = self._trading.contract
        if contract is None:
            return Verdict("there is no contract", is_free=False)
        if order.state is OrderState.UNTRIGGERED:
            return self._stop_verdict(order, price, contract)
        return self._limit_verdict(order, price, contract)

    def _limit_verdict(self, order: Order, price: Price, contract: Contract) -> Verdict:
        touch, side = self._desk.touch(contract.symbol), order.side
        if touch is None:
            if order.reduces_only:
                return Verdict("goes to the end of the queue", is_free=True)
            return Verdict("the order book is not live", is_free=False)
        collar = self._desk.guarding.limits.collar_ticks
        through = ticks_through_touch(side, price, touch)
        if through > collar and not order.reduces_only:
            return Verdict(f"{through} ticks through, the collar is {collar}", is_free=False)
        best = touch.best_ask if side is Side.BUY else touch.best_bid
        takes = best is not None and (price >= best if side is Side.BUY else price <= best)
        if takes and order.is_post_only:
            return Verdict("it is post-only and would take", is_free=False)
        return Verdict("takes at once" if takes else "goes to the end of the queue", is_free=True)

    def _stop_verdict(self, order: Order, price: Price, contract: Contract) -> Verdict:
        direction, reference = order.stop_direction, order.stop_reference
        if direction is None or reference is None or self.protection is None:
            return Verdict("what it watches is not known", is_free=False)
        trigger = StopTrigger(direction, reference, price)
        fires = would_fire_now(trigger, contract.scale, self.protection.references(contract))
        if fires is Fires.YES:
            return Verdict("it would fire now", is_free=False)
        if fires is Fires.UNKNOWN:
            words = f"the {reference.value} price is not known, it might fire now"
            return Verdict(words, is_free=False)
        words = trigger_words(direction, reference, text.price(price, contract))
        first = "new one first" if order.reduces_only else "cancel first"
        return Verdict(f"{words}, {first}", is_free=True)
