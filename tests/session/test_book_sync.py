"""Book calibration, step by step, and as a law: whatever arrives, a live book is a true book."""

from __future__ import annotations

from enum import Enum, auto
from typing import final

from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.domain.book import OrderBook
from terminal.domain.units import Side
from terminal.session.book_sync import (
    CROSSED_LIMIT_S,
    LAG_WAITS_S,
    LATE_LIMIT_S,
    MAX_BACKOFF_S,
    MIN_INTERVAL_S,
    BookSync,
)
from tests.support.builders import XBT, a_delta, a_snapshot


def an_open_sync() -> BookSync:
    sync = BookSync(XBT)
    sync.opened()
    return sync


def a_live_sync() -> BookSync:
    sync = an_open_sync()
    sync.fetching(0.0)
    assert sync.snapshot(a_snapshot(100), 0.0)
    return sync


def test_the_first_delta_asks_for_a_snapshot() -> None:
    sync = an_open_sync()
    assert sync.fetch_at_s is None, "nothing proves yet that changes come"
    sync.delta(a_delta(101), 0.2)
    assert sync.fetch_at_s == 0.2


def test_a_quiet_market_is_read_half_a_second_after_the_acknowledgement() -> None:
    sync = an_open_sync()
    sync.confirmed(0.1)
    assert sync.fetch_at_s == 0.6


def test_stale_and_equal_deltas_are_dropped_and_the_rest_is_replayed() -> None:
    sync = an_open_sync()
    for sequence, lots in ((99, 1), (100, 2), (101, 3), (102, 8)):
        sync.delta(a_delta(sequence, lots=lots), 0.0)
    sync.fetching(0.0)
    assert sync.snapshot(a_snapshot(100), 0.0)
    assert sync.book.sequence == 102
    assert dict(sync.book.bids.ascending())[a_delta(1).price] == 8
    assert sync.resyncs == 0


def test_a_snapshot_older_than_the_buffer_is_fetched_again_and_the_buffer_kept() -> None:
    sync = an_open_sync()
    sync.delta(a_delta(105), 0.0)
    sync.fetching(0.0)
    assert not sync.snapshot(a_snapshot(100), 0.0)
    assert sync.fetch_at_s == 0.1
    sync.fetching(0.1)
    assert not sync.snapshot(a_snapshot(101), 0.1)
    assert sync.fetch_at_s == 0.1 + 0.2
    sync.fetching(0.3)
    assert sync.snapshot(a_snapshot(104), 0.3)
    assert sync.book.sequence == 105


def test_a_gap_makes_the_book_wrong_and_keeps_the_delta_that_showed_it() -> None:
    sync = a_live_sync()
    assert sync.delta(a_delta(101), 5.0)
    assert not sync.delta(a_delta(104, lots=77), 5.0)
    assert not sync.is_live
    assert sync.resyncs == 1
    assert sync.reason.startswith("2 changes of the order book are missing.")
    assert sync.fetch_at_s == 5.0
    sync.fetching(5.0)
    assert sync.snapshot(a_snapshot(103), 5.1)
    assert dict(sync.book.bids.ascending())[a_delta(1).price] == 77


def test_duplicates_are_ignored() -> None:
    sync = a_live_sync()
    assert sync.delta(a_delta(101), 0.0)
    assert not sync.delta(a_delta(101), 0.0)
    assert sync.is_live


def test_snapshots_are_a_second_apart() -> None:
    sync = a_live_sync()
    sync.delta(a_delta(105), 0.3)
    assert sync.fetch_at_s == MIN_INTERVAL_S


def test_failures_back_off_to_half_a_minute() -> None:
    sync = an_open_sync()
    now_s, waits = 0.0, []
    for _ in range(8):
        sync.fetching(now_s)
        sync.snapshot_failed(now_s, "No answer.")
        assert sync.fetch_at_s is not None
        waits.append(sync.fetch_at_s - now_s)
        now_s = sync.fetch_at_s
    assert waits[0] == 1.0
    assert waits[-1] == 30.0
    assert "No answer." in sync.reason


def test_a_book_crossed_for_one_frame_is_normal_but_not_for_half_a_second() -> None:
    sync = a_live_sync()
    sync.delta(a_delta(101, Side.BUY, 1001, 5), 1.0)
    sync.tick(1.0 + CROSSED_LIMIT_S / 2)
    assert sync.is_live
    sync.delta(a_delta(102, Side.SELL, 1001, 0), 1.2)
    sync.tick(9.0)
    assert sync.is_live, "the crossing was gone in between"
    sync.delta(a_delta(103, Side.BUY, 1002, 5), 10.0)
    sync.tick(10.0 + CROSSED_LIMIT_S)
    assert not sync.is_live
    assert sync.resyncs == 1


