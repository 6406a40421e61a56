"""The ladder's price axis: which rows are in view, where the cursor is, when to recentre.

Rows are absolute (``domain.depth_rows``), so nothing moves unless the market did. The axis is
static: it follows the inside only by whole recentrings, and only while nobody is at work on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.depth_rows import row_index

if TYPE_CHECKING:
    from terminal.domain.guard import Touch
    from terminal.domain.units import Price

PRICE_STEPS = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000)
"""Groupings on offer, in ticks a row."""

EDGE_ROWS = 3
"""The inside may come this near to the edge before the axis recentres by itself."""

PAGE_ROWS = 10


@final
class LadderAxis:
    """Window and cursor in absolute row indices; pure, no Qt.

    ``cursor`` is None until the first recentring. While ``is_anchored`` (the user moved the
    cursor) the axis never recentres by itself.
    """

    def __init__(self) -> None:
        self.step = 1
        self.count = 0
        self.top_index: int | None = None
        self.cursor: int | None = None
        self.is_anchored = False

    @property
    def bottom_index(self) -> int | None:
        """The lowest row in view, None before the first recentring."""
        return None if self.top_index is None else self.top_index - self.count + 1

    def reset(self) -> None:
        """Forget the place, for another contract; step and size stay."""
        self.top_index = self.cursor = None
        self.is_anchored = False

    def set_count(self, count: int) -> None:
        """Show ``count`` rows (0 or more), keeping the middle row in the middle."""
        if self.top_index is not None:
            self.top_index += count // 2 - self.count // 2
        self.count = max(0, count)

    def recenter(self, touch: Touch) -> None:
        """Put the inside in the middle and the cursor on the best bid (or best ask)."""
        middle = _inside_index(touch, self.step)
        if middle is None:
            return
        self.top_index = middle + self.count // 2
        self.is_anchored = False
        self._cursor_to_inside(touch)

    def follow(self, touch: Touch, *, is_held: bool) -> None:
        """Keep up with the market: move a free cursor, recentre when the inside left the view.

        ``is_held`` is True while the pointer is over the ladder or an order is grabbed; rows then
        stay where they are.
        """
        if self.top_index is None:
            self.recenter(touch)
            return
        if self.is_anchored:
            return
        if not is_held and self.rows_outside(touch) != 0:
            self.recenter(touch)
            return
        self._cursor_to_inside(touch)

    def rows_outside(self, touch: Touch) -> int:
        """How far the inside is out of the comfortable view: above positive, below negative."""
        middle = _inside_index(touch, self.step)
        if middle is None or self.top_index is None:
            return 0
        edge = min(EDGE_ROWS, self.count // 4)
        high, low = self.top_index - edge, self.top_index - self.count + 1 + edge
        return max(0, middle - high) - max(0, low - middle)

    def move_cursor(self, rows: int) -> None:
        """Move the cursor (positive is up) and scroll so that it stays in view."""
        if self.cursor is None:
            return
        self.place_cursor(self.cursor + rows)

    def place_cursor(self, index: int) -> None:
        """Put the cursor on a row (never below the first tick) and scroll it into view."""
        self.cursor = max(0, index)
        self.is_anchored = True
        self.reveal(self.cursor)

    def reveal(self, index: int) -> None:
        """Scroll by as little as it takes to show a row."""
        if self.top_index is None:
            return
        if index > self.top_index:
            self.top_index = index
        elif index < self.top_index - self.count + 1:
            self.top_index = index + self.count - 1

    def scroll(self, rows: int) -> None:
        """Move the window (positive is up); the user now holds the place."""
        if self.top_index is None:
            return
        self.top_index = max(self.count - 1, self.top_index + rows)
        self.is_anchored = True
        if self.cursor is not None:
            low = self.top_index - self.count + 1
            self.cursor = min(max(self.cursor, low), self.top_index)

    def change_step(self, *, finer: bool) -> bool:
        """Next finer or coarser grouping, keeping the cursor's price. False at the end."""
        position = PRICE_STEPS.index(self.step) + (-1 if finer else 1)
        if not 0 <= position < len(PRICE_STEPS):
            return False
        before, self.step = self.step, PRICE_STEPS[position]
        if self.cursor is not None and self.top_index is not None:
            offset = self.top_index - self.cursor
            self.cursor = self.cursor * before // self.step
            self.top_index = self.cursor + offset
        return True

    def index_of_row(self, row: int) -> int | None:
        """The absolute row of a visible row (0 is the top), None outside."""
        if self.top_index is None or not 0 <= row < self.count:
            return None
        return self.top_index - row

    def _cursor_to_inside(self, touch: Touch) -> None:
        price = touch.best_bid if touch.best_bid is not None else touch.best_ask
        if price is not None:
            self.cursor = row_index(price, self.step)


def _inside_index(touch: Touch, step: int) -> int | None:
    bid, ask = touch.best_bid, touch.best_ask
    if bid is None and ask is None:
        return None
    low: Price = bid if bid is not None else ask  # type: ignore[assignment] # one is not None
    high: Price = ask if ask is not None else low
    return (low + high) // 2 // step
