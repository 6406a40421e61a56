"""The panel of working orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.widgets.row_menu import RowMenu
from terminal.widgets.row_table import TablePanel

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from terminal.viewmodels.frame import FrameMeter
    from terminal.viewmodels.orders import OrdersViewModel
    from terminal.widgets.theme import Theme


@final
class OrdersPanel(TablePanel):
    """A table of working orders. Delete cancels the selected ones."""

    def __init__(
        self,
        view_model: OrdersViewModel,
        theme: Theme,
        meter: FrameMeter,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(view_model, theme, meter, parent)
        self.table.setObjectName("orders.table")
        self.table.setAccessibleName("Working orders")
        self._vm = view_model
        self.table.allow_many()
        self.row_menu = RowMenu(self.table, view_model, view_model.commands_of_many)
        self.table.setToolTip(
            "Delete cancels the selected orders, Enter tells what happened to one; the menu offers "
            "more. Ctrl or Shift selects several: of two, one can cancel the other."
        )
        self.table.row_activated.connect(self._on_activated)
        self.table.rows_deleted.connect(self._on_deleted)

    def _on_deleted(self, keys: tuple[object, ...]) -> None:
        self._vm.cancel_many(tuple(map(str, keys)))

    def _on_activated(self, key: object) -> None:
        self._vm.ask_for_trail(str(key))