def test_an_interruption_in_which_nothing_happened_is_known_as_such() -> None:
    """The same sequence as before proves it; another one, or a change in between, does not."""
    for sequence, delta, was_quiet in ((100, None, True), (101, None, False), (100, 101, False)):
        sync = a_live_sync()
        assert not sync.was_quiet
        sync.interrupted("Silent.")
        sync.interrupted("Silent.")
        sync.confirmed(1.0)
        if delta is not None:
            sync.delta(a_delta(delta), 1.1)
        sync.fetching(2.0)
        assert sync.snapshot(a_snapshot(sequence), 2.1)
        assert sync.was_quiet is was_quiet
    cut = a_live_sync()
    cut.interrupted("Silent.")
    cut.lost()
    cut.opened()
    cut.confirmed(3.0)
    cut.fetching(4.0)
    assert cut.snapshot(a_snapshot(100), 4.1)
    assert not cut.was_quiet, "a new connection proves nothing about the old one"


def test_a_snapshot_of_before_a_loss_or_an_interruption_is_left_out() -> None:
    """It may lack changes that nobody will ever tell."""
    for end in (BookSync.lost, BookSync.opened, lambda sync: sync.interrupted("Silent.")):
        sync = an_open_sync()
        sync.confirmed(0.0)
        sync.fetching(0.5)
        end(sync)
        assert not sync.snapshot(a_snapshot(100), 0.6)
        assert sync.fetch_at_s is None, "nothing proves yet that changes come"
        sync.opened()
        sync.confirmed(1.0)
        assert not sync.snapshot(a_snapshot(100), 1.1), "it was asked for before"
        assert sync.fetch_at_s is not None
        sync.fetching(2.0)
        assert sync.snapshot(a_snapshot(101), 2.1)


def test_an_exchange_that_counts_anew_is_found_out() -> None:
    """Late changes and nothing else: the book would stand still and look true."""
    sync = a_live_sync()
    sync.delta(a_delta(5), 1.0)
    sync.delta(a_delta(6), 1.0 + LATE_LIMIT_S / 2)
    assert sync.is_live
    sync.delta(a_delta(7), 1.0 + LATE_LIMIT_S)
    assert not sync.is_live
    sync.fetching(12.0)
    assert sync.snapshot(a_snapshot(6), 12.0)
    assert sync.book.sequence == 7


def test_late_changes_among_others_are_normal() -> None:
    sync = a_live_sync()
    for second in range(60):
        sync.delta(a_delta(101 + second), float(second))
        sync.delta(a_delta(100 + second), float(second))
    assert sync.is_live
    assert sync.resyncs == 0


def test_a_lost_stream_takes_the_book_with_it() -> None:
    sync = a_live_sync()
    sync.lost()
    assert not sync.is_live
    assert sync.fetch_at_s is None


changes = st.tuples(
    st.sampled_from(Side), st.integers(min_value=990, max_value=1010), st.integers(0, 9)
)


@given(
    st.lists(changes, min_size=1, max_size=40),
    st.integers(0, 40),
    st.integers(0, 40),
    st.data(),
)
def test_a_live_book_equals_the_exchanges_at_the_same_sequence(
    history: list[tuple[Side, int, int]], joined: int, taken: int, data: st.DataObject
) -> None:
    """The exchange changes; we join somewhere, lose and double frames, and fetch snapshots."""
    exchange = OrderBook(XBT)
    exchange.load(a_snapshot(100))
    states = {100: exchange.copy()}
    deltas = []
    for number, (side, price, lots) in enumerate(history, start=101):
        delta = a_delta(number, side, price, lots)
        exchange.apply(delta)
        states[number] = exchange.copy()
        deltas.append(delta)
    sync = an_open_sync()
    now_s = 0.0
    for delta in deltas[min(joined, len(deltas)) :]:
        now_s += 0.01
        for _ in range(data.draw(st.integers(0, 2), label="copies")):
            sync.delta(delta, now_s)
        if not sync.is_live and data.draw(st.booleans(), label="fetch"):
            at = data.draw(st.integers(100, delta.sequence), label="snapshot of")
            book = states[at]
            sync.fetching(now_s)
            sync.snapshot(
                a_snapshot(
                    at,
                    tuple((level.price, level.lots) for level in book.bids.ascending()),
                    tuple((level.price, level.lots) for level in book.asks.ascending()),
                ),
                now_s,
            )
        if sync.is_live:
            truth = states[sync.book.sequence]
            assert sync.book.bids.ascending() == truth.bids.ascending()
            assert sync.book.asks.ascending() == truth.asks.ascending()


