"""The places in the queue of all our resting limit orders of one contract.

Finds when each order appeared in the book, and from then on tells its estimate what happened at its
price. Fed with every change of a level, every public trade, our orders and our fills.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, final

from terminal.domain.attribution import WAIT_MS, Attribution
from terminal.domain.events import Liquidity, OrderType
from terminal.domain.order import OrderState
from terminal.domain.queue_estimate import FILL_WAIT_MS, QueueEstimate
from terminal.domain.queue_learning import QueueLearning
from terminal.domain.units import Lots, Price, Side

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terminal.domain.book import OrderBook
    from terminal.domain.events import Fill, PublicTrade
    from terminal.domain.order import Order
    from terminal.domain.queue_estimate import QueuePlace
    from terminal.domain.units import ClientOid, OrderId

SEEK_MS = 2_000
"""So long the change of the book that an order made is waited for once the exchange told of it."""
_NEAR_MS = 1_500
_CANDIDATES = 8
_NS_IN_MS = 1_000_000
_RESTING = frozenset({OrderState.OPEN, OrderState.PARTLY_FILLED})


@final
class _Candidate:
    """An increase of a level that may be our order's arrival, and the queue if it is.

    Losses and trades from before are none of it: they were never ahead of what came later.
    """

    __slots__ = ("_attribution", "_early", "_place", "arrived_ms", "estimate")

    def __init__(self, place: tuple[Side, Price], estimate: QueueEstimate, arrived_ms: int) -> None:
        self._place = place
        self._attribution = Attribution()
        self._early: deque[tuple[PublicTrade, int]] = deque()
        self.estimate = estimate
        self.arrived_ms = arrived_ms

    def changed(self, lots: int, now_ms: int) -> None:
        """The level has so many lots more, or less, than before."""
        self._attribution.changed(*self._place, lots, now_ms)
        self.drain(now_ms)

    def traded(self, trade: PublicTrade, now_ms: int) -> None:
        """A public trade at the price. It is told in the order of the book, not in its own."""
        if trade.event_at // _NS_IN_MS < self.arrived_ms:
            return
        self._attribution.traded(trade.taker_side, trade.price, trade.lots, now_ms)
        self._early.append((trade, now_ms + WAIT_MS))
        self.drain(now_ms)

    def drain(self, now_ms: int) -> None:
        """Tell the estimate what is certain by now."""
        for change in self._attribution.settled(now_ms):
            if change.lots > 0:
                self.estimate.joined(change.lots)
            else:
                self.estimate.canceled(-change.lots, now_ms)
        early = self._early
        if early:
            side, price = self._place
            waiting = self._attribution.waits_for_book(side.opposite, price)
            ahead = sum(trade.lots for trade, _ in early) - waiting
            while early and (early[0][0].lots <= ahead or early[0][1] <= now_ms):
                trade, _ = early.popleft()
                ahead -= trade.lots
                self.estimate.traded(trade.lots, trade.trade_id, now_ms)

    def said(self, now_ms: int) -> QueuePlace:
        """The place as it is now."""
        self.drain(now_ms)
        return self.estimate.place(now_ms, self._attribution.unexplained(*self._place))

    def missed(self, others: Lots) -> None:
        self._attribution.forget()
        self._early.clear()
        self.estimate.missed(others)


@final
class _Watch:
    """One order of ours: sought in the book, then followed until it is gone."""

    __slots__ = (
        "candidates", "chosen", "ends_ms", "lots", "opened_ms", "order_id", "place",
        "seek_until_ms",
    )  # fmt: skip

    def __init__(self, place: tuple[Side, Price], lots: Lots) -> None:
        self.place = place
        self.lots = lots
        self.order_id: OrderId | None = None
        self.candidates: list[_Candidate] = []
        self.chosen: _Candidate | None = None
        self.opened_ms: int | None = None
        self.seek_until_ms: int | None = None
        self.ends_ms: int | None = None

    @property
    def followed(self) -> list[_Candidate]:
        """What has to be told about the price."""
        return self.candidates if self.chosen is None else [self.chosen]

    def choose(self) -> None:
        """Take the arrival that is nearest to when the exchange says the order came to rest."""
        opened_ms = self.opened_ms
        if self.chosen is not None or opened_ms is None or not self.candidates:
            return
        nearest = min(self.candidates, key=lambda found: abs(found.arrived_ms - opened_ms))
        if abs(nearest.arrived_ms - opened_ms) <= _NEAR_MS:
            self.chosen = nearest
            self.candidates = []


@final
class QueuePlaces:
    """Queue estimates by our own name of an order. ``now_ms`` is a clock that never goes back.

    An order that was resting before it was first heard of, or whose arrival was not found, begins
    as a guess: anything from none to all of what rests there may be ahead. ``learning`` lasts as
    long as this object and is all the orders' own. Costs nothing at prices without an order.
    """

    __slots__ = ("_at", "_watches", "learning")

    def __init__(self, learning: QueueLearning | None = None) -> None:
        self.learning = learning or QueueLearning()
        self._watches: dict[ClientOid, _Watch] = {}
        self._at: dict[tuple[Side, Price], list[_Watch]] = {}

    def __len__(self) -> int:
        return len(self._watches)

    # Orders ----------------------------------------------------------------------------------

    def orders(self, working: Iterable[Order], book: OrderBook | None, now_ms: int) -> None:
        """These orders of ours may still fill; ``book`` is None while it is not true."""
        seen: set[ClientOid] = set()
        for order in working:
            side, price = order.side, order.price
            if side is None or price is None or order.order_type is not OrderType.LIMIT:
                continue
            if order.state is OrderState.UNTRIGGERED:
                continue
            seen.add(order.client_oid)
            self._update(order, (side, price), book, now_ms)
        for client_oid, watch in list(self._watches.items()):
            if client_oid in seen:
                continue
            if watch.ends_ms is None:
                # Its fill and the public trade may still be on their way.
                watch.ends_ms = now_ms + FILL_WAIT_MS
            elif now_ms >= watch.ends_ms:
                self._drop(client_oid)

    def _update(
        self, order: Order, place: tuple[Side, Price], book: OrderBook | None, now_ms: int
    ) -> None:
        watch = self._watches.get(order.client_oid)
        if watch is not None and watch.place != place:
            self._drop(order.client_oid)
            watch = None
        is_new = watch is None
        if watch is None:
            watch = self._watches[order.client_oid] = _Watch(place, order.lots)
            self._at.setdefault(place, []).append(watch)
        watch.order_id = order.order_id or watch.order_id
        watch.ends_ms = None
        if order.state not in _RESTING or watch.chosen is not None:
            return
        if is_new:
            watch.seek_until_ms = now_ms
        elif watch.opened_ms is None and order.updated_at is not None:
            watch.opened_ms = order.updated_at // _NS_IN_MS
            watch.seek_until_ms = now_ms + SEEK_MS
        watch.choose()
        self._give_up(watch, order.remaining, book, now_ms)

    def _give_up(self, watch: _Watch, own_lots: Lots, book: OrderBook | None, now_ms: int) -> None:
        """Begin with a guess when the arrival is not to be found."""
        until_ms = watch.seek_until_ms
        if watch.chosen is not None or until_ms is None or now_ms < until_ms or book is None:
            return
        others = Lots(max(0, _resting(book, watch.place) - own_lots))
        estimate = QueueEstimate(others, self.learning, is_guess=True)
        watch.chosen = _Candidate(watch.place, estimate, 0)
        watch.candidates = []

    def _drop(self, client_oid: ClientOid) -> None:
        watch = self._watches.pop(client_oid)
        at = self._at[watch.place]
        at.remove(watch)
        if not at:
            del self._at[watch.place]

    def fill(self, fill: Fill) -> None:
        """One of our orders was filled; as a maker it was at the front then."""
        if fill.liquidity is not Liquidity.MAKER:
            return
        for watch in self._at.get((fill.side, fill.price), ()):
            if watch.order_id == fill.order_id and watch.chosen is not None:
                watch.chosen.estimate.filled(fill.trade_id)

    # Market ----------------------------------------------------------------------------------

    def level(
        self, side: Side, price: Price, before: Lots, after: Lots, *, event_ms: int, now_ms: int
    ) -> None:
        """A level of the book has another total than before."""
        watches = self._at.get((side, price))
        if watches is None:
            return
        change = after - before
        for watch in watches:
            for candidate in watch.followed:
                candidate.changed(change, now_ms)
            if watch.chosen is not None or change <= 0:
                continue
            # Whole, or what was left of it after it took: then it is alone at its price.
            if change == watch.lots or (before == 0 and change <= watch.lots):
                estimate = QueueEstimate(before, self.learning)
                watch.candidates.append(_Candidate(watch.place, estimate, event_ms))
                del watch.candidates[:-_CANDIDATES]
                watch.choose()

    def trade(self, trade: PublicTrade, now_ms: int) -> None:
        """A public trade: it took from orders of the other side."""
        watches = self._at.get((trade.taker_side.opposite, trade.price))
        for watch in watches or ():
            for candidate in watch.followed:
                candidate.traded(trade, now_ms)

    def missed(self, book: OrderBook) -> None:
        """Changes or trades were missed; this is the book now."""
        for watch in self._watches.values():
            others = Lots(max(0, _resting(book, watch.place) - watch.lots))
            for candidate in watch.followed:
                candidate.missed(others)

    # Reading ---------------------------------------------------------------------------------

    def place(self, client_oid: ClientOid, now_ms: int) -> QueuePlace | None:
        """The place of an order; None while it is not known to rest."""
        watch = self._watches.get(client_oid)
        if watch is None or watch.chosen is None:
            return None
        return watch.chosen.said(now_ms)


def _resting(book: OrderBook, place: tuple[Side, Price]) -> Lots:
    side, price = place
    return (book.bids if side is Side.BUY else book.asks).lots_at(price)
