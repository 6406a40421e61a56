"""What the chart says instead of candles or over them: it waits, is stale, could not read."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtWidgets import QGraphicsItem
from typing_extensions import override

from terminal.viewmodels.text import Role
from terminal.widgets.canvas.chart_style import PAD

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter
    from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

    from terminal.viewmodels.chart_view import ChartView
    from terminal.widgets.canvas.chart_style import ChartStyle

_OVER_ALL = 100.0
_WRAPPED = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)


@final
class WordsItem(QGraphicsItem):
    """Lies over the whole chart, and frames it while it has the focus."""

    def __init__(self, style: ChartStyle) -> None:
        super().__init__()
        self.setZValue(_OVER_ALL)
        self._style = style
        self._area = QRectF()
        self._plot = QRectF()
        self._words: tuple[str | None, str | None, str] = (None, None, "")
        self._note_role = Role.TEXT_DIM
        self._has_focus = False

    def place(self, area: QRectF, plot: QRectF) -> None:
        """The chart is so large, and its uppermost plot is there."""
        if (area, plot) != (self._area, self._plot):
            self.prepareGeometryChange()
            self._area, self._plot = area, plot
            self.update()

    def show_view(self, view: ChartView) -> None:
        """Take the sentences of a view."""
        words = (view.waiting, view.stale, view.note)
        if words != self._words:
            self._words, self._note_role = words, view.note_role
            self.update()

    def set_focused(self, *, has_focus: bool) -> None:
        """Draw or drop the frame."""
        self._has_focus = has_focus
        self.update()

    @override
    def boundingRect(self) -> QRectF:
        return self._area

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        waiting, stale, note = self._words
        style = self._style
        if waiting is not None:
            painter.setFont(style.texts.font)
            painter.setPen(style.pens[Role.TEXT_DIM])
            painter.drawText(self._area.adjusted(4 * PAD, 0, -4 * PAD, 0), _WRAPPED, waiting)
        elif stale is not None:
            painter.fillRect(self._area, style.shade)
            self._paint_plate(painter, stale)
        elif note:
            self._paint_note(painter, note)
        if self._has_focus:
            painter.setBrush(style.no_brush)
            painter.setPen(style.line_strong_pen)
            painter.drawRect(self._area.adjusted(0, 0, -1, -1))

    def _paint_plate(self, painter: QPainter, words: str) -> None:
        style = self._style
        height = 2 * style.label_height
        plate = QRectF(self._plot.left(), self._plot.top(), self._plot.width(), height)
        painter.fillRect(plate, style.raised)
        painter.setFont(style.bold.font)
        painter.setPen(style.pens[Role.CAUTION])
        painter.drawText(plate.adjusted(PAD, 0, -PAD, 0), _WRAPPED, words)

    def _paint_note(self, painter: QPainter, words: str) -> None:
        """A small plate in the corner; the candles stay readable."""
        style = self._style
        width = min(style.small.get(words).width + 2 * PAD, self._plot.width())
        plate = QRectF(self._plot.left(), self._plot.top(), width, style.label_height + 2)
        painter.fillRect(plate, style.raised)
        painter.setFont(style.small.font)
        painter.setPen(style.pens[self._note_role])
        top = plate.top() + (plate.height() - style.small.height) / 2
        style.small.draw_left(painter, plate.left() + PAD, top, words)
