"""Traded lots at each price: sums, clears, the point of control, rows, and the bound."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.clock import TimestampMs
from terminal.domain.units import Lots, Price, Side
from terminal.domain.volume_profile import VolumeProfile

Traded = tuple[Side, int, int]
TRADES = st.lists(
    st.tuples(st.sampled_from(Side), st.integers(1, 40), st.integers(1, 9)), max_size=60
)


def profile_of(trades: list[Traded], kept: int = 1000) -> VolumeProfile:
    profile = VolumeProfile(TimestampMs(1), kept)
    for taker, price, lots in trades:
        profile.add(taker, Price(price), Lots(lots))
    return profile


def counted(trades: list[Traded]) -> Counter[tuple[Side, int]]:
    found: Counter[tuple[Side, int]] = Counter()
    for taker, price, lots in trades:
        found[taker, price] += lots
    return found


def assert_is(profile: VolumeProfile, trades: list[Traded]) -> None:
    found = counted(trades)
    for price in range(42):
        at = profile.at(Price(price))
        assert at == (found[Side.BUY, price], found[Side.SELL, price])
    assert profile.bought == sum(lots for taker, _, lots in trades if taker is Side.BUY)
    assert profile.sold == sum(lots for taker, _, lots in trades if taker is Side.SELL)
    most = profile.point_of_control
    totals = [profile.at(Price(price)).total for price in range(42)]
    assert profile.most() == max(totals)
    assert (most is None) == (not trades)
    assert most is None or totals[most] == max(totals)


@given(TRADES)
def test_every_lot_is_counted_once_at_its_price_and_side(trades: list[Traded]) -> None:
    assert_is(profile_of(trades), trades)


@given(TRADES, st.integers(0, 41), st.booleans(), TRADES)
def test_a_clear_above_or_below_drops_that_and_nothing_else(
    trades: list[Traded], price: int, above: bool, later: list[Traded]
) -> None:
    profile = profile_of(trades)
    (profile.clear_above if above else profile.clear_below)(Price(price))
    left = [one for one in trades if (one[1] <= price if above else one[1] >= price)]
    assert_is(profile, left)
    for taker, at, lots in later:
        profile.add(taker, Price(at), Lots(lots))
    assert_is(profile, left + later)


@given(TRADES, st.integers(1, 7), st.integers(1, 7), TRADES)
def test_rows_are_the_sums_of_their_prices_whatever_the_step_was_before(
    trades: list[Traded], step: int, other: int, later: list[Traded]
) -> None:
    profile = profile_of(trades)
    bought, sold = [9] * 50, [9] * 50
    profile.fill_rows(45, other, bought, sold)
    profile.fill_rows(45, step, bought, sold)
    for taker, at, lots in later:
        profile.add(taker, Price(at), Lots(lots))
    profile.fill_rows(45, step, bought, sold)
    found = counted(trades + later)
    for offset in range(50):
        ticks = range((45 - offset) * step, (45 - offset) * step + step)
        assert bought[offset] == sum(found[Side.BUY, price] for price in ticks)
        assert sold[offset] == sum(found[Side.SELL, price] for price in ticks)


@given(TRADES)
def test_memory_is_bounded_and_what_goes_is_counted(trades: list[Traded]) -> None:
    profile = profile_of(trades, kept=8)
    assert len(profile) <= 8
    assert profile.total + profile.forgotten == sum(lots for *_, lots in trades)
    if trades:
        assert profile.at(Price(trades[-1][1])).total > 0


def test_what_is_farthest_from_the_last_trade_goes_first() -> None:
    profile = profile_of([(Side.BUY, price, 1) for price in (1, 50, 51, 52, 53)], kept=4)
    assert profile.at(Price(1)).total == 0
    assert profile.at(Price(50)).total == 1
    assert profile.forgotten == 1


def test_clearing_all_begins_anew() -> None:
    profile = profile_of([(Side.BUY, 5, 3), (Side.SELL, 5, 1)])
    assert profile.at(Price(5)).delta == 2
    profile.clear(TimestampMs(77))
    assert profile.since == 77
    assert profile.point_of_control is None
    assert profile.total == profile.most() == len(profile) == 0


@given(TRADES, st.integers(0, 41), st.sampled_from(["above", "below", "all"]), TRADES)
def test_what_was_cleared_comes_back_beside_what_was_traded_since(
    trades: list[Traded], price: int, part: str, later: list[Traded]
) -> None:
    profile = profile_of(trades)
    if part == "all":
        profile.clear(TimestampMs(9))
    else:
        (profile.clear_above if part == "above" else profile.clear_below)(Price(price))
    for taker, at, lots in later:
        profile.add(taker, Price(at), Lots(lots))
    profile.restore()
    assert_is(profile, trades + later)
    assert (profile.since, profile.can_restore) == (1, False)


@given(TRADES)
def test_what_is_kept_aside_is_bounded(trades: list[Traded]) -> None:
    profile = profile_of(trades, kept=8)
    for taker, price, lots in trades:
        profile.clear(TimestampMs(9))
        profile.add(taker, Price(price), Lots(lots))
    profile.clear(TimestampMs(9))
    profile.restore()
    assert len(profile) <= 8
