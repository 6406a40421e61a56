"""The transfer dialog: two accounts, an amount, what is there before and after, how it ended.

All rules about what may be sent and what happens next are the view-model's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from terminal.domain.transfer import AccountKind
from terminal.viewmodels.text import Role
from terminal.viewmodels.transfer import NAMES
from terminal.widgets.choice_box import ChoiceBox
from terminal.widgets.dialog import Dialog, put_words, show_one
from terminal.widgets.styling import paint_role, set_property

if TYPE_CHECKING:
    from terminal.viewmodels.transfer import FundsRow, Note, TransferView, TransferViewModel
    from terminal.widgets.theme import Theme

TITLE = "Transfer between accounts"
_KINDS = tuple(AccountKind)
_WIDTH_EM = 44
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def show_transfer(view_model: TransferViewModel, theme: Theme, parent: QWidget) -> TransferDialog:
    """Show the dialog; the one that is open already is brought to the front."""
    return show_one(TransferDialog, lambda: TransferDialog(view_model, theme, parent), parent)


@final
class TransferDialog(Dialog):
    """Draws a ``TransferViewModel``, which it begins and pauses; it deletes itself when closed.

    Not modal: orders can be cancelled and positions flattened while it is open. Enter in the
    amount sends once what is valid, a held Enter sends nothing more; Esc closes and never sends.
    """

    def __init__(
        self, view_model: TransferViewModel, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__("transfer.dialog", TITLE, theme, parent)
        self._vm = view_model
        self._height = 0
        self._source = ChoiceBox(theme, self)
        self._target = ChoiceBox(theme, self)
        self._currency = ChoiceBox(theme, self)
        self._amount = QLineEdit(self)
        self._swap = QPushButton("\N{LEFTWARDS ARROW OVER RIGHTWARDS ARROW}", self)
        self._all = QPushButton("&All", self)
        self._accounts_problem = QLabel(self)
        self._amount_problem = QLabel(self)
        self._table = _FundsTable(theme, self)
        self._note = _NoteBox(theme, self)
        self._read = QPushButton("&Read again", self)
        self._close = QPushButton("Close", self)
        self._send = QPushButton(self)
        self._set_up()
        self._lay_out()
        self._connect()
        self._show()

    # Building --------------------------------------------------------------------------------

    def _set_up(self) -> None:
        parts: dict[QWidget, tuple[str, str]] = {
            self._source: ("source", "From account"),
            self._target: ("target", "To account"),
            self._currency: ("currency", "Currency"),
            self._amount: ("amount", "Amount"),
            self._swap: ("swap", "Swap the accounts"),
            self._all: ("all", "All that is transferable"),
            self._accounts_problem: ("accounts_problem", ""),
            self._amount_problem: ("amount_problem", ""),
            self._read: ("read", "Read the balances again"),
            self._close: ("close", "Close"),
            self._send: ("send", "Send"),
        }
        self.name_parts("transfer", parts)
        for box in (self._source, self._target):
            box.addItems([NAMES[kind] for kind in _KINDS])
        self._swap.setShortcut("Alt+W")
        self._swap.setToolTip("Swap the accounts (Alt+W)")
        self._all.setToolTip("Everything that is transferable (Alt+A)")
        self._read.setToolTip("Read the balances of all three accounts again (Alt+R)")
        self._close.setToolTip("Close; nothing more is sent (Esc)")
        self._amount.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._amount.setPlaceholderText("amount")
        self._amount.setMaxLength(40)
        set_property(self._send, "main", "true")
        for label in (self._accounts_problem, self._amount_problem):
            label.setWordWrap(True)
            label.setMinimumHeight(round(1.35 * self._theme.base_px))
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            set_property(label, "head", "true")
            paint_role(label, Role.DANGER)

    def _lay_out(self) -> None:
        em = self._theme.base_px
        column = QVBoxLayout()
        column.setContentsMargins(round(1.5 * em), round(1.2 * em), round(1.5 * em), em)
        column.setSpacing(round(0.3 * em))
        column.addLayout(self._form())
        column.addSpacing(round(0.4 * em))
        column.addWidget(self._table)
        column.addSpacing(round(0.6 * em))
        column.addWidget(self._note)
        column.addStretch(1)
        foot = QHBoxLayout()
        foot.setSpacing(round(0.6 * em))
        foot.addWidget(self._read)
        foot.addStretch(1)
        foot.addWidget(self._close)
        foot.addWidget(self._send)
        column.addSpacing(round(0.6 * em))
        column.addLayout(foot)
        self.setLayout(column)
        stops = (self._source, self._swap, self._target, self._currency, self._amount, self._all)
        buttons = (*self._note.stops, self._send, self._close, self._read)
        for before, after in zip((*stops, *buttons), (*stops[1:], *buttons), strict=False):
            QWidget.setTabOrder(before, after)

    def _form(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(round(0.7 * self._theme.base_px))
        grid.setVerticalSpacing(round(0.2 * self._theme.base_px))
        for column in (1, 4):
            grid.setColumnStretch(column, 1)
        grid.addWidget(self.label_of("&From", self._source), 0, 0)
        grid.addWidget(self._source, 0, 1)
        grid.addWidget(self._swap, 0, 2)
        grid.addWidget(self.label_of("&To", self._target), 0, 3)
        grid.addWidget(self._target, 0, 4)
        grid.addWidget(self._accounts_problem, 1, 1, 1, 4)
        grid.addWidget(self.label_of("A&mount", self._amount), 2, 0)
        grid.addWidget(self._amount, 2, 1)
        grid.addWidget(self._all, 2, 2)
        grid.addWidget(self.label_of("&Currency", self._currency), 2, 3)
        grid.addWidget(self._currency, 2, 4)
        grid.addWidget(self._amount_problem, 3, 1, 1, 4)
        return grid

    def _connect(self) -> None:
        vm = self._vm
        vm.changed.connect(self._show)
        self._source.activated.connect(self._on_source)
        self._target.activated.connect(self._on_target)
        self._currency.textActivated.connect(vm.set_currency)
        self._amount.textEdited.connect(vm.set_amount_text)
        self._swap.clicked.connect(vm.swap)
        self._all.clicked.connect(self._on_all)
        self._read.clicked.connect(vm.read_again)
        self._note.ask_again.clicked.connect(vm.ask_again)
        self._note.arrived.clicked.connect(self._on_arrived)
        self._note.not_moved.clicked.connect(self._on_not_moved)
        self._close.clicked.connect(self.reject)
        self._send.clicked.connect(vm.send)

    # Gestures --------------------------------------------------------------------------------

    @Slot(int)
    def _on_source(self, index: int) -> None:
        self._vm.set_source(_KINDS[index])

    @Slot(int)
    def _on_target(self, index: int) -> None:
        self._vm.set_target(_KINDS[index])

    @Slot()
    def _on_all(self) -> None:
        self._vm.set_all()
        self._amount.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _on_arrived(self) -> None:
        self._vm.say_arrived()
        self._amount.setFocus(Qt.FocusReason.OtherFocusReason)  # its button goes

    @Slot()
    def _on_not_moved(self) -> None:
        self._vm.say_not_moved()
        self._amount.setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def main_button(self, focused: QWidget | None) -> QPushButton | None:
        return self._send if focused is self._amount else None

    # Showing ---------------------------------------------------------------------------------

    @Slot()
    def _show(self) -> None:
        view = self._vm.view
        self._show_choices(view)
        put_words(self._amount, view.amount_text)
        set_property(self._amount, "wrong", "true" if view.amount_problem else "false")
        self._amount.setAccessibleDescription(view.amount_problem)
        put_words(self._amount_problem, view.amount_problem)
        put_words(self._accounts_problem, view.accounts_problem)
        self._table.show_rows(view.rows, view.currency)
        put_words(self._send, view.send_text)
        self._send.setEnabled(view.can_send)
        self._send.setToolTip(view.why_not or "Send it now (Enter)")
        self._note.show_note(view.note, view)
        for widget in (self._source, self._target, self._swap, self._currency, self._all):
            widget.setEnabled(view.can_edit)
        # Never disabled: the focus would wander to a button, and Enter with it.
        self._amount.setReadOnly(not view.can_edit)
        self._fit()

    def _show_choices(self, view: TransferView) -> None:
        self._source.setCurrentIndex(_KINDS.index(view.source))
        self._target.setCurrentIndex(_KINDS.index(view.target))
        shown = tuple(self._currency.itemText(n) for n in range(self._currency.count()))
        if shown != view.currencies:
            self._currency.clear()
            self._currency.addItems(view.currencies)
        self._currency.setCurrentText(view.currency)

    def _fit(self) -> None:
        """As high as what is in it, whenever that changes; as wide as the user made it."""
        for widget in (self._note, self):  # inside out: a layout knows its children's by then
            layout = widget.layout()
            if layout is not None:
                layout.activate()
        whole = self.layout()
        if whole is None:
            return
        least = max(_WIDTH_EM * self._theme.base_px, whole.totalMinimumSize().width())
        width = max(least, self.width()) if self._height else least
        height = whole.totalHeightForWidth(width)
        if (width, height) != (self.width(), self._height):
            self._height = height
            self.resize(width, height)

    @override
    def on_shown(self) -> None:
        self._vm.begin()
        self._amount.setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def on_hidden(self) -> None:
        self._vm.set_paused(True)


@final
class _FundsTable(QWidget):
    """Three accounts: balance, balance after, what is transferable."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._heads = [QLabel(self) for _ in range(5)]
        self._cells = {kind: [QLabel(self) for _ in range(5)] for kind in AccountKind}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.base_px)
        grid.setVerticalSpacing(round(0.35 * theme.base_px))
        for column in (2, 3, 4):
            grid.setColumnStretch(column, 1)
        for column, head in enumerate(self._heads):
            set_property(head, "head", "true")
            grid.addWidget(head, 0, column, _RIGHT if column >= 2 else Qt.AlignmentFlag.AlignLeft)
        for number, (kind, cells) in enumerate(self._cells.items(), 1):
            for column, cell in enumerate(cells):
                cell.setObjectName(f"transfer.{kind.value}.{_COLUMNS[column]}")
                cell.setFont(theme.font)
                side = _RIGHT if column >= 2 else Qt.AlignmentFlag.AlignLeft
                grid.addWidget(cell, number, column, side)
            set_property(cells[0], "dim", "true")

    def show_rows(self, rows: tuple[FundsRow, ...], currency: str) -> None:
        """Show the accounts in their order; the currency stands in the header."""
        heads = ("", "Account", f"Balance, {currency}", "Balance after", "Transferable")
        for head, words in zip(self._heads, heads, strict=True):
            put_words(head, words)
        for cells, row in zip(self._cells.values(), rows, strict=True):
            texts = (row.mark, row.name, row.balance, row.after, row.transferable)
            for cell, words in zip(cells, texts, strict=True):
                put_words(cell, words)
            for cell in cells[1:]:
                paint_role(cell, row.role)


