"""The feed over real sockets: token, welcome, reading, writing, the idle deadline, the end.

Source: reference 5.1 to 5.4.
"""

from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress
from typing import TYPE_CHECKING, final

from aiohttp import WSMsgType, web

from terminal.simexchange.rest.http_server import response_of
from terminal.simexchange.sockets.connections import Connections
from terminal.simexchange.sockets.dialogue import Dialogue, error_frame
from terminal.simexchange.sockets.hub import Listener
from terminal.simexchange.sockets.limits import FrameRefused

if TYPE_CHECKING:
    from terminal.simexchange.rest.gateway import Gateway
    from terminal.simexchange.sockets.dialogue import FeedParts
    from terminal.simexchange.tokens import Tokens

CLOSING_S = 10.0
"""A connection that is to be closed and does not take its last frames is cut after so long."""
_SHORTEST_S = 0.001
_LOST = (ConnectionError, RuntimeError)


@final
class Streams:
    """All feed connections."""

    def __init__(self, parts: FeedParts, tokens: Tokens, gateway: Gateway) -> None:
        self._parts = parts
        self._gateway = gateway
        self._tokens = tokens
        self._numbers = itertools.count(1)
        self.connections = Connections(parts.limits, parts.clock)

    @property
    def opened(self) -> int:
        """How many connections were let in so far."""
        return self.connections.opened

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One connection from its token to its end."""
        if self._parts.faults.refuses_streams:
            return response_of(self._gateway.unavailable())
        socket = web.WebSocketResponse(autoping=True, compress=False)
        await socket.prepare(request)
        connect_id = request.query.get("connectId") or f"c-{next(self._numbers)}"
        try:
            uid, owner = self._let_in(request)
        except FrameRefused as refused:
            with suppress(*_LOST):
                await socket.send_str(error_frame(connect_id, refused))
            await socket.close()
            return socket
        try:
            await self._serve(socket, request, uid, connect_id)
        finally:
            self.connections.release(owner)
            await socket.close()
        return socket

    def _let_in(self, request: web.Request) -> tuple[str | None, str]:
        """Whose connection it is, and on whom it counts. Raises ``FrameRefused``."""
        token = self._tokens.find(request.query.get("token", ""))
        if token is None:
            raise FrameRefused(401, "token is expired")
        owner = f"address {request.remote}" if token.uid is None else token.uid
        self.connections.admit(owner)
        return token.uid, owner

    async def _serve(
        self,
        socket: web.WebSocketResponse,
        request: web.Request,
        uid: str | None,
        connect_id: str,
    ) -> None:
        transport = request.transport

        def cut() -> None:
            if transport is not None:
                transport.abort()

        def ended(is_dropped: bool) -> None:  # noqa: FBT001 - called by the listener
            if is_dropped:
                cut()
            else:
                self._parts.clock.after(CLOSING_S, cut)

        listener = Listener(uid, ended, self._parts.limits.queued, transport)
        dialogue = Dialogue(listener, connect_id, self._parts)
        dialogue.open()
        self._watch(dialogue, listener)
        writer = asyncio.get_running_loop().create_task(_write(socket, listener))
        try:
            await _read(socket, dialogue)
        finally:
            dialogue.close()
            listener.is_ended = True
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer

    def _watch(self, dialogue: Dialogue, listener: Listener) -> None:
        """Look again when the client may have been silent for too long: one timer, not one each."""
        limits, clock = self._parts.limits, self._parts.clock

        def look() -> None:
            if listener.is_ended:
                return
            # The client pings by its own clock: in fast time it is granted as much as outside.
            # A half-open connection is for the client to find.
            if listener.is_mute:
                clock.after(limits.idle_s, look)
                return
            left_s = limits.idle_s * max(1.0, clock.speed) - dialogue.idle_s()
            if left_s <= 0:
                dialogue.ping_timed_out()
            else:
                clock.after(max(left_s, _SHORTEST_S), look)

        clock.after(limits.idle_s, look)


async def _read(socket: web.WebSocketResponse, dialogue: Dialogue) -> None:
    while True:
        message = await socket.receive()
        if message.type is WSMsgType.TEXT:
            dialogue.received(message.data)
        elif message.type is WSMsgType.BINARY:
            dialogue.received(None)
        else:
            return


async def _write(socket: web.WebSocketResponse, listener: Listener) -> None:
    while True:
        await listener.wake.wait()
        listener.wake.clear()
        while listener.queue:
            try:
                await socket.send_str(listener.queue.popleft())
            except _LOST:
                return
        if listener.is_ended:
            await socket.close()
            return
