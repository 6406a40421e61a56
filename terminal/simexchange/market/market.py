"""One contract's market: book, crowd, trades, candles, mark and index price, funding rates."""

from __future__ import annotations

import math
import random
import zlib
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol, final

from terminal.simexchange.market.crowd import Crowd
from terminal.simexchange.market.history import CandleStore
from terminal.simexchange.market.matching import BUY, SELL, BookOrder, Match, MatchingBook, opposite
from terminal.simexchange.market.motion import Motion
from terminal.simexchange.market.path import MINUTE_MS, PricePath
from terminal.simexchange.market.rewind import Rewind
from terminal.simexchange.market.series import CYCLE_MS, Series
from terminal.simexchange.market.world import World

if TYPE_CHECKING:
    from decimal import Decimal

    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.market.contracts import ContractSpec
    from terminal.simexchange.market.history import DayFigures
    from terminal.simexchange.market.matching import Prevented
    from terminal.simexchange.market.rewind import Levels

KEPT_TRADES = 100
BEING_SETTLED, SETTLED = "BeingSettled", "Settled"
"""Phases of a contract that is delivered, in the words of reference 2.1."""
FUNDING_MS = CYCLE_MS

_FIRST_SEQUENCE = 1_720_000_000_000
_FIRST_ID = 300_000_000_000_000_000
_BASIS_S = 60.0
_CROWD_LEVELS = 20_000  # open interest at the opening, in usual levels of the book


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

    def taken(self, market: Market, trade: Trade) -> None:
        """A taker is done; this was its last match."""
        ...


class Driver(Protocol):
    """What drives a market beside its usual course: a scenario."""

    name: ClassVar[str]

    def act(self, market: Market, passed_s: float) -> None:
        """Called before the crowd acts, ``passed_s`` after it did so last."""
        ...

    def end(self, market: Market) -> None:
        """Leave the market to its usual course."""
        ...


class Forcing(Protocol):
    """Who liquidates positions."""

    def has_liquidations(self, symbol: str, *, of_longs: bool) -> bool:
        """Whether the price would come upon a liquidation within a tenth of it."""
        ...

    def cascade(self, symbol: str, *, of_longs: bool, waves: int = 5) -> None:
        """Let the price go just beyond the next liquidation, so many times."""
        ...


