"""The fees that belong to what is held: of the fills that made it, by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.account_facts import FeeRates
from terminal.domain.events import Fill, Liquidity
from terminal.domain.fees_paid import PaidFees, fees_of
from terminal.domain.units import Lots, Money, Price, Side
from tests.support.builders import XBT, a_contract, a_fill, an_inverse_contract

D = Decimal
RATES = FeeRates(XBT, D("0.0002"), D("0.0006"))


def fill(signed: int, fee: str | None = None, **changes: object) -> Fill:
    told = None if fee is None else Money(D(fee), "USDT")
    side = Side.BUY if signed > 0 else Side.SELL
    return a_fill(side=side, lots=Lots(abs(signed)), fee=told, **changes)


def test_adding_adds_and_reducing_takes_away_the_share_of_what_went() -> None:
    """Fees of closing belong to what was closed."""
    fills = (fill(4, "0.4"), fill(4, "0.2"), fill(-2, "9"))
    assert fees_of(a_contract(), 6, fills) == PaidFees(D("0.45"), D(0))


def test_only_fills_since_the_position_was_flat_count() -> None:
    """One that turned it paid for both: what opened is its share."""
    fills = (fill(3, "7"), fill(-3, "7"), fill(2, "0.2"))
    assert fees_of(a_contract(), 2, fills) == PaidFees(D("0.2"), D(0))
    turned = (fill(3, "7"), fill(-5, "0.5"), fill(-1, "0.1"))
    assert fees_of(a_contract(), -3, turned) == PaidFees(D("0.3"), D(0))


def test_what_nobody_told_is_said() -> None:
    """Fills before ours are not known; reducing takes its share of them, too."""
    assert fees_of(a_contract(), 5, ()) == PaidFees(D(0), D(5))
    assert fees_of(a_contract(), 5, (fill(1, "0.1"),)) == PaidFees(D("0.1"), D(4))
    half = fees_of(a_contract(), 4, (fill(2, "0.2"), fill(-4, "1")))
    assert half == PaidFees(D("0.1"), D(3))
    assert fees_of(a_contract(), 0, (fill(2, "1"),)) == PaidFees(D(0), D(0))


@pytest.mark.parametrize(
    ("liquidity", "rates", "rate"),
    [(Liquidity.MAKER, RATES, "0.0002"), (Liquidity.TAKER, RATES, "0.0006")],
)
def test_a_fee_that_was_not_told_yet_is_reckoned_by_who_took(
    liquidity: Liquidity, rates: FeeRates, rate: str
) -> None:
    """The stream tells the liquidity at once, the fee comes a second later."""
    linear, inverse = a_contract(), an_inverse_contract()
    one = fill(10, None, price=Price(1000), liquidity=liquidity)
    value = linear.multiplier * 10 * 100
    assert fees_of(linear, 10, (one,), rates) == PaidFees(value * D(rate), D(0), is_exact=False)
    assert fees_of(inverse, 10, (one,), rates).paid == D(10) / 100 * D(rate)


@given(st.lists(st.integers(-9, 9).filter(bool), max_size=30))
def test_at_one_fee_a_lot_the_fees_are_as_many_as_the_lots(signed: list[int]) -> None:
    """However the position came to be, and nothing is unknown that was seen from flat."""
    fills = [fill(one, str(abs(one))) for one in signed]
    lots = sum(signed)
    found = fees_of(a_contract(), lots, fills)
    assert abs(found.paid - abs(lots)) < D("1e-18")
    assert found.unknown_lots == 0
