"""Where things are in a ladder: a pure function of size and row height.

Painting and the mouse share it, so what is drawn is what is clicked.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import final

from PySide6.QtCore import QPoint, QRect


class LadderColumn(Enum):
    """The columns from left to right; the values are their names for tests and tours."""

    OWN_BID = "own_bid"
    BID = "bid"
    PRICE = "price"
    ASK = "ask"
    OWN_ASK = "own_ask"


SHARES = {
    LadderColumn.OWN_BID: 15,
    LadderColumn.BID: 20,
    LadderColumn.PRICE: 33,  # the last trade and its lots stand beside the price
    LadderColumn.ASK: 20,
    LadderColumn.OWN_ASK: 15,
}
"""How the width is divided; the headings above the grid take the same."""


@final
@dataclass(frozen=True, slots=True)
class LadderLayout:
    """The grid of one ladder in pixels. Rows are counted from the top, 0 first.

    ``inset`` is kept free on all sides for the frame of an armed ladder.
    """

    width: int
    height: int
    row_height: int
    inset: int = 0

    @property
    def row_count(self) -> int:
        """How many whole rows fit."""
        return max(0, (self.height - 2 * self.inset) // self.row_height)

    def column(self, column: LadderColumn) -> tuple[int, int]:
        """Left edge and width of a column."""
        total, width = sum(SHARES.values()), self.width - 2 * self.inset
        before = 0
        for one, share in SHARES.items():
            left = width * before // total
            before += share
            if one is column:
                return self.inset + left, width * before // total - left
        raise AssertionError(column)

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

    def column_at(self, x: int) -> LadderColumn | None:
        """The column under a place, None outside."""
        for column in LadderColumn:
            left, width = self.column(column)
            if left <= x < left + width:
                return column
        return None

    def point_of(self, row: int, column: LadderColumn) -> QPoint:
        """The middle of a cell."""
        return self.cell(row, column).center()
