"""A client that shares nothing with ours: raw signed requests, raw answers."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any, final
from urllib.parse import urlencode

from terminal.simexchange.rest.gateway import Request
from tests.support.deadlines import STRETCH

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
    exchange: SimExchange,
    method: str,
    target: str,
    body: Any = None,
    key: ApiKey | None = None,
    *,
    stamp_ms: int | None = None,
) -> tuple[int, dict[str, Any]]:
    """One signed request straight to the gateway, without a socket: status and answer.

    It is stamped by the exchange's clock unless ``stamp_ms`` is given.
    """
    key = key or exchange.key
    text = "" if body is None else json.dumps(body)
    stamp = str(exchange.clock.now_ms() if stamp_ms is None else stamp_ms)
    headers = {
        "Content-Type": "application/json",
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


@final
class OrderLine:
    """A signed connection to the order socket, frame by frame."""

    def __init__(self, exchange: SimExchange, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.exchange = exchange
        self.socket = socket
        self._asked = 0

    @classmethod
    async def knock(
        cls,
        exchange: SimExchange,
        session: aiohttp.ClientSession,
        key: ApiKey | None = None,
        **changes: str | None,
    ) -> OrderLine:
        """Connect with a signed address; parameters may be changed or left out (None)."""
        key = key or exchange.key
        stamp = str(exchange.clock.now_ms())
        signed: dict[str, str | None] = {
            "apikey": key.key,
            "timestamp": stamp,
            "sign": _sign(key.secret, key.key + stamp),
            "passphrase": _sign(key.secret, key.passphrase),
        }
        query = {name: value for name, value in (signed | changes).items() if value is not None}
        return cls(exchange, await session.ws_connect(f"{exchange.ws_api}?{urlencode(query)}"))

    @classmethod
    async def open(
        cls, exchange: SimExchange, session: aiohttp.ClientSession, key: ApiKey | None = None
    ) -> OrderLine:
        """Connect and log in."""
        line = await cls.knock(exchange, session, key)
        await line.sign(await line.text(), key)
        welcome = await line.next()
        assert welcome["data"] == "welcome", welcome
        return line

    async def sign(self, text: str, key: ApiKey | None = None) -> None:
        """Answer a challenge with the signature of a text."""
        await self.socket.send_str(_sign((key or self.exchange.key).secret, text))

    async def text(self) -> str:
        """The next frame as it came."""
        async with asyncio.timeout(10 * STRETCH):
            text: str = await self.socket.receive_str()
            return text

    async def next(self) -> dict[str, Any]:
        """The next frame."""
        frame: dict[str, Any] = json.loads(await self.text())
        return frame

    async def end(self) -> tuple[int | None, str | None]:
        """Wait until the other side has closed: its code and its reason."""
        async with asyncio.timeout(10 * STRETCH):
            message = await self.socket.receive()
        assert message.type.name in ("CLOSE", "CLOSED", "ERROR"), message
        return self.socket.close_code, message.extra

    async def send(self, operation: str, args: Any = None, identity: str | None = None) -> str:
        """Send a command without waiting; its id."""
        self._asked += 1
        identity = identity or f"r-{self._asked}"
        await self.socket.send_str(json.dumps({"id": identity, "op": operation, "args": args}))
        return identity

    async def ask(self, operation: str, args: Any = None) -> dict[str, Any]:
        """Send a command and take the next frame for its reply."""
        identity = await self.send(operation, args)
        reply = await self.next()
        assert (reply["id"], reply["op"]) == (identity, operation), reply
        return reply
