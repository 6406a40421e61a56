"""Candle series: merging keeps order, loses nothing, and tells exactly what changed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.candles import Candle, CandleInterval, CandleSeries
from terminal.domain.clock import TimestampMs
from terminal.domain.units import Lots, Price

MINUTE = CandleInterval.M1.ms


def a_candle(minute: int, close: int = 100, lots: int = 5) -> Candle:
    low, high = min(100, close), max(100, close)
    return Candle(
        TimestampMs(minute * MINUTE), Price(100), Price(high), Price(low), Price(close), Lots(lots)
    )


def of(series: CandleSeries) -> list[Candle]:
    return [series.candle(index) for index in range(len(series))]


@given(
    st.lists(
        st.dictionaries(st.integers(0, 40), st.integers(90, 110), max_size=12).map(
            lambda rows: [a_candle(minute, rows[minute]) for minute in sorted(rows)]
        ),
        max_size=8,
    )
)
def test_a_series_equals_the_last_word_on_every_start(merges: list[list[Candle]]) -> None:
    """Whatever the order of merges, each start appears once with its newest candle, ascending."""
    series, known = CandleSeries(CandleInterval.M1), dict[int, Candle]()

    for candles in merges:
        before = of(series)
        change = series.merge(candles)
        known.update({candle.start_at: candle for candle in candles})

        after = of(series)
        assert after == [known[start] for start in sorted(known)]
        # What the change calls untouched is untouched.
        kept = after[change.prepended : change.first]
        assert kept == before[: len(kept)]
        assert change.length == len(after)
        assert not change.is_empty or after == before


def test_candles_that_do_not_ascend_are_refused_whole() -> None:
    """A batch out of order raises and changes nothing."""
    series = CandleSeries(CandleInterval.M1)

    with pytest.raises(ValueError, match="ascend"):
        series.merge([a_candle(2), a_candle(1)])

    assert len(series) == 0


def test_trades_extend_the_last_candle_and_begin_the_next() -> None:
    """Within the interval a trade moves close, high, low and lots; after it a candle begins."""
    series = CandleSeries(CandleInterval.M1)
    series.merge([a_candle(1, 100, 5)])

    series.trade(TimestampMs(MINUTE + 30_000), Price(107), Lots(2))
    series.trade(TimestampMs(MINUTE + 59_999), Price(98), Lots(1))
    change = series.trade(TimestampMs(3 * MINUTE), Price(99), Lots(4))

    first, second = of(series)
    assert (first.high, first.low, first.close, first.lots) == (107, 98, 98, 8)
    assert (second.start_at, second.open, second.lots) == (3 * MINUTE, 99, 4)
    assert (change.first, change.length) == (1, 2)


def test_a_trade_older_than_the_last_candle_changes_nothing() -> None:
    """History is better told by the exchange than by late trades."""
    series = CandleSeries(CandleInterval.M1)
    series.merge([a_candle(5)])

    assert series.trade(TimestampMs(4 * MINUTE), Price(1), Lots(1)).is_empty


def test_weeks_begin_on_monday() -> None:
    """A trade of Sunday 2026-11-22 belongs to the week of Monday 2026-11-16, 00:00 UTC."""
    series = CandleSeries(CandleInterval.W1)

    series.trade(TimestampMs(1_795_391_999_000), Price(10), Lots(1))

    assert series.starts[0] == 1_794_787_200_000


def test_an_instant_in_a_hole_has_no_candle() -> None:
    """Holes stay holes."""
    series = CandleSeries(CandleInterval.M1)
    series.merge([a_candle(1), a_candle(3)])

    assert series.index_at(TimestampMs(MINUTE)) == 0
    assert series.index_at(TimestampMs(2 * MINUTE)) is None
    assert series.index_at(TimestampMs(4 * MINUTE - 1)) == 1
    assert series.index_at(TimestampMs(4 * MINUTE)) is None
    assert series.index_at(TimestampMs(0)) is None


@pytest.mark.parametrize(("interval", "text"), [("M1", "1m"), ("H12", "12h"), ("W1", "1w")])
def test_intervals_are_written_as_traders_do(interval: str, text: str) -> None:
    """Number first, unit after."""
    assert CandleInterval[interval].text == text


@pytest.mark.parametrize("values", [(5, 4, 3, 4), (5, 6, 6, 5)])
def test_a_candle_encloses_its_open_and_close(values: tuple[int, int, int, int]) -> None:
    """Nonsense is refused where it is made."""
    opened, high, low, close = (Price(value) for value in values)

    with pytest.raises(ValueError, match="enclose"):
        Candle(TimestampMs(0), opened, high, low, close, Lots(1))


@pytest.mark.parametrize("interval", CandleInterval)
def test_trades_fall_into_line_with_the_candles_known(interval: CandleInterval) -> None:
    """An exchange whose weeks or days begin elsewhere than ours is followed, not corrected."""
    series = CandleSeries(interval)
    odd = TimestampMs(1_760_000_000_000 + 7 * MINUTE)
    series.merge([Candle(odd, Price(5), Price(5), Price(5), Price(5), Lots(1))])

    assert series.start_of(odd) == odd
    assert series.start_of(TimestampMs(odd + interval.ms - 1)) == odd
    assert series.start_of(TimestampMs(odd + interval.ms)) == odd + interval.ms
    assert series.start_of(TimestampMs(odd - 1)) == odd - interval.ms


@pytest.mark.parametrize("interval", CandleInterval)
def test_intervals_begin_on_round_times(interval: CandleInterval) -> None:
    """The start contains the instant; weeks begin on Monday, days at midnight UTC."""
    at = TimestampMs(1_795_391_999_123)
    start = interval.start_of(at)
    assert start <= at < start + interval.ms
    when = datetime.fromtimestamp(start / 1000, UTC)
    if interval is CandleInterval.W1:
        assert when.isoweekday() == 1
    if interval.ms >= CandleInterval.D1.ms:
        assert (when.hour, when.minute) == (0, 0)
