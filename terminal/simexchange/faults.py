"""Scripted misbehavior: what a test or a curious user can ask the exchange to get wrong.

One table says what there is; the command line, the control endpoint and the tests are made from it.
A fault is set by name and text (``set``), or as an attribute.
"""

from __future__ import annotations

import random
import re
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, final

from terminal.simexchange.clock import SimClock
from terminal.simexchange.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

COUNT, FLAG, SECONDS, MILLISECONDS = "COUNT", "on|off", "SECONDS", "MILLISECONDS"
TICKS, TOPICS, FRAMES, REFUSAL, STATUS = "TICKS", "TOPICS", "FRAMES", "REFUSAL", "STATUS"
CHANGES, TEXT = "CHANGES", "TEXT"
OPEN, CANCEL_ONLY, CLOSED = STATUSES = ("open", "cancelonly", "close")
HEAD_START_S = 0.05
"""By so much (of time outside) an event or a reply comes before the other when that is forced."""
MAX_COUNT = 10**9
MAX_SECONDS = 10.0**6
MAX_MOVE = 10**9
MAX_CHANGES = 1000
BLOCKED_PAGE = (
    "<!DOCTYPE html><html><head><title>Access denied | Error 1015</title></head><body>"
    "<h1>Error 1015</h1><h2>You are being rate limited</h2><p>The owner of this website has banned "
    "you temporarily from accessing this website.</p></body></html>"
)
UNAVAILABLE_PAGE = (
    "<html><head><title>503 Service Temporarily Unavailable</title></head><body><center>"
    "<h1>503 Service Temporarily Unavailable</h1></center></body></html>"
)
_LEVEL2 = "/contractMarket/level2:"
_LOST = {
    "place": "answers_lost",
    "cancel": "cancels_lost",
    "transfer": "transfers_lost",
    "batch": "batches_lost",
    "batch_cancel": "batches_lost",
}
_BATCHES = frozenset({"batch", "batch_cancel"})
_PLACING = frozenset({"place", "batch"})
_ON, _OFF = frozenset({"on", "true", "yes", "1", ""}), frozenset({"off", "false", "no", "0"})
_FRAMES = re.compile(r"(?P<amount>all|[0-9]{1,9}|[0-9]{1,3}(\.[0-9]+)?%)(:(?P<seconds>[^@]*))?")
_REFUSAL = re.compile(r"(?P<code>[0-9]{3,7})(:(?P<text>.*))?", re.DOTALL)
KINDS = {
    COUNT: "how many times it happens; each time uses up one",
    FLAG: "happens until it is switched off; the name alone switches it on",
    SECONDS: "seconds of the exchange's clock; 0 is off",
    MILLISECONDS: "whole milliseconds, below zero too; 0 is off",
    TICKS: "whole ticks, below zero too; happens once",
    TOPICS: "topics, * for any text in them, as in /contractMarket/*:XBTUSDTM; empty is off",
    FRAMES: "AMOUNT[:SECONDS][@TOPICS]; AMOUNT is a count, a share like 5%, or all; 0 is off",
    REFUSAL: "CODE[:TEXT]; repeat it for more; empty takes all back",
    STATUS: ", ".join(STATUSES),
    CHANGES: f"whole changes of the book, up to {MAX_CHANGES}; 0 is off",
    TEXT: "any text; empty is none",
}
"""What the value of each kind of fault is."""


@final
class Fault(NamedTuple):
    """One row of the table. ``help`` is a line for the user."""

    group: str
    name: str
    kind: str
    help: str


@final
@dataclass(slots=True)
class FrameRule:
    """Which frames something happens to: so many, a share of them, or all, of some topics.

    ``left`` is None when they are not counted; ``seconds`` belongs to delays.
    """

    left: int | None
    share: float = 1.0
    seconds: float = 1.0
    topics: str = "*"

    def takes(self, topic: str, dice: random.Random) -> bool:
        """True when it happens to a frame of this topic; a count is one less then."""
        if self.left == 0 or not fnmatchcase(topic, self.topics):
            return False
        if self.left is not None:
            self.left -= 1
            return True
        return self.share >= 1 or dice.random() < self.share

    def text(self) -> str:
        """As it is written."""
        amount = "all" if self.share >= 1 else f"{self.share * 100:g}%"
        if self.left is not None:
            amount = str(self.left)
        return f"{amount}:{self.seconds:g}@{self.topics}"


