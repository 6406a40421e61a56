"""Dictionaries of orders, fills and stops in the exchange's shapes, built by hand.

Numbers are numbers and texts are texts exactly where the reference says so; its sections are named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from terminal.simexchange.market.contracts import plain

if TYPE_CHECKING:
    from terminal.simexchange.market.market import Market
    from terminal.simexchange.trading.account import UserFill
    from terminal.simexchange.trading.orders import UserOrder

Payload = dict[str, Any]


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
        "stp": one.stp,
        "stop": one.stop,
        "stopPriceType": one.stop_price_type,
        "stopTriggered": one.is_triggered,
        "stopPrice": None if one.stop_price is None else plain(one.stop_price),
        "timeInForce": _time_in_force(one),
        "postOnly": one.is_post_only,
        "hidden": one.is_hidden,
        "iceberg": one.is_iceberg,
        "leverage": plain(one.leverage),
        "forceHold": one.holds_margin,
        "closeOrder": one.is_close_order,
        "visibleSize": one.visible_size or 0,
        "clientOid": one.client_oid,
        "remark": one.remark or None,
        "tags": "",
        "isActive": one.is_active,
        "cancelExist": one.canceled > 0 or one.cut > 0,
        "createdAt": one.created_ms,
        "updatedAt": one.updated_ms,
        "endAt": one.ended_ms,
        "orderTime": one.time_ns,
        "settleCurrency": spec.settle,
        "marginMode": one.margin_mode,
        "avgDealPrice": average,
        "positionSide": one.position_side,
        "filledValue": plain(one.deal_value),
        "status": "open" if one.is_active else "done",
        "filledSize": one.filled,
        "reduceOnly": one.is_reduce_only,
    }


def _time_in_force(one: UserOrder) -> str:
    if one.is_retail:
        return "RPI"
    return "IOC" if one.is_immediate and one.type == "limit" else "GTC"


def order_event(one: UserOrder, market: Market, kind: str, status: str, now_ns: int) -> Payload:
    """5.7 tradeOrders without the fields of a match: numbers are text."""
    return {
        "symbol": one.symbol,
        "orderType": one.type,
        "side": one.side,
        "canceledSize": str(one.canceled),
        "orderId": one.id,
        "positionSide": one.position_side,
        "marginMode": one.margin_mode,
        "type": kind,
        "orderTime": one.time_ns,
        "size": str(one.size),
        "filledSize": str(one.filled),
        "price": "0" if one.price is None else market.spec.text(one.price),
        "remainSize": str(one.remaining),
        "clientOid": one.client_oid,
        "tradeType": one.trade_type,
        "status": status,
        "ts": now_ns,
    }


def match_fields(market: Market, fill: UserFill) -> Payload:
    """5.7 tradeOrders, what a match adds."""
    return {
        "matchPrice": market.spec.text(fill.price),
        "matchSize": str(fill.lots),
        "tradeId": fill.trade_id,
        "liquidity": fill.liquidity,
        "feeType": "takerFee" if fill.pays_taker else "makerFee",
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
    rate = spec.taker_rate if one.pays_taker else spec.maker_rate
    return {
        "symbol": one.symbol,
        "tradeId": one.trade_id,
        "orderId": one.order_id,
        "side": one.side,
        "liquidity": one.liquidity,
        "forceTaker": one.pays_taker and not one.is_taker,
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
