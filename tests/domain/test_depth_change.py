"""Pulling and stacking: counted by window or since the inside was here, and summed outward."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.attribution import MakerChange
from terminal.domain.depth_change import CountFrom, DepthChange, outward
from terminal.domain.units import Price, Side

BUY, SELL = Side.BUY, Side.SELL
Told = tuple[int, Side, int, int]
TOLD = st.lists(
    st.tuples(
        st.integers(0, 300),
        st.sampled_from(Side),
        st.integers(1, 12),
        st.integers(-9, 9).filter(bool),
    ),
    max_size=60,
)


def tell(changes: DepthChange, told: list[Told]) -> list[Told]:
    """Tell changes with waits in between; returns them with their times."""
    now_ms, timed = 0, []
    for wait_ms, side, price, lots in told:
        now_ms += wait_ms
        changes.add([MakerChange(side, Price(price), lots)], now_ms)
        timed.append((now_ms, side, price, lots))
    return timed


@given(TOLD, st.integers(0, 2000))
def test_a_window_holds_just_what_came_within_it(told: list[Told], wait_ms: int) -> None:
    changes = DepthChange(CountFrom.WINDOW, window_ms=1000)
    timed = tell(changes, told)
    now_ms = (timed[-1][0] if timed else 0) + wait_ms
    for side in Side:
        for price in range(1, 13):
            lots = [one[3] for one in timed if one[1:3] == (side, price) and one[0] > now_ms - 1000]
            found = changes.at(side, Price(price), now_ms)
            assert found.added == sum(one for one in lots if one > 0)
            assert found.pulled == -sum(one for one in lots if one < 0)
            assert found.changes == len(lots)
            assert found.net == sum(lots)


@given(TOLD, st.integers(1, 5), st.sampled_from(CountFrom))
def test_rows_are_the_sums_of_their_prices(
    told: list[Told], step: int, count_from: CountFrom
) -> None:
    changes = DepthChange(count_from, window_ms=1000)
    timed = tell(changes, told)
    now_ms = timed[-1][0] if timed else 0
    bids, asks = [5] * 16, [5] * 16
    changes.fill_rows(14, step, now_ms, bids=bids, asks=asks)
    for offset in range(16):
        ticks = range((14 - offset) * step, (15 - offset) * step)
        for side, rows in ((BUY, bids), (SELL, asks)):
            assert rows[offset] == sum(changes.at(side, Price(at), now_ms).net for at in ticks)


def test_since_the_inside_counts_from_when_it_last_came_to_the_price() -> None:
    changes = DepthChange(CountFrom.INSIDE)
    changes.inside(Price(10), Price(11))
    tell(changes, [(0, BUY, 9, 5), (0, BUY, 10, 3), (0, SELL, 11, 4)])
    changes.inside(Price(9), Price(11))
    assert changes.at(BUY, Price(9), 0).net == 0
    assert changes.at(BUY, Price(10), 99_999).net == 3
    assert changes.at(SELL, Price(11), 0).net == 4
    changes.inside(Price(10), Price(11))
    assert changes.at(BUY, Price(10), 0).net == 0


def test_a_clear_forgets_all_and_counting_goes_on() -> None:
    for count_from in CountFrom:
        changes = DepthChange(count_from, window_ms=1000)
        tell(changes, [(0, BUY, 9, 5), (0, SELL, 12, -4)])
        changes.clear()
        assert changes.at(BUY, Price(9), 0).changes == 0
        changes.add([MakerChange(BUY, Price(9), -2)], 10)
        assert changes.at(BUY, Price(9), 10) == (0, 2, 1)
        assert changes.at(BUY, Price(9), 5000).net == (0 if count_from is CountFrom.WINDOW else -2)


def test_memory_is_bounded_and_a_window_that_is_cut_says_so() -> None:
    changes = DepthChange(CountFrom.WINDOW, window_ms=1000, kept=3)
    tell(changes, [(10, BUY, 9, 1)] * 3)
    assert not changes.is_cut
    tell(changes, [(100, BUY, 9, 1)] * 2)
    assert changes.at(BUY, Price(9), 200).net == 3
    assert changes.is_cut
    inside = DepthChange(CountFrom.INSIDE, kept=2)
    tell(inside, [(0, BUY, price, 1) for price in (1, 2, 3)])
    assert [inside.at(BUY, Price(price), 0).net for price in (1, 2, 3)] == [0, 1, 1]


def test_sums_go_outward_from_the_inside_on_either_side() -> None:
    asks = [1, -2, 4, 0, 0, 0]
    bids = [0, 0, 0, 0, 5, -1]
    assert outward(bids, asks, (2, 4)) == [3, 2, 4, 0, 5, 4]
    assert outward(bids, asks, (-1, 9)) == [0] * 6
    assert outward(bids, asks, (9, 9))[0] == 3
    assert outward(bids, asks, (-5, -5))[5] == 4
