"""Where a window may be: whole on the screens that exist. Pure functions on rectangles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QMargins, QRect, QSize
from PySide6.QtGui import QRegion

if TYPE_CHECKING:
    from collections.abc import Sequence

SLACK = 8
"""So far a window may reach over an edge, in pixels: some systems count invisible borders."""


def is_whole(window: QRect, screens: Sequence[QRect]) -> bool:
    """Whether all of a window is on the screens, on one of them or across several."""
    left = QRegion(window.marginsRemoved(QMargins(SLACK, SLACK, SLACK, SLACK)))
    for screen in screens:
        left -= QRegion(screen)
    return left.isEmpty()


def onto_a_screen(window: QRect, screens: Sequence[QRect]) -> QRect:
    """The window's rectangle, moved onto the nearest screen, and shrunk if it is larger than that.

    ``screens`` are the parts that windows may use, the first one the main screen. A window that is
    whole, or a system that tells of no screen, is answered with the rectangle as it is.
    """
    if not screens or is_whole(window, screens):
        return window
    nearest = min(screens, key=lambda screen: _distance(window, screen))
    size = window.size().boundedTo(nearest.size())
    left = max(nearest.left(), min(window.left(), nearest.right() - size.width() + 1))
    top = max(nearest.top(), min(window.top(), nearest.bottom() - size.height() + 1))
    return QRect(left, top, size.width(), size.height())


def centred(size: QSize, over: QRect, screens: Sequence[QRect]) -> QRect:
    """Where a window of a size is in the middle of another one, or of a screen, and whole."""
    window = QRect(over.topLeft(), size)
    window.moveCenter(over.center())
    return onto_a_screen(window, screens)


def _distance(window: QRect, screen: QRect) -> tuple[int, int]:
    """How far two rectangles are apart, along the axes; among those that touch, the most shared."""
    across = max(screen.left() - window.right(), window.left() - screen.right(), 0)
    down = max(screen.top() - window.bottom(), window.top() - screen.bottom(), 0)
    shared = window.intersected(screen)
    return across + down, -max(0, shared.width()) * max(0, shared.height())
