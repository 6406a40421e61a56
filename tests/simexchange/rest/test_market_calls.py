"""What anybody may ask: contracts, tickers, books, trades, status, tokens."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from terminal.simexchange.clock import SimClock
from terminal.simexchange.market.contracts import CONTRACTS, listed
from terminal.simexchange.market.rewind import KEPT_CHANGES
from terminal.simexchange.payloads import markets as payloads
from terminal.simexchange.server import SimExchange
from tests.support.asker import Asker

if TYPE_CHECKING:
    from terminal.simexchange.market.market import Market

START_MS = 1_760_000_012_345
SYMBOLS = [spec.symbol for spec in CONTRACTS]


def an_exchange(seconds: int = 20) -> SimExchange:
    """An exchange whose time is moved by hand, after some seconds of trading."""
    exchange = SimExchange(is_calm=True, clock=SimClock(start_ms=START_MS, speed=0))
    for _ in range(seconds * 5):
        exchange.clock.advance(0.2)
        for symbol in SYMBOLS:
            exchange.step(symbol)
    return exchange


@pytest.fixture(scope="module")
def ask() -> Asker:
    return Asker(an_exchange())


# Laws at one instant ---------------------------------------------------------------------------


@pytest.mark.conforms(
    "GET /api/v1/contracts/{symbol}",
    "GET /api/v1/ticker",
    "GET /api/v1/level2/snapshot",
    "GET /api/v1/level2/depth20",
    "GET /api/v1/level2/depth100",
    "GET /api/v1/trade/history",
    "GET /api/v1/kline/query",
    "GET /api/v1/mark-price/{symbol}/current",
)
@pytest.mark.parametrize("symbol", SYMBOLS)
def test_all_calls_tell_the_same_market(ask: Asker, symbol: str) -> None:
    contract = ask.data(f"/api/v1/contracts/{symbol}")
    ticker = ask.data(f"/api/v1/ticker?symbol={symbol}")
    full = ask.data(f"/api/v1/level2/snapshot?symbol={symbol}")
    best20 = ask.data(f"/api/v1/level2/depth20?symbol={symbol}")
    best100 = ask.data(f"/api/v1/level2/depth100?symbol={symbol}")
    trades = ask.data(f"/api/v1/trade/history?symbol={symbol}")
    rows = ask.data(f"/api/v1/kline/query?symbol={symbol}&granularity=1")
    mark = ask.data(f"/api/v1/mark-price/{symbol}/current")
    last = float(ticker["price"])
    assert last == contract["lastTradePrice"] == float(trades[0]["price"]) == rows[-1][4]
    assert ticker["tradeId"] == trades[0]["tradeId"]
    assert (ticker["size"], ticker["side"]) == (trades[0]["size"], trades[0]["side"])
    assert ticker["ts"] == trades[0]["ts"]
    for side in ("bids", "asks"):
        assert full[side][:20] == best20[side]
        assert full[side][:100] == best100[side]
        assert (len(best20[side]), len(best100[side])) == (20, 100)
    assert [float(ticker["bestBidPrice"]), ticker["bestBidSize"]] == full["bids"][0]
    assert [float(ticker["bestAskPrice"]), ticker["bestAskSize"]] == full["asks"][0]
    assert full["sequence"] == best20["sequence"] == best100["sequence"] == ticker["sequence"]
    assert (mark["value"], mark["indexPrice"]) == (contract["markPrice"], contract["indexPrice"])
    assert contract["lowPrice"] <= last <= contract["highPrice"]
    for name, factor in (("buyLimit", "1.05"), ("sellLimit", "0.95")):
        bound = Decimal(str(contract["markPrice"])) * Decimal(factor)
        assert abs(Decimal(str(contract[name])) - bound) < Decimal(str(contract["tickSize"]))


@pytest.mark.conforms("GET /api/v1/contracts/active", "GET /api/v1/allTickers")
def test_lists_are_made_of_the_single_answers(ask: Asker) -> None:
    assert ask.data("/api/v1/contracts/active") == [
        ask.data(f"/api/v1/contracts/{spec.symbol}") for spec in listed(START_MS)
    ]
    assert ask.data("/api/v1/allTickers") == [
        ask.data(f"/api/v1/ticker?symbol={spec.symbol}") for spec in listed(START_MS)
    ]


def test_the_price_bounds_move_with_the_mark() -> None:
    exchange = an_exchange(1)
    before = Asker(exchange).data("/api/v1/contracts/XBTUSDTM")
    exchange.engine.markets["XBTUSDTM"].move_fair(5_000)
    after = Asker(exchange).data("/api/v1/contracts/XBTUSDTM")
    assert after["markPrice"] - before["markPrice"] == pytest.approx(500, rel=0.05)
    assert after["buyLimit"] - before["buyLimit"] == pytest.approx(525, rel=0.05)
    assert after["sellLimit"] - before["sellLimit"] == pytest.approx(475, rel=0.05)


@pytest.mark.conforms("GET /api/v1/contracts/active")
def test_contracts_write_every_field_as_the_exchange_does(ask: Asker) -> None:
    """The countdown is no epoch, open interest is text, what is not foreseen is null."""
    now_ms = ask.exchange.clock.now_ms()
    contracts = ask.data("/api/v1/contracts/active")
    perpetual = [one for one in contracts if one["type"] == "FFWCSX"]
    assert len(perpetual) == len(contracts) - 1
    for contract in perpetual:
        assert 0 < contract["nextFundingRateTime"] <= contract["fundingRateGranularity"]
        assert contract["nextFundingRateDateTime"] == now_ms + contract["nextFundingRateTime"]
        assert contract["openInterest"].isdigit()
        assert contract["predictedFundingFeeRate"] is None
        for name in ("expireDate", "settleDate", "settlementFee", "adjustK", "preMarketToPerpDate"):
            assert contract[name] is None
        assert isinstance(contract["maxOrderQty"], int)
        assert isinstance(contract["multiplier"], float)
        assert contract["maxPrice"] > contract["highPrice"]
    (dated,) = (one for one in contracts if one["type"] == "FFICSX")
    assert (dated["symbol"], dated["indexSymbol"], dated["isInverse"]) == ("XBTMZ25", ".BXBT", True)
    assert dated["expireDate"] == dated["settleDate"] == 1_766_736_000_000, "Friday, 08:00 UTC"
    assert dated["settlementFee"] > 0
    assert dated["firstOpenDate"] <= now_ms
    for name in ("fairMethod", "fundingFeeRate", "nextFundingRateTime", "fundingRateSymbol"):
        assert dated[name] is None
    inverse = next(one for one in contracts if one["isInverse"])
    assert (inverse["multiplier"], inverse["quoteCurrency"]) == (-1.0, "USD")
    assert inverse["settleCurrency"] == inverse["rootSymbol"] == inverse["baseCurrency"] == "XBT"
    assert (inverse["symbol"], inverse["indexSymbol"]) == ("XBTUSDM", ".BXBT")
    linear = next(one for one in contracts if one["symbol"] == "XBTUSDTM")
    assert (linear["indexSymbol"], linear["premiumsSymbol8H"]) == (".KXBTUSDT", ".XBTUSDTMPI8H")


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_a_day_is_told_in_quote_and_base_units(ask: Asker, symbol: str) -> None:
    contract = ask.data(f"/api/v1/contracts/{symbol}")
    mean = contract["turnoverOf24h"] / contract["volumeOf24h"]
    assert contract["lowPrice"] <= mean <= contract["highPrice"]
    change = contract["lastTradePrice"] - contract["priceChg"]
    assert contract["priceChgPct"] == pytest.approx(contract["priceChg"] / change, abs=1e-6)


@pytest.mark.conforms("GET /api/v1/trade-statistics")
def test_the_platform_s_turnover_is_that_of_its_contracts(ask: Asker) -> None:
    contracts = ask.data("/api/v1/contracts/active")
    total = ask.data("/api/v1/trade-statistics", signed=True)
    assert set(total) == {"turnoverOf24h"}
    assert total["turnoverOf24h"] == pytest.approx(sum(c["turnoverOf24h"] for c in contracts))
    assert ask.refusal("/api/v1/trade-statistics") == (401, "400001")


# Books -----------------------------------------------------------------------------------------


@pytest.mark.conforms("GET /api/v1/level2/snapshot")
@pytest.mark.parametrize("lag", [1, 7, 300])
def test_a_lagging_snapshot_and_the_changes_since_make_the_book(
    lag: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a client calibrates: what it buffered is applied to a snapshot that is behind (5.8)."""
    exchange = an_exchange(2)
    market = exchange.engine.markets["XBTUSDTM"]
    changes: list[tuple[int, str, int, int]] = []
    told = exchange.engine.broadcast.book_changed

    def overheard(market: Market, change: tuple[int, str, int, int]) -> None:
        if market.spec.symbol == "XBTUSDTM":
            changes.append(change)
        told(market, change)

    monkeypatch.setattr(exchange.engine.broadcast, "book_changed", overheard)
    exchange.step("XBTUSDTM", 400)
    market.snapshot_lag = lag
    behind = Asker(exchange).data("/api/v1/level2/snapshot?symbol=XBTUSDTM")
    assert behind["sequence"] == market.book.sequence - lag
    assert behind["bids"][0][0] < behind["asks"][0][0]
    levels = {side: dict(map(tuple, behind[side])) for side in ("bids", "asks")}
    for sequence, side, price, lots in changes:
        if sequence > behind["sequence"]:
            levels["bids" if side == "buy" else "asks"][market.spec.number(price)] = lots
    market.snapshot_lag = 0
    now = Asker(exchange).data("/api/v1/level2/snapshot?symbol=XBTUSDTM")
    for side in ("bids", "asks"):
        kept = {price: lots for price, lots in levels[side].items() if lots}
        assert kept == dict(map(tuple, now[side]))
    assert lag <= KEPT_CHANGES
    assert now["sequence"] == market.book.sequence


