"""The start window by keys and mouse: what a press chooses, what is asked, what can be read."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QPushButton, QScrollArea

from terminal.storage.paths import resources
from terminal.storage.settings import THEMES
from terminal.viewmodels.frame import HandFrameClock
from terminal.viewmodels.start import StartViewModel, StoredAccount
from terminal.widgets.start import StartWindow
from terminal.widgets.theme import Theme
from tests.support.builders import NOW_MS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

K = Qt.Key
NONE = Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton
MAIN = StoredAccount("main", "\N{HORIZONTAL ELLIPSIS}89ab", "", NOW_MS)
SIDE = StoredAccount("side", "", "https://stand-in.example", None)


class FakeDoor:
    """Keeps what was asked; the test answers."""

    def __init__(self, *accounts: StoredAccount) -> None:
        self.accounts = list(accounts)
        self.opened: list[str] = []
        self.removed: list[tuple[str, Callable[[str], None]]] = []

    def stored(self) -> tuple[StoredAccount, ...]:
        return tuple(self.accounts)

    def open_stored(self, name: str, on_failed: Callable[[str], None]) -> None:
        self.opened.append(name)

    def remove_stored(self, name: str, on_done: Callable[[str], None]) -> None:
        self.removed.append((name, on_done))


class Look:
    """A start window on a screen, with everything it tells."""

    def __init__(self, theme: Theme, *accounts: StoredAccount) -> None:
        self.door = FakeDoor(*accounts)
        self.frame = HandFrameClock()
        self.vm = StartViewModel(self.door, self.frame)
        self.vm.start()
        self.window = StartWindow(self.vm, theme)
        self.told: list[str] = []
        self.vm.demo_chosen.connect(lambda: self.told.append("demo"))
        self.vm.watch_chosen.connect(lambda: self.told.append("watch"))
        self.vm.connect_chosen.connect(lambda name: self.told.append(f"connect {name}".strip()))
        self.window.close_requested.connect(lambda: self.told.append("close"))
        self.frame.tick()

    def show(self, qtbot: QtBot) -> Look:
        """On the screen, with the keyboard."""
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)
        return self

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
        """A key as the system delivers it: to whatever has the focus."""
        QTest.keyClick(self.window.windowHandle(), key, modifiers)
        self.frame.tick()

    def button(self, name: str) -> QPushButton:
        """A card, or the button on it."""
        found = self.window.findChild(QPushButton, f"start.{name}")
        assert isinstance(found, QPushButton), name
        return found

    def focused(self) -> str:
        """Where the focus is."""
        return self.window.focusWidget().objectName().removeprefix("start.")

    def message(self) -> QLabel:
        """The line at the foot."""
        found = self.window.findChild(QLabel, "start.message")
        assert isinstance(found, QLabel)
        return found

    def question(self) -> QMessageBox | None:
        """The box that asks before an account is forgotten, while it is there."""
        boxes = self.window.findChildren(QMessageBox)
        return next((box for box in boxes if box.isVisible()), None)

    def end(self) -> None:
        """Close for good and delete."""
        self.vm.stop()
        self.window.close_for_good()
        self.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme.load(resources() / "themes", "dark")


@pytest.fixture
def look(theme: Theme, qtbot: QtBot) -> Iterator[Look]:
    """Two accounts are known."""
    look = Look(theme, MAIN, SIDE).show(qtbot)
    yield look
    look.end()


@pytest.fixture
def first(theme: Theme, qtbot: QtBot) -> Iterator[Look]:
    """The very first start: no account is known."""
    look = Look(theme).show(qtbot)
    yield look
    look.end()


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (K.Key_D, "demo"),
        (K.Key_1, "demo"),
        (K.Key_W, "watch"),
        (K.Key_2, "watch"),
        (K.Key_C, "connect"),
        (K.Key_3, "connect"),
    ],
)
def test_a_letter_or_a_number_chooses_at_once(look: Look, key: Qt.Key, told: str) -> None:
    """Each of the three ways has two keys, wherever the focus is."""
    look.press(key)
    assert look.told == [told]


def test_the_keypad_counts_and_a_chord_does_not(look: Look) -> None:
    """Ctrl with a letter is somebody else's command; a number is a number."""
    look.press(K.Key_D, Qt.KeyboardModifier.ControlModifier)
    look.press(K.Key_X)
    assert look.told == []
    look.press(K.Key_2, Qt.KeyboardModifier.KeypadModifier)
    assert look.told == ["watch"]


