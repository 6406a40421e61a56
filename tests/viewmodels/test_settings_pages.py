"""The pages of the settings, without a widget."""

from __future__ import annotations

from decimal import Decimal

import pytest

from terminal.domain.account_facts import StopsFate
from terminal.domain.events import StopReference
from terminal.domain.ladder_habits import OtherButton
from terminal.domain.protection import DistanceUnit, StopDistance
from terminal.session.clearing import ClearingKind
from terminal.viewmodels.frame import HandFrameClock
from terminal.viewmodels.keys import DEFAULT_KEYS, Chord, LadderAction
from terminal.viewmodels.settings_appearance import AppearanceChoices, AppearancePageViewModel
from terminal.viewmodels.settings_keys import READY, KeysPageViewModel
from terminal.viewmodels.settings_trading import NUMBERS, TradingChoices, TradingPageViewModel
from terminal.viewmodels.text import EMPTY, Role

pytestmark = pytest.mark.usefixtures("qapp")


class Trading:
    """The page of trading with what it has handed on."""

    def __init__(self, stops_note: str = "") -> None:
        self.frame = HandFrameClock()
        self.taken: list[TradingChoices] = []
        self.vm = TradingPageViewModel(
            TradingChoices(), self.taken.append, self.frame, stops_note=stops_note
        )
        self.vm.start()

    def typed(self, name: str) -> tuple[str, str]:
        """What a field shows, and what is wrong with it."""
        self.frame.tick()
        at = [number.name for number in NUMBERS].index(name)
        return self.vm.view.typed[at], self.vm.view.problems[at]


def test_each_choice_of_trading_holds_at_once() -> None:
    page = Trading()
    page.vm.choose_kill(ClearingKind.FLATTEN)
    page.vm.choose_kill(ClearingKind.FLATTEN)
    page.vm.choose_reference(StopReference.LAST)
    page.vm.choose_stops(StopsFate.KEPT)
    page.vm.set_at_start(is_set=True)
    assert page.taken[-1] == TradingChoices(
        kill=ClearingKind.FLATTEN,
        reference=StopReference.LAST,
        fuse_stops=StopsFate.KEPT,
        fuse_at_start=True,
    )
    assert len(page.taken) == 4, "what is chosen again changes nothing"


def test_the_habits_of_the_mouse_hold_at_once() -> None:
    page = Trading()
    page.vm.choose_other(OtherButton.NET_SIZE)
    page.vm.set_on_release(is_set=True)
    page.vm.set_infers(is_set=True)
    taken = page.taken[-1]
    assert (taken.acts_on_release, taken.infers_type) == (True, True)
    assert taken.other_button is OtherButton.NET_SIZE


def test_a_number_holds_when_it_is_committed_and_not_while_it_is_typed() -> None:
    """Who types 200 must not have a stop two ticks away meanwhile."""
    page = Trading()
    page.vm.commit("bracket_loss_ticks")
    for typed in ("3", "30", "300"):
        page.vm.set_text("bracket_loss_ticks", typed)
    assert page.taken == []
    page.vm.commit("bracket_loss_ticks")
    assert page.taken == [TradingChoices(bracket_loss_ticks=300)]
    assert page.typed("bracket_loss_ticks") == ("300", "")


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("fuse_timeout_s", "4"),
        ("fuse_timeout_s", "86401"),
        ("gap_ticks", "0"),
        ("gap_ticks", "1.5"),
        ("gap_ticks", "1_0"),
        ("gap_ticks", "\N{ARABIC-INDIC DIGIT FIVE}"),
        ("bracket_profit_ticks", "1000001"),
        ("bracket_profit_ticks", ""),
        ("bracket_loss_ticks", "NaN"),
        ("distance", "100"),
        ("distance", "-1"),
        ("distance", "x"),
    ],
)
def test_what_is_no_number_of_its_field_is_told_and_changes_nothing(name: str, typed: str) -> None:
    page = Trading()
    page.vm.set_text(name, typed)
    page.vm.commit(name)
    shown, problem = page.typed(name)
    assert shown == typed, "it stays to be mended"
    assert problem
    assert page.taken == []
    page.vm.forget()
    assert page.typed(name)[1] == ""


def test_a_distance_and_its_unit_hold_together_or_not_at_all() -> None:
    page = Trading()
    page.vm.set_text("distance", "0.5")
    page.vm.commit("distance")
    page.vm.choose_unit(DistanceUnit.TICKS)
    assert page.taken[-1].distance == StopDistance(DistanceUnit.PERCENT, Decimal("0.5"))
    assert page.typed("distance")[1], "half a tick is none"
    page.vm.set_text("distance", "250")
    page.vm.commit("distance")
    assert page.taken[-1].distance == StopDistance(DistanceUnit.TICKS, Decimal(250))
    page.vm.choose_unit(DistanceUnit.PERCENT)
    page.vm.forget()
    page.frame.tick()
    assert page.vm.view.unit is DistanceUnit.TICKS, "Esc changes nothing"


