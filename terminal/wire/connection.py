"""The life of one stream connection without any I/O: welcome, acks, pings, deadlines.

Inputs carry the time (monotonic seconds); outputs are drained by the driver. Nothing here raises
on input from outside: what cannot go on ends in ``closing`` with a reason.
Source: API reference 5.2 to 5.4.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple, final

import msgspec

from terminal.wire import topics
from terminal.wire.codec import encode, excerpt
from terminal.wire.frames import Frame

MAX_SYMBOLS_PER_FRAME = 100
MAX_FRAMES_PER_WINDOW = 90
"""Of the exchange's 100 client messages in 10 s, ten are kept for pings."""
WINDOW_S = 10.0
WELCOME_TIMEOUT_S = 10.0
ACK_TIMEOUT_S = 10.0

_frame_decoder = msgspec.json.Decoder(Frame, strict=False)


class Welcomed(NamedTuple):
    """The exchange said welcome."""


class Acked(NamedTuple):
    """A request about these topics was acknowledged."""

    topics: tuple[str, ...]


class Refused(NamedTuple):
    """A request about these topics was refused."""

    topics: tuple[str, ...]
    reason: str


class Ponged(NamedTuple):
    """The answer to a ping, after so many milliseconds."""

    round_trip_ms: float


class Pushed(NamedTuple):
    """A data frame."""

    topic: str
    subject: str
    data: bytes


class Unreadable(NamedTuple):
    """A frame that is no frame."""

    error: str


Event = Welcomed | Acked | Refused | Ponged | Pushed | Unreadable


@final
@dataclass(frozen=True, slots=True)
class _Request:
    verb: str
    topic: str
    names: tuple[str, ...]


@final
class StreamConnection:
    """One socket's protocol state. ``ping_interval_s`` and ``ping_timeout_s`` as the token says."""

    def __init__(self, *, ping_interval_s: float, ping_timeout_s: float, now_s: float) -> None:
        self.closing: str | None = None
        self.is_welcomed = False
        self._ping_interval_s = ping_interval_s
        self._ping_timeout_s = ping_timeout_s
        self._next_ping_s = now_s
        self._welcome_by_s = now_s + WELCOME_TIMEOUT_S
        self._ping: tuple[str, float] | None = None
        self._queue: deque[_Request] = deque()
        self._asked: dict[str, tuple[_Request, float]] = {}
        self._sent_at_s: deque[float] = deque()
        self._next_id = 0

    # Commands --------------------------------------------------------------------------------

    def subscribe(self, base: str, symbols: tuple[str, ...]) -> None:
        """Queue a subscription, split into frames of at most 100 symbols."""
        self._enqueue("subscribe", base, symbols)

    def unsubscribe(self, base: str, symbols: tuple[str, ...]) -> None:
        """Queue the end of a subscription."""
        self._enqueue("unsubscribe", base, symbols)

    def _enqueue(self, verb: str, base: str, symbols: tuple[str, ...]) -> None:
        if not symbols:
            self._queue.append(_Request(verb, base, (base,)))
        for start in range(0, len(symbols), MAX_SYMBOLS_PER_FRAME):
            part = symbols[start : start + MAX_SYMBOLS_PER_FRAME]
            names = tuple(f"{base}:{symbol}" for symbol in part)
            self._queue.append(_Request(verb, topics.build(base, part), names))

    # Inputs ----------------------------------------------------------------------------------

    def received(self, raw: str | bytes, now_s: float) -> Event | None:
        """Take one frame; return what it means to the driver, None when nothing."""
        try:
            frame = _frame_decoder.decode(raw)
        except (msgspec.MsgspecError, UnicodeError) as error:
            return Unreadable(f"{error} in {excerpt(raw)}")
        if frame.type == "message":
            return Pushed(frame.topic, frame.subject, bytes(frame.data))
        return self._control(frame, now_s)

    def _control(self, frame: Frame, now_s: float) -> Event | None:
        if frame.type == "welcome":
            self.is_welcomed = True
            self._next_ping_s = now_s  # the first ping measures the round trip at once
            return Welcomed()
        if frame.type == "pong":
            return self._ponged(frame, now_s)
        asked, _ = self._asked.pop(frame.id or "", (None, 0.0))
        if frame.type == "ack":
            if asked is None or asked.verb != "subscribe":
                return None
            return Acked(asked.names)
        if frame.type == "error":
            return self._failed(frame, asked)
        return None  # notice, command and what may come: unknown types are ignored by the docs

    def _ponged(self, frame: Frame, now_s: float) -> Event | None:
        if self._ping is None or frame.id != self._ping[0]:
            return None
        sent_s = self._ping[1]
        self._ping = None
        return Ponged((now_s - sent_s) * 1000.0)

    def _failed(self, frame: Frame, asked: _Request | None) -> Event | None:
        words = excerpt(bytes(frame.data)).strip('"')
        reason = f"{words} ({frame.code})" if frame.code is not None else words
        if asked is not None:
            return Refused(asked.names, reason)
        self.closing = f"the exchange ended the stream: {reason}"
        return None

    def tick(self, now_s: float) -> None:
        """Look at the deadlines: welcome and pong."""
        if not self.is_welcomed:
            if now_s >= self._welcome_by_s:
                self.closing = "the exchange did not say welcome in time"
        elif self._ping is not None and now_s >= self._ping[1] + self._ping_timeout_s:
            self.closing = "the exchange did not answer a ping in time"
        elif any(now_s >= asked_s + ACK_TIMEOUT_S for _, asked_s in self._asked.values()):
            self.closing = "the exchange did not confirm a subscription in time"

    # Outputs ---------------------------------------------------------------------------------

    def drain(self, now_s: float) -> list[bytes]:
        """Frames to send now: pings that are due, then queued requests within the limits."""
        if not self.is_welcomed or self.closing is not None:
            return []
        out: list[bytes] = []
        while self._sent_at_s and self._sent_at_s[0] <= now_s - WINDOW_S:
            self._sent_at_s.popleft()
        if self._ping is None and now_s >= self._next_ping_s:
            self._next_ping_s = now_s + self._ping_interval_s
            identity = self._new_id()
            self._ping = (identity, now_s)
            out.append(encode({"id": identity, "type": "ping"}))
        while self._queue and len(self._sent_at_s) < MAX_FRAMES_PER_WINDOW:
            out.append(self._encode(self._queue.popleft(), now_s))
            self._sent_at_s.append(now_s)
        return out

    def _encode(self, request: _Request, now_s: float) -> bytes:
        identity = self._new_id()
        self._asked[identity] = (request, now_s)
        base = topics.split(request.topic)[0]
        return encode(
            {
                "id": identity,
                "type": request.verb,
                "topic": request.topic,
                "privateChannel": base in topics.PRIVATE,
                "response": True,
            }
        )

    def deadline_s(self, now_s: float) -> float:
        """When the driver must call ``tick`` and ``drain`` again at the latest (monotonic)."""
        if not self.is_welcomed:
            return self._welcome_by_s
        waiting = self._next_ping_s if self._ping is None else self._ping[1] + self._ping_timeout_s
        if self._queue:
            oldest = self._sent_at_s[0] if self._sent_at_s else now_s
            return min(waiting, oldest + WINDOW_S)
        return waiting

    def _new_id(self) -> str:
        self._next_id += 1
        return f"t{self._next_id}"
