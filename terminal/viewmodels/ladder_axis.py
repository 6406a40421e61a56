"""The ladder's price axis: which rows are in view, where the cursor is, when to recentre.

Rows are absolute (``domain.depth_rows``), so nothing moves unless the market did. The axis is
static as shipped: it follows the inside only by whole recentrings, and only while nobody is at
work on it. It can recentre after a drift, or keep the inside in the middle always. With a collapsed
spread the empty rows between the best prices are left out, so that rows are no longer evenly far
apart: ``indices`` is then the truth about what is where.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, final

from terminal.domain.depth_rows import row_index
from terminal.viewmodels.ladder_options import PRICE_STEPS, Centering

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from terminal.domain.guard import Touch
    from terminal.domain.units import Price

EDGE_ROWS = 3
"""The inside may come this near to the edge before the axis recentres by itself."""

PAGE_ROWS = 10

EDGE_QUARTER = 4
"""What is brought into view stands this part of the rows inside: what lies around it is seen."""

MOST_HIDDEN = 2000
"""A collapsed spread leaves out so many rows at most."""


@final
class LadderAxis:
    """Window and cursor in absolute row indices; pure, no Qt.

    ``cursor`` is None until the first recentring. ``is_kept`` while orders may be sent at the
    cursor: it never moves by itself then. While ``is_anchored`` the axis never recentres by itself.
    """

    def __init__(self) -> None:
        self.step = 1
        self.count = 0
        self.top_index: int | None = None
        self.cursor: int | None = None
        self.is_kept = False
        self.is_placed = False
        """The user has put the cursor where it is."""
        self.is_away = False
        """The user has scrolled: an always centred axis waits for a recentring."""
        self.centering = Centering.STATIC
        self.drift_ticks = 10
        self.hidden: tuple[int, ...] = ()
        """Rows left out, ascending."""
        self.message_rows = 0
        """Rows at the bottom over which a long message stands."""
        self.covered_top = self.covered_bottom = 0
        """Rows at the edges on which something lies: they are in view, and nobody can read them."""

    def cover(self, touch: Touch) -> None:
        """Take note of what lies on the edges: the plate that tells where the market is, a message.

        The plate is there while the inside is out of view; below, it stands on the message.
        """
        outside = self.rows_outside(touch)
        self.covered_top = 1 if outside > 0 else 0
        self.covered_bottom = self.message_rows + (1 if outside < 0 else 0)

    def is_covered(self, row: int) -> bool:
        """Whether something lies on a visible row (0 is the top)."""
        return not self.covered_top <= row < self.count - self.covered_bottom

    @property
    def seen_cursor(self) -> int | None:
        """The cursor where it can be read; None out of view and where something lies on it."""
        row = None if self.cursor is None else self.row_of_index(self.cursor)
        return None if row is None or self.is_covered(row) else self.cursor

    @property
    def is_anchored(self) -> bool:
        """Whether the cursor stays on its row whatever the market does."""
        return self.is_placed or (self.is_kept and self.cursor is not None)

    @property
    def bottom_index(self) -> int | None:
        """The lowest row in view, None before the first recentring."""
        indices = self.indices
        return indices[-1] if indices else self.top_index

    @property
    def indices(self) -> Sequence[int]:
        """The rows in view from the top down; empty before the first recentring."""
        if self.top_index is None:
            return ()
        if not self.hidden:
            return range(self.top_index, self.top_index - self.count, -1)
        hidden = set(self.hidden)
        rows: list[int] = []
        index = self.top_index
        while len(rows) < self.count:
            if index not in hidden:
                rows.append(index)
            index -= 1
        return tuple(rows)

    def collapse(self, touch: Touch, kept: Collection[int], *, is_held: bool) -> None:
        """Leave out the empty rows between the best prices, but for ``kept``.

        While ``is_held`` nothing more is left out than already was: rows only come back, where
        there is something to see. At most ``MOST_HIDDEN`` rows are left out.
        """
        bid, ask = touch.best_bid, touch.best_ask
        if bid is None or ask is None:
            self.hidden = ()
            return
        low, high = row_index(bid, self.step) + 1, row_index(ask, self.step)
        keep = {*kept, *(() if self.cursor is None else (self.cursor,))}
        rows = range(low, min(high, low + MOST_HIDDEN))
        allowed = set(self.hidden) if is_held else None
        self.hidden = tuple(
            row for row in rows if row not in keep and (allowed is None or row in allowed)
        )

    def reset(self) -> None:
        """Forget the place, for another contract; step and size stay."""
        self.top_index = self.cursor = None
        self.is_placed = self.is_away = False
        self.hidden = ()

    def set_count(self, count: int) -> None:
        """Show ``count`` rows (0 or more), the middle one in the middle, the cursor in sight."""
        was_seen = self.seen_cursor is not None
        if self.top_index is not None:
            self.top_index += count // 2 - self.count // 2
        self.count = max(0, count)
        if was_seen and self.cursor is not None and self.count:
            self.reveal(self.cursor)

    def recenter(self, touch: Touch) -> None:
        """Put the inside in the middle and the cursor on the best bid (or best ask), once."""
        middle = self._middle(touch)
        if middle is None:
            return
        self.top_index = self._shifted(middle, self.count // 2)
        self.is_placed = self.is_away = False
        self._cursor_to_inside(touch)

    def follow(self, touch: Touch, *, is_held: bool) -> None:
        """Keep up with the market: move a free cursor, recentre when the inside left the view.

        ``is_held`` is True while the pointer is over the ladder or an order is grabbed; rows then
        stay where they are. ``keep_centered`` does not heed the pointer.
        """
        if self.top_index is None:
            self.recenter(touch)
            return
        if self.is_anchored:
            return
        if not is_held and (self.rows_outside(touch, EDGE_ROWS) != 0 or self._has_drifted(touch)):
            self.recenter(touch)
            return
        self._cursor_to_inside(touch)

    def keep_centered(self, touch: Touch) -> None:
        """Put the inside in the middle, unless the user looks elsewhere.

        An anchored cursor stays on its price; before it would leave the view, the rows stop. So
        they do after scrolling, until the next recentring.
        """
        middle = self._middle(touch)
        if middle is None or self.is_away:
            return
        top = self._shifted(middle, self.count // 2)
        if self.is_anchored:
            bottom = self._shifted(top, 1 - self.count)
            if self.cursor is not None and not bottom <= self.cursor <= top:
                return
            self.top_index = top
            return
        self.top_index = top
        self._cursor_to_inside(touch)

    def _has_drifted(self, touch: Touch) -> bool:
        """Whether the inside is so many ticks from the middle that a drifting axis recentres."""
        middle = self._middle(touch)
        if self.centering is not Centering.DRIFT or middle is None or self.top_index is None:
            return False
        here = self._shifted(self.top_index, -(self.count // 2))
        return abs(middle - here) * self.step >= max(self.drift_ticks, self.step)

    def rows_outside(self, touch: Touch, edge_rows: int = 0) -> int:
        """How far the inside is out of view: above positive, below negative.

        With ``edge_rows`` so many rows at either edge are as good as out of view.
        """
        middle = self._middle(touch)
        if middle is None or self.top_index is None:
            return 0
        edge = min(edge_rows, self.count // 4)
        bottom = self._shifted(self.top_index, 1 - self.count)
        high, low = self.top_index - edge, bottom + edge
        return max(0, middle - high) - max(0, low - middle)

    def move_cursor(self, rows: int) -> None:
        """Move the cursor (positive is up) and scroll so that it stays in view."""
        if self.cursor is None:
            return
        self.place_cursor(self._shifted(self.cursor, rows))

    def place_cursor(self, index: int) -> None:
        """Put the cursor on a row (never below the first tick) and scroll it into view."""
        self.cursor = max(0, index)
        self.is_placed = True
        self.reveal(self.cursor)

    def reveal(self, index: int) -> None:
        """Scroll by as little as it takes to show a row where nothing lies on it.

        A row at the edge stays free for the plate that tells where the market is.
        """
        if self.top_index is None:
            return
        edge = 1 if self.count > EDGE_ROWS else 0
        above, below = max(edge, self.covered_top), max(edge, self.covered_bottom)
        if index > self._shifted(self.top_index, -above):
            self.top_index = self._shifted(index, above)
        elif index < self._shifted(self.top_index, 1 + below - self.count):
            self.top_index = self._shifted(index, self.count - 1 - below)

    def scroll(self, rows: int) -> None:
        """Move the window (positive is up); the user now holds the place.

        The cursor comes along, but for one at which orders may be sent: that goes out of sight.
        """
        if self.top_index is not None:
            self._scroll_to(self._shifted(self.top_index, rows))

    def bring(self, index: int) -> None:
        """Scroll so far that a row out of sight stands a quarter of the rows inside the edge.

        The user holds the place from then on, as after any scrolling. A row that can be read
        already moves nothing.
        """
        if self.top_index is None or not self.count:
            return
        row = self.row_of_index(index)
        if row is not None and not self.is_covered(row):
            return
        inside = self.count // EDGE_QUARTER
        if index > self.indices[self.count // 2]:
            self._scroll_to(self._shifted(index, max(inside, 1)))
        else:
            inside = min(self.count - 1, max(inside, self.message_rows + 1))
            self._scroll_to(self._shifted(index, self.count - 1 - inside))

    def _scroll_to(self, top: int) -> None:
        self.top_index = max(self.count - 1, top)
        self.is_placed = self.is_away = True
        if self.cursor is not None and not self.is_kept:
            low = self._shifted(self.top_index, 1 - self.count)
            self.cursor = min(max(self.cursor, low), self.top_index)

    def change_step(self, *, finer: bool) -> bool:
        """Next finer or coarser grouping, keeping the cursor's price. False at the end."""
        position = PRICE_STEPS.index(self.step) + (-1 if finer else 1)
        if not 0 <= position < len(PRICE_STEPS):
            return False
        self.take_step(PRICE_STEPS[position])
        return True

    def take_step(self, step: int) -> None:
        """Another grouping of those on offer, keeping the cursor's price."""
        before, self.step = self.step, step
        self.hidden = ()
        if self.cursor is not None and self.top_index is not None:
            offset = self.top_index - self.cursor
            self.cursor = self.cursor * before // self.step
            self.top_index = self.cursor + offset

    def index_of_row(self, row: int) -> int | None:
        """The absolute row of a visible row (0 is the top), None outside."""
        if self.top_index is None or not 0 <= row < self.count:
            return None
        return self.indices[row]

    def row_of_index(self, index: int) -> int | None:
        """The visible row of an absolute one, None out of view."""
        indices = self.indices
        return indices.index(index) if index in indices else None

    def _shifted(self, index: int, rows: int) -> int:
        """The row so many visible rows above (positive) or below another."""
        hidden = self.hidden
        if not hidden:
            return index + rows
        step = 1 if rows > 0 else -1
        low, high = hidden[0], hidden[-1]
        left = set(hidden)
        for _ in range(abs(rows)):
            index += step
            while low <= index <= high and index in left:
                index += step
        return index

    def _middle(self, touch: Touch) -> int | None:
        """The row in the middle of the inside; the one above it where that is left out."""
        middle = _inside_index(touch, self.step)
        if middle is None or not self.hidden:
            return middle
        place = bisect_left(self.hidden, middle)
        while place < len(self.hidden) and self.hidden[place] == middle:
            middle += 1
            place += 1
        return middle

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
