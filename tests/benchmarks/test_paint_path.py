"""The ladder: building its rows, painting all of them, painting one."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage, QRegion

from terminal.domain.guard import Touch
from terminal.domain.price_notes import AlertSource
from terminal.domain.units import OrderId, Price, Side
from terminal.storage.paths import resources
from terminal.viewmodels.frame import FrameMeter
from terminal.viewmodels.ladder_columns import DEFAULT_COLUMNS, LadderColumn
from terminal.viewmodels.ladder_studies import RowStudy
from terminal.widgets.canvas.ladder_canvas import LadderCanvas
from terminal.widgets.canvas.ladder_list import row_list
from terminal.widgets.theme import Theme
from tests.support.builders import a_delta, a_position_update, a_snapshot, an_order_update
from tests.support.desktop import Desktop
from tests.support.insight import Insighted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

ROWS = 60


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture
def desktop(qapp: object, loop: asyncio.AbstractEventLoop) -> Iterator[Desktop]:
    """A full book around 1000, sixty rows of it on show."""
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


@pytest.fixture
def canvas(desktop: Desktop) -> Iterator[LadderCanvas]:
    theme = Theme.load(resources() / "themes", "dark")
    canvas = LadderCanvas(desktop.ladder, theme, FrameMeter())
    canvas.resize(420, ROWS * theme.row_height)
    canvas.grab()
    desktop.frame.tick()
    yield canvas
    canvas.deleteLater()


class Everything:
    """Studies with something to say on every row."""

    def look(self, *of: object) -> None:
        pass

    def close(self) -> None:
        pass

    def row(self, low: Price, high: Price) -> RowStudy:
        return RowStudy(1000 + low, low % 900, low % 700, low % 90 - 45, 45 - low % 80)


@pytest.fixture
def all_columns(
    desktop: Desktop, canvas: LadderCanvas, loop: asyncio.AbstractEventLoop
) -> LadderCanvas:
    """Every column on show and full: own orders, studies, a position."""
    ladder = desktop.ladder
    ladder.study_with(lambda _: Everything())
    columns = tuple(replace(one, is_shown=True) for one in DEFAULT_COLUMNS)
    ladder.set_columns(columns)
    loop.run_until_complete(_hold_and_order(desktop))
    canvas.resize(1100, canvas.height())
    desktop.frame.tick()
    canvas.grab()
    assert len(canvas.layout_grid.columns) == len(columns)
    return canvas


async def _hold_and_order(desktop: Desktop) -> None:
    desktop.bench.stream.push(a_position_update(3, "100.1"))
    for number in range(20):
        desktop.bench.stream.push(
            an_order_update(
                order_id=OrderId(f"o{number}"), client_oid=None, price=Price(999 - number)
            )
        )
    await desktop.settle()


def test_full_repaint_of_all_columns(
    benchmark: BenchmarkFixture, all_columns: LadderCanvas
) -> None:
    image = QImage(all_columns.size(), QImage.Format.Format_RGB32)
    benchmark(lambda: all_columns.render(image))


def test_one_row_repaint_of_all_columns(
    benchmark: BenchmarkFixture, all_columns: LadderCanvas
) -> None:
    image = QImage(all_columns.size(), QImage.Format.Format_RGB32)
    region = QRegion(all_columns.layout_grid.row_rect(ROWS // 2))
    benchmark(lambda: all_columns.render(image, QPoint(), region))


def test_lists_of_all_rows_and_columns(
    benchmark: BenchmarkFixture, all_columns: LadderCanvas, desktop: Desktop
) -> None:
    """What a new layout costs before it is painted."""
    rows, grid, measure = desktop.ladder.view.rows, all_columns.layout_grid, all_columns.measure
    lists = benchmark(lambda: [row_list(row, grid, measure) for row in rows])
    assert sum(len(one) for one in lists) > ROWS * len(grid.columns)


def test_refresh_with_all_columns(
    benchmark: BenchmarkFixture, all_columns: LadderCanvas, desktop: Desktop
) -> None:
    """A delta at the best bid and the frame that follows it, every column on show."""
    sequence = 100

    def change() -> None:
        nonlocal sequence
        sequence += 1
        desktop.market_stream.push(a_delta(sequence, Side.BUY, 1000, 1 + sequence % 900))
        desktop.frame.tick()

    benchmark(change)
    assert all_columns.layout_grid.shows(LadderColumn.PNL)


@pytest.fixture
def with_insight(
    qapp: object, loop: asyncio.AbstractEventLoop
) -> Iterator[tuple[Insighted, LadderCanvas]]:
    """Every column filled by the real studies, with notes, a position and twenty own orders."""
    one = Insighted()
    desktop = one.desktop
    dice = random.Random(3)
    desktop.market_gateway.snapshots.clear()
    desktop.market_gateway.snapshots.append(
        a_snapshot(
            100,
            tuple((1000 - n, dice.randrange(1, 2000)) for n in range(120)),
            tuple((1001 + n, dice.randrange(1, 2000)) for n in range(120)),
        )
    )
    loop.run_until_complete(one.protected.start(3))
    one.notes.start()
    canvas = LadderCanvas(desktop.ladder, Theme.load(resources() / "themes", "dark"), FrameMeter())
    canvas.resize(1100, (ROWS + 1) * Theme.load(resources() / "themes", "dark").row_height)
    canvas.grab()
    options = replace(
        desktop.ladder.options,
        columns=tuple(replace(column, is_shown=True) for column in DEFAULT_COLUMNS),
        is_change_summed=True,
        is_volume_split=True,
    )
    desktop.ladder.set_options(options)
    loop.run_until_complete(_hold_and_order(desktop))
    for number in range(40):
        one.trade(Side.SELL if number % 2 else Side.BUY, 1000 + number - 20, 1 + number)
        one.change(Side.BUY, 1000 - number, 3 + number)
        one.change(Side.SELL, 1001 + number, 3 + number)
        desktop.ladder.axis.recenter(Touch(Price(1000), Price(1001)))
    for place in (5, 20, 40):
        one.insight.ask_note(place)
        one.insight.save_note(f"level {place}", AlertSource.LAST)
    desktop.frame.tick()
    yield one, canvas
    loop.run_until_complete(one.stop())
    canvas.deleteLater()


def test_refresh_with_studies_in_all_columns(
    benchmark: BenchmarkFixture, with_insight: tuple[Insighted, LadderCanvas]
) -> None:
    """A delta at the best bid and its frame: studies read, queues and worth reckoned, rows made."""
    one, canvas = with_insight
    numbers = count()

    def change() -> None:
        one.desktop.clock._now_s += 0.001  # a thousand changes a second
        one.change(Side.BUY, 1000, 1 + next(numbers) % 900)

    benchmark(change)
    assert canvas.layout_grid.shows(LadderColumn.VOLUME)
    assert len(one.ladder.view.rows) >= ROWS
    assert any(row.extras.bid_queue for row in one.ladder.view.rows)


def test_full_repaint_with_studies_in_all_columns(
    benchmark: BenchmarkFixture, with_insight: tuple[Insighted, LadderCanvas]
) -> None:
    _, canvas = with_insight
    image = QImage(canvas.size(), QImage.Format.Format_RGB32)
    benchmark(lambda: canvas.render(image))


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
