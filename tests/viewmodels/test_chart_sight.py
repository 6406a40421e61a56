"""What is in sight: the extremes of any range, found anew only when something there differs."""

from __future__ import annotations

from datetime import UTC
from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.candles import CandleInterval, CandleSeries, SeriesChange
from terminal.domain.clock import TimestampMs
from terminal.domain.units import Lots, Price
from terminal.viewmodels.chart_axis import TimeScale
from terminal.viewmodels.chart_columns import ChartColumns
from terminal.viewmodels.chart_sight import TIME_LABEL_GAP_PX, Sight
from terminal.viewmodels.chart_view import Bounds
from terminal.viewmodels.chart_viewport import Viewport
from tests.support.builders import NOW_MS
from tests.support.fake_candles import a_candle, some_candles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminal.domain.candles import Candle

SCALE = TimeScale(NOW_MS - NOW_MS % 60_000, CandleInterval.M1, UTC)


def filled(candles: Sequence[Candle]) -> tuple[CandleSeries, ChartColumns]:
    series, columns = CandleSeries(CandleInterval.M1), ChartColumns(CandleInterval.M1)
    columns.take(series, series.merge(candles))
    return series, columns


def extremes(
    sight: Sight, columns: ChartColumns, first: int, end: int
) -> tuple[Bounds | None, float]:
    return sight.extremes(columns, first, end, columns.values(-1))


@given(
    st.integers(1, 40),
    st.lists(
        st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(500_000, 800_000)),
        min_size=1,
        max_size=8,
    ),
)
def test_extremes_are_those_of_the_range(count: int, looks: list[tuple[int, int, int]]) -> None:
    """Whatever was looked at before and whatever traded since, with the newest candle or not."""
    series, columns = filled(some_candles(count))
    sight = Sight()

    for one, other, price in looks:
        first, end = sorted((min(one, count), min(other, count)))
        last = TimestampMs(series.starts[-1])
        columns.take(series, series.trade(last, Price(price), Lots(700)))

        lows, highs = series.lows[first:end], series.highs[first:end]
        expected = Bounds(min(lows), max(highs)) if first < end else None
        most = max(series.lots[first:end], default=0)
        assert extremes(sight, columns, first, end) == (expected, most)


def test_corrected_history_is_looked_at_anew() -> None:
    """A candle that is replaced counts with its new prices."""
    series, columns = filled(some_candles(9))
    sight = Sight()
    extremes(sight, columns, 0, 9)

    columns.take(series, series.merge([a_candle(-4, (650_000, 900_000, 1, 650_000), lots=5_000)]))

    assert extremes(sight, columns, 0, 9) == (Bounds(1, 900_000), 5_000)


def test_history_that_stays_is_not_looked_at_twice() -> None:
    """While only the newest candle moves, the others are not read again."""
    series, columns = filled(some_candles(9))
    sight = Sight()
    before = extremes(sight, columns, 0, 9)
    columns.highs[:8] = 10**9  # nobody may do this; it shows that nobody looks

    columns.take(series, SeriesChange(0, 8, 9))

    assert extremes(sight, columns, 0, 9) == before


def test_labels_follow_the_viewport() -> None:
    """Another look has other labels; the same look has the very same ones."""
    viewport = Viewport()
    viewport.set_width(800)
    viewport.set_ends(-999, 0)
    sight = Sight()

    ticks = sight.time_ticks(viewport, SCALE)
    assert sight.time_ticks(viewport, SCALE) is ticks
    viewport.pan(-40)
    moved = sight.time_ticks(viewport, SCALE)

    assert moved != ticks
    for shown, left in ((ticks, viewport.left + 40), (moved, viewport.left)):
        places = [(tick.at - left) * viewport.slot_px for tick in shown]
        assert all(0 <= place < 800 for place in places)
        gaps = [after - before for before, after in pairwise(places)]
        assert min(gaps) >= TIME_LABEL_GAP_PX
