"""Rows by time and by contract: where queries with a window look, instead of at everything."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Generic, Protocol, TypeVar, final

Row = TypeVar("Row")


@final
class Timeline(Generic[Row]):
    """Rows sorted by time and number, of all contracts and of each.

    Times may come in any order and be of any unit; numbers are unique. With ``kept`` the oldest
    rows are forgotten when there are more. Adding, removing and finding a window cost
    O(log n) comparisons; a window costs what it holds.
    """

    def __init__(self, kept: int | None = None) -> None:
        self._kept = kept
        self._all: list[tuple[int, int, str, Row]] = []
        self._of: dict[str, list[tuple[int, int, str, Row]]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def add(self, symbol: str, at: int, number: int, row: Row) -> Row | None:
        """Take in a row; returns the one that is forgotten for it."""
        entry = (at, number, symbol, row)
        insort(self._all, entry)
        insort(self._of.setdefault(symbol, []), entry)
        if self._kept is None or len(self._all) <= self._kept:
            return None
        old_at, old_number, old_symbol, old = self._all[0]
        self.remove(old_symbol, old_at, old_number)
        return old

    def group(self) -> None:
        """Sort the rows of all contracts into those of each, as after they were read anew."""
        self._of = {}
        for entry in self._all:
            self._of.setdefault(entry[2], []).append(entry)

    def remove(self, symbol: str, at: int, number: int) -> None:
        """Forget a row; unknown ones are ignored."""
        for entries in (self._all, self._of.get(symbol, [])):
            place = bisect_left(entries, (at, number))
            if place < len(entries) and entries[place][:2] == (at, number):
                del entries[place]

    def newest(
        self, symbol: str | None = None, since: int | None = None, until: int | None = None
    ) -> list[Row]:
        """Rows of a window, newest first; both ends belong to it, an absent one is open."""
        entries = self._all if symbol is None else self._of.get(symbol, [])
        first = 0 if since is None else bisect_left(entries, (since,))
        last = len(entries) if until is None else bisect_left(entries, (until + 1,))
        return [entry[3] for entry in reversed(entries[first:last])]


class Matched(Protocol):
    """What a fill tells about itself."""

    @property
    def symbol(self) -> str:
        """Its contract."""
        ...

    @property
    def order_id(self) -> str:
        """Its order."""
        ...

    @property
    def at_ns(self) -> int:
        """When it happened, epoch ns."""
        ...


Fill = TypeVar("Fill", bound=Matched)


@final
class Fills(Generic[Fill]):
    """An account's fills by time, by contract and by order; the oldest are forgotten."""

    def __init__(self, kept: int) -> None:
        self._times: Timeline[Fill] = Timeline(kept)
        self._of_order: dict[str, list[Fill]] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._times)

    def __getitem__(self, place: int) -> Fill:
        return self._times.newest()[-1 - place]

    def append(self, fill: Fill) -> None:
        """Take in a fill."""
        self._count += 1
        self._of_order.setdefault(fill.order_id, []).append(fill)
        forgotten = self._times.add(fill.symbol, fill.at_ns, self._count, fill)
        if forgotten is not None:
            rest = self._of_order[forgotten.order_id]
            rest.remove(forgotten)
            if not rest:
                del self._of_order[forgotten.order_id]

    def of_order(self, order_id: str) -> list[Fill]:
        """An order's fills, newest first."""
        return self._of_order.get(order_id, [])[::-1]

    def newest(
        self, symbol: str | None = None, since_ns: int | None = None, until_ns: int | None = None
    ) -> list[Fill]:
        """Fills of a window, newest first; both ends belong to it, an absent one is open."""
        return self._times.newest(symbol, since_ns, until_ns)
