"""Placing and cancelling one order or all of them. Source: reference 3.3, 3.4."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.rest.routing import FUTURES, TRADE, Route

if TYPE_CHECKING:
    from terminal.simexchange.engine.engine import Engine
    from terminal.simexchange.rest.routing import Call
    from terminal.simexchange.switches import Switches


@final
class OrderCalls:
    """Commands about the orders of the account that signed."""

    def __init__(self, engine: Engine, switches: Switches) -> None:
        self._engine = engine
        self._switches = switches

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
            Route("DELETE", orders, FUTURES, 800, TRADE, self._cancel_all_v1, "cancel"),
            Route("DELETE", "/api/v3/orders", FUTURES, 10, TRADE, self._cancel_all, "cancel"),
            Route("DELETE", "/api/v1/stopOrders", FUTURES, 15, TRADE, self._cancel_stops, "cancel"),
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

    def _cancel_all_v1(self, call: Call) -> object:
        """The deprecated way, of one contract or of all; the switch says whether it is gone."""
        if self._switches.cancel_all_v1 == "gone":
            raise Refused("404000", "Url Not Found", 404)
        return self._cancel_many(call, stops=False)

    def _cancel_all(self, call: Call) -> object:
        call.required("symbol")
        return self._cancel_many(call, stops=False)

    def _cancel_stops(self, call: Call) -> object:
        return self._cancel_many(call, stops=True)

    def _cancel_many(self, call: Call, *, stops: bool) -> object:
        symbol = call.text("symbol") or None
        if symbol is not None:
            symbol = self._engine.market(symbol).spec.symbol
        ids = self._engine.cancel_all(call.account, symbol, stops=stops)
        return {"cancelledOrderIds": ids}
