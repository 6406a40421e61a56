"""One contract's candles: read, followed, repaired, and honest about what they are not."""

from __future__ import annotations

import pytest

from terminal.domain.candles import Candle, CandleInterval, SeriesChange
from terminal.domain.clock import TimestampMs, TimestampNs
from terminal.domain.events import CandleUpdate, PublicTrade
from terminal.domain.units import Lots, Price, Side
from terminal.exchange.errors import TransportError
from terminal.exchange.gateway import (
    Channel,
    ChannelConfirmed,
    ChannelInterrupted,
    ChannelKind,
    ChannelRefused,
    FrameUnreadable,
)
from terminal.session.candles import CandleSession
from terminal.session.feed import Feed
from terminal.session.tasks import TaskOwner
from tests.support.builders import XBT, a_contract
from tests.support.fake_clock import START_MS, FakeClock
from tests.support.fakes import FakeMarketGateway, FakeStream

MINUTE = 60_000
NOW = START_MS - START_MS % MINUTE
M1 = CandleInterval.M1
DOWN = TransportError("down", was_sent=True)


def a_candle(minute: int, close: int = 105, lots: int = 10) -> Candle:
    """A candle so many minutes after the one that forms now."""
    start = TimestampMs(NOW + minute * MINUTE)
    return Candle(start, Price(100), Price(110), Price(90), Price(close), Lots(lots))


def a_trade(at_ms: int, price: int, lots: int = 1) -> PublicTrade:
    return PublicTrade(
        XBT,
        at_ms,
        Side.BUY,
        Price(price),
        Lots(lots),
        str(at_ms),
        TimestampNs((NOW + at_ms) * 1_000_000),
    )


