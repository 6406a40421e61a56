"""Payload shapes of public series: index, premium, interest, funding; and the exchange's state.

Source: API reference 2.6-2.8 and 3.12. Times are ms.
"""

from __future__ import annotations

import msgspec

from terminal.wire.fields import Exact, MaybeExact, MaybeText, MaybeWhole, Text, Whole


class IndexPartPayload(msgspec.Struct):
    """What one exchange contributes to an index."""

    exchange: Text
    price: MaybeExact = None
    weight: MaybeExact = None


class SeriesPointPayload(msgspec.Struct):
    """One row of ``index/query``, ``interest/query`` or ``premium/query``.

    ``granularity`` is ms. The misspelt ``decomposionList`` is the exchange's.
    """

    symbol: Text
    timePoint: Whole
    value: Exact
    granularity: MaybeWhole = None
    decomposionList: list[IndexPartPayload] | None = None


class CurrentFundingPayload(msgspec.Struct):
    """``funding-rate/{symbol}/current``; its ``symbol`` is the funding series, not the contract.

    ``timePoint`` is the previous settlement, ``fundingTime`` the next.
    """

    timePoint: Whole
    value: Exact
    granularity: MaybeWhole = None
    predictedValue: MaybeExact = None
    fundingRateCap: MaybeExact = None
    fundingRateFloor: MaybeExact = None
    dailyInterestRate: MaybeExact = None
    period: MaybeWhole = None
    fundingTime: MaybeWhole = None


class PastFundingPayload(msgspec.Struct):
    """One row of ``contract/funding-rates``; the exchange writes ``timepoint`` in small letters."""

    symbol: Text
    fundingRate: Exact
    timepoint: MaybeWhole = None
    timePoint: MaybeWhole = None


class StatusPayload(msgspec.Struct):
    """``status``."""

    status: Text
    msg: MaybeText = None


class TradeStatisticsPayload(msgspec.Struct):
    """``trade-statistics``: USD of 24 hours on the whole platform."""

    turnoverOf24h: Exact


class RiskTierPayload(msgspec.Struct):
    """One level of ``contracts/risk-limit``; limits in quote (linear) or settle units."""

    symbol: Text
    level: Whole
    maxRiskLimit: Exact
    maxLeverage: Exact
    initialMargin: Exact
    maintainMargin: Exact
    minRiskLimit: MaybeExact = None
