"""The stop by real keys, from wherever the focus is."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QDeadlineTimer, QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget

from terminal.session.clearing import ClearingKind
from terminal.session.kill_switch import KillSwitch, NoMemory
from terminal.viewmodels.keys import KILL_FLATTEN_KEY, KILL_KEY
from terminal.viewmodels.kill_switch import KillSwitchViewModel
from terminal.widgets.global_keys import GlobalKeys
from terminal.widgets.keys import KeysDialog
from terminal.widgets.kill_switch import KillButton, Question, StopBar
from tests.support.window import Workbench

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")
K = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier


class Stand:
    """A window with the stop built in, as the program does."""

    def __init__(self) -> None:
        self.bench = Workbench()
        desktop = self.bench.desktop
        bench = desktop.bench
        self.window = self.bench.window
        self.switch = KillSwitch(
            desktop.desk, desktop.account, bench.owner, bench.notices, NoMemory()
        )
        self.vm = KillSwitchViewModel(self.switch, desktop.frame)
        self.button = KillButton(self.vm)
        self.bar = StopBar(self.vm, self.bench.theme)
        self.window.add_corner(self.button)
        self.window.add_bar(self.bar)
        GlobalKeys(self.window, {KILL_KEY: self.vm.throw, KILL_FLATTEN_KEY: self.vm.ask_to_flatten})

    @property
    def is_on(self) -> bool:
        return self.switch.status.is_on

    def tick(self) -> None:
        self.bench.desktop.frame.tick()

    def question(self) -> Question:
        found = [w for w in QApplication.topLevelWidgets() if isinstance(w, Question)]
        (question,) = [one for one in found if one.isVisible()]
        active(question)
        return question


def active(window: QWidget) -> None:
    """Wait until the window system says so. The loop here is not Qt's: its tasks do not mind."""
    deadline = QDeadlineTimer(5000)
    while QApplication.activeWindow() is not window:
        assert not deadline.hasExpired(), "it does not become active"
        QTest.qWait(1)


def press(
    window: QWidget, key: Qt.Key, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    """As the system would: into the window's own handle."""
    handle = QWidget.windowHandle(window)
    assert handle is not None
    QTest.keyClick(handle, key, held)


@contextlib.asynccontextmanager
async def shown() -> AsyncIterator[Stand]:
    stand = Stand()
    await stand.bench.start()
    stand.vm.start()
    stand.switch.start()
    stand.window.resize(1366, 768)
    stand.tick()
    try:
        active(stand.window)
        yield stand
    finally:
        await stand.bench.desktop.clock.advance(5)
        stand.vm.stop()
        await stand.switch.stop()
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, (Question, KeysDialog)):
                widget.close()
        await stand.bench.stop()


async def test_one_key_stops_and_the_same_key_never_lifts() -> None:
    async with shown() as stand:
        assert not stand.bar.isVisible()
        press(stand.window, K.Key_F12)
        assert stand.is_on
        stand.tick()
        assert stand.bar.isVisible()
        for _ in range(3):
            press(stand.window, K.Key_F12)
        assert stand.is_on


async def test_it_stops_from_a_torn_off_ladder_and_disarms() -> None:
    async with shown() as stand:
        stand.switch.on_thrown.add(lambda: stand.bench.desktop.ladder.disarm("stopped."))
        panel = stand.window.docks.panels["ladder"]
        panel.tear_off()
        window: QWidget = panel.dock.widget().window()
        active(window)
        press(window, K.Key_F4)
        assert stand.bench.desktop.ladder.trading.armed
        press(window, K.Key_F12)
        assert stand.is_on
        assert not stand.bench.desktop.ladder.trading.armed
        press(window, K.Key_F4)
        press(window, K.Key_B)
        await stand.bench.desktop.settle()
        assert stand.bench.desktop.bench.trading.placed == []


