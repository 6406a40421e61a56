"""One contract's market: when it may be trusted, and when it says that it may not."""

from __future__ import annotations

import asyncio
from collections import deque
from decimal import Decimal

from terminal.domain.clock import TimestampNs
from terminal.domain.events import BookDepth, Level, MarkUpdate, PublicTrade
from terminal.domain.guard import Touch
from terminal.domain.units import ExactPrice, Lots, Price, Side
from terminal.exchange.errors import TransportError
from terminal.exchange.gateway import (
    Channel,
    ChannelConfirmed,
    ChannelInterrupted,
    ChannelKind,
    ChannelRefused,
    FrameUnreadable,
)
from terminal.session.feed import Feed
from terminal.session.market import BookMode, MarketSession
from terminal.session.notices import NoticeBoard
from terminal.session.tasks import TaskOwner
from tests.support.builders import NOW_MS, XBT, a_contract, a_delta, a_snapshot
from tests.support.fake_clock import FakeClock
from tests.support.fakes import FakeMarketGateway, FakeStream


class Harness:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.stream = FakeStream()
        self.gateway = FakeMarketGateway()
        self.errors: list[str] = []
        self.owner = TaskOwner("test", lambda name, error: self.errors.append(f"{name} {error!r}"))
        self.notices = NoticeBoard(self.clock)
        self.feed = Feed("market", self.stream, self.clock, self.owner)
        self.market = MarketSession(
            a_contract(), self.gateway, self.feed, self.clock, self.owner, self.notices
        )
        self.statuses: list[str | None] = []
        self.market.on_status_changed.add(self._note)

    def _note(self) -> None:
        stale = self.market.staleness()
        self.statuses.append(None if stale is None else stale.reason)

    async def live(self) -> Harness:
        self.feed.start()
        self.market.start()
        await self.clock.advance(0.7)
        return self

    async def end(self) -> None:
        await self.market.stop()
        await self.feed.stop()
        await self.owner.close()
        assert not self.errors


def why_stale(h: Harness) -> str:
    stale = h.market.staleness()
    assert stale is not None
    return stale.reason


def a_mark(value: str = "100.2") -> MarkUpdate:
    price = ExactPrice(Decimal(value))
    return MarkUpdate(XBT, price, price, NOW_MS)


def a_trade(sequence: int, price: int) -> PublicTrade:
    return PublicTrade(XBT, sequence, Side.BUY, Price(price), Lots(1), "t", TimestampNs(0))


async def test_a_quiet_market_becomes_live_by_snapshot_alone() -> None:
    h = await Harness().live()
    assert h.market.book_is_live
    assert h.market.staleness() is None
    assert h.market.touch() == Touch(Price(1000), Price(1001))
    assert h.market.mark is not None
    await h.end()


async def test_nothing_is_trusted_before_the_book_is_live() -> None:
    h = Harness()
    assert h.market.touch() is None
    h.feed.start()
    h.market.start()
    await h.clock.settle()
    assert h.market.touch() is None
    await h.clock.advance(1.0)
    assert h.market.touch() is not None
    await h.end()


async def test_a_gap_is_repaired_and_said() -> None:
    h = await Harness().live()
    h.gateway.snapshots.append(a_snapshot(110, bids=((995, 1),), asks=((1005, 2),)))
    h.gateway.snapshots.popleft()
    h.stream.push(a_delta(108))
    assert not h.market.book_is_live
    assert h.market.touch() is None
    await h.clock.advance(1.5)
    assert h.market.book_is_live
    assert h.market.resyncs == 1
    assert h.market.touch() == Touch(Price(995), Price(1005))
    assert any("are missing" in notice.text for notice in h.notices.notices)
    await h.end()


