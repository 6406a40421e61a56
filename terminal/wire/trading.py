"""Payload shapes of orders, fills and order events. Source: API reference 3.3-3.7 and 5.7."""

from __future__ import annotations

from decimal import Decimal

import msgspec


class PlacedPayload(msgspec.Struct):
    """Answer to a placed order."""

    orderId: str


class CancelledPayload(msgspec.Struct):
    """Answer to a cancel by id or of all."""

    cancelledOrderIds: list[str] = []


class OrderPayload(msgspec.Struct):
    """An order as REST tells it. ``orderTime`` is ns, the other times ms."""

    id: str
    symbol: str
    type: str
    side: str
    size: int
    status: str = ""
    isActive: bool = False
    price: str | float | None = None
    dealSize: int | None = None
    filledSize: int | None = None
    stop: str | None = ""
    stopPrice: str | float | None = None
    stopTriggered: bool | None = None
    postOnly: bool | None = False
    closeOrder: bool | None = False
    reduceOnly: bool | None = False
    clientOid: str | None = ""
    cancelExist: bool | None = False
    createdAt: int = 0
    updatedAt: int | None = None
    endAt: int | None = None


class OrderPagePayload(msgspec.Struct):
    """One page of orders."""

    currentPage: int
    totalPage: int
    items: list[OrderPayload]


class FillPayload(msgspec.Struct):
    """A fill as REST tells it. ``tradeTime`` is ns; ``fee`` is positive when paid."""

    symbol: str
    tradeId: str
    orderId: str
    side: str
    liquidity: str
    price: Decimal
    size: int
    fee: Decimal
    feeCurrency: str
    tradeTime: int


class OrderEventPayload(msgspec.Struct):
    """Data of a ``tradeOrders`` frame. Numbers are text; ``ts`` is ns."""

    orderId: str
    symbol: str
    type: str
    status: str
    size: int
    filledSize: int
    ts: int
    side: str | None = None
    clientOid: str | None = None
    orderType: str | None = None
    price: str | None = None
    remainSize: int | None = None
    canceledSize: int | None = None
    matchPrice: str | None = None
    matchSize: str | None = None
    tradeId: str | None = None
    liquidity: str | None = None
    feeType: str | None = None


class StopEventPayload(msgspec.Struct):
    """Data of an ``advancedOrders`` frame. ``ts`` is ns."""

    orderId: str
    symbol: str
    type: str
    side: str
    size: int
    ts: int
    orderPrice: str | None = None
    stopPrice: str | None = None
    triggerSuccess: bool | None = None
    error: str | None = None
