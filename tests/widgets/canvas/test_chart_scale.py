"""Where things are in a chart: pixels and values there and back, the layout, labels apart."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.widgets.canvas.chart_scale import PaneScale, chart_layout, spread

SCALES = st.builds(
    PaneScale,
    width=st.integers(20, 2000),
    height=st.integers(20, 1200),
    left=st.floats(-1e5, 1e5),
    slot_px=st.floats(0.001, 80),
    low=st.floats(0, 1e5),
    high=st.floats(1.1e5, 1e7),
)


@given(scale=SCALES, share=st.floats(0, 1))
def test_values_and_rows_there_and_back(scale: PaneScale, share: float) -> None:
    """The value under the row of a value is that value, within half a pixel."""
    value = scale.low + share * (scale.high - scale.low)
    row = scale.y(value)
    assert 0 <= row < scale.height
    assert abs(scale.value_at(row) - value) * scale.px_per_value <= 0.51


@given(scale=SCALES, x=st.integers(0, 2000))
def test_slots_and_columns_there_and_back(scale: PaneScale, x: int) -> None:
    """The column of the slot under a column is that column, or its left neighbour by rounding."""
    assert x - scale.x(scale.slot_at(x)) in {0, 1}


@given(scale=SCALES, slot=st.integers(-1000, 1000), pixels=st.integers(-300, 300))
def test_panning_by_whole_pixels_shifts_the_picture(
    scale: PaneScale, slot: int, pixels: int
) -> None:
    """All candles move by the same number of pixels: nothing shimmers."""
    origin = scale.origin_px
    moved = PaneScale(
        scale.width,
        scale.height,
        (origin + pixels + 0.5) / scale.slot_px,
        scale.slot_px,
        scale.low,
        scale.high,
    )
    shift = moved.origin_px - origin
    assert scale.x(slot + 0.5) - moved.x(slot + 0.5) == shift
    assert scale.x(slot + 7.5) - moved.x(slot + 7.5) == shift


@given(
    places=st.lists(st.integers(0, 300), max_size=12).map(sorted),
    height=st.integers(8, 24),
    room=st.integers(300, 600),
)
def test_labels_are_moved_apart_in_order_and_within_bounds(
    places: list[int], height: int, room: int
) -> None:
    """No label covers another one, and none leaves the axis."""
    moved = spread(places, height, top=0, bottom=room)
    assert len(moved) == len(places)
    assert all(after - before >= height for before, after in itertools.pairwise(moved))
    assert all(height // 2 <= place <= room - height // 2 for place in moved)


def test_lonely_labels_stay_where_they_wish() -> None:
    """Only what would collide moves."""
    assert spread([20, 60, 64, 200], 10, top=0, bottom=300) == [20, 60, 70, 200]


@given(width=st.integers(80, 2000), height=st.integers(60, 1400), panes=st.integers(1, 4))
def test_the_layout_fills_the_chart_without_overlap(width: int, height: int, panes: int) -> None:
    """Panes lie above each other with a line between, axes right of them, time below."""
    weights = [4, 1, 2, 1][:panes]
    layout = chart_layout(width, height, axis_px=60, time_px=20, weights=weights)
    assert len(layout.panes) == len(layout.axes) == panes
    for upper, lower in zip(layout.panes, layout.panes[1:], strict=False):
        assert lower.top() == upper.bottom() + 1
    for plot, axis in zip(layout.panes, layout.axes, strict=True):
        assert axis.left() == plot.right()
        assert axis.right() == width
        assert (axis.top(), axis.bottom()) == (plot.top(), plot.bottom())
    assert layout.time.top() >= layout.panes[-1].bottom()


@pytest.mark.parametrize(
    ("x", "y", "pane", "is_axis"),
    [(10, 10, 0, False), (470, 10, 0, True), (10, 250, 1, False), (10, 290, None, True)],
)
def test_zones(x: int, y: int, pane: int | None, is_axis: bool) -> None:
    """Every pixel belongs to a plot or an axis."""
    layout = chart_layout(500, 300, axis_px=60, time_px=20, weights=[4, 1])
    zone = layout.zone_at(x, y)
    assert zone is not None
    assert (zone.pane, zone.is_axis) == (pane, is_axis)
    assert layout.zone_at(480, 290) is None, "the corner"
    assert layout.zone_at(-1, 10) is None
