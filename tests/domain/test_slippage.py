"""What taking lots from a book costs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from terminal.domain.book import OrderBook
from terminal.domain.slippage import MOST_LEVELS, sweep
from terminal.domain.units import Price, Side
from tests.support.builders import XBT, a_contract, a_snapshot, an_inverse_contract


def a_book(asks: tuple[tuple[int, int], ...] = ((1001, 4), (1002, 9))) -> OrderBook:
    book = OrderBook(XBT)
    book.load(a_snapshot(asks=asks))
    return book


@pytest.mark.parametrize(
    ("order", "taken", "average"),
    [
        ((Side.BUY, 3, None), (3, 0, 1001, 1), "100.1"),
        ((Side.BUY, 8, None), (8, 0, 1002, 2), "100.15"),
        ((Side.BUY, 20, None), (13, 7, 1002, 2), None),
        ((Side.BUY, 8, Price(1001)), (4, 4, 1001, 1), "100.1"),
        ((Side.SELL, 10, None), (10, 0, 999, 2), "99.95"),
        ((Side.SELL, 10, Price(1000)), (5, 5, 1000, 1), "100"),
    ],
)
def test_a_sweep_takes_level_by_level(
    order: tuple[Side, int, Price | None], taken: tuple[int, int, int, int], average: str | None
) -> None:
    found = sweep(a_book(), a_contract(), *order)
    assert found is not None
    assert (found.lots, found.left, found.worst, found.levels) == taken
    assert average is None or found.average == Decimal(average)
    assert found.worst_ticks == abs(taken[2] - found.best)


def test_a_limit_that_does_not_reach_the_book_takes_nothing() -> None:
    assert sweep(a_book(), a_contract(), Side.BUY, 3, Price(1000)) is None
    assert sweep(a_book(asks=()), a_contract(), Side.BUY, 3) is None


def test_an_inverse_contract_averages_harmonically() -> None:
    found = sweep(a_book(asks=((1000, 1), (2000, 1))), an_inverse_contract(), Side.BUY, 2)
    assert found is not None
    assert found.average.quantize(Decimal("0.001")) == Decimal("133.333")
    assert found.average_ticks(an_inverse_contract()).quantize(Decimal(1)) == 333


def test_a_deep_book_is_not_walked_without_end() -> None:
    asks = tuple((1001 + n, 1) for n in range(MOST_LEVELS + 50))
    found = sweep(a_book(asks=asks), a_contract(), Side.BUY, 5000)
    assert found is not None
    assert (found.levels, found.left) == (MOST_LEVELS, 5000 - MOST_LEVELS)