def test_where_the_fate_of_stops_is_known_it_is_no_choice() -> None:
    page = Trading(stops_note="The demo keeps them.")
    page.vm.choose_stops(StopsFate.CANCELED)
    assert page.taken == []
    assert page.vm.view.stops_note


def test_the_pair_for_colour_blind_eyes_is_independent_of_the_theme() -> None:
    taken: list[AppearanceChoices] = []

    def take(choices: AppearanceChoices) -> str:
        taken.append(choices)
        return "" if choices.theme != "light" else "It cannot be read."

    vm = AppearancePageViewModel(AppearanceChoices(), take, HandFrameClock())
    vm.set_colour_blind(is_set=True)
    vm.choose_theme("high-contrast")
    assert taken[-1] == AppearanceChoices("high-contrast", is_colour_blind=True)
    vm.choose_theme("light")
    assert vm.view.note == "It cannot be read."
    assert vm.view.choices.theme == "high-contrast", "the one before stays"


def test_the_size_of_letters_says_that_it_waits_for_the_next_start() -> None:
    vm = AppearancePageViewModel(
        AppearanceChoices(text_percent=115), lambda _choices: "", HandFrameClock()
    )
    assert 115 in vm.view.percents
    assert "at the next start" in vm.view.note
    vm.choose_percent(200)
    assert "From the next start of Tern: 200 %" in vm.view.note
    vm.choose_percent(115)
    assert "at the next start" in vm.view.note


class Keys:
    """The page of keys over a map."""

    def __init__(self) -> None:
        self.map = dict(DEFAULT_KEYS)
        self.vm = KeysPageViewModel(
            lambda: self.map, self.take, lambda: {"Ctrl+T": "Transfer"}, HandFrameClock()
        )
        self.caught = 0
        self.vm.caught.connect(self.count)

    def take(self, keys: object) -> None:
        self.map = dict(keys)  # type: ignore[call-overload] # a mapping, as its Protocol says

    def count(self) -> None:
        self.caught += 1

    def row(self, action: LadderAction) -> tuple[str, str]:
        found = next(row for row in self.vm.model.rows if row.key == action.name)
        return found.keys, found.note


def test_the_next_key_is_bound_and_the_table_says_so() -> None:
    page = Keys()
    page.vm.begin("BUY")
    assert page.vm.is_waiting
    page.vm.key_pressed(Chord("J"))
    assert page.map[Chord("J")] is LadderAction.BUY
    assert Chord("B") not in page.map
    assert page.row(LadderAction.BUY) == ("J", "changed")
    assert (page.vm.is_waiting, page.caught) == (False, 1)
    page.vm.key_pressed(Chord("K"))
    assert Chord("K") not in page.map, "nobody waits for it"


def test_a_further_key_leaves_the_ones_that_are_there() -> None:
    page = Keys()
    page.vm.begin("FLATTEN", adds=True)
    page.vm.key_pressed(Chord("J"))
    assert page.row(LadderAction.FLATTEN) == ("F twice, J twice", "changed")


def test_a_conflict_is_refused_with_its_reason_and_waits_on() -> None:
    page = Keys()
    page.vm.begin("BUY")
    page.vm.key_pressed(Chord("F"))
    assert "Flatten" in page.vm.message
    assert page.vm.role is Role.DANGER
    page.vm.key_pressed(Chord("T", ctrl=True))
    assert "Transfer" in page.vm.message
    page.vm.unknown_pressed()
    assert "cannot read" in page.vm.message
    assert page.map == dict(DEFAULT_KEYS)
    assert page.vm.is_waiting
    page.vm.leave()
    assert (page.vm.message, page.vm.is_waiting) == (READY, False)


def test_what_has_a_fixed_key_is_never_waited_for() -> None:
    page = Keys()
    for action in (LadderAction.BACK, LadderAction.COMMIT):
        page.vm.begin(action.name)
        page.vm.unbind(action.name)
        assert not page.vm.is_waiting
        assert "keeps its key" in page.vm.message
    assert page.map == dict(DEFAULT_KEYS)
    assert page.row(LadderAction.BACK) == ("Esc", "fixed")


def test_one_key_and_all_keys_are_put_back() -> None:
    page = Keys()
    page.vm.unbind("BUY")
    assert page.row(LadderAction.BUY) == (EMPTY, "changed")
    page.vm.begin("SELL")
    page.vm.key_pressed(Chord("B"))
    page.vm.reset("BUY")
    assert "Sell limit" in page.vm.message, "its key is another's now"
    page.vm.reset("SELL")
    page.vm.reset("BUY")
    assert page.map == dict(DEFAULT_KEYS)
    page.vm.unbind("GRAB")
    page.vm.reset_all()
    assert page.map == dict(DEFAULT_KEYS)
