"""Keys and mouse of the chart: what they mean in slots and ticks, told to the view-model."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING, NamedTuple, Protocol, final

from PySide6.QtCore import Qt

from terminal.viewmodels.chart import Move
from terminal.viewmodels.chart_view import PRICE_PANE, Bounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QKeyEvent, QWheelEvent

    from terminal.viewmodels.chart import ChartViewModel
    from terminal.widgets.canvas.chart_panes import Pane
    from terminal.widgets.canvas.chart_scale import ChartLayout, ChartZone, PaneScale

ZOOM_STEP = 1.25
PIXELS_PER_DOUBLING = 150
"""How far an axis is dragged to double or halve what it shows."""
_NOTCH = 120

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
_PICKING = _Modifier.AltModifier | _Modifier.MetaModifier
"""Many desktops keep Alt with the mouse for their windows, so the other one does it, too."""
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
class Spot(NamedTuple):
    """A point of a plot: its place in time (in slots), its pane, the value of the pane's axis."""

    slot: float
    pane: str
    value: float


class ChartTool(Protocol):
    """What takes the mouse before the chart pans: a drawing, an order's line."""

    def press(self, spot: Spot) -> bool:
        """The left button goes down; True takes all until it is let go."""
        ...

    def move(self, spot: Spot) -> None:
        """The mouse was moved, with the button down."""
        ...

    def release(self) -> None:
        """The button was let go."""
        ...


