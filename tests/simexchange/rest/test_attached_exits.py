"""``st-orders`` as a program meets it: same reply as place, exits in the list of stops."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from terminal.simexchange.rest.gateway import Request
from terminal.simexchange.server import SimExchange

PATH = "/api/v1/st-orders"
# Reference, appendix A, at the prices of the simulated market.
BODY = {
    "clientOid": "t-br-1",
    "side": "buy",
    "symbol": "XBTUSDTM",
    "type": "market",
    "marginMode": "ISOLATED",
    "leverage": 5,
    "size": 2,
    "triggerStopUpPrice": "105000",
    "triggerStopDownPrice": "96000",
    "stopPriceType": "TP",
}


def ask(exchange: SimExchange, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    text = "" if body is None else json.dumps(body)
    stamp = str(exchange.clock.now_ms())

    def sign(what: str) -> str:
        digest = hmac.new(exchange.key.secret.encode(), what.encode(), hashlib.sha256).digest()
        return base64.b64encode(digest).decode()

    headers = {
        "KC-API-KEY": exchange.key.key,
        "KC-API-TIMESTAMP": stamp,
        "KC-API-SIGN": sign(stamp + method + path + text),
        "KC-API-PASSPHRASE": sign(exchange.key.passphrase),
        "KC-API-KEY-VERSION": "3",
        "Content-Type": "application/json",
    }
    answer = exchange.gateway.answer(Request(method, path, headers, text.encode()))
    return answer.status, json.loads(answer.body)


@pytest.fixture
def exchange() -> SimExchange:
    return SimExchange(is_calm=True)


@pytest.mark.conforms("POST /api/v1/st-orders")
def test_exits_of_a_filled_order_stand_in_the_list_of_stops(exchange: SimExchange) -> None:
    status, answer = ask(exchange, "POST", PATH, BODY)
    assert (status, answer["code"]) == (200, "200000")
    assert set(answer["data"]) == {"orderId", "clientOid"}
    assert answer["data"]["clientOid"] == "t-br-1"
    _, page = ask(exchange, "GET", "/api/v1/stopOrders?symbol=XBTUSDTM")
    rows = page["data"]["items"]
    assert {(row["stop"], str(row["stopPrice"])) for row in rows} == {
        ("up", "105000"),
        ("down", "96000"),
    }
    for row in rows:
        assert (row["side"], row["size"], row["reduceOnly"]) == ("sell", 2, True)
        assert (row["type"], row["stopPriceType"], row["isActive"]) == ("market", "TP", True)


@pytest.mark.conforms("POST /api/v1/st-orders")
def test_without_exits_it_is_no_such_order(exchange: SimExchange) -> None:
    body = {k: v for k, v in BODY.items() if not k.startswith("trigger")}
    status, answer = ask(exchange, "POST", PATH, body)
    assert (status, answer["code"]) == (400, "400100")
    assert not exchange.engine.account.orders
