"""The charges of a position in words: what is known of them, what is assumed, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.position_charges import FundingPart
from terminal.domain.units import Money
from terminal.viewmodels import text

if TYPE_CHECKING:
    from decimal import Decimal

    from terminal.domain.contract import Contract
    from terminal.domain.position_charges import PositionCharges

ABOUT = "~"
"""Stands at a figure of which a part is assumed or missing."""
_HUNDRED = 100


@final
class ChargeWords(NamedTuple):
    """All charges in a row: when it is left as taker, and with both ways of leaving."""

    taker: str
    both_ways: str


NO_WORDS = ChargeWords("", "")


def estimate(known: PositionCharges) -> str:
    """What stands behind a price that follows from charges of which a part is not known."""
    return " (estimated)" if known.is_estimated else ""


def charge_words(known: PositionCharges, contract: Contract) -> ChargeWords:
    """The fees paid, those of leaving and the next funding, each with how it is known."""
    rates = known.rates
    entry, funding = _entry(known, contract), _funding(known)
    listed = "" if known.has_own_rates else ", by the contract's rates as the account's are unknown"
    leaving = f"{_percent(rates.taker)} for leaving as taker"
    resting = f"{_percent(rates.maker)} where a limit rests"
    return ChargeWords(
        f"{entry}, {leaving}{listed}{funding}",
        f"{entry}, {leaving} or {resting}{listed}{funding}",
    )


def _entry(known: PositionCharges, contract: Contract) -> str:
    assumed = f"an entry fee of {_percent(known.rates.taker)}, assumed"
    if known.assumed == 1:
        return assumed
    about = "" if known.paid.is_exact else "about "
    told = text.money(Money(abs(known.paid.paid), contract.settle_currency))
    words = f"{about}{told} of entry fees {'received' if known.paid.paid < 0 else 'paid'}"
    if known.assumed == 0:
        return words
    return f"{words} and {assumed} for fills that are not known"


def _funding(known: PositionCharges) -> str:
    if known.part is FundingPart.NEVER:
        return ""
    if known.part is FundingPart.NONE:
        return "; this cycle has no funding"
    funding = known.funding
    if known.part is FundingPart.UNKNOWN or funding is None:
        return "; the next funding is not known yet"
    at = "" if funding.next_at is None else f" at {text.clock_time(funding.next_at)}"
    if known.charges.funding < 0:
        return (
            f", less the next funding of {_percent(abs(funding.rate))} received{at} if still open"
        )
    return f" and the next funding of {_percent(abs(funding.rate))}{at}"


def _percent(rate: Decimal) -> str:
    return f"{(rate * _HUNDRED).normalize():f} %"
