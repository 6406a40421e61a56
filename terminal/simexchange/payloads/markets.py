"""Public dictionaries in the exchange's shapes, built by hand: contracts, tickers, books, candles.

Numbers are numbers and texts are texts exactly where the reference says so; its sections are named.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from terminal.simexchange.market.matching import BUY, SELL
from terminal.simexchange.market.risk_limits import ladder
from terminal.simexchange.market.series import DAILY_INTEREST, FUNDING_CAP
from terminal.simexchange.trading.sizing import FLOOR_FACTOR

if TYPE_CHECKING:
    from terminal.simexchange.market.contracts import ContractSpec
    from terminal.simexchange.market.history import Candle
    from terminal.simexchange.market.market import Market, Trade
    from terminal.simexchange.market.risk_limits import RiskLevel
    from terminal.simexchange.market.series import Figures

Payload = dict[str, Any]

SOURCES = (("okex", 0.31), ("binance", 0.29), ("bybit", 0.22), ("kucoin", 0.18))
"""The exchanges an index is made of, and their weights, which sum to 1."""

_OFFSETS = (0.4, -0.9, 0.7)  # of all sources but the last, in steps of the index


_OF_PERPETUALS = (
    "fairMethod", "fundingBaseSymbol", "fundingQuoteSymbol", "fundingRateSymbol",
    "fundingFeeRate", "fundingRateGranularity", "currentFundingRateGranularity",
    "effectiveFundingRateCycleStartTime", "nextFundingRateTime", "nextFundingRateDateTime",
    "fundingRateCap", "fundingRateFloor", "dailyInterestRate", "period",
)  # fmt: skip
"""What a dated contract has not: it is null there (2.1, 7.9)."""
_DELIVERY_INDEX = ".KXBT30M"


def contract(market: Market, now_ms: int, status: str = "Open") -> Payload:
    """2.1"""
    row = {**_listing(market.spec), "status": status, **_running(market, now_ms)}
    if market.spec.is_dated:
        row.update(dict.fromkeys(_OF_PERPETUALS), expireDate=market.expires_ms)
        fee = float(market.spec.settlement_rate)
        row.update(settleDate=market.expires_ms, type="FFICSX", settlementFee=fee)
        row.update(settlementSymbol=_DELIVERY_INDEX)
    return row


@cache
def _listing(spec: ContractSpec) -> Payload:
    """2.1, what does not change."""
    lowest = ladder(spec)[0]
    return {
        "symbol": spec.symbol,
        "displaySymbol": spec.symbol,
        "displayBaseCurrency": spec.base,
        "rootSymbol": spec.root,
        "type": "FFWCSX",
        "firstOpenDate": spec.first_open_ms,
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
        "initialMargin": float(lowest.initial),
        "maintainMargin": float(spec.maintenance),
        "maxRiskLimit": lowest.most,
        "minRiskLimit": lowest.most,
        "riskStep": lowest.most // 2,
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
        "indexSymbol": spec.index_symbol,
        "settlementSymbol": "",
        "premiumsSymbol1M": f".{spec.symbol}PI",
        "premiumsSymbol8H": f".{spec.symbol}PI8H",
        "dailyInterestRate": DAILY_INTEREST,
        "effectiveFundingRateCycleStartTime": spec.first_open_ms,
        "fundingRateCap": FUNDING_CAP,
        "fundingRateFloor": -FUNDING_CAP,
        "period": 1,
        "maxLeverage": spec.max_leverage,
        "sourceExchanges": [name for name, _ in SOURCES],
        "k": float(spec.cross_k),
        "m": float(spec.cross_m),
        "f": float(FLOOR_FACTOR),
        "mmrLimit": float(spec.mmr_limit),
        "mmrLevConstant": float(spec.mmr_leverage),
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
    """2.1, what moves with the market."""
    spec, day = market.spec, market.day()
    change = market.last - day.opened
    turnover, volume = day_values(market)
    return {
        "fundingFeeRate": market.funding_rate,
        "predictedFundingFeeRate": None,
        "fundingRateGranularity": market.funding_ms,
        "currentFundingRateGranularity": market.funding_ms,
        "openInterest": str(market.open_interest),
        "turnoverOf24h": turnover,
        "volumeOf24h": volume,
        "markPrice": float(market.mark_price),
        "indexPrice": float(market.index_price),
        "lastTradePrice": spec.number(market.last),
        "nextFundingRateTime": market.next_funding_ms - now_ms,
        "nextFundingRateDateTime": market.next_funding_ms,
        "lowPrice": spec.number(day.low),
        "highPrice": spec.number(day.high),
        "priceChg": spec.number(change),
        "priceChgPct": round(change / day.opened, 6),
        "buyLimit": float(market.buy_limit),
        "sellLimit": float(market.sell_limit),
    }


def day_values(market: Market) -> tuple[float, float]:
    """Turnover in quote units and volume in base coins of the last 24 hours (2.1, 5.6)."""
    spec, day = market.spec, market.day()
    turnover = _turnover(spec, day.lots, day.traded)
    if not spec.is_inverse:
        return turnover, float(spec.multiplier * day.lots)
    # Lots are dollars: coins by the mean price of the day.
    mean = float(spec.tick) * day.traded / day.lots if day.lots else 1.0
    return turnover, turnover / mean


def _turnover(spec: ContractSpec, lots: int, traded: int) -> float:
    """What was traded in quote units; ``traded`` is the sum of ticks times lots."""
    if spec.is_inverse:
        return float(spec.multiplier * lots)
    return float(spec.multiplier * spec.tick * traded)


def ticker(market: Market) -> Payload:
    """2.2"""
    spec, book = market.spec, market.book
    trade = market.trades[-1]
    return {
        "sequence": book.sequence,
        "symbol": spec.symbol,
        "side": trade.side,
        "size": trade.lots,
        "tradeId": trade.id,
        "price": spec.text(market.last),
        **touch(market),
        "ts": trade.at_ns,
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
    """2.3: prices are JSON numbers. Without a ``count`` it is the full book, which may lag."""
    number, shown = market.spec.number, market.book
    if count is None:
        sequence, bids, asks = market.snapshot()
    else:
        sequence = shown.sequence
        bids, asks = list(shown.levels(BUY, count)), list(shown.levels(SELL, count))
    return {
        "sequence": sequence,
        "symbol": market.spec.symbol,
        "bids": [[number(price), lots] for price, lots in bids],
        "asks": [[number(price), lots] for price, lots in asks],
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


def past_trade(market: Market, one: Trade) -> Payload:
    """2.4"""
    row = trade(market, one)
    del row["symbol"]
    return {**row, "contractId": 1}


def kline_row(market: Market, candle: Candle) -> list[Any]:
    """2.5: start ms, open, high, low, close, lots, turnover in quote units."""
    spec = market.spec
    prices = (candle.open, candle.high, candle.low, candle.close)
    turnover = _turnover(spec, candle.lots, candle.traded)
    return [candle.start_ms, *(spec.number(price) for price in prices), candle.lots, turnover]


def series_kline(start_ms: int, figures: Figures) -> list[Any]:
    """2.5 of an index or a premium: nobody trades it."""
    return [start_ms, *figures, 0, 0.0]


def mark_price(market: Market, now_ms: int) -> Payload:
    """2.6: mark and index of this second."""
    return {
        "symbol": market.spec.symbol,
        "granularity": 1000,
        "timePoint": now_ms - now_ms % 1000,
        "value": float(market.mark_price),
        "indexPrice": float(market.index_price),
    }


def point(symbol: str, granularity_ms: int, at_ms: int, value: float) -> Payload:
    """2.6: one row of a series."""
    return {"symbol": symbol, "granularity": granularity_ms, "timePoint": at_ms, "value": value}


def index_point(market: Market, at_ms: int) -> Payload:
    """2.6: the index at a second and what it is made of; the weighted sources give the value."""
    spec = market.spec
    steps = market.series.index(at_ms)
    offsets = [*_OFFSETS, 0.0]
    weighted = sum(offset * weight for offset, (_, weight) in zip(offsets, SOURCES, strict=True))
    offsets[-1] = -weighted / SOURCES[-1][1]
    digits = max(0, -int(spec.index_tick.as_tuple().exponent)) + 2
    step = float(spec.index_tick)
    parts = [
        {"exchange": name, "price": round((steps + offset) * step, digits), "weight": weight}
        for offset, (name, weight) in zip(offsets, SOURCES, strict=True)
    ]
    value = float(spec.index_tick * steps)
    row = point(spec.index_symbol, 1000, at_ms, value)
    return {**row, "decomposionList": parts}


def current_funding(market: Market, *, has_prediction: bool) -> Payload:
    """2.7: ``timePoint`` is the previous settlement, ``value`` what the next one charges."""
    next_ms = market.next_funding_ms
    row = {
        "symbol": f".{market.spec.symbol}FPI8H",
        "granularity": market.funding_ms,
        "timePoint": next_ms - market.funding_ms,
        "value": market.funding_rate,
        "predictedValue": market.predicted_rate if has_prediction else None,
        "dailyInterestRate": DAILY_INTEREST,
        "fundingRateCap": FUNDING_CAP,
        "fundingRateFloor": -FUNDING_CAP,
        "period": 1,
        "fundingTime": next_ms,
    }
    if not has_prediction:
        del row["predictedValue"]
    return row


def settled_funding(market: Market, at_ms: int) -> Payload:
    """2.7 contract/funding-rates: the name of the time has no capital letter."""
    rate = market.settled_rate(at_ms)
    return {"symbol": market.spec.symbol, "fundingRate": rate, "timepoint": at_ms}


def risk_level(symbol: str, level: RiskLevel) -> Payload:
    """3.12"""
    return {
        "symbol": symbol,
        "level": level.level,
        "maxRiskLimit": level.most,
        "minRiskLimit": level.least,
        "maxLeverage": level.max_leverage,
        "initialMargin": float(level.initial),
        "maintainMargin": float(level.maintenance),
    }
