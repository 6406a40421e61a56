"""Payload shapes of public market data. Source: API reference 2 and 5.6."""

from __future__ import annotations

import msgspec

from terminal.wire.fields import Exact, MaybeExact, MaybeFlag, MaybeText, MaybeWhole, Text, Whole


class ContractPayload(msgspec.Struct):
    """One row of ``contracts/active``; only what a terminal uses.

    Dates are ms. ``nextFundingRateTime`` is a countdown in ms, ``nextFundingRateDateTime`` the
    instant. ``openInterest`` is lots, ``turnoverOf24h`` quote and ``volumeOf24h`` base units.
    """

    symbol: Text
    baseCurrency: Text
    quoteCurrency: Text
    settleCurrency: Text
    tickSize: Exact
    multiplier: Exact
    isInverse: bool
    maxOrderQty: Whole
    maxPrice: Exact
    status: Text
    type: MaybeText = "FFWCSX"
    marketMaxOrderQty: MaybeWhole = None
    lotSize: MaybeWhole = None
    maxLeverage: MaybeWhole = None
    makerFeeRate: MaybeExact = None
    takerFeeRate: MaybeExact = None
    maintainMargin: MaybeExact = None
    indexPriceTickSize: MaybeExact = None
    buyLimit: MaybeExact = None
    sellLimit: MaybeExact = None
    rootSymbol: MaybeText = None
    displaySymbol: MaybeText = None
    expireDate: MaybeWhole = None
    fundingFeeRate: MaybeExact = None
    predictedFundingFeeRate: MaybeExact = None
    fundingRateGranularity: MaybeWhole = None
    nextFundingRateDateTime: MaybeWhole = None
    indexSymbol: MaybeText = None
    premiumsSymbol1M: MaybeText = None
    fundingBaseSymbol: MaybeText = None
    fundingQuoteSymbol: MaybeText = None
    openInterest: MaybeWhole = None
    turnoverOf24h: MaybeExact = None
    volumeOf24h: MaybeExact = None
    markPrice: MaybeExact = None
    indexPrice: MaybeExact = None
    lastTradePrice: MaybeExact = None
    lowPrice: MaybeExact = None
    highPrice: MaybeExact = None
    priceChg: MaybeExact = None
    priceChgPct: MaybeExact = None
    supportCross: MaybeFlag = None


class BookRow(msgspec.Struct, array_like=True, forbid_unknown_fields=True, frozen=True, gc=False):
    """Price and lots.

    No tuple: 40,000 of those let the garbage collector walk through everything several times while
    they are made, which takes ten times as long as to read them.
    """

    price: float
    lots: int


class BookPayload(msgspec.Struct):
    """``level2/snapshot``, ``depth20``, ``depth100``: rows are price and lots; ``ts`` is ns.

    Prices are numbers (text in 2023). A book may have 40,000 rows: they are read as floats, which
    tell two prices of up to 15 digits apart, and checked against the tick where they are
    translated.
    """

    symbol: Text
    sequence: Whole
    bids: list[BookRow]
    asks: list[BookRow]
    ts: Whole


class TradePayload(msgspec.Struct):
    """A public trade, by REST or stream; ``ts`` is ns."""

    sequence: Whole
    tradeId: Text
    size: Whole
    price: Exact
    side: Text
    ts: Whole


class MarkPricePayload(msgspec.Struct):
    """``mark-price/{symbol}/current``; ``timePoint`` is ms."""

    value: Exact
    indexPrice: Exact
    timePoint: Whole


class ChangePayload(msgspec.Struct, gc=False):
    """Data of a ``level2`` frame: ``change`` is "price,side,size"; ``timestamp`` is ms."""

    sequence: int
    change: str
    timestamp: int


class MarkIndexPayload(msgspec.Struct):
    """Data of an ``instrument`` frame with subject ``mark.index.price``."""

    markPrice: Exact
    indexPrice: Exact
    timestamp: Whole


class CandlePayload(msgspec.Struct, array_like=True):
    """One row of ``kline/query``; ``start`` is ms, ``size`` lots. Old replies end with it."""

    start: Whole
    open: Exact
    high: Exact
    low: Exact
    close: Exact
    size: Whole
    turnover: MaybeExact = None


class StreamCandlePayload(msgspec.Struct, array_like=True):
    """``candles`` of a ``limitCandle`` frame: another order than by REST, and ``start`` in seconds.

    ``volume`` is declared wrongly by the exchange's pages; ``size`` is lots.
    """

    start: Whole
    open: Exact
    close: Exact
    high: Exact
    low: Exact
    volume: Exact
    size: Whole


class CandleFramePayload(msgspec.Struct):
    """Data of a ``limitCandle`` frame; ``time`` is ms."""

    symbol: Text
    candles: StreamCandlePayload
    time: Whole


class ExecutionPayload(msgspec.Struct):
    """Data of an ``execution`` frame; the form of 2023 has ``matchSize`` and ``time``. Times ns."""

    sequence: Whole
    tradeId: Text
    price: Exact
    side: Text
    size: MaybeWhole = None
    matchSize: MaybeWhole = None
    ts: MaybeWhole = None
    time: MaybeWhole = None


class QuotePayload(msgspec.Struct):
    """Data of a ``tickerV2`` frame; ``ts`` is ns. A side that is empty may be missing."""

    sequence: Whole
    ts: Whole
    bestBidPrice: MaybeExact = None
    bestBidSize: MaybeWhole = None
    bestAskPrice: MaybeExact = None
    bestAskSize: MaybeWhole = None


class TickerPayload(msgspec.Struct):
    """Data of a ``ticker`` frame and of ``ticker``: last match, best prices; ``ts`` is ns."""

    sequence: Whole
    side: Text
    size: Whole
    price: Exact
    tradeId: Text
    ts: Whole
    bestBidPrice: MaybeExact = None
    bestBidSize: MaybeWhole = None
    bestAskPrice: MaybeExact = None
    bestAskSize: MaybeWhole = None
    symbol: MaybeText = None


class DepthPayload(msgspec.Struct):
    """Data of a ``level2Depth5``/``50`` frame, or a ``depth20``/``100`` answer.

    Rows are price and lots (sizes were text in 2023); ``ts`` is ms or, of old and by request, ns.
    """

    sequence: Whole
    bids: list[tuple[Exact, Whole]]
    asks: list[tuple[Exact, Whole]]
    ts: MaybeWhole = None
    timestamp: MaybeWhole = None


class FundingRatePayload(msgspec.Struct):
    """Data of an ``instrument`` frame with subject ``funding.rate``; times in ms."""

    fundingRate: Exact
    granularity: Whole
    timestamp: Whole


class FundingMomentPayload(msgspec.Struct):
    """Data of an ``announcement`` frame; times in ms."""

    symbol: Text
    fundingTime: Whole
    fundingRate: Exact
    timestamp: Whole


class DaySummaryPayload(msgspec.Struct):
    """Data of a ``snapshot`` frame; ``ts`` is ns, ``priceChgPct`` a fraction."""

    lastPrice: Exact
    highPrice: Exact
    lowPrice: Exact
    price24HoursBefore: Exact
    priceChgPct: Exact
    turnover: Exact
    volume: Exact
    ts: Whole
