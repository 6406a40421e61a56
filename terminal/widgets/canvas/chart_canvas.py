"""The chart's plots and axes as one widget: draws the view, turns keys and mouse into gestures."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING, NamedTuple, final

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QBrush
from PySide6.QtWidgets import QPushButton, QSizePolicy
from typing_extensions import override

from terminal.viewmodels.chart import Move
from terminal.viewmodels.chart_view import PRICE_PANE, Bounds
from terminal.widgets.canvas.chart_axes import TimeAxis
from terminal.widgets.canvas.chart_panes import Pane, default_panes
from terminal.widgets.canvas.chart_scale import chart_layout
from terminal.widgets.canvas.chart_style import ChartStyle
from terminal.widgets.canvas.chart_words import WordsItem
from terminal.widgets.canvas.graph import GraphView

if TYPE_CHECKING:
    from PySide6.QtGui import (
        QContextMenuEvent,
        QFocusEvent,
        QKeyEvent,
        QMouseEvent,
        QPainter,
        QPaintEvent,
        QShowEvent,
        QWheelEvent,
    )
    from PySide6.QtWidgets import QWidget

    from terminal.viewmodels.chart import ChartViewModel
    from terminal.viewmodels.chart_view import ChartPart
    from terminal.viewmodels.frame import FrameMeter
    from terminal.widgets.canvas.chart_scale import ChartLayout, ChartZone
    from terminal.widgets.theme import Theme

ZOOM_STEP = 1.25
PIXELS_PER_DOUBLING = 150
"""How far an axis is dragged to double or halve what it shows."""
_NOTCH = 120
_SMALLEST_AXIS_PX = 56
_AXIS_STEP_PX = 8

_Modifier = Qt.KeyboardModifier
_MOVES = {
    Qt.Key.Key_Left: (Move.OLDER, Move.PAGE_OLDER),
    Qt.Key.Key_Right: (Move.NEWER, Move.PAGE_NEWER),
    Qt.Key.Key_PageUp: (Move.PAGE_OLDER, Move.PAGE_OLDER),
    Qt.Key.Key_PageDown: (Move.PAGE_NEWER, Move.PAGE_NEWER),
    Qt.Key.Key_Home: (Move.OLDEST, Move.OLDEST),
    Qt.Key.Key_End: (Move.LATEST, Move.LATEST),
}
"""What a key does alone and with Ctrl."""
_ZOOMS = {
    Qt.Key.Key_Plus: ZOOM_STEP,
    Qt.Key.Key_Equal: ZOOM_STEP,
    Qt.Key.Key_Minus: 1 / ZOOM_STEP,
    Qt.Key.Key_Underscore: 1 / ZOOM_STEP,
}


class _Drag(NamedTuple):
    """A drag in progress: where it began, the last point, and the price range it began with."""

    zone: ChartZone
    begun: QPointF
    last: QPointF
    bounds: Bounds | None


@final
class ChartCanvas(GraphView):
    """All panes of a chart. ``menu_wanted`` asks for the options at a point of the screen."""

    menu_wanted = Signal(QPoint)

    def __init__(
        self,
        view_model: ChartViewModel,
        theme: Theme,
        meter: FrameMeter | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(QBrush(theme.color("panel")), parent)
        self.setObjectName("chart.canvas")
        self.setAccessibleName("Candle chart")
        self._vm = view_model
        self._theme = theme
        self._meter = meter
        self._axis_px = _SMALLEST_AXIS_PX
        self._axis_of = ""
        self._drag: _Drag | None = None
        self._pointer: QPointF | None = None
        self._told: tuple[int, str, float] | None = None
        self._latest = QPushButton("Latest", self)
        self._latest.setObjectName("chart.latest")
        self._latest.setToolTip("Back to the newest candle, and follow it (End).")
        self._latest.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._latest.hide()
        self._latest.clicked.connect(self._on_latest)
        self._build()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        view_model.changed.connect(self.show_view)

    @property
    def panes(self) -> tuple[Pane, ...]:
        """All panes from the top, those left out as well."""
        return self._panes

    @override
    def sizeHint(self) -> QSize:
        return QSize(640, 360)

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(200, 120)

    # Building --------------------------------------------------------------------------------

    def _build(self) -> None:
        style = ChartStyle(self._theme)
        self._style = style
        self._panes = tuple(Pane(spec, style) for spec in default_panes())
        self._shown_panes = self._panes
        self._time = TimeAxis(style)
        self._words = WordsItem(style)
        self._layout: ChartLayout = self._make_layout()
        for pane in self._panes:
            self.add_item(pane.box)
            self.add_item(pane.axis)
        self.add_item(self._time)
        self.add_item(self._words)
        self._parts: frozenset[ChartPart] | None = None

    def restyle(self) -> None:
        """Take the theme's present colours."""
        for pane in self._panes:
            self.remove_item(pane.box)
            self.remove_item(pane.axis)
        self.remove_item(self._time)
        self.remove_item(self._words)
        self.setBackgroundBrush(QBrush(self._theme.color("panel")))
        self._build()
        self._words.set_focused(has_focus=self.hasFocus())
        self._lay_out()

    # Layout ----------------------------------------------------------------------------------

    def _make_layout(self) -> ChartLayout:
        return chart_layout(
            self.width(),
            self.height(),
            axis_px=self._axis_px,
            time_px=self._style.label_height + 4,
            weights=[pane.spec.weight for pane in self._shown_panes],
        )

    def _lay_out(self) -> None:
        """Place everything for the present size, parts and width of the value axes."""
        parts = self._vm.view.parts
        self._parts = parts
        self._shown_panes = tuple(p for p in self._panes if p.spec.part in {None, *parts})
        layout = self._layout = self._make_layout()
        for pane, plot, axis in zip(self._shown_panes, layout.panes, layout.axes, strict=True):
            pane.place(plot, axis)
        self._time.place(layout.time, self._axis_px)
        self._words.place(QRectF(0, 0, self.width(), self.height()), layout.panes[0])
        size = self._latest.sizeHint()
        corner = layout.panes[0].bottomRight().toPoint()
        self._latest.setGeometry(
            corner.x() - size.width() - 8,
            corner.y() - size.height() - 8,
            size.width(),
            size.height(),
        )
        self.resetCachedContent()
        self.viewport().update()
        self._vm.set_plot_width(int(layout.time.width()))
        self.show_view()

    def _fit_axis(self, symbol: str) -> None:
        """Wide enough for its longest text; narrower again only for another contract."""
        wished = max(pane.axis.wished_px for pane in self._shown_panes)
        wished = max(_SMALLEST_AXIS_PX, -(-wished // _AXIS_STEP_PX) * _AXIS_STEP_PX)
        if wished > self._axis_px or (wished < self._axis_px and symbol != self._axis_of):
            self._axis_px, self._axis_of = wished, symbol
            self._lay_out()
        self._axis_of = symbol

    @override
    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        """The ground and the lines between panes and axes; the view keeps it as a picture."""
        style, layout = self._style, self._layout
        painter.fillRect(rect, style.panel)
        if self._vm.view.waiting is not None:
            return
        painter.setPen(style.line_pen)
        edge = int(layout.time.right())
        bottom = int(layout.time.top())
        painter.drawLine(edge, 0, edge, bottom)
        painter.drawLine(0, bottom, self.width(), bottom)
        for plot in layout.panes[1:]:
            painter.drawLine(0, int(plot.top()) - 1, self.width(), int(plot.top()) - 1)

    # Showing ---------------------------------------------------------------------------------

    @Slot()
    def show_view(self) -> None:
        """Take the view-model's view; layers ask for a repaint of what differs."""
        if not self.isVisible():
            return  # nobody sees it; ``showEvent`` comes back here
        view = self._vm.view
        if view.parts != self._parts:
            self._lay_out()
            return
        is_there = view.waiting is None
        for pane in self._panes:
            pane.set_visible(is_visible=is_there and pane in self._shown_panes)
        if self._time.isVisible() != is_there:
            self._time.setVisible(is_there)
            self.resetCachedContent()
        self._words.show_view(view)
        self._show_latest(is_wanted=is_there and not view.is_following)
        if not is_there:
            return
        for pane in self._shown_panes:
            pane.show_view(view)
        scale = self._panes[0].scale
        if scale is not None:
            self._time.show_view(view, scale)
        self._fit_axis(view.symbol)
        self._follow_pointer()

    def _show_latest(self, *, is_wanted: bool) -> None:
        if is_wanted != self._latest.isVisible():
            if self._latest.hasFocus():
                self.setFocus()
            self._latest.setVisible(is_wanted)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._meter is not None:
            self._meter.painted()

    @override
    def size_changed(self) -> None:
        self._lay_out()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._lay_out()

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._words.set_focused(has_focus=True)

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._words.set_focused(has_focus=False)

    # Keys ------------------------------------------------------------------------------------

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        modifiers = event.modifiers() & ~(_Modifier.KeypadModifier | _Modifier.ShiftModifier)
        key = Qt.Key(event.key())
        if modifiers == _Modifier.AltModifier and key in {Qt.Key.Key_Up, Qt.Key.Key_Down}:
            self._vm.step_interval(1 if key == Qt.Key.Key_Up else -1)
        elif modifiers in {_Modifier.NoModifier, _Modifier.ControlModifier} and key in _MOVES:
            alone, with_ctrl = _MOVES[key]
            self._vm.move(with_ctrl if modifiers == _Modifier.ControlModifier else alone)
        elif modifiers == _Modifier.NoModifier and key in _ZOOMS:
            self._vm.zoom(_ZOOMS[key])
        elif modifiers == _Modifier.NoModifier and key == Qt.Key.Key_0:
            self._vm.reset()
        else:
            event.ignore()

    # Mouse -----------------------------------------------------------------------------------

    def _zone_at(self, point: QPointF) -> ChartZone | None:
        if self._vm.view.waiting is not None:
            return None
        return self._layout.zone_at(point.x(), point.y())

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        zone = self._zone_at(event.position())
        if event.button() is Qt.MouseButton.LeftButton and zone is not None:
            scale = self._panes[0].scale
            bounds = None if scale is None else Bounds(scale.low, scale.high)
            self._drag = _Drag(zone, event.position(), event.position(), bounds)
        event.accept()

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._drag = None
        event.accept()

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position()
        if self._drag is not None:
            self._dragged(self._drag, event.position())
        self._show_cursor()
        self._follow_pointer()
        event.accept()

    def _dragged(self, drag: _Drag, point: QPointF) -> None:
        self._drag = drag._replace(last=point)
        moved = point - drag.last
        if not drag.zone.is_axis:
            self._pan(drag, point, moved.x())
        elif drag.zone.pane is None:
            self._vm.zoom(2 ** (moved.x() / PIXELS_PER_DOUBLING))
        elif self._is_price(drag.zone) and drag.bounds is not None:
            factor = 2 ** ((point.y() - drag.begun.y()) / PIXELS_PER_DOUBLING)
            middle = (drag.bounds.low + drag.bounds.high) / 2
            half = (drag.bounds.high - drag.bounds.low) / 2 * factor
            self._vm.set_price_range(middle - half, middle + half)

    def _pan(self, drag: _Drag, point: QPointF, moved_px: float) -> None:
        if moved_px:
            self._vm.pan(-moved_px / self._vm.viewport.slot_px)
        scale = self._panes[0].scale
        is_held = self._vm.view.price_range is not None
        if is_held and self._is_price(drag.zone) and scale is not None and drag.bounds is not None:
            shift = (point.y() - drag.begun.y()) / scale.px_per_value
            self._vm.set_price_range(drag.bounds.low + shift, drag.bounds.high + shift)

    def _is_price(self, zone: ChartZone) -> bool:
        return zone.pane is not None and self._shown_panes[zone.pane].spec.name == PRICE_PANE

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        zone = self._zone_at(event.position())
        if event.button() is Qt.MouseButton.LeftButton and zone is not None and zone.is_axis:
            if zone.pane is None:
                self._vm.reset()
            elif self._is_price(zone):
                self._vm.auto_price()
        event.accept()

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        zone = self._zone_at(event.position())
        delta = event.angleDelta()
        slots = self._vm.viewport.span / 10 / _NOTCH
        if zone is None:
            event.ignore()
            return
        if event.modifiers() & _Modifier.ShiftModifier or abs(delta.x()) > abs(delta.y()):
            self._vm.pan(-(delta.x() or delta.y()) * slots)
        elif zone.is_axis and self._is_price(zone):
            self._scale_price(ZOOM_STEP ** (-delta.y() / _NOTCH))
        else:
            self._vm.zoom(ZOOM_STEP ** (delta.y() / _NOTCH), self._slot_at(event.position()))
        event.accept()

    def _scale_price(self, factor: float) -> None:
        scale = self._panes[0].scale
        if scale is not None:
            middle, half = (scale.low + scale.high) / 2, (scale.high - scale.low) / 2 * factor
            self._vm.set_price_range(middle - half, middle + half)

    def _slot_at(self, point: QPointF) -> float:
        return self._vm.viewport.left + point.x() / self._vm.viewport.slot_px

    @override
    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_wanted.emit(event.globalPos())
        event.accept()

    @override
    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Leave:  # also when it goes to the button on the chart
            self._pointer = None
            self._follow_pointer()
        return super().viewportEvent(event)

    # Crosshair -------------------------------------------------------------------------------

    def _show_cursor(self) -> None:
        zone = None if self._pointer is None else self._zone_at(self._pointer)
        shape = Qt.CursorShape.ArrowCursor
        if zone is not None and not zone.is_axis:
            is_panning = self._drag is not None
            shape = Qt.CursorShape.ClosedHandCursor if is_panning else Qt.CursorShape.CrossCursor
        elif zone is not None and zone.pane is None:
            shape = Qt.CursorShape.SizeHorCursor
        elif zone is not None and self._is_price(zone):
            shape = Qt.CursorShape.SizeVerCursor
        if self.viewport().cursor().shape() is not shape:
            self.viewport().setCursor(shape)

    def _follow_pointer(self) -> None:
        """Tell what is under the pointer; it changes as well when the chart moves beneath it."""
        told = self._pointed()
        is_heard = (told is None) == (self._vm.view.crosshair is None)
        if told == self._told and is_heard:
            return
        self._told = told
        if told is None:
            self._vm.point_nowhere()
        else:
            self._vm.point_at(*told)

    def _pointed(self) -> tuple[int, str, float] | None:
        point = self._pointer
        zone = None if point is None else self._zone_at(point)
        if point is None or zone is None or zone.is_axis or zone.pane is None:
            return None
        pane = self._shown_panes[zone.pane]
        scale = pane.scale
        if scale is None:
            return None
        y = point.y() - self._layout.panes[zone.pane].top()
        return floor(scale.slot_at(point.x())), pane.spec.name, scale.value_at(y)

    @Slot()
    def _on_latest(self) -> None:
        self._vm.move(Move.LATEST)
        self.setFocus()
