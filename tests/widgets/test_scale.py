"""The scale dialog by real keys and clicks, on fakes."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QLineEdit, QPushButton
from PySide6.QtWidgets import QWidget as Widget

from terminal.domain.units import Side
from terminal.storage.paths import resources
from terminal.viewmodels.frame import FrameMeter
from terminal.viewmodels.scale import ScaleViewModel
from terminal.widgets.scale import ScaleDialog, show_scale
from terminal.widgets.theme import Theme
from tests.support.desktop import Desktop
from tests.support.pointer import burst

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")


class Hands:
    def __init__(
        self, desktop: Desktop, dialog: ScaleDialog, vm: ScaleViewModel, theme: Theme
    ) -> None:
        self.desktop, self.dialog, self.vm, self.theme = desktop, dialog, vm, theme

    def line(self, name: str) -> QLineEdit:
        found = self.dialog.findChild(QLineEdit, f"scale.{name}")
        assert isinstance(found, QLineEdit)
        return found

    @property
    def send(self) -> QPushButton:
        found = self.dialog.findChild(QPushButton, "scale.send")
        assert isinstance(found, QPushButton)
        return found

    @property
    def words(self) -> str:
        found = self.dialog.findChild(QLabel, "scale.words")
        assert isinstance(found, QLabel)
        return found.text()

    def type(self, **texts: str) -> None:
        for name, words in texts.items():
            self.line(name).selectAll()
            QTest.keyClicks(self.line(name), words)
        self.desktop.frame.tick()

    def press(self, key: Qt.Key, widget: Widget | None = None) -> None:
        QTest.keyClick(widget or self.line("first"), key)
        self.desktop.frame.tick()

    async def click(self) -> None:
        QTest.mouseClick(self.send, Qt.MouseButton.LeftButton)
        await self.desktop.settle()

    @property
    def placed(self) -> list[tuple[Side | None, int | None, int | None]]:
        return [(t.side, t.price, t.lots) for t, _ in self.desktop.bench.trading.placed]


@contextlib.asynccontextmanager
async def opened() -> AsyncIterator[Hands]:
    desktop = await Desktop().start()
    vm = ScaleViewModel(desktop.workspace, desktop.desk, desktop.account, desktop.frame)
    window = Widget()
    window.show()
    theme = Theme.load(resources() / "themes", "dark")
    dialog = show_scale(vm, theme, FrameMeter(), window)
    assert show_scale(vm, theme, FrameMeter(), window) is dialog, "it is there once"
    desktop.frame.tick()
    try:
        yield Hands(desktop, dialog, vm, theme)
    finally:
        vm.stop()
        await desktop.clock.advance(30.0)
        await desktop.stop()
        window.close()
        window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


async def test_a_burst_of_clicks_stages_and_sends_nothing() -> None:
    async with opened() as one:
        one.type(first="99", last="98", count="3", lots="6")
        burst(one.send, 4)
        await one.desktop.settle()
        assert one.placed == []


async def test_the_button_stages_and_sends_and_says_what_came_of_it() -> None:
    async with opened() as one:
        assert not one.send.isEnabled()
        one.type(first="99", last="98", count="3", lots="6")
        assert one.dialog.table.model().rowCount() == 3
        assert one.send.text() == "Buy 6 in 3 orders"
        await one.click()
        assert one.placed == []
        assert one.send.text() == "Press again: buy 6 in 3 orders"
        assert "second press" in one.words
        await one.click()
        assert [lots for _, _, lots in one.placed] == [2, 2, 2]
        assert not one.send.isEnabled()


async def test_enter_in_a_field_stages_and_never_sends_and_a_held_one_presses_nothing() -> None:
    async with opened() as one:
        one.type(first="99", last="98", count="3", lots="6")
        for _ in range(3):
            one.press(Qt.Key.Key_Return)
        await one.desktop.settle()
        assert one.vm.view.is_staged
        assert one.placed == []
        one.send.setFocus()
        held = QKeyEvent(
            QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r", True
        )
        QApplication.sendEvent(one.send, held)
        await one.desktop.settle()
        assert one.placed == []
        one.press(Qt.Key.Key_Return, one.send)
        await one.desktop.settle()
        assert len(one.placed) == 3


async def test_esc_takes_back_what_is_staged_and_then_closes() -> None:
    async with opened() as one:
        one.type(first="99", last="98", count="3", lots="6")
        await one.click()
        one.press(Qt.Key.Key_Escape)
        assert one.dialog.isVisible()
        assert (one.vm.view.is_staged, one.words) == (False, "Nothing was sent.")
        one.press(Qt.Key.Key_Escape)
        assert not one.dialog.isVisible()
        assert one.placed == []


async def test_side_sizes_and_flags_are_chosen() -> None:
    async with opened() as one:
        one.type(first="101", last="102", count="3", lots="6")
        side = one.dialog.findChild(QComboBox, "scale.side")
        shape = one.dialog.findChild(QComboBox, "scale.shape")
        assert isinstance(side, QComboBox)
        assert isinstance(shape, QComboBox)
        QTest.keyClick(side, Qt.Key.Key_Down)
        QTest.keyClick(shape, Qt.Key.Key_Down)
        for name in ("post_only", "reduce_only"):
            box = one.dialog.findChild(QCheckBox, f"scale.{name}")
            assert isinstance(box, QCheckBox)
            box.click()
        one.desktop.frame.tick()
        await one.click()
        await one.click()
        assert one.placed == [(Side.SELL, 1010, 1), (Side.SELL, 1015, 2), (Side.SELL, 1020, 3)]
        assert all(
            ticket.is_post_only and ticket.is_reduce_only
            for ticket, _ in one.desktop.bench.trading.placed
        )


async def test_what_is_blocked_stands_beside_its_order() -> None:
    async with opened() as one:
        one.type(first="99", last="150", count="3", lots="6")
        table = one.dialog.table
        last = table.model().columnCount() - 1
        states = [table.model().index(row, last).data() for row in range(3)]
        assert states[0] == "Can be sent."
        assert "the collar" in states[2]
        await one.click()
        assert one.words.startswith("Not sent. 2 of 3 are blocked")


async def test_it_follows_the_theme() -> None:
    async with opened() as one:
        before = one.dialog.styleSheet()
        one.theme.switch_to("light")
        assert one.dialog.styleSheet() == one.theme.style_sheet != before
