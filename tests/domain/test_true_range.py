"""Wilder's average true range over closed candles."""

from __future__ import annotations

from decimal import Decimal

import pytest

from terminal.domain.candles import Candle, CandleInterval, CandleSeries
from terminal.domain.clock import TimestampMs
from terminal.domain.true_range import average_true_range
from terminal.domain.units import Lots, Price


def a_series(*rows: tuple[int, int, int]) -> CandleSeries:
    """High, low, close of each minute."""
    series = CandleSeries(CandleInterval.M1)
    series.merge(
        [
            Candle(
                TimestampMs(60_000 * n), Price(close), Price(high), Price(low), Price(close),
                Lots(1),
            )
            for n, (high, low, close) in enumerate(rows)
        ]
    )  # fmt: skip
    return series


def test_too_few_candles_have_no_average() -> None:
    assert average_true_range(a_series(*[(110, 100, 105)] * 15)) is None
    assert average_true_range(a_series(*[(110, 100, 105)] * 16)) == 10


def test_the_candle_that_still_grows_does_not_count() -> None:
    rows = [(110, 100, 105)] * 15
    assert average_true_range(a_series(*rows, (900, 1, 500))) == 10


def test_a_jump_between_candles_is_part_of_the_range() -> None:
    rows = [(10, 10, 10), (20, 20, 20), (20, 20, 20)]
    assert average_true_range(a_series(*rows), period=1) == 10


@pytest.mark.parametrize(("period", "expected"), [(2, Decimal("12.5")), (3, Decimal(35) / 3)])
def test_later_ranges_weigh_one_part_of_the_period(period: int, expected: Decimal) -> None:
    rows = [(100, 100, 100), (110, 100, 105), (110, 100, 105), (115, 100, 105), (1, 1, 1)]
    assert average_true_range(a_series(*rows), period=period) == expected
