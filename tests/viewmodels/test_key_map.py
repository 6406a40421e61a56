"""The user's own keys: stored, read back, cut where two would mean the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.viewmodels.key_map import (
    FIXED,
    KEY_NAMES,
    chord_from,
    effective_keys,
    own_keys,
    rebound,
    why_not_bound,
)
from terminal.viewmodels.keys import DEFAULT_KEYS, GLOBAL_KEYS, Chord, LadderAction, chords_of

CHORDS = st.builds(Chord, st.sampled_from(sorted(KEY_NAMES)), st.booleans(), st.booleans())


@given(CHORDS)
def test_a_chord_is_read_back_from_its_label(chord: Chord) -> None:
    assert chord_from(chord.label) == chord


@pytest.mark.parametrize(
    "label", ["", "b", "Ctrl+", "Shift+Ctrl+B", "Alt+B", "F12", "Keypad", "Ctrl+Keypad", "Enter "]
)
def test_what_names_no_key_is_none(label: str) -> None:
    assert chord_from(label) is None


def test_without_own_keys_the_shipped_map_holds() -> None:
    assert effective_keys({}) == (dict(DEFAULT_KEYS), ())
    assert own_keys(DEFAULT_KEYS) == {}


@given(
    st.dictionaries(st.sampled_from(sorted(LadderAction.__members__)), st.lists(CHORDS), max_size=6)
)
def test_whatever_is_stored_no_key_has_two_meanings(own: dict[str, list[Chord]]) -> None:
    """Each action has the keys stored for it or the shipped ones, and what is cut is told."""
    stored = {name: tuple(chord.label for chord in chords) for name, chords in own.items()}
    keys, problems = effective_keys(stored)
    cut = 0
    for action in LadderAction:
        now, shipped = chords_of(action, keys), chords_of(action, DEFAULT_KEYS)
        wanted = tuple(dict.fromkeys(own.get(action.name, shipped)))
        assert now in {wanted, shipped}, "never part of a binding, never another's key"
        cut += now != wanted
    assert cut <= len(problems) <= len(own)
    assert not any(chord.label in GLOBAL_KEYS for chord in keys)
    assert keys[Chord("Esc")] is LadderAction.BACK
    assert keys[Chord("Enter")] is LadderAction.COMMIT
    assert effective_keys(own_keys(keys)) == (keys, ()), "what holds is stored and read as it is"


def test_keys_that_are_swapped_are_both_kept() -> None:
    keys, problems = effective_keys({"BUY": ("S",), "SELL": ("B",)})
    assert problems == ()
    assert keys[Chord("S")] is LadderAction.BUY
    assert keys[Chord("B")] is LadderAction.SELL


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"FLY": ("J",)}, "FLY, which is none"),
        ({"BUY": ("J", "F99")}, "cannot be bound"),
        ({"BACK": ("J",)}, "cannot be bound"),
        ({"BUY": ("F",)}, "'Flatten this contract (press twice)' already"),
        ({"BUY": ("Ctrl+Shift+F",)}, "everywhere"),
    ],
)
def test_a_stored_key_that_cannot_be_is_told_and_the_usual_one_holds(
    own: dict[str, tuple[str, ...]], words: str
) -> None:
    keys, (problem,) = effective_keys(own)
    assert keys == dict(DEFAULT_KEYS)
    assert words in problem


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("F", "F is 'Flatten this contract (press twice)' already"),
        ("Enter", "stays so"),
        ("Esc", "stays so"),
        ("Ctrl+K", "command palette"),
        ("Ctrl+T", "Transfer"),
        ("Ctrl+Shift+F", "fuse"),
    ],
)
def test_a_key_with_a_meaning_is_refused_with_that_meaning(label: str, words: str) -> None:
    chord = chord_from(label)
    assert chord is not None
    taken = {"Ctrl+T": "Transfer between accounts"}
    assert words in why_not_bound(chord, LadderAction.BUY, DEFAULT_KEYS, taken)


def test_what_is_free_and_what_the_action_has_already_can_be_bound() -> None:
    for chord in (Chord("J"), Chord("B")):
        assert why_not_bound(chord, LadderAction.BUY, DEFAULT_KEYS, {}) == ""
    for action in FIXED:
        assert why_not_bound(Chord("J"), action, DEFAULT_KEYS, {})


def test_a_rebound_action_loses_its_old_key_and_nothing_else_changes() -> None:
    keys = rebound(DEFAULT_KEYS, LadderAction.BUY, (Chord("J"),))
    assert keys.get(Chord("B")) is None
    assert keys[Chord("J")] is LadderAction.BUY
    assert own_keys(keys) == {"BUY": ("J",)}
    assert own_keys(rebound(keys, LadderAction.BUY, (Chord("B"),))) == {}