@final
class Fate(NamedTuple):
    """How the answer of a command that was done goes out.

    It is ``delay_s`` late (seconds of the exchange's clock), or ``is_lost``. When it ``yields``,
    what the command caused goes out first, which takes no time. Whoever sends it calls ``told``
    when it was sent, and when it cannot be sent, too; None has nothing to tell.
    """

    delay_s: float = 0.0
    is_lost: bool = False
    yields: bool = False
    told: Callable[[], None] | None = None


@final
@dataclass(slots=True, eq=False)
class _Withheld:
    """What one command causes, and all that its account is told until its reply was sent."""

    uid: str
    waiting: list[Callable[[], None]] = field(default_factory=list)
    is_over: bool = False


NO_FATE = Fate()
"""The answer goes out at once."""
_R, _O, _S, _F, _M = "requests", "orders", "streams", "frames", "market and time"
FAULTS = tuple(
    Fault(*row)
    for row in (
        (_R, "server_errors", COUNT, "requests answered 500 before they are looked at"),
        (_R, "unavailable", COUNT, "requests answered with a page of HTML and status 503"),
        (_R, "blocked", COUNT, "requests answered 429 with a page of HTML, as by Cloudflare"),
        (_R, "overloads", COUNT, "requests answered 429 though their pool is not spent"),
        (_R, "quotas_spent", COUNT, "requests that find their pool spent, until its window ends"),
        (_R, "read_delay_s", SECONDS, "answers to requests that change nothing are late"),
        (_R, "refuses_connections", FLAG, "connections break before a request is answered"),
        (_O, "answers_lost", COUNT, "orders that are accepted, and the reply never comes"),
        (_O, "cancels_lost", COUNT, "cancels that are done, and the reply never comes"),
        (_O, "transfers_lost", COUNT, "transfers that are done, and the reply never comes"),
        (_O, "batches_lost", COUNT, "batches that are done, and the reply never comes"),
        (_O, "transfers_late_s", SECONDS, "money under way by a transfer arrives so much later"),
        (_O, "answer_delay_s", SECONDS, "replies to orders, cancels and transfers are late"),
        (_O, "replies_swapped", COUNT, "replies of the order socket that come after the next one"),
        (_O, "rejects", REFUSAL, "the next order is refused"),
        (_O, "batch_items_refused", COUNT, "items of batches that are refused among the others"),
        (_O, "events_first", FLAG, "what a command causes is told before its reply"),
        (_O, "reply_first", FLAG, "a command's reply comes before what it causes is told"),
        (_O, "stops_refused", COUNT, "stops that fire, and their order is refused"),
        (_S, "refuses_streams", FLAG, "new streams are answered 503"),
        (_S, "tokens_expired", COUNT, "new streams whose token has expired"),
        (_S, "connections_dropped", COUNT, "messages in whose place their connection breaks"),
        (_S, "half_open", FLAG, "streams stay open; nothing is read and nothing is sent"),
        (_S, "withholds_pongs", FLAG, "pings are not answered"),
        (_S, "silent_topics", TOPICS, "topics that can be subscribed to, and nothing comes"),
        (_F, "frames_dropped", FRAMES, "frames that are left out"),
        (_F, "frames_doubled", FRAMES, "frames that are sent twice"),
        (_F, "frames_swapped", FRAMES, "frames that come after the next one of their topic"),
        (_F, "frames_delayed", FRAMES, "frames that come SECONDS later (1 if not said)"),
        (_F, "frames_truncated", FRAMES, "frames that break off in the middle"),
        (_F, "level2_skipped", COUNT, "changes of the book left out: a gap in the sequence"),
        (_F, "level2_doubled", COUNT, "changes of the book sent twice"),
        (_F, "mark_is_silent", FLAG, "mark and index price are not told"),
        (_M, "clock_skew_ms", MILLISECONDS, "the exchange's clock is wrong by so much"),
        (_M, "status", STATUS, "service status; commands it does not allow are refused 300002"),
        (_M, "notice", TEXT, "what is told beside the service status"),
        (_M, "snapshot_lag", CHANGES, "full snapshots of the book are so much behind its changes"),
        (_M, "gap_move", TICKS, "the price jumps when the next market acts"),
    )
)
"""All there are, in the order in which they are listed."""
_KINDS = {row.name: row.kind for row in FAULTS}
_OFF_VALUES: dict[str, Any] = {
    COUNT: 0,
    FLAG: False,
    SECONDS: 0.0,
    MILLISECONDS: 0,
    TICKS: 0,
    TOPICS: "",
    FRAMES: None,
    REFUSAL: (),
    STATUS: OPEN,
    CHANGES: 0,
    TEXT: "",
}


