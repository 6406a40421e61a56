"""Units: exact, never mixed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.errors import UnitError
from terminal.domain.units import ExactPrice, Money, Price, PriceScale, Side, plain, spaced

ticks = st.integers(min_value=0, max_value=10**9)
tick_sizes = st.sampled_from([Decimal(t) for t in ("0.1", "0.01", "0.05", "1", "0.00001", "5")])


@given(ticks, tick_sizes)
def test_ticks_and_decimals_are_the_same_thing(count: int, tick: Decimal) -> None:
    scale = PriceScale(tick)
    assert scale.ticks(scale.decimal(Price(count))) == count


@given(st.decimals(min_value=0, max_value=10**6, places=7), tick_sizes)
def test_rounding_brackets_the_price(price: Decimal, tick: Decimal) -> None:
    scale = PriceScale(tick)
    below, above = scale.ticks_below(price), scale.ticks_above(price)
    assert scale.decimal(below) <= price <= scale.decimal(above)
    assert above - below <= 1
    assert scale.ticks_nearest(price) in {below, above}


def test_a_price_off_the_grid_is_refused() -> None:
    with pytest.raises(UnitError, match=r"100\.05 is no multiple of the tick 0\.1"):
        PriceScale(Decimal("0.1")).ticks(Decimal("100.05"))
    with pytest.raises(UnitError):
        PriceScale(Decimal(0))


@pytest.mark.parametrize(
    ("tick", "decimals"), [("0.1", 1), ("0.00001", 5), ("1", 0), ("10", 0), ("0.050", 2)]
)
def test_decimals_of_a_tick(tick: str, decimals: int) -> None:
    assert PriceScale(Decimal(tick)).decimals == decimals


def test_currencies_do_not_mix() -> None:
    usdt, xbt = Money(Decimal(1), "USDT"), Money(Decimal(1), "XBT")
    assert (usdt + usdt).amount == 2
    assert (-usdt).amount == -1
    assert usdt - usdt < usdt
    assert usdt + usdt > usdt
    for act in (lambda: usdt + xbt, lambda: usdt - xbt, lambda: usdt < xbt):
        with pytest.raises(UnitError, match="USDT with XBT"):
            act()


@pytest.mark.parametrize(
    ("number", "text"),
    [("1.10", "1.1"), ("1E+3", "1000"), ("2.0E-4", "0.0002"), ("-0", "0"), ("0.00", "0")],
)
def test_plain_text_has_no_exponent_and_no_noise(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text


def test_exact_prices_never_compare_with_ticks() -> None:
    with pytest.raises(TypeError):
        _ = ExactPrice(Decimal(1)) < Price(2)  # type: ignore[operator]
    assert str(ExactPrice(Decimal("1.50"))) == "1.5"


def test_sides_have_opposites() -> None:
    assert Side.BUY.opposite is Side.SELL
    assert Side.SELL.opposite is Side.BUY
    assert (Side.BUY.sign, Side.SELL.sign) == (1, -1)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0.1234567890123456789012345678901", "0.1234567890123456789012345678901"),
        ("12345678901234567890123456789.50", "12345678901234567890123456789.5"),
        ("1E+30", "1" + "0" * 30),
        ("100.00", "100"),
        ("-0.00", "0"),
    ],
)
def test_plain_text_rounds_nothing(number: str, text: str) -> None:
    """Not even beyond the digits that arithmetic keeps."""
    assert plain(Decimal(number)) == text


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (Decimal(250_000), "250 000"),
        (10_000, "10 000"),
        (999, "999"),
        (Decimal("-1234567.50"), "-1 234 567.5"),
        (Decimal("-0.25"), "-0.25"),
        (Decimal("1E+6"), "1 000 000"),
    ],
)
def test_in_sentences_thousands_are_set_apart(number: Decimal | int, words: str) -> None:
    assert spaced(number) == words.replace(" ", "\N{NARROW NO-BREAK SPACE}")
