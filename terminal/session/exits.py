"""Runs the exits that only this program holds; every one of them dies with the app.

One evaluation for each change of price; with stale data nothing is done and that is said. Moving
the stop at the exchange is ``exit_orders``' business: the new one waits before the old one goes.
A close that is not known to have worked is never sent again: it is said, and left to the user.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

from terminal.domain.errors import TernError
from terminal.domain.events import OrderType, StopReference
from terminal.domain.guard import Block, BlockField
from terminal.domain.held_exits import (
    CloseLots,
    HeldPlan,
    MoveStop,
    Phase,
    Progress,
    advance,
    begin,
    closed,
)
from terminal.domain.intention import Purpose
from terminal.domain.ticket import ASSUMED_MODE, OrderTicket, close_ticket
from terminal.domain.units import Lots, Price, Side
from terminal.session.closing import in_parts
from terminal.session.listeners import Listeners
from terminal.session.results import Blocked

if TYPE_CHECKING:
    from terminal.domain.events import MarginMode
    from terminal.domain.units import ClientOid, ExactPrice, Symbol
    from terminal.session.account import AccountSession, Position
    from terminal.session.exit_orders import ExitOrders
    from terminal.session.listeners import Handle
    from terminal.session.market import MarketSession
    from terminal.session.markets import Markets
    from terminal.session.orders import OrderDesk
    from terminal.session.protection import ProtectionWatch
    from terminal.session.tasks import TaskOwner

END_RETRY_S = 1.0
"""Between questions whether the position is really gone."""
CLOSE_ROUNDS = 5
"""So often the rest of a close that filled in part is sent."""
CLOSED_WAIT_S = 10.0
"""So long the end of a close is waited for before it is said that it is not known."""


@final
@dataclass(frozen=True, slots=True)
class HeldExit:
    """One held exit as others see it. ``problem`` says why it does nothing now, else empty."""

    symbol: Symbol
    plan: HeldPlan
    progress: Progress
    problem: str

    @property
    def level(self) -> Price:
        """Where the loss is cut now."""
        return self.progress.level

    def words(self, level_text: str) -> str:
        """What it does, in words, with what keeps it from doing so."""
        insured = "stop at the exchange" if self.plan.is_insured else "no stop at the exchange"
        words = f"Held {self.plan.words}, level {level_text}, {insured}"
        return f"{words}, {self.problem}" if self.problem else words


@final
@dataclass(slots=True)
class _Running:
    plan: HeldPlan
    market: MarketSession
    progress: Progress
    price: Price | None = None
    is_moving_wanted: bool = False
    problem: str = ""
    is_ending: bool = False
    stops: set[ClientOid] = field(default_factory=set)
    handles: list[Handle] = field(default_factory=list)


@final
@dataclass(frozen=True, slots=True)
class Protecting:
    """All that protects positions, for those who show it: watch, exits and what is held here."""

    watch: ProtectionWatch
    orders: ExitOrders
    held: HeldExits


@final
class HeldExits:
    """At most one held exit for each contract. ``on_changed`` tells of starts, steps and ends."""

    def __init__(
        self,
        desk: OrderDesk,
        account: AccountSession,
        markets: Markets,
        watch: ProtectionWatch,
        exit_orders: ExitOrders,
        owner: TaskOwner,
    ) -> None:
        self._desk = desk
        self._account = account
        self._markets = markets
        self._watch = watch
        self._exit_orders = exit_orders
        self._owner = owner.child("held exits")
        self._running: dict[Symbol, _Running] = {}
        self._is_busy = False
        self.on_changed: Listeners[[]] = Listeners(self._owner.listener_failed)

    def held(self) -> tuple[HeldExit, ...]:
        """Everything that would die with the app, by symbol."""
        return tuple(
            HeldExit(symbol, one.plan, one.progress, one.problem)
            for symbol, one in sorted(self._running.items())
        )

    def entry(self, symbol: Symbol) -> ExactPrice | None:
        """The average entry of a contract's position, None while it is flat or not known."""
        return self._account.position(symbol).core.average_entry

    def start(self, symbol: Symbol, plan: HeldPlan) -> Blocked | None:
        """Hold a plan from now on, instead of what was held. An insured one gets its stop first."""
        position = self._account.position(symbol).core
        if position.lots * plan.sign < plan.lots:
            return _blocked(BlockField.POSITION, "The position is smaller than the plan.")
        if self._account.is_hedged:
            return _blocked(BlockField.POSITION, "In hedge mode nothing is held by the app.")
        if plan.is_insured and not self._has_stop(symbol, plan.level):
            blocked = self._exit_orders.move_stop(symbol, plan.level)
            if blocked is not None:
                return blocked
        self._drop(symbol)
        market = self._markets.open(symbol)
        one = _Running(plan, market, begin(plan))
        self._running[symbol] = one

        def look() -> None:
            self._look(symbol)

        def traded(_trade: object) -> None:
            self._look(symbol)

        one.handles = [
            market.on_mark_changed.add(look),
            market.on_trade.add(traded),
            market.on_status_changed.add(look),
            self._account.on_changed.add(look),
        ]
        self.on_changed.notify()
        self._look(symbol)
        return None

    def release(self, symbol: Symbol) -> bool:
        """Hold nothing of a contract any more; what waits at the exchange stays."""
        is_held = symbol in self._running
        self._drop(symbol)
        if is_held:
            self.on_changed.notify()
        return is_held

    async def stop(self) -> None:
        """End all: what is held dies here. What waits at the exchange stays."""
        for symbol in tuple(self._running):
            self._drop(symbol)
        await self._owner.close()

    def _drop(self, symbol: Symbol) -> None:
        one = self._running.pop(symbol, None)
        if one is not None:
            for handle in one.handles:
                handle.remove()
            self._markets.close(symbol)

    def _has_stop(self, symbol: Symbol, level: Price) -> bool:
        """Whether all of the position is covered at least as well as at a level."""
        watched, held = self._watch.watched(symbol), self._watch.held(symbol)
        if watched is None or held is None or watched.cover.missing:
            return False
        sign = 1 if held.is_long else -1
        return all(
            order.trigger is not None and (order.trigger - level) * sign >= 0
            for order in watched.cover.stops
        )

    # Evaluation ------------------------------------------------------------------------------

    def _look(self, symbol: Symbol) -> None:
        """Look once; what our own command tells meanwhile waits for the next change."""
        one = self._running.get(symbol)
        if one is None or one.is_ending or self._is_busy:
            return
        self._is_busy = True
        try:
            self._evaluate(symbol, one)
        finally:
            self._is_busy = False

    def _evaluate(self, symbol: Symbol, one: _Running) -> None:
        problem = self._problem(one)
        if problem:
            self._say(symbol, one, problem)
            return
        price = self._price(one)
        lots = self._account.position(symbol).core.lots
        if price is None:
            self._say(symbol, one, "waiting for a price")
            return
        self._note_stops(symbol, one)
        is_same = price == one.price and lots * one.plan.sign > 0
        if is_same and not one.is_moving_wanted:
            if one.progress.phase is Phase.WATCHING:
                self._say(symbol, one, self._gap(symbol, one))
            return
        is_new = price != one.price
        one.price = price
        before = one.progress
        progress, wish = advance(one.plan, before, price, lots)
        if progress.phase is Phase.ENDED:
            one.is_ending = True
            self._owner.spawn(f"end {symbol}", self._see_end(symbol, one))
            return
        one.progress = progress
        if isinstance(wish, CloseLots):
            self._close(symbol, one, wish)
        elif isinstance(wish, MoveStop) or (one.is_moving_wanted and is_new):
            self._move(symbol, one)
        elif one.progress.phase is Phase.WATCHING:
            self._say(symbol, one, self._gap(symbol, one))
        if one.progress != before:
            self.on_changed.notify()

    def _problem(self, one: _Running) -> str:
        stale = one.market.staleness()
        if stale is not None:
            return f"nothing is done: {stale.reason}"
        if not (self._desk.is_trusted and self._account.is_trusted):
            return "nothing is done while orders and positions are being read again"
        return ""

    def _price(self, one: _Running) -> Price | None:
        """The price that is watched, in whole ticks, rounded against the position."""
        market = one.market
        if self._watch.settings.reference is StopReference.LAST:
            return None if market.last_trade is None else market.last_trade.price
        if market.mark is None:
            return None
        exact = market.mark.mark_price
        if self._watch.settings.reference is StopReference.INDEX:
            exact = market.mark.index_price
        scale = market.contract.scale
        return (
            scale.ticks_below(exact.value) if one.plan.is_long else scale.ticks_above(exact.value)
        )

    def _note_stops(self, symbol: Symbol, one: _Running) -> None:
        """The stops that stand behind the plan: they end with the position."""
        watched = self._watch.watched(symbol)
        if watched is not None and one.plan.is_insured:
            one.stops.update(order.client_oid for order in watched.cover.stops)

    def _move(self, symbol: Symbol, one: _Running) -> None:
        if self._exit_orders.is_moving(symbol):
            one.is_moving_wanted = True
            return
        blocked = self._exit_orders.move_stop(symbol, one.progress.level)
        is_there = blocked is not None and self._has_stop(symbol, one.progress.level)
        one.is_moving_wanted = blocked is not None and not is_there
        if blocked is not None and not is_there:
            self._say(symbol, one, f"the stop was not moved: {blocked.blocks[0].reason}")
        else:
            self._say(symbol, one, "")

    def _gap(self, symbol: Symbol, one: _Running) -> str:
        """What is missing of an insured plan; empty when nothing is, or when it is on its way."""
        if not one.plan.is_insured or self._exit_orders.is_moving(symbol):
            return ""
        is_there = self._has_stop(symbol, one.progress.level)
        return "" if is_there else "its stop at the exchange is not where it belongs"

    def _close(self, symbol: Symbol, one: _Running, wish: CloseLots) -> None:
        position = self._account.position(symbol)
        mode = position.margin_mode or self._account.margin_mode(symbol) or ASSUMED_MODE
        size = Lots(min(wish.lots, abs(position.core.lots)))
        if size <= 0:
            one.progress = closed(one.progress, wish.target, is_done=False)
            self._say(symbol, one, "it could not close: there is nothing to close")
            return
        before = abs(position.core.lots)
        sent = self._send(symbol, one, wish, size, mode)
        if isinstance(sent, Blocked):
            one.progress = closed(one.progress, wish.target, is_done=False)
            self._say(symbol, one, f"it could not close: {sent.blocks[0].reason}")
            return
        work = self._see(symbol, one, sent, wish, before)
        self._owner.spawn(f"close {symbol}", work)

    def _send(
        self, symbol: Symbol, one: _Running, wish: CloseLots, size: Lots, mode: MarginMode
    ) -> tuple[ClientOid, ...] | Blocked:
        """Send what closes so many lots, in parts where one order may not be so large.

        Where the loss is cut and all is to go, ``closeOrder`` closes what is there by then.
        """
        desk, contract = self._desk, self._desk.contract(symbol)
        is_all = size >= abs(self._account.position(symbol).core.lots)
        if wish.target is None and is_all:
            if reason := desk.access.silence:
                return _blocked(BlockField.ACCESS, reason)
            return (desk.close_position(close_ticket(symbol, mode), Purpose.CLOSE),)
        sizes: tuple[Lots, ...] = (size,)
        if contract is not None:
            sizes = in_parts(size, contract.max_market_order_lots, contract.lot_size)
        sent: list[ClientOid] = []
        for part in sizes:
            ticket = OrderTicket(
                symbol=symbol,
                order_type=OrderType.MARKET,
                side=Side.SELL if one.plan.is_long else Side.BUY,
                price=None,
                lots=part,
                margin_mode=mode,
                is_reduce_only=True,
            )
            result = desk.submit(ticket)
            if isinstance(result, Blocked):
                return tuple(sent) or result
            sent.append(result.client_oid)
        return tuple(sent)

    async def _see(
        self,
        symbol: Symbol,
        one: _Running,
        sent: tuple[ClientOid, ...],
        wish: CloseLots,
        before: int,
    ) -> None:
        """See a close through and say how it ended."""
        is_done = await self._is_closed(symbol, one, sent, wish, before)
        one.progress = closed(one.progress, wish.target, is_done=is_done)
        if self._running.get(symbol) is not one:
            return
        if not is_done:
            words = "a close did not fill; it is not sent again: look at the position"
            self._say(symbol, one, words)
            self._desk.warn(f"{symbol}: {words}.", symbol)
        one.price = None
        self.on_changed.notify()
        self._look(symbol)

    async def _is_closed(
        self,
        symbol: Symbol,
        one: _Running,
        sent: tuple[ClientOid, ...],
        wish: CloseLots,
        before: int,
    ) -> bool:
        """See a close through; what the exchange says it did not fill is closed once more.

        A market order is bounded (API reference 3.3). What is not known to have ended is not sent
        again.
        """
        left = min(int(wish.lots), before)
        for _ in range(CLOSE_ROUNDS):
            filled = await self._ended(symbol, sent, before)
            if filled is None:
                break
            left -= filled
            if left <= 0 or not filled:
                break
            position = await self._read(symbol)
            if self._running.get(symbol) is not one:
                return False
            if position is None:
                break
            before = max(0, position.core.lots * one.plan.sign)
            left = min(left, before)
            mode = position.margin_mode or self._account.margin_mode(symbol) or ASSUMED_MODE
            if not left:
                break
            again = self._send(symbol, one, wish, Lots(left), mode)
            if isinstance(again, Blocked):
                break
            sent = again
        return left <= 0

    async def _ended(self, symbol: Symbol, sent: tuple[ClientOid, ...], before: int) -> int | None:
        """How many lots were closed once all has ended; None when that is not known."""
        desk = self._desk
        await desk.pulse.until(
            lambda: not any(desk.orders[oid].is_working for oid in sent), CLOSED_WAIT_S
        )
        orders = [desk.orders[oid] for oid in sent]
        filled = sum(order.filled for order in orders)
        await desk.pulse.until(
            lambda: abs(self._account.position(symbol).core.lots) <= before - filled,
            CLOSED_WAIT_S,
        )
        is_known = not any(order.is_working or order.is_guess for order in orders)
        return filled if is_known else None

    async def _see_end(self, symbol: Symbol, one: _Running) -> None:
        """Ask the exchange whether the position is gone: a sum of our own fills may lack some."""
        while self._running.get(symbol) is one:
            position = await self._read(symbol)
            if self._running.get(symbol) is not one:
                return
            if position is None:
                self._say(symbol, one, "it is being asked whether the position is gone")
                await self._desk.clock.sleep(END_RETRY_S)
                continue
            is_over = one.progress.phase is Phase.ENDED
            if is_over or position.core.lots * one.plan.sign <= 0:
                self._end(symbol, one, is_flat=position.core.is_flat)
                return
            one.is_ending = False  # some of it is held: the plan goes on for that
            self._look(symbol)
            return

    async def _read(self, symbol: Symbol) -> Position | None:
        """The position by the exchange's own word; None when there is none to be had now."""
        try:
            return await self._account.read_position(symbol)
        except TernError:
            return None
        except Exception as error:  # noqa: BLE001 - reported; a stop must not hang on a query
            self._owner.report("read the position", error)
            return None

    def _end(self, symbol: Symbol, one: _Running, *, is_flat: bool) -> None:
        """The plan is over; if the position is gone, so are the stops that stood behind it."""
        self._drop(symbol)
        if is_flat:
            for oid in one.stops:
                order = self._desk.orders.get(oid)
                if order is not None and order.is_working and order.reduces_only:
                    self._desk.cancel(oid)
        self._desk.warn(f"{symbol}: the held exit has ended with the position.", symbol)
        self.on_changed.notify()

    def _say(self, symbol: Symbol, one: _Running, problem: str) -> None:
        if problem != one.problem:
            one.problem = problem
            if problem:
                self._desk.warn(f"{symbol}: held exit, {problem}.", symbol)
            self.on_changed.notify()


def _blocked(block_field: BlockField, reason: str) -> Blocked:
    return Blocked((Block(block_field, reason),))
