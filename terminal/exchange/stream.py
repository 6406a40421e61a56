"""Pumps one websocket connection through ``wire.connection``.

What arrives is put into a bounded backlog and taken out in slices, so that a burst neither holds
up the program nor is lost in silence: who cannot keep up is disconnected, and everything is doubted
and read anew. Translation errors drop the frame and are told; the connection lives on. One watchdog
looks at the deadlines; there is no time-out per message.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, final

from terminal.domain.errors import TernError
from terminal.exchange.errors import ProtocolError, TransportError
from terminal.exchange.gateway import (
    Channel,
    ChannelConfirmed,
    ChannelRefused,
    ChannelsTooMany,
    FrameUnreadable,
    PongReceived,
    StreamOpened,
)
from terminal.exchange.sockets import (
    ConnectionClosed,
    close_socket,
    closing_words,
    is_ending,
    open_socket,
    send_text,
)
from terminal.exchange.stream_topics import channel_of_topic, subject_of, topic_of, translated
from terminal.exchange.token import fetch_address
from terminal.wire.codec import DecodeError
from terminal.wire.connection import (
    Acked,
    Full,
    Ponged,
    Pushed,
    Refused,
    StreamConnection,
    Unreadable,
    Welcomed,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.clock import Clock
    from terminal.exchange.gateway import StreamFact
    from terminal.exchange.http import HttpClient
    from terminal.exchange.sockets import Socket
    from terminal.exchange.token import StreamAddress
    from terminal.exchange.translate import Scales
    from terminal.wire.connection import Event

MAX_BACKLOG = 50_000
"""So many frames may wait: about a second's work; beyond that the computer cannot keep up."""
SLICE_FRAMES = 500
SLICE_S = 0.004
"""So many frames are taken in one go, and no longer than this; then others have their turn."""
_LONGEST_WAIT_S = 1.0

_log = logging.getLogger("feed")


@final
class Backlog:
    """Frames that arrived and are not looked at yet, oldest first; bounded by ``limit``."""

    __slots__ = ("_frames", "_is_there", "_limit", "ending")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._frames: deque[str | bytes] = deque()
        self._is_there = asyncio.Event()
        self.ending: str | None = None

    def __len__(self) -> int:
        return len(self._frames)

    def put(self, frame: str | bytes) -> bool:
        """Add one; False, and everything is gone, when it is one too many."""
        if len(self._frames) >= self._limit:
            self._frames.clear()
            self.end("This computer could not keep up with the stream.")
            return False
        self._frames.append(frame)
        self._is_there.set()
        return True

    def end(self, reason: str) -> None:
        """Nothing comes any more; the first reason stays."""
        if self.ending is None:
            self.ending = reason
        self._is_there.set()

    async def wait(self) -> None:
        """Return when there is a frame or the end."""
        await self._is_there.wait()
        self._is_there.clear()

    def take(self) -> str | bytes | None:
        """The oldest frame, None when there is none."""
        return self._frames.popleft() if self._frames else None


