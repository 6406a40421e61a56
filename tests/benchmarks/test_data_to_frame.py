"""From a stream frame that is due to the ladder's pixels; and whether the loop stands still.

Frames go through the exchange's translation, the feed, the calibrated book, the studies and the
view-models to panels that Qt paints offscreen, on the loop and the frame clock of the program.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, final

import pytest
import qasync

from terminal.app.garbage import Garbage
from terminal.storage.paths import resources
from terminal.viewmodels import text
from terminal.viewmodels.frame import FrameMeter, QtFrameClock
from terminal.viewmodels.ladder_columns import DEFAULT_COLUMNS
from terminal.viewmodels.tape import TapeViewModel
from terminal.widgets.canvas.ladder_canvas import LadderCanvas
from terminal.widgets.canvas.tape_canvas import TapeCanvas
from terminal.widgets.theme import Theme
from tests.support.builders import a_position_update, a_snapshot, an_order_update
from tests.support.insight import Insighted
from tests.support.market_pour import BEST_ASK, BEST_BID, STALL_MS, MarketPour, Writer
from tests.support.rounds import in_rounds

from terminal.domain.units import OrderId, Price  # isort: skip

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

ROWS = 60
BOOK_ROWS = 120
RATES = (200, 2_000)
BURST_S = 60.0
MEASURED_S = 10.0
TRIED_S = 0.15
"""So long in the ordinary run, where nothing is measured."""


@final
class Screen:
    """A ladder of sixty rows and perhaps a tape, shown by Qt; ``start`` and ``stop`` it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, is_full: bool) -> None:
        self._loop = loop
        self._is_full = is_full
        self.one = Insighted()
        self.clock = QtFrameClock()
        self.meter = FrameMeter()
        self._writer = Writer(100, 1_000_000_000)
        desktop = self.one.desktop
        self.ladder = desktop.ladder
        self.ladder._frame = self.clock
        desktop.market_gateway.snapshots.clear()
        bids = tuple((BEST_BID - n, 1 + n * 37 % 1900) for n in range(BOOK_ROWS))
        asks = tuple((BEST_ASK + n, 1 + n * 41 % 1900) for n in range(BOOK_ROWS))
        desktop.market_gateway.snapshots.append(a_snapshot(100, bids, asks))

    async def start(self) -> Screen:
        one, desktop = self.one, self.one.desktop
        theme = Theme.load(resources() / "themes", "dark")
        self.canvas = LadderCanvas(self.ladder, theme, self.meter)
        self.canvas.resize(1100 if self._is_full else 420, (ROWS + 1) * theme.row_height)
        self.tape = TapeViewModel(
            desktop.workspace, one.shelf, desktop.clock, desktop.bench.notices, self.clock
        )
        self.tape_canvas = TapeCanvas(self.tape, theme, FrameMeter())
        self.tape_canvas.resize(320, (ROWS + 1) * theme.row_height)
        await one.protected.start(3)
        one.notes.start()
        self.canvas.show()
        if self._is_full:
            self._show_everything()
        self._hold_and_order()
        await desktop.clock.settle()
        self.ladder.recenter()
        self.began_s = desktop.clock._now_s
        return self

    def _show_everything(self) -> None:
        columns = tuple(replace(column, is_shown=True) for column in DEFAULT_COLUMNS)
        self.ladder.set_options(
            replace(
                self.ladder.options, columns=columns, is_change_summed=True, is_volume_split=True
            )
        )
        self.tape.start()
        self.tape_canvas.show()

    def _hold_and_order(self) -> None:
        stream = self.one.desktop.bench.stream
        stream.push(a_position_update(3, "100.1"))
        for number in range(20):
            stream.push(
                an_order_update(
                    order_id=OrderId(f"o{number}"), client_oid=None, price=Price(999 - number)
                )
            )

    def run(self, rate: int, seconds: float) -> MarketPour:
        """Market data at a rate for so long."""
        made = MarketPour(
            self.ladder, self.meter, self.one.desktop.market_stream.push, self._pass, self._writer
        )
        self._loop.run_until_complete(made.run(rate, seconds))
        return made

    def _pass(self, seconds: float) -> None:
        """The sessions' clock goes with the real one; nobody sleeps on it."""
        self.one.desktop.clock._now_s = self.began_s + seconds

    async def stop(self) -> None:
        self.tape.stop()
        await self.one.stop()
        self.clock.stop()
        for widget in (self.canvas, self.tape_canvas):
            widget.close()
            widget.deleteLater()


@pytest.fixture
def screen(request: pytest.FixtureRequest, qapp: object) -> Iterator[Screen]:
    loop = qasync.QEventLoop(qapp)
    made = Screen(loop, is_full=request.param)
    loop.run_until_complete(made.start())
    made.run(RATES[0], TRIED_S)  # fonts, texts and code are warm
    garbage = Garbage(made.clock)  # as in the program
    garbage.settle()
    yield made
    garbage.stop()
    loop.run_until_complete(made.stop())
    loop.close()


FULL = pytest.mark.parametrize("screen", [False, True], ids=["plain", "full"], indirect=True)


def _note(benchmark: BenchmarkFixture, pour: MarketPour) -> None:
    """Everything of a pour, with the machine's load beside it."""
    for name, took_ms in (("near", sorted(pour.near_ms)), ("deep", sorted(pour.deep_ms))):
        benchmark.extra_info[f"{name}_ms_p50"] = took_ms[len(took_ms) // 2]
        benchmark.extra_info[f"{name}_ms_p99"] = took_ms[int(len(took_ms) * 0.99)]
        benchmark.extra_info[f"{name}_ms_max"] = took_ms[-1]
    for name, turns in (("stalls", pour.stalls), ("worst", pour.worst)):
        benchmark.extra_info[name] = [
            {part: round(took, 1) for part, took in turn._asdict().items()} for turn in turns
        ]
    benchmark.extra_info["longest_collection_ms"] = pour.longest_collection_ms
    benchmark.extra_info["turns"] = pour.turns
    if hasattr(os, "getloadavg"):
        benchmark.extra_info["load"] = os.getloadavg()[0]


@FULL
@pytest.mark.parametrize("rate", RATES)
def test_data_to_painted_frame(benchmark: BenchmarkFixture, screen: Screen, rate: int) -> None:
    """With the columns that are shipped; with all of them, summed and split, and the tape."""
    seconds = TRIED_S if benchmark.disabled else MEASURED_S
    pour: MarketPour = in_rounds(benchmark, lambda: screen.run(rate, seconds), rounds=1)

    assert pour.is_all_painted
    assert len(pour.near_ms) + len(pour.deep_ms) >= rate * seconds / 2
    best = next(row for row in screen.ladder.view.rows if row.price == BEST_BID)
    market = screen.one.desktop.workspace.market
    assert market is not None
    assert best.bid_text == text.whole(market.book.bids.lots_at(Price(BEST_BID))), (
        "what is shown is the book"
    )
    _note(benchmark, pour)


@pytest.mark.parametrize("screen", [True], ids=["full"], indirect=True)
def test_stalls_in_a_minute_of_burst(benchmark: BenchmarkFixture, screen: Screen) -> None:
    """Two thousand messages a second with everything on show: the loop turns all the time."""
    seconds = TRIED_S if benchmark.disabled else BURST_S
    pour: MarketPour = in_rounds(benchmark, lambda: screen.run(RATES[1], seconds), rounds=1)

    _note(benchmark, pour)
    assert pour.turns > seconds * 20
    own = [one for one in pour.stalls if one.own_ms > STALL_MS]
    assert benchmark.disabled or not own, "the machine may take its time, we may not"
