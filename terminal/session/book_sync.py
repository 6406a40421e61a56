"""Keeps an order book true: buffer, snapshot, stitch, verify, start over on a gap.

Pure: the driver tells it what arrives and when, and asks when the next snapshot is wanted. Source:
API reference 5.8, step by step.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, final

from terminal.domain.book import BookAnswer, OrderBook

if TYPE_CHECKING:
    from terminal.domain.events import BookDelta, BookSnapshot
    from terminal.domain.units import Symbol

QUIET_WAIT_S = 0.5
"""How long to wait after the acknowledgement for a first delta on a quiet market."""
LAG_WAITS_S = (0.1, 0.2, 0.35, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Waits when the snapshot is older than the buffer's start, growing (step 4)."""
MIN_INTERVAL_S = 1.0
MAX_BACKOFF_S = 30.0
STORM_S = 10.0
"""A book that goes wrong again within so long waits twice as long for its next snapshot."""
CROSSED_LIMIT_S = 0.5
LATE_LIMIT_S = 10.0
"""So long nothing but changes that the book contains already: the exchange counts anew, or the
snapshot was of another book. Our choice; a stream behind its snapshot catches up sooner."""
MAX_BUFFER = 50_000
_APPLIED = BookAnswer.APPLIED  # members of enums are looked up slowly before Python 3.12


