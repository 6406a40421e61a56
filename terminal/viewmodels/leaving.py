"""Leaving as it is seen: what stands, the choices, and how far the chosen one is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from PySide6.QtCore import QObject, QTimer, Signal
from typing_extensions import override

from terminal.domain.bounding import guard_words
from terminal.domain.lanes import about
from terminal.domain.protection import ProtectionState
from terminal.session.leaving import LeavingKind, LeavingPhase
from terminal.viewmodels import text
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from terminal.session.leaving import Leaving, Standing, StandingContract
    from terminal.viewmodels.frame import FrameClock

LOOK_MS = 500
NOT_KNOWN = (
    "There is no connection to the exchange, so this is what was known last: it may be out of date."
)
NOTHING_KNOWN = (
    "There is no connection to the exchange, so it is not known whether any order or position "
    "stands there."
)
KEPT_BY_EXCHANGE = (
    "What stands on the exchange goes on without this program: orders, stops, positions."
)
ENDS_WITH_DEMO = "This is the demo: its exchange ends with the program, whatever you choose."
_DOING = {
    LeavingKind.KEEP: "Everything stays on the exchange.",
    LeavingKind.CANCEL_ENTRIES: (
        "Canceling what could open a position; exits and stops that protect stay."
    ),
    LeavingKind.FLATTEN: "Canceling all orders and flattening all positions.",
}


@final
@dataclass(frozen=True, slots=True)
class LeavingLine:
    """One thing that stands, and how serious it is."""

    text: str
    role: Role


@final
@dataclass(frozen=True, slots=True)
class LeavingView:
    """Everything the dialog shows.

    ``question`` is False while the chosen work is done; then ``can_leave_now`` offers to leave
    without the last word, and ``problem`` says what would be true.
    """

    lines: tuple[LeavingLine, ...] = ()
    doubt: str = ""
    note: str = ""
    is_question: bool = True
    doing: str = ""
    progress: str = ""
    problem: str = ""
    can_leave_now: bool = False
    has_entries: bool = False
    has_orders_or_positions: bool = False
    countdown: str = ""


@final
class LeavingViewModel(ViewModel):
    """Asks once. ``opened``: show the question; ``ended``: it is over, whoever left or stayed.

    ``left`` is emitted once the program may end. ``note`` is said under the question.
    """

    opened = Signal()
    ended = Signal()
    left = Signal()

    def __init__(
        self,
        leaving: Leaving,
        frame: FrameClock,
        note: str = KEPT_BY_EXCHANGE,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self._leaving = leaving
        self._note = note
        self._is_open = False
        self._has_left = False
        self._left_ms: int | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)
        self.view = LeavingView()

    @property
    def is_open(self) -> bool:
        """Whether the question, or what was chosen, is under way."""
        return self._is_open

    @property
    def needs_answer(self) -> bool:
        """Whether an end would leave something behind, or a fuse that burns."""
        return self._asks_about(self._leaving.standing()) or self._leaving.needs_work

    def _asks_about(self, standing: Standing) -> bool:
        """Not to know is no nothing; but the demo's exchange ends with us, known or not."""
        return standing.is_anything or not (standing.is_known or self._note == ENDS_WITH_DEMO)

    # Commands --------------------------------------------------------------------------------

    def ask(self, answer_within_s: int | None = None) -> None:
        """The user, or the system, wants the program to end.

        Nothing stands: it ends, once a burning fuse is out. Otherwise it is asked; a second wish
        while it is open changes nothing. ``answer_within_s`` is for a system that waits for nobody:
        without an answer by then everything is kept.
        """
        if self._has_left:
            return
        if answer_within_s is not None and (self._left_ms is None or not self._is_open):
            self._left_ms = answer_within_s * 1000
        if self._is_open:
            self._timer.start()
            self.refresh_now()
            return
        if not self._asks_about(self._leaving.standing()):
            if self._leaving.needs_work:
                self._open()
                self.keep()
            else:
                self._leave()
            return
        self._open()

    def keep(self) -> None:
        """Leave everything as it is on the exchange."""
        self._choose(LeavingKind.KEEP)

    def cancel_entries(self) -> None:
        """Cancel what could open a position, keep what only reduces, then leave."""
        self._choose(LeavingKind.CANCEL_ENTRIES)

    def flatten(self) -> None:
        """Cancel everything, flatten everything, then leave."""
        self._choose(LeavingKind.FLATTEN)

    def _choose(self, kind: LeavingKind) -> None:
        if self._is_open:
            self._left_ms = None
            self._leaving.begin(kind)
            self.refresh_now()

    def stay(self) -> None:
        """Do not leave; also the way back while the chosen work is done."""
        if self._is_open:
            self._close()
            self._leaving.stay()

    def leave_now(self) -> None:
        """Leave without the last word; offered only when it takes long or went wrong."""
        if self._is_open and self._leaving.is_late:
            self._leaving.leave_now()

    def insist(self) -> None:
        """The system wants the end once more: keep everything, or leave whatever is being done."""
        if not self._is_open:
            return
        if self._leaving.phase is LeavingPhase.STAYING:
            self.keep()
        else:
            self._leaving.leave_now()

    # Life ------------------------------------------------------------------------------------

    @override
    def connect_sources(self) -> None:
        self.listen(self._leaving.on_changed.add(self._on_changed))

    @override
    def stop(self) -> None:
        self._timer.stop()
        super().stop()

    def _open(self) -> None:
        self._is_open = True
        self._timer.start()
        self.refresh_now()
        self.opened.emit()

    def _close(self) -> None:
        self._is_open = False
        self._left_ms = None
        self._timer.stop()
        self.ended.emit()

    def _leave(self) -> None:
        if not self._has_left:
            self._has_left = True
            if self._is_open:
                self._close()
            self.left.emit()

    def _on_changed(self) -> None:
        if self._leaving.phase is LeavingPhase.READY:
            self._leave()
        else:
            self.mark_dirty()

    def _look(self) -> None:
        """Ages and countdowns go on while nobody tells anything."""
        if self._left_ms is not None:
            self._left_ms -= LOOK_MS
            if self._left_ms <= 0 and self._leaving.phase is LeavingPhase.STAYING:
                self.keep()
                return
        self.mark_dirty()

    # Refresh ---------------------------------------------------------------------------------

    def refresh_now(self) -> None:
        """Show the state of now without waiting for a frame."""
        if self.refresh():
            self.changed.emit()

    @override
    def refresh(self) -> bool:
        view = self._build()
        changed = view != self.view
        self.view = view
        return changed

    def _build(self) -> LeavingView:
        leaving = self._leaving
        standing = leaving.standing()
        is_question = leaving.phase is LeavingPhase.STAYING
        kind = leaving.kind
        countdown = ""
        if self._left_ms is not None and is_question:
            seconds = -(-self._left_ms // 1000)
            countdown = (
                "The system wants the program to end: without an answer in "
                f"{seconds} s everything is kept."
            )
        return LeavingView(
            lines=standing_lines(standing),
            doubt=_doubt(standing),
            note=self._note,
            is_question=is_question,
            doing="" if kind is None else _DOING[kind],
            progress="" if is_question else _progress(leaving),
            problem=leaving.truth_if_left_now if leaving.is_late else leaving.problem,
            can_leave_now=leaving.is_late,
            has_entries=not standing.is_known
            or any(one.entries or one.unclear for one in standing.contracts),
            has_orders_or_positions=bool(standing.contracts) or not standing.is_known,
            countdown=countdown,
        )


def _doubt(standing: Standing) -> str:
    if standing.is_known:
        return ""
    return NOT_KNOWN if standing.is_anything else NOTHING_KNOWN


def _progress(leaving: Leaving) -> str:
    progress = leaving.progress
    parts: list[str] = []
    left = progress.orders + progress.unclear
    if left:
        parts.append(f"{_count(left, 'order')} left.")
    if progress.positions:
        parts.append(f"Not flat yet: {', '.join(progress.positions)}.")
    if progress.problem:
        parts.append(f"Trying on: {progress.problem}")
    parts.extend(leaving.standing().doing)
    if not parts:
        parts.append("Putting out the fuse." if leaving.needs_work else "Verifying.")
    parts.append(guard_words(progress.guards))
    return " ".join(filter(None, parts))


def standing_lines(standing: Standing) -> tuple[LeavingLine, ...]:
    """What stands, in sentences."""
    lines = [line for one in standing.contracts for line in _contract_lines(one)]
    lines.extend(
        LeavingLine(f"{sentence} It ends with this program.", Role.DANGER)
        for sentence in standing.held
    )
    lines.extend(LeavingLine(sentence, Role.CAUTION) for sentence in standing.doing)
    return tuple(lines)


def _contract_lines(one: StandingContract) -> list[LeavingLine]:
    lines: list[LeavingLine] = []
    name = about(one.symbol, one.lane)
    if one.lots:
        lines.append(_held_line(one))
    elif one.stops or one.exits:
        lines.append(LeavingLine(f"{name}: {_exits(one)}, no position.", Role.TEXT))
    if one.entries:
        words = f"{name}: {_count(one.entries, 'order')} that can open a position."
        lines.append(LeavingLine(words, Role.CAUTION))
    if one.guards:
        words = (
            f"{name}: {_count(one.guards, 'stop')} that protects but is not reduce-only: "
            "it could open a position, and stays when entries are canceled."
        )
        if one.guards > 1:
            words = (
                f"{name}: {_count(one.guards, 'stop')} that protect but are not reduce-only: "
                "they could open a position, and stay when entries are canceled."
            )
        lines.append(LeavingLine(words, Role.CAUTION))
    if one.unclear:
        words = f"{name}: {_count(one.unclear, 'order')} not known to only reduce."
        lines.append(LeavingLine(words, Role.CAUTION))
    return lines


def _held_line(one: StandingContract) -> LeavingLine:
    """How a position is protected by what stays on the exchange, as the watch over it says."""
    side = "Long" if one.lots > 0 else "Short"
    held = f"{side} {text.whole(abs(one.lots))} {one.symbol}"
    cover = one.cover
    if cover is None or cover.state in {ProtectionState.UNKNOWN, ProtectionState.FLAT}:
        why = "" if cover is None else " ".join(cover.doubts[:1])
        words = f"{held}: it is not known whether it is protected. {why}".rstrip()
        return LeavingLine(words, Role.CAUTION)
    others = one.stops + one.exits + one.guards - len(cover.stops)
    also = f"; {_count(others, 'other exit')}" if others > 0 else ""
    stops = _count(len(cover.stops), "stop")
    covered, size = text.whole(cover.covered), text.whole(cover.held.size)
    words = {
        ProtectionState.NAKED: "NAKED, no stop on the exchange limits its loss",
        ProtectionState.UNDER_COVERED: f"covered {covered} of {size} by {stops} on the exchange",
        ProtectionState.COMING: f"exits on their way, {covered} of {size} covered yet",
        ProtectionState.OVER_COVERED: (
            f"protected by {stops} on the exchange, for more than is held"
        ),
        ProtectionState.ORPHAN_STOPPED: (
            f"protected by {stops} on the exchange, beside a stop that closes nothing"
        ),
    }.get(cover.state, f"protected by {stops} on the exchange")
    return LeavingLine(f"{held}: {words}{also}.", _HELD_ROLES.get(cover.state, Role.TEXT))


_HELD_ROLES = {
    ProtectionState.NAKED: Role.DANGER,
    ProtectionState.UNDER_COVERED: Role.DANGER,
    ProtectionState.COMING: Role.CAUTION,
    ProtectionState.OVER_COVERED: Role.CAUTION,
    ProtectionState.ORPHAN_STOPPED: Role.CAUTION,
}


def _exits(one: StandingContract) -> str:
    parts: list[str] = []
    if one.stops:
        parts.append(_count(one.stops, "stop"))
    if one.exits:
        parts.append(_count(one.exits, "other exit"))
    return " and ".join(parts)


def _count(count: int, noun: str) -> str:
    return f"{text.whole(count)} {noun}" if count == 1 else f"{text.whole(count)} {noun}s"
