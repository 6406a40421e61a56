"""A protected desktop whose ladder knows more than the book: studies, charges, notes."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import TYPE_CHECKING, final

from terminal.domain.events import PositionMode, PositionSide, PublicTrade
from terminal.domain.units import Lots, Price, Side
from terminal.session.candle_sessions import CandleSessions
from terminal.session.price_notes import NoFile, PriceNotes
from terminal.session.studies import StudyShelf
from terminal.viewmodels.ladder_clicks import Spot
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.viewmodels.ladder_insight import InsightSources, LadderInsight
from tests.support.builders import NOW_NS, XBT, a_delta, a_position_update, position_details
from tests.support.clicks import click
from tests.support.protected import Protected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.domain.events import OrderUpdate, PositionUpdate
    from terminal.domain.market_facts import RiskTier
    from terminal.domain.price_notes import PriceNote
    from terminal.viewmodels.ladder_view import LadderRow


@final
class Insighted:
    """Everything a ladder shows, on fakes. Made by ``an_insight``."""

    def __init__(self) -> None:
        self.protected = Protected()
        self.desktop = desktop = self.protected.desktop
        self.ladder = desktop.ladder
        bench = desktop.bench
        self.candles = CandleSessions(
            desktop.market_gateway,
            desktop.market_feed,
            bench.clock,
            bench.owner,
            desktop.markets.contracts,
        )
        self.shelf = StudyShelf(desktop.markets, self.candles, bench.desk, bench.clock)
        self.rates = self.protected.guarded.rates
        self.rates.is_told = True
        self.notes = PriceNotes(
            NoFile(), desktop.market_feed, desktop.markets.contracts, bench.clock, bench.notices
        )
        self.tiers: tuple[RiskTier, ...] = ()
        self.insight = LadderInsight(
            self.ladder,
            InsightSources(
                self.shelf,
                self.protected.guarded.breakevens,
                lambda _: self.tiers,
                self.notes,
                bench.desk,
                bench.account,
                self.protected.protecting,
            ),
            self.ladder,
        )
        self.ladder.know_more(self.insight)
        self._sequence = 100
        self._trades = 1_000_000_000

    async def stop(self) -> None:
        """End everything."""
        self.ladder.stop()
        self.notes.stop()
        await self.candles.stop()
        await self.protected.stop()

    def change(self, side: Side, price: int, lots: int) -> None:
        """One level of the book, and the frame that shows it."""
        self._sequence += 1
        self.desktop.market_stream.push(a_delta(self._sequence, side, price, lots))
        self.desktop.frame.tick()

    def trade(self, taker: Side, price: int, lots: int) -> None:
        """One public trade, and the frame that shows it."""
        self._trades += 1
        trade = PublicTrade(XBT, self._trades, taker, Price(price), Lots(lots), "t", NOW_NS)
        self.desktop.market_stream.push(trade)
        self.desktop.frame.tick()

    def row(self, price: int) -> LadderRow:
        """The row of a price."""
        return next(row for row in self.ladder.view.rows if row.price == price)

    def place_of(self, price: int) -> int:
        """Where the row of a price stands, from the top."""
        return [row.price for row in self.ladder.view.rows].index(Price(price))

    def click_result(self, price: int) -> None:
        """A click at the result of closing at a price, and the frame after it."""
        spot = Spot(self.place_of(price), LadderColumn.PNL)
        self.ladder.mouse_moved(spot)
        self.desktop.frame.tick()
        click(self.ladder, spot)
        self.desktop.frame.tick()

    @property
    def said(self) -> str:
        """What stands next to the ladder after a frame."""
        self.desktop.frame.tick()
        message = self.ladder.view.message
        return "" if message is None else message.text

    @property
    def kept(self) -> tuple[PriceNote, ...]:
        """All notes."""
        return self.notes.notes

    @property
    def is_counting(self) -> bool:
        """Whether the contract's studies run."""
        return XBT in self.shelf._open

    async def settle(self) -> None:
        """Let commands and reads come back, then show the next frame."""
        await self.desktop.settle()


@contextlib.asynccontextmanager
async def an_insight(
    lots: int = 0,
    *stops: OrderUpdate,
    hedged: bool = False,
    held: tuple[PositionUpdate, ...] = (),
    funding: str = "0.0001",
) -> AsyncIterator[Insighted]:
    """Connected, with a position and stops that the exchange has already; ``hedged`` it is long.

    Positions may be told whole in ``held``; ``funding`` is the rate of the next one.
    """
    insighted = Insighted()
    insighted.rates.funding = Decimal(funding)
    gateway = insighted.desktop.bench.gateway
    if hedged:
        gateway.mode = PositionMode.HEDGE
        gateway.held = (a_position_update(lots, details=position_details(PositionSide.LONG)),)
        lots = 0
    if held:
        gateway.held = held
    await insighted.protected.start(lots, *stops)
    insighted.notes.start()
    await insighted.settle()
    await insighted.settle()
    try:
        yield insighted
    finally:
        await insighted.stop()
