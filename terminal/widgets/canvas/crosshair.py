"""The crosshair: a line through the candle under the pointer, and one at its value."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QRectF
from typing_extensions import override

from terminal.viewmodels.chart_view import LineStyle
from terminal.viewmodels.text import Role
from terminal.widgets.canvas.chart_layers import LayerItem, Z

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter
    from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

    from terminal.viewmodels.chart_view import ChartView
    from terminal.widgets.canvas.chart_scale import PaneScale
    from terminal.widgets.canvas.chart_style import ChartStyle


@final
class CrosshairLayer(LayerItem):
    """The pointer's place in one pane. Only its two lines are painted again when it moves."""

    def __init__(self, style: ChartStyle, pane: str) -> None:
        super().__init__(Z.CROSSHAIR)
        self._pane = pane
        self._pen = style.line_of(Role.TEXT_DIM, LineStyle.DASHED)
        self._at: tuple[int | None, int | None] = (None, None)

    @override
    def show_view(self, view: ChartView, scale: PaneScale) -> None:
        is_resized = self.take_size(scale)
        before, crosshair = self._at, view.crosshair
        if crosshair is None:
            self._at = (None, None)
        else:
            y = scale.y(crosshair.value) if crosshair.pane == self._pane else None
            self._at = (scale.x(crosshair.at), y)
        if is_resized:
            self.update()
        elif self._at != before:
            self._update_lines(*before)
            self._update_lines(*self._at)

    def _update_lines(self, x: int | None, y: int | None) -> None:
        if x is not None:
            self.update(QRectF(x - 1, 0, 3, self._area.height()))
        if y is not None:
            self.update(QRectF(0, y - 1, self._area.width(), 3))

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        x, y = self._at
        painter.setPen(self._pen)
        if x is not None:
            painter.drawLine(x, 0, x, int(self._area.height()))
        if y is not None:
            painter.drawLine(0, y, int(self._area.width()), y)
