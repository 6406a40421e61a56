"""Book calibration, step by step, and as a law: whatever arrives, a live book is a true book."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.book import OrderBook
from terminal.domain.units import Side
from terminal.session.book_sync import CROSSED_LIMIT_S, MIN_INTERVAL_S, BookSync
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
    assert sync.book.bids.lots_at(a_delta(1).price) == 8
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
    assert sync.book.bids.lots_at(a_delta(1).price) == 77


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
