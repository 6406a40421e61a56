"""The crowd: makers who layer both sides around a fair price, and takers who come in bursts.

Deterministic by its random source and what it is told: the fair price (ticks) and how busy the
market is (1 is usual). It knows nothing but the book. ``mood`` is what a scenario changes in it.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import TYPE_CHECKING, Protocol, final

from terminal.simexchange.market.matching import BUY, SELL, BookOrder, MatchingBook

if TYPE_CHECKING:
    import random

    from terminal.simexchange.market.contracts import ContractSpec

LEVELS = 130
"""How many levels the makers keep on each side."""
_SPARE = 40
_NEAR = 18  # levels next to the touch where hardly a price is left out
_WALL = 50
_AT_ONCE = 10  # far levels that are laid or taken away in one step
_TRAIL = 60  # levels that are laid at once behind a price that ran away
_STAY = 0.05  # how much of what stands in the way of the price is traded, not taken back
_BUSIEST = 12.0
_FEWEST = 20
# Lots are lognormal; the numbers in between of as many equally likely ones stand for all.
_LOTS = tuple(math.exp(0.7 * NormalDist().inv_cdf((place + 0.5) / 1024)) for place in range(1024))
_REACH = 1  # so many ticks behind the touch a taker is content with


class Floor(Protocol):
    """What the crowd trades on."""

    book: MatchingBook

    def take(self, side: str, limit: int | None, lots: int) -> None:
        """Send a taking order of the crowd; what is not matched is dropped."""
        ...

    def new_id(self) -> str:
        """An id for an order of the crowd."""
        ...


@final
@dataclass(slots=True)
class Mood:
    """How the crowd differs from a usual one.

    ``sizes`` multiply what makers show on a side, ``levels`` is how many they keep, ``takers``
    multiplies how often somebody takes and ``lean`` moves the odds that it is a buyer, from -0.5 to
    0.5. A market that ``is_still`` takes nothing and leaves its touch alone. ``walks`` is how much
    of what lies in the way of the price is traded and not taken back.
    """

    sizes: dict[str, float] = field(default_factory=lambda: {BUY: 1.0, SELL: 1.0})
    levels: int = LEVELS
    takers: float = 1.0
    lean: float = 0.0
    walks: float = _STAY
    is_still: bool = False


@final
class _Side:
    """The crowd's quotes on one side. ``sign`` points away from the touch."""

    __slots__ = ("ids", "prices", "side", "sign")

    def __init__(self, side: str, sign: int) -> None:
        self.side = side
        self.sign = sign
        self.ids: dict[int, str] = {}
        self.prices: list[int] = []

    def add(self, price: int, identity: str) -> None:
        self.ids[price] = identity
        insort(self.prices, price)

    def drop(self, price: int) -> str:
        del self.prices[bisect_left(self.prices, price)]
        return self.ids.pop(price)

    def edge(self) -> int:
        """The quoted price that is farthest from the touch."""
        return self.prices[0] if self.sign < 0 else self.prices[-1]

    def beyond(self, touch: int) -> list[int]:
        """Quotes that are better than the touch, the best first."""
        prices = self.prices
        if self.sign > 0:
            return prices[: bisect_left(prices, touch)]
        return prices[bisect_left(prices, touch + 1) :][::-1]


