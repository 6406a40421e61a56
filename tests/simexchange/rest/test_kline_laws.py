"""Klines of all granularities are one market, made up or traded, however and whenever asked for.

The exchange opens a few minutes before a week ends, trades through scenarios into the next one, and
goes on from its saved state. So every granularity has a row that is made up, one that joins the
past with what was traded, and for the short ones several that were traded.
"""

from __future__ import annotations

import itertools
import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.clock import SimClock
from terminal.simexchange.market import scenarios
from terminal.simexchange.market.path import DAY_MS, MINUTE_MS
from terminal.simexchange.payloads.frames import CANDLE_TYPES
from terminal.simexchange.rest.series_calls import GRANULARITIES, MAX_KLINES
from terminal.simexchange.saved import files, state
from terminal.simexchange.server import SimExchange
from tests.support.asker import Asker

if TYPE_CHECKING:
    from collections.abc import Iterator

MONDAY_MS = 1_760_313_600_000
START_MS = MONDAY_MS - 7 * MINUTE_MS + 12_345
SYMBOLS = ("XBTUSDTM", "XBTUSDM", "XRPUSDTM")
PLAYED_S = 16 * 60
STEP_S = 3
WEEK = 10_080
DOINGS = {60: "squeeze", 240: "gap", 300: "thin_book", 330: "liquidation_cascade", 500: "trend"}
ALL = [(symbol, minutes) for symbol in SYMBOLS for minutes in sorted(GRANULARITIES)]


class Ear:
    """Somebody who listens to candles: the last frame of each interval."""

    def __init__(self) -> None:
        self.topics: dict[str, None] = {}
        self.said: dict[tuple[str, int], list[str]] = {}

    def send(self, text: str) -> None:
        frame = json.loads(text)
        candle = frame["data"]["candles"]
        self.said[frame["topic"].rpartition(":")[2], int(candle[0]) * 1000] = candle

    def abort(self) -> None:
        raise AssertionError("nobody breaks it")


def an_exchange() -> SimExchange:
    return SimExchange(is_calm=True, clock=SimClock(start_ms=START_MS, speed=0))


def played(exchange: SimExchange, asks: random.Random | None = None) -> SimExchange:
    """Trade with scenarios; ``asks`` also asks for klines now and then."""
    ask = Asker(exchange)
    for second in range(0, PLAYED_S, STEP_S):
        exchange.clock.advance(STEP_S)
        if second in DOINGS:
            scenarios.start(exchange.engine.markets, DOINGS[second], SYMBOLS)
        for symbol in SYMBOLS:
            exchange.step(symbol)
        exchange.engine.publish_second()
        if asks is not None and asks.random() < 0.1:
            body(ask, *asks.choice(ALL))
    scenarios.stop(exchange.engine.markets)
    return exchange


def body(ask: Asker, symbol: str, minutes: int, **span: int) -> bytes:
    asked = "".join(f"&{name.rstrip('_')}={value}" for name, value in span.items())
    return ask.send(f"/api/v1/kline/query?symbol={symbol}&granularity={minutes}{asked}").body


def rows(ask: Asker, symbol: str, minutes: int, **span: int) -> list[list[Any]]:
    found: list[list[Any]] = json.loads(body(ask, symbol, minutes, **span))["data"]
    return found


def paged(ask: Asker, symbol: str, minutes: int, from_ms: int, to_ms: int) -> Iterator[list[Any]]:
    """All rows of a span, page by page."""
    while page := rows(ask, symbol, minutes, from_=from_ms, to=to_ms):
        yield from page
        from_ms = page[-1][0] + 1


EAR = Ear()
EXCHANGE = an_exchange()
for _symbol in SYMBOLS:
    for _name in CANDLE_TYPES:
        EXCHANGE.hub.subscribe(EAR, f"/contractMarket/limitCandle:{_symbol}_{_name}")
ASK = Asker(played(EXCHANGE))
NOW_MS = EXCHANGE.clock.now_ms()


