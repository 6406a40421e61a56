"""The whole window on a real backend and a simulated exchange, for tests that look at all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QComboBox, QWidget

from tests.support.open_program import an_open_program
from tests.support.qt_loop import run_on_qt

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from typing import Any

    from terminal.app.wiring import Program


def with_window(play: Callable[[Program], Coroutine[Any, Any, None]], theme: str = "dark") -> None:
    """Build the window with its chart on a backend that lives, play, end everything."""

    async def work() -> None:
        async with an_open_program(theme=theme, has_chart=True) as one:
            await play(one.program)

    run_on_qt(work())


def focusable(top: QWidget) -> Iterator[QWidget]:
    """What a hand can give the focus to in a window, parts of boxes left out."""
    for widget in (top, *top.findChildren(QWidget)):
        is_part = isinstance(widget.parentWidget(), QComboBox)
        takes = widget.focusPolicy() is not Qt.FocusPolicy.NoFocus
        if takes and widget.isVisible() and widget.focusProxy() is None and not is_part:
            yield widget


def spoken_name(widget: QWidget) -> str:
    """What a screen reader calls a widget: its accessible name, or its words."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name).strip()


def called(widget: QWidget) -> str:
    """A widget for a failing test's message."""
    parent = widget.parentWidget()
    inside = "" if parent is None else f" in {parent.objectName() or type(parent).__name__}"
    return f"{type(widget).__name__} {widget.objectName()!r}{inside}"
