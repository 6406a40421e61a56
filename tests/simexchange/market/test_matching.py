"""Matching laws: price-time priority, conservation, and one sequence number per change."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.market.matching import BUY, SELL, BookOrder, MatchingBook, opposite


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
            book.rest(BookOrder(f"o{number}", "", side, price, lots))
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
    assert recorder.sequences == list(range(101, 101 + len(recorder.sequences)))
    assert rested == taken + removed + sum(resting.values())
    best_bid, best_ask = book.best(BUY), book.best(SELL)
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


def test_canceling_twice_changes_nothing() -> None:
    book, recorder = a_book()
    book.rest(BookOrder("a", "", BUY, 10, 5))
    assert book.cancel("a") is not None
    assert book.cancel("a") is None
    assert len(recorder.sequences) == 2
    assert opposite(BUY) == SELL
    assert book.level_count(BUY) == 0
