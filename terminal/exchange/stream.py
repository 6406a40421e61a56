"""Pumps one websocket connection through ``wire.connection``.

Translation errors drop the frame and are told; the connection lives on. One watchdog looks at the
deadlines; there is no time-out per message.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, final

from terminal.domain.errors import TernError
from terminal.exchange.errors import ProtocolError, TransportError
from terminal.exchange.gateway import (
    Channel,
    ChannelConfirmed,
    ChannelRefused,
    FrameUnreadable,
    PongReceived,
    StreamOpened,
)
from terminal.exchange.sockets import ConnectionClosed, open_socket
from terminal.exchange.stream_topics import channel_of_topic, subject_of, topic_of, translated
from terminal.exchange.token import fetch_address
from terminal.wire.codec import DecodeError
from terminal.wire.connection import (
    Acked,
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

_LONGEST_WAIT_S = 1.0

_log = logging.getLogger("feed")


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
    ) -> None:
        self._http = http
        self._clock = clock
        self._scales = scales
        self._is_private = is_private
        self._proxy = proxy
        self._connection: StreamConnection | None = None
        self._wake = asyncio.Event()

    async def run(self, on_fact: Callable[[StreamFact], None]) -> str:
        """Connect and pump until the connection ends; return why, in plain words."""
        try:
            address = await fetch_address(self._http, is_private=self._is_private)
        except TernError as error:
            _log.info("no stream token: %s", error)
            return error.sentence
        try:
            socket = await open_socket(address.url, self._proxy)
        except TransportError as error:
            _log.info("no stream: %s", error)
            return "The stream could not be opened."
        try:
            return await self._pump(socket, address, on_fact)
        finally:
            self._connection = None
            with suppress(OSError, ConnectionClosed):
                await socket.close()

    def subscribe(self, channels: tuple[Channel, ...]) -> None:
        """Queue subscriptions for the open connection; ignored while there is none."""
        if self._connection is not None:
            for base, symbols in _by_topic(channels).items():
                self._connection.subscribe(base, symbols)
            self._wake.set()

    def unsubscribe(self, channels: tuple[Channel, ...]) -> None:
        """Queue unsubscriptions for the open connection; ignored while there is none."""
        if self._connection is not None:
            for base, symbols in _by_topic(channels).items():
                self._connection.unsubscribe(base, symbols)
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
        async with asyncio.TaskGroup() as group:
            watchdog = group.create_task(self._watch(socket, connection))
            try:
                reason = await self._read(socket, connection, on_fact)
            finally:
                watchdog.cancel()
        return connection.closing or reason

    async def _read(
        self,
        socket: Socket,
        connection: StreamConnection,
        on_fact: Callable[[StreamFact], None],
    ) -> str:
        monotonic_s = self._clock.monotonic_s
        try:
            while connection.closing is None:
                raw = await socket.recv()
                event = connection.received(raw, monotonic_s())
                if event is None:
                    continue
                if type(event) is Pushed:
                    self._push(event, on_fact)
                else:
                    self._control(event, on_fact)
                    self._wake.set()
        except ConnectionClosed as closed:
            return _closing_words(closed)
        return "The stream ended."

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
        elif isinstance(event, (Acked, Refused)):
            for topic in event.topics:
                channel = channel_of_topic(topic)
                if channel is None:
                    continue
                if isinstance(event, Acked):
                    on_fact(ChannelConfirmed(channel))
                else:
                    on_fact(ChannelRefused(channel, event.reason))

    async def _watch(self, socket: Socket, connection: StreamConnection) -> None:
        """Send what is due and look at the deadlines: the only timer of the connection."""
        while True:
            now_s = self._clock.monotonic_s()
            connection.tick(now_s)
            if connection.closing is not None:
                await socket.close()
                return
            try:
                for frame in connection.drain(now_s):
                    await socket.send(frame, text=True)
            except ConnectionClosed:
                return
            wait_s = min(_LONGEST_WAIT_S, max(0.0, connection.deadline_s(now_s) - now_s))
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._wake.wait()


def _by_topic(channels: tuple[Channel, ...]) -> dict[str, tuple[str, ...]]:
    grouped: dict[str, tuple[str, ...]] = {}
    for channel in channels:
        subject = subject_of(channel)
        base = topic_of(channel.kind)
        grouped[base] = grouped.get(base, ()) + (() if subject is None else (subject,))
    return grouped


def _closing_words(closed: ConnectionClosed) -> str:
    received = closed.rcvd
    if received is not None and received.reason:
        return f"The exchange closed the stream: {received.reason}."
    return "The stream was closed." if received is not None else "The stream broke off."
