"""The first look: what is offered, what a choice does, how an account is forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.viewmodels.frame import HandFrameClock
from terminal.viewmodels.start import StartKind, StartViewModel, StoredAccount
from terminal.viewmodels.text import Role
from tests.support.builders import NOW_MS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from terminal.viewmodels.start import StartEntry, StartView

pytestmark = pytest.mark.usefixtures("qapp")


class FakeDoor:
    """Two stored accounts; keeps what was asked, the test answers."""

    def __init__(self) -> None:
        self.accounts = [
            StoredAccount("main", "\N{HORIZONTAL ELLIPSIS}89ab", "", NOW_MS),
            StoredAccount("side", "", "https://stand-in.example", None),
        ]
        self.opened: list[tuple[str, Callable[[str], None]]] = []
        self.removed: list[tuple[str, Callable[[str], None]]] = []

    def stored(self) -> tuple[StoredAccount, ...]:
        return tuple(self.accounts)

    def open_stored(self, name: str, on_failed: Callable[[str], None]) -> None:
        self.opened.append((name, on_failed))

    def remove_stored(self, name: str, on_done: Callable[[str], None]) -> None:
        self.removed.append((name, on_done))


class Look:
    """The first look with everything it tells."""

    def __init__(self) -> None:
        self.door = FakeDoor()
        self.frame = HandFrameClock()
        self.vm = StartViewModel(self.door, self.frame, "A word from before.")
        self.told: list[str] = []
        self.vm.demo_chosen.connect(self._on_demo)
        self.vm.watch_chosen.connect(self._on_watch)
        self.vm.connect_chosen.connect(self._on_connect)
        self.vm.start()

    def _on_demo(self) -> None:
        self.told.append("demo")

    def _on_watch(self) -> None:
        self.told.append("watch")

    def _on_connect(self, name: str) -> None:
        self.told.append(f"connect {name}".strip())

    def view(self) -> StartView:
        """What is shown after the next frame."""
        self.frame.tick()
        return self.vm.view

    def entry(self, title: str) -> StartEntry:
        """The entry of a title."""
        return next(entry for entry in self.view().entries if entry.title == title)


@pytest.fixture
def look() -> Iterator[Look]:
    look = Look()
    yield look
    look.vm.stop()


def test_three_ways_and_the_stored_accounts(look: Look) -> None:
    """Demo and watching first, accounts by number, a new account last."""
    entries = look.view().entries
    assert [(entry.key, entry.title) for entry in entries] == [
        ("D", "Demo"),
        ("W", "Watch live"),
        ("4", "main"),
        ("5", "side"),
        ("C", "Connect an account"),
    ]
    assert [entry.keys for entry in entries if entry.digit] == [("D", "1"), ("W", "2"), ("C", "3")]
    assert entries[2].words.startswith("Key \N{HORIZONTAL ELLIPSIS}89ab, watch only, last used 20")
    assert entries[3].words == "At https://stand-in.example"
    assert look.view().message == "A word from before."


def test_the_three_ways_are_told(look: Look) -> None:
    """A choice is a signal; the program does the rest."""
    for title in ("Demo", "Watch live", "Connect an account"):
        look.vm.choose(look.entry(title))
    assert look.told == ["demo", "watch", "connect"]


def test_an_account_is_fetched_and_nothing_else_can_be_chosen_meanwhile(look: Look) -> None:
    """The key ring may take its time; the window says what it waits for."""
    look.vm.choose(look.entry("main"))
    view = look.view()
    assert view.is_busy
    assert "main" in view.message
    look.vm.choose(look.entry("Demo"))
    look.vm.remove(look.entry("side"))
    assert look.told == []
    assert [name for name, _ in look.door.opened] == ["main"]


def test_a_key_that_is_not_there_is_asked_for_again(look: Look) -> None:
    """The sentence is shown and the form comes up with the name filled in."""
    look.vm.choose(look.entry("main"))
    look.door.opened[0][1]("The key ring is locked.")
    view = look.view()
    assert (view.message, view.role, view.is_busy) == (
        "The key ring is locked.",
        Role.DANGER,
        False,
    )
    assert look.told == ["connect main"]


def test_an_account_is_forgotten_on_the_second_press_only(look: Look) -> None:
    """The first press asks; then the key goes and the list is shorter."""
    look.vm.remove(look.entry("main"))
    assert look.view().question.startswith("Forget main?")
    assert not look.door.removed
    look.vm.remove(look.entry("main"))
    (name, done) = look.door.removed[0]
    assert name == "main"
    assert look.view().is_busy
    assert look.view().question == ""
    del look.door.accounts[0]
    done("")
    view = look.view()
    assert not view.is_busy
    assert "forgotten" in view.message
    assert [entry.title for entry in view.entries if entry.kind is StartKind.ACCOUNT] == ["side"]


def test_a_question_is_confirmed_once(look: Look) -> None:
    """The answer of a dialog does what the second press does, and nothing without a question."""
    look.vm.confirm_remove()
    look.vm.remove(look.entry("main"))
    look.vm.confirm_remove()
    look.vm.confirm_remove()
    assert [name for name, _ in look.door.removed] == ["main"]
    assert look.view().question == ""


def test_what_could_not_be_forgotten_stays_and_is_said(look: Look) -> None:
    """A key ring that refuses leaves the account in the list."""
    look.vm.remove(look.entry("main"))
    look.vm.remove(look.entry("main"))
    look.door.removed[0][1]("The key ring is locked.")
    assert look.view().role is Role.DANGER
    assert look.entry("main").kind is StartKind.ACCOUNT


def test_a_question_is_taken_back(look: Look) -> None:
    """Esc, another entry or another choice: the next press asks again."""
    assert not look.vm.back()
    look.vm.remove(look.entry("main"))
    assert look.vm.back()
    assert look.view().question == ""
    look.vm.confirm_remove()
    assert not look.door.removed, "there is no question to say yes to"
    look.vm.remove(look.entry("main"))
    look.vm.remove(look.entry("side"))
    assert "side" in look.view().question
    look.vm.remove(look.entry("Demo"))
    assert not look.door.removed


def test_while_something_opens_nothing_else_can_be_chosen(look: Look) -> None:
    """What failed to open is said, and the choice is free again."""
    look.vm.wait("Starting the simulated exchange.")
    assert (look.view().is_busy, look.view().message) == (True, "Starting the simulated exchange.")
    look.vm.choose(look.entry("Demo"))
    assert look.told == []
    look.vm.failed("It could not be started.")
    assert (look.view().is_busy, look.view().role) == (False, Role.DANGER)
    look.vm.choose(look.entry("Demo"))
    assert look.told == ["demo"]