async def test_no_mark_price_for_three_seconds_is_stale_and_a_quiet_book_is_not() -> None:
    h = await Harness().live()
    for _ in range(8):
        h.stream.push(a_mark())
        await h.clock.advance(1.0)
    assert h.market.staleness() is None, "the book was quiet for eight seconds"
    await h.clock.advance(3.5)
    stale = h.market.staleness()
    assert stale is not None
    assert stale.reason == "No mark price for 4 s."
    assert stale.reason in h.statuses or h.statuses[-1] is not None
    h.stream.push(a_mark())
    assert h.market.staleness() is None
    assert h.statuses[-1] is None
    await h.end()


async def test_a_lost_connection_is_stale_with_its_age_and_heals() -> None:
    h = await Harness().live()
    h.stream.connects = False
    h.stream.drop()
    await h.clock.advance(6.0)
    stale = h.market.staleness()
    assert stale is not None
    assert stale.reason == "No connection for 6 s."
    assert not h.market.book_is_live
    h.stream.connects = True
    await h.clock.advance(20.0)
    h.stream.push(a_mark())
    assert h.market.staleness() is None
    await h.end()


async def test_snapshots_that_fail_are_tried_again_and_said() -> None:
    h = Harness()
    h.gateway.snapshots.appendleft(TransportError("down", was_sent=True))
    await h.live()
    await h.clock.advance(5.0)
    h.stream.push(a_mark())
    assert h.market.book_is_live
    assert any("could not be read" in notice.text for notice in h.notices.notices)
    await h.end()


async def test_a_refused_book_channel_is_stale_in_the_exchanges_words() -> None:
    h = await Harness().live()
    h.stream.push(ChannelRefused(Channel(ChannelKind.BOOK, XBT), "topic is not found"))
    stale = h.market.staleness()
    assert stale is not None
    assert "topic is not found" in stale.reason
    await h.end()


async def test_trades_carry_their_direction() -> None:
    h = await Harness().live()
    h.stream.push(a_trade(1, 1000), a_trade(2, 1001))
    assert h.market.last_direction == 1
    h.stream.push(a_trade(3, 1001))
    assert h.market.last_direction == 1, "an equal price keeps the direction"
    h.stream.push(a_trade(4, 999))
    assert h.market.last_direction == -1
    assert h.market.last_trade == a_trade(4, 999)
    await h.end()


async def test_a_trade_that_comes_twice_or_late_is_told_once_and_is_not_the_last_one() -> None:
    h = await Harness().live()
    told: list[int] = []
    h.market.on_trade.add(lambda trade: told.append(trade.sequence))
    h.stream.push(a_trade(1, 1000), a_trade(1, 1000), a_trade(3, 1002), a_trade(2, 1001))
    assert told == [1, 3]
    assert h.market.last_trade == a_trade(3, 1002)
    await h.end()


async def test_a_lighter_book_can_be_followed_instead_and_back() -> None:
    h = await Harness().live()
    h.market.follow(BookMode.DEPTH5)
    assert h.market.touch() is None, "the whole book is not believed any longer"
    assert h.stream.ended_channels == [Channel(ChannelKind.BOOK, XBT)]
    await h.clock.advance(0.2)
    assert h.market.touch() == Touch(Price(1000), Price(1001)), "read by request"
    bids = (Level(Price(1005), Lots(1)),)
    asks = (Level(Price(1006), Lots(1)),)
    h.stream.push(BookDepth(XBT, 5, 500, bids, asks, NOW_MS))
    assert h.market.touch() == Touch(Price(1005), Price(1006))
    h.market.follow(BookMode.FULL)
    await h.clock.advance(1.0)
    assert h.market.touch() == Touch(Price(1000), Price(1001))
    assert h.stream.channels[-1] == Channel(ChannelKind.BOOK, XBT)
    await h.end()


async def test_a_lighter_book_may_be_chosen_before_the_start() -> None:
    h = Harness()
    h.market.follow(BookMode.QUOTES)
    await h.live()
    assert h.market.touch() is not None
    assert Channel(ChannelKind.BOOK, XBT) not in h.stream.channels
    await h.end()


