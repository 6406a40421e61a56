"""Public dictionaries in the exchange's shapes, built by hand: contracts, tickers, books, candles.

Numbers are numbers and texts are texts exactly where the reference says so; its sections are named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from terminal.simexchange.market.market import FUNDING_MS, INTEREST
from terminal.simexchange.market.matching import BUY, SELL

if TYPE_CHECKING:
    from terminal.simexchange.market.history import Candle
    from terminal.simexchange.market.market import Market, Trade

Payload = dict[str, Any]


def contract(market: Market, now_ms: int) -> Payload:
    """2.1"""
    return {**_listing(market), **_running(market, now_ms)}


def _listing(market: Market) -> Payload:
    """2.1, what does not change."""
    spec = market.spec
    index = f".B{spec.base}" if spec.is_inverse else f".K{spec.base}{spec.quote}"
    return {
        "symbol": spec.symbol,
        "displaySymbol": spec.symbol,
        "displayBaseCurrency": spec.base,
        "rootSymbol": spec.root,
        "type": "FFWCSX",
        "firstOpenDate": 1585555200000,
        "expireDate": None,
        "settleDate": None,
        "baseCurrency": spec.base,
        "quoteCurrency": spec.quote,
        "settleCurrency": spec.settle,
        "maxOrderQty": spec.max_lots,
        "marketMaxOrderQty": spec.max_lots,
        "maxPrice": float(spec.max_price),
        "lotSize": 1,
        "tickSize": float(spec.tick),
        "indexPriceTickSize": float(spec.index_tick),
        "multiplier": float(-spec.multiplier if spec.is_inverse else spec.multiplier),
        "initialMargin": 1 / spec.max_leverage,
        "maintainMargin": float(spec.maintenance),
        "maxRiskLimit": 100000,
        "minRiskLimit": 100000,
        "riskStep": 50000,
        "makerFeeRate": float(spec.maker_rate),
        "takerFeeRate": float(spec.taker_rate),
        "takerFixFee": 0.0,
        "makerFixFee": 0.0,
        "settlementFee": None,
        "isDeleverage": True,
        "isQuanto": False,
        "isInverse": spec.is_inverse,
        "markMethod": "FairPrice",
        "fairMethod": "FundingRate",
        "fundingBaseSymbol": f".{spec.base}INT8H",
        "fundingQuoteSymbol": f".{spec.quote}INT8H",
        "fundingBaseSymbol1M": f".{spec.base}INT",
        "fundingQuoteSymbol1M": f".{spec.quote}INT",
        "fundingRateSymbol": f".{spec.symbol}FPI8H",
        "indexSymbol": index,
        "settlementSymbol": "",
        "premiumsSymbol1M": f".{spec.symbol}PI",
        "premiumsSymbol8H": f".{spec.symbol}PI8H",
        "status": "Open",
        "dailyInterestRate": 3 * INTEREST,
        "fundingRateGranularity": FUNDING_MS,
        "currentFundingRateGranularity": FUNDING_MS,
        "effectiveFundingRateCycleStartTime": 1585555200000,
        "fundingRateCap": 0.003,
        "fundingRateFloor": -0.003,
        "period": 1,
        "maxLeverage": spec.max_leverage,
        "sourceExchanges": ["simulated"],
        "k": 490.0,
        "m": 300.0,
        "f": 1.3,
        "mmrLimit": 0.3,
        "mmrLevConstant": float(spec.max_leverage),
        "adjustK": None,
        "adjustM": None,
        "adjustMmrLevConstant": None,
        "adjustActiveTime": None,
        "supportCross": True,
        "crossRiskLimit": 5.0e8,
        "marketStage": "NORMAL",
        "preMarketToPerpDate": None,
        "marketType": "CRYPTO",
        "orderPriceRange": float(spec.price_range),
    }


def _running(market: Market, now_ms: int) -> Payload:
    """2.1, what moves with the market. Open interest is made of what the crowd has resting."""
    spec, day = market.spec, market.day()
    change = market.last - day.opened
    interest = sum(lots for side in (BUY, SELL) for _, lots in market.book.levels(side))
    base = float(spec.multiplier) * day.lots
    price = spec.number(market.last)
    return {
        "fundingFeeRate": round(market.funding_rate, 8),
        "predictedFundingFeeRate": None,
        "openInterest": str(interest),
        "turnoverOf24h": base if spec.is_inverse else base * price,
        "volumeOf24h": base / price if spec.is_inverse else base,
        "markPrice": float(market.mark_price),
        "indexPrice": float(market.index_price),
        "lastTradePrice": price,
        "nextFundingRateTime": market.next_funding_ms - now_ms,
        "nextFundingRateDateTime": market.next_funding_ms,
        "lowPrice": spec.number(day.low),
        "highPrice": spec.number(day.high),
        "priceChg": float(spec.price(change)),
        "priceChgPct": round(change / day.opened, 6),
        "buyLimit": float(market.buy_limit),
        "sellLimit": float(market.sell_limit),
    }


def ticker(market: Market) -> Payload:
    """2.2; without a trade so far it shows the price the market opened at."""
    spec, book = market.spec, market.book
    trade = market.trades[-1] if market.trades else None
    return {
        "sequence": book.sequence,
        "symbol": spec.symbol,
        "side": trade.side if trade else BUY,
        "size": trade.lots if trade else 0,
        "tradeId": trade.id if trade else "0",
        "price": spec.text(market.last),
        **touch(market),
        "ts": trade.at_ns if trade else 0,
    }


def touch(market: Market) -> Payload:
    """The best of both sides; an empty side has no price."""
    spec, book = market.spec, market.book
    bid, ask = book.best(BUY), book.best(SELL)
    return {
        "bestBidPrice": "" if bid is None else spec.text(bid),
        "bestBidSize": 0 if bid is None else book.total(BUY, bid),
        "bestAskPrice": "" if ask is None else spec.text(ask),
        "bestAskSize": 0 if ask is None else book.total(SELL, ask),
    }


def book(market: Market, now_ns: int, count: int | None = None) -> Payload:
    """2.3: prices are JSON numbers."""
    number = market.spec.number
    return {
        "sequence": market.book.sequence,
        "symbol": market.spec.symbol,
        "bids": [[number(price), lots] for price, lots in market.book.levels(BUY, count)],
        "asks": [[number(price), lots] for price, lots in market.book.levels(SELL, count)],
        "ts": now_ns,
    }


def trade(market: Market, one: Trade) -> Payload:
    """2.4 and 5.6 execution: trades have their own sequence, on the stream it is the trade's id."""
    return {
        "symbol": market.spec.symbol,
        "sequence": int(one.id),
        "side": one.side,
        "size": one.lots,
        "price": market.spec.text(one.price),
        "takerOrderId": one.taker_id,
        "makerOrderId": one.maker_id,
        "tradeId": one.id,
        "ts": one.at_ns,
    }


def kline_row(market: Market, candle: Candle) -> list[Any]:
    """2.5: start ms, open, high, low, close, lots, turnover."""
    spec = market.spec
    turnover = float(spec.value(spec.price(candle.close), candle.lots))
    prices = (candle.open, candle.high, candle.low, candle.close)
    return [candle.start_ms, *(spec.number(price) for price in prices), candle.lots, turnover]
