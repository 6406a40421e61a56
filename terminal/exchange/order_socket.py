"""Keeps the order socket open and sends commands over it; each gets one outcome.

A command is sent once. What was in flight when the connection ended is Unknown, and a reply that
comes after that was said is passed on as a correction. Source: API reference 6.
"""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol, final

from terminal.exchange.commands import outcome_of
from terminal.exchange.errors import AuthError, ClockSkewError, ExchangeError
from terminal.exchange.outcome import NotSent, Outcome, Route, Unknown
from terminal.exchange.refusals import refusal
from terminal.exchange.sockets import ConnectionClosed, is_open, open_socket
from terminal.wire.codec import DecodeError
from terminal.wire.order_socket import (
    Closing,
    Ignored,
    OrderConnection,
    Ponged,
    Replied,
    Welcomed,
    signed_query,
)
from terminal.wire.signing import sign

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from terminal.domain.clock import Clock
    from terminal.exchange.batches import Subject
    from terminal.exchange.credentials import Credentials
    from terminal.exchange.sockets import Socket
    from terminal.wire.order_socket import Event, Operation

    Read = Callable[[Replied], tuple[Outcome, ...]]

SETTLED_S = 10.0
"""So long after a connection ended, nothing that went over it is carried out any more.

Requests carry no time stamp, so nothing else ends their life; twice the window of signed requests
(API reference 1.3) is our choice.
"""

