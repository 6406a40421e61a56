"""Orders, their events and their fills.

Source: API reference 3.3-3.7 and 5.7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.domain.account_facts import OpenOrderTotals
from terminal.domain.events import (
    Fill,
    OrderDetails,
    OrderType,
    OrderUpdate,
    SelfTrade,
    StopDirection,
    StopReference,
    TimeInForce,
    TradeKind,
)
from terminal.domain.units import ClientOid, Lots, Money, OrderId, Symbol
from terminal.exchange.errors import ProtocolError
from terminal.exchange.translate import read
from terminal.wire import enums
from terminal.wire.codec import excerpt

if TYPE_CHECKING:
    from terminal.domain.clock import TimestampNs
    from terminal.domain.units import Price
    from terminal.exchange.translate.scales import Scales
    from terminal.wire.trading import (
        FillPayload,
        OpenOrderStatisticsPayload,
        OrderEventPayload,
        OrderPayload,
        StopEventPayload,
    )


_BY_FEE = {"makerFee": "maker", "takerFee": "taker"}


def order_update(payload: OrderPayload, scales: Scales) -> OrderUpdate:
    """An order as REST tells it (API reference 3.5 and 3.6)."""
    symbol = Symbol(payload.symbol)
    order_type = read.order_type(payload.type)
    told = payload.dealSize if payload.dealSize is not None else payload.filledSize
    filled = read.lots(read.needed(told, "dealSize"), "dealSize")
    size = read.lots(payload.size, "size")
    is_done = _is_done(payload)
    canceled = max(0, size - filled) if is_done else 0
    price = _limit_price(payload.price, order_type, symbol, scales)
    if order_type is OrderType.LIMIT and price is None and not payload.closeOrder:
        raise ProtocolError(f"{symbol}: price is missing of a limit order")
    return OrderUpdate(
        symbol=symbol,
        order_id=OrderId(payload.id),
        client_oid=ClientOid(payload.clientOid) if payload.clientOid else None,
        side=read.side(payload.side),
        order_type=order_type,
        price=price,
        lots=size,
        filled=filled,
        canceled=Lots(canceled),
        remaining=Lots(max(0, size - filled - canceled)),
        is_done=is_done,
        event_at=_latest(payload),
        is_reduce_only=payload.reduceOnly,
        is_close_order=payload.closeOrder,
        is_post_only=payload.postOnly,
        untriggered=bool(payload.stop) and not payload.stopTriggered and not is_done,
        trigger=_trigger(payload.stopPrice, symbol, scales),
        details=_details(payload, scales),
    )


def _is_done(payload: OrderPayload) -> bool:
    """Whether an order has ended; what says nothing about it cannot be read."""
    if payload.status == "done" or payload.isActive is False:
        return True
    if payload.status == "open" or payload.isActive:
        return False
    raise ProtocolError(f"{payload.symbol}: neither status nor isActive of an order says whether")


def _details(payload: OrderPayload, scales: Scales) -> OrderDetails:
    currency = payload.settleCurrency or scales.contract(payload.symbol).settle_currency
    done_value = payload.dealValue if payload.dealValue is not None else payload.filledValue
    return OrderDetails(
        value=read.money(payload.value, currency),
        filled_value=read.money(done_value, currency),
        average_price=read.exact_price(payload.avgDealPrice),
        time_in_force=read.told(TimeInForce, enums.TimeInForce, payload.timeInForce),
        self_trade=read.told(SelfTrade, enums.SelfTrade, payload.stp),
        stop_direction=read.told(StopDirection, enums.StopDirection, payload.stop),
        stop_reference=read.told(StopReference, enums.StopReference, payload.stopPriceType),
        trigger=read.exact_price(payload.stopPrice),
        is_hidden=payload.hidden,
        is_iceberg=payload.iceberg,
        visible_lots=read.told_lots(payload.visibleSize, "visibleSize"),
        leverage=payload.leverage,
        margin_mode=read.told_margin_mode(payload.marginMode),
        position_side=read.told_position_side(payload.positionSide),
        remark=payload.remark or "",
        created_at=read.told_ms(payload.createdAt, "createdAt"),
        ended_at=read.told_ms(payload.endAt, "endAt"),
    )


def order_stub(payload: OrderPayload) -> OrderUpdate:
    """What is left of an order whose contract or price cannot be read: enough to cancel it.

    What it does not tell is unknown and not guessed: a limit order without its price, no side.
    """
    filled = min(payload.dealSize or 0, payload.size)
    return OrderUpdate(
        symbol=Symbol(payload.symbol),
        order_id=OrderId(payload.id),
        client_oid=ClientOid(payload.clientOid) if payload.clientOid else None,
        side=read.SIDES.get(payload.side),
        order_type=read.TYPES.get(payload.type, OrderType.LIMIT),
        price=None,
        lots=Lots(max(0, payload.size)),
        filled=Lots(max(0, filled)),
        canceled=Lots(0),
        remaining=Lots(max(0, payload.size - filled)),
        is_done=False,
        event_at=_latest(payload),
        is_reduce_only=payload.reduceOnly,
        is_close_order=payload.closeOrder,
        is_post_only=payload.postOnly,
    )


def _latest(payload: OrderPayload) -> TimestampNs:
    """The latest of an order's times; ``updatedAt`` is ms or, one source says, ns."""
    stamps = (payload.createdAt, payload.updatedAt, payload.endAt)
    known = [read.ns(stamp, "updatedAt") for stamp in stamps if stamp]
    if not known:
        raise ProtocolError(f"{payload.symbol}: createdAt of an order is missing")
    return max(known)


