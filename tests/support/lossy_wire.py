"""What stands between an exchange and one life of the program: it loses, delays and swaps."""

from __future__ import annotations

import asyncio
import math
import random
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, final

from terminal.domain.access import Access
from terminal.domain.events import (
    MarginMode,
    PositionMode,
)
from terminal.exchange.batches import Subject
from terminal.exchange.errors import TransportError
from terminal.exchange.gateway import ChannelConfirmed, StreamOpened
from terminal.exchange.order_socket import Correction
from terminal.exchange.outcome import Accepted, Outcome, Rejected, Route, Unknown
from terminal.exchange.permit import Permit
from terminal.exchange.routes import RouteState
from tests.support.builders import (
    a_wallet,
)
from tests.support.truth import SYMBOLS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from terminal.domain.events import Fill, OrderUpdate, PositionUpdate, WalletUpdate
    from terminal.domain.intention import (
        Detail,
        Intention,
        JournalEvent,
        OpenIntention,
        Procedure,
        ProcedureId,
        Purpose,
    )
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import ClientOid, OrderId, Symbol
    from terminal.exchange.gateway import Channel, StreamFact
    from terminal.session.journal import Journal

if TYPE_CHECKING:
    from tests.support.histories import History

STAMPED_FOR_S = 5.0
"""The exchange takes a request by REST for so long after it was signed (reference 1.3)."""
LINGERS_S = 9.0
"""So long after an order socket was closed something sent over it may still arrive."""
LAG_S = 0.8
"""So old an answer to a question about orders may be."""


@final
class Fates:
    """What becomes of each thing on the way. Each occasion is drawn by itself, by its number.

    ``calmed`` occasions go well, whatever was drawn for them; ``hit`` are those that did not.
    """

    def __init__(self, seed: int, trouble: float, calmed: frozenset[int]) -> None:
        self._seed = seed
        self._trouble = trouble
        self._calmed = calmed
        self._count = 0
        self.is_quiet = False
        self.hit: dict[int, str] = {}

    def draw(self, kind: str, *fates: str) -> tuple[str, random.Random]:
        """One of ``fates``, or ``well``, and numbers of its own to go with it."""
        self._count += 1
        rng = random.Random(self._seed * 1_000_003 + self._count)
        if self.is_quiet or self._count in self._calmed or rng.random() >= self._trouble:
            return "well", rng
        fate = rng.choice(fates)
        self.hit[self._count] = f"{kind} {fate}"
        return fate, rng


@final
@dataclass
class Socket:
    """One connection of the order socket."""

    closed_s: float = math.inf