@final
class Faults:
    """Counters and switches; a counter is used up by one each time it takes effect."""

    server_errors: int
    unavailable: int
    blocked: int
    overloads: int
    quotas_spent: int
    refuses_connections: bool
    answers_lost: int
    cancels_lost: int
    transfers_lost: int
    batches_lost: int
    transfers_late_s: float
    answer_delay_s: float
    read_delay_s: float
    replies_swapped: int
    batch_items_refused: int
    events_first: bool
    reply_first: bool
    stops_refused: int
    refuses_streams: bool
    tokens_expired: int
    connections_dropped: int
    withholds_pongs: bool
    silent_topics: str
    frames_dropped: FrameRule | None
    frames_doubled: FrameRule | None
    frames_swapped: FrameRule | None
    frames_delayed: FrameRule | None
    frames_truncated: FrameRule | None
    level2_skipped: int
    level2_doubled: int
    mark_is_silent: bool
    status: str
    notice: str
    gap_move: int

    def __init__(self, clock: SimClock | None = None, seed: int = 0) -> None:
        self._clock = clock or SimClock()
        self._dice = random.Random(f"{seed}-faults")
        self._is_half_open = False
        self._is_batch = False
        self._swapped: dict[str, Callable[[], None]] = {}
        self._withheld: dict[str, list[_Withheld]] = {}
        self._command: _Withheld | None = None
        self._snapshot_lag = 0
        self.on_half_open: Callable[[bool], None] = _ignore
        self.on_snapshot_lag: Callable[[int], None] = _ignore
        self.rejects: list[tuple[str, str]] = []
        for row in FAULTS:
            if row.kind != MILLISECONDS:  # a clock that is wrong already stays so
                self._apply(row.name, _OFF_VALUES[row.kind])

    # Setting ---------------------------------------------------------------------------------

    @property
    def half_open(self) -> bool:
        """Streams stay open while nothing is read and nothing is sent."""
        return self._is_half_open

    @half_open.setter
    def half_open(self, value: bool) -> None:
        if value != self._is_half_open:
            self._is_half_open = value
            self.on_half_open(value)

    @property
    def snapshot_lag(self) -> int:
        """By how many changes full snapshots of the book are behind."""
        return self._snapshot_lag

    @snapshot_lag.setter
    def snapshot_lag(self, value: int) -> None:
        if value != self._snapshot_lag:
            self._snapshot_lag = value
            self.on_snapshot_lag(value)

    @property
    def clock_skew_ms(self) -> int:
        """How wrong the exchange's clock is."""
        return self._clock.shift_ms

    @clock_skew_ms.setter
    def clock_skew_ms(self, value: int) -> None:
        self._clock.shift_ms = value

    def clear(self) -> None:
        """Switch everything off."""
        for row in FAULTS:
            self._apply(row.name, _OFF_VALUES[row.kind])

    def set(self, name: str, value: object = "") -> None:
        """Set one from text, or a number or truth of JSON. Raises ``ValueError``, a sentence."""
        self._apply(name, read(name, value))

    def set_all(self, values: Mapping[str, object]) -> None:
        """Set several, or none of them when one is wrong. Raises ``ValueError``."""
        ready = {name: read(name, value) for name, value in values.items()}
        for name, value in ready.items():
            self._apply(name, value)

    @staticmethod
    def check(values: Mapping[str, object]) -> None:
        """Whether they could be set. Raises ``ValueError``."""
        for name, value in values.items():
            read(name, value)

    def _apply(self, name: str, value: Any) -> None:  # noqa: ANN401 - of the fault's kind
        if name == "rejects":
            self.rejects = [*self.rejects, *value] if value else []
        else:
            setattr(self, name, value)

    def shown(self) -> dict[str, object]:
        """Every fault with its present value, as JSON has it."""
        values: dict[str, object] = {}
        for row in FAULTS:
            value: object = getattr(self, row.name)
            if row.kind == FRAMES:
                value = value.text() if isinstance(value, FrameRule) else "0"
            elif row.kind == REFUSAL:
                value = [f"{code}:{text}" for code, text in self.rejects]
            values[row.name] = value
        return values

    def use(self, name: str) -> bool:
        """True, and one less, when the counter of that name is above zero."""
        left: int = getattr(self, name)
        if left <= 0:
            return False
        setattr(self, name, left - 1)
        return True

    # Requests and commands -------------------------------------------------------------------

    def check_gate(self) -> None:
        """What goes wrong before a request is looked at. Raises ``Refused``."""
        if self.use("server_errors"):
            raise Refused("500000", "Internal Server Error", 500)
        if self.use("unavailable"):
            raise Refused("503000", "", 503, body=UNAVAILABLE_PAGE)
        if self.use("blocked"):
            raise Refused("1015", "", 429, {"Retry-After": "30"}, BLOCKED_PAGE)

    def check_load(self) -> None:
        """The server protects itself from a request whose quota is not spent (reference 1.8)."""
        if self.use("overloads"):
            raise Refused("429000", "Too many requests in a short period of time", 429)

    def check_command(self, kind: str, uid: str = "") -> None:
        """What is refused instead of being done. Raises ``Refused``.

        ``kind`` is place, cancel, transfer, batch, batch_cancel or read; ``uid`` the account that
        asks. To be called just before the command is done, ``fate`` just after it, and
        ``end_command`` whatever became of it.
        """
        self._is_batch = kind in _BATCHES
        if kind not in _LOST:
            return
        if kind != "transfer" and (
            self.status == CLOSED or (self.status == CANCEL_ONLY and kind in _PLACING)
        ):
            raise Refused("300002", "Trading is suspended")
        if kind == "place" and self.rejects:
            code, text = self.rejects.pop(0)
            raise Refused(code, text)
        if self.reply_first:
            self._command = _Withheld(uid)
            self._withheld.setdefault(uid, []).append(self._command)

    def check_item(self) -> None:
        """What is refused of a batch, item by item. Raises ``Refused``; never outside of one."""
        if self._is_batch and self.use("batch_items_refused"):
            raise Refused("300003", "Balance insufficient.")

    def check_service(self) -> None:
        """Whether an order may be placed now. Raises ``Refused``."""
        if self.status != OPEN:
            raise Refused("300002", "Trading is suspended")

    def fate(self, kind: str) -> Fate:
        """What becomes of the answer of a command that was done."""
        lost = _LOST.get(kind)
        if lost is None:
            return Fate(self.read_delay_s) if self.read_delay_s else NO_FATE
        delay_s, command = self.answer_delay_s, self._command
        yields = self.events_first and self._clock.is_paused
        if self.events_first and not yields:
            delay_s = max(delay_s, HEAD_START_S * max(1.0, self._clock.speed))
        self._command = None
        told = None if command is None else partial(self._told, command)
        return Fate(delay_s, self.use(lost), yields, told)

    def end_command(self) -> None:
        """A command was done or refused; one without a ``fate`` keeps nothing back any more."""
        self._is_batch = False
        command, self._command = self._command, None
        if command is not None:
            self._told(command)

    def stop_error(self) -> str:
        """Why the order of a stop that fires is refused; empty when it is not."""
        return "error.createOrder.accountBalanceInsufficient" if self.use("stops_refused") else ""

    def taken_move(self) -> int:
        """Ticks by which the price jumps now."""
        ticks, self.gap_move = self.gap_move, 0
        return ticks

    # Frames ----------------------------------------------------------------------------------

    def pass_on(
        self, topic: str, text: str, send: Callable[[str], None], *, uid: str | None = None
    ) -> None:
        """Send a frame of a topic: as it is, unless something goes wrong with it.

        ``uid`` is the account whose frame it is; None for one that is everybody's.
        """
        if uid in self._withheld:
            self._withheld[uid][-1].waiting.append(partial(self._bend, topic, text, send))
        elif (
            self.frames_dropped
            or self.frames_doubled
            or self.frames_swapped
            or self.frames_delayed
            or self.frames_truncated
            or self.silent_topics
            or self._swapped
            or self.level2_skipped
            or self.level2_doubled
        ):
            self._bend(topic, text, send)
        else:
            send(text)

    def _bend(self, topic: str, text: str, send: Callable[[str], None]) -> None:
        if self.silent_topics and fnmatchcase(topic, self.silent_topics):
            return
        is_level2 = topic.startswith(_LEVEL2)
        if (is_level2 and self.use("level2_skipped")) or self._hits("frames_dropped", topic):
            return
        if self._hits("frames_truncated", topic):
            text = text[: len(text) // 2]
        times = 1
        if (is_level2 and self.use("level2_doubled")) or self._hits("frames_doubled", topic):
            times = 2
        delay_s = 0.0
        if self.frames_delayed is not None and self._hits("frames_delayed", topic):
            delay_s = self.frames_delayed.seconds

        def go() -> None:
            for _ in range(times):
                send(text)

        if delay_s:
            self._clock.after(delay_s, go)
        elif topic not in self._swapped and self._hits("frames_swapped", topic):
            self._swapped[topic] = go
        else:
            go()
            with suppress(KeyError):
                self._swapped.pop(topic)()

    def _hits(self, name: str, topic: str) -> bool:
        rule: FrameRule | None = getattr(self, name)
        return rule is not None and rule.takes(topic, self._dice)

    def _told(self, command: _Withheld) -> None:
        """Let go what was kept back, in the order in which it was made."""
        command.is_over = True
        queue = self._withheld.get(command.uid, [])
        while queue and queue[0].is_over:
            for go in queue[0].waiting:
                go()
            del queue[0]
        if not queue:
            self._withheld.pop(command.uid, None)


def kind_of(name: str) -> str:
    """The kind of a fault. Raises ``ValueError`` for a name there is not."""
    try:
        return _KINDS[name]
    except KeyError:
        raise ValueError(f"There is no fault named {name!r}.") from None


def read(name: str, value: object) -> object:
    """The value of a fault from text, or a number or truth of JSON. Raises ``ValueError``."""
    kind = kind_of(name)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, bool) and kind != FLAG:
        raise ValueError(f"{name} takes {kind}: {KINDS[kind]}; not {text}.")
    found = _READERS[kind](text.strip()) if isinstance(value, str | int | float) else None
    if found is None:
        raise ValueError(f"{name} takes {kind}: {KINDS[kind]}; not {text!r}.")
    return found


