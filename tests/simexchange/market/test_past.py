"""The price before the opening: the same figures whoever asks, whenever, in whatever order."""

from __future__ import annotations

import itertools
import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.market.contracts import CONTRACTS
from terminal.simexchange.market.past import MINUTE_MS, Dice, Past

SPEC = CONTRACTS[0]
NOW_MS = 1_760_000_030_000
OPENED = NOW_MS // MINUTE_MS
YEAR = 365 * 24 * 60


def a_past(seed: str = "7") -> Past:
    return Past(SPEC, seed, NOW_MS)


PAST = a_past()


@given(st.integers(OPENED - 3 * YEAR, OPENED - 1))
def test_a_minute_is_the_same_in_every_run_and_joins_the_next(minute: int) -> None:
    one = PAST.minute(minute)
    assert a_past().minute(minute) == one
    assert one.close == PAST.minute(minute + 1).open
    assert 0 < one.low <= min(one.open, one.close)
    assert one.high >= max(one.open, one.close)
    assert one.lots >= 0


def test_it_ends_at_the_start_price() -> None:
    for spec in CONTRACTS:
        past = Past(spec, "7", NOW_MS)
        assert past.minute(OPENED - 1).close == pytest.approx(spec.start_ticks, rel=1e-12)
        assert past.minute(OPENED - 1).lots > 0


def test_another_seed_is_another_past() -> None:
    assert a_past("8").price(OPENED - 500) != PAST.price(OPENED - 500)


def test_it_moves_as_the_live_market_does() -> None:
    """A day's usual move is that of the measured minute, and some hours are livelier."""
    usual = SPEC.step_ticks * 1.2 * math.sqrt(SPEC.steps_per_minute) / SPEC.start_ticks
    prices = [math.log(PAST.price(OPENED - 40_000 + minute)) for minute in range(40_000)]
    moves = [after - before for before, after in itertools.pairwise(prices)]
    assert 0.6 * usual < statistics.pstdev(moves) < 1.7 * usual
    hours = [statistics.pstdev(moves[at : at + 60]) for at in range(0, 39_900, 60)]
    assert max(hours) > 3 * min(hours)


def test_one_minute_in_two_hundred_is_quiet() -> None:
    quiet = sum(PAST.minute(OPENED - minute).lots == 0 for minute in range(1, 20_001))
    assert 50 < quiet < 170


def test_dice_are_even() -> None:
    dice = Dice("x")
    thrown = [dice.gauss(3, place) for place in range(-5_000, 5_000)]
    assert abs(statistics.mean(thrown)) < 0.05
    assert 0.95 < statistics.pstdev(thrown) < 1.05
    assert max(map(abs, thrown)) <= 3.47
