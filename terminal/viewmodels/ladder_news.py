"""Which rows have news of their own between two frames of a ladder, besides what the book says.

While a burst holds the deep rows back (``ladder_pace``) these are made all the same: own orders,
tags, what is staged, the cursor, the last trade and trails. Values in, values out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from terminal.viewmodels.ladder_rows import Placed, RowMarks
    from terminal.viewmodels.ladder_view import OwnMark

    Marked: TypeAlias = tuple[RowMarks, Mapping[Placed, OwnMark]]
    """All that stands on rows in one frame."""

_K = TypeVar("_K")

_EDGE_ROWS = 2
"""Tags out of view stand on the outermost row, or beside a plate that covers it."""


def rows_with_news(before: Marked, now: Marked, indices: Sequence[int]) -> frozenset[int]:
    """Rows by index on which something stands otherwise than before.

    ``indices`` are the rows on show, the same in both frames; others may be among the answer.
    Tags count by what is drawn of them: one whose price moves within its row is no news.
    """
    old, new = before[0], now[0]
    single = (old.cursor, new.cursor, old.last, new.last, old.entry, new.entry,
              old.grab_target, new.grab_target)  # fmt: skip
    found = {index for index in single if index is not None}
    found.update(index for index, _ in _differing(before[1], now[1]))
    found.update(_differing(old.staged, new.staged))
    found.update(_differing(old.bid_trail, new.bid_trail), _differing(old.ask_trail, new.ask_trail))
    found.update(_differing(old.tags.rows, new.tags.rows))
    if (old.tags.above, old.tags.below) != (new.tags.above, new.tags.below):
        found.update(indices[:_EDGE_ROWS], indices[-_EDGE_ROWS:])
    return frozenset(found)


def _differing(before: Mapping[_K, object], now: Mapping[_K, object]) -> Iterable[_K]:
    """The keys whose values are not the same in both."""
    if before is now or before == now:
        return ()
    return [key for key in before.keys() | now.keys() if before.get(key) != now.get(key)]
