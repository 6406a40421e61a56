"""How far a market usually moves in one candle: Wilder's average true range."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from terminal.domain.candles import CandleSeries

PERIOD = 14
MOST_CANDLES = 10 * PERIOD
"""Older candles weigh less than a thousandth."""


def average_true_range(series: CandleSeries, period: int = PERIOD) -> Decimal | None:
    """The average true range of the closed candles, in ticks; None while there are too few.

    The last candle still grows and does not count. Candles beside a hole count as neighbors: where
    nothing was traded nothing moved. Source: Wilder 1978, the first value a plain average.
    """
    last = len(series) - 1
    first = max(1, last - MOST_CANDLES)
    ranges = [
        max(series.highs[n], series.closes[n - 1]) - min(series.lows[n], series.closes[n - 1])
        for n in range(first, last)
    ]
    if len(ranges) < period:
        return None
    average = Decimal(sum(ranges[:period])) / period
    for one in ranges[period:]:
        average += (one - average) / period
    return average
