"""What a position is charged, and how well each part of it is known.

Fees paid so far, the fee of leaving, and the next funding if the position is open by then. A part
that nobody told is reckoned and says so; it is never taken for known.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.account_facts import FeeRates
from terminal.domain.breakeven import Charges, entry_fee, funding_due

if TYPE_CHECKING:
    from terminal.domain.contract import Contract
    from terminal.domain.fees_paid import PaidFees
    from terminal.domain.market_facts import FundingRate

_ZERO = Decimal(0)


class FundingPart(Enum):
    """What of the next funding is in the charges."""

    COUNTED = "counted"
    UNKNOWN = "not known"
    NONE = "none in this cycle"
    NEVER = "not of this contract"


@final
class KnownFacts(NamedTuple):
    """What is known where charges are reckoned; None is "not known".

    ``rates`` are the account's own, ``mark`` the mark price by which funding is valued.
    """

    paid: PaidFees
    rates: FeeRates | None = None
    funding: FundingRate | None = None
    mark: Decimal | None = None


@final
@dataclass(frozen=True, slots=True)
class PositionCharges:
    """The charges of one position, and what is known of them.

    ``assumed`` is the share of its lots (0 to 1) whose entry fee is assumed at the taker's rate, as
    nobody told the fills. ``rates`` are the contract's listed ones without ``has_own_rates``.
    ``funding`` is told only where it counts.
    """

    charges: Charges
    paid: PaidFees
    assumed: Decimal
    rates: FeeRates
    has_own_rates: bool
    part: FundingPart
    funding: FundingRate | None

    @property
    def is_estimated(self) -> bool:
        """Whether a part was reckoned or left out because nobody told it.

        That leaving is by a market order at the price itself is an expectation in any case.
        """
        return (
            self.assumed > 0
            or not self.paid.is_exact
            or not self.has_own_rates
            or self.part is FundingPart.UNKNOWN
        )


def charges_of(contract: Contract, lots: int, entry: Decimal, known: KnownFacts) -> PositionCharges:
    """The charges of signed lots, not zero, entered at an average price above zero.

    It is left by what fires at a price, so as taker; ``resting`` has the maker's rate. Funding is
    signed: what is received lowers the charges.
    """
    rates = known.rates
    if rates is None:
        rates = FeeRates(contract.symbol, contract.maker_fee_rate, contract.taker_fee_rate)
    assumed = known.paid.unknown_lots / abs(lots)
    paid = known.paid.paid + entry_fee(contract, lots, entry, rates.taker) * assumed
    part, due = _funding(contract, lots, known)
    return PositionCharges(
        charges=Charges(paid, rates.taker, due, rates.maker),
        paid=known.paid,
        assumed=assumed,
        rates=rates,
        has_own_rates=known.rates is not None,
        part=part,
        funding=known.funding if part is FundingPart.COUNTED else None,
    )


def _funding(contract: Contract, lots: int, known: KnownFacts) -> tuple[FundingPart, Decimal]:
    """What is due at the next settlement, in so far as it is known."""
    funding, mark = known.funding, known.mark
    if not contract.is_perpetual:
        return FundingPart.NEVER, _ZERO
    if funding is not None and funding.is_charged is False:
        return FundingPart.NONE, _ZERO
    if funding is None or mark is None or mark <= 0:
        return FundingPart.UNKNOWN, _ZERO
    return FundingPart.COUNTED, funding_due(contract, lots, mark, funding.rate)
