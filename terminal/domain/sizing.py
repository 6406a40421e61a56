"""One size in several units: whole lots, coin, value, risk of the equity; and as an extra a share.

Orders are whole lots, and lots are the truth: the other units are read from them and lead back to
them, always. Whatever a size is written in, its lots are the most that do not exceed it; what is
shown of lots is exact where eight decimals hold it, else rounded up so little that reading it again
gives the same lots. Fractions throughout; source of the values: API reference 7.1 and 7.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, localcontext
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, final

from terminal.domain.units import Lots, plain

if TYPE_CHECKING:
    from terminal.domain.contract import Contract

_HUNDRED = 100
MOST_DECIMALS = 8
"""What is exact with so many is shown exactly."""


class SizeUnit(Enum):
    """What a size is written in. The values are how it is stored.

    ``RISK`` is percent of the equity that is lost at the stop. ``SHARE`` is no size of the ladder
    but an extra of the ticket: percent of the available balance that goes into margin and the
    taker's fee (our choice, not of the equity: what is bound already cannot be used twice).
    """

    LOTS = "lots"
    COIN = "coin"
    VALUE = "value"
    RISK = "risk"
    SHARE = "share"


UNITS = (SizeUnit.LOTS, SizeUnit.COIN, SizeUnit.VALUE, SizeUnit.RISK)
"""The four units that sizes have wherever there are sizes, in the order in which they stand."""


@final
@dataclass(frozen=True, slots=True)
class SizeBasis:
    """What sizes of a contract are converted with; None where it is not known now.

    ``price`` is decimal and above zero, that of the order or where it would be filled; ``equity``
    and ``available`` are in the settle currency. ``risk_ticks`` (above zero) is how far away the
    stop lies that a risk is reckoned to; ``risk_from`` says which. ``leverage`` and ``available``
    are for ``SHARE`` alone.
    """

    contract: Contract
    price: Decimal | None = None
    equity: Decimal | None = None
    risk_ticks: int | None = None
    risk_from: str = ""
    leverage: Decimal | None = None
    available: Decimal | None = None


@final
class Sized(NamedTuple):
    """Whole lots for a size; ``is_exact`` is False when it was rounded down."""

    lots: Lots
    is_exact: bool


@final
class Unsized(NamedTuple):
    """Why there are no lots for a size: one sentence."""

    reason: str


Sizing: TypeAlias = Sized | Unsized


def unit_word(unit: SizeUnit, contract: Contract) -> str:
    """The unit as it is written behind a size."""
    return {
        SizeUnit.LOTS: "lots",
        SizeUnit.COIN: contract.base_currency,
        SizeUnit.VALUE: contract.quote_currency,
        SizeUnit.RISK: "% risk",
        SizeUnit.SHARE: "% of available",
    }[unit]


def lots_of(unit: SizeUnit, amount: Decimal, basis: SizeBasis) -> Sizing:
    """The most whole lots, in steps of the contract, that do not exceed an amount (above zero)."""
    one = _of_one(unit, basis)
    if isinstance(one, Unsized):
        return one
    contract = basis.contract
    exact = Fraction(amount) / one
    lots = int(exact) - int(exact) % contract.lot_size
    if lots < contract.lot_size:
        least, word = _words(one * contract.lot_size), unit_word(unit, contract)
        lot = "1 lot" if contract.lot_size == 1 else f"{contract.lot_size} lots"
        return Unsized(f"The smallest order is {lot}, about {least} {word}.")
    return Sized(Lots(lots), exact == lots)


def amount_of(unit: SizeUnit, lots: Lots, basis: SizeBasis) -> Fraction | None:
    """What so many lots are in a unit, exactly; None while that cannot be known."""
    one = _of_one(unit, basis)
    return None if isinstance(one, Unsized) else one * lots


def why_unknown(unit: SizeUnit, basis: SizeBasis) -> str:
    """Why nothing at all can be reckoned in a unit now, as a sentence; empty when it can be."""
    one = _of_one(unit, basis)
    return one.reason if isinstance(one, Unsized) else ""


def shown_amount(unit: SizeUnit, lots: Lots, basis: SizeBasis) -> Decimal | None:
    """Lots in a unit as they are written: exact where eight decimals hold it, else rounded up.

    ``lots_of`` what is returned are these lots again. None while it cannot be reckoned.
    """
    each = _of_one(unit, basis)
    if isinstance(each, Unsized):
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


def _of_one(unit: SizeUnit, basis: SizeBasis) -> Fraction | Unsized:
    """One lot in a unit, above zero."""
    contract, price = basis.contract, basis.price
    multiplier = Fraction(contract.multiplier)
    if unit is SizeUnit.LOTS:
        return Fraction(1)
    if unit is SizeUnit.RISK:
        return _risk_of_one(basis)
    if unit is not SizeUnit.SHARE and (unit is SizeUnit.VALUE) == contract.is_inverse:
        return multiplier  # one lot is so many coins, or of an inverse contract so many dollars
    if price is None or price <= 0:
        return Unsized("There is no price yet to reckon the size with.")
    at = Fraction(price)
    settled = multiplier / at if contract.is_inverse else multiplier * at
    return settled if unit is not SizeUnit.SHARE else _share_of_one(settled, basis)


def _risk_of_one(basis: SizeBasis) -> Fraction | Unsized:
    """What one lot loses down to the stop, in percent of equity.

    Of an inverse contract a long loses more than a short over the same ticks: that is taken.
    """
    contract = basis.contract
    if basis.equity is None or basis.equity <= 0:
        return Unsized(f"The equity in {contract.settle_currency} is not known, or there is none.")
    if not basis.risk_ticks or basis.risk_ticks <= 0:
        return Unsized("There is no stop whose distance would say the risk.")
    multiplier = Fraction(contract.multiplier)
    away = Fraction(contract.scale.tick_size) * basis.risk_ticks
    if not contract.is_inverse:
        loss = multiplier * away
    else:
        if basis.price is None or Fraction(basis.price) <= away:
            return Unsized("There is no price yet to reckon the risk with.")
        at = Fraction(basis.price)
        loss = multiplier / (at - away) - multiplier / at
    return loss * _HUNDRED / Fraction(basis.equity)


def _share_of_one(settled: Fraction, basis: SizeBasis) -> Fraction | Unsized:
    """What one lot binds as margin and taker's fee, in percent of the available balance."""
    leverage, available = basis.leverage, basis.available
    if leverage is None or leverage <= 0 or available is None or available <= 0:
        return Unsized("The available balance or the leverage is not known, or there is none.")
    bound = settled / Fraction(leverage) + settled * Fraction(basis.contract.taker_fee_rate)
    return _HUNDRED * bound / Fraction(available)


def _words(value: Fraction) -> str:
    """Four digits that count, never less than the truth."""
    with localcontext() as context:
        context.prec, context.rounding = 4, ROUND_CEILING
        return plain(Decimal(value.numerator) / Decimal(value.denominator))
