"""The exchange's two ways to cut a long list, and its windows of time. Source: reference 1.5."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, final

from terminal.simexchange.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from terminal.simexchange.rest.routing import Call

Row = TypeVar("Row")

USUAL_PAGE = 50
LARGEST_PAGE = 1000
USUAL_HISTORY_PAGE = 10
LARGEST_HISTORY_PAGE = 200
USUAL_COUNT = 10
LARGEST_COUNT = 100
NAMES = ("startAt", "endAt")
DAY_MS = 24 * 3600 * 1000
WEEK_MS = 7 * DAY_MS
_TOP = 1 << 62


@final
class Window(NamedTuple):
    """A span of time, both ends included, epoch ms; None is open."""

    start_ms: int | None = None
    end_ms: int | None = None

    def holds(self, at_ms: int) -> bool:
        """True for a time within."""
        return (self.start_ms is None or at_ms >= self.start_ms) and (
            self.end_ms is None or at_ms <= self.end_ms
        )


def asked_window(call: Call, names: tuple[str, str] = NAMES) -> Window:
    """The window of a request as it stands. Raises ``Refused`` when it ends before it starts."""
    start_ms, end_ms = call.whole(names[0]), call.whole(names[1])
    if start_ms is not None and end_ms is not None and end_ms < start_ms:
        raise Refused("400100", f"{names[1]} is before {names[0]}", 400)
    return Window(start_ms, end_ms)


def bounded_window(
    call: Call, longest_ms: int, default_ms: int, now_ms: int, names: tuple[str, str] = NAMES
) -> Window:
    """The window of a request where windows have a longest length (reference 3.5, 3.7).

    Only one bound takes 24 hours from it, no bound the last ``default_ms``. Raises ``Refused`` for
    a longer one.
    """
    start_ms, end_ms = asked_window(call, names)
    if start_ms is not None and end_ms is not None:
        if end_ms - start_ms > longest_ms:
            hours = longest_ms // 3_600_000
            raise Refused("400100", f"The time range must not exceed {hours} hours", 400)
        return Window(start_ms, end_ms)
    if start_ms is not None:
        return Window(start_ms, start_ms + DAY_MS)
    if end_ms is not None:
        return Window(max(0, end_ms - DAY_MS), end_ms)
    return Window(max(0, now_ms - default_ms), None)


def page(
    call: Call,
    rows: Sequence[Row],
    made: Callable[[Row], Any],
    usual: int = USUAL_PAGE,
    sizes: tuple[int, int] = (1, LARGEST_PAGE),
) -> dict[str, Any]:
    """One page by ``currentPage`` and ``pageSize``; only its rows are ``made``.

    Sizes beyond the smallest and the largest are taken as those; a page behind the last is empty.
    """
    smallest, largest = sizes
    number = _at_least_zero(call, "currentPage", 1)
    size = min(largest, max(smallest, _at_least_zero(call, "pageSize", usual)))
    return _page(number, size, rows, made)


def page_of_history(call: Call, rows: Sequence[Row], made: Callable[[Row], Any]) -> dict[str, Any]:
    """One page by ``pageId`` and ``limit``, 10 by default and 200 at most."""
    number = _at_least_zero(call, "pageId", 1)
    size = min(LARGEST_HISTORY_PAGE, _at_least_zero(call, "limit", USUAL_HISTORY_PAGE))
    return _page(number, size, rows, made)


def _page(
    number: int, size: int, rows: Sequence[Row], made: Callable[[Row], Any]
) -> dict[str, Any]:
    number, size = max(1, number), max(1, size)
    return {
        "currentPage": number,
        "pageSize": size,
        "totalNum": len(rows),
        "totalPage": -(-len(rows) // size),
        "items": [made(row) for row in rows[(number - 1) * size : number * size]],
    }


def _at_least_zero(call: Call, name: str, default: int) -> int:
    value = call.whole(name)
    return default if value is None else value


def _all(_row: object) -> bool:
    return True


def more(
    call: Call,
    rows: Sequence[Row],
    offset_of: Callable[[Row], int],
    made: Callable[[Row], Any],
    usual_count: int = USUAL_COUNT,
    is_asked: Callable[[Row], bool] = _all,
) -> dict[str, Any]:
    """One page by ``offset``, ``forward``, ``reverse`` and ``maxCount``.

    ``rows`` come with growing offsets; negative offsets (-1 and further down) stand for rows that
    are newer than all others. ``reverse`` (the default) lists newest first, otherwise oldest first;
    ``forward`` (the default) goes on in that order behind the row of ``offset``, otherwise against
    it. In each case rows come in the order of the walk, so that the last one's offset fetches the
    next page. The reference explains neither word: this is our reading. Rows that are not
    ``is_asked`` for are passed over; what lies behind the page is looked at up to the next row.
    """
    count = min(LARGEST_COUNT, max(1, _at_least_zero(call, "maxCount", usual_count)))
    is_reverse, is_forward = call.flag("reverse", default=True), call.flag("forward", default=True)
    offset = signed(call, "offset")

    def rank(row: Row) -> int:
        return _rank(offset_of(row))

    if is_reverse == is_forward:
        end = len(rows) if offset is None else bisect_left(rows, _rank(offset), key=rank)
        places = range(end - 1, -1, -1)
    else:
        begin = 0 if offset is None else bisect_right(rows, _rank(offset), key=rank)
        places = range(begin, len(rows))
    found = list(islice(filter(is_asked, (rows[place] for place in places)), count + 1))
    return {"dataList": [made(row) for row in found[:count]], "hasMore": len(found) > count}


def _rank(offset: int) -> int:
    return offset if offset >= 0 else _TOP + offset


def signed(call: Call, name: str) -> int | None:
    """A whole number that may be below zero, None when absent. Raises ``Refused``."""
    text = call.query.get(name)
    if not text:
        return None
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        raise Refused("400100", f"{name} is invalid", 400)
    return int(text)