async def test_a_market_that_is_opened_again_waits_for_its_own_subscription() -> None:
    """A change that comes before the acknowledgement may be of the subscription that ended."""
    h = Harness()
    h.stream.confirms = False
    h.feed.start()
    await h.clock.advance(0.5)
    h.market.start()
    h.stream.push(a_delta(101))
    await h.clock.advance(1.0)
    assert h.gateway.snapshot_calls == 0
    h.stream.push(ChannelConfirmed(Channel(ChannelKind.BOOK, XBT)))
    await h.clock.advance(1.0)
    assert h.market.book_is_live
    await h.end()


async def test_an_interrupted_book_is_not_believed_until_it_was_read_anew() -> None:
    h = await Harness().live()
    book = Channel(ChannelKind.BOOK, XBT)
    h.stream.push(ChannelInterrupted(book, "Nothing came for 30 s."))
    await h.clock.advance(1.0)
    assert h.market.touch() is None
    assert why_stale(h).startswith("Nothing came for 30 s.")
    h.stream.push(ChannelConfirmed(book))
    await h.clock.advance(1.0)
    assert h.market.touch() is not None
    await h.end()


async def test_a_burst_and_a_long_quiet_cost_nobody_the_connection() -> None:
    """The book is asked for again and found where it stood; one that went on is not believed."""
    for went_on, runs in ((False, 1), (True, 2)):
        h = await Harness().live()
        for sequence in range(101, 141):
            h.stream.push(a_delta(sequence))
            await h.clock.advance(0.1)
        h.gateway.snapshots = deque([a_snapshot(150 if went_on else 140)])
        for _ in range(40):
            h.stream.push(a_mark())
            await h.clock.advance(2.5)
        assert h.stream.runs == runs
        assert h.market.book_is_live
        await h.end()


async def test_a_change_that_cannot_be_read_leads_to_a_new_reading() -> None:
    h = await Harness().live()
    h.stream.push(FrameUnreadable("half a frame", None))
    assert h.market.touch() is None
    await h.clock.advance(3.0)
    assert h.market.book_is_live
    assert h.gateway.snapshot_calls == 3, "twice, for the first answer may be older than the change"
    await h.end()


async def test_a_snapshot_that_was_asked_for_before_an_interruption_is_not_believed() -> None:
    """The exchange confirmed nothing since: what it does not tell would stay wrong for ever."""
    h = Harness()
    h.feed.start()
    h.market.start()
    h.gateway.hold = asyncio.Event()
    await h.clock.advance(0.7)
    assert h.gateway.snapshot_calls == 1
    book = Channel(ChannelKind.BOOK, XBT)
    h.stream.push(ChannelInterrupted(book, "Nothing came for 30 s."))
    h.gateway.hold.set()
    await h.clock.advance(5.0)
    assert not h.market.book_is_live
    h.stream.push(ChannelConfirmed(book))
    await h.clock.advance(1.0)
    assert h.market.book_is_live
    assert h.gateway.snapshot_calls == 2
    await h.end()


async def test_an_error_of_ours_is_reported_and_the_book_is_read_again() -> None:
    h = Harness()
    h.gateway.snapshots.appendleft(ZeroDivisionError())
    await h.live()
    assert not h.market.book_is_live
    assert why_stale(h).endswith("Something went wrong inside the program.")
    assert "ZeroDivisionError" in h.errors.pop()
    await h.clock.advance(1.5)
    assert h.market.book_is_live
    await h.end()


async def test_after_a_trade_that_could_not_be_read_the_last_ones_are_asked_for_once() -> None:
    h = await Harness().live()
    h.gateway.trades = (a_trade(8, 1003), a_trade(9, 1005))
    for _ in range(5):
        h.stream.push(FrameUnreadable("no price", Channel(ChannelKind.TRADES, XBT)))
    assert h.market.last_trade is None
    await h.clock.advance(1.5)
    assert h.market.last_trade is not None
    assert h.market.last_trade.sequence == 9
    assert h.market.book_is_live, "the book has nothing to do with it"
    await h.end()
