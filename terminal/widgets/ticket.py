"""The order ticket panel: fields, preview, two-step sending."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
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
from terminal.viewmodels.text import Role
from terminal.widgets.styling import paint_role, set_property

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent

    from terminal.viewmodels.ticket import TicketView, TicketViewModel
    from terminal.widgets.theme import Theme


_SEND_TIP = "Press once to read what would be sent, again to send it"
_DRY_TIP = "Test order: the exchange checks it and answers; nothing is placed"


@final
class TicketPanel(QWidget):
    """Draws a ``TicketViewModel``. The first press stages, the second sends; Esc takes back."""

    def __init__(
        self, view_model: TicketViewModel, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._vm = view_model
        self._theme = theme
        self._symbol = QLabel(self)
        self._limit = QPushButton("Limit", self)
        self._market = QPushButton("Market", self)
        self._price = QLineEdit(self)
        self._lots = QLineEdit(self)
        self._price_error = QLabel(self)
        self._lots_error = QLabel(self)
        self._post_only = QCheckBox("Post-only", self)
        self._reduce_only = QCheckBox("Reduce-only", self)
        self._scale = QPushButton("Scale\N{HORIZONTAL ELLIPSIS}", self)
        self._value = QLabel(self)
        self._fee = QLabel(self)
        self._effect = QLabel(self)
        self._loss = QLineEdit(self)
        self._profit = QLineEdit(self)
        self._exits = QLabel(self)
        self._buy = QPushButton(self)
        self._sell = QPushButton(self)
        self._words = QLabel(self)
        self._set_up()
        self._lay_out()
        self._connect()
        self._show()

    def _set_up(self) -> None:
        for button in (self._limit, self._market):
            button.setCheckable(True)
            button.setAutoExclusive(True)
        names = {
            self._price: "ticket.price",
            self._lots: "ticket.lots",
            self._buy: "ticket.buy",
            self._sell: "ticket.sell",
            self._words: "ticket.words",
            self._market: "ticket.market",
            self._loss: "ticket.loss",
            self._profit: "ticket.profit",
            self._exits: "ticket.exits",
            self._scale: "ticket.scale",
        }
        for widget, name in names.items():
            widget.setObjectName(name)
        for field in (self._price, self._lots, self._loss, self._profit):
            field.setAlignment(Qt.AlignmentFlag.AlignRight)
            field.setFont(self._theme.font)
        self._price.setPlaceholderText("price")
        self._lots.setPlaceholderText("lots")
        for field, words in ((self._loss, "stop-loss"), (self._profit, "take-profit")):
            field.setPlaceholderText(words)
            field.setToolTip(f"Trigger of a {words} attached to the order; empty for none")
            field.setAccessibleName(words)
        self._price.setAccessibleName("Price")
        self._lots.setAccessibleName("Lots")
        self._scale.setToolTip("Many limit orders between two prices, listed before they are sent")
        self._exits.setWordWrap(True)
        self._exits.setFont(self._theme.small_font)
        self._exits.hide()
        set_property(self._buy, "side", "buy")
        set_property(self._sell, "side", "sell")
        for label in (self._price_error, self._lots_error):
            paint_role(label, Role.DANGER)
            label.setFont(self._theme.small_font)
        self._words.setWordWrap(True)
        self._words.setMinimumHeight(2 * self._theme.base_px + 10)
        self._words.setAlignment(Qt.AlignmentFlag.AlignTop)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(5)
        head = QHBoxLayout()
        head.addWidget(self._symbol, 1)
        head.addWidget(self._limit)
        head.addWidget(self._market)
        column.addLayout(head)
        grid = QGridLayout()
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        for row, (title, field, error) in enumerate(
            (("Price", self._price, self._price_error), ("Lots", self._lots, self._lots_error))
        ):
            grid.addWidget(self._dim(title), 2 * row, 0)
            grid.addWidget(field, 2 * row, 1)
            grid.addWidget(error, 2 * row + 1, 1)
        column.addLayout(grid)
        self._lay_out_figures(column)
        sides = QHBoxLayout()
        sides.addWidget(self._buy, 1)
        sides.addWidget(self._sell, 1)
        column.addLayout(sides)
        column.addWidget(self._words)
        column.addStretch(1)

    def _lay_out_figures(self, column: QVBoxLayout) -> None:
        flags = QHBoxLayout()
        flags.addWidget(self._post_only)
        flags.addWidget(self._reduce_only)
        flags.addStretch(1)
        flags.addWidget(self._scale)
        column.addLayout(flags)
        exits = QHBoxLayout()
        exits.addWidget(self._dim("Exits"))
        exits.addWidget(self._loss, 1)
        exits.addWidget(self._profit, 1)
        column.addLayout(exits)
        column.addWidget(self._exits)
        figures = QGridLayout()
        figures.setColumnStretch(1, 1)
        for row, (title, label) in enumerate((("Value", self._value), ("Fee at most", self._fee))):
            figures.addWidget(self._dim(title), row, 0)
            figures.addWidget(label, row, 1, Qt.AlignmentFlag.AlignRight)
        column.addLayout(figures)
        column.addWidget(self._effect)
        self._effect.setWordWrap(True)
        set_property(self._effect, "dim", "true")

    def _dim(self, words: str) -> QLabel:
        label = QLabel(words, self)
        set_property(label, "dim", "true")
        return label

    def _connect(self) -> None:
        vm = self._vm
        vm.changed.connect(self._show)
        self._market.toggled.connect(vm.set_market)
        self._price.textEdited.connect(vm.set_price_text)
        self._lots.textEdited.connect(vm.set_lots_text)
        self._post_only.toggled.connect(vm.set_post_only)
        self._reduce_only.toggled.connect(vm.set_reduce_only)
        self._loss.textEdited.connect(vm.set_loss_text)
        self._profit.textEdited.connect(vm.set_profit_text)
        self._buy.clicked.connect(self._on_buy)
        self._sell.clicked.connect(self._on_sell)
        self._scale.clicked.connect(vm.ask_for_scale)
        self._limit.setChecked(True)

    @Slot()
    def _on_buy(self) -> None:
        self._vm.stage(Side.BUY)

    @Slot()
    def _on_sell(self) -> None:
        self._vm.stage(Side.SELL)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._vm.drop()
        else:
            super().keyPressEvent(event)

    @Slot()
    def _show(self) -> None:
        view = self._vm.view
        _set(self._symbol, view.symbol or "No contract yet")
        for figure in (self._value, self._fee, self._effect):
            role = Role.TEXT if view.stale is None else Role.CAUTION
            paint_role(figure, role)
        self._price.setEnabled(not view.is_market)
        self._post_only.setEnabled(not view.is_market)
        for field, words in (
            (self._price, view.price_text),
            (self._lots, view.lots_text),
            (self._loss, view.loss_text),
            (self._profit, view.profit_text),
        ):
            if field.text() != words:
                field.setText(words)
        _set(self._price_error, view.price_error)
        _set(self._lots_error, view.lots_error)
        set_property(self._price, "wrong", "true" if view.price_error else "false")
        set_property(self._lots, "wrong", "true" if view.lots_error else "false")
        exits = view.exits_error or view.exits_text
        _set(self._exits, exits)
        self._exits.setVisible(bool(exits))
        paint_role(self._exits, Role.DANGER if view.exits_error else Role.TEXT_DIM)
        _set(self._value, view.value_text)
        _set(self._fee, view.fee_text)
        _set(self._effect, view.effect_text)
        tip = _DRY_TIP if view.is_dry else _SEND_TIP
        for button in (self._buy, self._sell):
            if button.toolTip() != tip:
                button.setToolTip(tip)
        _set(self._buy, view.buy_text)
        _set(self._sell, view.sell_text)
        self._buy.setEnabled(view.can_buy)
        self._sell.setEnabled(view.can_sell)
        self._show_words(view)

    def _show_words(self, view: TicketView) -> None:
        if view.staged is not None:
            words, role = f"{view.staged} Press again to send, Esc drops.", view.staged_role
        elif view.message is not None:
            words, role = view.message.text, view.message.role
        else:
            words, role = view.stale or view.blocked_reason, Role.CAUTION
        _set(self._words, words)
        paint_role(self._words, role)


def _set(widget: QLabel | QPushButton, words: str) -> None:
    if widget.text() != words:
        widget.setText(words)
