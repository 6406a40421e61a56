"""The order book of one contract: a snapshot, then one changed level at a time, by sequence.

Each side is a dictionary of totals plus a sorted list of its prices: best price, insertion and
windows cost a bisection, and a level-2 delta touches one entry. Buffering and refetching belong to
``session.book_sync``.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from enum import Enum
from typing import TYPE_CHECKING, final

from terminal.domain.events import BookDelta, BookSnapshot, Level
from terminal.domain.units import Lots, Price, Side, Symbol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class BookAnswer(Enum):
    """How a delta met the book's sequence. Callers must look."""

    APPLIED = "applied"
    STALE = "stale"
    GAP = "gap"


@final
class BookSide:
    """The levels of one side: prices ascending, totals by price."""

    __slots__ = ("_lots", "_prices")

    def __init__(self) -> None:
        self._prices: list[Price] = []
        self._lots: dict[Price, Lots] = {}

    def __len__(self) -> int:
        return len(self._prices)

    def load(self, levels: Iterable[Level]) -> None:
        """Replace everything; levels without lots are left out."""
        self._lots = {level.price: level.lots for level in levels if level.lots > 0}
        self._prices = sorted(self._lots)

    def put(self, price: Price, lots: Lots) -> None:
        """Set the total of a level; zero removes it, an absent level is ignored then."""
        if lots > 0:
            if price not in self._lots:
                insort(self._prices, price)
            self._lots[price] = lots
        elif self._lots.pop(price, None) is not None:
            del self._prices[bisect_left(self._prices, price)]

    def lots_at(self, price: Price) -> Lots:
        """The total at a price, zero when nothing rests there."""
        return self._lots.get(price, Lots(0))

    def lowest(self) -> Price | None:
        """The lowest price with lots."""
        return self._prices[0] if self._prices else None

    def highest(self) -> Price | None:
        """The highest price with lots."""
        return self._prices[-1] if self._prices else None

    def between(self, low: Price, high: Price) -> Iterator[Level]:
        """Levels with low <= price <= high, ascending."""
        start = bisect_left(self._prices, low)
        end = bisect_right(self._prices, high, lo=start)
        for price in self._prices[start:end]:
            yield Level(price, self._lots[price])

    def ascending(self) -> tuple[Level, ...]:
        """All levels from the lowest price up. Cost: O(levels)."""
        return tuple(Level(price, self._lots[price]) for price in self._prices)


@final
class OrderBook:
    """All resting levels of one contract at one sequence.

    Empty until ``load``. ``apply`` answers Applied, Stale (already inside) or Gap (a sequence is
    missing: the book is then wrong and must be loaded anew).
    """

    __slots__ = ("asks", "bids", "sequence", "symbol")

    def __init__(self, symbol: Symbol) -> None:
        self.symbol = symbol
        self.sequence = -1
        self.bids = BookSide()
        self.asks = BookSide()

    def load(self, snapshot: BookSnapshot) -> None:
        """Replace the book by a snapshot."""
        self.bids.load(snapshot.bids)
        self.asks.load(snapshot.asks)
        self.sequence = snapshot.sequence

    def apply(self, delta: BookDelta) -> BookAnswer:
        """Apply one delta if it is the next one. Source: API reference 5.8 steps 6 and 7."""
        expected = self.sequence + 1
        if delta.sequence == expected:
            side = self.bids if delta.side is Side.BUY else self.asks
            side.put(delta.price, delta.lots)
            self.sequence = expected
            return BookAnswer.APPLIED
        return BookAnswer.STALE if delta.sequence < expected else BookAnswer.GAP

    @property
    def best_bid(self) -> Price | None:
        """The highest bid, None on an empty side."""
        return self.bids.highest()

    @property
    def best_ask(self) -> Price | None:
        """The lowest ask, None on an empty side."""
        return self.asks.lowest()

    @property
    def is_crossed(self) -> bool:
        """True when the best bid reaches the best ask; normal for one frame (one change each)."""
        bid, ask = self.best_bid, self.best_ask
        return bid is not None and ask is not None and bid >= ask

    def copy(self) -> OrderBook:
        """An independent copy at the same sequence. Cost: O(levels)."""
        twin = OrderBook(self.symbol)
        twin.bids.load(self.bids.ascending())
        twin.asks.load(self.asks.ascending())
        twin.sequence = self.sequence
        return twin

    def differences(self, snapshot: BookSnapshot) -> tuple[str, ...]:
        """Say level by level where this book differs from a snapshot of the same sequence."""
        found: list[str] = []
        if snapshot.sequence != self.sequence:
            found.append(f"sequence {self.sequence} against {snapshot.sequence}")
        pairs = ((Side.BUY, self.bids, snapshot.bids), (Side.SELL, self.asks, snapshot.asks))
        for side, ours, theirs in pairs:
            mine = {level.price: level.lots for level in ours.ascending()}
            exchange = {level.price: level.lots for level in theirs if level.lots}
            found.extend(
                f"{side.value} {price}: {mine.get(price, 0)} against {exchange.get(price, 0)}"
                for price in sorted(mine.keys() | exchange.keys())
                if mine.get(price) != exchange.get(price)
            )
        return tuple(found)
