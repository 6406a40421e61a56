"""Dictionaries of orders, fills and stops in the exchange's shapes, built by hand.

Numbers are numbers and texts are texts exactly where the reference says so; its sections are named.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from terminal.simexchange.market.contracts import booked, plain
from terminal.simexchange.market.matching import BUY, SELL
from terminal.simexchange.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.simexchange.market.market import Market
    from terminal.simexchange.trading.account import UserFill
    from terminal.simexchange.trading.orders import UserOrder

Payload = dict[str, Any]
_USUAL = Switches()
_RATE_DIGITS = Decimal("0.00001")


def display_type(one: UserOrder) -> str:
    """An order's type as lists are filtered by it: stops have their own (3.5)."""
    return f"{one.type}_stop" if one.stop else one.type


def fill_type(one: UserFill) -> str:
    """3.7, ``displayType``."""
    return f"{one.order_type}_stop" if one.stop else one.order_type


def listed_stop(one: UserOrder, market: Market, switches: Switches = _USUAL) -> Payload:
    """3.5, a row of the list of stops: its trigger is text whatever other lists show."""
    payload = order(one, market, switches)
    payload["stopPrice"] = "" if one.stop_price is None else plain(one.stop_price)
    return payload


def statistics(
    lots: Mapping[str, int], cost: Mapping[str, Decimal], settle: str, switches: Switches
) -> Payload:
    """3.5, open order statistics: lots are numbers, values text; older replies say Qty."""
    ending = switches.statistics_names
    return {
        f"openOrderBuy{ending}": lots[BUY],
        f"openOrderSell{ending}": lots[SELL],
        "openOrderBuyCost": plain(booked(cost[BUY])),
        "openOrderSellCost": plain(booked(cost[SELL])),
        "settleCurrency": settle,
    }


def _trigger(one: UserOrder, switches: Switches) -> object:
    if one.stop_price is None:
        return None
    if switches.stop_price_type == "text":
        return plain(one.stop_price)
    return float(one.stop_price)


def _leverage(leverage: Decimal, switches: Switches) -> str:
    text = plain(leverage)
    return f"{text}.0" if switches.leverage_text == "3.0" and "." not in text else text


def order(one: UserOrder, market: Market, switches: Switches = _USUAL) -> Payload:
    """3.5, order object."""
    spec = market.spec
    unit = 1_000_000 if switches.updated_at_unit == "ns" else 1
    price = "0" if one.price is None else spec.text(one.price)
    value = "0" if one.price is None else plain(booked(spec.value(spec.price(one.price), one.size)))
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
        "stopPrice": _trigger(one, switches),
        "timeInForce": _time_in_force(one),
        "postOnly": one.is_post_only,
        "hidden": one.is_hidden,
        "iceberg": one.is_iceberg,
        "leverage": _leverage(one.leverage, switches),
        "forceHold": one.holds_margin,
        "closeOrder": one.is_close_order,
        "visibleSize": one.visible_size or 0,
        "clientOid": one.client_oid,
        "remark": one.remark or None,
        "tags": "",
        "isActive": one.is_active,
        "cancelExist": one.canceled > 0 or one.cut > 0,
        "createdAt": one.created_ms,
        "updatedAt": one.updated_ms * unit,
        "endAt": one.ended_ms,
        "orderTime": one.time_ns,
        "settleCurrency": spec.settle,
        "marginMode": one.margin_mode,
        "avgDealPrice": _average(one, market),
        "positionSide": one.position_side,
        "filledValue": plain(one.deal_value),
        "status": "open" if one.is_active else "done",
        "filledSize": one.filled,
        "reduceOnly": one.is_reduce_only,
    }


def _average(one: UserOrder, market: Market) -> str:
    """The average price of its fills, harmonic where the contract is inverse (7.1)."""
    if not one.filled:
        return "0"
    if market.spec.is_inverse:
        return plain(booked(one.filled / one.deal_base))
    return plain(booked(one.deal_base / one.filled))


def _time_in_force(one: UserOrder) -> str:
    if one.is_retail:
        return "RPI"
    return "IOC" if one.is_immediate and one.type == "limit" else "GTC"


def fill(one: UserFill, market: Market) -> Payload:
    """3.7."""
    spec = market.spec
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
        "stop": one.stop,
        "feeRate": _rate(one, market),
        "fixFee": "0",
        "feeCurrency": spec.settle,
        "tradeTime": one.at_ns,
        "subTradeType": None,
        "marginMode": one.margin_mode,
        "openFeeTaxPay": "0",
        "closeFeeTaxPay": "0",
        "positionSide": one.position_side,
        "settleCurrency": spec.settle,
        "displayType": fill_type(one),
        "fee": plain(one.fee),
        "orderType": one.order_type,
        "tradeType": one.trade_type,
        "createdAt": one.at_ns // 1_000_000,
    }


def _rate(one: UserFill, market: Market) -> str:
    """What was really charged, with at least five decimals as the exchange writes it."""
    rate = market.spec.taker_rate if one.pays_taker else market.spec.maker_rate
    if booked(one.value * rate) != one.fee:
        rate = round(one.fee / one.value, 8)
    short = rate.quantize(_RATE_DIGITS)
    return str(short) if short == rate else plain(rate)
