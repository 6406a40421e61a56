"""Float columns follow the exact series: grown in place, they equal columns made afresh."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.candles import Candle, CandleInterval, CandleSeries, SeriesChange
from terminal.domain.clock import TimestampMs
from terminal.domain.units import Lots, Price
from terminal.viewmodels.chart_columns import ChartColumns, interval_end_ms
from tests.support.fake_candles import a_candle, a_long_series, some_candles

if TYPE_CHECKING:
    from collections.abc import Iterable

MINUTE = CandleInterval.M1.ms
MONDAY = 1_759_708_800_000  # 6 October 2025, 00:00 UTC
NOTHING = SeriesChange(0, 0, 0)


def columns_of(series: CandleSeries) -> ChartColumns:
    columns = ChartColumns(series.interval)
    columns.take(series, SeriesChange(0, 0, len(series)))
    return columns


def rows_of(columns: ChartColumns) -> list[tuple[float, ...]]:
    """Starts instead of slots, so that columns with another base compare."""
    base = columns.base_ms or 0
    return [
        (base + values.slot * columns.interval.ms, *values[1:])
        for values in (columns.values(index) for index in range(len(columns)))
    ]


def exact_rows_of(series: CandleSeries) -> list[tuple[float, ...]]:
    return [
        (candle.start_at, candle.open, candle.high, candle.low, candle.close, candle.lots)
        for candle in (series.candle(index) for index in range(len(series)))
    ]


def a_series(minutes: Iterable[int]) -> CandleSeries:
    series = CandleSeries(CandleInterval.M1)
    series.merge([a_candle(minute) for minute in minutes])
    return series


_PRICES = st.integers(900, 1100)
_BATCHES = st.dictionaries(st.integers(-60, 60), _PRICES, max_size=25).map(
    lambda found: [
        a_candle(minute, (1000, max(1000, close), min(1000, close), close))
        for minute, close in sorted(found.items())
    ]
)
_TRADES = st.tuples(st.integers(0, 3 * MINUTE), _PRICES, st.integers(1, 50))
_STEPS = st.lists(st.tuples(st.one_of(_BATCHES, _TRADES), st.booleans()), max_size=14)


def step(series: CandleSeries, what: list[Candle] | tuple[int, int, int]) -> SeriesChange:
    """Merge candles, or let a trade happen so many ms after the last candle's start."""
    if isinstance(what, list):
        return series.merge(what)
    after_ms, price, lots = what
    last = series.starts[-1] if len(series) else a_candle(0).start_at
    return series.trade(TimestampMs(last + after_ms), Price(price), Lots(lots))


@given(_STEPS)
def test_columns_equal_the_series_after_anything(
    steps: list[tuple[list[Candle] | tuple[int, int, int], bool]],
) -> None:
    """Merges, prepends and trades, taken one by one or several at once, lose and invent nothing."""
    series = CandleSeries(CandleInterval.M1)
    columns = ChartColumns(CandleInterval.M1)
    pending: SeriesChange | None = None

    for what, is_taken_now in steps:
        change = step(series, what)
        pending = change if pending is None else pending.then(change)
        if is_taken_now:
            columns.take(series, pending)
            pending = None
            assert rows_of(columns) == exact_rows_of(series)
    if pending is not None:
        columns.take(series, pending)

    assert rows_of(columns) == exact_rows_of(series)
    assert rows_of(columns) == rows_of(columns_of(series))
    assert np.all(np.diff(columns.slots) > 0)
    if len(columns):
        assert np.all(columns.slots == np.round(columns.slots)), "slots are whole"


@given(_STEPS)
def test_the_revision_tells_whenever_history_differs(
    steps: list[tuple[list[Candle] | tuple[int, int, int], bool]],
) -> None:
    """While the revision stays, all but the last candle are what they were."""
    series = CandleSeries(CandleInterval.M1)
    columns = ChartColumns(CandleInterval.M1)

    for what, _ in steps:
        before, revision = rows_of(columns), columns.revision
        columns.take(series, step(series, what))

        if columns.revision == revision:
            assert rows_of(columns)[:-1] == before[:-1]
            assert len(columns) == len(before)


def test_a_trade_in_the_forming_candle_is_not_another_revision() -> None:
    """What is kept of history survives the live end moving; the next candle is news."""
    series = a_series(range(10))
    columns = columns_of(series)
    revision, start = columns.revision, series.starts[-1]

    columns.take(series, series.trade(TimestampMs(start + 1), Price(1_009), Lots(3)))
    assert columns.revision == revision
    assert (columns.values(-1).close, columns.values(-1).lots) == (1_009, 13)

    columns.take(series, series.trade(TimestampMs(start + MINUTE), Price(1_009), Lots(3)))
    assert columns.revision != revision


def test_older_candles_get_negative_slots_and_move_nothing() -> None:
    """The base stays where it was, so what is on screen stays where it is."""
    series = a_series(range(5))
    columns = columns_of(series)
    base = columns.base_ms

    columns.take(series, series.merge([a_candle(minute) for minute in range(-3, 0)]))

    assert columns.base_ms == base
    assert columns.slots.tolist() == [-3, -2, -1, 0, 1, 2, 3, 4]
    assert columns.slot_of(series.starts[0]) == -3
    assert columns.start_of(-3) == series.starts[0]


