"""What the session storey needs of an exchange: Protocols that the clients and the fakes implement.

Reads return domain facts or raise from ``exchange.errors``. Commands return an ``Outcome`` and do
not raise for rejections or lost answers. No method starts a task. Reads and cancels may be asked
again for some seconds, and reads may wait for the rate budget; orders and transfers do neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol, TypeAlias, final

from terminal.domain.events import (
    BookDelta,
    BookDepth,
    CandleUpdate,
    CrossLeverageUpdate,
    DaySummary,
    FundingMoment,
    FundingRateUpdate,
    MarginModesUpdate,
    MarkUpdate,
    OrderUpdate,
    PositionPatch,
    PositionSettlement,
    PositionUpdate,
    PublicTrade,
    QuoteUpdate,
    RiskLimitUpdate,
    TickerUpdate,
    WalletPatch,
    WalletUpdate,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from decimal import Decimal

    from terminal.domain.access import Access
    from terminal.domain.candles import Candle, CandleInterval, StreamInterval
    from terminal.domain.clock import TimestampMs
    from terminal.domain.contract import Contract
    from terminal.domain.events import BookSnapshot, Fill, MarginMode, PositionMode
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import ClientOid, OrderId, Symbol
    from terminal.exchange.outcome import Outcome
    from terminal.exchange.routes import RouteState


class MarketGateway(Protocol):
    """Public market data by request."""

    async def contracts(self) -> tuple[Contract, ...]:
        """All listed contracts. Also teaches the translators their tick sizes."""
        ...

    async def book_snapshot(self, symbol: Symbol) -> BookSnapshot:
        """The whole book of a contract."""
        ...

    async def book_depth(self, symbol: Symbol, rows: int) -> BookDepth:
        """The best levels of a contract; ``rows`` is 20 or 100."""
        ...

    async def recent_trades(self, symbol: Symbol) -> tuple[PublicTrade, ...]:
        """The last public trades, oldest first, at most 100."""
        ...

    async def mark_price(self, symbol: Symbol) -> MarkUpdate:
        """The current mark and index price."""
        ...

    async def candles(
        self,
        symbol: Symbol,
        interval: CandleInterval,
        *,
        start_at: TimestampMs | None = None,
        end_at: TimestampMs | None = None,
    ) -> tuple[Candle, ...]:
        """Candles whose start lies between two instants (both included), ascending, at most 500.

        Without ``start_at`` the latest up to ``end_at``. An interval without a trade has none.
        """
        ...

    async def server_time(self) -> TimestampMs:
        """The exchange's clock."""
        ...


class TradingGateway(Protocol):
    """Order commands and order queries of one account."""

    @property
    def access(self) -> Access:
        """How far commands go. Without full access they end as NotSent and no request is made."""
        ...

    async def place(self, ticket: OrderTicket, client_oid: ClientOid) -> Outcome:
        """Send one order. Never resent by itself."""
        ...

    async def cancel(self, order_id: OrderId) -> Outcome:
        """Ask to cancel one order. Accepted means asked; the end comes by stream or query."""
        ...

    async def cancel_by_client_oid(self, symbol: Symbol, client_oid: ClientOid) -> Outcome:
        """Ask to cancel an order whose exchange id is not known yet."""
        ...

    @property
    def route(self) -> RouteState:
        """Which way the next order takes, and why."""
        ...

    async def place_batch(
        self, orders: Sequence[tuple[OrderTicket, ClientOid]]
    ) -> tuple[Outcome, ...]:
        """Send up to 20 orders at once; one outcome for each, in the same order."""
        ...

    async def cancel_batch(self, order_ids: Sequence[OrderId]) -> tuple[Outcome, ...]:
        """Ask to cancel up to 20 orders at once; one outcome for each."""
        ...

    async def cancel_all(self, symbol: Symbol) -> Outcome:
        """Ask to cancel all plain orders of a contract."""
        ...

    async def cancel_all_stops(self, symbol: Symbol | None = None) -> Outcome:
        """Ask to cancel all untriggered stops, of a contract or of all (API reference 3.4)."""
        ...

    async def test(self, ticket: OrderTicket, client_oid: ClientOid) -> Outcome:
        """Let the exchange check an order without placing it (API reference 3.3)."""
        ...

    async def order(self, order_id: OrderId) -> OrderUpdate | None:
        """One order, stops included; None when the exchange does not know it."""
        ...

    async def order_by_client_oid(self, client_oid: ClientOid) -> OrderUpdate | None:
        """One order by our id; None when the exchange does not know it (yet)."""
        ...

    async def open_orders(self, symbol: Symbol | None = None) -> tuple[OrderUpdate, ...]:
        """All active plain orders, all pages."""
        ...

    async def open_stops(self, symbol: Symbol | None = None) -> tuple[OrderUpdate, ...]:
        """All untriggered stops, all pages."""
        ...

    async def recent_done_orders(self) -> tuple[OrderUpdate, ...]:
        """Orders that ended within the last 24 hours, at most 1000."""
        ...

    async def recent_fills(self) -> tuple[Fill, ...]:
        """Fills of the last 24 hours, at most 1000, oldest first."""
        ...


