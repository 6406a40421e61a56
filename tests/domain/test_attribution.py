"""Which changes of a level were trades: whichever was heard first, nothing is counted twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.attribution import HOLD_MS, WAIT_MS, Attribution, MakerChange
from terminal.domain.units import Lots, Price, Side

AT = Price(100)
LATER = HOLD_MS + WAIT_MS


def changes(attribution: Attribution, now_ms: int) -> list[int]:
    return [found.lots for found in attribution.settled(now_ms)]


def test_a_loss_that_a_trade_explains_is_no_pull_whichever_comes_first() -> None:
    for trade_first in (False, True):
        attribution = Attribution()
        if trade_first:
            attribution.traded(Side.SELL, AT, Lots(5), 0)
            assert attribution.waits_for_book(Side.SELL, AT) == 5
        attribution.changed(Side.BUY, AT, -5, 0)
        if not trade_first:
            assert attribution.unexplained(Side.BUY, AT) == [5]
            attribution.traded(Side.SELL, AT, Lots(5), HOLD_MS - 1)
        assert attribution.is_settled
        assert changes(attribution, LATER) == []


def test_a_loss_without_a_trade_is_a_pull_once_it_waited() -> None:
    attribution = Attribution()
    attribution.changed(Side.BUY, AT, -5, 0)
    assert changes(attribution, HOLD_MS - 1) == []
    assert attribution.settled(HOLD_MS) == [MakerChange(Side.BUY, AT, -5)]
    assert changes(attribution, LATER) == []


def test_a_trade_of_another_price_or_side_explains_nothing() -> None:
    attribution = Attribution()
    attribution.changed(Side.BUY, AT, -5, 0)
    attribution.traded(Side.BUY, AT, Lots(5), 0)
    attribution.traded(Side.SELL, Price(101), Lots(5), 0)
    assert changes(attribution, HOLD_MS) == [-5]


def test_the_loss_of_just_that_size_is_the_trade_and_older_ones_are_pulls_at_once() -> None:
    attribution = Attribution()
    for lots in (-7, -3, -9):
        attribution.changed(Side.BUY, AT, lots, 0)
    attribution.traded(Side.SELL, AT, Lots(3), 0)
    assert changes(attribution, 0) == [-7]
    assert attribution.unexplained(Side.BUY, AT) == [9]


def test_one_change_may_be_of_several_trades() -> None:
    attribution = Attribution()
    attribution.changed(Side.SELL, AT, -9, 0)
    attribution.traded(Side.BUY, AT, Lots(4), 0)
    attribution.traded(Side.BUY, AT, Lots(3), 0)
    assert changes(attribution, HOLD_MS) == [-2]


def test_a_trade_that_left_the_level_as_it_was_met_lots_that_were_put_back() -> None:
    attribution = Attribution()
    attribution.traded(Side.BUY, AT, Lots(4), 0)
    assert changes(attribution, WAIT_MS - 1) == []
    assert changes(attribution, WAIT_MS) == [4]


def test_after_a_hole_nothing_waits() -> None:
    attribution = Attribution()
    attribution.changed(Side.BUY, AT, -5, 0)
    attribution.changed(Side.BUY, AT, 8, 0)
    attribution.traded(Side.BUY, AT, Lots(4), 0)
    attribution.forget()
    assert changes(attribution, LATER) == []
    assert attribution.is_settled


EVENTS = st.lists(
    st.tuples(st.booleans(), st.integers(1, 3), st.integers(-9, 9), st.integers(0, HOLD_MS)),
    max_size=50,
)


@given(EVENTS)
def test_in_the_end_what_makers_did_is_what_changed_and_what_was_traded(
    events: list[tuple[bool, int, int, int]],
) -> None:
    attribution, now_ms, owed, found = Attribution(), 0, {1: 0, 2: 0, 3: 0}, {1: 0, 2: 0, 3: 0}
    settled: list[MakerChange] = []
    for is_trade, price, lots, wait_ms in events:
        now_ms += wait_ms
        if is_trade:
            attribution.traded(Side.SELL, Price(price), Lots(abs(lots) or 1), now_ms)
            owed[price] += abs(lots) or 1
        else:
            attribution.changed(Side.BUY, Price(price), lots, now_ms)
            owed[price] += lots
        settled += attribution.settled(now_ms)
    settled += attribution.settled(now_ms + LATER)
    for change in settled:
        found[change.price] += change.lots
    assert found == owed
    assert attribution.is_settled
