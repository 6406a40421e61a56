"""Connecting an account: what is wrong before asking, what the exchange says, what is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from terminal.domain.api_key import LONGEST_PART, ApiKeyFacts, Permission
from terminal.viewmodels.connect import LONGEST_NAME, Answer, ConnectViewModel
from terminal.viewmodels.frame import HandFrameClock
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from terminal.viewmodels.connect import ConnectView, Draft

pytestmark = pytest.mark.usefixtures("qapp")

HOSTS = ("https://futures.example", "https://account.example")
GOOD = ApiKeyFacts(3, frozenset({Permission.GENERAL, Permission.FUTURES}), (), True, False, 0)
DANGEROUS = replace(GOOD, permissions=GOOD.permissions | {Permission.WITHDRAW})
POOR = replace(GOOD, permissions=frozenset({Permission.GENERAL}))


class FakeDoor:
    """Keeps what was asked; the test answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[Draft, Callable[[Answer], None]]] = []
        self.connected: list[Draft] = []
        self.names = {"old"}

    def check(self, draft: Draft, on_answer: Callable[[Answer], None]) -> None:
        self.asked.append((draft, on_answer))

    def connect(self, draft: Draft) -> None:
        self.connected.append(draft)

    def host_problem(self, address: str) -> str:
        return "" if address.startswith("https://") else "That is no address."

    def is_stored(self, name: str) -> bool:
        return name in self.names

    def answer(self, answer: Answer) -> None:
        """Answer the newest question."""
        self.asked[-1][1](answer)


class Form:
    """A view-model with a door, filled and looked at like a user would."""

    def __init__(self) -> None:
        self.door = FakeDoor()
        self.frame = HandFrameClock()
        self.vm = ConnectViewModel(self.door, HOSTS, self.frame)
        self.finished: list[bool] = []
        self.vm.finished.connect(self._on_finished)
        self.vm.start()

    def _on_finished(self) -> None:
        self.finished.append(True)

    def fill(self) -> None:
        """Everything that a good form has."""
        self.vm.set_text("name", " main ")
        for field in ("key", "secret", "passphrase"):
            self.vm.set_secret(field, f"the-{field}-text")

    def look(self) -> ConnectView:
        """What is shown after the next frame."""
        self.frame.tick()
        return self.vm.view

    def lines(self) -> dict[str, Role]:
        """The lines of the answer with their roles."""
        return {line.text: line.role for line in self.look().lines}


@pytest.fixture
def form() -> Iterator[Form]:
    form = Form()
    yield form
    form.vm.stop()


def test_an_empty_form_is_not_wrong_until_it_is_sent(form: Form) -> None:
    """Errors appear with the first press, next to each field; the exchange is not asked."""
    assert form.look().key_error == ""
    form.vm.submit()
    view = form.look()
    assert view.name_error
    assert view.key_error == "Enter the key."
    assert view.passphrase_error == "Enter the passphrase."
    assert view.futures_host_error == ""
    assert not form.door.asked


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("x" * (LONGEST_PART + 1), "too long"),
        ("schl\N{LATIN SMALL LETTER U WITH DIAERESIS}ssel", "cannot be in"),
        ("two words", "a space"),
    ],
)
def test_what_is_typed_wrongly_is_said_at_once(form: Form, typed: str, words: str) -> None:
    """The sentence says what is wrong and never repeats what was typed."""
    form.vm.set_secret("key", typed)
    error = form.look().key_error
    assert words in error
    assert typed not in error


def test_a_passphrase_may_hold_spaces_and_a_name_must_be_short(form: Form) -> None:
    """A passphrase is the user's own text; a name must fit into the list."""
    form.vm.set_secret("passphrase", "my own words")
    form.vm.set_text("name", "n" * (LONGEST_NAME + 1))
    view = form.look()
    assert view.passphrase_error == ""
    assert str(LONGEST_NAME) in view.name_error


def test_a_wrong_address_is_said_by_the_door(form: Form) -> None:
    """An address that may not be used keeps the form from being sent."""
    form.fill()
    form.vm.set_text("futures_host", "http://elsewhere")
    form.vm.submit()
    assert form.look().futures_host_error == "That is no address."
    assert not form.door.asked


def test_a_good_key_connects_at_once(form: Form) -> None:
    """Nothing to warn about: one press checks, stores and opens; spaces around are dropped."""
    form.fill()
    form.vm.submit()
    view = form.look()
    assert view.is_busy
    assert view.button_text == "Checking"
    form.vm.submit()
    assert len(form.door.asked) == 1, "a second press while asking asks nothing"
    form.door.answer(Answer(GOOD))
    (draft,) = form.door.connected
    assert draft.name == "main"
    assert draft.secret.reveal() == "the-secret-text"
    assert form.finished == [True]


