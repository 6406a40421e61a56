"""The panel of our own fills."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.widgets.row_table import TablePanel

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from terminal.viewmodels.fills import FillsViewModel
    from terminal.viewmodels.frame import FrameMeter
    from terminal.widgets.theme import Theme


@final
class FillsPanel(TablePanel):
    """A table of our own fills."""

    def __init__(
        self,
        view_model: FillsViewModel,
        theme: Theme,
        meter: FrameMeter,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(view_model, theme, meter, parent)
        self.table.setObjectName("fills.table")
