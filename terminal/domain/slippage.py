"""What taking lots from a book would cost: average and worst price, and how many levels it eats.

By the book as it is seen: hidden lots make it better, whoever is faster makes it worse.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, final

from terminal.domain.units import Lots, Price, Side

if TYPE_CHECKING:
    from terminal.domain.book import OrderBook
    from terminal.domain.contract import Contract

MOST_LEVELS = 1000
"""So many levels are looked at, at most; what is left then counts as not filled."""


@final
@dataclass(frozen=True, slots=True)
class Sweep:
    """What of an order fills at once.

    ``best``, ``worst`` and ``average`` are what the first lot, the last lot and all lots on average
    cost; ``average`` is that of the position it makes: harmonic for inverse contracts. With lots
    ``left`` the book (or the limit) ends before the order does.
    """

    lots: Lots
    left: Lots
    best: Price
    worst: Price
    average: Decimal
    levels: int

    @property
    def worst_ticks(self) -> int:
        """How far the last lot is from the first, in ticks."""
        return abs(self.worst - self.best)

    def average_ticks(self, contract: Contract) -> Decimal:
        """How far the average is from the first lot's price, in ticks."""
        best = contract.scale.decimal(self.best)
        return abs(self.average - best) / contract.scale.tick_size


def sweep(
    book: OrderBook, contract: Contract, side: Side, lots: int, limit: Price | None = None
) -> Sweep | None:
    """Take lots from the other side of a book, no worse than a limit; None if nothing fills.

    Cost: the levels that are taken, ``MOST_LEVELS`` at most.
    """
    levels = book.asks.rising() if side is Side.BUY else book.bids.falling()
    left, taken, total = lots, 0, Decimal(0)
    best = worst = None
    for price, offered in levels:
        beyond = limit is not None and (price - limit) * side.sign > 0
        if left <= 0 or taken == MOST_LEVELS or beyond or price <= 0:
            break
        part = min(left, offered)
        at = contract.scale.decimal(price)
        total += part / at if contract.is_inverse else part * at
        best, worst = price if best is None else best, price
        left -= part
        taken += 1
    if best is None or worst is None:
        return None
    filled = lots - left
    average = filled / total if contract.is_inverse else total / filled
    return Sweep(Lots(filled), Lots(left), best, worst, average, taken)
