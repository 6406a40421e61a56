"""How large cross positions may be and what they must keep: the exchange's curves.

Source: reference 7.6, with the published figures it is checked against. Sizes are in base coins,
which are lots times the multiplier of a linear contract and the value of an inverse one.
"""

from __future__ import annotations

import math
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from terminal.simexchange.market.contracts import ContractSpec

_ZERO = Decimal(0)
FLOOR_FACTOR = Decimal("1.3")
"""The contracts' field f."""


def coins(spec: ContractSpec, price: Decimal, lots: int) -> Decimal:
    """The unsigned base coins of so many lots; the price counts for inverse contracts only."""
    if not lots:
        return _ZERO
    return spec.value(price, lots) / _coin_price(spec, price)


def maintenance_rate(spec: ContractSpec, base: Decimal) -> Decimal:
    """Maintenance margin of a cross position of so many coins, as a fraction of its value.

    That the contract's ``mmrLimit`` caps it is assumed from its name.
    """
    rate = (1 + base / Decimal(str(spec.cross_m))) / (2 * spec.mmr_leverage)
    return min(spec.mmr_limit, rate)


def floored_leverage(leverage: Decimal, maintenance: Decimal) -> Decimal:
    """The leverage at which the initial margin is not below ``FLOOR_FACTOR`` times maintenance.

    That the contract's field f is such a factor is only a guess (7.6): a switch.
    """
    return min(leverage, 1 / (FLOOR_FACTOR * maintenance))


def max_open_value(
    spec: ContractSpec, price: Decimal, margin: Decimal, leverage: Decimal
) -> Decimal:
    """The largest value, in the settle currency, of a cross position with so much margin."""
    if margin <= 0:
        return _ZERO
    scale = _coin_price(spec, price) * Decimal(str(spec.cross_k))
    return scale * Decimal(math.log1p(float(margin * leverage / scale)))


def lots_worth(spec: ContractSpec, price: Decimal, value: Decimal) -> int:
    """Whole lots that are worth no more than a value in the settle currency."""
    if value <= 0:
        return 0
    per_lot = value * price if spec.is_inverse else value / price
    lots = int((per_lot / spec.multiplier).to_integral_value(ROUND_FLOOR))
    # A quotient is rounded to so many digits: the product decides.
    return lots - 1 if lots and spec.value(price, lots) > value else lots


def quote_value(spec: ContractSpec, price: Decimal, lots: int) -> Decimal:
    """The value of so many lots in the quote currency."""
    return spec.multiplier * lots if spec.is_inverse else spec.value(price, lots)


def _coin_price(spec: ContractSpec, price: Decimal) -> Decimal:
    """What one base coin is worth in the settle currency."""
    return Decimal(1) if spec.is_inverse else price