def order_event(payload: OrderEventPayload, scales: Scales) -> OrderUpdate:
    """A ``tradeOrders`` event; ``done`` is terminal whatever its type (API reference 3.6)."""
    symbol = Symbol(payload.symbol)
    price = payload.price
    order_type = read.TYPES.get(payload.orderType or "")
    if order_type is None:
        # Liquidations carry no type; a price tells a limit from a market order.
        order_type = OrderType.LIMIT if price else OrderType.MARKET
    is_done = payload.status == "done"
    size, filled = read.lots(payload.size, "size"), read.lots(payload.filledSize, "filledSize")
    if filled > size > 0:
        raise ProtocolError(f"{symbol}: filledSize: {filled} of {size} lots")
    canceled = payload.canceledSize
    if not is_done and payload.remainSize is not None:
        # What still works is the exchange's own word: whether a size that was reduced counts as
        # canceled as well is not established (3.6).
        canceled = max(0, size - filled - read.lots(payload.remainSize, "remainSize"))
    elif canceled is None:
        canceled = max(0, size - filled) if is_done else 0
    return OrderUpdate(
        symbol=symbol,
        order_id=OrderId(payload.orderId),
        client_oid=ClientOid(payload.clientOid) if payload.clientOid else None,
        side=read.side(payload.side or ""),
        order_type=order_type,
        price=_limit_price(price, order_type, symbol, scales),
        lots=size,
        filled=filled,
        canceled=read.lots(canceled, "canceledSize"),
        remaining=Lots(max(0, size - filled - canceled)),
        is_done=is_done,
        event_at=read.ns(payload.ts, "ts"),
        fill=_event_fill(payload, scales),
    )


def _event_fill(payload: OrderEventPayload, scales: Scales) -> Fill | None:
    if payload.type != "match" or not payload.tradeId:
        return None
    lots, price = payload.matchSize, payload.matchPrice
    if lots is None or price is None:
        raise ProtocolError(f"match of order {payload.orderId} without size or price")
    if not 0 < lots <= payload.filledSize:
        raise ProtocolError(f"matchSize: {lots} lots of {payload.filledSize} that are filled")
    symbol = Symbol(payload.symbol)
    # Against a hidden order a maker may be called taker; what is charged tells (reference 5.7).
    told = _BY_FEE.get(payload.feeType or "") or payload.liquidity or "taker"
    return Fill(
        symbol=symbol,
        trade_id=payload.tradeId,
        order_id=OrderId(payload.orderId),
        side=read.side(payload.side or ""),
        price=scales.ticks(symbol, read.positive(price, "matchPrice")),
        lots=read.lots(lots, "matchSize"),
        liquidity=read.liquidity(told),
        event_at=read.ns(payload.ts, "ts"),
    )


