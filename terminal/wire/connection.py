"""The life of one stream connection without any I/O: welcome, acks, pings, deadlines.

Inputs carry the time (monotonic seconds); outputs are drained by the driver. Nothing here raises
on input from outside: what cannot go on ends in ``closing`` with a reason.
Source: API reference 5.2 to 5.4.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import NamedTuple, final

import msgspec

from terminal.wire import topics
from terminal.wire.codec import encode, excerpt
from terminal.wire.frames import Frame, Trouble, limit_in, trouble
from terminal.wire.patience import Patience

MAX_SYMBOLS_PER_FRAME = 100
MAX_MESSAGES_PER_WINDOW = 100
"""Client messages in 10 s, pings included. Source: API reference 5.4."""
MAX_FRAMES_PER_WINDOW = 90
"""Requests in 10 s: ten messages are kept for pings."""
WINDOW_S = 10.0
WELCOME_TIMEOUT_S = 10.0
ACK_TIMEOUT_S = 10.0
"""A request without an answer is asked again after this, once."""
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


class Pushed(msgspec.Struct, frozen=True, gc=False):
    """A data frame. A struct, for every one is made of one of these and a tuple takes longer."""

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
    """A frame to send, or one that was sent. ``number`` counts commands: a later one is newer.

    ``first_s`` is when what is asked for the second time was asked first, None the first time.
    """

    verb: str
    base: str
    symbols: tuple[str, ...]
    number: int
    first_s: float | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The topics one by one, as pushes carry them."""
        if not self.symbols:
            return (self.base,)
        return tuple(f"{self.base}:{symbol}" for symbol in self.symbols)


@final
@dataclass(slots=True)
class _Asked:
    """A request that was sent and is not answered; ``due_s`` is None once it was given up."""

    request: _Request
    due_s: float | None


