"""The dialog of live trading: the conditions, the account's name to type, and the switch."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from terminal.viewmodels.text import Role
from terminal.widgets.dialog import Dialog, put_words, show_one
from terminal.widgets.styling import paint_role, set_property

if TYPE_CHECKING:
    from terminal.viewmodels.live import ConditionRow, LiveViewModel
    from terminal.widgets.theme import Theme

TITLE = "Live trading"
_WATCH, _WATCH_ALL_THE_SAME = "&Watch only", "&Watch only all the same"
_WIDTH_EM = 46


def show_live(view_model: LiveViewModel, theme: Theme, parent: QWidget) -> LiveDialog:
    """Show the dialog; the one that is open already is brought to the front."""
    return show_one(LiveDialog, lambda: LiveDialog(view_model, theme, parent), parent)


@final
class LiveDialog(Dialog):
    """Draws a ``LiveViewModel``; it deletes itself when closed.

    Not modal: orders can be canceled and positions flattened while it is open. Enter in the field
    switches on when everything is in order; Esc closes and changes nothing.
    """

    def __init__(
        self, view_model: LiveViewModel, theme: Theme, parent: QWidget | None = None
    ) -> None:
        title = f"{TITLE}: {view_model.name}"
        super().__init__("live.dialog", title, theme, parent, width_em=_WIDTH_EM)
        self._vm = view_model
        self._state = QLabel(self)
        self._rows = QGridLayout()
        self._cells: list[tuple[QLabel, QLabel, QLabel]] = []
        self._typed = QLineEdit(self)
        self._why_not = QLabel(self)
        self._question = QLabel(self)
        self._allow = QPushButton("&Allow cancels and closing", self)
        self._watch = QPushButton(_WATCH, self)
        self._close = QPushButton("Close", self)
        self._off = QPushButton("Switch o&ff", self)
        self._on = QPushButton("Switch &on", self)
        self._set_up()
        self._lay_out()
        self._connect()
        self._show()

    def _set_up(self) -> None:
        parts: dict[QWidget, tuple[str, str]] = {
            self._state: ("state", ""),
            self._typed: ("typed", "The account's name, to switch on"),
            self._why_not: ("why_not", ""),
            self._question: ("question", ""),
            self._allow: ("allow", "Allow cancels and orders that reduce"),
            self._watch: ("watch_only", "Watch only: send nothing at all"),
            self._close: ("close", "Close"),
            self._off: ("off", "Switch live trading off"),
            self._on: ("on", "Switch live trading on"),
        }
        self.name_parts("live", parts)
        self._watch.setToolTip("Send nothing at all to this account, not even a cancel (Alt+W)")
        self._allow.setToolTip(
            "Cancels and orders that reduce are sent, nothing that opens (Alt+A)"
        )
        self._off.setToolTip("Cancels and orders that reduce are still sent (Alt+F)")
        self._typed.setPlaceholderText(self._vm.name)
        self._typed.setMaxLength(80)
        for label in (self._state, self._why_not, self._question):
            label.setWordWrap(True)
        paint_role(self._question, Role.CAUTION)
        set_property(self._state, "head", "true")
        set_property(self._why_not, "dim", "true")
        set_property(self._on, "main", "true")

    def _lay_out(self) -> None:
        em = self._theme.base_px
        column = QVBoxLayout()
        column.setContentsMargins(round(1.5 * em), round(1.2 * em), round(1.5 * em), em)
        column.setSpacing(round(0.6 * em))
        column.addWidget(self._state)
        self._rows.setHorizontalSpacing(em)
        self._rows.setVerticalSpacing(round(0.35 * em))
        self._rows.setColumnStretch(2, 1)
        column.addLayout(self._rows)
        column.addStretch(1)
        line = QHBoxLayout()
        line.setSpacing(round(0.6 * em))
        line.addWidget(self.label_of("Account &name", self._typed))
        line.addWidget(self._typed, 1)
        column.addLayout(line)
        column.addWidget(self._why_not)
        column.addWidget(self._question)
        foot = QHBoxLayout()
        foot.setSpacing(round(0.6 * em))
        foot.addWidget(self._allow)
        foot.addWidget(self._watch)
        foot.addStretch(1)
        for button in (self._close, self._off, self._on):
            foot.addWidget(button)
        column.addLayout(foot)
        self.setLayout(column)
        stops = (self._typed, self._on, self._off, self._close, self._allow, self._watch)
        for before, after in pairwise(stops):
            QWidget.setTabOrder(before, after)

    def _connect(self) -> None:
        self._vm.changed.connect(self._show)
        self._typed.textEdited.connect(self._vm.set_typed)
        self._on.clicked.connect(self._vm.turn_on)
        self._off.clicked.connect(self._vm.turn_off)
        self._allow.clicked.connect(self._vm.allow)
        self._watch.clicked.connect(self._vm.watch_only)
        self._close.clicked.connect(self.reject)

    @override
    def main_button(self, focused: QWidget | None) -> QPushButton | None:
        return self._on if focused is self._typed else None

    # Showing ---------------------------------------------------------------------------------

    @Slot()
    def _show(self) -> None:
        view = self._vm.view
        self._state.setText(view.state_text)
        paint_role(self._state, view.state_role)
        while len(self._cells) < len(view.rows):
            self._add_row()
        for row, cells in zip(view.rows, self._cells, strict=False):
            _fill(row, cells)
        put_words(self._typed, view.typed)
        self._typed.setReadOnly(view.is_on)
        self._why_not.setText(view.why_not)
        self._on.setEnabled(view.can_turn_on)
        self._on.setToolTip(view.why_not or "Orders are sent with real money from then on (Enter)")
        self._off.setEnabled(view.is_on)
        self._allow.setVisible(view.is_watched)
        self._watch.setVisible(not view.is_watched)
        self._watch.setText(_WATCH_ALL_THE_SAME if view.watch_question else _WATCH)
        self._question.setText(view.watch_question)
        self._question.setVisible(bool(view.watch_question))

    def _add_row(self) -> None:
        cells = (QLabel(self), QLabel(self), QLabel(self))
        cells[2].setWordWrap(True)
        at = len(self._cells)
        for column, cell in enumerate(cells):
            self._rows.addWidget(cell, at, column, Qt.AlignmentFlag.AlignTop)
        cells[0].setObjectName(f"live.sign.{at}")
        cells[2].setObjectName(f"live.words.{at}")
        self._cells.append(cells)

    @override
    def on_shown(self) -> None:
        self._vm.set_shown(shown=True)
        self._typed.setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def on_hidden(self) -> None:
        self._vm.set_shown(shown=False)


def _fill(row: ConditionRow, cells: tuple[QLabel, QLabel, QLabel]) -> None:
    sign, name, words = cells
    sign.setText(row.sign)
    sign.setAccessibleName(row.light)
    name.setText(row.name)
    words.setText(f"{row.sentence} {row.remedy}".strip())
    for cell in (sign, words):
        paint_role(cell, row.role)
