"""Several own orders of one price spread out over the rows: where their lines are, and painting.

Places are a pure function of list, layout and font widths, so what is drawn is what is clicked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect

from terminal.domain.units import Side
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.widgets.canvas.ladder_layout import PAD
from terminal.widgets.canvas.ladder_shapes import BOLD, LEFT, SMALL, Fill, Frame, Text

if TYPE_CHECKING:
    from PySide6.QtCore import QPoint

    from terminal.viewmodels.ladder_view import OwnList
    from terminal.widgets.canvas.ladder_layout import LadderLayout
    from terminal.widgets.canvas.ladder_shapes import Measure, RowList


def line_rects(own: OwnList, layout: LadderLayout, measure: Measure) -> tuple[QRect, ...]:
    """The title's rectangle and one for each line, beside the own orders' column.

    Below their row where there is room, else above it; never over the row itself.
    """
    height, count = layout.row_height, len(own.lines) + 1
    widest = max(measure(own.title, BOLD, 100), *(measure(line, SMALL, 100) for line in own.lines))
    width = min(round(widest) + 4 * PAD, layout.width - 2 * layout.inset)
    column = LadderColumn.OWN_BID if own.side is Side.BUY else LadderColumn.OWN_ASK
    left, own_width = layout.column(column)
    x = left + own_width if own.side is Side.BUY else left - width
    x = min(max(x, layout.inset), layout.width - layout.inset - width)
    below = own.row + 1
    first = below if below + count <= layout.row_count else max(0, own.row - count)
    return tuple(
        QRect(x, layout.inset + (first + number) * height, width, height) for number in range(count)
    )


def line_at(point: QPoint, rects: tuple[QRect, ...]) -> int | None:
    """The number of the line (from 0) under a point; None for the title and elsewhere."""
    return next((number for number, rect in enumerate(rects[1:]) if rect.contains(point)), None)


def line_list(own: OwnList, number: int, rect: QRect) -> RowList:
    """What to paint for the title (0) or a line (from 1), in pixels of the widget by x."""
    x, width, height = rect.left(), rect.width(), rect.height()
    side = own.side.value
    if number == 0:
        return (
            Fill(x, 0, width, height, "raised"),
            Frame(x, 0, width - 1, height - 1, side),
            Text(x + PAD, LEFT, BOLD, 100, "text", own.title),
        )
    is_pointed = own.pointed == number - 1
    return (
        Fill(x, 0, width, height, "raised"),
        Frame(x, 0, width - 1, height - 1, "accent" if is_pointed else side),
        Text(x + PAD, LEFT, SMALL, 100, "accent" if is_pointed else "text", own.lines[number - 1]),
    )
