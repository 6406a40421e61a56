"""Zoom, pan and following: laws of the chart's window on time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.viewmodels.chart_viewport import (
    DEFAULT_SLOT_PX,
    LARGEST_SLOT_PX,
    SMALLEST_KEPT_PX,
    SPARE_PX,
    Viewport,
)

WIDTH = 800


def a_viewport(first: int = -999, last: int = 0, width: int = WIDTH) -> Viewport:
    viewport = Viewport()
    viewport.set_width(width)
    viewport.set_ends(first, last)
    return viewport


def where(viewport: Viewport, slot: float) -> float:
    """The pixel at which a slot is shown."""
    return (slot - viewport.left) * viewport.slot_px


def test_it_begins_at_the_newest_candle_with_room_to_its_right() -> None:
    """The usual width, the newest candle a little left of the edge, following."""
    viewport = a_viewport()

    assert viewport.slot_px == DEFAULT_SLOT_PX
    assert viewport.span == WIDTH / DEFAULT_SLOT_PX
    assert where(viewport, 1) == WIDTH - SPARE_PX
    assert viewport.is_following


def test_the_order_of_width_and_ends_does_not_matter() -> None:
    """A plot that gets its width after its candles shows the same as one that had it before."""
    late = Viewport()
    late.set_ends(-999, 0)
    late.set_width(WIDTH)

    assert (late.left, late.right) == (a_viewport().left, a_viewport().right)


def test_a_gesture_before_there_is_a_width_does_no_harm() -> None:
    """Keys that come before the first layout leave the chart following."""
    viewport = Viewport()
    viewport.set_ends(-999, 0)

    viewport.pan(-5)
    viewport.zoom(2, 0)
    viewport.zoom(0.5, 0)
    viewport.set_width(WIDTH)

    assert viewport.is_following
    assert where(viewport, 1) == WIDTH - SPARE_PX


@given(
    st.lists(st.tuples(st.floats(0.3, 3.0), st.floats(0, WIDTH)), min_size=1, max_size=4),
    st.floats(-120_000, -60_000),
)
def test_zooming_keeps_what_is_under_the_cursor(
    zooms: list[tuple[float, float]], moved: float
) -> None:
    """The slot that is zoomed about stays at its pixel as long as candles remain in reach."""
    viewport = a_viewport(-100_000, 100_000)
    viewport.pan(moved)

    for factor, pixel in zooms:
        slot = viewport.left + pixel / viewport.slot_px
        viewport.zoom(factor, slot)

        assert where(viewport, slot) == pytest.approx(pixel, abs=1e-6)
        assert viewport.slot_px <= LARGEST_SLOT_PX


@given(st.floats(-900, 35), st.floats(0.2, 5))
def test_panning_there_and_back_is_nothing(slots: float, zoom: float) -> None:
    """Panning within reach and back again leads to where it began, following again."""
    viewport = a_viewport(-100_000, 0)
    viewport.zoom(zoom, viewport.right)
    before = viewport.left, viewport.right, viewport.is_following

    viewport.pan(slots / zoom)
    viewport.pan(-slots / zoom)

    assert viewport.left == pytest.approx(before[0], abs=1e-9)
    assert viewport.right == pytest.approx(before[1], abs=1e-9)
    assert viewport.is_following == before[2]


_GESTURES = st.one_of(
    st.tuples(st.just("pan"), st.floats(-3000, 3000)),
    st.tuples(st.just("zoom"), st.floats(0.01, 100)),
    st.tuples(st.just("width"), st.integers(0, 4000)),
    st.tuples(st.just("candle"), st.just(1)),
    st.tuples(st.just("older"), st.integers(1, 500)),
    st.tuples(st.just("latest"), st.just(0)),
    st.tuples(st.just("oldest"), st.just(0)),
)


@given(st.integers(1, 300), st.lists(_GESTURES, max_size=12))
def test_some_candle_is_always_in_sight(count: int, gestures: list[tuple[str, float]]) -> None:
    """Whatever is done, and whatever arrives, the plot is never empty."""
    first, last = 1 - count, 0
    viewport = a_viewport(first, last)

    for name, amount in gestures:
        if name == "pan":
            viewport.pan(amount)
        elif name == "zoom":
            viewport.zoom(amount, (viewport.left + viewport.right) / 2)
        elif name == "width":
            viewport.set_width(int(amount))
        elif name == "candle":
            last += 1
            viewport.set_ends(first, last)
        elif name == "older":
            first -= int(amount)
            viewport.set_ends(first, last)
        elif name == "latest":
            viewport.latest()
        else:
            viewport.oldest()

        if viewport.width_px:
            assert viewport.right > first, name
            assert viewport.left < last + 1, name
            assert viewport.span == pytest.approx(viewport.right - viewport.left)


@given(st.integers(100, 3000), st.floats(-0.9, 0.9))
def test_the_newest_candle_stays_where_it_was_put(width: int, share: float) -> None:
    """While following, candles that begin move time and not the place of the newest one."""
    viewport = a_viewport(width=width)
    viewport.pan(share * viewport.span)
    pixel, left = where(viewport, 1), viewport.left
    is_following = viewport.is_following

    viewport.set_ends(-999, 1)

    if is_following:
        assert where(viewport, 2) == pytest.approx(pixel, abs=1e-6)
    else:
        assert viewport.left == left


def test_looking_at_history_is_not_disturbed() -> None:
    """Candles that begin or load do not move a plot that does not follow."""
    viewport = a_viewport()
    viewport.pan(-300)
    assert not viewport.is_following
    before = viewport.left, viewport.right

    viewport.set_ends(-1999, 5)

    assert (viewport.left, viewport.right) == before


def test_following_ends_and_begins_by_sight_of_the_newest_candle() -> None:
    """Panning the newest candle out of sight ends it; back into sight, or latest, begins it."""
    viewport = a_viewport()

    viewport.pan(-SPARE_PX / DEFAULT_SLOT_PX)
    assert viewport.is_following, "the candle touches the edge"
    viewport.pan(-0.5)
    assert not viewport.is_following
    viewport.pan(0.5)
    assert viewport.is_following
    viewport.oldest()
    assert not viewport.is_following
    assert 0 < where(viewport, -999) < 0.2 * WIDTH
    viewport.latest()
    assert viewport.is_following
    assert where(viewport, 1) == WIDTH - SPARE_PX


def test_zooming_out_ends_when_all_is_in_sight_and_in_at_the_largest() -> None:
    """All loaded candles and a margin is the widest look, eighty pixels the closest."""
    viewport = a_viewport(-9999, 0)

    for _ in range(60):
        viewport.zoom(0.5, viewport.right)
    assert 10_000 < viewport.span < 11_000
    for _ in range(60):
        viewport.zoom(2, viewport.right)
    assert viewport.slot_px == LARGEST_SLOT_PX


def test_few_candles_are_not_blown_up() -> None:
    """With three candles the usual width is as far out as it goes."""
    viewport = a_viewport(-2, 0)

    viewport.zoom(0.5, 0)

    assert viewport.slot_px == DEFAULT_SLOT_PX


def test_zooming_out_never_zooms_in() -> None:
    """When more room than candles has come, zooming out stays and zooming in is gradual."""
    viewport = a_viewport(-9999, 0)
    viewport.zoom(0.01, 0)
    far_out = viewport.slot_px
    viewport.set_width(3 * WIDTH)

    viewport.zoom(0.9, 0)
    assert viewport.slot_px == far_out
    viewport.zoom(1.1, 0)
    assert viewport.slot_px == pytest.approx(1.1 * far_out)


def test_another_series_keeps_the_zoom_as_far_as_it_loads_quickly() -> None:
    """A usual zoom is kept; one that needs a hundred thousand candles is not."""
    viewport = a_viewport(-99_999, 0)
    viewport.zoom(0.5, 0)
    viewport.pan(-5000)
    viewport.reset()
    assert viewport.slot_px == DEFAULT_SLOT_PX / 2
    assert viewport.is_following
    viewport.set_ends(-99_999, 0)

    viewport.zoom(0.001, 0)
    viewport.reset()

    assert viewport.slot_px == SMALLEST_KEPT_PX


def test_a_narrow_plot_shows_candles_and_not_only_room() -> None:
    """The room right of the newest candle is at most half of the plot."""
    viewport = a_viewport(width=100)

    assert where(viewport, 1) == 50
