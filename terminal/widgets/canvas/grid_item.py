"""The grid behind the candles, and a pane's title."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import numpy as np
from typing_extensions import override

from terminal.widgets.canvas.chart_layers import LayerItem, Z
from terminal.widgets.canvas.chart_style import PAD
from terminal.widgets.canvas.graph import RectArray

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter
    from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

    from terminal.viewmodels.chart_view import ChartView
    from terminal.widgets.canvas.chart_scale import PaneScale
    from terminal.widgets.canvas.chart_style import ChartStyle


@final
class GridLayer(LayerItem):
    """Lines at the labels of both axes; where a day, month or year begins, a stronger one.

    They are rectangles one pixel wide: those land on whole pixels whatever the pen would do.
    """

    def __init__(self, style: ChartStyle) -> None:
        super().__init__(Z.GRID)
        self._style = style
        self._lines, self._major = RectArray(), RectArray()
        self._shown: tuple[object, ...] = ()

    @override
    def show_view(self, view: ChartView, scale: PaneScale) -> None:
        shown = (view.time_ticks, scale)
        if shown == self._shown:
            return
        self._shown = shown
        self.take_size(scale)
        across = [(0, scale.y(tick.at), scale.width, 1) for tick in scale.ticks]
        down = [(scale.x(t.at), 0, 1, scale.height) for t in view.time_ticks if not t.is_major]
        major = [(scale.x(t.at), 0, 1, scale.height) for t in view.time_ticks if t.is_major]
        self._lines.set(_rows(across + down))
        self._major.set(_rows(major))
        self.update()

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setPen(self._style.no_pen)
        painter.setBrush(self._style.grid)
        self._lines.draw(painter)
        painter.setBrush(self._style.grid_major)
        self._major.draw(painter)


@final
class TitleLayer(LayerItem):
    """What a pane shows and in which unit, in its corner."""

    def __init__(self, style: ChartStyle, words: str) -> None:
        super().__init__(Z.TITLE)
        self._style = style
        self._words = words

    @override
    def show_view(self, view: ChartView, scale: PaneScale) -> None:
        self.take_size(scale)

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        small = self._style.small
        width = int(small.get(self._words).width) + 2 * PAD
        painter.fillRect(0, 0, width, int(small.height) + 4, self._style.plate)
        painter.setFont(small.font)
        painter.setPen(self._style.title_pen)
        small.draw_left(painter, PAD, 2, self._words)


def _rows(
    rects: list[tuple[int, int, int, int]],
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array(rects, dtype=np.float64).reshape(-1, 4)
