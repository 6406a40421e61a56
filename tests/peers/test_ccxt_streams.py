"""ccxt.pro listens: what its streams add up to is what the exchange knows."""

from __future__ import annotations

import asyncio
import copy
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.peers.hosted import SYMBOL
from tests.peers.programs import require
from tests.support.deadlines import STRETCH, eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from tests.peers.hosted import Hosted

require()

BTC = "BTC/USDT:USDT"
ETH = "ETH/USDT:USDT"
ORDERS = "/contractMarket/tradeOrders"


async def soon(waiting: Awaitable[Any], seconds: float = 5.0) -> Any:
    """What comes, within a deadline."""
    return await asyncio.wait_for(waiting, seconds * STRETCH)


async def aside(exchange: Hosted, path: str, **query: object) -> Any:
    """The exchange's own answer; the loop of the program goes on meanwhile."""
    return await asyncio.to_thread(exchange.ask, path, **query)


# Market -----------------------------------------------------------------------------------------


async def test_ticker(live: Any, exchange: Hosted) -> None:
    ticker = await soon(live.watch_ticker(BTC), 2)
    trades = {row["tradeId"]: row for row in exchange.ask("/api/v1/trade/history", symbol=SYMBOL)}
    trade = trades[ticker["info"]["tradeId"]]
    assert ticker["last"] == float(trade["price"])
    assert abs(ticker["timestamp"] - trade["ts"] / 1e6) <= 1


async def test_best_prices_of_several_markets(live: Any, exchange: Hosted) -> None:
    """The last one heard is the touch of now, when nothing moves any more."""
    heard = await soon(live.watch_bids_asks([BTC, ETH]))
    while len(live.bidsasks) < 2:
        heard = await soon(live.watch_bids_asks([BTC, ETH]))
    assert heard
    with exchange.still():
        for name, symbol in ((BTC, SYMBOL), (ETH, "ETHUSDTM")):
            raw = exchange.ask("/api/v1/level2/depth20", symbol=symbol)
            expected = (*raw["bids"][0], *raw["asks"][0])
            heard_it = partial(knows_touch, live, name, expected)
            await eventually(heard_it, f"{name}'s touch")


def knows_touch(live: Any, name: str, expected: tuple[float, ...]) -> bool:
    """Is this the touch that the program knows last?"""
    told = live.bidsasks[name]
    return (told["bid"], told["bidVolume"], told["ask"], told["askVolume"]) == expected


async def test_book_kept_in_step(live: Any, exchange: Hosted) -> None:
    """Snapshot and changes add up to the exchange's whole book."""
    for _ in range(40):
        await soon(live.watch_order_book(BTC))
    with exchange.still():
        raw = exchange.ask("/api/v1/level2/snapshot", symbol=SYMBOL)
        kept = live.orderbooks[BTC]
        await eventually(lambda: kept["nonce"] == raw["sequence"], "the last change")
        assert len(raw["bids"]) > 100
        assert [list(row) for row in kept["bids"]] == raw["bids"]
        assert [list(row) for row in kept["asks"]] == raw["asks"]
    assert exchange.asked("GET /api/v1/level2/snapshot") == 2


@pytest.mark.parametrize(
    "depth",
    [
        5,
        50,
    ],
)
async def test_best_levels(live: Any, exchange: Hosted, depth: int) -> None:
    book = await soon(live.watch_order_book(BTC, depth), 2)
    assert len(book["bids"]) == depth
    with exchange.still():
        raw = exchange.ask("/api/v1/level2/snapshot", symbol=SYMBOL)
        kept = live.orderbooks[BTC]
        exchange.do(lambda one: one.engine.broadcast.depth())
        await eventually(lambda: kept["nonce"] == raw["sequence"], "the last picture")
        assert [list(row) for row in kept["bids"]] == raw["bids"][:depth]
        assert [list(row) for row in kept["asks"]] == raw["asks"][:depth]


async def test_trades(live: Any, exchange: Hosted) -> None:
    heard = {one["id"]: one for one in await soon(live.watch_trades(BTC))}
    while len(heard) < 3:
        heard |= {one["id"]: one for one in await soon(live.watch_trades(BTC))}
    raw = {row["tradeId"]: row for row in exchange.ask("/api/v1/trade/history", symbol=SYMBOL)}
    for name, trade in heard.items():
        row = raw[name]
        assert (trade["side"], trade["price"]) == (row["side"], float(row["price"]))
        assert trade["amount"] == row["size"]
        assert abs(trade["timestamp"] - row["ts"] / 1e6) <= 1


async def test_candles(live: Any, exchange: Hosted) -> None:
    await soon(live.watch_ohlcv(BTC, "1m"))
    with exchange.still():
        exchange.do(lambda one: one.engine.broadcast.second())
        raw = exchange.ask("/api/v1/kline/query", symbol=SYMBOL, granularity=1)[-1]
        rows = live.ohlcvs[BTC]["1m"]
        await eventually(lambda: list(rows[-1][:6]) == raw[:6], "the forming candle")


# Account ----------------------------------------------------------------------------------------


