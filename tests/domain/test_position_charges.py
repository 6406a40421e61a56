"""What a position is charged, by hand, and how each part of it is known."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from terminal.domain.account_facts import FeeRates
from terminal.domain.clock import TimestampMs
from terminal.domain.fees_paid import PaidFees
from terminal.domain.market_facts import FundingRate
from terminal.domain.position_charges import FundingPart, KnownFacts, charges_of
from tests.support.builders import NOW_MS, XBT, a_contract, an_inverse_contract

D = Decimal
RATES = FeeRates(XBT, D("0.0001"), D("0.0004"))
FUNDING = FundingRate(
    XBT, D("0.001"), None, None, TimestampMs(NOW_MS), None, None, None, None
)  # fmt: skip
TOLD = PaidFees(D("0.05"), D(0))
ALL_KNOWN = KnownFacts(TOLD, RATES, FUNDING, D(110))


def test_what_is_known_is_taken_as_it_was_told() -> None:
    """1000 lots are one coin: the next funding is 0.1 % of 110, and the account's rates count."""
    found = charges_of(a_contract(), 1000, D(100), ALL_KNOWN)
    charges = found.charges
    assert (charges.paid, charges.exit_rate, charges.resting_rate) == (
        D("0.05"), D("0.0004"), D("0.0001"),
    )  # fmt: skip
    assert charges.funding == D("0.11")
    assert (found.part, found.funding) == (FundingPart.COUNTED, FUNDING)
    assert not found.is_estimated


def test_a_short_receives_what_a_long_pays() -> None:
    assert charges_of(a_contract(), -1000, D(100), ALL_KNOWN).charges.funding == D("-0.11")
    inverse = charges_of(an_inverse_contract(), -1100, D(100), ALL_KNOWN)
    assert inverse.charges.funding == D("-0.01"), "1100 dollars at 110 are ten coins"


def test_fees_of_fills_that_nobody_told_are_assumed_at_the_takers_rate_and_say_so() -> None:
    """A quarter of one coin at 100 is not known: 25 at 0.04 %."""
    known = ALL_KNOWN._replace(paid=PaidFees(D("0.03"), D(250)))
    found = charges_of(a_contract(), -1000, D(100), known)
    assert found.charges.paid == D("0.03") + 25 * D("0.0004")
    assert found.assumed == D("0.25")
    assert found.is_estimated


def test_a_fee_that_was_reckoned_is_an_estimate() -> None:
    known = ALL_KNOWN._replace(paid=PaidFees(D("0.03"), D(0), is_exact=False))
    assert charges_of(a_contract(), 1000, D(100), known).is_estimated


def test_the_contracts_rates_stand_in_for_the_accounts_and_say_so() -> None:
    contract = a_contract()
    found = charges_of(contract, 1000, D(100), ALL_KNOWN._replace(rates=None))
    assert found.charges.exit_rate == contract.taker_fee_rate
    assert not found.has_own_rates
    assert found.is_estimated


@pytest.mark.parametrize(
    ("known", "is_perpetual", "part", "is_estimated"),
    [
        (ALL_KNOWN._replace(funding=None), True, FundingPart.UNKNOWN, True),
        (ALL_KNOWN._replace(mark=None), True, FundingPart.UNKNOWN, True),
        (ALL_KNOWN._replace(mark=D(0)), True, FundingPart.UNKNOWN, True),
        (
            ALL_KNOWN._replace(funding=replace(FUNDING, is_charged=False)),
            True, FundingPart.NONE, False,
        ),
        (ALL_KNOWN._replace(funding=None), False, FundingPart.NEVER, False),
    ],
)  # fmt: skip
def test_a_funding_that_is_not_in_it_says_why(
    known: KnownFacts, is_perpetual: bool, part: FundingPart, is_estimated: bool
) -> None:
    found = charges_of(a_contract(is_perpetual=is_perpetual), 1000, D(100), known)
    assert found.part is part
    assert found.charges.funding == 0
    assert found.funding is None
    assert found.is_estimated is is_estimated
