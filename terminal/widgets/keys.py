"""The map of keys, shown by F1."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import (
    QApplication,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from terminal.viewmodels.keys import (
    DOUBLE_PRESSED,
    GLOBAL_KEYS,
    WINDOW_KEYS,
    Chord,
    LadderAction,
    chords_of,
)
from terminal.widgets.dialog import Body, Dialog
from terminal.widgets.styling import set_property

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from terminal.widgets.theme import Theme

_MOST_COLUMNS = 3
_GAP_PX = 14
_WIDEST_PX = 10_000
_STAR = Chord("8", shift=True)
MOUSE_WORDS = (
    (
        "Mouse trading armed: a left click in the bid or ask column sends a limit at its row, "
        "with Shift a stop-market, with Ctrl a stop that closes the position. The right button "
        "there sends what the settings say: nothing as shipped, else the second size, or a "
        "reduce-only limit of all of the position."
    ),
    (
        "Own orders, armed or not for what cancels: a click on one cancels it, of several in a "
        "row it opens their list, in which a click cancels one. Dragging one moves it to the "
        "row where it is let go; Esc during a drag drops it."
    ),
    (
        "P&L: a click closes all of the position at its row, by a limit on the better side of "
        "the market and by a stop on the other. Volume: a left click counts its part anew, and its "
        "menu brings it back. Notes: a click writes one, or an alert."
    ),
    (
        "Price: middle click anywhere, or right click on the price, recentres. Alt+click (where"
        " the desktop keeps Alt for its windows, a click with the Windows key) takes the price "
        "into the ticket, in the chart as well, and sends nothing. The wheel scrolls, with "
        "Shift faster, with Ctrl it changes the price grouping. A right click on a heading "
        "opens its menu, dragging it moves the column."
    ),
)
PLACE_WORDS = (
    "Keys never ask the place: B and S are limits at the cursor. Where the settings let the place "
    "say limit or stop, plain clicks send a stop where a limit would run through the market beyond "
    "the collar, or through it on the side that closes the position. It is shown before it is "
    "sent, and never done with post-only or exits on."
)


@final
class KeysDialog(Dialog):
    """Every bound action with the keys that hold now. It scrolls where the screen is small."""

    def __init__(self, keys: Mapping[Chord, LadderAction], theme: Theme, parent: QWidget) -> None:
        super().__init__("keys.dialog", "Keys of the ladder", theme, parent)
        body = QWidget(self)
        inner = QVBoxLayout()
        inner.setContentsMargins(0, 0, 0, 0)
        room = self.fitting(QSize(_WIDEST_PX, 1)).width() - 6 * theme.base_px
        inner.addLayout(_grid(keys, theme, room, body))
        for words in (*MOUSE_WORDS, PLACE_WORDS):
            paragraph = QLabel(words, body)
            paragraph.setWordWrap(True)
            inner.addWidget(paragraph)
        body.setLayout(inner)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self._close = buttons.button(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        self._scroll = Body(body, self)
        self._scroll.setAccessibleName("Keys of the ladder")
        self._scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # arrows and pages scroll it
        column.addWidget(self._scroll, 1)
        column.addWidget(buttons)
        self.resize(self.fitting(self.sizeHint()))
        self.finished.connect(self._give_back)

    @Slot()
    def _give_back(self) -> None:
        asker = self.parentWidget()
        if asker is not None:
            asker.activateWindow()

    @override
    def on_shown(self) -> None:
        self._scroll.setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def main_button(self, focused: QWidget | None) -> QPushButton | None:
        return self._close


def show_keys(keys: Mapping[Chord, LadderAction], theme: Theme, home: QWidget) -> None:
    """Open the map. From a torn-off panel it opens there, and gives the keys back there."""
    KeysDialog(keys, theme, QApplication.activeWindow() or home).open()


def _grid(
    keys: Mapping[Chord, LadderAction], theme: Theme, room: int, parent: QWidget
) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(theme.px(_GAP_PX))
    bound = [(action, chords_of(action, keys)) for action in LadderAction]
    rows = [(_words(action, chords), action.value) for action, chords in bound if chords]
    rows.extend(WINDOW_KEYS.items())
    rows.extend(GLOBAL_KEYS.items())
    per_column = _per_column(rows, theme, room)
    for number, (keys_text, meaning) in enumerate(rows):
        place, row = divmod(number, per_column)
        keys_label = QLabel(keys_text, parent)
        words = QLabel(meaning, parent)
        set_property(words, "dim", "true")
        grid.addWidget(keys_label, row, 2 * place, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(words, row, 2 * place + 1)
    return grid


def _per_column(rows: Sequence[tuple[str, str]], theme: Theme, room: int) -> int:
    """How many rows stand below each other: as many columns as the screen has room for."""
    for columns in range(_MOST_COLUMNS, 1, -1):
        per_column = -(-len(rows) // columns)
        width = 0
        for start in range(0, len(rows), per_column):
            column = rows[start : start + per_column]
            width += sum(max(map(theme.text_width, texts)) for texts in zip(*column, strict=True))
            width += 2 * theme.px(_GAP_PX)
        if width <= room:
            return per_column
    return len(rows)


def _words(action: LadderAction, chords: tuple[Chord, ...]) -> str:
    """The keys as a trader writes them: F F for a double press, * for what is typed as Shift+8."""
    labels = ["*" if chord == _STAR else chord.label for chord in chords]
    if action in DOUBLE_PRESSED:
        labels = [f"{label} {label}" for label in labels]
    return ", ".join(labels)
