"""Position arithmetic for linear and inverse contracts: signed lots, average entry, profit.

Source of all formulas: API reference 7.1. Exact Decimal throughout; divisions keep 28 digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, final

from terminal.domain.units import ExactPrice, Lots, Money

if TYPE_CHECKING:
    from terminal.domain.contract import Contract
    from terminal.domain.events import Fill


@final
@dataclass(frozen=True, slots=True)
class PositionCore:
    """Signed lots with their average entry; flat is zero lots and no entry."""

    lots: Lots
    average_entry: ExactPrice | None

    @property
    def is_flat(self) -> bool:
        """True when nothing is held."""
        return self.lots == 0


FLAT = PositionCore(Lots(0), None)


def after_fill(position: PositionCore, fill: Fill, contract: Contract) -> PositionCore:
    """The position after one more fill.

    Adding averages the entry (harmonic for inverse contracts), reducing keeps it, crossing zero
    opens the rest at the fill's price.
    """
    price = contract.scale.decimal(fill.price)
    signed = fill.side.sign * fill.lots
    total = position.lots + signed
    if total == 0:
        return FLAT
    entry = position.average_entry
    if entry is None or position.lots == 0 or position.lots * total < 0:
        return PositionCore(Lots(total), ExactPrice(price))
    if abs(total) < abs(position.lots):
        return PositionCore(Lots(total), entry)
    average = _average(contract, (abs(position.lots), entry.value), (fill.lots, price))
    return PositionCore(Lots(total), ExactPrice(average))


def _average(contract: Contract, held: tuple[int, Decimal], added: tuple[int, Decimal]) -> Decimal:
    total = held[0] + added[0]
    if contract.is_inverse:
        return Decimal(total) / (held[0] / held[1] + added[0] / added[1])
    return (held[0] * held[1] + added[0] * added[1]) / total


def unrealized(position: PositionCore, mark: ExactPrice, contract: Contract) -> Money:
    """Profit of a position at the mark price, in the settle currency. Flat is zero."""
    entry = position.average_entry
    if entry is None or position.lots == 0 or mark.value <= 0 or entry.value <= 0:
        return Money(Decimal(0), contract.settle_currency)
    size = contract.multiplier * position.lots
    if contract.is_inverse:
        return Money(size * (1 / entry.value - 1 / mark.value), contract.settle_currency)
    return Money(size * (mark.value - entry.value), contract.settle_currency)
