"""The routes as a stranger's client sees them: raw requests, raw answers."""

from __future__ import annotations

import gc
import itertools
import weakref
from typing import TYPE_CHECKING

import aiohttp
import pytest

from terminal.simexchange.auth import ApiKey
from terminal.simexchange.server import SimExchange
from tests.support.stranger import Stranger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def stranger() -> AsyncIterator[Stranger]:
    exchange = SimExchange(is_calm=True)
    await exchange.start()
    async with aiohttp.ClientSession() as session:
        yield Stranger(exchange, session)
    await exchange.stop()


async def test_at_least_seven_contracts_one_of_them_inverse(stranger: Stranger) -> None:
    contracts = await stranger.data("/api/v1/contracts/active")
    assert len(contracts) >= 7
    dated = [c for c in contracts if c["type"] == "FFICSX"]
    assert len(dated) == 1
    assert [c["symbol"] for c in contracts if c["isInverse"]] == ["XBTUSDM", dated[0]["symbol"]]
    assert len({c["openInterest"] for c in contracts}) > 1
    for contract in contracts:
        assert contract["lowPrice"] <= contract["lastTradePrice"] <= contract["highPrice"]
        assert contract in dated or 0 < contract["nextFundingRateTime"] <= 8 * 3600 * 1000
    one = await stranger.data("/api/v1/contracts/XBTUSDTM")
    assert one["tickSize"] == 0.1


async def test_public_market_data(stranger: Stranger) -> None:
    stranger.exchange.step("XBTUSDTM", 80)
    snapshot = await stranger.data("/api/v1/level2/snapshot?symbol=XBTUSDTM")
    assert len(snapshot["bids"]) >= 100
    assert snapshot["bids"][0][0] > snapshot["bids"][1][0]
    assert len((await stranger.data("/api/v1/level2/depth20?symbol=XBTUSDTM"))["asks"]) == 20
    assert len((await stranger.data("/api/v1/level2/depth100?symbol=XBTUSDTM"))["asks"]) == 100
    trades = await stranger.data("/api/v1/trade/history?symbol=XBTUSDTM")
    assert trades[0]["sequence"] > trades[-1]["sequence"]
    ticker = await stranger.data("/api/v1/ticker?symbol=XBTUSDTM")
    assert ticker["price"] == trades[0]["price"]
    assert len(await stranger.data("/api/v1/allTickers")) >= 7
    mark = await stranger.data("/api/v1/mark-price/XBTUSDTM/current")
    assert abs(mark["value"] - mark["indexPrice"]) < 200
    assert await stranger.data("/api/v1/timestamp") > 1_700_000_000_000
    assert (await stranger.data("/api/v1/status"))["status"] == "open"


async def test_history_joins_the_live_price_without_a_jump(stranger: Stranger) -> None:
    stranger.exchange.step("XBTUSDTM", 200)
    rows = await stranger.data("/api/v1/kline/query?symbol=XBTUSDTM&granularity=1")
    assert len(rows) == 500
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    moves = [abs(b[1] - a[4]) / a[4] for a, b in itertools.pairwise(rows)]
    assert max(moves) < 0.004
    day = await stranger.data("/api/v1/kline/query?symbol=XBTUSDTM&granularity=1440")
    assert 365 <= len(day) <= 368


async def test_account_reads(stranger: Stranger) -> None:
    key = await stranger.data("/api/v1/user/api-key", signed=True)
    assert "Futures" in key["permission"]
    mode = await stranger.data("/api/ua/v1/account/mode", signed=True)
    assert mode["selfAccountMode"] == "CLASSIC"
    overview = await stranger.data("/api/v1/account-overview?currency=USDT", signed=True)
    assert overview["accountEquity"] == overview["availableBalance"] == 100_000
    margin = await stranger.data("/api/v2/position/getMarginMode?symbol=XBTUSDTM", signed=True)
    assert margin["marginMode"] == "ISOLATED"
    assert await stranger.data("/api/v2/position/getPositionMode", signed=True) == {
        "positionMode": 0
    }
    cross = await stranger.data("/api/v2/getCrossUserLeverage?symbol=XBTUSDTM", signed=True)
    assert cross["leverage"] == "10"
    assert await stranger.data("/api/v1/positions", signed=True) == []
    assert await stranger.data("/api/v2/position?symbol=XBTUSDTM", signed=True) == []
    flat = await stranger.data("/api/v1/position?symbol=XBTUSDTM", signed=True)
    assert flat["isOpen"] is False


