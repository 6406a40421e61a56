"""The panes of the chart: what each shows, how its values are scaled, which layers it has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

from terminal.viewmodels.chart_axis import lots_ticks, price_ticks
from terminal.viewmodels.chart_view import PRICE_PANE, VOLUME_PANE, Bounds, ChartPart
from terminal.widgets.canvas.candle_item import candle_layers, volume_layers
from terminal.widgets.canvas.chart_axes import ValueAxis
from terminal.widgets.canvas.chart_scale import PaneScale
from terminal.widgets.canvas.crosshair import CrosshairLayer
from terminal.widgets.canvas.graph import PaneBox
from terminal.widgets.canvas.grid_item import GridLayer, TitleLayer
from terminal.widgets.canvas.line_item import LinesLayer
from terminal.widgets.canvas.mark_item import MarksLayer

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QRectF

    from terminal.viewmodels.chart_axis import AxisTick
    from terminal.viewmodels.chart_view import ChartView
    from terminal.widgets.canvas.chart_layers import ChartLayer
    from terminal.widgets.canvas.chart_style import ChartStyle

    Layers = tuple[ChartLayer, ...]

PRICE_GAP_PX, VOLUME_GAP_PX = 44, 30
_MARGIN = 0.07
"""Room above and below what the price axis follows, as a share of it."""
_SMALLEST_SPAN = 8.0
_SMALLEST_PX = 8


@final
@dataclass(frozen=True, slots=True)
class PaneSpec:
    """One kind of pane.

    ``bounds`` turns what the layers want in sight into the axis's range, None while there is
    nothing to scale by. ``ticks`` labels a range over a height in pixels. A pane with a ``part``
    is there only while the user wants that part.
    """

    name: str
    weight: int
    layers: Callable[[ChartStyle], Layers]
    bounds: Callable[[ChartView, Bounds | None], Bounds | None]
    ticks: Callable[[ChartView, Bounds, int], tuple[AxisTick, ...]]
    part: ChartPart | None = None


def default_panes() -> tuple[PaneSpec, ...]:
    """The panes of the chart from the top."""
    return (
        PaneSpec(PRICE_PANE, 4, price_layers, _price_bounds, _price_ticks),
        PaneSpec(VOLUME_PANE, 1, lots_layers, _lots_bounds, _lots_ticks, ChartPart.VOLUME),
    )


def price_layers(style: ChartStyle) -> Layers:
    """The layers of the price pane; their heights, not their order, decide what covers what."""
    return (
        GridLayer(style),
        *candle_layers(style.theme),
        LinesLayer(style),
        MarksLayer(style),
        CrosshairLayer(style, PRICE_PANE),
    )


def lots_layers(style: ChartStyle) -> Layers:
    """The layers of the volume pane."""
    return (
        GridLayer(style),
        *volume_layers(style.theme, _wanted_lots),
        TitleLayer(style, "Volume, lots"),
        CrosshairLayer(style, VOLUME_PANE),
    )


def with_layers(spec: PaneSpec, *more: Callable[[ChartStyle], ChartLayer]) -> PaneSpec:
    """The same pane with layers added, each made anew with the colours."""

    def layers(style: ChartStyle) -> Layers:
        return (*spec.layers(style), *(make(style) for make in more))

    return replace(spec, layers=layers)


@final
class Pane:
    """A pane on the chart: its box, its axis and its layers."""

    def __init__(self, spec: PaneSpec, style: ChartStyle) -> None:
        self.spec = spec
        self.box = PaneBox()
        self.axis = ValueAxis(style, spec.name)
        self.layers = spec.layers(style)
        self.scale: PaneScale | None = None
        self._width = self._height = 0
        for layer in self.layers:
            layer.item.setParentItem(self.box)

    def place(self, plot: QRectF, axis: QRectF) -> None:
        """Put the pane there, in pixels of the chart."""
        self._width, self._height = int(plot.width()), int(plot.height())
        self.box.place(plot)
        self.axis.place(axis)

    def set_visible(self, *, is_visible: bool) -> None:
        """Take the pane in or leave it out."""
        self.box.setVisible(is_visible)
        self.axis.setVisible(is_visible)

    def show_view(self, view: ChartView) -> None:
        """Scale the values anew and let every layer prepare itself."""
        scale = self._scale_of(view)
        if scale is None:
            return
        if scale != self.scale:
            self.scale = scale
            self.box.set_ranges((scale.left, scale.right), (scale.low, scale.high))
        for layer in self.layers:
            layer.show_view(view, scale)
        self.axis.show_view(view, scale)

    def _scale_of(self, view: ChartView) -> PaneScale | None:
        if min(self._width, self._height) < _SMALLEST_PX:
            return None
        wanted: Bounds | None = None
        for layer in self.layers:
            wanted = _union(wanted, layer.bounds(view))
        bounds = self.spec.bounds(view, wanted)
        if bounds is None:
            # Nothing in sight has a value: the range stays, the time moves on.
            if self.scale is None:
                return None
            bounds = Bounds(self.scale.low, self.scale.high)
        ticks = self.spec.ticks(view, bounds, self._height)
        return PaneScale(self._width, self._height, view.left, view.slot_px, *bounds, ticks)


def _union(one: Bounds | None, other: Bounds | None) -> Bounds | None:
    if one is None or other is None:
        return one or other
    return Bounds(min(one.low, other.low), max(one.high, other.high))


def _price_bounds(view: ChartView, wanted: Bounds | None) -> Bounds | None:
    if view.price_range is not None or wanted is None:
        return view.price_range
    spare = max(_SMALLEST_SPAN - (wanted.high - wanted.low), 0.0) / 2
    margin = (wanted.high - wanted.low) * _MARGIN + spare
    return Bounds(wanted.low - margin, wanted.high + margin)


def _price_ticks(view: ChartView, bounds: Bounds, height: int) -> tuple[AxisTick, ...]:
    if view.contract is None:
        return ()
    return price_ticks(*bounds, height_px=height, gap_px=PRICE_GAP_PX, contract=view.contract)


def _wanted_lots(view: ChartView) -> Bounds | None:
    return Bounds(0.0, view.most_lots) if view.most_lots else None


def _lots_bounds(_view: ChartView, wanted: Bounds | None) -> Bounds | None:
    return None if wanted is None else Bounds(0.0, wanted.high * 1.1)


def _lots_ticks(_view: ChartView, bounds: Bounds, height: int) -> tuple[AxisTick, ...]:
    return lots_ticks(bounds.high, height_px=height, gap_px=VOLUME_GAP_PX)
