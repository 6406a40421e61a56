"""The table of calls against reference 1.9 and against what the clients really call."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from terminal.wire.endpoints import (
    ENDPOINTS,
    UNKNOWN_WEIGHT,
    Effect,
    Host,
    Pool,
    closes,
    endpoint,
    listed,
)

CLIENTS = Path(__file__).parent.parent.parent / "terminal" / "exchange"

WEIGHTS = """
GET /api/v1/contracts/active Public 3
GET /api/v1/contracts/XBTUSDTM Public 3
GET /api/v1/ticker Public 2
GET /api/v1/allTickers Public 5
GET /api/v1/level2/snapshot Public 3
GET /api/v1/level2/depth20 Public 5
GET /api/v1/level2/depth100 Public 5
GET /api/v1/trade/history Public 5
GET /api/v1/kline/query Public 3
GET /api/v1/mark-price/XBTUSDTM/current Public 3
GET /api/v1/index/query Public 2
GET /api/v1/interest/query Public 5
GET /api/v1/premium/query Public 3
GET /api/v1/trade-statistics Futures 3
GET /api/v1/timestamp Public 2
GET /api/v1/status Public 4
GET /api/v1/funding-rate/XBTUSDTM/current Public 2
GET /api/v1/contract/funding-rates Public 5
GET /api/v1/contracts/risk-limit/XBTUSDTM Public 5
POST /api/v1/bullet-public Public 10
POST /api/v1/bullet-private Futures 10
POST /api/v1/orders Futures 2
POST /api/v1/orders/test Futures 2
POST /api/v1/st-orders Futures 2
POST /api/v1/orders/multi Futures 20
DELETE /api/v1/orders/5 Futures 1
DELETE /api/v1/orders/client-order/t-1 Futures 1
DELETE /api/v1/orders/multi-cancel Futures 20
DELETE /api/v3/orders Futures 10
DELETE /api/v1/orders Futures 800
DELETE /api/v1/stopOrders Futures 15
GET /api/v1/orders Futures 2
GET /api/v1/stopOrders Futures 6
GET /api/v1/orders/5 Futures 5
GET /api/v1/orders/byClientOid Futures 5
GET /api/v1/recentDoneOrders Futures 5
GET /api/v1/openOrderStatistics Futures 10
GET /api/v1/fills Futures 5
GET /api/v1/recentFills Futures 3
GET /api/v1/position Futures 2
GET /api/v2/position Futures 2
GET /api/v1/positions Futures 2
GET /api/v1/history-positions Futures 2
GET /api/v2/position/getMarginMode Futures 2
POST /api/v2/position/changeMarginMode Futures 2
POST /api/v2/position/batchChangeMarginMode Futures 2
GET /api/v2/getCrossUserLeverage Futures 2
POST /api/v2/changeCrossUserLeverage Futures 2
GET /api/v2/position/getPositionMode Futures 2
POST /api/v2/position/switchPositionMode Futures 2
GET /api/v2/getMaxOpenSize Futures 2
GET /api/v2/batchGetCrossOrderLimit Futures 2
GET /api/v2/getCrossModeMarginRequirement Futures 3
POST /api/v2/getCrossModeMarginRequirement Futures 3
GET /api/v1/margin/maxWithdrawMargin Futures 10
POST /api/v1/margin/withdrawMargin Futures 10
POST /api/v1/position/margin/deposit-margin Futures 4
POST /api/v1/position/margin/auto-deposit-status Futures 4
POST /api/v1/position/risk-limit-level/change Futures 5
GET /api/v1/funding-history Futures 5
GET /api/v1/account-overview Futures 5
GET /api/v1/account-overview-all Futures 6
GET /api/v1/transaction-history Futures 2
GET /api/v1/trade-fees Futures 3
GET /api/v1/accounts/transferable Management 20
POST /api/v3/accounts/universal-transfer Management 4
POST /api/v2/accounts/sub-transfer Management 30
POST /api/v2/accounts/inner-transfer Management 10
POST /api/v3/transfer-out Management 20
POST /api/v1/transfer-in Management 20
GET /api/v1/transfer-list Management 20
GET /api/v1/accounts Management 5
GET /api/v1/accounts/77 Management 5
GET /api/v2/user-info Management 20
GET /api/v1/user/api-key Management 20
GET /api/v2/sub/user Management 20
GET /api/v2/sub-accounts Management 20
GET /api/v1/sub-accounts/77 Management 15
GET /api/ua/v1/account/mode Unified 5
POST /api/ua/v1/dcp/set Unified 5
GET /api/ua/v1/dcp/query Unified 5
""".strip().splitlines()


@pytest.mark.parametrize("line", WEIGHTS)
def test_pool_and_weight_are_those_of_the_reference(line: str) -> None:
    method, path, pool, weight = line.split()
    row = listed(method, path)
    assert row is not None
    assert (row.pool.value, row.weight) == (pool, int(weight))


def test_the_table_above_is_the_whole_table() -> None:
    """One row per call, and each of them checked."""
    rows = {listed(*line.split()[:2]) for line in WEIGHTS}
    assert rows == set(ENDPOINTS)
    assert len(ENDPOINTS) == len({(row.method, row.path) for row in ENDPOINTS}) == len(WEIGHTS)


def test_only_what_is_listed_so_may_ever_be_sent_twice() -> None:
    """Orders, money and settings are named one by one."""
    by_effect = {
        effect: {row.path for row in ENDPOINTS if row.effect is effect} for effect in Effect
    }
    assert by_effect[Effect.ORDER] == {
        "/api/v1/orders",
        "/api/v1/st-orders",
        "/api/v1/orders/multi",
    }
    assert by_effect[Effect.TRANSFER] == {
        "/api/v1/position/margin/deposit-margin",
        "/api/v1/margin/withdrawMargin",
        "/api/v3/accounts/universal-transfer",
        "/api/v2/accounts/sub-transfer",
        "/api/v2/accounts/inner-transfer",
        "/api/v3/transfer-out",
        "/api/v1/transfer-in",
    }
    posts = {row.path for row in ENDPOINTS if row.method == "POST" and row.effect is Effect.READ}
    assert posts == {
        "/api/v1/bullet-public",
        "/api/v1/bullet-private",
        "/api/v1/orders/test",
        "/api/v2/getCrossModeMarginRequirement",
    }
    assert all(row.effect is Effect.READ for row in ENDPOINTS if row.method == "GET")
    assert all(
        row.effect in {Effect.CANCEL, Effect.CANCEL_ALL}
        for row in ENDPOINTS
        if row.method == "DELETE"
    )


def test_public_calls_take_no_key_and_hosts_are_told_apart() -> None:
    """The account host has accounts, transfers and unified accounts."""
    for row in ENDPOINTS:
        assert row.is_signed is (row.pool is not Pool.PUBLIC)
        is_there = row.path.startswith("/api/ua/") or (
            row.pool is Pool.MANAGEMENT and "transfer-" not in row.path.replace("sub-transfer", "")
        )
        on_account = row.host is Host.ACCOUNT
        assert on_account is (is_there or row.path.endswith("inner-transfer")), row.path


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT"])
def test_what_is_not_listed_is_dear_and_not_repeated(method: str) -> None:
    """Only a GET is taken for a read."""
    row = endpoint(method, "/api/v9/unheard/of")
    assert listed(method, "/api/v9/unheard/of") is None
    assert row.weight == UNKNOWN_WEIGHT
    assert (row.effect is Effect.READ) is (method == "GET")
    assert endpoint(method, "/api/ua/v9/x").pool is Pool.UNIFIED


def test_an_empty_part_is_no_parameter() -> None:
    """A path with a name missing is a mistake and not that call."""
    assert listed("DELETE", "/api/v1/orders/") is None


def test_every_path_that_a_client_names_is_listed() -> None:
    """A call that is added to a client is added to the table."""
    found = set[str]()
    for path in CLIENTS.glob("*.py"):
        for text in re.findall(r'"(/api/[^"?]*)"', path.read_text(encoding="utf-8")):
            found.add(re.sub(r"\{[^}]*\}", "x", text))
    assert len(found) > 15
    for text in found:
        if text == "/api/v1/x":  # a name is filled in: a kind of token
            continue
        assert any(listed(method, text) for method in ("GET", "POST", "DELETE")), text


@pytest.mark.parametrize(
    ("body", "only_closes"),
    [
        (None, False),
        ({}, False),
        ([], False),
        ({"closeOrder": True}, True),
        ({"closeOrder": "true"}, False),
        ({"reduceOnly": True, "size": 1}, True),
        ([{"closeOrder": True}, {"reduceOnly": True}], True),
        ([{"closeOrder": True}, {"size": 1}], False),
    ],
)
def test_what_can_only_close(body: object, *, only_closes: bool) -> None:
    assert closes(body) is only_closes
