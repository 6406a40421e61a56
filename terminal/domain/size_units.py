"""One size in four units: whole lots, coin, quote value, and a share of the available balance.

Lots are the truth; the other units are read from them and lead back to them, always. What is typed
is rounded down to lots (an order never gets larger than what was typed); what is shown is exact
where eight decimals hold it, else rounded up so little that reading it again gives the same lots:
editing back and forth never drifts. Fractions throughout; source of the values: API reference 7.1
and 7.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING, final

from terminal.domain.units import Lots

if TYPE_CHECKING:
    from terminal.domain.contract import Contract

MOST_DECIMALS = 8
"""What is exact with so many is shown exactly."""


class SizeUnit(Enum):
    """What a size is counted in. ``SHARE`` is percent of the available balance, as margin."""

    LOTS = "lots"
    COIN = "coin"
    VALUE = "value"
    SHARE = "share"


@final
@dataclass(frozen=True, slots=True)
class Sizing:
    """What units are reckoned with.

    ``price`` is that of the order or where it would be filled; ``available`` and ``leverage`` are
    for ``SHARE``: so many percent of the available balance go into margin and the taker's fee (our
    choice, not of the equity: what is bound already cannot be used twice). None where not known.
    """

    contract: Contract
    price: Decimal | None = None
    leverage: Decimal | None = None
    available: Decimal | None = None

    def per_lot(self, unit: SizeUnit) -> Fraction | None:
        """How much of a unit one lot is, above zero; None while that is not known."""
        if unit is SizeUnit.LOTS:
            return Fraction(1)
        contract, size = self.contract, Fraction(self.contract.multiplier)
        price = None if self.price is None or self.price <= 0 else Fraction(self.price)
        if unit is SizeUnit.COIN and not contract.is_inverse:
            return size
        if unit is SizeUnit.VALUE and contract.is_inverse:
            return size
        if price is None:
            return None
        settled = size / price if contract.is_inverse else size * price
        return settled if unit is not SizeUnit.SHARE else self._share(settled)

    def _share(self, settled: Fraction) -> Fraction | None:
        leverage, available = self.leverage, self.available
        if leverage is None or leverage <= 0 or available is None or available <= 0:
            return None
        bound = settled / Fraction(leverage) + settled * Fraction(self.contract.taker_fee_rate)
        return 100 * bound / Fraction(available)

    def lots(self, unit: SizeUnit, amount: Decimal) -> Lots | None:
        """The most lots that an amount holds, a multiple of the lot size; zero is possible.

        None while the unit cannot be reckoned.
        """
        each = self.per_lot(unit)
        if each is None:
            return None
        step = self.contract.lot_size
        if unit is SizeUnit.LOTS:
            return Lots(int(amount))  # the guard says what the lot size wants
        return Lots(int(Fraction(amount) / each) // step * step)

    def amount(self, unit: SizeUnit, lots: int) -> Decimal | None:
        """Lots in a unit: exact where eight decimals hold it, else rounded up.

        ``lots`` of what is returned are these lots again. None while it cannot be reckoned.
        """
        each = self.per_lot(unit)
        if each is None:
            return None
        whole = each * lots
        scaled = whole * 10**MOST_DECIMALS
        if scaled.denominator == 1:
            return Decimal(scaled.numerator).scaleb(-MOST_DECIMALS)
        decimals = 2
        # Rounding up adds less than one step; a step that is no more than a lot adds no lot.
        while Fraction(1, 10**decimals) > each:
            decimals += 1
        up = -((-whole * 10**decimals) // 1)
        return Decimal(int(up)).scaleb(-decimals)