def test_a_dangerous_key_waits_for_a_second_press(form: Form) -> None:
    """The warning is read first; the same button then stores and opens."""
    form.fill()
    form.vm.submit()
    form.door.answer(Answer(DANGEROUS))
    assert not form.door.connected
    assert any(role is Role.CAUTION and "withdraw" in text for text, role in form.lines().items())
    assert form.look().button_text == "Store and open"
    form.vm.submit()
    assert len(form.door.connected) == 1


def test_where_the_key_will_be_is_told_before_it_is_typed(form: Form) -> None:
    """The key ring is named as soon as it is known."""
    assert "key ring of this system" in form.look().keeping.text
    form.vm.set_keeping("a ring")
    view = form.look()
    assert "a ring" in view.keeping.text
    assert view.keeping.role is Role.TEXT_DIM


def test_a_key_that_cannot_be_stored_opens_for_now(form: Form) -> None:
    """Without a key ring the sentence says so, and the button promises no more than it does."""
    form.vm.set_keeping("", "This system has no key ring.")
    keeping = form.look().keeping
    assert keeping.text.startswith("This system has no key ring. ")
    assert "this session only, never in a file" in keeping.text
    assert keeping.role is Role.CAUTION
    form.fill()
    form.vm.submit()
    form.door.answer(Answer(DANGEROUS))
    assert form.look().button_text == "Open for now"
    form.vm.submit()
    assert len(form.door.connected) == 1


def test_a_refused_key_is_not_stored_unless_the_user_insists(form: Form) -> None:
    """The exchange's sentence is shown; storing anyway is an own decision."""
    form.fill()
    form.vm.store_anyway()
    assert not form.door.connected, "there was no answer yet"
    form.vm.submit()
    form.door.answer(Answer(None, "The passphrase is wrong."))
    assert any("The passphrase is wrong." in text for text in form.lines())
    assert form.look().can_store_anyway
    form.vm.submit()
    assert len(form.door.asked) == 2, "the main button asks again"
    form.door.answer(Answer(POOR))
    assert any("lacks the Futures" in text for text in form.lines())
    form.vm.store_anyway()
    assert len(form.door.connected) == 1


def test_an_answer_to_what_is_no_longer_there_counts_for_nothing(form: Form) -> None:
    """Who edits while the exchange is asked does not connect with the old text."""
    form.fill()
    form.vm.submit()
    form.vm.set_secret("secret", "another-secret")
    assert not form.look().is_busy
    form.door.answer(Answer(GOOD))
    assert not form.door.connected
    assert form.look().lines == ()


@pytest.mark.parametrize(("offset_ms", "words"), [(2500, "2.5 s behind"), (-1000, "1.0 s ahead")])
def test_a_clock_that_is_off_is_told(form: Form, offset_ms: int, words: str) -> None:
    """A second and more is worth a line; requests allow for it."""
    form.fill()
    form.vm.submit()
    form.door.answer(Answer(replace(DANGEROUS, clock_offset_ms=offset_ms)))
    assert any(words in text for text in form.lines())


def test_a_stored_name_will_be_replaced_and_that_is_said(form: Form) -> None:
    """Replacing a key is allowed, but never a surprise."""
    form.vm.set_text("name", "old")
    assert form.lines() == {
        "An account of this name is stored: its key will be replaced.": Role.CAUTION
    }


def test_leaving_forgets_what_was_typed(form: Form) -> None:
    """After cancel there is no secret left, and a late answer connects nothing."""
    form.fill()
    form.vm.submit()
    form.vm.cancel()
    form.door.answer(Answer(GOOD))
    assert not form.door.connected
    form.vm.submit()
    assert form.look().secret_error == "Enter the secret."


def test_no_secret_is_in_what_is_shown_or_asked(form: Form) -> None:
    """The view and the draft print nothing of it."""
    form.fill()
    form.vm.submit()
    assert "-text" not in repr(form.look())
    assert "-text" not in repr(form.door.asked[0][0])


def test_where_the_key_goes_is_said_before_it_is_typed(form: Form) -> None:
    """A key ring by name, or the reason why there is none and what that means."""
    assert "key ring" in form.look().keeping.text
    form.vm.set_keeping("the Secret Service")
    assert "in the Secret Service" in form.look().keeping.text
    form.vm.set_keeping("", "This system has no key ring.")
    keeping = form.look().keeping
    assert keeping.text.startswith("This system has no key ring. ")
    assert "this session only" in keeping.text
    assert keeping.role is Role.CAUTION


def test_a_list_of_addresses_is_told(form: Form) -> None:
    """A key bound to addresses does not work from elsewhere: good to know, and no warning."""
    form.fill()
    form.vm.submit()
    form.door.answer(Answer(DANGEROUS))
    assert form.lines()["The key works from the addresses on its list only."] is Role.TEXT
