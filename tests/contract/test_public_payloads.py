"""Public calls against payloads of known provenance: the same fields of the same kinds, no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from terminal.simexchange.clock import SimClock
from terminal.simexchange.server import SimExchange
from tests.support.asker import Asker

FOLDER = Path(__file__).parent.parent / "fixtures" / "kucoin"

CALLS = {
    "contract": "GET /api/v1/contracts/XBTUSDTM",
    "ticker": "GET /api/v1/ticker?symbol=XBTUSDTM",
    "all_tickers": "GET /api/v1/allTickers",
    "snapshot": "GET /api/v1/level2/snapshot?symbol=XBTUSDTM",
    "trade_history": "GET /api/v1/trade/history?symbol=XBTUSDTM",
    "klines": "GET /api/v1/kline/query?symbol=XBTUSDTM&granularity=1",
    "mark_price": "GET /api/v1/mark-price/XBTUSDTM/current",
    "index_query": "GET /api/v1/index/query?symbol=.KXBTUSDT",
    "premium_query": "GET /api/v1/premium/query?symbol=.XBTUSDTMPI",
    "interest_query": "GET /api/v1/interest/query?symbol=.XBTINT8H",
    "funding_rate": "GET /api/v1/funding-rate/XBTUSDTM/current",
    "funding_rates": "GET /api/v1/contract/funding-rates?symbol=XBTUSDTM&from=0&to=1760000000000",
    "timestamp": "GET /api/v1/timestamp",
    "status": "GET /api/v1/status",
    "trade_statistics": "GET /api/v1/trade-statistics",
    "risk_limit": "GET /api/v1/contracts/risk-limit/XBTUSDTM",
    "bullet": "POST /api/v1/bullet-public",
}


@pytest.fixture(scope="module")
def ask() -> Asker:
    exchange = SimExchange(is_calm=True, clock=SimClock(start_ms=1_760_000_000_000, speed=0))
    exchange.step("XBTUSDTM", 200)
    return Asker(exchange)


def kind(value: Any) -> str:
    """The kind on the wire; whole numbers are told from those that may have a fraction."""
    if isinstance(value, bool):
        return "truth"
    if isinstance(value, int):
        return "whole"
    return {float: "number", str: "text", type(None): "null"}[type(value)]


def compare(ours: Any, theirs: Any, where: str) -> None:
    """The same shape all the way down; of a list every row is like the first of theirs.

    What is a fraction there may happen to be whole here, never the other way round.
    """
    if isinstance(theirs, dict):
        assert set(ours) == set(theirs), where
        for name, value in theirs.items():
            compare(ours[name], value, f"{where}.{name}")
    elif isinstance(theirs, list):
        assert isinstance(ours, list), where
        assert ours, where
        for row in ours:
            if isinstance(theirs[0], (dict, list)):
                compare(row, theirs[0], f"{where}[]")
        if not isinstance(theirs[0], (dict, list)) and kind(theirs[0]) != "text":
            assert len(ours) == len(theirs), where
            for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
                compare(one, other, f"{where}[{number}]")
    else:
        allowed = {"number": {"number", "whole"}}.get(kind(theirs), {kind(theirs)})
        assert kind(ours) in allowed, where


@pytest.mark.parametrize("name", CALLS)
def test_the_simulated_exchange_answers_in_the_very_shape(name: str, ask: Asker) -> None:
    document = json.loads((FOLDER / f"{name}.json").read_text())
    assert document["provenance"].startswith("KuCoin Futures API reference, section")
    method, target = CALLS[name].split(" ")
    ours = ask.data(target, method=method, signed="statistics" in target)
    compare(ours, document["payload"], name)


@pytest.mark.parametrize("name", ["risk_limit", "interest_query"])
def test_figures_that_are_published_are_the_published_ones(name: str, ask: Asker) -> None:
    theirs = json.loads((FOLDER / f"{name}.json").read_text())["payload"]
    ours = ask.data(CALLS[name].split(" ")[1])
    if name == "risk_limit":
        assert ours[0] == theirs[0]
    else:
        assert ours["dataList"][0] == theirs["dataList"][0]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1, "c": 2}, {"a": 1}),
        ({"a": "1"}, {"a": 1}),
        ({"a": 1.5}, {"a": 1}),
        ({"a": None}, {"a": 1}),
        ({"a": 1}, {"a": None}),
        ([{"a": 1}, {"a": "1"}], [{"a": 1}]),
        ([[1, "2"]], [[1, 2.0]]),
        ([[1]], [[1, 2.0]]),
        ([], [{"a": 1}]),
    ],
)
def test_the_comparison_sees_what_differs(ours: Any, theirs: Any) -> None:
    with pytest.raises(AssertionError):
        compare(ours, theirs, "")
