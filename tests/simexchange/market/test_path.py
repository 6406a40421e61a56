"""The path of a price: the same figures whoever asks, whenever, and always the exact merger."""

from __future__ import annotations

import itertools
import math
import statistics
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.market.contracts import CONTRACTS, ContractSpec
from terminal.simexchange.market.path import CHAIN, DAY_MINUTES, MINUTE_MS, Dice, PricePath
from tests.support.returns import correlation, figures_of

SPEC = CONTRACTS[0]
NOW_MS = 1_760_000_030_000
OPENED = NOW_MS // MINUTE_MS
YEAR = 365 * DAY_MINUTES


def a_path(seed: str = "7", spec: ContractSpec = SPEC) -> PricePath:
    return PricePath(spec, seed, NOW_MS)


PATH = a_path()


@given(st.integers(OPENED - 3 * YEAR, OPENED + YEAR))
def test_a_minute_is_the_same_in_every_run_and_joins_the_next(minute: int) -> None:
    one = PATH.span(minute, 1)
    assert a_path().span(minute, 1) == one
    assert one.close == PATH.span(minute + 1, 1).open
    assert 0 < one.low <= min(one.open, one.close)
    assert one.high >= max(one.open, one.close)
    assert one.lots or one.high == one.low


@given(
    st.sampled_from([spec.symbol for spec in CONTRACTS]),
    st.integers(OPENED - YEAR, OPENED),
    st.sampled_from(list(itertools.pairwise(CHAIN))),
)
def test_a_span_is_the_exact_merger_of_its_parts(
    symbol: str, minute: int, sizes: tuple[int, int]
) -> None:
    path = PATHS[symbol]
    size, part = sizes
    whole = path.span(minute - minute % size, size)
    parts = [path.span(whole.start + at, part) for at in range(0, size, part)]
    traded = [one for one in parts if one.lots]
    assert (whole.open, whole.close) == (parts[0].open, parts[-1].close)
    assert whole.high == max(one.high for one in traded)
    assert whole.low == min(one.low for one in traded)
    assert whole.lots == sum(one.lots for one in traded)
    assert whole.traded == sum(one.traded for one in traded)
    assert all(before.close == after.open for before, after in itertools.pairwise(parts))


PATHS = {spec.symbol: a_path(spec=spec) for spec in CONTRACTS}


def test_it_ends_at_the_start_price() -> None:
    for spec in CONTRACTS:
        last = PATHS[spec.symbol].span(OPENED - 1, 1)
        assert last.close == spec.start_ticks
        assert last.lots > 0


def test_another_seed_is_another_path() -> None:
    assert a_path("8").price(OPENED - 500) != PATH.price(OPENED - 500)


@pytest.mark.parametrize("seed", ["7", "11", "23"])
def test_a_year_stays_plausible_and_the_far_future_too(seed: str) -> None:
    """No price of a year is a third or three times another one's."""
    for spec in CONTRACTS:
        path = a_path(seed, spec)
        first = OPENED - OPENED % DAY_MINUTES
        days = [path.span(first + day * DAY_MINUTES, DAY_MINUTES) for day in range(-365, 365, 5)]
        assert max(day.high for day in days) < 3.5 * spec.start_ticks
        assert min(day.low for day in days) > spec.start_ticks / 3.5
        moves = [math.log(day.close / day.open) for day in days]
        assert 0.4 * spec.daily < statistics.pstdev(moves) < 2.5 * spec.daily


@pytest.mark.parametrize("seed", ["7", "11", "23"])
def test_minutes_have_the_character_of_markets(seed: str) -> None:
    """Fat tails, clusters, and no way to tell the next minute's direction; 5,000 minutes."""
    path = a_path(seed)
    spans = (path.span(OPENED - 5_000 + at, 1) for at in range(5_000))
    figures = figures_of([span.right - span.left for span in spans])
    assert figures.kurtosis > 1
    assert figures.absolute_at_10 > 0.08
    assert abs(figures.first) < 0.06


def test_contracts_move_together_those_of_a_base_as_one() -> None:
    def hours(symbol: str) -> list[float]:
        path, first = PATHS[symbol], OPENED - OPENED % 60
        spans = (path.span(first - 60 * back, 60) for back in range(1, 1500))
        return [span.right - span.left for span in spans]

    major = hours("XBTUSDTM")
    assert correlation(major, hours("XBTUSDM")) > 0.99
    assert correlation(major, hours("XBTUSDCM")) > 0.99
    for symbol in ("ETHUSDTM", "SOLUSDTM", "DOGEUSDTM", "LTCUSDTM"):
        assert 0.3 < correlation(major, hours(symbol)) < 0.97


def test_days_have_a_season_and_regimes() -> None:
    first = OPENED - OPENED % DAY_MINUTES
    nights, noons = [], []
    for day in range(-60, 0):
        hours = [PATH.span(first + day * DAY_MINUTES + hour * 60, 60) for hour in range(24)]
        nights.append(sum(hour.lots for hour in hours[3:6]))
        noons.append(sum(hour.lots for hour in hours[13:16]))
    assert sum(noons) > 1.7 * sum(nights)
    days = [PATH.span(first + day * DAY_MINUTES, DAY_MINUTES).room for day in range(-120, 0)]
    assert max(days) > 3 * min(days)


def test_within_a_minute_it_goes_from_its_open_to_its_close() -> None:
    span = PATH.span(OPENED + 3, 1)
    path, rooms = PATH.inner(OPENED + 3, 8)
    assert len(path) == len(rooms) + 1 == 257
    assert (path[0], path[-1]) == (span.left, span.right)
    assert statistics.fmean(rooms) == pytest.approx(1.0)
    assert a_path().inner(OPENED + 3, 8) == (path, rooms)


def test_any_page_is_made_in_a_blink() -> None:
    """Five hundred rows of every size, of a path that nobody asked before."""
    for size in CHAIN:
        path = a_path(str(size))
        last = OPENED - OPENED % size
        began = time.process_time()
        for back in range(1, 366 if size == DAY_MINUTES else 501):
            path.span(last - back * size, size)
        assert time.process_time() - began < 1.0


def test_dice_are_even() -> None:
    dice = Dice("x")
    thrown = [dice.gauss(3, place) for place in range(-5_000, 5_000)]
    assert abs(statistics.mean(thrown)) < 0.05
    assert 0.95 < statistics.pstdev(thrown) < 1.05
    assert max(map(abs, thrown)) <= 3.47
