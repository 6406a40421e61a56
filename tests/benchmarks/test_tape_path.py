"""The tape at 2,000 trades a second: what a frame of it costs from data to pixels."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage

from terminal.domain.units import Side
from terminal.storage.paths import resources
from terminal.viewmodels.frame import FrameMeter
from terminal.widgets.canvas.tape_canvas import TapeCanvas
from terminal.widgets.theme import Theme
from tests.support.tapes import TapeBench

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

TRADES_A_FRAME = 34
"""2,000 a second at sixty frames."""
ROWS = 60


@pytest.fixture
def bench(qapp: object) -> Iterator[TapeBench]:
    loop = asyncio.new_event_loop()
    made = TapeBench()
    loop.run_until_complete(made.start())
    made.tape.join_bursts(False)  # a row for each trade is the dearest way
    dice = random.Random(5)
    for _ in range(12_000):  # the history is full
        _trade(made, dice)
    yield made
    loop.run_until_complete(made.stop())
    loop.close()


@pytest.fixture
def canvas(bench: TapeBench) -> Iterator[TapeCanvas]:
    theme = Theme.load(resources() / "themes", "dark")
    canvas = TapeCanvas(bench.tape, theme, FrameMeter())
    canvas.resize(320, (ROWS + 1) * theme.row_height)
    canvas.grab()
    bench.tick()
    yield canvas
    canvas.deleteLater()


def _trade(bench: TapeBench, dice: random.Random) -> None:
    side = dice.choice((Side.BUY, Side.SELL))
    bench.trade(dice.randrange(1, 900), 100_000 + dice.randrange(80), side, ms=0)


def _note(benchmark: BenchmarkFixture) -> None:
    if benchmark.stats is not None:
        benchmark.extra_info["ms_per_frame"] = benchmark.stats.stats.median * 1000
        benchmark.extra_info["ms_at_most"] = benchmark.stats.stats.max * 1000


def test_a_frame_of_new_trades_from_stream_to_pixels(
    benchmark: BenchmarkFixture, bench: TapeBench, canvas: TapeCanvas
) -> None:
    """Trades through market, studies and view-model, rows made, all of them painted."""
    dice = random.Random(6)
    picture = QImage(canvas.size(), QImage.Format.Format_RGB32)

    def frame() -> int:
        for _ in range(TRADES_A_FRAME):
            _trade(bench, dice)
        bench.tick()
        canvas.render(picture, QPoint())
        return len(bench.tape.view.rows)

    assert benchmark(frame) >= ROWS
    _note(benchmark)


def test_a_frame_while_rows_stand_still(
    benchmark: BenchmarkFixture, bench: TapeBench, canvas: TapeCanvas
) -> None:
    """The same while somebody reads: thousands wait and are counted."""
    dice = random.Random(7)
    bench.tape.toggle_held()

    def frame() -> str:
        for _ in range(TRADES_A_FRAME):
            _trade(bench, dice)
        bench.tick()
        return bench.tape.view.note

    assert "wait" in benchmark(frame)
    _note(benchmark)


def test_a_frame_behind_a_filter_that_hides_nearly_all(
    benchmark: BenchmarkFixture, bench: TapeBench, canvas: TapeCanvas
) -> None:
    """The whole history is looked through for rows that pass."""
    dice = random.Random(8)
    bench.tape.choose_least("899")

    def frame() -> int:
        _trade(bench, dice)
        bench.tick()
        return len(bench.tape.view.rows)

    benchmark(frame)
    assert all(row.lots == "899" for row in bench.tape.view.rows)
    _note(benchmark)
