"""Payload shapes of orders, fills and order events. Source: API reference 3.3-3.7 and 5.7."""

from __future__ import annotations

import msgspec

from terminal.wire.fields import (
    Exact,
    MaybeExact,
    MaybeFlag,
    MaybeText,
    MaybeWhole,
    Text,
    Texts,
    Whole,
)


class PlacedPayload(msgspec.Struct):
    """Answer to a placed order; our own id comes back with it."""

    orderId: Text
    clientOid: MaybeText = None


class CancelledPayload(msgspec.Struct):
    """Answer to a cancel by id, by our own id (which is then named instead) or of all."""

    cancelledOrderIds: Texts = msgspec.field(default_factory=list[str])
    clientOid: MaybeText = None


class OrderPayload(msgspec.Struct):
    """An order as REST tells it. ``orderTime`` is ns, the other times ms.

    ``stopPrice`` is null, a number or text; ``dealSize`` and ``filledSize`` are the same.
    """

    id: Text
    symbol: Text
    type: Text
    side: Text
    size: Whole
    status: MaybeText = None
    isActive: MaybeFlag = None
    price: MaybeExact = None
    value: MaybeExact = None
    dealValue: MaybeExact = None
    filledValue: MaybeExact = None
    dealSize: MaybeWhole = None
    filledSize: MaybeWhole = None
    avgDealPrice: MaybeExact = None
    stp: MaybeText = None
    stop: MaybeText = None
    stopPriceType: MaybeText = None
    stopPrice: MaybeExact = None
    stopTriggered: MaybeFlag = None
    timeInForce: MaybeText = None
    postOnly: MaybeFlag = None
    hidden: MaybeFlag = None
    iceberg: MaybeFlag = None
    visibleSize: MaybeWhole = None
    forceHold: MaybeFlag = None
    closeOrder: MaybeFlag = None
    reduceOnly: MaybeFlag = None
    leverage: MaybeExact = None
    clientOid: MaybeText = None
    remark: MaybeText = None
    cancelExist: MaybeFlag = None
    settleCurrency: MaybeText = None
    marginMode: MaybeText = None
    positionSide: MaybeText = None
    createdAt: MaybeWhole = None
    updatedAt: MaybeWhole = None
    endAt: MaybeWhole = None


class FillPayload(msgspec.Struct):
    """A fill as REST tells it. ``tradeTime`` is ns; ``fee`` is positive when paid."""

    symbol: Text
    tradeId: Text
    orderId: Text
    side: Text
    liquidity: Text
    price: Exact
    size: Whole
    fee: Exact
    feeCurrency: Text
    tradeTime: Whole
    value: MaybeExact = None
    feeRate: MaybeExact = None
    settleCurrency: MaybeText = None
    orderType: MaybeText = None
    displayType: MaybeText = None
    tradeType: MaybeText = None
    stop: MaybeText = None
    marginMode: MaybeText = None
    positionSide: MaybeText = None
    forceTaker: MaybeFlag = None


class OpenOrderStatisticsPayload(msgspec.Struct):
    """``openOrderStatistics``: sizes are lots; older answers say ``Qty`` instead of ``Size``."""

    openOrderBuyCost: Exact
    openOrderSellCost: Exact
    settleCurrency: Text
    openOrderBuySize: MaybeWhole = None
    openOrderSellSize: MaybeWhole = None
    openOrderBuyQty: MaybeWhole = None
    openOrderSellQty: MaybeWhole = None


class OrderEventPayload(msgspec.Struct):
    """Data of a ``tradeOrders`` frame. Numbers are text; ``ts`` is ns."""

    orderId: Text
    symbol: Text
    type: Text
    status: Text
    size: Whole
    filledSize: Whole
    ts: Whole
    side: MaybeText = None
    clientOid: MaybeText = None
    orderType: MaybeText = None
    price: MaybeExact = None
    remainSize: MaybeWhole = None
    canceledSize: MaybeWhole = None
    matchPrice: MaybeExact = None
    matchSize: MaybeWhole = None
    tradeId: MaybeText = None
    liquidity: MaybeText = None
    feeType: MaybeText = None


class StopEventPayload(msgspec.Struct):
    """Data of an ``advancedOrders`` frame. ``ts`` is ns."""

    orderId: Text
    symbol: Text
    type: Text
    side: Text
    size: Whole
    ts: Whole
    orderPrice: MaybeExact = None
    stopPrice: MaybeExact = None
    triggerSuccess: MaybeFlag = None
    error: MaybeText = None