def test_another_alphabet_chooses_by_place(look: Look) -> None:
    """Where no Latin letter is printed the key at the place of the D opens the demo."""
    codes = {"win32": (32, 0), "darwin": (1, 2)}
    scan, virtual = codes.get(sys.platform, (40, 0))
    event = QKeyEvent(QEvent.Type.KeyPress, 0x0412, NONE, scan, virtual, 0, "\u0432")
    QApplication.sendEvent(look.window, event)
    assert look.told == ["demo"]


def test_a_stored_account_opens_by_its_number_and_says_what_it_waits_for(look: Look) -> None:
    """Meanwhile no second choice is taken."""
    look.press(K.Key_5)
    assert look.door.opened == ["side"]
    assert look.message().text() == "Fetching the key of side from the key ring."
    assert look.button("main").property("busy") == "true"
    look.press(K.Key_D)
    assert look.told == []


def test_arrows_move_and_enter_opens(first: Look) -> None:
    """The first way has the focus; the ends are ends."""
    assert first.focused() == "demo"
    first.press(K.Key_Up)
    assert first.focused() == "demo"
    first.press(K.Key_Down)
    assert first.focused() == "watch"
    first.press(K.Key_Return)
    first.press(K.Key_End)
    assert first.focused() == "connect"
    first.press(K.Key_Down)
    assert first.focused() == "connect"
    first.press(K.Key_Enter)
    first.press(K.Key_Home)
    first.press(K.Key_Space)
    assert first.told == ["watch", "connect", "demo"]


def test_who_has_been_here_starts_at_the_account_used_last(look: Look) -> None:
    """Enter alone opens it."""
    assert look.focused() == "main"
    look.press(K.Key_Return)
    assert look.door.opened == ["main"]


def test_tab_reaches_every_card_and_the_buttons_on_them(look: Look) -> None:
    """In the order in which they are seen."""
    look.press(K.Key_Home)
    reached = [look.focused()]
    for _ in range(6):
        look.press(K.Key_Tab)
        reached.append(look.focused())
    assert reached == ["demo", "watch", "connect", "main", "main.forget", "side", "side.forget"]


def test_a_held_key_is_one_press(first: Look) -> None:
    """The repeats of a key that is held choose nothing."""
    for key, text in ((K.Key_W, "w"), (K.Key_Return, "\r"), (K.Key_Escape, "")):
        event = QKeyEvent(QEvent.Type.KeyPress, key, NONE, text, autorep=True)
        QApplication.sendEvent(first.window.focusWidget(), event)
    assert first.told == []


