"""Payload shapes of public market data. Source: API reference 2 and 5.6."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class ContractPayload(msgspec.Struct):
    """One row of ``contracts/active``; only what a terminal uses."""

    symbol: str
    baseCurrency: str
    quoteCurrency: str
    settleCurrency: str
    tickSize: Decimal
    multiplier: Decimal
    isInverse: bool
    maxOrderQty: int
    maxPrice: Decimal
    status: str
    type: str = "FFWCSX"
    marketMaxOrderQty: int | None = None
    maxLeverage: int | None = None
    makerFeeRate: Decimal | None = None
    takerFeeRate: Decimal | None = None
    maintainMargin: Decimal | None = None
    indexPriceTickSize: Decimal | None = None
    buyLimit: Decimal | None = None
    sellLimit: Decimal | None = None


class BookPayload(msgspec.Struct):
    """``level2/snapshot``: rows are price (number or text) and lots; ``ts`` is ns."""

    symbol: str
    sequence: int
    bids: list[tuple[Decimal, int]]
    asks: list[tuple[Decimal, int]]
    ts: int


class TradePayload(msgspec.Struct):
    """A public trade, by REST or stream; ``ts`` is ns."""

    sequence: int
    tradeId: str
    size: int
    price: Decimal
    side: str
    ts: int


class MarkPricePayload(msgspec.Struct):
    """``mark-price/{symbol}/current``; ``timePoint`` is ms."""

    value: Decimal
    indexPrice: Decimal
    timePoint: int


class ChangePayload(msgspec.Struct):
    """Data of a ``level2`` frame: ``change`` is "price,side,size"; ``timestamp`` is ms."""

    sequence: int
    change: str
    timestamp: int


class MarkIndexPayload(msgspec.Struct):
    """Data of an ``instrument`` frame with subject ``mark.index.price``."""

    markPrice: Decimal
    indexPrice: Decimal
    timestamp: int


class CandlePayload(msgspec.Struct, array_like=True):
    """One row of ``kline/query``; ``start`` is ms, ``size`` lots. Old replies end with it."""

    start: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    size: int
    turnover: Decimal | None = None


class StreamCandlePayload(msgspec.Struct, array_like=True):
    """``candles`` of a ``limitCandle`` frame: another order than by REST, and ``start`` in seconds.

    ``volume`` is declared wrongly by the exchange's pages; ``size`` is lots.
    """

    start: int
    open: Decimal
    close: Decimal
    high: Decimal
    low: Decimal
    volume: Decimal
    size: int


class CandleFramePayload(msgspec.Struct):
    """Data of a ``limitCandle`` frame; ``time`` is ms."""

    symbol: str
    candles: StreamCandlePayload
    time: int


class ExecutionPayload(msgspec.Struct):
    """Data of an ``execution`` frame; the form of 2023 has ``matchSize`` and ``time``. Times ns."""

    sequence: int
    tradeId: str
    price: Decimal
    side: str
    size: int | None = None
    matchSize: int | None = None
    ts: int | None = None
    time: int | None = None


class QuotePayload(msgspec.Struct):
    """Data of a ``tickerV2`` frame; ``ts`` is ns. A side that is empty may be missing."""

    sequence: int
    ts: int
    bestBidPrice: str | float | None = None
    bestBidSize: int | None = None
    bestAskPrice: str | float | None = None
    bestAskSize: int | None = None


class TickerPayload(msgspec.Struct):
    """Data of a ``ticker`` frame: the last match and the best prices; ``ts`` is ns."""

    sequence: int
    side: str
    size: int
    price: Decimal
    tradeId: str
    ts: int
    bestBidPrice: str | float | None = None
    bestBidSize: int | None = None
    bestAskPrice: str | float | None = None
    bestAskSize: int | None = None


class DepthPayload(msgspec.Struct):
    """Data of a ``level2Depth5``/``50`` frame, or a ``depth20``/``100`` answer.

    Rows are price and lots (sizes were text in 2023); ``ts`` is ms or, of old and by request, ns.
    """

    sequence: int
    bids: list[tuple[Decimal, int]]
    asks: list[tuple[Decimal, int]]
    ts: int | None = None
    timestamp: int | None = None


class FundingRatePayload(msgspec.Struct):
    """Data of an ``instrument`` frame with subject ``funding.rate``; times in ms."""

    fundingRate: Decimal
    granularity: int
    timestamp: int


class FundingMomentPayload(msgspec.Struct):
    """Data of an ``announcement`` frame; times in ms."""

    symbol: str
    fundingTime: int
    fundingRate: Decimal
    timestamp: int


class DaySummaryPayload(msgspec.Struct):
    """Data of a ``snapshot`` frame; ``ts`` is ns, ``priceChgPct`` a fraction."""

    lastPrice: Decimal
    highPrice: Decimal
    lowPrice: Decimal
    price24HoursBefore: Decimal
    priceChgPct: Decimal
    turnover: Decimal
    volume: Decimal
    ts: int
