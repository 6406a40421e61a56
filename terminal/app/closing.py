"""Every way in which the program is asked to end, and the one question before it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication

if TYPE_CHECKING:
    from terminal.viewmodels.leaving import LeavingViewModel

SYSTEM_WAIT_S = 20
"""A system that ends the session kills what does not end: then everything is kept and we go."""


@final
class Closing(QObject):
    """Brings wishes to leave to the question. ``left`` is emitted when the program may end.

    With ``asks`` off nobody is asked: for tours and timed runs, where nobody is there to answer.
    """

    left = Signal()

    def __init__(
        self, leaving: LeavingViewModel, parent: QObject | None = None, *, asks: bool = True
    ) -> None:
        super().__init__(parent)
        self._leaving = leaving
        self._asks = asks
        self._is_told_twice = False
        leaving.left.connect(self.left)
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.commitDataRequest.connect(self._on_session_end)

    @Slot()
    def by_hand(self) -> None:
        """The user closes the window or chooses Quit."""
        if self._asks:
            self._leaving.ask()
        else:
            self.left.emit()

    @Slot()
    def by_signal(self) -> None:
        """A polite kill, or Ctrl-C: asked for a while; a second one goes.

        It keeps everything, unless something is being done already: then that is left as it is.
        """
        if not self._asks:
            self.left.emit()
        elif self._is_told_twice and self._leaving.is_open:
            self._leaving.insist()
        else:
            self._is_told_twice = True
            self._leaving.ask(SYSTEM_WAIT_S)

    @Slot(object)
    def _on_session_end(self, manager: Any) -> None:  # noqa: ANN401 - a QSessionManager, or like it
        """The desktop's session ends: hold it to ask where that is allowed."""
        if not self._asks or not self._leaving.needs_answer:
            return
        if manager.allowsInteraction():
            manager.cancel()
        self._leaving.ask(SYSTEM_WAIT_S)
