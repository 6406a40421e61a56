"""A market of the simulated exchange with several makers at a price, and our own orders in it.

The exchange's engine matches by price and time, so it knows what is really ahead of an order; the
client is told nothing but the frames of the book and of the trades, as text, and its own fills.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, final

from terminal.domain.book import BookAnswer, OrderBook
from terminal.domain.clock import TimestampNs
from terminal.domain.events import (
    BookDelta,
    BookSnapshot,
    Fill,
    Level,
    Liquidity,
    OrderType,
    PublicTrade,
)
from terminal.domain.order import Order, OrderState
from terminal.domain.queue_places import QueuePlaces
from terminal.domain.units import ClientOid, Lots, OrderId, Price, PriceScale, Side, Symbol
from terminal.exchange.stream_topics import translated
from terminal.exchange.translate import Scales
from terminal.simexchange.clock import SimClock
from terminal.simexchange.market.contracts import CONTRACTS
from terminal.simexchange.market.market import Market, Trade
from terminal.simexchange.market.matching import BUY, SELL, BookOrder, Match
from terminal.simexchange.payloads import frames
from terminal.wire.connection import Pushed, StreamConnection
from tests.support.builders import a_contract

if TYPE_CHECKING:
    from collections.abc import Iterable

START_MS = 1_760_000_000_000
STEP_S = 0.06
SPEC = CONTRACTS[0]
SYMBOL = Symbol(SPEC.symbol)
_MAKERS = 4
"""Ticks from the touch in which the small makers are."""
_SMALL = 8
"""Small orders that come or go in a step."""
_UNSEEN = 0.6
"""How often an order is not looked at in a step: looking is what costs."""
_OWN = 4
"""Ticks from the touch in which our orders are."""


@final
class Small:
    """A small maker's order; they come and go at the same prices as everybody."""

    __slots__ = ("id", "price", "side")

    def __init__(self, identity: str, side: str, price: int) -> None:
        self.id = identity
        self.side = side
        self.price = price


