"""Keeps the order socket open and sends commands over it; each gets one outcome.

A command is sent once. What was in flight when the connection ended is Unknown, and a reply that
comes after that was said is passed on as a correction. Source: API reference 6.
"""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.clock import SleepWatch
from terminal.exchange.commands import outcome_of
from terminal.exchange.connect_window import ConnectWindow
from terminal.exchange.errors import AuthError, ClockSkewError, ExchangeError
from terminal.exchange.exchange_time import ExchangeTime
from terminal.exchange.meter import Figures
from terminal.exchange.outcome import NotSent, Outcome, Route, Unknown
from terminal.exchange.refusals import refusal
from terminal.exchange.sockets import (
    ConnectionClosed,
    close_socket,
    closing_words,
    has_room,
    is_ending,
    open_socket,
    send_text,
)
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
    from terminal.exchange.charge import Charge
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
NO_REPLY = "The exchange did not answer in time."
BROKEN = "The connection ended before the exchange answered."
CROWDED = "Too many connections were made within a minute; the order socket waits."
HIDDEN = "An error inside the program hid the answer."

_log = logging.getLogger("orders")


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
    charge: Charge | None


@final
class _Link(NamedTuple):
    socket: Socket
    connection: OrderConnection


@final
class OrderSocket:
    """One order socket for one key, signed for anew at every connection.

    ``exchange_time`` and ``window`` are shared by the clients of an account; ``offset_ms`` is what
    the time adds to our clock. ``on_skew`` is told when the exchange refused a sign-in for its
    time, ``on_changed`` when ``state`` changed, ``on_corrected`` what a late reply or the end of
    the connection says about a command whose outcome was given. ``on_sent`` is told the operation
    and monotonic time when a request was handed to the socket. All are called synchronously.
    """

    def __init__(  # noqa: PLR0913 - all but the first three by name
        self,
        address: str,
        credentials: Credentials,
        clock: Clock,
        *,
        proxy: str = "",
        timeout_s: float = TIMEOUT_S,
        exchange_time: ExchangeTime | None = None,
        window: ConnectWindow | None = None,
        opener: Callable[[str, str], Awaitable[Socket]] = open_socket,
    ) -> None:
        self._address = address
        self._credentials = credentials
        self._clock = clock
        self._proxy = proxy
        self._timeout_s = timeout_s
        self._time = exchange_time or ExchangeTime(clock)
        self._open = opener
        self._window = window or ConnectWindow()
        self._link: _Link | None = None
        self._waiting: dict[str, _Waiting] = {}
        self._late: dict[str, _Waiting] = {}
        self._wake = asyncio.Event()
        self._welcomed_s: float | None = None
        self._random = random.Random()  # noqa: S311 - spreads reconnections, keeps no secret
        self.state = SocketState(SocketStatus.STOPPED, "The order socket is not started.")
        self.round_trip_ms: float | None = None
        self.on_skew: Callable[[], None] | None = None
        self.on_changed: Callable[[], None] | None = None
        self.on_corrected: Callable[[Correction], None] | None = None
        self.on_sent: Callable[[Operation, float], None] | None = None

    @property
    def offset_ms(self) -> int:
        """What is added to this machine's clock to get the exchange's."""
        return self._time.offset_ms

    @offset_ms.setter
    def offset_ms(self, offset_ms: int) -> None:
        self._time.offset_ms = offset_ms

    @property
    def is_ready(self) -> bool:
        """True while a command that is sent now goes straight to the exchange."""
        link = self._link
        return (
            link is not None
            and link.connection.takes_requests(self._clock.monotonic_s())
            and has_room(link.socket)
        )

    # Commands --------------------------------------------------------------------------------

    async def ask(
        self,
        operation: Operation,
        args: object,
        subjects: Sequence[Subject],
        read: Read,
        charge: Charge | None = None,
    ) -> tuple[Outcome, ...]:
        """Send one command now; return the outcome of each subject.

        ``read`` makes outcomes of a reply of any code and may raise from ``exchange.errors`` and
        ``DecodeError``. ``charge`` is settled by how it ended. Ends as NotSent when the socket is
        not ready.
        """
        link = self._link
        if link is None or not self.is_ready:
            if charge is not None:
                charge.unsent()
            missing = NotSent("The order socket is not open.", Route.SOCKET)
            return (missing,) * len(subjects)
        identity, frame = link.connection.request(operation, args, self._clock.monotonic_s())
        answer: asyncio.Future[tuple[Outcome, ...]] = asyncio.get_running_loop().create_future()
        self._waiting[identity] = _Waiting(answer, subjects, read, charge)
        try:
            # A connection that breaks now may have carried the frame: its end answers, as for all.
            with suppress(ConnectionClosed):
                await link.socket.send(frame, text=True)
                if self.on_sent is not None:
                    self.on_sent(operation, self._clock.monotonic_s())
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
                await self._turn()
                self._set(SocketState(SocketStatus.OPENING, "The order socket is being opened."))
                self._welcomed_s = None
                ended = await self._once()
                if isinstance(ended, AuthError) and not ended.may_retry:
                    self._set(SocketState(SocketStatus.STOPPED, ended.sentence, ended.remedy))
                    return
                if isinstance(ended, ClockSkewError):
                    self._time.refused()
                    if self.on_skew is not None:
                        self.on_skew()
                welcomed_s = self._welcomed_s
                if welcomed_s is not None and self._clock.monotonic_s() - welcomed_s >= PROVEN_S:
                    attempt = 0
                self._set(SocketState(SocketStatus.WAITING, ended.sentence, ended.remedy))
                longest_s = BACKOFF_S[min(attempt, len(BACKOFF_S) - 1)]
                attempt += 1
                await self._clock.sleep(longest_s * self._random.uniform(0.5, 1.0))
        finally:
            if self.state.status is not SocketStatus.STOPPED:
                self._set(SocketState(SocketStatus.STOPPED, "The order socket was closed."))

    async def _turn(self) -> None:
        """The exchange lets only so many sockets connect in a minute; who waited may wait again."""
        while (seconds := self._window.wait_s(self._clock.monotonic_s())) > 0:
            self._set(SocketState(SocketStatus.WAITING, CROWDED))
            await self._clock.sleep(seconds)
        self._window.note(self._clock.monotonic_s())

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
        query = signed_query(
            (secrets.key, secrets.secret, secrets.passphrase), self._time.stamp_ms()
        )
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
                await close_socket(socket)
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
            return closing_words(closed, "order socket")
        return "The order socket broke off."

    def _control(self, event: Event | None) -> None:
        if isinstance(event, Welcomed):
            self._welcomed_s = self._clock.monotonic_s()
            self._set(SocketState(SocketStatus.OPEN))
        elif isinstance(event, Ponged):
            self.round_trip_ms = event.round_trip_ms
        elif isinstance(event, Ignored):
            _log.warning("order socket: %s", event.words)
        self._wake.set()

    async def _watch(self, link: _Link) -> None:
        """Send what is due and look at the deadlines: the only timer of the connection."""
        socket, connection = link
        sleep = SleepWatch(self._clock)
        while True:
            if sleep.slept():
                # What was in flight then is lost, and what is sent now might be.
                connection.end("The computer slept.")
            now_s = self._clock.monotonic_s()
            for identity in connection.tick(now_s):
                self._give_up(identity)
            if connection.closing is not None or is_ending(socket):
                await close_socket(socket)
                return
            for frame in connection.drain(now_s, self._time.now_ms()):
                if not await send_text(socket, frame):
                    return  # who reads says how it ended
            # A request that is sent meanwhile is due later than the longest wait.
            wait_s = min(_LONGEST_WAIT_S, self._timeout_s, connection.deadline_s(now_s) - now_s)
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, wait_s)):
                    await self._wake.wait()

    # Replies ---------------------------------------------------------------------------------

    def _take(self, reply: Replied) -> None:
        waiting = (self._late if reply.is_late else self._waiting).pop(reply.identity, None)
        if waiting is None:
            return
        quota = reply.quota
        figures = None
        if quota is not None:
            figures = Figures(quota.limit, max(quota.remaining, 0), max(quota.reset, 0))
        error = None
        if not reply.is_success:
            error = refusal("order socket", reply.code, reply.text, figures=figures)
        if waiting.charge is not None:
            waiting.charge.answered(figures, error)
        outcomes: tuple[Outcome, ...] = (Unknown(HIDDEN, Route.SOCKET, 0.0),) * len(
            waiting.subjects
        )
        try:
            outcomes = _outcomes(reply, error, waiting)
        finally:
            # An error of ours ends the connection, and who asked is not left waiting for ever.
            self._tell(waiting, outcomes)

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
        if waiting.charge is not None:
            waiting.charge.lost()
        if not waiting.answer.done():
            unknown = Unknown(NO_REPLY, Route.SOCKET)
            waiting.answer.set_result((unknown,) * len(waiting.subjects))

    def _end_all(self, closed_s: float) -> None:
        """The connection is gone: from here on it is known when silence becomes proof."""
        unknown = Unknown(BROKEN, Route.SOCKET, closed_s + SETTLED_S)
        unanswered = [*self._waiting.values(), *self._late.values()]
        self._late.clear()
        self._waiting.clear()
        with ExitStack() as stack:
            # Each is told, whatever another one's listener raises.
            for waiting in reversed(unanswered):
                stack.callback(self._tell, waiting, (unknown,) * len(waiting.subjects))
                if waiting.charge is not None:
                    stack.callback(waiting.charge.lost)


