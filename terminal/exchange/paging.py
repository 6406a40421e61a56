"""Both paging styles of the exchange as asynchronous iterators, and walks through time.

An iterator yields one tuple of facts for each answer, every row once, whatever shifts between
pages while they are read. It asks only when it is asked, never more often than its bound allows,
and stops where the exchange repeats itself. Objects, not generators: a walk that is left half-way
leaves nothing behind that would have to be closed. Source: API reference 1.5 and part 9.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, final

from terminal.domain.clock import TimestampMs
from terminal.exchange.errors import ExchangeError, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable

    from terminal.wire.pages import MorePayload, PagePayload

Fact = TypeVar("Fact")
Row = TypeVar("Row")

_log = logging.getLogger("app")

PAGE_SIZE = 1000
"""The most that orders and fills give at once (1.5)."""
MORE_COUNT = 100
WEEK_MS = 7 * 24 * 3600 * 1000
"""The longest stretch that done orders and fills are told for (3.5, 3.7)."""
MAX_REQUESTS = 500


@final
@dataclass(frozen=True, slots=True)
class Batch(Generic[Row]):
    """One answer: its rows, where to ask next (None: nowhere), and where if all was known.

    ``came`` rows have come since the walk began: so many known ones may be shown again without
    being a repetition.
    """

    rows: tuple[Row, ...]
    following: Hashable | None
    after_repeat: Hashable | None = None
    came: int = 0


@final
class Walk(Generic[Fact]):
    """Asks for one answer after the other; iterate once.

    ``must_end`` is for lists of which nothing may be missing: a repetition raises ``ProtocolError``
    there instead of ending the walk, as the bound does everywhere. ``is_whole`` is True when the
    walk came to the exchange's own end. An error says where the walk stood; unless it was an end,
    who iterates on asks the same question again.
    """

    def __init__(
        self,
        ask: Callable[[Any], Awaitable[Batch[Row]]],
        begin: Hashable | None,
        key: Callable[[Row], Hashable],
        read: Callable[[tuple[Row, ...]], tuple[Fact, ...]],
        *,
        max_requests: int = MAX_REQUESTS,
        must_end: bool = False,
    ) -> None:
        self._ask: Callable[[Any], Awaitable[Batch[Any]]] = ask
        self._next: Hashable | None = begin
        self._key: Callable[[Any], Hashable] = key
        self._read: Callable[[tuple[Any, ...]], tuple[Fact, ...]] = read
        self._left = max_requests
        self._must_end = must_end
        self._known: set[Hashable] = set()
        self._asked: set[Hashable] = set()
        self._shown_again = 0
        self.is_whole = False

    def __aiter__(self) -> Walk[Fact]:
        return self

    async def __anext__(self) -> tuple[Fact, ...]:
        """The facts of the next answer that has new ones. Raises from ``exchange.errors``."""
        while self._next is not None:
            stood = self.standing
            try:
                batch = await self._answer(self._next)
                new = self._new(batch.rows)
                if new or not batch.rows:
                    self._go_on(batch.following)
                else:
                    self._stop_repeating(batch)
                if new:
                    return self._read(new)
            except ExchangeError as error:
                error.told_at(stood)
                raise
        raise StopAsyncIteration

    @property
    def standing(self) -> str:
        """How far the walk is and what it asks next, for the log."""
        rows = len(self._known)
        return f"after {len(self._asked)} answers with {rows} rows, at {self._next}"

    async def collect(self) -> tuple[Fact, ...]:
        """All that is left of the walk at once."""
        found: list[Fact] = []
        async for facts in self:
            found.extend(facts)
        return tuple(found)

    async def _answer(self, where: Hashable) -> Batch[Any]:
        if self._left <= 0:
            self._next = None
            raise ProtocolError("pages without end")
        self._left -= 1
        batch = await self._ask(where)
        self._asked.add(where)
        return batch

    def _new(self, rows: tuple[Any, ...]) -> tuple[Any, ...]:
        new: list[Any] = []
        for row in rows:
            key = self._key(row)
            if key not in self._known:
                self._known.add(key)
                new.append(row)
        return tuple(new)

    def _go_on(self, where: Hashable | None) -> None:
        if where is not None and where in self._asked:
            self._repeated(where)
            return
        self._next = where
        self.is_whole = where is None

    def _stop_repeating(self, batch: Batch[Any]) -> None:
        """An answer of nothing new: the end of a stretch of time, or a pager that turns around."""
        self._shown_again += len(batch.rows)
        if self._shown_again <= batch.came:
            self._go_on(batch.following)
        elif batch.following is not None and batch.after_repeat is None:
            self._repeated(batch.following)
        else:
            self._go_on(batch.after_repeat)

    def _repeated(self, where: Hashable) -> None:
        self._next = None
        if self._must_end:
            raise ProtocolError(f"the exchange repeats itself before {where}")
        _log.warning("a list ends where the exchange repeats itself, before %s", where)


def by_pages(
    ask: Callable[[int], Awaitable[PagePayload[Row]]],
    key: Callable[[Row], Hashable],
    read: Callable[[tuple[Row, ...]], tuple[Fact, ...]],
    *,
    max_requests: int = MAX_REQUESTS,
    must_end: bool = False,
) -> Walk[Fact]:
    """Numbered pages from 1 to the last; the exchange says anew with each how many there are.

    Rows may come and, where nothing may be missing, go while the pages are read.
    """
    counts = _Counts()

    async def batch(where: tuple[int, int]) -> Batch[Row]:
        begun, page = where
        answer = await ask(page)
        rows = tuple(answer.items or ())
        if counts.change(answer) < 0 and must_end and page > 1:
            # What lay behind the rows that went has moved up, past what was read: from the start.
            counts.came += answer.totalNum or 0  # all of them may be shown again
            again = (begun + 1, 1)
            return Batch(rows, again, again)
        after = _page_after(answer, page)
        return Batch(rows, None if after is None else (begun, after), came=counts.came)

    return Walk(batch, (0, 1), key, read, max_requests=max_requests, must_end=must_end)


@final
class _Counts:
    """How many rows a list has by its own word, from page to page; ``came`` is all growth."""

    def __init__(self) -> None:
        self._last: int | None = None
        self.came = 0

    def begin(self) -> None:
        """The next answer is of another list."""
        self._last = None

    def change(self, answer: PagePayload[Any]) -> int:
        """By how many rows the list grew since the last page; below zero when it shrank."""
        last, self._last = self._last, answer.totalNum
        change = 0 if last is None or self._last is None else self._last - last
        self.came += max(0, change)
        return change


def _page_after(answer: PagePayload[Any], page: int) -> int | None:
    """The next page; None after the last. Who does not say how many goes on until one is empty."""
    if not answer.items:
        return None
    if answer.totalPage is None:
        return page + 1
    return page + 1 if page < answer.totalPage else None


def by_offset(
    ask: Callable[[int | str | None], Awaitable[MorePayload[Row]]],
    offset_of: Callable[[tuple[Row, ...]], int | str | None],
    key: Callable[[Row], Hashable],
    read: Callable[[tuple[Row, ...]], tuple[Fact, ...]],
    *,
    max_requests: int = MAX_REQUESTS,
) -> Walk[Fact]:
    """Stretches that say only whether there is more; the next begins behind the last row's offset.

    ``offset_of`` takes an answer's rows and names what to hand back, None when nothing can be.
    """

    async def batch(where: Hashable) -> Batch[Row]:
        answer = await ask(None if where is _BEGIN else cast("int | str", where))
        rows = tuple(answer.dataList or ())
        if answer.hasMore is False or (not rows and not answer.hasMore):
            return Batch(rows, None)
        # More, but nothing here to go on from: the same question again would be a repetition.
        return Batch(rows, offset_of(rows) if rows else where)

    return Walk(batch, _BEGIN, key, read, max_requests=max_requests)


_BEGIN = "the beginning"


def by_windows(  # noqa: PLR0913 - a question, a time, and how rows are told apart and read
    ask: Callable[[TimestampMs, TimestampMs, int], Awaitable[PagePayload[Row]]],
    start_at: TimestampMs,
    end_at: TimestampMs,
    key: Callable[[Row], Hashable],
    read: Callable[[tuple[Row, ...]], tuple[Fact, ...]],
    *,
    width_ms: int = WEEK_MS,
    max_requests: int = MAX_REQUESTS,
) -> Walk[Fact]:
    """Pages of one stretch of time after the other, the latest first, both ends included.

    Neighbors share their border, so that nothing falls between two of them.
    """

    async def batch(where: tuple[int, int]) -> Batch[Row]:
        end, page = where
        begin = max(start_at, end - width_ms)
        answer = await ask(TimestampMs(begin), TimestampMs(end), page)
        if page == 1:
            counts.begin()
        counts.change(answer)
        earlier = (begin, 1) if begin > start_at else None
        after = _page_after(answer, page)
        following = earlier if after is None else (end, after)
        return Batch(tuple(answer.items or ()), following, earlier, counts.came)

    counts = _Counts()
    begin = (int(end_at), 1) if end_at >= start_at else None
    return Walk(batch, begin, key, read, max_requests=max_requests)


def by_stretches(  # noqa: PLR0913 - a question, a time, and how rows are told apart and read
    ask: Callable[[TimestampMs, TimestampMs], Awaitable[list[Row]]],
    start_at: TimestampMs,
    end_at: TimestampMs,
    at: Callable[[Row], int],
    read: Callable[[tuple[Row, ...]], tuple[Fact, ...]],
    *,
    most: int = MORE_COUNT,
    max_requests: int = MAX_REQUESTS,
) -> Walk[Fact]:
    """A time range of which one answer tells at most so many rows, it is not known which.

    What lies before the first and behind the last row of a full answer is asked for again, the
    later part first.
    """

    async def batch(where: tuple[tuple[int, int], ...]) -> Batch[Row]:
        (begin, end), *rest = where
        rows = await ask(TimestampMs(begin), TimestampMs(end))
        left: list[tuple[int, int]] = []
        if len(rows) >= most:
            first, last = min(map(at, rows)), max(map(at, rows))
            if last < end:
                left.append((max(begin, last + 1), end))
            if first > begin:
                left.append((begin, min(end, first - 1)))
        later = (*left, *rest) or None
        return Batch(tuple(rows), later, tuple(rest) or None)

    begin = ((int(start_at), int(end_at)),) if end_at >= start_at else None
    return Walk(batch, begin, at, read, max_requests=max_requests)
