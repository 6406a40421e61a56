"""The stream: token, welcome, ack, ping, topics, private channel. Source: reference 5.1 to 5.4."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, final

from aiohttp import WSMsgType, web

from terminal.simexchange.engine.broadcast import CANDLE_TYPES
from terminal.simexchange.engine.reports import ORDERS, POSITIONS, STOPS, WALLET
from terminal.simexchange.sockets.hub import Listener

if TYPE_CHECKING:
    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.engine.engine import Engine
    from terminal.simexchange.faults import Faults
    from terminal.simexchange.sockets.hub import Hub
    from terminal.simexchange.tokens import Tokens

IDLE_S = 60.0
MAX_TOPICS = 300
MAX_PER_REQUEST = 100
MAX_MESSAGES = 100
WINDOW_S = 10.0
PRIVATE_TOPICS = frozenset({ORDERS, STOPS, WALLET, POSITIONS})
PUBLIC_BASES = frozenset(
    {
        "/contractMarket/level2",
        "/contractMarket/level2Depth50",
        "/contractMarket/tickerV2",
        "/contractMarket/execution",
        "/contractMarket/limitCandle",
        "/contract/instrument",
    }
)


class FrameRefused(Exception):  # noqa: N818 - an answer of the exchange, not a fault of the program
    """A frame is answered with an error frame."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@final
class Streams:
    """All stream connections."""

    def __init__(
        self, engine: Engine, hub: Hub, tokens: Tokens, clock: SimClock, faults: Faults
    ) -> None:
        self._engine = engine
        self._hub = hub
        self._clock = clock
        self._faults = faults
        self._tokens = tokens
        self.opened = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One connection from welcome to its end."""
        if self._faults.refuses_streams:
            return web.Response(status=503, text="service unavailable")
        socket = web.WebSocketResponse(autoping=True, compress=False)
        await socket.prepare(request)
        token = self._tokens.find(request.query.get("token", ""))
        if token is None:
            await socket.send_json({"type": "error", "code": 401, "data": "token is expired"})
            await socket.close()
            return socket
        self.opened += 1
        listener = Listener(token.uid, request.transport)
        self._hub.add(listener)
        listener.send(_frame({"id": request.query.get("connectId", "c-1"), "type": "welcome"}))
        writer = asyncio.get_running_loop().create_task(_write(socket, listener))
        try:
            await self._read(socket, listener)
        finally:
            self._hub.remove(listener)
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer
            await socket.close()
        return socket

    async def _read(self, socket: web.WebSocketResponse, listener: Listener) -> None:
        stamps: list[float] = []
        while not listener.is_ended:
            try:
                message = await socket.receive(timeout=IDLE_S)
            except TimeoutError:
                if listener.is_mute:
                    continue
                listener.send(_frame({"type": "error", "code": 400, "data": "ping timeout"}))
                return
            if message.type is not WSMsgType.TEXT:
                return
            now_s = self._clock.monotonic_s()
            stamps = [stamp for stamp in stamps if stamp > now_s - WINDOW_S] + [now_s]
            identity = None
            try:
                frame = _parsed(message.data)
                identity = frame.get("id")
                self._take(frame, listener, rate=len(stamps))
            except FrameRefused as refused:
                answer = {"type": "error", "code": refused.code, "data": refused.text}
                listener.send(_frame({"id": str(identity), **answer}))

    def _take(self, frame: dict[str, Any], listener: Listener, *, rate: int) -> None:
        if rate > MAX_MESSAGES:
            raise FrameRefused(509, "message rate exceeds limit")
        kind, identity = frame.get("type"), str(frame.get("id", ""))
        if kind == "ping":
            if not self._faults.withholds_pongs:
                stamp = self._clock.now_ns() // 1000
                listener.send(_frame({"id": identity, "type": "pong", "timestamp": stamp}))
            return
        if kind not in ("subscribe", "unsubscribe"):
            raise FrameRefused(415, f"type {kind} is not supported")
        asks_privately = frame.get("privateChannel") in (True, "true")
        text = str(frame.get("topic", ""))
        topics = self._topics(text, listener, asks_privately=asks_privately)
        for topic in topics:
            if kind == "subscribe":
                self._hub.subscribe(listener, topic)
            else:
                self._hub.unsubscribe(listener, topic)
        if frame.get("response") in (True, "true"):
            listener.send(_frame({"id": identity, "type": "ack"}))

    def _private(self, base: str, listed: str) -> list[str]:
        """Private topics have no symbol, but orders may be asked for by symbol."""
        if not listed:
            return [base]
        if base != ORDERS or any(name not in self._engine.markets for name in listed.split(",")):
            raise FrameRefused(404, f"topic {base}:{listed} is not found")
        return [f"{base}:{name}" for name in listed.split(",")]

    def _topics(self, text: str, listener: Listener, *, asks_privately: bool) -> list[str]:
        base, _, listed = text.partition(":")
        if not base:
            raise FrameRefused(406, "topic is required")
        if base in PRIVATE_TOPICS:
            if listener.uid is None or not asks_privately:
                raise FrameRefused(403, "login is required")
            return self._private(base, listed)
        if base not in PUBLIC_BASES:
            raise FrameRefused(404, f"topic {text} is not found")
        names = listed.split(",")
        if len(names) > MAX_PER_REQUEST or len(listener.topics) + len(names) > MAX_TOPICS:
            raise FrameRefused(509, "exceed max subscription count limitation")
        for name in names:
            symbol, _, candle = name.partition("_")
            if symbol not in self._engine.markets or (
                base.endswith("limitCandle") and candle not in CANDLE_TYPES
            ):
                raise FrameRefused(404, f"topic {base}:{name} is not found")
        return [f"{base}:{name}" for name in names]


async def _write(socket: web.WebSocketResponse, listener: Listener) -> None:
    while True:
        await listener.wake.wait()
        listener.wake.clear()
        while listener.queue:
            try:
                await socket.send_str(listener.queue.popleft())
            except (ConnectionError, RuntimeError):
                return
        if listener.is_ended:
            await socket.close()
            return


def _parsed(data: str) -> dict[str, Any]:
    try:
        frame = json.loads(data)
    except ValueError:
        raise FrameRefused(415, "frame is no JSON") from None
    if not isinstance(frame, dict):
        raise FrameRefused(415, "frame is no JSON object")
    return frame


def _frame(content: dict[str, Any]) -> str:
    return json.dumps(content, separators=(",", ":"))
