"""ccxt reads the market: what it says is what the exchange knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.peers.hosted import SYMBOL, wait_until
from tests.peers.programs import addressed, require

if TYPE_CHECKING:
    from tests.peers.hosted import Hosted

require()

BTC = "BTC/USDT:USDT"
MINUTE_MS = 60_000


def test_markets_are_the_contracts(either: Any, exchange: Hosted) -> None:
    markets = {market["id"]: market for market in either.load_markets(True).values()}
    contracts = exchange.ask("/api/v1/contracts/active")
    assert set(markets) == {contract["symbol"] for contract in contracts}
    for contract in contracts:
        market = markets[contract["symbol"]]
        is_dated = contract["expireDate"] is not None
        assert (market["swap"], market["future"]) == (not is_dated, is_dated)
        assert (market["active"], market["spot"]) == (True, False)
        assert market["inverse"] is contract["isInverse"]
        assert market["contractSize"] == abs(contract["multiplier"])
        assert market["precision"]["amount"] == contract["lotSize"]
        assert market["precision"]["price"] == contract["tickSize"]
        assert market["limits"]["leverage"]["max"] == contract["maxLeverage"]
        assert market["limits"]["amount"]["max"] == contract["maxOrderQty"]
        fees = (contract["makerFeeRate"], contract["takerFeeRate"])
        assert (market["maker"], market["taker"]) == fees


def test_bitcoin_has_its_usual_name(client: Any) -> None:
    assert client.market(BTC)["id"] == SYMBOL
    assert client.market("BTC/USD:BTC")["inverse"]


def test_a_program_without_a_key_reads_the_market(ccxt: Any, exchange: Hosted) -> None:
    program = addressed(ccxt.kucoinfutures(), exchange)
    with exchange.still():
        book = program.fetch_order_book(BTC, 20)
        raw = exchange.ask("/api/v1/level2/depth20", symbol=SYMBOL)
    program.session.close()
    assert (book["bids"], book["asks"]) == (raw["bids"], raw["asks"])


def test_time_is_the_exchange_s(client: Any, exchange: Hosted) -> None:
    before_ms = exchange.do(lambda one: one.clock.now_ms())
    told_ms = client.fetch_time()
    assert before_ms <= told_ms <= exchange.do(lambda one: one.clock.now_ms())


def test_status_follows_a_suspension(either: Any, exchange: Hosted) -> None:
    assert either.fetch_status()["status"] == "ok"
    exchange.do(lambda one: setattr(one.engine, "is_suspended", True))
    assert either.fetch_status()["status"] == "maintenance"


def test_ticker(either: Any, exchange: Hosted) -> None:
    wait_until(lambda: exchange.ask("/api/v1/trade/history", symbol=SYMBOL), "a trade")
    with exchange.still():
        ticker = either.fetch_ticker(BTC)
        raw = exchange.ask("/api/v1/ticker", symbol=SYMBOL)
    assert ticker["info"] == raw
    assert ticker["last"] == float(raw["price"])
    assert (ticker["bid"], ticker["bidVolume"]) == (float(raw["bestBidPrice"]), raw["bestBidSize"])
    assert (ticker["ask"], ticker["askVolume"]) == (float(raw["bestAskPrice"]), raw["bestAskSize"])
    assert abs(ticker["timestamp"] - raw["ts"] / 1e6) <= 1


def test_all_tickers_have_the_day_s_figures(either: Any, exchange: Hosted) -> None:
    with exchange.still():
        tickers = either.fetch_tickers()
        contracts = exchange.ask("/api/v1/contracts/active")
    assert len(tickers) == len(contracts)
    by_id = {ticker["info"]["symbol"]: ticker for ticker in tickers.values()}
    for contract in contracts:
        ticker = by_id[contract["symbol"]]
        assert ticker["last"] == contract["lastTradePrice"]
        assert (ticker["low"], ticker["high"]) == (contract["lowPrice"], contract["highPrice"])
        assert ticker["change"] == contract["priceChg"]
        assert ticker["markPrice"] == contract["markPrice"]


def test_best_prices_of_all_markets(client: Any, exchange: Hosted) -> None:
    with exchange.still():
        tickers = client.fetch_bids_asks()
        raw = {row["symbol"]: row for row in exchange.ask("/api/v1/allTickers")}
    assert len(tickers) == len(raw)
    for ticker in tickers.values():
        row = raw[ticker["info"]["symbol"]]
        assert (ticker["bid"], ticker["ask"]) == (
            float(row["bestBidPrice"]),
            float(row["bestAskPrice"]),
        )


@pytest.mark.parametrize(
    ("limit", "name"), [(None, "snapshot"), (20, "depth20"), (100, "depth100")]
)
def test_order_book(client: Any, exchange: Hosted, limit: int | None, name: str) -> None:
    with exchange.still():
        book = client.fetch_order_book(BTC, limit)
        raw = exchange.ask(f"/api/v1/level2/{name}", symbol=SYMBOL)
    assert len(raw["bids"]) >= 20
    assert (book["bids"], book["asks"]) == (raw["bids"], raw["asks"])
    assert book["nonce"] == raw["sequence"]


@pytest.mark.parametrize(
    ("timeframe", "minutes"), [("1m", 1), ("15m", 15), ("1h", 60), ("1d", 1440)]
)
def test_candles(client: Any, exchange: Hosted, timeframe: str, minutes: int) -> None:
    with exchange.still():
        rows = client.fetch_ohlcv(BTC, timeframe)
        raw = exchange.ask("/api/v1/kline/query", symbol=SYMBOL, granularity=minutes)
    assert len(raw) > 1
    assert rows == [row[:6] for row in raw]


def test_candles_since(client: Any, exchange: Hosted) -> None:
    with exchange.still():
        now_ms = exchange.do(lambda one: one.clock.now_ms())
        since_ms = now_ms // MINUTE_MS * MINUTE_MS - 30 * MINUTE_MS
        rows = client.fetch_ohlcv(BTC, "1m", since_ms, 10)
        raw = exchange.ask(
            "/api/v1/kline/query", symbol=SYMBOL, granularity=1, **{"from": since_ms}
        )
    assert rows == [row[:6] for row in raw[:10]]
    assert rows[0][0] == since_ms


def test_trades(client: Any, exchange: Hosted) -> None:
    wait_until(lambda: exchange.ask("/api/v1/trade/history", symbol=SYMBOL), "a trade")
    with exchange.still():
        trades = client.fetch_trades(BTC)
        raw = exchange.ask("/api/v1/trade/history", symbol=SYMBOL)
    told = {(one["id"], one["side"], one["price"], one["amount"]) for one in trades}
    known = {(one["tradeId"], one["side"], float(one["price"]), one["size"]) for one in raw}
    assert told == known


def test_mark_price(either: Any, exchange: Hosted) -> None:
    with exchange.still():
        ticker = either.fetch_mark_price(BTC)
        raw = exchange.ask(f"/api/v1/mark-price/{SYMBOL}/current")
    assert ticker["markPrice"] == raw["value"] > 0
    assert ticker["info"]["indexPrice"] == raw["indexPrice"]


def test_funding_rate(client: Any, exchange: Hosted) -> None:
    with exchange.still():
        told = client.fetch_funding_rate(BTC)
        raw = exchange.ask(f"/api/v1/funding-rate/{SYMBOL}/current")
        contract = exchange.ask(f"/api/v1/contracts/{SYMBOL}")
    assert told["fundingRate"] == raw["value"] == contract["fundingFeeRate"]
    assert told["fundingTimestamp"] == raw["fundingTime"] == contract["nextFundingRateDateTime"]


def test_past_funding_rates(client: Any, exchange: Hosted) -> None:
    """Without a start ccxt asks from the beginning of time."""
    rates = client.fetch_funding_rate_history(BTC)
    now_ms = exchange.do(lambda one: one.clock.now_ms())
    raw = exchange.ask("/api/v1/contract/funding-rates", symbol=SYMBOL, **{"from": 0, "to": now_ms})
    told = [(row["timestamp"], row["fundingRate"]) for row in rates]
    assert raw
    assert told == sorted((row["timepoint"], row["fundingRate"]) for row in raw)


def test_leverage_tiers(client: Any, exchange: Hosted) -> None:
    tiers = client.fetch_market_leverage_tiers(BTC)
    raw = exchange.ask(f"/api/v1/contracts/risk-limit/{SYMBOL}")
    told = [(row["maxNotional"], row["maxLeverage"], row["maintenanceMarginRate"]) for row in tiers]
    assert raw
    assert told == [(row["maxRiskLimit"], row["maxLeverage"], row["maintainMargin"]) for row in raw]
