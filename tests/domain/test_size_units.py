"""One size in four units: what is typed never grows, and editing back and forth never drifts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.size_units import SizeUnit, Sizing
from terminal.domain.units import Lots
from tests.support.builders import a_contract, an_inverse_contract

if TYPE_CHECKING:
    from terminal.domain.contract import Contract

LINEAR = Sizing(a_contract(), Decimal(100), Decimal(5), Decimal(900))
INVERSE = Sizing(an_inverse_contract(), Decimal(100), Decimal(5), Decimal(9))


@pytest.mark.parametrize(
    ("sizing", "unit", "amount", "lots"),
    [
        (LINEAR, SizeUnit.LOTS, "7", 7),
        (LINEAR, SizeUnit.COIN, "0.0079", 7),
        (LINEAR, SizeUnit.VALUE, "0.79", 7),
        # One lot binds 0.1 / 5 + 0.1 * 0.0006 = 0.02006 of 900.
        (LINEAR, SizeUnit.SHARE, "10", 4486),
        (LINEAR, SizeUnit.VALUE, "0.09", 0),
        (INVERSE, SizeUnit.VALUE, "7.9", 7),
        (INVERSE, SizeUnit.COIN, "0.079", 7),
        (INVERSE, SizeUnit.SHARE, "1", 44),
    ],
)
def test_an_amount_holds_whole_lots_rounded_down(
    sizing: Sizing, unit: SizeUnit, amount: str, lots: int
) -> None:
    assert sizing.lots(unit, Decimal(amount)) == lots


@pytest.mark.parametrize(
    ("sizing", "unit", "lots", "shown"),
    [
        (LINEAR, SizeUnit.LOTS, 7, "7"),
        (LINEAR, SizeUnit.COIN, 7, "0.007"),
        (LINEAR, SizeUnit.VALUE, 7, "0.7"),
        (LINEAR, SizeUnit.SHARE, 4486, "10.00"),
        (INVERSE, SizeUnit.VALUE, 7, "7"),
        (Sizing(an_inverse_contract(), Decimal(3)), SizeUnit.COIN, 1, "0.34"),
    ],
)
def test_lots_are_shown_exactly_or_rounded_up(
    sizing: Sizing, unit: SizeUnit, lots: int, shown: str
) -> None:
    amount = sizing.amount(unit, lots)
    assert amount is not None
    assert amount == Decimal(shown) or f"{amount:.2f}" == shown


def test_what_cannot_be_reckoned_is_not_known() -> None:
    bare = Sizing(a_contract())
    assert bare.lots(SizeUnit.VALUE, Decimal(10)) is None
    assert bare.amount(SizeUnit.SHARE, 3) is None
    assert Sizing(a_contract(), Decimal(5), Decimal(2), Decimal(0)).per_lot(SizeUnit.SHARE) is None
    assert bare.amount(SizeUnit.COIN, 3) == Decimal("0.003")
    assert Sizing(an_inverse_contract()).amount(SizeUnit.VALUE, 3) == 3


def test_a_lot_size_above_one_is_kept() -> None:
    sizing = Sizing(a_contract(lot_size=10), Decimal(100))
    assert sizing.lots(SizeUnit.VALUE, Decimal("2.59")) == 20


@st.composite
def sizings(draw: st.DrawFn) -> Sizing:
    multiplier = Decimal(draw(st.integers(1, 10_000))).scaleb(-draw(st.integers(0, 6)))
    make = draw(st.sampled_from((a_contract, an_inverse_contract)))
    contract: Contract = make(multiplier=multiplier)
    price = Decimal(draw(st.integers(1, 10**8))).scaleb(-draw(st.integers(0, 5)))
    leverage, available = draw(st.integers(1, 125)), draw(st.integers(1, 10**10))
    return Sizing(contract, price, Decimal(leverage), Decimal(available).scaleb(-4))


@given(sizings(), st.integers(1, 10**7), st.lists(st.sampled_from(SizeUnit), max_size=8))
def test_editing_through_all_units_and_back_never_drifts(
    sizing: Sizing, lots: int, units: list[SizeUnit]
) -> None:
    """What is shown in one unit is typed again, then in the next: the lots stay the lots."""
    now = Lots(lots)
    for unit in units:
        shown = sizing.amount(unit, now)
        assert shown is not None
        again = sizing.lots(unit, shown)
        assert again is not None
        assert again == lots
        now = again


@given(sizings(), st.sampled_from(SizeUnit), st.integers(0, 10**12))
def test_an_order_is_never_larger_than_what_was_typed(
    sizing: Sizing, unit: SizeUnit, typed: int
) -> None:
    amount = Decimal(typed) if unit is SizeUnit.LOTS else Decimal(typed).scaleb(-6)
    lots, each = sizing.lots(unit, amount), sizing.per_lot(unit)
    assert lots is not None
    assert each is not None
    assert lots * each <= amount < (lots + 1) * each
