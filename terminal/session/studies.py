"""What the ladder's study columns, its marks and the tape are computed from, for one market.

Made only when a panel asks, and fed from the market's listeners from then on: a market that nobody
studies pays nothing. The rules are the domain's; here is only what happened when. Book changes
count while the book is live and of every change just one level; a book that is read anew counts as
nothing that makers did. Trades that were missed are a hole, and are called so.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

from terminal.domain.attribution import Attribution
from terminal.domain.candles import CandleInterval
from terminal.domain.clock import TimestampMs
from terminal.domain.depth_change import CountFrom, DepthChange, outward
from terminal.domain.queue_learning import QueueLearning
from terminal.domain.queue_places import QueuePlaces
from terminal.domain.recent_trades import QUIET_MS, RecentTrades
from terminal.domain.session_marks import ChaseTrail, SessionMarks
from terminal.domain.tape import SpeedMeter, Tape, TapeSettings
from terminal.domain.units import Lots, Price, Side, Symbol
from terminal.domain.volume_profile import VolumeProfile
from terminal.session.listeners import Listeners
from terminal.session.market import BookMode

if TYPE_CHECKING:
    from terminal.domain.candles import SeriesChange
    from terminal.domain.clock import Clock
    from terminal.domain.events import BookDelta, Fill, PublicTrade
    from terminal.domain.queue_estimate import QueuePlace
    from terminal.domain.units import ClientOid
    from terminal.session.candle_sessions import CandleSessions
    from terminal.session.candles import CandleSession
    from terminal.session.listeners import Handle
    from terminal.session.market import MarketSession
    from terminal.session.markets import Markets
    from terminal.session.orders import OrderDesk


@final
@dataclass(frozen=True, slots=True)
class StudySettings:
    """How the studies count. Times are ms."""

    quiet_ms: int = QUIET_MS
    change_from: CountFrom = CountFrom.WINDOW
    change_ms: int = 5_000
    tape: TapeSettings = field(default_factory=TapeSettings)


@final
class StudyRows:
    """The studies of a window of ladder rows: lists of ``count`` lots, the top row first.

    Rows are those of ``depth_rows``. ``stacked_*`` are net lots, below zero where makers pulled;
    ``outward`` sums them from the inside. The lists are filled again in place: read them at once,
    and keep one object per panel, so that a frame allocates next to nothing.
    """

    __slots__ = (
        "bought", "count", "outward", "recent_bought", "recent_sold", "sold", "stacked_asks",
        "stacked_bids", "step", "top_index",
    )  # fmt: skip

    def __init__(self, step: int, top_index: int, count: int) -> None:
        self.move(step, top_index, count)

    def move(self, step: int, top_index: int, count: int) -> None:
        """Look at another window; lists are made anew only for another count."""
        self.step = step
        self.top_index = top_index
        if getattr(self, "count", None) == count:
            return
        self.count = count
        self.bought = [0] * count
        self.sold = [0] * count
        self.recent_bought = [0] * count
        self.recent_sold = [0] * count
        self.stacked_bids = [0] * count
        self.stacked_asks = [0] * count
        self.outward = [0] * count


@final
class Studies:
    """The studies of one market. Read at any time; what was before ``start`` is not in them."""

    def __init__(
        self,
        market: MarketSession,
        clock: Clock,
        desk: OrderDesk,
        learning: QueueLearning,
        settings: StudySettings | None = None,
    ) -> None:
        self.settings = settings or StudySettings()
        self._market = market
        self._clock = clock
        self._desk = desk
        self._handles: list[Handle] = []
        self._minutes: CandleSession | None = None
        # How many candles there were when the marks took them; below zero: they are to take them.
        self._candles = -1
        self._attribution = Attribution()
        # The level that is about to change: sequence, side, price, lots before, exchange's time.
        self._about: tuple[int, Side, Price, Lots, int] | None = None
        self._inside: tuple[Price | None, Price | None] = (None, None)
        self._was_live = market.book_is_live
        self._heard_after = 0 if market.last_trade is None else market.last_trade.sequence
        self.profile = VolumeProfile(TimestampMs(clock.now_ms()))
        self.recent = RecentTrades(self.settings.quiet_ms)
        self.changes = DepthChange(self.settings.change_from, self.settings.change_ms)
        self.trail = ChaseTrail()
        self.marks = SessionMarks(is_inverse=market.contract.is_inverse)
        self.tape = Tape(self.settings.tape)
        self.speed = SpeedMeter()
        self.places = QueuePlaces(learning)
        self.on_cleared: Listeners[[]] = Listeners()
        """Volume was cleared for all who look at it."""
        self.holes = 0
        """How often trades may have been missed since the start or the last clear."""

    # Life ------------------------------------------------------------------------------------

    def start(self, minutes: CandleSession | None = None) -> None:
        """Begin to listen. ``minutes`` are candles of a minute, which know the day before."""
        market, desk = self._market, self._desk
        self._handles = [
            market.on_delta.add(self._on_delta),
            market.on_book_changed.add(self._on_book_changed),
            market.on_trade.add(self._on_trade),
            market.on_trades_missed.add(self._on_missed),
            market.on_status_changed.add(self._on_status),
            desk.on_changed.add(self._on_orders),
            desk.on_fill.add(self._on_fill),
        ]
        self._minutes = minutes
        if minutes is not None:
            self._handles.append(minutes.on_changed.add(self._on_candles))
            self._handles.append(minutes.on_status_changed.add(self._take_candles))
            self._take_candles()
        self._look_inside()
        self._on_orders()

    def stop(self) -> None:
        """Listen no more."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def configure(self, settings: StudySettings) -> None:
        """Count by other settings from now on; how changes are counted begins them anew."""
        before, self.settings = self.settings, settings
        self.recent.quiet_ms = settings.quiet_ms
        self.tape.settings = settings.tape
        if (before.change_from, before.change_ms) != (settings.change_from, settings.change_ms):
            self.changes = DepthChange(settings.change_from, settings.change_ms)
            self.changes.inside(*self._inside)

    # Book ------------------------------------------------------------------------------------

    def _on_delta(self, delta: BookDelta) -> None:
        market = self._market
        if not market.book_is_live:
            self._about = None
            return
        side, price = delta.side, delta.price
        book = market.book
        before = (book.bids if side is Side.BUY else book.asks).lots_at(price)
        self._about = (delta.sequence, side, price, before, delta.event_at)

    def _on_book_changed(self) -> None:
        about, self._about = self._about, None
        book = self._market.book
        if about is None or about[0] != book.sequence:
            self._book_was_read()
            return
        _, side, price, before, event_ms = about
        after = (book.bids if side is Side.BUY else book.asks).lots_at(price)
        if after != before:
            now_ms = self._now_ms
            self._attribution.changed(side, price, after - before, now_ms)
            self._count_changes(now_ms)
            if len(self.places):
                self.places.level(side, price, before, after, event_ms=event_ms, now_ms=now_ms)
        bid, ask = book.best_bid, book.best_ask
        if (bid, ask) != self._inside:
            self._move_inside(bid, ask)

    def _book_was_read(self) -> None:
        """Another book than the one before: none of the difference is what somebody did now.

        Where only some levels are followed every book is another one; then the inside is all there
        is to see.
        """
        if self._market.mode is not BookMode.FULL:
            self._look_inside()
            return
        self._forget_changes()
        if self._market.book_is_live:
            self.places.missed(self._market.book)
            self._was_live = True
        self._look_inside()

    def _on_status(self) -> None:
        """A book that is not live any more: what waits for its other half waits in vain."""
        is_live = self._market.book_is_live
        if self._was_live and not is_live:
            self._forget_changes()
        self._was_live = is_live

    def _forget_changes(self) -> None:
        self._about = None
        self._attribution.forget()
        self.changes.clear()
        self.trail.clear()

    def _look_inside(self) -> None:
        if self._market.book_is_live:
            book = self._market.book
            self._move_inside(book.best_bid, book.best_ask)

    def _move_inside(self, bid: Price | None, ask: Price | None) -> None:
        self._inside = (bid, ask)
        self.recent.inside(bid, ask)
        self.changes.inside(bid, ask)
        self.trail.inside(bid, ask, self._now_ms)

    def _count_changes(self, now_ms: int) -> None:
        found = self._attribution.settled(now_ms)
        if found:
            self.changes.add(found, now_ms)

    # Trades ----------------------------------------------------------------------------------

    def _on_trade(self, trade: PublicTrade) -> None:
        if trade.sequence <= self._heard_after:
            return
        self._heard_after = trade.sequence
        now_ms = self._now_ms
        taker, price, lots = trade.taker_side, trade.price, trade.lots
        self.profile.add(taker, price, lots)
        self.recent.add(taker, price, lots, now_ms)
        self.tape.add(trade)
        self.speed.add(taker, lots, now_ms)
        self.marks.trade(price, lots, trade.event_at)
        if self._market.book_is_live and self._market.mode is BookMode.FULL:
            self._attribution.traded(taker, price, lots, now_ms)
            self._count_changes(now_ms)
            if len(self.places):
                self.places.trade(trade, now_ms)

    def _on_missed(self) -> None:
        self.holes += 1
        self.tape.hole()
        self.marks.hole()
        self._attribution.forget()
        if self._market.book_is_live:
            self.places.missed(self._market.book)

    def _on_candles(self, change: SeriesChange) -> None:
        if change.prepended or change.first < change.length - 1 or change.length != self._candles:
            # More than the running minute, which is the trades' own.
            self._candles = -1
            self._take_candles()

    def _take_candles(self) -> None:
        """The day's closed minutes, once they are read; older ones of the day are asked for."""
        minutes = self._minutes
        if minutes is None or self._candles >= 0 or minutes.is_loading:
            return
        series = minutes.series
        count = len(series)
        if not count:
            return
        self._candles = count
        day = CandleInterval.D1.start_of(TimestampMs(series.starts[-1]))
        first = bisect_left(series.starts, day)
        closed = [series.candle(at) for at in range(first, count - 1)]
        self.marks.candles(closed, TimestampMs(series.starts[0]))
        if first == 0 and minutes.has_older:
            minutes.load_older()

    # Orders ----------------------------------------------------------------------------------

    def _on_orders(self) -> None:
        market = self._market
        working = self._desk.working(market.contract.symbol)
        if not working and not len(self.places):
            return
        book = market.book if market.book_is_live else None
        self.places.orders(working, book, self._now_ms)

    def _on_fill(self, fill: Fill) -> None:
        if fill.symbol == self._market.contract.symbol:
            self.places.fill(fill)

    # Reading ---------------------------------------------------------------------------------

    @property
    def _now_ms(self) -> int:
        return int(self._clock.monotonic_s() * 1000)

    def read(self, rows: StudyRows) -> StudyRows:
        """Fill the rows with what is true now, and return them. Cost: O(rows + live prices)."""
        now_ms, top, step = self._now_ms, rows.top_index, rows.step
        self._count_changes(now_ms)
        self.profile.fill_rows(top, step, rows.bought, rows.sold)
        self.recent.fill_rows(top, step, now_ms, bought=rows.recent_bought, sold=rows.recent_sold)
        bids, asks = rows.stacked_bids, rows.stacked_asks
        self.changes.fill_rows(top, step, now_ms, bids=bids, asks=asks)
        bid, ask = self._inside
        ask_row = -1 if ask is None else top - ask // step
        bid_row = rows.count if bid is None else top - bid // step
        rows.outward[:] = outward(bids, asks, (ask_row, bid_row))
        return rows

    def queue_place(self, client_oid: ClientOid) -> QueuePlace | None:
        """Where a working order of ours stands; None while that is not known.

        Only with the whole book followed: fewer levels tell no changes.
        """
        if self._market.mode is not BookMode.FULL:
            return None
        return self.places.place(client_oid, self._now_ms)

    def clear(self) -> None:
        """Count volume from now on."""
        self.profile.clear(self._clock.now_ms())
        self.holes = 0
        self.on_cleared.notify()

    def restore_volume(self) -> None:
        """Bring back the volume that was cleared for all who look at it."""
        self.profile.restore()
        self.on_cleared.notify()

    def clear_above(self) -> None:
        """Forget the volume above the best ask; nothing while there is none."""
        if self._inside[1] is not None:
            self.profile.clear_above(self._inside[1])
            self.on_cleared.notify()

    def clear_below(self) -> None:
        """Forget the volume below the best bid; nothing while there is none."""
        if self._inside[0] is not None:
            self.profile.clear_below(self._inside[0])
            self.on_cleared.notify()


