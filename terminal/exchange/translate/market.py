"""Contracts, trades, tickers, candles and marks.

Source: API reference 2.1-2.6 and 5.6.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from terminal.domain.candles import Candle, CandleInterval, StreamInterval
from terminal.domain.contract import Contract, ContractStatus
from terminal.domain.errors import UnitError
from terminal.domain.events import (
    CandleUpdate,
    Level,
    MarkUpdate,
    PublicTrade,
    QuoteUpdate,
    TickerUpdate,
)
from terminal.domain.market_facts import MarketSummary
from terminal.domain.units import ExactPrice, PriceScale, Symbol
from terminal.exchange.errors import ProtocolError
from terminal.exchange.translate import read

if TYPE_CHECKING:
    from terminal.exchange.translate.scales import Scales
    from terminal.wire.market import (
        CandleFramePayload,
        CandlePayload,
        ContractPayload,
        MarkIndexPayload,
        MarkPricePayload,
        StreamCandlePayload,
        TickerPayload,
        TradePayload,
    )

_PERPETUAL = "FFWCSX"
_DAY_MS = 86_400_000
_STEPS_MS: dict[CandleInterval | StreamInterval, int] = {
    interval: interval.ms for interval in CandleInterval if interval.ms < _DAY_MS
} | {StreamInterval.M3: 180_000}
"""What candles start at a multiple of; longer ones start with some day (UTC)."""


def contract(payload: ContractPayload) -> Contract:
    """A listed contract; rates that are absent are taken as zero, limits as unknown."""
    try:
        scale = PriceScale(payload.tickSize)
        return Contract(
            symbol=Symbol(payload.symbol),
            base_currency=payload.baseCurrency,
            quote_currency=payload.quoteCurrency,
            settle_currency=payload.settleCurrency,
            scale=scale,
            multiplier=abs(payload.multiplier),
            is_inverse=payload.isInverse,
            max_order_lots=read.lots(payload.maxOrderQty, "maxOrderQty"),
            max_market_order_lots=read.lots(
                payload.marketMaxOrderQty or payload.maxOrderQty, "marketMaxOrderQty"
            ),
            max_price=scale.ticks_below(read.positive(payload.maxPrice, "maxPrice")),
            max_leverage=payload.maxLeverage or 1,
            maker_fee_rate=payload.makerFeeRate or Decimal(0),
            taker_fee_rate=payload.takerFeeRate or Decimal(0),
            maintenance_rate=payload.maintainMargin or Decimal(0),
            index_tick_size=payload.indexPriceTickSize or payload.tickSize,
            status=_status(payload.status),
            is_perpetual=payload.type == _PERPETUAL,
            buy_limit=None if payload.buyLimit is None else scale.ticks_below(payload.buyLimit),
            sell_limit=None if payload.sellLimit is None else scale.ticks_above(payload.sellLimit),
            lot_size=max(1, payload.lotSize or 1),
        )
    except (UnitError, ArithmeticError) as error:
        raise ProtocolError(f"contract {payload.symbol[:40]}: {error}") from error


def _status(word: str) -> ContractStatus:
    try:
        return ContractStatus(word)
    except ValueError:
        return ContractStatus.OTHER


def market_summary(payload: ContractPayload) -> MarketSummary:
    """What changes of a listed contract: prices, 24 hours, funding."""
    interest = (payload.fundingBaseSymbol, payload.fundingQuoteSymbol)
    return MarketSummary(
        symbol=Symbol(payload.symbol),
        last=read.exact_price(payload.lastTradePrice),
        mark=read.exact_price(payload.markPrice),
        index=read.exact_price(payload.indexPrice),
        high=read.exact_price(payload.highPrice),
        low=read.exact_price(payload.lowPrice),
        change=payload.priceChg,
        change_rate=payload.priceChgPct,
        turnover=payload.turnoverOf24h,
        volume=payload.volumeOf24h,
        open_interest=read.told_lots(payload.openInterest, "openInterest"),
        funding_rate=payload.fundingFeeRate,
        predicted_funding_rate=payload.predictedFundingFeeRate,
        funding_interval_ms=payload.fundingRateGranularity,
        # The other field, nextFundingRateTime, is a countdown (API reference 2.1).
        next_funding_at=read.told_ms(payload.nextFundingRateDateTime, "nextFundingRateDateTime"),
        expires_at=read.told_ms(payload.expireDate, "expireDate"),
        index_series=payload.indexSymbol or "",
        premium_series=payload.premiumsSymbol1M or "",
        interest_series=tuple(name for name in interest if name),
    )


def public_trade(symbol: Symbol, payload: TradePayload, scales: Scales) -> PublicTrade:
    """A public match, by REST or stream; one between two ticks is told at the nearest."""
    return PublicTrade(
        symbol,
        payload.sequence,
        read.side(payload.side),
        scales.nearest(symbol, read.positive(payload.price, "price"), "price"),
        read.lots(payload.size, "size"),
        payload.tradeId,
        read.ns(payload.ts, "ts"),
    )


def ticker(symbol: Symbol, payload: TickerPayload, scales: Scales) -> TickerUpdate:
    """The last match and the best prices by request (API reference 2.2)."""
    event_at = read.ns(payload.ts, "ts")
    trade = PublicTrade(
        symbol,
        payload.sequence,
        read.side(payload.side),
        scales.nearest(symbol, read.positive(payload.price, "price"), "price"),
        read.lots(payload.size, "size"),
        payload.tradeId,
        event_at,
    )
    bid = _best(symbol, payload.bestBidPrice, payload.bestBidSize, scales)
    ask = _best(symbol, payload.bestAskPrice, payload.bestAskSize, scales)
    return TickerUpdate(trade, QuoteUpdate(symbol, payload.sequence, bid, ask, event_at))


def _best(symbol: Symbol, price: Decimal | None, lots: int | None, scales: Scales) -> Level | None:
    if not price or not lots:
        return None
    ticks = scales.nearest(symbol, read.positive(price, "bestPrice"), "bestPrice")
    return Level(ticks, read.lots(lots, "bestSize"))


def mark_price(symbol: Symbol, payload: MarkPricePayload) -> MarkUpdate:
    """Mark and index price by REST."""
    return MarkUpdate(
        symbol,
        ExactPrice(read.positive(payload.value, "value")),
        ExactPrice(read.positive(payload.indexPrice, "indexPrice")),
        read.ms(payload.timePoint, "timePoint"),
    )


def mark_update(symbol: Symbol, payload: MarkIndexPayload) -> MarkUpdate:
    """Mark and index price by stream."""
    return MarkUpdate(
        symbol,
        ExactPrice(read.positive(payload.markPrice, "markPrice")),
        ExactPrice(read.positive(payload.indexPrice, "indexPrice")),
        read.ms(payload.timestamp, "timestamp"),
    )


def candle(symbol: Symbol, payload: CandlePayload | StreamCandlePayload, scales: Scales) -> Candle:
    """One interval of history, or the forming one of a stream frame.

    Prices off today's grid come from before a change of the tick size: they are taken to the ticks
    that enclose them, for a chart that shows history is worth more than one that refuses it.
    """
    scale = scales.contract(symbol).scale
    prices = (payload.open, payload.high, payload.low, payload.close)
    for price in prices:
        scales.nearest(symbol, read.positive(price, "candle"), "candle")
    try:
        return Candle(
            start_at=read.ms(payload.start, "start"),
            open=scale.ticks_nearest(payload.open),
            high=scale.ticks_above(payload.high),
            low=scale.ticks_below(payload.low),
            close=scale.ticks_nearest(payload.close),
            lots=read.lots(payload.size, "lots"),
        )
    except (ValueError, ArithmeticError) as error:
        raise ProtocolError(f"{symbol}: candle: {error}") from error


def candle_update(
    symbol: Symbol,
    interval: CandleInterval | StreamInterval,
    payload: CandleFramePayload,
    scales: Scales,
) -> CandleUpdate:
    """A forming candle by stream. One from the future would keep all later ones out."""
    forming, at = candle(symbol, payload.candles, scales), read.ms(payload.time, "time")
    if forming.start_at > at or forming.start_at % _STEPS_MS.get(interval, _DAY_MS):
        raise ProtocolError(f"{symbol}: candle: {forming.start_at} is no start at {at}")
    return CandleUpdate(symbol, interval, forming, at)