def test_a_click_anywhere_on_a_card_chooses_it(look: Look) -> None:
    """Also on its sentence."""
    card = look.button("watch")
    QTest.mouseClick(card, LEFT, pos=QPoint(card.width() // 2, card.height() // 2))
    handle = look.window.windowHandle()
    words = next(one for one in look.button("demo").findChildren(QLabel) if "risk" in one.text())
    QTest.mouseClick(handle, LEFT, pos=words.mapTo(look.window, words.rect().center()))
    assert look.told == ["watch", "demo"]


def test_a_double_click_is_one_choice(look: Look) -> None:
    """Some hands click everything twice."""
    card = look.button("demo")
    place = card.mapTo(look.window, card.rect().center())
    QTest.mouseDClick(look.window.windowHandle(), LEFT, pos=place)
    assert look.told == ["demo"]


@pytest.mark.parametrize("key", [K.Key_Return, K.Key_Escape])
def test_delete_asks_first_and_the_easy_answer_keeps(look: Look, key: Qt.Key) -> None:
    """Enter and Esc take the question back; the window stays, and the account."""
    look.press(K.Key_Delete)
    box = look.question()
    assert box is not None
    assert box.text() == "Forget main? Its key is deleted from the key ring."
    QTest.keyClick(box, key)
    look.frame.tick()
    assert look.question() is None
    assert not look.door.removed
    assert look.told == []
    assert look.vm.view.question == ""


def test_an_account_is_forgotten_by_hand(look: Look, qtbot: QtBot) -> None:
    """The button asks, the answer is given, the list is shorter and the focus stays near."""
    look.button("main.forget").setFocus()
    look.press(K.Key_Return)
    box = look.question()
    assert box is not None
    forget = box.findChild(QPushButton, "start.question.forget")
    assert isinstance(forget, QPushButton)
    QTest.mouseClick(forget, LEFT)
    ((name, done),) = look.door.removed
    assert name == "main"
    qtbot.waitUntil(look.window.isActiveWindow)
    look.door.accounts = [SIDE]
    done("")
    look.frame.tick()
    assert look.window.findChild(QPushButton, "start.main") is None
    assert look.message().text() == "main is forgotten; its key is not in the key ring."
    assert look.focused() == "side"


def test_delete_on_one_of_the_three_ways_asks_nothing(first: Look) -> None:
    """There is nothing to forget."""
    first.press(K.Key_Delete)
    assert first.question() is None


def test_new_accounts_appear_and_the_focus_stays_where_it_was(look: Look) -> None:
    """The list may grow while somebody reads it."""
    look.press(K.Key_Down)
    assert look.focused() == "side"
    look.door.accounts.insert(0, StoredAccount("new", "", "", None))
    look.vm.refill()
    look.frame.tick()
    assert look.button("new").isVisible()
    assert look.focused() == "side"


def test_esc_and_the_frames_button_ask_to_close(first: Look) -> None:
    """The program ends things in order and closes the window then."""
    first.press(K.Key_Escape)
    first.window.close()
    assert first.told == ["close", "close"]
    assert first.window.isVisible()
    first.window.close_for_good()
    assert not first.window.isVisible()


def test_a_problem_is_a_sentence_in_its_colour(first: Look, theme: Theme) -> None:
    """It stands where the keys were explained, and nothing else moves."""
    assert first.message().text() == "Up and Down move, Enter opens, Esc closes."
    before = first.button("demo").mapTo(first.window, QPoint(0, 0))
    first.vm.failed("The simulated exchange could not be started.")
    first.frame.tick()
    assert first.message().text() == "The simulated exchange could not be started."
    assert first.message().property("role") == "danger"
    assert first.button("demo").mapTo(first.window, QPoint(0, 0)) == before


def test_a_name_is_shown_as_it_was_given(theme: Theme, qtbot: QtBot) -> None:
    """Also one that looks like markup."""
    look = Look(theme, StoredAccount("<b>me</b> & co", "", "", None)).show(qtbot)
    labels = look.window.findChildren(QLabel)
    (title,) = [label for label in labels if label.text() == "<b>me</b> & co"]
    assert title.textFormat() is Qt.TextFormat.PlainText
    look.press(K.Key_Return)
    assert "<b>me</b> & co" in look.message().text()
    assert look.message().textFormat() is Qt.TextFormat.PlainText
    look.end()


def test_every_button_says_its_name_and_its_key(look: Look) -> None:
    """For those who hear the window, and for those who rest the pointer."""
    for button in look.window.findChildren(QPushButton):
        assert button.accessibleName()
        assert button.toolTip()
    demo = look.button("demo")
    assert demo.accessibleDescription().endswith("No account, no risk.")
    assert demo.toolTip() == "Demo (D or 1)"


@pytest.mark.parametrize("name", THEMES)
def test_the_focus_can_be_seen(qtbot: QtBot, name: str) -> None:
    """A ring in the colour of the accent, on the focused card alone."""
    theme = Theme.load(resources() / "themes", name)
    look = Look(theme).show(qtbot)

    def edge(card: QPushButton) -> str:
        return card.grab().toImage().pixelColor(card.width() // 2, 0).name()

    assert edge(look.button("demo")) == theme.color("accent").name()
    assert edge(look.button("watch")) != theme.color("accent").name()
    look.press(K.Key_Down)
    assert edge(look.button("watch")) == theme.color("accent").name()
    look.end()


@pytest.mark.parametrize("scale", [1.0, 1.25, 1.5, 2.0])
@pytest.mark.parametrize("width", [480, 1366])
def test_large_letters_are_wrapped_not_cut(qtbot: QtBot, scale: float, width: int) -> None:
    """Whatever the size, sentences have the room they need and the focus is in sight."""
    theme = Theme.load(resources() / "themes", "light", scale)
    look = Look(theme, MAIN, SIDE).show(qtbot)
    look.window.resize(max(width, look.window.minimumSizeHint().width()), 700)
    assert look.window.width() <= 1366, "a small screen has room for it"
    look.press(K.Key_Up)
    look.press(K.Key_Down)
    scroll = look.window.findChild(QScrollArea)
    assert isinstance(scroll, QScrollArea)
    assert scroll.horizontalScrollBar().maximum() == 0
    for label in look.window.findChildren(QLabel):
        if label.isVisible() and label.wordWrap():
            assert label.height() >= label.heightForWidth(label.width()), label.text()
    card = look.button("main")
    corner = card.mapTo(scroll.viewport(), QPoint(0, 0))
    assert 0 <= corner.y() <= scroll.viewport().height() - card.height()
    look.end()
