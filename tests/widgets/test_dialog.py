"""What all dialogs share, by real keys on a small one."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

import pytest
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from terminal.storage.paths import resources
from terminal.widgets.dialog import Dialog, put_words, show_one
from terminal.widgets.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("qapp")


@final
class SmallDialog(Dialog):
    """Two fields, of which one sends, and two buttons."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__("small", "Small", theme, parent, width_em=20)
        self.told: list[str] = []
        self.sends, self.silent = QLineEdit(self), QLineEdit(self)
        self.send, self.other = QPushButton("Send", self), QPushButton("Other", self)
        column = QVBoxLayout(self)
        for widget in (self.sends, self.silent, self.send, self.other):
            column.addWidget(widget)
        self.send.clicked.connect(lambda: self.told.append("sent"))
        self.other.clicked.connect(lambda: self.told.append("other"))

    @override
    def main_button(self, focused: QWidget | None) -> QPushButton | None:
        return self.send if focused is self.sends else None

    @override
    def on_shown(self) -> None:
        self.told.append("shown")

    @override
    def on_hidden(self) -> None:
        self.told.append("hidden")


@final
class Stage:
    """A window that opens the dialog."""

    def __init__(self) -> None:
        self.theme = Theme.load(resources() / "themes", "dark")
        self.window = QWidget()
        self.window.show()

    def open(self) -> SmallDialog:
        return show_one(SmallDialog, lambda: SmallDialog(self.theme, self.window), self.window)


@pytest.fixture
def stage() -> Iterator[Stage]:
    one = Stage()
    yield one
    one.window.close()
    one.window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def press(dialog: SmallDialog, focused: QWidget, key: Qt.Key = Qt.Key.Key_Return) -> list[str]:
    """What one key at a widget brings about."""
    focused.setFocus(Qt.FocusReason.OtherFocusReason)
    dialog.told.clear()
    QTest.keyClick(focused, key)
    return dialog.told


def test_enter_presses_the_button_that_has_the_focus_or_the_one_that_is_meant(stage: Stage) -> None:
    dialog = stage.open()
    assert press(dialog, dialog.other) == ["other"]
    assert press(dialog, dialog.sends) == ["sent"]
    assert press(dialog, dialog.sends, Qt.Key.Key_Enter) == ["sent"]
    assert press(dialog, dialog.silent) == [], "Enter never sends from a field by accident"
    assert not any(b.autoDefault() for b in dialog.findChildren(QPushButton))


def test_a_held_enter_presses_once(stage: Stage) -> None:
    dialog = stage.open()
    press(dialog, dialog.sends)
    held = QKeyEvent(
        QEvent.Type.KeyPress,
        Qt.Key.Key_Return,
        Qt.KeyboardModifier.NoModifier,
        "\r",
        autorep=True,
    )
    QApplication.sendEvent(dialog.sends, held)
    assert dialog.told == ["sent"]


def test_a_disabled_main_button_is_not_pressed(stage: Stage) -> None:
    dialog = stage.open()
    dialog.send.setEnabled(False)
    assert press(dialog, dialog.sends) == []


def test_esc_goes_back_and_the_dialog_is_gone(stage: Stage) -> None:
    dialog = stage.open()
    assert press(dialog, dialog.sends, Qt.Key.Key_Escape) == ["hidden"]
    assert dialog.result() == QDialog.DialogCode.Rejected
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert stage.window.findChild(SmallDialog) is None


def test_there_is_one_of_a_kind_and_it_is_shown_again(stage: Stage) -> None:
    dialog = stage.open()
    assert dialog.told == ["shown"]
    assert stage.open() is dialog
    assert dialog.told == ["shown"], "it was there already"


def test_minimizing_is_not_leaving(stage: Stage) -> None:
    """The system hides a minimized window; that is a spontaneous event."""
    dialog = stage.open()
    dialog.told.clear()

    class Spontaneous(QHideEvent):
        @override
        def spontaneous(self) -> bool:
            return True

    dialog.hideEvent(Spontaneous())
    assert dialog.told == []


def test_it_follows_the_theme_and_is_as_wide_as_its_letters(stage: Stage) -> None:
    dialog = stage.open()
    stage.theme.switch_to("light")
    assert dialog.styleSheet() == stage.theme.style_sheet
    assert dialog.minimumWidth() == 20 * stage.theme.base_px


def test_no_dialog_is_larger_than_the_screen(stage: Stage) -> None:
    dialog = stage.open()
    room = dialog.screen().availableSize()
    fits = dialog.fitting(QSize(10_000, 10_000))
    assert fits.width() < room.width()
    assert fits.height() < room.height()
    assert dialog.fitting(QSize(20, 30)) == QSize(20, 30)


def test_words_that_stay_leave_the_cursor_where_it_is(stage: Stage) -> None:
    line = stage.open().sends
    line.setText("12345")
    line.setCursorPosition(2)
    put_words(line, "12345")
    assert line.cursorPosition() == 2
    put_words(line, "6")
    assert line.text() == "6"
