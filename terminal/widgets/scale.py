"""The scale dialog: two prices, how many orders, how many lots; the list of what will be sent."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from terminal.domain.units import Side
from terminal.viewmodels.scale import SHAPES
from terminal.viewmodels.text import Role
from terminal.widgets.dialog import ENTER, Dialog, put_words, show_one
from terminal.widgets.row_table import RowTable
from terminal.widgets.single_click import SingleClick
from terminal.widgets.styling import paint_role, set_property

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

    from terminal.viewmodels.frame import FrameMeter
    from terminal.viewmodels.scale import ScaleViewModel
    from terminal.widgets.theme import Theme

TITLE = "Scale: many limit orders"
_WIDTH_EM, _LIST_EM = 56, 18
_SEND_TIP = "Press once to stage, again to send all of the list"
_SIDES = (Side.BUY, Side.SELL)
_FIELDS = (
    ("first", "From &price", "The first order's price"),
    ("last", "&to price", "The last order's price"),
    ("count", "&Orders", "How many orders, evenly on whole ticks"),
    ("lots", "&Lots in all", "Shared out among the orders; the sum is exact"),
)


def show_scale(
    view_model: ScaleViewModel, theme: Theme, meter: FrameMeter, parent: QWidget
) -> ScaleDialog:
    """Show the dialog; the one that is open already is brought to the front."""
    make = partial(ScaleDialog, view_model, theme, meter, parent)
    return show_one(ScaleDialog, make, parent)


@final
class ScaleDialog(Dialog):
    """Draws a ``ScaleViewModel``, which it begins and pauses; it deletes itself when closed.

    Not modal. Enter in a field stages and never sends; the button stages, then sends. Esc takes
    back what is staged, then closes.
    """

    def __init__(
        self,
        view_model: ScaleViewModel,
        theme: Theme,
        meter: FrameMeter,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("scale.dialog", TITLE, theme, parent, width_em=_WIDTH_EM)
        self._vm = view_model
        self._symbol = QLabel(self)
        self._fields = {name: QLineEdit(self) for name, _, _ in _FIELDS}
        self._side = QComboBox(self)
        self._shape = QComboBox(self)
        self._post_only = QCheckBox("P&ost-only", self)
        self._reduce_only = QCheckBox("&Reduce-only", self)
        self.table = RowTable(view_model, theme, meter, self)
        self._total = QLabel(self)
        self._words = QLabel(self)
        self._close = QPushButton("Close", self)
        self._send = SingleClick(self)
        self._set_up()
        self._lay_out()
        self._connect()
        self._show()

    # Building --------------------------------------------------------------------------------

    def _set_up(self) -> None:
        named: dict[QWidget, tuple[str, str]] = {
            self._side: ("side", "Buy or sell"),
            self._shape: ("shape", "How the lots are shared out, first price to last"),
            self._post_only: ("post_only", "Each rests or is refused"),
            self._reduce_only: ("reduce_only", "None opens or enlarges a position"),
            self.table: ("table", "The orders that will be sent, and what becomes of each"),
            self._total: ("total", "Value of all, and their fees"),
            self._words: ("words", ""),
            self._close: ("close", "Close; what was sent goes on (Esc)"),
            self._send: ("send", _SEND_TIP),
        }
        for name, _, words in _FIELDS:
            named[self._fields[name]] = (name, words)
            self._fields[name].setAlignment(Qt.AlignmentFlag.AlignRight)
            self._fields[name].setMaxLength(20)
        self.name_parts("scale", named)
        for widget, (_, words) in named.items():
            widget.setToolTip(words)
        self._side.addItems([side.value.capitalize() for side in _SIDES])
        self._shape.addItems(SHAPES)
        set_property(self._send, "main", "true")
        for label in (self._words, self._total, self._symbol):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        self._words.setMinimumHeight(2 * self._theme.base_px + 10)

    def _lay_out(self) -> None:
        em = self._theme.base_px
        column = QVBoxLayout()
        column.setContentsMargins(round(1.5 * em), em, round(1.5 * em), em)
        column.setSpacing(round(0.5 * em))
        head = QHBoxLayout()
        for widget in (self._symbol, self._side):
            head.addWidget(widget)
        head.addStretch(1)
        head.addWidget(self._post_only)
        head.addWidget(self._reduce_only)
        column.addLayout(head)
        grid = QGridLayout()
        grid.setHorizontalSpacing(round(0.7 * em))
        for number, (name, words, _) in enumerate(_FIELDS):
            row, at = divmod(number, 2)
            grid.addWidget(self.label_of(words, self._fields[name]), row, 3 * at)
            grid.addWidget(self._fields[name], row, 3 * at + 1)
        grid.addWidget(self.label_of("&Sizes", self._shape), 2, 0)
        grid.addWidget(self._shape, 2, 1)
        grid.addWidget(self._total, 2, 3, 1, 2)
        column.addLayout(grid)
        self.table.setMinimumHeight(_LIST_EM * em)
        column.addWidget(self.table, 1)
        column.addWidget(self._words)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self._close)
        foot.addWidget(self._send)
        column.addLayout(foot)
        self.setLayout(column)

    def _connect(self) -> None:
        vm = self._vm
        vm.changed.connect(self._show)
        for name, field in self._fields.items():
            field.textEdited.connect(partial(vm.set_text, name))
        self._side.activated.connect(self._on_side)
        self._shape.textActivated.connect(vm.set_shape)
        self._post_only.clicked.connect(vm.set_post_only)
        self._reduce_only.clicked.connect(vm.set_reduce_only)
        self._close.clicked.connect(self.reject)
        self._send.clicked.connect(vm.press)

    # Gestures --------------------------------------------------------------------------------

    @Slot(int)
    def _on_side(self, number: int) -> None:
        self._vm.set_side(_SIDES[number])

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._vm.drop():
            return
        if event.key() not in ENTER or not isinstance(self.focusWidget(), QLineEdit):
            super().keyPressEvent(event)
        elif not self._held.is_repeat(event):
            self._vm.stage()

    # Showing ---------------------------------------------------------------------------------

    @Slot()
    def _show(self) -> None:
        view = self._vm.view
        put_words(self._symbol, view.symbol)
        for name, typed in (
            ("first", view.first_text),
            ("last", view.last_text),
            ("count", view.count_text),
            ("lots", view.lots_text),
        ):
            put_words(self._fields[name], typed)
        self._side.setCurrentIndex(_SIDES.index(view.side))
        self._shape.setCurrentText(view.shape.value)
        self._post_only.setChecked(view.is_post_only)
        self._reduce_only.setChecked(view.is_reduce_only)
        put_words(self._total, view.total)
        put_words(self._send, view.button)
        self._send.setEnabled(not view.why_not)
        self._send.setToolTip(view.why_not or _SEND_TIP)
        set_property(self._send, "side", view.side.value)
        words, role = view.problem, Role.CAUTION
        if view.is_staged:
            words, role = "This list is sent by a second press. Esc takes it back.", Role.CAUTION
        elif view.message is not None:
            words, role = view.message.text, view.message.role
        put_words(self._words, words)
        paint_role(self._words, role)
        self.table.show_state()

    @override
    def on_shown(self) -> None:
        self._vm.begin()
        self._fields["first"].setFocus()

    @override
    def on_hidden(self) -> None:
        self._vm.drop()
        self._vm.set_paused(True)
