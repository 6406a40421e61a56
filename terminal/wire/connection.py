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
from terminal.wire.frames import Frame, Trouble, limit_in, trouble

MAX_SYMBOLS_PER_FRAME = 100
MAX_FRAMES_PER_WINDOW = 90
"""Of the exchange's 100 client messages in 10 s, ten are kept for pings."""
WINDOW_S = 10.0
WELCOME_TIMEOUT_S = 10.0
ACK_TIMEOUT_S = 10.0
SLOW_DOWN_S = 10.0
"""A whole window of silence when the exchange says that we send too much."""

_frame_decoder = msgspec.json.Decoder(Frame, strict=False)


class Welcomed(NamedTuple):
    """The exchange said welcome."""


class Acked(NamedTuple):
    """A request about these topics was acknowledged."""

    topics: tuple[str, ...]


class Refused(NamedTuple):
    """A request about these topics was refused for good."""

    topics: tuple[str, ...]
    reason: str


class Full(NamedTuple):
    """These topics are too many for this connection, which may hold ``limit`` (None: not told)."""

    topics: tuple[str, ...]
    limit: int | None


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


Event = Welcomed | Acked | Refused | Full | Ponged | Pushed | Unreadable


@final
@dataclass(frozen=True, slots=True)
class _Request:
    verb: str
    base: str
    symbols: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The topics one by one, as pushes carry them."""
        if not self.symbols:
            return (self.base,)
        return tuple(f"{self.base}:{symbol}" for symbol in self.symbols)


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
        self._quiet_until_s = now_s
        self._most = MAX_SYMBOLS_PER_FRAME
        self._next_id = 0

    # Commands --------------------------------------------------------------------------------

    def subscribe(self, base: str, symbols: tuple[str, ...]) -> None:
        """Queue a subscription, split into frames of at most 100 symbols."""
        self._queue.extend(self._parts("subscribe", base, symbols))

    def unsubscribe(self, base: str, symbols: tuple[str, ...]) -> None:
        """Queue the end of a subscription."""
        self._queue.extend(self._parts("unsubscribe", base, symbols))

    def end(self, reason: str) -> None:
        """Close for a reason of ours; a reason that is there already stays."""
        if self.closing is None:
            self.closing = reason

    def _parts(self, verb: str, base: str, symbols: tuple[str, ...]) -> list[_Request]:
        if not symbols:
            return [_Request(verb, base, ())]
        starts = range(0, len(symbols), self._most)
        return [_Request(verb, base, symbols[start : start + self._most]) for start in starts]

    # Inputs ----------------------------------------------------------------------------------

    def received(self, raw: str | bytes, now_s: float) -> Event | None:
        """Take one frame; return what it means to the driver, None when nothing."""
        try:
            frame = _frame_decoder.decode(raw)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            return Unreadable(f"{error} in {excerpt(raw)}")
        if frame.type == "message" or (not frame.type and frame.topic):
            return Pushed(frame.topic, frame.subject, bytes(frame.data))
        return self._control(frame, now_s)

    def _control(self, frame: Frame, now_s: float) -> Event | None:
        identity = "" if frame.id is None else str(frame.id)
        if frame.type == "welcome":
            self.is_welcomed = True
            self._next_ping_s = now_s  # the first ping measures the round trip at once
            return Welcomed()
        if frame.type == "pong":
            return self._ponged(identity, now_s)
        if frame.type == "ack":
            asked, _ = self._asked.pop(identity, (None, 0.0))
            if asked is None or asked.verb != "subscribe":
                return None
            return Acked(asked.names)
        if frame.type == "error":
            return self._failed(frame, identity, now_s)
        return None  # notice, command and what may come: unknown types are ignored by the docs

    def _ponged(self, identity: str, now_s: float) -> Event | None:
        if self._ping is None or identity != self._ping[0]:
            return None
        sent_s = self._ping[1]
        self._ping = None
        return Ponged((now_s - sent_s) * 1000.0)

    def _failed(self, frame: Frame, identity: str, now_s: float) -> Event | None:
        words = excerpt(bytes(frame.data)).strip('"')
        reason = f"{words} ({frame.code})" if frame.code is not None else words
        todo = trouble(frame.code, words)
        asked, _ = self._asked.pop(identity, (None, 0.0))
        if todo is Trouble.SLOW_DOWN:
            self._slow_down(identity, asked, now_s)
            return None
        if asked is None or todo in {Trouble.TOKEN, Trouble.RECONNECT}:
            self.end(f"the exchange ended the stream: {reason}")
            return None
        if asked.verb != "subscribe":
            return None  # what is not subscribed cannot be given up: nothing is lost
        if todo is Trouble.FULL:
            return Full(asked.names, limit_in(words))
        if len(asked.symbols) > 1 and todo in {Trouble.SPLIT, Trouble.TOPIC}:
            return self._divide(asked, todo, words, reason)
        return Refused(asked.names, reason)

    def _slow_down(self, identity: str, asked: _Request | None, now_s: float) -> None:
        """Send nothing for a window; what was refused is asked again, a ping too."""
        self._quiet_until_s = now_s + SLOW_DOWN_S
        if asked is not None:
            self._queue.appendleft(asked)
        elif self._ping is not None and identity == self._ping[0]:
            self._ping = None
            self._next_ping_s = min(self._next_ping_s, self._quiet_until_s)

    def _divide(self, asked: _Request, todo: Trouble, words: str, reason: str) -> Event | None:
        """One bad topic in a list must not take the others away: ask for smaller parts."""
        if todo is Trouble.SPLIT:
            told = limit_in(words)
            half = (len(asked.symbols) + 1) // 2
            self._most = told if told and told < len(asked.symbols) else half
            self._queue.extendleft(reversed(self._parts(asked.verb, asked.base, asked.symbols)))
            return None
        quoted = _quoted(asked, words)
        if quoted is None:
            middle = len(asked.symbols) // 2
            parts = (asked.symbols[:middle], asked.symbols[middle:])
            self._queue.extendleft(_Request(asked.verb, asked.base, part) for part in parts[::-1])
            return None
        rest = tuple(symbol for symbol in asked.symbols if symbol != quoted)
        self._queue.appendleft(_Request(asked.verb, asked.base, rest))
        return Refused((f"{asked.base}:{quoted}",), reason)

    def tick(self, now_s: float) -> None:
        """Look at the deadlines: welcome, pong and acks."""
        if not self.is_welcomed:
            if now_s >= self._welcome_by_s:
                self.end("the exchange did not say welcome in time")
        elif self._ping is not None and now_s >= self._ping[1] + self._ping_timeout_s:
            self.end("the exchange did not answer a ping in time")
        elif any(now_s >= asked_s + ACK_TIMEOUT_S for _, asked_s in self._asked.values()):
            self.end("the exchange did not confirm a subscription in time")

    # Outputs ---------------------------------------------------------------------------------

    def drain(self, now_s: float) -> list[bytes]:
        """Frames to send now: pings that are due, then queued requests within the limits."""
        if not self.is_welcomed or self.closing is not None or now_s < self._quiet_until_s:
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
        return encode(
            {
                "id": identity,
                "type": request.verb,
                "topic": topics.build(request.base, request.symbols),
                "privateChannel": request.base in topics.PRIVATE,
                "response": True,
            }
        )

    def deadline_s(self, now_s: float) -> float:
        """When the driver must call ``tick`` and ``drain`` again at the latest (monotonic)."""
        if not self.is_welcomed:
            return self._welcome_by_s
        if self._ping is None:
            waiting = max(self._next_ping_s, self._quiet_until_s)
        else:
            waiting = self._ping[1] + self._ping_timeout_s
        if self._asked:
            _, asked_s = next(iter(self._asked.values()))
            waiting = min(waiting, asked_s + ACK_TIMEOUT_S)
        if self._queue:
            oldest = self._sent_at_s[0] if self._sent_at_s else now_s
            waiting = min(waiting, max(oldest + WINDOW_S, self._quiet_until_s))
        return waiting

    def _new_id(self) -> str:
        self._next_id += 1
        return f"t{self._next_id}"


def _quoted(asked: _Request, words: str) -> str | None:
    """The one symbol of a request whose topic the refusal quotes, None when it is not clear."""
    found = [symbol for symbol in asked.symbols if f"{asked.base}:{symbol} " in f"{words} "]
    return found[0] if len(found) == 1 else None
