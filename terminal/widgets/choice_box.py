"""A box with a list to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QComboBox, QWidget
from typing_extensions import override

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent, QWheelEvent

    from terminal.widgets.theme import Theme

_ARROW = "\N{BLACK DOWN-POINTING SMALL TRIANGLE}"
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@final
class ChoiceBox(QComboBox):
    """Shows the arrow that says so. A wheel changes it only while it has the focus."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._room = round(0.6 * theme.base_px)
        self._take_color()
        theme.changed.connect(self._take_color)

    @Slot()
    def _take_color(self) -> None:
        self._color = self._theme.color("text_dim")

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setPen(self._color)
        painter.drawText(self.rect().adjusted(0, 0, -self._room, 0), _RIGHT, _ARROW)
        painter.end()

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        """Who scrolls a page must not change what lies under the pointer."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()
