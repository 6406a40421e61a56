"""What a chart shows before anything is known."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from terminal.viewmodels.chart_view import ALL_PARTS, EMPTY_CHART, ChartPart, ChartView


def test_an_empty_chart_waits_in_words_and_shows_nothing() -> None:
    """No price, no label, no line is there that somebody could take for real."""
    assert EMPTY_CHART.waiting
    assert (EMPTY_CHART.columns, EMPTY_CHART.live, EMPTY_CHART.seen) == (None, None, None)
    for nothing in (EMPTY_CHART.lines, EMPTY_CHART.marks, EMPTY_CHART.readout):
        assert nothing == ()
    assert EMPTY_CHART.time_ticks == ()
    assert EMPTY_CHART.stale is None


def test_views_are_values() -> None:
    """Equal when they show the same, so that a frame that changes nothing paints nothing."""
    assert ChartView() == EMPTY_CHART
    assert replace(EMPTY_CHART, left=1.0) != EMPTY_CHART
    with pytest.raises(FrozenInstanceError):
        EMPTY_CHART.left = 1.0  # type: ignore[misc] # that is the point


def test_every_part_is_shown_unless_left_out() -> None:
    """A new chart hides nothing, and each part has words of its own."""
    assert EMPTY_CHART.parts == ALL_PARTS == set(ChartPart)
    assert len({part.value for part in ChartPart}) == len(ChartPart)
