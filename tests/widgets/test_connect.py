"""The connect dialog by keys and mouse: what is typed, what is said, what is left afterwards."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QAccessible, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QToolButton,
    QWidget,
)

from terminal.domain.api_key import ApiKeyFacts, Permission
from terminal.storage.paths import resources
from terminal.viewmodels.connect import Answer, ConnectViewModel
from terminal.viewmodels.frame import HandFrameClock
from terminal.widgets.connect import TITLE, ConnectDialog
from terminal.widgets.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

    from terminal.viewmodels.connect import Draft

K = Qt.Key
LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
HOSTS = ("https://futures.example", "https://account.example")
SECRETS = {"key": "kkkk-1111-2222", "secret": "ssss-3333-4444", "passphrase": "pppp 5555 6666"}
GOOD = ApiKeyFacts(3, frozenset({Permission.GENERAL, Permission.FUTURES}), (), True, False, 0)
DANGEROUS = replace(
    GOOD,
    permissions=GOOD.permissions | {Permission.WITHDRAW, Permission.TRANSFER},
    has_ip_list=False,
)


class FakeDoor:
    """Keeps what was asked; the test answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[Draft, Callable[[Answer], None]]] = []
        self.connected: list[Draft] = []

    def check(self, draft: Draft, on_answer: Callable[[Answer], None]) -> None:
        self.asked.append((draft, on_answer))

    def connect(self, draft: Draft) -> None:
        self.connected.append(draft)

    def host_problem(self, address: str) -> str:
        return "" if address.startswith("https://") else "That is no address."

    def is_stored(self, name: str) -> bool:
        return name == "old"


class Form:
    """A dialog on a screen, filled and looked at as a user would."""

    def __init__(self, theme: Theme, name: str = "") -> None:
        self.door = FakeDoor()
        self.frame = HandFrameClock()
        self.vm = ConnectViewModel(self.door, HOSTS, self.frame, name)
        self.parent = QWidget()
        self.parent.show()
        self.dialog = ConnectDialog(self.vm, theme, self.parent)
        # It deletes itself; here it is looked at afterwards.
        self.dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
        self.lines = {
            line.objectName().removeprefix("connect."): line
            for line in self.dialog.findChildren(QLineEdit)
        }
        self.ended: list[int] = []
        self.dialog.finished.connect(self.ended.append)

    def open(self, qtbot: QtBot) -> Form:
        """On the screen, with the keyboard."""
        self.dialog.open()
        self.dialog.activateWindow()
        qtbot.waitUntil(self.dialog.isActiveWindow)
        self.frame.tick()
        return self

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
        """A key as the system delivers it: to whatever has the focus."""
        QTest.keyClick(self.dialog.windowHandle(), key, modifiers)
        self.frame.tick()

    def type(self, text: str) -> None:
        """Letters into whatever has the focus."""
        focused = self.dialog.focusWidget()
        assert isinstance(focused, QLineEdit)
        QTest.keyClicks(focused, text)
        self.frame.tick()

    def fill(self) -> None:
        """Everything that a good form has, from field to field by Tab."""
        self.lines["name"].setFocus()
        self.type("main")
        for text in SECRETS.values():
            self.press(K.Key_Tab)
            if isinstance(self.dialog.focusWidget(), QToolButton):
                self.press(K.Key_Tab)
            self.type(text)

    def answer(self, answer: Answer) -> None:
        """What the exchange says to the newest question."""
        self.door.asked[-1][1](answer)
        self.frame.tick()

    def focused(self) -> str:
        """Where the focus is."""
        return self.dialog.focusWidget().objectName().removeprefix("connect.")

    def button(self, name: str) -> QPushButton | QToolButton:
        """One of the buttons."""
        kinds = (QPushButton, QToolButton)
        found = next(
            (one for kind in kinds if (one := self.dialog.findChild(kind, f"connect.{name}"))), None
        )
        assert isinstance(found, kinds), name
        return found

    def words(self, name: str) -> str:
        """What a label says."""
        found = self.dialog.findChild(QLabel, f"connect.{name}")
        assert isinstance(found, QLabel), name
        return found.text()

    def said(self) -> list[str]:
        """The lines of the exchange's answer, each with its mark before it."""
        box = self.dialog.findChild(QFrame, "connect.answer")
        assert isinstance(box, QFrame)
        return [label.text() for label in box.findChildren(QLabel) if label.isVisible()]

    def end(self) -> None:
        """Close what is open and delete it."""
        self.vm.stop()
        self.parent.close()
        self.parent.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme.load(resources() / "themes", "dark")


