"""One contract's market: a true book, the last trade, the mark price, and whether to trust them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, final

from terminal.domain.errors import TernError
from terminal.domain.events import BookDelta, BookDepth, MarkUpdate, PublicTrade, QuoteUpdate
from terminal.domain.guard import Touch
from terminal.exchange.gateway import (
    Channel,
    ChannelConfirmed,
    ChannelInterrupted,
    ChannelKind,
    ChannelRefused,
    FrameUnreadable,
)
from terminal.session.book_sync import BookSync
from terminal.session.light_book import LightBook
from terminal.session.listeners import Listeners
from terminal.session.notices import NoticeLevel

if TYPE_CHECKING:
    import asyncio

    from terminal.domain.book import OrderBook
    from terminal.domain.clock import Clock
    from terminal.domain.contract import Contract
    from terminal.exchange.gateway import MarketGateway, StreamFact
    from terminal.session.feed import Feed
    from terminal.session.listeners import Handle
    from terminal.session.notices import NoticeBoard
    from terminal.session.tasks import TaskOwner

MARK_LIMIT_S = 3.0
WATCH_INTERVAL_S = 0.25
TRADES_AFTER_S = 1.0
"""So long after a trade that could not be read the last ones are asked for."""


class BookMode(Enum):
    """How much of the order book is followed.

    The value is the channel, and how many levels are read by request to begin with (0: all).
    """

    FULL = (ChannelKind.BOOK, 0)
    DEPTH50 = (ChannelKind.DEPTH50, 100)
    DEPTH5 = (ChannelKind.DEPTH5, 20)
    QUOTES = (ChannelKind.QUOTES, 20)


@final
@dataclass(frozen=True, slots=True)
class Staleness:
    """Why a market must not be trusted right now, in a sentence with its age."""

    reason: str


@final
class MarketSession:
    """Keeps one contract's market true from ``start`` to ``stop``.

    A quiet book is not stale. Stale means: no connection, a book that is not live, or no mark price
    for three seconds.
    """

    def __init__(
        self,
        contract: Contract,
        gateway: MarketGateway,
        feed: Feed,
        clock: Clock,
        owner: TaskOwner,
        notices: NoticeBoard,
    ) -> None:
        self.contract = contract
        self.mode: BookMode = BookMode.FULL
        self._gateway = gateway
        self._feed = feed
        self._clock = clock
        self._owner = owner.child(f"market {contract.symbol}")
        self._notices = notices
        self._sync: BookSync | LightBook = BookSync(contract.symbol)
        self._book_handle: Handle | None = None
        self._handles: list[Handle] = []
        self._fetching: asyncio.Task[None] | None = None
        self._mark_at_s: float | None = None
        self._lost_at_s: float | None = None
        self._refused = ""
        self._reads_trades = False
        self._told: Staleness | None = None
        self.mark: MarkUpdate | None = None
        self.last_trade: PublicTrade | None = None
        self.last_direction = 0
        self.on_book_changed: Listeners[[]] = Listeners(self._owner.listener_failed)
        self.on_trade: Listeners[[PublicTrade]] = Listeners(self._owner.listener_failed)
        self.on_mark_changed: Listeners[[]] = Listeners(self._owner.listener_failed)
        self.on_status_changed: Listeners[[]] = Listeners(self._owner.listener_failed)
        self.on_delta: Listeners[[BookDelta]] = Listeners(self._owner.listener_failed)
        self.on_trades_missed: Listeners[[]] = Listeners(self._owner.listener_failed)

    # Truth -----------------------------------------------------------------------------------

    @property
    def book(self) -> OrderBook:
        """The order book. Worth showing only while ``book_is_live``."""
        return self._sync.book

    @property
    def book_is_live(self) -> bool:
        """True while the book equals the exchange's at its sequence."""
        return self._sync.is_live

    @property
    def resyncs(self) -> int:
        """How often the book was found wrong and read again."""
        return self._sync.resyncs

    def touch(self) -> Touch | None:
        """Best bid and ask for trading decisions; None while the market is stale."""
        if self.staleness() is not None:
            return None
        return Touch(self.book.best_bid, self.book.best_ask)

    def staleness(self) -> Staleness | None:
        """Why the market must not be trusted; None when it can be."""
        now_s = self._clock.monotonic_s()
        if not self._feed.is_live:
            since = "" if self._lost_at_s is None else f" for {now_s - self._lost_at_s:.0f} s"
            return Staleness(f"No connection{since}.")
        if self._refused:
            return Staleness(self._refused)
        if not self._sync.is_live:
            return Staleness(self._sync.reason)
        if self._mark_at_s is not None and now_s - self._mark_at_s > MARK_LIMIT_S:
            return Staleness(f"No mark price for {now_s - self._mark_at_s:.0f} s.")
        return None

    # Life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Subscribe and begin to keep the market true."""
        symbol = self.contract.symbol
        self._handles = [
            self._feed.on_opened.add(self._on_opened),
            self._feed.on_lost.add(self._on_lost),
        ]
        if self._feed.is_live:
            self._begin(is_fresh=False)
        self._subscribe_book()
        for kind, handler in (
            (ChannelKind.TRADES, self._on_trade),
            (ChannelKind.MARK, self._on_mark),
        ):
            self._handles.append(self._feed.subscribe(Channel(kind, symbol), handler))
        self._owner.spawn("watch", self._watch())

    def follow(self, mode: BookMode) -> None:
        """Follow as much of the book as wanted, from now on; it is read anew for that."""
        if mode is self.mode:
            return
        self.mode = mode
        symbol = self.contract.symbol
        self._sync = BookSync(symbol) if mode is BookMode.FULL else LightBook(symbol)
        self._refused = ""
        self._stop_fetching()
        if self._book_handle is not None:
            self._book_handle.remove()
            if self._feed.is_live:
                self._sync.opened(is_fresh=False)
            self._subscribe_book()
        self._tell_status()

    def _subscribe_book(self) -> None:
        handler = self._on_book if self.mode is BookMode.FULL else self._on_light_book
        channel = Channel(self.mode.value[0], self.contract.symbol)
        self._book_handle = self._feed.subscribe(channel, handler)

    async def stop(self) -> None:
        """Unsubscribe and wait until nothing runs."""
        if self._book_handle is not None:
            self._book_handle.remove()
            self._book_handle = None
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        await self._owner.close()

    def _on_opened(self) -> None:
        self._begin(is_fresh=True)

    def _begin(self, *, is_fresh: bool) -> None:
        self._lost_at_s = None
        self._refused = ""
        now_s = self._clock.monotonic_s()
        self._mark_at_s = now_s  # three seconds from now on
        self._sync.opened(is_fresh=is_fresh)
        self._owner.spawn("seed", self._seed())
        self._fetch_anew()
        self._tell_status()

    def _on_lost(self) -> None:
        self._lost_at_s = self._clock.monotonic_s()
        self._sync.lost()
        self.on_trades_missed.notify()
        self._stop_fetching()
        self._tell_status()

    async def _seed(self) -> None:
        """Mark price and last trade by request: the stream tells only the next change."""
        symbol = self.contract.symbol
        try:
            mark = await self._gateway.mark_price(symbol)
            trades = await self._gateway.recent_trades(symbol)
        except TernError as error:
            self._notices.post(
                NoticeLevel.WARNING, "feed", f"No mark price yet. {error.sentence}", symbol
            )
            return
        if self.mark is None or self.mark.event_at < mark.event_at:
            self._take_mark(mark)
        for trade in trades[-2:]:
            if self.last_trade is None or trade.sequence > self.last_trade.sequence:
                self._take_trade(trade)

    async def _watch(self) -> None:
        """Ages grow while nothing happens: look at the clock now and then."""
        while True:
            await self._clock.sleep(WATCH_INTERVAL_S)
            was_live = self._sync.is_live
            self._sync.tick(self._clock.monotonic_s())
            if was_live and not self._sync.is_live:
                self._book_went_wrong()
            self._tell_status()

    def _tell_status(self) -> None:
        now = self.staleness()
        if now != self._told:
            self._told = now
            self.on_status_changed.notify()

    # Facts -----------------------------------------------------------------------------------

    def _on_book(self, fact: StreamFact) -> None:
        sync = self._sync
        if type(fact) is BookDelta and type(sync) is BookSync:
            was_live = sync.is_live
            if len(self.on_delta):
                self.on_delta.notify(fact)
            if sync.delta(fact, self._clock.monotonic_s()):
                self.on_book_changed.notify()
            if sync.fetch_at_s is not None and self._fetching is None:
                self._fetch_anew()
            if was_live and not sync.is_live:
                self._book_went_wrong()
        else:
            self._on_book_channel(fact)

    def _on_light_book(self, fact: StreamFact) -> None:
        if isinstance(fact, (BookDepth, QuoteUpdate)):
            if type(self._sync) is LightBook and self._sync.take(fact):
                self.on_book_changed.notify()
                self._tell_status()
        else:
            self._on_book_channel(fact)

    def _on_book_channel(self, fact: StreamFact) -> None:
        was_live = self._sync.is_live
        if isinstance(fact, ChannelConfirmed):
            self._refused = ""
            self._sync.confirmed(self._clock.monotonic_s())
            if self._fetching is None:
                self._fetch_anew()
        elif isinstance(fact, ChannelRefused):
            self._refused = f"The exchange refused the order book: {fact.sentence}"
            self._tell_status()
        elif isinstance(fact, ChannelInterrupted):
            self._sync.interrupted(fact.sentence)
            self._stop_fetching()  # what is on its way was asked for before
        elif isinstance(fact, FrameUnreadable):
            self._sync.unreadable(self._clock.monotonic_s())
        if was_live and not self._sync.is_live:
            self._book_went_wrong()

    def _book_went_wrong(self) -> None:
        self._notices.post(NoticeLevel.WARNING, "book", self._sync.reason, self.contract.symbol)
        self._fetch_anew()
        self._tell_status()

    def _on_trade(self, fact: StreamFact) -> None:
        if type(fact) is PublicTrade:
            before = self.last_trade
            if before is None or fact.sequence > before.sequence:
                self._take_trade(fact)
        elif isinstance(fact, FrameUnreadable):
            self.on_trades_missed.notify()
            self._read_trades()
        elif isinstance(fact, ChannelInterrupted):
            self.on_trades_missed.notify()

    def _read_trades(self) -> None:
        """A trade could not be read: the last one is asked for, soon, and once for many."""
        if not self._reads_trades:
            self._reads_trades = True
            self._owner.spawn("last trade", self._seed_again())

    async def _seed_again(self) -> None:
        await self._clock.sleep(TRADES_AFTER_S)
        self._reads_trades = False
        await self._seed()

    def _take_trade(self, trade: PublicTrade) -> None:
        before = self.last_trade
        if before is not None and trade.price != before.price:
            self.last_direction = 1 if trade.price > before.price else -1
        self.last_trade = trade
        self.on_trade.notify(trade)

    def _on_mark(self, fact: StreamFact) -> None:
        if isinstance(fact, MarkUpdate):
            self._take_mark(fact)

    def _take_mark(self, mark: MarkUpdate) -> None:
        self.mark = mark
        self._mark_at_s = self._clock.monotonic_s()
        self.on_mark_changed.notify()
        self._tell_status()

    # Snapshots -------------------------------------------------------------------------------

    def _stop_fetching(self) -> None:
        fetching, self._fetching = self._fetching, None
        if fetching is not None:
            fetching.cancel()

    def _fetch_anew(self) -> None:
        self._stop_fetching()
        self._fetching = self._owner.spawn("book snapshot", self._fetch_until_live())

    async def _fetch_until_live(self) -> None:
        sync, clock = self._sync, self._clock
        while not sync.is_live:
            due_s = sync.fetch_at_s
            if due_s is None:
                break
            wait_s = due_s - clock.monotonic_s()
            if wait_s > 0:
                # Short steps: a first delta may bring the fetch forward.
                await clock.sleep(min(wait_s, 0.05))
                continue
            sync.fetching(clock.monotonic_s())
            await self._fetch()
        self._fetching = None
        self._tell_status()

    async def _fetch(self) -> None:
        try:
            is_live = await self._read_book()
        except Exception as error:  # noqa: BLE001 - reported; a reading that ended is never tried again
            sentence = "Something went wrong inside the program."
            if isinstance(error, TernError):
                sentence = error.sentence
            else:
                self._owner.report("book", error)
            self._sync.snapshot_failed(self._clock.monotonic_s(), sentence)
            self._notices.post(NoticeLevel.WARNING, "book", self._sync.reason, self.contract.symbol)
            return
        if is_live:
            self.on_book_changed.notify()

    async def _read_book(self) -> bool:
        symbol, sync = self.contract.symbol, self._sync
        if isinstance(sync, LightBook):
            return sync.take(await self._gateway.book_depth(symbol, self.mode.value[1]))
        snapshot = await self._gateway.book_snapshot(symbol)
        is_live = sync.snapshot(snapshot, self._clock.monotonic_s())
        if is_live and sync.was_quiet:
            self._feed.quiet(Channel(ChannelKind.BOOK, symbol))
        return is_live
