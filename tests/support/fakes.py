"""Fakes of the gateways: they answer what the test puts in, and remember what they were asked."""

from __future__ import annotations

import asyncio
from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING, Any, final

from terminal.domain.access import Access
from terminal.domain.events import BookDepth, MarginMode, MarkUpdate, PositionMode
from terminal.domain.units import ExactPrice, OrderId
from terminal.exchange.errors import TransportError
from terminal.exchange.gateway import Channel, ChannelConfirmed, StreamOpened
from terminal.exchange.outcome import Accepted, Outcome, Route
from terminal.exchange.routes import RouteState
from tests.support.builders import NOW_MS, a_contract, a_snapshot, a_wallet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from terminal.domain.candles import Candle, CandleInterval
    from terminal.domain.clock import TimestampMs
    from terminal.domain.contract import Contract
    from terminal.domain.events import (
        BookSnapshot,
        Fill,
        OrderUpdate,
        PositionUpdate,
        PublicTrade,
        WalletUpdate,
    )
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import ClientOid, Symbol
    from terminal.exchange.gateway import StreamFact

LOST = TransportError("no answer", was_sent=True)


@final
class FakeMarketGateway:
    """``snapshots`` are served one after the other, the last for ever; errors are raised.

    With ``hold`` set, they are served once it is set.
    """

    def __init__(self, contracts: tuple[Contract, ...] = ()) -> None:
        self.listed = contracts or (a_contract(),)
        self.snapshots: deque[BookSnapshot | Exception] = deque([a_snapshot()])
        self.snapshot_calls = 0
        self.hold: asyncio.Event | None = None
        self.trades: tuple[PublicTrade, ...] = ()
        self.fails: Exception | None = None
        self.history: list[Candle] = []
        self.candle_calls: list[tuple[TimestampMs | None, TimestampMs | None]] = []
        self.candle_answers: deque[Exception] = deque()

    async def contracts(self) -> tuple[Contract, ...]:
        if self.fails is not None:
            raise self.fails
        return self.listed

    async def book_snapshot(self, symbol: Symbol) -> BookSnapshot:
        self.snapshot_calls += 1
        if self.hold is not None:
            await self.hold.wait()
        answer = self.snapshots[0]
        if len(self.snapshots) > 1:
            self.snapshots.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def book_depth(self, symbol: Symbol, rows: int) -> BookDepth:
        """The best levels of the snapshot that is served next."""
        whole = await self.book_snapshot(symbol)
        bids, asks = whole.bids[:rows], whole.asks[:rows]
        return BookDepth(symbol, rows, whole.sequence, bids, asks, NOW_MS)

    async def recent_trades(self, symbol: Symbol) -> tuple[PublicTrade, ...]:
        return self.trades

    async def mark_price(self, symbol: Symbol) -> MarkUpdate:
        price = ExactPrice(Decimal("100.1"))
        return MarkUpdate(symbol, price, price, NOW_MS)

    async def candles(
        self,
        symbol: Symbol,
        interval: CandleInterval,
        *,
        start_at: TimestampMs | None = None,
        end_at: TimestampMs | None = None,
    ) -> tuple[Candle, ...]:
        """Serves ``history`` as the exchange would; ``candle_answers`` are raised first."""
        self.candle_calls.append((start_at, end_at))
        if self.candle_answers:
            raise self.candle_answers.popleft()
        found = [
            candle
            for candle in self.history
            if (start_at is None or candle.start_at >= start_at)
            and (end_at is None or candle.start_at <= end_at)
        ]
        return tuple(found[:500] if start_at is not None else found[-500:])

    async def server_time(self) -> TimestampMs:
        return NOW_MS


