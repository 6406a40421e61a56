"""Live trading as it is shown: conditions with signs, and a switch that wants the name typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.domain.access import Access
from terminal.session.conditions import Condition, Light
from terminal.session.live_switch import BROKEN
from terminal.viewmodels.frame import HandFrameClock
from terminal.viewmodels.live import BADGES, LiveViewModel
from terminal.viewmodels.text import Role
from tests.support.switch import SwitchPanel

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("qapp")


class Shown:
    """A view-model on a switch, with frames by hand."""

    def __init__(self) -> None:
        self.panel = SwitchPanel()
        self.frame = HandFrameClock()
        self.vm = LiveViewModel(self.panel.switch, "main", self.frame)
        self.allowed: list[bool] = []
        self.vm.allowed_changed.connect(self.allowed.append)
        self.vm.start()
        self.frame.tick()

    def type(self, words: str) -> None:
        self.vm.set_typed(words)
        self.frame.tick()


@pytest.fixture
def shown() -> Iterator[Shown]:
    one = Shown()
    yield one
    one.vm.stop()


def test_it_is_off_until_the_name_is_typed(shown: Shown) -> None:
    """Not part of it, not another one; spaces around it do not matter."""
    for words in ("", "mai", "mainn", "Main", "demo"):
        shown.type(words)
        assert not shown.vm.view.can_turn_on
        assert "Type the account's name, main," in shown.vm.view.why_not
        shown.vm.turn_on()
        assert not shown.vm.is_on
    shown.type(" main ")
    assert shown.vm.view.can_turn_on
    shown.vm.turn_on()
    shown.frame.tick()
    view = shown.vm.view
    assert (view.is_on, view.typed, view.why_not, view.can_turn_on) == (True, "", "", False)
    assert shown.allowed == [True]


def test_every_condition_has_a_sign_and_a_word(shown: Shown) -> None:
    """Color is never the only difference."""
    seen = set()
    for light in Light:
        shown.panel.lights["Clock"] = light
        shown.vm.mark_dirty()
        shown.frame.tick()
        row = shown.vm.view.rows[1]
        assert (row.name, row.light) == ("Clock", light.value)
        seen.add((row.sign, row.role))
        if light is not Light.GREEN:
            assert shown.vm.view.why_not == "1 condition is not in order yet."
    assert len(seen) == len({sign for sign, _ in seen}) == len(Light)


def test_what_changed_between_looking_and_pressing_is_said(shown: Shown) -> None:
    """The switch looks for itself; its sentence stays until something is typed."""
    shown.type("main")
    shown.panel.lights["Key"] = Light.RED
    shown.vm.turn_on()
    shown.frame.tick()
    assert not shown.vm.is_on
    assert shown.vm.view.why_not == "Not switched on. Key: Key is not in order."
    assert shown.allowed == []


def test_off_and_watch_only(shown: Shown) -> None:
    """The badge follows, and what is to be remembered is told."""
    assert shown.vm.badge == BADGES[Access.WATCH_ONLY]
    shown.type("main")
    shown.vm.turn_on()
    assert shown.vm.badge == ("LIVE \N{MIDDLE DOT} TRADING", Role.DANGER)
    shown.vm.turn_off()
    assert shown.vm.badge == BADGES[Access.REDUCING]
    shown.frame.tick()
    assert not shown.vm.view.is_watched
    shown.vm.watch_only()
    assert shown.vm.badge == BADGES[Access.WATCH_ONLY]
    shown.frame.tick()
    assert shown.vm.view.is_watched
    assert shown.allowed == [True, False]


def test_closing_forgets_what_was_typed(shown: Shown) -> None:
    """A name left in the field would be half of a switch."""
    shown.vm.set_shown(shown=True)
    shown.type("main")
    shown.vm.set_shown(shown=False)
    shown.frame.tick()
    assert shown.vm.view.typed == ""


def test_who_watches_can_allow_cancels_and_closing_again(shown: Shown) -> None:
    """Without switching live trading on, and it is remembered."""
    assert shown.vm.view.is_watched
    shown.vm.allow()
    shown.frame.tick()
    assert shown.panel.switch.access is Access.REDUCING
    assert not shown.vm.view.is_watched
    assert not shown.vm.is_on
    assert shown.allowed == [True]


def test_watch_only_asks_while_something_stands() -> None:
    """A second press does it; any other gesture takes the question back."""
    standing = ("Long 3 XBTUSDTM: no stop on the exchange.",)
    panel, frame = SwitchPanel(), HandFrameClock()
    vm = LiveViewModel(panel.switch, "main", frame, standing=lambda: standing)
    allowed: list[bool] = []
    vm.allowed_changed.connect(allowed.append)
    vm.start()
    vm.allow()
    vm.watch_only()
    frame.tick()
    assert panel.switch.access is Access.REDUCING
    assert standing[0] in vm.view.watch_question
    assert "neither canceled nor closed" in vm.view.watch_question
    vm.set_typed("m")
    frame.tick()
    assert vm.view.watch_question == ""
    vm.watch_only()
    vm.set_shown(shown=False)
    vm.watch_only()
    frame.tick()
    assert panel.switch.access is Access.REDUCING
    vm.watch_only()
    frame.tick()
    assert panel.permit.access is Access.WATCH_ONLY
    assert vm.view.watch_question == ""
    assert allowed == [True, False]
    vm.stop()


def test_of_much_that_stands_the_question_names_some() -> None:
    """A dialog stays a dialog."""
    panel, frame = SwitchPanel(), HandFrameClock()
    vm = LiveViewModel(
        panel.switch, "main", frame, standing=lambda: tuple(f"Number {n}." for n in range(9))
    )
    vm.start()
    vm.watch_only()
    frame.tick()
    assert "Number 3. And 5 more." in vm.view.watch_question
    vm.stop()


def test_a_condition_that_raises_is_shown_as_red(shown: Shown) -> None:
    """The dialog lives on, and still switches off."""

    def broken() -> Condition:
        raise ZeroDivisionError("ours")

    shown.panel.switch.add_check(broken)
    shown.vm.mark_dirty()
    shown.frame.tick()
    row = shown.vm.view.rows[-1]
    assert (row.light, row.sentence) == (Light.RED.value, BROKEN)
    assert shown.vm.view.why_not == "1 condition is not in order yet."
