"""The transfer dialog by real keys, on real clients, against the exchange over real sockets."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton, QWidget

from terminal.storage.paths import resources
from terminal.viewmodels.frame import QtFrameClock
from terminal.viewmodels.transfer import TransferViewModel
from terminal.viewmodels.workspace import Workspace
from terminal.widgets.theme import Theme
from terminal.widgets.transfer import TransferDialog, show_transfer
from tests.support.builders import XBT
from tests.support.deadlines import eventually
from tests.support.live import Live
from tests.support.qt_loop import run_on_qt

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

pytestmark = pytest.mark.usefixtures("qapp")
CALL = "POST /api/v3/accounts/universal-transfer"


class Hands:
    """The dialog with somebody at the keys, and the exchange below."""

    def __init__(self, live: Live, dialog: TransferDialog) -> None:
        self.live = live
        self.dialog = dialog

    @property
    def amount(self) -> QLineEdit:
        field = self.dialog.findChild(QLineEdit, "transfer.amount")
        assert isinstance(field, QLineEdit)
        return field

    def box(self, name: str) -> QComboBox:
        box = self.dialog.findChild(QComboBox, f"transfer.{name}")
        assert isinstance(box, QComboBox)
        return box

    def button(self, name: str) -> QPushButton:
        button = self.dialog.findChild(QPushButton, f"transfer.{name}")
        assert isinstance(button, QPushButton)
        return button

    def words(self, name: str) -> str:
        label = self.dialog.findChild(QLabel, f"transfer.{name}")
        assert isinstance(label, QLabel)
        return label.text()

    async def says(self, words: str) -> None:
        await eventually(lambda: words in self.words("sentence"), words)

    async def send(self, amount: str) -> None:
        """Type an amount and press Enter as soon as it is taken."""
        QTest.keyClicks(self.amount, amount)
        await eventually(self.button("send").isEnabled, "a valid transfer")
        QTest.keyClick(self.amount, Qt.Key.Key_Return)

    def calls(self) -> int:
        return self.live.exchange.gateway.calls.get(CALL, 0)

    def agrees(self) -> bool:
        """Every figure of the dialog is the exchange's own."""
        funding, account = self.live.exchange.funding, self.live.exchange.engine.account
        held = {
            "main": funding.purse("MAIN", "USDT").balance,
            "trade": funding.purse("TRADE", "USDT").balance,
            "futures": account.wallets["USDT"].cash,
        }
        shown = {name: self.words(f"{name}.balance") for name in held}
        return all(Decimal("".join(words.split())) == held[name] for name, words in shown.items())


def with_dialog(play: Callable[[Hands], Coroutine[Any, Any, None]]) -> None:
    """Start everything, open the dialog on the main contract, play, end everything."""

    async def work() -> None:
        live = Live(is_calm=True)
        await live.start()
        frame = QtFrameClock()
        workspace = Workspace(live.backend.markets)
        workspace.choose(XBT)
        backend = live.backend
        vm = TransferViewModel(workspace, backend.transfers, backend.markets.contracts, frame)
        window = QWidget()
        window.show()
        theme = Theme.load(resources() / "themes", "dark")
        hands = Hands(live, show_transfer(vm, theme, window))
        try:
            await eventually(
                lambda: hands.words("futures.transferable") not in {"", "\N{EN DASH}"}, "balances"
            )
            total = live.exchange.funding.total("USDT")
            await play(hands)
            assert live.exchange.funding.total("USDT") == total
        finally:
            vm.stop()
            frame.stop()
            window.close()
            window.deleteLater()
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            await live.stop()

    run_on_qt(work())


def test_money_goes_there_and_back_by_keys() -> None:
    """Type, Enter, read the new balances; swap, All, Enter: both houses agree all the way."""

    async def play(hands: Hands) -> None:
        await hands.send("1234.56789")
        await hands.says("Moved 1234.56789 USDT from main to futures.")
        await eventually(hands.agrees, "the same figures on both sides")
        assert hands.amount.text() == ""
        QTest.keyClick(hands.amount, Qt.Key.Key_W, Qt.KeyboardModifier.AltModifier)
        await eventually(lambda: hands.box("source").currentText() == "Futures", "the swap")
        QTest.keyClick(hands.amount, Qt.Key.Key_A, Qt.KeyboardModifier.AltModifier)
        await eventually(hands.button("send").isEnabled, "a valid transfer")
        QTest.keyClick(hands.amount, Qt.Key.Key_Return)
        await hands.says("from futures to main.")
        await eventually(hands.agrees, "the same figures on both sides")
        await eventually(lambda: hands.words("futures.transferable") == "0.00", "nothing is left")
        assert hands.calls() == 2

    with_dialog(play)


def test_a_lost_answer_and_ask_again_by_keys() -> None:
    """The money left, the answer was lost: Enter sends nothing more, Alt+K asks under one id."""

    async def play(hands: Hands) -> None:
        exchange = hands.live.exchange
        exchange.funding.rules.is_credit_held = True
        exchange.faults.transfers_lost = 1
        await hands.send("250")
        await hands.says("The answer was lost")
        for _ in range(3):
            QTest.keyClick(hands.amount, Qt.Key.Key_Return)
        await eventually(hands.button("ask_again").isEnabled, "the offer to ask again")
        assert hands.calls() == 1
        QTest.keyClick(hands.amount, Qt.Key.Key_K, Qt.KeyboardModifier.AltModifier)
        await eventually(lambda: hands.calls() == 2, "the second request")
        exchange.funding.credit()
        await hands.says("Moved 250 USDT from main to futures.")
        await eventually(hands.agrees, "the same figures on both sides")
        assert len(exchange.funding.moved) == 1, "one id, one movement"
        assert not hands.button("ask_again").isVisible()

    with_dialog(play)


def test_what_arrived_is_said_by_key_and_is_no_gain_of_the_day() -> None:
    """The user has seen it arrive and says so; the next one may be sent."""

    async def play(hands: Hands) -> None:
        exchange, account = hands.live.exchange, hands.live.backend.account
        exchange.funding.rules.is_credit_held = True
        exchange.faults.transfers_lost = 1

        def day_result() -> Decimal:
            day = account.day_pnl("USDT")
            assert day is not None
            return day[0].amount

        before = day_result()
        await hands.send("250")
        await hands.says("The answer was lost")
        await eventually(hands.button("arrived").isEnabled, "the offer to say how it ended")
        exchange.funding.credit()
        await eventually(lambda: day_result() == before + 250, "the wallet event")
        QTest.keyClick(hands.amount, Qt.Key.Key_I, Qt.KeyboardModifier.AltModifier)
        await eventually(lambda: not hands.amount.isReadOnly(), "the next one may be sent")
        assert day_result() == before
        assert not hands.button("arrived").isVisible()
        assert hands.calls() == 1

    with_dialog(play)


def test_escape_leaves_a_transfer_on_its_way_alone() -> None:
    """The dialog may be closed while the answer is awaited; the event log tells how it ended."""

    async def play(hands: Hands) -> None:
        live = hands.live
        live.exchange.faults.answer_delay_s = 0.3
        await hands.send("250")
        await eventually(lambda: hands.calls() == 1, "the request")
        QTest.keyClick(hands.amount, Qt.Key.Key_Escape)
        assert not hands.dialog.isVisible()
        await eventually(
            lambda: live.backend.notices.notices[-1].text.startswith("Moved 250 USDT"), "the end"
        )
        assert hands.calls() == 1

    with_dialog(play)
