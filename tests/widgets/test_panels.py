"""Tables, ticket, status and main window as widgets."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QTableView, QWidget

from terminal.domain.access import Access
from terminal.domain.units import OrderId
from terminal.exchange.outcome import Route
from terminal.exchange.routes import RouteState
from terminal.session.notices import NoticeLevel
from terminal.storage.paths import resources
from terminal.viewmodels.connection import Banner, StatusSources, StatusViewModel
from terminal.viewmodels.frame import FrameMeter
from terminal.viewmodels.log import LogViewModel
from terminal.viewmodels.orders import OrdersViewModel
from terminal.viewmodels.positions import PositionsViewModel
from terminal.viewmodels.text import Role
from terminal.viewmodels.ticket import TicketViewModel
from terminal.widgets.keys import KeysDialog
from terminal.widgets.ladder import LadderPanel
from terminal.widgets.log import LogPanel
from terminal.widgets.main_window import MainWindow, Place, WindowLayout
from terminal.widgets.orders import OrdersPanel
from terminal.widgets.positions import PositionsPanel
from terminal.widgets.theme import Theme
from terminal.widgets.ticket import TicketPanel
from terminal.wire.endpoints import Pool
from tests.support.builders import a_position_update, an_order_update
from tests.support.desktop import Desktop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.viewmodels.base import ViewModel

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme.load(resources() / "themes", "dark")


@contextlib.asynccontextmanager
async def running(desktop: Desktop, view_model: ViewModel, widget: QWidget) -> AsyncIterator[None]:
    await desktop.start()
    view_model.start()
    widget.resize(700, 300)
    widget.show()
    desktop.frame.tick()
    try:
        yield
    finally:
        view_model.stop()
        await desktop.stop()
        widget.close()
        widget.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


async def test_delete_in_the_orders_table_cancels_the_selected(theme: Theme) -> None:
    desktop = Desktop()
    orders = OrdersViewModel(desktop.desk, desktop.bench.contracts, desktop.frame)
    meter = FrameMeter()
    panel = OrdersPanel(orders, theme, meter)
    async with running(desktop, orders, panel):
        empty = panel.grab().toImage()
        desktop.bench.stream.push(an_order_update(order_id=OrderId("o1"), client_oid=None))
        desktop.frame.tick()
        assert panel.grab().toImage() != empty
        table = panel.findChild(QTableView, "orders.table")
        assert isinstance(table, QTableView)
        QTest.keyClick(table, Qt.Key.Key_Delete)
        await desktop.settle()
        assert desktop.bench.trading.cancels == [], "nothing is selected"
        table.selectRow(0)
        QTest.keyClick(table, Qt.Key.Key_Delete)
        await desktop.settle()
        assert desktop.bench.trading.cancels == ["o1"]
        desktop.bench.stream.drop()
        await desktop.settle()
        assert not panel.grab().isNull()


async def test_enter_on_a_position_shows_its_contract(theme: Theme) -> None:
    desktop = Desktop()
    positions = PositionsViewModel(
        desktop.workspace, desktop.account, desktop.desk, desktop.bench.contracts, desktop.frame
    )
    panel = PositionsPanel(positions, theme, FrameMeter())
    async with running(desktop, positions, panel):
        desktop.bench.stream.push(a_position_update(3, "100"))
        desktop.workspace.choose("XBTUSDM")
        desktop.frame.tick()
        panel.table.selectRow(0)
        QTest.keyClick(panel.table, Qt.Key.Key_Return)
        assert desktop.workspace.market is not None
        assert desktop.workspace.market.contract.symbol == "XBTUSDTM"
        await desktop.settle()


async def test_long_events_are_wrapped_not_cut(theme: Theme) -> None:
    desktop = Desktop()
    log = LogViewModel(desktop.bench.notices, desktop.frame)
    panel = LogPanel(log, theme, FrameMeter())
    async with running(desktop, log, panel):
        panel.resize(280, 300)
        desktop.bench.notices.post(NoticeLevel.INFO, "app", "Short.")
        desktop.bench.notices.post(NoticeLevel.INFO, "app", "A sentence of many words. " * 6)
        desktop.frame.tick()
        panel.grab()
        assert panel.table.rowHeight(0) > 2 * panel.table.rowHeight(1)


async def test_the_ticket_by_hand(theme: Theme) -> None:
    desktop = Desktop()
    ticket = TicketViewModel(desktop.workspace, desktop.desk, desktop.account, desktop.frame)
    panel = TicketPanel(ticket, theme)
    async with running(desktop, ticket, panel):
        price = panel.findChild(QLineEdit, "ticket.price")
        buy = panel.findChild(QPushButton, "ticket.buy")
        words = panel.findChild(QLabel, "ticket.words")
        assert isinstance(price, QLineEdit)
        assert isinstance(buy, QPushButton)
        assert isinstance(words, QLabel)
        assert not buy.isEnabled()
        assert words.text() == "Enter a price."
        QTest.keyClicks(price, "99.5")
        desktop.frame.tick()
        assert buy.isEnabled()
        QTest.mouseClick(buy, Qt.MouseButton.LeftButton)
        desktop.frame.tick()
        assert words.text().startswith("Buy 1 XBTUSDTM at 99.5?")
        QTest.keyClick(panel, Qt.Key.Key_Escape)
        desktop.frame.tick()
        await desktop.settle()
        assert not desktop.bench.trading.placed
        QTest.mouseClick(buy, Qt.MouseButton.LeftButton)
        desktop.frame.tick()
        QTest.mouseClick(buy, Qt.MouseButton.LeftButton)
        await desktop.settle()
        assert len(desktop.bench.trading.placed) == 1


def a_window(desktop: Desktop, theme: Theme) -> tuple[MainWindow, StatusViewModel]:
    status = StatusViewModel(
        StatusSources(
            desktop.market_feed,
            desktop.bench.feed,
            desktop.account,
            desktop.workspace,
            desktop.clock,
            desktop.ladder,
            desktop.health,
        ),
        ("DEMO", Role.DEMO),
        desktop.frame,
    )
    window = MainWindow(status, theme, desktop.ladder.keys, FrameMeter())
    ladder = LadderPanel(desktop.ladder, theme, FrameMeter())
    orders = OrdersViewModel(desktop.desk, desktop.bench.contracts, desktop.frame)
    window.add_panel("ladder", "Ladder", ladder, Place.LEFT, desktop.ladder)
    window.add_panel(
        "orders", "Orders", OrdersPanel(orders, theme, FrameMeter()), Place.BOTTOM, orders
    )
    return window, status


async def test_the_window_asks_before_it_closes_and_restores_its_layout(theme: Theme) -> None:
    desktop = Desktop()
    window, status = a_window(desktop, theme)
    async with running(desktop, status, window):
        asked: list[int] = []
        window.close_requested.connect(lambda: asked.append(1))
        window.close()
        assert asked == [1]
        assert window.isVisible()
        saved = window.saved_layout()
        assert window.restore_layout(saved) == ""
        for geometry, docks in (("", ""), ("", "nonsense"), ("###", saved.docks)):
            assert window.restore_layout(WindowLayout(geometry, docks))
        assert window.saved_layout().docks == saved.docks
        window.close_for_good()
        assert not window.isVisible()


async def test_the_banner_and_the_status_line(theme: Theme) -> None:
    desktop = Desktop()
    window, status = a_window(desktop, theme)
    async with running(desktop, status, window):
        button = window.findChild(QPushButton, "banner.button")
        assert isinstance(button, QPushButton)
        assert not button.isVisible()
        pressed: list[int] = []
        status.show_banner(Banner("It ended.", Role.DANGER, "Restart"), lambda: pressed.append(1))
        desktop.frame.tick()
        assert button.isVisible()
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        assert pressed == [1]
        equity = window.findChild(QLabel, "status.equity")
        assert isinstance(equity, QLabel)
        assert equity.text() == "1\N{NARROW NO-BREAK SPACE}000.00 USDT"


async def test_the_way_of_orders_and_the_budget_are_seen_and_heard(theme: Theme) -> None:
    """Labels of their own, read aloud with their names, with the reason as tooltip."""
    desktop = Desktop()
    window, status = a_window(desktop, theme)
    desktop.bench.trading.route = RouteState(Route.REST, "The order socket broke off.")
    async with running(desktop, status, window):
        way = window.findChild(QLabel, "status.way")
        budget = window.findChild(QLabel, "status.budget")
        assert isinstance(way, QLabel)
        assert isinstance(budget, QLabel)
        assert (way.text(), way.accessibleName()) == ("REST", "Orders REST")
        assert "broke off" in way.toolTip()
        assert way.accessibleDescription() == way.toolTip()
        assert (budget.text(), budget.accessibleName()) == ("0 %", "Budget 0 %")
        desktop.budget.quota_spent(Pool.FUTURES, 12_000, desktop.clock.monotonic_s())
        status.mark_dirty()
        desktop.frame.tick()
        assert budget.accessibleName() == "Budget Blocked 13 s"
        desktop.bench.trading.access = Access.WATCH_ONLY
        status.mark_dirty()
        desktop.frame.tick()
        assert way.isHidden()


async def test_f1_shows_the_map_without_blocking(theme: Theme) -> None:
    desktop = Desktop()
    window, status = a_window(desktop, theme)
    async with running(desktop, status, window):
        window._show_keys()
        dialog = window.findChild(KeysDialog)
        assert isinstance(dialog, KeysDialog)
        texts = [label.text() for label in dialog.findChildren(QLabel)]
        assert "Flatten this contract (press twice)" in texts
        dialog.close()


async def test_the_ticket_tests_by_one_press_where_nothing_is_sent(theme: Theme) -> None:
    """The buttons and their tips say test; the answer is read below; nothing is placed."""
    desktop = Desktop(Access.WATCH_ONLY)
    ticket = TicketViewModel(desktop.workspace, desktop.desk, desktop.account, desktop.frame)
    panel = TicketPanel(ticket, theme)
    async with running(desktop, ticket, panel):
        price = panel.findChild(QLineEdit, "ticket.price")
        buy = panel.findChild(QPushButton, "ticket.buy")
        words = panel.findChild(QLabel, "ticket.words")
        assert isinstance(price, QLineEdit)
        assert isinstance(buy, QPushButton)
        assert isinstance(words, QLabel)
        QTest.keyClicks(price, "99.5")
        desktop.frame.tick()
        assert buy.text().startswith("Test buy")
        assert "nothing is placed" in buy.toolTip()
        QTest.mouseClick(buy, Qt.MouseButton.LeftButton)
        await desktop.settle()
        assert "Test passed" in words.text()
        assert len(desktop.bench.trading.tested) == 1
        assert desktop.bench.trading.placed == []


async def test_a_narrow_status_bar_leaves_out_the_rarer_values_and_keeps_them_at_hand(
    theme: Theme,
) -> None:
    """It never makes the window wider; what warns is the last to go."""
    desktop = Desktop()
    window, status = a_window(desktop, theme)
    async with running(desktop, status, window):
        bar = window.findChild(QWidget, "status")
        more, budget = (window.findChild(QLabel, f"status.{name}") for name in ("more", "budget"))
        assert isinstance(bar, QWidget)
        assert isinstance(more, QLabel)
        assert isinstance(budget, QLabel)
        assert bar.minimumSizeHint().width() == 0
        bar.resize(2000, bar.height())
        assert not more.isVisibleTo(bar)
        assert budget.isVisibleTo(bar)
        bar.resize(620, bar.height())
        assert more.isVisibleTo(bar)
        assert not budget.isVisibleTo(bar)
        assert "Budget 0 %" in more.toolTip()
        assert "Budget 0 %" in more.accessibleName()
        desktop.budget.quota_spent(Pool.FUTURES, 12_000, desktop.clock.monotonic_s())
        status.mark_dirty()
        desktop.frame.tick()
        assert budget.isVisibleTo(bar), "now it warns"
