"""One table model for all row lists: columns declared as data, rows as values with a key.

Updates compare by key and value and tell the smallest range; the model is never reset by an
update, so selection and scroll position stay where they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar, final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from typing_extensions import override

from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

Row = TypeVar("Row")
_Index = QModelIndex | QPersistentModelIndex

ROLE_ROLE = int(Qt.ItemDataRole.UserRole)
"""Item data role under which a cell's colour ``Role`` is found."""

KEY_ROLE = ROLE_ROLE + 1
"""Item data role under which the row's key is found."""


@final
@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column: header with its unit, how to write a cell, how to colour it, its tooltip."""

    title: str
    text: Callable[[Row], str]
    role: Callable[[Row], Role] | None = None
    tooltip: Callable[[Row], str] | None = None
    is_number: bool = True
    sample: str = ""
    """The widest text to expect; the widget sizes the column by it."""


def with_tooltip(
    columns: Sequence[Column[Row]], title: str, tooltip: Callable[[Row], str]
) -> tuple[Column[Row], ...]:
    """The columns, one of them with a tooltip that is made when it is asked for."""
    return tuple(
        replace(column, tooltip=tooltip) if column.title == title else column for column in columns
    )


class RowTableModel(QAbstractTableModel, Generic[Row]):
    """Shows rows of one kind. ``key`` names a row across updates."""

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        key: Callable[[Row], Hashable],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._key = key
        self._rows: list[Row] = []

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows as shown, top first."""
        return tuple(self._rows)

    def row_at(self, index: int) -> Row | None:
        """The row at a position, None outside."""
        return self._rows[index] if 0 <= index < len(self._rows) else None

    def set_rows(self, rows: Sequence[Row]) -> bool:
        """Bring the table to these rows; return True when anything changed."""
        changed = self._remove_missing({self._key(row) for row in rows})
        for position, row in enumerate(rows):
            changed |= self._place(position, row)
        return changed

    def _remove_missing(self, wanted: set[Hashable]) -> bool:
        changed = False
        for position in range(len(self._rows) - 1, -1, -1):
            if self._key(self._rows[position]) not in wanted:
                self.beginRemoveRows(QModelIndex(), position, position)
                del self._rows[position]
                self.endRemoveRows()
                changed = True
        return changed

    def _place(self, position: int, row: Row) -> bool:
        key = self._key(row)
        if position < len(self._rows) and self._key(self._rows[position]) == key:
            return self._replace(position, row)
        self._remove_key(key)
        self.beginInsertRows(QModelIndex(), position, position)
        self._rows.insert(position, row)
        self.endInsertRows()
        return True

    def _remove_key(self, key: Hashable) -> None:
        for position, row in enumerate(self._rows):
            if self._key(row) == key:
                self.beginRemoveRows(QModelIndex(), position, position)
                del self._rows[position]
                self.endRemoveRows()
                return

    def _replace(self, position: int, row: Row) -> bool:
        before = self._rows[position]
        if before == row:
            return False
        self._rows[position] = row
        changed = [
            column
            for column, spec in enumerate(self.columns)
            if spec.text(before) != spec.text(row)
            or (spec.role is not None and spec.role(before) != spec.role(row))
        ]
        if changed:
            self.dataChanged.emit(
                self.index(position, changed[0]), self.index(position, changed[-1])
            )
        return bool(changed)

    @override
    def rowCount(self, parent: _Index | None = None) -> int:
        """Number of rows; a table has no children."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    @override
    def columnCount(self, parent: _Index | None = None) -> int:
        """Number of columns; a table has no children."""
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    @override
    def data(self, index: _Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """A cell's text, colour role, alignment, tooltip or key."""
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(row)
        if role == ROLE_ROLE:
            return column.role(row) if column.role else Role.TEXT
        if role == KEY_ROLE:
            return self._key(row)
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.tooltip(row) if column.tooltip else None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column.is_number)
        return None

    @override
    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = int(Qt.ItemDataRole.DisplayRole),
    ) -> Any:
        """Column titles and their alignment; rows have no header."""
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(self.columns[section].is_number)
        return None


def _alignment(is_number: bool) -> Qt.AlignmentFlag:  # noqa: FBT001 - a column's nature
    side = Qt.AlignmentFlag.AlignRight if is_number else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
