"""The axes: values right of each pane in the contract's own text, times below all panes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QGraphicsItem
from typing_extensions import override

from terminal.viewmodels.chart_view import PRICE_PANE, LineKind
from terminal.viewmodels.text import Role
from terminal.widgets.canvas.chart_layers import LayerItem, Z
from terminal.widgets.canvas.chart_scale import spread
from terminal.widgets.canvas.chart_style import PAD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPainter
    from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

    from terminal.viewmodels.chart_axis import AxisTick
    from terminal.viewmodels.chart_view import ChartView, PriceLine
    from terminal.widgets.canvas.chart_scale import PaneScale
    from terminal.widgets.canvas.chart_style import ChartStyle
    from terminal.widgets.canvas.text_cache import TextCache

_FOOT_PX = 1


@final
class Tag(NamedTuple):
    """A price on the axis that is more than a label: the last one, an order's, the position's."""

    middle: int
    text: str
    role: Role
    is_filled: bool


@final
class Label(NamedTuple):
    """A text of an axis at a pixel: a row of the value axis, a column of the time axis."""

    at: int
    text: str
    is_major: bool = False


def place_tags(lines: tuple[PriceLine, ...], scale: PaneScale, height: int) -> tuple[Tag, ...]:
    """Tags of the lines in sight, from top to bottom, moved apart where they would collide.

    The last price's has a second row below it, the time that its candle still has.
    """
    wished: list[tuple[int, str, Role, bool]] = []
    for line in lines:
        y = scale.y(line.price)
        if line.tag and 0 <= y < scale.height:
            is_last = line.kind is LineKind.LAST
            wished.append((y, line.tag, line.role, is_last or line.kind is LineKind.ENTRY))
            if is_last and line.detail:
                wished.append((y, line.detail, line.role, False))
    wished.sort(key=lambda entry: entry[0])  # stable: what belongs together stays together
    middles = spread([entry[0] for entry in wished], height, top=0, bottom=scale.height)
    return tuple(
        Tag(middle, words, role, is_filled)
        for middle, (_, words, role, is_filled) in zip(middles, wished, strict=True)
    )


def place_labels(
    ticks: tuple[AxisTick, ...], taken: Sequence[int], scale: PaneScale, height: int
) -> tuple[Label, ...]:
    """Labels of the value axis that are whole and not covered by what is at the ``taken`` rows."""
    half = height // 2
    return tuple(
        Label(y, tick.text)
        for tick in ticks
        if half <= (y := scale.y(tick.at)) <= scale.height - half
        and all(abs(y - row) >= height - 2 for row in taken)
    )


def place_times(
    ticks: tuple[AxisTick, ...], scale: PaneScale, texts: TextCache, taken: range = range(0)
) -> tuple[Label, ...]:
    """Labels of the time axis that are whole and cover no other one, nor what is ``taken``."""
    placed: list[Label] = []
    end = 0.0
    for tick in ticks:
        x = scale.x(tick.at)
        half = texts.get(tick.text).width / 2 + PAD / 2
        is_free = not taken or x + half <= taken.start or x - half >= taken.stop
        if is_free and x - half >= end and x + half <= scale.width:
            placed.append(Label(x, tick.text, tick.is_major))
            end = x + half
    return tuple(placed)


@final
class ValueAxis(LayerItem):
    """The axis of one pane; the item's origin is the axis's upper left corner."""

    def __init__(self, style: ChartStyle, pane: str) -> None:
        super().__init__(Z.AXIS)
        self._style = style
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemClipsToShape)
        self._pane = pane
        self._labels: tuple[Label, ...] = ()
        self._tags: tuple[Tag, ...] = ()
        self._cursor: Label | None = None
        self._shown: tuple[object, ...] = ()
        self.wished_px = 0

    def place(self, rect: QRectF) -> None:
        """Put the axis there, in pixels of the chart."""
        self.setPos(rect.topLeft())
        area = QRectF(0, 0, rect.width(), rect.height())
        if area != self._area:
            self.prepareGeometryChange()
            self._area = area

    @override
    def show_view(self, view: ChartView, scale: PaneScale) -> None:
        lines = view.lines if self._pane == PRICE_PANE else ()
        crosshair = view.crosshair
        cursor = None
        if crosshair is not None and crosshair.pane == self._pane:
            half = self._style.label_height // 2
            row = min(scale.y(crosshair.value), scale.height - half)
            cursor = Label(max(half, row), crosshair.value_text)
        shown = (lines, scale, cursor)
        if shown == self._shown:
            return
        self._shown = shown
        height = self._style.label_height
        tags = place_tags(lines, scale, height)
        taken = [tag.middle for tag in tags]
        if cursor is not None:
            taken.append(cursor.at)
        labels = place_labels(scale.ticks, taken, scale, height)
        if (tags, labels, cursor) != (self._tags, self._labels, self._cursor):
            self._tags, self._labels, self._cursor = tags, labels, cursor
            words = [*(tag.text for tag in tags), *(tick.text for tick in scale.ticks)]
            widths = [self._style.small.get(text).width for text in words]
            self.wished_px = int(max(widths, default=0)) + 2 * PAD
            self.update()

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        style, small = self._style, self._style.small
        width, height = int(self._area.width()), style.label_height
        lift = small.height / 2
        painter.setFont(small.font)
        painter.setPen(style.pens[Role.TEXT_DIM])
        for label in self._labels:
            small.draw_right(painter, width - PAD, label.at - lift, label.text)
        for tag in self._tags:
            top = tag.middle - height // 2
            painter.setPen(style.pens[tag.role])
            if tag.is_filled:
                painter.fillRect(1, top, width - 1, height, style.brushes[tag.role])
                painter.setPen(style.inverse_pen)
            elif tag.role is not Role.TEXT_DIM:
                painter.setBrush(style.no_brush)
                painter.drawRect(1, top, width - 2, height - 1)
            small.draw_right(painter, width - PAD, top + (height - small.height) / 2, tag.text)
        if self._cursor is not None:
            top = self._cursor.at - height // 2
            painter.fillRect(1, top, width - 1, height, style.line_strong)
            painter.setPen(style.pens[Role.TEXT])
            at = top + (height - small.height) / 2
            small.draw_right(painter, width - PAD, at, self._cursor.text)


@final
class TimeAxis(LayerItem):
    """The axis below all panes, with the zone of its times in the corner."""

    def __init__(self, style: ChartStyle) -> None:
        super().__init__(Z.AXIS)
        self._style = style
        self._labels: tuple[Label, ...] = ()
        self._cursor: Label | None = None
        self._zone = ""
        self._plot_px = 0

    def place(self, rect: QRectF, corner_px: int) -> None:
        """Put the axis there, in pixels of the chart; the corner is right of it."""
        self.setPos(rect.topLeft())
        self._plot_px = int(rect.width())
        area = QRectF(0, 0, rect.width() + corner_px, rect.height())
        if area != self._area:
            self.prepareGeometryChange()
            self._area = area

    @override
    def show_view(self, view: ChartView, scale: PaneScale) -> None:
        crosshair = view.crosshair
        cursor, taken = None, range(0)
        if crosshair is not None:
            cursor = Label(scale.x(crosshair.at), crosshair.time_text)
            taken = self._room_of(cursor)
        labels = place_times(view.time_ticks, scale, self._style.small, taken)
        if (labels, cursor, view.zone_text) != (self._labels, self._cursor, self._zone):
            self._labels, self._cursor, self._zone = labels, cursor, view.zone_text
            self.update()

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        style, small = self._style, self._style.small
        top = (self._area.height() - small.height) / 2 + _FOOT_PX
        painter.setFont(small.font)
        for label in self._labels:
            painter.setPen(style.pens[Role.TEXT if label.is_major else Role.TEXT_DIM])
            small.draw_middle(painter, label.at, top, label.text)
        painter.setPen(style.pens[Role.TEXT_OFF])
        small.draw_right(painter, self._area.width() - PAD, top, self._zone)
        if self._cursor is not None:
            self._paint_cursor(painter, self._cursor, top)

    def _paint_cursor(self, painter: QPainter, cursor: Label, top: float) -> None:
        style = self._style
        room = self._room_of(cursor)
        painter.fillRect(room.start, 1, len(room), int(self._area.height()) - 1, style.line_strong)
        painter.setPen(style.pens[Role.TEXT])
        style.small.draw_left(painter, room.start + PAD, top, cursor.text)

    def _room_of(self, cursor: Label) -> range:
        """The pixel columns of the cursor's label, kept within the plot."""
        width = int(self._style.small.get(cursor.text).width) + 2 * PAD
        left = max(0, min(cursor.at - width // 2, self._plot_px - width))
        return range(left, left + width)
