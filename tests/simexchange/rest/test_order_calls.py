"""Cancelling: what each call cancels, and what it answers."""

from __future__ import annotations

import pytest

from tests.support.caller import SYMBOL, Caller

ORDERS = "/api/v1/orders"


def active(caller: Caller) -> set[str]:
    """Everything that works or waits."""
    return {order.id for order in caller.account.active()}


def four_orders(caller: Caller) -> tuple[str, str, str, str]:
    """A plain order and a stop of each of two contracts."""

    def two(symbol: str) -> tuple[str, str]:
        far = caller.low(symbol, 9000)
        stop = {"stop": "down", "stopPriceType": "MP", "stopPrice": far}
        return caller.place(symbol, price=caller.low(symbol)), caller.place(symbol, **stop)

    return (*two(SYMBOL), *two("ETHUSDTM"))


@pytest.mark.conforms("DELETE /api/v1/orders/{orderId}")
def test_cancel_by_id() -> None:
    """Plain orders and stops alike; what has ended or never was is refused with 100004."""
    caller = Caller()
    plain, stop, *others = four_orders(caller)
    for order in (plain, stop):
        answer = caller.data(f"{ORDERS}/{order}", "DELETE")
        assert answer == {"cancelledOrderIds": [order]}
        assert caller.code(f"{ORDERS}/{order}", "DELETE") == (200, "100004")
    assert caller.code(f"{ORDERS}/1", "DELETE") == (200, "100004")
    assert active(caller) == set(others)


@pytest.mark.conforms("DELETE /api/v1/orders/client-order/{clientOid}")
def test_cancel_by_the_users_id() -> None:
    """The symbol is required and must be the order's."""
    caller = Caller()
    caller.place(price=caller.low(), clientOid="mine")
    path = f"{ORDERS}/client-order/mine"
    assert caller.code(path, "DELETE") == (400, "400100")
    assert caller.code(f"{path}?symbol=ETHUSDTM", "DELETE") == (200, "100004")
    assert caller.data(f"{path}?symbol={SYMBOL}", "DELETE") == {"clientOid": "mine"}
    assert caller.code(f"{path}?symbol={SYMBOL}", "DELETE") == (200, "100004")


@pytest.mark.conforms("DELETE /api/v3/orders", "DELETE /api/v1/stopOrders")
def test_cancel_all() -> None:
    """Plain orders of one contract; stops of one or of all; nothing there is an empty list."""
    caller = Caller()
    plain, stop, other, other_stop = four_orders(caller)
    assert caller.code("/api/v3/orders", "DELETE") == (400, "400100")
    path = f"/api/v3/orders?symbol={SYMBOL}"
    assert caller.data(path, "DELETE") == {"cancelledOrderIds": [plain]}
    assert caller.data(path, "DELETE") == {"cancelledOrderIds": []}
    path = "/api/v1/stopOrders"
    assert caller.data(f"{path}?symbol={SYMBOL}", "DELETE") == {"cancelledOrderIds": [stop]}
    assert caller.data(path, "DELETE") == {"cancelledOrderIds": [other_stop]}
    assert active(caller) == {other}
    assert caller.code(f"{path}?symbol=NOPE", "DELETE")[1] == "100003"


@pytest.mark.conforms("DELETE /api/v1/orders")
def test_the_deprecated_cancel_all() -> None:
    """Gone like any unknown path, or answering for one contract or for all; very dear."""
    caller = Caller(cancel_all_v1="gone")
    four_orders(caller)
    assert caller.code(ORDERS, "DELETE") == (404, "404000")
    assert len(active(caller)) == 4
    caller = Caller()
    plain, stop, other, other_stop = four_orders(caller)
    path = f"{ORDERS}?symbol={SYMBOL}"
    assert caller.data(path, "DELETE") == {"cancelledOrderIds": [plain]}
    assert caller.data(ORDERS, "DELETE") == {"cancelledOrderIds": [other]}
    assert active(caller) == {stop, other_stop}
    assert caller.spent(ORDERS, "DELETE") == ("Futures", 800)


@pytest.mark.conforms("POST /api/v1/orders", "POST /api/v1/orders/test")
def test_a_test_is_answered_like_an_order_and_forgotten() -> None:
    """Both ids and nothing else; the tested one can neither be asked for nor canceled."""
    caller = Caller()
    body = {"clientOid": "t-1", "symbol": SYMBOL, "side": "buy", "size": 1, "leverage": 5}
    body["price"] = caller.low()
    tested = caller.data(f"{ORDERS}/test", "POST", body)
    assert set(tested) == {"orderId", "clientOid"}
    assert caller.code(f"{ORDERS}/{tested['orderId']}") == (200, "100001")
    assert caller.code(f"{ORDERS}/{tested['orderId']}", "DELETE") == (200, "100004")
    placed = caller.data(ORDERS, "POST", body)
    assert placed == {"orderId": placed["orderId"], "clientOid": "t-1"}
    assert active(caller) == {placed["orderId"]}


@pytest.mark.parametrize(
    ("method", "target", "weight"),
    [
        ("DELETE", f"{ORDERS}/1", 1),
        ("DELETE", f"{ORDERS}/client-order/a?symbol={SYMBOL}", 1),
        ("DELETE", "/api/v1/stopOrders", 15),
        ("POST", ORDERS, 2),
        ("POST", f"{ORDERS}/test", 2),
    ],
)
def test_what_the_calls_cost(method: str, target: str, weight: int) -> None:
    assert Caller().spent(target, method) == ("Futures", weight)
