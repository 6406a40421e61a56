"""Where a position breaks even, what it earns at a price, and where it would be liquidated.

Money is in the settle currency, Decimal, unrounded; linear and inverse contracts, long and short.
Profit follows API reference 7.1, fees 7.2, funding 7.7; liquidation is ``risk``'s estimate.
What a position has been charged, and how well that is known, is ``position_charges``' business.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, final

from terminal.domain.events import MarginMode
from terminal.domain.risk import after_order, gain, liquidation_price, maintenance_rate
from terminal.domain.units import Lots, Price

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminal.domain.contract import Contract
    from terminal.domain.guard_terms import Holding
    from terminal.domain.market_facts import RiskTier

_ZERO = Decimal(0)


@final
@dataclass(frozen=True, slots=True)
class Charges:
    """What a position costs beside its price.

    ``paid`` are the fees paid so far, ``exit_rate`` is the rate of the fill that closes it (a
    fraction of its value), ``funding`` what is still to be paid, negative when it is received.
    ``resting_rate`` is the rate where a limit closes it that rests; None for the same.
    """

    paid: Decimal = _ZERO
    exit_rate: Decimal = _ZERO
    funding: Decimal = _ZERO
    resting_rate: Decimal | None = None

    @property
    def resting(self) -> Charges:
        """The charges of leaving by a limit that rests."""
        rate = self.exit_rate if self.resting_rate is None else self.resting_rate
        return replace(self, exit_rate=rate)


NO_CHARGES = Charges()


def entry_fee(contract: Contract, lots: int, entry: Decimal, rate: Decimal) -> Decimal:
    """The fee that opening so many lots at an entry cost, where nobody told it: an expectation."""
    return contract.settle_value(entry, Lots(lots)).amount * rate


def funding_due(contract: Contract, lots: int, mark: Decimal, rate: Decimal) -> Decimal:
    """What signed lots pay at the next settlement, negative when they receive.

    Source: API reference 7.7: value at the mark price times the rate; longs pay a rate above zero.
    """
    value = contract.settle_value(mark, Lots(lots)).amount
    return value * rate * (1 if lots > 0 else -1)


def profit_at(
    contract: Contract, lots: int, entry: Decimal, price: Decimal, charges: Charges = NO_CHARGES
) -> Decimal:
    """What signed lots have earned when all of them are closed at a price above zero.

    ``NO_CHARGES`` leaves fees and funding out.
    """
    earned = gain(contract, lots, entry, price)
    fee = contract.settle_value(price, Lots(lots)).amount * charges.exit_rate
    return earned - charges.paid - charges.funding - fee


def breakeven(
    contract: Contract, lots: int, entry: Decimal, charges: Charges = NO_CHARGES
) -> Price | None:
    """The first tick at which closing all of signed lots loses nothing, in whole ticks.

    Rounded away from the loss, in exact fractions: one tick worse loses. None for a flat position,
    where the charges are more than it can ever earn, and where it earns at every price. Source:
    7.1, 7.2 and 7.7, solved for the price.
    """
    if lots == 0 or entry <= 0:
        return None
    size, rate = Fraction(contract.multiplier) * lots, Fraction(charges.exit_rate)
    at, cost = Fraction(entry), Fraction(charges.paid) + Fraction(charges.funding)
    if contract.is_inverse:
        above, below = size + abs(size) * rate, size / at - cost
    else:
        above, below = size * at + cost, size - abs(size) * rate
    if below * size <= 0 or above * size <= 0:
        return None
    ticks = above / below / Fraction(contract.scale.tick_size)
    price = ceil(ticks) if lots > 0 else floor(ticks)
    return Price(price) if price > 0 else None


@final
@dataclass(frozen=True, slots=True)
class StagedOrder:
    """An order that is looked at before it is sent: signed lots at a price, with its leverage."""

    lots: int
    price: Decimal
    leverage: Decimal


@final
@dataclass(frozen=True, slots=True)
class Backing:
    """What stands behind a position: its mode, and for cross the mark and the free balance.

    ``available`` and ``mark`` are not looked at when isolated; None there is "not known".
    """

    mode: MarginMode
    available: Decimal | None = None
    mark: Decimal | None = None


def liquidation(
    contract: Contract,
    held: Holding,
    backing: Backing,
    tiers: Sequence[RiskTier],
    staged: StagedOrder | None = None,
) -> Decimal | None:
    """Estimate the liquidation price as things stand, or once a staged order has filled.

    None when there is none, and when what it follows from is not known. What the exchange reports
    for the position as it stands is to be believed more.
    """
    if backing.mode is MarginMode.CROSS:
        return _cross(contract, held, backing, tiers, staged)
    if staged is not None and staged.lots:
        held = after_order(contract, held, staged.lots, staged.price, staged.leverage)
    if held.entry is None or held.margin is None or held.lots == 0:
        return None
    value = contract.settle_value(held.entry, held.lots).amount
    rate = maintenance_rate(contract, tiers, value) + contract.taker_fee_rate
    return liquidation_price(contract, held.lots, held.entry, held.margin, rate)


def _cross(
    contract: Contract,
    held: Holding,
    backing: Backing,
    tiers: Sequence[RiskTier],
    staged: StagedOrder | None,
) -> Decimal | None:
    """By the risk rate: what backs the position at the mark falls to what it must keep."""
    mark, available = backing.mark, backing.available
    if mark is None or available is None or held.margin is None or mark <= 0:
        return None
    total, balance = int(held.lots), available + held.margin
    if staged is not None:
        total += staged.lots
        fee = contract.settle_value(staged.price, Lots(staged.lots)).amount
        balance += gain(contract, staged.lots, staged.price, mark) - fee * contract.taker_fee_rate
    value = contract.settle_value(mark, Lots(total)).amount
    rate = maintenance_rate(contract, tiers, value) + contract.taker_fee_rate
    return liquidation_price(contract, total, mark, balance, rate)
