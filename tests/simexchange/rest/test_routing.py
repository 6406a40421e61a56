"""The table of calls."""

from __future__ import annotations

import pytest

from terminal.simexchange.errors import Refused
from terminal.simexchange.rest.routing import Call, Route, RouteTable


def a_table() -> RouteTable:
    return RouteTable(
        Route(method, path, "Futures", 1, None, lambda _call: None)
        for method, path in (
            ("GET", "/api/v1/orders"),
            ("GET", "/api/v1/orders/byClientOid"),
            ("GET", "/api/v1/orders/{orderId}"),
            ("DELETE", "/api/v1/orders/{orderId}"),
        )
    )


def test_a_fixed_path_wins_over_a_placeholder() -> None:
    table = a_table()
    assert table.find("GET", "/api/v1/orders/byClientOid")[0].path.endswith("byClientOid")
    route, parts = table.find("GET", "/api/v1/orders/12")
    assert (route.path, parts) == ("/api/v1/orders/{orderId}", {"orderId": "12"})


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/api/v1/order", "404000"),
        ("GET", "/api/v1/orders/", "404000"),
        ("GET", "/api/v1/orders/1/2", "404000"),
        ("PUT", "/api/v1/orders", "405000"),
        ("PUT", "/api/v1/orders/12", "405000"),
    ],
)
def test_what_there_is_not(method: str, path: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        a_table().find(method, path)
    assert caught.value.code == code


@pytest.mark.parametrize("value", ["-1", "1.5", "one", "\u0663", "9" * 19])
def test_numbers_of_the_query_are_whole(value: str) -> None:
    call = Call("GET", "/", {"n": value, "empty": ""})
    with pytest.raises(Refused):
        call.whole("n")
    assert call.whole("empty") is None
