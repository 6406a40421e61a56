"""Groups book levels into ladder rows by price step.

A row is named by its lowest tick and covers ``step`` ticks. Row indices are whole numbers:
``index * step`` is the row's lowest tick, so rows never shift while the market moves.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.units import Lots, Price, Side

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terminal.domain.book import OrderBook
    from terminal.domain.events import Level


@final
class DepthRow(NamedTuple):
    """One ladder row: lowest tick, and the lots of either side that rest within the row."""

    price: Price
    bid_lots: Lots
    ask_lots: Lots


def row_index(price: Price, step: int) -> int:
    """The row that contains a price."""
    return price // step


def row_price(index: int, step: int) -> Price:
    """The lowest tick of a row."""
    return Price(index * step)


def price_for_side(index: int, step: int, side: Side) -> Price:
    """Where an order from a grouped row is sent: a buy at its lowest tick, a sell at its highest.

    Source: keys page, grouped rows.
    """
    low = index * step
    return Price(low if side is Side.BUY else low + step - 1)


def depth_rows(book: OrderBook, *, top_index: int, count: int, step: int) -> list[DepthRow]:
    """Group a window of the book: ``count`` rows downwards from row ``top_index``, top first.

    Sums of rows equal sums of the levels they cover. Cost: O(rows + levels in the window).
    """
    bottom_index = top_index - count + 1
    low, high = Price(bottom_index * step), Price(top_index * step + step - 1)
    bids = [0] * count
    asks = [0] * count
    for price, lots in book.bids.between(low, high):
        bids[top_index - price // step] += lots
    for price, lots in book.asks.between(low, high):
        asks[top_index - price // step] += lots
    return [
        DepthRow(Price((top_index - row) * step), Lots(bids[row]), Lots(asks[row]))
        for row in range(count)
    ]


@final
class OutwardSums:
    """One side of the book added up from its best row outwards, in rows from that row.

    ``levels`` come from the best outwards; those beyond ``most_rows`` are not looked at. Cost:
    O(levels within), and a bisection for each question.
    """

    __slots__ = ("_rows", "_totals")

    def __init__(self, levels: Iterable[Level], best_row: int, step: int, most_rows: int) -> None:
        self._rows: list[int] = []
        self._totals: list[int] = []
        total = 0
        for price, lots in levels:
            away = abs(price // step - best_row)
            if away > most_rows:
                break
            total += lots
            if self._rows and self._rows[-1] == away:
                self._totals[-1] = total
            else:
                self._rows.append(away)
                self._totals.append(total)

    def up_to(self, rows: int) -> int:
        """The lots that rest up to so many rows (0 is the best one) from the best."""
        place = bisect_right(self._rows, rows)
        return self._totals[place - 1] if place else 0
