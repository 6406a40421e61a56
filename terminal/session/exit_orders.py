"""Exits of a standing position that wait at the exchange: placed by hand, moved to breakeven.

An exit looks the way that the price has to go to get to it, and is refused where that would be the
wrong way round. Moving keeps what is there until the new stop is known to wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.events import OrderType, StopDirection
from terminal.domain.guard import BlockField
from terminal.domain.lanes import about, closes, wire_lane
from terminal.domain.protection import Held, ProtectionState, exit_tickets
from terminal.domain.ticket import (
    ASSUMED_MODE,
    OrderTerms,
    OrderTicket,
    StopTrigger,
    close_ticket,
)
from terminal.domain.triggers import (
    Fires,
    Purpose,
    loss_direction,
    problem,
    purpose_of,
    trigger_for,
    watched_price,
    would_fire_now,
)
from terminal.domain.units import Lots, Price, Side
from terminal.session.results import Blocked, not_sent
from terminal.session.swaps import swap

if TYPE_CHECKING:
    from terminal.domain.events import MarginMode, PositionSide, StopReference
    from terminal.domain.order import Order
    from terminal.domain.units import Symbol
    from terminal.session.account import AccountSession
    from terminal.session.breakevens import BreakevenPoint, Breakevens
    from terminal.session.orders import OrderDesk
    from terminal.session.positions import Key
    from terminal.session.protection import ProtectionWatch


@final
class ExitOrders:
    """Places and moves a position's stops and take-profits at the exchange."""

    def __init__(
        self,
        desk: OrderDesk,
        account: AccountSession,
        watch: ProtectionWatch,
        breakevens: Breakevens,
    ) -> None:
        self._desk = desk
        self._account = account
        self._watch = watch
        self._breakevens = breakevens
        self._moving: set[Key] = set()

    def is_moving(self, symbol: Symbol, lane: PositionSide | None = None) -> bool:
        """True while the stop of a contract's position is being moved."""
        return (symbol, self._account.lane(symbol, lane)) in self._moving

    # Tickets ---------------------------------------------------------------------------------

    def stop_entry(
        self,
        symbol: Symbol,
        side: Side,
        price: Price,
        lots: Lots,
        lane: PositionSide | None = None,
    ) -> OrderTicket | Blocked:
        """A market order that waits for the price to run past a level: buys above, sells below.

        In hedge mode the side that makes its lane smaller only reduces.
        """
        lane = self._account.lane(symbol, lane)
        reduces = closes(lane, side)
        mode = self._mode(symbol, lane) if reduces else self._account.margin_mode(symbol)
        held = self._watch.held(symbol, lane)
        if mode is None or held is None:
            return not_sent(BlockField.CONTRACT, "The margin mode is not known yet.")
        reference = self._watch.settings.reference
        trigger = trigger_for(Purpose.ENTRY, side, reference, price)
        now = self._watch.references(symbol)
        if would_fire_now(trigger, held.contract.scale, now) is Fires.UNKNOWN:
            words = f"The {reference.value} price is not known: it might fire now."
            return not_sent(BlockField.BOOK, words)
        why = problem(Purpose.ENTRY, side, trigger, held.contract, now)
        if why:
            return not_sent(BlockField.PRICE, why)
        return OrderTicket(
            symbol=symbol,
            order_type=OrderType.MARKET,
            side=side,
            price=None,
            lots=lots,
            margin_mode=mode,
            leverage=self._account.leverage(symbol, lane),
            is_reduce_only=reduces,
            trigger=trigger,
            terms=OrderTerms(position_side=wire_lane(lane)),
        )

    def close_at(
        self, symbol: Symbol, side: Side, price: Price, lane: PositionSide | None = None
    ) -> OrderTicket | Blocked:
        """A stop that closes all of the position at a price, whatever its size is by then.

        ``side`` is the side that closes: selling closes a long position. Above or below the price
        of now decides whether it limits the loss or takes the profit.
        """
        held, mode = self._watch.held(symbol, lane), self._mode(symbol, lane)
        if held is None:
            return not_sent(BlockField.CONTRACT, "This contract is not known yet.")
        if not held.lots:
            return not_sent(BlockField.POSITION, "There is no position to close.")
        if side is not held.closing_side:
            kind = "long" if held.is_long else "short"
            verb = "selling" if held.is_long else "buying"
            words = f"The position is {kind}: {verb} closes it."
            return not_sent(BlockField.POSITION, words)
        reference = self._watch.settings.reference
        now = watched_price(reference, held.contract.scale, self._watch.references(symbol))
        if now is None:
            words = f"The {reference.value} price is not known: it might fire now."
            return not_sent(BlockField.BOOK, words)
        level = held.contract.scale.decimal(price)
        if level == now:
            return not_sent(BlockField.PRICE, "The price is there now: it would fire now.")
        way = StopDirection.UP if level > now else StopDirection.DOWN
        return _close(held, mode, StopTrigger(way, reference, price))

    def exit_at(
        self,
        symbol: Symbol,
        purpose: Purpose,
        price: Price,
        lots: Lots | None,
        lane: PositionSide | None = None,
    ) -> OrderTicket | Blocked:
        """A stop-loss or take-profit of a standing position; without lots it closes all of it."""
        held, mode = self._watch.held(symbol, lane), self._mode(symbol, lane)
        if held is None:
            return not_sent(BlockField.CONTRACT, "This contract is not known yet.")
        if not held.lots:
            return not_sent(BlockField.POSITION, "There is no position to close.")
        if lots is not None and not 0 < lots <= held.size:
            words = f"The position is {held.size} lots: an exit is for one of them up to all."
            return not_sent(BlockField.LOTS, words)
        side = held.closing_side
        trigger = trigger_for(purpose, side, self._watch.settings.reference, price)
        why = problem(purpose, side, trigger, held.contract, self._watch.references(symbol))
        if why:
            return not_sent(BlockField.PRICE, why)
        if lots is None:
            return _close(held, mode, trigger)
        tickets = exit_tickets(held, lots, mode, trigger)
        if len(tickets) != 1:
            most = held.contract.max_market_order_lots
            return not_sent(BlockField.LOTS, f"The exchange takes at most {most} lots at once.")
        return tickets[0]

    def _mode(self, symbol: Symbol, lane: PositionSide | None) -> MarginMode:
        account = self._account
        known = account.position(symbol, lane).margin_mode or account.margin_mode(symbol)
        return known or ASSUMED_MODE

    def under_way(self) -> tuple[str, ...]:
        """Stops that are being moved now, one sentence for each contract."""
        names = sorted(about(*key) for key in self._moving)
        return tuple(f"The stop of {name} is being moved." for name in names)

    # Breakeven -------------------------------------------------------------------------------

    def breakeven_of(
        self, symbol: Symbol, lane: PositionSide | None = None
    ) -> BreakevenPoint | None:
        """Where a position breaks even by what is known now; None while it is flat."""
        contract = self._desk.contract(symbol)
        if contract is None:
            return None
        return self._breakevens.of(contract, self._account.position(symbol, lane))

    def breakeven(self, symbol: Symbol, lane: PositionSide | None = None) -> Blocked | Price:
        """Move the position's stop to where closing loses nothing, charges included.

        Stops that are there or better stay. The others are canceled once the new one waits. Refused
        where the stop would fire now or might, as its price is not known. Returns the price that is
        on its way.
        """
        held, point = self._watch.held(symbol, lane), self.breakeven_of(symbol, lane)
        if held is None or not held.lots or point is None:
            return not_sent(BlockField.POSITION, "There is no position whose stop could be moved.")
        if point.price is None:
            words = "There is no price at which the position breaks even."
            return not_sent(BlockField.PRICE, words)
        return self.move_stop(symbol, point.price, lane, must_wait=True) or point.price

    def move_stop(
        self,
        symbol: Symbol,
        price: Price,
        lane: PositionSide | None = None,
        *,
        must_wait: bool = False,
    ) -> Blocked | None:
        """Bring the position's stops to a price that limits the loss more than they do.

        What it watches may be unknown: it might fire now then, which ``must_wait`` refuses.
        """
        key = (symbol, self._account.lane(symbol, lane))
        held, mode = self._watch.held(*key), self._mode(*key)
        watched = self._watch.watched(*key)
        if held is None or watched is None or not held.lots:
            return not_sent(BlockField.POSITION, "There is no position whose stop could be moved.")
        if key in self._moving or self._watch.is_mending(*key):
            return not_sent(BlockField.ORDER, "Its stop is being moved already.")
        if watched.cover.state is ProtectionState.UNKNOWN:
            words = " ".join(("It is not known well enough.", *watched.cover.doubts))
            return not_sent(BlockField.ORDER, words)
        worse = [order for order in watched.cover.stops if not is_as_good(held, order, price)]
        better = [order for order in watched.cover.stops if order not in worse]
        covered = sum(order.remaining for order in better)
        if any(order.is_close_order for order in better) or covered >= held.size:
            return not_sent(BlockField.PRICE, "The stop is there or better already.")
        trigger = StopTrigger(loss_direction(is_long=held.is_long), self._reference(worse), price)
        now = self._watch.references(symbol)
        why = problem(Purpose.LOSS, held.closing_side, trigger, held.contract, now)
        if why:
            return not_sent(BlockField.PRICE, why)
        if must_wait and would_fire_now(trigger, held.contract.scale, now) is Fires.UNKNOWN:
            words = f"The {trigger.reference.value} price is not known: it might fire now."
            return not_sent(BlockField.BOOK, words)
        if any(order.is_close_order for order in worse):
            tickets: tuple[OrderTicket, ...] = (_close(held, mode, trigger),)
        else:
            tickets = exit_tickets(held, Lots(held.size - covered), mode, trigger)
        blocks = self._desk.blocks(tickets[0])
        if blocks:
            return Blocked(blocks)
        self._moving.add(key)
        self._desk.spawn(f"move stop {symbol}", self._move(key, tickets, worse))
        return None

    def _reference(self, orders: list[Order]) -> StopReference:
        """A stop that is moved goes on watching what it watched."""
        told = next((order.stop_reference for order in orders if order.stop_reference), None)
        return told or self._watch.settings.reference

    async def _move(self, key: Key, tickets: tuple[OrderTicket, ...], worse: list[Order]) -> None:
        symbol = key[0]
        try:
            wanted = "Moving the position's stop (the new one first, then the cancel of the old)."
            cancels = [order.client_oid for order in worse]
            done = await swap(self._desk, symbol, tickets, cancels, wanted)
        finally:
            self._moving.discard(key)
        about = self._desk.orders[done.sent[0]] if done.sent else None
        if about is None and worse:
            about = self._desk.orders.get(worse[0].client_oid)
        if about is not None:
            self._desk.tell_about(about, done.sentence, ok=done.ok)
        else:
            self._desk.warn(done.sentence, symbol)


def is_as_good(held: Held, order: Order, price: Price) -> bool:
    """Whether a stop limits the loss at least as much as one at a price would."""
    if order.trigger is None or order.stop_direction is None:
        return False
    if purpose_of(order.stop_direction, is_long=held.is_long) is not Purpose.LOSS:
        return False
    return order.trigger >= price if held.is_long else order.trigger <= price


def _close(held: Held, mode: MarginMode, trigger: StopTrigger) -> OrderTicket:
    terms = OrderTerms(position_side=wire_lane(held.lane))
    return close_ticket(held.contract.symbol, mode, trigger=trigger, terms=terms)
