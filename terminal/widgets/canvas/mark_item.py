"""Own fills as small triangles at their price: up below a buy, down above a sell."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QPoint
from PySide6.QtGui import QPolygon
from typing_extensions import override

from terminal.domain.units import Side
from terminal.viewmodels.text import Role
from terminal.widgets.canvas.chart_layers import LayerItem, Z

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter
    from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

    from terminal.viewmodels.chart_view import ChartView, FillMark
    from terminal.widgets.canvas.chart_scale import PaneScale
    from terminal.widgets.canvas.chart_style import ChartStyle

SIZE_PX = 5
_ROLES = {Side.BUY: Role.BUY, Side.SELL: Role.SELL}


def triangle(mark: FillMark, scale: PaneScale) -> QPolygon:
    """The tip touches the price; a buy's points up to it, a sell's down."""
    x, y = scale.x(mark.slot + 0.5), scale.y(mark.price)
    base = y + 2 * SIZE_PX if mark.side is Side.BUY else y - 2 * SIZE_PX
    return QPolygon([QPoint(x, y), QPoint(x + SIZE_PX, base), QPoint(x - SIZE_PX, base)])


@final
class MarksLayer(LayerItem):
    """Triangles of the fills in sight, edged in the text's colour to stand out on candles."""

    def __init__(self, style: ChartStyle) -> None:
        super().__init__(Z.MARKS)
        self._style = style
        self._triangles: list[tuple[QPolygon, Side]] = []
        self._shown: tuple[object, ...] = ()

    @override
    def show_view(self, view: ChartView, scale: PaneScale) -> None:
        shown = (view.marks, scale)
        if shown == self._shown:
            return
        self._shown = shown
        self.take_size(scale)
        had_any = bool(self._triangles)
        self._triangles = [
            (triangle(mark, scale), mark.side)
            for mark in view.marks
            if scale.left - 1 <= mark.slot < scale.right
        ]
        if had_any or self._triangles:
            self.update()

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setPen(self._style.pens[Role.TEXT])
        for polygon, side in self._triangles:
            painter.setBrush(self._style.brushes[_ROLES[side]])
            painter.drawPolygon(polygon)
