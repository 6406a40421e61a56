"""Candles to rectangles: pure functions from columns and a scale to rows of x, y, width, height.

Candles wide enough have a body and wicks: a rising body is hollow, a falling one filled, so that
the side is told by shape as well as colour. Narrower ones are bars from low to high. When several
share a pixel column they become one bar from the lowest low to the highest high, from the first
open to the last close, with the largest size: nothing that traded disappears, and the volume axis
keeps meaning lots of one candle.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from terminal.viewmodels.chart_columns import CandleValues, ChartColumns
    from terminal.widgets.canvas.chart_scale import PaneScale

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

BODY_FROM_PX = 4.0
"""Candles at least this far apart have bodies; a hollow one needs three pixels."""
_BODY_SHARE = 0.72


@final
class PixelColumns(NamedTuple):
    """Candles by pixel column: ``middles`` are pixels and strictly rise; all of one length."""

    middles: Integers
    opens: Floats
    highs: Floats
    lows: Floats
    closes: Floats
    lots: Floats


@final
class BarRects(NamedTuple):
    """Rectangles by how they are painted: outlines, and fills of each side and of neither."""

    rising: Floats
    rising_outlines: Floats
    falling: Floats
    still: Floats


def pixel_columns(columns: ChartColumns, first: int, end: int, scale: PaneScale) -> PixelColumns:
    """Candles ``[first, end)`` gathered by the pixel column of their middle.

    O(candles) only where they share pixels, and then three passes over plain memory.
    """
    slots = columns.slots[first:end]
    origin = scale.origin_px
    if scale.slot_px >= 1.0 or first >= end:
        middles = np.floor((slots + 0.5) * scale.slot_px).astype(np.int64) - origin
        return PixelColumns(
            middles,
            columns.opens[first:end],
            columns.highs[first:end],
            columns.lows[first:end],
            columns.closes[first:end],
            columns.lots[first:end],
        )
    pixels = np.arange(-1, scale.width + 2, dtype=np.int64)
    starts = np.searchsorted(slots, (origin + pixels) / scale.slot_px - 0.5)
    # Rounding may leave a candle before the first edge or behind the last: it joins its neighbour.
    starts[0], starts[-1] = 0, len(slots)
    is_used = starts[:-1] < starts[1:]
    begin, stop = starts[:-1][is_used], starts[1:][is_used]
    return PixelColumns(
        pixels[:-1][is_used],
        columns.opens[first:end][begin],
        np.maximum.reduceat(columns.highs[first:end], begin),
        np.minimum.reduceat(columns.lows[first:end], begin),
        columns.closes[first:end][stop - 1],
        np.maximum.reduceat(columns.lots[first:end], begin),
    )


def one_column(live: CandleValues, scale: PaneScale) -> PixelColumns:
    """The forming candle alone."""
    middle = scale.x(live.slot + 0.5)
    one = (np.array((value,)) for value in live[1:])
    return PixelColumns(np.array((middle,), dtype=np.int64), *one)


def bar_width(slot_px: float) -> int:
    """How many pixels wide a candle is drawn; odd with a body: its wick is in the middle."""
    if slot_px < BODY_FROM_PX:
        return max(1, int(slot_px) - 1)
    width = min(int(slot_px) - 1, max(3, int(slot_px * _BODY_SHARE)))
    return width - 1 + width % 2


def candle_rects(found: PixelColumns, scale: PaneScale) -> BarRects:
    """Bodies and wicks, or bars, as the width allows."""
    rises, falls = found.closes > found.opens, found.closes < found.opens
    highs, lows = _rows(found.highs, scale), _rows(found.lows, scale)
    width = bar_width(scale.slot_px)
    left = found.middles - width // 2
    if scale.slot_px < BODY_FROM_PX:
        bars = _stack(left, highs, width, lows - highs + 1)
        return BarRects(bars[rises], bars[:0], bars[falls], bars[~(rises | falls)])
    opens, closes = _rows(found.opens, scale), _rows(found.closes, scale)
    tops, bottoms = np.minimum(opens, closes), np.maximum(opens, closes)
    bodies = _stack(left, tops, width, bottoms - tops + 1)
    wicks = _stack(found.middles, highs, 1, lows - highs + 1)
    # Around a hollow body the wick is in two parts, each only as long as it shows.
    upper = _stack(found.middles, highs, 1, tops - highs)[rises & (tops > highs)]
    lower = _stack(found.middles, bottoms + 1, 1, lows - bottoms)[rises & (lows > bottoms)]
    outlines = bodies[rises] - (0, 0, 1, 1)  # an outline covers one pixel more than its rectangle
    still = ~(rises | falls)
    return BarRects(
        np.concatenate((upper, lower)),
        outlines,
        np.concatenate((wicks[falls], bodies[falls])),
        np.concatenate((wicks[still], bodies[still])),
    )


def volume_rects(found: PixelColumns, scale: PaneScale) -> BarRects:
    """Bars from the bottom, hollow and filled like the candles above them.

    Where several candles share a column the bar is nobody's side.
    """
    rises, falls = found.closes > found.opens, found.closes < found.opens
    width = bar_width(scale.slot_px)
    tops = np.minimum(_rows(found.lots, scale), scale.height - 1)
    bars = _stack(found.middles - width // 2, tops, width, scale.height - tops)
    has_traded = found.lots > 0
    if scale.slot_px < 1.0:
        return BarRects(bars[:0], bars[:0], bars[:0], bars[has_traded])
    still = bars[has_traded & ~(rises | falls)]
    falling, rising = bars[has_traded & falls], bars[has_traded & rises]
    if scale.slot_px < BODY_FROM_PX:
        return BarRects(rising, bars[:0], falling, still)
    return BarRects(bars[:0], rising - (0, 0, 1, 0), falling, still)


def _rows(values: Floats, scale: PaneScale) -> Floats:
    """Pixel rows of values, rounded as ``PaneScale.y`` does."""
    return np.rint((scale.high - values) * scale.px_per_value)


def _stack(x: Floats | Integers, y: Floats, width: int, height: Floats) -> Floats:
    rects = np.empty((len(x), 4))
    rects[:, 0], rects[:, 1], rects[:, 2], rects[:, 3] = x, y, width, height
    return rects
