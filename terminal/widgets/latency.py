"""The dialog of where the time of orders goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget
from typing_extensions import override

from terminal.viewmodels.latency import CLOCKS
from terminal.widgets.row_table import PlainTable, TablePanel
from terminal.widgets.styling import set_property

if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent

    from terminal.viewmodels.frame import FrameMeter
    from terminal.viewmodels.latency import LatencyViewModel
    from terminal.widgets.theme import Theme

TITLE = "Latency of orders"
_WIDTH_EM, _HEIGHT_EM = 72, 42


def show_latency(
    view_model: LatencyViewModel, theme: Theme, meter: FrameMeter, parent: QWidget
) -> LatencyDialog:
    """Show the dialog; the one that is open already is brought to the front."""
    dialog = parent.findChild(LatencyDialog)
    if not isinstance(dialog, LatencyDialog):
        dialog = LatencyDialog(view_model, theme, meter, parent)
    dialog.show()
    dialog.raise_()
    return dialog


@final
class LatencyDialog(QDialog):
    """Draws a ``LatencyViewModel``; not modal, and it deletes itself when closed."""

    def __init__(
        self,
        view_model: LatencyViewModel,
        theme: Theme,
        meter: FrameMeter,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("latency.dialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(TITLE)
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
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for widget in (self.sentence, self.parts, self.orders, self.clocks, buttons):
            column.addWidget(widget)
        for label in (self.sentence, self.clocks):
            label.setWordWrap(True)
        column.setStretchFactor(self.parts, 1)
        column.setStretchFactor(self.orders, 1)
        view_model.changed.connect(self._show)
        view_model.set_paused(False)
        self.resize(_WIDTH_EM * theme.base_px, _HEIGHT_EM * theme.base_px)
        self._show()

    @Slot()
    def _show(self) -> None:
        self.sentence.setText(self._vm.sentence)

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        self._vm.set_paused(True)
        super().closeEvent(event)

    @override
    def reject(self) -> None:
        self._vm.set_paused(True)
        super().reject()
