"""The book some changes ago is the book that was there then."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.market.matching import BUY, SELL, BookOrder, MatchingBook
from terminal.simexchange.market.rewind import KEPT_CHANGES, Levels, Rewind


@given(
    doings=st.lists(
        st.tuples(st.sampled_from("rct"), st.integers(90, 110), st.integers(1, 9)), max_size=40
    ),
    lag=st.integers(0, 60),
)
def test_it_is_the_book_that_was_there(doings: list[tuple[str, int, int]], lag: int) -> None:
    rewind, shown = Rewind(), list[Levels]()

    def on_change(_: int, side: str, price: int, lots: int) -> None:
        rewind.note(side, price, lots)
        shown.append(rewind.levels(book, 0))

    book = MatchingBook(1000, on_change)
    shown.append(Levels(1000, [], []))
    resting: list[str] = []
    for number, (doing, price, lots) in enumerate(doings):
        side = BUY if price < 100 else SELL
        if doing == "r" and not book.would_take(side, price):
            book.rest(BookOrder(str(number), "", side, price, lots))
            resting.append(str(number))
        elif doing == "c" and resting and book.order(resting[-1]) is not None:
            book.cancel(resting.pop())
        elif doing == "t":
            book.take(SELL if side == BUY else BUY, None, lots)
    lag = min(lag, len(shown) - 1)
    assert rewind.levels(book, lag) == shown[-1 - lag]


def test_it_goes_back_no_further_than_it_keeps() -> None:
    rewind = Rewind()
    book = MatchingBook(0, lambda _, side, price, lots: rewind.note(side, price, lots))
    for number in range(KEPT_CHANGES + 50):
        book.rest(BookOrder(str(number), "", BUY, number + 1, 1))
    assert rewind.levels(book, 10**6).sequence == 50
    assert len(rewind.levels(book, 10**6).bids) == 50
