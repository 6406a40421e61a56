"""Where a window may be: somewhere a hand can reach it. Pure functions on rectangles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect

if TYPE_CHECKING:
    from collections.abc import Sequence

GRIP_WIDTH = 120
GRIP_HEIGHT = 28
"""So much of a window's top must be on a screen, in pixels, for a hand to move it."""


def is_reachable(window: QRect, screens: Sequence[QRect]) -> bool:
    """Whether enough of the window's top edge is on one of the screens to be gripped."""
    grip = QRect(window.left(), window.top(), window.width(), min(GRIP_HEIGHT, window.height()))
    wanted = min(GRIP_WIDTH, window.width())
    for screen in screens:
        seen = grip.intersected(screen)
        if seen.width() >= wanted and seen.height() >= grip.height():
            return True
    return False


def onto_a_screen(window: QRect, screens: Sequence[QRect]) -> QRect:
    """The window's rectangle, moved and shrunk onto the nearest screen if it is out of reach.

    ``screens`` are the parts that windows may use, the first one the main screen. A window that can
    be reached, or a system that tells of no screen, is answered with the rectangle as it is.
    """
    if not screens or is_reachable(window, screens):
        return window
    nearest = min(screens, key=lambda screen: _distance(window, screen))
    size = window.size().boundedTo(nearest.size())
    left = max(nearest.left(), min(window.left(), nearest.right() - size.width() + 1))
    top = max(nearest.top(), min(window.top(), nearest.bottom() - size.height() + 1))
    return QRect(left, top, size.width(), size.height())


def _distance(window: QRect, screen: QRect) -> int:
    """How far two rectangles are apart, along the axes; 0 when they touch."""
    across = max(screen.left() - window.right(), window.left() - screen.right(), 0)
    down = max(screen.top() - window.bottom(), window.top() - screen.bottom(), 0)
    return across + down
