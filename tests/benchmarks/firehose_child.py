"""A feed without an exchange behind it: frames are made beforehand and written in one piece.

Speaks as much of the exchange as a client needs to keep one book: the token, the snapshot, the
stream. A few changes come by themselves, for clients that want some before they read the
snapshot; then as many as each line of its input says. Prints its address, ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, final

from aiohttp import WSMsgType, web

from tests.benchmarks.recorded import FIRST, changes, small_book

if TYPE_CHECKING:
    from collections.abc import Callable

LOOPBACK = "127.0.0.1"
BY_ITSELF = 10
_TEXT, _LONG = 0x81, 126
JSON = "application/json"


def framed(payloads: list[bytes]) -> bytes:
    """Text frames of a server as they lie on the wire; all are 126 to 65,535 bytes long."""
    out = bytearray()
    for payload in payloads:
        out += bytes((_TEXT, _LONG)) + len(payload).to_bytes(2, "big") + payload
    return bytes(out)


@final
class Feed:
    """One connection; ``pour`` is what the next line of the input does."""

    def __init__(self) -> None:
        self._next = FIRST + 1
        self._write: Callable[[bytes], object] | None = None
        self._is_begun = False

    def pour(self, count: int) -> None:
        """Write the next so many changes."""
        assert self._write is not None, "nobody is connected"
        data = framed(changes(count, self._next))
        self._next += count
        self._write(data)

    async def token(self, request: web.Request) -> web.Response:
        """Where the stream is."""
        server = {
            "endpoint": f"ws://{request.host}/endpoint",
            "encrypt": False,
            "protocol": "websocket",
            "pingInterval": 18_000,
            "pingTimeout": 10_000,
        }
        data = {"token": "none", "instanceServers": [server]}
        return web.json_response({"code": "200000", "data": data})

    async def snapshot(self, _request: web.Request) -> web.Response:
        """The book before all changes."""
        return web.Response(body=small_book(), content_type=JSON)

    async def stream(self, request: web.Request) -> web.WebSocketResponse:
        """Welcome, pongs and acks; the changes begin with the first subscription to them."""
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        assert request.transport is not None
        self._write = request.transport.write
        await socket.send_json({"id": "w", "type": "welcome"})
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            asked = json.loads(message.data)
            kind = "pong" if asked["type"] == "ping" else "ack"
            await socket.send_json({"id": asked["id"], "type": kind})
            if not self._is_begun and "level2" in asked.get("topic", ""):
                self._is_begun = True
                self.pour(BY_ITSELF)
        return socket


def read_input(feed: Feed, loop: asyncio.AbstractEventLoop) -> None:
    """One number a line, in a thread of its own."""
    for line in sys.stdin:
        loop.call_soon_threadsafe(feed.pour, int(line))


async def main() -> None:
    """Serve until the input closes."""
    feed, app = Feed(), web.Application()
    app.router.add_post("/api/v1/bullet-public", feed.token)
    app.router.add_get("/api/v1/level2/snapshot", feed.snapshot)
    app.router.add_get("/endpoint", feed.stream)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, 0).start()
    address = f"http://{LOOPBACK}:{runner.addresses[0][1]}"
    sys.stdout.write(json.dumps({"rest": address}) + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(read_input, feed, asyncio.get_running_loop())
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
