"""The question of leaving by real keys and clicks."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from terminal.domain.account_facts import StopsFate
from terminal.session.fuse import Fuse, FuseTerms
from terminal.storage.paths import resources
from terminal.viewmodels.frame import HandFrameClock
from terminal.viewmodels.leaving import LeavingViewModel
from terminal.widgets.leaving import LeavingDialog, LeavingQuestion
from terminal.widgets.theme import Theme
from tests.support.fake_fuse import FakeFuseGateway
from tests.support.standing import Stage, staged

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")
K = Qt.Key


class Asked:
    def __init__(self, stage: Stage) -> None:
        bench = stage.bench
        self.stage = stage
        self.frame = HandFrameClock()
        fuse = Fuse(
            FakeFuseGateway(stage.clock), bench.desk, stage.clock, bench.owner, bench.notices,
            FuseTerms(StopsFate.KEPT),
        )  # fmt: skip
        self.leaving = stage.leaving(fuse)
        self.vm = LeavingViewModel(self.leaving, self.frame)
        self.left: list[int] = []
        self.vm.left.connect(lambda: self.left.append(1))
        self.window = QWidget()
        self.window.show()
        self.question = LeavingQuestion(
            self.vm, Theme.load(resources() / "themes", "dark"), self.window
        )
        self.vm.start()

    @property
    def dialog(self) -> LeavingDialog:
        dialog = self.question.dialog
        assert dialog is not None
        return dialog

    def button(self, name: str) -> QPushButton:
        found = self.dialog.findChild(QPushButton, f"leaving.{name}")
        assert isinstance(found, QPushButton)
        return found

    def words(self, name: str) -> str:
        found = self.dialog.findChild(QLabel, f"leaving.{name}")
        assert isinstance(found, QLabel)
        return found.text() if found.isVisible() else ""

    async def settle(self, seconds: float = 0.0) -> None:
        await self.stage.clock.advance(seconds)
        self.frame.tick()


@contextlib.asynccontextmanager
async def asked() -> AsyncIterator[Asked]:
    async with staged() as stage:
        one = Asked(stage)
        one.vm.ask()
        try:
            yield one
        finally:
            one.vm.stop()
            await one.leaving.stop()
            one.window.close()
            one.window.deleteLater()
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


async def test_enter_keeps_everything_and_leaves() -> None:
    async with asked() as one:
        assert one.dialog.isVisible()
        QTest.keyClick(one.dialog, K.Key_Return)
        await one.settle()
        assert one.left == [1]
        assert one.question.dialog is None
        assert one.stage.log == []


async def test_a_held_enter_is_no_answer() -> None:
    async with asked() as one:
        held = QKeyEvent(
            QEvent.Type.KeyPress, K.Key_Return, Qt.KeyboardModifier.NoModifier, "", True
        )
        QApplication.sendEvent(one.dialog, held)
        await one.settle()
        assert one.left == []


async def test_esc_and_the_dialogs_own_button_stay() -> None:
    async with asked() as one:
        QTest.keyClick(one.dialog, K.Key_Escape)
        await one.settle()
        assert one.question.dialog is None
        one.vm.ask()
        one.dialog.close()
        await one.settle()
        assert one.left == []
        assert not one.vm.is_open
        one.vm.ask()
        assert one.dialog.isVisible(), "it can be asked again"


async def test_it_lists_what_stands() -> None:
    async with asked() as one:
        assert one.words("line.2") == (
            "Long 3 XBTUSDTM: protected by 1 stop on the exchange; 1 other exit."
        )
        assert "goes on without this program" in one.words("note")


async def test_canceling_entries_leaves_when_it_is_done() -> None:
    async with asked() as one:
        one.button("cancel").click()
        await one.settle(5)
        assert one.left == [1]
        assert one.stage.on_exchange == {"exit", "stop", "other-exit"}


async def test_an_enter_after_the_choice_does_not_let_go() -> None:
    """While it works the focus is on staying, and leaving all the same is offered late."""
    async with asked() as one:
        one.stage.closes_do_nothing = True
        one.button("flatten").click()
        await one.settle(0.5)
        assert not one.button("keep").isVisible()
        assert not one.button("leave_now").isVisible()
        assert one.dialog.focusWidget() is one.button("stay")
        await one.settle(30)
        one.vm.refresh_now()
        assert one.button("leave_now").isVisible()
        assert "Not verified flat: XBTUSDTM." in one.words("problem")
        assert one.dialog.focusWidget() is one.button("stay")
        one.button("leave_now").click()
        assert one.left == [1]


async def test_there_is_a_way_back_while_it_works() -> None:
    async with asked() as one:
        one.stage.closes_do_nothing = True
        one.button("flatten").click()
        await one.settle(2)
        QTest.keyClick(one.dialog, K.Key_Escape)
        await one.settle(60)
        assert one.left == []
        assert one.question.dialog is None


async def test_very_many_contracts_fit_on_a_screen() -> None:
    from terminal.domain.units import ClientOid, OrderId, Symbol
    from tests.support.builders import a_contract, an_order_update

    async with asked() as one:
        for number in range(40):
            symbol = Symbol(f"C{number:02}USDTM")
            one.stage.bench.contracts[symbol] = a_contract(symbol=symbol)
            one.stage.put(
                an_order_update(
                    symbol=symbol, order_id=OrderId(f"n{number}"),
                    client_oid=ClientOid(f"n{number}"), is_reduce_only=False,
                )
            )  # fmt: skip
        await one.settle()
        one.vm.refresh_now()
        assert one.words("line.12") == "And 32 more."
        assert one.dialog.sizeHint().height() < 700