TIMEOUT_S = 5.0
BACKOFF_S = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""The actual wait is between half of this and all of it."""

PROVEN_S = 10.0
"""Only a connection that lived so long makes the next wait short again."""

_LONGEST_WAIT_S = 1.0
_SIGN_IN_AGAIN = frozenset({"400011", "400012"})
"""Refusals of one sign-in, not of the key. Source: API reference 1.6."""

NO_REPLY = "The exchange did not answer in time."
BROKEN = "The connection ended before the exchange answered."

_log = logging.getLogger("orders")


class QuotaHook(Protocol):
    """Who keeps the budget of requests and wants to know what the exchange says about it."""

    def note(self, limit: int, remaining: int, reset_ms: int) -> None:
        """Take the figures of one reply: quota, what is left, ms until it is full again."""
        ...


class SocketStatus(Enum):
    """Where the socket is in its life."""

    OPENING = "opening"
    OPEN = "open"
    WAITING = "waiting"
    STOPPED = "stopped"


@final
@dataclass(frozen=True, slots=True)
class SocketState:
    """Status, and why it is so in words for the user (empty while open)."""

    status: SocketStatus
    reason: str = ""
    remedy: str = ""


@final
@dataclass(frozen=True, slots=True)
class Correction:
    """What became known about a command after its outcome was given."""

    subject: Subject
    outcome: Outcome


@final
class _Waiting(NamedTuple):
    """A request in flight: who waits, what it is about, and how its reply is read."""

    answer: asyncio.Future[tuple[Outcome, ...]]
    subjects: Sequence[Subject]
    read: Read


@final
class _Link(NamedTuple):
    socket: Socket
    connection: OrderConnection


@final
class OrderSocket:
    """One order socket for one key, signed for anew at every connection.

    ``offset_ms`` is what must be added to our clock to get the exchange's. ``on_skew`` is told when
    the exchange refused a sign-in for its time, ``on_changed`` when ``state`` changed,
    ``on_corrected`` what a late reply or the end of the connection says about a command whose
    outcome was given. ``on_sent`` is told the operation and monotonic time when a request was
    handed to the socket. All are called synchronously.
    """

    def __init__(
        self,
        address: str,
        credentials: Credentials,
        clock: Clock,
        *,
        proxy: str = "",
        timeout_s: float = TIMEOUT_S,
        opener: Callable[[str, str], Awaitable[Socket]] = open_socket,
    ) -> None:
        self._address = address
        self._credentials = credentials
        self._clock = clock
        self._proxy = proxy
        self._timeout_s = timeout_s
        self._open = opener
        self._link: _Link | None = None
        self._waiting: dict[str, _Waiting] = {}
        self._late: dict[str, _Waiting] = {}
        self._wake = asyncio.Event()
        self._random = random.Random()  # noqa: S311 - spreads reconnections, keeps no secret
        self.state = SocketState(SocketStatus.STOPPED, "The order socket is not started.")
        self.round_trip_ms: float | None = None
        self.offset_ms = 0
        self.quota: QuotaHook | None = None
        self.on_skew: Callable[[], None] | None = None
        self.on_changed: Callable[[], None] | None = None
        self.on_corrected: Callable[[Correction], None] | None = None
        self.on_sent: Callable[[str, float], None] | None = None

    @property
    def is_ready(self) -> bool:
        """True while a command that is sent now goes straight to the exchange."""
        link = self._link
        return (
            link is not None
            and link.connection.is_welcomed
            and link.connection.closing is None
            and is_open(link.socket)
        )

    # Commands --------------------------------------------------------------------------------

    async def ask(
        self,
        operation: Operation,
        args: object,
        subjects: Sequence[Subject],
        read: Read,
    ) -> tuple[Outcome, ...]:
        """Send one command now; return the outcome of each subject.

        ``read`` makes outcomes of a reply of any code and may raise from ``exchange.errors`` and
        ``DecodeError``. Ends as NotSent when the socket is not ready.
        """
        link = self._link
        if link is None or not self.is_ready:
            missing = NotSent("The order socket is not open.", Route.SOCKET)
            return (missing,) * len(subjects)
        identity, frame = link.connection.request(operation, args, self._clock.monotonic_s())
        answer: asyncio.Future[tuple[Outcome, ...]] = asyncio.get_running_loop().create_future()
        self._waiting[identity] = _Waiting(answer, subjects, read)
        try:
            # A connection that breaks now may have carried the frame: its end answers, as for all.
            with suppress(ConnectionClosed):
                await link.socket.send(frame, text=True)
                if self.on_sent is not None:
                    self.on_sent(operation.value, self._clock.monotonic_s())
            return await answer
        finally:
            answer.cancel()  # who left before the end is told by a correction

    # Life ------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep the socket open until the exchange refuses the key; ``state`` says why it ended.

        Raises only what a bug raises, and CancelledError, after which the socket is closed.
        """
        attempt = 0
        try:
            while True:
                self._set(SocketState(SocketStatus.OPENING, "The order socket is being opened."))
                began_s = self._clock.monotonic_s()
                ended = await self._once()
                if isinstance(ended, AuthError) and ended.code not in _SIGN_IN_AGAIN:
                    self._set(SocketState(SocketStatus.STOPPED, ended.sentence, ended.remedy))
                    return
                if isinstance(ended, ClockSkewError) and self.on_skew is not None:
                    self.on_skew()
                if self._clock.monotonic_s() - began_s >= PROVEN_S:
                    attempt = 0
                self._set(SocketState(SocketStatus.WAITING, ended.sentence, ended.remedy))
                longest_s = BACKOFF_S[min(attempt, len(BACKOFF_S) - 1)]
                attempt += 1
                await self._clock.sleep(longest_s * self._random.uniform(0.5, 1.0))
        finally:
            if self.state.status is not SocketStatus.STOPPED:
                self._set(SocketState(SocketStatus.STOPPED, "The order socket was closed."))

    def _set(self, state: SocketState) -> None:
        if state != self.state:
            self.state = state
            if state.reason:
                _log.info("order socket %s: %s", state.status.value, state.reason)
            if self.on_changed is not None:
                self.on_changed()

    async def _once(self) -> ExchangeError:
        """One connection from its opening to its end; returns why it ended."""
        secrets = self._credentials
        stamp_ms = self._clock.now_ms() + self.offset_ms
        query = signed_query((secrets.key, secrets.secret, secrets.passphrase), stamp_ms)
        try:
            socket = await self._open(f"{self._address}?{query}", self._proxy)
        except ExchangeError as error:
            _log.info("no order socket: %s", error)
            return error
        connection = OrderConnection(
            self._signature, timeout_s=self._timeout_s, now_s=self._clock.monotonic_s()
        )
        link = self._link = _Link(socket, connection)
        try:
            async with asyncio.TaskGroup() as group:
                watchdog = group.create_task(self._watch(link))
                try:
                    words = await self._read(link)
                finally:
                    watchdog.cancel()
        finally:
            self._link = None
            self.round_trip_ms = None
            try:
                with suppress(OSError, ConnectionClosed):
                    await socket.close()
            finally:
                self._end_all(self._clock.monotonic_s())
        return _ending(connection.closing or Closing("", words))

    def _signature(self, text: str) -> str:
        return sign(self._credentials.secret, text)

    async def _read(self, link: _Link) -> str:
        """Take frames until the connection ends; return how it ended."""
        socket, connection = link
        monotonic_s = self._clock.monotonic_s
        try:
            # After an end of our own, what is on its way is still heard.
            while connection.closing is None or not connection.closing.code:
                raw = await socket.recv()
                event = connection.received(raw, monotonic_s())
                if type(event) is Replied:
                    self._take(event)
                else:
                    self._control(event)
        except ConnectionClosed as closed:
            received = closed.rcvd
            if received is not None and received.reason:
                return f"The exchange closed the order socket: {received.reason}."
        return "The order socket broke off."

    def _control(self, event: Event | None) -> None:
        if isinstance(event, Welcomed):
            self._set(SocketState(SocketStatus.OPEN))
        elif isinstance(event, Ponged):
            self.round_trip_ms = event.round_trip_ms
        elif isinstance(event, Ignored):
            _log.warning("order socket: %s", event.words)
        self._wake.set()

    async def _watch(self, link: _Link) -> None:
        """Send what is due and look at the deadlines: the only timer of the connection."""
        socket, connection = link
        while True:
            now_s = self._clock.monotonic_s()
            for identity in connection.tick(now_s):
                self._give_up(identity)
            if connection.closing is not None:
                await socket.close()
                return
            try:
                for frame in connection.drain(now_s, self._clock.now_ms() + self.offset_ms):
                    await socket.send(frame, text=True)
            except ConnectionClosed:
                return
            # A request that is sent meanwhile is due later than the longest wait.
            wait_s = min(_LONGEST_WAIT_S, self._timeout_s, connection.deadline_s() - now_s)
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, wait_s)):
                    await self._wake.wait()

    # Replies ---------------------------------------------------------------------------------

    def _take(self, reply: Replied) -> None:
        if reply.quota is not None and self.quota is not None:
            self.quota.note(reply.quota.limit, reply.quota.remaining, reply.quota.reset)
        waiting = (self._late if reply.is_late else self._waiting).pop(reply.identity, None)
        if waiting is not None:
            self._tell(waiting, _outcomes(reply, waiting))

    def _tell(self, waiting: _Waiting, outcomes: tuple[Outcome, ...]) -> None:
        """Answer who waits; when nobody does any more, it is a correction."""
        if not waiting.answer.done():
            waiting.answer.set_result(outcomes)
        elif self.on_corrected is not None:
            for subject, outcome in zip(waiting.subjects, outcomes, strict=True):
                self.on_corrected(Correction(subject, outcome))

    def _give_up(self, identity: str) -> None:
        """A reply is overdue: say so, and keep listening for it."""
        waiting = self._late[identity] = self._waiting.pop(identity)
        if not waiting.answer.done():
            unknown = Unknown(NO_REPLY, Route.SOCKET)
            waiting.answer.set_result((unknown,) * len(waiting.subjects))

    def _end_all(self, closed_s: float) -> None:
        """The connection is gone: from here on it is known when silence becomes proof."""
        unknown = Unknown(BROKEN, Route.SOCKET, closed_s + SETTLED_S)
        unanswered = [*self._late.values(), *self._waiting.values()]
        self._late.clear()
        self._waiting.clear()
        for waiting in unanswered:
            self._tell(waiting, (unknown,) * len(waiting.subjects))


def _outcomes(reply: Replied, waiting: _Waiting) -> tuple[Outcome, ...]:
    if not reply.is_success:
        quota = reply.quota
        is_spent = quota is not None and quota.remaining <= 0
        after_s = quota.reset / 1000 if quota is not None and is_spent else None
        error = refusal("order socket", reply.code, reply.text, retry_after_s=after_s)
        return (outcome_of(error, Route.SOCKET),) * len(waiting.subjects)
    try:
        return waiting.read(reply)
    except DecodeError as error:
        _log.error("a reply that cannot be read: %s", error)
        unknown = Unknown("The exchange sent something that could not be read.", Route.SOCKET)
        return (unknown,) * len(waiting.subjects)


def _ending(closing: Closing) -> ExchangeError:
    if closing.code:
        return refusal("order socket", closing.code, closing.text)
    return ExchangeError(closing.text)
