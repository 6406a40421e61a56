"""What the chart says instead of candles or over them: it waits, is stale, could not read."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF
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
        self._plate = QRectF()
        self._said: tuple[str | None, str | None, str, Role] = (None, None, "", Role.TEXT_DIM)
        self._has_focus = False

    def place(self, area: QRectF, plot: QRectF) -> None:
        """The chart is so large, and its uppermost plot is there."""
        if (area, plot) != (self._area, self._plot):
            self.prepareGeometryChange()
            self._area, self._plot = area, plot
            self._make_plate()
            self.update()

    def show_view(self, view: ChartView) -> None:
        """Take the sentences of a view."""
        said = (view.waiting, view.stale, view.note, view.note_role)
        if said != self._said:
            self._said = said
            self._make_plate()
            self.update()

    def set_focused(self, *, has_focus: bool) -> None:
        """Draw or drop the frame."""
        self._has_focus = has_focus
        self.update()

    def _make_plate(self) -> None:
        """In the middle of the upper edge: the price axis leaves room there, labels stay free."""
        _, stale, note, _ = self._said
        metrics = QFontMetricsF(self._style.bold.font)
        room = self._plot.adjusted(PAD, 0, -PAD, 0)
        needed = metrics.boundingRect(room, _WRAPPED, stale or note)
        width = min(self._plot.width(), needed.width() + 4 * PAD)
        height = needed.height() + 4
        left = self._plot.left() + (self._plot.width() - width) / 2
        self._plate = QRectF(int(left), int(self._plot.top()), int(width), int(height))

    @override
    def boundingRect(self) -> QRectF:
        return self._area

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        waiting, stale, note, note_role = self._said
        style = self._style
        if waiting is not None:
            painter.setFont(style.texts.font)
            painter.setPen(style.pens[Role.TEXT_DIM])
            painter.drawText(self._area.adjusted(4 * PAD, 0, -4 * PAD, 0), _WRAPPED, waiting)
        elif stale is not None:
            painter.fillRect(self._area, style.shade)
            self._paint_plate(painter, stale, Role.CAUTION)
        elif note:
            self._paint_plate(painter, note, note_role)
        if self._has_focus:
            painter.setBrush(style.no_brush)
            painter.setPen(style.line_strong_pen)
            painter.drawRect(self._area.adjusted(0, 0, -1, -1))

    def _paint_plate(self, painter: QPainter, words: str, role: Role) -> None:
        painter.fillRect(self._plate, self._style.raised)
        painter.setFont(self._style.bold.font)
        painter.setPen(self._style.pens[role])
        painter.drawText(self._plate, _WRAPPED, words)
