"""The feed on the simulated exchange: every topic, many topics, lost tokens, lighter books."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from terminal.domain.candles import CandleInterval, StreamInterval
from terminal.domain.events import (
    BookDelta,
    BookDepth,
    CandleUpdate,
    DaySummary,
    FundingRateUpdate,
    MarginMode,
    MarkUpdate,
    OrderType,
    OrderUpdate,
    PublicTrade,
    QuoteUpdate,
    TickerUpdate,
    WalletUpdate,
)
from terminal.domain.ticket import OrderTicket
from terminal.domain.units import ClientOid, Lots, Side, Symbol
from terminal.exchange.connect import connect
from terminal.exchange.gateway import Channel, ChannelKind
from terminal.exchange.hosts import Hosts
from terminal.exchange.outcome import Accepted
from terminal.session.feed import Feed
from terminal.session.market import BookMode, MarketSession
from terminal.session.notices import NoticeBoard
from terminal.session.subscriptions import ChannelState
from terminal.session.tasks import TaskOwner
from terminal.simexchange.server import SimExchange
from terminal.simexchange.switches import Switches
from tests.support.builders import XBT
from tests.support.deadlines import eventually
from tests.support.live import clients_of
from tests.support.steady_time import SteadyClock, steady_time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.exchange.connect import ExchangeClients
    from terminal.exchange.gateway import StreamFact


class Desk:
    """An exchange, clients, and both feeds of one account."""

    def __init__(self, switches: Switches | None = None) -> None:
        self.exchange = SimExchange(switches=switches, clock=steady_time())
        self.errors: list[str] = []
        self.owner = TaskOwner("desk", lambda name, error: self.errors.append(f"{name} {error!r}"))
        self.facts: list[StreamFact] = []

    async def start(self) -> Desk:
        await self.exchange.start()
        self.clients: ExchangeClients = clients_of(self.exchange)
        self.contracts = {one.symbol: one for one in await self.clients.market.contracts()}
        clock = SteadyClock()
        self.notices = NoticeBoard(clock)
        self.public = Feed("public", self.clients.market_stream, clock, self.owner)
        self.private = Feed("private", self.clients.account_stream, clock, self.owner)
        self.public.start()
        self.private.start()
        await eventually(lambda: self.public.is_live and self.private.is_live, "both feeds")
        return self

    async def stop(self) -> None:
        await self.public.stop()
        await self.private.stop()
        await self.owner.close()
        await self.clients.aclose()
        await self.exchange.stop()
        assert not self.errors, self.errors

    def listen(self, *channels: Channel) -> None:
        for channel in channels:
            feed = self.private if channel.kind.is_private else self.public
            feed.subscribe(channel, self.facts.append)

    def heard(self, kind: type) -> bool:
        return any(type(fact) is kind for fact in self.facts)

    def market(self, mode: BookMode) -> MarketSession:
        contract = self.contracts[XBT]
        market = MarketSession(
            contract, self.clients.market, self.public, SteadyClock(), self.owner, self.notices
        )
        market.follow(mode)
        market.start()
        return market


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    await desk.start()
    yield desk
    await desk.stop()


async def test_every_public_topic_becomes_facts(desk: Desk) -> None:
    kinds = {
        ChannelKind.BOOK: BookDelta,
        ChannelKind.DEPTH5: BookDepth,
        ChannelKind.DEPTH50: BookDepth,
        ChannelKind.QUOTES: QuoteUpdate,
        ChannelKind.TICKERS: TickerUpdate,
        ChannelKind.TRADES: PublicTrade,
        ChannelKind.MARK: MarkUpdate,
        ChannelKind.DAY: DaySummary,
    }
    desk.listen(*(Channel(kind, XBT) for kind in kinds), Channel(ChannelKind.FUNDING))
    intervals = [*CandleInterval, *StreamInterval]
    desk.listen(*(Channel(ChannelKind.CANDLES, XBT, interval) for interval in intervals))
    await eventually(
        lambda: all(desk.heard(fact) for fact in kinds.values()), "a fact of every kind", 20.0
    )

    def told() -> set[object]:
        return {fact.interval for fact in desk.facts if type(fact) is CandleUpdate}

    await eventually(lambda: told() == set(intervals), "a candle of every interval", 20.0)
    await eventually(lambda: desk.public.health.pending == 0, "all confirmed")
    health = desk.public.health
    assert (health.failed, health.ignored, health.unreadable) == (0, 0, 0)
    desk.exchange.engine.broadcast.minute()
    await eventually(lambda: desk.heard(FundingRateUpdate), "a funding rate")


async def test_every_private_topic_is_confirmed_and_an_order_is_told_in_both_forms(
    desk: Desk,
) -> None:
    whole = [Channel(kind) for kind in ChannelKind if kind.is_private and kind.value != "position"]
    desk.listen(*whole, Channel(ChannelKind.POSITION, XBT), Channel(ChannelKind.ORDERS, XBT))
    await eventually(lambda: desk.private.health.pending == 0, "all confirmed")
    assert desk.private.health.failed == 0
    market = desk.market(BookMode.QUOTES)
    await eventually(lambda: market.touch() is not None, "a price")
    touch = market.touch()
    assert touch is not None
    assert touch.best_bid is not None
    ticket = OrderTicket(
        XBT,
        OrderType.LIMIT,
        Side.BUY,
        touch.best_bid - 500,  # type: ignore[arg-type]
        Lots(1),
        MarginMode.ISOLATED,
        Decimal(5),
    )
    outcome = await desk.clients.trading.place(ticket, ClientOid("stream-1"))
    assert isinstance(outcome, Accepted)

    def updates() -> int:
        return sum(type(fact) is OrderUpdate for fact in desk.facts)

    await eventually(lambda: updates() >= 2, "the order on both topics")
    await eventually(lambda: desk.heard(WalletUpdate), "the wallet")
    assert desk.private.health.unreadable == 0
    await market.stop()


@pytest.mark.parametrize("is_lost", [False, pytest.param(True, marks=pytest.mark.nightly)])
async def test_topics_beyond_a_learnt_limit_are_carried_by_further_connections(
    *, is_lost: bool
) -> None:
    """The exchange allows 100 a connection and says so only when it refuses the rest.

    A second time, after a loss, it takes as many windows of requests again.
    """
    desk = await Desk(Switches(topic_limit="100")).start()
    symbols = list(desk.contracts)[:8]  # more would wait for a third window of requests
    channels = [
        Channel(ChannelKind.CANDLES, symbol, interval)
        for symbol in symbols
        for interval in [*CandleInterval, *StreamInterval]
    ]
    kinds = (ChannelKind.BOOK, ChannelKind.TRADES, ChannelKind.QUOTES, ChannelKind.MARK)
    channels += [Channel(kind, symbol) for kind in kinds for symbol in symbols]
    assert len(channels) > 100
    desk.listen(*channels)
    await eventually(
        lambda: all(desk.public.state_of(one)[0] is ChannelState.CONFIRMED for one in channels),
        "all channels",
        40.0,  # a slow machine is told to pause for one more window
    )
    assert desk.public.health.connections == -(-len(channels) // 100)
    assert desk.public.health.failed == 0
    if is_lost:
        desk.exchange.drop_streams()
        await eventually(lambda: not desk.public.is_live, "the loss")
        await eventually(
            lambda: all(desk.public.state_of(one)[0] is ChannelState.CONFIRMED for one in channels),
            "all channels again",
            40.0,  # a slow machine is told to pause for one more window
        )
    assert sum(len(each.topics) for each in desk.exchange.hub.listeners if not each.uid) == len(
        channels
    )
    await desk.stop()


async def test_one_unknown_contract_is_refused_alone(desk: Desk) -> None:
    good = [Channel(ChannelKind.QUOTES, symbol) for symbol in desk.contracts]
    bad = Channel(ChannelKind.QUOTES, Symbol("NOSUCHM"))
    await desk.public.stop()
    desk.listen(*good, bad)
    desk.public.start()
    await eventually(lambda: desk.public.health.failed == 1, "the refusal")
    await eventually(lambda: desk.public.health.pending == 0, "the others")
    assert "NOSUCHM" in desk.public.state_of(bad)[1]
    assert all(desk.public.state_of(one)[0] is ChannelState.CONFIRMED for one in good)


async def test_a_connection_outlives_its_token_and_a_new_one_gets_a_new_token(desk: Desk) -> None:
    desk.listen(Channel(ChannelKind.BOOK, XBT))
    desk.exchange.tokens.life_s = 0.05
    await eventually(lambda: desk.heard(BookDelta), "the book")
    desk.exchange.tokens.life_s = 100.0
    desk.exchange.drop_streams()
    await eventually(lambda: not desk.public.is_live, "the loss")
    desk.facts.clear()
    await eventually(lambda: desk.public.is_live and desk.heard(BookDelta), "the book again", 15.0)


@pytest.mark.parametrize("mode", [BookMode.DEPTH50, BookMode.DEPTH5, BookMode.QUOTES])
async def test_lighter_books_follow_the_market(desk: Desk, mode: BookMode) -> None:
    market = desk.market(mode)
    changes: list[int] = []
    market.on_book_changed.add(lambda: changes.append(market.book.sequence))
    await eventually(lambda: len(changes) > 5, "changes of the book", 15.0)
    assert market.touch() is not None
    assert changes == sorted(changes)
    rows = {BookMode.DEPTH50: 100, BookMode.DEPTH5: 20, BookMode.QUOTES: 20}[mode]
    assert 0 < len(market.book.bids) <= rows
    await market.stop()


async def test_the_book_is_read_with_a_key_only_where_it_must_be() -> None:
    """Whether the full book needs a key is not established: both readings work."""
    desk = await Desk(Switches(snapshot_key="signed")).start()
    assert (await desk.clients.market.book_snapshot(XBT)).bids
    assert (await desk.clients.market.book_snapshot(XBT)).bids
    keyless = connect(Hosts(desk.exchange.rest, desk.exchange.rest), None, SteadyClock())
    await keyless.market.contracts()
    assert (await keyless.market.book_depth(XBT, 20)).bids
    await keyless.aclose()
    await desk.stop()
