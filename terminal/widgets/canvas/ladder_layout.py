"""Where things are in a ladder: a pure function of size, row height and columns.

Painting, heading and the mouse share it, so what is drawn is what is clicked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from PySide6.QtCore import QPoint, QRect

from terminal.viewmodels.ladder_columns import FACTS, LadderColumn, PlacedColumn, fit

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from terminal.viewmodels.ladder_columns import Columns, ColumnSetting

PAD = 5
"""Free pixels on either side of a text in its cell."""

BESIDE_PRICE = 3
"""Digits of room beside the price, for the last trade and for tags."""


def least_width(setting: ColumnSetting, digit_width: float, price_digits: int) -> int:
    """The pixels a column needs; a price needs those of the longest in view."""
    digits = FACTS[setting.column].digits
    if setting.column is LadderColumn.PRICE and price_digits:
        digits = price_digits + BESIDE_PRICE
    return round(digits * digit_width * setting.font_percent / 100) + 2 * PAD


def place(
    columns: Columns,
    width: int,
    least: Callable[[ColumnSetting], int],
    missing: Collection[LadderColumn] = (),
    *,
    inset: int = 0,
) -> tuple[PlacedColumn, ...]:
    """The columns within a widget's width, its frame left free."""
    return tuple(
        one._replace(left=one.left + inset)
        for one in fit(columns, max(0, width - 2 * inset), least, missing)
    )


@final
@dataclass(frozen=True, slots=True)
class LadderLayout:
    """The grid of one ladder in pixels. Rows are counted from the top, 0 first.

    ``columns`` are those on show from left to right, without a gap. ``inset`` is kept free on all
    sides for the frame of an armed ladder.
    """

    width: int
    height: int
    row_height: int
    columns: tuple[PlacedColumn, ...]
    inset: int = 0
    focus: LadderColumn | None = None
    """The own column of the lane that keys act on in hedge mode; framed."""

    @property
    def row_count(self) -> int:
        """How many whole rows fit."""
        return max(0, (self.height - 2 * self.inset) // self.row_height)

    def column(self, column: LadderColumn) -> tuple[int, int]:
        """Left edge and width of a column; no width where it is not on show."""
        for one in self.columns:
            if one.column is column:
                return one.left, one.width
        return self.inset, 0

    def shows(self, column: LadderColumn) -> bool:
        """Whether a column has a place."""
        return any(one.column is column for one in self.columns)

    def row_rect(self, row: int) -> QRect:
        """The whole row."""
        top = self.inset + row * self.row_height
        return QRect(self.inset, top, self.width - 2 * self.inset, self.row_height)

    def cell(self, row: int, column: LadderColumn) -> QRect:
        """One cell."""
        left, width = self.column(column)
        return QRect(left, self.inset + row * self.row_height, width, self.row_height)

    def row_at(self, y: int) -> int | None:
        """The row under a height, None below the last."""
        row = (y - self.inset) // self.row_height
        return row if 0 <= row < self.row_count else None

    def rows_below(self, y: int) -> int:
        """How many rows reach below a height, in part or as a whole."""
        beyond = self.inset + self.row_count * self.row_height - y
        return min(self.row_count, max(0, -(-beyond // self.row_height)))

    def column_at(self, x: int) -> LadderColumn | None:
        """The column under a place, None outside."""
        for one in self.columns:
            if one.left <= x < one.left + one.width:
                return one.column
        return None

    def edge_at(self, x: int, reach: int) -> LadderColumn | None:
        """The column whose right edge is within ``reach`` pixels; the last has none to move."""
        for one in self.columns[:-1]:
            if abs(one.left + one.width - x) <= reach:
                return one.column
        return None

    def point_of(self, row: int, column: LadderColumn) -> QPoint:
        """The middle of a cell."""
        return self.cell(row, column).center()
