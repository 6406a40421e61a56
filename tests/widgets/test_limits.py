"""The limits dialog by real keys and clicks, on fakes."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QLineEdit, QPushButton
from PySide6.QtWidgets import QWidget as Widget

from terminal.domain.guard_terms import GuardLimits
from terminal.domain.units import Lots
from terminal.storage.paths import resources
from terminal.widgets.limits import LimitsDialog, show_limits
from terminal.widgets.theme import Theme
from tests.support.limit_stage import LimitStage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")
Found = TypeVar("Found", bound=Widget)
LIMITS = GuardLimits(max_lots=Lots(10), max_losses={"USDT": Decimal(200)})


@pytest.fixture(params=["dark", "light"])
def theme(request: pytest.FixtureRequest, qapp: QApplication) -> Theme:
    return Theme.load(resources() / "themes", request.param)


@dataclass
class Hands:
    """The open dialog and what is below it."""

    stage: LimitStage
    window: Widget
    dialog: LimitsDialog
    theme: Theme

    def find(self, kind: type[Found], name: str) -> Found:
        widget = self.dialog.findChild(kind, f"limits.{name}")
        assert isinstance(widget, kind)
        return widget

    def line(self, name: str) -> QLineEdit:
        return self.find(QLineEdit, name)

    def words(self, name: str) -> str:
        return self.find(QLabel, name).text()

    async def type(self, name: str, words: str) -> None:
        self.line(name).selectAll()
        QTest.keyClicks(self.line(name), words)
        await self.stage.settle()

    async def click(self, name: str) -> None:
        self.find(QPushButton, name).click()
        await self.stage.settle()

    async def enter(self, name: str) -> None:
        self.line(name).setFocus()
        QTest.keyClick(self.line(name), Qt.Key.Key_Return)
        await self.stage.settle()


@contextlib.asynccontextmanager
async def opened(theme: Theme) -> AsyncIterator[Hands]:
    stage = await LimitStage(LIMITS).start(shows=False)
    window = Widget()
    window.show()
    hands = Hands(stage, window, show_limits(stage.vm, theme, window), theme)
    await stage.settle()
    try:
        yield hands
    finally:
        await stage.stop()
        window.close()
        window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


async def test_a_limit_is_typed_and_enter_applies_it(theme: Theme) -> None:
    async with opened(theme) as hands:
        assert hands.line("max_lots").text() == "10"
        await hands.type("max_lots", "7")
        await hands.enter("max_lots")
        assert hands.stage.keeper.limits.max_lots == 7
        assert hands.words("message") == "The limits hold now."


async def test_a_held_enter_applies_nothing(theme: Theme) -> None:
    async with opened(theme) as hands:
        await hands.type("max_lots", "7")
        held = QKeyEvent(
            QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r", True
        )
        QApplication.sendEvent(hands.line("max_lots"), held)
        await hands.stage.settle()
        assert hands.stage.keeper.limits == LIMITS


async def test_what_is_wrong_is_said_beside_the_field(theme: Theme) -> None:
    async with opened(theme) as hands:
        await hands.type("max_lots", "x")
        assert hands.words("max_lots.used") == "A whole number."
        assert not hands.find(QPushButton, "apply").isEnabled()
        await hands.type("zone", "Nowhere")
        assert "No zone" in hands.words("zone_problem")


async def test_lock_refuse_unlock_and_the_password_never_stays_in_its_field(theme: Theme) -> None:
    async with opened(theme) as hands:
        password = hands.line("password")
        assert password.echoMode() is QLineEdit.EchoMode.Password
        await hands.type("password", "sesame")
        await hands.click("lock")
        assert password.text() == ""
        assert hands.find(QPushButton, "lock").text() == "Un&lock"
        await hands.type("max_lots", "99")
        await hands.click("apply")
        assert "enter the password" in hands.words("message")
        assert hands.stage.keeper.limits == LIMITS
        await hands.type("password", "sesame")
        await hands.enter("password")
        assert hands.stage.keeper.limits.max_lots == 99
        await hands.type("password", "sesame")
        await hands.click("lock")
        assert not hands.stage.keeper.has_password


async def test_switches_and_scope_are_told(theme: Theme) -> None:
    async with opened(theme) as hands:
        hands.find(QCheckBox, "margin").click()
        hands.find(QCheckBox, "unrealized").click()
        await hands.stage.settle()
        await hands.click("apply")
        assert hands.stage.keeper.limits.checks_margin
        scope = hands.find(QComboBox, "scope")
        scope.setCurrentIndex(1)
        scope.textActivated.emit(scope.currentText())
        await hands.stage.settle()
        assert hands.line("max_lots").text() == ""


async def test_closing_forgets_what_was_typed(theme: Theme) -> None:
    async with opened(theme) as hands:
        await hands.type("max_lots", "7")
        hands.dialog.reject()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        assert hands.stage.keeper.limits == LIMITS
        hands.dialog = show_limits(hands.stage.vm, hands.theme, hands.window)
        assert hands.line("max_lots").text() == "10"
        assert show_limits(hands.stage.vm, hands.theme, hands.window) is hands.dialog


async def test_tab_goes_through_the_fields_in_their_order(theme: Theme) -> None:
    async with opened(theme) as hands:
        hands.line("max_lots").setFocus()
        seen = []
        for _ in range(4):
            QTest.keyClick(hands.dialog.focusWidget(), Qt.Key.Key_Tab)
            seen.append(hands.dialog.focusWidget().objectName())
        assert seen == [
            "limits.max_value", "limits.max_position", "limits.collar_ticks",
            "limits.mark_percent",
        ]  # fmt: skip
        assert hands.dialog.sizeHint().height() <= 700
