"""Candles to rectangles: laws that hold at every zoom."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.candles import CandleInterval, CandleSeries, SeriesChange
from terminal.viewmodels.chart_columns import ChartColumns
from terminal.widgets.canvas.candle_layout import (
    bar_width,
    candle_rects,
    one_column,
    pixel_columns,
    volume_rects,
)
from terminal.widgets.canvas.chart_scale import PaneScale
from tests.support.fake_candles import a_candle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from terminal.domain.candles import Candle

LOW, HIGH = 800.0, 1200.0
WIDTH, HEIGHT = 400, 200


def with_holes(count: int, seed: int) -> list[Candle]:
    dice = random.Random(seed)
    candles, minute = [], 0
    for _ in range(count):
        minute += 1 if dice.random() < 0.8 else dice.randrange(2, 40)
        opened, closed = dice.randrange(900, 1100), dice.randrange(900, 1100)
        high, low = max(opened, closed) + dice.randrange(60), min(opened, closed) - 7
        candles.append(a_candle(minute, (opened, high, low, closed), dice.randrange(0, 500)))
    return candles


def columns_of(candles: list[Candle]) -> ChartColumns:
    series = CandleSeries(CandleInterval.M1)
    series.merge(candles)
    columns = ChartColumns(CandleInterval.M1)
    columns.take(series, SeriesChange(0, 0, len(series)))
    return columns


def a_scale(left: float, slot_px: float, low: float = LOW, high: float = HIGH) -> PaneScale:
    return PaneScale(WIDTH, HEIGHT, left, slot_px, low, high)


def all_rows(*parts: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate(parts)


@given(
    count=st.integers(1, 400),
    seed=st.integers(0, 9),
    left=st.floats(-50, 600),
    slot_px=st.floats(0.01, 60),
)
def test_nothing_in_sight_is_lost_whatever_the_zoom(
    count: int, seed: int, left: float, slot_px: float
) -> None:
    """Pixel columns rise strictly and keep highs, lows, first open, last close and most lots."""
    columns = columns_of(with_holes(count, seed))
    scale = a_scale(left, slot_px)
    first, end = columns.range_of(scale.left, scale.right)
    found = pixel_columns(columns, first, end, scale)
    assert np.all(np.diff(found.middles) > 0)
    assert len(found.middles) == len(found.opens) == len(found.lots)
    if first == end:
        assert not len(found.middles)
        return
    assert found.highs.max() == columns.highs[first:end].max()
    assert found.lows.min() == columns.lows[first:end].min()
    assert found.lots.max() == columns.lots[first:end].max()
    assert found.opens[0] == columns.opens[first]
    assert found.closes[-1] == columns.closes[end - 1]


@given(slot_px=st.floats(4, 90), seed=st.integers(0, 30))
def test_bodies_and_wicks_lie_on_whole_pixels(slot_px: float, seed: int) -> None:
    """Every edge is whole, the wick is in the middle, neighbours do not touch."""
    columns = columns_of(with_holes(40, seed))
    scale = a_scale(3.3, slot_px)
    first, end = columns.range_of(scale.left, scale.right)
    found = pixel_columns(columns, first, end, scale)
    rects = candle_rects(found, scale)
    rows = all_rows(*rects)
    assert np.array_equal(rows, np.rint(rows))
    width = bar_width(slot_px)
    assert width % 2 == 1
    assert width < slot_px
    bodies = rects.falling[rects.falling[:, 2] > 1]
    wicks = rects.falling[rects.falling[:, 2] == 1] if width > 1 else rects.falling[:0]
    middles = set((bodies[:, 0] + width // 2).tolist())
    assert set(wicks[:, 0].tolist()) <= middles | set(found.middles.tolist())


@pytest.mark.parametrize("slot_px", [0.2, 1.0, 2.5, 6.0, 24.0])
def test_the_live_candle_lies_where_history_would_draw_it(slot_px: float) -> None:
    """Becoming history moves nothing by a pixel."""
    columns = columns_of(with_holes(60, 4))
    scale = a_scale(columns.slots[-1] - 5, slot_px)
    alone = one_column(columns.values(-1), scale)
    found = pixel_columns(columns, len(columns) - 1, len(columns), scale)
    assert alone.middles.tolist() == found.middles.tolist()
    for mine, theirs in zip(candle_rects(alone, scale), candle_rects(found, scale), strict=True):
        assert mine.tolist() == theirs.tolist()


def test_a_hole_stays_a_hole() -> None:
    """Minutes without a trade have no rectangle."""
    columns = columns_of([a_candle(0), a_candle(1), a_candle(5)])
    found = pixel_columns(columns, 0, 3, a_scale(0, 10))
    assert found.middles.tolist() == [5, 15, 55]


@pytest.mark.parametrize(
    ("prices", "filled"),
    [
        ((1000, 1010, 990, 1005), "rising"),
        ((1005, 1010, 990, 1000), "falling"),
        ((1000, 1010, 990, 1000), "still"),
    ],
)
def test_sides_differ_in_shape(prices: tuple[int, int, int, int], filled: str) -> None:
    """A rising body is an outline with a wick in two parts, the others are filled."""
    columns = columns_of([a_candle(0, prices)])
    rects = candle_rects(
        pixel_columns(columns, 0, 1, a_scale(0, 12, 980, 1020)), a_scale(0, 12, 980, 1020)
    )
    assert len(rects.rising_outlines) == (1 if filled == "rising" else 0)
    assert [len(part) for part in (rects.rising, rects.falling, rects.still)] == [
        2 if name == filled else 0 for name in ("rising", "falling", "still")
    ]


def test_volume_stands_on_the_ground() -> None:
    """Bars end at the lower edge; a candle without lots has none; shared columns take no side."""
    candles = [a_candle(0, lots=10), a_candle(1, lots=0), a_candle(2, lots=40)]
    columns = columns_of(candles)
    scale = a_scale(0, 10, 0, 50)
    rects = volume_rects(pixel_columns(columns, 0, 3, scale), scale)
    bars = rects.rising_outlines
    assert len(bars) == 2
    assert (bars[:, 1] + bars[:, 3] + 0).tolist() == [HEIGHT, HEIGHT]
    assert bars[1, 3] > bars[0, 3]
    far = a_scale(0, 0.5, 0, 50)
    rects = volume_rects(pixel_columns(columns, 0, 3, far), far)
    assert len(rects.still)
    assert not len(rects.rising)
    assert not len(rects.falling)


@given(slot_px=st.floats(0.01, 90))
def test_bars_never_touch_their_neighbours_where_there_is_room(slot_px: float) -> None:
    """From two pixels on there is a gap between candles."""
    width = bar_width(slot_px)
    assert width >= 1
    if slot_px >= 2:
        assert width < slot_px
