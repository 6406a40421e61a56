"""The workspace as a whole: keys from every window, menus, themes that switch, headers."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QDeadlineTimer, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QInputDialog,
    QLabel,
    QMenu,
    QSplitter,
    QTableView,
    QWidget,
)

from terminal.domain.units import OrderId, Side
from terminal.storage.settings import THEMES
from terminal.widgets import main_window
from terminal.widgets.keys import KeysDialog
from tests.support.builders import an_order_update
from tests.support.window import Workbench

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from PySide6.QtGui import QAction, QWindow

    from terminal.widgets.main_window import MainWindow

pytestmark = pytest.mark.usefixtures("qapp")
K = Qt.Key


def active(window: QWidget) -> None:
    """Wait until the window system says so. The loop here is not Qt's: its tasks do not mind."""
    deadline = QDeadlineTimer(5000)
    while QApplication.activeWindow() is not window:
        assert not deadline.hasExpired(), "it does not become active"
        QTest.qWait(1)


@contextlib.asynccontextmanager
async def shown() -> AsyncIterator[Workbench]:
    bench = await Workbench().start()
    bench.window.resize(1366, 768)
    bench.window.docks.arrange()
    try:
        active(bench.window)
        yield bench
    finally:
        await bench.stop()


def handle_of(window: QWidget) -> QWindow:
    """The system's window. The docking library's own ``windowHandle`` answers another object."""
    handle = QWidget.windowHandle(window)
    assert handle is not None
    return handle


def press(window: QWidget, *keys: Qt.Key, held: Qt.KeyboardModifier | None = None) -> None:
    """Press keys as the system would: into a window, which gives them to what has the focus."""
    for key in keys:
        QTest.keyClick(handle_of(window), key, held or Qt.KeyboardModifier.NoModifier)


def torn_off(bench: Workbench, name: str) -> QWidget:
    """Tear a panel off; its window, which has the focus then."""
    panel = bench.window.docks.panels[name]
    panel.tear_off()
    window: QWidget = panel.dock.widget().window()
    assert window is not bench.window
    active(window)
    return window


def menu_of(bench: Workbench, words: str) -> QMenu:
    actions = {action.text().replace("&", ""): action for action in bar(bench)}
    menu = actions[words].menu()
    assert isinstance(menu, QMenu)
    return menu


def bar(bench: Workbench) -> list[QAction]:
    return bench.window.menuBar().actions()


def entry(menu: QMenu, words: str) -> QAction:
    return next(a for a in menu.actions() if a.text().replace("&", "").startswith(words))


# Keys from every window --------------------------------------------------------------------------


async def test_a_torn_off_ladder_trades_by_keys_as_a_docked_one() -> None:
    async with shown() as bench:
        window = torn_off(bench, "ladder")
        assert bench.ladder.canvas.hasFocus()
        press(window, K.Key_F4, K.Key_Home, K.Key_Down, K.Key_B)
        await bench.desktop.settle()
        placed = bench.desktop.bench.trading.placed
        assert [(ticket.side, ticket.price) for ticket, _ in placed] == [(Side.BUY, 999)]
        press(window, K.Key_Escape)
        press(window, K.Key_Escape)
        press(window, K.Key_B)
        await bench.desktop.settle()
        assert len(placed) == 1, "Esc disarms there, too"


async def test_a_torn_off_ladder_trades_by_mouse_as_a_docked_one() -> None:
    async with shown() as bench:
        window = torn_off(bench, "ladder")
        bench.desktop.ladder.toggle_mouse()
        bench.desktop.frame.tick()
        rows = bench.desktop.ladder.view.rows
        row = next(number for number, one in enumerate(rows) if one.price == 999)
        canvas = bench.ladder.canvas
        at = canvas.mapTo(window, bench.ladder.point_of(row, "bid"))
        QTest.mouseClick(
            handle_of(window), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at
        )
        await bench.desktop.settle()
        placed = bench.desktop.bench.trading.placed
        assert [(ticket.side, ticket.price) for ticket, _ in placed] == [(Side.BUY, 999)]


