"""The user's own keys: as texts that are stored, as the map that holds, and what may not be bound.

Pure. What is stored are the actions whose keys differ from the shipped ones, by their names; a key
is named by its place on a US keyboard, so the stored map works on every layout. No key ever has two
meanings: a stored map that says so is cut until it does not, with a sentence for what was cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.viewmodels.keys import (
    DEFAULT_KEYS,
    GLOBAL_KEYS,
    WINDOW_KEYS,
    Chord,
    LadderAction,
    chords_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FIXED = frozenset({LadderAction.BACK, LadderAction.COMMIT})
"""Esc always means back, and Enter commits what is in hand: neither can mean anything else."""
_NAMED = (
    *("Up", "Down", "PgUp", "PgDown", "Home", "End"),
    *("Space", "Enter", "Esc", "Delete", "Backspace", "F4"),
)
KEY_NAMES = frozenset(
    (*"ABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890-=[]/", *_NAMED, *(f"Keypad {sign}" for sign in "+-*/"))
)
"""Every key that a ladder can read."""
_CTRL, _SHIFT = "Ctrl+", "Shift+"


def chord_from(label: str) -> Chord | None:
    """The chord that a label names, as ``Chord.label`` writes it; None for anything else."""
    rest = label.removeprefix(_CTRL)
    key = rest.removeprefix(_SHIFT)
    if key not in KEY_NAMES:
        return None
    return Chord(key, shift=key != rest, ctrl=rest != label)


def own_keys(keys: Mapping[Chord, LadderAction]) -> dict[str, tuple[str, ...]]:
    """What is to be stored of a map: its actions with other keys than the shipped ones."""
    return {
        action.name: tuple(chord.label for chord in chords_of(action, keys))
        for action in LadderAction
        if chords_of(action, keys) != chords_of(action, DEFAULT_KEYS)
    }


def effective_keys(
    own: Mapping[str, Sequence[str]],
) -> tuple[dict[Chord, LadderAction], tuple[str, ...]]:
    """The map that holds with the user's keys, and a sentence for each that could not be used."""
    problems: list[str] = []
    wanted: dict[LadderAction, tuple[Chord, ...]] = {}
    for name, labels in own.items():
        chords = tuple(chord_from(label) for label in labels)
        known = tuple(chord for chord in chords if chord is not None)
        if name not in LadderAction.__members__:
            problems.append(f"The stored keys name an action {_clipped(name)}, which is none.")
        elif len(known) != len(chords) or LadderAction[name] in FIXED:
            problems.append(_cut(LadderAction[name], "it has keys that cannot be bound"))
        else:
            wanted[LadderAction[name]] = tuple(dict.fromkeys(known))
    while (clash := _clash(wanted)) is not None:
        action, why = clash
        del wanted[action]
        problems.append(_cut(action, why))
    return _joined(wanted), tuple(problems)


def why_not_bound(
    chord: Chord,
    action: LadderAction,
    keys: Mapping[Chord, LadderAction],
    taken: Mapping[str, str],
) -> str:
    """Why a key cannot be bound to an action, one sentence; empty when it can.

    ``taken`` are keys of the whole program by their labels, with what they do.
    """
    everywhere = {**WINDOW_KEYS, **GLOBAL_KEYS, **taken}
    if action in FIXED:
        return f"'{action.value}' keeps its key."
    if chord.label in everywhere:
        return f"{chord.label} is '{everywhere[chord.label]}' in the whole program. Choose another."
    bound = keys.get(chord)
    if bound in FIXED:
        return f"{chord.label} is '{bound.value}' and stays so. Choose another."
    if bound is not None and bound is not action:
        return (
            f"{chord.label} is '{bound.value}' already, and no key has two meanings. "
            f"Choose another, or give '{bound.value}' another key first."
        )
    return ""


def rebound(
    keys: Mapping[Chord, LadderAction], action: LadderAction, chords: Sequence[Chord]
) -> dict[Chord, LadderAction]:
    """The map with other keys for one action; the caller has asked ``why_not_bound``."""
    wanted = {one: chords_of(one, keys) for one in LadderAction}
    wanted[action] = tuple(chords)
    return _joined(wanted)


def _joined(wanted: Mapping[LadderAction, tuple[Chord, ...]]) -> dict[Chord, LadderAction]:
    shipped = {action: chords_of(action, DEFAULT_KEYS) for action in LadderAction}
    return {chord: action for action, chords in {**shipped, **wanted}.items() for chord in chords}


def _clash(wanted: Mapping[LadderAction, tuple[Chord, ...]]) -> tuple[LadderAction, str] | None:
    """An own binding that takes a key with another meaning, and why; None when there is none."""
    bound: dict[Chord, LadderAction] = {}
    everywhere = {**WINDOW_KEYS, **GLOBAL_KEYS}
    for action in LadderAction:
        for chord in wanted.get(action, chords_of(action, DEFAULT_KEYS)):
            other = bound.setdefault(chord, action)
            if chord.label in everywhere:
                return action, f"{chord.label} is '{everywhere[chord.label]}' everywhere"
            if other is not action:
                cut, keeps = (action, other) if action in wanted else (other, action)
                return cut, f"{chord.label} is '{keeps.value}' already"
    return None


def _cut(action: LadderAction, why: str) -> str:
    return f"'{action.value}' has its usual key again: {why}."


def _clipped(name: str) -> str:
    return name[:40] if name.isprintable() else "of another kind"
