"""Keys that work wherever the focus is: in any window, torn-off panel, menu or dialog of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SERVED = "global_keys"


@final
class GlobalKeys(QObject):
    """Binds keys to commands for a window and all that belongs to it.

    A modal dialog keeps the shortcuts of all other windows from firing: it gets its own when it
    gets the focus. Where two are in reach, Qt calls the key ambiguous; both mean the same here.
    """

    def __init__(self, window: QWidget, commands: Mapping[str, Callable[[], None]]) -> None:
        super().__init__(window)
        self._commands = commands
        self._serve(window)
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.focusWindowChanged.connect(self._on_focus_changed)

    @Slot()
    def _on_focus_changed(self) -> None:
        modal = QApplication.activeModalWidget()
        if modal is not None and not modal.property(_SERVED) and self._is_ours(modal):
            self._serve(modal)

    def _is_ours(self, dialog: QWidget) -> bool:
        """Whether a dialog belongs to the window, also by way of a torn-off panel."""
        above: QObject | None = dialog
        while above is not None and above is not self.parent():
            above = above.parent()
        return above is not None

    def _serve(self, window: QWidget) -> None:
        window.setProperty(_SERVED, True)  # noqa: FBT003 - a property's value
        for key, command in self._commands.items():
            shortcut = QShortcut(QKeySequence(key), window)
            shortcut.setContext(Qt.ShortcutContext.ApplicationShortcut)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(command)
            shortcut.activatedAmbiguously.connect(command)
