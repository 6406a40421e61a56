"""One contract's market: book, crowd, trades, candles, mark and index price."""

from __future__ import annotations

import random
from collections import deque
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, NamedTuple, Protocol, final

from terminal.simexchange.market.crowd import Crowd
from terminal.simexchange.market.history import CandleStore
from terminal.simexchange.market.matching import BUY, SELL, BookOrder, Match, MatchingBook, opposite

if TYPE_CHECKING:
    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.market.contracts import ContractSpec
    from terminal.simexchange.market.history import DayFigures

KEPT_TRADES = 100
FUNDING_MS = 8 * 3600 * 1000
INTEREST = 0.0001
_FIRST_SEQUENCE = 1_720_000_000_000


@final
class Trade(NamedTuple):
    """A public match."""

    number: int
    id: str
    side: str
    price: int
    lots: int
    maker_id: str
    taker_id: str
    at_ns: int


class MarketListener(Protocol):
    """Who is told what happens in a market, in order."""

    def book_changed(self, market: Market, change: tuple[int, str, int, int]) -> None:
        """A level has a new total: sequence, side, price, lots."""
        ...

    def traded(self, market: Market, trade: Trade, match: Match) -> None:
        """A match happened; the book has changed already."""
        ...


@final
class Market:
    """One contract. All prices are ticks unless they are Decimal."""

    def __init__(
        self, spec: ContractSpec, seed: int, clock: SimClock, listener: MarketListener
    ) -> None:
        self.spec = spec
        self._clock = clock
        self._listener = listener
        self.book = MatchingBook(_FIRST_SEQUENCE, self._on_change)
        self.trades: deque[Trade] = deque(maxlen=KEPT_TRADES)
        self.candles = CandleStore(
            spec,
            random.Random(f"{seed}-{spec.symbol}-history"),
            clock.now_ms(),
        )
        self.last = spec.start_ticks
        self._ids = 0
        self._first_trade = clock.now_ms() * 1000  # never twice, restarts included
        self._basis = 0.0
        self._day: tuple[int, DayFigures] | None = None
        self._crowd = Crowd(spec, self, random.Random(f"{seed}-{spec.symbol}"))
        self._crowd.open_market()

    def new_id(self) -> str:
        """An id for an order of the crowd."""
        self._ids += 1
        return f"c{self._ids}"

    def step(self) -> None:
        """Let the crowd act once."""
        self._crowd.step()
        best_bid, best_ask = self.book.best(BUY), self.book.best(SELL)
        if best_bid is not None and best_ask is not None:
            mid = (best_bid + best_ask) / 2
            self._basis += 0.02 * (mid - self._crowd.fair - self._basis)

    def move_fair(self, ticks: int) -> None:
        """Shift the crowd's fair price (for tests)."""
        self._crowd.fair += ticks

    def trade_at(self, price: int) -> None:
        """Let the crowd trade through the book to a price, which is the last one then."""
        best_bid = self.book.best(BUY)
        side = SELL if best_bid is not None and price <= best_bid else BUY
        resting = opposite(side)
        sign = 1 if side == BUY else -1
        # What stands closer to the touch, and one lot at the price itself.
        lots = sum(size for level, size in self.book.levels(resting) if (price - level) * sign >= 0)
        self.book.rest(BookOrder(self.new_id(), "", resting, price, 1))
        self.take(side, price, lots + 1)
        self._crowd.follow(price)

    @property
    def index_price(self) -> Decimal:
        """The index: the crowd's fair price on the index's own grid."""
        return self._on_index_grid(self._crowd.fair)

    @property
    def mark_price(self) -> Decimal:
        """Index plus the moving average of the basis (reference 7.8)."""
        return self._on_index_grid(self._crowd.fair + self._basis)

    def _on_index_grid(self, ticks: float) -> Decimal:
        price = Decimal(ticks) * self.spec.tick
        steps = (price / self.spec.index_tick).to_integral_value(ROUND_HALF_EVEN)
        return steps * self.spec.index_tick

    @property
    def buy_limit(self) -> Decimal:
        """The highest price a buy may have now, on the grid."""
        bound = self.mark_price * (1 + self.spec.price_range)
        return bound - bound % self.spec.tick

    @property
    def sell_limit(self) -> Decimal:
        """The lowest price a sell may have now, on the grid."""
        bound = self.mark_price * (1 - self.spec.price_range)
        return bound - bound % self.spec.tick + self.spec.tick

    def day(self) -> DayFigures:
        """The last 24 hours, worked out at most once a second."""
        now_ms = self._clock.now_ms()
        if self._day is None or now_ms - self._day[0] >= 1000:
            self._day = (now_ms, self.candles.day(now_ms))
        return self._day[1]

    @property
    def funding_rate(self) -> float:
        """The running rate: interest plus a tenth of the premium, within the contract's bounds."""
        premium = self._basis / self._crowd.fair
        return max(-0.003, min(0.003, INTEREST + premium / 10))

    @property
    def next_funding_ms(self) -> int:
        """When funding is next due, epoch ms."""
        now_ms = self._clock.now_ms()
        return now_ms - now_ms % FUNDING_MS + FUNDING_MS

    def take(self, side: str, limit: int | None, lots: int) -> None:
        """A taking order of the crowd; what is not matched is dropped."""
        self.match(side, limit, lots, self.new_id())

    def match(self, side: str, limit: int | None, lots: int, taker_id: str) -> list[Trade]:
        """Match a taker and tell; returns its trades."""
        matches = self.book.take(side, limit, lots)
        trades = []
        for match in matches:
            trade = Trade(
                match.trade_number,
                str(self._first_trade + match.trade_number),
                opposite(match.maker.side),
                match.price,
                match.lots,
                match.maker.id,
                taker_id,
                self._clock.now_ns(),
            )
            self.last = match.price
            self.trades.append(trade)
            self.candles.trade(match.price, match.lots, trade.at_ns // 1_000_000)
            self._listener.traded(self, trade, match)
            trades.append(trade)
        return trades

    def _on_change(self, sequence: int, side: str, price: int, lots: int) -> None:
        self._listener.book_changed(self, (sequence, side, price, lots))
