"""A client of the feed that shares nothing with ours: raw frames over a real socket."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, final

from tests.support.deadlines import STRETCH

if TYPE_CHECKING:
    from collections.abc import Callable

    import aiohttp

    from terminal.simexchange.server import SimExchange


@final
class Wire:
    """One connection; frames come in the order in which they were sent."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def next(self, wanted: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """The next frame that is wanted; others are thrown away."""
        async with asyncio.timeout(10 * STRETCH):
            while True:
                frame: dict[str, Any] = await self.socket.receive_json()
                if wanted(frame):
                    return frame

    async def ask(self, **frame: Any) -> dict[str, Any]:
        """Send a frame and return the answer to it."""
        await self.socket.send_json(frame)
        return await self.next(lambda answer: answer["type"] != "message")

    async def subscribe(self, topic: str, **more: Any) -> None:
        """Subscribe and wait for the ack."""
        answer = await self.ask(id=topic, type="subscribe", topic=topic, response=True, **more)
        assert answer == {"id": topic, "type": "ack"}

    async def push(
        self, topic: str, wanted: Callable[[dict[str, Any]], object] = lambda _: True
    ) -> dict[str, Any]:
        """The next message of a topic whose frame is wanted."""
        return await self.next(lambda frame: frame.get("topic") == topic and wanted(frame))

    async def pushed(self) -> list[dict[str, Any]]:
        """All messages that were sent before the answer to a ping."""
        await self.socket.send_json({"id": "all", "type": "ping"})
        found: list[dict[str, Any]] = []
        while True:
            frame = await self.next(lambda _: True)
            if frame["type"] == "pong":
                return found
            found.append(frame)

    async def ending(self) -> list[dict[str, Any]]:
        """The frames that come until the exchange closes the connection."""
        async with asyncio.timeout(10 * STRETCH):
            found: list[dict[str, Any]] = [message.json() async for message in self.socket]
        return found


async def opened(
    exchange: SimExchange, session: aiohttp.ClientSession, uid: str | None = None
) -> Wire:
    """Connect with a new token, of an account or for the public, up to the welcome."""
    token = exchange.tokens.issue(uid)
    return await opened_with(token, exchange, session)


async def opened_with(token: str, exchange: SimExchange, session: aiohttp.ClientSession) -> Wire:
    """Connect with a token, up to the welcome."""
    wire = await knocked(token, exchange, session)
    assert await wire.next(lambda _: True) == {"id": "c9", "type": "welcome"}
    return wire


async def knocked(token: str, exchange: SimExchange, session: aiohttp.ClientSession) -> Wire:
    """Connect with a token and read nothing yet."""
    url = f"{exchange.rest}/endpoint"
    return Wire(await session.ws_connect(url, params={"token": token, "connectId": "c9"}))
