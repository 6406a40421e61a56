"""The kill switch as it is seen: the button, the bar while trading is stopped, and lifting it."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, final

from PySide6.QtCore import Signal
from typing_extensions import override

from terminal.session.clearing import ClearingKind
from terminal.viewmodels import text
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.keys import DOUBLE_PRESS_MS

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from terminal.session.clearing import ClearingProgress
    from terminal.session.kill_switch import KillStatus, KillSwitch
    from terminal.viewmodels.frame import FrameClock

BUTTON_PRESS_MS = 4000
"""Both presses of a button or of a menu's entry lie within this time."""
ONCE_MORE = "Once more to flatten every position."


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

    ``lift_asked`` is emitted when the user wants to lift it and must be asked.
    """

    lift_asked = Signal()

    def __init__(
        self,
        switch: KillSwitch,
        frame: FrameClock,
        kind: ClearingKind = ClearingKind.ENTRIES,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self._switch = switch
        self._pressed_at_ms: int | None = None
        self._is_asking = False
        self.kind = kind
        self.view = KillView()

    # Commands --------------------------------------------------------------------------------

    def throw(self) -> None:
        """Stop, at once and without a question. Never lifts."""
        self._forget_press()
        self._switch.throw(self.kind)
        self.mark_dirty()

    def press_flatten(self, at_ms: int, within_ms: int = DOUBLE_PRESS_MS) -> None:
        """The first press stops already; a second within the time flattens everything."""
        before, self._pressed_at_ms = self._pressed_at_ms, at_ms
        if before is None or not 0 <= at_ms - before <= within_ms:
            self._switch.throw(self.kind)
            self._is_asking = not self._switch.refusal
        else:
            self._forget_press()
            self._switch.throw(ClearingKind.FLATTEN)
        self.mark_dirty()

    def flatten_key(self) -> None:
        """The key of flattening, pressed twice."""
        self.press_flatten(_now_ms())

    def flatten_chosen(self) -> None:
        """The menu's entry, chosen twice, with the time that a hand needs."""
        self.press_flatten(_now_ms(), BUTTON_PRESS_MS)

    def ask_to_lift(self) -> None:
        """The user wants to trade again: ask."""
        if self._switch.status.is_on:
            self.lift_asked.emit()

    def lift(self) -> None:
        """Lift it; only what asked before calls this."""
        self._forget_press()
        self._switch.lift()
        self.mark_dirty()

    def _forget_press(self) -> None:
        self._pressed_at_ms = None
        self._is_asking = False

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
            detail = _detail(status)
            if self._is_asking:
                detail = f"{ONCE_MORE} {detail}"
            view = KillView(
                is_on=True,
                is_working=status.is_working,
                title=f"STOPPED since {since}",
                detail=detail,
            )
        changed = view != self.view
        self.view = view
        return changed


def _now_ms() -> int:
    return int(monotonic() * 1000)


def _detail(status: KillStatus) -> str:
    progress = status.progress
    if status.kind is None:
        done = "What was to be canceled then was." if status.is_finished else ""
        return f"Stopped before the restart: nothing is canceled by itself. {done}".strip()
    if status.is_working:
        return _working_words(status.kind, progress)
    words = "Nothing is left that could open a position."
    if status.kind is not ClearingKind.ENTRIES:
        words = f"Verified: {status.kind.value} are gone."
    if progress.kept:
        words += f" {_count(progress.kept, 'order')} that only reduce kept."
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
    return " ".join(parts)


def _count(count: int, noun: str) -> str:
    return f"{text.whole(count)} {noun}" if count == 1 else f"{text.whole(count)} {noun}s"
