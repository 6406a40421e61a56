"""A book of the best levels only: whole frames replace it, nothing is stitched. Pure.

For those who want less traffic than every change of the whole book: best prices, five or fifty
levels, first read by request. Has the same face as ``book_sync.BookSync``.
Source: API reference 2.3 and 5.6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.book import OrderBook
from terminal.domain.clock import to_ns
from terminal.domain.events import BookDepth, BookSnapshot

if TYPE_CHECKING:
    from terminal.domain.events import QuoteUpdate
    from terminal.domain.units import Symbol

MAX_BACKOFF_S = 30.0
MIN_INTERVAL_S = 1.0
"""Between two requests, however often a frame cannot be read."""


@final
class LightBook:
    """The best levels of one contract. ``book`` may be shown only while ``is_live``.

    ``resyncs`` counts interruptions that made it doubtful. Sequences only grow on one connection;
    they are not contiguous.
    """

    def __init__(self, symbol: Symbol) -> None:
        self.book = OrderBook(symbol)
        self.is_live = False
        self.resyncs = 0
        self.reason = "Waiting for the stream."
        self.fetch_at_s: float | None = None
        self._is_fresh = False
        self._failures = 0
        self._fetched_at_s: float | None = None

    def lost(self) -> None:
        """The stream is gone: the book is worth nothing."""
        self._reset("Waiting for the stream.")

    def opened(self, *, is_fresh: bool = True) -> None:  # noqa: ARG002 - frames are whole
        """A connection, fresh or not: begin anew."""
        self._reset("Waiting for the exchange to confirm the order book.")

    def interrupted(self, sentence: str) -> None:
        """The channel may have missed something; the exchange is to confirm it anew."""
        self.resyncs += 1
        self._reset(f"{sentence} It is being read again.")

    def unreadable(self, now_s: float) -> None:
        """A frame could not be read: a quiet market may not tell its content again."""
        self.resyncs += 1
        self._reset("The order book could not be read. It is being read again.")
        fetched_s = self._fetched_at_s
        self.fetch_at_s = now_s if fetched_s is None else max(now_s, fetched_s + MIN_INTERVAL_S)

    def confirmed(self, now_s: float) -> None:
        """The subscription is acknowledged: on a quiet market no frame may come for long."""
        if not self.is_live and self.fetch_at_s is None:
            self.reason = "The order book is being read."
            self.fetch_at_s = now_s

    def tick(self, now_s: float) -> None:
        """Look at the clock: nothing here grows old by itself."""

    def fetching(self, now_s: float) -> None:
        """The driver asks for the best levels now."""
        self.fetch_at_s = None
        self._fetched_at_s = now_s

    def take(self, fact: BookDepth | QuoteUpdate) -> bool:
        """Take the best levels, by stream or by request; True when the shown book changed."""
        if self._is_fresh and fact.sequence <= self.book.sequence:
            return False
        if isinstance(fact, BookDepth):
            bids, asks, event_at = fact.bids, fact.asks, to_ns(fact.event_at)
        else:
            bids = () if fact.bid is None else (fact.bid,)
            asks = () if fact.ask is None else (fact.ask,)
            event_at = fact.event_at
        self.book.load(BookSnapshot(fact.symbol, fact.sequence, bids, asks, event_at))
        self.is_live = self._is_fresh = True
        self.reason = ""
        self.fetch_at_s = None
        self._failures = 0
        return True

    def snapshot_failed(self, now_s: float, sentence: str) -> None:
        """Nothing was to be had by request: try again later, ever later."""
        if self.is_live:
            return
        self._failures += 1
        self.reason = f"The order book could not be read. {sentence}"
        self.fetch_at_s = now_s + min(MAX_BACKOFF_S, 0.5 * 2.0**self._failures)

    def _reset(self, reason: str) -> None:
        self.is_live = self._is_fresh = False
        self.reason = reason
        self.fetch_at_s = None
        self._failures = 0
