"""The sizes of the foot: in lots and in the other units."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.sizing import UNITS, SizeBasis, SizeUnit, Unsized
from terminal.viewmodels.sizes import LARGEST, Sizes, parse_lots
from tests.support.builders import a_contract

if TYPE_CHECKING:
    from collections.abc import Callable

BASIS = SizeBasis(a_contract(), Decimal(100), Decimal(2000), 200, "to the bracket's stop")


def lots_of(sizes: Sizes) -> int:
    assert sizes.current is not None
    return sizes.current


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
        assert 1 <= lots_of(sizes) <= LARGEST


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
    sizes.follow(lambda: basis)
    sizes.enter("XBTUSDTM")
    sizes.choose_unit(unit)
    return sizes


def test_another_unit_leaves_the_lots_in_hand_as_they_are() -> None:
    sizes = some_sizes()
    sizes.follow(lambda: BASIS)
    sizes.enter("XBTUSDTM")
    for unit in UNITS:
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


def test_what_is_in_hand_follows_the_price_once_a_frame() -> None:
    """250 dollars stay 250 dollars; their lots are those of the last frame, whatever came since."""
    basis = BASIS
    sizes = in_unit(SizeUnit.VALUE)
    sizes.follow(lambda: basis)
    sizes.choose(1)
    assert sizes.current == 1000
    basis = SizeBasis(a_contract(), Decimal(200))
    assert (sizes.current, sizes.lots_at(2)) == (1000, 2500), "not drawn yet"
    assert sizes.to_send() == (1000, True), "what is drawn is sent"
    sizes.settle()
    assert (sizes.current, sizes.lots_at(2), sizes.amount) == (500, 1250, Decimal(100))


def test_lots_in_hand_stay_lots_whatever_the_price_and_the_unit() -> None:
    """The position's size is no value: it must still close the position a minute later."""
    basis = BASIS
    sizes = in_unit(SizeUnit.VALUE)
    sizes.follow(lambda: basis)
    sizes.choose(1)
    sizes.set_current(7)
    assert (sizes.amount, sizes.is_kept_in_lots) == (Decimal("0.7"), True)
    basis = SizeBasis(a_contract(), Decimal(200))
    sizes.settle()
    assert (sizes.current, sizes.amount) == (7, Decimal("1.4"))
    sizes.halve()
    assert sizes.current == 3, "arithmetic stays in lots, too"
    sizes.store(2)
    assert (sizes.amounts[1], sizes.is_chosen(2), sizes.is_kept_in_lots) == (
        Decimal("0.6"),
        True,
        False,
    )


def test_without_a_price_nothing_is_in_hand_until_there_is_one() -> None:
    basis: SizeBasis | None = SizeBasis(a_contract())
    sizes = in_unit(SizeUnit.VALUE, basis)
    sizes.follow(lambda: basis)
    sizes.choose(2)
    assert (sizes.current, sizes.chosen, sizes.in_hand.amount) == (None, 2, Decimal(250))
    for change in (sizes.double, sizes.halve, lambda: sizes.step(1)):
        change()
        assert sizes.said.startswith("There is no price yet")
    assert isinstance(sizes.to_send(), Unsized)
    basis = BASIS
    assert isinstance(sizes.to_send(), Unsized), "it was not drawn yet"
    sizes.settle()
    assert sizes.to_send() == (2500, True)
    basis = SizeBasis(a_contract())
    assert isinstance(sizes.to_send(), Unsized), "the price has gone since"
    assert sizes.to_send(1) == sizes.to_send()


GESTURES: dict[str, Callable[[Sizes], object]] = {
    "up": lambda sizes: sizes.step(1),
    "down": lambda sizes: sizes.step(-1),
    "halve": Sizes.halve,
    "double": Sizes.double,
    "position": lambda sizes: sizes.set_current(7),
    **{f"size {n}": partial(Sizes.choose, number=n) for n in range(1, 6)},
    **{f"store {n}": partial(Sizes.store, number=n) for n in range(1, 6)},
    **{unit.value: partial(Sizes.choose_unit, unit=unit) for unit in UNITS},
    "frame": Sizes.settle,
}
MARKETS = st.one_of(
    st.just(SizeBasis(a_contract())),  # neither price nor equity
    st.decimals("0.1", "1000000", places=1).map(lambda price: replace(BASIS, price=price)),
)


@given(st.lists(st.one_of(st.sampled_from(list(GESTURES)), MARKETS), max_size=40))
def test_what_was_drawn_is_what_is_sent_after_any_walk_of_the_price(
    walk: list[str | SizeBasis],
) -> None:
    """Or nothing is, with a sentence; never no lots at all, never an old number."""
    basis = BASIS
    sizes = in_unit(SizeUnit.VALUE)
    sizes.follow(lambda: basis)
    drawn = sizes.current
    for one in walk:
        if isinstance(one, SizeBasis):
            basis = one
        else:
            GESTURES[one](sizes)
            drawn = sizes.current
        assert sizes.current == drawn, "only a frame and a hand's own gesture change it"
        sent = sizes.to_send()
        if isinstance(sent, Unsized):
            assert sent.reason.endswith(".")
            assert drawn is None or sizes.in_hand.unit is not SizeUnit.LOTS
        else:
            assert sent.lots == drawn
            assert 1 <= sent.lots <= LARGEST


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
    again.follow(lambda: BASIS)
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
    sizes.follow(lambda: BASIS)
    sizes.restore({"XBTUSDTM": document})
    sizes.enter("XBTUSDTM")
    assert sizes.unit in {SizeUnit.LOTS, SizeUnit.VALUE}
    assert lots_of(sizes) >= 1
    assert len(sizes.amounts) == 5
    assert all(amount > 0 for amount in sizes.amounts)


@given(
    st.sampled_from(UNITS),
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
    st.sampled_from(UNITS),
    st.lists(st.sampled_from(["up", "down", "halve", "double"]), max_size=30),
)
def test_arithmetic_moves_the_lots_the_way_it_says_in_every_unit(
    unit: SizeUnit, steps: list[str]
) -> None:
    sizes = in_unit(unit)
    for step in steps:
        before = lots_of(sizes)
        match step:
            case "up":
                sizes.step(1)
                assert lots_of(sizes) > before or before >= LARGEST
            case "down":
                sizes.step(-1)
                assert lots_of(sizes) < before or before == 1
            case "halve":
                sizes.halve()
                assert lots_of(sizes) <= max(1, before // 2 + 1)
            case _:
                sizes.double()
                assert before <= lots_of(sizes) <= 2 * before + 1
        assert 1 <= lots_of(sizes) <= LARGEST
