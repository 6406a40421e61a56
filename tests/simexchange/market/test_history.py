"""Candles: a year that joins the live price without a jump."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.market.contracts import CONTRACTS
from terminal.simexchange.market.history import (
    HISTORY_MS,
    MONTH_MINUTES,
    Candle,
    CandleStore,
    end_of,
    start_of,
)
from terminal.simexchange.market.path import DAY_MS, MINUTE_MS, PricePath
from terminal.simexchange.saved.graph import Reader, Writer

SPEC = CONTRACTS[0]
NOW_MS = 1_760_000_030_000
GRANULARITIES = (1, 5, 15, 30, 60, 120, 240, 480, 720, 1440, 10_080)
PAST = PricePath(SPEC, "1", NOW_MS)


def a_store() -> CandleStore:
    return CandleStore(PAST)


def test_the_past_ends_at_the_start_price() -> None:
    rows = a_store().rows(1, None, None, 20_000)
    assert rows[-1].close == SPEC.start_ticks
    assert rows[-1].start_ms == NOW_MS - NOW_MS % MINUTE_MS - MINUTE_MS
    assert 0 < (rows[-1].start_ms - rows[0].start_ms) // MINUTE_MS + 1 - len(rows) < 100
    for before, after in itertools.pairwise(rows):
        assert after.low <= min(after.open, after.close)
        assert after.high >= max(after.open, after.close)
        if after.start_ms - before.start_ms == MINUTE_MS:
            assert after.open == before.close


def test_live_trades_go_on_where_history_ends() -> None:
    store = a_store()
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
    store = a_store()
    start_ms = NOW_MS - 3 * 3600 * 1000
    first = store.rows(15, start_ms, None, 5)
    assert len(first) == 5
    assert first[0].start_ms >= start_ms
    last = store.rows(15, None, start_ms, 5)
    assert last[-1].start_ms <= start_ms
    assert all(row.start_ms % (15 * MINUTE_MS) == 0 for row in first + last)


def test_day_figures_are_those_of_the_rows() -> None:
    store = a_store()
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
    store = a_store()
    dice = random.Random(5)
    at_ms = NOW_MS
    for _ in range(300):
        at_ms += dice.randrange(40_000)
        store.trade(SPEC.start_ticks + dice.randrange(-9, 9), dice.randrange(1, 5), at_ms)
        assert store.last(minutes) == store.rows(minutes, at_ms - 8 * 86_400_000, None, 20_000)[-1]


@pytest.mark.parametrize("minutes", GRANULARITIES)
def test_looking_at_the_forming_candle_changes_no_row(minutes: int) -> None:
    """A minute that somebody listened to held its trades twice."""
    heard, unheard = a_store(), a_store()
    for number in range(9):
        for store in (heard, unheard):
            store.trade(SPEC.start_ticks + number % 3, 5, NOW_MS + number * 1000)
        assert heard.last(minutes) is not None
    assert heard.rows(minutes, None, None, 2) == unheard.rows(minutes, None, None, 2)


def test_weeks_begin_on_monday() -> None:
    """As the exchange's weeks do."""
    store = a_store()
    weeks = store.rows(10_080, None, None, 4)
    assert len(weeks) == 4
    for week in weeks:
        assert datetime.fromtimestamp(week.start_ms / 1000, UTC).isoweekday() == 1


@given(
    minutes=st.sampled_from(GRANULARITIES[1:]),
    trades=st.lists(
        st.tuples(st.integers(0, 400_000), st.integers(-30, 30), st.integers(1, 9)), max_size=20
    ),
    back_ms=st.integers(0, 3 * 86_400_000),
    asks=st.lists(st.sampled_from(GRANULARITIES), max_size=3),
)
def test_a_longer_interval_is_the_exact_merger_of_its_minutes(
    minutes: int, trades: list[tuple[int, int, int]], back_ms: int, asks: list[int]
) -> None:
    """Whatever was asked before, and while trades go on."""
    store, at_ms = a_store(), NOW_MS
    for number, (wait_ms, ticks, lots) in enumerate(trades):
        at_ms += wait_ms
        store.trade(SPEC.start_ticks + ticks, lots, at_ms)
        if number < len(asks):
            store.rows(asks[number], None, None, 3)
    start_ms = start_of(NOW_MS - back_ms, minutes)
    for row in store.rows(minutes, start_ms, None, 500):
        parts = store.rows(1, row.start_ms, end_of(row.start_ms, minutes) - 1, 20_000)
        assert row == Candle(
            row.start_ms,
            parts[0].open,
            max(part.high for part in parts),
            min(part.low for part in parts),
            parts[-1].close,
            sum(part.lots for part in parts),
            sum(part.traded for part in parts),
        )