def test_a_change_that_does_not_fit_reads_everything() -> None:
    """A missed change costs time and never a wrong picture."""
    series = a_series(range(5))
    columns = columns_of(series)

    series.merge([a_candle(minute) for minute in range(5, 9)])
    columns.take(series, SeriesChange(0, len(series), len(series)))
    assert rows_of(columns) == exact_rows_of(series)

    series.clear()
    columns.take(series, NOTHING)
    assert len(columns) == 0
    columns.take(series, series.merge([a_candle(20)]))
    assert rows_of(columns) == exact_rows_of(series)
    assert columns.slots.tolist() == [20], "the base outlives the candles"


def test_nothing_new_is_not_another_revision() -> None:
    """An empty change leaves everything that was kept of history in use."""
    series = a_series(range(5))
    columns = columns_of(series)
    revision = columns.revision

    columns.take(series, series.merge([a_candle(2)]))

    assert columns.revision == revision


def test_a_hundred_thousand_candles_grow_at_both_ends() -> None:
    """Long series keep exact values and even slots through many growths."""
    series = CandleSeries(CandleInterval.M1)
    columns = ChartColumns(CandleInterval.M1)
    candles = some_candles(20_000)

    for end in range(20_000, 0, -500):
        columns.take(series, series.merge(candles[end - 500 : end]))
    for candle in some_candles(300, last_minute=300, seed=3):
        columns.take(series, series.merge([candle]))

    assert len(columns) == 20_300
    assert rows_of(columns) == exact_rows_of(series)
    assert np.all(np.diff(columns.slots) == 1)


@pytest.mark.parametrize("older", [500, 513, 5_000])
def test_a_long_history_may_come_before_a_few_candles(older: int) -> None:
    """However much comes at once, there is room for it before what is known."""
    series = a_series(range(3))
    columns = columns_of(series)

    columns.take(series, series.merge(some_candles(older, last_minute=-1)))

    assert rows_of(columns) == exact_rows_of(series)
    assert columns.slots[0] == -older


def test_values_beyond_single_precision_stay_exact() -> None:
    """Ticks and lots are exact up to fifteen digits."""
    big = 9_007_199_254_740_991
    series = CandleSeries(CandleInterval.M1)
    series.merge([a_candle(0, (big - 1, big, 1, big - 2), lots=big)])

    assert columns_of(series).values(0) == (0, big - 1, big, 1, big - 2, big)


@given(
    st.sets(st.integers(-40, 40), min_size=1, max_size=30),
    st.floats(-60, 60),
    st.floats(0, 60),
)
def test_the_range_in_sight_is_what_overlaps(minutes: set[int], left: float, span: float) -> None:
    """A candle is in the range exactly when some of its slot is within the edges."""
    columns = columns_of(a_series(sorted(minutes)))

    first, end = columns.range_of(left, left + span)

    slots = columns.slots.tolist()
    inside = [slot for slot in slots if slot + 1 > left and slot < left + span]
    assert slots[first:end] == inside


@given(st.sets(st.integers(-40, 40), min_size=1, max_size=30), st.integers(-60, 60))
def test_a_slot_leads_to_its_candle_or_to_none(minutes: set[int], slot: int) -> None:
    """Holes, the time before the first and after the last candle have none."""
    columns = columns_of(a_series(sorted(minutes)))

    index = columns.index_of(slot)

    assert (index is not None) == (slot in set(columns.slots.tolist()))
    assert index is None or columns.values(index).slot == slot


@pytest.mark.parametrize("interval", CandleInterval)
def test_slots_and_starts_agree(interval: CandleInterval) -> None:
    """The first and the last instant of an interval lie in the same slot, the next in the next."""
    series = a_long_series(50, interval)
    columns = columns_of(series)

    for index in (0, 17, 49):
        start, slot = series.starts[index], int(columns.slots[index])
        assert columns.start_of(slot) == start
        assert columns.slot_of(start) == columns.slot_of(start + interval.ms - 1) == slot
        assert columns.slot_of(start - 1) == slot - 1


def test_before_any_candle_there_is_slot_zero() -> None:
    """Nothing is known, nothing fails."""
    columns = ChartColumns(CandleInterval.M1)

    assert columns.slot_of(MONDAY) == 0
    assert columns.index_of(0) is None
    assert columns.range_of(-5, 5) == (0, 0)
    with pytest.raises(IndexError):
        columns.values(-1)


@pytest.mark.parametrize(
    ("interval", "now_ms", "end_ms"),
    [
        (CandleInterval.M1, MONDAY, MONDAY + MINUTE),
        (CandleInterval.M1, MONDAY + MINUTE - 1, MONDAY + MINUTE),
        (CandleInterval.H4, MONDAY + 5 * 3_600_000, MONDAY + 8 * 3_600_000),
        (CandleInterval.D1, MONDAY + 1, MONDAY + CandleInterval.D1.ms),
        (CandleInterval.W1, MONDAY, MONDAY + CandleInterval.W1.ms),
        (CandleInterval.W1, MONDAY - 1, MONDAY),
    ],
)
def test_intervals_end_on_the_clock_and_weeks_on_sunday_night(
    interval: CandleInterval, now_ms: int, end_ms: int
) -> None:
    """Weeks begin on Monday at midnight UTC; everything shorter divides the day."""
    assert interval_end_ms(TimestampMs(now_ms), interval) == end_ms
