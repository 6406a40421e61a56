"""The life of one order socket without any I/O: challenge, welcome, pings, requests and replies.

Inputs carry the time (monotonic seconds); outputs are drained by the driver. Nothing here raises
on input from outside: what cannot go on ends in ``closing``. What a reply means for an order is
not known here. Source: API reference 6.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, final
from urllib.parse import quote

import msgspec

from terminal.wire.codec import DecodeError, decode, encode, excerpt
from terminal.wire.envelope import SUCCESS, Kind, code_text, meaning
from terminal.wire.fields import Whole
from terminal.wire.patience import Patience
from terminal.wire.signing import sign

if TYPE_CHECKING:
    from collections.abc import Callable

WELCOME_TIMEOUT_S = 10.0
"""How long challenge and welcome may take together; our choice, the exchange's own is 30 s."""

PING_INTERVAL_S = 18.0
PING_TIMEOUT_S = 10.0
"""Used when the welcome names no times or impossible ones."""


class Operation(Enum):
    """The futures operations. Source: API reference 6.2."""

    PLACE = "futures.order"
    CANCEL = "futures.cancel"
    PLACE_BATCH = "futures.multi_order"
    CANCEL_BATCH = "futures.multi_cancel"


class Quota(msgspec.Struct):
    """What is left of the pool that is shared with REST; ``reset`` is ms until it is full again."""

    limit: Whole
    remaining: Whole
    reset: Whole


class Frame(msgspec.Struct):
    """Any frame from the exchange; what depends on its kind stays undecoded."""

    id: str | int | None = None
    op: str | None = None
    code: str | int | None = None
    msg: str | None = None
    sessionId: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")
    pingInterval: msgspec.Raw = msgspec.Raw(b"null")
    pingTimeout: msgspec.Raw = msgspec.Raw(b"null")
    userRateLimit: msgspec.Raw = msgspec.Raw(b"null")
    rateLimit: msgspec.Raw = msgspec.Raw(b"null")
    inTime: msgspec.Raw = msgspec.Raw(b"null")
    outTime: msgspec.Raw = msgspec.Raw(b"null")


SILENCE_S = 15.0
"""So long an overdue request is waited for before the connection is given up; our choice.

Requests carry no time stamp, so only the end of their connection makes silence a proof.
"""

_ENDS = frozenset({Kind.AUTH, Kind.CLOCK})
_frame_decoder = msgspec.json.Decoder(Frame, strict=False)


class Welcomed(NamedTuple):
    """The session is signed for: requests may be sent."""


class Ponged(NamedTuple):
    """The answer to a ping, after so many milliseconds."""

    round_trip_ms: float


class Replied(NamedTuple):
    """The reply to a request. ``is_late`` when the request was told overdue before.

    ``in_ms`` and ``out_ms`` are when the gateway took the request and answered it, epoch ms of the
    exchange's clocks, None where they cannot be read.
    """

    identity: str
    code: str
    text: str
    data: bytes
    quota: Quota | None
    is_late: bool
    in_ms: int | None = None
    out_ms: int | None = None

    @property
    def is_success(self) -> bool:
        """True for both success codes (API reference 1.4)."""
        return self.code in SUCCESS


class Ignored(NamedTuple):
    """A frame that concerns nobody, or that is none; the words are for the log."""

    words: str


class Closing(NamedTuple):
    """Why the connection cannot go on. ``code`` is the exchange's, empty when it is our finding."""

    code: str
    text: str


Event = Welcomed | Ponged | Replied | Ignored


def signed_query(credentials: tuple[str, str, str], timestamp_ms: int) -> str:
    """Build the query of the address: key, time stamp and two signatures, all url-encoded.

    ``credentials`` are key, secret and passphrase. It is a secret. Source: API reference 6.1.
    """
    key, secret, passphrase = credentials
    stamp = str(timestamp_ms)
    parts = {
        "apikey": key,
        "timestamp": stamp,
        "sign": sign(secret, key + stamp),
        "passphrase": sign(secret, passphrase),
    }
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in parts.items())


