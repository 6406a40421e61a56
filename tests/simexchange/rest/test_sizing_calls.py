"""Sizing helpers over REST."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.caller import SYMBOL, Caller

OPEN, LIMITS = "/api/v2/getMaxOpenSize", "/api/v2/batchGetCrossOrderLimit"
NEEDS = "/api/v2/getCrossModeMarginRequirement"


@pytest.fixture
def caller() -> Caller:
    return Caller()


def test_the_table(caller: Caller) -> None:
    for method, target, weight in (
        ("GET", OPEN, 2),
        ("GET", LIMITS, 2),
        ("GET", NEEDS, 3),
        ("POST", NEEDS, 3),
    ):
        assert caller.spent(target, method) == ("Futures", weight)


@pytest.mark.conforms("GET /api/v2/getMaxOpenSize")
def test_the_largest_open_size_can_be_placed_and_no_more(caller: Caller) -> None:
    price = caller.low()
    data = caller.data(f"{OPEN}?symbol={SYMBOL}&price={price}&leverage=5")
    assert set(data) == {"symbol", "maxBuyOpenSize", "maxSellOpenSize"}
    assert data["maxBuyOpenSize"] == data["maxSellOpenSize"], "with no position and no orders"
    body = {"clientOid": "x", "symbol": SYMBOL, "side": "buy", "leverage": 5, "price": price}
    most = data["maxBuyOpenSize"]
    refused = caller.code("/api/v1/orders", "POST", {**body, "size": most + 1})
    assert refused == (200, "300005"), "the risk limit of level 1"
    caller.place(price=price, size=most)
    left = caller.data(f"{OPEN}?symbol={SYMBOL}&price={price}&leverage=5")
    assert (left["maxBuyOpenSize"], left["maxSellOpenSize"] > 0) == (0, True)


def test_the_largest_open_size_in_the_old_envelope() -> None:
    """As old services answer: code 200 and a flag (1.4)."""
    caller = Caller(max_open_size_envelope="old")
    status, answer = caller.call("GET", f"{OPEN}?symbol={SYMBOL}&price=99000&leverage=5")
    assert status == 200
    data = answer.pop("data")
    assert answer == {"success": True, "code": "200", "msg": "success", "retry": False}
    assert data["maxBuyOpenSize"] > 0


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (f"symbol={SYMBOL}&price=99000", "400100"),
        (f"symbol={SYMBOL}&leverage=5", "400100"),
        ("price=99000&leverage=5", "400100"),
        (f"symbol={SYMBOL}&price=0&leverage=5", "400100"),
        (f"symbol={SYMBOL}&price=1e999&leverage=5", "400100"),
        (f"symbol={SYMBOL}&price=99000&leverage=0", "400100"),
        (f"symbol={SYMBOL}&price=99000&leverage=126", "300016"),
        ("symbol=NOPE&price=99000&leverage=5", "100003"),
    ],
)
def test_open_sizes_that_are_refused(caller: Caller, query: str, code: str) -> None:
    assert caller.code(f"{OPEN}?{query}")[1] == code


def test_the_risk_limit_level_bounds_the_leverage(caller: Caller) -> None:
    body = {"symbol": SYMBOL, "level": 2}
    caller.data("/api/v1/position/risk-limit-level/change", "POST", body)
    query = f"{OPEN}?symbol={SYMBOL}&price=99000&leverage"
    assert caller.code(f"{query}=101") == (200, "300016")
    assert caller.data(f"{query}=100")["maxBuyOpenSize"] > 1010
    caller.account.margin_modes[SYMBOL] = "CROSS"
    assert caller.data(f"{query}=125")["maxBuyOpenSize"] > 0


@pytest.mark.conforms("GET /api/v2/batchGetCrossOrderLimit")
def test_limits_of_several_contracts(caller: Caller) -> None:
    """By default ten thousand dollars at the highest leverage, at the last price."""
    linear, inverse = caller.data(f"{LIMITS}?symbol={SYMBOL},XBTUSDM,{SYMBOL}")
    market = caller.engine.markets[SYMBOL]
    assert linear["price"] == market.spec.text(market.last)
    assert (linear["totalMargin"], linear["leverage"]) == ("10000", "125.00")
    assert (inverse["currency"], inverse["leverage"]) == ("XBT", "75.00")
    dollars = Decimal(inverse["totalMargin"]) * caller.engine.markets["XBTUSDM"].index_price
    assert dollars == pytest.approx(Decimal(10_000), abs=Decimal("0.01"))
    (own,) = caller.data(f"{LIMITS}?symbol={SYMBOL}&totalMargin=500&leverage=2")
    assert (own["totalMargin"], own["leverage"], own["imr"]) == ("500", "2.00", "0.5")
    value = own["maxOpenSize"] * market.spec.multiplier * Decimal(own["price"])
    assert Decimal(own["maxOpenValue"]) == value <= 1000


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "400100"),
        (f"symbol={SYMBOL},NOPE", "100003"),
        (f"symbol={','.join(f'S{number}' for number in range(51))}", "400100"),
        (f"symbol={SYMBOL}&totalMargin=0", "400100"),
        (f"symbol={SYMBOL}&totalMargin=x", "400100"),
        (f"symbol={SYMBOL}&leverage=126", "300016"),
        (f"symbol={SYMBOL},XBTUSDM&leverage=100", "300016"),
    ],
)
def test_limits_that_are_refused(caller: Caller, query: str, code: str) -> None:
    assert caller.code(f"{LIMITS}?{query}")[1] == code


@pytest.mark.conforms(
    "GET /api/v2/getCrossModeMarginRequirement", "POST /api/v2/getCrossModeMarginRequirement"
)
def test_the_margin_requirement_by_either_verb(caller: Caller) -> None:
    """What the limits say of a size is what its value requires."""
    (limit,) = caller.data(f"{LIMITS}?symbol={SYMBOL}")
    value = limit["maxOpenValue"]
    got = caller.data(f"{NEEDS}?symbol={SYMBOL}&positionValue={value}")
    posted = caller.data(NEEDS, "POST", {"symbol": SYMBOL, "positionValue": value, "leverage": 125})
    assert got == posted
    assert set(got) == {"symbol", "imr", "mmr", "size", "positionValue", "price"}
    names = {"imr": "imr", "mmr": "mmr", "size": "maxOpenSize", "price": "price"}
    assert {name: got[name] for name in names} == {a: limit[b] for a, b in names.items()}


@pytest.mark.parametrize(("verb", "other"), [("get", "POST"), ("post", "GET")])
def test_the_requirement_may_have_one_verb_only(verb: str, other: str) -> None:
    caller = Caller(margin_requirement_verb=verb)
    query = f"{NEEDS}?symbol={SYMBOL}&positionValue=1000"
    body = {"symbol": SYMBOL, "positionValue": "1000"}
    answers: dict[str, Any] = {"GET": (query, None), "POST": (NEEDS, body)}
    target, sent = answers[verb.upper()]
    assert caller.data(target, verb.upper(), sent)["size"] > 0
    target, sent = answers[other]
    assert caller.code(target, other, sent) == (405, "405000")


def test_the_requirement_may_come_as_a_list() -> None:
    caller = Caller(margin_requirement_shape="list")
    (row,) = caller.data(f"{NEEDS}?symbol={SYMBOL}&positionValue=1000")
    assert row["symbol"] == SYMBOL


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"symbol": SYMBOL}, "400100"),
        ({"positionValue": "1"}, "400100"),
        ({"symbol": SYMBOL, "positionValue": "-1"}, "400100"),
        ({"symbol": SYMBOL, "positionValue": [1]}, "400100"),
        ({"symbol": SYMBOL, "positionValue": "1", "leverage": "126"}, "300016"),
        ({"symbol": SYMBOL, "positionValue": "1", "leverage": {}}, "400100"),
        ({"symbol": "NOPE", "positionValue": "1"}, "100003"),
    ],
)
def test_requirements_that_are_refused(caller: Caller, body: dict[str, Any], code: str) -> None:
    assert caller.code(NEEDS, "POST", body)[1] == code
