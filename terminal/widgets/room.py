"""A panel's whole content in a room that may be too small for it: it scrolls, nothing overlaps."""

from __future__ import annotations

from typing import final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget
from typing_extensions import override


@final
class LeastHigh(QWidget):
    """Content that asks its room for as little as it can do with; what is left over it takes.

    Qt's scroll areas ask for what words that wrap would like to have, not for what they need.
    """

    @override
    def heightForWidth(self, width: int) -> int:
        layout = self.layout()
        return -1 if layout is None else layout.totalMinimumHeightForWidth(width)


@final
class Room(QScrollArea):
    """Shows all of a content; only where it has less room than the least it scrolls."""

    def __init__(self, content: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)
        content.setAutoFillBackground(False)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)

    def show_whole(self, part: QWidget) -> None:
        """Scroll to a part of the content that has been led to."""
        self.ensureWidgetVisible(part, 0, 0)
