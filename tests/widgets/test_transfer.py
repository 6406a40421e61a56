"""The transfer dialog by real keys and clicks, on fakes."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton, QWidget

from terminal.storage.paths import resources
from terminal.viewmodels.transfer import TransferViewModel
from terminal.widgets.theme import Theme
from terminal.widgets.transfer import TransferDialog, show_transfer
from tests.support.desktop import Desktop
from tests.support.transfers import FUTURES, MAIN, NO_ANSWER, TRADE, Answer, TransferBench

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")
Found = TypeVar("Found", bound=QWidget)


@pytest.fixture(params=["dark", "light"])
def theme(request: pytest.FixtureRequest, qapp: QApplication) -> Theme:
    return Theme.load(resources() / "themes", request.param)


@dataclass
class Stage:
    """The open dialog and what is below it."""

    desktop: Desktop
    bench: TransferBench
    vm: TransferViewModel
    window: QWidget
    dialog: TransferDialog

    def find(self, kind: type[Found], name: str) -> Found:
        widget = self.dialog.findChild(kind, f"transfer.{name}")
        assert isinstance(widget, kind)
        return widget

    @property
    def amount(self) -> QLineEdit:
        return self.find(QLineEdit, "amount")

    @property
    def send(self) -> QPushButton:
        return self.find(QPushButton, "send")

    def words(self, name: str) -> str:
        return self.find(QLabel, name).text()

    def type(self, words: str) -> None:
        QTest.keyClicks(self.amount, words)
        self.desktop.frame.tick()

    async def settle(self, seconds: float = 0.0) -> None:
        await self.bench.clock.advance(seconds)
        self.desktop.frame.tick()


@contextlib.asynccontextmanager
async def opened(theme: Theme) -> AsyncIterator[Stage]:
    desktop = Desktop()
    bench = TransferBench(bench=desktop.bench)
    vm = TransferViewModel(desktop.workspace, bench.desk, desktop.bench.contracts, desktop.frame)
    await desktop.start()
    window = QWidget()
    window.show()
    stage = Stage(desktop, bench, vm, window, show_transfer(vm, theme, window))
    await stage.settle()
    try:
        yield stage
    finally:
        vm.stop()
        await bench.desk.stop()
        await desktop.stop()
        window.close()
        window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


async def test_typing_an_amount_and_enter_sends_once(theme: Theme) -> None:
    """Enter sends what is valid; the result stands there, and Enter again sends nothing."""
    async with opened(theme) as stage:
        assert not stage.send.isEnabled()
        QTest.keyClick(stage.amount, Qt.Key.Key_Return)
        stage.type("250")
        assert stage.send.text() == "Send 250.00 USDT to futures"
        assert stage.send.isEnabled()
        QTest.keyClick(stage.amount, Qt.Key.Key_Return)
        QTest.keyClick(stage.amount, Qt.Key.Key_Return)
        await stage.settle(10)
        QTest.keyClick(stage.amount, Qt.Key.Key_Enter)
        await stage.settle(10)
        assert stage.bench.oids == ["t1"]
        assert stage.words("sentence") == "Moved 250 USDT from main to futures."
        assert "750.00" in stage.words("detail")
        assert stage.words("main.balance") == "750.00"
        assert stage.amount.text() == ""


async def test_a_held_enter_sends_nothing(theme: Theme) -> None:
    """Auto-repeat of a key that was pressed elsewhere is no wish to send."""
    async with opened(theme) as stage:
        stage.type("250")
        held = QKeyEvent(
            QEvent.Type.KeyPress,
            Qt.Key.Key_Return,
            Qt.KeyboardModifier.NoModifier,
            "\r",
            True,
        )
        QApplication.sendEvent(stage.amount, held)
        await stage.settle(10)
        assert stage.bench.oids == []


async def test_enter_in_a_list_of_accounts_sends_nothing(theme: Theme) -> None:
    """Only the amount and the button send."""
    async with opened(theme) as stage:
        stage.type("250")
        source = stage.find(QComboBox, "source")
        source.setFocus()
        QTest.keyClick(source, Qt.Key.Key_Return)
        await stage.settle(10)
        assert stage.bench.oids == []
        QTest.mouseClick(stage.send, Qt.MouseButton.LeftButton)
        await stage.settle(10)
        assert stage.bench.oids == ["t1"]


async def test_escape_closes_and_sends_nothing(theme: Theme) -> None:
    """The dialog is gone for good and asks for no more frames."""
    async with opened(theme) as stage:
        stage.type("250")
        QTest.keyClick(stage.amount, Qt.Key.Key_Escape)
        assert not stage.dialog.isVisible()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        assert stage.window.findChild(TransferDialog) is None
        stage.desktop.frame.tick()
        stage.bench.desk.read("USDT")
        await stage.bench.clock.advance(10)
        assert stage.bench.oids == []
        again = show_transfer(stage.vm, theme, stage.window)
        assert show_transfer(stage.vm, theme, stage.window) is again
        await stage.settle()
        amount = again.findChild(QLineEdit, "transfer.amount")
        assert isinstance(amount, QLineEdit)
        assert amount.text() == ""


async def test_problems_stand_at_the_field(theme: Theme) -> None:
    """A sentence under the amount, a red frame, and Send is off with the reason in its hint."""
    async with opened(theme) as stage:
        stage.type("1000.5")
        words = "1000 USDT is all that is transferable from main."
        assert stage.words("amount_problem") == words
        assert stage.amount.property("wrong") == "true"
        assert (stage.send.isEnabled(), stage.send.toolTip()) == (False, words)
        QTest.keyClick(stage.amount, Qt.Key.Key_Return)
        QTest.keyClick(stage.amount, Qt.Key.Key_Backspace)
        QTest.keyClick(stage.amount, Qt.Key.Key_Backspace)
        stage.desktop.frame.tick()
        assert stage.words("amount_problem") == ""
        assert stage.amount.property("wrong") == "false"
        assert stage.send.isEnabled()
        await stage.settle(10)
        assert stage.bench.oids == []


async def test_accounts_by_list_swap_and_all(theme: Theme) -> None:
    """The lists, the swap button and All lead to what is sent."""
    async with opened(theme) as stage:
        source = stage.find(QComboBox, "source")
        QTest.keyClick(source, Qt.Key.Key_Down)
        stage.desktop.frame.tick()
        assert stage.vm.view.source is TRADE
        QTest.mouseClick(stage.find(QPushButton, "swap"), Qt.MouseButton.LeftButton)
        stage.desktop.frame.tick()
        assert (source.currentText(), stage.vm.view.target) == ("Futures", TRADE)
        QTest.keyClick(stage.find(QComboBox, "target"), Qt.Key.Key_Up)
        stage.desktop.frame.tick()
        assert (stage.vm.view.source, stage.vm.view.target) == (FUTURES, MAIN)
        QTest.mouseClick(stage.find(QPushButton, "all"), Qt.MouseButton.LeftButton)
        stage.desktop.frame.tick()
        assert stage.amount.text() == "850"
        assert stage.words("futures.after") == "150.00"
        QTest.keyClick(stage.amount, Qt.Key.Key_Return)
        await stage.settle(10)
        assert stage.bench.gateway.balances() == {MAIN: 1850, TRADE: 500, FUTURES: 150}


async def test_another_currency_by_key(theme: Theme) -> None:
    """The list of currencies is that of the contracts."""
    async with opened(theme) as stage:
        currency = stage.find(QComboBox, "currency")
        assert [currency.itemText(n) for n in range(currency.count())] == ["USDT", "XBT"]
        QTest.keyClick(currency, Qt.Key.Key_Down)
        await stage.settle()
        assert stage.words("main.balance") == "0.500000"


async def test_a_lost_answer_offers_to_ask_again(theme: Theme) -> None:
    """Three buttons come with the sentence, everything else is off, and one request has gone."""
    async with opened(theme) as stage:
        gateway = stage.bench.gateway
        gateway.holds_credit = True
        gateway.answers.append(Answer(moves=True, outcome=NO_ANSWER))
        ask = stage.find(QPushButton, "ask_again")
        ways_out = [stage.find(QPushButton, name) for name in ("arrived", "not_moved")]
        assert not ask.isVisible()
        stage.type("250")
        QTest.keyClick(stage.amount, Qt.Key.Key_Return)
        await stage.settle(10)
        assert stage.words("sentence").startswith("The answer was lost")
        assert ask.isVisible()
        assert ask.isEnabled()
        assert all(button.isVisible() and button.isEnabled() for button in ways_out)
        for _ in range(3):
            QTest.keyClick(stage.amount, Qt.Key.Key_Return)
        await stage.settle(600)
        assert stage.bench.oids == ["t1"]
        QTest.mouseClick(ask, Qt.MouseButton.LeftButton)
        await stage.settle()
        gateway.credit()
        await stage.settle(10)
        assert stage.bench.oids == ["t1", "t1"]
        assert not ask.isVisible()
        assert stage.words("futures.balance").endswith("250.00")


async def test_an_error_of_our_own_is_no_dead_end(theme: Theme) -> None:
    """What is open stands there with its buttons, whatever went wrong."""
    async with opened(theme) as stage:
        stage.bench.gateway.answers.append(Answer(moves=False, outcome=NO_ANSWER))
        stage.bench.gateway.fails = ValueError("unforeseen")
        stage.type("250")
        QTest.keyClick(stage.amount, Qt.Key.Key_Return)
        await stage.settle(10)
        assert len(stage.bench.bench.errors) == 1
        stage.bench.bench.errors.clear()
        assert stage.words("sentence").startswith("The answer was lost")
        ask = stage.find(QPushButton, "ask_again")
        assert ask.isVisible()
        assert ask.isEnabled()
        QTest.mouseClick(ask, Qt.MouseButton.LeftButton)
        await stage.settle(10)
        assert stage.words("sentence") == "Moved 250 USDT from main to futures."


@pytest.mark.parametrize(
    ("key", "name", "how"),
    [
        ("Alt+I", "arrived", "it arrived"),
        ("Alt+N", "not_moved", "it did not move"),
    ],
)
async def test_the_user_says_how_an_open_transfer_ended(
    theme: Theme, key: str, name: str, how: str
) -> None:
    """By key or by button; after that the dialog is ready for the next one, and so is the focus."""
    async with opened(theme) as stage:
        button = stage.find(QPushButton, name)
        assert button.shortcut().toString() == key
        for is_by_key in (True, False):
            stage.bench.gateway.answers.append(Answer(moves=False, outcome=NO_ANSWER))
            stage.type("250")
            QTest.keyClick(stage.amount, Qt.Key.Key_Return)
            await stage.settle(10)
            assert button.isVisible()
            if is_by_key:
                for _ in range(2 if name == "arrived" else 3):
                    QTest.keyClick(stage.dialog.focusWidget(), Qt.Key.Key_Tab)
                assert stage.dialog.focusWidget() is button
                QTest.keyClick(button, Qt.Key.Key_Return)
            else:
                QTest.mouseClick(button, Qt.MouseButton.LeftButton)
            await stage.settle(1)
            assert how in stage.bench.notices.notices[-1].text
            assert not button.isVisible()
            assert not stage.amount.isReadOnly()
            assert stage.amount.text() == ""
            assert stage.dialog.focusWidget() is stage.amount


async def test_every_sentence_fits(theme: Theme) -> None:
    """The dialog grows with what it says: no label is lower than its words need."""
    async with opened(theme) as stage:
        low = stage.dialog.height()
        stage.type("250")
        QTest.keyClick(stage.amount, Qt.Key.Key_Return)
        await stage.settle(10)
        QApplication.sendPostedEvents()
        assert low < stage.dialog.height(), "a short sentence"
        short = stage.dialog.height()
        stage.bench.gateway.answers.append(Answer(moves=False, outcome=NO_ANSWER))
        stage.type("100")
        QTest.keyClick(stage.amount, Qt.Key.Key_Return)
        for seconds in (0, 10):
            await stage.settle(seconds)
            assert not stage.dialog.grab().isNull()
            for name in ("sentence", "detail"):
                label = stage.find(QLabel, name)
                assert label.height() >= label.heightForWidth(label.width()), name
        assert stage.dialog.height() > short
        stage.vm.say_not_moved()
        await stage.settle()
        assert stage.dialog.height() == low


async def test_the_dialog_blocks_no_other_window(theme: Theme) -> None:
    """Orders must be cancellable while it is open."""
    async with opened(theme) as stage:
        assert not stage.dialog.isModal()
        assert QApplication.activeModalWidget() is None