@final
class StreamClient:
    """A ``StreamGateway`` over websockets; public, or private when the token is to be signed."""

    def __init__(
        self,
        http: HttpClient,
        clock: Clock,
        scales: Scales,
        *,
        is_private: bool,
        proxy: str = "",
        max_backlog: int = MAX_BACKLOG,
    ) -> None:
        self._http = http
        self._clock = clock
        self._scales = scales
        self._is_private = is_private
        self._proxy = proxy
        self._max_backlog = max_backlog
        self._unreachable = 0
        self._connection: StreamConnection | None = None
        self._wake = asyncio.Event()

    def another(self) -> StreamClient:
        """A further connection of the same kind, for topics that do not fit on this one."""
        return StreamClient(
            self._http,
            self._clock,
            self._scales,
            is_private=self._is_private,
            proxy=self._proxy,
            max_backlog=self._max_backlog,
        )

    async def run(self, on_fact: Callable[[StreamFact], None]) -> str:
        """Connect with a fresh token and pump until the connection ends; return why, in words."""
        try:
            address = await fetch_address(
                self._http, is_private=self._is_private, turn=self._unreachable
            )
        except TernError as error:
            _log.info("no stream token: %s", error)
            return error.sentence
        try:
            socket = await open_socket(address.url, self._proxy)
        except TransportError as error:
            self._unreachable += 1
            _log.info("no stream: %s", error)
            return "The stream could not be opened."
        try:
            return await self._pump(socket, address, on_fact)
        finally:
            self._connection = None
            await close_socket(socket)

    def subscribe(self, channels: tuple[Channel, ...]) -> None:
        """Queue subscriptions for the open connection; ignored while there is none."""
        if self._connection is not None:
            for base, symbols in _by_topic(channels):
                self._connection.subscribe(base, symbols)
            self._wake.set()

    def unsubscribe(self, channels: tuple[Channel, ...]) -> None:
        """Queue unsubscriptions for the open connection; ignored while there is none."""
        if self._connection is not None:
            for base, symbols in _by_topic(channels):
                self._connection.unsubscribe(base, symbols)
            self._wake.set()

    def close(self, reason: str) -> None:
        """Let the open connection end at once, for a reason of ours; ignored without one."""
        if self._connection is not None:
            self._connection.end(reason)
            self._wake.set()

    async def _pump(
        self,
        socket: Socket,
        address: StreamAddress,
        on_fact: Callable[[StreamFact], None],
    ) -> str:
        connection = StreamConnection(
            ping_interval_s=address.ping_interval_s,
            ping_timeout_s=address.ping_timeout_s,
            now_s=self._clock.monotonic_s(),
        )
        self._connection = connection
        backlog = Backlog(self._max_backlog)
        async with asyncio.TaskGroup() as group:
            watchdog = group.create_task(self._watch(socket, connection, backlog, on_fact))
            reader = group.create_task(_read(socket, backlog))
            try:
                await self._consume(connection, backlog, on_fact)
            finally:
                watchdog.cancel()
                reader.cancel()
        return connection.closing or backlog.ending or "The stream ended."

    async def _consume(
        self,
        connection: StreamConnection,
        backlog: Backlog,
        on_fact: Callable[[StreamFact], None],
    ) -> None:
        monotonic_s = self._clock.monotonic_s
        received, take = connection.received, backlog.take
        while True:
            until_s = monotonic_s() + SLICE_S
            for _ in range(SLICE_FRAMES):
                raw = take()
                if raw is None:
                    break
                now_s = monotonic_s()
                event = received(raw, now_s)
                if type(event) is Pushed:
                    self._push(event, on_fact)
                elif event is not None:
                    self._control(event, on_fact)
                    self._wake.set()
                if now_s >= until_s:
                    break
            if connection.closing is not None:
                return
            if len(backlog):
                await asyncio.sleep(0)
            elif backlog.ending is not None:
                return
            else:
                await backlog.wait()

    def _push(self, event: Pushed, on_fact: Callable[[StreamFact], None]) -> None:
        try:
            fact = translated(event, self._scales)
        except (ProtocolError, DecodeError) as error:
            on_fact(FrameUnreadable(str(error), channel_of_topic(event.topic)))
            return
        except (ArithmeticError, ValueError, TypeError) as error:
            # A number beyond all reason: one frame is lost, the connection lives on.
            words = f"{type(error).__name__}: {error}"
            on_fact(FrameUnreadable(words, channel_of_topic(event.topic)))
            return
        if fact is not None:
            on_fact(fact)

    @staticmethod
    def _control(event: Event, on_fact: Callable[[StreamFact], None]) -> None:
        if isinstance(event, Welcomed):
            on_fact(StreamOpened())
        elif isinstance(event, Ponged):
            on_fact(PongReceived(event.round_trip_ms))
        elif isinstance(event, Unreadable):
            on_fact(FrameUnreadable(event.error, None))
        elif isinstance(event, (Acked, Refused, Full)):
            found = (channel_of_topic(topic) for topic in event.topics)
            channels = tuple(channel for channel in found if channel is not None)
            if isinstance(event, Full):
                on_fact(ChannelsTooMany(channels, event.limit))
                return
            for channel in channels:
                if isinstance(event, Acked):
                    on_fact(ChannelConfirmed(channel))
                else:
                    on_fact(ChannelRefused(channel, event.reason))

    async def _watch(
        self,
        socket: Socket,
        connection: StreamConnection,
        backlog: Backlog,
        on_fact: Callable[[StreamFact], None],
    ) -> None:
        """Send what is due and look at the deadlines: the only timer of the connection."""
        while True:
            now_s = self._clock.monotonic_s()
            for event in connection.tick(now_s):
                self._control(event, on_fact)
            if connection.closing is not None:
                backlog.end(connection.closing)
                return
            if is_ending(socket):
                await close_socket(socket)
                return  # who reads says how it ended
            for frame in connection.drain(now_s):
                if not await send_text(socket, frame):
                    return
            wait_s = min(_LONGEST_WAIT_S, max(0.0, connection.deadline_s(now_s) - now_s))
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._wake.wait()


async def _read(socket: Socket, backlog: Backlog) -> None:
    """Take what arrives off the socket, whatever becomes of it."""
    try:
        while backlog.put(await socket.recv()):
            pass
    except ConnectionClosed as closed:
        backlog.end(closing_words(closed, "stream"))


def _by_topic(channels: tuple[Channel, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """Topics with all their subjects; one without a subject stands alone."""
    grouped: dict[str, tuple[str, ...]] = {}
    alone: list[tuple[str, tuple[str, ...]]] = []
    for channel in channels:
        subject = subject_of(channel)
        base = topic_of(channel.kind)
        if subject is None:
            alone.append((base, ()))
        else:
            grouped[base] = (*grouped.get(base, ()), subject)
    return [*alone, *grouped.items()]
