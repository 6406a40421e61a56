"""The stream as a stranger sees it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from terminal.simexchange.server import SimExchange

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def exchange() -> AsyncIterator[SimExchange]:
    exchange = SimExchange(is_calm=True)
    await exchange.start()
    yield exchange
    await exchange.stop()


class Wire:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def ask(self, **frame: Any) -> dict[str, Any]:
        await self.socket.send_json(frame)
        return await self.next(lambda f: f["type"] != "message")

    async def next(self, wanted: Any) -> dict[str, Any]:
        async with asyncio.timeout(10):
            while True:
                frame: dict[str, Any] = await self.socket.receive_json()
                if wanted(frame):
                    return frame


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def connected(
    exchange: SimExchange, session: aiohttp.ClientSession, *, private: bool = False
) -> Wire:
    token = exchange.tokens.issue(exchange.engine.account.uid if private else None)
    url = f"{exchange.rest}/endpoint?token={token}&connectId=c9"
    wire = Wire(await session.ws_connect(url))
    welcome = await wire.next(lambda _: True)
    assert welcome == {"id": "c9", "type": "welcome"}
    return wire


async def test_pongs_acks_and_refusals(
    exchange: SimExchange, session: aiohttp.ClientSession
) -> None:
    wire = await connected(exchange, session)
    pong = await wire.ask(id="p1", type="ping")
    assert (pong["id"], pong["type"]) == ("p1", "pong")
    assert pong["timestamp"] > 10**15
    topic = "/contractMarket/level2:XBTUSDTM,ETHUSDTM"
    assert await wire.ask(id=1, type="subscribe", topic=topic, response=True) == {
        "id": "1",
        "type": "ack",
    }
    for frame, code in (
        ({"type": "subscribe", "topic": "/contractMarket/indexPrice:XBTUSDTM"}, 404),
        ({"type": "subscribe", "topic": "/contractMarket/level2:NOPE"}, 404),
        ({"type": "subscribe", "topic": "/contractMarket/tradeOrders"}, 403),
        ({"type": "subscribe", "topic": "/contractMarket/limitCandle:XBTUSDTM_2min"}, 404),
        ({"type": "subscribe"}, 406),
        ({"type": "dance"}, 415),
    ):
        answer = await wire.ask(id="x", **frame)
        assert (answer["type"], answer["code"]) == ("error", code)
    await wire.socket.close()


async def test_each_level2_frame_is_one_change_and_sequences_are_contiguous(
    exchange: SimExchange, session: aiohttp.ClientSession
) -> None:
    wire = await connected(exchange, session)
    topic = "/contractMarket/level2:XBTUSDTM"
    await wire.ask(id="s", type="subscribe", topic=topic, response=True)
    exchange.step("XBTUSDTM", 20)
    frames = [await wire.next(lambda f: f.get("topic") == topic) for _ in range(50)]
    sequences = [frame["data"]["sequence"] for frame in frames]
    assert sequences == list(range(sequences[0], sequences[0] + 50))
    assert all(frame["sn"] == frame["data"]["sequence"] for frame in frames)
    assert all(len(frame["data"]["change"].split(",")) == 3 for frame in frames)
    await wire.socket.close()


async def test_every_topic_says_something(
    exchange: SimExchange, session: aiohttp.ClientSession
) -> None:
    wire = await connected(exchange, session, private=True)
    topics = [
        "/contractMarket/level2Depth50:XBTUSDTM",
        "/contractMarket/tickerV2:XBTUSDTM",
        "/contractMarket/execution:XBTUSDTM",
        "/contractMarket/limitCandle:XBTUSDTM_1min",
        "/contract/instrument:XBTUSDTM",
        "/contractMarket/tradeOrders:XBTUSDTM",
        "/contractMarket/tradeOrders",
        "/contractMarket/advancedOrders",
        "/contractAccount/wallet",
        "/contract/positionAll",
    ]
    for topic in topics:
        private = topic in topics[-5:]
        ack = await wire.ask(
            id=topic, type="subscribe", topic=topic, privateChannel=private, response=True
        )
        assert ack["type"] == "ack"
    refused = await wire.ask(id="p", type="subscribe", topic=topics[-1], response=True)
    assert refused["code"] == 403, "a private topic is asked for privately"
    exchange.step("XBTUSDTM", 60)
    exchange.engine.broadcast.minute()
    order = {"clientOid": "a", "symbol": "XBTUSDTM", "side": "buy", "size": 1, "leverage": 5}
    exchange.engine.place(exchange.engine.account, {**order, "type": "market"})
    stop = {"stop": "down", "stopPrice": "50000", "stopPriceType": "TP", "type": "market"}
    exchange.engine.place(exchange.engine.account, {**order, **stop, "clientOid": "b"})
    missing = set(topics)
    while missing:
        frame = await wire.next(lambda f: f["type"] == "message")
        missing.discard(frame["topic"])
        if frame["topic"] == "/contractMarket/tradeOrders":
            assert frame["channelType"] == "private"
    await wire.socket.close()


async def test_a_token_that_is_not_ours_is_expired(
    exchange: SimExchange, session: aiohttp.ClientSession
) -> None:
    socket = await session.ws_connect(f"{exchange.rest}/endpoint?token=old")
    frame = await socket.receive_json()
    assert frame == {"type": "error", "code": 401, "data": "token is expired"}
    assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
    await socket.close()


async def test_a_client_that_talks_too_much_is_told(
    exchange: SimExchange, session: aiohttp.ClientSession
) -> None:
    wire = await connected(exchange, session)
    for number in range(100):
        await wire.ask(id=number, type="ping")
    assert (await wire.ask(id="x", type="ping"))["code"] == 509
    await wire.socket.close()


async def test_faults_on_the_stream(exchange: SimExchange, session: aiohttp.ClientSession) -> None:
    wire = await connected(exchange, session)
    exchange.drop_streams()
    message = await wire.socket.receive(timeout=5)
    assert message.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
    await wire.socket.close()
    exchange.faults.refuses_streams = True
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await session.ws_connect(f"{exchange.rest}/endpoint?token=x")