class Harness:
    def __init__(self, minutes: int = 1200, interval: CandleInterval = M1) -> None:
        self.clock = FakeClock()
        self.stream = FakeStream()
        self.gateway = FakeMarketGateway()
        self.gateway.history = [a_candle(minute) for minute in range(-minutes + 1, 1)]
        self.errors: list[str] = []
        self.owner = TaskOwner("test", lambda name, error: self.errors.append(f"{name} {error!r}"))
        self.feed = Feed("market", self.stream, self.clock, self.owner)
        self.candles = CandleSession(
            a_contract(), interval, self.gateway, self.feed, self.clock, self.owner
        )
        self.changes: list[SeriesChange] = []
        self.candles.on_changed.add(self.changes.append)

    async def live(self) -> Harness:
        self.feed.start()
        self.candles.start()
        await self.clock.advance(0.5)
        return self

    def minutes(self) -> list[int]:
        return [(start - NOW) // MINUTE for start in self.candles.series.starts]

    async def end(self) -> None:
        await self.candles.stop()
        await self.feed.stop()
        await self.owner.close()
        assert not self.errors


async def test_history_is_read_and_older_pages_on_request() -> None:
    h = await Harness().live()
    assert h.minutes() == list(range(-499, 1))
    assert h.candles.has_older
    assert not h.candles.is_loading
    assert h.candles.staleness() is None
    h.candles.load_older()
    h.candles.load_older()
    assert h.candles.is_loading
    calls = len(h.gateway.candle_calls)
    await h.clock.advance(0.5)
    assert len(h.gateway.candle_calls) == calls + 1, "asked once"
    assert h.minutes() == list(range(-999, 1))
    assert h.changes[-1].prepended == 500
    h.candles.load_older()
    await h.clock.advance(0.5)
    assert h.minutes()[0] == -1199
    h.candles.load_older()
    await h.clock.advance(0.5)
    assert not h.candles.has_older
    calls = len(h.gateway.candle_calls)
    h.candles.load_older()
    await h.clock.advance(0.5)
    assert len(h.gateway.candle_calls) == calls, "the beginning was found"
    await h.end()


async def test_trades_heard_before_the_answer_do_not_stand_in_for_history() -> None:
    """The stream is faster than the request: the page is read all the same."""
    h = Harness()
    h.feed.start()
    await h.clock.advance(0.5)
    h.candles.start()
    h.stream.push(a_trade(5, 120))
    assert h.minutes() == [0]
    await h.clock.advance(0.5)
    assert h.minutes() == list(range(-499, 1))
    assert h.candles.has_older
    last = h.candles.series.candle(-1)
    assert (last.high, last.close, last.lots) == (120, 120, 10)
    await h.end()


async def test_a_long_quiet_time_is_no_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages may be empty because nothing was traded: it looks further back before it gives up."""
    h = Harness()
    h.gateway.history = [a_candle(minute) for minute in (-2000, -1900, *range(-499, 1))]
    quiet = h.gateway.candles

    async def windowed(symbol: object, interval: object, **window: TimestampMs | None) -> object:
        start_at, end_at = window.get("start_at"), window.get("end_at")
        if start_at is None and end_at is not None:
            start_at = TimestampMs(end_at - 499 * MINUTE)
        return await quiet(XBT, M1, start_at=start_at, end_at=end_at)

    monkeypatch.setattr(h.gateway, "candles", windowed)
    await h.live()
    h.candles.load_older()
    await h.clock.advance(0.5)
    assert h.minutes()[0] == -1900
    assert h.candles.has_older
    await h.end()


async def test_frames_and_trades_move_the_last_candle() -> None:
    h = await Harness().live()
    assert Channel(ChannelKind.CANDLES, XBT, M1) in h.stream.channels
    frame = a_candle(0, close=108, lots=40)
    h.stream.push(CandleUpdate(XBT, M1, frame, TimestampMs(NOW + 30_000)))
    assert h.candles.series.candle(-1) == frame
    h.stream.push(a_trade(31_000, 120, 2))
    last = h.candles.series.candle(-1)
    assert (last.high, last.close, last.lots) == (120, 120, 42)
    count = len(h.changes)
    hourly = CandleUpdate(XBT, CandleInterval.H1, frame, TimestampMs(NOW + 32_000))
    h.stream.push(hourly)
    assert len(h.changes) == count, "another interval's candle"
    await h.end()


async def test_a_closed_candle_is_read_again_once() -> None:
    """The last frame of a minute may have come before its last trade."""
    h = await Harness().live()
    h.stream.push(a_trade(MINUTE + 1, 101), a_trade(MINUTE + 2, 102))
    h.gateway.history[-1] = a_candle(0, close=99, lots=77)
    calls = len(h.gateway.candle_calls)
    await h.clock.advance(4.0)
    assert h.gateway.candle_calls[calls:] == [(NOW, NOW + MINUTE - 1)]
    assert h.candles.series.candle(-2).lots == 77
    assert h.candles.series.candle(-1).close == 102
    h.gateway.candle_answers.append(DOWN)
    h.stream.push(a_trade(2 * MINUTE, 103))
    await h.clock.advance(4.0)
    assert not h.candles.problem, "a repair that fails is no problem of the trader's"
    await h.end()


async def test_what_was_missed_while_away_is_read_in_windows() -> None:
    h = await Harness().live()
    h.stream.drop()
    await h.clock.settle()
    stale = h.candles.staleness()
    assert stale is not None
    assert "No connection" in stale.reason
    h.clock.shift_ms = 1700 * MINUTE
    h.gateway.history += [a_candle(minute) for minute in range(1, 1701) if not 300 < minute < 1000]
    calls = len(h.gateway.candle_calls)
    await h.clock.advance(5.0)
    assert h.candles.staleness() is None
    assert h.minutes() == [*range(-499, 301), *range(1000, 1701)]
    for start, end in h.gateway.candle_calls[calls:-1]:
        assert start is not None
        assert end is not None
        assert end - start < 500 * MINUTE
    assert h.gateway.candle_calls[-1][1] is None, "to the end, whatever this machine's clock says"
    await h.end()


async def test_history_that_cannot_be_read_is_said_and_tried_again() -> None:
    h = Harness()
    h.gateway.candle_answers.extend([DOWN, DOWN])
    words: list[str] = []
    h.candles.on_status_changed.add(lambda: words.append(h.candles.problem))
    h.candles.start()
    await h.clock.settle()
    assert h.candles.problem.startswith("Candles could not be read.")
    assert h.candles.is_loading
    await h.clock.advance(3.5)
    assert len(h.candles.series) == 500
    assert not h.candles.problem
    assert not h.candles.is_loading
    assert words[-1] == ""
    await h.end()


async def test_older_candles_that_cannot_be_read_are_said_and_not_hammered_for() -> None:
    h = await Harness().live()
    h.gateway.candle_answers.append(DOWN)
    h.candles.load_older()
    await h.clock.advance(0.5)
    assert h.candles.problem.startswith("Older candles could not be read.")
    assert h.candles.has_older, "it is not known that there are none"
    calls = len(h.gateway.candle_calls)
    h.candles.load_older()
    await h.clock.advance(0.1)
    assert len(h.gateway.candle_calls) == calls
    await h.clock.advance(1.0)
    h.candles.load_older()
    await h.clock.advance(0.5)
    assert len(h.candles.series) == 1000
    assert not h.candles.problem
    await h.end()


async def test_a_refused_candle_channel_is_stale_in_the_exchanges_words() -> None:
    h = await Harness().live()
    channel = Channel(ChannelKind.CANDLES, XBT, M1)
    h.stream.push(ChannelRefused(channel, "topic is not found"))
    stale = h.candles.staleness()
    assert stale is not None
    assert "topic is not found" in stale.reason
    h.stream.push(ChannelConfirmed(channel))
    await h.clock.advance(0.5)
    assert h.candles.staleness() is None
    await h.end()


def a_frame(minute: int, at_ms: int, lots: int = 10) -> CandleUpdate:
    return CandleUpdate(XBT, M1, a_candle(minute, 105, lots), TimestampMs(NOW + at_ms))


async def test_a_hole_is_read_however_long_that_takes_and_whatever_is_heard_meanwhile() -> None:
    """New candles at the live end do not hide what was missed before them."""
    h = await Harness().live()
    h.stream.drop()
    await h.clock.settle()
    h.clock.shift_ms = 20 * MINUTE
    h.gateway.history += [a_candle(minute) for minute in range(1, 23)]
    h.gateway.candle_answers.extend([DOWN] * 6)
    await h.clock.advance(1.5)
    assert h.feed.is_live
    h.stream.push(
        a_frame(20, 20 * MINUTE + 58_000),
        a_frame(21, 21 * MINUTE + 1_000),
        a_frame(22, 22 * MINUTE + 1_000),
    )
    assert h.candles.staleness() is not None, "the hole is there"
    await h.clock.advance(100)
    assert h.minutes() == list(range(-499, 23))
    assert h.candles.staleness() is None
    await h.end()


async def test_a_repair_that_fails_half_way_goes_on_where_it_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of a long hole the second window fails: the first is not read again, nothing is left out."""
    h = await Harness().live()
    h.stream.drop()
    await h.clock.settle()
    h.clock.shift_ms = 1700 * MINUTE
    h.gateway.history += [a_candle(minute) for minute in range(1, 1702)]
    read = h.gateway.candles
    asked: list[TimestampMs | None] = []

    async def flaky(symbol: object, interval: object, **window: TimestampMs | None) -> object:
        asked.append(window["start_at"])
        if len(asked) == 2:
            h.stream.push(a_frame(1700, 1700 * MINUTE + 59_000), a_frame(1701, 1701 * MINUTE + 100))
            raise DOWN
        return await read(XBT, M1, start_at=window["start_at"], end_at=window["end_at"])

    monkeypatch.setattr(h.gateway, "candles", flaky)
    await h.clock.advance(30)
    assert h.minutes() == list(range(-499, 1702))
    assert asked[1] == asked[2], "the window that failed is asked for again"
    assert asked.count(asked[0]) == 1
    await h.end()


async def test_a_second_loss_while_reading_forgets_nothing() -> None:
    """The doubt of the first loss stays until everything since then is read."""
    h = await Harness().live()
    h.stream.drop()
    await h.clock.settle()
    h.clock.shift_ms = 20 * MINUTE
    h.gateway.history += [a_candle(minute) for minute in range(1, 22)]
    h.gateway.candle_answers.extend([DOWN] * 2)
    await h.clock.advance(1.5)
    h.stream.push(a_frame(20, 20 * MINUTE + 58_000), a_frame(21, 21 * MINUTE + 1_000))
    h.stream.drop()
    await h.clock.advance(60)
    assert h.minutes() == list(range(-499, 22))
    await h.end()


@pytest.mark.parametrize("kind", [ChannelKind.CANDLES, ChannelKind.TRADES])
async def test_what_a_refused_channel_did_not_tell_is_read_when_it_is_there(
    kind: ChannelKind,
) -> None:
    """Refused for five minutes, then confirmed: no minute is missing."""
    h = await Harness().live()
    channel = Channel(kind, XBT, M1 if kind is ChannelKind.CANDLES else None)
    h.stream.push(ChannelRefused(channel, "too many"))
    stale = h.candles.staleness()
    assert stale is not None
    assert "too many" in stale.reason
    h.clock.shift_ms = 5 * MINUTE
    h.gateway.history += [a_candle(minute) for minute in range(1, 6)]
    h.stream.push(ChannelConfirmed(channel))
    await h.clock.advance(0.5)
    assert h.candles.staleness() is None
    assert h.minutes()[-6:] == [0, 1, 2, 3, 4, 5]
    await h.end()


async def test_what_an_interrupted_channel_did_not_tell_is_read_when_it_is_back() -> None:
    h = await Harness().live()
    channel = Channel(ChannelKind.TRADES, XBT)
    h.stream.push(ChannelInterrupted(channel, "The connection ended."))
    stale = h.candles.staleness()
    assert stale is not None
    assert stale.reason == "The connection ended."
    h.clock.shift_ms = 3_000
    h.gateway.history[-1] = a_candle(0, lots=77)
    h.stream.push(ChannelConfirmed(channel))
    await h.clock.advance(0.5)
    assert h.candles.staleness() is None
    assert h.candles.series.candle(-1).lots == 77
    await h.end()


async def test_what_frames_told_before_an_interruption_does_not_hide_what_is_read_after_it() -> (
    None
):
    """The forming candle as frames told it then is older than the answer."""
    h = await Harness(3).live()
    h.stream.push(a_frame(0, 1000, lots=20))
    assert h.candles.series.lots[-1] == 20
    channel = Channel(ChannelKind.CANDLES, XBT, M1)
    h.stream.push(ChannelInterrupted(channel, "The stream was closed."))
    h.gateway.history[-1] = a_candle(0, lots=25)
    h.stream.push(ChannelConfirmed(channel))
    await h.clock.advance(0.5)
    assert h.candles.staleness() is None
    assert h.candles.series.lots[-1] == 25
    await h.end()


async def test_an_error_of_our_own_is_reported_and_tried_again() -> None:
    """Nothing that goes wrong inside leaves the chart loading for ever."""
    h = Harness()
    h.gateway.candle_answers.append(RuntimeError("a bug"))
    h.candles.start()
    await h.clock.settle()
    assert h.candles.problem
    assert len(h.errors) == 1
    await h.clock.advance(2.0)
    assert len(h.candles.series) == 500
    assert not h.candles.is_loading
    h.errors.clear()
    await h.end()


async def test_a_closed_candle_is_asked_for_until_it_is_read() -> None:
    """The repair of a candle that closed too early is worth more than one try."""
    h = await Harness().live()
    h.stream.push(a_frame(0, 59_000, lots=50), a_frame(1, 60_500, lots=1))
    h.gateway.history[-1] = a_candle(0, close=99, lots=77)
    h.gateway.candle_answers.extend([DOWN] * 2)
    await h.clock.advance(10.0)
    assert h.candles.series.candle(-2).lots == 77
    await h.end()


async def test_a_contract_without_a_trade_has_no_candles_and_no_complaint() -> None:
    h = Harness()
    h.gateway.history = []
    await h.live()
    assert not h.candles.series.starts
    assert not h.candles.has_older
    assert not h.candles.problem
    assert h.candles.staleness() is None
    h.stream.push(a_trade(5, 100))
    assert len(h.candles.series) == 1
    await h.end()


async def test_a_session_that_ends_unsubscribes() -> None:
    h = await Harness().live()
    await h.candles.stop()
    assert Channel(ChannelKind.CANDLES, XBT, M1) in h.stream.ended_channels
    h.stream.push(a_trade(5, 100))
    assert len(h.candles.series) == 500
    await h.end()


@pytest.mark.parametrize("kind", [ChannelKind.CANDLES, ChannelKind.TRADES])
async def test_what_could_not_be_read_is_read_again_once_for_many(kind: ChannelKind) -> None:
    """The answer replaces even what frames told of the forming candle."""
    h = await Harness().live()
    h.stream.push(CandleUpdate(XBT, M1, a_candle(0, close=109, lots=90), TimestampMs(NOW + 1_000)))
    assert h.candles.series.candle(499).close == 109
    interval = M1 if kind is ChannelKind.CANDLES else None
    for _ in range(5):
        h.stream.push(FrameUnreadable("half a frame", Channel(kind, XBT, interval)))
    assert h.candles.staleness() is not None
    await h.clock.advance(3.5)
    asked = [start for start, end in h.gateway.candle_calls[1:] if end is None]
    assert len(asked) == 1, "beside the candle that closed"
    assert h.candles.staleness() is None
    assert h.candles.series.candle(499) == a_candle(0)
    await h.end()
