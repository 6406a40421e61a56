"""The book as it was some changes ago, for snapshots that lag behind the stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from terminal.simexchange.market.matching import BUY, SELL

if TYPE_CHECKING:
    from terminal.simexchange.market.matching import MatchingBook

KEPT_CHANGES = 1000
"""How far back a book can be taken, in changes."""


@final
class Levels(NamedTuple):
    """All levels (price in ticks and lots, best first) after the change ``sequence``."""

    sequence: int
    bids: list[tuple[int, int]]
    asks: list[tuple[int, int]]


@final
class Rewind:
    """The late changes of a book, and the book as it was before them."""

    def __init__(self) -> None:
        self._before: dict[str, dict[int, int]] = {BUY: {}, SELL: {}}
        self._changes: list[tuple[str, int, int]] = []

    def note(self, side: str, price: int, lots: int) -> None:
        """A level has a new total; 0 means it is gone."""
        changes = self._changes
        changes.append((side, price, lots))
        if len(changes) >= 2 * KEPT_CHANGES:
            self._before = self._after(len(changes) - KEPT_CHANGES)
            del changes[:-KEPT_CHANGES]

    def _after(self, count: int) -> dict[str, dict[int, int]]:
        """The book after the first of the changes that are kept."""
        sides = {side: dict(totals) for side, totals in self._before.items()}
        for side, price, lots in self._changes[:count]:
            if lots:
                sides[side][price] = lots
            else:
                sides[side].pop(price, None)
        return sides

    def levels(self, book: MatchingBook, lag: int) -> Levels:
        """The book so many changes ago, as far as they are kept; 0 is now."""
        lag = min(lag, KEPT_CHANGES, len(self._changes))
        if lag <= 0:
            return Levels(book.sequence, list(book.levels(BUY)), list(book.levels(SELL)))
        sides = self._after(len(self._changes) - lag)
        bids, asks = (sorted(rows.items(), reverse=side == BUY) for side, rows in sides.items())
        return Levels(book.sequence - lag, bids, asks)