async def test_the_life_of_an_order_over_rest(stranger: Stranger) -> None:
    body = {
        "clientOid": "s-1",
        "symbol": "XBTUSDTM",
        "side": "buy",
        "type": "limit",
        "price": "99000",
        "size": 2,
        "leverage": 5,
    }
    _, tested = await stranger.call("POST", "/api/v1/orders/test", body)
    assert tested["code"] == "200000"
    _, placed = await stranger.call("POST", "/api/v1/orders", body)
    order_id = placed["data"]["orderId"]
    page = await stranger.data("/api/v1/orders?status=active&symbol=XBTUSDTM", signed=True)
    assert [item["id"] for item in page["items"]] == [order_id]
    by_oid = await stranger.data("/api/v1/orders/byClientOid?clientOid=s-1", signed=True)
    assert by_oid["status"] == "open"
    path = "/api/v1/orders/client-order/s-1?symbol=XBTUSDTM"
    _, canceled = await stranger.call("DELETE", path)
    assert canceled["data"] == {"clientOid": "s-1"}
    _, again = await stranger.call("DELETE", f"/api/v1/orders/{order_id}")
    assert again["code"] == "100004"
    done = await stranger.data("/api/v1/recentDoneOrders", signed=True)
    assert done[0]["cancelExist"] is True
    _, missing = await stranger.call("GET", "/api/v1/orders/nobody")
    assert missing["code"] == "100001"
    assert (await stranger.data("/api/v1/orders", signed=True))["totalNum"] == 1
    for query in ("type=market", "side=sell", "endAt=5", "symbol=ETHUSDTM"):
        found = await stranger.data(f"/api/v1/orders?{query}", signed=True)
        assert found["totalNum"] == 0, query
    _, bogus = await stranger.call("GET", "/api/v1/orders?status=bogus")
    assert bogus["code"] == "400100"
    assert await stranger.data("/api/v1/recentFills", signed=True) == []
    assert (await stranger.data("/api/v1/fills", signed=True))["items"] == []
    assert (await stranger.data("/api/v1/stopOrders", signed=True))["items"] == []


async def test_who_may_not(stranger: Stranger) -> None:
    status, answer = await stranger.call("GET", "/api/v1/positions", signed=False)
    assert (status, answer["code"]) == (401, "400001")
    key = stranger.exchange.key
    stranger.exchange.engine.accounts.keys[key.key] = ApiKey(
        key.key, key.secret, key.passphrase, frozenset({"General"})
    )
    status, answer = await stranger.call("GET", "/api/v1/positions")
    assert (status, answer["code"]) == (403, "400007")


async def test_nonsense_is_answered_not_crashed_on(stranger: Stranger) -> None:
    for path in (
        "/api/v1/ticker?symbol=NOPE",
        "/api/v1/kline/query?symbol=XBTUSDTM&granularity=3",
        "/api/v1/kline/query?symbol=XBTUSDTM&granularity=1&from=x",
    ):
        _, answer = await stranger.call("GET", path, signed=False)
        assert answer["code"] in {"100003", "400100"}
    status, answer = await stranger.call("GET", "/api/v1/nothing", signed=False)
    assert (status, answer["code"]) == (404, "404000")
    _, answer = await stranger.call("POST", "/api/v1/orders", [1])
    assert answer["code"] == "400100"


async def test_quota_headers_and_its_end(stranger: Stranger) -> None:
    url = f"{stranger.exchange.rest}/api/v1/timestamp"
    async with stranger.session.get(url) as answer:
        assert int(answer.headers["gw-ratelimit-remaining"]) == 1998
    stranger.exchange.quota.pool("Public", "127.0.0.1").spent = 2000
    async with stranger.session.get(url) as answer:
        assert answer.status == 429
        assert answer.headers["gw-ratelimit-remaining"] == "0"


async def test_an_exchange_that_has_ended_is_kept_by_nobody() -> None:
    async def ended() -> weakref.ref[SimExchange]:
        exchange = SimExchange(is_calm=True)
        await exchange.start()
        async with aiohttp.ClientSession() as session:
            stranger = Stranger(exchange, session)
            assert await stranger.data("/api/v1/timestamp")
        await exchange.stop()
        return weakref.ref(exchange)

    left = await ended()
    gc.collect()
    assert left() is None
