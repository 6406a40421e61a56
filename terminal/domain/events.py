"""Immutable facts that enter the state, from the stream or from a snapshot.

Facts of the busiest topics are named tuples (cheap to make), the others frozen dataclasses. Prices
are ticks of the contract named by ``symbol``, sizes are lots; times are the exchange's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, final

if TYPE_CHECKING:
    from decimal import Decimal

    from terminal.domain.candles import Candle, CandleInterval, StreamInterval
    from terminal.domain.clock import TimestampMs, TimestampNs
    from terminal.domain.units import (
        ClientOid,
        ExactPrice,
        Lots,
        Money,
        OrderId,
        Price,
        Side,
        Symbol,
    )
    from terminal.domain.words import UnknownWord


@final
class Level(NamedTuple):
    """One price with the total lots that rest there (more than zero)."""

    price: Price
    lots: Lots


@final
class OffTickLevel(NamedTuple):
    """A level between two ticks, left from an earlier tick size; ``exact`` is in ticks."""

    side: Side
    exact: Decimal
    lots: Lots


@final
class BookSnapshot(NamedTuple):
    """The whole book up to and including ``sequence``; bids fall, asks rise.

    Levels between two ticks are in ``off_tick`` and nowhere else.
    """

    symbol: Symbol
    sequence: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    event_at: TimestampNs
    off_tick: tuple[OffTickLevel, ...] = ()


@final
class BookDelta(NamedTuple):
    """One changed level: ``lots`` is its new total, zero removes it.

    ``exact`` is the price in ticks of a level between two ticks; ``price`` is then the tick below.
    """

    symbol: Symbol
    sequence: int
    side: Side
    price: Price
    lots: Lots
    event_at: TimestampMs
    exact: Decimal | None = None


@final
class BookDepth(NamedTuple):
    """The best levels of both sides, whole; at most ``rows`` of each, bids fall, asks rise.

    Levels between two ticks count for the tick below. ``sequence`` is the book's, not contiguous.
    """

    symbol: Symbol
    rows: int
    sequence: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    event_at: TimestampMs


@final
class QuoteUpdate(NamedTuple):
    """Best bid and ask, None for an empty side. ``sequence`` is the book's, not contiguous."""

    symbol: Symbol
    sequence: int
    bid: Level | None
    ask: Level | None
    event_at: TimestampNs


@final
class TickerUpdate(NamedTuple):
    """The last match of an instant, and best bid and ask with it."""

    trade: PublicTrade
    quote: QuoteUpdate

    @property
    def symbol(self) -> Symbol:
        """The contract of both."""
        return self.quote.symbol


@final
class PublicTrade(NamedTuple):
    """A public match. ``sequence`` counts trades, not book changes."""

    symbol: Symbol
    sequence: int
    taker_side: Side
    price: Price
    lots: Lots
    trade_id: str
    event_at: TimestampNs


@final
class MarkUpdate(NamedTuple):
    """Mark and index price of a contract."""

    symbol: Symbol
    mark_price: ExactPrice
    index_price: ExactPrice
    event_at: TimestampMs


@final
class FundingRateUpdate(NamedTuple):
    """The funding rate of a contract as a fraction per interval.

    A granularity of a minute is the running prediction, a longer one the fixed rate of that
    interval.
    """

    symbol: Symbol
    rate: Decimal
    granularity_ms: int
    event_at: TimestampMs

    @property
    def is_predicted(self) -> bool:
        """True for the running prediction."""
        return self.granularity_ms <= 60_000


@final
class FundingMoment(NamedTuple):
    """Funding begins, or has ended; orders may be refused in between (300015)."""

    symbol: Symbol
    is_begin: bool
    rate: Decimal
    funding_at: TimestampMs
    event_at: TimestampMs


@final
class DaySummary(NamedTuple):
    """The last 24 hours of a contract. ``change`` is a fraction, ``volume`` in base units."""

    symbol: Symbol
    last: ExactPrice
    high: ExactPrice
    low: ExactPrice
    before: ExactPrice
    change: Decimal
    turnover: Decimal
    volume: Decimal
    event_at: TimestampNs


@final
class CandleUpdate(NamedTuple):
    """A forming candle with everything that was traded in it up to ``event_at``."""

    symbol: Symbol
    interval: CandleInterval | StreamInterval
    candle: Candle
    event_at: TimestampMs


class OrderType(Enum):
    """The exchange knows two; what makes a stop is its trigger."""

    LIMIT = "limit"
    MARKET = "market"


