"""What a ladder's keys and clicks do to orders: arming, sending, cancelling, grabbing, flattening.

No Qt and no drawing: every gesture ends in a message for the ladder. Arming gates only what can
open or enlarge a position; cancelling and flattening always work.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, final

from terminal.domain.depth_rows import price_for_side, row_index
from terminal.domain.events import OrderType
from terminal.domain.order import Order, OrderState
from terminal.domain.ticket import OrderTicket
from terminal.domain.units import ClientOid, Price, Side
from terminal.session.results import Blocked
from terminal.viewmodels import text
from terminal.viewmodels.keys import DOUBLE_PRESS_MS
from terminal.viewmodels.ladder_view import Message
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from terminal.domain.contract import Contract
    from terminal.domain.ticket import AttachedExits
    from terminal.session.account import AccountSession
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.sizes import Sizes

    Bracket: TypeAlias = Callable[[Contract, Side, Price], tuple[AttachedExits, str]]


class ArmedBy(Enum):
    """By which hand an order is asked for; each is armed by itself."""

    KEYBOARD = "keyboard"
    MOUSE = "mouse"


@final
@dataclass(frozen=True, slots=True)
class Grab:
    """An own order in hand, and the row it would go to."""

    client_oid: ClientOid
    side: Side
    target: int


class ChoicePurpose(Enum):
    """What the user picks one of several orders on a row for."""

    CANCEL = "cancel"
    GRAB = "grab"


@final
@dataclass(frozen=True, slots=True)
class Choice:
    """Several own orders on one row: which one is meant?"""

    purpose: ChoicePurpose
    orders: tuple[ClientOid, ...]


@final
class LadderTrading:
    """The trading hand of one ladder on one contract at a time."""

    def __init__(self, desk: OrderDesk, account: AccountSession, sizes: Sizes) -> None:
        self._desk = desk
        self._account = account
        self.sizes = sizes
        self.contract: Contract | None = None
        self.armed: frozenset[ArmedBy] = frozenset()
        self.is_post_only = False
        self.is_reduce_only = False
        self.bracket: Bracket | None = None
        """Makes the exits of the next order while they are wanted."""
        self.grab: Grab | None = None
        self.choice: Choice | None = None
        self.message: Message | None = None
        self._flatten_pressed_at_ms: int | None = None

    # Arming ----------------------------------------------------------------------------------

    def toggle(self, hand: ArmedBy) -> None:
        """Arm or disarm one hand."""
        if hand in self.armed:
            self.armed = self.armed - {hand}
            self._abort_moves()
            self.say(f"{hand.value.capitalize()} trading is off.", Role.TEXT_DIM)
            if hand is ArmedBy.KEYBOARD:
                self.grab = self.choice = None
            return
        if self._is_off("Not armed."):
            return
        if self.contract is None:
            self.say("There is no contract to trade yet.", Role.CAUTION)
            return
        self.armed = self.armed | {hand}
        role = Role.KEYBOARD_ARMED if hand is ArmedBy.KEYBOARD else Role.MOUSE_ARMED
        self.say(f"{hand.value.capitalize()} trading is armed on {self.contract.symbol}.", role)

    def disarm(self, because: str) -> None:
        """Disarm both hands and leave every mode; silent when nothing was armed."""
        self.grab = self.choice = None
        self._flatten_pressed_at_ms = None
        if self.armed:
            self.armed = frozenset()
            self._abort_moves()
            self.say(f"Disarmed: {because}", Role.CAUTION)

    def _abort_moves(self) -> None:
        """Who disarms wants nothing sent any more, the second half of a move included."""
        if self.contract is not None:
            self._desk.abort_moves(self.contract.symbol, exits_too=False)

    def set_contract(self, contract: Contract | None) -> None:
        """Trade another contract; a change disarms."""
        if self.contract is not None and contract is not self.contract:
            self.disarm("the contract changed.")
            self.is_post_only = self.is_reduce_only = False
            self.bracket = None
        self.contract = contract

    def back(self, at_ms: int) -> None:
        """One step back: drop a question, leave a grab, then disarm. Never sends."""
        asked_ms, self._flatten_pressed_at_ms = self._flatten_pressed_at_ms, None
        if asked_ms is not None and 0 <= at_ms - asked_ms <= DOUBLE_PRESS_MS:
            self.say("Nothing was flattened.", Role.TEXT_DIM)
            return
        if self.choice is not None:
            self.choice = None
            self.say("Nothing was chosen.", Role.TEXT_DIM)
        elif self.grab is not None:
            self.grab = None
            self.say("The order stays where it is.", Role.TEXT_DIM)
        elif self.armed:
            self.armed = frozenset()
            self._abort_moves()
            self.say("Trading is off.", Role.TEXT_DIM)
        else:
            self.message = None

    # Sending ---------------------------------------------------------------------------------

    def ready_to_open(self, price: Price | None) -> Contract | None:
        """The contract that a key may send an order for; None after saying why none may be."""
        if self._is_off("Not sent."):
            return None
        if self.contract is None or price is None:
            self.say("There is no price to send at yet.", Role.CAUTION)
            return None
        if ArmedBy.KEYBOARD not in self.armed:
            self.say(_not_armed(ArmedBy.KEYBOARD), Role.CAUTION)
            return None
        return self.contract

    def send_limit(self, side: Side, price: Price | None, hand: ArmedBy) -> None:
        """Send a limit of the size in hand, if armed and not blocked."""
        if self._is_off("Not sent."):
            return
        contract = self.contract
        if contract is None or price is None:
            self.say("There is no price to send at yet.", Role.CAUTION)
            return
        if hand not in self.armed:
            self.say(_not_armed(hand), Role.CAUTION)
            return
        mode = self._account.margin_mode(contract.symbol)
        if mode is None:
            self.say("The margin mode is not known yet; nothing was sent.", Role.CAUTION)
            return
        exits, said = None, " sent."
        if self.bracket is not None and not self.is_reduce_only:
            exits, words = self.bracket(contract, side, price)
            said = f" sent{words}"
        ticket = OrderTicket(
            symbol=contract.symbol,
            order_type=OrderType.LIMIT,
            side=side,
            price=price,
            lots=self.sizes.current,
            margin_mode=mode,
            leverage=self._account.leverage(contract.symbol),
            is_post_only=self.is_post_only,
            is_reduce_only=self.is_reduce_only,
            exits=exits,
        )
        result = self._desk.submit(ticket)
        if isinstance(result, Blocked):
            self.say(f"Not sent. {result.blocks[0].reason}", Role.DANGER)
            return
        verb = "Buy" if side is Side.BUY else "Sell"
        self.is_post_only = self.is_reduce_only = False  # they are for the next order only
        self.bracket = None
        at = text.price(price, contract)
        self.say(f"{verb} {text.whole(self.sizes.current)} at {at}{said}", Role.TEXT)

    # Cancelling ------------------------------------------------------------------------------

    def cancel_at(self, row: int | None, step: int, side: Side | None = None) -> None:
        """Cancel the own order on a row (of one side, or of both); several ask which."""
        if self._is_off("Not canceled."):
            return
        orders = self.orders_at(row, step, side)
        if not orders:
            self.say("No own order on this row.", Role.TEXT_DIM)
        elif len(orders) == 1:
            self._cancel(orders[0])
        else:
            self._ask(ChoicePurpose.CANCEL, orders)

    def cancel_newest(self) -> None:
        """Cancel the newest working order of this contract."""
        if self._is_off("Not canceled."):
            return
        if self.contract is not None and not self._desk.cancel_newest(self.contract.symbol):
            self.say("No working order to cancel.", Role.TEXT_DIM)

    def cancel_side(self, side: Side) -> None:
        """Cancel this contract's buys or sells."""
        if self._is_off("Not canceled."):
            return
        if self.contract is not None:
            self._desk.cancel_side(self.contract.symbol, side)
            self.say(f"Cancelling the {side.value}s of {self.contract.symbol}.", Role.CAUTION)

    def cancel_all(self) -> None:
        """Cancel everything of this contract."""
        if self._is_off("Not canceled."):
            return
        if self.contract is not None:
            self._desk.cancel_all(self.contract.symbol)
            self.say(f"Cancelling all orders of {self.contract.symbol}.", Role.CAUTION)

    def cancel_everywhere(self) -> None:
        """Cancel everything in every contract."""
        if self._is_off("Not canceled."):
            return
        self._desk.cancel_everywhere()
        self.say("Cancelling all orders everywhere.", Role.CAUTION)

    # Moving ----------------------------------------------------------------------------------

    def grab_at(self, row: int | None, step: int) -> None:
        """Take the own order on a row in hand; several ask which."""
        if self._is_off("Not moved."):
            return
        if ArmedBy.KEYBOARD not in self.armed:
            self.say(_not_armed(ArmedBy.KEYBOARD), Role.CAUTION)
            return
        orders = [
            order
            for order in self.orders_at(row, step)
            if order.state in {OrderState.OPEN, OrderState.PARTLY_FILLED}
        ]
        if not orders:
            self.say("No own order on this row to grab.", Role.TEXT_DIM)
        elif len(orders) == 1:
            self._take(orders[0], step)
        else:
            self._ask(ChoicePurpose.GRAB, orders)

    def move_target(self, rows: int) -> None:
        """Move the grabbed order's target (positive is up), never below the first tick."""
        if self.grab is not None:
            target = max(0, self.grab.target + rows)
            self.grab = Grab(self.grab.client_oid, self.grab.side, target)

    def commit(self, step: int) -> None:
        """Move the grabbed order to its target."""
        grab, self.grab = self.grab, None
        if grab is None or self.contract is None:
            return
        if ArmedBy.KEYBOARD not in self.armed:
            self.say(_not_armed(ArmedBy.KEYBOARD), Role.CAUTION)
            return
        order = self._desk.orders.get(grab.client_oid)
        if order is None or order.price is None or row_index(order.price, step) == grab.target:
            self.say("The order stays where it is.", Role.TEXT_DIM)
            return
        price = price_for_side(grab.target, step, grab.side)
        blocked = self._desk.move(grab.client_oid, price)
        if blocked is not None:
            self.say(f"Not moved. {blocked.blocks[0].reason}", Role.DANGER)
            return
        self.say(f"Moving to {text.price(price, self.contract)}: cancel first.", Role.CAUTION)

    def drop_ended_grab(self) -> None:
        """Leave the grab when its order can no longer be moved."""
        if self.grab is None:
            return
        order = self._desk.orders.get(self.grab.client_oid)
        if order is None or not order.is_working:
            self.grab = None
            self.say("The order you held has ended.", Role.CAUTION)

    # Choosing --------------------------------------------------------------------------------

    def choose(self, number: int, step: int) -> None:
        """Pick the order number 1 to n of the open question."""
        choice, self.choice = self.choice, None
        if choice is None or not 1 <= number <= len(choice.orders):
            self.say("Nothing was chosen.", Role.TEXT_DIM)
            return
        order = self._desk.orders.get(choice.orders[number - 1])
        if order is None or not order.is_working:
            self.say("That order has ended meanwhile.", Role.CAUTION)
        elif choice.purpose is ChoicePurpose.CANCEL:
            self._cancel(order)
        else:
            self._take(order, step)

    # Flattening ------------------------------------------------------------------------------

    def press_flatten(self, at_ms: int, within_ms: int = DOUBLE_PRESS_MS) -> None:
        """First press asks, a second within the time flattens."""
        if self._is_off("Not flattened."):
            return
        if self.contract is None:
            return
        before, self._flatten_pressed_at_ms = self._flatten_pressed_at_ms, at_ms
        if before is None or not 0 <= at_ms - before <= within_ms:
            self.say("Once more to flatten.", Role.CAUTION)
            return
        self._flatten_pressed_at_ms = None
        if self._desk.flattening(self.contract.symbol):
            self.say(f"{self.contract.symbol} is being flattened already.", Role.CAUTION)
            return
        self._desk.flatten(self.contract.symbol)
        self.say(f"Flattening {self.contract.symbol}.", Role.CAUTION)

    def forget_flatten(self) -> None:
        """Another key came in between: two presses must follow each other."""
        self._flatten_pressed_at_ms = None

    # Helpers ---------------------------------------------------------------------------------

    def _is_off(self, what: str) -> bool:
        """Whether nothing may be sent at all; then it is said at once, before any question."""
        reason = self._desk.access.reason
        if reason:
            self.say(f"{what} {reason}", Role.CAUTION)
        return bool(reason)

    def say(self, words: str, role: Role) -> None:
        """Put one sentence next to the ladder."""
        self.message = Message(words, role)

    def orders_at(self, row: int | None, step: int, side: Side | None = None) -> list[Order]:
        """Working own orders on a row, oldest first."""
        if row is None or self.contract is None:
            return []
        return [
            order
            for order in self._desk.working(self.contract.symbol)
            if (price := order.shown_at) is not None
            and row_index(price, step) == row
            and (side is None or order.side is side)
        ]

    def _cancel(self, order: Order) -> None:
        self._desk.cancel(order.client_oid)
        self.say(f"Cancelling {self._named(order)}.", Role.CAUTION)

    def _take(self, order: Order, step: int) -> None:
        if order.price is None or order.side is None:
            return
        self.grab = Grab(order.client_oid, order.side, row_index(order.price, step))
        self.say(
            f"Holding {self._named(order)}: arrows move, Enter commits, Esc drops.", Role.ACCENT
        )

    def _ask(self, purpose: ChoicePurpose, orders: list[Order]) -> None:
        shown = orders[:5]
        self.choice = Choice(purpose, tuple(order.client_oid for order in shown))
        listed = ", ".join(f"{n} {self._named(order)}" for n, order in enumerate(shown, start=1))
        self.say(f"Which to {purpose.value}? {listed}. Esc for none.", Role.ACCENT)

    def _named(self, order: Order) -> str:
        side = order.side.value if order.side else "order"
        words = f"{side} {text.whole(order.remaining)}"
        if order.shown_at is not None and self.contract is not None:
            words += f" at {text.price(order.shown_at, self.contract)}"
        return words


def _not_armed(hand: ArmedBy) -> str:
    if hand is ArmedBy.KEYBOARD:
        return "Keyboard trading is off: F4 arms it. Nothing was sent."
    return "Mouse trading is off: arm it in the header. Nothing was sent."