@pytest.fixture
def form(theme: Theme, qtbot: QtBot) -> Iterator[Form]:
    form = Form(theme).open(qtbot)
    yield form
    form.end()


def test_a_good_key_is_connected_by_keys_alone(form: Form) -> None:
    """Name, Tab, key, Tab, secret, Tab, passphrase, Enter; then the dialog is gone."""
    assert form.focused() == "name"
    form.fill()
    form.press(K.Key_Return)
    assert form.button("submit").text() == "Checking"
    ((draft, _),) = form.door.asked
    form.answer(Answer(GOOD))
    assert form.door.connected == [draft]
    assert draft.name == "main"
    assert {field: getattr(draft, field).reveal() for field in SECRETS} == SECRETS
    assert form.ended == [1]
    assert not form.dialog.isVisible()


def test_tab_goes_as_one_reads(form: Form) -> None:
    """From field to field, then to the buttons; what is folded away is left out."""
    reached = [form.focused()]
    for _ in range(8):
        form.press(K.Key_Tab)
        reached.append(form.focused())
    assert reached == [
        "name", "key", "secret", "secret.show", "passphrase", "passphrase.show", "addresses",
        "submit", "cancel",
    ]  # fmt: skip


def test_a_name_that_is_known_already_is_filled_in(theme: Theme, qtbot: QtBot) -> None:
    """A key that was lost is entered again: the focus is where something is missing."""
    form = Form(theme, "old").open(qtbot)
    assert form.lines["name"].text() == "old"
    assert form.focused() == "key"
    assert form.said()[-1].startswith("An account of this name is stored")
    form.end()


@pytest.mark.parametrize("field", list(SECRETS))
def test_what_is_pasted_loses_the_blanks_that_came_along(form: Form, field: str) -> None:
    """Line ends, tabs and blanks around a copied key are no part of it."""
    QApplication.clipboard().setText(f" \t{SECRETS[field]} \r\n")
    form.lines[field].setFocus()
    form.press(K.Key_V, CTRL)
    assert form.lines[field].text() == SECRETS[field]
    assert form.words(f"{field}.error") == ""
    form.lines[field].clear()
    QApplication.clipboard().setText("ab\ncd\u200b")
    form.press(K.Key_V, CTRL)
    assert form.lines[field].text() == "abcd"
    QApplication.clipboard().clear()


def test_a_blank_may_be_typed_inside_and_goes_at_the_ends(form: Form) -> None:
    """A passphrase is the user's own text; a blank after it is a slip."""
    form.lines["passphrase"].setFocus()
    form.type("my own ")
    assert form.lines["passphrase"].text() == "my own "
    form.type("words ")
    form.press(K.Key_Tab)
    assert form.lines["passphrase"].text() == "my own words"


def test_secrets_are_hidden_until_somebody_looks(form: Form) -> None:
    """Two fields have a button to look; leaving covers them again."""
    form.fill()
    mode = QLineEdit.EchoMode
    modes = {field: form.lines[field].echoMode() for field in SECRETS}
    assert modes == {"key": mode.Normal, "secret": mode.Password, "passphrase": mode.Password}
    show = form.button("secret.show")
    assert (show.text(), show.accessibleName()) == ("Show", "Show secret")
    QTest.mouseClick(show, LEFT)
    assert form.lines["secret"].echoMode() is mode.Normal
    assert form.lines["passphrase"].echoMode() is mode.Password
    assert (show.text(), show.accessibleName()) == ("Hide", "Hide secret")
    form.press(K.Key_Escape)
    assert form.lines["secret"].echoMode() is mode.Password


def test_an_empty_form_says_at_each_field_what_is_missing(form: Form) -> None:
    """Nothing is asked, and the focus goes to the first field that is wrong."""
    assert not any(form.words(f"{field}.error") for field in ("name", *SECRETS))
    form.lines["passphrase"].setFocus()
    form.press(K.Key_Return)
    assert form.words("name.error") == "Give the account a name of your choice."
    assert form.words("secret.error") == "Enter the secret."
    assert form.lines["secret"].accessibleDescription() == "Enter the secret."
    assert form.lines["secret"].property("wrong") == "true"
    assert form.focused() == "name"
    form.type("main")
    assert form.words("name.error") == ""
    assert form.lines["name"].property("wrong") == "false"
    assert not form.door.asked


