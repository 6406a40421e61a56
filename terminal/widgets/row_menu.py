"""The menu of a table's row: opened by the right button or the menu key, and never waited for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol, final

from PySide6.QtCore import QObject, QPoint, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QInputDialog, QMenu

from terminal.viewmodels.row_commands import PriceCommand

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.viewmodels.row_commands import RowEntry
    from terminal.widgets.row_table import RowTable


class RowCommands(Protocol):
    """What knows the entries of a row."""

    def commands_of(self, key: str) -> tuple[RowEntry, ...]:
        """The entries of the row's menu."""
        ...


@final
class RowMenu(QObject):
    """Shows what a view-model offers for the row under the pointer, or for the selected one.

    ``of_many`` offers something else where several rows are selected.
    """

    def __init__(
        self,
        table: RowTable,
        commands: RowCommands,
        of_many: Callable[[tuple[str, ...]], tuple[RowEntry, ...]] | None = None,
    ) -> None:
        super().__init__(table)
        self._table = table
        self._commands = commands
        self._of_many = of_many
        self._menu = QMenu(table)
        self._menu.setObjectName(f"{table.objectName()}.menu")
        self._menu.setToolTipsVisible(True)
        table.row_menu_asked.connect(self._on_asked)

    @property
    def menu(self) -> QMenu:
        """The menu as it was last opened."""
        return self._menu

    @Slot(object, QPoint)
    def _on_asked(self, key: object, at: QPoint) -> None:
        self._menu.clear()
        for entry in self._entries(str(key)):
            if entry is None:
                self._menu.addSeparator()
                continue
            action = QAction(entry.words, self._menu)
            action.setEnabled(not entry.why_not)
            action.setToolTip(entry.why_not or entry.words)
            if isinstance(entry, PriceCommand):
                action.triggered.connect(partial(self._ask, entry))
            else:
                action.triggered.connect(entry.act)
            self._menu.addAction(action)
        if self._menu.actions():
            self._menu.popup(at)

    def _entries(self, key: str) -> tuple[RowEntry, ...]:
        keys = tuple(map(str, self._table.selected_keys()))
        if self._of_many is not None and len(keys) > 1:
            return self._of_many(keys)
        return self._commands.commands_of(key)

    def _ask(self, entry: PriceCommand) -> None:
        """Ask for the price without stopping anything else."""
        dialog = QInputDialog(self._table)
        dialog.setObjectName(f"{self._table.objectName()}.price")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(entry.words.rstrip("."))
        dialog.setLabelText(entry.question)
        dialog.setTextValue(entry.suggested)
        dialog.textValueSelected.connect(entry.act)
        dialog.open()
