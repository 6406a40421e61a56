"""A client that shares nothing with ours: raw signed requests, raw answers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any, final

from terminal.simexchange.rest.gateway import Request

if TYPE_CHECKING:
    import aiohttp

    from terminal.simexchange.auth import ApiKey
    from terminal.simexchange.server import SimExchange


@final
class Stranger:
    """Ten lines of client that share nothing with ours."""

    def __init__(self, exchange: SimExchange, session: aiohttp.ClientSession) -> None:
        self.exchange = exchange
        self.session = session

    async def call(
        self, method: str, path: str, body: Any = None, *, signed: bool = True
    ) -> tuple[int, dict[str, Any]]:
        text = "" if body is None else json.dumps(body)
        headers = {"Content-Type": "application/json"}
        if signed:
            key = self.exchange.key
            stamp = str(self.exchange.clock.now_ms())
            headers |= {
                "KC-API-KEY": key.key,
                "KC-API-TIMESTAMP": stamp,
                "KC-API-SIGN": _sign(key.secret, stamp + method + path + text),
                "KC-API-PASSPHRASE": _sign(key.secret, key.passphrase),
            }
        url = f"{self.exchange.rest}{path}"
        async with self.session.request(method, url, data=text, headers=headers) as answer:
            return answer.status, json.loads(await answer.text())

    async def data(self, path: str, *, signed: bool = False) -> Any:
        status, answer = await self.call("GET", path, signed=signed)
        assert (status, answer["code"]) == (200, "200000"), answer
        return answer["data"]


def ask_signed(
    exchange: SimExchange, method: str, target: str, body: Any = None, key: ApiKey | None = None
) -> tuple[int, dict[str, Any]]:
    """One signed request straight to the gateway, without a socket: status and answer."""
    key = key or exchange.key
    text = "" if body is None else json.dumps(body)
    stamp = str(exchange.clock.now_ms())
    headers = {
        "KC-API-KEY": key.key,
        "KC-API-TIMESTAMP": stamp,
        "KC-API-SIGN": _sign(key.secret, stamp + method + target + text),
        "KC-API-PASSPHRASE": _sign(key.secret, key.passphrase),
    }
    answer = exchange.gateway.answer(Request(method, target, headers, text.encode()))
    return answer.status, json.loads(answer.body)


def _sign(secret: str, text: str) -> str:
    return base64.b64encode(
        hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    ).decode()