def test_a_dangerous_key_is_talked_about_before_it_is_stored(form: Form, theme: Theme) -> None:
    """Each warning has a line, a mark and its colour; a second press goes on."""
    form.fill()
    form.press(K.Key_Return)
    form.answer(Answer(DANGEROUS))
    said = form.said()
    assert "The exchange knows this key." in said
    assert "Permissions: General, Futures, Transfer between accounts, Withdraw." in said
    for words in ("can withdraw", "between your accounts", "from every address"):
        at = next(n for n, line in enumerate(said) if words in line)
        assert said[at - 1] == "!"
    label = next(one for one in form.dialog.findChildren(QLabel) if "can withdraw" in one.text())
    assert label.property("role") == "caution"
    assert form.button("submit").text() == "Store and open"
    assert not form.door.connected
    form.press(K.Key_Enter)
    assert len(form.door.connected) == 1


def test_a_held_enter_does_not_go_on_past_a_warning(form: Form) -> None:
    """The repeats of the key that asked do not answer."""
    form.fill()
    form.press(K.Key_Return)
    form.answer(Answer(DANGEROUS))
    for target in (form.lines["name"], form.button("submit")):
        target.setFocus()
        event = QKeyEvent(QEvent.Type.KeyPress, K.Key_Return, NONE, "\r", autorep=True)
        QApplication.sendEvent(target, event)
    assert not form.door.connected


def test_what_the_exchange_refuses_can_be_stored_on_purpose(form: Form) -> None:
    """The sentence is shown in place; the button for it appears then only."""
    assert not form.button("store_anyway").isVisible()
    form.fill()
    form.press(K.Key_Return)
    form.answer(Answer(None, "The passphrase is wrong."))
    assert any("The passphrase is wrong." in line for line in form.said())
    QTest.mouseClick(form.button("store_anyway"), LEFT)
    assert len(form.door.connected) == 1
    assert form.ended == [1]


@pytest.mark.parametrize("way", ["escape", "button", "enter on the button", "frame", "parent"])
def test_leaving_forgets_everything(form: Form, way: str) -> None:
    """No field keeps a letter, nothing can be undone, and a late answer connects nothing."""
    form.fill()
    form.press(K.Key_Return)
    QTest.mouseClick(form.button("secret.show"), LEFT)
    if way == "escape":
        form.press(K.Key_Escape)
    elif way == "button":
        QTest.mouseClick(form.button("cancel"), LEFT)
    elif way == "enter on the button":
        form.button("cancel").setFocus()
        form.press(K.Key_Enter)
    elif way == "frame":
        form.dialog.close()
    else:
        form.parent.hide()
        form.dialog.hide()
    for field in SECRETS:
        line = form.lines[field]
        assert line.text() == ""
        line.setEchoMode(QLineEdit.EchoMode.Normal)
        line.undo()
        assert line.text() == ""
    form.door.asked[0][1](Answer(GOOD))
    assert not form.door.connected
    form.vm.submit()
    assert len(form.door.asked) == 1, "the view-model has forgotten, too"


def test_fields_are_empty_after_connecting(form: Form) -> None:
    """What was handed on is nowhere else."""
    form.fill()
    form.press(K.Key_Return)
    form.answer(Answer(GOOD))
    assert [form.lines[field].text() for field in SECRETS] == ["", "", ""]


