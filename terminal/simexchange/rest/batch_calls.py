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
            Route("POST", f"{orders}/multi", FUTURES, 20, TRADE, self._place, "place"),
            Route(
                "DELETE",
                f"{orders}/multi-cancel",
                FUTURES,
                self._cancel_weight,
                TRADE,
                self.cancel,
                "cancel",
            ),
        )

    def place(self, call: Call) -> list[dict[str, Any]]:
        """Place up to 20 orders, one after the other; stops are allowed (3.3)."""
        if not isinstance(call.body, list):
            raise Refused("400100", "The body is no JSON array", 400)
        _check_length("orders", call.body, MOST_ORDERS)
        if not all(isinstance(order, dict) for order in call.body):
            raise Refused("400100", "Each order is a JSON object", 400)
        return [self._placed(call, order) for order in call.body]

    def cancel(self, call: Call, success: str = CANCELED) -> list[dict[str, Any]]:
        """Cancel orders by their ids or by the user's; ids win when both are given (3.4).

        ``success`` is the code of an item that was canceled.
        """
        fields = call.fields
        limit = int(self._switches.multi_cancel_limit)
        ids = _listed(fields.get("orderIdsList"), "orderIdsList")
        if ids:
            _check_length("orderIdsList", ids, limit)
            if not all(isinstance(one, str) and one for one in ids):
                raise Refused("400100", "orderIdsList holds texts", 400)
            return [self._canceled(call, one, success) for one in ids]
        named = _listed(fields.get("clientOidsList"), "clientOidsList")
        _check_length("orderIdsList or clientOidsList", named, limit)
        if not all(_is_named(one) for one in named):
            raise Refused("400100", "clientOidsList holds symbol and clientOid", 400)
        return [self._canceled_by_client_oid(call, one, success) for one in named]

    def _place(self, call: Call) -> object:
        placed = self.place(call)
        return {"data": placed} if self._switches.batch_nesting == "nested" else placed

    def _cancel_weight(self) -> int:
        return int(self._switches.multi_cancel_weight)

    def _placed(self, call: Call, order: dict[str, Any]) -> dict[str, Any]:
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
            self._orders.cancel(replace(call, parts={"orderId": order_id}))
        except Refused as refused:
            return {**item, "code": refused.code, "msg": refused.text}
        return {**item, "code": success, "msg": "success"}

    def _canceled_by_client_oid(
        self, call: Call, named: dict[str, str], success: str
    ) -> dict[str, Any]:
        item = {"orderId": None, "clientOid": named["clientOid"]}
        parts, query = {"clientOid": named["clientOid"]}, {"symbol": named["symbol"]}
        try:
            self._orders.cancel_by_client_oid(replace(call, parts=parts, query=query))
        except Refused as refused:
            return {**item, "code": refused.code, "msg": refused.text}
        return {**item, "code": success, "msg": "success"}


def _check_length(name: str, items: list[Any], limit: int) -> None:
    if not items:
        raise Refused("400100", f"{name} must not be empty", 400)
    if len(items) > limit:
        raise Refused("400100", f"{name} must not be more than {limit}", 400)


def _listed(value: object, name: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise Refused("400100", f"{name} is no list", 400)
    return value


def _is_named(item: object) -> bool:
    return isinstance(item, dict) and all(
        isinstance(item.get(name), str) and item[name] for name in ("symbol", "clientOid")
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
