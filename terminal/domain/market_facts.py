"""Facts about markets that are asked for and not streamed.

Rates and changes are fractions; times are ms; None where the exchange tells nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, final

if TYPE_CHECKING:
    from decimal import Decimal

    from terminal.domain.clock import TimestampMs
    from terminal.domain.units import ExactPrice, Lots, Symbol
    from terminal.domain.words import UnknownWord


@final
@dataclass(frozen=True, slots=True)
class MarketSummary:
    """One row of a market overview: prices, the last 24 hours, funding.

    ``turnover`` is in quote units, ``volume`` in base units, ``next_funding_at`` an instant. The
    series names are what index, premium and interest histories are asked by.
    """

    symbol: Symbol
    last: ExactPrice | None
    mark: ExactPrice | None
    index: ExactPrice | None
    high: ExactPrice | None
    low: ExactPrice | None
    change: Decimal | None
    change_rate: Decimal | None
    turnover: Decimal | None
    volume: Decimal | None
    open_interest: Lots | None
    funding_rate: Decimal | None
    predicted_funding_rate: Decimal | None
    funding_interval_ms: int | None
    next_funding_at: TimestampMs | None
    expires_at: TimestampMs | None
    index_series: str
    premium_series: str
    interest_series: tuple[str, ...]


class ServiceState(Enum):
    """What the exchange as a whole allows."""

    OPEN = "open"
    CLOSE = "closed"
    CANCEL_ONLY = "cancels only"


@final
@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """Whether the exchange is open, and its own words about it (may be empty)."""

    state: ServiceState | UnknownWord
    message: str


@final
class IndexPart(NamedTuple):
    """What one exchange contributes to an index; ``weight`` is a fraction."""

    exchange: str
    price: ExactPrice | None
    weight: Decimal | None


@final
@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """One point of an index, premium or interest series; a price or a rate by the series."""

    series: str
    at: TimestampMs
    value: Decimal
    interval_ms: int | None
    parts: tuple[IndexPart, ...] = ()


@final
@dataclass(frozen=True, slots=True)
class FundingRate:
    """The funding of the current cycle. ``next_at`` is the next settlement, None when not told.

    ``is_charged`` is False for a cycle that costs nothing.
    """

    symbol: Symbol
    rate: Decimal
    predicted: Decimal | None
    interval_ms: int | None
    began_at: TimestampMs
    next_at: TimestampMs | None
    cap: Decimal | None
    floor: Decimal | None
    is_charged: bool | None


@final
class PastFundingRate(NamedTuple):
    """The rate of one settlement of the past."""

    symbol: Symbol
    at: TimestampMs
    rate: Decimal


@final
@dataclass(frozen=True, slots=True)
class RiskTier:
    """One isolated risk level: up to ``max_value`` (inclusive) at most ``max_leverage``.

    Values are in quote units of a linear contract and in settle units of an inverse one.
    """

    symbol: Symbol
    level: int
    min_value: Decimal
    max_value: Decimal
    max_leverage: Decimal
    initial_rate: Decimal
    maintenance_rate: Decimal