@final
class StreamConnection:
    """One socket's protocol state. ``ping_interval_s`` and ``ping_timeout_s`` as the token says.

    Of two commands about one topic only the later one counts: what answers the earlier one is not
    told, and what was refused for a while is asked again only if nothing newer was.
    """

    def __init__(self, *, ping_interval_s: float, ping_timeout_s: float, now_s: float) -> None:
        self.closing: str | None = None
        self.is_welcomed = False
        self._ping_interval_s = ping_interval_s
        self._ping_timeout_s = ping_timeout_s
        self._next_ping_s = now_s
        self._welcome_by_s = now_s + WELCOME_TIMEOUT_S
        self._ping: tuple[str, float] | None = None
        self._queue: deque[_Request] = deque()
        # In the order of sending, which is the order of their deadlines.
        self._asked: dict[str, _Asked] = {}
        self._newest: dict[str, int] = {}
        # Topics that the exchange may send: asked for on the wire, and no end of it is known.
        self._asked_for: set[str] = set()
        self._commands = 0
        self._last_answered_s = now_s
        self._sent_at_s: deque[float] = deque()
        self._quiet_until_s = now_s
        self._patience = Patience(now_s)
        self._most = MAX_SYMBOLS_PER_FRAME
        self._next_id = 0

    # Commands --------------------------------------------------------------------------------

    def subscribe(self, base: str, symbols: tuple[str, ...]) -> None:
        """Queue a subscription, split into frames of at most 100 symbols."""
        self._queue.extend(self._command("subscribe", base, symbols))

    def unsubscribe(self, base: str, symbols: tuple[str, ...]) -> None:
        """Queue the end of a subscription."""
        self._queue.extend(self._command("unsubscribe", base, symbols))

    def end(self, reason: str) -> None:
        """Close for a reason of ours; a reason that is there already stays."""
        if self.closing is None:
            self.closing = reason

    def _command(self, verb: str, base: str, symbols: tuple[str, ...]) -> list[_Request]:
        """Number a command: what was asked of these topics before counts no more."""
        self._commands += 1
        command = _Request(verb, base, symbols, self._commands)
        self._newest.update(dict.fromkeys(command.names, self._commands))
        return self._parts(command)

    def _parts(self, request: _Request) -> list[_Request]:
        symbols, most = request.symbols, self._most
        if len(symbols) <= most:
            return [request]
        starts = range(0, len(symbols), most)
        return [replace(request, symbols=symbols[start : start + most]) for start in starts]

    def _current(self, request: _Request) -> _Request | None:
        """What of a request is still wanted; None when nothing is."""
        newest = self._newest
        if not request.symbols:
            return request if newest.get(request.base) == request.number else None
        named = zip(request.symbols, request.names, strict=True)
        symbols = tuple(one for one, name in named if newest.get(name) == request.number)
        return replace(request, symbols=symbols) if symbols else None

    def _forget(self, done: _Request) -> tuple[str, ...]:
        """Nothing is to be said of these topics any more; return their names."""
        names = done.names
        for name in names:
            del self._newest[name]
        self._asked_for.difference_update(names)
        return names

    def _again(self, *requests: _Request) -> None:
        """Ask again, before all else, for what is still wanted."""
        for request in reversed(requests):
            if (wanted := self._current(request)) is not None:
                self._queue.extendleft(reversed(self._parts(wanted)))

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
            if self.is_welcomed:
                return None  # said twice: what was asked for meanwhile stands
            self.is_welcomed = True
            self._next_ping_s = now_s  # the first ping measures the round trip at once
            return Welcomed()
        if frame.type == "pong":
            return self._ponged(identity, now_s)
        if frame.type == "ack":
            asked = self._asked.pop(identity, None)
            return None if asked is None else self._acked(asked.request, now_s)
        if frame.type == "error":
            return self._failed(frame, identity, now_s)
        return None  # notice, command and what may come: unknown types are ignored by the docs

    def _acked(self, request: _Request, now_s: float) -> Event | None:
        self._last_answered_s = now_s
        wanted = self._current(request)
        if wanted is None:
            return None
        if wanted.verb == "subscribe":
            return Acked(wanted.names)
        self._forget(wanted)
        return None

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
        found = self._asked.pop(identity, None)
        asked = None if found is None else found.request
        if asked is not None:
            self._last_answered_s = now_s
        if todo is Trouble.SLOW_DOWN:
            self._slow_down(identity, asked, now_s)
            return None
        if asked is None or todo in {Trouble.TOKEN, Trouble.RECONNECT}:
            self.end(f"the exchange ended the stream: {reason}")
            return None
        wanted = self._current(asked)
        if wanted is None or wanted.verb != "subscribe":
            return None  # what is not subscribed cannot be given up: nothing is lost
        if len(asked.symbols) > 1 and todo in {Trouble.SPLIT, Trouble.TOPIC}:
            return self._divide(asked, todo, words, reason)
        names = self._forget(wanted)
        return Full(names, limit_in(words)) if todo is Trouble.FULL else Refused(names, reason)

    def _slow_down(self, identity: str, asked: _Request | None, now_s: float) -> None:
        """Send nothing for a window; what was refused is asked again, a ping too."""
        self._quiet_until_s = now_s + SLOW_DOWN_S
        if asked is not None:
            self._again(asked)
        elif self._ping is not None and identity == self._ping[0]:
            self._ping = None
            self._next_ping_s = min(self._next_ping_s, self._quiet_until_s)

    def _divide(self, asked: _Request, todo: Trouble, words: str, reason: str) -> Event | None:
        """One bad topic in a list must not take the others away: ask for smaller parts."""
        if todo is Trouble.SPLIT:
            told = limit_in(words)
            half = (len(asked.symbols) + 1) // 2
            self._most = told if told and told < len(asked.symbols) else half
            self._again(asked)
            return None
        quoted = _quoted(asked, words)
        if quoted is None:
            middle = len(asked.symbols) // 2
            parts = (asked.symbols[:middle], asked.symbols[middle:])
            self._again(*(replace(asked, symbols=part) for part in parts))
            return None
        rest = tuple(symbol for symbol in asked.symbols if symbol != quoted)
        self._again(replace(asked, symbols=rest))
        bad = self._current(replace(asked, symbols=(quoted,)))
        return None if bad is None else Refused(self._forget(bad), reason)

    def tick(self, now_s: float) -> list[Event]:
        """Look at the deadlines of welcome, pong and acks; return what was given up.

        To be called every second or so: after a longer pause nothing is judged for a while.
        """
        if not self._patience.may_judge(now_s):
            return []
        if not self.is_welcomed:
            if now_s >= self._welcome_by_s:
                self.end("the exchange did not say welcome in time")
        elif self._ping is not None and now_s >= self._ping[1] + self._ping_timeout_s:
            self.end("the exchange did not answer a ping in time")
        return self._unanswered(now_s)

    def _unanswered(self, now_s: float) -> list[Event]:
        """Ask again for what is overdue; what was asked twice is given up, and an ack still taken.

        If nothing at all was answered since, it is the connection that is given up.
        """
        given_up: list[Event] = []
        for asked in tuple(self._asked.values()):
            overdue_s = asked.due_s
            if overdue_s is None:
                continue
            if overdue_s > now_s:
                break
            asked.due_s = None
            request = asked.request
            if request.first_s is None:
                self._again(replace(request, first_s=overdue_s - ACK_TIMEOUT_S))
            elif (wanted := self._current(request)) is None or wanted.verb != "subscribe":
                continue  # a topic too many costs little
            elif self._last_answered_s <= request.first_s:
                self.end("the exchange confirmed no subscription in time")
            else:
                given_up.append(Refused(wanted.names, "the exchange did not confirm it in time"))
        return given_up

    # Outputs ---------------------------------------------------------------------------------

    def drain(self, now_s: float) -> list[bytes]:
        """Frames to send now: pings that are due, then queued requests within the limits."""
        if not self.is_welcomed or self.closing is not None or now_s < self._quiet_until_s:
            return []
        out: list[bytes] = []
        sent = self._sent_at_s
        while sent and sent[0] <= now_s - WINDOW_S:
            sent.popleft()
        if self._ping is None and now_s >= self._next_ping_s:
            if len(sent) < MAX_MESSAGES_PER_WINDOW:
                self._next_ping_s = now_s + self._ping_interval_s
                identity = self._new_id()
                self._ping = (identity, now_s)
                out.append(encode({"id": identity, "type": "ping"}))
                sent.append(now_s)
            else:
                self._next_ping_s = sent[0] + WINDOW_S
        while self._queue and len(sent) < MAX_FRAMES_PER_WINDOW:
            request = self._needed(self._queue.popleft())
            if request is not None:
                out.append(self._encode(request, now_s))
                sent.append(now_s)
        return out

    def _needed(self, request: _Request) -> _Request | None:
        """What of a queued request is still worth sending; None when nothing is.

        What is looked at for a moment only must not hold up what is asked for after it.
        """
        if request.verb == "subscribe":
            wanted = self._current(request)
            if wanted is not None:
                self._asked_for.update(wanted.names)
            return wanted
        if not self._asked_for.isdisjoint(request.names):
            return request
        if (wanted := self._current(request)) is not None:
            self._forget(wanted)
        return None

    def _encode(self, request: _Request, now_s: float) -> bytes:
        identity = self._new_id()
        self._asked[identity] = _Asked(request, now_s + ACK_TIMEOUT_S)
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
        if now_s < self._patience.until_s:
            return self._patience.until_s
        if not self.is_welcomed:
            return self._welcome_by_s
        if self._ping is None:
            waiting = max(self._next_ping_s, self._quiet_until_s)
        else:
            waiting = self._ping[1] + self._ping_timeout_s
        for asked in self._asked.values():
            if asked.due_s is not None:
                waiting = min(waiting, asked.due_s)
                break
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