def test_a_failure_before_a_reconnect_does_not_hold_the_next_reading_up() -> None:
    sync = an_open_sync()
    sync.confirmed(0.0)
    sync.fetching(0.5)
    sync.snapshot_failed(0.6, "No answer.")
    sync.lost()
    sync.opened()
    sync.delta(a_delta(101), 9.0)
    assert sync.fetch_at_s is not None
    late = an_open_sync()
    late.delta(a_delta(101), 1.0)
    late.fetching(1.0)
    late.confirmed(1.1)
    assert late.fetch_at_s is not None


def test_a_crossing_that_the_batch_ends_is_none_however_late_the_batch_comes() -> None:
    sync = a_live_sync()
    sync.delta(a_delta(101, Side.BUY, 1001, 5), 1.0)
    sync.delta(a_delta(102, Side.BUY, 998, 5), 9.0)
    sync.delta(a_delta(103, Side.SELL, 1001, 0), 9.0)
    sync.tick(9.0)
    assert sync.is_live


def test_a_snapshot_that_is_crossed_is_not_believed_for_long() -> None:
    sync = an_open_sync()
    sync.confirmed(0.0)
    sync.fetching(0.5)
    assert sync.snapshot(a_snapshot(100, bids=((1005, 1),)), 0.6)
    sync.tick(0.6 + CROSSED_LIMIT_S)
    assert not sync.is_live


def test_a_storm_of_gaps_is_answered_ever_more_seldom() -> None:
    sync = a_live_sync()
    now_s, sequence, waits = 0.0, 100, []
    for _ in range(9):
        sequence += 10
        sync.delta(a_delta(sequence), now_s)
        assert sync.fetch_at_s is not None
        waits.append(sync.fetch_at_s - now_s)
        now_s = sync.fetch_at_s
        sync.fetching(now_s)
        assert sync.snapshot(a_snapshot(sequence), now_s)
    assert waits[:4] == [MIN_INTERVAL_S, 2.0, 4.0, 8.0]
    assert waits[-1] == MAX_BACKOFF_S
    sync.delta(a_delta(sequence + 10), now_s + 60.0)
    assert sync.fetch_at_s == now_s + 60.0, "a book that lived for long is read at once"


def test_a_snapshot_that_stays_old_is_asked_for_ever_more_seldom() -> None:
    sync = an_open_sync()
    sync.delta(a_delta(200), 0.0)
    now_s, waits = 0.0, []
    for _ in range(len(LAG_WAITS_S) + 2):
        sync.fetching(now_s)
        assert not sync.snapshot(a_snapshot(100), now_s)
        assert sync.fetch_at_s is not None
        waits.append(round(sync.fetch_at_s - now_s, 6))
        now_s = sync.fetch_at_s
    assert waits == [*LAG_WAITS_S, MAX_BACKOFF_S, MAX_BACKOFF_S]


def test_an_interrupted_channel_waits_for_its_confirmation() -> None:
    sync = a_live_sync()
    sync.interrupted("Nothing came for 30 s.")
    assert not sync.is_live
    assert sync.fetch_at_s is None
    sync.delta(a_delta(101), 39.0)
    assert sync.fetch_at_s is None, "it may be of the subscription that ends"
    sync.confirmed(40.0)
    assert sync.fetch_at_s == 40.5


def test_a_change_that_cannot_be_read_makes_a_live_book_wrong() -> None:
    sync = a_live_sync()
    sync.unreadable(5.0)
    assert not sync.is_live
    assert sync.fetch_at_s == 5.0


def test_a_snapshot_asked_for_before_an_unreadable_change_is_not_believed() -> None:
    sync = an_open_sync()
    sync.confirmed(0.0)
    sync.fetching(0.5)
    sync.unreadable(0.6)
    assert not sync.snapshot(a_snapshot(100), 0.7)
    assert sync.fetch_at_s == 1.5
    sync.fetching(1.5)
    assert sync.snapshot(a_snapshot(101), 1.6)


def test_on_a_connection_that_stands_changes_before_the_acknowledgement_prove_nothing() -> None:
    """They may be of a subscription that ends: what comes between it and the next one is lost."""
    sync = BookSync(XBT)
    sync.opened(is_fresh=False)
    sync.delta(a_delta(101), 0.0)
    assert sync.fetch_at_s is None
    sync.confirmed(0.1)
    sync.fetching(0.6)
    assert sync.snapshot(a_snapshot(105), 0.7)
    assert sync.delta(a_delta(106), 0.8)


def test_a_snapshot_older_than_the_changes_that_could_not_be_read_is_asked_for_again() -> None:
    sync = a_live_sync()
    sync.unreadable(5.0)
    sync.unreadable(5.0)
    sync.fetching(6.0)
    assert not sync.snapshot(a_snapshot(101), 6.1)
    assert sync.fetch_at_s == 6.1 + MIN_INTERVAL_S
    sync.fetching(7.1)
    assert sync.snapshot(a_snapshot(102), 7.2)


