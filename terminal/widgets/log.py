"""The panel of the event log."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from PySide6.QtWidgets import QHeaderView
from typing_extensions import override

from terminal.widgets.row_table import TablePanel

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent
    from PySide6.QtWidgets import QWidget

    from terminal.viewmodels.frame import FrameMeter
    from terminal.viewmodels.log import LogViewModel
    from terminal.widgets.theme import Theme


NARROW_EM = 30
"""Below so many letters of width there is no room for the column of contracts."""
_ABOUT = 1


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
        self._vm = view_model
        self._least_width = NARROW_EM * theme.base_px

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Where letters are large, the sentences need the room of the column beside them.
        is_narrow = event.size().width() < self._least_width
        self.table.setColumnHidden(_ABOUT, is_narrow)
        self._vm.set_narrow(is_narrow=is_narrow)