@final
class Wire:
    """The gateways and the stream of one life of the program. After ``die`` it is cut."""

    def __init__(self, history: History) -> None:
        self._h = history
        self.permit = Permit(Access.FULL)
        self.is_dead = False
        self.correct: Callable[[Correction], None] = lambda _correction: None
        self._hears: Callable[[StreamFact], None] | None = None
        self._end: asyncio.Future[str] | None = None
        self._last_word_s = 0.0
        self._uncorrected: list[list[Subject]] = []
        self._in_flight: list[asyncio.Future[tuple[Outcome, ...]]] = []

    # The stream ------------------------------------------------------------------------------

    async def run(self, on_fact: Callable[[StreamFact], None]) -> str:
        await asyncio.sleep(max(0.0, self._h.stream_up_s - self._h.now_s()))
        self._end = asyncio.get_running_loop().create_future()
        self._hears = on_fact
        on_fact(StreamOpened())
        try:
            return await self._end
        finally:
            self._hears = None

    def subscribe(self, channels: tuple[Channel, ...]) -> None:
        if self._hears is not None and not self.is_dead:
            for channel in channels:
                self._hears(ChannelConfirmed(channel))

    def unsubscribe(self, channels: tuple[Channel, ...]) -> None:
        pass

    def close(self, reason: str) -> None:
        if self._end is not None and not self._end.done():
            self._end.set_result(reason)

    def another(self) -> Wire:
        raise AssertionError("nobody needs so many channels")

    def tell(self, fact: StreamFact) -> None:
        """A word of the exchange is on its way to whoever is connected now."""
        fate, rng = self._h.fates.draw("word", "late", "twice", "lost", "swapped")
        hears, now_s = self._hears, self._h.now_s()
        if hears is None or self.is_dead or fate == "lost":
            return
        # In order on one connection, unless it is swapped.
        at_s = max(now_s + rng.choice((0.0, 0.01, 0.05)), self._last_word_s)
        if fate == "late":
            at_s += rng.uniform(0.1, 2.5)
        if fate == "swapped":
            at_s = now_s + rng.uniform(0.0, 1.5)
        else:
            self._last_word_s = at_s
        self._say(hears, fact, at_s)
        if fate == "twice":
            self._say(hears, fact, at_s + rng.uniform(0.0, 2.0))

    def _say(self, hears: Callable[[StreamFact], None], fact: StreamFact, at_s: float) -> None:
        def say() -> None:
            if self._hears is hears and not self.is_dead:
                hears(fact)

        asyncio.get_running_loop().call_at(at_s, say)

    # Commands --------------------------------------------------------------------------------

    @property
    def access(self) -> Access:
        return self.permit.access

    @property
    def route(self) -> RouteState:
        return RouteState(Route.SOCKET if self._h.has_socket else Route.REST, "")

    async def _live(self) -> None:
        """A dead process does nothing any more."""
        if self.is_dead:
            await asyncio.get_running_loop().create_future()

    async def _command(  # noqa: C901 - all that can befall one request, in one place
        self,
        kind: str,
        do: Callable[[], tuple[Outcome, ...]],
        subjects: Sequence[Subject],
        route: Route,
    ) -> tuple[Outcome, ...]:
        """Send a request: it arrives or not, in time or late, and so does its answer."""
        await self._live()
        mine = list(subjects)
        n, loop, now_s = len(mine), asyncio.get_running_loop(), self._h.now_s()
        fate, rng = self._h.fates.draw(kind, "answer lost", "lost", "late", "refused", "slow")
        arrives_s = now_s + rng.choice((0.0, 0.02, 0.1))
        answer: asyncio.Future[tuple[Outcome, ...]] = loop.create_future()
        gives_up_s = now_s + rng.uniform(0.3, 5.0)
        socket = self._h.socket if route is Route.SOCKET else None
        late_s = STAMPED_FOR_S - 0.01 if socket is None else 25.0
        if fate == "late":
            # The later, the harder to tell from never: the last moment is as likely as all others.
            arrives_s = now_s + rng.uniform(rng.choice((0.5, late_s - 0.5)), late_s)
        reply_s = rng.choice((0.0, 0.02, 0.2)) + (rng.uniform(0.5, 4.0) if fate == "slow" else 0.0)

        def reply(outcomes: tuple[Outcome, ...]) -> None:
            if self.is_dead or fate == "answer lost":
                return
            told = tuple(replace(one, route=route) for one in outcomes)
            if not answer.done():
                answer.set_result(told)
            elif route is Route.SOCKET and mine in self._uncorrected:
                self._uncorrected.remove(mine)
                for subject, outcome in zip(mine, told, strict=True):
                    self.correct(Correction(subject, outcome))

        def arrive() -> None:
            if socket is not None and loop.time() > socket.closed_s + LINGERS_S:
                return
            outcomes: tuple[Outcome, ...]
            if fate == "refused":
                outcomes = (Rejected("300002", "Trading is suspended."),) * n
            else:
                outcomes = do()
            loop.call_later(reply_s, reply, outcomes)

        if fate != "lost":
            loop.call_at(arrives_s, arrive)
        if socket is not None:
            self._in_flight.append(answer)
        try:
            async with asyncio.timeout_at(gives_up_s if fate != "well" else now_s + 5.0):
                outcomes = await answer
            return outcomes if len(outcomes) == n else outcomes * n
        except TimeoutError:
            await self._live()
        finally:
            if socket is not None:
                self._in_flight.remove(answer)
        if socket is None:
            return (Unknown("No answer."),) * n
        self._uncorrected.append(mine)
        return (Unknown("No reply.", Route.SOCKET),) * n

    def socket_closed(self) -> None:
        """Whatever was sent over it is not answered any more; when that settles is known now."""
        if self.is_dead:
            return
        unknown = Unknown("Broken.", Route.SOCKET, self._h.now_s() + 10.0)
        for answer in self._in_flight:
            if not answer.done():
                answer.set_result((unknown,))
        uncorrected, self._uncorrected = self._uncorrected, []
        for subjects in uncorrected:
            for subject in subjects:
                self.correct(Correction(subject, unknown))

    async def place(self, ticket: OrderTicket, client_oid: ClientOid) -> Outcome:
        route = Route.REST if ticket.exits is not None else self.route.route
        (outcome,) = await self._place("place", [(ticket, client_oid)], route)
        return outcome

    async def place_batch(
        self, orders: Sequence[tuple[OrderTicket, ClientOid]]
    ) -> tuple[Outcome, ...]:
        return await self._place("place batch", orders, self.route.route)

    async def _place(
        self, kind: str, orders: Sequence[tuple[OrderTicket, ClientOid]], route: Route
    ) -> tuple[Outcome, ...]:
        await self._live()
        for ticket, client_oid in orders:
            self._h.signed(ticket, client_oid)
        subjects = [Subject(client_oid) for _, client_oid in orders]
        make = self._h.exchange.make
        return await self._command(
            kind, lambda: tuple(make(ticket, oid) for ticket, oid in orders), subjects, route
        )

    def _end_id(self, order_id: OrderId) -> Outcome:
        order = self._h.exchange.by_id(order_id)
        if order is None:
            return Rejected("100004", "There is no such order.")
        return self._h.exchange.end(order, "desk")

    def _end_oid(self, client_oid: ClientOid) -> Outcome:
        order = self._h.exchange.named(client_oid)
        if order is None:
            return Rejected("100004", "There is no such order.")
        return self._h.exchange.end(order, "desk")

    async def cancel(self, order_id: OrderId) -> Outcome:
        return (await self.cancel_batch([order_id]))[0]

    async def cancel_batch(self, order_ids: Sequence[OrderId]) -> tuple[Outcome, ...]:
        await self._live()
        self._h.cancels_sent([self._h.exchange.by_id(order_id) for order_id in order_ids])
        subjects = [Subject(order_id=order_id, is_cancel=True) for order_id in order_ids]
        return await self._command(
            "cancel", lambda: tuple(map(self._end_id, order_ids)), subjects, self.route.route
        )

    async def cancel_by_client_oid(self, symbol: Symbol, client_oid: ClientOid) -> Outcome:
        await self._live()
        self._h.cancels_sent([self._h.exchange.named(client_oid)])
        outcomes = await self._command(
            "cancel",
            lambda: (self._end_oid(client_oid),),
            [Subject(client_oid, is_cancel=True)],
            self.route.route,
        )
        return outcomes[0]

    async def cancel_all(self, symbol: Symbol) -> Outcome:
        return await self._sweep(symbol, waits=False)

    async def cancel_all_stops(self, symbol: Symbol | None = None) -> Outcome:
        return await self._sweep(symbol, waits=True)

    async def _sweep(self, symbol: Symbol | None, *, waits: bool) -> Outcome:
        def sweep() -> tuple[Outcome, ...]:
            gone = [o for o in self._h.exchange.alive(symbol) if o.waits is waits]
            for order in gone:
                self._h.exchange.end(order, "sweep")
            return (Accepted(tuple(order.order_id for order in gone)),)

        return (await self._command("sweep", sweep, [Subject(is_cancel=True)], Route.REST))[0]

    async def test(self, ticket: OrderTicket, client_oid: ClientOid) -> Outcome:
        raise AssertionError("nobody tests here")

    # Questions -------------------------------------------------------------------------------

    async def _asked(self, kind: str) -> random.Random:
        """The way of a question to the exchange. What is known there now is looked at next."""
        await self._live()
        fate, rng = self._h.fates.draw(kind, "lost", "slow", "stale")
        await asyncio.sleep(rng.choice((0.0, 0.02)))
        await self._live()
        if fate == "lost" or (self._h.now_s() < self._h.rest_up_s and not self._h.fates.is_quiet):
            await asyncio.sleep(rng.uniform(0.0, 2.0))
            raise TransportError("no answer", was_sent=True)
        self._lag_s = rng.uniform(0.0, LAG_S) if fate == "stale" else 0.0
        self._back_s = rng.uniform(0.2, 2.5) if fate == "slow" else rng.choice((0.0, 0.03))
        return rng

    _lag_s = 0.0
    _back_s = 0.0

    async def _back(self, seconds: float) -> None:
        """The way back: meanwhile the stream may tell more."""
        await asyncio.sleep(seconds)
        await self._live()

    def _as_known(self) -> list[OrderUpdate]:
        """Every order, as it was a moment ago if the answer is stale."""
        at_s = self._h.now_s() - self._lag_s
        known = (
            [update for when_s, update in order.past if when_s <= at_s]
            for order in self._h.exchange.orders
        )
        return [past[-1] for past in known if past]

    async def order(self, order_id: OrderId) -> OrderUpdate | None:
        await self._asked("order?")
        found = next((one for one in self._as_known() if one.order_id == order_id), None)
        await self._back(self._back_s)
        return found

    async def order_by_client_oid(self, client_oid: ClientOid) -> OrderUpdate | None:
        await self._asked("order by our id?")
        found = next((one for one in self._as_known() if one.client_oid == client_oid), None)
        await self._back(self._back_s)
        return found

    async def _listed(
        self, kind: str, symbol: Symbol | None, is_meant: Callable[[OrderUpdate], bool]
    ) -> tuple[OrderUpdate, ...]:
        await self._asked(kind)
        found = tuple(
            one for one in self._as_known() if symbol in {None, one.symbol} and is_meant(one)
        )
        await self._back(self._back_s)
        return found

    async def open_orders(self, symbol: Symbol | None = None) -> tuple[OrderUpdate, ...]:
        return await self._listed(
            "open?", symbol, lambda one: not one.is_done and not one.untriggered
        )

    async def open_stops(self, symbol: Symbol | None = None) -> tuple[OrderUpdate, ...]:
        return await self._listed("stops?", symbol, lambda one: one.untriggered)

    async def recent_done_orders(self) -> tuple[OrderUpdate, ...]:
        return await self._listed("done?", None, lambda one: one.is_done)

    async def recent_fills(self) -> tuple[Fill, ...]:
        await self._asked("fills?")
        trades = tuple(
            sorted(
                (trade for order in self._h.exchange.orders for trade in order.trades),
                key=lambda trade: trade.event_at,
            )
        )
        await self._back(self._back_s)
        return trades

    async def wallet(self, currency: str) -> WalletUpdate:
        await self._asked("wallet?")
        return a_wallet(currency)

    async def positions(self) -> tuple[PositionUpdate, ...]:
        await self._asked("positions?")
        held = self._h.exchange.held
        found = tuple(self._h.exchange.position(symbol) for symbol in SYMBOLS if held[symbol])
        await self._back(self._back_s)
        return found

    async def position(self, symbol: Symbol) -> PositionUpdate | None:
        await self._asked("position?")
        found = self._h.exchange.position(symbol) if self._h.exchange.held[symbol] else None
        await self._back(self._back_s)
        return found

    async def positions_of(self, symbol: Symbol) -> tuple[PositionUpdate, ...]:
        found = await self.position(symbol)
        return () if found is None else (found,)

    async def margin_mode(self, symbol: Symbol) -> MarginMode:
        return MarginMode.ISOLATED

    async def cross_leverage(self, symbol: Symbol) -> Decimal:
        return Decimal(10)

    async def position_mode(self) -> PositionMode:
        await self._asked("mode?")
        return PositionMode.ONE_WAY


