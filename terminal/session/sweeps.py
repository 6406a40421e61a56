"""Cancelling many: chosen ones, a side, the stops, a contract, all. Armed or not, stale or not.

What is known goes at once. The exchange's own list, read at the same time, adds what nobody told
us: orders of other programs, and those from before this one ran. Orders that the user sends after
the command are not its business. In the end it is said what is left.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, final

from terminal.domain.errors import TernError
from terminal.domain.events import PositionSide
from terminal.domain.intention import Purpose
from terminal.domain.lanes import about
from terminal.domain.order import UNCLEAR, OrderState, is_made_up
from terminal.domain.pairs import leg_words
from terminal.domain.units import ClientOid, Symbol
from terminal.exchange.outcome import Accepted, Outcome, Route
from terminal.session.cancels import TO_BE_CANCELED
from terminal.session.procedures import Recorded
from terminal.session.results import BatchResult

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence

    from terminal.domain.events import OrderUpdate
    from terminal.domain.order import Order
    from terminal.domain.units import Side
    from terminal.session.batches import Batching
    from terminal.session.desk import Desk
    from terminal.session.results import Verdict

_Command: TypeAlias = "Callable[[], Awaitable[Outcome]]"
_Read: TypeAlias = "Callable[[Symbol | None], Awaitable[tuple[OrderUpdate, ...]]]"

EVENT_WAIT_S = 2.0
"""How long orders of an accepted command may go without their ends before each is asked for."""
ANSWER_WAIT_S = 60.0
"""No request takes so long: each has a deadline of its own."""
REPORT_WAIT_S = 12.0
"""After so long it is said what is left, however it goes on."""
_STOPS = "stops"
EVERYWHERE = Symbol("")
"""Stands for all contracts in the journal."""


@dataclass(slots=True)
class _Sweep:
    """What one command is about.

    ``known`` are the orders from before it; ``chosen`` are all that it meant, ``unfollowed`` those
    of them that nobody follows to their end yet. ``where`` are the contracts of the listed orders.
    ``lane`` is the one lane of hedge mode that it is about, BOTH for all of a contract.
    """

    symbol: Symbol | None
    what: str
    is_meant: Callable[[Order], bool]
    known: frozenset[ClientOid]
    chosen: dict[ClientOid, None] = field(default_factory=dict)
    unfollowed: list[ClientOid] = field(default_factory=list)
    is_choice: bool = False
    where: set[Symbol] = field(default_factory=set)
    lane: PositionSide = PositionSide.BOTH

    @property
    def name(self) -> str:
        """What is canceled, in words."""
        if self.is_choice:
            return self.what
        if self.symbol is None:
            return f"{self.what} everywhere"
        return f"{self.what} of {about(self.symbol, self.lane)}"


def _may_wait(order: Order) -> bool:
    return order.is_stop and (order.state is OrderState.UNTRIGGERED or order.state in UNCLEAR)


@final
class Sweeping:
    """The procedures of a desk that cancel many orders."""

    def __init__(self, desk: Desk, batches: Batching) -> None:
        self._desk = desk
        self._batches = batches
        self.under_way: list[str] = []
        """What is being canceled now, in words."""

    def side(self, symbol: Symbol, side: Side) -> None:
        """Cancel a contract's buys or sells: the exchange has no such call, so it is a list."""
        sweep = self._begun(symbol, f"{side.value}s", lambda order: order.side is side)
        self._start(sweep, self._side)

    async def _side(self, sweep: _Sweep, recorded: Recorded) -> None:
        recorded.step("cancel known", {"orders": len(sweep.chosen)})
        self._follow(sweep)
        await self._finish(sweep, recorded)

    def these(self, client_oids: Collection[ClientOid]) -> None:
        """Cancel the orders that somebody chose one by one, of whatever contracts; no others."""
        chosen = frozenset(client_oids)
        sweep = self._begun(None, "chosen orders", lambda order: order.client_oid in chosen)
        sweep.is_choice = True
        self._start(sweep, self._these)

    async def _these(self, sweep: _Sweep, recorded: Recorded) -> None:
        recorded.step("cancel known", {"orders": len(sweep.chosen)})
        orders = {oid: self._desk.orders[oid] for oid in sweep.chosen}
        self._follow(sweep)
        await self._desk.pulse.until(lambda: self._batches.are_over(sweep.chosen), REPORT_WAIT_S)
        for verdict in self._tell(sweep, recorded, is_read=True):
            if not verdict.ok:
                order = orders[verdict.client_oid]
                words = leg_words(order, self._desk.contract(order.symbol))
                self._desk.warn(f"{words}: {verdict.sentence}", order.symbol)

    def stops(self, symbol: Symbol | None = None) -> None:
        """Cancel the stops that wait, or may wait once they have arrived, of a contract or all."""
        sweep = self._begun(symbol, _STOPS, _may_wait)
        self._start(sweep, self._stops)

    async def _stops(self, sweep: _Sweep, recorded: Recorded) -> None:
        recorded.step("cancel stops", {"orders": len(sweep.chosen)})
        await self._ask(sweep, [self._all_stops(sweep.symbol)])
        await self._finish(sweep, recorded)

    def lane(self, symbol: Symbol, lane: PositionSide) -> None:
        """Cancel every order of one lane, as a list: the exchange has no such call."""
        self._start(self._of_lane(symbol, lane, "orders", lambda _order: True), self._side)

    def lane_stops(self, symbol: Symbol, lane: PositionSide) -> None:
        """Cancel the stops of one lane that wait, or may wait once they have arrived."""
        self._start(self._of_lane(symbol, lane, _STOPS, _may_wait), self._side)

    def _of_lane(
        self, symbol: Symbol, lane: PositionSide, what: str, is_meant: Callable[[Order], bool]
    ) -> _Sweep:
        sweep = self._begun(
            symbol, what, lambda order: order.position_side is lane and is_meant(order)
        )
        sweep.lane = lane
        return sweep

    def all(self, symbol: Symbol) -> None:
        """Cancel every order of a contract, stops included."""
        self._desk.abort_moves(symbol)
        sweep = self._begun(symbol, "orders", lambda _order: True)
        self._start(sweep, self._all)

    async def _all(self, sweep: _Sweep, recorded: Recorded) -> None:
        recorded.step("cancel all", {"orders": len(sweep.chosen)})
        symbols = [] if sweep.symbol is None else [sweep.symbol]
        await self._ask(sweep, [*map(self._all_of, symbols), self._all_stops(sweep.symbol)])
        await self._finish(sweep, recorded)

    def everywhere(self) -> None:
        """Cancel every order of every contract that has one, by us or by others, old or new."""
        self._desk.abort_moves(None)
        sweep = self._begun(None, "orders", lambda _order: True)
        self._start(sweep, self._everywhere)

    async def _everywhere(self, sweep: _Sweep, recorded: Recorded) -> None:
        """The list is read while the known contracts are canceled: neither waits for the other."""
        desk, is_sent = self._desk, False
        known = {desk.orders[client_oid].symbol for client_oid in sweep.chosen}
        commands = [*map(self._all_of, sorted(known)), self._all_stops(None)]

        async def cancel_known() -> None:
            nonlocal is_sent
            await self._ask(sweep, commands)
            is_sent = True
            desk.pulse.beat()

        recorded.step("cancel known", {"contracts": len(known)})
        desk.spawn("cancel known contracts", cancel_known())
        # A list that cannot be read leaves the contracts that are held: orders are likely there.
        held = {position.symbol for position in desk.account.positions()}
        more = sorted((sweep.where if await self._read(sweep) else held) - known)
        if more:
            recorded.step("cancel listed", {"contracts": len(more)})
            self._mark(sweep)
            await self._ask(sweep, [self._all_of(symbol) for symbol in more])
        await desk.pulse.until(lambda: is_sent, ANSWER_WAIT_S)
        await self._finish(sweep, recorded)

    # Steps -----------------------------------------------------------------------------------

    def _begun(self, symbol: Symbol | None, what: str, is_meant: Callable[[Order], bool]) -> _Sweep:
        return _Sweep(symbol, what, is_meant, frozenset(self._desk.orders))

    def _start(
        self, sweep: _Sweep, run: Callable[[_Sweep, Recorded], Coroutine[object, object, None]]
    ) -> None:
        """Mark what is known, so that it shows at once, and begin."""
        wanted = f"Canceling the {sweep.name}."
        recorded = Recorded(self._desk, Purpose.CANCEL, sweep.symbol or EVERYWHERE, wanted)
        self._mark(sweep)
        self.under_way.append(sweep.name)
        self._desk.spawn(f"cancel the {sweep.name}", self._carry_out(sweep, run, recorded))

    async def _carry_out(
        self,
        sweep: _Sweep,
        run: Callable[[_Sweep, Recorded], Coroutine[object, object, None]],
        recorded: Recorded,
    ) -> None:
        try:
            await run(sweep, recorded)
        except Exception as error:  # noqa: BLE001 - reported and told: it must not end unsaid
            words = recorded.break_off(f"cancel the {sweep.name}", error)
            items = self._batches.canceled(sweep.chosen)
            self._desk.tell_batch(BatchResult(sweep.symbol, ok=False, sentence=words, items=items))
        finally:
            self.under_way.remove(sweep.name)

    def _mark(self, sweep: _Sweep) -> None:
        """Choose what is meant and was not sent by us after the command."""
        desk = self._desk
        for order in desk.working(sweep.symbol):
            client_oid = order.client_oid
            is_new = client_oid not in sweep.known
            is_later = is_new and (client_oid in desk.sent or self._may_be_ours(order, sweep))
            if is_later or client_oid in sweep.chosen or not sweep.is_meant(order):
                continue
            sweep.chosen[client_oid] = None
            if desk.mark_canceling(client_oid):
                sweep.unfollowed.append(client_oid)
            # Otherwise it is being canceled already, and followed by who does that.

    def _may_be_ours(self, order: Order, sweep: _Sweep) -> bool:
        """Whether an order without a name may be one that was sent after the command.

        The stream tells a stop without our name (API reference 5.7), the answer may be lost, and so
        may the list: then nobody knows. It may protect, and it is said that not all was read.
        """
        orders, place = self._desk.orders, (order.symbol, order.side, order.lots, order.trigger)
        return is_made_up(order.client_oid) and any(
            client_oid not in sweep.known
            and (one := orders.get(client_oid)) is not None
            and one.state in UNCLEAR
            and one.order_id is None
            and (one.symbol, one.side, one.lots, one.trigger) == place
            for client_oid in self._desk.sent
        )

    def _follow(self, sweep: _Sweep) -> None:
        """See to each chosen order that still works."""
        mine, sweep.unfollowed = sweep.unfollowed, []
        self._batches.cancel(mine)

    async def _finish(self, sweep: _Sweep, recorded: Recorded) -> None:
        """Follow what did not end, add what only the exchange's list tells, say what is left."""
        self._follow(sweep)
        recorded.step("cancel listed")
        is_read = await self._read(sweep)
        self._mark(sweep)
        self._follow(sweep)
        await self._desk.pulse.until(lambda: self._batches.are_over(sweep.chosen), REPORT_WAIT_S)
        self._tell(sweep, recorded, is_read=is_read)

    async def _read(self, sweep: _Sweep) -> bool:
        """Take the exchange's own list of what works; False when a part of it was not read."""
        gateway, is_read = self._desk.gateway, True
        lists: list[tuple[str, _Read]] = [("stops", gateway.open_stops)]
        if sweep.what != _STOPS:
            lists.append(("orders", gateway.open_orders))
        for what, read in lists:
            try:
                updates = await read(sweep.symbol)
            except TernError as error:
                is_read = False
                words = f"The working {what} could not be read. {error.sentence}"
                self._desk.warn(words, sweep.symbol)
                continue
            except Exception as error:  # noqa: BLE001 - reported; no sweep must die of a query
                is_read = False
                self._desk.report("read the lists", error)
                continue
            for update in updates:
                self._desk.take(update)
                sweep.where.add(update.symbol)
        return is_read

    async def _ask(self, sweep: _Sweep, commands: Sequence[_Command]) -> None:
        """Send commands about whole contracts side by side, and give their effect some time."""
        desk = self._desk
        outcomes: list[Outcome] = []

        async def send(command: _Command) -> None:
            outcomes.append(await desk.answer("cancel all", command(), Route.REST))
            desk.pulse.beat()

        for command in commands:
            desk.spawn("cancel all", send(command))
        await desk.pulse.until(lambda: len(outcomes) == len(commands), ANSWER_WAIT_S)
        if all(isinstance(outcome, Accepted) for outcome in outcomes):
            await desk.pulse.until(lambda: not self._are_working(sweep.unfollowed), EVENT_WAIT_S)

    def _all_of(self, symbol: Symbol) -> _Command:
        return lambda: self._desk.gateway.cancel_all(symbol)

    def _all_stops(self, symbol: Symbol | None) -> _Command:
        return lambda: self._desk.gateway.cancel_all_stops(symbol)

    def _are_working(self, chosen: Sequence[ClientOid]) -> bool:
        orders = self._desk.orders
        return any(oid in orders and orders[oid].is_working for oid in chosen)

    def _tell(self, sweep: _Sweep, recorded: Recorded, *, is_read: bool) -> tuple[Verdict, ...]:
        items = self._batches.canceled(sweep.chosen)
        left = sum(not item.ok for item in items)
        if items:
            words = f"No {sweep.name} work any more."
        elif sweep.symbol is None and not sweep.is_choice:
            words = f"No {sweep.what} were working anywhere."
        else:
            words = f"No {sweep.name} were working."
        if left:
            noun = "order" if left == 1 else "orders"
            words = f"{left} {noun} of {len(items)} may still work: {sweep.name}."
            words = f"{words}{_awaited(sum(one.sentence == TO_BE_CANCELED for one in items))}"
        unnamed = self._without_lane(sweep)
        words = f"{words}{_unnamed_words(unnamed)}"
        if not is_read:
            words = f"{words} Not all could be read: others may still work."
        ok = is_read and not left and not unnamed
        recorded.end(words)
        self._desk.tell_batch(BatchResult(sweep.symbol, ok, words, items))
        return items

    def _without_lane(self, sweep: _Sweep) -> int:
        """How many orders may be of the lane that was meant, and nobody says so."""
        if sweep.lane is PositionSide.BOTH:
            return 0
        return sum(
            order.position_side is None and (sweep.what != _STOPS or _may_wait(order))
            for order in self._desk.working(sweep.symbol)
        )


def _unnamed_words(count: int) -> str:
    if not count:
        return ""
    does, they = (
        ("order does", "it is and was") if count == 1 else ("orders do", "they are and were")
    )
    return f" {count} {does} not say of which lane {they} left."


def _awaited(count: int) -> str:
    """What is said of orders that nobody knows yet, and whose cancel goes on."""
    if not count:
        return ""
    which = "it is canceled when it turns" if count == 1 else "they are canceled when they turn"
    return f" {count} may still be on the way: {which} up."