@final
class StudyShelf:
    """The studies of all contracts that panels look at: one each, however many panels ask.

    What was learned of a contract's queues stays when its studies end.
    """

    def __init__(
        self, markets: Markets, candles: CandleSessions, desk: OrderDesk, clock: Clock
    ) -> None:
        self._markets = markets
        self._candles = candles
        self._desk = desk
        self._clock = clock
        self._open: dict[Symbol, tuple[Studies, CandleSession, int]] = {}
        self._learned: dict[Symbol, QueueLearning] = {}

    def open(self, symbol: Symbol) -> Studies:
        """The running studies of a listed contract; each ``open`` needs its ``close``."""
        if symbol in self._open:
            studies, minutes, count = self._open[symbol]
            self._open[symbol] = (studies, minutes, count + 1)
            return studies
        market = self._markets.open(symbol)
        minutes = self._candles.open(symbol, CandleInterval.M1)
        learning = self._learned.setdefault(symbol, QueueLearning())
        studies = Studies(market, self._clock, self._desk, learning)
        studies.start(minutes)
        self._open[symbol] = (studies, minutes, 1)
        return studies

    def close(self, symbol: Symbol) -> None:
        """Give studies back; the last one to do so ends them."""
        studies, minutes, count = self._open[symbol]
        if count > 1:
            self._open[symbol] = (studies, minutes, count - 1)
            return
        del self._open[symbol]
        studies.stop()
        self._candles.close(minutes)
        self._markets.close(symbol)
