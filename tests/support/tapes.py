"""A tape's view-model on a real shelf of studies, fed by a fake stream."""

from __future__ import annotations

from typing import final

from terminal.domain.clock import TimestampNs
from terminal.domain.events import PublicTrade
from terminal.domain.units import Lots, Price, Side
from terminal.session.candle_sessions import CandleSessions
from terminal.session.studies import StudyShelf
from terminal.viewmodels.tape import TapeViewModel
from tests.support.builders import NOW_NS, XBT
from tests.support.desktop import Desktop

ROWS = 10


@final
class TapeBench:
    """``start`` and ``stop`` it. Each trade is 1 s after the one before unless said otherwise."""

    def __init__(self) -> None:
        self.desktop = desktop = Desktop()
        bench = desktop.bench
        candles = CandleSessions(
            desktop.market_gateway,
            desktop.market_feed,
            desktop.clock,
            bench.owner,
            desktop.markets.contracts,
        )
        self.shelf = StudyShelf(desktop.markets, candles, desktop.desk, desktop.clock)
        self.tape = TapeViewModel(
            desktop.workspace, self.shelf, desktop.clock, bench.notices, desktop.frame
        )
        self._sequence = 1_000_000_000
        self._at_ns = int(NOW_NS)

    async def start(self) -> TapeBench:
        await self.desktop.start()
        self.tape.start()
        self.tape.set_visible_rows(ROWS)
        self.tick()
        return self

    async def stop(self) -> None:
        self.tape.stop()
        await self.desktop.stop()

    def trade(
        self, lots: int = 1, price: int = 1000, taker: Side = Side.BUY, ms: int = 1000
    ) -> None:
        self._sequence += 1
        self._at_ns += ms * 1_000_000
        self.desktop.market_stream.push(
            PublicTrade(
                XBT,
                self._sequence,
                taker,
                Price(price),
                Lots(lots),
                str(self._sequence),
                TimestampNs(self._at_ns),
            )
        )

    def tick(self) -> None:
        self.desktop.frame.tick()

    @property
    def lots(self) -> list[str]:
        """The lots of all rows, the newest first."""
        return [row.lots for row in self.tape.view.rows]