class MarginMode(Enum):
    """How a position is margined."""

    ISOLATED = "isolated"
    CROSS = "cross"


class Liquidity(Enum):
    """Which side of a match our order was."""

    MAKER = "maker"
    TAKER = "taker"


class PositionSide(Enum):
    """Which of a contract's positions: the only one, or the long or the short of hedge mode."""

    BOTH = "both"
    LONG = "long"
    SHORT = "short"


class TimeInForce(Enum):
    """How long an order waits. ``RPI`` serves retail takers only (API reference 3.3)."""

    GTC = "good till canceled"
    IOC = "immediate or cancel"
    RPI = "retail price improvement"


class SelfTrade(Enum):
    """What happens when an order would meet one of our own."""

    CANCEL_NEW = "cancel new"
    CANCEL_OLD = "cancel old"
    CANCEL_BOTH = "cancel both"


class StopDirection(Enum):
    """Which way the reference has to go for a stop to fire."""

    UP = "up"
    DOWN = "down"


class StopReference(Enum):
    """The price that a stop watches."""

    LAST = "last"
    MARK = "mark"
    INDEX = "index"


class TradeKind(Enum):
    """Why a fill happened."""

    TRADE = "trade"
    LIQUIDATION = "liquidation"
    DELEVERAGING = "deleveraging"
    SETTLEMENT = "settlement"
    CANCEL = "cancel"


class PositionMode(Enum):
    """One position for a contract, or a long and a short beside each other."""

    ONE_WAY = "one-way"
    HEDGE = "hedge"


@final
@dataclass(frozen=True, slots=True)
class OrderDetails:
    """What only a query tells of an order. Words that we do not know are kept as they came.

    ``average_price`` is None while nothing was filled; ``trigger`` is the exact stop price, which
    may lie between two ticks; ``ended_at`` is None while the order lives.
    """

    value: Money | None
    filled_value: Money | None
    average_price: ExactPrice | None
    time_in_force: TimeInForce | UnknownWord | None
    self_trade: SelfTrade | UnknownWord | None
    stop_direction: StopDirection | UnknownWord | None
    stop_reference: StopReference | UnknownWord | None
    trigger: ExactPrice | None
    is_hidden: bool | None
    is_iceberg: bool | None
    visible_lots: Lots | None
    leverage: Decimal | None
    margin_mode: MarginMode | UnknownWord | None
    position_side: PositionSide | UnknownWord | None
    remark: str
    created_at: TimestampMs | None
    ended_at: TimestampMs | None
    holds_margin: bool | None = None


@final
@dataclass(frozen=True, slots=True)
class OrderUpdate:
    """What the exchange says about one of our orders, by stream or by query.

    ``filled``, ``canceled`` and ``remaining`` are absolute counts: assign, never add.
    ``is_done`` is terminal whatever else is said. ``is_reduce_only`` and ``is_close_order`` are
    None where the source does not tell (the stream does not). ``price`` is None for a market order.
    ``untriggered`` marks a stop that waits for ``trigger``, which is None where the source does not
    tell. ``fill`` is the match that caused this update. ``details`` come with a query only.
    ``reason`` is a sentence where the source says why an order ended, empty otherwise. Of an order
    that could not be read whole, ``side`` or the price of a limit order may be None: unknown. The
    way a stop looks, the price it watches and the position side are None where not told, and where
    the word is one that we do not know.
    """

    symbol: Symbol
    order_id: OrderId
    client_oid: ClientOid | None
    side: Side | None
    order_type: OrderType
    price: Price | None
    lots: Lots
    filled: Lots
    canceled: Lots
    remaining: Lots
    is_done: bool
    event_at: TimestampNs
    is_reduce_only: bool | None = None
    is_close_order: bool | None = None
    is_post_only: bool | None = None
    untriggered: bool = False
    trigger: Price | None = None
    fill: Fill | None = None
    details: OrderDetails | None = None
    reason: str = ""
    stop_direction: StopDirection | None = None
    stop_reference: StopReference | None = None
    position_side: PositionSide | None = None


