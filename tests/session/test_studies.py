"""Studies of a market: fed by its listeners, honest about resyncs and holes, made when asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from terminal.domain.clock import TimestampNs
from terminal.domain.depth_change import CountFrom
from terminal.domain.events import BookDepth, Level, Liquidity, OrderType, PublicTrade
from terminal.domain.order import Order, OrderState
from terminal.domain.queue_learning import QueueLearning
from terminal.domain.tape import Burst, TapeHole, TapeSettings
from terminal.domain.units import ClientOid, Lots, OrderId, Price, Side
from terminal.exchange.gateway import Channel, ChannelInterrupted, ChannelKind
from terminal.session.candle_sessions import CandleSessions
from terminal.session.feed import Feed
from terminal.session.listeners import Listeners
from terminal.session.market import BookMode
from terminal.session.markets import Markets
from terminal.session.notices import NoticeBoard
from terminal.session.studies import Studies, StudyRows, StudySettings, StudyShelf
from terminal.session.tasks import TaskOwner
from tests.support.builders import NOW_MS, NOW_NS, XBT, a_contract, a_delta, a_fill, a_snapshot
from tests.support.fake_clock import FakeClock
from tests.support.fakes import FakeMarketGateway, FakeStream

if TYPE_CHECKING:
    from terminal.domain.events import Fill
    from terminal.session.orders import OrderDesk

BUY, SELL = Side.BUY, Side.SELL


class FakeDesk:
    """The part of the order desk that studies hear."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.on_changed: Listeners[[]] = Listeners()
        self.on_fill: Listeners[[Fill]] = Listeners()

    def working(self, symbol: object = None) -> tuple[Order, ...]:
        return tuple(self.orders)

    def tell(self, *orders: Order) -> None:
        self.orders = list(orders)
        self.on_changed.notify()


class Bench:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.stream = FakeStream()
        self.gateway = FakeMarketGateway()
        self.errors: list[str] = []
        self.owner = TaskOwner("test", lambda name, error: self.errors.append(f"{name} {error!r}"))
        self.feed = Feed("market", self.stream, self.clock, self.owner)
        self.markets = Markets(
            self.gateway, self.feed, self.clock, self.owner, NoticeBoard(self.clock)
        )
        self.markets.contracts[XBT] = a_contract()
        self.candles = CandleSessions(
            self.gateway, self.feed, self.clock, self.owner, self.markets.contracts
        )
        self.desk = FakeDesk()
        desk = cast("OrderDesk", self.desk)
        self.shelf = StudyShelf(self.markets, self.candles, desk, self.clock)
        self.sequence = 100
        self.trades = 1_000_000_000

    async def live(self) -> Studies:
        self.feed.start()
        market = self.markets.open(XBT)
        await self.clock.advance(0.7)
        assert market.book_is_live
        studies = Studies(market, self.clock, cast("OrderDesk", self.desk), QueueLearning())
        studies.start()
        return studies

    def change(self, side: Side, price: int, lots: int) -> None:
        self.sequence += 1
        self.stream.push(a_delta(self.sequence, side, price, lots))

    def trade(self, taker: Side, price: int, lots: int, trade_id: str = "t") -> None:
        self.trades += 1
        at = TimestampNs(NOW_NS + round(self.clock.monotonic_s() * 10**9))
        self.stream.push(
            PublicTrade(XBT, self.trades, taker, Price(price), Lots(lots), trade_id, at)
        )

    async def end(self) -> None:
        await self.markets.stop()
        await self.candles.stop()
        await self.feed.stop()
        await self.owner.close()
        assert not self.errors


def rows_of(studies: Studies, count: int = 6, top: int = 1003, step: int = 1) -> StudyRows:
    return studies.read(StudyRows(step, top, count))


