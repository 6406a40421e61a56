"""The order book of one contract: a snapshot, then one changed level at a time, by sequence.

Each side is a dictionary of totals plus a sorted list of its prices: best price, insertion and
windows cost a bisection, and a level-2 delta touches one entry. Buffering and refetching belong to
``session.book_sync``.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from decimal import Decimal
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


# Names of members are looked up slowly before Python 3.12, and every change needs two.
_BUY = Side.BUY
_APPLIED = BookAnswer.APPLIED


@final
class BookSide:
    """The levels of one side: prices ascending, totals by price.

    A level between two ticks has its own exact key; its lots are shown at the tick below, which is
    in the row that contains it. ``_parts`` holds the ticks that have such levels: none, as a rule.
    """

    __slots__ = ("_lots", "_parts", "_prices")

    def __init__(self) -> None:
        self._prices: list[Price] = []
        self._lots: dict[Price, Lots] = {}
        self._parts: dict[Price, dict[Decimal, Lots]] = {}

    def __len__(self) -> int:
        return len(self._prices)

    def load(self, levels: Iterable[Level]) -> None:
        """Replace everything; levels without lots are left out."""
        self._lots = {price: lots for price, lots in levels if lots > 0}
        self._prices = sorted(self._lots)
        self._parts = {}

    def put(self, price: Price, lots: Lots) -> None:
        """Set the total of a level; zero removes it, an absent level is ignored then."""
        if self._parts and price in self._parts:
            self.put_exact(Decimal(price), lots)
        elif lots > 0:
            if price not in self._lots:
                insort(self._prices, price)
            self._lots[price] = lots
        elif self._lots.pop(price, None) is not None:
            del self._prices[bisect_left(self._prices, price)]

    def put_exact(self, exact: Decimal, lots: Lots) -> None:
        """Set the total of a level between two ticks; ``exact`` is in ticks."""
        price = Price(int(exact // 1))
        parts = self._parts.get(price)
        if parts is None:
            parts = self._parts[price] = {}
            if (whole := self._lots.get(price)) is not None:
                parts[Decimal(price)] = whole
        if lots > 0:
            parts[exact] = lots
        else:
            parts.pop(exact, None)
        if all(part == price for part in parts):
            del self._parts[price]
        # The sum is no part of its own: without the tick among the parts it is put as any other.
        rest = self._parts.pop(price, None)
        self.put(price, Lots(sum(parts.values())))
        if rest is not None:
            self._parts[price] = rest

    def off_tick(self) -> tuple[tuple[Decimal, Lots], ...]:
        """The levels between two ticks, exactly, ascending."""
        return tuple(
            sorted(
                (exact, lots)
                for price, parts in self._parts.items()
                for exact, lots in parts.items()
                if exact != price
            )
        )

    def on_tick(self) -> tuple[Level, ...]:
        """The levels on ticks without those between, ascending. Cost: O(levels)."""
        if not self._parts:
            return self.ascending()
        own = {price: parts.get(Decimal(price), Lots(0)) for price, parts in self._parts.items()}
        levels = (Level(price, own.get(price, self._lots[price])) for price in self._prices)
        return tuple(level for level in levels if level.lots)

    def exact_lowest(self) -> Decimal | Price | None:
        """The lowest price with lots, exactly."""
        low = self.lowest()
        return min(self._parts[low]) if low is not None and low in self._parts else low

    def exact_highest(self) -> Decimal | Price | None:
        """The highest price with lots, exactly."""
        high = self.highest()
        return max(self._parts[high]) if high is not None and high in self._parts else high

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

    def rising(self) -> Iterator[Level]:
        """Levels from the lowest price up, one at a time: who needs few pays for few."""
        for price in self._prices:
            yield Level(price, self._lots[price])

    def falling(self) -> Iterator[Level]:
        """Levels from the highest price down, one at a time."""
        for price in reversed(self._prices):
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
        for side, exact, lots in snapshot.off_tick:
            (self.bids if side is Side.BUY else self.asks).put_exact(exact, lots)
        self.sequence = snapshot.sequence

    def apply(self, delta: BookDelta) -> BookAnswer:
        """Apply one delta if it is the next one. Source: API reference 5.8 steps 6 and 7."""
        expected = self.sequence + 1
        if delta.sequence == expected:
            side = self.bids if delta.side is _BUY else self.asks
            if delta.exact is None:
                side.put(delta.price, delta.lots)
            else:
                side.put_exact(delta.exact, delta.lots)
            self.sequence = expected
            return _APPLIED
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
        bid, ask = self.bids.highest(), self.asks.lowest()
        if bid is None or ask is None or bid < ask:
            return False
        exact_bid, exact_ask = self.bids.exact_highest(), self.asks.exact_lowest()
        return exact_bid is not None and exact_ask is not None and exact_bid >= exact_ask

    def copy(self) -> OrderBook:
        """An independent copy at the same sequence. Cost: O(levels)."""
        twin = OrderBook(self.symbol)
        for mine, theirs in ((twin.bids, self.bids), (twin.asks, self.asks)):
            mine.load(theirs.on_tick())
            for exact, lots in theirs.off_tick():
                mine.put_exact(exact, lots)
        twin.sequence = self.sequence
        return twin

    def differences(self, snapshot: BookSnapshot) -> tuple[str, ...]:
        """Say level by level where this book differs from a snapshot of the same sequence."""
        found: list[str] = []
        if snapshot.sequence != self.sequence:
            found.append(f"sequence {self.sequence} against {snapshot.sequence}")
        other = OrderBook(self.symbol)
        other.load(snapshot)
        for side, ours, theirs in (
            (Side.BUY, self.bids, other.bids),
            (Side.SELL, self.asks, other.asks),
        ):
            mine, exchange = _exactly(ours), _exactly(theirs)
            found.extend(
                f"{side.value} {price}: {mine.get(price, 0)} against {exchange.get(price, 0)}"
                for price in sorted(mine.keys() | exchange.keys())
                if mine.get(price) != exchange.get(price)
            )
        return tuple(found)


def _exactly(side: BookSide) -> dict[Decimal | Price, Lots]:
    """Every level by its exact price in ticks."""
    return dict(side.on_tick()) | dict(side.off_tick())
