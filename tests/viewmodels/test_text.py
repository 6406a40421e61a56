import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.clock import TimestampMs
from terminal.domain.units import Money, spaced
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


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("250", "250.00"),
        ("0.00000001", "0.00000001"),
        ("1234.5678", f"1{THIN}234.5678"),
        ("1E+3", f"1{THIN}000.00"),
        ("10.500000", "10.50"),
        ("-0.123", f"{text.MINUS}0.123"),
    ],
)
def test_exact_money_drops_no_digit(amount: str, shown: str) -> None:
    """What is moved is shown to the last digit, and at least with the usual ones."""
    assert text.exact_money(Money(Decimal(amount), "USDT")) == f"{shown} USDT"


@given(st.integers(0, 10**20).map(lambda n: n * Decimal("0.00000001")))
def test_what_is_shown_exactly_reads_back(amount: Decimal) -> None:
    """Showing and reading an exact amount gives the amount."""
    shown = text.exact_money(Money(amount, "USDT")).removesuffix(" USDT")
    assert Decimal(text.bare_number(shown)) == amount


@pytest.mark.parametrize(
    ("typed", "bare"),
    [
        ("1,000,000.5", "1000000.5"),
        (" 1 000 ", "1000"),
        (".5", ".5"),
        ("5.", "5."),
        ("100012,3", "x"),
        ("1,00", "x"),
        ("1e5", "x"),
        ("-5", "x"),
        ("NaN", "x"),
        ("", "x"),
    ],
)
def test_doubtful_numbers_are_no_numbers(typed: str, bare: str) -> None:
    """A comma counts only where it can be nothing but a thousands separator."""
    assert text.bare_number(typed) == bare


@given(st.integers(min_value=-(10**12), max_value=10**12))
def test_thousands_are_set_apart_the_same_by_all_and_no_line_breaks_there(value: int) -> None:
    """One helper for all: a number must never be read as two."""
    assert unicodedata.name(text.THIN_SPACE) == "NARROW NO-BREAK SPACE"
    written = (text.whole(value), text.number(Decimal(value), 0), spaced(value))
    assert {one.replace(text.MINUS, "-") for one in written} == {f"{value:,}".replace(",", THIN)}
    assert text.bare_number(text.whole(abs(value))) == str(abs(value))


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 ticks"), (1, "1 tick"), (-1, f"{text.MINUS}1 tick"), (1200, f"1{THIN}200 ticks")],
)
def test_one_is_not_a_plural(count: int, shown: str) -> None:
    assert text.counted(count, "tick") == shown
    assert text.counted(Decimal(count), "tick") == shown
