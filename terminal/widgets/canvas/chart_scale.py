"""Where things are in a chart: pure functions of size and range. Painting and mouse share them."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING, NamedTuple, final

from PySide6.QtCore import QRectF

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminal.viewmodels.chart_axis import AxisTick

SMALLEST_PANE_PX = 24


@final
@dataclass(frozen=True, slots=True)
class PaneScale:
    """One pane's pixels: slots from left to right, values from ``high`` at the top to ``low``.

    ``ticks`` are the labels of the value axis; grid and axis share them.
    """

    width: int
    height: int
    left: float
    slot_px: float
    low: float
    high: float
    ticks: tuple[AxisTick, ...] = ()

    @property
    def right(self) -> float:
        """The slot at the right edge."""
        return self.left + self.width / self.slot_px

    @property
    def px_per_value(self) -> float:
        """Pixels of one unit of the value axis."""
        return (self.height - 1) / (self.high - self.low)

    @property
    def origin_px(self) -> int:
        """The left edge counted in pixels from slot 0.

        Everything is rounded from there, so that panning shifts a picture and does not shimmer.
        """
        return floor(self.left * self.slot_px)

    def x(self, slot: float) -> int:
        """The pixel column of a place in time."""
        return floor(slot * self.slot_px) - self.origin_px

    def y(self, value: float) -> int:
        """The pixel row of a value."""
        return round((self.high - value) * self.px_per_value)

    def slot_at(self, x: float) -> float:
        """The place in time under a pixel column."""
        return (self.origin_px + x) / self.slot_px

    def value_at(self, y: float) -> float:
        """The value under a pixel row."""
        return self.high - y / self.px_per_value


@final
class ChartZone(NamedTuple):
    """A part of the chart: ``pane`` counts from the top, None under all panes.

    ``is_axis`` is False for the plot itself.
    """

    pane: int | None
    is_axis: bool


@final
@dataclass(frozen=True, slots=True)
class ChartLayout:
    """Panes above each other, a value axis right of each, the time axis below all."""

    panes: tuple[QRectF, ...]
    axes: tuple[QRectF, ...]
    time: QRectF

    def zone_at(self, x: float, y: float) -> ChartZone | None:
        """What is at a pixel; None in the corner and outside."""
        for number, (pane, axis) in enumerate(zip(self.panes, self.axes, strict=True)):
            if _holds(pane, x, y):
                return ChartZone(number, is_axis=False)
            if _holds(axis, x, y):
                return ChartZone(number, is_axis=True)
        return ChartZone(None, is_axis=True) if _holds(self.time, x, y) else None


def chart_layout(
    width: int, height: int, *, axis_px: int, time_px: int, weights: Sequence[int]
) -> ChartLayout:
    """Share a chart's area: panes by weight, a pixel's line between them; whole pixels."""
    plot_width = max(1, width - axis_px)
    room = max(len(weights), height - time_px)
    total = sum(weights)
    panes: list[QRectF] = []
    axes: list[QRectF] = []
    before = 0
    for number, weight in enumerate(weights):
        top = room * before // total
        before += weight
        bottom = room * before // total
        gap = 1 if number else 0
        tall = max(1, bottom - top - gap)
        panes.append(QRectF(0, top + gap, plot_width, tall))
        axes.append(QRectF(plot_width, top + gap, axis_px, tall))
    return ChartLayout(tuple(panes), tuple(axes), QRectF(0, room, plot_width, time_px))


def spread(places: Sequence[int], height: int, *, top: int, bottom: int) -> list[int]:
    """Move labels as little as simply possible so that none covers another.

    ``places`` are wished middles in ascending order; the answer keeps the order and stays between
    ``top`` and ``bottom`` as long as there is room for all.
    """
    half = height // 2
    moved: list[int] = []
    for wished in places:
        lowest = top + half if not moved else moved[-1] + height
        moved.append(max(wished, lowest))
    limit = bottom - half
    for index in range(len(moved) - 1, -1, -1):
        if moved[index] <= limit:
            break
        moved[index] = limit
        limit -= height
    return moved


def _holds(rect: QRectF, x: float, y: float) -> bool:
    return rect.left() <= x < rect.right() and rect.top() <= y < rect.bottom()