@final
class QueueFloor:
    """Runs the market, our orders and the client's places; scores what the client said.

    ``patience`` 0 takes back any small order as likely as any other; above zero the last come are
    taken back so many times more often, which is behind us.
    """

    def __init__(self, seed: int, patience: int = 0, *, is_late: bool = True) -> None:
        self._random = random.Random(seed)
        self._patience = patience
        self._is_late = is_late
        self._clock = SimClock(start_ms=START_MS, speed=0)
        self._texts: list[tuple[str, str]] = []
        self.market = Market(SPEC, seed, self._clock, self)
        self._small: dict[tuple[str, int], list[str]] = {}
        self._count = 0
        self._scales = Scales()
        self._scales.learn([a_contract(symbol=SYMBOL, scale=PriceScale(SPEC.tick))])
        self._connection = StreamConnection(ping_interval_s=18, ping_timeout_s=10, now_s=0.0)
        self.book = OrderBook(SYMBOL)
        self._load()
        self.places = QueuePlaces()
        self.own: dict[str, Order] = {}
        self._ages: dict[str, int] = {}
        self._moments: dict[str, tuple[int, int, int, int, int]] = {}
        self._fills: list[Fill] = []
        self.said: list[tuple[int, int, int, int]] = []
        """Of each filled order once in doubt: low, expected, high, and what was really ahead."""
        self.certain: list[bool] = []
        """Of each filled order never in doubt: whether its place was right at a moment."""

    # What the exchange tells -----------------------------------------------------------------

    def book_changed(self, market: Market, change: tuple[int, str, int, int]) -> None:
        if hasattr(self, "market"):
            data = frames.level2(market, change, self._clock.now_ms())
            self._texts.append(("book", self._frame(frames.LEVEL2, "level2", change[0], data)))

    def traded(self, market: Market, trade: Trade, match: Match) -> None:
        data = frames.execution(market, trade)
        topic = "/contractMarket/execution"
        self._texts.append(("trade", self._frame(topic, "match", trade.number, data)))
        maker = match.maker
        if maker.owner:
            order = self.own[maker.id]
            self._fills.append(
                Fill(
                    SYMBOL,
                    trade.id,
                    OrderId(maker.id),
                    order.side or Side.BUY,
                    Price(match.price),
                    Lots(match.lots),
                    Liquidity.MAKER,
                    TimestampNs(trade.at_ns),
                )
            )
        elif maker.id.startswith("small") and not maker.remaining:
            self._small[maker.side, maker.price].remove(maker.id)

    def taken(self, market: Market, trade: Trade) -> None: ...

    def _frame(self, topic: str, subject: str, number: int, data: object) -> str:
        frame = {
            "topic": f"{topic}:{SPEC.symbol}",
            "type": "message",
            "subject": subject,
            "sn": number,
            "data": data,
        }
        return json.dumps(frame)

    # What happens ----------------------------------------------------------------------------

    def step(self) -> None:
        """One step of the market, of the small makers and of ours; then the client hears of it."""
        self._clock.advance(STEP_S)
        self.market.step()
        for _ in range(_SMALL):
            self._small_step()
        self._own_step()
        self._deliver()
        self._look()

    def run(self, fills: int) -> None:
        """Go on until so many of our orders were filled whose place was once in doubt."""
        while len(self.said) < fills:
            self.step()

    def _place_near(self, reach: int) -> tuple[str, int] | None:
        side = self._random.choice((BUY, SELL))
        best = self.market.book.best(side)
        if best is None:
            return None
        price = best + self._random.randrange(reach) * (-1 if side == BUY else 1)
        return None if self.market.book.would_take(side, price) else (side, price)

    def _small_step(self) -> None:
        place = self._place_near(_MAKERS)
        if place is None:
            return
        here = self._small.setdefault(place, [])
        if here and self._random.random() < 0.45:
            steps = range(len(here))
            weights = [1 + self._patience * at for at in steps] if self._patience else None
            at = self._random.choices(steps, weights)[0]
            self.market.book.cancel(here.pop(at))
            return
        self._count += 1
        identity = f"small{self._count}"
        lots = max(1, int(SPEC.level_lots * self._random.expovariate(8.0)))
        here.append(identity)
        self.market.book.rest(BookOrder(identity, "", place[0], place[1], lots))

    def _own_step(self) -> None:
        book = self.market.book
        for identity, order in list(self.own.items()):
            best = book.best(BUY if order.side is Side.BUY else SELL)
            far = best is None or order.price is None or abs(best - order.price) > 3 * _OWN
            if book.order(identity) is not None and far:
                book.cancel(identity)
                self._forget(identity)
        if len(self.own) >= 10:
            return
        place = self._place_near(_OWN)
        if place is None or any(order.price == place[1] for order in self.own.values()):
            return
        self._count += 1
        identity = f"own{self._count}"
        lots = 1 + self._random.randrange(20)
        order = Order(
            SYMBOL,
            ClientOid(identity),
            None,
            Side.BUY if place[0] == BUY else Side.SELL,
            OrderType.LIMIT,
            Price(place[1]),
            Lots(lots),
            OrderState.SUBMITTING,
        )
        self.own[identity] = order
        self._ages[identity] = 0
        self._tell_orders()
        book.rest(BookOrder(identity, "us", place[0], place[1], lots))
        self.own[identity] = Order(
            SYMBOL,
            order.client_oid,
            OrderId(identity),
            order.side,
            order.order_type,
            order.price,
            order.lots,
            OrderState.OPEN,
            updated_at=TimestampNs(self._clock.now_ns()),
        )

    def _forget(self, identity: str) -> None:
        self.own.pop(identity, None)
        self._ages.pop(identity, None)
        self._moments.pop(identity, None)

    # What the client hears -------------------------------------------------------------------

    @property
    def _now_ms(self) -> int:
        return int(self._clock.monotonic_s() * 1000)

    def _tell_orders(self) -> None:
        self.places.orders(self.own.values(), self.book, self._now_ms)

    def _load(self) -> None:
        levels = self.market.book.levels
        bids, asks = (
            tuple(Level(Price(price), Lots(lots)) for price, lots in levels(side))
            for side in (BUY, SELL)
        )
        sequence = self.market.book.sequence
        self.book.load(BookSnapshot(SYMBOL, sequence, bids, asks, TimestampNs(0)))

    def _deliver(self) -> None:
        """Book before trades, trades before book, or as it was: nobody promises an order."""
        texts, self._texts = self._texts, []
        if self._is_late and (order := self._random.randrange(3)):
            texts.sort(key=lambda one: (one[0] == "trade") is (order == 1))
        fills, self._fills = self._fills, []
        self._tell_orders()
        is_early = self._random.random() < 0.3
        if is_early:
            self._tell_fills(fills)
        self._hear(text for _, text in texts)
        if not is_early:
            self._tell_fills(fills)

    def _hear(self, texts: Iterable[str]) -> None:
        now_ms, book = self._now_ms, self.book
        for text in texts:
            pushed = self._connection.received(text, 1.0)
            assert type(pushed) is Pushed
            fact = translated(pushed, self._scales)
            if type(fact) is PublicTrade:
                self.places.trade(fact, now_ms)
                continue
            assert type(fact) is BookDelta
            side = book.bids if fact.side is Side.BUY else book.asks
            before = side.lots_at(fact.price)
            assert book.apply(fact) is BookAnswer.APPLIED
            self.places.level(
                fact.side, fact.price, before, fact.lots, event_ms=fact.event_at, now_ms=now_ms
            )

    def _tell_fills(self, fills: list[Fill]) -> None:
        for fill in fills:
            identity = str(fill.order_id)
            self.places.fill(fill)
            moment = self._moments.pop(identity, None)
            if moment is not None:
                low, expected, high, ahead, _ = moment
                if low < high:
                    self.said.append((low, expected, high, ahead))
                else:
                    self.certain.append(low == ahead)
            if identity in self._ages:
                self._ages[identity] = -1
            if self.market.book.order(identity) is None:
                self._forget(identity)

    # Truth -----------------------------------------------------------------------------------

    def ahead(self, identity: str) -> int:
        """The lots that really are ahead of one of our orders."""
        order = self.market.book.order(identity)
        assert order is not None
        queue = self.market.book._halves[order.side].levels[order.price].visible
        total = 0
        for other in queue.values():
            if other.id == identity:
                return total
            total += other.shown
        raise AssertionError(f"{identity} is not in its queue")

    def _look(self) -> None:
        """Note what is said and what is true, at one moment of each order by chance.

        Of the moments in doubt each is as likely as any other (a reservoir of one); moments of
        certainty count only while there was none in doubt.
        """
        for identity in self.own:
            if self._random.random() < _UNSEEN or self._ages[identity] < 0:
                continue
            if self.market.book.order(identity) is None:
                continue
            place = self.places.place(ClientOid(identity), self._now_ms)
            if place is None or place.is_guess:
                continue
            before = self._moments.get(identity)
            doubts = before[4] if before is not None else 0
            is_in_doubt = place.low < place.high
            if is_in_doubt:
                doubts += 1
                if self._random.randrange(doubts):
                    continue
            elif doubts:
                continue
            moment = (place.low, place.expected, place.high, self.ahead(identity), doubts)
            self._moments[identity] = moment

    @property
    def cover(self) -> tuple[int, int]:
        """Of how many filled orders in doubt the range held, and how many there were."""
        held = sum(low <= ahead <= high for low, _, high, ahead in self.said)
        return held, len(self.said)