async def test_keys_for_another_window_never_reach_an_armed_ladder() -> None:
    """Armed and torn off; the focus is in the main window: its keys send nothing."""
    async with shown() as bench:
        window = torn_off(bench, "ladder")
        press(window, K.Key_F4, K.Key_Home, K.Key_Down)
        bench.window.activateWindow()
        bench.orders.findChild(QTableView).setFocus()  # type: ignore[union-attr]
        active(bench.window)
        press(bench.window, K.Key_B, K.Key_S)
        await bench.desktop.settle()
        assert bench.desktop.bench.trading.placed == []
        assert bench.desktop.ladder.view.is_keyboard_armed, "armed as a docked one would be"


async def test_a_lost_connection_disarms_a_torn_off_ladder() -> None:
    async with shown() as bench:
        window = torn_off(bench, "ladder")
        press(window, K.Key_F4)
        bench.desktop.frame.tick()
        assert bench.desktop.ladder.view.is_keyboard_armed
        bench.desktop.ladder.disarm("the connection was lost.")
        press(window, K.Key_B)
        await bench.desktop.settle()
        assert bench.desktop.bench.trading.placed == []


async def test_an_armed_ladder_stays_armed_while_it_is_torn_off_and_put_back() -> None:
    """The trader knows what is armed: the frame and the badge go with it."""
    async with shown() as bench:
        bench.ladder.setFocus()
        press(bench.window, K.Key_F4)
        window = torn_off(bench, "ladder")
        press(window, K.Key_Home, K.Key_B)
        await bench.desktop.settle()
        assert len(bench.desktop.bench.trading.placed) == 1
        bench.window.docks.panels["ladder"].put_back()
        active(bench.window)
        press(bench.window, K.Key_S)
        await bench.desktop.settle()
        assert len(bench.desktop.bench.trading.placed) == 2


async def test_orders_are_canceled_from_a_torn_off_table() -> None:
    async with shown() as bench:
        window = torn_off(bench, "orders")
        bench.desktop.bench.stream.push(an_order_update(order_id=OrderId("o1"), client_oid=None))
        bench.desktop.frame.tick()
        table = bench.orders.findChild(QTableView)
        assert isinstance(table, QTableView)
        table.setFocus()
        table.selectRow(0)
        press(window, K.Key_Delete)
        await bench.desktop.settle()
        assert bench.desktop.bench.trading.cancels == ["o1"]


@pytest.mark.parametrize("is_torn_off", [False, True])
async def test_f1_shows_the_keys_from_every_window(is_torn_off: bool) -> None:
    async with shown() as bench:
        window = torn_off(bench, "ladder") if is_torn_off else bench.window
        press(window, K.Key_F1)
        dialog = bench.window.findChild(KeysDialog)
        assert isinstance(dialog, KeysDialog)
        assert dialog.isVisible()
        dialog.close()


@pytest.mark.parametrize("is_torn_off", [False, True])
async def test_menus_open_by_their_letters_and_esc_goes_back_to_the_ladder(
    is_torn_off: bool,
) -> None:
    async with shown() as bench:
        window = torn_off(bench, "ladder") if is_torn_off else bench.window
        press(window, K.Key_V, held=Qt.KeyboardModifier.AltModifier)
        menu = QApplication.activePopupWidget()
        assert menu is menu_of(bench, "View")
        QTest.keyClick(menu, K.Key_Escape)
        assert QApplication.activePopupWidget() is None


# Menus -------------------------------------------------------------------------------------------


