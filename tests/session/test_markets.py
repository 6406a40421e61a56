"""Markets are opened and closed by count."""

from __future__ import annotations

from dataclasses import replace

from terminal.domain.units import Symbol
from terminal.session.feed import Feed
from terminal.session.markets import Markets
from terminal.session.notices import NoticeBoard
from terminal.session.tasks import TaskOwner
from tests.support.builders import XBT
from tests.support.fake_clock import FakeClock
from tests.support.fakes import FakeMarketGateway, FakeStream


async def test_a_market_lives_as_long_as_somebody_needs_it() -> None:
    clock = FakeClock()
    owner = TaskOwner("test", lambda *_: None)
    feed = Feed("market", FakeStream(), clock, owner)
    markets = Markets(FakeMarketGateway(), feed, clock, owner, NoticeBoard(clock))
    opened: list[str] = []
    markets.on_opened.add(opened.append)
    await markets.load()
    contracts = markets.contracts
    await markets.load()
    assert markets.contracts is contracts, "others keep a reference"
    first, second = markets.open(XBT), markets.open(XBT)
    assert first is second
    assert opened == [XBT]
    markets.close(XBT)
    assert markets.get(XBT) is first
    markets.close(XBT)
    assert markets.get(XBT) is None
    await clock.settle()
    assert not owner.task_names
    markets.open(XBT)
    await markets.stop()
    assert markets.get(XBT) is None
    await owner.close()


async def test_a_market_reopened_at_once_comes_alive_on_a_quiet_market() -> None:
    clock = FakeClock()
    owner = TaskOwner("test", lambda *_: None)
    stream = FakeStream()
    feed = Feed("market", stream, clock, owner)
    markets = Markets(FakeMarketGateway(), feed, clock, owner, NoticeBoard(clock))
    await markets.load()
    feed.start()
    await clock.settle()
    markets.open(XBT)
    await clock.advance(1.0)
    markets.close(XBT)
    again = markets.open(XBT)
    await clock.advance(1.0)
    assert again.book_is_live
    await markets.stop()
    await feed.stop()
    await owner.close()


async def test_a_contract_that_comes_later_changes_none_that_is_known() -> None:
    clock = FakeClock()
    owner = TaskOwner("test", lambda *_: None)
    feed = Feed("market", FakeStream(), clock, owner)
    markets = Markets(FakeMarketGateway(), feed, clock, owner, NoticeBoard(clock))
    await markets.load()
    known = markets.contracts[XBT]
    markets.add(replace(known, symbol=Symbol("NEWUSDTM")))
    markets.add(replace(known, lot_size=99))
    assert markets.contracts[XBT] is known
    assert set(markets.contracts) == {XBT, "NEWUSDTM"}
    await owner.close()
