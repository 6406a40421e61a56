"""The candles of one contract and interval: read by request, kept true by the stream."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, final

from terminal.domain.clock import TimestampMs
from terminal.domain.errors import TernError
from terminal.domain.events import CandleUpdate, PublicTrade
from terminal.exchange.gateway import (
    Channel,
    ChannelConfirmed,
    ChannelInterrupted,
    ChannelKind,
    ChannelRefused,
    FrameUnreadable,
)
from terminal.session.candle_edge import CandleEdge
from terminal.session.listeners import Listeners
from terminal.session.market import Staleness

if TYPE_CHECKING:
    import asyncio

    from terminal.domain.candles import Candle, CandleInterval, CandleSeries, SeriesChange
    from terminal.domain.clock import Clock
    from terminal.domain.contract import Contract
    from terminal.exchange.gateway import MarketGateway, StreamFact
    from terminal.session.feed import Feed
    from terminal.session.listeners import Handle
    from terminal.session.tasks import TaskOwner

PAGE = 500
"""Candles in one answer at most. Source: API reference 2.5."""

PACE_S = 0.1
RETRY_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
CONFIRM_AFTER_S = 3.0
"""So long after a candle closed it is read again: its last frame may have come too early."""

EMPTY_PAGES = 3
"""So many empty pages in a row are taken as the beginning of history."""

_log = logging.getLogger("feed")


@final
class CandleSession:
    """Keeps the candles of one contract and interval true from ``start`` to ``stop``.

    ``on_changed`` is told after each merge, ``on_status_changed`` when one of the properties about
    loading, problems or staleness says something else.
    """

    def __init__(
        self,
        contract: Contract,
        interval: CandleInterval,
        gateway: MarketGateway,
        feed: Feed,
        clock: Clock,
        owner: TaskOwner,
    ) -> None:
        self.contract = contract
        self.interval = interval
        self._gateway = gateway
        self._feed = feed
        self._clock = clock
        self._owner = owner.child(f"candles {contract.symbol} {interval.text}")
        self._edge = CandleEdge(interval)
        self._handles: list[Handle] = []
        self._reading: asyncio.Task[None] | None = None
        self._is_current = False
        # Not the same as candles being known: a trade may be heard before the answer comes.
        self._has_history = False
        # From here on candles may be missing or half heard, until they are read; None when not.
        self._unsure_from: int | None = None
        self._is_loading_older = False
        self._older_after_s = 0.0
        self._older_failures = 0
        self._refused: dict[ChannelKind, str] = {}
        self._rereads = False
        self._closed_at: int | None = None
        self.has_older = False
        self.problem = ""
        self.on_changed: Listeners[[SeriesChange]] = Listeners(self._owner.listener_failed)
        self.on_status_changed: Listeners[[]] = Listeners(self._owner.listener_failed)

    # Truth -----------------------------------------------------------------------------------

    @property
    def series(self) -> CandleSeries:
        """The candles known so far; for reading only."""
        return self._edge.series

    @property
    def is_loading(self) -> bool:
        """True while candles are being asked for."""
        return self._reading is not None or self._is_loading_older

    def staleness(self) -> Staleness | None:
        """Why the newest candles must not be trusted; None when they can be."""
        if not self._feed.is_live:
            return Staleness("No connection: the candles stand still.")
        for words in self._refused.values():
            return Staleness(words)
        if not self._is_current and self.series.starts:
            return Staleness("The candles missed meanwhile are being read.")
        return None

    # Life ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Read history and begin to follow the stream."""
        symbol = self.contract.symbol
        self._handles = [
            self._feed.on_opened.add(self._on_opened),
            self._feed.on_lost.add(self._on_lost),
            self._feed.subscribe(
                Channel(ChannelKind.CANDLES, symbol, self.interval), self._on_candle
            ),
            self._feed.subscribe(Channel(ChannelKind.TRADES, symbol), self._on_trade),
        ]
        self._read_anew()

    async def stop(self) -> None:
        """Unsubscribe and wait until nothing runs."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()
        await self._owner.close()

    def load_older(self) -> None:
        """Ask for the page before the first candle.

        Does nothing while one is asked for, when there is none, or shortly after a failure.
        """
        waits = self._clock.monotonic_s() < self._older_after_s
        if self._is_loading_older or not self.has_older or waits or not self.series.starts:
            return
        self._is_loading_older = True
        self._owner.spawn("older", self._load_older())
        self.on_status_changed.notify()

    # Stream ----------------------------------------------------------------------------------

    def _on_opened(self) -> None:
        self._refused.clear()
        self._read_anew()

    def _on_lost(self) -> None:
        self._edge.lost()
        self._doubt()
        self.on_status_changed.notify()

    def _doubt(self) -> None:
        """From the last candle but one on nothing is sure; doubt that is there already stays."""
        self._is_current = False
        starts = self.series.starts
        if self._unsure_from is None and starts:
            self._unsure_from = starts[-min(2, len(starts))]

    def _on_candle(self, fact: StreamFact) -> None:
        if type(fact) is CandleUpdate:
            if fact.interval is self.interval:
                self._live(self._edge.frame(fact))
        else:
            self._on_channel(fact)

    def _on_trade(self, fact: StreamFact) -> None:
        if type(fact) is PublicTrade:
            self._live(self._edge.trade(fact))
        else:
            self._on_channel(fact)

    def _on_channel(self, fact: StreamFact) -> None:
        """A refused channel leaves a hole that is read when the channel is there at last."""
        if isinstance(fact, ChannelRefused):
            self._refused[fact.channel.kind] = (
                f"The exchange refused live {fact.channel.kind.value}: {fact.sentence}"
            )
            self._doubt()
            self.on_status_changed.notify()
        elif isinstance(fact, ChannelInterrupted):
            self._refused[fact.channel.kind] = fact.sentence
            self._edge.lost()
            self._doubt()
            self.on_status_changed.notify()
        elif isinstance(fact, ChannelConfirmed) and fact.channel.kind in self._refused:
            del self._refused[fact.channel.kind]
            self._edge.lost()  # what was heard in between is not all that happened
            self._read_anew()
        elif isinstance(fact, FrameUnreadable):
            self._missed()

    def _missed(self) -> None:
        """A trade or a candle could not be read: a quiet market may not tell it again.

        What was heard of the newest candle is believed no more; it is read soon, once for many.
        """
        self._edge.lost()
        self._doubt()
        if not self._rereads:
            self._rereads = True
            self._owner.spawn("read again", self._read_again())
        self.on_status_changed.notify()

    async def _read_again(self) -> None:
        await self._clock.sleep(CONFIRM_AFTER_S)
        self._rereads = False
        self._edge.lost()
        self._read_anew()

    def _live(self, change: SeriesChange) -> None:
        if change.is_empty:
            return
        self.on_changed.notify(change)
        starts = self.series.starts
        # A candle that was not there when the change began: the one before it has closed.
        if change.first == len(starts) - 1 > 0 and self._closed_at != starts[-2]:
            self._closed_at = starts[-2]
            self._owner.spawn("confirm", self._confirm(TimestampMs(starts[-2])))

    # Requests --------------------------------------------------------------------------------

    def _read_anew(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
        self._doubt()
        self._reading = self._owner.spawn("read", self._read_until_current())
        self.on_status_changed.notify()

    async def _read_until_current(self) -> None:
        attempt = 0
        while not self._is_current:
            try:
                await self._read()
            except Exception as error:  # noqa: BLE001 - reported; a reading that ended is never tried again
                self._set_problem(f"Candles could not be read. {self._words_of(error)}")
                await self._clock.sleep(RETRY_S[min(attempt, len(RETRY_S) - 1)])
                attempt += 1
            else:
                self._is_current = True
        self._reading = None
        self.problem = ""
        self.on_status_changed.notify()

    async def _read(self) -> None:
        """The latest page, or everything that is unsure."""
        if not self._has_history:
            page = await self._page()
            self._has_history = True
            self.has_older = bool(page)
            self._take(page)
            self._unsure_from = None
            return
        start = self._unsure_from
        if start is None:
            self._take(await self._page())
            return
        # Windows that fit into one answer: which part of a longer one is left out is not told.
        while (end := start + (PAGE - 1) * self.interval.ms) < self._clock.now_ms():
            self._take(await self._page(start, end))
            # What comes later may fail; what is read is read.
            self._unsure_from = start = end + 1
            await self._clock.sleep(PACE_S)
        self._take(await self._page(start))
        self._unsure_from = None

    async def _load_older(self) -> None:
        end = self.series.starts[0] - 1
        page: tuple[Candle, ...] = ()
        try:
            for _ in range(EMPTY_PAGES):
                page = await self._page(end_at=end)
                if page:
                    break
                end -= PAGE * self.interval.ms
            self._older_failures = 0
            self.has_older = bool(page)
            self.problem = ""
        except Exception as error:  # noqa: BLE001 - reported, and said where it was asked for
            wait_s = RETRY_S[min(self._older_failures, len(RETRY_S) - 1)]
            self._older_failures += 1
            self._older_after_s = self._clock.monotonic_s() + wait_s
            self.problem = f"Older candles could not be read. {self._words_of(error)}"
        self._is_loading_older = False
        self._take(page)
        self.on_status_changed.notify()

    async def _confirm(self, closed: TimestampMs) -> None:
        await self._clock.sleep(CONFIRM_AFTER_S)
        for wait_s in RETRY_S:
            try:
                page = await self._page(closed, closed + self.interval.ms - 1)
                self._tell(self._edge.closed(page))
            except TernError as error:
                _log.info("closed candle of %s: %s", self.contract.symbol, error)
                await self._clock.sleep(wait_s)
            else:
                return

    async def _page(
        self, start_at: int | None = None, end_at: int | None = None
    ) -> tuple[Candle, ...]:
        return await self._gateway.candles(
            self.contract.symbol,
            self.interval,
            start_at=None if start_at is None else TimestampMs(start_at),
            end_at=None if end_at is None else TimestampMs(end_at),
        )

    def _take(self, page: tuple[Candle, ...]) -> None:
        self._tell(self._edge.history(page))

    def _tell(self, change: SeriesChange) -> None:
        if not change.is_empty:
            self.on_changed.notify(change)

    def _words_of(self, error: Exception) -> str:
        """What to tell the user; an error of our own goes down the funnel as well."""
        if isinstance(error, TernError):
            _log.info("candles of %s: %s", self.contract.symbol, error)
            return error.sentence
        self._owner.report("candles", error)
        return "Something went wrong inside the program."

    def _set_problem(self, words: str) -> None:
        if words != self.problem:
            self.problem = words
            self.on_status_changed.notify()
