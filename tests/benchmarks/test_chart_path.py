"""The chart: what a frame costs with many candles, from what changed to what is painted."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING, final

import pytest
from PySide6.QtWidgets import QApplication

from terminal.domain.candles import CandleInterval
from terminal.storage.paths import resources
from terminal.viewmodels.chart import ChartViewModel, Move
from terminal.viewmodels.frame import FrameMeter
from terminal.widgets.chart import ChartPanel
from terminal.widgets.theme import Theme
from tests.support.builders import NOW_MS
from tests.support.desktop import Desktop
from tests.support.fake_candles import FakeCandleSources, a_long_series

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

    from terminal.domain.candles import CandleSeries
    from tests.support.fake_candles import FakeCandleSource

COUNTS = (1_000, 100_000, 1_000_000)
TRIED = 100_000
"""So many at most where benchmarks are only tried, not measured."""
SIZE = (900, 500)


@cache
def made(count: int) -> CandleSeries:
    """The benchmarks of one size share their candles: a million takes a while to roll."""
    return a_long_series(count)


@final
class Shown:
    """A chart on show, and its frames by hand."""

    def __init__(self, desktop: Desktop, count: int) -> None:
        self.desktop = desktop
        sources = FakeCandleSources()
        sources.ready[CandleInterval.M1] = made(count)
        self.vm = ChartViewModel(
            desktop.workspace, desktop.desk, desktop.account, sources, desktop.frame, desktop.clock
        )
        self.meter = FrameMeter()
        self.panel = ChartPanel(self.vm, Theme.load(resources() / "themes", "dark"), self.meter)
        self.panel.resize(*SIZE)
        self.vm.start()
        self.panel.show()
        for _ in range(4):
            self.frame()
        self.source: FakeCandleSource = sources.now
        self.painted = 0
        self.meter.after_next_paint(self._count)

    def _count(self) -> None:
        self.painted += 1
        self.meter.after_next_paint(self._count)

    def frame(self) -> None:
        """One frame with its painting."""
        self.desktop.frame.tick()
        QApplication.processEvents()
        QApplication.processEvents()

    def close(self) -> None:
        self.vm.stop()
        self.panel.close()
        self.panel.deleteLater()


@pytest.fixture
def shown(qapp: object, request: pytest.FixtureRequest) -> Iterator[Shown]:
    if not request.config.getoption("benchmark_enable") and request.param > TRIED:
        pytest.skip("a million candles take a while to roll")
    loop = asyncio.new_event_loop()
    desktop = Desktop()
    loop.run_until_complete(desktop.start())
    shown = Shown(desktop, request.param)
    yield shown
    shown.close()
    loop.run_until_complete(desktop.stop())
    loop.close()


@pytest.mark.parametrize("shown", COUNTS, indirect=True)
def test_full_repaint(benchmark: BenchmarkFixture, shown: Shown) -> None:
    """Nothing changed, all of the chart is painted: an exposure."""
    viewport = shown.panel.canvas.viewport()
    benchmark(viewport.repaint)
    assert shown.painted


@pytest.mark.parametrize("shown", COUNTS, indirect=True)
def test_a_quiet_frame(benchmark: BenchmarkFixture, shown: Shown) -> None:
    """The clock moved the countdown and nothing else."""

    def pass_a_second() -> None:
        shown.vm.mark_dirty()
        shown.frame()

    benchmark(pass_a_second)


@pytest.mark.parametrize("shown", COUNTS, indirect=True)
def test_a_ticking_frame(benchmark: BenchmarkFixture, shown: Shown) -> None:
    """Ten trades within the live candle, then a frame."""
    base = shown.source.series.closes[-1]
    number = 0

    def trade() -> None:
        nonlocal number
        for _ in range(10):
            number += 1
            shown.source.trade(NOW_MS, base + number * 7 % 11)
        shown.frame()

    benchmark(trade)
    assert shown.painted


@pytest.mark.parametrize("shown", COUNTS, indirect=True)
def test_panning(benchmark: BenchmarkFixture, shown: Shown) -> None:
    """Every frame shows another stretch of time: rectangles, axes and grid anew."""
    direction = -1.0
    for _ in range(3):
        shown.vm.move(Move.PAGE_OLDER)
    shown.frame()

    def pan() -> None:
        nonlocal direction
        direction = -direction
        shown.vm.pan(direction * 3)
        shown.frame()

    benchmark(pan)
    assert shown.painted


@pytest.mark.parametrize("shown", COUNTS, indirect=True)
def test_panning_zoomed_fully_out(benchmark: BenchmarkFixture, shown: Shown) -> None:
    """Every candle is in sight and all are gathered by pixel anew."""
    direction = -1.0
    for _ in range(80):
        shown.vm.zoom(0.8)
    shown.frame()

    def pan() -> None:
        nonlocal direction
        direction = -direction
        shown.vm.pan(direction * shown.vm.viewport.span / 100)
        shown.frame()

    benchmark(pan)
    assert shown.painted


@pytest.mark.parametrize("shown", COUNTS, indirect=True)
def test_ticking_zoomed_fully_out(benchmark: BenchmarkFixture, shown: Shown) -> None:
    """A trade while every candle is in sight: history is not looked at again."""
    for _ in range(80):
        shown.vm.zoom(0.8)
    shown.vm.move(Move.LATEST)
    shown.frame()
    base = shown.source.series.closes[-1]
    number = 0

    def trade() -> None:
        nonlocal number
        number += 1
        shown.source.trade(NOW_MS, base + number * 7 % 11)
        shown.frame()

    benchmark(trade)
    assert shown.painted