def _outcomes(
    reply: Replied, error: ExchangeError | None, waiting: _Waiting
) -> tuple[Outcome, ...]:
    """What a reply says. One that leaves the end unknown at least ends the request's way.

    So from now on the exchange's not knowing of an effect is proof, as it is by REST: nothing is
    carried out later that was replied to.
    """
    return tuple(
        replace(outcome, settled_after_s=0.0) if isinstance(outcome, Unknown) else outcome
        for outcome in _told(reply, error, waiting)
    )


def _told(reply: Replied, error: ExchangeError | None, waiting: _Waiting) -> tuple[Outcome, ...]:
    if error is not None:
        return (outcome_of(error, Route.SOCKET),) * len(waiting.subjects)
    try:
        return waiting.read(reply)
    except ExchangeError as unread:
        _log.error("a reply that cannot be taken: %s", unread)
        return (outcome_of(unread, Route.SOCKET),) * len(waiting.subjects)
    except DecodeError as unread:
        _log.error("a reply that cannot be read: %s", unread)
        unknown = Unknown("The exchange sent something that could not be read.", Route.SOCKET)
        return (unknown,) * len(waiting.subjects)


def _ending(closing: Closing) -> ExchangeError:
    if closing.code:
        return refusal("order socket", closing.code, closing.text)
    return ExchangeError(closing.text)
