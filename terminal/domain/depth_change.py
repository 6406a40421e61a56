"""Pulling and stacking: how many lots makers added and took back at each price.

Fed with what ``attribution`` found, so lots that were traded are no pull. Counted either over the
last seconds or since the inside last came to the price. Times are ms of a clock that never goes
back, passed in.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.units import Lots, Price, Side

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terminal.domain.attribution import MakerChange

KEPT_CHANGES = 20_000
WINDOW_MS = 5_000
_BUY = Side.BUY


class CountFrom(Enum):
    """From when changes are counted."""

    WINDOW = "over the last seconds"
    INSIDE = "since the inside was last here"


@final
class LevelChange(NamedTuple):
    """What makers did at a price: lots added, lots pulled, and how many changes that were."""

    added: Lots
    pulled: Lots
    changes: int

    @property
    def net(self) -> int:
        """Lots stacked (above zero) or pulled (below zero) in all."""
        return self.added - self.pulled


@final
class DepthChange:
    """Changes of makers by side and price.

    ``window_ms`` matters to ``CountFrom.WINDOW`` only. At most ``kept`` changes are remembered: a
    window may be shorter than asked for then (``is_cut``); prices since the inside are let go the
    oldest first.
    """

    __slots__ = ("_counts", "_cut_ms", "_events", "_inside", "_kept", "count_from", "window_ms")

    def __init__(
        self,
        count_from: CountFrom = CountFrom.WINDOW,
        window_ms: int = WINDOW_MS,
        kept: int = KEPT_CHANGES,
    ) -> None:
        self.count_from = count_from
        self.window_ms = window_ms
        self._kept = kept
        # Lots added, lots pulled, number of changes; buys and sells apart.
        self._counts: tuple[dict[int, list[int]], dict[int, list[int]]] = ({}, {})
        self._events: deque[tuple[int, int, int, int]] = deque()
        self._inside: tuple[Price | None, Price | None] = (None, None)
        self._cut_ms: int | None = None

    @property
    def is_cut(self) -> bool:
        """True while a window holds less than was asked for, there having been too many changes."""
        newest_ms = self._events[-1][0] if self._events else 0
        return self._cut_ms is not None and self._cut_ms > newest_ms - self.window_ms

    def add(self, changes: Iterable[MakerChange], now_ms: int) -> None:
        """Count what makers did, told now."""
        is_window = self.count_from is CountFrom.WINDOW
        for side, price, lots in changes:
            which = 0 if side is _BUY else 1
            counts = self._counts[which]
            count = counts.get(price)
            if count is None:
                if not is_window and len(counts) >= self._kept:
                    del counts[next(iter(counts))]
                count = counts[price] = [0, 0, 0]
            if lots > 0:
                count[0] += lots
            else:
                count[1] -= lots
            count[2] += 1
            if is_window:
                if len(self._events) >= self._kept:
                    self._cut_ms = self._events[0][0]
                    self._expire()
                self._events.append((now_ms, which, price, lots))

    def inside(self, bid: Price | None, ask: Price | None) -> None:
        """Best bid and ask are these now: a count begins anew where either of them arrives."""
        before_bid, before_ask = self._inside
        self._inside = (bid, ask)
        if self.count_from is CountFrom.INSIDE:
            if bid != before_bid and bid is not None:
                self._counts[0].pop(bid, None)
            if ask != before_ask and ask is not None:
                self._counts[1].pop(ask, None)

    def clear(self) -> None:
        """Count from now on: asked for, or the book was read anew."""
        for counts in self._counts:
            counts.clear()
        self._events.clear()
        self._cut_ms = None

    def at(self, side: Side, price: Price, now_ms: int) -> LevelChange:
        """What makers of a side did at a price."""
        self._settle(now_ms)
        added, pulled, changes = self._counts[0 if side is _BUY else 1].get(price, (0, 0, 0))
        return LevelChange(Lots(added), Lots(pulled), changes)

    def fill_rows(
        self, top_index: int, step: int, now_ms: int, *, bids: list[int], asks: list[int]
    ) -> None:
        """Write the net lots of rows from ``top_index`` down into two lists of one length.

        Costs O(rows + prices that are counted), for single ticks O(rows).
        """
        self._settle(now_ms)
        count = len(bids)
        for rows, counts in ((bids, self._counts[0]), (asks, self._counts[1])):
            rows[:] = [0] * count
            if step == 1:
                find = counts.get
                for offset in range(count):
                    found = find(top_index - offset)
                    if found is not None:
                        rows[offset] = found[0] - found[1]
                continue
            for price, found in counts.items():
                offset = top_index - price // step
                if 0 <= offset < count:
                    rows[offset] += found[0] - found[1]

    def _settle(self, now_ms: int) -> None:
        if self.count_from is CountFrom.WINDOW:
            until_ms = now_ms - self.window_ms
            while self._events and self._events[0][0] <= until_ms:
                self._expire()

    def _expire(self) -> None:
        _, which, price, lots = self._events.popleft()
        counts = self._counts[which]
        count = counts[price]
        if count[2] == 1:
            del counts[price]
        else:
            count[0 if lots > 0 else 1] -= abs(lots)
            count[2] -= 1


def outward(bids: list[int], asks: list[int], inside: tuple[int, int]) -> list[int]:
    """Sum the net lots of rows from the inside outward: what was stacked or pulled up to a row.

    ``inside`` are the offsets of the rows of best ask and best bid, from the top; both may lie
    outside the window. Asks are summed upwards from the one, bids downwards from the other; a row
    between them is zero.
    """
    found = [0] * len(bids)
    ask_row, bid_row = inside
    total = 0
    for offset in range(min(ask_row, len(asks) - 1), -1, -1):
        total += asks[offset]
        found[offset] = total
    total = 0
    for offset in range(max(0, bid_row), len(bids)):
        total += bids[offset]
        found[offset] += total
    return found
