from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.clock import TimestampMs
from terminal.domain.units import Money
from terminal.viewmodels import text

THIN = text.THIN_SPACE


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        ("100012.3", 1, f"100{THIN}012.3"),
        ("-1234.5", 2, f"{text.MINUS}1{THIN}234.50"),
        ("-0.001", 2, "0.00"),
        ("0", 0, "0"),
        ("0.125", 2, "0.12"),
    ],
)
def test_numbers_have_their_decimals_a_true_minus_and_thin_thousands(
    value: str, decimals: int, shown: str
) -> None:
    """No trailing noise, no minus zero."""
    assert text.number(Decimal(value), decimals) == shown


def test_gains_carry_a_plus_and_zero_no_sign() -> None:
    """A side is never told by colour alone."""
    assert text.signed(Decimal("1.5"), 2) == "+1.50"
    assert text.signed(Decimal("-1.5"), 2) == f"{text.MINUS}1.50"
    assert text.signed(Decimal("0.001"), 2) == "0.00"


def test_money_shows_its_currency_or_a_dash() -> None:
    """Dollars with two decimals, coins with six."""
    assert text.money(Money(Decimal(10000), "USDT")) == f"10{THIN}000.00 USDT"
    assert text.money(Money(Decimal("0.5"), "XBT")) == "0.500000 XBT"
    assert text.money(None) == text.EMPTY


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0, "0.0 s"),
        (0.49, "0.4 s"),
        (9.99, "9.9 s"),
        (12.7, "12 s"),
        (89, "89 s"),
        (90, "1 min"),
        (5399, "89 min"),
        (5400, "1 h"),
    ],
)
def test_ages_have_one_unit(seconds: float, shown: str) -> None:
    """Ages never round up: 9.99 s is not yet 10 s."""
    assert text.age(seconds) == shown


@given(st.integers(-(10**12), 10**12))
def test_whole_numbers_read_back(value: int) -> None:
    """Setting thousands apart loses nothing."""
    shown = text.whole(value).replace(THIN, "").replace(text.MINUS, "-")
    assert int(shown) == value


def test_times_are_told_in_the_users_zone_and_exactly_in_the_tooltip() -> None:
    """The exact time carries the zone's offset and milliseconds."""
    at = TimestampMs(1_760_000_000_123)

    assert len(text.clock_time(at)) == 8
    assert ".123" in text.exact_time(at)
    assert text.exact_time(at)[-6] in "+-"
