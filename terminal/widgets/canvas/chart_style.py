"""Pens, brushes and laid out texts of the chart in the present colours, shared by its layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QPen

from terminal.viewmodels.chart_view import LineStyle
from terminal.viewmodels.text import Role
from terminal.widgets.canvas.text_cache import TextCache

if TYPE_CHECKING:
    from terminal.widgets.theme import Theme

PAD = 6
GRID_ALPHA, MAJOR_ALPHA = 130, 230
_DASHES: dict[LineStyle, list[float]] = {
    LineStyle.DASHED: [6, 4],
    LineStyle.DOTTED: [1, 3],
    LineStyle.DASH_DOTTED: [8, 3, 2, 3],
}


@final
class ChartStyle:
    """Made anew when the colours change; whoever keeps parts of it is made anew as well."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.texts = TextCache(theme.font)
        self.bold = TextCache(theme.bold_font)
        self.small = TextCache(theme.small_font)
        self.panel, self.raised = theme.color("panel"), theme.color("raised")
        self.plate = theme.faded("panel", 225)
        self.line, self.line_strong = theme.color("line"), theme.color("line_strong")
        self.grid = QBrush(theme.faded("line", GRID_ALPHA))
        self.grid_major = QBrush(theme.faded("line", MAJOR_ALPHA))
        self.shade = theme.faded("window", 110)
        self.no_pen = QPen(Qt.PenStyle.NoPen)
        self.no_brush = QBrush(Qt.BrushStyle.NoBrush)
        self.pens = {role: _pen(theme, role) for role in Role}
        self.title_pen = self.pens[Role.TEXT_DIM]
        self.line_pen = QPen(self.line, 1)
        self.line_strong_pen = QPen(self.line_strong, 1)
        self.inverse_pen = QPen(theme.color("window"), 1)
        self.brushes = {role: QBrush(theme.color(role)) for role in Role}
        self._lines = {
            (role, style): _line_pen(theme, role, style) for role in Role for style in LineStyle
        }
        self.label_height = theme.base_px + 6

    def line_of(self, role: Role, style: LineStyle) -> QPen:
        """The pen of a line across the plot."""
        return self._lines[role, style]


def _pen(theme: Theme, role: Role) -> QPen:
    return QPen(theme.color(role), 1)


def _line_pen(theme: Theme, role: Role, style: LineStyle) -> QPen:
    pen = QPen(theme.faded(role, 210), 1)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if style in _DASHES:
        pen.setDashPattern(_DASHES[style])
    return pen
