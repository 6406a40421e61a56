"""Ladder rows: sums of rows are sums of levels, and rows never shift."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.book import OrderBook
from terminal.domain.depth_rows import OutwardSums, depth_rows, price_for_side, row_index
from terminal.domain.units import Price, Side
from tests.support.builders import XBT, a_snapshot

levels = st.dictionaries(st.integers(1, 60), st.integers(1, 9), max_size=30)


@given(levels, levels, st.integers(1, 7), st.integers(1, 40), st.integers(0, 70))
def test_rows_sum_up_the_levels_they_cover(
    bids: dict[int, int], asks: dict[int, int], step: int, count: int, top: int
) -> None:
    book = OrderBook(XBT)
    book.load(a_snapshot(1, tuple(bids.items()), tuple(asks.items())))
    rows = depth_rows(book, top_index=top, count=count, step=step)
    assert [row.price for row in rows] == [(top - n) * step for n in range(count)]
    covered = range((top - count + 1) * step, top * step + step)
    assert sum(row.bid_lots for row in rows) == sum(n for p, n in bids.items() if p in covered)
    assert sum(row.ask_lots for row in rows) == sum(n for p, n in asks.items() if p in covered)


@given(levels.filter(bool), st.integers(1, 7), st.integers(0, 80), st.integers(0, 80))
def test_sums_run_from_the_best_row_outwards_however_far(
    lots: dict[int, int], step: int, most: int, rows: int
) -> None:
    """Up to the farthest row that was asked for, through rows on which nothing rests."""
    book = OrderBook(XBT)
    book.load(a_snapshot(1, tuple(lots.items()), tuple(lots.items())))
    rows = min(rows, most)
    high, low = max(lots) // step, min(lots) // step
    bids = OutwardSums(book.bids.falling(), high, step, most)
    asks = OutwardSums(book.asks.rising(), low, step, most)
    assert bids.up_to(rows) == sum(n for p, n in lots.items() if p // step >= high - rows)
    assert asks.up_to(rows) == sum(n for p, n in lots.items() if p // step <= low + rows)


@given(st.integers(0, 10**7), st.integers(1, 100))
def test_a_price_is_in_its_row_and_orders_go_to_its_better_edge(price: int, step: int) -> None:
    index = row_index(Price(price), step)
    low = price_for_side(index, step, Side.BUY)
    assert low <= price < low + step
    assert price_for_side(index, step, Side.SELL) == low + step - 1
