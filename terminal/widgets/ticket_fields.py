"""The ticket's prices with their quick fills, and its size in four units."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from terminal.domain.events import StopReference
from terminal.domain.sizing import UNITS, SizeUnit
from terminal.viewmodels.ticket_sources import QuickPrice
from terminal.widgets.choice_box import ChoiceBox
from terminal.widgets.dialog import put_words
from terminal.widgets.styling import set_property
from terminal.widgets.ticket_parts import StepLine, choose, dim, name, note, show_note

if TYPE_CHECKING:
    from terminal.viewmodels.ticket import TicketViewModel
    from terminal.viewmodels.ticket_view import TicketView
    from terminal.widgets.theme import Theme

_UNIT_TIPS = {
    SizeUnit.LOTS: ("lots", "Size in lots"),
    SizeUnit.COIN: ("coin", "Size in coin, rounded down to whole lots"),
    SizeUnit.VALUE: ("value", "Size as value in the quote currency, rounded down to whole lots"),
    SizeUnit.RISK: (
        "risk",
        "Size in percent of the equity lost at the stop: the order's, the position's, a bracket's",
    ),
}


@final
class PriceFields(QWidget):
    """Trigger and price, each with a line for what is wrong with it or how far it is."""

    def __init__(self, view_model: TicketViewModel, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._vm = view_model
        self._price = StepLine(theme, self)
        self._price_note = note(self, theme, "price.note")
        self._quick = {wanted: QToolButton(self) for wanted in QuickPrice}
        self._waiting = QWidget(self)
        self._trigger = StepLine(theme, self._waiting)
        self._reference = ChoiceBox(theme, self._waiting)
        self._trigger_note = note(self._waiting, theme, "trigger.note")
        self._set_up()
        self._lay_out()
        self._connect()

    def _set_up(self) -> None:
        for reference in StopReference:
            self._reference.addItem(reference.value.capitalize(), reference)
        steps = "Up and Down step a tick, with Shift ten"
        name(self._price, "price", "Price", f"Price; {steps}")
        name(self._trigger, "trigger", "Trigger price", f"The price that it waits for; {steps}")
        name(self._reference, "reference", "Trigger source", "The price that the exchange watches")
        self._trigger.setPlaceholderText("trigger")
        for wanted, button in self._quick.items():
            button.setText(wanted.value)
            set_property(button, "slim", "true")
            said = f"Take the {wanted.value.lower()} price"
            name(button, f"quick.{wanted.value.lower()}", said)

    def _lay_out(self) -> None:
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        trigger = QGridLayout(self._waiting)
        trigger.setContentsMargins(0, 0, 0, 0)
        trigger.setVerticalSpacing(1)
        trigger.addWidget(dim("Trigger", self._waiting, self._trigger), 0, 0)
        trigger.addWidget(self._trigger, 0, 1)
        trigger.addWidget(self._reference, 0, 2)
        trigger.addWidget(self._trigger_note, 1, 0, 1, 3)
        column.addWidget(self._waiting)
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(dim("Price", self, self._price))
        row.addSpacing(4)
        row.addWidget(self._price, 1)
        column.addLayout(row)
        quick = QHBoxLayout()
        quick.setSpacing(2)
        for button in self._quick.values():
            quick.addWidget(button, 1)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        column.addLayout(quick)
        column.addWidget(self._price_note)
        self.setLayout(column)

    def _connect(self) -> None:
        vm = self._vm
        self._price.textEdited.connect(vm.set_price_text)
        self._trigger.textEdited.connect(vm.set_trigger_text)
        self._price.stepped.connect(vm.step_price)
        self._trigger.stepped.connect(self._on_trigger_stepped)
        self._reference.currentIndexChanged.connect(self._on_reference)
        for wanted, button in self._quick.items():
            button.clicked.connect(partial(self._on_quick, wanted))

    @Slot(int)
    def _on_reference(self, at: int) -> None:
        self._vm.set_reference(self._reference.itemData(at))

    @Slot(int)
    def _on_trigger_stepped(self, by: int) -> None:
        self._vm.step_price(by, is_trigger=True)

    def _on_quick(self, wanted: QuickPrice) -> None:
        self._vm.fill(wanted)

    def tab_order(self) -> tuple[QWidget, ...]:
        """Its fields in the order that they are read."""
        return (self._trigger, self._reference, self._price, *self._quick.values())

    def show_view(self, view: TicketView) -> None:
        """Show what is typed, and what is wrong with it."""
        form = view.form
        choose(self._reference, form.reference)
        put_words(self._price, form.price_text if form.kind.has_price else "")
        put_words(self._trigger, form.trigger_text)
        self._price.setEnabled(form.kind.has_price)
        hint = "price" if form.kind.needs_price else "market"
        self._price.setPlaceholderText(hint)
        self._waiting.setVisible(form.kind.waits)
        for field, error in (
            (self._price, view.price_error),
            (self._trigger, view.trigger_error),
        ):
            set_property(field, "wrong", "true" if error else "false")
        show_note(self._price_note, view.price_error, view.distance_text, view.price_refused)
        show_note(self._trigger_note, view.trigger_error, view.trigger_text, view.trigger_refused)


@final
class SizeFields(QWidget):
    """One size in four units; the one that is typed in stays as typed, the others follow."""

    def __init__(self, view_model: TicketViewModel, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._fields = {unit: StepLine(theme, self, is_whole=True) for unit in UNITS}
        self._names = {unit: dim("", self, self._fields[unit]) for unit in UNITS}
        self._note = note(self, theme, "size.note")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(2)
        grid.setHorizontalSpacing(6)
        for n, unit in enumerate(UNITS):
            field = self._fields[unit]
            words, tip = _UNIT_TIPS[unit]
            name(field, words, tip)
            field.textEdited.connect(partial(view_model.set_size_text, unit))
            field.stepped.connect(view_model.step_size)
            row, place = divmod(n, 2)
            grid.addWidget(self._names[unit], row, 2 * place)
            grid.addWidget(field, row, 2 * place + 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        grid.addWidget(self._note, 2, 0, 1, 4)

    def tab_order(self) -> tuple[QWidget, ...]:
        """Its fields in the order that they are read."""
        return tuple(self._fields.values())

    def show_view(self, view: TicketView) -> None:
        """Show the size in all units; a close has none."""
        for unit, field in self._fields.items():
            put_words(self._names[unit], view.unit_names[unit])
            field.show_from_start(view.sizes[unit])
            field.setEnabled(not view.form.is_close)
            is_wrong = bool(view.lots_error) and unit is view.form.unit
            set_property(field, "wrong", "true" if is_wrong else "false")
        show_note(self._note, view.lots_error, view.size_note, view.lots_refused)
