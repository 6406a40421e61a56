"""Dictionaries in the exchange's shapes, built by hand from the reference; its sections are named.

Numbers are numbers and texts are texts exactly where the reference says so.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from terminal.simexchange.contracts import plain
from terminal.simexchange.margin import CROSS
from terminal.simexchange.market import FUNDING_MS, INTEREST
from terminal.simexchange.matching import BUY, SELL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from terminal.simexchange.account import UserFill
    from terminal.simexchange.history import Candle
    from terminal.simexchange.margin import SimPosition, WalletState
    from terminal.simexchange.market import Market, Trade
    from terminal.simexchange.orders import UserOrder
    from terminal.simexchange.transfers import Purse

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
        **_touch(market),
        "ts": trade.at_ns if trade else 0,
    }


def _touch(market: Market) -> Payload:
    spec, book = market.spec, market.book
    bid, ask = book.best(BUY), book.best(SELL)
    return {
        "bestBidPrice": "" if bid is None else spec.text(bid),
        "bestBidSize": 0 if bid is None else book.total(BUY, bid),
        "bestAskPrice": "" if ask is None else spec.text(ask),
        "bestAskSize": 0 if ask is None else book.total(SELL, ask),
    }


def ticker_v2(market: Market, now_ns: int) -> Payload:
    """5.6 tickerV2."""
    return {
        "symbol": market.spec.symbol,
        "sequence": market.book.sequence,
        **_touch(market),
        "ts": now_ns,
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


def depth50(market: Market, now_ms: int) -> Payload:
    """5.6 level2Depth50: prices are text."""
    text = market.spec.text
    return {
        "bids": [[text(price), lots] for price, lots in market.book.levels(BUY, 50)],
        "asks": [[text(price), lots] for price, lots in market.book.levels(SELL, 50)],
        "sequence": market.book.sequence,
        "timestamp": now_ms,
        "ts": now_ms,
    }


def trade(market: Market, one: Trade) -> Payload:
    """2.4 and 5.6 execution."""
    return {
        "symbol": market.spec.symbol,
        "sequence": one.number,
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


def stream_candle(market: Market, candle: Candle, now_ms: int) -> Payload:
    """5.6 limitCandle: seconds, then open, close, high, low as text."""
    text = market.spec.text
    return {
        "symbol": market.spec.symbol,
        "candles": [
            str(candle.start_ms // 1000),
            text(candle.open),
            text(candle.close),
            text(candle.high),
            text(candle.low),
            f"{candle.lots}.0",
            str(candle.lots),
        ],
        "time": now_ms,
    }


def order(one: UserOrder, market: Market) -> Payload:
    """3.5, order object."""
    spec = market.spec
    price = "0" if one.price is None else spec.text(one.price)
    value = "0" if one.price is None else plain(spec.value(spec.price(one.price), one.size))
    average = "0"
    if one.filled:
        average = plain(one.deal_base / one.filled)
    return {
        "id": one.id,
        "symbol": one.symbol,
        "type": one.type,
        "side": one.side,
        "price": price,
        "size": one.size,
        "value": value,
        "dealValue": plain(one.deal_value),
        "dealSize": one.filled,
        "stp": "",
        "stop": one.stop,
        "stopPriceType": one.stop_price_type,
        "stopTriggered": one.is_triggered,
        "stopPrice": None if one.stop_price is None else plain(one.stop_price),
        "timeInForce": "IOC" if one.is_immediate and one.type == "limit" else "GTC",
        "postOnly": one.is_post_only,
        "hidden": False,
        "iceberg": False,
        "leverage": plain(one.leverage),
        "forceHold": False,
        "closeOrder": one.is_close_order,
        "visibleSize": 0,
        "clientOid": one.client_oid,
        "remark": one.remark or None,
        "tags": "",
        "isActive": one.is_active,
        "cancelExist": one.canceled > 0,
        "createdAt": one.created_ms,
        "updatedAt": one.updated_ms,
        "endAt": one.ended_ms,
        "orderTime": one.time_ns,
        "settleCurrency": spec.settle,
        "marginMode": one.margin_mode,
        "avgDealPrice": average,
        "positionSide": "BOTH",
        "filledValue": plain(one.deal_value),
        "status": "open" if one.is_active else "done",
        "filledSize": one.filled,
        "reduceOnly": one.is_reduce_only,
    }


def order_event(one: UserOrder, market: Market, kind: str, status: str, now_ns: int) -> Payload:
    """5.7 tradeOrders without the fields of a match: numbers are text."""
    return {
        "symbol": one.symbol,
        "orderType": one.type,
        "side": one.side,
        "canceledSize": str(one.canceled),
        "orderId": one.id,
        "positionSide": "BOTH",
        "marginMode": one.margin_mode,
        "type": kind,
        "orderTime": one.time_ns,
        "size": str(one.size),
        "filledSize": str(one.filled),
        "price": "0" if one.price is None else market.spec.text(one.price),
        "remainSize": str(one.remaining),
        "clientOid": one.client_oid,
        "tradeType": "trade",
        "status": status,
        "ts": now_ns,
    }


def match_fields(market: Market, fill: UserFill) -> Payload:
    """5.7 tradeOrders, what a match adds."""
    role = "taker" if fill.is_taker else "maker"
    return {
        "matchPrice": market.spec.text(fill.price),
        "matchSize": str(fill.lots),
        "tradeId": fill.trade_id,
        "liquidity": role,
        "feeType": f"{role}Fee",
    }


def stop_event(one: UserOrder, market: Market, kind: str, now_ns: int, error: str = "") -> Payload:
    """5.7 advancedOrders."""
    event: Payload = {
        "createdAt": one.created_ms,
        "marginMode": one.margin_mode,
        "orderId": one.id,
        "orderPrice": None if one.price is None else market.spec.text(one.price),
        "orderType": "stop",
        "side": one.side,
        "size": one.size,
        "stop": one.stop,
        "stopPrice": "" if one.stop_price is None else plain(one.stop_price),
        "stopPriceType": one.stop_price_type,
        "symbol": one.symbol,
        "ts": now_ns,
        "type": kind,
    }
    if kind == "triggered":
        event["triggerSuccess"] = not error
        if error:
            event["error"] = error
    return event


def fill(one: UserFill, market: Market) -> Payload:
    """3.7."""
    spec = market.spec
    rate = spec.taker_rate if one.is_taker else spec.maker_rate
    return {
        "symbol": one.symbol,
        "tradeId": one.trade_id,
        "orderId": one.order_id,
        "side": one.side,
        "liquidity": "taker" if one.is_taker else "maker",
        "forceTaker": False,
        "price": spec.text(one.price),
        "size": one.lots,
        "value": plain(one.value),
        "openFeePay": plain(one.opening_fee),
        "closeFeePay": plain(one.fee - one.opening_fee),
        "stop": "",
        "feeRate": plain(rate),
        "fixFee": "0",
        "feeCurrency": spec.settle,
        "tradeTime": one.at_ns,
        "subTradeType": None,
        "marginMode": one.margin_mode,
        "positionSide": "BOTH",
        "settleCurrency": spec.settle,
        "displayType": one.order_type,
        "fee": plain(one.fee),
        "orderType": one.order_type,
        "tradeType": "trade",
        "createdAt": one.at_ns // 1_000_000,
    }


def position(held: SimPosition, market: Market, wallet: WalletState, now_ms: int) -> Payload:
    """3.8, v1: numbers."""
    spec, mark = held.spec, market.mark_price
    sign = -1 if spec.is_inverse else 1
    signed = sign * held.lots * spec.multiplier
    cost = _signed_value(spec.is_inverse, signed, held.entry)
    value = _signed_value(spec.is_inverse, signed, mark)
    unrealized, margin = held.unrealized(mark), held.margin(mark)
    is_cross = held.margin_mode == CROSS
    payload: Payload = {
        "id": f"4000000000{zlib.crc32(spec.symbol.encode()):010d}",
        "symbol": spec.symbol,
        "crossMode": is_cross,
        "maintMarginReq": float(spec.maintenance),
        "delevPercentage": 0.0,
        "openingTimestamp": held.opened_ms,
        "currentTimestamp": now_ms,
        "currentQty": held.lots,
        "currentCost": float(cost),
        "currentComm": float(held.fees),
        "unrealisedCost": float(cost),
        "realisedGrossCost": float(-held.realized_gross),
        "realisedCost": float(held.fees - held.realized_gross),
        "isOpen": held.lots != 0,
        "markPrice": float(mark),
        "markValue": float(value),
        "posCost": float(cost),
        "posInit": float(held.initial_margin),
        "posMargin": float(margin),
        "posMaint": float(abs(value) * spec.maintenance),
        "realisedGrossPnl": float(held.realized_gross),
        "realisedPnl": float(held.realized_gross - held.fees),
        "unrealisedPnl": float(unrealized),
        "unrealisedPnlPcnt": float(unrealized / abs(cost)) if cost else 0,
        "unrealisedRoePcnt": float(unrealized / held.initial_margin) if held.initial_margin else 0,
        "avgEntryPrice": float(held.entry),
        "liquidationPrice": float(round(held.liquidation(wallet.cash), 8)),
        "bankruptPrice": float(round(held.bankruptcy(wallet.cash), 8)),
        "settleCurrency": spec.settle,
        "isInverse": spec.is_inverse,
        "maintainMargin": float(spec.maintenance),
        "marginMode": held.margin_mode,
        "positionSide": "BOTH",
        "leverage": float(held.leverage),
        "dealComm": float(-held.fees),
        "fundingFee": 0,
        "tax": 0,
    }
    if not is_cross:
        payload["realLeverage"] = float(held.leverage)
        payload["maintMargin"] = float(margin + unrealized)
    return payload


def _signed_value(is_inverse: bool, signed: Decimal, price: Decimal) -> Decimal:  # noqa: FBT001
    if not price or not signed:
        return signed * 0
    return signed / price if is_inverse else signed * price


_V2_TEXTS = frozenset(
    [
        "leverage",
        "realLeverage",
        "delevPercentage",
        "avgEntryPrice",
        "markPrice",
        "liquidationPrice",
        "bankruptPrice",
        "currentCost",
        "unrealisedCost",
        "posCost",
        "markValue",
        "realisedGrossCost",
        "realisedCost",
        "currentComm",
        "realisedGrossPnl",
        "realisedPnl",
        "unrealisedPnl",
        "unrealisedPnlPcnt",
        "unrealisedRoePcnt",
        "posInit",
        "posMargin",
        "posMaint",
        "maintMargin",
        "maintMarginReq",
        "maintainMargin",
    ]
)


def position_v2(payload: Payload) -> Payload:
    """3.8, v2: the same position with money as text."""
    return {name: repr(value) if name in _V2_TEXTS else value for name, value in payload.items()}


def mark_change(payload: Payload) -> Payload:
    """5.7, the partial frame that only re-marks a position: no quantity, no symbol."""
    names = (
        "markPrice",
        "markValue",
        "maintMargin",
        "realLeverage",
        "unrealisedPnl",
        "unrealisedRoePcnt",
        "unrealisedPnlPcnt",
        "delevPercentage",
        "currentTimestamp",
        "settleCurrency",
    )
    partial = {name: payload[name] for name in names if name in payload}
    return {**partial, "changeReason": "markPriceChange"}


def overview(state: WalletState) -> Payload:
    """3.1: numbers."""
    held = state.cross_position + state.isolated_position
    ordered = state.cross_order + state.isolated_order
    unrealized = state.cross_unrealized + state.isolated_unrealized
    return {
        "accountEquity": float(state.equity),
        "unrealisedPNL": float(unrealized),
        "marginBalance": float(state.cash),
        "positionMargin": float(held),
        "orderMargin": float(ordered),
        "frozenFunds": 0,
        "availableBalance": float(state.available),
        "availableMargin": float(state.available),
        "currency": state.currency,
        "riskRatio": 0.0,
        "maxWithdrawAmount": float(state.withdrawable),
    }


def wallet(state: WalletState, now_ms: int) -> Payload:
    """5.7 walletBalance.change: all text."""
    amounts: Sequence[tuple[str, Decimal]] = (
        ("crossPosMargin", state.cross_position),
        ("isolatedOrderMargin", state.isolated_order),
        ("holdBalance", state.cash * 0),
        ("equity", state.equity),
        ("availableBalance", state.available),
        ("isolatedPosMargin", state.isolated_position),
        ("maxWithdrawAmount", state.withdrawable),
        ("walletBalance", state.cash),
        ("isolatedFundingFeeMargin", state.cash * 0),
        ("crossUnPnl", state.cross_unrealized),
        ("totalCrossMargin", state.cross_margin),
        ("isolatedUnPnl", state.isolated_unrealized),
        ("crossOrderMargin", state.cross_order),
    )
    payload: Payload = {name: plain(amount) for name, amount in amounts}
    payload.update(version=str(state.version), currency=state.currency, timestamp=str(now_ms))
    return payload


def funding_account(number: int, currency: str, kind: str, purse: Purse) -> Payload:
    """4: a row of the accounts list, all text, the type in lower case."""
    return {
        "id": str(548_600_000_000 + number),
        "currency": currency,
        "type": kind,
        **_purse(purse),
    }


def transferable(currency: str, purse: Purse) -> Payload:
    """4: all text."""
    return {"currency": currency, **_purse(purse), "transferable": plain(purse.available)}


def _purse(purse: Purse) -> Payload:
    return {
        "balance": plain(purse.balance),
        "available": plain(purse.available),
        "holds": plain(purse.holds),
    }