@final
class FakeTradingGateway:
    """Records commands. ``outcomes`` are used up first, then everything is accepted.

    With ``hold`` set, commands wait until it is set; orders known to queries are in ``known``.
    """

    def __init__(self) -> None:
        self.placed: list[tuple[OrderTicket, ClientOid]] = []
        self.cancels: list[str] = []
        self.place_outcomes: deque[Outcome] = deque()
        self.cancel_outcomes: deque[Outcome] = deque()
        self.known: dict[str, OrderUpdate] = {}
        self.query_error: Exception | None = None
        self.open: tuple[OrderUpdate, ...] = ()
        self.stops: tuple[OrderUpdate, ...] = ()
        self.done: tuple[OrderUpdate, ...] = ()
        self.fills: tuple[Fill, ...] = ()
        self.queries = 0
        self.hold: asyncio.Event | None = None
        self.on_place: Callable[[OrderTicket, ClientOid], None] | None = None
        self.on_cancel: Callable[[str], None] | None = None
        self.access = Access.FULL
        self.tested: list[tuple[OrderTicket, ClientOid]] = []
        self.test_outcomes: deque[Outcome] = deque()
        self.route = RouteState(Route.REST, "There is no order socket here.")

    async def test(self, ticket: OrderTicket, client_oid: ClientOid) -> Outcome:
        self.tested.append((ticket, client_oid))
        return self.test_outcomes.popleft() if self.test_outcomes else Accepted((OrderId("t"),))

    async def place(self, ticket: OrderTicket, client_oid: ClientOid) -> Outcome:
        self.placed.append((ticket, client_oid))
        if self.hold is not None:
            await self.hold.wait()
        if self.on_place is not None:
            self.on_place(ticket, client_oid)
        if self.place_outcomes:
            return self.place_outcomes.popleft()
        return Accepted((OrderId(f"id-{len(self.placed)}"),))

    async def _cancel(self, name: str) -> Outcome:
        self.cancels.append(name)
        if self.on_cancel is not None:
            self.on_cancel(name)
        return self.cancel_outcomes.popleft() if self.cancel_outcomes else Accepted()

    async def cancel(self, order_id: OrderId) -> Outcome:
        return await self._cancel(order_id)

    async def cancel_by_client_oid(self, symbol: Symbol, client_oid: ClientOid) -> Outcome:
        return await self._cancel(f"oid:{client_oid}")

    async def place_batch(
        self, orders: Sequence[tuple[OrderTicket, ClientOid]]
    ) -> tuple[Outcome, ...]:
        return tuple([await self.place(*order) for order in orders])

    async def cancel_batch(self, order_ids: Sequence[OrderId]) -> tuple[Outcome, ...]:
        return tuple([await self.cancel(one) for one in order_ids])

    async def cancel_all(self, symbol: Symbol) -> Outcome:
        return await self._cancel(f"all:{symbol}")

    async def cancel_all_stops(self, symbol: Symbol | None = None) -> Outcome:
        return await self._cancel(f"stops:{symbol or '*'}")

    async def order(self, order_id: OrderId) -> OrderUpdate | None:
        return self._query(order_id)

    async def order_by_client_oid(self, client_oid: ClientOid) -> OrderUpdate | None:
        return self._query(client_oid)

    def _query(self, name: str) -> OrderUpdate | None:
        self.queries += 1
        if self.query_error is not None:
            raise self.query_error
        return self.known.get(name)

    async def open_orders(self, symbol: Symbol | None = None) -> tuple[OrderUpdate, ...]:
        if self.query_error is not None:
            raise self.query_error
        return self.open

    async def open_stops(self, symbol: Symbol | None = None) -> tuple[OrderUpdate, ...]:
        return self.stops

    async def recent_done_orders(self) -> tuple[OrderUpdate, ...]:
        return self.done

    async def recent_fills(self) -> tuple[Fill, ...]:
        return self.fills


@final
class FakeAccountGateway:
    """Serves ``held`` positions and made-up wallets."""

    def __init__(self) -> None:
        self.held: tuple[PositionUpdate, ...] = ()
        self.fails: Exception | None = None
        self.mode = PositionMode.ONE_WAY
        self.margin = MarginMode.ISOLATED
        self.leverage = Decimal(10)
        self.reads = 0
        self.wallets: dict[str, WalletUpdate] = {}
        self.no_wallet: Exception | None = None
        self.on_wallet: Callable[[], None] | None = None

    async def wallet(self, currency: str) -> WalletUpdate:
        if self.no_wallet is not None:
            raise self.no_wallet
        if self.on_wallet is not None:
            self.on_wallet()
        return self.wallets.get(currency) or a_wallet(currency)

    async def positions(self) -> tuple[PositionUpdate, ...]:
        self.reads += 1
        if self.fails is not None:
            raise self.fails
        return self.held

    async def position(self, symbol: Symbol) -> PositionUpdate | None:
        if self.fails is not None:
            raise self.fails
        return next((update for update in self.held if update.symbol == symbol), None)

    async def positions_of(self, symbol: Symbol) -> tuple[PositionUpdate, ...]:
        if self.fails is not None:
            raise self.fails
        return tuple(update for update in self.held if update.symbol == symbol)

    async def margin_mode(self, symbol: Symbol) -> MarginMode:
        return self.margin

    async def cross_leverage(self, symbol: Symbol) -> Decimal:
        return self.leverage

    async def position_mode(self) -> PositionMode:
        return self.mode


