"""The lock on order entry, as a bar shows it and a dialog opens it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from PySide6.QtCore import Signal
from typing_extensions import override

from terminal.domain.secret import Secret
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.keys import LOCK_KEY

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from terminal.session.entry_lock import EntryLock
    from terminal.viewmodels.frame import FrameClock

TITLE = "LOCKED"
DETAIL = (
    "Keys and mouse of all ladders and the ticket are off. Cancelling, flattening and STOP work. "
    f"{LOCK_KEY} unlocks."
)
WITH_CONSENT = "Orders can be entered again. Keyboard and mouse stay disarmed."
BY_THE_WORD = f"The limits are locked: their password opens this, too. {WITH_CONSENT}"


@final
@dataclass(frozen=True, slots=True)
class EntryLockView:
    """Whether it is locked, what is asked to open it, and why it was not opened."""

    is_locked: bool
    needs_password: bool
    question: str
    message: str


@final
class EntryLockViewModel(ViewModel):
    """Locks at once; ``unlock_asked`` when somebody has to say that he means to unlock.

    A password is passed on and never kept here.
    """

    unlock_asked = Signal()

    def __init__(self, lock: EntryLock, frame: FrameClock, parent: QObject | None = None) -> None:
        super().__init__(frame, parent)
        self._lock = lock
        self.view = self._build()

    def toggle(self) -> None:
        """The key of the lock: lock, or ask to unlock."""
        if self._lock.is_locked:
            self.unlock_asked.emit()
        else:
            self._lock.lock()

    def unlock(self, password: str = "") -> None:
        """The question was answered."""
        self._lock.unlock(Secret(password))

    @override
    def connect_sources(self) -> None:
        self.listen(self._lock.on_changed.add(self.mark_dirty))

    @override
    def refresh(self) -> bool:
        view = self._build()
        changed = view != self.view
        self.view = view
        return changed

    def _build(self) -> EntryLockView:
        needs = self._lock.needs_password
        return EntryLockView(
            self._lock.is_locked,
            needs,
            BY_THE_WORD if needs else WITH_CONSENT,
            self._lock.message,
        )