def stop_event(payload: StopEventPayload, scales: Scales) -> OrderUpdate:
    """An ``advancedOrders`` event. A cancel or a failed trigger ends the order.

    A trigger that worked does not: whether the child keeps the id is not established (API reference
    3.6 rule 7), and an order taken for ended would swallow its child's events.
    """
    symbol = Symbol(payload.symbol)
    price = payload.orderPrice
    waits = payload.type == "open"
    is_done = payload.type == "cancel" or payload.triggerSuccess is False
    size = read.lots(payload.size, "size")
    return OrderUpdate(
        symbol=symbol,
        order_id=OrderId(payload.orderId),
        client_oid=None,
        side=read.side(payload.side),
        order_type=OrderType.LIMIT if price else OrderType.MARKET,
        price=None if not price else scales.ticks(symbol, price),
        lots=size,
        filled=Lots(0),
        canceled=size if is_done else Lots(0),
        remaining=Lots(0) if is_done else size,
        is_done=is_done,
        event_at=read.ns(payload.ts, "ts"),
        untriggered=waits,
        trigger=_trigger(payload.stopPrice, symbol, scales),
        reason=_failure(payload),
    )


def _failure(payload: StopEventPayload) -> str:
    """Why a stop that fired came to nothing, in the exchange's word; empty otherwise."""
    if payload.triggerSuccess is not False:
        return ""
    why = f": {excerpt(payload.error)}" if payload.error else ""
    return f"The stop fired, but the exchange refused its order{why}."


def fill(payload: FillPayload, scales: Scales) -> Fill:
    """A fill as REST tells it, with its fee."""
    symbol = Symbol(payload.symbol)
    settle = payload.settleCurrency or scales.contract(symbol).settle_currency
    return Fill(
        symbol=symbol,
        trade_id=payload.tradeId,
        order_id=OrderId(payload.orderId),
        side=read.side(payload.side),
        price=scales.ticks(symbol, read.positive(payload.price, "price")),
        lots=read.lots(payload.size, "size"),
        liquidity=read.liquidity(payload.liquidity),
        event_at=read.ns(payload.tradeTime, "tradeTime"),
        fee=Money(payload.fee, payload.feeCurrency),
        fee_rate=payload.feeRate,
        value=read.money(payload.value, settle),
        kind=read.told(TradeKind, enums.TradeKind, payload.tradeType),
        order_type=read.told(OrderType, enums.OrderKind, payload.orderType),
        is_stop=_was_stop(payload),
        margin_mode=read.told_margin_mode(payload.marginMode),
        position_side=read.told_position_side(payload.positionSide),
    )


def _was_stop(payload: FillPayload) -> bool | None:
    if payload.displayType:
        return payload.displayType.endswith("_stop")
    return None if payload.stop is None else bool(payload.stop)


def open_order_totals(symbol: Symbol, payload: OpenOrderStatisticsPayload) -> OpenOrderTotals:
    """What open orders add up to; sizes under their old or new names (API reference 3.5)."""
    buy = payload.openOrderBuySize if payload.openOrderBuyQty is None else payload.openOrderBuyQty
    sell = (
        payload.openOrderSellSize if payload.openOrderSellQty is None else payload.openOrderSellQty
    )
    currency = payload.settleCurrency
    return OpenOrderTotals(
        symbol,
        read.lots(read.needed(buy, "openOrderBuySize"), "openOrderBuySize"),
        read.lots(read.needed(sell, "openOrderSellSize"), "openOrderSellSize"),
        Money(payload.openOrderBuyCost, currency),
        Money(payload.openOrderSellCost, currency),
    )


def _trigger(value: object, symbol: Symbol, scales: Scales) -> Price | None:
    """Where a stop waits, for showing only: a mark or index trigger may lie between two ticks."""
    price = read.optional(value, "stopPrice")
    return scales.nearest(symbol, price, "stopPrice") if price else None


def _limit_price(value: object, kind: OrderType, symbol: Symbol, scales: Scales) -> Price | None:
    """The price of an order; market orders have none (``"0"`` or empty)."""
    price = read.optional(value, "price")
    if kind is OrderType.MARKET or not price:
        return None
    return scales.ticks(symbol, price)
