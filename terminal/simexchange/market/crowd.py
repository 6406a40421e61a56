"""The crowd: makers who layer both sides around a fair price, and takers who come in bursts.

Deterministic by its random sources and the number of steps. It knows nothing but the book. The fair
price has a source of its own, so that its path is the same whatever others do in the book.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, final

from terminal.simexchange.market.matching import BUY, SELL, BookOrder, MatchingBook

if TYPE_CHECKING:
    import random

    from terminal.simexchange.market.contracts import ContractSpec

LEVELS = 130
"""How many levels the makers keep on each side."""
_FAR = 2 * LEVELS
_CALM = 0.92
_WALL = 50
_ROUNDS = 5


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
class Crowd:
    """Makers and takers of one contract."""

    def __init__(
        self, spec: ContractSpec, floor: Floor, source: random.Random, fair_source: random.Random
    ) -> None:
        self._spec = spec
        self._floor = floor
        self._random = source
        self._fair_source = fair_source
        self._quotes: dict[str, dict[int, str]] = {BUY: {}, SELL: {}}
        self._excitement = 0.0
        self._drift = 0.0
        self.fair = float(spec.start_ticks)

    def open_market(self) -> None:
        """Lay the first layers."""
        bid = int(self.fair)
        for side, start, sign in ((BUY, bid, -1), (SELL, bid + 1, 1)):
            price = start
            for depth in range(LEVELS):
                self._quote(side, price, depth)
                price += sign * self._gap(depth)

    def step(self) -> None:
        """One step of the market: fair price, pulled quotes, takers, new quotes."""
        self._move()
        bid = int(self.fair)
        ask = bid + (1 if self._random.random() < 0.8 else 2)
        self._pull(bid, ask)
        self._sweep(bid, ask)
        self._burst()
        self._refresh(bid, ask)
        self._fill_up(bid, ask)

    def follow(self, price: int) -> None:
        """Take a price for the fair one at once, and quote around it."""
        self.fair = float(price)
        self._pull(price, price + 1)
        for _ in range(_ROUNDS):
            self._fill_up(price, price + 1)

    # Prices ----------------------------------------------------------------------------------

    def _move(self) -> None:
        source = self._fair_source
        self._excitement *= _CALM
        if source.random() < 0.012:
            self._excitement += 1.0 + 2.0 * source.random()
            self._drift = source.gauss(0.0, 0.35)
        self._drift *= 0.97
        start = self._spec.start_ticks
        # A weak pull home keeps a week-long demo within a believable range.
        home = (start - self.fair) * 0.00002
        size = self._spec.step_ticks * (0.35 + self._excitement)
        self.fair = max(start * 0.2, self.fair + home + size * (self._drift + source.gauss(0, 0.5)))

    # Makers ----------------------------------------------------------------------------------

    def _gap(self, depth: int) -> int:
        if depth < 25:
            return 1 if self._random.random() < 0.93 else 2
        return self._random.choice((1, 1, 2, 2, 3))

    def _lots(self, price: int, depth: int) -> int:
        shape = 0.35 + min(depth, 40) / 18
        lots = self._spec.level_lots * shape * self._random.lognormvariate(0, 0.7)
        if price % _WALL == 0:
            lots *= 2.5
        return max(1, int(lots))

    def _quote(self, side: str, price: int, depth: int) -> None:
        if price <= 0 or self._floor.book.would_take(side, price):
            return
        identity = self._floor.new_id()
        self._quotes[side][price] = identity
        self._floor.book.rest(BookOrder(identity, "", side, price, self._lots(price, depth)))

    def _withdraw(self, side: str, price: int) -> None:
        self._floor.book.cancel(self._quotes[side].pop(price))

    def _live_quotes(self, side: str) -> dict[int, str]:
        """The quotes that still rest; filled ones are forgotten."""
        book, quotes = self._floor.book, self._quotes[side]
        for price in [price for price, identity in quotes.items() if book.order(identity) is None]:
            del quotes[price]
        return quotes

    def _pull(self, bid: int, ask: int) -> None:
        """Makers take back most of what the new fair price would run over."""
        for price in [p for p in self._live_quotes(SELL) if p <= bid]:
            if self._random.random() < 0.7:
                self._withdraw(SELL, price)
        for price in [p for p in self._live_quotes(BUY) if p >= ask]:
            if self._random.random() < 0.7:
                self._withdraw(BUY, price)

    def _refresh(self, bid: int, ask: int) -> None:
        changes = 2 + int(4 * self._random.random() + 3 * self._excitement)
        for _ in range(changes):
            side, touch, sign = (BUY, bid, -1) if self._random.random() < 0.5 else (SELL, ask, 1)
            depth = min(LEVELS, int(self._random.expovariate(1 / 9)))
            price = touch + sign * depth
            quotes = self._live_quotes(side)
            if price not in quotes:
                self._quote(side, price, depth)
            elif self._random.random() < 0.3 and depth > 1:
                self._withdraw(side, price)
            else:
                self._withdraw(side, price)
                self._quote(side, price, depth)

    def _fill_up(self, bid: int, ask: int) -> None:
        """Close holes at the touch and keep the far ends layered."""
        for side, touch, sign in ((BUY, bid, -1), (SELL, ask, 1)):
            quotes = self._live_quotes(side)
            for depth in range(3):
                price = touch + sign * depth
                if price not in quotes and self._random.random() < 0.75:
                    self._quote(side, price, depth)
            for price in [p for p in quotes if abs(p - touch) > _FAR + LEVELS]:
                self._withdraw(side, price)
            self._close_holes(side, touch, sign)
            missing = LEVELS - len(quotes)
            far = max((abs(p - touch) for p in quotes), default=0)
            for _ in range(min(4, missing)):
                far = far + self._gap(LEVELS) if far < _FAR else self._random.randrange(3, _FAR)
                price = touch + sign * far
                if price not in quotes:
                    self._quote(side, price, far)

    def _close_holes(self, side: str, touch: int, sign: int) -> None:
        """A few of the empty prices near the touch are quoted again."""
        quotes = self._quotes[side]
        for _ in range(5):
            depth = self._random.randrange(1, 45)
            price = touch + sign * depth
            if price not in quotes:
                self._quote(side, price, depth)

    # Takers ----------------------------------------------------------------------------------

    def _sweep(self, bid: int, ask: int) -> None:
        """Takers clear what still stands in the way of the fair price."""
        book = self._floor.book
        best_ask, best_bid = book.best(SELL), book.best(BUY)
        if best_ask is not None and best_ask <= bid:
            self._floor.take(BUY, bid, self._standing(SELL, bid))
        elif best_bid is not None and best_bid >= ask:
            self._floor.take(SELL, ask, self._standing(BUY, ask))

    def _standing(self, side: str, until: int) -> int:
        total = 0
        for price, lots in self._floor.book.levels(side):
            if (price > until) if side == SELL else (price < until):
                break
            total += lots
        return total

    def _burst(self) -> None:
        source = self._random
        if source.random() > 0.16 + 0.2 * self._excitement:
            return
        side = BUY if source.random() < 0.5 + 0.25 * max(-1.0, min(1.0, self._drift)) else SELL
        for _ in range(1 + int(source.expovariate(0.9))):
            lots = max(1, int(self._spec.level_lots * source.expovariate(7.0)))
            best = self._floor.book.best(SELL if side == BUY else BUY)
            if best is None:
                return
            limit = best + 2 if side == BUY else best - 2
            self._floor.take(side, max(1, limit), lots)