async def test_the_account_menu_appears_with_its_first_entry_before_view() -> None:
    async with shown() as bench:
        assert [a.text().replace("&", "") for a in bar(bench)] == ["Tern", "Trade", "View", "Help"]
        done: list[str] = []
        bench.window.add_account_action("Transfer", "Ctrl+T", lambda: done.append("transfer"))
        bench.window.add_account_action("Disconnect", "", lambda: done.append("disconnect"))
        bench.window.add_trade_action("Flatten", "F F", lambda: done.append("flatten"))
        titles = [a.text().replace("&", "") for a in bar(bench)]
        assert titles == ["Tern", "Trade", "Account", "View", "Help"]
        letters = [a.text()[a.text().index("&") + 1] for a in bar(bench)]
        assert len(set(letters)) == len(letters), "each menu has a letter of its own"
        account = menu_of(bench, "Account")
        assert [a.text() for a in account.actions()] == ["Transfer", "Disconnect"]
        QTest.keyClick(bench.window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
        assert done.pop() == "transfer", "its key works without the menu"
        entry(account, "Transfer").trigger()
        entry(account, "Disconnect").trigger()
        entry(menu_of(bench, "Trade"), "Flatten").trigger()
        assert done == ["transfer", "disconnect", "flatten"]


async def test_the_view_menu_shows_and_hides_each_panel() -> None:
    async with shown() as bench:
        view = menu_of(bench, "View")
        for name, title in (("ladder", "Ladder"), ("log", "Event log"), ("orders", "Working")):
            panel = bench.window.docks.panels[name]
            action = entry(view, title)
            assert action.isChecked()
            action.trigger()
            assert panel.dock.isClosed()
            assert not action.isChecked()
            action.trigger()
            assert panel.is_docked


async def test_the_default_layout_comes_back_and_so_does_the_one_before() -> None:
    async with shown() as bench:
        view, panels = menu_of(bench, "View"), bench.window.docks.panels
        previous = entry(view, "Bring back")
        assert not previous.isEnabled()
        panels["ladder"].tear_off()
        panels["log"].close()
        entry(view, "Restore default").trigger()
        assert all(panel.is_docked for panel in panels.values())
        assert previous.isEnabled()
        previous.trigger()
        assert panels["ladder"].is_floating
        assert panels["log"].dock.isClosed()
        previous.trigger()
        assert all(panel.is_docked for panel in panels.values())
        panels["ladder"].tear_off()
        entry(view, "Put torn-off").trigger()
        assert panels["ladder"].is_docked


async def test_the_lock_is_a_check_in_the_view_menu() -> None:
    async with shown() as bench:
        lock = entry(menu_of(bench, "View"), "Lock")
        assert not lock.isChecked()
        lock.trigger()
        assert bench.window.docks.is_locked
        assert lock.isChecked()
        bench.window.set_locked(False)
        assert not lock.isChecked()


async def test_workspaces_are_saved_opened_and_deleted_by_name() -> None:
    async with shown() as bench:
        view = bench.window.view_menu
        heard: list[tuple[str, str]] = []
        view.workspace_named.connect(lambda name: heard.append(("named", name)))
        view.workspace_chosen.connect(lambda name: heard.append(("chosen", name)))
        view.workspace_dropped.connect(lambda name: heard.append(("dropped", name)))
        view.show_workspaces(("default", "A & B", "Scalp"), "Scalp")
        menu = entry(menu_of(bench, "View"), "Workspace").menu()
        assert isinstance(menu, QMenu)
        assert [a.text() for a in menu.actions() if a.isChecked()] == ["Scalp"]
        entry(menu, "A  B").trigger()
        entry(menu, "Delete").trigger()
        entry(menu, "Save").trigger()
        dialog = bench.window.findChild(QInputDialog)
        assert isinstance(dialog, QInputDialog)
        dialog.setTextValue("Two")
        QTest.keyClick(dialog, K.Key_Return)
        assert heard == [("chosen", "A & B"), ("dropped", "Scalp"), ("named", "Two")]
        view.show_workspaces(("default",), "default")
        assert not entry(menu, "Delete").isEnabled(), "the default one stays"


# Themes ------------------------------------------------------------------------------------------


def ground_of(widget: QWidget, at: QPoint) -> str:
    return widget.grab().toImage().pixelColor(at).name()


async def test_a_theme_chosen_in_the_menu_is_seen_everywhere_at_once() -> None:
    """Docked and torn-off panels, painted by hand or by the style; texts of roles and badges."""
    async with shown() as bench:
        bench.window.docks.panels["orders"].tear_off()
        theme, canvas = bench.theme, bench.ladder.canvas
        menu = entry(menu_of(bench, "View"), "Theme").menu()
        assert isinstance(menu, QMenu)
        tables = [one for one in bench.window.findChildren(QTableView) if one.isVisible()]
        assert len({one.window() for one in tables}) == 2
        for name in (*reversed(THEMES), THEMES[0]):
            action = next(a for a in menu.actions() if a.data() == name)
            action.trigger()
            assert theme.name == name
            assert action.isChecked()
            panel = theme.color("panel").name()
            for table in tables:
                corner = QPoint(3, table.viewport().height() - 3)
                assert ground_of(table.viewport(), corner) == panel
            picture = canvas.grab().toImage()
            colors = {
                picture.pixelColor(x, y).name()
                for x in range(0, picture.width(), 9)
                for y in range(0, picture.height(), 5)
            }
            assert theme.color("sell_ground").name() in colors
            badge = bench.window.findChild(QLabel, "status.badge")
            assert isinstance(badge, QLabel)
            assert ground_of(badge, QPoint(4, badge.height() // 2)) == theme.color("demo").name()
            pnl = bench.window.findChild(QLabel, "status.equity")
            assert isinstance(pnl, QLabel)
            pnl.grab()
            assert pnl.palette().windowText().color().name() == theme.color("text").name()


# Headers -----------------------------------------------------------------------------------------


async def test_headers_tell_the_symbol_the_count_and_what_may_be_out_of_date() -> None:
    async with shown() as bench:
        panels = bench.window.docks.panels
        assert panels["ladder"].dock.windowTitle() == "Ladder  XBTUSDTM  DEMO"
        assert panels["orders"].dock.windowTitle() == "Working orders"
        bench.desktop.bench.stream.push(an_order_update(order_id=OrderId("o1"), client_oid=None))
        bench.desktop.frame.tick()
        assert panels["orders"].dock.windowTitle() == "Working orders  1"
        bench.desktop.bench.stream.drop()
        await bench.desktop.settle()
        assert panels["orders"].dock.windowTitle() == "Working orders  1?"


def width_of(window: MainWindow, name: str) -> int:
    return int(window.docks.panels[name].dock.width())


async def test_a_first_window_is_arranged_also_where_showing_does_not_resize_it() -> None:
    """Without a window manager the window keeps its size, and the panels get theirs."""
    bench = await Workbench().start()
    try:
        window = bench.window
        for splitter in window.docks.widget.findChildren(QSplitter):
            splitter.setSizes([window.width(), *[1] * (splitter.count() - 1)])
        assert width_of(window, "ladder") * 3 > window.width()

        deadline = QDeadlineTimer(5000)
        while width_of(window, "ladder") * 3 > window.width():
            assert not deadline.hasExpired(), "the panels are not arranged"
            QTest.qWait(1)
    finally:
        await bench.stop()


async def test_a_window_at_rest_keeps_what_a_hand_arranged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once it has settled, resizing the window arranges nothing anew."""
    monkeypatch.setattr(main_window, "SETTLE_MS", 0)
    async with shown() as bench:
        window = bench.window
        ladder = window.docks.panels["ladder"].dock
        splitter = next(
            one
            for one in window.docks.widget.findChildren(QSplitter)
            if one.orientation() is Qt.Orientation.Horizontal and one.isAncestorOf(ladder)
        )
        splitter.setSizes([600, *splitter.sizes()[1:]])
        wide = width_of(window, "ladder")

        window.resize(1500, 800)

        QTest.qWait(1)
        assert wide > 500
        assert abs(width_of(window, "ladder") - wide) < 10
