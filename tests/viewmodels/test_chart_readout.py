"""The readout: one candle in words, exact, and silence where nothing is known."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.candles import Candle, CandleInterval, CandleSeries, SeriesChange
from terminal.domain.clock import TimestampMs
from terminal.domain.units import Lots, Price, Side
from terminal.viewmodels.chart_axis import TimeScale
from terminal.viewmodels.chart_columns import ChartColumns
from terminal.viewmodels.chart_readout import Cursor, crosshair, readout, slot_time
from terminal.viewmodels.chart_view import PRICE_PANE, VOLUME_PANE, Figure, FillMark
from terminal.viewmodels.text import EMPTY, MINUS, THIN_SPACE, Role
from tests.support.builders import a_contract

BASE_MS = 1_767_571_200_000  # 5 January 2026, 00:00 UTC
SCALE = TimeScale(BASE_MS, CandleInterval.M1, UTC)


def columns(opened: int = 1000, close: int = 1010, lots: int = 1234) -> ChartColumns:
    """Candles in slots 0, 3 and 5; the middle one is as told, five ticks wider both ways."""
    series, columns = CandleSeries(CandleInterval.M1), ChartColumns(CandleInterval.M1)
    for slot, first, last in ((0, 1000, 1000), (3, opened, close), (5, 1000, 1000)):
        start = TimestampMs(BASE_MS + slot * CandleInterval.M1.ms)
        high, low = Price(max(first, last) + 5), Price(min(first, last) - 5)
        series.merge([Candle(start, Price(first), high, low, Price(last), Lots(lots))])
    columns.take(series, SeriesChange(0, 0, 3))
    return columns


def test_a_candle_in_words() -> None:
    """Time, four prices as the contract writes them, the change, the volume in lots."""
    figures = readout(3, columns(), (), a_contract(), SCALE)

    assert figures == (
        Figure("", "5 Jan 2026 00:03", Role.TEXT_DIM),
        Figure("O", "100.0"),
        Figure("H", "101.5"),
        Figure("L", "99.5"),
        Figure("C", "101.0", Role.BUY),
        Figure("", f"+1.00{THIN_SPACE}%", Role.BUY),
        Figure("Vol", f"1{THIN_SPACE}234 lots"),
    )


def test_own_fills_of_the_candle_are_told() -> None:
    """Marks of this slot only, each side with its own sign and word."""
    marks = (
        FillMark(2, 1000, Side.BUY, 9),
        FillMark(3, 1000, Side.BUY, 4),
        FillMark(3, 1001, Side.SELL, 1500),
    )

    figures = readout(3, columns(), marks, a_contract(), SCALE)

    assert figures[-3].label == "Vol"
    assert figures[-2:] == (
        Figure("▲ Bought", "4", Role.BUY),
        Figure("▼ Sold", f"1{THIN_SPACE}500", Role.SELL),
    )


@pytest.mark.parametrize(
    ("slot", "expected"),
    [
        (4, ("No trade in this time.",)),
        (-1, ()),  # not loaded, or before the contract was listed
        (6, ()),  # yet to come
    ],
)
def test_where_there_is_no_candle_none_is_invented(slot: int, expected: tuple[str, ...]) -> None:
    """A hole says that nothing traded; what is not loaded or yet to come claims nothing."""
    time, *rest = readout(slot, columns(), (), a_contract(), SCALE)

    assert time.text == slot_time(slot, SCALE)
    assert tuple(figure.text for figure in rest) == expected


@pytest.mark.parametrize(
    ("opened", "close", "expected", "role"),
    [
        (1000, 990, f"{MINUS}1.00{THIN_SPACE}%", Role.SELL),
        (1000, 1000, f"0.00{THIN_SPACE}%", Role.TEXT),
        (300_000, 300_001, f"0.00{THIN_SPACE}%", Role.BUY),
        (1, 2000, f"+199{THIN_SPACE}900.00{THIN_SPACE}%", Role.BUY),
        (0, 5, EMPTY, Role.BUY),
    ],
)
def test_the_change(opened: int, close: int, expected: str, role: Role) -> None:
    """From open to close, with a sign unless it shows as zero; colored by the exact prices."""
    figures = readout(3, columns(opened, close), (), a_contract(), SCALE)
    assert Figure("", expected, role) in figures


@given(st.integers(6, 10**12), st.integers(6, 10**12), st.integers(0, 10**12))
def test_no_digit_is_lost_or_invented(opened: int, close: int, lots: int) -> None:
    """Prices and sizes in the readout are the exact ticks and lots."""
    figures = readout(3, columns(opened, close, lots), (), a_contract(), SCALE)

    shown = {figure.label: figure.text.replace(THIN_SPACE, "") for figure in figures}
    assert shown["O"] == f"{opened // 10}.{opened % 10}"
    assert shown["C"] == f"{close // 10}.{close % 10}"
    assert shown["Vol"] == f"{lots} lots"


@pytest.mark.parametrize(
    ("interval", "hours", "expected"),
    [
        (CandleInterval.M1, 2, "5 Jan 2026 02:01"),
        (CandleInterval.H4, -8, "4 Jan 2026 20:00"),
        (CandleInterval.D1, -8, "6 Jan 2026 UTC"),
        (CandleInterval.W1, -8, "12 Jan 2026 UTC"),
    ],
)
def test_times_are_the_users_and_dates_of_days_the_exchanges(
    interval: CandleInterval, hours: int, expected: str
) -> None:
    """A daily candle keeps the exchange's date and says whose it is."""
    zone = timezone(timedelta(hours=hours))
    assert slot_time(1, TimeScale(BASE_MS, interval, zone)) == expected


@pytest.mark.parametrize(
    ("pane", "value", "lies_at", "expected"),
    [
        (PRICE_PANE, 650_000.4, 650_000, f"65{THIN_SPACE}000.0"),
        (PRICE_PANE, 649_999.6, 650_000, f"65{THIN_SPACE}000.0"),
        (VOLUME_PANE, 1234.4, 1234.4, f"1{THIN_SPACE}234"),
        (VOLUME_PANE, -7.0, -7.0, "0"),
        ("a study", 0.5, 0.5, ""),
    ],
)
def test_the_crosshair_reads_what_it_lies_on(
    pane: str, value: float, lies_at: float, expected: str
) -> None:
    """Prices are whole ticks, sizes whole lots and never below zero."""
    found = crosshair(Cursor(3, pane, value), a_contract(), SCALE)

    assert (found.at, found.pane, found.value) == (3.5, pane, lies_at)
    assert (found.time_text, found.value_text) == ("5 Jan 2026 00:03", expected)
