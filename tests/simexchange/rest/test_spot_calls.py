"""The spot side of an exchange without spot markets: empty, but there."""

from __future__ import annotations

import json
from typing import Any

from terminal.simexchange.rest.gateway import Request
from terminal.simexchange.server import SimExchange
from tests.support.stranger import _sign

OPENED = "/api/v1/hf/accounts/opened"


def ask(
    exchange: SimExchange, path: str, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    answer = exchange.gateway.answer(Request("GET", path, headers or {}))
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


async def test_there_are_no_spot_markets_and_nothing_is_lent() -> None:
    exchange = SimExchange(is_calm=True)
    assert ask(exchange, "/api/v2/symbols")[1]["data"] == []
    assert ask(exchange, "/api/v1/isolated/symbols")[1]["data"] == []
    now_ms = exchange.clock.now_ms()
    tickers = ask(exchange, "/api/v1/market/allTickers")[1]["data"]
    margin = ask(exchange, "/api/v3/margin/symbols")[1]["data"]
    assert (tickers["ticker"], margin["items"]) == ([], [])
    assert now_ms <= tickers["time"] <= margin["timestamp"] <= exchange.clock.now_ms()


async def test_the_kind_of_the_spot_account_is_told_to_whoever_signs() -> None:
    exchange = SimExchange(is_calm=True)
    assert ask(exchange, OPENED)[1]["code"] == "400001"
    key, stamp = exchange.key, str(exchange.clock.now_ms())
    headers = {
        "KC-API-KEY": key.key,
        "KC-API-TIMESTAMP": stamp,
        "KC-API-SIGN": _sign(key.secret, f"{stamp}GET{OPENED}"),
        "KC-API-PASSPHRASE": _sign(key.secret, key.passphrase),
    }
    assert ask(exchange, OPENED, headers) == (200, {"code": "200000", "data": True})
