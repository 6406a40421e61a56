"""An order socket's connection without a network: the test plays the exchange."""

from __future__ import annotations

import asyncio
import json
from typing import Any, final

from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK
from websockets.frames import Close
from websockets.protocol import State

CHALLENGE = '{"sessionId":"s","timestamp":1}'
WELCOME = '{"sessionId":"s","data":"welcome","pingInterval":18000,"pingTimeout":10000}'


@final
class FakeTransport:
    """What waits to be written, and whether the connection was cut."""

    def __init__(self) -> None:
        self.waiting_bytes = 0
        self.is_aborted = False

    def get_write_buffer_size(self) -> int:
        return self.waiting_bytes

    def abort(self) -> None:
        self.is_aborted = True


@final
class FakeSocket:
    """What ``exchange.sockets.Socket`` is to its users. ``sent`` are all frames as text."""

    def __init__(self) -> None:
        self.state = State.OPEN
        self.transport = FakeTransport()
        self.sent: list[str] = []
        self.breaks_on_send = False
        self._heard: asyncio.Queue[str | Exception] = asyncio.Queue()

    async def recv(self) -> str:
        heard = await self._heard.get()
        if isinstance(heard, Exception):
            raise heard
        return heard

    async def send(self, frame: str | bytes, *, text: bool) -> None:
        assert text
        assert self.state is State.OPEN
        self.sent.append(frame if isinstance(frame, str) else frame.decode())
        if self.breaks_on_send:
            self.drop()
            raise ConnectionClosedError(None, None)

    async def close(self) -> None:
        if self.state is State.OPEN:
            self.state = State.CLOSED
            closed = Close(1000, "")
            self._heard.put_nowait(ConnectionClosedOK(closed, closed, rcvd_then_sent=False))

    # The exchange's side ---------------------------------------------------------------------

    def say(self, frame: str | dict[str, Any]) -> None:
        self._heard.put_nowait(frame if isinstance(frame, str) else json.dumps(frame))

    def drop(self) -> None:
        """Break without a farewell."""
        self.state = State.CLOSED
        self._heard.put_nowait(ConnectionClosedError(None, None))

    def end(self, reason: str) -> None:
        """Close in good order."""
        self.state = State.CLOSED
        closed = Close(1000, reason)
        self._heard.put_nowait(ConnectionClosedOK(closed, closed, rcvd_then_sent=True))

    def requests(self) -> list[dict[str, Any]]:
        """Commands that came, pings left out."""
        frames = [json.loads(frame) for frame in self.sent if frame.startswith("{")]
        return [frame for frame in frames if frame["op"] != "ping"]

    def pings(self) -> list[dict[str, Any]]:
        frames = [json.loads(frame) for frame in self.sent if frame.startswith("{")]
        return [frame for frame in frames if frame["op"] == "ping"]
