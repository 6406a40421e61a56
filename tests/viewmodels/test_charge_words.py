"""Charges in words: what is paid, assumed, received, and what is not known."""

from __future__ import annotations

from decimal import Decimal

import pytest

from terminal.domain.account_facts import FeeRates
from terminal.domain.clock import TimestampMs
from terminal.domain.fees_paid import PaidFees
from terminal.domain.market_facts import FundingRate
from terminal.domain.position_charges import KnownFacts, charges_of
from terminal.viewmodels import text
from terminal.viewmodels.charge_words import charge_words, estimate
from tests.support.builders import NOW_MS, XBT, a_contract

D = Decimal
RATES = FeeRates(XBT, D("-0.0001"), D("0.0004"))
AT = TimestampMs(NOW_MS)
FUNDING = FundingRate(XBT, D("0.001"), None, None, AT, AT, None, None, None)
TOLD = PaidFees(D("0.05"), D(0))
ALL = KnownFacts(TOLD, RATES, FUNDING, D(100))
WHEN = text.clock_time(AT)


@pytest.mark.parametrize(
    ("lots", "known", "words"),
    [
        (
            1000, ALL,
            (
                "0.05 USDT of entry fees paid, 0.04 % for leaving as taker "
                f"and the next funding of 0.1 % at {WHEN}"
            ),
        ),
        (
            -1000, ALL._replace(paid=PaidFees(D("-0.05"), D(0))),
            (
                "0.05 USDT of entry fees received, 0.04 % for leaving as taker, "
                f"less the next funding of 0.1 % received at {WHEN} if still open"
            ),
        ),
        (
            1000, ALL._replace(paid=PaidFees(D("0.05"), D(500), is_exact=False), funding=None),
            (
                "about 0.05 USDT of entry fees paid and an entry fee of 0.04 %, assumed for fills "
                "that are not known, 0.04 % for leaving as taker; the next funding is not known yet"
            ),
        ),
        (
            1000, KnownFacts(PaidFees(D(0), D(1000))),
            (
                "an entry fee of 0.06 %, assumed, 0.06 % for leaving as taker, by the contract's "
                "rates as the account's are unknown; the next funding is not known yet"
            ),
        ),
    ],
)  # fmt: skip
def test_each_part_says_how_it_is_known(lots: int, known: KnownFacts, words: str) -> None:
    found = charges_of(a_contract(), lots, D(100), known)
    assert charge_words(found, a_contract()).taker == words
    is_known = known.paid == TOLD or known.paid.paid < 0
    assert estimate(found) == ("" if is_known else " (estimated)")


def test_both_ways_of_leaving_are_told_with_their_rates() -> None:
    found = charges_of(a_contract(), 1000, D(100), ALL)
    words = charge_words(found, a_contract()).both_ways
    assert "0.04 % for leaving as taker or -0.01 % where a limit rests" in words
