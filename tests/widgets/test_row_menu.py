"""The menu of a table's row, opened by mouse and by key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QInputDialog

from terminal.storage.paths import resources
from terminal.viewmodels.frame import FrameMeter
from terminal.viewmodels.positions import NOT_ARMED, PositionsViewModel
from terminal.widgets.positions import PositionsPanel
from terminal.widgets.theme import Theme
from tests.support.builders import a_position_update
from tests.support.desktop import Desktop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
async def shown() -> AsyncIterator[tuple[Desktop, PositionsPanel]]:
    """A positions panel with one long position of eight lots."""
    desktop = await Desktop().start()
    positions = PositionsViewModel(
        desktop.workspace, desktop.account, desktop.desk, desktop.bench.contracts, desktop.frame
    )
    theme = Theme.load(resources() / "themes", "dark")
    panel = PositionsPanel(positions, theme, FrameMeter())
    positions.start()
    panel.resize(700, 300)
    panel.show()
    desktop.bench.gateway.held = (a_position_update(8, "100"),)
    desktop.bench.stream.push(*desktop.bench.gateway.held)
    desktop.frame.tick()
    yield desktop, panel
    positions.stop()
    await desktop.stop()
    panel.close()
    panel.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def open_menu(panel: PositionsPanel, at: QPoint | None = None) -> None:
    """By the pointer, or without a point by the menu key."""
    reason = QContextMenuEvent.Reason.Keyboard if at is None else QContextMenuEvent.Reason.Mouse
    viewport = panel.table.viewport()
    where = QPoint(1, 1) if at is None else at
    event = QContextMenuEvent(reason, where, viewport.mapToGlobal(where))
    QApplication.sendEvent(viewport, event)


def words(panel: PositionsPanel) -> list[str]:
    return [action.text() for action in panel.row_menu.menu.actions() if not action.isSeparator()]


async def test_the_right_button_opens_the_menu_of_the_row_under_it(
    shown: tuple[Desktop, PositionsPanel],
) -> None:
    desktop, panel = shown
    table = panel.table
    open_menu(panel, table.visualRect(table.model().index(0, 1)).center())
    menu = panel.row_menu.menu
    assert menu.isVisible()
    assert words(panel)[:4] == [
        "Close 25 % at market",
        "Close 50 % at market",
        "Close 75 % at market",
        "Close all at market",
    ]
    reverse = next(one for one in menu.actions() if one.text().startswith("Reverse"))
    assert (reverse.isEnabled(), reverse.toolTip()) == (False, NOT_ARMED)
    menu.actions()[1].trigger()
    menu.close()
    await desktop.settle()
    assert [ticket.lots for ticket, _ in desktop.bench.trading.placed] == [4]


async def test_the_menu_key_opens_the_menu_of_the_selected_row_and_beside_the_rows_is_none(
    shown: tuple[Desktop, PositionsPanel],
) -> None:
    _, panel = shown
    open_menu(panel, QPoint(5, 250))
    assert not panel.row_menu.menu.isVisible()
    panel.table.selectRow(0)
    open_menu(panel)
    assert panel.row_menu.menu.isVisible()
    panel.row_menu.menu.close()


async def test_a_price_is_asked_for_without_stopping_anything(
    shown: tuple[Desktop, PositionsPanel],
) -> None:
    desktop, panel = shown
    panel.table.selectRow(0)
    open_menu(panel)
    menu = panel.row_menu.menu
    next(one for one in menu.actions() if "limit" in one.text()).trigger()
    menu.close()
    dialog = panel.findChild(QInputDialog)
    assert isinstance(dialog, QInputDialog)
    assert dialog.textValue() == "100.0"
    dialog.setTextValue("101.5")
    dialog.accept()
    await desktop.settle()
    assert [(t.price, t.lots) for t, _ in desktop.bench.trading.placed] == [(1015, 8)]
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
