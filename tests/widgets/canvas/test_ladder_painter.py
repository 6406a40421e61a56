"""The painter walks any list that rows can become, and leaves the ink where the list says."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QImage, QPainter

from terminal.domain.queue_estimate import QueuePlace
from terminal.domain.units import Lots
from terminal.storage.paths import resources
from terminal.viewmodels.ladder_columns import DEFAULT_COLUMNS, LadderColumn, PlacedColumn
from terminal.viewmodels.ladder_counts import queue_forms
from terminal.viewmodels.ladder_view import OwnState, RowExtras
from terminal.widgets.canvas.ladder_frame import INSET
from terminal.widgets.canvas.ladder_layout import LadderLayout, least_width, place
from terminal.widgets.canvas.ladder_list import row_list
from terminal.widgets.canvas.ladder_painter import LadderPainter
from terminal.widgets.canvas.ladder_shapes import (
    PLAIN,
    Fill,
    Frame,
    Hatch,
    Line,
    Text,
    Triangle,
)
from terminal.widgets.theme import Theme
from tests.widgets.canvas.test_ladder_list import STATES, a_layout, a_row, own

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture(params=["dark", "light", "dark-colour-blind"])
def theme(request: pytest.FixtureRequest) -> Theme:
    return Theme.load(resources() / "themes", request.param)


def painted(painter: LadderPainter, layout: LadderLayout, items: tuple) -> QImage:  # type: ignore[type-arg] # any list
    image = QImage(layout.width, 3 * layout.row_height, QImage.Format.Format_RGB32)
    image.fill(0)
    with QPainter(image) as hand:
        painter.paint_row(hand, layout, 1, items)
    return image


def test_every_state_has_pixels_of_its_own(theme: Theme) -> None:
    """In every palette."""
    painter, layout = LadderPainter(theme), a_layout()
    images: list[QImage] = []
    for name, row in STATES.items():
        image = painted(painter, layout, row_list(row, layout, painter.measure))
        assert image not in images, name
        images.append(image)


def test_shapes_stand_where_their_list_says(theme: Theme) -> None:
    """Row-relative: the second row begins a row's height below the frame's inset."""
    painter, layout = LadderPainter(theme), a_layout()
    top = layout.inset + layout.row_height
    items = (
        Fill(10, 2, 5, 5, "buy"), Frame(30, 2, 6, 6, "accent"), Line(50, 3, 8, "sell"),
        Hatch(70, 2, 9, 9, "sell"), Triangle(100, 9, 4, 1, "buy"),
    )  # fmt: skip
    image = painted(painter, layout, items)
    assert image.pixelColor(12, top + 4) == theme.color("buy")
    assert image.pixelColor(30, top + 5) == theme.color("accent")
    assert image.pixelColor(33, top + 5) != theme.color("accent"), "a frame is open"
    assert image.pixelColor(57, top + 3) == theme.color("sell")
    assert image.pixelColor(58, top + 3) != theme.color("sell")
    hatched = {image.pixel(x, top + 5) for x in range(70, 79)}
    assert len(hatched) > 1
    assert image.pixelColor(100, top + 9) == theme.color("buy")
    assert image.pixel(12, top - 3) == image.pixel(300, top - 3), "nothing above the row"


def test_a_column_in_a_larger_font_is_measured_in_it(theme: Theme) -> None:
    """What is measured is what is drawn."""
    painter = LadderPainter(theme)
    assert painter.measure("123456", "plain", 150) > 1.3 * painter.measure("123456", "plain", 100)
    large = LadderLayout(100, 60, 19, (PlacedColumn(LadderColumn.OWN_BID, 0, 100, 150),))
    row = a_row(own_bid=own(OwnState.CANCELING))
    assert not painted(painter, large, row_list(row, large, painter.measure)).isNull()


@pytest.mark.parametrize("lots", ["5", "25", "100"])
@pytest.mark.parametrize(
    ("ahead", "shown"),
    [(640, {"q~640", "q~.6k"}), (5160, {"q~5.2k", "q~5k"}), (12_400, {"q~12k", "q~10k"})],
)
def test_an_order_behind_thousands_of_lots_shows_its_place_at_the_shipped_widths(
    theme: Theme, lots: str, ahead: int, shown: set[str]
) -> None:
    """In the default layout of a screen of 1366x768 the rows are 390 pixels wide."""
    painter, width = LadderPainter(theme), 390
    digit = painter.measure("0", PLAIN, 100)
    columns = place(DEFAULT_COLUMNS, width, lambda one: least_width(one, digit, 8), inset=INSET)
    layout = LadderLayout(width, 200, theme.row_height, columns, INSET)
    assert {LadderColumn.BID_TRADES, LadderColumn.ASK_TRADES} <= {one.column for one in columns}
    forms = queue_forms(QueuePlace(Lots(ahead - 90), Lots(ahead), Lots(ahead + 90), is_guess=False))
    for where in ("own_bid", "own_ask"):
        mark = own(text=lots)
        row = a_row(**{where: mark}, extras=RowExtras(bid_queue=forms, ask_queue=forms))
        left, wide = layout.column(LadderColumn(where))
        texts = [one for one in row_list(row, layout, painter.measure) if isinstance(one, Text)]
        inside = [one for one in texts if left <= one.x <= left + wide]
        size, queue = inside
        assert size.text == lots
        assert queue.text in shown
        end = size.x + painter.measure(size.text, size.font, size.percent)
        assert end < queue.x - painter.measure(queue.text, queue.font, queue.percent)
