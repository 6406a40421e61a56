"""The dead-man switch over REST."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.caller import START_MS, SYMBOL, Caller

SET, QUERY = "/api/ua/v1/dcp/set", "/api/ua/v1/dcp/query?tradeType=FUTURES"


@pytest.mark.conforms("POST /api/ua/v1/dcp/set", "GET /api/ua/v1/dcp/query")
@pytest.mark.parametrize(("unit", "per_second"), [("ms", 1000), ("s", 1)])
def test_set_shown_and_triggered(unit: str, per_second: int) -> None:
    caller = Caller(dcp_time_unit=unit)
    now = START_MS * per_second // 1000
    order = caller.place(price=caller.low())
    body = {"tradeType": "FUTURES", "timeout": 10, "symbol": SYMBOL}
    assert caller.data(SET, "POST", body) == {
        "tradeType": "FUTURES",
        "symbol": SYMBOL,
        "systemTime": now,
        "triggerTime": now + 10 * per_second,
    }
    caller.clock.advance(9)
    assert caller.data(QUERY) == {
        "timeout": 10,
        "symbols": SYMBOL,
        "currentTime": now + 9 * per_second,
    }
    assert caller.data(f"/api/v1/orders/{order}")["isActive"]
    caller.clock.advance(1)
    assert caller.data(f"/api/v1/orders/{order}")["isActive"] is False
    assert caller.data(QUERY) is None, "it acts once"


def test_taken_off() -> None:
    caller = Caller()
    order = caller.place(price=caller.low())
    assert caller.data(QUERY) is None
    caller.data(SET, "POST", {"tradeType": "FUTURES", "timeout": "5"})
    assert caller.data(QUERY)["symbols"] == ""
    off = caller.data(SET, "POST", {"tradeType": "FUTURES", "timeout": -1})
    assert off["triggerTime"] == 0
    assert caller.data(QUERY) is None
    caller.clock.advance(6)
    assert caller.data(f"/api/v1/orders/{order}")["isActive"]


def test_several_contracts_under_either_name() -> None:
    caller = Caller()
    for name in ("symbol", "symbols"):
        body = {"tradeType": "FUTURES", "timeout": 5, name: f"{SYMBOL},ETHUSDTM,{SYMBOL}"}
        assert caller.data(SET, "POST", body)["symbol"] == f"{SYMBOL},ETHUSDTM"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"timeout": None}, "400100"),
        ({"timeout": 4}, "400100"),
        ({"timeout": 0}, "400100"),
        ({"timeout": 86_401}, "400100"),
        ({"timeout": 5.5}, "400100"),
        ({"tradeType": None}, "400100"),
        ({"tradeType": "SPOT"}, "400100"),
        ({"symbol": "NOPE"}, "100003"),
        ({"symbol": 5}, "400100"),
        ({"symbol": ",".join(f"S{number}" for number in range(51))}, "400100"),
    ],
)
def test_what_is_refused_leaves_the_setting_before(changes: dict[str, Any], code: str) -> None:
    caller = Caller()
    body = {"tradeType": "FUTURES", "timeout": 60}
    caller.data(SET, "POST", body)
    assert caller.code(SET, "POST", {**body, **changes})[1] == code
    assert caller.data(QUERY)["timeout"] == 60
    assert caller.code("/api/ua/v1/dcp/query")[1] == "400100"


def test_they_draw_from_the_pool_of_the_unified_account() -> None:
    caller = Caller()
    assert caller.spent(QUERY) == ("Unified", 2)
    assert caller.spent(SET, "POST", {}) == ("Unified", 2)
