"""Small steps that every panel needs: colour by role, style properties, texts that fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics

if TYPE_CHECKING:
    from PySide6.QtWidgets import QLabel, QWidget

    from terminal.viewmodels.text import Role

ROOM = 0.94
"""How much of the screen's height a window of fixed content takes at most: its frame needs some."""


def paint_role(widget: QWidget, role: Role) -> None:
    """Give a widget's text the colour of a role, also after the theme has changed."""
    set_property(widget, "role", role.value)


def paint_badge(widget: QWidget, role: Role) -> None:
    """Give a widget the ground of a role and the window's colour as its text."""
    set_property(widget, "badge", role.value)


def set_property(widget: QWidget, name: str, value: str) -> None:
    """Set a property that the style sheet selects by, and apply the style anew if it changed."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)


def elided(words: str, label: QLabel, *, lines: int = 1) -> str:
    """Shorten a text at its end so that about so many lines of the label hold it."""
    room = max(40, label.width()) * lines - (30 if lines > 1 else 0)
    metrics = QFontMetrics(label.font())
    return metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)


def padding(em: int) -> str:
    """A style of buttons whose blanks grow with the letters."""
    return f"padding: {round(0.2 * em)}px {round(0.8 * em)}px;"
