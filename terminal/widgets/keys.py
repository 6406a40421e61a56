"""The map of keys, shown by F1."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from terminal.viewmodels.keys import (
    DOUBLE_PRESSED,
    GLOBAL_KEYS,
    Chord,
    LadderAction,
    chords_of,
)
from terminal.widgets.styling import set_property

if TYPE_CHECKING:
    from collections.abc import Mapping

_PER_COLUMN = 22
_STAR = Chord("8", shift=True)
MOUSE_WORDS = (
    "Mouse: a click in the bid or ask column sends a limit when mouse trading is armed; a click on "
    "an own order cancels it; middle click, or right click on the price, recentres; the wheel "
    "scrolls, with Ctrl it changes the price grouping."
)


@final
class KeysDialog(QDialog):
    """Every bound action with its keys. Not modal: it may stay open beside the ladder."""

    def __init__(self, keys: Mapping[Chord, LadderAction], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("keys.dialog")
        self.setWindowTitle("Keys of the ladder")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        bound = [(action, chords_of(action, keys)) for action in LadderAction]
        rows = [(_words(action, chords), action.value) for action, chords in bound if chords]
        for number, (keys_text, meaning) in enumerate([*rows, *GLOBAL_KEYS.items()]):
            place, row = divmod(number, _PER_COLUMN)
            keys_label = QLabel(keys_text, self)
            words = QLabel(meaning, self)
            set_property(words, "dim", "true")
            grid.addWidget(keys_label, row, 2 * place, Qt.AlignmentFlag.AlignRight)
            grid.addWidget(words, row, 2 * place + 1)
        column.addLayout(grid)
        mouse = QLabel(MOUSE_WORDS, self)
        mouse.setWordWrap(True)
        column.addWidget(mouse)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)


def _words(action: LadderAction, chords: tuple[Chord, ...]) -> str:
    """The keys as a trader writes them: F F for a double press, * for what is typed as Shift+8."""
    labels = ["*" if chord == _STAR else chord.label for chord in chords]
    if action in DOUBLE_PRESSED:
        labels = [f"{label} {label}" for label in labels]
    return ", ".join(labels)
