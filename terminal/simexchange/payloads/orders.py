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
        "timeInForce": "IOC" if one.is_immediate and one.type == "limit" else "GTC",
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
        "cancelExist": one.canceled > 0,
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
