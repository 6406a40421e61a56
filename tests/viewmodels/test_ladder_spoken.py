"""The cursor's row as it is read aloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from terminal.domain.units import OrderId, Price, Side
from terminal.storage.paths import resources
from terminal.viewmodels.frame import FrameMeter
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.viewmodels.ladder_spoken import cursor_row, row_words
from terminal.widgets.canvas.ladder_canvas import LadderCanvas
from terminal.widgets.canvas.ladder_speech import LadderSpeech
from terminal.widgets.theme import Theme
from tests.support.builders import a_delta, an_order_update
from tests.support.desktop import Desktop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
async def desktop(qapp: object) -> AsyncIterator[Desktop]:
    made = await Desktop().start()
    yield made
    await made.stop()


async def test_price_size_own_order_and_cursor_are_said(desktop: Desktop) -> None:
    desktop.bench.stream.push(
        an_order_update(order_id=OrderId("o1"), client_oid=None, side=Side.BUY, price=Price(1000))
    )
    desktop.frame.tick()
    spoken = cursor_row(desktop.ladder.view)
    assert spoken is not None
    words = spoken.words.split(", ")
    assert words[0] == "Row 100.0"
    assert words[1:3] == ["bid 5", "best bid"]
    assert any(part.startswith("own buy ") and part.endswith(" working") for part in words)
    assert words[-1] == "cursor"


async def test_all_that_lies_beyond_an_edge_is_said_and_told_by_the_tooltip(
    desktop: Desktop,
) -> None:
    """Also what has no room there; each with its own price, never the row's."""
    for number, (side, price) in enumerate(((Side.BUY, 900), (Side.BUY, 950), (Side.SELL, 940))):
        desktop.bench.stream.push(
            an_order_update(
                order_id=OrderId(f"o{number}"), client_oid=None, side=side, price=Price(price)
            )
        )
    desktop.frame.tick()
    theme = Theme.load(resources() / "themes", "dark")
    canvas = LadderCanvas(desktop.ladder, theme, FrameMeter())
    canvas.resize(320, 21 * theme.row_height)
    canvas.show()
    desktop.frame.tick()
    low = next(row for row in desktop.ladder.view.rows if row.outside_way < 0)
    told = ("below the rows: 2 times own buy, the nearest 95.0", "below the rows: own sell 94.0")
    assert all(words in row_words(low) for words in told)
    place = desktop.ladder.view.rows.index(low)
    help_ = canvas.help_at(canvas.point_of(place, LadderColumn.PRICE.value))
    assert help_.split("\n") == [f"B{words[1:]}" for words in told]
    canvas.close()
    canvas.deleteLater()


async def test_the_canvas_speaks_when_the_cursor_moves_not_when_sizes_do(desktop: Desktop) -> None:
    said: list[str] = []
    theme = Theme.load(resources() / "themes", "dark")
    canvas = LadderCanvas(desktop.ladder, theme, FrameMeter())
    canvas.speech = LadderSpeech(canvas, lambda words, _is_urgent: said.append(words))
    canvas.resize(420, 21 * theme.row_height)
    canvas.show()
    canvas.activateWindow()
    canvas.setFocus()
    QApplication.processEvents()  # the window becomes the active one
    assert canvas.hasFocus()
    desktop.frame.tick()
    assert len(said) == 1
    QTest.keyClick(canvas, Qt.Key.Key_Down)
    desktop.frame.tick()
    assert len(said) == 2
    assert said[0] != said[1]
    assert canvas.accessibleDescription() == said[1]
    desktop.market_stream.push(a_delta(101, Side.BUY, 999, 77))
    desktop.frame.tick()
    assert len(said) == 2
    canvas.close()
    canvas.deleteLater()
