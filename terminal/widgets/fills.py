"""The panel of our own fills."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.widgets.row_menu import RowMenu
from terminal.widgets.row_table import TablePanel

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from terminal.viewmodels.fills import FillsViewModel
    from terminal.viewmodels.frame import FrameMeter
    from terminal.widgets.theme import Theme


@final
class FillsPanel(TablePanel):
    """A table of our own fills. Enter tells what happened to the order of the selected one."""

    def __init__(
        self,
        view_model: FillsViewModel,
        theme: Theme,
        meter: FrameMeter,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(view_model, theme, meter, parent)
        self.table.setObjectName("fills.table")
        self.table.setAccessibleName("Fills")
        self._vm = view_model
        self.row_menu = RowMenu(self.table, view_model)
        self.table.setToolTip("Enter tells what happened to the order of the selected fill.")
        self.table.row_activated.connect(self._on_activated)

    def _on_activated(self, key: object) -> None:
        self._vm.ask_for_trail(str(key))