@pytest.mark.conforms("GET /api/v1/level2/snapshot")
def test_the_switch_decides_whether_the_full_book_needs_a_key(ask: Asker) -> None:
    path = "/api/v1/level2/snapshot?symbol=XBTUSDTM"
    try:
        ask.exchange.switches.set("snapshot_key", "signed")
        assert ask.refusal(path) == (401, "400001")
        assert ask.data(path, signed=True)["bids"]
        assert ask.data("/api/v1/level2/depth20?symbol=XBTUSDTM")["bids"]
    finally:
        ask.exchange.switches.set("snapshot_key", "public")
    assert ask.data(path)["bids"]
    assert ask.data(path, signed=True)["bids"]


@pytest.mark.conforms(
    "GET /api/v1/level2/message/query",
    "GET /api/v1/level3/snapshot",
    "GET /api/v2/level2/snapshot",
)
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/level2/message/query?symbol=XBTUSDTM&start=1&end=9",
        "/api/v1/level3/snapshot?symbol=XBTUSDTM",
        "/api/v1/level3/message/query?symbol=XBTUSDTM&start=1&end=9",
        "/api/v2/level2/snapshot?symbol=XBTUSDTM",
        "/api/v2/level3/snapshot?symbol=XBTUSDTM",
        "/api/v1/level2/depth5?symbol=XBTUSDTM",
        "/api/v1/level2/depth50?symbol=XBTUSDTM",
    ],
)
def test_what_was_removed_is_not_found(ask: Asker, path: str) -> None:
    assert ask.refusal(path) == (404, "404000")


