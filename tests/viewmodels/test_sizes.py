"""The sizes of the foot: in lots and in the other units."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.sizing import SizeBasis, SizeUnit
from terminal.viewmodels.sizes import LARGEST, Sizes, parse_lots
from tests.support.builders import a_contract

BASIS = SizeBasis(a_contract(), Decimal(100), Decimal(2000), 200, "to the bracket's stop")


def some_sizes() -> Sizes:
    return Sizes((1, 5, 10, 50, 100), chosen=2)


def test_the_chosen_size_is_in_hand_at_start() -> None:
    """What was chosen last is chosen again."""
    assert some_sizes().current == 5


@pytest.mark.parametrize(
    ("start", "direction", "end"),
    [(1, 1, 2), (9, 1, 10), (10, 1, 20), (10, -1, 9), (20, -1, 10), (1, -1, 1), (250, 1, 350)],
)
def test_a_step_is_one_unit_of_the_leading_digit(start: int, direction: int, end: int) -> None:
    """Stepping is quick for large sizes and fine for small ones."""
    sizes = some_sizes()
    sizes.set_current(start)

    sizes.step(direction)

    assert sizes.current == end


def test_storing_keeps_the_size_in_hand() -> None:
    """Shift and a number stores what is in hand under it."""
    sizes = some_sizes()
    sizes.set_current(7)

    sizes.store(4)

    assert sizes.stored == (1, 5, 10, 7, 100)
    assert sizes.chosen == 4


@pytest.mark.parametrize("stored", [(1, 2, 3, 4), (0, 1, 2, 3, 4), (1, 2, 3, 4, 5, 6)])
def test_five_sizes_of_at_least_one_lot_are_needed(stored: tuple[int, ...]) -> None:
    """A wrong set is a bug of the caller and says so."""
    with pytest.raises(ValueError, match="five sizes"):
        Sizes(stored, 1)


@given(st.lists(st.sampled_from(["up", "down", "halve", "double"]), max_size=60))
def test_the_size_never_leaves_its_bounds(steps: list[str]) -> None:
    """No sequence of steps reaches zero or beyond the bound."""
    sizes = some_sizes()
    for step in steps:
        match step:
            case "up":
                sizes.step(1)
            case "down":
                sizes.step(-1)
            case "halve":
                sizes.halve()
            case _:
                sizes.double()
        assert 1 <= sizes.current <= LARGEST


@pytest.mark.parametrize(
    ("typed", "lots"),
    [
        ("7", 7),
        (" 1 000 ", 1000),
        ("12,000", 12000),
        ("1,5", None),
        ("1.5", None),
        ("0", None),
        ("-3", None),
        ("", None),
        ("\N{ARABIC-INDIC DIGIT THREE}", None),
        ("9" * 30, None),
        ("1e3", None),
    ],
)
def test_only_whole_lots_above_zero_are_read(typed: str, lots: int | None) -> None:
    """Anything doubtful is no number, so that 1,5 never becomes 15."""
    assert parse_lots(typed) == lots


def in_unit(unit: SizeUnit, basis: SizeBasis | None = BASIS) -> Sizes:
    sizes = some_sizes()
    sizes.basis = lambda: basis
    sizes.enter("XBTUSDTM")
    sizes.choose_unit(unit)
    return sizes


def test_another_unit_leaves_the_lots_in_hand_as_they_are() -> None:
    sizes = some_sizes()
    sizes.basis = lambda: BASIS
    sizes.enter("XBTUSDTM")
    for unit in SizeUnit:
        sizes.choose_unit(unit)
        assert sizes.current == 5
    assert sizes.amount == Decimal("0.005")  # 5 lots of 0.02 are 0.1 of 2000


def test_a_typed_value_becomes_whole_lots_and_it_is_said_when_it_was_rounded() -> None:
    sizes = in_unit(SizeUnit.VALUE)
    assert sizes.take_text("10") == ""
    assert (sizes.current, sizes.said) == (100, "")
    assert sizes.take_text("10.05") == ""
    assert (sizes.current, sizes.said) == (100, "Rounded down to whole lots.")
    assert sizes.take_text("0.09").startswith("The smallest order is 1 lot")
    for typed in ("", "-1", "1e3", "0", "1,5"):
        assert "is not a size above zero" in sizes.take_text(typed), typed
    assert sizes.current == 100, "what was refused changed nothing"


def test_what_is_in_hand_does_not_change_with_the_price() -> None:
    """Only taking a size turns it into lots: a click must send what was shown a minute ago."""
    basis = BASIS
    sizes = in_unit(SizeUnit.VALUE)
    sizes.basis = lambda: basis
    sizes.choose(1)
    assert sizes.current == 1000
    basis = SizeBasis(a_contract(), Decimal(200))
    sizes.settle()
    assert sizes.current == 1000
    sizes.choose(1)
    assert sizes.current == 500


def test_without_a_price_the_smallest_size_is_in_hand_until_there_is_one() -> None:
    basis: SizeBasis | None = SizeBasis(a_contract())
    sizes = in_unit(SizeUnit.VALUE, basis)
    sizes.basis = lambda: basis
    sizes.choose(2)
    assert (sizes.current, sizes.is_pending, sizes.chosen) == (1, True, 2)
    sizes.double()
    sizes.step(1)
    sizes.halve()
    assert sizes.current == 1, "there is nothing to reckon with"
    assert not sizes.settle()
    basis = BASIS
    assert sizes.settle()
    assert (sizes.current, sizes.is_pending) == (2500, False)


def test_a_stored_size_of_less_than_a_lot_is_not_taken() -> None:
    sizes = in_unit(SizeUnit.VALUE, SizeBasis(a_contract(), Decimal(1_000_000)))
    sizes.choose(1)
    assert sizes.said.startswith("Size 1 was not taken. The smallest order is 1 lot")
    assert (sizes.current, sizes.chosen) == (5, 2)
    assert sizes.lots_at(1) is None
    assert sizes.lots_at(4) == 1


def test_each_contract_keeps_its_unit_and_its_sizes_and_lots_are_common() -> None:
    sizes = in_unit(SizeUnit.COIN)
    assert sizes.take_text("0.02") == ""
    sizes.store(3)
    sizes.enter("ETHUSDTM")
    assert (sizes.unit, sizes.chosen, sizes.current) == (SizeUnit.LOTS, 2, 5)
    sizes.choose(4)
    kept = sizes.documents()
    assert set(kept) == {"XBTUSDTM"}
    again = Sizes(sizes.stored, sizes.chosen_lots)
    again.basis = lambda: BASIS
    again.restore(kept)
    assert again.current == 50, "the common size in lots"
    again.enter("XBTUSDTM")
    assert (again.unit, again.chosen, again.current) == (SizeUnit.COIN, 3, 20)
    assert again.amounts[2] == Decimal("0.02")


@pytest.mark.parametrize(
    "document",
    [
        {"unit": "bananas"},
        {"unit": "value", "value": ["1", "2"]},
        {"unit": "value", "value": ["1", "2", "3", "4", "NaN"]},
        {"unit": "value", "value": ["1", "2", "3", "4", "-5"]},
        {"unit": "value", "value": [1, 2, 3, 4, 5]},
        {"unit": "value", "value": ["x"] * 5},
        {"unit": "value", "chosen": 9},
        {"unit": 3, "chosen": "1"},
    ],
)
def test_stored_nonsense_is_as_if_it_were_not_there(document: dict[str, object]) -> None:
    sizes = some_sizes()
    sizes.basis = lambda: BASIS
    sizes.restore({"XBTUSDTM": document})
    sizes.enter("XBTUSDTM")
    assert sizes.unit in {SizeUnit.LOTS, SizeUnit.VALUE}
    assert sizes.current >= 1
    assert len(sizes.amounts) == 5
    assert all(amount > 0 for amount in sizes.amounts)


@given(
    st.sampled_from(list(SizeUnit)),
    st.integers(1, 100_000),
    st.decimals("0.5", "90000", places=2),
)
def test_lots_written_in_a_unit_are_the_same_lots_again(
    unit: SizeUnit, lots: int, price: Decimal
) -> None:
    sizes = in_unit(unit, SizeBasis(a_contract(), price, Decimal("1234.56"), 77, "it"))
    sizes.set_current(lots)
    assert sizes.amount is not None
    sizes.store(1)
    sizes.set_current(1)
    sizes.choose(1)
    assert sizes.current == lots


@given(
    st.sampled_from(list(SizeUnit)),
    st.lists(st.sampled_from(["up", "down", "halve", "double"]), max_size=30),
)
def test_arithmetic_moves_the_lots_the_way_it_says_in_every_unit(
    unit: SizeUnit, steps: list[str]
) -> None:
    sizes = in_unit(unit)
    for step in steps:
        before = sizes.current
        match step:
            case "up":
                sizes.step(1)
                assert sizes.current > before or before >= LARGEST
            case "down":
                sizes.step(-1)
                assert sizes.current < before or before == 1
            case "halve":
                sizes.halve()
                assert sizes.current <= max(1, before // 2 + 1)
            case _:
                sizes.double()
                assert before <= sizes.current <= 2 * before + 1
        assert 1 <= sizes.current <= LARGEST
