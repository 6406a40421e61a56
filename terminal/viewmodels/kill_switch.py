"""The kill switch as it is seen: the button, the bar while trading is stopped, and lifting it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from PySide6.QtCore import Signal
from typing_extensions import override

from terminal.domain.bounding import guard_words
from terminal.session.clearing import ClearingKind
from terminal.viewmodels import text
from terminal.viewmodels.base import ViewModel

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from terminal.session.clearing import ClearingProgress
    from terminal.session.kill_switch import KillStatus, KillSwitch
    from terminal.viewmodels.frame import FrameClock


@final
@dataclass(frozen=True, slots=True)
class KillView:
    """What is shown. ``why_not`` says why there is nothing to stop, empty when there is.

    ``title`` and ``detail`` are of the bar, shown while ``is_on``.
    """

    is_on: bool = False
    is_working: bool = False
    title: str = ""
    detail: str = ""
    why_not: str = ""


@final
class KillSwitchViewModel(ViewModel):
    """Throws and lifts one kill switch. ``kind`` is what one press does, by the settings.

    ``lift_asked`` and ``flatten_asked`` are emitted when the user must be asked first.
    """

    lift_asked = Signal()
    flatten_asked = Signal()

    def __init__(
        self,
        switch: KillSwitch,
        frame: FrameClock,
        kind: ClearingKind = ClearingKind.ENTRIES,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self._switch = switch
        self.kind = kind
        self.view = KillView()

    # Commands --------------------------------------------------------------------------------

    def throw(self) -> None:
        """Stop, at once and without a question. Never lifts."""
        self._switch.throw(self.kind)
        self.mark_dirty()

    def ask_to_flatten(self) -> None:
        """Stop at once, as ``throw`` does, and ask whether positions shall be flattened, too."""
        self.throw()
        if not self._switch.refusal:
            self.flatten_asked.emit()

    def flatten(self) -> None:
        """Flatten everything; only what asked before calls this."""
        self._switch.throw(ClearingKind.FLATTEN)
        self.mark_dirty()

    def ask_to_lift(self) -> None:
        """The user wants to trade again: ask."""
        if self._switch.status.is_on:
            self.lift_asked.emit()

    def lift(self) -> None:
        """Lift it; only what asked before calls this."""
        self._switch.lift()
        self.mark_dirty()

    # Refresh ---------------------------------------------------------------------------------

    @override
    def connect_sources(self) -> None:
        self.listen(self._switch.on_changed.add(self.mark_dirty))

    @override
    def refresh(self) -> bool:
        status = self._switch.status
        view = KillView(why_not=self._switch.refusal)
        if status.since is not None:
            since = text.clock_time(status.since)
            view = KillView(
                is_on=True,
                is_working=status.is_working,
                title=f"STOPPED since {since}",
                detail=_detail(status),
            )
        changed = view != self.view
        self.view = view
        return changed


def _detail(status: KillStatus) -> str:
    progress = status.progress
    if status.kind is None:
        done = "What was to be canceled then was." if status.is_finished else ""
        return f"Stopped before the restart: nothing is canceled by itself. {done}".strip()
    if status.ended_by:
        return f"Not verified: nothing more is canceled. {status.ended_by}"
    if status.is_working:
        return _working_words(status.kind, progress)
    other = " else" if progress.guards else ""
    words = f"Nothing{other} is left that could open a position."
    if status.kind is not ClearingKind.ENTRIES:
        words = f"Verified: {status.kind.value} are gone."
    if progress.kept:
        words += f" {_count(progress.kept, 'order')} that only reduce kept."
    if progress.guards:
        words += f" {guard_words(progress.guards)}"
    if status.late:
        words += f" {_count(status.late, 'order')} placed elsewhere since."
    return words


def _working_words(kind: ClearingKind, progress: ClearingProgress) -> str:
    parts: list[str] = []
    if progress.problem:
        parts.append(f"Trying on: {progress.problem}")
    if progress.orders:
        parts.append(f"Canceling {_count(progress.orders, 'order')}.")
    if progress.unclear:
        parts.append(f"Asking about {_count(progress.unclear, 'order')}.")
    if progress.positions:
        parts.append(f"Flattening {', '.join(progress.positions)}.")
    if not parts:
        parts.append("Verifying that nothing is left.")
    if kind is ClearingKind.ENTRIES and progress.kept:
        parts.append(f"{_count(progress.kept, 'order')} that only reduce kept.")
    parts.append(guard_words(progress.guards))
    return " ".join(filter(None, parts))


def _count(count: int, noun: str) -> str:
    return f"{text.whole(count)} {noun}" if count == 1 else f"{text.whole(count)} {noun}s"