@final
class MortalJournal:
    """A journal whose program dies before or after one of its writes; then nothing is written."""

    def __init__(self, inner: Journal, died: Callable[[], None]) -> None:
        self._inner = inner
        self._died = died
        self.is_dead = False
        self.left: int | None = None
        """So many half writes until the program dies; an odd number dies before the write."""

    @property
    def lasts(self) -> bool:
        return self._inner.lasts

    @property
    def problem(self) -> str:
        return self._inner.problem

    def _step(self) -> bool:
        """One side of a write; whether the program still lives."""
        if self.left is not None and not self.is_dead:
            self.left -= 1
            if self.left <= 0:
                self.is_dead = True
                self._died()
        return not self.is_dead

    def _write(self, do: Callable[[], None]) -> None:
        if self._step():
            do()
            self._step()

    def intend(self, intention: Intention) -> None:
        self._write(lambda: self._inner.intend(intention))

    def note(self, client_oid: ClientOid, event: JournalEvent) -> None:
        self._write(lambda: self._inner.note(client_oid, event))

    def begin(
        self, kind: Purpose, symbol: Symbol, wanted: str, detail: Detail | None = None
    ) -> ProcedureId:
        known: list[Any] = []
        self._write(lambda: known.append(self._inner.begin(kind, symbol, wanted, detail or {})))
        return known[0] if known else "dead"  # type: ignore[return-value]  # nobody is left to read

    def step(self, procedure_id: ProcedureId, name: str, detail: Detail | None = None) -> None:
        self._write(lambda: self._inner.step(procedure_id, name, detail or {}))

    def end(self, procedure_id: ProcedureId, sentence: str) -> None:
        self._write(lambda: self._inner.end(procedure_id, sentence))

    def open_intentions(self) -> tuple[OpenIntention, ...]:
        return self._inner.open_intentions()

    def open_procedures(self) -> tuple[Procedure, ...]:
        return self._inner.open_procedures()

    def intention(self, client_oid: ClientOid) -> Intention | None:
        return self._inner.intention(client_oid)

    def trail(self, client_oid: ClientOid) -> tuple[JournalEvent, ...]:
        return self._inner.trail(client_oid)

    def procedure(self, procedure_id: ProcedureId) -> Procedure | None:
        return self._inner.procedure(procedure_id)

    def named(self, order_id: OrderId) -> ClientOid | None:
        return self._inner.named(order_id)

    async def tidy(self) -> None:
        await self._inner.tidy()
