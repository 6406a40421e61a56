"""Price-time priority on integers: one contract's resting orders and how they match.

At a price visible lots come before hidden ones. The shown part of an iceberg that is used up is
replaced at the end of the visible queue. Every change of a level's visible total advances the
sequence by one and is told to ``on_change``; the order of these calls is the order of the stream.
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
    """A resting order. ``owner`` is empty for the simulated crowd.

    ``peak`` is the most lots it shows at once: None all of them, 0 none (a hidden order). ``shown``
    are the lots it shows now; the book sets them.
    """

    id: str
    owner: str
    side: str
    price: int
    remaining: int
    peak: int | None = None
    shown: int = 0

    def refill(self) -> None:
        """Show as much as there is and as may be shown."""
        remaining, peak = self.remaining, self.peak
        self.shown = remaining if peak is None or peak > remaining else peak


@final
class Match(NamedTuple):
    """A taker met a resting order at the resting order's price."""

    maker: BookOrder
    price: int
    lots: int
    trade_number: int


@final
class Prevented(NamedTuple):
    """A taker came upon an order of its own owner; nothing has changed."""

    maker: BookOrder


@final
class _Level:
    """One price: insertion order of the queues is time priority."""

    __slots__ = ("hidden", "total", "visible")

    def __init__(self) -> None:
        self.visible: dict[str, BookOrder] = {}
        self.hidden: dict[str, BookOrder] = {}
        self.total = 0


