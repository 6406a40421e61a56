"""Midnights in any zone, and what the ledger says a day brought."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.account_facts import LedgerEntry, LedgerKind, LedgerState
from terminal.domain.clock import TimestampMs
from terminal.domain.trading_day import TradingDay, day_of, realized
from terminal.domain.units import Money

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "America/Havana", "Africa/Cairo",
         "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe")  # fmt: skip


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1000


@pytest.mark.parametrize(
    ("now", "zone", "start", "end"),
    [
        ("2026-01-10T00:00:00+00:00", "UTC", "2026-01-10T00:00:00+00:00",
         "2026-01-11T00:00:00+00:00"),
        ("2026-01-09T23:59:59+00:00", "UTC", "2026-01-09T00:00:00+00:00",
         "2026-01-10T00:00:00+00:00"),
        # Berlin puts its clocks forward: a day of 23 hours; and back: 25.
        ("2026-03-29T12:00:00+00:00", "Europe/Berlin", "2026-03-28T23:00:00+00:00",
         "2026-03-29T22:00:00+00:00"),
        ("2026-10-25T12:00:00+00:00", "Europe/Berlin", "2026-10-24T22:00:00+00:00",
         "2026-10-25T23:00:00+00:00"),
        # Havana skips midnight in spring, and has it twice in autumn: the first counts.
        ("2026-03-08T12:00:00+00:00", "America/Havana", "2026-03-08T05:00:00+00:00",
         "2026-03-09T04:00:00+00:00"),
        ("2026-11-01T04:30:00+00:00", "America/Havana", "2026-11-01T04:00:00+00:00",
         "2026-11-02T05:00:00+00:00"),
        ("2026-11-01T05:30:00+00:00", "America/Havana", "2026-11-01T04:00:00+00:00",
         "2026-11-02T05:00:00+00:00"),
    ],
)  # fmt: skip
def test_a_day_goes_from_midnight_to_midnight(now: str, zone: str, start: str, end: str) -> None:
    tz = UTC if zone == "UTC" else ZoneInfo(zone)
    assert day_of(ms(now), tz) == TradingDay(TimestampMs(ms(start)), TimestampMs(ms(end)))


@given(st.integers(ms("2015-01-01T00:00:00+00:00"), ms("2035-01-01T00:00:00+00:00")),
       st.sampled_from(ZONES))  # fmt: skip
def test_every_instant_is_in_its_day_and_days_follow_each_other(now_ms: int, zone: str) -> None:
    tz = UTC if zone == "UTC" else ZoneInfo(zone)
    day = day_of(now_ms, tz)
    assert day.has(now_ms)
    assert day_of(day.start_ms, tz) == day
    assert day_of(day.end_ms, tz).start_ms == day.end_ms
    assert not day.has(day.end_ms)
    assert timedelta(hours=22) < timedelta(milliseconds=day.end_ms - day.start_ms)


def row(at: int, amount: str, **changes: Any) -> LedgerEntry:
    values: dict[str, Any] = {
        "at": TimestampMs(at),
        "kind": LedgerKind.REALIZED,
        "state": LedgerState.COMPLETED,
        "amount": Money(Decimal(amount), "USDT"),
        "fee": None,
        "equity": None,
        "remark": "XBTUSDTM",
        "offset": at,
    }
    return LedgerEntry(**{**values, **changes})


def test_what_was_realized_in_the_day_counts_running_rows_and_fees_included() -> None:
    day = TradingDay(TimestampMs(100), TimestampMs(200))
    rows = [
        row(99, "-1000"),
        row(100, "-5"),
        row(150, "-7", state=LedgerState.PENDING, offset=-1),
        row(160, "3", fee=Money(Decimal("0.25"), "USDT")),
        row(170, "500", kind=LedgerKind.TRANSFER_IN),
        row(171, "-500", kind=LedgerKind.WITHDRAWAL),
        row(199, "1"),
        row(200, "-1000"),
    ]
    assert realized(rows, day) == Decimal("-8.25")
    assert realized((), day) == 0
