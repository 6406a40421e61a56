"""The small dialog for one exit of a position: a trigger price, lots for a part, and what it is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from terminal.widgets.dialog import Dialog, put_words, show_one
from terminal.widgets.styling import paint_role, set_property

if TYPE_CHECKING:
    from terminal.viewmodels.exit_form import ExitFormViewModel
    from terminal.widgets.theme import Theme

_WIDTH_EM = 34


def show_exit_form(view_model: ExitFormViewModel, theme: Theme, parent: QWidget) -> ExitFormDialog:
    """Show the dialog; the one that is open already is brought to the front."""
    return show_one(ExitFormDialog, partial(ExitFormDialog, view_model, theme, parent), parent)


@final
class ExitFormDialog(Dialog):
    """Draws an ``ExitFormViewModel``; it deletes itself when closed.

    Not modal. What would be sent stands there while it is typed; Enter or the button sends it, Esc
    closes.
    """

    def __init__(
        self, view_model: ExitFormViewModel, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__("exit.dialog", view_model.view.title, theme, parent, width_em=_WIDTH_EM)
        self._vm = view_model
        self._position = QLabel(self)
        self._price = QLineEdit(self)
        self._lots = QLineEdit(self)
        self._words = QLabel(self)
        self._close = QPushButton("Close", self)
        self._place = QPushButton("&Place at the exchange", self)
        self._set_up()
        self._lay_out(theme.base_px)
        self._connect()
        self._show()
        self._price.setFocus()

    def _set_up(self) -> None:
        named: dict[QWidget, tuple[str, str]] = {
            self._price: ("price", "Trigger price; the exchange watches it"),
            self._lots: ("lots", "Lots to close; empty closes all that is held by then"),
            self._words: ("words", ""),
            self._close: ("close", "Close; nothing is sent (Esc)"),
            self._place: ("place", "Send it; it only reduces (Enter)"),
        }
        self.name_parts("exit", named)
        for widget, (_, words) in named.items():
            widget.setToolTip(words)
        for field in (self._price, self._lots):
            field.setAlignment(Qt.AlignmentFlag.AlignRight)
            field.setMaxLength(20)
        self._lots.setPlaceholderText("all")
        set_property(self._place, "main", "true")
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)

    def _lay_out(self, em: int) -> None:
        column = QVBoxLayout()
        column.setContentsMargins(round(1.5 * em), em, round(1.5 * em), em)
        column.setSpacing(round(0.5 * em))
        column.addWidget(self._position)
        form = QFormLayout()
        form.addRow("&Trigger price", self._price)
        form.addRow("&Lots", self._lots)
        column.addLayout(form)
        self._words.setMinimumHeight(3 * em)
        column.addWidget(self._words, 1)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self._close)
        foot.addWidget(self._place)
        column.addLayout(foot)
        self.setLayout(column)

    def _connect(self) -> None:
        self._vm.changed.connect(self._show)
        self._price.textEdited.connect(self._vm.set_price_text)
        self._lots.textEdited.connect(self._vm.set_lots_text)
        self._close.clicked.connect(self.reject)
        self._place.clicked.connect(self._vm.place)

    @override
    def main_button(self, focused: QWidget | None) -> QPushButton | None:
        return self._place

    @Slot()
    def _show(self) -> None:
        view = self._vm.view
        self.setWindowTitle(view.title)
        self._position.setText(view.position)
        for field, typed in ((self._price, view.price_text), (self._lots, view.lots_text)):
            put_words(field, typed)
        self._words.setText(view.words)
        paint_role(self._words, view.words_role)
        self._place.setEnabled(not view.why_not)

    @override
    def on_hidden(self) -> None:
        self._vm.set_paused(True)