# The rest --------------------------------------------------------------------------------------


@pytest.mark.conforms("GET /api/v1/trade/history")
def test_the_last_hundred_trades_come_newest_first(ask: Asker) -> None:
    ask.exchange.step("XBTUSDTM", 600)
    trades = ask.data("/api/v1/trade/history?symbol=XBTUSDTM")
    assert len(trades) == 100
    numbers = [trade["sequence"] for trade in trades]
    assert numbers == list(range(numbers[0], numbers[0] - 100, -1))
    for trade in trades:
        assert trade["tradeId"] == str(trade["sequence"])
        assert trade["makerOrderId"].isdigit()
        assert trade["takerOrderId"].isdigit()
        assert 10**18 < trade["ts"] <= ask.exchange.clock.now_ns()


@pytest.mark.conforms("GET /api/v1/contracts/risk-limit/{symbol}")
@pytest.mark.parametrize("symbol", SYMBOLS)
def test_risk_levels_begin_where_the_contract_says(ask: Asker, symbol: str) -> None:
    contract = ask.data(f"/api/v1/contracts/{symbol}")
    levels = ask.data(f"/api/v1/contracts/risk-limit/{symbol}")
    first = levels[0]
    assert first["maxLeverage"] == contract["maxLeverage"]
    assert first["initialMargin"] == contract["initialMargin"]
    assert first["maintainMargin"] == contract["maintainMargin"]
    assert first["maxRiskLimit"] == contract["maxRiskLimit"] == contract["minRiskLimit"]
    assert [level["level"] for level in levels] == list(range(1, len(levels) + 1))
    assert {level["symbol"] for level in levels} == {symbol}


@pytest.mark.conforms("GET /api/v1/status", "GET /api/v1/timestamp")
def test_status_is_text_in_name_only() -> None:
    exchange = an_exchange(0)
    ask = Asker(exchange)
    assert ask.send("/api/v1/status").media == "text/plain"
    assert ask.data("/api/v1/status") == {"status": "open", "msg": ""}
    exchange.engine.is_suspended = True
    assert ask.data("/api/v1/status")["status"] == "cancelonly"
    assert ask.data("/api/v1/contracts/XBTUSDTM")["status"] == "CancelOnly"
    exchange.engine.is_suspended = False
    exchange.faults.status, exchange.faults.notice = "close", "upgrade"
    assert ask.data("/api/v1/status") == {"status": "close", "msg": "upgrade"}
    assert ask.data("/api/v1/contracts/XBTUSDTM")["status"] == "Paused"
    assert ask.data("/api/v1/timestamp") == exchange.clock.now_ms()


