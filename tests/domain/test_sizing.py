"""Sizes in coins, value and risk: exact, and never more than what was asked for."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.sizing import (
    SizeBasis,
    Sized,
    SizeUnit,
    Unsized,
    amount_of,
    lots_of,
    unit_word,
)
from terminal.domain.units import Lots
from tests.support.builders import a_contract, an_inverse_contract

LINEAR = SizeBasis(a_contract(), Decimal("100.05"), Decimal(2000), 200, "the bracket")
INVERSE = SizeBasis(an_inverse_contract(), Decimal(50_000), Decimal(2), 5000, "the stop")


@pytest.mark.parametrize(
    ("basis", "unit", "amount", "lots", "is_exact"),
    [
        (LINEAR, SizeUnit.LOTS, "7", 7, True),
        (LINEAR, SizeUnit.LOTS, "7.9", 7, False),
        (LINEAR, SizeUnit.COIN, "0.005", 5, True),
        (LINEAR, SizeUnit.COIN, "0.0059", 5, False),
        (LINEAR, SizeUnit.VALUE, "1.0005", 10, True),
        (LINEAR, SizeUnit.VALUE, "1.0004", 9, False),
        # 200 ticks of 0.1 on 0.001 coin are 0.02 a lot; one percent of 2000 is 20.
        (LINEAR, SizeUnit.RISK, "1", 1000, True),
        (LINEAR, SizeUnit.RISK, "0.0019", 1, False),
        (INVERSE, SizeUnit.VALUE, "250", 250, True),
        (INVERSE, SizeUnit.COIN, "0.001", 50, True),
        (INVERSE, SizeUnit.COIN, "0.00101", 50, False),
        # A long of one dollar from 50 000 to 49 500 loses 1/49500 - 1/50000 of a coin.
        (INVERSE, SizeUnit.RISK, "1", 99_000, True),
    ],
)
def test_an_amount_is_the_most_lots_that_do_not_exceed_it(
    basis: SizeBasis, unit: SizeUnit, amount: str, lots: int, is_exact: bool
) -> None:
    assert lots_of(unit, Decimal(amount), basis) == Sized(Lots(lots), is_exact)


@given(
    st.sampled_from([LINEAR, INVERSE]),
    st.sampled_from(list(SizeUnit)),
    st.decimals("0.0001", "1000000", places=4),
)
def test_lots_never_exceed_the_amount_and_one_more_would(
    basis: SizeBasis, unit: SizeUnit, amount: Decimal
) -> None:
    found = lots_of(unit, amount, basis)
    if isinstance(found, Unsized):
        one = amount_of(unit, Lots(1), basis)
        assert one is not None
        assert one > Fraction(amount)
        return
    exact, more = amount_of(unit, found.lots, basis), amount_of(unit, Lots(found.lots + 1), basis)
    assert exact is not None
    assert more is not None
    assert exact <= Fraction(amount) < more
    assert found.is_exact is (exact == Fraction(amount))


def test_lots_come_in_steps_of_the_contract() -> None:
    basis = SizeBasis(a_contract(lot_size=10), Decimal(100))
    assert lots_of(SizeUnit.COIN, Decimal("0.019"), basis) == Sized(Lots(10), is_exact=False)
    assert lots_of(SizeUnit.COIN, Decimal("0.009"), basis) == Unsized(
        "The smallest order is 10 lots, about 0.01 XBT."
    )


@pytest.mark.parametrize(
    ("unit", "basis", "words"),
    [
        (SizeUnit.VALUE, SizeBasis(a_contract()), "no price"),
        (SizeUnit.COIN, SizeBasis(an_inverse_contract()), "no price"),
        (SizeUnit.RISK, SizeBasis(a_contract(), Decimal(100), None, 10), "equity in USDT"),
        (SizeUnit.RISK, SizeBasis(a_contract(), Decimal(100), Decimal(0), 10), "equity in USDT"),
        (SizeUnit.RISK, SizeBasis(a_contract(), Decimal(100), Decimal(1)), "no stop"),
        (
            SizeUnit.RISK,
            SizeBasis(an_inverse_contract(), Decimal(1), Decimal(1), 10),
            "no price",
        ),
    ],
)
def test_what_is_not_known_is_said_and_no_size(
    unit: SizeUnit, basis: SizeBasis, words: str
) -> None:
    found = lots_of(unit, Decimal(1), basis)
    assert isinstance(found, Unsized)
    assert words in found.reason
    assert amount_of(unit, Lots(1), basis) is None


def test_what_the_smallest_order_is_worth_is_rounded_up() -> None:
    basis = SizeBasis(a_contract(), Decimal("12345.67"))
    assert lots_of(SizeUnit.VALUE, Decimal(1), basis) == Unsized(
        "The smallest order is 1 lot, about 12.35 USDT."
    )


def test_units_are_named_by_the_contract() -> None:
    assert [unit_word(unit, an_inverse_contract()) for unit in SizeUnit] == [
        "lots",
        "XBT",
        "USD",
        "% risk",
    ]
