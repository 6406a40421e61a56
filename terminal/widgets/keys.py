"""The map of keys, shown by F1."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from terminal.viewmodels.keys import (
    DOUBLE_PRESSED,
    GLOBAL_KEYS,
    Chord,
    LadderAction,
    chords_of,
)
from terminal.widgets.dialog import Dialog
from terminal.widgets.styling import set_property

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.widgets.theme import Theme

_PER_COLUMN = 22
_STAR = Chord("8", shift=True)
MOUSE_WORDS = (
    "Mouse: a click in the bid or ask column sends a limit when mouse trading is armed; a click on "
    "an own order cancels it; middle click, or right click on the price, recentres; the wheel "
    "scrolls, with Ctrl it changes the price grouping."
)


@final
class KeysDialog(Dialog):
    """Every bound action with the keys that hold now. It scrolls where the screen is small."""

    def __init__(self, keys: Mapping[Chord, LadderAction], theme: Theme, parent: QWidget) -> None:
        super().__init__("keys.dialog", "Keys of the ladder", theme, parent)
        body = QWidget(self)
        inner = QVBoxLayout(body)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addLayout(_grid(keys, body))
        mouse = QLabel(MOUSE_WORDS, body)
        mouse.setWordWrap(True)
        inner.addWidget(mouse)
        scroll = QScrollArea(self)
        scroll.setWidget(body)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.viewport().setAutoFillBackground(False)
        body.setAutoFillBackground(False)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self._close = buttons.button(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(scroll, 1)
        column.addWidget(buttons)
        bar = scroll.verticalScrollBar().sizeHint().width()
        edges = column.contentsMargins()
        wide = body.sizeHint().width() + bar + edges.left() + edges.right()
        high = inner.heightForWidth(wide - bar) + buttons.sizeHint().height() + 3 * edges.top()
        self.resize(self.fitting(QSize(wide, high)))

    @override
    def main_button(self, focused: QWidget | None) -> QPushButton | None:
        return self._close


def _grid(keys: Mapping[Chord, LadderAction], parent: QWidget) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(14)
    bound = [(action, chords_of(action, keys)) for action in LadderAction]
    rows = [(_words(action, chords), action.value) for action, chords in bound if chords]
    for number, (keys_text, meaning) in enumerate([*rows, *GLOBAL_KEYS.items()]):
        place, row = divmod(number, _PER_COLUMN)
        keys_label = QLabel(keys_text, parent)
        words = QLabel(meaning, parent)
        set_property(words, "dim", "true")
        grid.addWidget(keys_label, row, 2 * place, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(words, row, 2 * place + 1)
    return grid


def _words(action: LadderAction, chords: tuple[Chord, ...]) -> str:
    """The keys as a trader writes them: F F for a double press, * for what is typed as Shift+8."""
    labels = ["*" if chord == _STAR else chord.label for chord in chords]
    if action in DOUBLE_PRESSED:
        labels = [f"{label} {label}" for label in labels]
    return ", ".join(labels)