async def test_trades_and_changes_reach_every_study() -> None:
    bench = Bench()
    studies = await bench.live()
    bench.change(BUY, 999, 12)
    bench.change(SELL, 1001, 1)
    bench.trade(BUY, 1001, 3)
    await bench.clock.advance(1.0)
    rows = rows_of(studies)
    assert rows.bought == rows.recent_bought == [0, 0, 3, 0, 0, 0]
    assert rows.sold == rows.recent_sold == [0] * 6
    assert rows.stacked_bids == [0, 0, 0, 0, 5, 0]
    assert rows.stacked_asks == [0] * 6, "what was traded is no pull"
    assert rows.outward == [0, 0, 0, 0, 5, 5]
    assert studies.profile.point_of_control == 1001
    assert [row.lots for row in studies.tape.newest(5) if isinstance(row, Burst)] == [3]
    marks = studies.marks.marks()
    assert marks is not None
    assert (marks.high, marks.lots) == (1001, 3)
    assert studies.speed.over(10_000, 1_700).trades == 1
    assert studies.trail.asks[-1].price == 1001
    studies.stop()
    bench.change(BUY, 999, 1)
    bench.trade(BUY, 1001, 9)
    assert rows_of(studies).bought == [0, 0, 3, 0, 0, 0]
    await bench.end()


async def test_a_pull_is_one_only_when_no_trade_explains_it() -> None:
    bench = Bench()
    studies = await bench.live()
    bench.change(SELL, 1002, 2)
    assert rows_of(studies).stacked_asks == [0] * 6
    await bench.clock.advance(0.3)
    assert rows_of(studies).stacked_asks == [0, -7, 0, 0, 0, 0]
    assert rows_of(studies).outward == [-7, -7, 0, 0, 0, 0]
    await bench.clock.advance(6.0)
    assert rows_of(studies).stacked_asks == [0] * 6, "the window is over"
    await bench.end()


async def test_a_book_that_is_read_anew_is_neither_pulled_nor_stacked() -> None:
    bench = Bench()
    studies = await bench.live()
    bench.change(BUY, 999, 1)
    bench.gateway.snapshots.clear()
    bench.gateway.snapshots.append(
        a_snapshot(110, bids=((1000, 900), (999, 800)), asks=((1001, 700),))
    )
    bench.stream.push(a_delta(108, BUY, 999, 5000))
    assert not bench.markets.open(XBT).book_is_live
    await bench.clock.advance(2.0)
    assert bench.markets.open(XBT).book_is_live
    rows = rows_of(studies)
    assert rows.stacked_bids == rows.stacked_asks == [0] * 6
    assert len(studies.trail.bids) == 1
    bench.sequence = 110
    bench.change(BUY, 1000, 910)
    assert rows_of(studies).stacked_bids == [0, 0, 0, 10, 0, 0]
    await bench.end()


async def test_a_gap_in_trades_is_a_hole_on_the_tape_and_in_the_marks() -> None:
    bench = Bench()
    studies = await bench.live()
    bench.trade(BUY, 1001, 3)
    bench.stream.push(ChannelInterrupted(Channel(ChannelKind.TRADES, XBT), "Something was missed."))
    bench.trade(BUY, 1001, 4)
    assert [type(row) for row in studies.tape] == [Burst, TapeHole, Burst]
    assert studies.holes == 1
    marks = studies.marks.marks()
    assert marks is not None
    assert marks.has_hole
    bench.stream.drop()
    await bench.clock.advance(0.1)
    assert studies.holes == 2
    await bench.end()


async def test_with_some_levels_only_the_inside_is_followed_and_no_place_is_told() -> None:
    bench = Bench()
    studies = await bench.live()
    bench.change(BUY, 999, 20)
    market = bench.markets.open(XBT)
    market.follow(BookMode.DEPTH5)
    await bench.clock.advance(2.0)
    for price in (1000, 998, 998, 997):
        bench.sequence += 50
        bids = (Level(Price(price), Lots(4)),)
        asks = (Level(Price(1001), Lots(price)),)
        bench.stream.push(BookDepth(XBT, 5, bench.sequence, bids, asks, NOW_MS))
    bench.trade(BUY, 1001, 3)
    assert market.book_is_live
    rows = rows_of(studies)
    assert rows.stacked_asks == rows.stacked_bids == [0] * 6
    assert rows.bought[2] == 3
    assert [step.price for step in studies.trail.bids][-3:] == [1000, 998, 997]
    assert studies.queue_place(ClientOid("c1")) is None
    await bench.end()


