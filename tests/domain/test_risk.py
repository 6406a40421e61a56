"""Margin and liquidation arithmetic against the figures that the reference was checked with."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.events import Liquidity
from terminal.domain.guard_terms import NOTHING_HELD, Entry, Holding
from terminal.domain.position import PositionCore, after_fill
from terminal.domain.risk import (
    after_order,
    gain,
    liquidation_price,
    maintenance_rate,
    opening_lots,
    order_margin,
)
from terminal.domain.units import ExactPrice, Lots, Price, Side
from tests.support.builders import a_contract, a_fill, an_inverse_contract
from tests.support.guarding import some_tiers

prices = st.integers(1, 10**6).map(Price)
signed_lots = st.integers(-(10**6), 10**6).filter(bool)


def test_orders_freeze_their_value_over_the_leverage_and_the_takers_fee() -> None:
    margin = order_margin(a_contract(), Decimal(50_000), 1000, Decimal(5))
    assert margin == Decimal(10_000) + Decimal(30)
    # Reference 7.2: 1000 lots at 50000 are worth 0.02 coins, the fee is 0.000012.
    inverse = order_margin(an_inverse_contract(), Decimal(50_000), 1000, Decimal(5))
    assert inverse == Decimal("0.004") + Decimal("0.000012")


@pytest.mark.parametrize(
    ("held", "ahead", "side", "lots", "opens"),
    [
        (0, 0, Side.BUY, 5, 5),
        (9, 0, Side.BUY, 5, 5),
        (9, 0, Side.SELL, 5, 0),
        (9, 0, Side.SELL, 12, 3),
        (9, 6, Side.SELL, 5, 2),
        (9, 20, Side.SELL, 5, 5),
        (-9, 0, Side.BUY, 12, 3),
    ],
)
def test_lots_against_the_position_close_it_and_older_orders_close_first(
    held: int, ahead: int, side: Side, lots: int, opens: int
) -> None:
    entries = (Entry(side, Lots(ahead), None), Entry(side.opposite, Lots(99), None))
    assert opening_lots(held, entries, side, lots) == opens


def test_liquidation_prices_of_the_reference() -> None:
    """7.5: cross linear 15675.5 of bankruptcy 15605.264, cross inverse 1429.96 of 1414.96."""
    rate = Decimal("0.0040000133") + Decimal("0.00048")
    wallet, entry = Decimal("99.944536096"), Decimal("115549.8")
    found = liquidation_price(a_contract(), 1, entry, wallet, rate)
    assert found is not None
    assert round(found, 2) == Decimal("15675.49")
    size, entry = 1, Decimal("2457.12")
    wallet = size / Decimal("1414.96") - size / entry
    found = liquidation_price(an_inverse_contract(), 1, entry, wallet, Decimal("0.0106"))
    assert found is not None
    assert round(found, 2) == Decimal("1429.96")


@pytest.mark.parametrize(
    ("lots", "balance"), [(0, "1"), (1, "200"), (-1, "-1000")], ids=["flat", "rich", "no short"]
)
def test_without_a_price_there_is_none(lots: int, balance: str) -> None:
    found = liquidation_price(a_contract(), lots, Decimal(100), Decimal(balance), Decimal("0.005"))
    assert found is None


def test_a_short_inverse_position_with_much_margin_has_no_liquidation_price() -> None:
    inverse = an_inverse_contract()
    assert liquidation_price(inverse, -100, Decimal(100), Decimal(1), Decimal(0)) is None


@given(signed_lots, st.booleans(), st.decimals(50, 200, places=2), st.decimals(50, 200, places=2))
def test_the_liquidation_price_is_the_same_by_any_point_of_the_line(
    lots: int, is_inverse: bool, entry: Decimal, mark: Decimal
) -> None:
    """The entry with its margin, or the mark price with margin and open profit: one balance."""
    contract = an_inverse_contract() if is_inverse else a_contract()
    margin = contract.settle_value(entry, Lots(lots)).amount / 7
    by_entry = liquidation_price(contract, lots, entry, margin, Decimal("0.01"))
    balance = margin + gain(contract, lots, entry, mark)
    by_mark = liquidation_price(contract, lots, mark, balance, Decimal("0.01"))
    assert (by_entry is None) == (by_mark is None)
    if by_entry is not None and by_mark is not None:
        assert abs(by_entry - by_mark) < Decimal("1e-15") * by_entry


@given(st.integers(-(10**5), 10**5), signed_lots, prices, prices, st.booleans())
def test_what_is_held_after_an_order_is_what_fills_make_of_it(
    lots: int, signed: int, entry: Price, price: Price, is_inverse: bool
) -> None:
    contract = an_inverse_contract() if is_inverse else a_contract()
    at = contract.scale.decimal(entry)
    held = Holding(Lots(lots), at, Decimal(1)) if lots else NOTHING_HELD
    core = PositionCore(Lots(lots), ExactPrice(at) if lots else None)
    after = after_order(contract, held, signed, contract.scale.decimal(price), Decimal(5))
    fill = a_fill(
        side=Side.BUY if signed > 0 else Side.SELL,
        lots=Lots(abs(signed)),
        price=price,
        liquidity=Liquidity.TAKER,
    )
    truth = after_fill(core, fill, contract)
    assert after.lots == truth.lots
    assert (after.entry is None) == (truth.average_entry is None)
    if after.entry is not None and truth.average_entry is not None:
        assert abs(after.entry - truth.average_entry.value) <= Decimal("1e-20") * after.entry


def test_margin_goes_with_what_is_closed_and_comes_with_what_is_opened() -> None:
    contract, held = a_contract(), Holding(Lots(10), Decimal(100), Decimal("0.2"))
    at, leverage = Decimal(100), Decimal(5)
    assert after_order(contract, held, -4, at, leverage).margin == Decimal("0.12")
    assert after_order(contract, held, 10, at, leverage).margin == Decimal("0.4")
    assert after_order(contract, held, -15, at, leverage) == Holding(Lots(-5), at, Decimal("0.1"))
    assert after_order(contract, held, -10, at, leverage) == NOTHING_HELD
    unknown = held._replace(margin=None)
    assert after_order(contract, unknown, 4, at, leverage).margin is None


@pytest.mark.parametrize(
    ("value", "rate"), [("0", "0.004"), ("1000", "0.004"), ("1000.1", "0.05"), ("9999", "0.05")]
)
def test_the_maintenance_rate_goes_by_risk_level(value: str, rate: str) -> None:
    assert maintenance_rate(a_contract(), some_tiers(), Decimal(value)) == Decimal(rate)


def test_without_levels_the_contracts_lowest_rate_is_taken() -> None:
    assert maintenance_rate(a_contract(), (), Decimal(1)) == Decimal("0.004")
