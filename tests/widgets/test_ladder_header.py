"""The ladder's heading and menu: real mouse and key events, down to the settings."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QFontMetrics, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QSpinBox, QToolButton

from terminal.storage.paths import resources
from terminal.viewmodels.frame import FrameMeter
from terminal.viewmodels.ladder_columns import (
    DEFAULT_COLUMNS,
    LadderColumn,
    NumberFormat,
    setting_of,
)
from terminal.viewmodels.ladder_options import BarScale, Centering
from terminal.widgets.canvas.ladder_canvas import ROWS_PER_NOTCH, TURBO_ROWS
from terminal.widgets.ladder import LadderPanel
from terminal.widgets.theme import Theme
from tests.support.desktop import Desktop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from PySide6.QtGui import QAction

pytestmark = pytest.mark.usefixtures("qapp")
C, K = LadderColumn, Qt.Key
LEFT = Qt.MouseButton.LeftButton
PLAIN = Qt.KeyboardModifier.NoModifier
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


class Shown:
    def __init__(self, desktop: Desktop, panel: LadderPanel, theme: Theme) -> None:
        self.desktop, self.panel, self.header = desktop, panel, panel.header
        self.theme = theme

    def middle_of(self, column: LadderColumn) -> QPoint:
        left, width = self.panel.canvas.layout_grid.column(column)
        return QPoint(left + width // 2, 9)

    def edge_of(self, column: LadderColumn) -> QPoint:
        left, width = self.panel.canvas.layout_grid.column(column)
        return QPoint(left + width, 9)

    def drag(self, start: QPoint, end: QPoint) -> None:
        QTest.mousePress(self.header, LEFT, PLAIN, start)
        QTest.mouseMove(self.header, (start + end) / 2)
        QTest.mouseMove(self.header, end)
        QTest.mouseRelease(self.header, LEFT, PLAIN, end)
        self.desktop.frame.tick()

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = PLAIN) -> None:
        QTest.keyClick(self.header, key, modifiers)
        self.desktop.frame.tick()

    @property
    def order(self) -> list[LadderColumn]:
        return [placed.column for placed in self.panel.canvas.layout_grid.columns]

    def width_of(self, column: LadderColumn) -> int:
        return self.panel.canvas.layout_grid.column(column)[1]

    def choose(self, *path: str) -> None:
        menu = self.header.menu.menu
        for words in path[:-1]:
            sub = entry(menu, words).menu()
            assert isinstance(sub, QMenu), words
            menu = sub
        entry(menu, path[-1]).trigger()
        self.header.menu.menu.close()
        self.desktop.frame.tick()


def entry(menu: QMenu, words: str) -> QAction:
    shown = words.replace("&", "&&")  # one alone would name a key
    found = [action for action in menu.actions() if action.text().startswith(shown)]
    assert found, (words, [action.text() for action in menu.actions()])
    return found[0]


@contextlib.asynccontextmanager
async def shown(width: int = 420) -> AsyncIterator[Shown]:
    desktop = await Desktop().start()
    theme = Theme.load(resources() / "themes", "dark")
    panel = LadderPanel(desktop.ladder, theme, FrameMeter())
    panel.resize(width, 700)
    panel.show()
    desktop.frame.tick()
    try:
        yield Shown(desktop, panel, theme)
    finally:
        await desktop.stop()
        panel.close()
        panel.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


async def test_a_title_is_dragged_to_another_place_and_the_column_goes_with_it() -> None:
    async with shown() as ui:
        assert ui.order == [C.OWN_BID, C.BID, C.PRICE, C.ASK, C.OWN_ASK]
        ui.drag(ui.middle_of(C.PRICE), ui.middle_of(C.OWN_BID))
        assert ui.order == [C.PRICE, C.OWN_BID, C.BID, C.ASK, C.OWN_ASK]
        canvas = ui.panel.canvas
        assert canvas.layout_grid.column_at(ui.panel.point_of(3, "price").x()) is C.PRICE


async def test_an_edge_is_dragged_and_a_click_moves_nothing() -> None:
    async with shown(700) as ui:
        before = ui.width_of(C.BID)
        edge = ui.edge_of(C.BID)
        ui.drag(edge, edge + QPoint(60, 0))
        assert ui.width_of(C.BID) > before + 20
        assert ui.order == [C.OWN_BID, C.BID, C.PRICE, C.ASK, C.OWN_ASK]
        columns = ui.desktop.ladder.options.columns
        QTest.mouseClick(ui.header, LEFT, PLAIN, ui.middle_of(C.ASK))
        assert ui.desktop.ladder.options.columns == columns
        assert ui.header.selected is C.ASK


async def test_keys_do_all_that_the_mouse_does() -> None:
    async with shown(700) as ui:
        assert ui.header.focusPolicy() is Qt.FocusPolicy.TabFocus
        ui.press(K.Key_Right)
        assert ui.header.selected is C.ASK
        assert ui.header.accessibleName() == "Column Ask size"
        ui.press(K.Key_Right, CTRL)
        ui.press(K.Key_Right, CTRL)
        assert ui.order == [C.OWN_BID, C.BID, C.PRICE, C.OWN_ASK, C.ASK]
        before = ui.width_of(C.ASK)
        for _ in range(4):
            ui.press(K.Key_Right, SHIFT)
        assert ui.width_of(C.ASK) > before
        for _ in range(8):
            ui.press(K.Key_Left, SHIFT)
        assert ui.width_of(C.ASK) < before + 1
        ui.press(K.Key_Delete)
        assert C.ASK not in ui.order
        assert ui.header.accessibleName() == "Column Price"
        ui.press(K.Key_Delete)
        assert C.PRICE in ui.order, "a ladder without prices is none"
        ui.press(K.Key_Return)
        assert ui.header.menu.menu.isVisible()
        ui.choose("Reset the columns")
        assert ui.desktop.ladder.options.columns == DEFAULT_COLUMNS


async def test_the_menu_of_a_column_hides_it_and_chooses_its_format_and_font() -> None:
    async with shown() as ui:
        at = ui.middle_of(C.BID)
        event = QContextMenuEvent(
            QContextMenuEvent.Reason.Mouse, at, ui.header.mapToGlobal(at), PLAIN
        )
        QApplication.sendEvent(ui.header, event)
        ui.choose("Number format", "Coin")
        ui.header.open_menu()
        ui.choose("Font size", "130 %")
        setting = setting_of(ui.desktop.ladder.options.columns, C.BID)
        assert (setting.number_format, setting.font_percent) == (NumberFormat.COIN, 130)
        assert not ui.panel.canvas.grab().isNull()
        ui.header.open_menu()
        ui.choose("Hide Bid size")
        assert C.BID not in ui.order
        ui.header.open_menu()
        ui.choose("Columns", "Bid size")
        assert C.BID in ui.order


async def test_the_menu_says_why_a_wanted_column_is_not_there() -> None:
    """No source, or no room."""
    async with shown(400) as ui:
        ui.header.open_menu()
        for name in ("Bids up to here", "P&L at price", "Notes at a price"):
            ui.choose("Columns", name)
            ui.header.open_menu()
        columns = entry(ui.header.menu.menu, "Columns").menu()
        assert isinstance(columns, QMenu)
        words = [action.text() for action in columns.actions()]
        assert "Volume at price (trades are not being counted)" in words
        assert "Notes at a price (no room: widen the ladder or hide others)" in words
        assert C.NOTES not in ui.order
        ui.header.menu.menu.close()
        ui.panel.resize(1000, 700)
        assert C.NOTES in ui.order


async def test_the_menu_chooses_how_rows_move_and_what_a_full_bar_is() -> None:
    async with shown() as ui:
        ladder = ui.desktop.ladder
        button = ui.panel.findChild(QToolButton, "ladder.more")
        assert isinstance(button, QToolButton)
        QTest.mouseClick(button, LEFT)
        ui.choose("Centring", "Always centred")
        ui.header.open_menu()
        ui.choose("Collapse the spread")
        ui.header.open_menu()
        ui.choose("A full depth bar is", "The largest of the last minute")
        assert ladder.options.centering is Centering.ALWAYS
        assert ladder.axis.centering is Centering.ALWAYS
        assert ladder.options.is_spread_collapsed
        assert ladder.options.bar_scale is BarScale.MINUTE
        ui.header.open_menu()
        assert entry(ui.header.menu.menu, "Collapse the spread").isChecked()
        ui.choose("Collapse the spread")
        assert not ladder.options.is_spread_collapsed


async def test_the_numbers_of_the_menu_are_typed_and_taken_or_dropped() -> None:
    async with shown() as ui:
        ladder = ui.desktop.ladder
        for is_taken in (False, True):
            ui.header.open_menu()
            ui.choose("Ticks, full bar")
            dialog = ui.header.menu.numbers
            assert dialog is not None
            for name, value in (("drift", 15), ("full", 300), ("large_1", 50), ("large_2", 90)):
                spin = dialog.findChild(QSpinBox, f"ladder.numbers.{name}")
                assert isinstance(spin, QSpinBox)
                spin.setValue(value)
            QTest.keyClick(dialog, K.Key_Return if is_taken else K.Key_Escape)
            ui.desktop.frame.tick()
            assert (ladder.options.large_lots == (50, 90)) is is_taken
        assert (ladder.options.drift_ticks, ladder.options.bar_full_lots) == (15, 300)


async def test_every_change_tells_that_it_should_be_kept_and_no_change_does_not() -> None:
    async with shown() as ui:
        told: list[int] = []
        ladder = ui.desktop.ladder
        ladder.options_changed.connect(lambda: told.append(1))
        ui.press(K.Key_Right, CTRL)
        assert told == [1]
        ladder.set_columns(ladder.options.columns)
        assert told == [1]


@pytest.mark.parametrize(
    ("delta", "modifiers", "rows"),
    [
        (QPoint(0, 120), PLAIN, ROWS_PER_NOTCH),
        (QPoint(0, 120), SHIFT, TURBO_ROWS),
        (QPoint(120, 0), SHIFT, TURBO_ROWS),
    ],
)
async def test_shift_makes_the_wheel_go_further(
    delta: QPoint, modifiers: Qt.KeyboardModifier, rows: int
) -> None:
    """Also where the system turns a wheel with Shift to the side."""
    async with shown() as ui:
        top = ui.desktop.ladder.view.rows[0].price
        at = QPointF(50, 50)
        event = QWheelEvent(
            at, at, QPoint(), delta, Qt.MouseButton.NoButton, modifiers,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(ui.panel.canvas, event)
        ui.desktop.frame.tick()
        assert ui.desktop.ladder.view.rows[0].price == top + rows


async def test_no_title_is_cut_at_the_usual_widths_and_its_help_has_all_of_it() -> None:
    """By the widths of these letters: where whole titles have no room there are shorter ones."""
    async with shown() as ui:
        for width in (380, 390, 430, 470):
            ui.panel.resize(width, 673)
            ui.desktop.frame.tick()
            for placed, title in ui.header.titles(QFontMetrics(ui.theme.small_font)):
                assert "\N{HORIZONTAL ELLIPSIS}" not in title, (width, placed)
                assert ui.header.help_of(placed.column)
        assert ui.header.help_of(C.ASK_TRADES) == "Bought lots: trades at the ask\n"
        assert ui.header.help_of(C.OWN_BID) == "My buys\n"
