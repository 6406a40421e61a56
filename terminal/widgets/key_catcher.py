"""Where a key is pressed that is to be bound: it is caught, and means nothing else meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel, QWidget
from typing_extensions import override

from terminal.widgets.inputs import HeldKeys, chord_of

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent

    from terminal.viewmodels.keys import Chord

_MODIFIERS = frozenset(
    {
        Qt.Key.Key_Shift,
        Qt.Key.Key_Control,
        Qt.Key.Key_Alt,
        Qt.Key.Key_AltGr,
        Qt.Key.Key_Meta,
        Qt.Key.Key_CapsLock,
        Qt.Key.Key_NumLock,
    }
)


@final
class KeyCatcher(QLabel):
    """A line of words that catches keys while it has the focus, which ``catch`` gives it.

    ``pressed`` carries a chord, ``unknown_pressed`` is a key that no ladder can read, ``left`` is
    Esc or the focus gone. A held key is none; keys that stop trading go on doing so.
    """

    pressed = Signal(object)
    unknown_pressed = Signal()
    left = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._held = HeldKeys()
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def catch(self) -> None:
        """Catch keys until the focus goes elsewhere."""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def event(self, event: QEvent) -> bool:
        # A key of the whole program would act instead of being caught.
        if (
            event.type() is QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and chord_of(event) is not None
        ):
            event.accept()
            return True
        return super().event(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.accept()
        chord: Chord | None = chord_of(event)
        if Qt.Key(event.key()) in _MODIFIERS or self._held.is_repeat(event):
            return
        if chord is None:
            self.unknown_pressed.emit()
        elif chord.label == "Esc":
            self.left.emit()
        else:
            self.pressed.emit(chord)

    @override
    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        self._held.released(event)
        event.accept()

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.left.emit()
