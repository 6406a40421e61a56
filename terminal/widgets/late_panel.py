"""A panel whose content comes after the window is there: what is slow to load holds nothing up."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from terminal.viewmodels.text import Role
from terminal.widgets.styling import paint_role

if TYPE_CHECKING:
    from terminal.viewmodels.base import ViewModel


@final
class LatePanel(QWidget):
    """Stands in a dock; says what it waits for until ``fill``. Rests while it is hidden."""

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._vm: ViewModel | None = None
        self._is_paused = True
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._words = QLabel(words, self)
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        paint_role(self._words, Role.TEXT_DIM)
        column.addWidget(self._words)

    def set_paused(self, paused: bool) -> None:  # noqa: FBT001 - as of a view-model
        """Whether the panel is out of sight; passed on to the view-model once there is one."""
        self._is_paused = paused
        if self._vm is not None:
            self._vm.set_paused(paused)

    def fill(self, content: QWidget, view_model: ViewModel) -> None:
        """Show the content and let it draw ``view_model``, which the caller starts. Only once."""
        if self._vm is not None:
            raise RuntimeError("the panel is filled already")
        self._vm = view_model
        view_model.set_paused(self._is_paused)
        self.setFocusProxy(content)
        column = self.layout()
        if column is not None:
            column.replaceWidget(self._words, content)
        self._words.deleteLater()
