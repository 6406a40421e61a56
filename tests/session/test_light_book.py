"""Books of the best levels only."""

from __future__ import annotations

from terminal.domain.clock import TimestampNs
from terminal.domain.events import BookDepth, Level, QuoteUpdate
from terminal.domain.units import Lots, Price
from terminal.session.light_book import MIN_INTERVAL_S, LightBook
from tests.support.builders import NOW_MS, XBT


def a_level(price: int, lots: int = 1) -> Level:
    return Level(Price(price), Lots(lots))


def a_depth(sequence: int, bid: int = 1000, ask: int = 1001) -> BookDepth:
    return BookDepth(XBT, 5, sequence, (a_level(bid),), (a_level(ask),), NOW_MS)


def an_open_book() -> LightBook:
    book = LightBook(XBT)
    book.opened()
    book.confirmed(1.0)
    return book


def test_nothing_is_shown_before_the_first_levels() -> None:
    book = an_open_book()
    assert not book.is_live
    assert book.fetch_at_s == 1.0, "the stream tells only the next change"
    assert book.take(a_depth(10))
    assert book.is_live
    assert book.book.best_bid == 1000


def test_each_frame_replaces_the_whole_book() -> None:
    book = an_open_book()
    book.take(a_depth(10))
    assert book.take(a_depth(15, bid=990, ask=995))
    assert [level.price for level in book.book.bids.ascending()] == [990]


def test_what_is_older_than_what_is_known_is_left_out() -> None:
    book = an_open_book()
    book.take(a_depth(10))
    assert not book.take(a_depth(9, bid=1, ask=2)), "an answer that the stream has overtaken"
    assert book.book.best_bid == 1000


def test_after_a_reconnection_sequences_begin_anew() -> None:
    book = an_open_book()
    book.take(a_depth(10))
    book.lost()
    assert not book.is_live
    book.opened()
    assert book.take(a_depth(3))
    assert book.is_live


def test_best_prices_are_a_book_of_one_level_or_none() -> None:
    book = an_open_book()
    assert book.take(QuoteUpdate(XBT, 1, a_level(1000, 7), None, TimestampNs(1)))
    assert (book.book.best_bid, book.book.best_ask) == (1000, None)
    assert dict(book.book.bids.ascending()) == {1000: 7}


def test_failures_back_off_and_frames_end_them() -> None:
    book = an_open_book()
    waits = []
    for _ in range(7):
        book.snapshot_failed(0.0, "No answer.")
        waits.append(book.fetch_at_s)
    assert (waits[0], waits[-1]) == (1.0, 30.0)
    assert "No answer." in book.reason
    book.take(a_depth(10))
    assert (book.is_live, book.reason, book.fetch_at_s) == (True, "", None)
    book.snapshot_failed(0.0, "No answer.")
    assert book.is_live


def test_an_interruption_or_an_unreadable_frame_makes_it_doubtful() -> None:
    book = an_open_book()
    book.take(a_depth(10))
    book.interrupted("Nothing came for 30 s.")
    assert not book.is_live
    book.confirmed(5.0)
    assert book.fetch_at_s == 5.0
    book.take(a_depth(11))
    book.unreadable(7.0)
    assert (book.is_live, book.fetch_at_s, book.resyncs) == (False, 7.0, 2)


def test_frames_that_cannot_be_read_lead_to_one_request_a_second_at_most() -> None:
    book = an_open_book()
    book.fetching(1.0)
    book.take(a_depth(10))
    book.unreadable(1.2)
    assert book.fetch_at_s == 1.0 + MIN_INTERVAL_S
    book.fetching(2.0)
    book.unreadable(9.0)
    assert book.fetch_at_s == 9.0
