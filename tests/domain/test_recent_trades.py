"""Recent trades at a price: counted until the inside comes back or nothing trades for a while."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.recent_trades import RecentTrades
from terminal.domain.units import Lots, Price, Side

BUY, SELL = Side.BUY, Side.SELL


def a_count(quiet_ms: int = 1000, kept: int = 100) -> RecentTrades:
    recent = RecentTrades(quiet_ms, kept)
    recent.inside(Price(99), Price(100))
    return recent


def test_trades_at_the_inside_add_up_by_taker() -> None:
    recent = a_count()
    for taker, price, lots in ((BUY, 100, 3), (BUY, 100, 4), (SELL, 99, 5)):
        recent.add(taker, Price(price), Lots(lots), 10)
    assert recent.at(BUY, Price(100), 10) == 7
    assert recent.at(SELL, Price(99), 10) == 5
    assert recent.at(SELL, Price(100), 10) == 0


def test_a_count_stays_when_the_inside_leaves_and_ends_when_it_comes_back() -> None:
    recent = a_count()
    recent.add(BUY, Price(100), Lots(3), 10)
    recent.inside(Price(100), Price(101))
    assert recent.at(BUY, Price(100), 20) == 3
    recent.inside(Price(99), Price(100))
    assert recent.at(BUY, Price(100), 30) == 0
    recent.add(BUY, Price(100), Lots(2), 40)
    assert recent.at(BUY, Price(100), 40) == 2


@pytest.mark.parametrize(("bid", "ask"), [(98, 100), (99, 100), (None, 100)])
def test_what_the_other_side_does_ends_no_count(bid: int | None, ask: int) -> None:
    recent = a_count()
    recent.add(BUY, Price(100), Lots(3), 10)
    recent.inside(None if bid is None else Price(bid), Price(ask))
    assert recent.at(BUY, Price(100), 20) == 3


def test_an_empty_side_is_left_and_coming_back_from_it_ends_the_count() -> None:
    recent = a_count()
    recent.add(SELL, Price(99), Lots(3), 10)
    recent.inside(None, Price(100))
    assert recent.at(SELL, Price(99), 20) == 3
    recent.inside(Price(99), Price(100))
    assert recent.at(SELL, Price(99), 20) == 0


def test_a_quiet_price_is_over_and_begins_anew() -> None:
    recent = a_count(quiet_ms=1000)
    recent.add(BUY, Price(100), Lots(3), 0)
    recent.add(BUY, Price(100), Lots(3), 1000)
    assert recent.at(BUY, Price(100), 2000) == 6
    assert recent.at(BUY, Price(100), 2001) == 0
    recent.add(BUY, Price(100), Lots(1), 2001)
    assert recent.at(BUY, Price(100), 2001) == 1
    recent.clear()
    assert recent.at(BUY, Price(100), 2001) == 0


@given(
    st.lists(
        st.tuples(
            st.sampled_from(Side), st.integers(1, 30), st.integers(1, 5), st.integers(0, 400)
        ),
        max_size=40,
    ),
    st.integers(1, 6),
)
def test_rows_are_the_sums_of_their_prices(
    trades: list[tuple[Side, int, int, int]], step: int
) -> None:
    recent, now_ms = RecentTrades(1000), 0
    for taker, price, lots, wait_ms in trades:
        now_ms += wait_ms
        recent.add(taker, Price(price), Lots(lots), now_ms)
    bought, sold = [7] * 40, [7] * 40
    recent.fill_rows(35, step, now_ms, bought=bought, sold=sold)
    for offset in range(40):
        ticks = range((35 - offset) * step, (36 - offset) * step)
        for taker, rows in ((BUY, bought), (SELL, sold)):
            assert rows[offset] == sum(recent.at(taker, Price(at), now_ms) for at in ticks)


def test_memory_is_bounded_by_letting_the_quietest_price_go() -> None:
    recent = a_count(kept=2)
    for price in (100, 101, 100, 102):
        recent.add(BUY, Price(price), Lots(1), 5)
    assert [recent.at(BUY, Price(price), 5) for price in (100, 101, 102)] == [2, 0, 1]
