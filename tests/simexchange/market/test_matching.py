"""Matching laws: price-time priority, conservation, and one sequence number per change."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.market.matching import (
    BUY,
    SELL,
    BookOrder,
    Match,
    MatchingBook,
    Prevented,
    opposite,
)


class Recorder:
    """Rebuilds the book from its change stream, like any client would."""

    def __init__(self) -> None:
        self.totals: dict[tuple[str, int], int] = {}
        self.sequences: list[int] = []

    def __call__(self, sequence: int, side: str, price: int, lots: int) -> None:
        self.sequences.append(sequence)
        if lots:
            self.totals[side, price] = lots
        else:
            self.totals.pop((side, price), None)


def a_book() -> tuple[MatchingBook, Recorder]:
    recorder = Recorder()
    return MatchingBook(100, recorder), recorder


steps = st.lists(
    st.tuples(
        st.sampled_from(["rest", "take", "market", "cancel", "reduce"]),
        st.sampled_from([BUY, SELL]),
        st.integers(1, 30),
        st.integers(1, 20),
    ),
    max_size=60,
)


@given(steps)
def test_the_change_stream_rebuilds_the_book_and_lots_are_conserved(
    history: list[tuple[str, str, int, int]],
) -> None:
    book, recorder = a_book()
    rested = taken = removed = 0
    live: list[str] = []
    for number, (action, side, price, lots) in enumerate(history):
        if action == "rest" and not book.would_take(side, price):
            peak = (None, 0, 1, lots)[number % 4]
            book.rest(BookOrder(f"o{number}", "", side, price, lots, peak))
            live.append(f"o{number}")
            rested += lots
        elif action in {"take", "market"}:
            limit = price if action == "take" else None
            matches = book.take(side, limit, lots)
            assert sum(match.lots for match in matches) <= lots
            if limit is not None:
                worst = [
                    match.price <= limit if side == BUY else match.price >= limit
                    for match in matches
                ]
                assert all(worst)
            prices = [match.price for match in matches]
            assert prices == sorted(prices, reverse=side == SELL), "best price first"
            taken += sum(match.lots for match in matches)
        elif action == "cancel" and live:
            order = book.cancel(live[price % len(live)])
            removed += order.remaining if order else 0
        elif action == "reduce" and live:
            known = book.order(live[price % len(live)])
            if known is not None and known.remaining > 1:
                removed += known.remaining - 1
                book.reduce(known.id, 1)
    resting = {(side, price): total for side in (BUY, SELL) for price, total in book.levels(side)}
    assert recorder.totals == resting
    left = [order for name in live if (order := book.order(name)) is not None]
    shown: dict[tuple[str, int], int] = {}
    for order in left:
        assert order.shown <= (order.remaining if order.peak is None else order.peak)
        if order.peak != 0:
            shown[order.side, order.price] = shown.get((order.side, order.price), 0) + order.shown
    assert shown == resting, "what shows is the sum of what the orders show"
    assert recorder.sequences == list(range(101, 101 + len(recorder.sequences)))
    assert rested == taken + removed + sum(order.remaining for order in left)
    best_bid, best_ask = book.front(BUY), book.front(SELL)
    assert best_bid is None or best_ask is None or best_bid < best_ask, "never crossed"


def test_time_priority_within_a_price() -> None:
    book, _ = a_book()
    for name in ("first", "second", "third"):
        book.rest(BookOrder(name, "", SELL, 10, 5))
    book.reduce("first", 2)
    matches = book.take(BUY, 10, 8)
    assert [(match.maker.id, match.lots) for match in matches] == [
        ("first", 2),
        ("second", 5),
        ("third", 1),
    ]
    assert book.total(SELL, 10) == 4
    assert book.order("second") is None


def test_hidden_lots_come_after_all_visible_ones_at_their_price() -> None:
    book, recorder = a_book()
    book.rest(BookOrder("hidden", "", SELL, 10, 5, 0))
    assert (book.best(SELL), book.front(SELL)) == (None, 10)
    assert (list(book.levels(SELL)), book.level_count(SELL), recorder.sequences) == ([], 0, [])
    book.rest(BookOrder("iceberg", "", SELL, 10, 6, 2))
    book.rest(BookOrder("plain", "", SELL, 10, 3))
    matches = book.take(BUY, 10, 13)
    assert [(match.maker.id, match.lots) for match in matches] == [
        ("iceberg", 2),
        ("plain", 3),
        ("iceberg", 2),
        ("iceberg", 2),
        ("hidden", 4),
    ]
    assert book.would_take(BUY, 10)
    assert book.total(SELL, 10) == 0
    book.cancel("hidden")
    assert not book.would_take(BUY, 10)


def test_a_used_up_part_of_an_iceberg_is_replaced_at_the_end_of_the_queue() -> None:
    book, _ = a_book()
    book.rest(BookOrder("iceberg", "", SELL, 10, 6, 2))
    book.rest(BookOrder("plain", "", SELL, 10, 3))
    book.take(BUY, 10, 1)
    assert book.total(SELL, 10) == 4, "a part that is not used up keeps its place"
    assert [match.maker.id for match in book.take(BUY, 10, 3)] == ["iceberg", "plain"]
    assert book.total(SELL, 10) == 3, "one lot of the plain order, two of the iceberg"
    book.reduce("iceberg", 1)
    assert book.total(SELL, 10) == 2


def test_a_taker_is_told_of_its_own_orders_and_nothing_is_done() -> None:
    book, recorder = a_book()
    book.rest(BookOrder("own", "me", SELL, 10, 5))
    met = book.meet(BUY, 10, 5, "me")
    assert isinstance(met, Prevented)
    assert met.maker.remaining == 5
    assert (len(recorder.sequences), book.trades) == (1, 0)
    assert isinstance(book.meet(BUY, 10, 5, "you"), Match)


def test_canceling_twice_changes_nothing() -> None:
    book, recorder = a_book()
    book.rest(BookOrder("a", "", BUY, 10, 5))
    assert book.cancel("a") is not None
    assert book.cancel("a") is None
    assert len(recorder.sequences) == 2
    assert opposite(BUY) == SELL
    assert book.level_count(BUY) == 0
