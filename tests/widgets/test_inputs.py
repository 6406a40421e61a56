"""Key events to chords: by place on the keyboard, whatever the layout says."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent

from terminal.viewmodels.keys import DEFAULT_KEYS, Chord
from terminal.widgets.inputs import HeldKeys, chord_of, pressed_at_ms

NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier
KEYPAD = Qt.KeyboardModifier.KeypadModifier
K = Qt.Key


def an_event(
    key: int,
    modifiers: Qt.KeyboardModifier = NONE,
    text: str = "",
    *,
    scan: int = 0,
    virtual: int = 0,
) -> QKeyEvent:
    return QKeyEvent(QEvent.Type.KeyPress, key, modifiers, scan, virtual, 0, text)


@pytest.mark.parametrize(
    ("key", "modifiers", "chord"),
    [
        (K.Key_B, NONE, Chord("B")),
        (K.Key_B, SHIFT, Chord("B", shift=True)),
        (K.Key_Delete, CTRL | SHIFT, Chord("Delete", shift=True, ctrl=True)),
        (K.Key_Return, NONE, Chord("Enter")),
        (K.Key_Enter, KEYPAD, Chord("Enter")),
        (K.Key_Exclam, SHIFT, Chord("1", shift=True)),
        (K.Key_Asterisk, SHIFT, Chord("8", shift=True)),
        (K.Key_Asterisk, KEYPAD, Chord("Keypad *")),
        (K.Key_Plus, KEYPAD, Chord("Keypad +")),
        (K.Key_BracketLeft, NONE, Chord("[")),
        (K.Key_F4, NONE, Chord("F4")),
        (K.Key_Space, NONE, Chord("Space")),
    ],
)
def test_without_a_scan_code_the_key_decides(
    key: Qt.Key, modifiers: Qt.KeyboardModifier, chord: Chord
) -> None:
    assert chord_of(an_event(key, modifiers)) == chord


@pytest.mark.parametrize(
    ("system", "scan", "virtual"), [("linux", 56, 0), ("win32", 48, 0), ("darwin", 1, 11)]
)
def test_a_russian_layout_sells_and_buys_by_place(system: str, scan: int, virtual: int) -> None:
    """The key of the B writes a Cyrillic letter there."""
    event = an_event(0x0418, NONE, "и", scan=scan, virtual=virtual)
    assert chord_of(event, system) == Chord("B")


def test_a_french_layout_chooses_sizes_without_shift() -> None:
    event = an_event(K.Key_Ampersand, NONE, "&", scan=10)
    assert chord_of(event, "linux") == Chord("1")


@pytest.mark.parametrize(
    "modifier", [Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.MetaModifier]
)
def test_alt_and_meta_are_somebody_elses(modifier: Qt.KeyboardModifier) -> None:
    assert chord_of(an_event(K.Key_B, modifier)) is None


def test_letters_without_a_place_are_no_chord() -> None:
    assert chord_of(an_event(0x0418, NONE, "и")) is None
    assert chord_of(an_event(K.Key_F9)) is None


def test_every_bound_key_can_be_typed() -> None:
    """A map that names a key which no event becomes would be a dead key."""
    typed = set()
    names = {"Up", "Down", "Home", "End", "Space", "Delete", "Backspace", "F4"}
    by_name: dict[str, Qt.Key] = {name: getattr(K, f"Key_{name}") for name in names}
    by_name |= {"PgUp": K.Key_PageUp, "PgDown": K.Key_PageDown, "Enter": K.Key_Return}
    by_name |= {"Esc": K.Key_Escape}
    for chord in DEFAULT_KEYS:
        modifiers = NONE
        if chord.shift:
            modifiers |= SHIFT
        if chord.ctrl:
            modifiers |= CTRL
        if chord.key.startswith("Keypad "):
            key: int = ord(chord.key[-1])
            modifiers |= KEYPAD
        else:
            key = by_name.get(chord.key) or ord(chord.key)
        typed.add(chord_of(an_event(key, modifiers)))
    assert typed == set(DEFAULT_KEYS)


def test_events_without_a_time_get_one() -> None:
    assert pressed_at_ms(an_event(K.Key_B)) > 0


def test_a_release_and_a_press_at_one_moment_are_a_held_key() -> None:
    """As an X server without detectable auto-repeat sends it."""

    def at(kind: QEvent.Type, key: Qt.Key, moment: int) -> QKeyEvent:
        event = QKeyEvent(kind, key, NONE, 56, 0, 0, "b")
        event.setTimestamp(moment)
        return event

    held = HeldKeys()
    press, release = QEvent.Type.KeyPress, QEvent.Type.KeyRelease
    assert not held.is_repeat(at(press, K.Key_B, 1000))
    for moment in (1660, 1700, 1741):
        held.released(at(release, K.Key_B, moment))
        assert not held.is_repeat(at(press, K.Key_S, moment)), "another key"
        assert held.is_repeat(at(press, K.Key_B, moment))
    held.released(at(release, K.Key_B, 1800))
    assert not held.is_repeat(at(press, K.Key_B, 1830)), "let go and pressed again"


def test_events_made_by_programs_are_no_repeats() -> None:
    held = HeldKeys()
    held.released(QKeyEvent(QEvent.Type.KeyRelease, K.Key_B, NONE))
    assert not held.is_repeat(QKeyEvent(QEvent.Type.KeyPress, K.Key_B, NONE))
    marked = QKeyEvent(QEvent.Type.KeyPress, K.Key_B, NONE, "b", True)
    assert held.is_repeat(marked)
