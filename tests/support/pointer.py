"""The mouse's pointer over a widget, by its event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from PySide6.QtCore import QPoint
    from PySide6.QtWidgets import QWidget


def point_at(widget: QWidget, at: QPoint) -> None:
    """Move the pointer: QTest's own move lets other events run in the middle of a coroutine."""
    where = QPointF(at), QPointF(widget.mapToGlobal(at))
    none = Qt.MouseButton.NoButton
    event = QMouseEvent(QEvent.Type.MouseMove, *where, none, none, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(widget, event)


def press_at(button: QWidget, kind: QEvent.Type, at_ms: int) -> None:
    """A press, or the second of a double click, at a time of the window system; let go at once."""
    for one in (kind, QEvent.Type.MouseButtonRelease):
        event = QMouseEvent(
            one, QPointF(5, 5), button.mapToGlobal(QPointF(5, 5)), Qt.MouseButton.LeftButton,
            Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        event.setTimestamp(at_ms)
        QApplication.sendEvent(button, event)


def burst(button: QWidget, count: int, from_ms: int = 10_000) -> int:
    """So many clicks as far apart as clicks of one burst can be; when the next is one by itself."""
    apart = QApplication.doubleClickInterval() - 1
    kinds = (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick)
    for number in range(count):
        press_at(button, kinds[number % 2], from_ms + number * apart)
    return from_ms + count * apart + 1
