"""The tape as a file: exact prices, exact times, a line for what was missed."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.clock import TimestampNs
from terminal.domain.tape import Burst, TapeHole
from terminal.domain.tape_csv import HEADER, csv_lines, iso_time
from terminal.domain.units import Lots, Price, PriceScale, Side

AT = TimestampNs(1_760_000_000_123_456_789)


def a_burst(number: int = 1, first: int = 10_001, last: int = 10_003) -> Burst:
    later = TimestampNs(AT + 1)
    return Burst(number, Side.BUY, Price(first), Price(last), Lots(7), 2, AT, later, is_large=False)


def test_a_burst_is_a_line_with_nothing_rounded() -> None:
    lines = list(csv_lines([a_burst()], PriceScale(Decimal("0.1"))))
    expected = (
        "trades,2025-10-09T08:53:20.123456789Z,2025-10-09T08:53:20.123456790Z,buy,1000.1,1000.3,7,2"
    )
    assert lines == [HEADER, expected]


def test_a_hole_has_as_many_fields_as_every_line() -> None:
    lines = list(csv_lines([a_burst(), TapeHole(2), a_burst(3)], PriceScale(Decimal("0.5"))))
    assert [line.split(",")[0] for line in lines[1:]] == ["trades", "missed", "trades"]
    assert {line.count(",") for line in lines} == {HEADER.count(",")}


@given(
    ticks=st.integers(1, 10**12),
    tick=st.decimals(Decimal("0.000000001"), Decimal(100), allow_nan=False, places=9),
)
def test_every_price_reads_back_as_it_was(ticks: int, tick: Decimal) -> None:
    scale = PriceScale(tick)
    line = list(csv_lines([a_burst(last=ticks)], scale))[1]
    assert Decimal(line.split(",")[5]) == scale.decimal(Price(ticks))
    assert "E" not in line


@given(st.integers(0, 4_000_000_000_000_000_000))
def test_a_time_keeps_all_its_digits(at: int) -> None:
    assert int(iso_time(TimestampNs(at))[-10:-1]) == at % 1_000_000_000
