"""The book as it was some changes ago, for snapshots that lag behind the stream."""

from __future__ import annotations

from collections import deque
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
    """What every late change of a book replaced."""

    def __init__(self) -> None:
        self._totals: dict[str, dict[int, int]] = {BUY: {}, SELL: {}}
        self._replaced: deque[tuple[str, int, int]] = deque(maxlen=KEPT_CHANGES)

    def note(self, side: str, price: int, lots: int) -> None:
        """A level has a new total; 0 means it is gone."""
        totals = self._totals[side]
        self._replaced.append((side, price, totals.get(price, 0)))
        if lots:
            totals[price] = lots
        else:
            totals.pop(price, None)

    def levels(self, book: MatchingBook, lag: int) -> Levels:
        """The book so many changes ago, as far as they are kept; 0 is now."""
        lag = min(lag, len(self._replaced))
        if lag <= 0:
            return Levels(book.sequence, list(book.levels(BUY)), list(book.levels(SELL)))
        sides = {side: dict(totals) for side, totals in self._totals.items()}
        for side, price, lots in reversed(list(self._replaced)[-lag:]):
            sides[side][price] = lots
        bids, asks = (
            sorted(((price, lots) for price, lots in rows.items() if lots), reverse=side == BUY)
            for side, rows in sides.items()
        )
        return Levels(book.sequence - lag, bids, asks)