def merged(ask: Asker, symbol: str, row: list[Any], minutes: int) -> list[Any]:
    """What a row must be by the minutes in it; turnover in the smallest unit, which is whole."""
    spec = ask.exchange.engine.markets[symbol].spec
    unit = float(spec.multiplier if spec.is_inverse else spec.multiplier * spec.tick)
    parts = list(paged(ask, symbol, 1, row[0], row[0] + minutes * MINUTE_MS - 1))
    assert sum(round(part[6] / unit) for part in parts) == round(row[6] / unit)
    return [
        row[0], parts[0][1], max(part[2] for part in parts), min(part[3] for part in parts),
        parts[-1][4], sum(part[5] for part in parts),
    ]  # fmt: skip


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("minutes", sorted(GRANULARITIES - {1}))
def test_rows_around_the_opening_are_merged_of_their_minutes(symbol: str, minutes: int) -> None:
    """The last one that is made up, the one of the join, and all that were traded."""
    found = rows(ASK, symbol, minutes, from_=START_MS - START_MS % MINUTE_MS - minutes * MINUTE_MS)
    if minutes == WEEK:
        found = found[-1:]  # what it is made of takes two dozen pages
    assert found[-1][0] <= NOW_MS < found[-1][0] + minutes * MINUTE_MS
    for row in found:
        assert row[:6] == merged(ASK, symbol, row, minutes)


@given(
    st.sampled_from(SYMBOLS),
    st.sampled_from(sorted(GRANULARITIES - {1, WEEK})),
    st.floats(0, 364),
)
def test_rows_of_any_day_of_the_year_are_merged_of_their_minutes(
    symbol: str, minutes: int, days_ago: float
) -> None:
    before_ms = NOW_MS - int(days_ago * DAY_MS)
    row = rows(ASK, symbol, minutes, to=before_ms)[-1]
    assert row[:6] == merged(ASK, symbol, row, minutes)


def test_a_candle_opens_where_the_one_before_closed_over_the_opening() -> None:
    """The first trade of the live market joins the last of the past."""
    for symbol in SYMBOLS:
        found = rows(ASK, symbol, 1, from_=START_MS - 10 * MINUTE_MS)
        starts = [row[0] for row in found]
        assert any(start < START_MS - MINUTE_MS for start in starts)
        assert any(start > START_MS for start in starts)
        for before, after in itertools.pairwise(found):
            assert after[1] == before[4]


def test_what_was_streamed_is_what_a_request_answers() -> None:
    """The last frame of every interval, closed or forming, for all types that a request knows."""
    checked = dict.fromkeys(CANDLE_TYPES, 0)
    for symbol in SYMBOLS:
        for name, minutes in CANDLE_TYPES.items():
            if minutes not in GRANULARITIES:
                continue
            told = {at: row for (topic, at), row in EAR.said.items() if topic == f"{symbol}_{name}"}
            first_ms = START_MS - START_MS % MINUTE_MS - minutes * MINUTE_MS
            for row in rows(ASK, symbol, minutes, from_=first_ms):
                if row[0] + minutes * MINUTE_MS <= START_MS:
                    continue
                opened, closed, high, low, _, lots = told[row[0]][1:]
                figures = [float(text) for text in (opened, high, low, closed)]
                assert [*figures, int(lots)] == row[1:6]
                checked[name] += 1
    assert all(
        checked[name] >= len(SYMBOLS) * (2 if minutes < 1440 else 1)
        for name, minutes in CANDLE_TYPES.items()
        if minutes in GRANULARITIES
    )


def test_another_order_of_asking_gives_the_same_bytes() -> None:
    """Also of asking while it trades: nothing that is kept for later shows."""
    dice = random.Random(1)
    other = Asker(played(an_exchange(), dice))
    queries = [(*one, {"to": NOW_MS - ago * DAY_MS}) for one in ALL for ago in (0, 40)]
    wanted = [body(ASK, *one, **span) for *one, span in queries]  # type: ignore[arg-type]  # a row of ALL
    places = list(range(len(queries)))
    dice.shuffle(places)
    for place in places:
        *one, span = queries[place]
        assert body(other, *one, **span) == wanted[place], queries[place]  # type: ignore[arg-type]  # a row of ALL


