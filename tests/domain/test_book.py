"""The order book against a dictionary that does the same the slow way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.book import BookAnswer, OrderBook
from terminal.domain.units import Lots, Price, Side
from tests.support.builders import XBT, a_delta, a_snapshot

changes = st.lists(
    st.tuples(st.sampled_from(Side), st.integers(1, 40), st.integers(0, 20)), max_size=80
)


@given(changes)
def test_a_book_is_its_levels(history: list[tuple[Side, int, int]]) -> None:
    book = OrderBook(XBT)
    book.load(a_snapshot(0, bids=((20, 5),), asks=((21, 5),)))
    model = {Side.BUY: {20: 5}, Side.SELL: {21: 5}}
    for sequence, (side, price, lots) in enumerate(history, start=1):
        assert book.apply(a_delta(sequence, side, price, lots)) is BookAnswer.APPLIED
        model[side][price] = lots
        if not lots:
            del model[side][price]
    for side, levels in ((Side.BUY, book.bids), (Side.SELL, book.asks)):
        assert {level.price: level.lots for level in levels.ascending()} == model[side]
        prices = [level.price for level in levels.ascending()]
        assert prices == sorted(prices)
        assert len(levels) == len(model[side])
    assert book.best_bid == max(model[Side.BUY], default=None)
    assert book.best_ask == min(model[Side.SELL], default=None)
    assert book.copy().differences(_as_snapshot(book)) == ()


def _as_snapshot(book: OrderBook):  # type: ignore[no-untyped-def]  # noqa: ANN202
    return a_snapshot(
        book.sequence,
        tuple((level.price, level.lots) for level in book.bids.ascending()),
        tuple((level.price, level.lots) for level in book.asks.ascending()),
    )


@given(st.integers(1, 40), st.integers(1, 40))
def test_windows_are_inclusive(low: int, high: int) -> None:
    book = OrderBook(XBT)
    book.load(a_snapshot(1, bids=tuple((p, p) for p in range(1, 41)), asks=()))
    shown = [level.price for level in book.bids.between(Price(low), Price(high))]
    assert shown == list(range(low, high + 1))


def test_sequences_are_looked_at() -> None:
    book = OrderBook(XBT)
    book.load(a_snapshot(100))
    assert book.apply(a_delta(100)) is BookAnswer.STALE
    assert book.apply(a_delta(102)) is BookAnswer.GAP
    assert book.sequence == 100
    assert book.apply(a_delta(101, price=5, lots=0)) is BookAnswer.APPLIED
    assert book.sequence == 101, "removing what is not there still counts"


def test_crossing_is_seen() -> None:
    book = OrderBook(XBT)
    assert not book.is_crossed
    book.load(a_snapshot(100))
    assert not book.is_crossed
    book.apply(a_delta(101, Side.BUY, 1001, 1))
    assert book.is_crossed


def test_differences_name_side_price_and_both_totals() -> None:
    book = OrderBook(XBT)
    book.load(a_snapshot(100))
    other = a_snapshot(101, bids=((1000, 6),), asks=((1001, 4), (1002, 9)))
    assert book.differences(other) == (
        "sequence 100 against 101",
        "buy 999: 7 against 0",
        "buy 1000: 5 against 6",
    )


def test_levels_without_lots_are_left_out() -> None:
    book = OrderBook(XBT)
    book.load(a_snapshot(1, bids=((5, 0), (4, 2)), asks=()))
    assert book.best_bid == 4
    assert book.bids.lots_at(Price(5)) == Lots(0)
    assert book.asks.lowest() is None
    assert book.bids.lowest() == 4
