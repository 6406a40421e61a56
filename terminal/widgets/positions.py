"""The panel of positions."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.widgets.row_menu import RowMenu
from terminal.widgets.row_table import TablePanel

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from terminal.viewmodels.frame import FrameMeter
    from terminal.viewmodels.positions import PositionsViewModel
    from terminal.widgets.theme import Theme


@final
class PositionsPanel(TablePanel):
    """A table of positions. Enter or a double click shows the contract in the ladder."""

    def __init__(
        self,
        view_model: PositionsViewModel,
        theme: Theme,
        meter: FrameMeter,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(view_model, theme, meter, parent)
        self.table.setObjectName("positions.table")
        self.table.setAccessibleName("Positions")
        self._vm = view_model
        self.row_menu = RowMenu(self.table, view_model)
        self.table.setToolTip(
            "Enter shows the contract, and in hedge mode the lane, in the ladder; F F there "
            "flattens it. The menu of a row closes and reverses."
        )
        self.table.row_activated.connect(self._on_activated)

    def _on_activated(self, key: object) -> None:
        self._vm.select(str(key))
