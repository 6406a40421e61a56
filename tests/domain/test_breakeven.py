"""Breakeven, profit at a price and liquidation: linear and inverse, long and short."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from terminal.domain.breakeven import (
    Backing,
    Charges,
    StagedOrder,
    breakeven,
    entry_fee,
    funding_due,
    liquidation,
    profit_at,
)
from terminal.domain.events import MarginMode
from terminal.domain.guard_terms import Holding
from terminal.domain.risk import liquidation_price
from terminal.domain.units import Lots
from tests.support.builders import a_contract, an_inverse_contract

D = Decimal
PRICES = st.decimals("1000", "200000", places=1)
LOTS = st.integers(-5000, 5000).filter(bool)
RATES = st.decimals("-0.0005", "0.002", places=5)


@given(LOTS, PRICES, RATES, st.decimals("-0.01", "0.01", places=4), RATES, st.booleans())
def test_closing_at_breakeven_brings_nothing_and_beyond_it_a_profit(
    lots: int, entry: Decimal, rate: Decimal, funding: Decimal, paid: Decimal, is_inverse: bool
) -> None:
    contract = an_inverse_contract() if is_inverse else a_contract()
    charges = Charges(
        entry_fee(contract, lots, entry, paid), rate, funding_due(contract, lots, entry, funding)
    )
    price = breakeven(contract, lots, entry, charges)
    assert price is not None
    assert abs(profit_at(contract, lots, entry, price, charges)) < D("1e-18")
    better = price * (D("1.001") if lots > 0 else D("0.999"))
    assert profit_at(contract, lots, entry, better, charges) > 0


@pytest.mark.parametrize(
    ("is_inverse", "lots", "expected"),
    [
        # 1000 lots of 0.001 at 100: fees of 0.06 in and 0.0006 of the exit, 0.01 of funding paid.
        (False, 1000, (D(100) + D("0.06") + D("0.01")) / (1 - D("0.0006"))),
        (False, -1000, (D(100) - D("0.06") + D("0.01")) / (1 + D("0.0006"))),
        # 1000 lots of 1 dollar at 100: worth 10 coins, 0.006 in, 0.001 of funding.
        (True, 1000, D(1000) * (1 + D("0.0006")) / (D(10) - D("0.006") - D("0.001"))),
        (True, -1000, D(1000) * (1 - D("0.0006")) / (D(10) + D("0.006") - D("0.001"))),
    ],
)
def test_figures_worked_out_by_hand(is_inverse: bool, lots: int, expected: Decimal) -> None:
    contract = an_inverse_contract() if is_inverse else a_contract()
    due = funding_due(contract, lots, D(100), D("0.0001"))
    assert due == (D("0.001") if is_inverse else D("0.01")) * (1 if lots > 0 else -1)
    paid = entry_fee(contract, lots, D(100), D("0.0006"))
    assert paid == (D("0.006") if is_inverse else D("0.06"))
    price = breakeven(contract, lots, D(100), Charges(paid, D("0.0006"), due))
    assert price is not None
    assert abs(price - expected) < D("1e-20")


def test_without_charges_the_entry_is_breakeven_and_profit_is_the_price_alone() -> None:
    linear, inverse = a_contract(), an_inverse_contract()
    for contract in (linear, inverse):
        for lots in (7, -7):
            price = breakeven(contract, lots, D(100))
            assert price is not None
            assert abs(price - 100) < D("1e-20")
    assert profit_at(linear, -1000, D(100), D(90)) == 10
    assert profit_at(inverse, 1000, D(100), D(125)) == 2
    fees = Charges(D("0.06"), D("0.0006"))
    assert profit_at(linear, -1000, D(100), D(90), fees) == 10 - D("0.06") - D("0.054")


def test_there_is_none_for_a_flat_position_or_charges_that_are_never_earned() -> None:
    assert breakeven(a_contract(), 0, D(100)) is None
    assert breakeven(an_inverse_contract(), 100, D(100), Charges(paid=D(2))) is None
    assert breakeven(a_contract(), -100, D(100), Charges(paid=D(20))) is None


ISOLATED = Backing(MarginMode.ISOLATED)


@given(LOTS, PRICES, st.integers(2, 50), st.booleans())
def test_isolated_liquidation_is_that_of_risk(
    lots: int, entry: Decimal, leverage: int, is_inverse: bool
) -> None:
    contract = an_inverse_contract() if is_inverse else a_contract()
    margin = contract.settle_value(entry, Lots(lots)).amount / leverage
    found = liquidation(contract, Holding(Lots(lots), entry, margin), ISOLATED, ())
    rate = contract.maintenance_rate + contract.taker_fee_rate
    assert found == liquidation_price(contract, lots, entry, margin, rate)
    staged = StagedOrder(lots, entry, D(leverage))
    nothing = Holding(Lots(0), None, D(0))
    assert liquidation(contract, nothing, ISOLATED, (), staged) == found
    assert liquidation(contract, nothing, ISOLATED, ()) is None


def test_an_order_that_enlarges_with_more_leverage_brings_liquidation_nearer() -> None:
    contract = a_contract()
    held = Holding(Lots(100), D(100), D(2))
    now = liquidation(contract, held, ISOLATED, ())
    then = liquidation(contract, held, ISOLATED, (), StagedOrder(100, D(100), D(50)))
    closed = liquidation(contract, held, ISOLATED, (), StagedOrder(-100, D(100), D(50)))
    assert now is not None
    assert then is not None
    assert now < then < 100
    assert closed is None


@given(st.integers(1, 500), st.integers(-500, 500).filter(bool))
def test_in_cross_mode_a_staged_order_at_the_mark_costs_its_fee_and_adds_its_lots(
    held: int, signed: int
) -> None:
    assume(held + signed)
    contract, mark = a_contract(), D(100)
    backing = Backing(MarginMode.CROSS, D(50), mark)
    found = liquidation(
        contract, Holding(Lots(held), D(90), D(3)), backing, (), StagedOrder(signed, mark, D(5))
    )
    fee = contract.settle_value(mark, Lots(signed)).amount * contract.taker_fee_rate
    rate = contract.maintenance_rate + contract.taker_fee_rate
    assert found == liquidation_price(contract, held + signed, mark, 53 - fee, rate)


@pytest.mark.parametrize(
    ("held", "backing"),
    [
        (Holding(Lots(5), D(100), None), ISOLATED),
        (Holding(Lots(5), D(100), D(1)), Backing(MarginMode.CROSS, None, D(100))),
        (Holding(Lots(5), D(100), D(1)), Backing(MarginMode.CROSS, D(1), None)),
    ],
)
def test_what_is_not_known_has_no_liquidation_price(held: Holding, backing: Backing) -> None:
    assert liquidation(a_contract(), held, backing, ()) is None
