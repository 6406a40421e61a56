"""The gateway without sockets: every request gets the envelope."""

from __future__ import annotations

import json
from typing import Any

import pytest

from terminal.simexchange.rest.gateway import Request
from terminal.simexchange.server import SimExchange


@pytest.fixture(scope="module")
def exchange() -> SimExchange:
    return SimExchange(is_calm=True)


def ask(exchange: SimExchange, method: str, target: str, body: bytes = b"") -> tuple[int, Any]:
    answer = exchange.gateway.answer(Request(method, target, {}, body))
    return answer.status, json.loads(answer.body)


def test_data_comes_in_the_envelope(exchange: SimExchange) -> None:
    status, body = ask(exchange, "GET", "/api/v1/timestamp")
    assert (status, body["code"]) == (200, "200000")
    assert body["data"] == pytest.approx(exchange.clock.now_ms(), abs=5_000)


@pytest.mark.parametrize(
    ("method", "target", "body", "answer"),
    [
        ("GET", "/nowhere", b"", (404, "404000")),
        ("PATCH", "/api/v1/timestamp", b"", (405, "405000")),
        ("POST", "/api/v1/bullet-public", b"{", (415, "415000")),
        ("POST", "/api/v1/orders", b"{}", (401, "400001")),
        ("GET", "/api/v1/ticker?symbol=NOPE", b"", (200, "100003")),
    ],
)
def test_refusals_come_in_the_envelope(
    exchange: SimExchange, method: str, target: str, body: bytes, answer: tuple[int, str]
) -> None:
    status, refused = ask(exchange, method, target, body)
    assert (status, refused["code"]) == answer
    assert set(refused) == {"code", "msg"}
