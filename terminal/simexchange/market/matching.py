"""Price-time priority on integers: one contract's resting orders and how they match.

Every change of a level's total advances the sequence by one and is told to ``on_change``; the
order of these calls is the order of the stream.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BUY = "buy"
SELL = "sell"


def opposite(side: str) -> str:
    """The other side."""
    return SELL if side == BUY else BUY


@final
@dataclass(slots=True)
class BookOrder:
    """A resting order. ``owner`` is empty for the simulated crowd."""

    id: str
    owner: str
    side: str
    price: int
    remaining: int


@final
class Match(NamedTuple):
    """A taker met a resting order at the resting order's price."""

    maker: BookOrder
    price: int
    lots: int
    trade_number: int


@final
class _Half:
    """One side: a queue per price (insertion order is time priority) and the prices in order."""

    __slots__ = ("prices", "queues", "totals")

    def __init__(self) -> None:
        self.prices: list[int] = []
        self.queues: dict[int, dict[str, BookOrder]] = {}
        self.totals: dict[int, int] = {}

    def add(self, order: BookOrder) -> None:
        queue = self.queues.get(order.price)
        if queue is None:
            queue = self.queues[order.price] = {}
            self.totals[order.price] = 0
            insort(self.prices, order.price)
        queue[order.id] = order
        self.totals[order.price] += order.remaining

    def shrink(self, order: BookOrder, lots: int) -> None:
        order.remaining -= lots
        self.totals[order.price] -= lots
        if order.remaining == 0:
            queue = self.queues[order.price]
            del queue[order.id]
            if not queue:
                del self.queues[order.price]
                del self.totals[order.price]
                del self.prices[bisect_left(self.prices, order.price)]


@final
class MatchingBook:
    """All resting orders of one contract. Prices are ticks, sizes are lots, both above zero."""

    def __init__(
        self, first_sequence: int, on_change: Callable[[int, str, int, int], None]
    ) -> None:
        self.sequence = first_sequence
        self.trades = 0
        self._on_change = on_change
        self._halves = {BUY: _Half(), SELL: _Half()}
        self._orders: dict[str, BookOrder] = {}

    # Looking ---------------------------------------------------------------------------------

    def best(self, side: str) -> int | None:
        """The best price of a side."""
        prices = self._halves[side].prices
        if not prices:
            return None
        return prices[-1] if side == BUY else prices[0]

    def total(self, side: str, price: int) -> int:
        """The lots resting at a price."""
        return self._halves[side].totals.get(price, 0)

    def levels(self, side: str, count: int | None = None) -> Iterator[tuple[int, int]]:
        """Price and total, best first, at most ``count``."""
        half = self._halves[side]
        prices = half.prices[::-1] if side == BUY else half.prices
        for price in prices[:count]:
            yield price, half.totals[price]

    def level_count(self, side: str) -> int:
        """How many prices a side has."""
        return len(self._halves[side].prices)

    def order(self, identity: str) -> BookOrder | None:
        """A resting order."""
        return self._orders.get(identity)

    def would_take(self, side: str, price: int) -> bool:
        """True when an order at this price would meet a resting one at once."""
        best = self.best(opposite(side))
        if best is None:
            return False
        return best <= price if side == BUY else best >= price

    # Changing --------------------------------------------------------------------------------

    def take(self, side: str, limit: int | None, lots: int) -> list[Match]:
        """Match up to ``lots`` against the other side, no worse than ``limit`` (None: any)."""
        matches: list[Match] = []
        while lots > 0:
            resting = opposite(side)
            best = self.best(resting)
            if best is None or not _is_acceptable(side, limit, best):
                break
            half = self._halves[resting]
            for maker in list(half.queues[best].values()):
                met = min(lots, maker.remaining)
                half.shrink(maker, met)
                if maker.remaining == 0:
                    del self._orders[maker.id]
                self.trades += 1
                matches.append(Match(maker, best, met, self.trades))
                lots -= met
                if lots == 0:
                    break
            self._changed(resting, best)
        return matches

    def rest(self, order: BookOrder) -> None:
        """Queue an order behind those at its price. It must not cross."""
        self._orders[order.id] = order
        self._halves[order.side].add(order)
        self._changed(order.side, order.price)

    def cancel(self, identity: str) -> BookOrder | None:
        """Take an order out; its ``remaining`` stays as it was."""
        order = self._orders.pop(identity, None)
        if order is None:
            return None
        remaining = order.remaining
        self._halves[order.side].shrink(order, remaining)
        order.remaining = remaining
        self._changed(order.side, order.price)
        return order

    def reduce(self, identity: str, remaining: int) -> None:
        """Shrink an order to ``remaining`` (above zero), keeping its place in the queue."""
        order = self._orders[identity]
        self._halves[order.side].shrink(order, order.remaining - remaining)
        self._changed(order.side, order.price)

    def _changed(self, side: str, price: int) -> None:
        self.sequence += 1
        self._on_change(self.sequence, side, price, self.total(side, price))


def _is_acceptable(side: str, limit: int | None, best: int) -> bool:
    if limit is None:
        return True
    return best <= limit if side == BUY else best >= limit