_COLUMNS = ("mark", "name", "balance", "after", "transferable")


@final
class _NoteBox(QFrame):
    """How the transfer stands, and what the user can do about one whose answer was lost."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        set_property(self, "note", "true")
        self._sign = QLabel(self)
        self._sentence = QLabel(self)
        self._detail = QLabel(self)
        self.ask_again = QPushButton("As&k again", self)
        self.arrived = QPushButton("It arr&ived", self)
        self.not_moved = QPushButton("It did &not move", self)
        names: dict[QWidget, str] = {
            self._sentence: "sentence",
            self._detail: "detail",
            self.ask_again: "ask_again",
            self.arrived: "arrived",
            self.not_moved: "not_moved",
        }
        for widget, name in names.items():
            widget.setObjectName(f"transfer.{name}")
        for label in (self._sentence, self._detail):
            label.setWordWrap(True)
        set_property(self._detail, "dim", "true")
        self.ask_again.setToolTip("Send it again under the same id: nothing moves twice (Alt+K)")
        self.arrived.setToolTip("You have seen it arrive: it is no gain of the day (Alt+I)")
        self.not_moved.setToolTip("You have seen that nothing was moved (Alt+N)")
        em = theme.base_px
        grid = QGridLayout()
        grid.setContentsMargins(em, round(0.7 * em), em, round(0.7 * em))
        grid.setHorizontalSpacing(round(0.7 * em))
        grid.setColumnStretch(1, 1)
        grid.addWidget(self._sign, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._sentence, 0, 1)
        grid.addWidget(self._detail, 1, 1)
        row = QHBoxLayout()
        row.setSpacing(round(0.6 * em))
        for button in self.stops:
            row.addWidget(button)
        row.addStretch(1)
        grid.addLayout(row, 2, 1)
        self.setLayout(grid)

    @property
    def stops(self) -> tuple[QPushButton, ...]:
        """Where Tab stops, in order."""
        return (self.ask_again, self.arrived, self.not_moved)

    def show_note(self, note: Note | None, view: TransferView) -> None:
        """Show how it stands; nothing while there is nothing to say."""
        self.setVisible(note is not None)
        for button in self.stops:
            button.setVisible(view.is_unsettled)
            button.setEnabled(view.can_ask_again)
        if note is None:
            return
        put_words(self._sign, note.sign)
        put_words(self._sentence, note.sentence)
        put_words(self._detail, note.detail)
        self._detail.setVisible(bool(note.detail))
        for label in (self._sign, self._sentence):
            paint_role(label, note.role)