def test_no_secret_is_in_anything_that_is_told(
    form: Form, caplog: pytest.LogCaptureFixture
) -> None:
    """Titles, labels, tooltips, names for screen readers, representations, logs."""
    caplog.set_level(logging.DEBUG)
    form.fill()
    form.press(K.Key_Return)
    form.answer(Answer(DANGEROUS))
    told = [repr(form.dialog), repr(form.vm), repr(form.vm.view), repr(form.door.asked)]
    for widget in (form.dialog, *form.dialog.findChildren(QWidget)):
        told += [
            widget.objectName(), widget.windowTitle(), widget.toolTip(), widget.statusTip(),
            widget.whatsThis(), widget.accessibleName(), widget.accessibleDescription(),
        ]  # fmt: skip
        if isinstance(widget, QLabel | QPushButton | QToolButton):
            told.append(widget.text())
    for field in ("secret", "passphrase"):
        heard = QAccessible.queryAccessibleInterface(form.lines[field])
        told += [heard.text(kind) for kind in QAccessible.Text if kind.value < 100]
    told.append(caplog.text)
    for secret in SECRETS.values():
        assert not [text for text in told if secret in text]
    assert form.dialog.windowTitle() == TITLE


def test_where_the_key_goes_and_what_it_needs_is_told_at_once(form: Form, theme: Theme) -> None:
    """Before anything is typed: permissions with the page to make a key, and the key ring."""
    permissions = form.words("permissions")
    assert "General and Futures, nothing else. Never allow Withdrawal." in permissions
    assert 'href="https://www.kucoin.com/' in permissions
    form.vm.set_keeping("", "This system has no key ring.")
    form.frame.tick()
    keeping = form.dialog.findChild(QLabel, "connect.keeping")
    assert isinstance(keeping, QLabel)
    assert "for this session only" in keeping.text()
    assert keeping.property("role") == "caution"


def test_addresses_unfold_by_hand_and_when_one_is_wrong(form: Form) -> None:
    """They are hardly ever touched, but a problem is never hidden."""
    assert not form.lines["futures_host"].isVisible()
    QTest.mouseClick(form.button("addresses"), LEFT, pos=QPoint(20, 10))
    assert form.lines["futures_host"].isVisible()
    assert form.lines["futures_host"].text() == HOSTS[0]
    form.lines["account_host"].setFocus()
    form.press(K.Key_A, CTRL)
    form.type("elsewhere")
    QTest.mouseClick(form.button("addresses"), LEFT, pos=QPoint(20, 10))
    form.press(K.Key_Return)
    assert form.words("account_host.error") == "That is no address."
    assert form.lines["account_host"].isVisible()


def test_the_dialog_grows_with_the_answer(form: Form, qtbot: QtBot) -> None:
    """A screen with room for all of it needs no scroll bar."""
    form.fill()
    form.press(K.Key_Return)
    scroll = form.dialog.findChild(QScrollArea)
    assert isinstance(scroll, QScrollArea)
    viewport, body = scroll.viewport(), scroll.widget()
    assert body is not None
    before = body.heightForWidth(viewport.width())
    form.answer(Answer(None, "The exchange did not answer, so nothing is known of the key. " * 3))
    qtbot.waitUntil(lambda: before < body.heightForWidth(viewport.width()) <= viewport.height())


@pytest.mark.parametrize("scale", [1.0, 1.25, 1.5, 2.0])
def test_large_letters_have_room(qtbot: QtBot, scale: float) -> None:
    """Sentences are wrapped, the buttons are always in sight, the dialog stays on the screen."""
    form = Form(Theme.load(resources() / "themes", "light", scale)).open(qtbot)
    room = form.dialog.screen().availableGeometry()
    form.dialog.move(0, room.height() - form.dialog.height())
    form.press(K.Key_Return)
    form.fill()
    form.press(K.Key_Enter)
    form.answer(Answer(DANGEROUS))
    QApplication.sendPostedEvents()  # it is laid out
    assert room.contains(form.dialog.geometry())
    for name in ("submit", "cancel"):
        button = form.button(name)
        assert button.width() >= button.sizeHint().width()
        assert form.dialog.rect().contains(button.mapTo(form.dialog, button.rect().bottomRight()))
    scroll = form.dialog.findChild(QScrollArea)
    assert isinstance(scroll, QScrollArea)
    assert scroll.horizontalScrollBar().maximum() == 0
    for label in form.dialog.findChildren(QLabel):
        if label.isVisible() and label.wordWrap():
            assert label.height() >= label.heightForWidth(label.width()), label.text()
    box = form.dialog.findChild(QFrame, "connect.answer")
    assert isinstance(box, QFrame)
    foot = box.mapTo(scroll.viewport(), box.rect().bottomLeft())
    assert foot.y() <= scroll.viewport().height(), "what was asked for is in sight"
    form.end()
