"""The table of working orders by real keys and clicks: several rows, Delete, the menu of many."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from terminal.domain.units import ClientOid, OrderId
from terminal.session.pairs import Pairs
from terminal.storage.paths import resources
from terminal.viewmodels.frame import FrameMeter
from terminal.viewmodels.orders import OrdersViewModel
from terminal.widgets.orders import OrdersPanel
from terminal.widgets.theme import Theme
from tests.support.builders import an_order_update
from tests.support.desktop import Desktop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


class Hands:
    """A panel with the orders o4 to o1, top first."""

    def __init__(self, desktop: Desktop, panel: OrdersPanel, pairs: Pairs) -> None:
        self.desktop, self.panel, self.pairs = desktop, panel, pairs
        self.table = panel.table

    def click(
        self, row: int, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        at = self.table.visualRect(self.table.model().index(row, 1)).center()
        QTest.mouseClick(self.table.viewport(), Qt.MouseButton.LeftButton, modifiers, at)

    def menu(self, row: int) -> list[str]:
        at = self.table.visualRect(self.table.model().index(row, 1)).center()
        viewport = self.table.viewport()
        reason = QContextMenuEvent.Reason.Mouse
        QApplication.sendEvent(viewport, QContextMenuEvent(reason, at, viewport.mapToGlobal(at)))
        actions = self.panel.row_menu.menu.actions()
        return [action.text() for action in actions if not action.isSeparator()]

    def choose(self, words: str) -> None:
        menu = self.panel.row_menu.menu
        next(one for one in menu.actions() if one.text() == words).trigger()
        menu.close()
        self.desktop.frame.tick()

    @property
    def cancels(self) -> list[str]:
        return sorted(self.desktop.bench.trading.cancels)


@contextlib.asynccontextmanager
async def hands() -> AsyncIterator[Hands]:
    desktop = await Desktop().start()
    pairs = Pairs(desktop.desk, desktop.bench.owner)
    pairs.start()
    orders = OrdersViewModel(desktop.desk, desktop.bench.contracts, desktop.frame)
    orders.pairs = pairs
    theme = Theme.load(resources() / "themes", "dark")
    panel = OrdersPanel(orders, theme, FrameMeter())
    orders.start()
    panel.resize(900, 300)
    panel.show()
    for number in range(1, 5):
        name = f"o{number}"
        desktop.bench.stream.push(
            an_order_update(
                order_id=OrderId(name), client_oid=ClientOid(name), is_reduce_only=False
            )
        )
    desktop.frame.tick()
    try:
        yield Hands(desktop, panel, pairs)
    finally:
        orders.stop()
        await pairs.stop()
        await desktop.stop()
        panel.close()
        panel.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


async def test_rows_are_selected_with_shift_and_delete_cancels_them() -> None:
    async with hands() as one:
        one.click(0)
        QTest.keyClick(one.table, Qt.Key.Key_Down, SHIFT)
        assert one.table.selected_keys() == ("o4", "o3")
        QTest.keyClick(one.table, Qt.Key.Key_Delete)
        await one.desktop.settle()
        assert one.cancels == ["o3", "o4"]
        await one.desktop.clock.advance(30.0)


async def test_rows_are_selected_with_ctrl_and_a_held_delete_cancels_once() -> None:
    async with hands() as one:
        one.click(0)
        one.click(2, CTRL)
        assert one.table.selected_keys() == ("o4", "o2")
        held = QKeyEvent(
            QEvent.Type.KeyPress, Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier, "", True
        )
        QApplication.sendEvent(one.table, held)
        await one.desktop.settle()
        assert one.cancels == []
        one.click(0, CTRL)
        one.click(2, CTRL)
        QTest.keyClick(one.table, Qt.Key.Key_Delete)
        await one.desktop.settle()
        assert one.cancels == [], "nothing is selected, whatever row has the cursor"


async def test_one_row_is_canceled_as_before() -> None:
    async with hands() as one:
        one.click(1)
        QTest.keyClick(one.table, Qt.Key.Key_Delete)
        await one.desktop.settle()
        assert one.cancels == ["o3"]


async def test_the_menu_of_many_rows_keeps_them_selected_and_links_two() -> None:
    async with hands() as one:
        one.click(0)
        one.click(2, CTRL)
        words = one.menu(2)
        assert words[0] == "Cancel the 2 selected orders"
        assert one.table.selected_keys() == ("o4", "o2")
        one.choose("One cancels the other at the first fill")
        assert one.pairs.of(ClientOid("o4")) is one.pairs.of(ClientOid("o2")) is not None
        assert "Unlink the pair" in one.menu(2)
        one.choose("Unlink the pair")
        assert one.pairs.of(ClientOid("o4")) is None
        assert one.menu(1)[0].startswith("What happened"), "another row is one row"
        one.panel.row_menu.menu.close()
        assert one.table.selected_keys() == ("o3",)


async def test_a_row_that_goes_leaves_the_others_selected() -> None:
    async with hands() as one:
        one.click(0)
        one.click(3, SHIFT)
        assert len(one.table.selected_keys()) == 4
        one.desktop.bench.stream.push(
            an_order_update(
                order_id=OrderId("o3"), client_oid=ClientOid("o3"), is_done=True, canceled=2
            )
        )
        one.desktop.frame.tick()
        assert one.table.selected_keys() == ("o4", "o2", "o1")
