"""The live end of a candle series: nothing counted twice, nothing lost, whatever the order."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.candles import Candle, CandleInterval
from terminal.domain.clock import TimestampMs, TimestampNs
from terminal.domain.events import CandleUpdate, PublicTrade
from terminal.domain.units import Lots, Price, Side
from terminal.session.candle_edge import PENDING_LIMIT, CandleEdge
from tests.support.builders import XBT

MINUTE = 60_000
BASE = 1_760_000_040_000


def a_trade(at: int, price: int, lots: int, number: int | None = None) -> PublicTrade:
    """A trade so many ms after ``BASE``."""
    name = at if number is None else number
    stamp = TimestampNs((BASE + at) * 1_000_000)
    return PublicTrade(XBT, name, Side.BUY, Price(price), Lots(lots), f"t{name}", stamp)


def a_candle(minute: int, prices: tuple[int, int, int, int], lots: int) -> Candle:
    opened, high, low, close = (Price(price) for price in prices)
    return Candle(TimestampMs(BASE + minute * MINUTE), opened, high, low, close, Lots(lots))


def a_frame(at: int, candle: Candle) -> CandleUpdate:
    return CandleUpdate(XBT, CandleInterval.M1, candle, TimestampMs(BASE + at))


def of(edge: CandleEdge) -> list[Candle]:
    return [edge.series.candle(index) for index in range(len(edge.series))]


def candles_of(trades: list[PublicTrade]) -> list[Candle]:
    """What the exchange would tell of these trades."""
    grouped: dict[int, list[PublicTrade]] = defaultdict(list)
    for trade in trades:
        grouped[CandleInterval.M1.start_of(TimestampMs(trade.event_at // 1_000_000))].append(trade)
    return [
        Candle(
            TimestampMs(start),
            some[0].price,
            Price(max(trade.price for trade in some)),
            Price(min(trade.price for trade in some)),
            some[-1].price,
            Lots(sum(trade.lots for trade in some)),
        )
        for start, some in sorted(grouped.items())
    ]


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[PublicTrade], list[Any]]:
    """Trades over some minutes and frames of them, each in its own order, mixed at will."""
    moments = sorted(draw(st.sets(st.integers(0, 4 * MINUTE - 1), min_size=1, max_size=25)))
    trades = [
        a_trade(at, draw(st.integers(90, 110)), draw(st.integers(1, 9)), number)
        for number, at in enumerate(moments)
    ]
    frames: list[CandleUpdate] = []
    for at in sorted(draw(st.sets(st.integers(0, 5 * MINUTE), max_size=10))):
        seen = [trade for trade in trades if trade.event_at <= (BASE + at) * 1_000_000]
        if seen:
            frames.append(a_frame(at, candles_of(seen)[-1]))
    waiting: list[list[Any]] = [list(trades), frames]
    mixed: list[Any] = []
    while any(waiting):
        pile = draw(st.sampled_from([one for one in waiting if one]))
        mixed.append(pile.pop(0))
        if draw(st.integers(0, 9)) == 0 and isinstance(mixed[-1], PublicTrade):
            mixed.append(mixed[-1])
    return trades, mixed


@given(streams())
def test_the_series_is_the_truth_however_trades_and_frames_are_mixed(
    stream: tuple[list[PublicTrade], list[Any]],
) -> None:
    """Volumes and extremes are exact when all was heard, even with doubled trades."""
    trades, mixed = stream
    edge = CandleEdge(CandleInterval.M1)
    for one in mixed:
        before = of(edge)
        change = edge.frame(one) if isinstance(one, CandleUpdate) else edge.trade(one)
        after = of(edge)
        assert change.length == len(after)
        assert after[change.prepended : change.first] == before[: change.first - change.prepended]
    truth = candles_of(trades)
    newest_two = {candle.start_at: candle for candle in truth[-2:]}
    for candle in of(edge):
        true = newest_two.get(candle.start_at)
        if true is not None:
            assert (candle.high, candle.low, candle.lots) == (true.high, true.low, true.lots)
    assert of(edge)[-1] == truth[-1]


def test_a_candle_that_was_read_keeps_its_volume_until_a_frame_tells() -> None:
    """Trades heard beside an answer may be in it: they move the price, not the volume."""
    edge = CandleEdge(CandleInterval.M1)
    edge.trade(a_trade(1_000, 104, 3))
    edge.history([a_candle(-1, (100, 101, 99, 100), 8), a_candle(0, (100, 103, 99, 102), 20)])
    assert edge.series.candle(-1) == a_candle(0, (100, 104, 99, 104), 20)
    edge.trade(a_trade(2_000, 98, 5))
    assert edge.series.candle(-1) == a_candle(0, (100, 104, 98, 98), 20)
    edge.frame(a_frame(1_500, a_candle(0, (100, 104, 99, 104), 23)))
    assert edge.series.candle(-1) == a_candle(0, (100, 104, 98, 98), 28)


def test_an_answer_that_is_older_than_a_frame_changes_nothing_of_the_forming_candle() -> None:
    """Requests are answered late; the stream knows better."""
    edge = CandleEdge(CandleInterval.M1)
    edge.frame(a_frame(1_500, a_candle(0, (100, 104, 99, 104), 23)))
    edge.history([a_candle(-1, (100, 101, 99, 100), 8), a_candle(0, (100, 100, 100, 100), 1)])
    assert [candle.lots for candle in of(edge)] == [8, 23]


def test_a_closed_candle_that_is_read_again_is_believed() -> None:
    """The last frame of a minute may have come before its last trade."""
    edge = CandleEdge(CandleInterval.M1)
    edge.frame(a_frame(1_500, a_candle(0, (100, 104, 99, 104), 23)))
    edge.trade(a_trade(MINUTE + 5, 105, 2))
    change = edge.history([a_candle(0, (100, 106, 99, 105), 30)])
    assert [candle.lots for candle in of(edge)] == [30, 2]
    assert change.first == 0


def test_frames_that_come_late_do_not_turn_time_back() -> None:
    """A frame older than another of its candle, or of an older candle, is left out."""
    edge = CandleEdge(CandleInterval.M1)
    edge.frame(a_frame(2_000, a_candle(0, (100, 104, 99, 104), 23)))
    assert edge.frame(a_frame(1_000, a_candle(0, (100, 100, 100, 100), 1))).is_empty
    edge.frame(a_frame(MINUTE + 5, a_candle(1, (104, 104, 104, 104), 1)))
    assert edge.frame(a_frame(59_000, a_candle(0, (100, 100, 100, 100), 1))).is_empty
    assert [candle.lots for candle in of(edge)] == [23, 1]


def test_after_a_lost_stream_the_volume_waits_for_the_exchange() -> None:
    """What was traded meanwhile is not known, so what is heard is not added to it."""
    edge = CandleEdge(CandleInterval.M1)
    edge.frame(a_frame(1_500, a_candle(0, (100, 104, 99, 104), 23)))
    edge.lost()
    edge.trade(a_trade(20_000, 110, 7))
    assert edge.series.candle(-1) == a_candle(0, (100, 110, 99, 110), 23)
    edge.frame(a_frame(21_000, a_candle(0, (100, 112, 99, 110), 60)))
    assert edge.series.candle(-1) == a_candle(0, (100, 112, 99, 110), 60)


def test_an_exchange_that_sends_no_frames_does_not_fill_the_memory() -> None:
    """Trades are kept for a frame that may come, but not without end."""
    edge = CandleEdge(CandleInterval.W1)
    for number in range(PENDING_LIMIT + 50):
        edge.trade(a_trade(number, 100, 1, number))
    assert len(edge._pending) == PENDING_LIMIT
    assert edge.series.candle(-1).lots == PENDING_LIMIT + 50


def test_trades_go_on_into_a_new_candle_and_leave_holes() -> None:
    """An interval without a trade has no candle."""
    edge = CandleEdge(CandleInterval.M1)
    edge.trade(a_trade(5, 100, 1))
    edge.trade(a_trade(3 * MINUTE, 101, 2))
    assert [candle.start_at - BASE for candle in of(edge)] == [0, 3 * MINUTE]


def test_a_trade_that_comes_after_its_closed_candle_was_read_is_not_counted_again() -> None:
    """The stream is late: what was read when all was over has it already."""
    edge = CandleEdge(CandleInterval.M1)
    edge.trade(a_trade(100, 10, 1))
    edge.trade(a_trade(MINUTE + 100, 12, 1))
    whole = a_candle(0, (10, 30, 10, 30), 3)
    edge.closed([whole])
    assert edge.trade(a_trade(59_000, 30, 2)).is_empty
    assert of(edge)[0] == whole
    edge.trade(a_trade(MINUTE + 200, 13, 4))
    assert of(edge)[1].lots == 5
