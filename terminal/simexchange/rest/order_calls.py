"""Placing, cancelling and asking for orders and fills. Source: reference 3.3 to 3.7."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.payloads import orders as payloads
from terminal.simexchange.rest.paging import page
from terminal.simexchange.rest.routing import FUTURES, GENERAL, TRADE, Route

if TYPE_CHECKING:
    from terminal.simexchange.engine.engine import Engine
    from terminal.simexchange.rest.routing import Call
    from terminal.simexchange.trading.account import UserFill
    from terminal.simexchange.trading.orders import UserOrder


@final
class OrderCalls:
    """Everything about the orders of the account that signed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def routes(self) -> tuple[Route, ...]:
        """The calls of this module."""
        orders = "/api/v1/orders"
        return (
            Route("POST", orders, FUTURES, 2, TRADE, self.place, "place"),
            Route("POST", "/api/v1/st-orders", FUTURES, 2, TRADE, self._place_with_exits, "place"),
            Route("POST", f"{orders}/test", FUTURES, 2, TRADE, self._test),
            Route(
                "DELETE",
                f"{orders}/client-order/{{clientOid}}",
                FUTURES,
                1,
                TRADE,
                self.cancel_by_client_oid,
                "cancel",
            ),
            Route("DELETE", f"{orders}/{{orderId}}", FUTURES, 1, TRADE, self.cancel, "cancel"),
            Route("DELETE", "/api/v3/orders", FUTURES, 10, TRADE, self._cancel_all, "cancel"),
            Route("DELETE", "/api/v1/stopOrders", FUTURES, 15, TRADE, self._cancel_stops, "cancel"),
            Route("GET", orders, FUTURES, 2, GENERAL, self._orders),
            Route("GET", "/api/v1/stopOrders", FUTURES, 6, GENERAL, self._stops),
            Route("GET", "/api/v1/recentDoneOrders", FUTURES, 5, GENERAL, self._recent_done),
            Route("GET", f"{orders}/byClientOid", FUTURES, 5, GENERAL, self._by_client_oid),
            Route("GET", f"{orders}/{{orderId}}", FUTURES, 5, GENERAL, self._order),
            Route("GET", "/api/v1/fills", FUTURES, 5, GENERAL, self._fills),
            Route("GET", "/api/v1/recentFills", FUTURES, 3, GENERAL, self._recent_fills),
        )

    def place(self, call: Call) -> object:
        """Place one order."""
        order = self._engine.place(call.account, call.fields)
        return {"orderId": order.id, "clientOid": order.client_oid}

    def _place_with_exits(self, call: Call) -> object:
        order = self._engine.place_with_exits(call.account, call.fields)
        return {"orderId": order.id, "clientOid": order.client_oid}

    def _test(self, call: Call) -> object:
        order = self._engine.test(call.account, call.fields)
        return {"orderId": order.id, "clientOid": order.client_oid}

    def cancel(self, call: Call) -> object:
        """Cancel the order of ``orderId``."""
        order = call.account.orders.get(call.text("orderId"))
        if order is None:
            raise Refused("100004", "The order cannot be canceled.")
        self._engine.cancel(order)
        return {"cancelledOrderIds": [order.id]}

    def cancel_by_client_oid(self, call: Call) -> object:
        """Cancel the order of ``clientOid`` and ``symbol``."""
        symbol = self._engine.market(call.required("symbol")).spec.symbol
        order = call.account.by_client_oid(call.text("clientOid"))
        if order is None or order.symbol != symbol:
            raise Refused("100004", "The order cannot be canceled.")
        self._engine.cancel(order)
        return {"clientOid": order.client_oid}

    def _cancel_all(self, call: Call) -> object:
        symbol = self._engine.market(call.required("symbol")).spec.symbol
        ids = self._engine.cancel_all(call.account, symbol, stops=False)
        return {"cancelledOrderIds": ids}

    def _cancel_stops(self, call: Call) -> object:
        symbol = call.text("symbol") or None
        if symbol is not None:
            self._engine.market(symbol)
        ids = self._engine.cancel_all(call.account, symbol, stops=True)
        return {"cancelledOrderIds": ids}

    def _orders(self, call: Call) -> object:
        status = call.text("status", "done")
        if status not in ("active", "done"):
            raise Refused("400100", "status is active or done", 400)
        is_active = status == "active"
        found = [
            order
            for order in self._chosen(call)
            if order.is_active is is_active and not order.waits
        ]
        return page(call, found[::-1], self._payload)

    def _stops(self, call: Call) -> object:
        found = [order for order in self._chosen(call) if order.waits]
        return page(call, found[::-1], self._payload)

    def _recent_done(self, call: Call) -> object:
        done = [order for order in self._chosen(call) if not order.is_active]
        return [self._payload(order) for order in reversed(done[-1000:])]

    def _order(self, call: Call) -> object:
        return self._found(call.account.orders.get(call.text("orderId")))

    def _by_client_oid(self, call: Call) -> object:
        return self._found(call.account.by_client_oid(call.required("clientOid")))

    def _fills(self, call: Call) -> object:
        query = call.query
        start_ms, end_ms = call.whole("startAt"), call.whole("endAt")
        fills = [
            fill
            for fill in call.account.fills
            if query.get("orderId", fill.order_id) == fill.order_id
            and query.get("symbol", fill.symbol) == fill.symbol
            and query.get("side", fill.side) == fill.side
            and query.get("type", fill.order_type) == fill.order_type
            and (start_ms is None or fill.at_ns >= start_ms * 1_000_000)
            and (end_ms is None or fill.at_ns <= end_ms * 1_000_000)
        ]
        return page(call, fills[::-1], self._fill_payload)

    def _recent_fills(self, call: Call) -> object:
        symbol = call.text("symbol")
        return [
            self._fill_payload(fill)
            for fill in reversed(call.account.fills)
            if not symbol or fill.symbol == symbol
        ]

    def _fill_payload(self, fill: UserFill) -> dict[str, Any]:
        return payloads.fill(fill, self._engine.markets[fill.symbol])

    def _chosen(self, call: Call) -> list[UserOrder]:
        query = call.query
        start_ms, end_ms = call.whole("startAt"), call.whole("endAt")
        return [
            order
            for order in call.account.orders.values()
            if query.get("symbol", order.symbol) == order.symbol
            and query.get("side", order.side) == order.side
            and query.get("type", order.type) == order.type
            and (start_ms is None or order.created_ms >= start_ms)
            and (end_ms is None or order.created_ms <= end_ms)
        ]

    def _found(self, order: UserOrder | None) -> dict[str, Any]:
        if order is None:
            raise Refused("100001", "error.getOrder.orderNotExist")
        return self._payload(order)

    def _payload(self, order: UserOrder) -> dict[str, Any]:
        return payloads.order(order, self._engine.markets[order.symbol])
