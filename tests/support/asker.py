"""Asks the simulated exchange without a socket: requests in, answers out, signed when wanted."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any, final

from terminal.simexchange.rest.gateway import Request

if TYPE_CHECKING:
    from terminal.simexchange.rest.gateway import Answer
    from terminal.simexchange.server import SimExchange


@final
class Asker:
    """Anybody, or the holder of the demo key."""

    def __init__(self, exchange: SimExchange) -> None:
        self.exchange = exchange

    def send(
        self, target: str, *, method: str = "GET", body: str = "", signed: bool = False
    ) -> Answer:
        headers: dict[str, str] = {}
        if signed:
            key, stamp = self.exchange.key, str(self.exchange.clock.now_ms())
            headers = {
                "KC-API-KEY": key.key,
                "KC-API-TIMESTAMP": stamp,
                "KC-API-SIGN": _digest(key.secret, stamp + method + target + body),
                "KC-API-PASSPHRASE": _digest(key.secret, key.passphrase),
            }
        # Time that stands still would never give back what was spent.
        self.exchange.quota.pools.clear()
        request = Request(method, target, headers, body.encode(), host="127.0.0.1:1")
        return self.exchange.gateway.answer(request)

    def data(self, target: str, *, method: str = "GET", signed: bool = False) -> Any:
        answer = self.send(target, method=method, signed=signed)
        said = json.loads(answer.body)
        assert (answer.status, said["code"]) == (200, "200000"), said
        return said["data"]

    def refusal(self, target: str, *, method: str = "GET", signed: bool = False) -> tuple[int, str]:
        answer = self.send(target, method=method, signed=signed)
        said = json.loads(answer.body)
        assert set(said) == {"code", "msg"}, said
        return answer.status, said["code"]


def _digest(secret: str, text: str) -> str:
    return base64.b64encode(
        hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    ).decode()
