"""Orders in batches: placing and canceling several at once. Source: reference 3.3 and 3.4.

Each item goes the way of a single order, so no rule stands here twice. The order socket has the
same two commands.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.rest.routing import FUTURES, TRADE, Route

if TYPE_CHECKING:
    from terminal.simexchange.fields import Fields
    from terminal.simexchange.rest.order_calls import OrderCalls
    from terminal.simexchange.rest.routing import Call
    from terminal.simexchange.switches import Switches

MOST_ORDERS = 20
"""Orders of one batch to place."""

PLACED = "200000"
CANCELED = "200"


@final
class BatchCalls:
    """The batch is answered with success even when every item of it was refused.

    A batch that cannot be read (no list, empty, too long, items of the wrong kind) is refused as a
    whole, and nothing of it is done.
    """

    def __init__(self, orders: OrderCalls, switches: Switches) -> None:
        self._orders = orders
        self._switches = switches

    def routes(self) -> tuple[Route, ...]:
        """The calls of this module."""
        orders = "/api/v1/orders"
        return (
            Route("POST", f"{orders}/multi", FUTURES, 20, TRADE, self._place, "batch"),
            Route(
                "DELETE",
                f"{orders}/multi-cancel",
                FUTURES,
                20,
                TRADE,
                self.cancel,
                "batch_cancel",
            ),
        )

    def place(self, call: Call) -> list[dict[str, Any]]:
        """Place up to 20 orders, one after the other; stops are allowed (3.3)."""
        return [self._placed(call, order) for order in call.objects(MOST_ORDERS)]

    def cancel(self, call: Call, success: str = CANCELED) -> list[dict[str, Any]]:
        """Cancel orders by their ids or by the user's; ids win when both are given (3.4).

        ``success`` is the code of an item that was canceled.
        """
        limit = int(self._switches.multi_cancel_limit)
        ids = call.fields.texts("orderIdsList", limit)
        if ids:
            return [self._canceled(call, one, success) for one in ids]
        named = [
            (one.required("symbol"), one.required("clientOid"))
            for one in call.fields.objects("clientOidsList", limit)
        ]
        if not named:
            raise Refused("400100", "orderIdsList or clientOidsList is required", 400)
        return [self._canceled_by_client_oid(call, *one, success) for one in named]

    def _place(self, call: Call) -> object:
        placed = self.place(call)
        return {"data": placed} if self._switches.batch_nesting == "nested" else placed

    def _placed(self, call: Call, order: Fields) -> dict[str, Any]:
        item = {
            "orderId": None,
            "clientOid": _text(order.get("clientOid")),
            "symbol": _text(order.get("symbol")),
        }
        try:
            made: Any = self._orders.place(replace(call, body=order))
        except Refused as refused:
            return {**item, "code": refused.code, "msg": refused.text}
        return {**item, "orderId": made["orderId"], "code": PLACED, "msg": "success"}

    def _canceled(self, call: Call, order_id: str, success: str) -> dict[str, Any]:
        item = {"orderId": order_id, "clientOid": None}
        try:
            self._orders.cancel(replace(call, parts={"orderId": order_id}, query={}))
        except Refused as refused:
            return {**item, "code": refused.code, "msg": refused.text}
        return {**item, "code": success, "msg": "success"}

    def _canceled_by_client_oid(
        self, call: Call, symbol: str, client_oid: str, success: str
    ) -> dict[str, Any]:
        item = {"orderId": None, "clientOid": client_oid}
        parts, query = {"clientOid": client_oid}, {"symbol": symbol}
        try:
            self._orders.cancel_by_client_oid(replace(call, parts=parts, query=query))
        except Refused as refused:
            return {**item, "code": refused.code, "msg": refused.text}
        return {**item, "code": success, "msg": "success"}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
