"""The panel of the event log."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtWidgets import QHeaderView

from terminal.widgets.row_table import TablePanel

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from terminal.viewmodels.frame import FrameMeter
    from terminal.viewmodels.log import LogViewModel
    from terminal.widgets.theme import Theme


@final
class LogPanel(TablePanel):
    """A table of the event log."""

    def __init__(
        self,
        view_model: LogViewModel,
        theme: Theme,
        meter: FrameMeter,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(view_model, theme, meter, parent)
        self.table.setObjectName("log.table")
        self.table.setAccessibleName("Event log")
        self.table.setWordWrap(True)
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().sectionResized.connect(self.table.resizeRowsToContents)