@pytest.mark.conforms("POST /api/v1/bullet-public", "POST /api/v1/bullet-private")
def test_tokens_say_where_to_connect_and_how_often_to_ping(ask: Asker) -> None:
    public = ask.data("/api/v1/bullet-public", method="POST")
    private = ask.data("/api/v1/bullet-private", method="POST", signed=True)
    for answer in (public, private):
        (server,) = answer["instanceServers"]
        assert server == {
            "endpoint": "ws://127.0.0.1:1/endpoint",
            "encrypt": False,
            "protocol": "websocket",
            "pingInterval": 18_000,
            "pingTimeout": 10_000,
        }
    tokens = ask.exchange.tokens
    found = [tokens.find(answer["token"]) for answer in (public, private)]
    assert [token and token.uid for token in found] == [None, ask.exchange.key.uid]
    assert ask.refusal("/api/v1/bullet-private", method="POST") == (401, "400001")


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/api/v1/ticker", (400, "400100")),
        ("/api/v1/ticker?symbol=", (400, "400100")),
        ("/api/v1/ticker?symbol=XBT-USDT", (200, "100003")),
        ("/api/v1/ticker?symbol=.KXBTUSDT", (200, "100003")),
        ("/api/v1/contracts/NOPE", (200, "100003")),
        ("/api/v1/contracts/risk-limit/NOPE", (200, "100003")),
        ("/api/v1/level2/snapshot", (400, "400100")),
        ("/api/v1/level2/depth20?symbol=NOPE", (200, "100003")),
        ("/api/v1/level2/depth100", (400, "400100")),
        ("/api/v1/trade/history?symbol=%00", (200, "100003")),
        ("/api/v1/mark-price/NOPE/current", (200, "100003")),
    ],
)
def test_wrong_symbols_are_refused(ask: Asker, path: str, answer: tuple[int, str]) -> None:
    assert ask.refusal(path) == answer


@pytest.mark.parametrize(
    ("path", "pool", "weight"),
    [
        ("contracts/active", "Public", 3),
        ("contracts/{symbol}", "Public", 3),
        ("ticker", "Public", 2),
        ("allTickers", "Public", 5),
        ("level2/snapshot", "Public", 3),
        ("level2/depth20", "Public", 5),
        ("level2/depth100", "Public", 5),
        ("trade/history", "Public", 5),
        ("kline/query", "Public", 3),
        ("mark-price/{symbol}/current", "Public", 3),
        ("index/query", "Public", 2),
        ("interest/query", "Public", 5),
        ("premium/query", "Public", 3),
        ("trade-statistics", "Futures", 3),
        ("timestamp", "Public", 2),
        ("status", "Public", 4),
        ("funding-rate/{symbol}/current", "Public", 2),
        ("contract/funding-rates", "Public", 5),
        ("contracts/risk-limit/{symbol}", "Public", 5),
        ("bullet-public", "Public", 10),
        ("bullet-private", "Futures", 10),
    ],
)
def test_pools_and_weights_are_those_of_the_reference(
    ask: Asker, path: str, pool: str, weight: int
) -> None:
    (route,) = (r for r in ask.exchange.gateway.table.routes if r.path == f"/api/v1/{path}")
    assert (route.pool, route.weight) == (pool, weight)


@pytest.mark.parametrize("start_ms", [0, 1_585_555_200_001, 4_000_000_000_000])
def test_an_exchange_may_begin_at_any_time(start_ms: int) -> None:
    """And stand still for two years."""
    exchange = SimExchange(is_calm=True, clock=SimClock(start_ms=start_ms, speed=0))
    ask = Asker(exchange)
    for _ in range(2):
        assert len(ask.data("/api/v1/contracts/active")) == len(SYMBOLS) + 1
        assert len(ask.data("/api/v1/kline/query?symbol=.KXBTUSDT&granularity=1440")) <= 500
        assert ask.data("/api/v1/kline/query?symbol=XBTUSDTM&granularity=1") or start_ms == 0
        page = ask.data("/api/v1/premium/query?symbol=.XBTUSDTMPI8H&reverse=false")
        assert all(row["timePoint"] >= 0 for row in page["dataList"])
        current = ask.data("/api/v1/funding-rate/XBTUSDTM/current")
        assert current["timePoint"] <= exchange.clock.now_ms() < current["fundingTime"]
        exchange.clock.advance(2 * 365 * 86_400)


def test_small_numbers_are_json_numbers() -> None:
    """In exponent form too, as the exchange writes them."""
    text = json.dumps(payloads.point(".XBTUSDTMPI", 60_000, 0, 6.0e-5))
    assert json.loads(text, parse_float=Decimal)["value"] == Decimal("0.00006")
