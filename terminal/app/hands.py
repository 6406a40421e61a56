"""Hands on our own window: key and mouse events through Qt's own event dispatch.

Used by the tour. Before each event it is checked that the system's would arrive there too: the
widget must have the focus for a key, and must be the one under the point for a click. Nothing here
spins the event loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


class OutOfReachError(Exception):
    """The event would not arrive where it is meant to."""


@final
class Hands:
    """Presses keys into a widget that has the focus, and clicks on points of widgets."""

    def press(
        self,
        widget: QWidget,
        key: Qt.Key,
        modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
    ) -> None:
        """Press and release one key. Raises ``OutOfReachError`` when the focus is elsewhere."""
        if not widget.hasFocus():
            raise OutOfReachError(f"{widget.objectName()} does not have the focus")
        QTest.keyClick(widget, key, modifiers)

    def type(self, widget: QWidget, text: str) -> None:
        """Type a text. Raises ``OutOfReachError`` when the focus is elsewhere."""
        if not widget.hasFocus():
            raise OutOfReachError(f"{widget.objectName()} does not have the focus")
        QTest.keyClicks(widget, text)

    def click(
        self,
        widget: QWidget,
        at: QPoint | None = None,
        button: Qt.MouseButton = Qt.MouseButton.LeftButton,
    ) -> None:
        """Click a point of a widget, its middle if none is given.

        Raises ``OutOfReachError`` when something else is under that point.
        """
        point = at if at is not None else widget.rect().center()
        window = widget.window()
        # What lies under the point may be a part of the widget: it is the one that gets the click.
        under = window if widget is window else window.childAt(widget.mapTo(window, point))
        if under is None or not (under is widget or widget.isAncestorOf(under)):
            raise OutOfReachError(f"{widget.objectName()} is covered at {point.x()}, {point.y()}")
        at_part = under.mapFrom(window, widget.mapTo(window, point))
        QTest.mouseClick(under, button, Qt.KeyboardModifier.NoModifier, at_part)
