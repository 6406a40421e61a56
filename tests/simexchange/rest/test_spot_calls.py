"""The spot side of an exchange without spot markets: empty, but there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from terminal.simexchange.rest.gateway import Request
from terminal.simexchange.server import SimExchange


def ask(exchange: SimExchange, path: str) -> tuple[int, dict[str, Any]]:
    answer = exchange.gateway.answer(Request("GET", path, {}))
    return answer.status, json.loads(answer.body)


async def test_the_currencies_are_those_of_the_contracts() -> None:
    """Bitcoin has its name of the spot side."""
    exchange = SimExchange(is_calm=True)
    status, answer = ask(exchange, "/api/v3/currencies")
    names = [row["currency"] for row in answer["data"]]
    specs = [market.spec for market in exchange.engine.markets.values()]
    expected = {name for spec in specs for name in (spec.settle, spec.quote, spec.base)}
    assert status == 200
    assert sorted(names) == sorted(expected - {"XBT"} | {"BTC"})


async def test_there_are_no_spot_markets() -> None:
    exchange = SimExchange(is_calm=True)
    assert ask(exchange, "/api/v2/symbols")[1]["data"] == []
    assert ask(exchange, "/api/v1/market/allTickers")[1]["data"]["ticker"] == []


@pytest.mark.parametrize(
    "path", ["/api/v3/margin/symbols", "/api/v1/isolated/symbols", "/api/v1/hf/accounts/opened"]
)
async def test_what_concerns_the_account_wants_a_signature(path: str) -> None:
    status, answer = ask(SimExchange(is_calm=True), path)
    assert (status, answer["code"]) == (401, "400001")
