"""Index, premium and funding: the same at every question, joined to what was shown live."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.market.contracts import CONTRACTS
from terminal.simexchange.market.path import DAY_MS, MINUTE_MS, PricePath
from terminal.simexchange.market.series import (
    CYCLE_MS,
    FUNDING_CAP,
    SECOND_MS,
    Series,
    rate,
)

SPEC = CONTRACTS[2]
NOW_MS = 1_760_000_030_000
YEAR_MS = 365 * DAY_MS


def a_series(seed: str = "7") -> Series:
    series = Series(SPEC, PricePath(SPEC, seed, NOW_MS), seed, NOW_MS)
    series.observe(NOW_MS, SPEC.start_ticks, series.crowd_premium(NOW_MS))
    return series


SERIES = a_series()
SECONDS = st.integers((NOW_MS - YEAR_MS) // SECOND_MS, NOW_MS // SECOND_MS).map(
    lambda second: second * SECOND_MS
)


@given(SECONDS)
def test_a_second_is_the_same_in_every_run_and_within_its_minute(at_ms: int) -> None:
    value = SERIES.index(at_ms)
    assert a_series().index(at_ms) == value
    start_ms = at_ms - at_ms % MINUTE_MS
    figures = SERIES.index_figures(start_ms, start_ms + MINUTE_MS)
    assert figures.low <= value <= figures.high
    assert figures.open == SERIES.index(start_ms)


@given(st.integers(0, 3000), st.lists(st.integers(1, 200), min_size=1, max_size=5))
def test_figures_of_a_span_are_merged_of_its_parts(back: int, sizes: list[int]) -> None:
    """Before the opening, over it, and after it."""
    series = a_series()
    for number in range(300):
        series.observe(NOW_MS + number * 777, SPEC.start_ticks + number * 37 % 91, 0.0001)
    start_ms = NOW_MS - NOW_MS % MINUTE_MS + (100 - back) * MINUTE_MS
    edges = [start_ms + minutes * MINUTE_MS for minutes in itertools.accumulate([0, *sizes])]
    parts = [series.index_figures(*edge) for edge in itertools.pairwise(edges)]
    whole = series.index_figures(edges[0], edges[-1])
    assert whole.open == parts[0].open
    assert whole.high == max(part.high for part in parts)
    assert whole.low == min(part.low for part in parts)
    assert whole.close == parts[-1].close


def test_what_was_shown_is_what_is_told_later() -> None:
    series = a_series()
    series.observe(NOW_MS + 5_000, 151_000, 0.0002)
    series.observe(NOW_MS + 5_900, 151_001, 0.0003)  # the last word of the same second
    series.observe(NOW_MS + 9_000, 150_900, -0.0001)
    assert [series.index(NOW_MS + second * 1000) for second in (0, 4, 5, 8, 9, 99)] == [
        SPEC.start_ticks,
        SPEC.start_ticks,
        151_001,
        151_001,
        150_900,
        150_900,
    ]
    assert series.premium(NOW_MS + 6_000) == 0.0003
    assert series.premium(NOW_MS + 10_000) == -0.0001


def test_the_index_joins_without_a_jump() -> None:
    values = [SERIES.index(NOW_MS - second * 1000) for second in range(600)]
    jumps = [abs(a - b) / a for a, b in itertools.pairwise(values)]
    assert 0 < max(jumps) < 0.002


def test_later_minutes_weigh_more_in_the_mean_premium() -> None:
    from_ms = NOW_MS - NOW_MS % MINUTE_MS - 3 * MINUTE_MS
    one, two, three = (SERIES.premium(from_ms + minute * MINUTE_MS) for minute in range(3))
    assert SERIES.average_premium(from_ms, from_ms + 3 * MINUTE_MS) == pytest.approx(
        (one + 2 * two + 3 * three) / 6
    )


@pytest.mark.parametrize(
    ("premium", "told"),
    [
        (0.0, 0.0001),  # the interest of eight hours
        (0.0006, 0.0001),  # as far as the clamp reaches
        (0.0007, 0.0002),
        (-0.0004, 0.0001),
        (-0.0010, -0.0005),
        (0.5, FUNDING_CAP),
        (-0.5, -FUNDING_CAP),
    ],
)
def test_the_rate_is_that_of_the_reference(premium: float, told: float) -> None:
    assert rate(premium, CYCLE_MS) == pytest.approx(told)


@given(st.floats(-1, 1), st.sampled_from([MINUTE_MS, 3_600_000, 14_400_000, CYCLE_MS]))
def test_the_rate_stays_within_floor_and_cap(premium: float, interval_ms: int) -> None:
    assert -FUNDING_CAP <= rate(premium, interval_ms) <= FUNDING_CAP


def test_rates_differ_and_are_told_again() -> None:
    settles = [CYCLE_MS * (NOW_MS // CYCLE_MS - number) for number in range(60)]
    rates = [SERIES.funding_rate(at_ms, CYCLE_MS) for at_ms in settles]
    assert len(set(rates)) > 5
    assert [a_series().funding_rate(at_ms, CYCLE_MS) for at_ms in settles] == rates


def test_a_rate_is_made_by_the_cycle_before_the_one_it_ends() -> None:
    settles_ms = CYCLE_MS * (NOW_MS // CYCLE_MS - 9)
    made_ms = settles_ms - CYCLE_MS
    premium = SERIES.average_premium(made_ms - CYCLE_MS, made_ms)
    assert SERIES.funding_rate(settles_ms, CYCLE_MS) == rate(premium, CYCLE_MS)
    assert SERIES.predicted_rate(made_ms, made_ms - CYCLE_MS, CYCLE_MS) == rate(premium, CYCLE_MS)
