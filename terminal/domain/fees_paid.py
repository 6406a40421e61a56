"""Which of the fees that our fills paid belong to what is still held.

A position is what its fills since it was last flat have made of it. Adding adds the fee; reducing
takes away the share of the lots that went, as the average entry of the rest stays what it was.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.events import Liquidity
from terminal.domain.units import Lots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminal.domain.account_facts import FeeRates
    from terminal.domain.contract import Contract
    from terminal.domain.events import Fill

_ZERO = Decimal(0)


@final
class PaidFees(NamedTuple):
    """Fees of the lots still held, in the settle currency.

    ``unknown_lots`` of them were opened by fills that nobody told: what these paid is not in it.
    ``is_exact`` while every fee was told, and none reckoned from the rates.
    """

    paid: Decimal
    unknown_lots: Decimal
    is_exact: bool = True


def fees_of(
    contract: Contract, lots: int, fills: Sequence[Fill], rates: FeeRates | None = None
) -> PaidFees:
    """What signed lots have paid to be opened, from the fills of their lane, oldest first.

    A fill whose fee was not told yet is reckoned by its liquidity and the rates, the contract's
    where the account's are not known. Cost: O(fills since the position was flat).
    """
    if lots == 0:
        return PaidFees(_ZERO, _ZERO)
    way = 1 if lots > 0 else -1
    held, first = abs(lots), len(fills)
    while first and held > 0:
        first -= 1
        held -= way * fills[first].side.sign * fills[first].lots
    # Lots held before the first fill; below zero it closed the other way round, then opened.
    total = unknown = Decimal(max(0, held))
    short_of = Decimal(min(0, held))
    paid, is_exact = _ZERO, True
    for fill in fills[first:]:
        change = Decimal(way * fill.side.sign * fill.lots)
        fee, is_told = _fee(contract, fill, rates)
        if change > 0:
            opened = change + short_of
            paid += fee * opened / change
            total += opened
            is_exact = is_exact and is_told
            short_of = _ZERO
        else:
            left = (total + change) / total
            paid, unknown, total = paid * left, unknown * left, total + change
    return PaidFees(paid, unknown, is_exact)


def _fee(contract: Contract, fill: Fill, rates: FeeRates | None) -> tuple[Decimal, bool]:
    """A fill's fee, and whether it was told."""
    if fill.fee is not None and fill.fee.currency == contract.settle_currency:
        return fill.fee.amount, True
    if fill.liquidity is Liquidity.MAKER:
        rate = contract.maker_fee_rate if rates is None else rates.maker
    else:
        rate = contract.taker_fee_rate if rates is None else rates.taker
    value = contract.settle_value(contract.scale.decimal(fill.price), Lots(fill.lots))
    return value.amount * rate, False
