"""Batches over REST: each item for itself, the whole refused only when it cannot be read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.server import SimExchange
from terminal.simexchange.switches import Switches
from tests.support.stranger import ask_signed

SYMBOL = "XBTUSDTM"
MULTI = "/api/v1/orders/multi"
MULTI_CANCEL = "/api/v1/orders/multi-cancel"


def an_exchange(**switches: str) -> SimExchange:
    return SimExchange(is_calm=True, switches=Switches(**switches))


@pytest.fixture
def exchange() -> SimExchange:
    return an_exchange()


def an_order(exchange: SimExchange, client_oid: str, **changes: Any) -> dict[str, Any]:
    """A buy that rests two hundred ticks below the last trade."""
    market = exchange.engine.markets[SYMBOL]
    order: dict[str, Any] = {
        "clientOid": client_oid,
        "side": "buy",
        "symbol": SYMBOL,
        "type": "limit",
        "leverage": 5,
        "price": market.spec.text(market.last - 200),
        "size": 1,
    }
    return {**order, **changes}


def place(exchange: SimExchange, body: Any) -> list[dict[str, Any]]:
    status, answer = ask_signed(exchange, "POST", MULTI, body)
    assert (status, answer["code"]) == (200, "200000"), answer
    items: list[dict[str, Any]] = answer["data"]
    return items


def cancel(exchange: SimExchange, body: Any) -> list[dict[str, Any]]:
    status, answer = ask_signed(exchange, "DELETE", MULTI_CANCEL, body)
    assert (status, answer["code"]) == (200, "200000"), answer
    items: list[dict[str, Any]] = answer["data"]
    return items


@pytest.mark.conforms("POST /api/v1/orders/multi")
def test_each_order_of_a_batch_succeeds_or_fails_for_itself(exchange: SimExchange) -> None:
    """One rests, one has no price, one is a stop, one repeats an id, one has no contract."""
    market = exchange.engine.markets[SYMBOL]
    low = market.spec.text(market.last - 400)
    stop = {"stop": "down", "stopPriceType": "TP", "stopPrice": low}
    items = place(
        exchange,
        [
            an_order(exchange, "t-1"),
            an_order(exchange, "t-2", price=None),
            an_order(exchange, "t-3", **stop),
            an_order(exchange, "t-1"),
            an_order(exchange, "t-5", symbol="NOPE"),
            {},
        ],
    )
    assert [item["code"] for item in items[:5]] == [
        "200000", "400100", "200000", "300018", "100003",
    ]  # fmt: skip
    assert [item["clientOid"] for item in items] == ["t-1", "t-2", "t-3", "t-1", "t-5", None]
    assert [item["symbol"] for item in items] == [SYMBOL] * 4 + ["NOPE", None]
    assert [item["orderId"] is None for item in items] == [False, True, False, True, True, True]
    assert items[0]["msg"] == "success"
    working = exchange.engine.account.active()
    assert [(order.id, order.client_oid) for order in working] == [
        (items[0]["orderId"], "t-1"),
        (items[2]["orderId"], "t-3"),
    ]


def test_a_batch_that_fails_throughout_is_still_answered_with_success(
    exchange: SimExchange,
) -> None:
    exchange.engine.is_suspended = True
    items = place(exchange, [an_order(exchange, f"t-{number}") for number in range(20)])
    assert {item["code"] for item in items} == {"300002"}
    assert len(items) == 20


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        "orders",
        [],
        [1],
        [None],
        [[]],
        [{"clientOid": "fine"}, "not"],
    ],
)
def test_a_batch_that_cannot_be_read_is_refused_as_a_whole(
    exchange: SimExchange, body: Any
) -> None:
    status, answer = ask_signed(exchange, "POST", MULTI, body)
    assert (status, answer["code"], set(answer)) == (400, "400100", {"code", "msg"})


def test_nothing_of_a_batch_that_is_refused_is_placed(exchange: SimExchange) -> None:
    good = an_order(exchange, "t-1")
    for body in ([good, 1], [an_order(exchange, f"t-{number}") for number in range(21)]):
        status, answer = ask_signed(exchange, "POST", MULTI, body)
        assert (status, answer["code"]) == (400, "400100")
    assert exchange.engine.account.placed == 0


def test_a_batch_reply_may_have_one_more_level() -> None:
    exchange = an_exchange(batch_nesting="nested")
    _, answer = ask_signed(exchange, "POST", MULTI, [an_order(exchange, "t-1")])
    assert [item["clientOid"] for item in answer["data"]["data"]] == ["t-1"]


@pytest.mark.conforms("DELETE /api/v1/orders/multi-cancel")
def test_orders_are_canceled_by_their_ids(exchange: SimExchange) -> None:
    """An order that ended, one there never was and a repeated id fail; the others do not."""
    first, second, third = (
        item["orderId"]
        for item in place(exchange, [an_order(exchange, f"t-{number}") for number in range(3)])
    )
    ask_signed(exchange, "DELETE", f"/api/v1/orders/{second}")
    items = cancel(exchange, {"orderIdsList": [first, second, "17", first]})
    text = "The order cannot be canceled."
    assert items == [
        {"orderId": first, "clientOid": None, "code": "200", "msg": "success"},
        {"orderId": second, "clientOid": None, "code": "100004", "msg": text},
        {"orderId": "17", "clientOid": None, "code": "100004", "msg": text},
        {"orderId": first, "clientOid": None, "code": "100004", "msg": text},
    ]
    assert [order.id for order in exchange.engine.account.active()] == [third]


@pytest.mark.conforms("DELETE /api/v1/orders/multi-cancel")
def test_orders_are_canceled_by_the_ids_of_the_user(exchange: SimExchange) -> None:
    place(exchange, [an_order(exchange, "t-1"), an_order(exchange, "t-2")])
    names = [
        {"symbol": SYMBOL, "clientOid": "t-1"},
        {"symbol": "ETHUSDTM", "clientOid": "t-2"},
        {"symbol": "NOPE", "clientOid": "t-2"},
    ]
    items = cancel(exchange, {"clientOidsList": names})
    assert [(item["orderId"], item["clientOid"], item["code"]) for item in items] == [
        (None, "t-1", "200"),
        (None, "t-2", "100004"),
        (None, "t-2", "100003"),
    ]
    assert [order.client_oid for order in exchange.engine.account.active()] == ["t-2"]


def test_ids_win_when_both_lists_are_given(exchange: SimExchange) -> None:
    first, _ = place(exchange, [an_order(exchange, "t-1"), an_order(exchange, "t-2")])
    names = [{"symbol": SYMBOL, "clientOid": "t-2"}]
    items = cancel(exchange, {"orderIdsList": [first["orderId"]], "clientOidsList": names})
    assert [item["orderId"] for item in items] == [first["orderId"]]
    items = cancel(exchange, {"orderIdsList": [], "clientOidsList": names})
    assert [item["clientOid"] for item in items] == ["t-2"]


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"orderIdsList": []},
        {"orderIdsList": "1"},
        {"orderIdsList": [1]},
        {"orderIdsList": ["1", None]},
        {"orderIdsList": [str(number) for number in range(21)]},
        {"clientOidsList": ["t-1"]},
        {"clientOidsList": [{"clientOid": "t-1"}]},
        {"clientOidsList": [{"clientOid": 1, "symbol": SYMBOL}]},
        {"clientOidsList": {"clientOid": "t-1", "symbol": SYMBOL}},
    ],
)
def test_a_batch_cancel_that_cannot_be_read_cancels_nothing(
    exchange: SimExchange, body: Any
) -> None:
    place(exchange, [an_order(exchange, "t-1")])
    status, answer = ask_signed(exchange, "DELETE", MULTI_CANCEL, body)
    assert (status, answer["code"]) == (400, "400100")
    assert len(exchange.engine.account.active()) == 1


def test_the_batch_cancel_may_be_held_to_ten() -> None:
    exchange = an_exchange(multi_cancel_limit="10")
    ids = [str(number) for number in range(11)]
    status, _ = ask_signed(exchange, "DELETE", MULTI_CANCEL, {"orderIdsList": ids})
    assert status == 400
    assert len(cancel(exchange, {"orderIdsList": ids[:10]})) == 10


@pytest.mark.parametrize("weight", [20, 30])
def test_a_batch_costs_its_weight_whatever_it_holds(exchange: SimExchange, weight: int) -> None:
    """The weight of a batch cancel may be turned while the exchange runs."""
    exchange.switches.set("multi_cancel_weight", str(weight))
    pool = exchange.quota.pool("Futures", exchange.key.uid)
    place(exchange, [an_order(exchange, "t-1")])
    assert pool.spent == 20
    cancel(exchange, {"orderIdsList": ["1"]})
    assert pool.spent == 20 + weight


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
ITEM = st.dictionaries(
    st.sampled_from(["clientOid", "symbol", "side", "type", "price", "size", "leverage", "stop"]),
    JSON | st.sampled_from([SYMBOL, "buy", "limit", "1"]),
)
SHARED = an_exchange()


@given(body=JSON | st.lists(ITEM, max_size=22))
def test_whatever_is_sent_as_a_batch_is_answered(body: Any) -> None:
    """The answer is an envelope with a code; without a valid order nothing is placed."""
    placed = SHARED.engine.account.placed
    _, answer = ask_signed(SHARED, "POST", MULTI, body)
    assert isinstance(answer["code"], str)
    accepted = 0
    if answer["code"] == "200000":
        assert len(answer["data"]) == len(body)
        accepted = sum(item["code"] == "200000" for item in answer["data"])
    assert SHARED.engine.account.placed == placed + accepted
    SHARED.quota.pools.clear()


@given(
    body=st.fixed_dictionaries({}, optional={"orderIdsList": JSON, "clientOidsList": JSON}) | JSON
)
def test_whatever_is_sent_as_a_batch_cancel_is_answered(body: Any) -> None:
    _, answer = ask_signed(SHARED, "DELETE", MULTI_CANCEL, body)
    assert answer["code"] in ("200000", "400100")
    SHARED.quota.pools.clear()
