"""The order socket's commands without a socket: whatever comes is answered, nothing is guessed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.auth import ApiKey
from terminal.simexchange.clock import SimClock
from terminal.simexchange.server import SimExchange

SYMBOL = "XBTUSDTM"
ORDER = {"clientOid": "t-1", "side": "buy", "symbol": SYMBOL, "leverage": 5, "size": 1}


@pytest.fixture
def exchange() -> SimExchange:
    return SimExchange(is_calm=True, clock=SimClock(start_ms=1_760_000_000_000, speed=0))


def ask(exchange: SimExchange, text: str, key: ApiKey | None = None) -> dict[str, Any]:
    """The reply to a frame as it would leave five milliseconds later."""
    reply = exchange.order_sockets.commands.answer(key or exchange.key, text, exchange.clock)
    assert reply is not None
    answer: dict[str, Any] = json.loads(reply.text(exchange.clock.now_ms() + 5))
    return answer


def ask_for(exchange: SimExchange, operation: object, args: object = None) -> dict[str, Any]:
    return ask(exchange, json.dumps({"id": "r-1", "op": operation, "args": args}))


def a_price(exchange: SimExchange) -> str:
    market = exchange.engine.markets[SYMBOL]
    return market.spec.text(market.last - 200)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "400100"),
        ("{", "400100"),
        ("[]", "400100"),
        ("null", "400100"),
        ('"id"', "400100"),
        ("[" * 100_000, "400100"),
        ("1" * 10_000, "400100"),
        ("{}", "4001002"),
        ('{"op":"futures.order"}', "4001002"),
        ('{"id":null,"op":"ping"}', "4001002"),
        ('{"id":"","op":"futures.order"}', "4001002"),
        ('{"id":7,"op":"futures.order"}', "4001002"),
        ('{"id":["7"],"op":"futures.order"}', "4001002"),
    ],
)
def test_a_frame_that_cannot_be_told_from_others_is_refused_without_an_id(
    exchange: SimExchange, text: str, code: str
) -> None:
    now_ms = exchange.clock.now_ms()
    refusal = ask(exchange, text)
    assert list(refusal) == ["code", "msg", "inTime", "outTime"]
    assert (refusal["code"], refusal["inTime"], refusal["outTime"]) == (code, now_ms, now_ms + 5)
    assert exchange.quota.pools == {}


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("futures.amend", "400100"),
        ("futures.Order", "400100"),
        ("uta.order", "400100"),
        ("", "400100"),
        (None, "400100"),
        (["futures.order"], "400100"),
        ({}, "400100"),
        ("spot.order", "400007"),
        ("spot.cancel", "400007"),
        ("spot.sync_order", "400007"),
        ("spot.sync_cancel", "400007"),
        ("spot.modify", "400007"),
        ("margin.order", "400007"),
        ("margin.cancel", "400007"),
    ],
)
def test_an_operation_that_is_not_offered_is_refused_by_its_name(
    exchange: SimExchange, operation: object, code: str
) -> None:
    """Spot and margin are refused for want of a permission that the key does not have."""
    refusal = ask_for(exchange, operation, ORDER)
    assert (refusal["id"], refusal["code"]) == ("r-1", code)
    assert refusal.get("op") == (operation if isinstance(operation, str) else None)
    assert exchange.quota.pools == {}


def test_spot_is_not_offered_to_a_key_that_may_trade_it(exchange: SimExchange) -> None:
    key = ApiKey("spot", "s", "p", frozenset({"Futures", "Spot"}))
    frame = json.dumps({"id": "r", "op": "spot.order", "args": ORDER})
    assert ask(exchange, frame, key)["code"] == "400100"


@pytest.mark.parametrize("stamp", [True, None, [], {}])
def test_a_ping_with_a_stamp_of_the_wrong_kind_is_refused(
    exchange: SimExchange, stamp: object
) -> None:
    frame = json.dumps({"id": "p", "op": "ping", "timestamp": stamp})
    refusal = ask(exchange, frame)
    assert (refusal["id"], refusal["op"], refusal["code"]) == ("p", "ping", "400100")


@pytest.mark.parametrize(
    "args",
    [
        None,
        [],
        "1",
        {},
        {"orderId": ""},
        {"orderId": 17},
        {"clientOid": "t-1"},
        {"clientOid": 1, "symbol": SYMBOL},
        {"clientOid": "t-1", "symbol": 1},
        {"symbol": SYMBOL},
    ],
)
def test_a_cancel_that_names_no_order_is_refused(exchange: SimExchange, args: object) -> None:
    ask_for(exchange, "futures.order", {**ORDER, "price": a_price(exchange)})
    assert ask_for(exchange, "futures.cancel", args)["code"] == "400100"
    assert len(exchange.engine.account.active()) == 1


def test_the_id_wins_when_a_cancel_names_an_order_twice(exchange: SimExchange) -> None:
    _, second = (
        ask_for(
            exchange,
            "futures.order",
            {**ORDER, "clientOid": name, "price": a_price(exchange)},
        )["data"]["orderId"]
        for name in ("t-1", "t-2")
    )
    args = {"orderId": second, "clientOid": "t-1", "symbol": SYMBOL}
    reply = ask_for(exchange, "futures.cancel", args)
    assert reply["data"] == {"cancelledOrderIds": [second]}


@pytest.mark.parametrize(
    ("operation", "weight"),
    [
        ("futures.order", 2),
        ("futures.cancel", 1),
        ("futures.multi_order", 20),
        ("futures.multi_cancel", 20),
    ],
)
def test_an_operation_costs_what_its_twin_costs(
    exchange: SimExchange, operation: str, weight: int
) -> None:
    """Also when it is refused."""
    reply = ask_for(exchange, operation)
    assert reply["code"] == "400100"
    assert reply["userRateLimit"]["remaining"] == 2000 - weight
    if operation == "futures.multi_cancel":
        exchange.switches.set("multi_cancel_weight", "30")
        assert ask_for(exchange, operation)["userRateLimit"]["remaining"] == 1950


def test_the_quota_has_the_name_that_the_switch_says(exchange: SimExchange) -> None:
    seen = {}
    for choice in ("userRateLimit", "rateLimit", "absent", "sometimes"):
        exchange.switches.set("socket_quota", choice)
        replies = [ask_for(exchange, "futures.cancel", {"orderId": "1"}) for _ in range(4)]
        seen[choice] = [
            next((name for name in reply if name.endswith("ateLimit")), "") for reply in replies
        ]
    assert seen == {
        "userRateLimit": ["userRateLimit"] * 4,
        "rateLimit": ["rateLimit"] * 4,
        "absent": [""] * 4,
        "sometimes": ["", "userRateLimit"] * 2,
    }


def test_a_server_error_on_demand_comes_before_anything_is_done(exchange: SimExchange) -> None:
    exchange.faults.server_errors = 1
    order = {**ORDER, "price": a_price(exchange)}
    assert ask_for(exchange, "futures.order", order)["code"] == "500000"
    assert exchange.engine.account.placed == 0
    assert ask_for(exchange, "futures.order", order)["code"] == "200000"
    assert exchange.order_sockets.commands.calls == {"futures.order": 2}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)
VALUE = JSON | st.sampled_from([SYMBOL, "buy", "sell", "limit", "market", "t-1", "1", 1, 5, True])
FIELDS = st.dictionaries(
    st.sampled_from(
        ["clientOid", "symbol", "side", "type", "price", "size", "leverage", "stop", "stopPrice",
         "stopPriceType", "orderId", "orderIdsList", "clientOidsList", "reduceOnly", "closeOrder",
         "marginMode", "positionSide", "timeInForce", "postOnly", "remark"]
    ),
    VALUE,
)  # fmt: skip
OPERATION = st.sampled_from(
    ["futures.order", "futures.cancel", "futures.multi_order", "futures.multi_cancel", "ping"]
)
SHARED = SimExchange(is_calm=True)
NEARLY = FIELDS.map(lambda fields: {**ORDER, "price": a_price(SHARED), **fields})
FRAME = st.fixed_dictionaries(
    {"id": st.text(max_size=3) | JSON, "op": OPERATION | JSON},
    optional={
        "args": FIELDS | NEARLY | st.lists(FIELDS | NEARLY, max_size=22) | JSON,
        "timestamp": JSON,
    },
)


def state(exchange: SimExchange) -> tuple[object, ...]:
    account = exchange.engine.account
    market = exchange.engine.markets[SYMBOL]
    return (
        account.placed,
        len(account.fills),
        [(order.id, order.remaining) for order in account.active()],
        [(one.currency, one.cash) for one in account.wallets.values()],
        [position.lots for position in account.positions.values()],
        market.last,
    )


@given(text=FRAME.map(json.dumps) | JSON.map(json.dumps) | st.text(max_size=40))
def test_every_frame_is_answered_and_changes_nothing_unless_it_is_a_valid_order(
    text: str,
) -> None:
    before = state(SHARED)
    reply = ask(SHARED, text)
    if reply.get("op") == "pong":
        accepted = False
    else:
        assert {"code", "inTime", "outTime"} <= set(reply)
        assert ("data" in reply) == (reply["code"] == "200000") == ("msg" not in reply)
        items = reply["data"] if isinstance(reply.get("data"), list) else [reply]
        accepted = any(item["code"] in ("200000", "200") for item in items)
    if not accepted:
        assert state(SHARED) == before
    SHARED.quota.pools.clear()
