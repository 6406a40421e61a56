"""The ladder: building its rows, painting all of them, painting one."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage, QRegion

from terminal.domain.units import Side
from terminal.storage.paths import resources
from terminal.viewmodels.frame import FrameMeter
from terminal.widgets.canvas.ladder_canvas import LadderCanvas
from terminal.widgets.theme import Theme
from tests.support.builders import a_delta, a_snapshot
from tests.support.desktop import Desktop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

ROWS = 40


@pytest.fixture
def desktop(qapp: object) -> Iterator[Desktop]:
    """A full book around 1000, forty rows of it on show."""
    loop = asyncio.new_event_loop()
    desktop = Desktop()
    dice = random.Random(3)
    desktop.market_gateway.snapshots.clear()
    desktop.market_gateway.snapshots.append(
        a_snapshot(
            100,
            tuple((1000 - n, dice.randrange(1, 2000)) for n in range(120)),
            tuple((1001 + n, dice.randrange(1, 2000)) for n in range(120)),
        )
    )
    loop.run_until_complete(desktop.start(ROWS))
    yield desktop
    loop.run_until_complete(desktop.stop())
    loop.close()


@pytest.fixture
def canvas(desktop: Desktop) -> Iterator[LadderCanvas]:
    theme = Theme.load(resources() / "themes", "dark")
    canvas = LadderCanvas(desktop.ladder, theme, FrameMeter())
    canvas.resize(420, ROWS * theme.row_height)
    canvas.grab()
    desktop.frame.tick()
    yield canvas
    canvas.deleteLater()


def test_full_repaint(benchmark: BenchmarkFixture, canvas: LadderCanvas) -> None:
    image = QImage(canvas.size(), QImage.Format.Format_RGB32)
    benchmark(lambda: canvas.render(image))


def test_one_row_repaint(benchmark: BenchmarkFixture, canvas: LadderCanvas) -> None:
    image = QImage(canvas.size(), QImage.Format.Format_RGB32)
    region = QRegion(canvas.layout_grid.row_rect(ROWS // 2))
    benchmark(lambda: canvas.render(image, QPoint(), region))


def test_refresh_after_one_change(benchmark: BenchmarkFixture, desktop: Desktop) -> None:
    """A delta and the frame that follows it: rows rebuilt and compared."""
    sequence = 100

    def change() -> None:
        nonlocal sequence
        sequence += 1
        desktop.market_stream.push(a_delta(sequence, Side.BUY, 990, 1 + sequence % 900))
        desktop.frame.tick()

    benchmark(change)
    assert desktop.ladder.view.rows
