"""Figures that tell the returns of a market from those of a coin."""

from __future__ import annotations

import itertools
import math
import statistics
from typing import TYPE_CHECKING, NamedTuple, final

if TYPE_CHECKING:
    from collections.abc import Sequence


@final
class Figures(NamedTuple):
    """Excess kurtosis, and autocorrelations: of returns at lag 1, of their sizes at lag 10."""

    kurtosis: float
    first: float
    absolute_at_10: float


def figures_of(returns: Sequence[float]) -> Figures:
    """The figures of a series of returns."""
    mean = statistics.fmean(returns)
    square = statistics.fmean((one - mean) ** 2 for one in returns)
    fourth = statistics.fmean((one - mean) ** 4 for one in returns)
    sizes = [abs(one) for one in returns]
    return Figures(
        fourth / square**2 - 3, correlation(returns[:-1], returns[1:]),
        correlation(sizes[:-10], sizes[10:]),
    )  # fmt: skip


def correlation(one: Sequence[float], two: Sequence[float]) -> float:
    """Of two series of the same length."""
    return statistics.correlation(one, two)


def returns_of(prices: Sequence[float]) -> list[float]:
    """Logarithms of the ratios of neighbors."""
    return [math.log(after / before) for before, after in itertools.pairwise(prices)]