@final
class BookSync:
    """The state of one book's calibration. ``book`` may be shown only while ``is_live``.

    ``resyncs`` counts gaps and crossings that made the book wrong, not the first load.
    """

    def __init__(self, symbol: Symbol) -> None:
        self.book = OrderBook(symbol)
        self.is_live = False
        self.resyncs = 0
        self.reason = "Waiting for the stream."
        self._buffer: deque[BookDelta] = deque()
        self._fetch_at_s: float | None = None
        self._fetched_at_s: float | None = None
        self._lags = 0
        self._failures = 0
        self._crossed_since_s: float | None = None
        self._live_since_s = 0.0
        self._storm = 0
        self._late_since_s: float | None = None
        # What was fetched before the last doubt is no answer to it.
        self._doubts = 0
        self._doubts_at_fetch = 0
        self._is_proven = False
        self._needs_confirmation = False
        # Up to here changes are known to have come, readable or not; 0 when that is not known.
        self._at_least = 0

    @property
    def fetch_at_s(self) -> float | None:
        """When a snapshot should be fetched (monotonic); None: not now."""
        return self._fetch_at_s

    # Inputs ----------------------------------------------------------------------------------

    def lost(self) -> None:
        """The stream is gone: the book is worth nothing."""
        self._forget("Waiting for the stream.")

    def opened(self, *, is_fresh: bool = True) -> None:
        """A connection, fresh or not: begin at step 1 with empty state.

        On one that is not, changes before the acknowledgement may be of a subscription that ends.
        """
        self._forget("Waiting for the exchange to confirm the order book.")
        self._needs_confirmation = not is_fresh

    def interrupted(self, sentence: str) -> None:
        """The channel may have missed something; the exchange is to confirm it anew."""
        self.resyncs += 1
        self._forget(f"{sentence} It is being read again.")
        self._needs_confirmation = True

    def unreadable(self, now_s: float) -> None:
        """A change could not be read: what is known does not contain it."""
        self._doubts += 1
        if self.is_live:
            self._start_over("A change of the order book could not be read.", now_s)
            self._at_least = self.book.sequence + 1
        elif self._buffer or self._at_least:
            newest = self._buffer[-1].sequence if self._buffer else 0
            self._at_least = max(self._at_least, newest) + 1

    def confirmed(self, now_s: float) -> None:
        """The subscription is acknowledged; on a quiet market no delta may come for long."""
        self._is_proven = True
        self._needs_confirmation = False
        if not self.is_live and self._fetch_at_s is None:
            self.reason = "The order book is being read."
            self._fetch_at_s = now_s + QUIET_WAIT_S

    def delta(self, delta: BookDelta, now_s: float) -> bool:
        """Take one change; True when the shown book changed."""
        if not self.is_live:
            if not self._needs_confirmation:
                self._buffer_up(delta, now_s)
            return False
        answer = self.book.apply(delta)
        if answer is _APPLIED:
            self._late_since_s = None
            if self._crossed_since_s is not None or self.book.is_crossed:
                self._note_crossing(now_s)
            return True
        if answer is BookAnswer.STALE:
            self._note_late(delta, now_s)
        elif answer is BookAnswer.GAP:
            missing = delta.sequence - self.book.sequence - 1
            self._start_over(f"{missing} changes of the order book are missing.", now_s)
            self._buffer.append(delta)
        return False

    def tick(self, now_s: float) -> None:
        """Look at the clock: a book that stays crossed is wrong.

        Only here, between batches: a crossing that the next change ends is none.
        """
        crossed_s = self._crossed_since_s
        if self.is_live and crossed_s is not None and now_s - crossed_s >= CROSSED_LIMIT_S:
            self._start_over("The order book was crossed.", now_s)
            self._at_least = self.book.sequence

    def fetching(self, now_s: float) -> None:
        """The driver asks for a snapshot now."""
        self._fetch_at_s = None
        self._fetched_at_s = now_s
        self._doubts_at_fetch = self._doubts

    def snapshot(self, snapshot: BookSnapshot, now_s: float) -> bool:
        """Take a snapshot; True when the book is live with it.

        One that was asked for before the last doubt is left out: on another connection, before an
        interruption, or without a change that could not be read.
        """
        if self.is_live:
            return True
        self._failures = 0
        if self._doubts != self._doubts_at_fetch:
            if self._is_proven:
                self._want(now_s)
            return False
        while self._buffer and self._buffer[0].sequence <= snapshot.sequence:
            self._buffer.popleft()
        if self._buffer and self._buffer[0].sequence > snapshot.sequence + 1:
            wait_s = LAG_WAITS_S[min(self._lags, len(LAG_WAITS_S) - 1)]
            self._lags += 1
            self._fetch_at_s = now_s + wait_s
            return False
        if not self._buffer and self._at_least > snapshot.sequence:
            # Asked once more, later: what could not be read may have been about something else.
            self._at_least = 0
            self._fetch_at_s = now_s + MIN_INTERVAL_S
            return False
        self.book.load(snapshot)
        return self._replay(now_s)

    def snapshot_failed(self, now_s: float, sentence: str) -> None:
        """No snapshot was to be had: try again later, ever later."""
        self._failures += 1
        self.reason = f"The order book could not be read. {sentence}"
        self._fetch_at_s = now_s + min(MAX_BACKOFF_S, 0.5 * 2.0**self._failures)

    # Steps -----------------------------------------------------------------------------------

    def _note_late(self, delta: BookDelta, now_s: float) -> None:
        """Late changes are normal after a snapshot, but not for long and nothing else."""
        if self._late_since_s is None:
            self._late_since_s = now_s
        elif now_s - self._late_since_s >= LATE_LIMIT_S:
            self._start_over("The changes of the order book stay behind it.", now_s)
            self._buffer.append(delta)

    def _buffer_up(self, delta: BookDelta, now_s: float) -> None:
        self._is_proven = True
        if len(self._buffer) >= MAX_BUFFER:
            self._buffer.clear()
        self._buffer.append(delta)
        if len(self._buffer) == 1 and self._failures == 0:
            self._want(now_s)

    def _replay(self, now_s: float) -> bool:
        while self._buffer:
            delta = self._buffer.popleft()
            if self.book.apply(delta) is BookAnswer.GAP:
                self._buffer.appendleft(delta)
                self._storm += 1
                self._want(now_s)
                return False
        self.is_live = True
        self._live_since_s = now_s
        self.reason = ""
        self._lags = 0
        self._crossed_since_s = self._late_since_s = None
        self._note_crossing(now_s)
        return True

    def _want(self, now_s: float) -> None:
        """Ask for a snapshot, at most about one a second, in a storm one in 30 s (step 9)."""
        earliest_s = now_s
        if self._fetched_at_s is not None:
            interval_s = min(MAX_BACKOFF_S, MIN_INTERVAL_S * 2.0 ** min(self._storm, 5))
            earliest_s = max(now_s, self._fetched_at_s + interval_s)
        self._fetch_at_s = earliest_s

    def _note_crossing(self, now_s: float) -> None:
        if not self.book.is_crossed:
            self._crossed_since_s = None
        elif self._crossed_since_s is None:
            self._crossed_since_s = now_s

    def _start_over(self, reason: str, now_s: float) -> None:
        """The book is wrong. One that keeps going wrong is read ever more seldom (step 9)."""
        is_storm = self.resyncs > 0 and now_s - self._live_since_s < STORM_S
        self._storm = self._storm + 1 if is_storm else 0
        self._reset(f"{reason} It is being read again.")
        self.resyncs += 1
        self._want(now_s)

    def _forget(self, reason: str) -> None:
        """Begin anew, but not before an acknowledgement or a first change proves that changes come.

        A snapshot without them would be shown as true and stay as it is for ever.
        """
        self._reset(reason)
        self._fetch_at_s = None
        self._is_proven = False
        self._doubts += 1

    def _reset(self, reason: str) -> None:
        self.is_live = False
        self.reason = reason
        self._buffer.clear()
        self._lags = self._at_least = 0
        self._failures = 0
        self._crossed_since_s = self._late_since_s = None
