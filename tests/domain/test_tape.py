"""The tape: bursts keep every lot, the filter and the mark read them, the meter counts by time."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.clock import TimestampNs
from terminal.domain.events import PublicTrade
from terminal.domain.tape import Burst, SpeedMeter, Tape, TapeHole, TapeSettings
from terminal.domain.units import Lots, Price, Side
from tests.support.builders import XBT

MS = 1_000_000


def a_trade(taker: Side = Side.BUY, price: int = 100, lots: int = 1, at_ms: int = 0) -> PublicTrade:
    return PublicTrade(XBT, 1, taker, Price(price), Lots(lots), "t", TimestampNs(at_ms * MS))


TRADES = st.lists(
    st.tuples(st.sampled_from(Side), st.integers(1, 9), st.integers(1, 9), st.integers(0, 80)),
    max_size=50,
)


@given(TRADES, st.integers(0, 200))
def test_bursts_hold_every_trade_in_order_and_obey_their_rule(
    rows: list[tuple[Side, int, int, int]], burst_ms: int
) -> None:
    tape, at_ms, trades = Tape(TapeSettings(burst_ms)), 0, []
    for taker, price, lots, wait_ms in rows:
        at_ms += wait_ms
        trades.append(a_trade(taker, price, lots, at_ms))
        tape.add(trades[-1])
    place = 0
    previous: Burst | None = None
    for burst in tape:
        assert isinstance(burst, Burst)
        joined = trades[place : place + burst.trades]
        place += burst.trades
        assert {trade.taker_side for trade in joined} == {burst.taker}
        assert burst.lots == sum(trade.lots for trade in joined)
        assert (burst.first, burst.last) == (joined[0].price, joined[-1].price)
        assert (burst.began_at, burst.ended_at) == (joined[0].event_at, joined[-1].event_at)
        assert burst.trades == 1 or burst.ended_at - burst.began_at < burst_ms * MS
        if previous is not None and previous.taker is burst.taker:
            assert burst.began_at - previous.began_at >= burst_ms * MS
        previous = burst
    assert place == len(trades)


def test_a_burst_that_grows_keeps_its_number_and_becomes_large() -> None:
    tape = Tape(TapeSettings(burst_ms=100, large_lots=Lots(5)))
    first = tape.add(a_trade(price=100, lots=3))
    second = tape.add(a_trade(price=102, lots=2, at_ms=99))
    assert (first.number, first.is_large) == (1, False)
    assert (second.number, second.is_large, second.ticks, len(tape)) == (1, True, 2, 1)
    assert tape.add(a_trade(at_ms=100)).number == 2


def test_the_filter_hides_small_bursts_but_no_hole() -> None:
    tape = Tape(TapeSettings(burst_ms=0, least_lots=Lots(3)))
    tape.hole()
    assert len(tape) == 0, "nothing came before it"
    for lots in (5, 1, 4):
        tape.add(a_trade(lots=lots))
    tape.hole()
    tape.hole()
    tape.add(a_trade(lots=3))
    newest = tape.newest(9)
    assert [row.lots if isinstance(row, Burst) else None for row in newest] == [3, None, 4, 5]
    assert isinstance(newest[1], TapeHole)
    assert len(tape.newest(2)) == 2


def test_trades_on_both_sides_of_a_hole_are_not_joined_and_the_tape_is_bounded() -> None:
    tape = Tape(TapeSettings(burst_ms=1000), kept=3)
    tape.add(a_trade())
    tape.hole()
    tape.add(a_trade())
    assert len(tape) == 3
    tape.add(a_trade(Side.SELL))
    assert len(tape) == 3
    assert isinstance(next(iter(tape)), TapeHole)
    tape.clear()
    assert tape.add(a_trade()).number == 5


@given(
    st.lists(
        st.tuples(st.integers(0, 30_000), st.sampled_from(Side), st.integers(1, 9)), max_size=30
    ),
    st.integers(0, 70_000),
    st.sampled_from([100, 1_000, 10_000, 60_000]),
)
def test_the_meter_counts_what_came_within_the_window(
    rows: list[tuple[int, Side, int]], wait_ms: int, window_ms: int
) -> None:
    meter, now_ms, timed = SpeedMeter(), 5_000, []
    for pause_ms, taker, lots in rows:
        now_ms += pause_ms
        meter.add(taker, Lots(lots), now_ms)
        timed.append((now_ms // 100, taker, lots))
    now_ms += wait_ms
    found = meter.over(window_ms, now_ms)
    since = now_ms // 100 - window_ms // 100
    within = [one for one in timed if one[0] > since]
    assert found.window_ms == window_ms
    assert found.trades == len(within)
    assert found.bought == sum(lots for _, taker, lots in within if taker is Side.BUY)
    assert found.sold == sum(lots for _, taker, lots in within if taker is Side.SELL)
    assert found.trades_per_s == Decimal(len(within) * 1000) / window_ms
    assert found.lots_per_s == Decimal((found.bought + found.sold) * 1000) / window_ms


@given(TRADES, st.integers(0, 9), st.integers(0, 60), st.integers(1, 60))
def test_the_rows_after_a_number_are_those_that_would_be_listed(
    rows: list[tuple[Side, int, int, int]], least: int, number: int, most: int
) -> None:
    tape, at_ms = Tape(TapeSettings(burst_ms=20, least_lots=Lots(least))), 0
    for taker, price, lots, wait_ms in rows:
        at_ms += wait_ms
        tape.add(a_trade(taker, price, lots, at_ms))
        if lots == 9:
            tape.hole()
    listed = [row for row in tape.newest(1000) if row.number > number]
    assert tape.count_after(number, most) == min(most, len(listed))
    assert (tape.newest_row is None) == (len(tape) == 0)
