"""Hands on our own window: real key and mouse events through Qt's own event dispatch.

Used by the tour. Events enter at the window, as the system's do, so focus, shortcuts and hit
testing are the real ones. Nothing here spins the event loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


@final
class Hands:
    """Presses keys into a widget that has the focus, and clicks on points of widgets."""

    def press(
        self,
        widget: QWidget,
        key: Qt.Key,
        modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    ) -> None:
        """Press and release one key, delivered to ``widget``."""
        QTest.keyClick(widget, key, modifiers)

    def click(
        self,
        widget: QWidget,
        at: QPoint | None = None,
        button: Qt.MouseButton = Qt.MouseButton.LeftButton,
    ) -> None:
        """Click a point of a widget, its middle if none is given."""
        point = at if at is not None else widget.rect().center()
        QTest.mouseClick(widget, button, Qt.KeyboardModifier.NoModifier, point)
