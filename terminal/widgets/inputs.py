"""Key events to chords: by the physical key where the system tells it, else by Qt's key.

Bindings name keys by their place on a US keyboard, so they work on every layout. Under X11 Shift+1
arrives as an exclamation mark; the scan code still says it was the key of the 1.
"""

from __future__ import annotations

import sys
from time import monotonic
from typing import TYPE_CHECKING, final

from PySide6.QtCore import Qt

from terminal.viewmodels.keys import Chord

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

REPEAT_GAP_MS = 2

_ROWS = (("1234567890-=", 2), ("QWERTYUIOP[]", 16), ("ASDFGHJKL", 30), ("ZXCVBNM", 44))
_SET1 = {start + place: key for keys, start in _ROWS for place, key in enumerate(keys)}
_SET1[53] = "/"
_MAC_CODES = (
    "A0 S1 D2 F3 H4 G5 Z6 X7 C8 V9 B11 Q12 W13 E14 R15 Y16 T17 118 219 320 421 622 523 =24 925 "
    "726 -27 828 029 ]30 O31 U32 [33 I34 P35 L37 J38 K40 /44 N45 M46"
)
_MAC = {int(entry[1:]): entry[0] for entry in _MAC_CODES.split()}

_NAMED = {
    Qt.Key.Key_Up: "Up",
    Qt.Key.Key_Down: "Down",
    Qt.Key.Key_PageUp: "PgUp",
    Qt.Key.Key_PageDown: "PgDown",
    Qt.Key.Key_Home: "Home",
    Qt.Key.Key_End: "End",
    Qt.Key.Key_Space: "Space",
    Qt.Key.Key_Return: "Enter",
    Qt.Key.Key_Enter: "Enter",
    Qt.Key.Key_Escape: "Esc",
    Qt.Key.Key_Delete: "Delete",
    Qt.Key.Key_Backspace: "Backspace",
    Qt.Key.Key_F4: "F4",
}
_KEYPAD = {
    Qt.Key.Key_Plus: "Keypad +",
    Qt.Key.Key_Minus: "Keypad -",
    Qt.Key.Key_Asterisk: "Keypad *",
    Qt.Key.Key_Slash: "Keypad /",
}
_SHIFTED = dict(zip("!@#$%^&*()_+{}?", "1234567890-=[]/", strict=True))
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890-=[]/")


def chord_of(event: QKeyEvent, system: str = sys.platform) -> Chord | None:
    """The chord of a key press; None for keys that cannot be bound or that hold Alt or Meta."""
    modifiers = event.modifiers()
    if modifiers & (Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier):
        return None
    ctrl = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
    shift = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
    key = Qt.Key(event.key())
    if modifiers & Qt.KeyboardModifier.KeypadModifier and key in _KEYPAD:
        return Chord(_KEYPAD[key], ctrl=ctrl)
    if key in _NAMED:
        return Chord(_NAMED[key], shift=shift, ctrl=ctrl)
    name = _by_place(event, system) or _by_key(key)
    return None if name is None else Chord(name, shift=shift, ctrl=ctrl)


def _by_place(event: QKeyEvent, system: str) -> str | None:
    if system == "darwin":
        # A virtual key of 0 is the letter A, so it counts only together with a scan code.
        return _MAC.get(event.nativeVirtualKey()) if event.nativeScanCode() else None
    code = event.nativeScanCode()
    if not code:
        return None
    return _SET1.get(code - 8 if system.startswith("linux") else code)


def _by_key(key: Qt.Key) -> str | None:
    number = int(key)
    if not 0x20 <= number <= 0x7E:
        return None
    text = _SHIFTED.get(chr(number), chr(number))
    return text if text in _PLAIN else None


def pressed_at_ms(event: QKeyEvent) -> int:
    """When a key was pressed: the event's own time, or now for events made by programs."""
    return event.timestamp() or int(monotonic() * 1000)


@final
class HeldKeys:
    """Tells a held key from one that is pressed again.

    Qt's own mark is missing on X servers without detectable auto-repeat: there each repeat arrives
    as a release and a press with one time stamp. No finger lets go and presses within two
    milliseconds.
    """

    def __init__(self) -> None:
        self._released: dict[tuple[int, int], int] = {}

    def is_repeat(self, event: QKeyEvent) -> bool:
        """Whether a key press is the key being held."""
        if event.isAutoRepeat():
            return True
        at_ms, released_ms = event.timestamp(), self._released.get(_key_of(event))
        return bool(at_ms) and released_ms is not None and 0 <= at_ms - released_ms <= REPEAT_GAP_MS

    def released(self, event: QKeyEvent) -> None:
        """A key was let go, or seems to have been."""
        if event.timestamp():
            self._released[_key_of(event)] = event.timestamp()


def _key_of(event: QKeyEvent) -> tuple[int, int]:
    return event.nativeScanCode(), event.key()