@final
class _Half:
    """One side: the levels, all their prices in order, and those where something shows."""

    __slots__ = ("levels", "prices", "shown")

    def __init__(self) -> None:
        self.prices: list[int] = []
        self.shown: list[int] = []
        self.levels: dict[int, _Level] = {}

    def add(self, order: BookOrder) -> bool:
        """Queue an order; True when its level's total changed."""
        price = order.price
        level = self.levels.get(price)
        if level is None:
            level = self.levels[price] = _Level()
            insort(self.prices, price)
        if order.peak is None:
            order.shown = order.remaining
        else:
            order.refill()
            if order.peak == 0:
                level.hidden[order.id] = order
                return False
        level.visible[order.id] = order
        self._show(price, level, order.shown)
        return True

    def fill(self, order: BookOrder, lots: int) -> bool:
        """Take lots out of the shown part (of a hidden order: out of all of it)."""
        level = self.levels[order.price]
        order.remaining -= lots
        if order.peak == 0:
            if order.remaining == 0:
                del level.hidden[order.id]
                self._drop(order.price, level)
            return False
        change = -lots
        order.shown -= lots
        if order.remaining == 0:
            del level.visible[order.id]
        elif order.shown == 0:
            order.refill()
            change += order.shown
            del level.visible[order.id]
            level.visible[order.id] = order
        self._show(order.price, level, change)
        self._drop(order.price, level)
        return change != 0

    def shrink(self, order: BookOrder, remaining: int) -> bool:
        """Leave so many lots of an order, none to take it out; its place in the queue stays."""
        level = self.levels[order.price]
        order.remaining = remaining
        if order.peak == 0:
            if remaining == 0:
                del level.hidden[order.id]
                self._drop(order.price, level)
            return False
        change = min(order.shown, remaining) - order.shown
        order.shown += change
        if remaining == 0:
            del level.visible[order.id]
        self._show(order.price, level, change)
        self._drop(order.price, level)
        return change != 0

    def _show(self, price: int, level: _Level, change: int) -> None:
        before = level.total
        level.total += change
        if before == 0 and level.total:
            insort(self.shown, price)
        elif before and level.total == 0:
            del self.shown[bisect_left(self.shown, price)]

    def _drop(self, price: int, level: _Level) -> None:
        if not level.visible and not level.hidden:
            del self.levels[price]
            del self.prices[bisect_left(self.prices, price)]


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
        """The best price of a side that shows."""
        prices = self._halves[side].shown
        if not prices:
            return None
        return prices[-1] if side == BUY else prices[0]

    def front(self, side: str) -> int | None:
        """The best price of a side, hidden orders included."""
        prices = self._halves[side].prices
        if not prices:
            return None
        return prices[-1] if side == BUY else prices[0]

    def total(self, side: str, price: int) -> int:
        """The lots shown at a price."""
        level = self._halves[side].levels.get(price)
        return 0 if level is None else level.total

    def levels(self, side: str, count: int | None = None) -> Iterator[tuple[int, int]]:
        """Price and total of what shows, best first, at most ``count``."""
        half = self._halves[side]
        prices = half.shown[::-1] if side == BUY else half.shown
        for price in prices[:count]:
            yield price, half.levels[price].total

    def level_count(self, side: str) -> int:
        """At how many prices a side shows something."""
        return len(self._halves[side].shown)

    def order(self, identity: str) -> BookOrder | None:
        """A resting order."""
        return self._orders.get(identity)

    def would_take(self, side: str, price: int) -> bool:
        """True when an order at this price would meet a resting one at once."""
        front = self.front(opposite(side))
        return front is not None and _is_acceptable(side, price, front)

    # Changing --------------------------------------------------------------------------------

    def meet(
        self, side: str, limit: int | None, lots: int, owner: str = ""
    ) -> Match | Prevented | None:
        """Match once, no worse than ``limit`` (None: any price); None when nobody is there.

        An order of ``owner`` is not matched but named; an empty owner matches with everybody.
        """
        resting = opposite(side)
        half = self._halves[resting]
        if not half.prices:
            return None
        price = half.prices[-1] if resting == BUY else half.prices[0]
        if not _is_acceptable(side, limit, price):
            return None
        level = half.levels[price]
        maker = next(iter((level.visible or level.hidden).values()))
        if owner and maker.owner == owner:
            return Prevented(maker)
        met = min(lots, maker.remaining if maker.peak == 0 else maker.shown)
        has_changed = half.fill(maker, met)
        if maker.remaining == 0:
            del self._orders[maker.id]
        self.trades += 1
        match = Match(maker, price, met, self.trades)
        if has_changed:
            self._changed(resting, price)
        return match

    def take(self, side: str, limit: int | None, lots: int) -> list[Match]:
        """Match up to ``lots`` against the other side, no worse than ``limit`` (None: any)."""
        matches: list[Match] = []
        while lots > 0:
            match = self.meet(side, limit, lots)
            if not isinstance(match, Match):
                break
            matches.append(match)
            lots -= match.lots
        return matches

    def rest(self, order: BookOrder) -> None:
        """Queue an order behind those at its price. It must not cross."""
        self._orders[order.id] = order
        if self._halves[order.side].add(order):
            self._changed(order.side, order.price)

    def cancel(self, identity: str) -> BookOrder | None:
        """Take an order out; its ``remaining`` stays as it was."""
        order = self._orders.pop(identity, None)
        if order is None:
            return None
        remaining = order.remaining
        has_changed = self._halves[order.side].shrink(order, 0)
        order.remaining = remaining
        if has_changed:
            self._changed(order.side, order.price)
        return order

    def clear(self) -> None:
        """Take all orders out, the oldest first."""
        for identity in list(self._orders):
            self.cancel(identity)

    def reduce(self, identity: str, remaining: int) -> None:
        """Shrink an order to ``remaining`` (above zero), keeping its place in the queue."""
        order = self._orders[identity]
        if self._halves[order.side].shrink(order, remaining):
            self._changed(order.side, order.price)

    def _changed(self, side: str, price: int) -> None:
        self.sequence += 1
        level = self._halves[side].levels.get(price)
        self._on_change(self.sequence, side, price, 0 if level is None else level.total)


def _is_acceptable(side: str, limit: int | None, price: int) -> bool:
    if limit is None:
        return True
    return price <= limit if side == BUY else price >= limit