@final
class Crowd:
    """Makers and takers of one contract."""

    def __init__(self, spec: ContractSpec, floor: Floor, source: random.Random) -> None:
        self._level_lots = spec.level_lots
        self._floor = floor
        self._random = source
        self._sides = (_Side(BUY, -1), _Side(SELL, 1))
        self._by_name = {side.side: side for side in self._sides}
        self._spread = 1
        self._is_buyer = True
        self._touches = (spec.start_ticks, spec.start_ticks + 1)
        # Far levels lie so far apart that the book reaches over half an hour of moves or so.
        reach = spec.start_ticks * spec.daily / math.sqrt(1440)
        self._far_gap = max(2, min(9, round(reach / 60)))
        self.mood = Mood()

    def open_market(self, fair: float) -> None:
        """Lay the first layers."""
        bid = int(fair)
        self._touches = (bid, bid + 1)
        for side, touch in zip(self._sides, self._touches, strict=True):
            self._lay(side, touch)

    def step(self, fair: float, busy: float) -> None:
        """One step of the market: pulled quotes, takers, new quotes."""
        mood = self.mood
        if mood.is_still:
            self._refresh(1, 3)
            return
        busy = min(busy, _BUSIEST)
        bid = int(fair)
        random = self._random.random
        if random() < 0.07:
            self._spread = (
                1 if random() < 0.88 - 0.03 * busy else 2 + int(2 * random() ** 2 * (1 + busy))
            )
        bid = max(1, bid - (self._spread - 1) // 2)
        before, self._touches = self._touches, (bid, bid + self._spread)
        self._clear_way(busy)
        self._trail(before)
        self._flow(busy, mood.takers)
        self._refresh(1 + int(2 * random() + min(3.0, 0.5 * busy)), 0)
        if random() < 0.0025 * (1 + busy):
            self._pull_or_stack()
        for side, touch in zip(self._sides, self._touches, strict=True):
            self._keep(side, touch)

    def follow(self, price: int) -> None:
        """Quote around a price at once."""
        before, self._touches = self._touches, (price, price + 1)
        for side, touch in zip(self._sides, self._touches, strict=True):
            for over in side.beyond(touch):
                self._withdraw(side, over)
        self._trail(before)
        for side, touch in zip(self._sides, self._touches, strict=True):
            self._keep(side, touch)

    def relay(self) -> None:
        """Take quotes back and lay new ones as the mood wants them; the best ones last."""
        for side, touch in zip(self._sides, self._touches, strict=True):
            prices = side.prices[:] if side.sign < 0 else side.prices[::-1]
            for price in prices[:-1]:
                self._withdraw(side, price)
            self._lay(side, touch + side.sign * self._gap(0))
            for price in prices[-1:]:
                self._withdraw(side, price)
                self._quote(side, price, 0)

    def filled(self, order: BookOrder) -> None:
        """An order of the crowd was filled wholly."""
        side = self._by_name[order.side]
        if side.ids.get(order.price) == order.id:
            side.drop(order.price)

    # Makers ----------------------------------------------------------------------------------

    def _gap(self, depth: int) -> int:
        random = self._random.random
        if depth < _NEAR:
            return 1 if random() < 0.88 else 2
        return 1 + int(2 * self._far_gap * random() ** 2)

    def _quote(self, side: _Side, price: int, depth: int, times: float = 1.0) -> None:
        book, name = self._floor.book, side.side
        if price <= 0 or price in side.ids or book.would_take(name, price):
            return
        shape = 0.35 + min(depth, 60) / 24
        lots = self._level_lots * shape * _LOTS[int(1024 * self._random.random())]
        if price % _WALL == 0:
            lots *= 2.5
        identity = self._floor.new_id()
        side.add(price, identity)
        shown = int(max(1, int(lots * self.mood.sizes[name])) * times)
        book.rest(BookOrder(identity, "", name, price, max(1, shown)))

    def _withdraw(self, side: _Side, price: int) -> None:
        self._floor.book.cancel(side.drop(price))

    def _lay(self, side: _Side, touch: int, more: int = 0) -> None:
        """Layers from the touch outward: so many more, or as many as are missing."""
        wanted = len(side.prices) + more if more else self.mood.levels
        price, depth = touch, 0
        while len(side.prices) < wanted and price > 0 and depth < 4 * LEVELS:
            self._quote(side, price, depth)
            price += side.sign * self._gap(depth)
            depth += 1

    def _clear_way(self, busy: float) -> None:
        """Makers take back most of what the price runs over; takers clear the rest of it."""
        random, stays = self._random.random, min(0.9, self.mood.walks * (1 + 0.1 * busy))
        for side, touch in zip(self._sides, self._touches, strict=True):
            over = side.beyond(touch)
            if len(over) + _FEWEST > len(side.prices):
                # Nearly all of them: the new ones come first, so that the side is never empty.
                self._lay(side, touch, _FEWEST)
            for price in over:
                if random() >= stays:
                    self._withdraw(side, price)
            book, taker = self._floor.book, BUY if side.sign > 0 else SELL
            best = book.best(side.side)
            if best is not None and (best - touch) * side.sign < 0:
                limit = touch - side.sign
                self._floor.take(taker, limit, self._standing(side.side, limit, side.sign))

    def _standing(self, side: str, until: int, sign: int) -> int:
        total = 0
        for price, lots in self._floor.book.levels(side):
            if (price - until) * sign > 0:
                break
            total += lots
        return total

    def _trail(self, before: tuple[int, int]) -> None:
        """Makers follow a price that moved away from their best quotes."""
        for side, old, touch in zip(self._sides, before, self._touches, strict=True):
            price, depth = touch, 0
            while (old - price) * side.sign > 0 and depth < _TRAIL:
                self._quote(side, price, depth)
                price += side.sign * self._gap(depth)
                depth += 1

    def _refresh(self, count: int, least: int) -> None:
        """Some quotes near the touch come, go or get another size."""
        source = self._random
        for _ in range(count):
            at = int(2 * source.random())
            side, touch = self._sides[at], self._touches[at]
            depth = least + min(self.mood.levels, int(source.expovariate(1 / 9)))
            price = touch + side.sign * depth
            if price not in side.ids:
                self._quote(side, price, depth)
            elif depth > 1 and source.random() < 0.3:
                self._withdraw(side, price)
            else:
                self._withdraw(side, price)
                self._quote(side, price, depth)

    def _pull_or_stack(self) -> None:
        """Makers of one side step back for a moment, or show a lot of lots."""
        source = self._random
        at = int(2 * source.random())
        side, touch = self._sides[at], self._touches[at]
        if source.random() < 0.5:
            for depth in range(2, 4 + int(16 * source.random())):
                price = touch + side.sign * depth
                if price in side.ids:
                    self._withdraw(side, price)
            return
        price = touch + side.sign * (2 + int(12 * source.random()))
        if price in side.ids:
            self._withdraw(side, price)
        self._quote(side, price, 10, 5 + 6 * source.random())

    def _keep(self, side: _Side, touch: int) -> None:
        """Close holes at the touch and keep the far end where it belongs."""
        random, sign, ids, levels = self._random.random, side.sign, side.ids, self.mood.levels
        for depth, odds in ((0, 0.95), (1, 0.75), (2, 0.75)):
            price = touch + sign * depth
            if price not in ids and random() < odds:
                self._quote(side, price, depth)
        if len(side.prices) * 5 < levels * 4:
            self._lay(side, touch)
        for _ in range(3):
            depth = 1 + int(44 * random())
            if touch + sign * depth not in ids and len(ids) < levels:
                self._quote(side, touch + sign * depth, depth)
        missing = levels - len(ids)
        if missing > 0:
            price = side.edge() if ids else touch
            for _ in range(min(_AT_ONCE, missing)):
                price += sign * self._gap(LEVELS)
                self._quote(side, price, LEVELS)
        elif missing < -_SPARE * levels // LEVELS:
            for _ in range(_AT_ONCE):
                self._withdraw(side, side.edge())

    # Takers ----------------------------------------------------------------------------------

    def _flow(self, busy: float, times: float) -> None:
        """Orders of takers: a side keeps its turn for a while, sizes are small but for some."""
        source = self._random
        bid, ask = self._touches
        if source.random() > (0.06 + 0.22 * busy) * times:
            return
        if source.random() < 0.25:
            self._is_buyer = source.random() < 0.5 + self.mood.lean
        for _ in range(1 + int(source.expovariate(0.9))):
            lots = max(1, int(self._level_lots * source.expovariate(7.0)))
            if source.random() < 0.02:
                lots *= 12
            # They look at where the touch should be: they do not chase what others left of it.
            if self._is_buyer:
                self._floor.take(BUY, ask + _REACH, lots)
            else:
                self._floor.take(SELL, max(1, bid - _REACH), lots)
