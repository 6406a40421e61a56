"""The dialog of where the time of orders goes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, final

from PySide6.QtCore import QSize, Slot
from PySide6.QtWidgets import QDialogButtonBox, QLabel, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from terminal.viewmodels.latency import CLOCKS
from terminal.widgets.dialog import Dialog, show_one
from terminal.widgets.row_table import PlainTable, TablePanel
from terminal.widgets.styling import set_property

if TYPE_CHECKING:
    from terminal.viewmodels.frame import FrameMeter
    from terminal.viewmodels.latency import LatencyViewModel
    from terminal.widgets.theme import Theme

TITLE = "Latency of orders"
_WIDTH_EM, _HEIGHT_EM = 72, 42


def show_latency(
    view_model: LatencyViewModel, theme: Theme, meter: FrameMeter, parent: QWidget
) -> LatencyDialog:
    """Show the dialog; the one that is open already is brought to the front."""
    make = partial(LatencyDialog, view_model, theme, meter, parent)
    return show_one(LatencyDialog, make, parent)


@final
class LatencyDialog(Dialog):
    """Draws a ``LatencyViewModel``; not modal, and it deletes itself when closed."""

    def __init__(
        self,
        view_model: LatencyViewModel,
        theme: Theme,
        meter: FrameMeter,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("latency.dialog", TITLE, theme, parent)
        self._vm = view_model
        self.sentence, self.clocks = QLabel(self), QLabel(CLOCKS, self)
        self.parts = TablePanel(view_model, theme, meter, self)
        orders = PlainTable(view_model.orders, view_model.changed, view_model.empty_text, self)
        self.orders = TablePanel(orders, theme, meter, self)
        self.sentence.setObjectName("latency.sentence")
        self.clocks.setObjectName("latency.clocks")
        set_property(self.clocks, "dim", "true")
        self.parts.table.setObjectName("latency.parts")
        self.orders.table.setObjectName("latency.orders")
        self.parts.table.setAccessibleName("Latency by part")
        self.orders.table.setAccessibleName("Latency of the last orders")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self._close = buttons.button(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for widget in (self.sentence, self.parts, self.orders, self.clocks, buttons):
            column.addWidget(widget)
        for label in (self.sentence, self.clocks):
            label.setWordWrap(True)
        column.setStretchFactor(self.parts, 1)
        column.setStretchFactor(self.orders, 1)
        view_model.changed.connect(self._show)
        em = theme.base_px
        self.resize(self.fitting(QSize(_WIDTH_EM * em, _HEIGHT_EM * em)))
        self._show()

    @Slot()
    def _show(self) -> None:
        self.sentence.setText(self._vm.sentence)

    @override
    def main_button(self, focused: QWidget | None) -> QPushButton | None:
        return self._close

    @override
    def on_shown(self) -> None:
        self._vm.set_paused(False)

    @override
    def on_hidden(self) -> None:
        self._vm.set_paused(True)
