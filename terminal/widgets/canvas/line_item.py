"""Own orders, the position and the last price as lines across the price pane, with their labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from PySide6.QtCore import QRectF
from typing_extensions import override

from terminal.widgets.canvas.chart_layers import LayerItem, Z
from terminal.widgets.canvas.chart_scale import spread
from terminal.widgets.canvas.chart_style import PAD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPainter
    from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

    from terminal.viewmodels.chart_view import ChartView, PriceLine
    from terminal.widgets.canvas.chart_scale import PaneScale
    from terminal.widgets.canvas.chart_style import ChartStyle
    from terminal.widgets.canvas.text_cache import TextCache

LABEL_LEFT_PX = 8
_DETAIL_GAP_PX = 7


@final
class PlacedLine(NamedTuple):
    """A line in sight: its pixel row, and its label's box (no width without a label)."""

    line: PriceLine
    y: int
    top: int
    width: int
    detail_at: int


def place_lines(
    lines: Sequence[PriceLine], scale: PaneScale, texts: TextCache, height: int
) -> tuple[PlacedLine, ...]:
    """Lines in sight from top to bottom; their labels moved apart where they would collide."""
    rows = sorted(
        ((scale.y(line.price), number) for number, line in enumerate(lines)), key=lambda row: row[0]
    )
    seen = [(y, lines[number]) for y, number in rows if 0 <= y < scale.height]
    with_label = [y for y, line in seen if line.label]
    middles = iter(spread(with_label, height, top=1, bottom=scale.height - 1))
    return tuple(
        _placed(line, y, next(middles) - height // 2 if line.label else y, texts)
        for y, line in seen
    )


def _placed(line: PriceLine, y: int, top: int, texts: TextCache) -> PlacedLine:
    if not line.label:
        return PlacedLine(line, y, top, 0, 0)
    end = LABEL_LEFT_PX + PAD + int(texts.get(line.label).width) + 1
    at = end + _DETAIL_GAP_PX
    if line.detail:
        end = at + int(texts.get(line.detail).width) + 1
    return PlacedLine(line, y, top, end + PAD - LABEL_LEFT_PX, at)


@final
class LinesLayer(LayerItem):
    """Labels stand at the left, where no candle is about to form; prices stand on the axis.

    Only lines that moved or read differently are painted again: the last price moves all the time.
    """

    def __init__(self, style: ChartStyle) -> None:
        super().__init__(Z.LINES)
        self._style = style
        self._placed: tuple[PlacedLine, ...] = ()
        self._shown: tuple[object, ...] = ()

    @override
    def show_view(self, view: ChartView, scale: PaneScale) -> None:
        shown = (view.lines, scale)
        if shown == self._shown:
            return
        self._shown = shown
        is_resized = self.take_size(scale)
        before = self._placed
        now = place_lines(view.lines, scale, self._style.small, self._style.label_height)
        self._placed = now
        if is_resized:
            self.update()
            return
        for placed in (*(p for p in before if p not in now), *(p for p in now if p not in before)):
            self._update_around(placed)

    def _update_around(self, placed: PlacedLine) -> None:
        self.update(QRectF(0, placed.y - 1, self._area.width(), 3))
        if placed.width:
            height = self._style.label_height
            self.update(QRectF(LABEL_LEFT_PX, placed.top, placed.width + 1, height + 1))

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        right = int(self._area.width())
        for placed in self._placed:
            painter.setPen(self._style.line_of(placed.line.role, placed.line.style))
            painter.drawLine(0, placed.y, right, placed.y)
        painter.setFont(self._style.small.font)
        for placed in self._placed:
            if placed.width:
                self._paint_label(painter, placed)

    def _paint_label(self, painter: QPainter, placed: PlacedLine) -> None:
        style, line = self._style, placed.line
        height = style.label_height
        painter.fillRect(LABEL_LEFT_PX, placed.top, placed.width, height, style.panel)
        painter.setBrush(style.no_brush)
        painter.setPen(style.pens[line.role])
        painter.drawRect(LABEL_LEFT_PX, placed.top, placed.width - 1, height - 1)
        top = placed.top + (height - style.small.height) / 2
        style.small.draw_left(painter, LABEL_LEFT_PX + PAD, top, line.label)
        if line.detail:
            painter.setPen(style.pens[line.detail_role])
            style.small.draw_left(painter, placed.detail_at, top, line.detail)
