"""Candles: history as blocks of rectangles, the forming candle as a small item of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QPen
from typing_extensions import override

from terminal.widgets.canvas.candle_layout import (
    bar_width,
    candle_rects,
    one_column,
    pixel_columns,
    volume_rects,
)
from terminal.widgets.canvas.chart_layers import LayerItem, Z
from terminal.widgets.canvas.graph import RectArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QColor, QPainter
    from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

    from terminal.viewmodels.chart_view import Bounds, ChartView
    from terminal.widgets.canvas.candle_layout import BarRects, PixelColumns
    from terminal.widgets.canvas.chart_scale import PaneScale
    from terminal.widgets.theme import Theme

    Rects = Callable[[PixelColumns, PaneScale], BarRects]


@final
class BarPainter:
    """Holds the rectangles of bars and draws them in their sides' colours."""

    def __init__(self, rising: QColor, falling: QColor, still: QColor) -> None:
        self._outline = QPen(rising, 1)
        self._outline.setCosmetic(True)
        self._no_pen = QPen(Qt.PenStyle.NoPen)
        self._no_brush = QBrush(Qt.BrushStyle.NoBrush)
        self._rising, self._outlines = RectArray(), RectArray()
        self._falling, self._still = RectArray(), RectArray()
        self._filled = (
            (self._rising, QBrush(rising)),
            (self._falling, QBrush(falling)),
            (self._still, QBrush(still)),
        )

    def set(self, rects: BarRects) -> None:
        """Keep other rectangles."""
        self._rising.set(rects.rising)
        self._outlines.set(rects.rising_outlines)
        self._falling.set(rects.falling)
        self._still.set(rects.still)

    def draw(self, painter: QPainter) -> None:
        """Draw what is kept."""
        painter.setPen(self._no_pen)
        for rects, brush in self._filled:
            if len(rects):
                painter.setBrush(brush)
                rects.draw(painter)
        if len(self._outlines):
            painter.setBrush(self._no_brush)
            painter.setPen(self._outline)
            self._outlines.draw(painter)


@final
class HistoryLayer(LayerItem):
    """All bars in sight but the last one of all. Made anew only when they or their place differ."""

    def __init__(self, bars: BarPainter, rects: Rects) -> None:
        super().__init__(Z.HISTORY)
        self._bars = bars
        self._rects = rects
        self._shown: tuple[object, ...] = ()

    @override
    def show_view(self, view: ChartView, scale: PaneScale) -> None:
        columns = view.columns
        if columns is None:
            return
        end = min(view.end, len(columns) - 1)
        shown = (columns, view.revision, view.first, end, scale)
        if shown == self._shown:
            return
        self._shown = shown
        self.take_size(scale)
        self._bars.set(self._rects(pixel_columns(columns, view.first, end, scale), scale))
        self.update()

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        self._bars.draw(painter)


@final
class LiveLayer(LayerItem):
    """The forming bar: a tick repaints its column and nothing else. ``bounds`` is its pane's."""

    def __init__(
        self, bars: BarPainter, rects: Rects, bounds: Callable[[ChartView], Bounds | None]
    ) -> None:
        super().__init__(Z.LIVE)
        self._bars = bars
        self._rects = rects
        self._bounds = bounds
        self._shown: tuple[object, ...] = ()

    @override
    def bounds(self, view: ChartView) -> Bounds | None:
        return self._bounds(view)

    @override
    def show_view(self, view: ChartView, scale: PaneScale) -> None:
        shown = (view.live, scale)
        if shown == self._shown or view.live is None:
            return
        self._shown = shown
        found = one_column(view.live, scale)
        self._bars.set(self._rects(found, scale))
        width = bar_width(scale.slot_px)
        column = QRectF(int(found.middles[0]) - width // 2 - 1, 0, width + 2, scale.height)
        if column != self._area:
            self.prepareGeometryChange()
            self._area = column
        self.update()

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        self._bars.draw(painter)


def candle_layers(theme: Theme) -> tuple[HistoryLayer, LiveLayer]:
    """The candles of the price pane."""
    colors = (theme.color("buy"), theme.color("sell"), theme.color("text_dim"))
    return (
        HistoryLayer(BarPainter(*colors), candle_rects),
        LiveLayer(BarPainter(*colors), candle_rects, lambda view: view.seen),
    )


def volume_layers(
    theme: Theme, bounds: Callable[[ChartView], Bounds | None]
) -> tuple[HistoryLayer, LiveLayer]:
    """The sizes of the volume pane: same bars, fainter, from the ground up."""
    colors = (theme.faded("buy", 150), theme.faded("sell", 150), theme.faded("text_dim", 150))
    return (
        HistoryLayer(BarPainter(*colors), volume_rects),
        LiveLayer(BarPainter(*colors), volume_rects, bounds),
    )
