"""The order book against a dictionary that does the same the slow way."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.book import BookAnswer, BookSide, OrderBook
from terminal.domain.depth_rows import depth_rows
from terminal.domain.events import OffTickLevel
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
    assert 5 not in dict(book.bids.ascending())
    assert book.asks.lowest() is None
    assert book.bids.lowest() == 4


def test_a_level_between_two_ticks_is_shown_in_the_row_that_contains_it() -> None:
    book = OrderBook(XBT)
    off = (OffTickLevel(Side.SELL, Decimal("1001.5"), Lots(6)),)
    book.load(a_snapshot(100)._replace(off_tick=off))
    (row,) = depth_rows(book, top_index=1001, count=1, step=1)
    assert row.ask_lots == 4 + 6
    assert book.apply(a_delta(101, Side.SELL, 1001, 0)) is BookAnswer.APPLIED
    assert dict(book.asks.ascending())[Price(1001)] == 6, "only the level on the tick is gone"
    gone = a_delta(102, Side.SELL, 1001, 0)._replace(exact=Decimal("1001.5"))
    assert book.apply(gone) is BookAnswer.APPLIED
    assert book.best_ask == 1002
    assert book.asks.off_tick() == ()


def test_a_bid_on_a_tick_does_not_cross_an_ask_just_above_it() -> None:
    book = OrderBook(XBT)
    off = (OffTickLevel(Side.SELL, Decimal("1000.5"), Lots(1)),)
    book.load(a_snapshot(100)._replace(off_tick=off))
    assert book.best_ask == book.best_bid == 1000
    assert not book.is_crossed
    book.bids.put_exact(Decimal("1000.5"), Lots(1))
    assert book.is_crossed


def test_differences_see_levels_between_ticks() -> None:
    book = OrderBook(XBT)
    off = (OffTickLevel(Side.BUY, Decimal("998.5"), Lots(2)),)
    book.load(a_snapshot(100)._replace(off_tick=off))
    assert book.differences(a_snapshot(100)) == ("buy 998.5: 2 against 0",)
    assert book.copy().differences(a_snapshot(100)._replace(off_tick=off)) == ()


halves = st.lists(st.tuples(st.integers(2, 20), st.integers(0, 5)), max_size=60)


@given(halves)
def test_a_side_is_its_exact_levels(history: list[tuple[int, int]]) -> None:
    """Prices are half ticks: every second one lies between two."""
    side, model = BookSide(), dict[Decimal, int]()
    for half, lots in history:
        exact = Decimal(half) / 2
        if half % 2:
            side.put_exact(exact, Lots(lots))
        else:
            side.put(Price(half // 2), Lots(lots))
        model[exact] = lots
        if not lots:
            del model[exact]
    found = dict(side.on_tick()) | dict(side.off_tick())
    assert found == model
    totals: dict[int, int] = {}
    for exact, lots in model.items():
        totals[int(exact)] = totals.get(int(exact), 0) + lots
    assert {level.price: level.lots for level in side.ascending()} == totals
    assert side.exact_lowest() == min(model, default=None)
    assert side.exact_highest() == max(model, default=None)
