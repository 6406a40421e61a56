"""Marks of the day: two sources, one truth; holes are said; the trail; large sizes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.candles import MINUTE_MS, Candle
from terminal.domain.clock import TimestampMs, TimestampNs
from terminal.domain.session_marks import (
    DAY_MS,
    ChaseTrail,
    SessionMarks,
    Threshold,
    large_sizes,
)
from terminal.domain.units import Lots, Price

DAY = 20_000 * DAY_MS


def at(minute: int, second: int = 0) -> TimestampNs:
    return TimestampNs((DAY + minute * MINUTE_MS + second * 1000) * 1_000_000)


def a_candle(minute: int, high: int, low: int, close: int, lots: int) -> Candle:
    start = TimestampMs(DAY + minute * MINUTE_MS)
    return Candle(start, Price(close), Price(high), Price(low), Price(close), Lots(lots))


def some_marks(*, is_inverse: bool = False) -> SessionMarks:
    return SessionMarks(is_inverse=is_inverse)


@given(
    st.lists(st.tuples(st.integers(1, 500), st.integers(1, 50)), min_size=1, max_size=30),
    st.booleans(),
)
def test_trades_alone_give_their_own_high_low_and_average(
    trades: list[tuple[int, int]], is_inverse: bool
) -> None:
    marks = some_marks(is_inverse=is_inverse)
    for number, (price, lots) in enumerate(trades):
        marks.trade(Price(price), Lots(lots), at(number // 3, number % 3))
    found = marks.marks()
    assert found is not None
    assert (found.low, found.high) == (min(trades)[0], max(trades)[0])
    total = sum(lots for _, lots in trades)
    if is_inverse:
        expected = total / sum((lots / Decimal(price) for price, lots in trades), Decimal(0))
    else:
        expected = sum((Decimal(price * lots) for price, lots in trades), Decimal(0)) / total
    assert abs(found.average - expected) < Decimal("1e-20")
    assert (found.lots, found.candle_lots) == (total, 0)
    assert found.low <= found.average.quantize(Decimal("1e-20")) <= found.high


def test_candles_stand_in_for_what_was_not_heard_and_for_nothing_else() -> None:
    marks = some_marks()
    marks.trade(Price(100), Lots(2), at(10, 30))
    marks.trade(Price(110), Lots(4), at(11))
    found = marks.marks()
    assert found is not None
    assert found.has_hole, "minute 10 was not heard from its beginning"
    candles = [
        a_candle(3, 90, 60, 60, 10),
        a_candle(10, 105, 95, 100, 5),
        a_candle(11, 999, 1, 7, 50),
    ]
    marks.candles(candles, TimestampMs(DAY - 5))
    found = marks.marks()
    assert found is not None
    assert (found.high, found.low) == (110, 60)
    assert (found.lots, found.candle_lots) == (10 + 5 + 4, 15)
    assert found.average == Decimal(10 * 70 + 5 * 100 + 4 * 110) / 19
    assert found.since == DAY
    assert not found.has_hole


def test_it_says_from_when_it_knows() -> None:
    marks = some_marks()
    marks.candles([a_candle(200, 9, 8, 8, 1)], TimestampMs(DAY + 120 * MINUTE_MS))
    found = marks.marks()
    assert found is not None
    assert found.since == DAY + 120 * MINUTE_MS


def test_a_hole_is_said_until_candles_fill_it() -> None:
    marks = some_marks()
    for minute in (0, 1, 2):
        marks.trade(Price(100), Lots(1), at(minute))
    marks.candles([a_candle(0, 100, 100, 100, 1)], TimestampMs(DAY))
    found = marks.marks()
    assert found is not None
    assert not found.has_hole
    marks.hole()
    marks.trade(Price(50), Lots(1), at(5))
    marks.trade(Price(50), Lots(1), at(6))
    found = marks.marks()
    assert found is not None
    assert found.has_hole
    filled = [a_candle(m, 100, 100, 100, 1) for m in (0, 2)]
    filled += [a_candle(4, 300, 300, 300, 7), a_candle(5, 50, 50, 50, 3)]
    marks.candles(filled, TimestampMs(DAY))
    found = marks.marks()
    assert found is not None
    assert not found.has_hole
    assert (found.high, found.lots) == (300, 1 + 1 + 1 + 7 + 3 + 1)


def test_another_day_begins_anew_and_the_one_before_is_left_out() -> None:
    marks = some_marks()
    assert marks.marks() is None
    marks.trade(Price(100), Lots(1), at(1439))
    marks.trade(Price(70), Lots(1), at(1440))
    marks.trade(Price(999), Lots(9), at(1439))
    marks.candles([a_candle(1400, 999, 1, 5, 5)], TimestampMs(DAY))
    found = marks.marks()
    assert found is not None
    assert (found.high, found.low, found.lots) == (70, 70, 1)
    assert found.since == DAY + DAY_MS


def test_the_trail_notes_changes_only_by_side_and_keeps_the_last() -> None:
    trail = ChaseTrail(kept=3)
    assert trail.inside(Price(9), Price(10), 0)
    assert not trail.inside(Price(9), Price(10), 5)
    assert trail.inside(Price(9), Price(11), 6)
    for now_ms in (7, 8):
        trail.inside(None if now_ms == 7 else Price(8), Price(11), now_ms)
    assert [tuple(step) for step in trail.bids] == [(9, 0), (None, 7), (8, 8)]
    assert [tuple(step) for step in trail.asks] == [(10, 0), (11, 6)]
    trail.inside(Price(7), Price(11), 9)
    assert len(trail.bids) == 3
    trail.clear()
    assert not trail.asks


@pytest.mark.parametrize(
    ("sizes", "first", "second", "expected"),
    [
        ([1, 50, 99, 100], Threshold(Lots(50)), Threshold(Lots(100)), [0, 1, 1, 2]),
        ([1, 50, 99, 100], Threshold(Lots(100)), Threshold(Lots(50)), [0, 1, 1, 2]),
        ([0, 10, 10, 40], Threshold(times_mean=Decimal(2)), None, [0, 0, 0, 1]),
        ([0, 1, 2, 2], Threshold(times_mean=Decimal("1.1")), None, [0, 0, 1, 1]),
        ([0, 0], Threshold(times_mean=Decimal(1)), None, [0, 0]),
        ([], Threshold(Lots(1)), None, []),
    ],
)
def test_large_sizes_by_lots_or_by_what_is_usual_in_view(
    sizes: list[int], first: Threshold, second: Threshold | None, expected: list[int]
) -> None:
    assert large_sizes(sizes, first, second) == expected


@pytest.mark.parametrize(
    ("lots", "mean"), [(None, None), (Lots(0), None), (Lots(1), Decimal(1)), (None, Decimal(-1))]
)
def test_a_threshold_is_one_number_above_zero(lots: Lots | None, mean: Decimal | None) -> None:
    with pytest.raises(ValueError, match="one threshold"):
        Threshold(lots, mean)