def test_an_exchange_that_goes_on_from_its_state_answers_the_same_bytes() -> None:
    """At once, and after both have traded on."""
    one = played(an_exchange())
    text = files.text_of(state.written(one))
    two = an_exchange()
    state.restore(two, json.loads(text.partition("\n")[2]), leap=0)
    for _ in range(2):
        for symbol, minutes in ALL:
            assert body(Asker(one), symbol, minutes) == body(Asker(two), symbol, minutes)
        for exchange in (one, two):
            for _ in range(60):
                exchange.clock.advance(2)
                for symbol in SYMBOLS:
                    exchange.step(symbol)
    ask, now_ms = Asker(two), two.clock.now_ms()
    for minutes in (5, 60, 1440):
        row = rows(ask, "XBTUSDTM", minutes, to=now_ms)[-1]
        assert row[:6] == merged(ask, "XBTUSDTM", row, minutes)


SERIES = ("XBTUSDTM", ".KXBTUSDT", ".XBTUSDTMPI", ".XBTUSDTMPI8H")


LONG_S = 9360
SERIES_ROWS = list(itertools.product(SERIES, (1, 5, 30, 60, 480)))


def check_told(ask: Asker, told: dict[tuple[str, int, int], list[Any]]) -> None:
    """Rows that will not change any more are what they were when they were told first."""
    for symbol, minutes in SERIES_ROWS:
        ends_ms = ask.exchange.clock.now_ms() - minutes * MINUTE_MS
        for row in rows(ask, symbol, minutes, from_=START_MS - 60 * MINUTE_MS):
            if row[0] <= ends_ms:
                assert told.setdefault((symbol, minutes, row[0]), row) == row


def test_what_is_long_ago_is_told_as_when_it_was_new() -> None:
    """Candles, index and premium of two hours and a half, with a restart amid them.

    Of the older seconds only some are kept; which ones does not depend on the restart.
    """
    exchanges, told = [an_exchange()], dict[tuple[str, int, int], list[Any]]()
    for second in range(0, LONG_S, 12):
        for exchange in exchanges:
            exchange.clock.advance(12)
            exchange.step("XBTUSDTM")
        if second in {1800, 5400, 7740}:
            check_told(Asker(exchanges[0]), told)
        if second == 8040:  # something is forgotten already
            text = files.text_of(state.written(exchanges[0]))
            exchanges.append(an_exchange())
            state.restore(exchanges[1], json.loads(text.partition("\n")[2]), leap=0)
    one, two = map(Asker, exchanges)
    check_told(one, told)
    assert {minutes for _, minutes, _ in told} >= {1, 5, 30, 60}
    for symbol, minutes in SERIES_ROWS:
        assert body(one, symbol, minutes) == body(two, symbol, minutes)
    for path in ("index/query?symbol=.KXBTUSDT", "premium/query?symbol=.XBTUSDTMPI"):
        asked = f"/api/v1/{path}&maxCount=100&endAt={START_MS + 390_000}"
        assert json.loads(one.send(asked).body)["data"]["dataList"]
        assert one.send(asked).body == two.send(asked).body


@pytest.mark.parametrize("minutes", [240, 480, 1440, WEEK])
def test_a_year_is_paged_from_its_first_candle_to_the_forming_one(minutes: int) -> None:
    """Forward by the last start, backward by the first: the same rows, none twice, none before."""
    first_ms = ASK.exchange.engine.markets["XBTUSDTM"].candles.first_ms
    forward = list(paged(ASK, "XBTUSDTM", minutes, 1, NOW_MS))
    size_ms = minutes * MINUTE_MS
    assert [row[0] for row in forward] == list(range(forward[0][0], NOW_MS, size_ms))
    assert first_ms - size_ms < forward[0][0] <= first_ms + (size_ms if minutes == WEEK else 0)
    assert NOW_MS - forward[0][0] >= 365 * DAY_MS - size_ms
    assert rows(ASK, "XBTUSDTM", minutes, to=forward[0][0] - 1) == []
    backward: list[list[Any]] = []
    to_ms = NOW_MS
    while page := rows(ASK, "XBTUSDTM", minutes, to=to_ms):
        assert len(page) <= MAX_KLINES
        backward[:0] = page
        to_ms = page[0][0] - 1
    assert backward == forward