def _count(text: str) -> int | None:
    text = text or "1"
    if not (text.isascii() and text.isdigit() and len(text) < 11):
        return None
    return int(text) if int(text) <= MAX_COUNT else None


def _flag(text: str) -> bool | None:
    if text.lower() in _ON | _OFF:
        return text.lower() in _ON
    return None


def _seconds(text: str) -> float | None:
    with suppress(ValueError):
        seconds = float(text)
        if 0 <= seconds <= MAX_SECONDS:
            return seconds
    return None


def _signed(text: str) -> int | None:
    if not re.fullmatch(r"[+-]?[0-9]{1,15}", text, re.ASCII):
        return None
    return int(text)


def _ticks(text: str) -> int | None:
    found = _signed(text)
    return found if found is not None and abs(found) <= MAX_MOVE else None


def _frames(text: str) -> FrameRule | None:
    amounts, _, topics = text.partition("@")
    found = _FRAMES.fullmatch(amounts)
    seconds = 1.0 if found is None or found["seconds"] is None else _seconds(found["seconds"])
    if found is None or seconds is None:
        return None
    amount, topics = found["amount"], topics or "*"
    if amount == "all":
        return FrameRule(None, 1.0, seconds, topics)
    if amount.endswith("%"):
        share = float(amount[:-1]) / 100
        return FrameRule(None, share, seconds, topics) if share <= 1 else None
    return FrameRule(int(amount), 1.0, seconds, topics)


def _changes(text: str) -> int | None:
    found = _count(text)
    return found if found is not None and found <= MAX_CHANGES else None


def _refusal(text: str) -> tuple[tuple[str, str], ...] | None:
    if not text:
        return ()
    found = _REFUSAL.fullmatch(text)
    return None if found is None else ((found["code"], found["text"] or "refused on demand"),)


def _status(text: str) -> str | None:
    return text if text in STATUSES else None


def _ignore(_value: int) -> None:
    """Nobody wants to know."""


_READERS: dict[str, Callable[[str], object]] = {
    COUNT: _count,
    FLAG: _flag,
    SECONDS: _seconds,
    MILLISECONDS: _signed,
    TICKS: _ticks,
    TOPICS: str,
    FRAMES: _frames,
    REFUSAL: _refusal,
    STATUS: _status,
    CHANGES: _changes,
    TEXT: str,
}