@given(
    trades=st.lists(
        st.tuples(st.integers(-90_000, 400_000), st.integers(-30, 30), st.integers(1, 1_000_000)),
        min_size=1,
        max_size=60,
    ),
    saves=st.sets(st.integers(0, 59), max_size=3),
)
def test_live_minutes_are_what_was_traded_in_them(
    trades: list[tuple[int, int, int]], saves: set[int]
) -> None:
    """The last and all before it, whatever the clock did, also after it went on from its state."""
    store, at_ms, close = a_store(), NOW_MS, SPEC.start_ticks
    wanted: list[Candle] = []
    for number, (wait_ms, ticks, lots) in enumerate(trades):
        at_ms += wait_ms
        price = SPEC.start_ticks + ticks
        store.trade(price, lots, at_ms)
        start_ms = max(at_ms - at_ms % MINUTE_MS, NOW_MS - NOW_MS % MINUTE_MS)
        if not wanted or start_ms > wanted[-1].start_ms:
            wanted.append(Candle(start_ms, close, max(close, price), min(close, price), 0, 0, 0))
        last = wanted[-1]
        last.high, last.low = max(last.high, price), min(last.low, price)
        last.close = close = price
        last.lots, last.traded = last.lots + lots, last.traded + price * lots
        if number in saves:
            store = gone_on(store)
    assert store.rows(1, NOW_MS - NOW_MS % MINUTE_MS, None, 500) == wanted
    assert store.last(1) == wanted[-1]


def gone_on(store: CandleStore) -> CandleStore:
    """A new store that goes on from what is kept of one."""
    writer, new = Writer(), a_store()
    written = writer.value(store)
    kinds = {"market.history.CandleStore": CandleStore, "market.history.Candle": Candle}
    Reader(writer.classes, kinds, [], 0).value(written, new)
    return new


def test_minutes_without_a_trade_have_no_row() -> None:
    store = a_store()
    store.trade(SPEC.start_ticks, 1, NOW_MS)
    store.trade(SPEC.start_ticks + 1, 1, NOW_MS + 10 * MINUTE_MS)
    starts = [row.start_ms for row in store.rows(1, NOW_MS - MINUTE_MS, None, 500)]
    first_ms = NOW_MS - NOW_MS % MINUTE_MS
    assert starts == [first_ms, first_ms + 10 * MINUTE_MS]


def test_a_span_that_ends_before_it_begins_has_no_rows() -> None:
    assert a_store().rows(1, NOW_MS, NOW_MS - 1, 500) == []


def test_months_begin_on_the_first() -> None:
    rows = a_store().rows(MONTH_MINUTES, None, None, 9)
    begins = [datetime.fromtimestamp(row.start_ms / 1000, UTC) for row in rows]
    months = [(at.month, at.day, at.hour) for at in begins]
    assert months == [(month, 1, 0) for month in range(2, 11)]


def test_a_year_of_days_is_there_and_nothing_before() -> None:
    store = a_store()
    days = store.rows(1440, 0, None, 5000)
    assert [day.start_ms for day in days] == list(range(store.first_ms, NOW_MS, DAY_MS))[
        : len(days)
    ]
    assert 0 <= len(days) - HISTORY_MS // DAY_MS <= 1
    weeks = store.rows(10_080, 0, None, 500)
    assert len(weeks) in {52, 53}
    assert sum(week.lots for week in weeks) == sum(
        day.lots for day in days if day.start_ms >= weeks[0].start_ms
    )
    assert CandleStore(PAST, NOW_MS - 9 * DAY_MS).rows(1440, 0, None, 500)[0] == days[-10]


def test_a_day_without_trades_stands_at_the_last_price() -> None:
    """Also two days after the exchange began, when nobody traded at all."""
    store = a_store()
    day = store.day(NOW_MS + 2 * 86_400_000)
    assert (day.opened, day.high, day.low, day.lots) == (*[SPEC.start_ticks] * 3, 0)


def test_a_clock_that_is_turned_back_moves_no_candle_back() -> None:
    store = a_store()
    store.trade(SPEC.start_ticks, 1, NOW_MS + 5 * MINUTE_MS)
    store.trade(SPEC.start_ticks + 4, 2, NOW_MS - 60 * MINUTE_MS)
    starts = [row.start_ms for row in store.rows(1, None, None, 9)]
    assert starts == sorted(set(starts))
    assert store.rows(1, None, None, 1)[0].lots == 3
    assert store.day(NOW_MS).high >= SPEC.start_ticks + 4