@final
class OrderConnection:
    """One socket's protocol state.

    ``sign`` answers the challenge: the signature of a text under the key's secret. A request that
    has no reply after ``timeout_s`` is told once by ``tick``; its reply is still taken after that,
    until ``SILENCE_S`` later the connection takes no more and is ended for its sake, as soon as
    nothing else may be answered.
    """

    def __init__(self, sign: Callable[[str], str], *, timeout_s: float, now_s: float) -> None:
        self.closing: Closing | None = None
        self.is_welcomed = False
        self._sign = sign
        self._timeout_s = timeout_s
        self._welcome_by_s = now_s + WELCOME_TIMEOUT_S
        self._is_answered = False
        self._out: list[str] = []
        self._ping_interval_s = PING_INTERVAL_S
        self._ping_timeout_s = PING_TIMEOUT_S
        self._next_ping_s = now_s
        self._ping: tuple[str, float] | None = None
        # In the order of sending, which is the order of their deadlines.
        self._due_s: dict[str, float] = {}
        self._overdue: dict[str, float] = {}
        self._patience = Patience(now_s)
        self._last_id = 0

    # Commands --------------------------------------------------------------------------------

    def takes_requests(self, now_s: float) -> bool:
        """True while a request may be sent: signed in, and not about to end."""
        if not self.is_welcomed or self.closing is not None:
            return False
        return now_s < next(iter(self._overdue.values()), now_s + SILENCE_S)

    def end(self, text: str) -> None:
        """End the connection for a reason of ours; a reason that is there already stays."""
        if self.closing is None:
            self.closing = Closing("", text)

    def request(self, operation: Operation, args: object, now_s: float) -> tuple[str, bytes]:
        """Encode a request to be sent at once; return its id and the frame."""
        identity = self._new_id()
        self._due_s[identity] = now_s + self._timeout_s
        return identity, encode({"id": identity, "op": operation.value, "args": args})

    # Inputs ----------------------------------------------------------------------------------

    def received(self, raw: str | bytes, now_s: float) -> Event | None:
        """Take one frame; return what it means to the driver, None when nothing."""
        try:
            frame = _frame_decoder.decode(raw)
            text = raw if isinstance(raw, str) else raw.decode()
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            return Ignored(f"{error} in {excerpt(raw)}")
        if frame.id is None:
            return self._session(frame, text, now_s)
        identity = str(frame.id)
        if self._due_s.pop(identity, None) is not None:
            return _reply(identity, frame, is_late=False)
        if self._ping is not None and identity == self._ping[0]:
            sent_s = self._ping[1]
            self._ping = None
            return Ponged((now_s - sent_s) * 1000.0)
        if self._overdue.pop(identity, None) is not None:
            return _reply(identity, frame, is_late=True)
        return Ignored(f"a reply to nothing that was asked: {excerpt(raw)}")

    def _session(self, frame: Frame, raw: str, now_s: float) -> Event | None:
        """A frame without an id: challenge, welcome, or the end."""
        code, text = code_text(frame.code), excerpt(frame.msg or "")
        if code and code not in SUCCESS:
            if not self.is_welcomed or meaning(code, text).kind in _ENDS:
                self.closing = Closing(code, text)
                return None
            return Ignored(f"a refusal of nothing by name: {excerpt(raw)}")
        if frame.sessionId is None or self.is_welcomed:
            return Ignored(f"a frame of no known kind: {excerpt(raw)}")
        if bytes(frame.data) == b'"welcome"':
            self.is_welcomed = True
            self._ping_interval_s = _seconds(frame.pingInterval) or PING_INTERVAL_S
            self._ping_timeout_s = _seconds(frame.pingTimeout) or PING_TIMEOUT_S
            self._next_ping_s = now_s  # the first ping measures the round trip at once
            return Welcomed()
        if not self._is_answered:
            # Only what looks like a challenge is signed: any other text might be a request.
            self._is_answered = True
            self._out.append(self._sign(raw))
        return None

    def tick(self, now_s: float) -> list[str]:
        """Look at the deadlines; return the ids of requests that just became overdue.

        To be called every second or so: after a longer pause nothing is judged for a while.
        """
        if not self._patience.may_judge(now_s):
            return []
        if not self.is_welcomed:
            if now_s >= self._welcome_by_s:
                self.end("The exchange did not say welcome in time.")
        elif self._ping is not None and now_s >= self._ping[1] + self._ping_timeout_s:
            self.end("The exchange did not answer a ping in time.")
        overdue: list[str] = []
        for identity, due_s in self._due_s.items():
            if due_s > now_s:
                break
            overdue.append(identity)
        for identity in overdue:
            del self._due_s[identity]
            self._overdue[identity] = now_s + SILENCE_S
        if now_s >= self._silent_until_s(now_s):
            self.end("The exchange left a request unanswered.")
        return overdue

    def _silent_until_s(self, later_s: float) -> float:
        """When an overdue request ends the connection; not while others may be answered."""
        if self._due_s or not self._overdue:
            return later_s + SILENCE_S
        return next(iter(self._overdue.values()))

    # Outputs ---------------------------------------------------------------------------------

    def drain(self, now_s: float, now_ms: int) -> list[str | bytes]:
        """Frames to send now: the answer to the challenge, a ping that is due.

        ``now_ms`` is the wall clock, which pings carry.
        """
        if self.closing is not None:
            return []
        out: list[str | bytes] = [*self._out]
        self._out.clear()
        if self.is_welcomed and self._ping is None and now_s >= self._next_ping_s:
            self._next_ping_s = now_s + self._ping_interval_s
            identity = self._new_id()
            self._ping = (identity, now_s)
            out.append(encode({"id": identity, "op": "ping", "timestamp": now_ms}))
        return out

    def deadline_s(self, now_s: float) -> float:
        """When the driver must call ``tick`` and ``drain`` again at the latest (monotonic)."""
        if now_s < self._patience.until_s:
            return self._patience.until_s
        if not self.is_welcomed:
            return self._welcome_by_s
        waiting = self._next_ping_s if self._ping is None else self._ping[1] + self._ping_timeout_s
        due_s = next(iter(self._due_s.values()), waiting)
        return min(waiting, due_s, self._silent_until_s(waiting))

    def _new_id(self) -> str:
        self._last_id += 1
        return str(self._last_id)


def _reply(identity: str, frame: Frame, *, is_late: bool) -> Replied:
    return Replied(
        identity,
        code_text(frame.code),
        frame.msg or "",
        bytes(frame.data),
        _quota(frame.userRateLimit) or _quota(frame.rateLimit),
        is_late,
        _epoch_ms(frame.inTime),
        _epoch_ms(frame.outTime),
    )


def _epoch_ms(raw: msgspec.Raw) -> int | None:
    """A time of the gateway; a reply is not worth less because it cannot be read."""
    data = bytes(raw)
    if data == b"null":
        return None
    try:
        return decode(data, Whole)
    except DecodeError:
        return None


def _quota(raw: msgspec.Raw) -> Quota | None:
    """The figures of the quota; a reply is not worth less because they cannot be read."""
    data = bytes(raw)
    if data == b"null":
        return None
    try:
        return decode(data, Quota)
    except DecodeError:
        return None


def _seconds(raw: msgspec.Raw) -> float | None:
    """Milliseconds as seconds; None for what is no time."""
    try:
        milliseconds = decode(bytes(raw), float)
    except DecodeError:
        return None
    return milliseconds / 1000 if milliseconds > 0 else None