@final
@dataclass(frozen=True, slots=True)
class Fill:
    """A match of one of our orders. Unique by ``(symbol, trade_id, order_id)``.

    ``fee`` is positive when paid and None where the source does not tell (the stream does not); so
    are all that follow it.
    """

    symbol: Symbol
    trade_id: str
    order_id: OrderId
    side: Side
    price: Price
    lots: Lots
    liquidity: Liquidity
    event_at: TimestampNs
    fee: Money | None = None
    fee_rate: Decimal | None = None
    value: Money | None = None
    kind: TradeKind | UnknownWord | None = None
    order_type: OrderType | UnknownWord | None = None
    is_stop: bool | None = None
    margin_mode: MarginMode | UnknownWord | None = None
    position_side: PositionSide | UnknownWord | None = None

    @property
    def key(self) -> tuple[Symbol, str, OrderId]:
        """What makes a fill unique (trade ids are unique within a symbol only)."""
        return (self.symbol, self.trade_id, self.order_id)


@final
@dataclass(frozen=True, slots=True)
class PositionDetails:
    """What else is told of a position; None where it is not (isolated and cross differ).

    ``adl_rank`` is 0..1, rates are fractions, ``effective_leverage`` what the margin amounts to.
    """

    side: PositionSide | UnknownWord | None
    value: Money | None
    initial_margin: Money | None
    maintenance_margin: Money | None
    maintenance_rate: Decimal | None
    bankruptcy: ExactPrice | None
    return_rate: Decimal | None
    effective_leverage: Decimal | None
    adl_rank: Decimal | None
    risk_level: int | None
    risk_limit: Decimal | None
    adds_margin: bool | None
    opened_at: TimestampMs | None


@final
@dataclass(frozen=True, slots=True)
class PositionUpdate:
    """A whole position as the exchange states it. ``lots`` is signed, negative is short.

    A flat position has zero lots and no entry. ``liquidation`` is None when the exchange names
    none. Fields named in ``untold`` were missing: what is known of them is unchanged.
    """

    symbol: Symbol
    lots: Lots
    average_entry: ExactPrice | None
    mark: ExactPrice | None
    liquidation: ExactPrice | None
    realized: Money
    unrealized: Money
    margin: Money
    margin_mode: MarginMode
    leverage: Decimal | None
    event_at: TimestampMs
    untold: frozenset[str] = frozenset()
    details: PositionDetails | None = None


@final
@dataclass(frozen=True, slots=True)
class PositionPatch:
    """A part of a position; None is unchanged, never zero. Lots are never in it.

    ``side`` is the lane it is about, None where that is not told.
    """

    symbol: Symbol
    mark: ExactPrice | None
    unrealized: Money | None
    margin: Money | None
    liquidation: ExactPrice | None
    leverage: Decimal | None
    event_at: TimestampMs
    side: PositionSide | UnknownWord | None = None


@final
@dataclass(frozen=True, slots=True)
class PositionSettlement:
    """Funding of one of our positions; ``fee`` is negative when paid, ``lots`` signed.

    ``symbol`` is None where neither the frame nor its topic tells it.
    """

    symbol: Symbol | None
    lots: Lots
    mark: ExactPrice
    rate: Decimal
    fee: Money
    funding_at: TimestampMs
    event_at: TimestampNs


@final
@dataclass(frozen=True, slots=True)
class RiskLimitUpdate:
    """How a change of the risk limit ended; ``symbol`` is None where nothing tells it."""

    symbol: Symbol | None
    is_done: bool
    level: int | None
    message: str


@final
@dataclass(frozen=True, slots=True)
class MarginModesUpdate:
    """Margin modes that were changed, by contract."""

    modes: tuple[tuple[Symbol, MarginMode], ...]


@final
@dataclass(frozen=True, slots=True)
class CrossLeverageUpdate:
    """Leverages in cross mode that were changed, by contract."""

    leverages: tuple[tuple[Symbol, Decimal], ...]


@final
@dataclass(frozen=True, slots=True)
class WalletUpdate:
    """The futures account in one settle currency, as the exchange states it.

    ``withdrawable`` is what may be transferred out, ``frozen`` what is locked by transfers,
    ``risk_rate`` the cross risk rate (1 is liquidation); None where the source does not tell.
    """

    currency: str
    equity: Money
    available: Money
    order_margin: Money
    position_margin: Money
    unrealized: Money
    event_at: TimestampMs | None
    withdrawable: Money | None = None
    frozen: Money | None = None
    margin_balance: Money | None = None
    risk_rate: Decimal | None = None


@final
@dataclass(frozen=True, slots=True)
class WalletPatch:
    """A part of a wallet as accounts of the old model tell it; None is unchanged, never zero."""

    currency: str
    available: Money | None
    order_margin: Money | None
    withdraw_hold: Money | None
    event_at: TimestampMs
