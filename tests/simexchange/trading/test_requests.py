"""Reading place requests: what is a number, what belongs together, what is refused."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.errors import Refused
from terminal.simexchange.market.contracts import CONTRACTS
from terminal.simexchange.trading.requests import PlaceRequest, flag, number, read_request

LINEAR = CONTRACTS[0]
INVERSE = next(spec for spec in CONTRACTS if spec.is_inverse)
PLAIN = {"clientOid": "a", "side": "buy", "type": "limit", "price": "100000", "size": 20}


def read(changes: dict[str, Any] | None = None, spec: Any = LINEAR) -> PlaceRequest:
    body = {k: v for k, v in {**PLAIN, **(changes or {})}.items() if v is not None}
    return read_request(body, spec, Decimal(100_000), takes_retail=True)


def refused(changes: dict[str, Any], spec: Any = LINEAR) -> Refused:
    with pytest.raises(Refused) as caught:
        read(changes, spec)
    return caught.value


def test_a_plain_request_has_the_documented_defaults() -> None:
    request = read({"type": None})
    assert (request.type, request.time_in_force) == ("limit", "GTC")
    assert (request.margin_mode, request.position_side) == ("ISOLATED", "BOTH")
    assert request.price == 1_000_000
    assert not request.only_reduces


@pytest.mark.parametrize(
    ("changes", "lots"),
    [
        ({"size": "20"}, 20),
        ({"size": 20.0}, 20),
        ({"size": None, "qty": "0.02"}, 20),
        ({"size": None, "qty": 0.02}, 20),
        ({"size": None, "valueQty": "2000"}, 20),
        ({"size": None, "valueQty": "2099.99"}, 20),
        ({"size": None, "valueQty": "2000", "type": "market", "price": None}, 20),
    ],
)
def test_a_size_is_lots_or_coins_or_value(changes: dict[str, Any], lots: int) -> None:
    assert read(changes).size == lots


@pytest.mark.parametrize(
    "changes",
    [
        {"size": None},
        {"size": 1, "qty": "0.001"},
        {"size": None, "qty": "0.001", "valueQty": "100"},
        {"size": None, "qty": "0.0015"},
        {"size": None, "qty": "0"},
        {"size": None, "valueQty": "99.99"},
        {"size": None, "valueQty": "-100"},
        {"size": "1e400000"},
        {"size": 10**40},
        {"size": float("inf")},
        {"size": float("nan")},
        {"size": True},
        {"size": [1]},
        {"size": {"a": 1}},
        {"size": "٣"},
        {"size": "1_0"},
        {"price": None},
        {"price": "0"},
        {"leverage": "0.5"},
        {"leverage": "five"},
        {"leverage": 2.5},
        {"leverage": "2.5"},
        {"stopPrice": "99000"},
        {"stopPrice": "99000", "stopPriceType": "TP"},
        {"postOnly": "yes"},
        {"postOnly": 1},
        {"stop": "sideways"},
        {"stop": "up", "stopPriceType": "TP"},
        {"stop": "up", "stopPrice": "1", "stopPriceType": "LP"},
        {"stop": "up", "stopPrice": "1"},
        {"timeInForce": "FOK"},
        {"timeInForce": "GTT"},
        {"timeInForce": ["GTC"]},
        {"iceberg": True},
        {"iceberg": True, "visibleSize": 0},
        {"stp": "DC"},
        {"side": None},
        {"type": "stop_limit"},
        {"clientOid": "x" * 41},
        {"clientOid": "größe"},
        {"clientOid": 7},
        {"remark": "x" * 101},
        {"remark": 5},
    ],
)
def test_what_cannot_be_read_is_400100(changes: dict[str, Any]) -> None:
    found = refused(changes)
    assert (found.code, found.status) == ("400100", 400)


@pytest.mark.parametrize("name", ["qty", "valueQty"])
def test_sizes_in_coins_and_value_are_for_linear_contracts(name: str) -> None:
    assert refused({"size": None, name: "100"}, INVERSE).code == "400100"


@pytest.mark.parametrize(
    "changes",
    [
        {"postOnly": True, "timeInForce": "IOC"},
        {"postOnly": True, "hidden": True},
        {"postOnly": True, "iceberg": True, "visibleSize": 5},
        {"timeInForce": "RPI", "hidden": True},
        {"type": "market", "price": None, "hidden": True},
        {"type": "market", "price": None, "postOnly": True},
        {"iceberg": True, "size": 21, "visibleSize": 1},
        {"size": LINEAR.max_lots + 1},
        {"type": "market", "price": None, "size": LINEAR.max_lots + 1},
        {"price": "1000000.1"},
        {"price": "100000.05"},
    ],
)
def test_what_contradicts_itself_or_the_contract_is_300000(changes: dict[str, Any]) -> None:
    assert refused(changes).code == "300000"


def test_an_iceberg_shows_a_twentieth_at_least_and_wins_over_hidden() -> None:
    request = read({"iceberg": "true", "hidden": True, "visibleSize": "1"})
    assert (request.is_iceberg, request.is_hidden, request.visible_size) == (True, False, 1)
    assert read({"hidden": True, "visibleSize": "1"}).visible_size is None


def test_retail_orders_may_be_unknown() -> None:
    assert read({"timeInForce": "RPI"}).never_takes
    with pytest.raises(Refused, match="400100"):
        read_request({**PLAIN, "timeInForce": "RPI"}, LINEAR, Decimal(100_000), takes_retail=False)


def test_a_close_order_may_leave_out_side_and_size() -> None:
    request = read({"closeOrder": True, "side": None, "size": None})
    assert (request.side, request.size, request.only_reduces) == (None, None, True)


wild = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=3,
)
NAMES = [
    *("clientOid", "side", "type", "price", "size", "qty", "valueQty", "leverage", "marginMode"),
    *("positionSide", "timeInForce", "postOnly", "hidden", "iceberg", "visibleSize", "reduceOnly"),
    *("closeOrder", "forceHold", "stop", "stopPrice", "stopPriceType", "stp", "remark"),
]


@given(st.dictionaries(st.sampled_from(NAMES), wild))
def test_whatever_is_sent_is_read_or_refused(changes: dict[str, Any]) -> None:
    request, code = None, ""
    try:
        request = read_request({**PLAIN, **changes}, LINEAR, Decimal(1), takes_retail=True)
    except Refused as found:
        code = found.code
    if request is None:
        assert code in {"400100", "300000"}
    else:
        assert request.size is None or 0 < request.size <= LINEAR.max_lots
        assert len(dataclasses.astuple(request)) == 21


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, max_value=10**9))
def test_numbers_come_out_as_they_were_written(value: Decimal) -> None:
    assert number({"a": format(value, "f")}, "a") == value
    assert number({"a": None}, "a") is None


def test_flags_are_flags() -> None:
    assert flag({"a": "TRUE"}, "a")
    assert not flag({"a": ""}, "a")
    assert not flag({}, "a")


@pytest.mark.parametrize("leverage", [5, "5", 5.0, "5.0"])
def test_a_leverage_is_a_whole_number_or_its_text(leverage: object) -> None:
    assert read({"leverage": leverage}).leverage == 5
