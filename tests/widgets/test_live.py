"""The dialog of live trading by real keys and clicks, in every state."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget

from terminal.domain.access import Access
from terminal.session.conditions import Light
from terminal.storage.paths import resources
from terminal.viewmodels.frame import HandFrameClock
from terminal.viewmodels.live import LiveViewModel
from terminal.widgets.live import show_live
from terminal.widgets.theme import Theme
from tests.support.switch import SwitchPanel

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("qapp")
Found = TypeVar("Found", bound=QWidget)


class Stage:
    """The open dialog on a switch."""

    def __init__(self, theme: Theme) -> None:
        self.panel = SwitchPanel()
        self.frame = HandFrameClock()
        self.standing: tuple[str, ...] = ()
        self.vm = LiveViewModel(
            self.panel.switch, "main", self.frame, standing=lambda: self.standing
        )
        self.vm.start()
        self.window = QWidget()
        self.window.show()
        self.dialog = show_live(self.vm, theme, self.window)
        self.theme = theme
        self.frame.tick()

    def find(self, kind: type[Found], name: str) -> Found:
        widget = self.dialog.findChild(kind, f"live.{name}")
        assert isinstance(widget, kind)
        return widget

    def press(self, key: Qt.Key, widget: QWidget | None = None) -> None:
        QTest.keyClick(widget or self.dialog, key)
        self.frame.tick()

    def type(self, words: str) -> None:
        QTest.keyClicks(self.find(QLineEdit, "typed"), words)
        self.frame.tick()


@pytest.fixture(params=["dark", "light"])
def stage(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[Stage]:
    assert qapp is not None
    one = Stage(Theme.load(resources() / "themes", request.param))
    yield one
    one.vm.stop()
    one.window.deleteLater()


def test_enter_in_the_field_switches_on_when_all_is_in_order(stage: Stage) -> None:
    """Before the name is whole it does nothing."""
    typed = stage.find(QLineEdit, "typed")
    stage.type("mai")
    stage.press(Qt.Key.Key_Return, typed)
    assert not stage.vm.is_on
    stage.type("n")
    assert stage.find(QPushButton, "on").isEnabled()
    stage.press(Qt.Key.Key_Return, typed)
    assert stage.panel.switch.access is Access.FULL
    assert typed.text() == ""
    assert not stage.find(QPushButton, "on").isEnabled()
    assert "real money" in stage.find(QLabel, "state").text()


def test_a_red_condition_keeps_it_off_and_is_named(stage: Stage) -> None:
    """The sign has words for those who do not see it."""
    stage.panel.lights["Clock"] = Light.RED
    stage.type("main")
    stage.press(Qt.Key.Key_Return, stage.find(QLineEdit, "typed"))
    assert not stage.vm.is_on
    sign = stage.find(QLabel, "sign.1")
    assert (sign.text(), sign.accessibleName()) == ("!", "not in order")
    assert "Clock is not in order." in stage.find(QLabel, "words.1").text()
    assert stage.find(QLabel, "why_not").text() == "1 condition is not in order yet."


def test_the_buttons_switch_off_and_watch_only(stage: Stage) -> None:
    """Each once it means something."""
    stage.type("main")
    QTest.mouseClick(stage.find(QPushButton, "on"), Qt.MouseButton.LeftButton)
    stage.frame.tick()
    QTest.mouseClick(stage.find(QPushButton, "off"), Qt.MouseButton.LeftButton)
    stage.frame.tick()
    seen = [stage.panel.switch.access]
    assert not stage.find(QPushButton, "off").isEnabled()
    QTest.mouseClick(stage.find(QPushButton, "watch_only"), Qt.MouseButton.LeftButton)
    stage.frame.tick()
    seen.append(stage.panel.switch.access)
    assert seen == [Access.REDUCING, Access.WATCH_ONLY]
    assert stage.find(QPushButton, "watch_only").isHidden()


def test_watching_is_no_trap_door(stage: Stage) -> None:
    """A button leads back to cancels and closing; before that way is taken it is asked."""
    allow = stage.find(QPushButton, "allow")
    assert allow.isVisible()
    QTest.mouseClick(allow, Qt.MouseButton.LeftButton)
    stage.frame.tick()
    assert stage.panel.switch.access is Access.REDUCING
    assert not allow.isVisible()
    stage.standing = ("Long 3 XBTUSDTM: no stop on the exchange.",)
    watch, question = stage.find(QPushButton, "watch_only"), stage.find(QLabel, "question")
    QTest.mouseClick(watch, Qt.MouseButton.LeftButton)
    stage.frame.tick()
    assert stage.panel.switch.access is Access.REDUCING
    assert question.isVisible()
    assert stage.standing[0] in question.text()
    assert "all the same" in watch.text()
    QTest.mouseClick(watch, Qt.MouseButton.LeftButton)
    stage.frame.tick()
    assert stage.panel.permit.access is Access.WATCH_ONLY
    assert allow.isVisible()
    assert not question.isVisible()


def test_escape_changes_nothing_and_there_is_one_dialog(stage: Stage) -> None:
    """Opened again it is the same one, or a fresh one with an empty field."""
    assert show_live(stage.vm, stage.theme, stage.window) is stage.dialog
    stage.type("main")
    stage.press(Qt.Key.Key_Escape)
    assert not stage.vm.is_on
    assert not stage.dialog.isVisible()
    assert stage.vm.view.typed == ""
