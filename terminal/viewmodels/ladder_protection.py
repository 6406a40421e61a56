"""What a ladder's keys do to stops: stop entries, close-linked stops, breakeven, brackets.

Every trigger is shown as a condition with its reference before and after it is sent, and one that
would fire now is refused. The two presses that mend a position are ``protection``'s.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, final

from terminal.domain.held_exits import Breakeven, HeldPlan, Step, Target
from terminal.domain.lanes import closes
from terminal.domain.protection import protective_price
from terminal.domain.ticket import AttachedExits, StopTrigger
from terminal.domain.triggers import (
    Fires,
    Purpose,
    gap_warning,
    trigger_for,
    would_fire_now,
)
from terminal.domain.units import Lots, Price, Side
from terminal.session.results import Blocked
from terminal.viewmodels import text
from terminal.viewmodels.charge_words import charge_words, estimate
from terminal.viewmodels.ladder_trading import ArmedBy, Sending
from terminal.viewmodels.protection import (
    DIES_WITH_APP,
    NOT_ESTABLISHED,
    exits_words,
    ticket_words,
)
from terminal.viewmodels.stop_distance import stop_distance
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from terminal.domain.contract import Contract
    from terminal.domain.events import StopReference
    from terminal.domain.order import Order
    from terminal.domain.protection import Held, ProtectionSettings
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.triggers import References
    from terminal.domain.units import ExactPrice
    from terminal.session.exits import Protecting
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.ladder_trading import LadderTrading


def bracket_exits(side: Side, price: Price, settings: ProtectionSettings) -> AttachedExits:
    """The exits of a bracket around an order's price, at the distances of the settings.

    An exit that would lie at zero or below is left out.
    """
    loss, profit = settings.bracket_loss_ticks, settings.bracket_profit_ticks
    up, down = (profit, loss) if side is Side.BUY else (loss, profit)
    low = Price(price - down)
    return AttachedExits(settings.reference, Price(price + up), low if low > 0 else None)


def bracket_warning(side: Side, exits: AttachedExits, contract: Contract, now: References) -> str:
    """What to know of attached exits: one that would fire now if it were made at once."""
    closing = side.opposite
    for purpose in (Purpose.LOSS, Purpose.PROFIT):
        looks_down = (purpose is Purpose.LOSS) == (side is Side.BUY)
        price = exits.down if looks_down else exits.up
        if price is None:
            continue
        trigger = trigger_for(purpose, closing, exits.reference, price)
        if would_fire_now(trigger, contract.scale, now) is Fires.YES:
            return (
                f"The {purpose.value} lies beyond the price of now: if the exchange makes exits "
                "before the order fills, it fires at once."
            )
    return ""


@final
class LadderProtection:
    """The protecting hand of one ladder; it speaks through the ladder's trading hand."""

    def __init__(self, trading: LadderTrading, desk: OrderDesk, protecting: Protecting) -> None:
        self._trading = trading
        self._desk = desk
        self._watch = protecting.watch
        self._orders = protecting.orders
        self._held = protecting.held

    def stop_reference(self) -> StopReference:
        """The price that stops watch."""
        return self._watch.settings.reference

    def fires(self, order: Order, price: Price) -> bool:
        """Whether a waiting stop would fire at once if it were moved to a price."""
        contract = self._desk.contract(order.symbol)
        if contract is None or order.stop_direction is None or order.stop_reference is None:
            return False
        trigger = StopTrigger(order.stop_direction, order.stop_reference, price)
        now = self._watch.references(order.symbol)
        return would_fire_now(trigger, contract.scale, now) is Fires.YES

    # Stops -----------------------------------------------------------------------------------

    def stop_entry(
        self,
        side: Side,
        price: Price | None,
        hand: ArmedBy = ArmedBy.KEYBOARD,
        lots: Lots | None = None,
        *,
        reduces: bool = False,
    ) -> None:
        """A stop-market of the size in hand, or of ``lots``, if armed and not firing at once.

        One that is told to reduce, here or for the next order, does so by its words on the wire.
        """
        lane = self._trading.lane
        reduces = reduces or self._trading.is_reduce_only
        is_exit = reduces or closes(lane, side)
        contract = self._trading.ready(price, reduces=is_exit, hand=hand)
        if contract is None or price is None:
            return
        lots = self._trading.size_to_send() if lots is None else lots
        if not lots:
            return
        ticket = self._orders.stop_entry(contract.symbol, side, price, lots, lane)
        if reduces and not isinstance(ticket, Blocked):
            ticket = replace(ticket, is_reduce_only=True)
        self._send(contract, ticket, hand, is_inferred=reduces)

    def close_at(self, side: Side, price: Price | None, hand: ArmedBy = ArmedBy.KEYBOARD) -> None:
        """A close-linked stop: closes all of the position at a price."""
        contract = self._trading.ready(price, reduces=True, hand=hand)
        if contract is not None and price is not None:
            lane = self._trading.lane
            self._send(contract, self._orders.close_at(contract.symbol, side, price, lane), hand)

    def _send(
        self,
        contract: Contract,
        ticket: OrderTicket | Blocked,
        hand: ArmedBy,
        *,
        is_inferred: bool = False,
    ) -> None:
        if isinstance(ticket, Blocked):
            reason = ticket.blocks[0].reason if ticket.blocks else ""
            self._trading.say(f"Not sent. {reason}", Role.DANGER)
            return
        warning = self._gap(contract)
        words = f"{ticket_words(ticket, contract)}: sent. {warning}".rstrip()
        role = Role.CAUTION if warning else Role.TEXT
        self._trading.release(Sending(ticket, hand, words, role, uses_flags=is_inferred))

    def references(self, contract: Contract) -> References:
        """The prices that stops watch now."""
        return self._watch.references(contract.symbol)

    def stop_distance(self, contract: Contract) -> tuple[int, str]:
        """Ticks to the stop that limits the loss now, else of a bracket; and which it is."""
        return stop_distance(self._watch, contract, self._trading.lane)

    def _gap(self, contract: Contract) -> str:
        now = self._watch.references(contract.symbol)
        return gap_warning(contract.scale, now, self._watch.settings.gap_ticks)

    def breakeven(self) -> None:
        """Move the position's stop to its breakeven, the row of the tag."""
        contract = self._trading.ready(Price(1), reduces=True)
        if contract is None:
            return
        lane = self._trading.lane
        point = self._orders.breakeven_of(contract.symbol, lane)
        result = self._orders.breakeven(contract.symbol, lane)
        at, words = "", ""
        if point is not None and point.price is not None:
            at = f"{text.price(point.price, contract)}{estimate(point.known)}"
            words = charge_words(point.known, contract).taker
        if isinstance(result, Blocked):
            where = f"Breakeven is {at}. " if at else ""
            self._trading.say(f"Not moved. {where}{result.blocks[0].reason}", Role.DANGER)
            return
        self._trading.say(f"Stop to breakeven {at} with {words}: the new one first.", Role.CAUTION)

    # Brackets --------------------------------------------------------------------------------

    def toggle_bracket(self) -> None:
        """Exits with the next order, on or off; said with their distances."""
        trading = self._trading
        if trading.bracket is None and trading.has_no_entries():
            return
        trading.bracket = None if trading.bracket is not None else self._bracket
        if trading.bracket is None:
            trading.say("The next order has no exits attached.", Role.TEXT_DIM)
            return
        settings = self._watch.settings
        trading.say(
            f"The next order takes exits with it: loss {settings.bracket_loss_ticks} ticks, "
            f"profit {settings.bracket_profit_ticks} ticks, by {settings.reference.value}. "
            f"{NOT_ESTABLISHED}",
            Role.ACCENT,
        )

    def _bracket(self, contract: Contract, side: Side, price: Price) -> tuple[AttachedExits, str]:
        """The exits of an order, and how they are said."""
        exits = bracket_exits(side, price, self._watch.settings)
        warning = bracket_warning(side, exits, contract, self._watch.references(contract.symbol))
        return exits, f", {exits_words(exits, contract)}. {warning}".rstrip()

    # Held by the app -------------------------------------------------------------------------

    def hold_trailing(self) -> None:
        """Trail the stop in two steps; it dies with the app, its stop at the exchange does not."""
        loss = self._watch.settings.bracket_loss_ticks
        self._hold(steps=(Step(loss, loss), Step(2 * loss, max(1, loss // 2))))

    def hold_breakeven(self) -> None:
        """Stop to breakeven once the price is so many ticks in favor."""
        held, entry = self._position()
        if held is None or entry is None:
            return
        point = self._orders.breakeven_of(held.contract.symbol, held.lane)
        price = None if point is None else point.price
        if price is None:
            self._trading.say("There is no price at which it breaks even.", Role.CAUTION)
            return
        loss = self._watch.settings.bracket_loss_ticks
        after = max(loss, abs(price - held.contract.scale.ticks_nearest(entry.value)) + 1)
        self._hold(breakeven=Breakeven(after, price))

    def hold_targets(self) -> None:
        """Close half at the bracket's profit, the rest at twice that."""
        held, entry = self._position()
        if held is None or entry is None:
            return
        profit = self._watch.settings.bracket_profit_ticks
        base = held.contract.scale.ticks_nearest(entry.value)
        sign = 1 if held.is_long else -1
        half = held.size - held.size // 2
        sizes = (half, held.size - half)
        self._hold(
            targets=tuple(
                Target(Price(base + sign * profit * number), Lots(size))
                for number, size in enumerate(sizes, start=1)
                if size
            )
        )

    def release(self) -> None:
        """Hold nothing any more; what waits at the exchange stays."""
        contract = self._trading.contract
        if contract is None:
            return
        was = self._held.release(contract.symbol, self._trading.lane)
        words = "Nothing is held any more; stops at the exchange stay." if was else "Nothing held."
        self._trading.say(words, Role.TEXT_DIM)

    def _position(self) -> tuple[Held | None, ExactPrice | None]:
        contract = self._trading.contract
        lane = self._trading.lane
        held = None if contract is None else self._watch.held(contract.symbol, lane)
        entry = None if held is None else self._held.entry(held.contract.symbol, lane)
        if held is None or not held.lots or entry is None:
            self._trading.say("There is no position to hold exits for.", Role.CAUTION)
            return None, None
        return held, entry

    def _hold(
        self,
        *,
        steps: tuple[Step, ...] = (),
        breakeven: Breakeven | None = None,
        targets: tuple[Target, ...] = (),
    ) -> None:
        held, entry = self._position()
        if held is None or entry is None:
            return
        level = self._level(held)
        if level is None:
            self._trading.say("No price is known to put the stop behind it.", Role.CAUTION)
            return
        plan = HeldPlan(
            held.is_long,
            held.contract.scale.ticks_nearest(entry.value),
            level,
            held.size,
            steps,
            breakeven,
            targets,
        )
        blocked = self._held.start(held.contract.symbol, plan, held.lane)
        if blocked is not None:
            self._trading.say(f"Not held. {blocked.blocks[0].reason}", Role.DANGER)
            return
        at = text.price(level, held.contract)
        stop = f"the stop at {at} at the exchange does not."
        if self._orders.is_moving(held.contract.symbol, held.lane):  # told by itself how that ends
            stop = f"its stop at {at} is being placed at the exchange and stays there."
        self._trading.say(f"Held: {plan.words}. It {DIES_WITH_APP}; {stop}", Role.CAUTION)

    def _level(self, held: Held) -> Price | None:
        """Where the loss is cut to begin with: the stop that is there, else by the settings."""
        watched = self._watch.watched(held.contract.symbol, held.lane)
        triggers = [
            order.trigger
            for order in (() if watched is None else watched.cover.stops)
            if order.trigger is not None
        ]
        if watched is not None and triggers and not watched.cover.missing:
            return min(triggers) if held.is_long else max(triggers)
        mark = self._watch.references(held.contract.symbol).mark
        return None if mark is None else protective_price(held, mark, self._watch.settings.distance)
