"""Candles, index, interest, premium and funding: chosen, paged and told as the exchange does."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.clock import SimClock
from terminal.simexchange.market.path import DAY_MS
from terminal.simexchange.market.series import CYCLE_MS, FUNDING_CAP
from terminal.simexchange.rest.series_calls import GRANULARITIES
from terminal.simexchange.server import SimExchange
from tests.support.asker import Asker

if TYPE_CHECKING:
    from terminal.simexchange.rest.routing import Route

START_MS = 1_760_000_012_345
MINUTE_MS = 60_000
YEAR_MS = 365 * DAY_MS
SYMBOLS = ("XBTUSDTM", ".KXBTUSDT", ".XBTUSDTMPI", ".XBTUSDTMPI8H", ".BXBT", ".SOLUSDTMPI")


def an_exchange(minutes: int = 5) -> SimExchange:
    exchange = SimExchange(is_calm=True, clock=SimClock(start_ms=START_MS, speed=0))
    for _ in range(minutes * 60):
        exchange.clock.advance(1)
        exchange.step("XBTUSDTM")
        exchange.step("SOLUSDTM")
    return exchange


ASK = Asker(an_exchange())
NOW_MS = ASK.exchange.clock.now_ms()


def rows(symbol: str, granularity: int = 1, **span: int) -> list[list[Any]]:
    asked = "".join(f"&{name.rstrip('_')}={value}" for name, value in span.items())
    found: list[list[Any]] = ASK.data(
        f"/api/v1/kline/query?symbol={symbol}&granularity={granularity}{asked}"
    )
    return found


# Candles ---------------------------------------------------------------------------------------


@pytest.mark.conforms("GET /api/v1/kline/query")
@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("granularity", sorted(GRANULARITIES))
def test_neither_bound_gives_the_latest_rows_and_the_last_is_forming(
    symbol: str, granularity: int
) -> None:
    found = rows(symbol, granularity)
    assert 0 < len(found) <= 500
    size_ms = granularity * MINUTE_MS
    assert found[-1][0] <= NOW_MS < found[-1][0] + size_ms
    starts = [row[0] for row in found]
    assert starts == sorted(set(starts))
    week_ms = 3 * DAY_MS if granularity == 10_080 else 0
    assert all((start + week_ms) % size_ms == 0 for start in starts)
    for row in found:
        assert len(row) == 7
        assert row[3] <= min(row[1], row[4]) <= max(row[1], row[4]) <= row[2]
        assert isinstance(row[0], int)
        assert isinstance(row[5], int)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_only_from_gives_the_first_rows_since_then(symbol: str) -> None:
    from_ms = NOW_MS - 3 * DAY_MS + 17
    found = rows(symbol, 1, from_=from_ms)
    assert len(found) == 500
    assert from_ms <= found[0][0] < from_ms + 5 * MINUTE_MS
    few = rows(symbol, 1, from_=NOW_MS - 4 * MINUTE_MS)
    assert few == rows(symbol)[-len(few) :]
    assert 0 < len(few) <= 4


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_only_to_gives_the_rows_that_end_there(symbol: str) -> None:
    to_ms = NOW_MS - 2 * DAY_MS
    found = rows(symbol, 5, to=to_ms)
    assert len(found) == 500
    assert to_ms - 10 * MINUTE_MS < found[-1][0] <= to_ms


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_both_bounds_are_included_and_five_hundred_rows_are_the_most(symbol: str) -> None:
    from_ms = NOW_MS - NOW_MS % (60 * MINUTE_MS) - 100 * 60 * MINUTE_MS
    to_ms = from_ms + 9 * 60 * MINUTE_MS
    found = rows(symbol, 60, from_=from_ms, to=to_ms)
    assert [found[0][0], found[-1][0], len(found)] == [from_ms, to_ms, 10]
    many = rows(symbol, 1, from_=from_ms, to=NOW_MS)
    assert len(many) == 500
    assert many[0][0] == from_ms
    assert rows(symbol, 1, from_=to_ms, to=from_ms) == []
    assert rows(symbol, 1, from_=NOW_MS + DAY_MS) == []
    assert rows(symbol, 1, to=1) == [], "history of small intervals may be empty"


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("granularity", [5, 60, 480, 1440])
def test_a_longer_interval_is_merged_of_shorter_ones(symbol: str, granularity: int) -> None:
    size_ms = granularity * MINUTE_MS
    part = 1 if granularity < 480 else 5
    for whole in rows(symbol, granularity)[-3:]:
        parts = rows(symbol, part, from_=whole[0], to=whole[0] + size_ms - 1)
        assert whole[1] == parts[0][1]
        assert whole[2] == max(row[2] for row in parts)
        assert whole[3] == min(row[3] for row in parts)
        assert whole[4] == parts[-1][4]
        assert whole[5] == sum(row[5] for row in parts)
        assert whole[6] == pytest.approx(sum(row[6] for row in parts))


def test_what_is_traded_shows_in_every_interval() -> None:
    exchange = an_exchange(1)
    ask = Asker(exchange)

    def last(granularity: int) -> list[Any]:
        path = f"/api/v1/kline/query?symbol=XBTUSDTM&granularity={granularity}"
        row: list[Any] = ask.data(path)[-1]
        return row

    before = {granularity: last(granularity) for granularity in GRANULARITIES}
    traded = exchange.engine.markets["XBTUSDTM"].match("buy", None, 25, "9")
    lots = sum(trade.lots for trade in traded)
    value = sum(trade.lots * trade.price for trade in traded) * 0.0001
    assert lots == 25
    for granularity in GRANULARITIES:
        row = last(granularity)
        assert row[5] - before[granularity][5] == 25
        assert row[6] - before[granularity][6] == pytest.approx(value, rel=1e-6)
        assert row[4] == float(ask.data("/api/v1/ticker?symbol=XBTUSDTM")["price"])


def test_the_switch_takes_the_turnover_away() -> None:
    ASK.exchange.switches.set("kline_columns", "6")
    try:
        assert {len(row) for row in rows("XBTUSDTM")} == {6}
        assert {len(row) for row in rows(".KXBTUSDT")} == {6}
    finally:
        ASK.exchange.switches.set("kline_columns", "7")


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("", (400, "400100")),
        ("symbol=XBTUSDTM", (400, "400100")),
        ("granularity=1", (400, "400100")),
        ("symbol=XBTUSDTM&granularity=3", (400, "400100")),
        ("symbol=XBTUSDTM&granularity=43200", (400, "400100")),
        ("symbol=XBTUSDTM&granularity=0", (400, "400100")),
        ("symbol=XBTUSDTM&granularity=-1", (400, "400100")),
        ("symbol=XBTUSDTM&granularity=1min", (400, "400100")),
        ("symbol=XBTUSDTM&granularity=1&from=yesterday", (400, "400100")),
        ("symbol=XBTUSDTM&granularity=1&to=1.5", (400, "400100")),
        ("symbol=XBTUSDTM&granularity=1&from=%C2%B2", (400, "400100")),
        ("symbol=XBTUSDT&granularity=1", (200, "100003")),
        ("symbol=.XBTINT&granularity=1", (200, "100003")),
    ],
)
def test_wrong_questions_for_candles_are_refused(query: str, answer: tuple[int, str]) -> None:
    assert ASK.refusal(f"/api/v1/kline/query?{query}") == answer


def test_the_greatest_numbers_are_answered() -> None:
    greatest = 10**18 - 1
    for symbol in SYMBOLS:
        assert rows(symbol, 1, from_=greatest) == []
        assert rows(symbol, 10_080, from_=0, to=greatest)
    page = ASK.data(f"/api/v1/index/query?symbol=.KXBTUSDT&startAt={greatest}&endAt={greatest}")
    assert page == {"dataList": [], "hasMore": False}


# Points ----------------------------------------------------------------------------------------

SERIES = (
    ("index", ".KXBTUSDT", 1000),
    ("index", ".BXBT", 1000),
    ("interest", ".XBTINT8H", CYCLE_MS),
    ("interest", ".USDTINT", MINUTE_MS),
    ("premium", ".XBTUSDTMPI", MINUTE_MS),
    ("premium", ".XBTUSDTMPI8H", CYCLE_MS),
)


def page(kind: str, symbol: str, **asked: object) -> tuple[list[dict[str, Any]], bool]:
    query = "".join(f"&{name}={str(value).lower()}" for name, value in asked.items())
    found = ASK.data(f"/api/v1/{kind}/query?symbol={symbol}{query}")
    return found["dataList"], found["hasMore"]


@pytest.mark.conforms(
    "GET /api/v1/index/query", "GET /api/v1/interest/query", "GET /api/v1/premium/query"
)
@pytest.mark.parametrize(("kind", "symbol", "step_ms"), SERIES)
def test_the_first_page_is_the_latest_ten(kind: str, symbol: str, step_ms: int) -> None:
    found, more = page(kind, symbol)
    newest_ms = NOW_MS - NOW_MS % step_ms
    assert [row["timePoint"] for row in found] == [newest_ms - n * step_ms for n in range(10)]
    assert {(row["symbol"], row["granularity"]) for row in found} == {(symbol, step_ms)}
    assert more


@given(
    series=st.sampled_from(SERIES),
    back=st.integers(0, YEAR_MS),
    length=st.integers(0, 150),
    count=st.integers(1, 40),
    is_reverse=st.booleans(),
)
def test_pages_one_after_another_are_the_whole(
    series: tuple[str, str, int], back: int, length: int, count: int, is_reverse: bool
) -> None:
    """A year ago as today, forward and back, no row twice and none left out."""
    kind, symbol, step_ms = series
    end_ms = NOW_MS - back
    span = {"startAt": end_ms - length * step_ms, "endAt": end_ms, "reverse": is_reverse}
    seen: list[dict[str, Any]] = []
    pages: list[list[dict[str, Any]]] = []
    offset: dict[str, int] = {}
    more = True
    while more:
        found, more = page(kind, symbol, maxCount=count, **span, **offset)
        assert len(found) == count or not more
        pages.append(found)
        seen += found
        if found:
            offset = {"offset": found[-1]["timePoint"]}
    points = [row["timePoint"] for row in seen]
    first = -(-(end_ms - length * step_ms) // step_ms)
    whole = [point * step_ms for point in range(first, end_ms // step_ms + 1)]
    assert points == (whole[::-1] if is_reverse else whole)
    if len(pages) > 1 and len(pages[1]) == count:
        back_again, _ = page(
            kind, symbol, maxCount=count, forward=False, offset=pages[1][0]["timePoint"], **span
        )
        assert back_again == pages[0]


def test_at_most_a_hundred_rows_come_at_once() -> None:
    assert len(page("premium", ".XBTUSDTMPI", maxCount=5_000)[0]) == 100
    assert len(page("premium", ".XBTUSDTMPI", maxCount=0)[0]) == 1


@pytest.mark.parametrize("symbol", ["XBTUSDTM", "SOLUSDTM"])
def test_the_newest_index_is_the_one_beside_the_mark(symbol: str) -> None:
    """And the last of its candles, and that of the contract."""
    contract = ASK.data(f"/api/v1/contracts/{symbol}")
    mark = ASK.data(f"/api/v1/mark-price/{symbol}/current")
    newest = page("index", contract["indexSymbol"], maxCount=1)[0][0]
    assert newest["timePoint"] == mark["timePoint"]
    assert newest["value"] == mark["indexPrice"] == contract["indexPrice"]
    assert rows(contract["indexSymbol"])[-1][4] == newest["value"]
    assert mark["value"] == contract["markPrice"]
    premium = page("premium", contract["premiumsSymbol1M"], maxCount=1)[0][0]["value"]
    assert abs(premium - (mark["value"] / mark["indexPrice"] - 1)) < 5e-4


@given(back=st.integers(0, 29 * DAY_MS))
def test_every_second_of_the_index_lies_within_its_candle(back: int) -> None:
    found, _ = page("index", ".KXBTUSDT", endAt=NOW_MS - back, maxCount=1)
    start_ms = found[0]["timePoint"] // MINUTE_MS * MINUTE_MS
    (row,) = rows(".KXBTUSDT", 1, from_=start_ms, to=start_ms)
    assert row[3] <= found[0]["value"] <= row[2]


@given(back=st.integers(0, 3 * YEAR_MS))
def test_an_index_is_the_weighted_mean_of_what_it_is_made_of(back: int) -> None:
    (row,), _ = page("index", ".KXBTUSDT", endAt=NOW_MS - back, maxCount=1)
    parts = row["decomposionList"]
    assert {name for part in parts for name in part} == {"exchange", "price", "weight"}
    assert sum(part["weight"] for part in parts) == pytest.approx(1)
    mean = sum(part["weight"] * part["price"] for part in parts)
    assert mean == pytest.approx(row["value"], abs=0.001)
    sources = ASK.data("/api/v1/contracts/XBTUSDTM")["sourceExchanges"]
    assert [part["exchange"] for part in parts] == sources


def test_interest_is_that_of_the_contract() -> None:
    contract = ASK.data("/api/v1/contracts/XBTUSDTM")
    base, quote = (
        page("interest", contract[name], maxCount=1)[0][0]["value"]
        for name in ("fundingBaseSymbol", "fundingQuoteSymbol")
    )
    assert quote - base == pytest.approx(contract["dailyInterestRate"])


@pytest.mark.parametrize("kind", ["index", "interest", "premium"])
@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("", (400, "400100")),
        ("symbol=XBTUSDTM", (200, "200003")),
        ("symbol=.NOPE", (200, "200003")),
        ("symbol={}&startAt=x", (400, "400100")),
        ("symbol={}&endAt=-5", (400, "400100")),
        ("symbol={}&offset=1e3", (400, "400100")),
        ("symbol={}&maxCount=ten", (400, "400100")),
        ("symbol={}&reverse=perhaps", (400, "400100")),
        ("symbol={}&forward=1", (400, "400100")),
    ],
)
def test_wrong_questions_for_points_are_refused(
    kind: str, query: str, answer: tuple[int, str]
) -> None:
    known = {"index": ".KXBTUSDT", "interest": ".XBTINT", "premium": ".XBTUSDTMPI"}[kind]
    assert ASK.refusal(f"/api/v1/{kind}/query?{query.format(known)}") == answer


# Funding ---------------------------------------------------------------------------------------


@pytest.mark.conforms("GET /api/v1/funding-rate/{symbol}/current")
def test_the_current_rate_names_the_settlements_around_it() -> None:
    current = ASK.data("/api/v1/funding-rate/XBTUSDTM/current")
    contract = ASK.data("/api/v1/contracts/XBTUSDTM")
    assert current["symbol"] == contract["fundingRateSymbol"] == ".XBTUSDTMFPI8H"
    assert current["timePoint"] <= NOW_MS < current["fundingTime"]
    assert current["fundingTime"] - current["timePoint"] == current["granularity"] == CYCLE_MS
    assert current["fundingTime"] == contract["nextFundingRateDateTime"]
    assert current["value"] == contract["fundingFeeRate"]
    assert current["fundingRateFloor"] <= current["value"] <= current["fundingRateCap"]
    assert "predictedValue" not in current


def test_the_switch_adds_the_predicted_rate() -> None:
    ASK.exchange.switches.set("predicted_funding", "present")
    try:
        current = ASK.data("/api/v1/funding-rate/SOLUSDTM/current")
    finally:
        ASK.exchange.switches.set("predicted_funding", "absent")
    assert -FUNDING_CAP <= current["predictedValue"] <= FUNDING_CAP
    assert ASK.data("/api/v1/contracts/SOLUSDTM")["predictedFundingFeeRate"] is None


@pytest.mark.conforms("GET /api/v1/contract/funding-rates")
def test_past_rates_are_those_of_the_settlements_the_latest_first() -> None:
    path = "/api/v1/contract/funding-rates?symbol=SOLUSDTM"
    found = ASK.data(f"{path}&from=0&to={NOW_MS + DAY_MS}")
    assert len(found) == 100
    assert found[0]["timepoint"] == NOW_MS - NOW_MS % CYCLE_MS
    for later, earlier in pairwise(found):
        assert later["timepoint"] - earlier["timepoint"] == CYCLE_MS
    assert all(-FUNDING_CAP <= row["fundingRate"] <= FUNDING_CAP for row in found)
    assert len({row["fundingRate"] for row in found}) > 10
    some = ASK.data(f"{path}&from={found[7]['timepoint']}&to={found[3]['timepoint']}")
    assert some == found[3:8]
    older = ASK.data(f"{path}&from=0&to={found[-1]['timepoint'] - 1}")
    assert older[0]["timepoint"] == found[-1]["timepoint"] - CYCLE_MS
    assert ASK.data(f"{path}&from={NOW_MS}&to={NOW_MS - DAY_MS}") == []


def test_what_was_announced_is_what_is_told_afterwards() -> None:
    """Through three settlements, one of them in a year that is long over."""
    exchange = an_exchange(1)
    ask = Asker(exchange)
    told: dict[int, float] = {}
    for _ in range(12):
        current = ask.data("/api/v1/funding-rate/SOLUSDTM/current")
        assert told.setdefault(current["fundingTime"], current["value"]) == current["value"]
        for _ in range(4):
            exchange.clock.advance(1800)
            exchange.step("SOLUSDTM", 3)
    now_ms = exchange.clock.now_ms()
    path = f"/api/v1/contract/funding-rates?symbol=SOLUSDTM&from={START_MS}&to={now_ms}"
    settled = {row["timepoint"]: row["fundingRate"] for row in ask.data(path)}
    assert len(settled) == 3
    assert settled == {at: rate for at, rate in told.items() if at <= now_ms}


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/api/v1/funding-rate/NOPE/current", (200, "100003")),
        ("/api/v1/contract/funding-rates?from=1&to=2", (400, "400100")),
        ("/api/v1/contract/funding-rates?symbol=XBTUSDTM&to=2", (400, "400100")),
        ("/api/v1/contract/funding-rates?symbol=XBTUSDTM&from=2", (400, "400100")),
        ("/api/v1/contract/funding-rates?symbol=XBTUSDTM&from=a&to=2", (400, "400100")),
        ("/api/v1/contract/funding-rates?symbol=NOPE&from=1&to=2", (200, "100003")),
    ],
)
def test_wrong_questions_for_rates_are_refused(path: str, answer: tuple[int, str]) -> None:
    assert ASK.refusal(path) == answer


# Whatever is asked -----------------------------------------------------------------------------

ROUTES = [
    route
    for route in ASK.exchange.gateway.table.routes
    if route.method == "GET" and route.permission is None
]
NAMES = (
    "symbol", "granularity", "from", "to", "startAt", "endAt", "offset", "maxCount", "reverse",
    "forward",
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(
        [*SYMBOLS, "true", "false", "1", "60", "1440", str(NOW_MS), "-1", "1e9", "0x1"]
    ),
    st.integers(0, 2 * NOW_MS).map(str),
    st.text(max_size=12),
)


@given(
    route=st.sampled_from(ROUTES),
    symbol=st.sampled_from(SYMBOLS) | st.text(min_size=1, max_size=9),
    asked=st.dictionaries(st.sampled_from(NAMES), VALUES),
)
def test_whatever_is_asked_the_answer_is_data_or_a_known_refusal(
    route: Route, symbol: str, asked: dict[str, str]
) -> None:
    path = route.path.replace("{symbol}", quote(symbol, safe=""))
    answer = ASK.send(f"{path}?{urlencode(asked)}")
    said = json.loads(answer.body)
    assert said["code"] in {"200000", "400100", "100003", "200003", "404000"}, said
    assert answer.status == {"400100": 400, "404000": 404}.get(said["code"], 200)
