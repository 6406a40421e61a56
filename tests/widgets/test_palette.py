"""Palette, search, lock and help by real keys, from the main window and from a torn-off panel."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QDeadlineTimer, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMenu, QPushButton, QWidget

from terminal.app.entry_panels import Entry, add_entry
from terminal.domain.guard import GuardLimits
from terminal.session.entry_lock import EntryLock
from terminal.session.limits import LimitKeeper
from terminal.viewmodels.keys import LOCK_KEY, PALETTE_KEY, SEARCH_KEY, WINDOW_KEYS, LadderAction
from terminal.viewmodels.ladder_group import LadderGroup
from terminal.viewmodels.ticket import TicketViewModel
from terminal.widgets.entry_lock import UnlockDialog
from terminal.widgets.palette import PaletteDialog
from tests.support.desktop import OTHER
from tests.support.window import Workbench

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


pytestmark = pytest.mark.usefixtures("qapp")
K, M = Qt.Key, Qt.KeyboardModifier
LETTERS = {PALETTE_KEY: K.Key_K, SEARCH_KEY: K.Key_F, LOCK_KEY: K.Key_L}


def active(window: QWidget) -> None:
    """Wait until the window system says so."""
    deadline = QDeadlineTimer(5000)
    while QApplication.activeWindow() is not window:
        assert not deadline.hasExpired(), "it does not become active"
        QTest.qWait(1)


class Backend:
    """What ``add_entry`` needs of a backend."""

    has_account = True

    def __init__(self, lock: EntryLock) -> None:
        self.entry_lock = lock


class Stage:
    def __init__(self, bench: Workbench, lock: EntryLock) -> None:
        self.bench, self.lock, self.window = bench, lock, bench.window
        self.desktop, self.ladder = bench.desktop, bench.desktop.ladder

    def press(self, key: str) -> None:
        """A key of the whole program, as the system would: into the window that is used."""
        window = QApplication.activeWindow()
        assert window is not None
        handle = QWidget.windowHandle(window)
        assert handle is not None
        QTest.keyClick(handle, LETTERS[key], M.ControlModifier)
        self.desktop.frame.tick()

    def dialog(self, kind: type[QWidget]) -> QWidget | None:
        found = [one for one in QApplication.topLevelWidgets() if isinstance(one, kind)]
        return next((one for one in found if one.isVisible()), None)

    async def run(self, typed: str) -> None:
        dialog = self.dialog(PaletteDialog)
        assert dialog is not None
        line = dialog.findChild(QLineEdit)
        assert isinstance(line, QLineEdit)
        QTest.keyClicks(line, typed)
        QTest.keyClick(line, K.Key_Return)
        QTest.qWait(1)  # the loop here is not Qt's: its tasks do not mind
        await self.desktop.settle()


@contextlib.asynccontextmanager
async def a_stage() -> AsyncIterator[Stage]:
    bench = Workbench()
    desktop = bench.desktop
    keeper = LimitKeeper(
        None, GuardLimits(), desktop.clock, desktop.bench.owner, desktop.bench.notices
    )
    lock = EntryLock(desktop.desk, keeper, desktop.bench.owner, desktop.bench.notices)
    ticket = next(one for one in bench.view_models if isinstance(one, TicketViewModel))
    desktop.ladder.trading.locked = lock.reason
    panels = add_entry(
        bench.window, bench.theme, Backend(lock), desktop.frame,  # type: ignore[arg-type] # what it needs of one
        Entry(LadderGroup(desktop.ladder), ticket), desktop.workspace,
    )  # fmt: skip
    await bench.start()
    for panel in panels:
        panel.start()
    bench.window.activateWindow()
    bench.ladder.setFocus()
    active(bench.window)
    try:
        yield Stage(bench, lock)
    finally:
        for panel in panels:
            panel.stop()
        await keeper.stop()
        await bench.stop()


@pytest.mark.parametrize("place", ["main window", "torn-off panel"])
async def test_the_keys_work_from_wherever_the_focus_is(place: str) -> None:
    async with a_stage() as one:
        window: QWidget = one.window
        if place == "torn-off panel":
            panel = one.window.docks.panels["log"]
            panel.tear_off()
            window = panel.dock.window()
            active(window)
            assert window is not one.window
        for key in (PALETTE_KEY, SEARCH_KEY):
            one.press(key)
            dialog = one.dialog(PaletteDialog)
            assert dialog is not None, key
            QTest.keyClick(dialog, K.Key_Escape)
            assert one.dialog(PaletteDialog) is None
            active(window)
        one.press(LOCK_KEY)
        assert one.lock.is_locked


async def test_the_menu_gives_its_keys_to_the_whole_application() -> None:
    async with a_stage() as one:
        taken = one.window.taken_keys()
        for key in WINDOW_KEYS:
            assert key in taken
        actions = [
            action
            for menu in one.window.menuBar().findChildren(QMenu)
            for action in menu.actions()
            if action.shortcut().toString(QKeySequence.SequenceFormat.PortableText) in LETTERS
        ]
        assert len(actions) == len(LETTERS)
        for action in actions:
            assert action.shortcutContext() is Qt.ShortcutContext.ApplicationShortcut
            assert not action.autoRepeat()


async def test_an_unarmed_ladders_orders_are_listed_and_not_run() -> None:
    async with a_stage() as one:
        one.press(PALETTE_KEY)
        await one.run("Join the best bid")
        dialog = one.dialog(PaletteDialog)
        assert dialog is not None, "it stays open and says why"
        message = dialog.findChild(QLabel, "palette.message")
        assert isinstance(message, QLabel)
        assert message.text() == "Keyboard trading is off: F4 arms it."
        assert one.desktop.bench.trading.placed == []


async def test_an_armed_ladder_is_commanded_by_name_with_the_same_two_presses() -> None:
    async with a_stage() as one:
        one.ladder.toggle_keyboard()
        one.ladder.run(LadderAction.BUY_MARKET)
        await one.desktop.settle()
        assert one.desktop.bench.trading.placed == []
        one.ladder.run(LadderAction.BUY_MARKET)
        await one.desktop.settle()
        assert len(one.desktop.bench.trading.placed) == 1


async def test_a_contract_is_found_by_its_letters_and_shown() -> None:
    async with a_stage() as one:
        one.press(SEARCH_KEY)
        await one.run("usdm")
        market = one.desktop.workspace.market
        assert market is not None
        assert market.contract.symbol == OTHER


async def test_the_lock_covers_keys_mouse_and_ticket_and_opens_by_a_plain_yes() -> None:
    async with a_stage() as one:
        one.ladder.toggle_keyboard()
        one.ladder.toggle_mouse()
        one.press(LOCK_KEY)
        assert not one.ladder.trading.armed
        bar = one.window.findChild(QWidget, "lock")
        assert isinstance(bar, QWidget)
        assert bar.isVisible()
        one.ladder.toggle_keyboard()
        one.ladder.toggle_mouse()
        assert not one.ladder.trading.armed
        buy = one.window.findChild(QPushButton, "ticket.buy")
        assert isinstance(buy, QPushButton)
        assert not buy.isEnabled()
        one.press(LOCK_KEY)
        assert one.lock.is_locked, "the key asks before it unlocks"
        dialog = one.dialog(UnlockDialog)
        assert dialog is not None
        yes = dialog.findChild(QPushButton, "unlock.yes")
        assert isinstance(yes, QPushButton)
        QTest.keyClick(yes, K.Key_Return)
        one.desktop.frame.tick()
        assert not one.lock.is_locked
        assert not one.ladder.trading.armed
        assert one.dialog(UnlockDialog) is None
        assert not bar.isVisible()
