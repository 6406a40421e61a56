"""Breakeven, profit at a price and liquidation: linear and inverse, long and short."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from terminal.domain.account_facts import FeeRates
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
from terminal.domain.events import Liquidity, MarginMode
from terminal.domain.fees_paid import fees_of
from terminal.domain.guard_terms import Holding
from terminal.domain.risk import liquidation_price
from terminal.domain.units import Lots, Money, Price, Side
from tests.support.builders import XBT, a_contract, a_fill, an_inverse_contract

if TYPE_CHECKING:
    from terminal.domain.contract import Contract

D = Decimal
PRICES = st.decimals("1000", "200000", places=4)
LOTS = st.integers(-5000, 5000).filter(bool)
RATES = st.decimals("-0.0005", "0.002", places=5)


def net(contract: Contract, lots: int, entry: Decimal, ticks: int, charges: Charges) -> Fraction:
    """What closing brings, by 7.1 and 7.2 as they are written, in exact fractions."""
    at, into = Fraction(contract.scale.tick_size) * ticks, Fraction(entry)
    coins = Fraction(contract.multiplier) * abs(lots)
    way = 1 if lots > 0 else -1
    if contract.is_inverse:
        earned, value = way * coins * (1 / into - 1 / at), coins / at
    else:
        earned, value = way * coins * (at - into), coins * at
    fee = value * Fraction(charges.exit_rate)
    return earned - fee - Fraction(charges.paid) - Fraction(charges.funding)


@given(LOTS, PRICES, RATES, st.decimals("-0.01", "0.01", places=4), RATES, st.booleans())
def test_breakeven_is_the_first_tick_that_loses_nothing_and_one_tick_worse_loses(
    lots: int, entry: Decimal, rate: Decimal, funding: Decimal, paid: Decimal, is_inverse: bool
) -> None:
    contract = an_inverse_contract() if is_inverse else a_contract()
    charges = Charges(
        entry_fee(contract, lots, entry, paid), rate, funding_due(contract, lots, entry, funding)
    )
    price = breakeven(contract, lots, entry, charges)
    assert price is not None
    worse = price - 1 if lots > 0 else price + 1
    assert net(contract, lots, entry, price, charges) >= 0
    assert net(contract, lots, entry, worse, charges) < 0
    shown = profit_at(contract, lots, entry, contract.scale.decimal(price), charges)
    assert shown >= D("-1e-18"), "what is shown at its row agrees"
    shown = profit_at(contract, lots, entry, contract.scale.decimal(Price(worse)), charges)
    assert shown < 0


@given(st.integers(1000, 2_000_000), LOTS, st.booleans())
def test_a_breakeven_that_is_a_tick_is_that_tick(ticks: int, lots: int, is_inverse: bool) -> None:
    """Nothing is rounded on the way: not even the last digit of a division."""
    contract = an_inverse_contract() if is_inverse else a_contract()
    assert breakeven(contract, lots, contract.scale.decimal(Price(ticks))) == ticks


TAKER, MAKER, REBATE = "0.0006", "0.0002", "-0.0001"


@pytest.mark.parametrize(
    ("lots", "entry_rate", "funding", "exact", "price"),
    [
        # 1000 lots of 0.001 at 100: one coin. In 0.06 or 0.02 of fees, out 0.06 % of the price.
        (1000, TAKER, "0", "(100 + 0.06) / 0.9994", 1002),  # 100.1201
        (1000, MAKER, "0", "(100 + 0.02) / 0.9994", 1001),  # 100.0800
        (1000, REBATE, "0", "(100 - 0.01) / 0.9994", 1001),  # 100.0500
        (-1000, TAKER, "0", "(100 - 0.06) / 1.0006", 998),  # 99.8801
        (-1000, MAKER, "0", "(100 - 0.02) / 1.0006", 999),  # 99.9200
        (-1000, REBATE, "0", "(100 + 0.01) / 1.0006", 999),  # 99.9500
        # A funding of 0.1 % at a mark of 100 is 0.1: the long pays, the short receives.
        (1000, TAKER, "0.001", "(100 + 0.06 + 0.1) / 0.9994", 1003),  # 100.2201
        (-1000, TAKER, "0.001", "(100 - 0.06 + 0.1) / 1.0006", 999),  # 99.9800
        (1000, TAKER, "-0.001", "(100 + 0.06 - 0.1) / 0.9994", 1001),  # 100.0200
        (-1000, TAKER, "-0.001", "(100 - 0.06 - 0.1) / 1.0006", 997),  # 99.7801
    ],
)
def test_a_linear_breakeven_worked_out_by_hand(
    lots: int, entry_rate: str, funding: str, exact: str, price: int
) -> None:
    contract = a_contract()
    assert (contract.multiplier, contract.scale.tick_size) == (D("0.001"), D("0.1"))
    due = funding_due(contract, lots, D(100), D(funding))
    assert due == D(100) * D(funding) * (1 if lots > 0 else -1)
    paid = entry_fee(contract, lots, D(100), D(entry_rate))
    assert paid == D(100) * D(entry_rate)
    assert breakeven(contract, lots, D(100), Charges(paid, D(TAKER), due)) == price, exact


@pytest.mark.parametrize(
    ("lots", "entry_rate", "funding", "exact", "price"),
    [
        # 1000 lots of one dollar at 100: ten coins. In 0.006 of fees, out 0.06 % of 1000 / price.
        (1000, TAKER, "0", "1000 x 1.0006 / (10 - 0.006)", 1002),  # 100.1201
        (1000, MAKER, "0", "1000 x 1.0006 / (10 - 0.002)", 1001),  # 100.0800
        (1000, REBATE, "0", "1000 x 1.0006 / (10 + 0.001)", 1001),  # 100.0500
        (-1000, TAKER, "0", "1000 x 0.9994 / (10 + 0.006)", 998),  # 99.8801
        (-1000, MAKER, "0", "1000 x 0.9994 / (10 + 0.002)", 999),  # 99.9200
        (1000, TAKER, "0.001", "1000 x 1.0006 / (10 - 0.006 - 0.01)", 1003),  # 100.2203
        (-1000, TAKER, "0.001", "1000 x 0.9994 / (10 + 0.006 - 0.01)", 999),  # 99.9800
        (1000, TAKER, "-0.001", "1000 x 1.0006 / (10 - 0.006 + 0.01)", 1001),  # 100.0200
        (-1000, TAKER, "-0.001", "1000 x 0.9994 / (10 + 0.006 + 0.01)", 997),  # 99.7804
    ],
)
def test_an_inverse_breakeven_worked_out_by_hand(
    lots: int, entry_rate: str, funding: str, exact: str, price: int
) -> None:
    contract = an_inverse_contract()
    assert (contract.multiplier, contract.scale.tick_size) == (D(1), D("0.1"))
    due = funding_due(contract, lots, D(100), D(funding))
    assert due == D(10) * D(funding) * (1 if lots > 0 else -1)
    paid = entry_fee(contract, lots, D(100), D(entry_rate))
    assert paid == D(10) * D(entry_rate)
    assert breakeven(contract, lots, D(100), Charges(paid, D(TAKER), due)) == price, exact


def test_of_a_partly_filled_order_and_a_part_that_was_closed_only_what_is_left_counts() -> None:
    """4 lots at 100.0 and 4 at 101.0 as maker and taker, then 2 are closed: 6 at 100.5 are held.

    Fees by hand: 0.4 x 0.02 % and 0.404 x 0.06 %, three quarters of them are of what is left.
    """
    contract, rates = a_contract(), FeeRates(XBT, D(MAKER), D(TAKER))
    fills = (
        a_fill(lots=Lots(4), price=Price(1000), liquidity=Liquidity.MAKER),
        a_fill(lots=Lots(4), price=Price(1010), liquidity=Liquidity.TAKER),
        a_fill(lots=Lots(2), price=Price(1020), side=Side.SELL, fee=Money(D("9"), "USDT")),
    )
    paid = fees_of(contract, 6, fills, rates)
    assert paid.paid == (D("0.4") * D(MAKER) + D("0.404") * D(TAKER)) * 3 / 4
    price = breakeven(contract, 6, D("100.5"), Charges(paid.paid, D(TAKER)))
    # (0.006 x 100.5 + 0.00024180) / (0.006 x 0.9994) = 100.6006...
    assert price == 1007


def test_without_charges_the_entry_is_breakeven_and_profit_is_the_price_alone() -> None:
    linear, inverse = a_contract(), an_inverse_contract()
    for contract in (linear, inverse):
        for lots in (7, -7):
            assert breakeven(contract, lots, D(100)) == 1000
    assert breakeven(linear, 7, D("100.01")) == 1001, "away from the loss"
    assert breakeven(linear, -7, D("100.09")) == 1000, "away from the loss"
    assert profit_at(linear, -1000, D(100), D(90)) == 10
    assert profit_at(inverse, 1000, D(100), D(125)) == 2
    fees = Charges(D("0.06"), D("0.0006"))
    assert profit_at(linear, -1000, D(100), D(90), fees) == 10 - D("0.06") - D("0.054")


def test_there_is_none_for_a_flat_position_or_charges_that_are_never_earned() -> None:
    assert breakeven(a_contract(), 0, D(100)) is None
    assert breakeven(an_inverse_contract(), 100, D(100), Charges(paid=D(2))) is None
    assert breakeven(a_contract(), -100, D(100), Charges(paid=D(20))) is None
    assert breakeven(a_contract(), -1, D("0.05")) is None, "no tick is left below it"
    assert breakeven(a_contract(), 100, D(100), Charges(paid=D(-20))) is None, "it earns anywhere"


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