def test_a_snapshot_older_than_a_crossed_book_is_asked_for_again_but_not_for_ever() -> None:
    sync = a_live_sync()
    sync.delta(a_delta(101, price=2000), 5.0)
    sync.tick(5.0 + CROSSED_LIMIT_S)
    sync.fetching(6.0)
    assert not sync.snapshot(a_snapshot(100), 6.0)
    sync.fetching(7.0)
    assert sync.snapshot(a_snapshot(100), 7.0), "the exchange says so again"


class Fate(Enum):
    """What becomes of one frame on its way."""

    ARRIVES = auto()
    DROPPED = auto()
    DOUBLED = auto()
    LATE = auto()
    TRUNCATED = auto()
    CUT = auto()
    ASKED_AGAIN = auto()


@final
class Wire:
    """An exchange that changes, a stream that suffers fates, and a driver that does its duty."""

    def __init__(self) -> None:
        self.exchange = OrderBook(XBT)
        self.exchange.load(a_snapshot(100))
        self.states = {100: self.exchange.copy()}
        self.sync = BookSync(XBT)
        self.sync.opened()
        self.sync.confirmed(0.0)
        self.now_s = 0.0
        self.late: list[int] = []
        self.answer: tuple[float, int] | None = None
        self.changes: dict[int, tuple[Side, int, int]] = {}

    def change(self, side: Side, price: int, lots: int) -> int:
        """The exchange changes; the sequence of it."""
        sequence = self.exchange.sequence + 1
        self.changes[sequence] = (side, price, lots)
        self.exchange.apply(a_delta(sequence, side, price, lots))
        self.states[sequence] = self.exchange.copy()
        return sequence

    def deliver(self, sequence: int) -> None:
        self.sync.delta(a_delta(sequence, *self.changes[sequence]), self.now_s)
        self.check()

    def suffer(self, sequence: int, fate: Fate) -> None:
        sync = self.sync
        if fate is Fate.CUT:
            sync.lost()
            self.late.clear()
            self.answer = None
            sync.opened()
            sync.confirmed(self.now_s)
            return
        if fate is Fate.ASKED_AGAIN:
            sync.interrupted("Nothing came.")
            self.answer = None
            sync.confirmed(self.now_s)
        elif fate is Fate.LATE:
            self.late.append(sequence)
            return
        elif fate is Fate.TRUNCATED:
            sync.unreadable(self.now_s)
        elif fate is not Fate.DROPPED:
            self.deliver(sequence)
            if fate is Fate.DOUBLED:
                self.deliver(sequence)
        while self.late:
            self.deliver(self.late.pop())

    def pass_time(self, seconds: float, lag: int) -> None:
        """The driver asks when it is time; an answer takes 50 ms and may be of some time ago."""
        self.now_s += seconds
        sync = self.sync
        if self.answer is not None and self.now_s >= self.answer[0]:
            book = self.states[self.answer[1]]
            self.answer = None
            sync.snapshot(
                a_snapshot(
                    book.sequence,
                    tuple((level.price, level.lots) for level in book.bids.ascending()),
                    tuple((level.price, level.lots) for level in book.asks.ascending()),
                ),
                self.now_s,
            )
        due_s = sync.fetch_at_s
        if not sync.is_live and self.answer is None and due_s is not None and self.now_s >= due_s:
            sync.fetching(self.now_s)
            self.answer = (self.now_s + 0.05, max(100, self.exchange.sequence - lag))
        self.check()

    def check(self) -> None:
        """The law: what is shown as true is true."""
        if self.sync.is_live:
            truth, ours = self.states[self.sync.book.sequence], self.sync.book
            assert ours.bids.ascending() == truth.bids.ascending()
            assert ours.asks.ascending() == truth.asks.ascending()


prices = st.tuples(st.sampled_from(Side), st.integers(900, 1100), st.integers(0, 9))
frames = st.tuples(prices, st.sampled_from(Fate), st.floats(0, 2), st.integers(0, 12))


@settings(max_examples=100, deadline=None)
@given(st.lists(frames, max_size=60))
def test_whatever_happens_to_the_frames_a_live_book_is_true_and_it_becomes_live_again(
    history: list[tuple[tuple[Side, int, int], Fate, float, int]],
) -> None:
    """Frames are cut off, dropped, doubled, overtaken, truncated; snapshots come late and old."""
    wire = Wire()
    for (side, price, lots), fate, seconds, lag in history:
        wire.suffer(wire.change(side, price, lots), fate)
        wire.pass_time(seconds, lag)
    for _ in range(400):
        # Uncrossed and healthy from here on: one change in the middle of nowhere at a time.
        wire.deliver(wire.change(Side.BUY, 5, wire.exchange.sequence % 7))
        wire.pass_time(0.3, 0)
    assert wire.sync.is_live
    assert wire.sync.book.sequence == wire.exchange.sequence