@final
class Market:
    """One contract. All prices are ticks unless they are Decimal."""

    def __init__(  # noqa: PLR0915 - all parts of a market are put together here
        self,
        spec: ContractSpec,
        seed: int,
        clock: SimClock,
        listener: MarketListener,
        world: World | None = None,
    ) -> None:
        self.spec = spec
        self._clock = clock
        self._listener = listener
        self._rewind = Rewind()
        self.snapshot_lag = 0
        """How many changes of the book full snapshots are behind, up to ``KEPT_CHANGES``."""
        self.funding_ms = FUNDING_MS
        """The interval between settlements; whoever wants another sets it before the start."""
        self.book = MatchingBook(_FIRST_SEQUENCE, self._on_change)
        self.trades: deque[Trade] = deque(maxlen=KEPT_TRADES)
        opened_ms = clock.now_ms()
        name = f"{seed}-{spec.symbol}"
        self.path = PricePath(spec, str(seed), opened_ms)
        self.candles = CandleStore(self.path, spec.first_open_ms)
        self.series = Series(spec, self.path, name, opened_ms)
        self.last = spec.start_ticks
        self.open_interest = spec.level_lots * _CROWD_LEVELS
        """Lots held by everybody: trades open and close them."""
        # No two contracts give out the same id, and all are long numbers as the exchange's are.
        self._ids = _FIRST_ID + zlib.crc32(spec.symbol.encode()) % 100_000 * 10**12
        self._latest: Trade | None = None
        self._first_trade = opened_ms * 1000  # never twice, restarts included
        self._day: tuple[tuple[int, int], DayFigures] | None = None
        self._world = world or World(self.now_s)
        self.base = self._world.base(spec.base)
        """What it shares with the other contracts of its base."""
        self.motion = Motion(spec, self.path, self.base, self.now_s)
        self.crowd = Crowd(spec, self, random.Random(name))
        self.crowd.open_market(self.motion.fair)
        self.forcing: Forcing | None = None
        """Who liquidates its positions, None where nobody holds any."""
        self.scenario: Driver | None = None
        """What drives the market beside its usual course."""
        self.is_paused = False
        """True while nothing is traded: neither the crowd acts nor may anybody place orders."""
        self.expires_ms = spec.expires_ms
        """When it is delivered; who wants to see that sooner sets it. None for perpetual ones."""
        self.phase = ""
        """How far its delivery is: empty before it, then ``BEING_SETTLED``, then ``SETTLED``."""
        self._given_mark: Decimal | None = None
        self._grid = float(spec.tick / spec.index_tick)
        self._averaged_s = self.now_s
        self._basis: float | None = None
        self._show()
        self._add_last_of_the_past()

    def _add_last_of_the_past(self) -> None:
        """The trade that closed the minute before the opening: there always is a last trade."""
        at_ns = self.path.opened_minute * MINUTE_MS * 1_000_000 - 1
        number = self._first_trade
        self.trades.append(
            Trade(number, str(number), BUY, self.last, 1, self.new_id(), self.new_id(), at_ns)
        )

    @property
    def now_s(self) -> float:
        """The clock's time, which nobody shifts, in seconds."""
        return self._clock.monotonic_s()

    def new_id(self) -> str:
        """An id for an order of the crowd."""
        self._ids += 1
        return str(self._ids)

    def step(self) -> None:
        """Let the crowd act once, where the price has come by now; not once it is delivered."""
        if self.phase:
            return
        now_s = self.now_s
        passed_s = self.motion.passed(now_s)
        if self.scenario is not None:
            self.scenario.act(self, passed_s)
        busy = self.motion.go(now_s)
        if not self.is_paused:
            self.crowd.step(self.motion.fair, busy)
        self._show()

    def force(self, *, of_longs: bool) -> bool:
        """Let the price run over the next liquidation, at once but after this step.

        False without one.
        """
        forcing, symbol = self.forcing, self.spec.symbol
        if forcing is None or not forcing.has_liquidations(symbol, of_longs=of_longs):
            return False
        self._clock.after(0, partial(forcing.cascade, symbol, of_longs=of_longs, waves=1))
        return True

    def move_fair(self, ticks: int) -> None:
        """Shift the crowd's fair price; the other contracts of its base follow within a minute."""
        self.motion.shift_to(self.motion.fair + ticks)
        self._show()

    def _show(self) -> None:
        """Work out index and mark as they are from now on.

        The index is the crowd's fair price without its premium; that of a dated contract is its
        base's. The mark is the index plus a moving average, over about a minute, of what the middle
        of the book is above it. Of linear contracts it is the median of that, of the index plus
        what is left of the funding, and of the last trade (reference 7.8). The index depends on
        seed and this clock alone, but for what was moved by hand.
        """
        now_ms = self._clock.now_ms()
        fair = self.motion.fair
        index = fair / ((1 + self.series.crowd_premium(now_ms)) * (1 + self.motion.premium))
        if self.spec.is_dated:
            index = self._world.indexes.get(self.spec.index_symbol, index)
        else:
            self._world.indexes[self.spec.index_symbol] = index
        best_bid, best_ask = self.book.best(BUY), self.book.best(SELL)
        if self._basis is None:
            self._basis = fair - index
        elif best_bid is not None and best_ask is not None:
            basis = (best_bid + best_ask) / 2 - index
            self._basis += (basis - self._basis) * self._share_of_now()
        steps = round(index * self._grid)
        self._index_price = steps * self.spec.index_tick
        mark = index + self._basis
        if not (self.spec.is_inverse or self.spec.is_dated):
            mark = sorted((mark, self._by_funding(index, now_ms), float(self.last)))[1]
        self._mark_price = max(1, round(mark * self._grid)) * self.spec.index_tick
        if self._given_mark is not None:
            self._mark_price = self._given_mark
        self.series.observe(now_ms, steps, self._basis / index)

    def give_mark(self, mark: Decimal | None) -> None:
        """Let the mark be this from now on; None lets it follow the market again."""
        self._given_mark = mark
        if mark is not None:
            self._mark_price = mark

    def _by_funding(self, index: float, now_ms: int) -> float:
        """The index and what is left to pay for the price's distance from it (reference 7.8)."""
        left = (self.next_funding_ms - now_ms) / self.funding_ms
        return index * (1 + self.funding_rate * left)

    def _share_of_now(self) -> float:
        """The weight of the present in the moving average, by the time since it was last asked."""
        now_s = self._clock.monotonic_s()
        share = 1 - math.exp((self._averaged_s - now_s) / _BASIS_S)
        self._averaged_s = now_s
        return share

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
        self.motion.shift_to(price)
        self.crowd.follow(price)
        self._show()

    @property
    def index_price(self) -> Decimal:
        """The index on its own grid."""
        return self._index_price

    @property
    def mark_price(self) -> Decimal:
        """The fair price for profits and liquidations (reference 7.8), on the index's grid."""
        return self._mark_price

    @property
    def buy_limit(self) -> Decimal:
        """The highest price a buy may have now, on the grid."""
        bound = self.mark_price * (1 + self.spec.price_range)
        return bound - bound % self.spec.tick

    @property
    def sell_limit(self) -> Decimal:
        """The lowest price a sell may have now, on the grid."""
        bound = self.mark_price * (1 - self.spec.price_range)
        off = bound % self.spec.tick
        return bound - off + self.spec.tick if off else bound

    def day(self) -> DayFigures:
        """The last 24 hours, worked out once for every trade and minute that somebody asks in."""
        now_ms = self._clock.now_ms()
        asked = (now_ms // MINUTE_MS, self.book.trades)
        if self._day is None or self._day[0] != asked:
            self._day = (asked, self.candles.day(now_ms))
        return self._day[1]

    # Funding ---------------------------------------------------------------------------------

    @property
    def funding_rate(self) -> float:
        """The rate of the running cycle, fixed since it began; charged at its end."""
        return self.settled_rate(self.next_funding_ms)

    def settled_rate(self, settles_ms: int) -> float:
        """The rate charged at a settlement, past or next: what the cycle it ends was told."""
        return self.series.funding_rate(settles_ms, self.funding_ms)

    @property
    def predicted_rate(self) -> float:
        """What the rate of the next cycle will be, as it looks now."""
        since_ms = self.next_funding_ms - self.funding_ms
        return self.series.predicted_rate(self._clock.now_ms(), since_ms, self.funding_ms)

    @property
    def next_funding_ms(self) -> int:
        """When funding is next due, epoch ms."""
        now_ms = self._clock.now_ms()
        return now_ms - now_ms % self.funding_ms + self.funding_ms

    # Book and trades -------------------------------------------------------------------------

    def snapshot(self) -> Levels:
        """The full book as snapshots show it: so many changes ago as ``snapshot_lag`` says."""
        return self._rewind.levels(self.book, self.snapshot_lag)

    def take(self, side: str, limit: int | None, lots: int) -> None:
        """A taking order of the crowd; what is not matched is dropped."""
        self.match(side, limit, lots, self.new_id())

    def match(self, side: str, limit: int | None, lots: int, taker_id: str) -> list[Trade]:
        """Match a taker that meets everybody and tell; returns its trades."""
        trades = []
        while lots > 0:
            trade = self.meet(side, limit, lots, taker_id)
            if not isinstance(trade, Trade):
                break
            trades.append(trade)
            lots -= trade.lots
        self.took()
        return trades

    def meet(
        self, side: str, limit: int | None, lots: int, taker_id: str, owner: str = ""
    ) -> Trade | Prevented | None:
        """Match a taker once and tell; orders of ``owner`` are named, not matched."""
        match = self.book.meet(side, limit, lots, owner)
        if not isinstance(match, Match):
            return match
        number = self._first_trade + match.trade_number
        trade = Trade(
            number,
            str(number),
            side,
            match.price,
            match.lots,
            match.maker.id,
            taker_id,
            self._clock.now_ns(),
        )
        self.last = match.price
        if not match.maker.remaining and not match.maker.owner:
            self.crowd.filled(match.maker)
        self.trades.append(trade)
        self._count_interest(number, match.lots)
        self.candles.trade(match.price, match.lots, trade.at_ns // 1_000_000)
        self._latest = trade
        self._listener.traded(self, trade, match)
        return trade

    def took(self) -> None:
        """A taker is done: its last match, if it had one, is the one the ticker tells."""
        trade, self._latest = self._latest, None
        if trade is not None:
            self._listener.taken(self, trade)

    def _count_interest(self, number: int, lots: int) -> None:
        """Of a match both sides open, both close, or one hands over to the other."""
        kind = number * 2_654_435_761 >> 7 & 3
        if kind == 0:
            self.open_interest += lots
        elif kind == 1:
            self.open_interest = max(lots, self.open_interest - lots)

    def _on_change(self, sequence: int, side: str, price: int, lots: int) -> None:
        self._rewind.note(side, price, lots)
        self._listener.book_changed(self, (sequence, side, price, lots))