@final
class ChartHands:
    """Turns gestures into commands. ``place`` tells where things are.

    ``pointer`` is where the mouse rests on the chart, None while it is elsewhere.
    """

    def __init__(self, view_model: ChartViewModel, tools: Sequence[ChartTool] = ()) -> None:
        self.pointer: QPointF | None = None
        self._tools = tools
        self._tool: ChartTool | None = None
        self._vm = view_model
        self._layout: ChartLayout | None = None
        self._panes: tuple[Pane, ...] = ()
        self._drag: _Drag | None = None
        self._told: tuple[int, str, float] | None = None

    def place(self, layout: ChartLayout, panes: tuple[Pane, ...]) -> None:
        """The panes on show, from the top, and their places."""
        self._layout, self._panes = layout, panes

    # Where -----------------------------------------------------------------------------------

    def _zone_at(self, point: QPointF | None) -> ChartZone | None:
        if point is None or self._layout is None or self._vm.view.waiting is not None:
            return None
        return self._layout.zone_at(point.x(), point.y())

    def _spot_at(self, point: QPointF | None) -> Spot | None:
        zone = self._zone_at(point)
        if point is None or zone is None or zone.is_axis or zone.pane is None:
            return None
        pane = self._panes[zone.pane]
        if pane.scale is None or self._layout is None:
            return None
        y = point.y() - self._layout.panes[zone.pane].top()
        return Spot(pane.scale.slot_at(point.x()), pane.spec.name, pane.scale.value_at(y))

    def _is_price(self, zone: ChartZone) -> bool:
        return zone.pane is not None and self._panes[zone.pane].spec.name == PRICE_PANE

    @property
    def _price_scale(self) -> PaneScale | None:
        return next((p.scale for p in self._panes if p.spec.name == PRICE_PANE), None)

    @property
    def cursor_shape(self) -> Qt.CursorShape:
        """The pointer says what a drag would do."""
        zone = self._zone_at(self.pointer)
        if zone is not None and not zone.is_axis:
            is_panning = self._drag is not None
            return Qt.CursorShape.ClosedHandCursor if is_panning else Qt.CursorShape.CrossCursor
        if zone is not None and zone.pane is None:
            return Qt.CursorShape.SizeHorCursor
        if zone is not None and self._is_price(zone):
            return Qt.CursorShape.SizeVerCursor
        return Qt.CursorShape.ArrowCursor

    # Keys ------------------------------------------------------------------------------------

    def key(self, event: QKeyEvent) -> bool:
        """Take a key press; False for keys that mean nothing here."""
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
            return False
        return True

    # Mouse -----------------------------------------------------------------------------------

    def press(self, point: QPointF, modifiers: Qt.KeyboardModifier = _Modifier.NoModifier) -> None:
        """A drag begins, or a tool takes the mouse; with Alt the ticket takes the price there."""
        spot = self._spot_at(point)
        self._tool = None
        if modifiers & _PICKING:
            self.move(point)
            self.follow_pointer()  # what is read at the crosshair is what is taken
            self._vm.pick(self._vm.pointed)
            return
        if spot is not None:
            self._tool = next((tool for tool in self._tools if tool.press(spot)), None)
        if self._tool is not None:
            return
        zone, scale = self._zone_at(point), self._price_scale
        if zone is not None:
            bounds = None if scale is None else Bounds(scale.low, scale.high)
            self._drag = _Drag(zone, point, point, bounds)

    def release(self) -> None:
        """The drag ends."""
        tool, self._tool = self._tool, None
        if tool is not None:
            tool.release()
        self._drag = None

    def move(self, point: QPointF) -> None:
        """The pointer moves, with or without a drag."""
        self.pointer = point
        spot = self._spot_at(point)
        if self._tool is not None:
            if spot is not None:
                self._tool.move(spot)
        elif self._drag is not None:
            self._dragged(self._drag, point)

    def _dragged(self, drag: _Drag, point: QPointF) -> None:
        self._drag = drag._replace(last=point)
        moved = point - drag.last
        if not drag.zone.is_axis:
            self._pan(drag, point, moved.x())
        elif drag.zone.pane is None:
            self._vm.zoom(2 ** (moved.x() / PIXELS_PER_DOUBLING))
        elif self._is_price(drag.zone) and drag.bounds is not None:
            factor = 2 ** ((point.y() - drag.begun.y()) / PIXELS_PER_DOUBLING)
            self._scale_price(drag.bounds, factor)

    def _pan(self, drag: _Drag, point: QPointF, moved_px: float) -> None:
        if moved_px:
            self._vm.pan(-moved_px / self._vm.viewport.slot_px)
        scale = self._price_scale
        is_held = self._vm.view.price_range is not None
        if is_held and self._is_price(drag.zone) and scale is not None and drag.bounds is not None:
            shift = (point.y() - drag.begun.y()) / scale.px_per_value
            self._vm.set_price_range(drag.bounds.low + shift, drag.bounds.high + shift)

    def _scale_price(self, bounds: Bounds, factor: float) -> None:
        middle, half = (bounds.low + bounds.high) / 2, (bounds.high - bounds.low) / 2 * factor
        self._vm.set_price_range(middle - half, middle + half)

    def double_click(self, point: QPointF) -> None:
        """On an axis: let it follow again."""
        zone = self._zone_at(point)
        if zone is not None and zone.is_axis:
            if zone.pane is None:
                self._vm.reset()
            elif self._is_price(zone):
                self._vm.auto_price()

    def wheel(self, event: QWheelEvent) -> bool:
        """Zoom at the pointer, pan with Shift, scale over the price axis; False when elsewhere."""
        point = event.position()
        zone, scale, delta = self._zone_at(point), self._price_scale, event.angleDelta()
        if zone is None:
            return False
        viewport = self._vm.viewport
        if event.modifiers() & _Modifier.ShiftModifier or abs(delta.x()) > abs(delta.y()):
            self._vm.pan(-(delta.x() or delta.y()) * viewport.span / 10 / _NOTCH)
        elif zone.is_axis and self._is_price(zone) and scale is not None:
            factor = ZOOM_STEP ** (-delta.y() / _NOTCH)
            self._scale_price(Bounds(scale.low, scale.high), factor)
        else:
            at = viewport.left + point.x() / viewport.slot_px
            self._vm.zoom(ZOOM_STEP ** (delta.y() / _NOTCH), at)
        return True

    # Crosshair -------------------------------------------------------------------------------

    def follow_pointer(self) -> None:
        """Tell what is under the pointer; it changes as well when the chart moves beneath it."""
        spot = self._spot_at(self.pointer)
        told = None if spot is None else (floor(spot.slot), spot.pane, spot.value)
        is_heard = (told is None) == (self._vm.view.crosshair is None)
        if told == self._told and is_heard:
            return
        self._told = told
        if told is None:
            self._vm.point_nowhere()
        else:
            self._vm.point_at(*told)
