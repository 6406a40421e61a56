"""Index, premium and funding: the same at every question, joined to what was shown live."""

from __future__ import annotations

import base64
import itertools
import random
import zlib
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.simexchange.market.contracts import CONTRACTS
from terminal.simexchange.market.history import start_of
from terminal.simexchange.market.path import DAY_MS, MINUTE_MS, PricePath
from terminal.simexchange.market.series import (
    CYCLE_MS,
    FUNDING_CAP,
    HOUR_MS,
    SECOND_MS,
    Series,
    rate,
)
from terminal.simexchange.rest.series_calls import GRANULARITIES
from terminal.simexchange.saved.graph import Reader, Writer

SPEC = CONTRACTS[2]
NOW_MS = 1_760_000_030_000
YEAR_MS = 365 * DAY_MS


def a_series(seed: str = "7") -> Series:
    series = Series(SPEC, PricePath(SPEC, seed, NOW_MS), seed, NOW_MS)
    series.observe(NOW_MS, SPEC.start_ticks, series.crowd_premium(NOW_MS))
    return series


def test_a_market_that_opens_across_a_settlement_knows_its_rate() -> None:
    """Opened a moment before eight o'clock, it is asked first for a rate a moment after."""
    at_ms = NOW_MS - NOW_MS % CYCLE_MS + CYCLE_MS
    opened = Series(SPEC, PricePath(SPEC, "7", at_ms - 1), "7", at_ms - 1)
    asked = opened.funding_rate(at_ms + CYCLE_MS, CYCLE_MS)
    later = Series(SPEC, PricePath(SPEC, "7", at_ms + 1), "7", at_ms + 1)
    assert asked == pytest.approx(later.funding_rate(at_ms + CYCLE_MS, CYCLE_MS), abs=2e-6)


def gone_on(series: Series) -> Series:
    """A new series that goes on from what is kept of one."""
    writer = Writer()
    written = writer.value(series)
    new = Series(SPEC, PricePath(SPEC, "7", NOW_MS), "7", NOW_MS)
    reader = Reader(writer.classes, {"market.series.Series": Series}, [], 0)
    reader.value(written, new)
    return new


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


OPENED_MS = NOW_MS - NOW_MS % MINUTE_MS


def shown(
    dice: random.Random, series: Series, asks: random.Random | None = None
) -> tuple[Series, list[tuple[int, float]]]:
    """Let a series be shown seven hours or more; also index and premium by seconds since it opened.

    Now and then nothing is shown for minutes or hours. With ``asks`` somebody asks meanwhile, and
    it is gone on with from its state once.
    """
    # The first second that was shown also stands for those before it.
    index, premium, at_ms = SPEC.start_ticks, series.premium(NOW_MS), NOW_MS + SECOND_MS
    values = [(index, premium)] * ((NOW_MS - OPENED_MS) // SECOND_MS + 1)
    while len(values) < 7 * 3600:
        pause_s = dice.choice((90, 700, 4000, 9000)) if dice.random() < 0.002 else 0
        at_ms += pause_s * SECOND_MS + dice.randrange(400, 9000)
        index += dice.randrange(-40, 41)
        premium = dice.randrange(-900, 900) / 1_000_000
        series.observe(at_ms, index, premium)
        second = (at_ms - OPENED_MS) // SECOND_MS
        values += [values[-1]] * (second + 1 - len(values))
        values[second] = index, premium
        if asks is not None and asks.random() < 0.05:
            ago_ms = asks.randrange(at_ms - OPENED_MS)
            series.index(at_ms - ago_ms)
            series.average_premium(at_ms - ago_ms, at_ms)
            series.index_figures(OPENED_MS, at_ms - at_ms % MINUTE_MS + MINUTE_MS)
            series.funding_rate(at_ms - at_ms % HOUR_MS, HOUR_MS)
            if asks.random() < 0.02:
                series = gone_on(series)
    return series, values


@given(st.integers(0, 1 << 30))
@settings(max_examples=12)
def test_figures_of_what_is_long_ago_are_those_of_all_its_seconds(seed: int) -> None:
    """Of minutes and whatever is made of them, though most of their seconds are forgotten."""
    series, values = shown(random.Random(seed), a_series())
    end_s = len(values) // 60 * 60
    for minutes in sorted(GRANULARITIES):
        first_ms = start_of(OPENED_MS, minutes)
        for start_ms in range(first_ms, OPENED_MS + end_s * SECOND_MS, minutes * MINUTE_MS):
            first_s = (start_ms - OPENED_MS) // SECOND_MS
            last_s = min(first_s + minutes * 60, end_s)
            found = series.index_figures(start_ms, OPENED_MS + last_s * SECOND_MS)
            told = [index for index, _ in values[max(0, first_s) : last_s]]
            assert found.close == told[-1]
            if first_s >= 0:
                assert found == (told[0], max(told), min(told), told[-1])
    for second in range(0, end_s, 60):
        at_ms = OPENED_MS + second * SECOND_MS
        assert (series.index(at_ms), series.premium(at_ms)) == values[second]
        assert series.index(at_ms + MINUTE_MS - SECOND_MS) == values[second + 59][0]
    count = end_s // 60
    mean = sum((number + 1) * values[60 * number][1] for number in range(count))
    assert series.average_premium(OPENED_MS, OPENED_MS + end_s * SECOND_MS) == pytest.approx(
        mean / (count * (count + 1) / 2), abs=1e-12
    )


@given(st.integers(0, 1 << 30))
@settings(max_examples=8)
def test_two_hours_are_kept_by_the_second_and_what_is_older_stays_near(seed: int) -> None:
    """An older second has a value of its minute, or the one with which the minute began."""
    series, values = shown(random.Random(seed), a_series())
    for second in range(len(values)):
        found = series.index(OPENED_MS + second * SECOND_MS)
        if second >= len(values) - 7200:
            assert found == values[second][0]
        else:
            minute = second - second % 60
            near = {value for value, _ in values[minute : second + 1]}
            assert found in near


@given(st.integers(0, 1 << 30), st.integers(0, 1 << 30))
@settings(max_examples=8)
def test_what_is_forgotten_does_not_depend_on_who_asks_or_on_a_restart(seed: int, ask: int) -> None:
    one, values = shown(random.Random(seed), a_series())
    two, _ = shown(random.Random(seed), a_series(), random.Random(ask))
    for second in range(len(values)):
        at_ms = OPENED_MS + second * SECOND_MS
        assert (one.index(at_ms), one.premium(at_ms)) == (two.index(at_ms), two.premium(at_ms))


def test_a_day_by_the_second_keeps_four_points_of_each_minute() -> None:
    """And the last hours as they were."""
    series = a_series()
    for second in range(86_400):
        series.observe(NOW_MS + second * SECOND_MS, SPEC.start_ticks + second * 7919 % 1009, 0.0)
    kept = Writer().value(series)[3]["_at"]
    points = len(zlib.decompress(base64.b64decode(kept[2]))) // array("I").itemsize
    assert 7200 <= points <= 4 * 22 * 60 + 7200 + 660


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