class AccountGateway(Protocol):
    """Balances, positions and modes of one account by request."""

    async def wallet(self, currency: str) -> WalletUpdate:
        """The futures account in one settle currency."""
        ...

    async def positions(self) -> tuple[PositionUpdate, ...]:
        """All open positions."""
        ...

    async def position(self, symbol: Symbol) -> PositionUpdate | None:
        """The position of one contract in one-way mode; None when flat."""
        ...

    async def positions_of(self, symbol: Symbol) -> tuple[PositionUpdate, ...]:
        """The open positions of one contract: up to one, in hedge mode up to two."""
        ...

    async def margin_mode(self, symbol: Symbol) -> MarginMode:
        """The selected margin mode of a contract."""
        ...

    async def cross_leverage(self, symbol: Symbol) -> Decimal:
        """The leverage used in cross mode."""
        ...

    async def position_mode(self) -> PositionMode:
        """One-way or hedge, account-wide."""
        ...


class ChannelKind(Enum):
    """What can be subscribed to. The exchange storey knows the topic names."""

    BOOK = "book"
    DEPTH5 = "best 5 levels"
    DEPTH50 = "best 50 levels"
    QUOTES = "best prices"
    TICKERS = "ticker"
    TRADES = "trades"
    MARK = "mark"
    FUNDING = "funding moments"
    DAY = "24 hours"
    CANDLES = "candles"
    ORDERS = "orders"
    STOPS = "stops"
    WALLET = "wallet"
    POSITIONS = "positions"
    POSITION = "position"
    MARGIN_MODES = "margin modes"
    CROSS_LEVERAGE = "cross leverage"

    @property
    def is_private(self) -> bool:
        """True for channels of an account; all but ``POSITION`` need no symbol."""
        return self in _PRIVATE


_PRIVATE = frozenset(
    {
        ChannelKind.ORDERS,
        ChannelKind.STOPS,
        ChannelKind.WALLET,
        ChannelKind.POSITIONS,
        ChannelKind.POSITION,
        ChannelKind.MARGIN_MODES,
        ChannelKind.CROSS_LEVERAGE,
    }
)


@final
@dataclass(frozen=True, slots=True)
class Channel:
    """One thing to subscribe to: a public kind of a symbol, or a private kind (symbol None).

    Candles have an interval, the others none. Funding moments and orders may be had of one
    contract or, without a symbol, of all.
    """

    kind: ChannelKind
    symbol: Symbol | None = None
    interval: CandleInterval | StreamInterval | None = None


@final
@dataclass(frozen=True, slots=True)
class StreamOpened:
    """The connection is welcomed and takes subscriptions."""


@final
@dataclass(frozen=True, slots=True)
class ChannelConfirmed:
    """The exchange acknowledged a subscription."""

    channel: Channel


@final
@dataclass(frozen=True, slots=True)
class ChannelRefused:
    """The exchange refused a subscription; the sentence says why."""

    channel: Channel
    sentence: str


@final
@dataclass(frozen=True, slots=True)
class ChannelsTooMany:
    """These channels do not fit on this connection, which may hold ``limit`` topics, if known."""

    channels: tuple[Channel, ...]
    limit: int | None


@final
@dataclass(frozen=True, slots=True)
class ChannelInterrupted:
    """From here on something of a channel may have been missed.

    When the channel comes back it is confirmed anew: then everything is to be read again.
    """

    channel: Channel
    sentence: str


@final
@dataclass(frozen=True, slots=True)
class FrameIgnored:
    """A frame of a topic or subject that is not known was left out; ``what`` names both."""

    what: str


@final
@dataclass(frozen=True, slots=True)
class PongReceived:
    """An answer to our ping; ``round_trip_ms`` may be fractional."""

    round_trip_ms: float


@final
@dataclass(frozen=True, slots=True)
class FrameUnreadable:
    """One frame could not be read and was dropped; the connection lives on."""

    error: str
    channel: Channel | None


StreamFact: TypeAlias = (
    BookDelta
    | BookDepth
    | QuoteUpdate
    | TickerUpdate
    | PublicTrade
    | MarkUpdate
    | FundingRateUpdate
    | FundingMoment
    | DaySummary
    | CandleUpdate
    | OrderUpdate
    | PositionUpdate
    | PositionPatch
    | PositionSettlement
    | RiskLimitUpdate
    | WalletUpdate
    | WalletPatch
    | MarginModesUpdate
    | CrossLeverageUpdate
    | StreamOpened
    | ChannelConfirmed
    | ChannelRefused
    | ChannelInterrupted
    | ChannelsTooMany
    | PongReceived
    | FrameUnreadable
    | FrameIgnored
)
"""What a stream tells its driver, in the order of arrival."""


class StreamGateway(Protocol):
    """One connection at a time to the exchange's stream."""

    async def run(self, on_fact: Callable[[StreamFact], None]) -> str:
        """Fetch a token, connect and pump facts until the connection ends.

        Returns the reason of the end in plain words; raises only what a bug raises (and
        CancelledError, after which the socket is closed). ``on_fact`` is called synchronously.
        """
        ...

    def subscribe(self, channels: tuple[Channel, ...]) -> None:
        """Queue subscriptions for the open connection; ignored while there is none."""
        ...

    def unsubscribe(self, channels: tuple[Channel, ...]) -> None:
        """Queue unsubscriptions for the open connection; ignored while there is none."""
        ...

    def close(self, reason: str) -> None:
        """Let the open connection end at once, for a reason of ours; ignored without one."""
        ...

    def another(self) -> StreamGateway:
        """A further connection of the same kind, for topics that do not fit on this one."""
        ...