async def test_it_stops_while_a_number_is_typed() -> None:
    async with shown() as stand:
        field = stand.window.findChild(QLineEdit)
        assert isinstance(field, QLineEdit)
        field.setFocus()
        press(stand.window, K.Key_F12)
        assert stand.is_on


async def test_it_stops_while_a_menu_is_open() -> None:
    async with shown() as stand:
        menu = stand.window.menuBar().actions()[0].menu()
        assert menu is not None
        menu.popup(stand.window.mapToGlobal(stand.window.rect().center()))  # type: ignore[attr-defined] # a QMenu
        press(stand.window, K.Key_F12)
        menu.close()  # type: ignore[attr-defined] # a QMenu
        assert stand.is_on


async def test_it_stops_from_a_dialog_that_blocks_the_window() -> None:
    """F1 opens one: the keys of all other windows are dead then."""
    async with shown() as stand:
        press(stand.window, K.Key_F1)
        dialog = stand.window.findChild(KeysDialog)
        assert isinstance(dialog, KeysDialog)
        active(dialog)
        told = [label.text() for label in dialog.findChildren(QLabel)]
        assert KILL_KEY in told
        press(dialog, K.Key_F12)
        assert stand.is_on


async def test_a_held_key_stops_once_and_confirms_nothing() -> None:
    async with shown() as stand:
        press(stand.window, K.Key_F12, SHIFT)
        question = stand.question()
        for _ in range(20):
            press(question, K.Key_F12, SHIFT)
        held = QKeyEvent(
            QEvent.Type.KeyPress, K.Key_Return, Qt.KeyboardModifier.NoModifier, "", True
        )
        for _ in range(5):
            QApplication.sendEvent(question, held)
        assert question.isVisible()
        assert stand.switch.status.kind is ClearingKind.ENTRIES
        assert len([w for w in QApplication.topLevelWidgets() if isinstance(w, Question)
                    and w.isVisible()]) == 1  # fmt: skip
        press(question, K.Key_Return)
        left = [w for w in QApplication.topLevelWidgets() if isinstance(w, Question)]
        assert not any(one.isVisible() for one in left)
        assert stand.switch.status.kind is ClearingKind.ENTRIES, "Enter keeps positions"


async def test_flattening_everything_takes_a_choice() -> None:
    async with shown() as stand:
        press(stand.window, K.Key_F12, SHIFT)
        assert stand.is_on, "it stops before it asks"
        yes = stand.question().findChild(QPushButton, "question.yes")
        assert isinstance(yes, QPushButton)
        QTest.mouseClick(yes, Qt.MouseButton.LeftButton)
        assert stand.switch.status.kind is ClearingKind.FLATTEN


@pytest.mark.parametrize("key", [K.Key_Return, K.Key_Escape, K.Key_Space, K.Key_F12])
async def test_lifting_by_accident_is_not_possible(key: Qt.Key) -> None:
    async with shown() as stand:
        press(stand.window, K.Key_F12)
        stand.tick()
        stand.vm.ask_to_lift()
        press(stand.question(), key)
        assert stand.is_on


async def test_lifting_takes_a_button_and_an_answer() -> None:
    async with shown() as stand:
        press(stand.window, K.Key_F12)
        stand.tick()
        lift = stand.bar.findChild(QPushButton, "stop.lift")
        assert isinstance(lift, QPushButton)
        QTest.mouseClick(lift, Qt.MouseButton.LeftButton)
        yes = stand.question().findChild(QPushButton, "question.yes")
        assert isinstance(yes, QPushButton)
        QTest.mouseClick(yes, Qt.MouseButton.LeftButton)
        assert not stand.is_on
        stand.tick()
        assert not stand.bar.isVisible()


async def test_the_button_is_in_sight_and_takes_no_focus() -> None:
    async with shown() as stand:
        assert stand.button.isVisible()
        assert KILL_KEY in stand.button.toolTip()
        before = QApplication.focusWidget()
        QTest.mouseClick(stand.button, Qt.MouseButton.LeftButton)
        assert QApplication.focusWidget() is before
        assert stand.is_on