async def test_clears_follow_the_inside() -> None:
    bench = Bench()
    studies = await bench.live()
    for price in (998, 1000, 1001, 1003):
        bench.trade(BUY, price, 1)
    studies.clear_above()
    assert rows_of(studies).bought == [0, 0, 1, 1, 0, 1]
    studies.clear_below()
    assert rows_of(studies).bought == [0, 0, 1, 1, 0, 0]
    studies.clear()
    assert rows_of(studies).bought == [0] * 6
    await bench.end()


async def test_settings_take_effect_at_once() -> None:
    bench = Bench()
    studies = await bench.live()
    settings = StudySettings(
        quiet_ms=500, change_from=CountFrom.INSIDE, tape=TapeSettings(large_lots=Lots(2))
    )
    studies.configure(settings)
    bench.trade(BUY, 1001, 2)
    bench.change(BUY, 999, 9)
    assert rows_of(studies).recent_bought[2] == 2
    assert [row.is_large for row in studies.tape if isinstance(row, Burst)] == [True]
    await bench.clock.advance(20.0)
    assert rows_of(studies).recent_bought[2] == 0
    assert rows_of(studies).stacked_bids[4] == 2
    await bench.end()


async def test_our_order_has_a_place_until_it_is_gone() -> None:
    bench = Bench()
    studies = await bench.live()
    mine = ClientOid("c1")
    order = Order(
        XBT, mine, OrderId("o1"), BUY, OrderType.LIMIT, Price(1000), Lots(2), OrderState.SUBMITTING
    )
    bench.desk.tell(order)
    assert studies.queue_place(mine) is None
    bench.change(BUY, 1000, 7)
    bench.desk.tell(replace(order, state=OrderState.OPEN, updated_at=NOW_NS))
    place = studies.queue_place(mine)
    assert place is not None
    assert tuple(place) == (5, 5, 5, False)
    bench.change(BUY, 1000, 4)
    bench.trade(SELL, 1000, 3)
    place = studies.queue_place(mine)
    assert place is not None
    assert place.expected == 2
    fill: dict[str, Any] = {"price": Price(1000), "liquidity": Liquidity.MAKER}
    bench.desk.on_fill.notify(a_fill(**fill))
    place = studies.queue_place(mine)
    assert place is not None
    assert place.high == 0
    bench.desk.tell()
    await bench.clock.advance(5.0)
    bench.desk.tell()
    assert studies.queue_place(mine) is None
    await bench.end()


async def test_rows_are_read_again_into_the_same_lists() -> None:
    bench = Bench()
    studies = await bench.live()
    rows = StudyRows(1, 1003, 6)
    lists = [rows.bought, rows.stacked_asks, rows.outward]
    bench.trade(BUY, 1001, 3)
    assert studies.read(rows).bought is lists[0]
    rows.move(2, 501, 6)
    studies.read(rows)
    assert rows.bought == [0, 3, 0, 0, 0, 0]
    assert lists[1] is rows.stacked_asks
    assert lists[2] is rows.outward
    rows.move(2, 501, 3)
    assert len(studies.read(rows).bought) == 3
    await bench.end()


async def test_a_market_that_nobody_studies_has_no_listener_and_studies_are_shared() -> None:
    bench = Bench()
    bench.feed.start()
    market = bench.markets.open(XBT)
    await bench.clock.advance(0.7)
    assert len(market.on_delta) == len(market.on_trade) == len(bench.desk.on_changed) == 0
    studies = bench.shelf.open(XBT)
    assert bench.shelf.open(XBT) is studies
    await bench.clock.advance(0.7)
    assert len(market.on_delta) == len(market.on_trade) == 1
    bench.shelf.close(XBT)
    assert len(market.on_delta) == 1
    bench.shelf.close(XBT)
    assert len(market.on_delta) == len(market.on_trade) == len(bench.desk.on_changed) == 0
    again = bench.shelf.open(XBT)
    assert again is not studies
    assert again.places.learning is studies.places.learning
    bench.shelf.close(XBT)
    await bench.clock.advance(0.1)
    await bench.end()
