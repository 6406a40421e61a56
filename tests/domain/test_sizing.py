"""Sizes in coins, value and risk: exact, and never more than what was asked for."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.sizing import (
    UNITS,
    SizeBasis,
    Sized,
    SizeUnit,
    Unsized,
    amount_of,
    lots_of,
    shown_amount,
    unit_word,
    why_unknown,
)
from terminal.domain.units import Lots
from tests.support.builders import a_contract, an_inverse_contract

FIVE = Decimal(5)
LINEAR = SizeBasis(
    a_contract(), Decimal("100.05"), Decimal(2000), 200, "the bracket", FIVE, Decimal(900)
)
INVERSE = SizeBasis(
    an_inverse_contract(), Decimal(50_000), Decimal(2), 5000, "the stop", FIVE, Decimal(1)
)
ROUND = SizeBasis(a_contract(), Decimal(100), None, None, "", FIVE, Decimal(900))


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
        # One lot binds 0.1 / 5 + 0.1 * 0.0006 = 0.02006 of 900.
        (ROUND, SizeUnit.SHARE, "10", 4486, False),
        # A long of one dollar from 50 000 to 49 500 loses 1/49500 - 1/50000 of a coin.
        (INVERSE, SizeUnit.RISK, "1", 99_000, True),
    ],
)
def test_an_amount_is_the_most_lots_that_do_not_exceed_it(
    basis: SizeBasis, unit: SizeUnit, amount: str, lots: int, is_exact: bool
) -> None:
    assert lots_of(unit, Decimal(amount), basis) == Sized(Lots(lots), is_exact)


@st.composite
def bases(draw: st.DrawFn) -> SizeBasis:
    multiplier = Decimal(draw(st.integers(1, 10_000))).scaleb(-draw(st.integers(0, 6)))
    make = draw(st.sampled_from((a_contract, an_inverse_contract)))
    contract = make(multiplier=multiplier)
    price = Decimal(draw(st.integers(10**4, 10**9))).scaleb(-draw(st.integers(0, 2)))
    leverage, money = draw(st.integers(1, 125)), draw(st.integers(1, 10**10))
    ticks = draw(st.integers(1, 100))  # below any of these prices
    amount = Decimal(money).scaleb(-4)
    return SizeBasis(contract, price, amount, ticks, "it", Decimal(leverage), amount)


@given(bases(), st.integers(1, 10**7), st.lists(st.sampled_from(SizeUnit), max_size=8))
def test_editing_through_all_units_and_back_never_drifts(
    basis: SizeBasis, lots: int, units: list[SizeUnit]
) -> None:
    """What is shown in one unit is typed again, then in the next: the lots stay the lots."""
    now = Lots(lots)
    for unit in units:
        shown = shown_amount(unit, now, basis)
        assert shown is not None
        again = lots_of(unit, shown, basis)
        assert isinstance(again, Sized)
        assert again.lots == lots
        now = again.lots


@given(bases(), st.sampled_from(SizeUnit), st.decimals("0.0001", "1000000", places=4))
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


def test_a_share_needs_price_leverage_and_something_available() -> None:
    for basis, word in (
        (SizeBasis(a_contract()), "price"),
        (SizeBasis(a_contract(), Decimal(5)), "leverage"),
        (SizeBasis(a_contract(), Decimal(5), leverage=FIVE, available=Decimal(0)), "available"),
    ):
        assert word in why_unknown(SizeUnit.SHARE, basis)
    assert why_unknown(SizeUnit.SHARE, LINEAR) == ""


@pytest.mark.parametrize(
    ("basis", "unit", "lots", "shown"),
    [
        (ROUND, SizeUnit.LOTS, 7, "7"),
        (ROUND, SizeUnit.COIN, 7, "0.007"),
        (ROUND, SizeUnit.VALUE, 7, "0.7"),
        (LINEAR, SizeUnit.RISK, 1000, "1"),
        (INVERSE, SizeUnit.VALUE, 7, "7"),
        (SizeBasis(an_inverse_contract(), Decimal(3)), SizeUnit.COIN, 1, "0.34"),
    ],
)
def test_lots_are_shown_exactly_or_rounded_up(
    basis: SizeBasis, unit: SizeUnit, lots: int, shown: str
) -> None:
    assert shown_amount(unit, Lots(lots), basis) == Decimal(shown)


def test_what_the_smallest_order_is_worth_is_rounded_up() -> None:
    basis = SizeBasis(a_contract(), Decimal("12345.67"))
    assert lots_of(SizeUnit.VALUE, Decimal(1), basis) == Unsized(
        "The smallest order is 1 lot, about 12.35 USDT."
    )


def test_units_are_named_by_the_contract() -> None:
    assert [unit_word(unit, an_inverse_contract()) for unit in UNITS] == [
        "lots",
        "XBT",
        "USD",
        "% risk",
    ]
    assert unit_word(SizeUnit.SHARE, a_contract()) == "% of available"