@final
class FakeAccountCommands:
    """Takes changes of modes; what is accepted holds in the account's gateway from then on.

    ``outcomes`` are used up first. While ``hold`` is not set, nobody answers.
    """

    def __init__(self, gateway: FakeAccountGateway) -> None:
        self._gateway = gateway
        self.asked: list[tuple[str, Symbol, object]] = []
        self.switched: list[PositionMode] = []
        self.outcomes: deque[Outcome] = deque()
        self.hold = asyncio.Event()
        self.hold.set()

    async def set_margin_mode(self, symbol: Symbol, mode: MarginMode) -> Outcome:
        self.asked.append(("mode", symbol, mode))
        await self.hold.wait()
        outcome = self.outcomes.popleft() if self.outcomes else Accepted()
        if isinstance(outcome, Accepted):
            self._gateway.margin = mode
        return outcome

    async def set_position_mode(self, mode: PositionMode) -> Outcome:
        self.switched.append(mode)
        await self.hold.wait()
        outcome = self.outcomes.popleft() if self.outcomes else Accepted()
        if isinstance(outcome, Accepted):
            self._gateway.mode = mode
        return outcome

    async def set_risk_level(self, symbol: Symbol, level: int) -> Outcome:
        self.asked.append(("level", symbol, level))
        await self.hold.wait()
        return self.outcomes.popleft() if self.outcomes else Accepted()

    async def set_cross_leverage(self, symbol: Symbol, leverage: Decimal) -> Outcome:
        self.asked.append(("leverage", symbol, leverage))
        await self.hold.wait()
        outcome = self.outcomes.popleft() if self.outcomes else Accepted()
        if isinstance(outcome, Accepted):
            self._gateway.leverage = leverage
        return outcome


@final
class FakeStream:
    """A stream that connects at once and confirms everything, unless told otherwise."""

    def __init__(self) -> None:
        self.connects = True
        self.confirms = True
        self.runs = 0
        self.channels: list[Channel] = []
        self.ended_channels: list[Channel] = []
        self.others: list[FakeStream] = []
        self._on_fact: Callable[[StreamFact], None] | None = None
        self._end: asyncio.Future[str] | None = None

    async def run(self, on_fact: Callable[[StreamFact], None]) -> str:
        self.runs += 1
        if not self.connects:
            return "The stream could not be opened."
        self._on_fact = on_fact
        self._end = asyncio.get_running_loop().create_future()
        self.channels.clear()
        self.ended_channels.clear()
        on_fact(StreamOpened())
        try:
            return await self._end
        finally:
            self._on_fact = None

    @property
    def heard_by(self) -> Callable[[StreamFact], None] | None:
        """Who is told of the present connection."""
        return self._on_fact

    def subscribe(self, channels: tuple[Channel, ...]) -> None:
        self.channels.extend(channels)
        if self.confirms and self._on_fact is not None:
            for channel in channels:
                self.push(ChannelConfirmed(channel))

    def unsubscribe(self, channels: tuple[Channel, ...]) -> None:
        self.ended_channels.extend(channels)

    def close(self, reason: str) -> None:
        """Ended by ourselves."""
        if self._end is not None and not self._end.done():
            self._end.set_result(reason)

    def another(self) -> FakeStream:
        """A further connection, kept in ``others``."""
        self.others.append(FakeStream())
        return self.others[-1]

    def push(self, *facts: Any) -> None:
        """Let the exchange say something."""
        assert self._on_fact is not None, "not connected"
        for fact in facts:
            self._on_fact(fact)

    def drop(self, reason: str = "The stream broke off.") -> None:
        """Let the connection end."""
        assert self._end is not None, "not connected"
        if not self._end.done():
            self._end.set_result(reason)
