"""Index, premium and interest series, funding, risk levels, the state of the exchange.

Source: API reference 2.6-2.8 and 3.12.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.domain.market_facts import (
    FundingRate,
    IndexPart,
    PastFundingRate,
    RiskTier,
    SeriesPoint,
    ServiceState,
    ServiceStatus,
)
from terminal.domain.units import Symbol
from terminal.exchange.translate import read
from terminal.wire import enums

if TYPE_CHECKING:
    from terminal.wire.series import (
        CurrentFundingPayload,
        PastFundingPayload,
        RiskTierPayload,
        SeriesPointPayload,
        StatusPayload,
    )


def series_point(payload: SeriesPointPayload) -> SeriesPoint:
    """One point of a series, with its parts where it is an index."""
    return SeriesPoint(
        series=payload.symbol,
        at=read.ms(payload.timePoint, "timePoint"),
        value=payload.value,
        interval_ms=payload.granularity,
        parts=tuple(
            IndexPart(part.exchange, read.exact_price(part.price), part.weight)
            for part in payload.decomposionList or ()
        ),
    )


def funding_rate(symbol: Symbol, payload: CurrentFundingPayload) -> FundingRate:
    """The current funding; the series' own name in the answer is not the contract's."""
    return FundingRate(
        symbol=symbol,
        rate=read.rate(payload.value, "value"),
        predicted=payload.predictedValue,
        interval_ms=payload.granularity,
        began_at=read.ms(payload.timePoint, "timePoint"),
        next_at=read.told_ms(payload.fundingTime, "fundingTime"),
        cap=payload.fundingRateCap,
        floor=payload.fundingRateFloor,
        is_charged=None if payload.period is None else payload.period != 0,
    )


def past_funding(payload: PastFundingPayload) -> PastFundingRate:
    """One settlement of the past."""
    stamp = payload.timepoint if payload.timepoint is not None else payload.timePoint
    at = read.ms(read.needed(stamp, "timepoint"), "timepoint")
    return PastFundingRate(
        Symbol(payload.symbol), at, read.rate(payload.fundingRate, "fundingRate")
    )


def service_status(payload: StatusPayload) -> ServiceStatus:
    """Whether the exchange is open."""
    state = read.meaning(ServiceState, enums.ServiceState, payload.status)
    return ServiceStatus(state, payload.msg or "")


def risk_tier(payload: RiskTierPayload) -> RiskTier:
    """One isolated risk level."""
    return RiskTier(
        symbol=Symbol(payload.symbol),
        level=read.lots(payload.level, "level"),
        min_value=payload.minRiskLimit or payload.maxRiskLimit * 0,
        max_value=read.positive(payload.maxRiskLimit, "maxRiskLimit"),
        max_leverage=read.positive(payload.maxLeverage, "maxLeverage"),
        initial_rate=read.positive(payload.initialMargin, "initialMargin"),
        maintenance_rate=read.positive(payload.maintainMargin, "maintainMargin"),
    )
