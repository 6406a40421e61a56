from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.units import Price
from terminal.viewmodels import text
from terminal.viewmodels.ladder_columns import NumberFormat
from terminal.viewmodels.ladder_numbers import SizeTexts, short, shortened, shorter_forms
from tests.support.builders import a_contract, an_inverse_contract

UNITS = {"k": 10**3, "M": 10**6, "G": 10**9}


@given(st.integers(0, 10**12))
def test_an_abbreviated_size_never_looks_larger_and_loses_less_than_a_hundredth(size: int) -> None:
    """Three digits are kept, the rest is cut."""
    made = short(Decimal(size))
    value = Decimal(made[:-1]) * UNITS[made[-1]] if made[-1] in UNITS else Decimal(made)

    assert value <= size
    assert size - value <= Decimal(size) / 100
    assert len(made) <= 5 or size >= 10**12


@pytest.mark.parametrize(
    ("words", "made"),
    [
        ("12\N{NARROW NO-BREAK SPACE}345", "12.3k"),
        ("\N{MINUS SIGN}12\N{NARROW NO-BREAK SPACE}345", "\N{MINUS SIGN}12.3k"),
        ("+1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567.89", "+1.23M"),
        ("999", "999"),
        ("entry 12345", "entry 12345"),
        ("", ""),
    ],
)
def test_texts_of_numbers_are_abbreviated_and_others_left_alone(words: str, made: str) -> None:
    """The sign stays, small numbers stay exact."""
    assert shortened(words) == made


@pytest.mark.parametrize(
    ("words", "forms"),
    [
        ("+12\N{NARROW NO-BREAK SPACE}345\N{NARROW NO-BREAK SPACE}678", ("12.3M", "12M")),
        ("1\N{NARROW NO-BREAK SPACE}234", ("1.2k", "1k")),
        ("\N{MINUS SIGN}1\N{NARROW NO-BREAK SPACE}113", ("1.1k", "1k")),
        ("\N{MINUS SIGN}0.125", ("0.12", "0.1")),
        ("+0.05", ()),
        ("469", ()),
        ("entry 100.0", ()),
    ],
)
def test_a_number_without_room_grows_shorter_step_by_step(
    words: str, forms: tuple[str, ...]
) -> None:
    """It never becomes nothing, and never loses its sign."""
    sign = words[0] if words[0] in "+\N{MINUS SIGN}" else ""
    assert shorter_forms(words) == (words, *(f"{sign}{form}" for form in forms))


def test_a_size_in_every_format() -> None:
    """Five lots of a thousandth of a coin, at 100.0 and a tick of 0.1."""
    sizes = SizeTexts(a_contract())
    at = Price(1000)

    assert [sizes.text(5000, at, one) for one in NumberFormat] == [
        text.whole(5000), "5.000", "500", "5.00k",
    ]  # fmt: skip
    assert [sizes.unit(one) for one in NumberFormat] == ["lots", "XBT", "USDT", "lots"]
    assert {sizes.text(0, at, one) for one in NumberFormat} == {""}
    assert sizes.text(-5000, at, NumberFormat.SHORT) == "\N{MINUS SIGN}5.00k"


def test_an_inverse_contract_is_worth_its_lots_and_coins_by_the_price() -> None:
    """One dollar a lot."""
    contract = an_inverse_contract()
    sizes = SizeTexts(contract)
    at = contract.scale.ticks_nearest(Decimal(50_000))

    assert sizes.text(100, at, NumberFormat.VALUE) == "100"
    assert sizes.text(100, at, NumberFormat.COIN) == "0.002000"
    assert sizes.text(100, Price(0), NumberFormat.COIN) == ""
