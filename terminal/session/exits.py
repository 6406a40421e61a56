"""Runs the exits that only this program holds; every one of them dies with the app.

One evaluation for each change of price; with stale data nothing is done and that is said. Moving
the stop at the exchange is ``exit_orders``' business: the new one waits before the old one goes.
A close that is not known to have worked is never sent again: it is said, and left to the user.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, final

from terminal.domain.errors import TernError
from terminal.domain.events import OrderType, PositionSide, StopReference
from terminal.domain.guard import BlockField
from terminal.domain.held_exits import (
    CloseLots,
    HeldPlan,
    MoveStop,
    Phase,
    Progress,
    advance,
    begin,
    closed,
    is_past_breakeven,
)
from terminal.domain.intention import Purpose
from terminal.domain.lanes import about, lane_words, wire_lane
from terminal.domain.ticket import ASSUMED_MODE, OrderTerms, OrderTicket, close_ticket
from terminal.domain.units import Lots, Price, Side
from terminal.session.closing import in_parts
from terminal.session.listeners import Listeners
from terminal.session.results import Blocked, not_sent

if TYPE_CHECKING:
    from terminal.domain.events import MarginMode
    from terminal.domain.units import ClientOid, ExactPrice, Symbol
    from terminal.session.account import AccountSession, Position
    from terminal.session.exit_orders import ExitOrders
    from terminal.session.listeners import Handle
    from terminal.session.market import MarketSession
    from terminal.session.markets import Markets
    from terminal.session.orders import OrderDesk
    from terminal.session.positions import Key
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
    lane: PositionSide = PositionSide.BOTH

    @property
    def level(self) -> Price:
        """Where the loss is cut now."""
        return self.progress.level

    def words(self, level_text: str) -> str:
        """What it does, in words, with what keeps it from doing so."""
        insured = "stop at the exchange" if self.plan.is_insured else "no stop at the exchange"
        lane = lane_words(self.lane)
        what = f"{self.plan.words} ({lane})" if lane else self.plan.words
        words = f"Held {what}, level {level_text}, {insured}"
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
    """At most one held exit for each position. ``on_changed`` tells of starts, steps and ends."""

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
        self._running: dict[Key, _Running] = {}
        self._is_busy = False
        self.on_changed: Listeners[[]] = Listeners(self._owner.listener_failed)

    def held(self) -> tuple[HeldExit, ...]:
        """Everything that would die with the app, by symbol."""
        return tuple(
            HeldExit(key[0], one.plan, one.progress, one.problem, key[1])
            for key, one in sorted(self._running.items(), key=lambda item: about(*item[0]))
        )

    def entry(self, symbol: Symbol, lane: PositionSide | None = None) -> ExactPrice | None:
        """The average entry of a contract's position, None while it is flat or not known."""
        return self._account.position(symbol, lane).core.average_entry

    def start(
        self, symbol: Symbol, plan: HeldPlan, lane: PositionSide | None = None
    ) -> Blocked | None:
        """Hold a plan from now on, instead of what was held. An insured one gets its stop first."""
        key = (symbol, self._account.lane(symbol, lane))
        position = self._account.position(*key).core
        if position.lots * plan.sign < plan.lots:
            return not_sent(BlockField.POSITION, "The position is smaller than the plan.")
        if plan.is_insured and not self._has_stop(key, plan.level):
            blocked = self._exit_orders.move_stop(symbol, plan.level, key[1])
            if blocked is not None:
                return blocked
        self._drop(key)
        market = self._markets.open(symbol)
        one = _Running(plan, market, begin(plan))
        self._running[key] = one

        def look() -> None:
            self._look(key)

        def traded(_trade: object) -> None:
            self._look(key)

        one.handles = [
            market.on_mark_changed.add(look),
            market.on_trade.add(traded),
            market.on_status_changed.add(look),
            self._account.on_changed.add(look),
        ]
        self.on_changed.notify()
        self._look(key)
        return None

    def release(self, symbol: Symbol, lane: PositionSide | None = None) -> bool:
        """Hold nothing of a contract any more; what waits at the exchange stays."""
        key = (symbol, self._account.lane(symbol, lane))
        is_held = key in self._running
        self._drop(key)
        if is_held:
            self.on_changed.notify()
        return is_held

    async def stop(self) -> None:
        """End all: what is held dies here. What waits at the exchange stays."""
        for key in tuple(self._running):
            self._drop(key)
        await self._owner.close()

    def _drop(self, key: Key) -> None:
        one = self._running.pop(key, None)
        if one is not None:
            for handle in one.handles:
                handle.remove()
            self._markets.close(key[0])

    def _has_stop(self, key: Key, level: Price) -> bool:
        """Whether all of the position is covered at least as well as at a level."""
        watched, held = self._watch.watched(*key), self._watch.held(*key)
        if watched is None or held is None or watched.cover.missing:
            return False
        sign = 1 if held.is_long else -1
        return all(
            order.trigger is not None and (order.trigger - level) * sign >= 0
            for order in watched.cover.stops
        )

    # Evaluation ------------------------------------------------------------------------------

    def _look(self, key: Key) -> None:
        """Look once; what our own command tells meanwhile waits for the next change."""
        one = self._running.get(key)
        if one is None or one.is_ending or self._is_busy:
            return
        self._is_busy = True
        try:
            self._evaluate(key, one)
        finally:
            self._is_busy = False

    def _evaluate(self, key: Key, one: _Running) -> None:
        problem = self._problem(one)
        if problem:
            self._say(key, one, problem)
            return
        price = self._price(one)
        lots = self._account.position(*key).core.lots
        if price is None:
            self._say(key, one, "waiting for a price")
            return
        self._note_stops(key, one)
        is_same = price == one.price and lots * one.plan.sign > 0
        if is_same and not one.is_moving_wanted:
            if one.progress.phase is Phase.WATCHING:
                self._say(key, one, self._gap(key, one))
            return
        is_new = price != one.price
        one.price = price
        self._keep_breakeven(key, one, price)
        before = one.progress
        progress, wish = advance(one.plan, before, price, lots)
        if progress.phase is Phase.ENDED:
            one.is_ending = True
            self._owner.spawn(f"end {key[0]}", self._see_end(key, one))
            return
        one.progress = progress
        if isinstance(wish, CloseLots):
            self._close(key, one, wish)
        elif isinstance(wish, MoveStop) or (one.is_moving_wanted and is_new):
            self._move(key, one)
        elif one.progress.phase is Phase.WATCHING:
            self._say(key, one, self._gap(key, one))
        if one.progress != before:
            self.on_changed.notify()

    def _keep_breakeven(self, key: Key, one: _Running, price: Price) -> None:
        """Until the level is there, breakeven is where it lies by what is known now.

        It falls when a funding was settled or more was bought for less. A best price of long ago
        may be past it then while the price is not: the level would fire at once. So it waits.
        """
        even, point = one.plan.breakeven, self._exit_orders.breakeven_of(*key)
        if even is None or point is None or point.price is None or point.price == even.price:
            return
        best, moved = one.progress.best, even._replace(price=point.price)
        plan = replace(one.plan, breakeven=moved)
        is_ahead = (price - point.price) * plan.sign > 0
        if not is_past_breakeven(one.plan, best) and (
            is_ahead or not is_past_breakeven(plan, best)
        ):
            one.plan = plan

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

    def _note_stops(self, key: Key, one: _Running) -> None:
        """The stops that stand behind the plan: they end with the position."""
        watched = self._watch.watched(*key)
        if watched is not None and one.plan.is_insured:
            one.stops.update(order.client_oid for order in watched.cover.stops)

    def _move(self, key: Key, one: _Running) -> None:
        if self._exit_orders.is_moving(*key):
            one.is_moving_wanted = True
            return
        blocked = self._exit_orders.move_stop(key[0], one.progress.level, key[1])
        is_there = blocked is not None and self._has_stop(key, one.progress.level)
        one.is_moving_wanted = blocked is not None and not is_there
        if blocked is not None and not is_there:
            self._say(key, one, f"the stop was not moved: {blocked.blocks[0].reason}")
        else:
            self._say(key, one, "")

    def _gap(self, key: Key, one: _Running) -> str:
        """What is missing of an insured plan; empty when nothing is, or when it is on its way."""
        if not one.plan.is_insured or self._exit_orders.is_moving(*key):
            return ""
        is_there = self._has_stop(key, one.progress.level)
        return "" if is_there else "its stop at the exchange is not where it belongs"

    def _close(self, key: Key, one: _Running, wish: CloseLots) -> None:
        position = self._account.position(*key)
        mode = position.margin_mode or self._account.margin_mode(key[0]) or ASSUMED_MODE
        size = Lots(min(wish.lots, abs(position.core.lots)))
        if size <= 0:
            one.progress = closed(one.progress, wish.target, is_done=False)
            self._say(key, one, "it could not close: there is nothing to close")
            return
        before = abs(position.core.lots)
        sent = self._send(key, one, wish, size, mode)
        if isinstance(sent, Blocked):
            one.progress = closed(one.progress, wish.target, is_done=False)
            self._say(key, one, f"it could not close: {sent.blocks[0].reason}")
            return
        work = self._see(key, one, sent, wish, before)
        self._owner.spawn(f"close {key[0]}", work)

    def _send(
        self, key: Key, one: _Running, wish: CloseLots, size: Lots, mode: MarginMode
    ) -> tuple[ClientOid, ...] | Blocked:
        """Send what closes so many lots, in parts where one order may not be so large.

        Where the loss is cut and all is to go, ``closeOrder`` closes what is there by then.
        """
        desk, contract = self._desk, self._desk.contract(key[0])
        terms = OrderTerms(position_side=wire_lane(key[1]))
        is_all = size >= abs(self._account.position(*key).core.lots)
        if wish.target is None and is_all:
            if reason := desk.access.silence:
                return not_sent(BlockField.ACCESS, reason)
            return (desk.close_position(close_ticket(key[0], mode, terms=terms), Purpose.CLOSE),)
        sizes: tuple[Lots, ...] = (size,)
        if contract is not None:
            sizes = in_parts(size, contract.max_market_order_lots, contract.lot_size)
        sent: list[ClientOid] = []
        for part in sizes:
            ticket = OrderTicket(
                symbol=key[0],
                order_type=OrderType.MARKET,
                side=Side.SELL if one.plan.is_long else Side.BUY,
                price=None,
                lots=part,
                margin_mode=mode,
                is_reduce_only=True,
                terms=terms,
            )
            result = desk.submit(ticket, Purpose.CLOSE)
            if isinstance(result, Blocked):
                return tuple(sent) or result
            sent.append(result.client_oid)
        return tuple(sent)

    async def _see(
        self,
        key: Key,
        one: _Running,
        sent: tuple[ClientOid, ...],
        wish: CloseLots,
        before: int,
    ) -> None:
        """See a close through and say how it ended."""
        is_done = await self._is_closed(key, one, sent, wish, before)
        one.progress = closed(one.progress, wish.target, is_done=is_done)
        if self._running.get(key) is not one:
            return
        if not is_done:
            words = "a close did not fill; it is not sent again: look at the position"
            self._say(key, one, words)
            self._desk.warn(f"{about(*key)}: {words}.", key[0])
        one.price = None
        self.on_changed.notify()
        self._look(key)

    async def _is_closed(
        self,
        key: Key,
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
            filled = await self._ended(key, sent, before)
            if filled is None:
                break
            left -= filled
            if left <= 0 or not filled:
                break
            position = await self._read(key)
            if self._running.get(key) is not one:
                return False
            if position is None:
                break
            before = max(0, position.core.lots * one.plan.sign)
            left = min(left, before)
            mode = position.margin_mode or self._account.margin_mode(key[0]) or ASSUMED_MODE
            if not left:
                break
            again = self._send(key, one, wish, Lots(left), mode)
            if isinstance(again, Blocked):
                break
            sent = again
        return left <= 0

    async def _ended(self, key: Key, sent: tuple[ClientOid, ...], before: int) -> int | None:
        """How many lots were closed once all has ended; None when that is not known."""
        desk = self._desk
        await desk.pulse.until(
            lambda: not any(desk.orders[oid].is_working for oid in sent), CLOSED_WAIT_S
        )
        orders = [desk.orders[oid] for oid in sent]
        filled = sum(order.filled for order in orders)
        await desk.pulse.until(
            lambda: abs(self._account.position(*key).core.lots) <= before - filled,
            CLOSED_WAIT_S,
        )
        is_known = not any(order.is_working or order.is_guess for order in orders)
        return filled if is_known else None

    async def _see_end(self, key: Key, one: _Running) -> None:
        """Ask the exchange whether the position is gone: a sum of our own fills may lack some."""
        while self._running.get(key) is one:
            position = await self._read(key)
            if self._running.get(key) is not one:
                return
            if position is None:
                self._say(key, one, "it is being asked whether the position is gone")
                await self._desk.clock.sleep(END_RETRY_S)
                continue
            is_over = one.progress.phase is Phase.ENDED
            if is_over or position.core.lots * one.plan.sign <= 0:
                self._end(key, one, is_flat=position.core.is_flat)
                return
            one.is_ending = False  # some of it is held: the plan goes on for that
            self._look(key)
            return

    async def _read(self, key: Key) -> Position | None:
        """The position by the exchange's own word; None when there is none to be had now."""
        try:
            return await self._account.read_position(*key)
        except TernError:
            return None
        except Exception as error:  # noqa: BLE001 - reported; a stop must not hang on a query
            self._owner.report("read the position", error)
            return None

    def _end(self, key: Key, one: _Running, *, is_flat: bool) -> None:
        """The plan is over; if the position is gone, so are the stops that stood behind it."""
        self._drop(key)
        if is_flat:
            for oid in one.stops:
                order = self._desk.orders.get(oid)
                if order is not None and order.is_working and order.reduces_only:
                    self._desk.cancel(oid)
        self._desk.warn(f"{about(*key)}: the held exit has ended with the position.", key[0])
        self.on_changed.notify()

    def _say(self, key: Key, one: _Running, problem: str) -> None:
        if problem != one.problem:
            one.problem = problem
            if problem:
                self._desk.warn(f"{about(*key)}: held exit, {problem}.", key[0])
            self.on_changed.notify()
