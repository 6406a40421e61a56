"""The editor over the rows and clicks in its columns: real keys and mouse on real widgets."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QToolTip

from terminal.domain.price_notes import AlertSource
from terminal.domain.units import Price, Side
from terminal.storage.paths import resources
from terminal.viewmodels.frame import FrameMeter
from terminal.viewmodels.ladder_clicks import Spot
from terminal.viewmodels.ladder_columns import DEFAULT_COLUMNS, LadderColumn
from terminal.viewmodels.ladder_trading import ArmedBy
from terminal.viewmodels.ladder_view import TagMark
from terminal.viewmodels.text import Role
from terminal.widgets.ladder import LadderPanel
from terminal.widgets.note_editor import NoteEditor
from terminal.widgets.theme import Theme
from tests.support.builders import XBT
from tests.support.desktop import OTHER
from tests.support.insight import Insighted, an_insight

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")
K, B, NO = Qt.Key, Qt.MouseButton, Qt.KeyboardModifier.NoModifier
C = LadderColumn


class Shown:
    def __init__(self, one: Insighted, panel: LadderPanel, editor: NoteEditor) -> None:
        self.one, self.panel, self.editor = one, panel, editor
        self.canvas = panel.canvas
        text, alert = editor.findChild(QLineEdit), editor.findChild(QCheckBox)
        source = editor.findChild(QComboBox)
        assert isinstance(text, QLineEdit)
        assert isinstance(alert, QCheckBox)
        assert isinstance(source, QComboBox)
        self.text, self.alert, self.source = text, alert, source

    def press(self, key: Qt.Key) -> None:
        QTest.keyClick(self.canvas, key)
        self.one.desktop.frame.tick()

    def click(
        self, price: int, column: LadderColumn, button: Qt.MouseButton = B.LeftButton
    ) -> None:
        point = self.panel.point_of(self.one.place_of(price), column.value)
        QTest.mouseClick(self.canvas, button, NO, point)
        self.one.desktop.frame.tick()


@contextlib.asynccontextmanager
async def shown(lots: int = 0) -> AsyncIterator[Shown]:
    async with an_insight(lots) as one:
        theme = Theme.load(resources() / "themes", "dark")
        panel = LadderPanel(one.ladder, theme, FrameMeter())
        editor = NoteEditor(one.ladder, one.insight, panel.canvas, theme)
        panel.resize(1100, 800)
        panel.show()
        one.ladder.set_columns(tuple(replace(each, is_shown=True) for each in DEFAULT_COLUMNS))
        one.desktop.frame.tick()
        one.ladder.recenter()
        one.desktop.frame.tick()
        panel.activateWindow()
        panel.canvas.setFocus()
        try:
            yield Shown(one, panel, editor)
        finally:
            panel.close()
            panel.deleteLater()
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


async def test_n_opens_the_editor_and_what_is_typed_trades_nothing() -> None:
    """Letters go into the text, also while the keyboard is armed; Enter keeps the note."""
    async with shown() as ui:
        ui.press(K.Key_F4)
        ui.press(K.Key_N)
        assert ui.editor.isVisible()
        assert ui.panel.focusWidget() is ui.text
        QTest.keyClicks(ui.text, "bsqfF")
        QTest.keyClick(ui.text, K.Key_Return)
        await ui.one.settle()
        assert not ui.editor.isVisible()
        assert ui.panel.focusWidget() is ui.canvas
        assert [note.text for note in ui.one.kept] == ["bsqfF"]
        assert ui.one.protected.sent == []


async def test_esc_closes_the_editor_and_keeps_nothing() -> None:
    async with shown() as ui:
        ui.press(K.Key_F4)
        ui.press(K.Key_N)
        QTest.keyClicks(ui.text, "x")
        QTest.keyClick(ui.text, K.Key_Escape)
        assert not ui.editor.isVisible()
        assert ui.one.kept == ()
        assert ArmedBy.KEYBOARD in ui.one.ladder.trading.armed, "one step back, not two"


async def test_an_alert_is_switched_on_with_the_price_that_calls() -> None:
    async with shown() as ui:
        ui.click(1003, C.NOTES)
        assert not ui.source.isEnabled()
        ui.alert.click()
        ui.source.setCurrentText("mark")
        QTest.keyClick(ui.alert, K.Key_Return)
        (note,) = ui.one.kept
        assert (note.alert, str(note.price)) == (AlertSource.MARK, "100.3")
        ui.click(1003, C.NOTES)
        assert ui.alert.isChecked()
        assert ui.source.currentText() == "mark"
        ui.alert.click()
        QTest.keyClick(ui.text, K.Key_Return)
        assert ui.one.kept == ()


async def test_a_press_where_a_plate_has_just_gone_opens_no_note_and_clears_no_volume() -> None:
    """It was meant for the plate: said once, the next one means the cell."""
    async with shown() as ui:
        mouse, plate = ui.one.ladder.mouse, TagMark("BE", Role.ACCENT)
        for column in (C.NOTES, C.VOLUME):
            mouse.rest(Spot(ui.one.place_of(1003), column, edge=plate))
            ui.click(1003, column)
            assert not ui.editor.isVisible()
            message = ui.one.ladder.view.message
            assert message is not None
            assert message.text.startswith("What was under the pointer is elsewhere")
        mouse.left()
        ui.click(1003, C.NOTES)
        assert ui.editor.isVisible()


async def test_neither_keys_nor_clicks_in_the_editor_reach_the_rows_below_it() -> None:
    """Both hands are armed; F4 and a click at its edge belong to the editor."""
    async with shown() as ui:
        ui.one.ladder.toggle_keyboard()
        ui.one.ladder.toggle_mouse()
        ui.press(K.Key_N)
        for part in (ui.text, ui.alert, ui.source, ui.editor):
            for key in (K.Key_F4, K.Key_F12, K.Key_PageUp):
                QTest.keyClick(part, key)
            QTest.mouseClick(part, B.RightButton)
        QTest.mouseClick(ui.editor, B.LeftButton, NO, ui.editor.rect().topLeft())
        await ui.one.settle()
        assert ui.one.protected.sent == []
        assert len(ui.one.ladder.trading.armed) == 2


async def test_another_contract_closes_the_editor() -> None:
    async with shown() as ui:
        ui.press(K.Key_N)
        ui.one.ladder.choose_contract(str(OTHER))
        ui.one.desktop.frame.tick()
        assert not ui.editor.isVisible()


async def test_the_editor_stays_within_the_rows() -> None:
    async with shown() as ui:
        for place in (0, len(ui.one.ladder.view.rows) - 1):
            ui.one.insight.ask_note(place)
            assert ui.canvas.rect().contains(ui.editor.geometry())


async def test_clicks_in_the_volume_clear_its_part() -> None:
    """In this ladder only; between the best prices everything. A right click clears nothing."""
    async with shown() as ui:
        one = ui.one
        studies = one.shelf._open[XBT][0]
        for price in (996, 1000, 1006):
            one.trade(Side.BUY, price, 5)
        ui.click(1003, C.VOLUME)
        assert [one.row(price).extras.volume_text for price in (996, 1000, 1006)] == ["5", "5", ""]
        assert studies.profile.total == 15
        ui.click(998, C.VOLUME, B.RightButton)
        assert [one.row(price).extras.volume_text for price in (996, 1000, 1006)] == ["5", "5", ""]
        assert one.said.startswith("Nothing was cleared.")
        ui.click(1000, C.VOLUME)
        assert one.row(1000).extras.volume_text == ""
        assert studies.profile.total == 15, "another ladder still sees it"


async def test_a_click_in_the_result_stages_and_a_second_sends() -> None:
    """A double click is one click: it only shows."""
    async with shown(3) as ui:
        ui.one.desktop.frame.tick()
        point = ui.panel.point_of(ui.one.place_of(1004), C.PNL.value)
        QTest.mouseDClick(ui.canvas, B.LeftButton, NO, point)
        ui.click(1004, C.PNL)
        assert "click it again" in ui.one.said
        await ui.one.settle()
        assert ui.one.protected.sent == []
        ui.click(1004, C.PNL)
        await ui.one.settle()
        ((ticket, _),) = ui.one.desktop.bench.trading.placed
        assert (ticket.side, ticket.price, ticket.is_reduce_only) == (Side.SELL, Price(1004), True)


async def test_a_tooltip_says_what_is_tagged_on_a_row() -> None:
    async with shown(3) as ui:
        ui.one.insight.ask_note(ui.one.place_of(1003))
        ui.one.insight.save_note("my level", None)
        ui.one.desktop.frame.tick()
        point = ui.panel.point_of(ui.one.place_of(1003), C.PRICE.value)
        event = QHelpEvent(QEvent.Type.ToolTip, point, ui.canvas.mapToGlobal(point))
        QApplication.sendEvent(ui.canvas, event)
        assert QToolTip.text() == "my level"
        QToolTip.hideText()