@asynccontextmanager
async def listening(
    exchange: Hosted, topic: str, watch: Callable[[], Awaitable[Any]]
) -> AsyncIterator[list[Any]]:
    """A program that watches for ever, and what it was handed each time."""
    handed: list[Any] = []

    async def listen() -> None:
        while True:
            handed.append(copy.deepcopy(await watch()))  # it goes on changing its own

    task = asyncio.get_running_loop().create_task(listen())
    try:
        await eventually(lambda: exchange.is_heard(topic), topic, 3)
        yield handed
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_own_orders(live: Any, exchange: Hosted) -> None:
    """One order rests and is canceled, one is filled."""
    price = await asyncio.to_thread(exchange.far_bid)
    async with listening(exchange, ORDERS, live.watch_orders) as handed:
        own = {"clientOrderId": "peer-1"}
        made = await live.create_order(BTC, "limit", "buy", 2, price, own)
        await live.cancel_order(made["id"], BTC)
        bought = await live.create_order(BTC, "market", "buy", 3)
        await eventually(lambda: states(handed, bought["id"])[-1:] == ["closed"], "the fill")
    assert states(handed, made["id"]) == ["open", "canceled"]
    first = handed[0][0]
    assert (first["clientOrderId"], first["price"], first["amount"]) == ("peer-1", price, 2)
    assert live.orders.hashmap[BTC][bought["id"]]["filled"] == 3


def states(handed: list[Any], order_id: str) -> list[str]:
    """What an order was said to be, one after the other."""
    told = [order["status"] for orders in handed for order in orders if order["id"] == order_id]
    return [state for number, state in enumerate(told) if told[:number][-1:] != [state]]


async def test_own_trades(live: Any, exchange: Hosted) -> None:
    async with listening(exchange, ORDERS, live.watch_my_trades):
        made = await live.create_order(BTC, "market", "sell", 7)
        rows = (await aside(exchange, "/api/v1/fills", symbol=SYMBOL))["items"]
        raw = {row["tradeId"]: row for row in rows}
        await eventually(lambda: live.myTrades and len(live.myTrades) == len(raw), "every fill")
    assert sum(trade["amount"] for trade in live.myTrades) == 7
    for trade in live.myTrades:
        row = raw[trade["id"]]
        assert (trade["order"], trade["side"]) == (made["id"], "sell")
        assert (trade["price"], trade["amount"]) == (float(row["price"]), row["size"])


async def test_stops(live: Any, exchange: Hosted) -> None:
    bid, _ = await asyncio.to_thread(exchange.touch)
    trigger = round(bid * 1.03, 1)
    trigger_orders = partial(live.watch_orders, None, None, None, {"trigger": True})
    async with listening(exchange, "/contractMarket/advancedOrders", trigger_orders) as handed:
        terms = {"triggerPrice": trigger}
        made = await live.create_order(BTC, "limit", "buy", 1, trigger, terms)
        await live.cancel_order(made["id"], BTC)
        await eventually(lambda: states(handed, made["id"])[-1:] == ["canceled"], "the end")
    assert states(handed, made["id"]) == ["open", "canceled"]
    assert handed[0][0]["triggerPrice"] == trigger


async def test_balance(live: Any, exchange: Hosted) -> None:
    price = await asyncio.to_thread(exchange.far_bid)
    async with listening(exchange, "/contractAccount/wallet", live.watch_balance) as handed:
        await live.create_order(BTC, "limit", "buy", 10, price)
        raw = await aside(exchange, "/api/v1/account-overview", currency="USDT")
        assert raw["orderMargin"] > 0
        free = pytest.approx(raw["availableBalance"])
        await eventually(lambda: handed and handed[-1]["USDT"]["free"] == free, "the wallet")
    assert float(handed[-1]["info"]["walletBalance"]) == pytest.approx(raw["marginBalance"])


async def test_position(live: Any, exchange: Hosted) -> None:
    """After the snapshot from REST, the changes."""
    topic = f"/contract/position:{SYMBOL}"
    async with listening(exchange, topic, partial(live.watch_position, BTC)) as handed:
        await live.create_order(BTC, "market", "sell", 4)
        await eventually(lambda: handed[1:] and handed[-1]["contracts"] == 4, "the position")
    raw = await aside(exchange, "/api/v1/position", symbol=SYMBOL)
    assert (handed[-1]["side"], handed[-1]["entryPrice"]) == ("short", raw["avgEntryPrice"])


# Trouble ----------------------------------------------------------------------------------------


async def test_a_dropped_connection_is_taken_up_again(
    ccxt: Any, live: Any, exchange: Hosted
) -> None:
    """The program is told, connects again, and its book is in step as before."""
    await soon(live.watch_order_book(BTC))
    opened = exchange.do(lambda one: one.streams.opened)
    exchange.do(lambda one: one.drop_streams())
    with pytest.raises(ccxt.NetworkError):
        await heard_for_ever(live)
    for _ in range(20):
        await soon(live.watch_order_book(BTC))
    assert exchange.do(lambda one: one.streams.opened) == opened + 1
    with exchange.still():
        raw = exchange.ask("/api/v1/level2/snapshot", symbol=SYMBOL)
        kept = live.orderbooks[BTC]
        await eventually(lambda: kept["nonce"] == raw["sequence"], "the last change")
        assert [list(row) for row in kept["bids"]] == raw["bids"]


async def heard_for_ever(live: Any) -> None:
    """What is still on its way comes before the end of the connection."""
    while True:
        await soon(live.watch_order_book(BTC))


async def test_unsubscribing_ends_the_topic(live: Any, exchange: Hosted) -> None:
    await soon(live.watch_trades(BTC))
    topic = f"/contractMarket/execution:{SYMBOL}"
    assert exchange.is_heard(topic)
    await soon(live.un_watch_trades(BTC))
    await eventually(lambda: not exchange.is_heard(topic), "the end")
