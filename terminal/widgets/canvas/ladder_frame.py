"""What lies around a ladder's rows: the frames of armed hands and the line of the focus.

Each has a shape of its own, not only a colour: keys are a whole frame, the mouse a broken one, the
focus a hairline inside of both. The cursor's row is told from all of them by its thick ends
(``ladder_list``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPen

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from terminal.widgets.theme import Theme

FRAME_PX = 2
FOCUS_PX = 1
INSET = 2 * FRAME_PX + FOCUS_PX
"""What is kept free on each side of the rows: both hands armed, and the focus."""
_DASH = (4.0, 3.0)
"""Of the broken frame, in widths of its line."""


@final
class Border(NamedTuple):
    """A frame ``inset`` pixels within the widget's edge, so many pixels thick."""

    inset: int
    thickness: int
    ink: str
    is_dashed: bool = False


def borders(*, has_keys: bool, has_mouse: bool, has_focus: bool) -> tuple[Border, ...]:
    """The frames from the edge inwards; none lies over another."""
    found: list[Border] = []
    inset = 0
    for is_there, thickness, ink, is_dashed in (
        (has_keys, FRAME_PX, "keyboard_armed", False),
        (has_mouse, FRAME_PX, "mouse_armed", True),
        (has_focus, FOCUS_PX, "text", False),
    ):
        if is_there:
            found.append(Border(inset, thickness, ink, is_dashed))
            inset += thickness
    return tuple(found)


@final
class FramePainter:
    """Draws borders; its pens are prepared for a theme."""

    def __init__(self, theme: Theme) -> None:
        self._inks = {name: theme.color(name) for name in ("keyboard_armed", "mouse_armed", "text")}
        self._dashed: dict[str, QPen] = {}
        for name, shade in self._inks.items():
            pen = QPen(shade, FRAME_PX, Qt.PenStyle.CustomDashLine, Qt.PenCapStyle.FlatCap)
            pen.setDashPattern(_DASH)
            self._dashed[name] = pen

    def paint(self, painter: QPainter, area: QRect, frames: tuple[Border, ...]) -> None:
        """Draw frames around an area."""
        for inset, thickness, ink, is_dashed in frames:
            box = area.adjusted(inset, inset, -inset, -inset)
            if is_dashed:
                half = thickness // 2
                painter.setPen(self._dashed[ink])
                painter.drawRect(box.adjusted(half, half, -half, -half))
                continue
            color = self._inks[ink]
            left, top, width, height = box.left(), box.top(), box.width(), box.height()
            painter.fillRect(left, top, width, thickness, color)
            painter.fillRect(left, top + height - thickness, width, thickness, color)
            painter.fillRect(left, top, thickness, height, color)
            painter.fillRect(left + width - thickness, top, thickness, height, color)
