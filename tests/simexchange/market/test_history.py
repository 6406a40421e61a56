"""Candles: thirty days that join the live price without a jump."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime

import pytest

from terminal.simexchange.market.contracts import CONTRACTS
from terminal.simexchange.market.history import HISTORY_MINUTES, MINUTE_MS, CandleStore, made_up

SPEC = CONTRACTS[0]
NOW_MS = 1_760_000_030_000


def test_thirty_days_end_at_the_start_price() -> None:
    rows = list(made_up(SPEC, random.Random(1), NOW_MS))[::-1]
    assert rows[-1].close == SPEC.start_ticks
    assert rows[-1].start_ms == NOW_MS - NOW_MS % MINUTE_MS - MINUTE_MS
    assert NOW_MS - rows[0].start_ms > (HISTORY_MINUTES - 5) * MINUTE_MS
    assert 0 < HISTORY_MINUTES - len(rows) < 600, "some minutes had no trade"
    for before, after in itertools.pairwise(rows):
        assert after.low <= min(after.open, after.close)
        assert after.high >= max(after.open, after.close)
        if after.start_ms - before.start_ms == MINUTE_MS:
            assert after.open == before.close


def test_live_trades_go_on_where_history_ends() -> None:
    store = CandleStore(SPEC, random.Random(1), NOW_MS)
    assert store.last(1) is None
    store.trade(SPEC.start_ticks + 5, 3, NOW_MS)
    store.trade(SPEC.start_ticks - 2, 4, NOW_MS + 10)
    last = store.last(1)
    assert last is not None
    assert (last.open, last.high, last.low, last.close, last.lots) == (
        SPEC.start_ticks,
        SPEC.start_ticks + 5,
        SPEC.start_ticks - 2,
        SPEC.start_ticks - 2,
        7,
    )
    rows = store.rows(1, None, None, 500)
    assert len(rows) == 500
    assert rows[-1] == last
    assert [row.start_ms for row in rows] == sorted(row.start_ms for row in rows)


def test_rows_are_chosen_as_the_exchange_does() -> None:
    store = CandleStore(SPEC, random.Random(1), NOW_MS)
    start_ms = NOW_MS - 3 * 3600 * 1000
    first = store.rows(15, start_ms, None, 5)
    assert len(first) == 5
    assert first[0].start_ms >= start_ms
    last = store.rows(15, None, start_ms, 5)
    assert last[-1].start_ms <= start_ms
    assert all(row.start_ms % (15 * MINUTE_MS) == 0 for row in first + last)


def test_day_figures_are_those_of_the_rows() -> None:
    store = CandleStore(SPEC, random.Random(1), NOW_MS)
    store.trade(SPEC.start_ticks * 2, 7, NOW_MS)
    day = store.day(NOW_MS)
    rows = list(store.rows(1, NOW_MS - 86_400_000, None, 10_000))
    assert day.high == max(row.high for row in rows) == SPEC.start_ticks * 2
    assert day.low == min(row.low for row in rows)
    assert day.lots == sum(row.lots for row in rows)
    assert day.opened == rows[0].open


@pytest.mark.parametrize("minutes", [1, 5, 60, 1440, 10_080])
def test_the_forming_candle_is_the_last_row_of_every_interval(minutes: int) -> None:
    """What the stream tells is what a request would: history before the start included."""
    store = CandleStore(SPEC, random.Random(1), NOW_MS)
    dice = random.Random(5)
    at_ms = NOW_MS
    for _ in range(300):
        at_ms += dice.randrange(40_000)
        store.trade(SPEC.start_ticks + dice.randrange(-9, 9), dice.randrange(1, 5), at_ms)
        assert store.last(minutes) == store.rows(minutes, at_ms - 8 * 86_400_000, None, 20_000)[-1]


def test_weeks_begin_on_monday() -> None:
    """As the exchange's weeks do."""
    store = CandleStore(SPEC, random.Random(1), NOW_MS)
    weeks = store.rows(10_080, None, None, 4)
    assert len(weeks) == 4
    for week in weeks:
        assert datetime.fromtimestamp(week.start_ms / 1000, UTC).isoweekday() == 1
