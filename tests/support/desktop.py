"""A workspace with a live market and a trusted account on fakes: where panel tests begin."""

from __future__ import annotations

from decimal import Decimal
from typing import final

from terminal.domain.access import Access
from terminal.domain.events import MarkUpdate
from terminal.domain.units import ExactPrice, Symbol
from terminal.exchange.limiter import RateBudget
from terminal.session.feed import Feed
from terminal.session.health import ExchangeHealth
from terminal.session.markets import Markets
from terminal.viewmodels.frame import HandFrameClock
from terminal.viewmodels.ladder import LadderViewModel
from terminal.viewmodels.sizes import Sizes
from terminal.viewmodels.workspace import Workspace
from tests.support.builders import NOW_MS, XBT, a_contract, an_inverse_contract
from tests.support.desk import Bench
from tests.support.fakes import FakeMarketGateway, FakeStream

OTHER = Symbol("XBTUSDM")


@final
class Desktop:
    """Everything above the gateways, none of it drawn. ``start`` and ``stop`` it."""

    def __init__(self, access: Access = Access.FULL) -> None:
        self.bench = Bench()
        self.bench.trading.access = access
        if access is Access.MARKET_DATA:
            self.bench.account.trust.say_absent()
            self.bench.desk.trust.say_absent()
        self.clock = self.bench.clock
        self.desk, self.account = self.bench.desk, self.bench.account
        self.market_stream = FakeStream()
        self.market_gateway = FakeMarketGateway((a_contract(), an_inverse_contract()))
        self.market_feed = Feed("market", self.market_stream, self.clock, self.bench.owner)
        self.markets = Markets(
            self.market_gateway,
            self.market_feed,
            self.clock,
            self.bench.owner,
            self.bench.notices,
        )
        self.bench.contracts[OTHER] = an_inverse_contract()
        self.markets.on_opened.add(self.account.prepare)
        self.workspace = Workspace(self.markets)
        self.frame = HandFrameClock()
        self.budget = RateBudget(dice=lambda: 0.0)
        self.health = ExchangeHealth(
            self.bench.trading, self.budget, self.clock, self.bench.notices
        )
        self.sizes = Sizes((1, 5, 10, 25, 100), 1)
        self.ladder = LadderViewModel(
            self.workspace, self.desk, self.account, self.sizes, self.frame
        )

    async def start(self, rows: int = 21) -> Desktop:
        """Connect, open the first contract, show so many rows."""
        await self.bench.start()
        await self.markets.load()
        self.market_feed.start()
        self.ladder.start()
        self.ladder.set_visible_rows(rows)
        assert self.workspace.choose(XBT)
        await self.clock.advance(0.7)
        self.mark()
        self.frame.tick()
        return self

    async def stop(self) -> None:
        """End everything."""
        self.ladder.stop()
        await self.markets.stop()
        await self.market_feed.stop()
        await self.bench.stop()

    def mark(self, value: str = "100.05") -> None:
        """Say a mark price."""
        price = ExactPrice(Decimal(value))
        self.market_stream.push(MarkUpdate(XBT, price, price, NOW_MS))

    async def settle(self) -> None:
        """Let commands reach the gateway, then show the next frame."""
        await self.clock.settle()
        self.frame.tick()
