"""The line above the chart: the values of the candle under the crosshair, or of the newest."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from terminal.viewmodels.text import Role
from terminal.widgets.canvas.chart_style import PAD, ChartStyle

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from terminal.viewmodels.chart_view import Figure
    from terminal.widgets.theme import Theme

_GAP_PX = 11
_LABEL_GAP_PX = 4


@final
class ReadoutBar(QWidget):
    """Paints figures side by side; what has no room is left out whole, from the end."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chart.readout")
        self.setAccessibleName("Candle values")
        self._theme = theme
        self._figures: tuple[Figure, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.restyle()

    @property
    def words(self) -> str:
        """What is written, as one text."""
        return "  ".join(f"{one.label} {one.text}".strip() for one in self._figures)

    def restyle(self) -> None:
        """Take the theme's present colours."""
        self._style = ChartStyle(self._theme)
        self.update()

    def show_figures(self, figures: tuple[Figure, ...]) -> None:
        """Write others."""
        if figures != self._figures:
            self._figures = figures
            self.setAccessibleDescription(self.words)
            self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(400, self._theme.row_height)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(60, self._theme.row_height)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        style, texts = self._style, self._style.texts
        painter = QPainter(self)
        painter.setFont(texts.font)
        top = (self.height() - texts.height) / 2
        x = float(PAD)
        for figure in self._figures:
            label_px = texts.get(figure.label).width + _LABEL_GAP_PX if figure.label else 0.0
            width = label_px + texts.get(figure.text).width
            if x + width > self.width():
                break
            if figure.label:
                painter.setPen(style.pens[Role.TEXT_DIM])
                texts.draw_left(painter, x, top, figure.label)
            painter.setPen(style.pens[figure.role])
            texts.draw_left(painter, x + label_px, top, figure.text)
            x += width + _GAP_PX
        painter.end()
