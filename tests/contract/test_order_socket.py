"""The reference's own examples of batches and of the order socket, against the exchange.

The requests are sent as they stand there; what comes back must have the same fields and kinds.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from terminal.simexchange.server import SimExchange
from tests.contract.test_fixtures import compare, load
from tests.support.stranger import OrderLine, Stranger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SYMBOL = "XBTUSDTM"


@pytest.fixture
async def exchange() -> AsyncIterator[SimExchange]:
    exchange = SimExchange(is_calm=True)
    await exchange.start()
    exchange.engine.set_margin_mode(SYMBOL, "CROSS")
    yield exchange
    await exchange.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def same(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    """The same fields with the same kinds, and nothing beside them; so in items of lists."""
    compare(ours, theirs, frozenset())
    assert set(ours) <= {*theirs, "userRateLimit"}
    if isinstance(theirs.get("data"), list):
        for our_item, their_item in zip(ours["data"], theirs["data"], strict=True):
            same(our_item, their_item)
            assert (our_item["code"] == their_item["code"]) or "..." in their_item["msg"]


def an_order(exchange: SimExchange, client_oid: str) -> dict[str, Any]:
    order: dict[str, Any] = load("socket_multi_order")["request"]["args"][0]
    market = exchange.engine.markets[SYMBOL]
    price = market.spec.text(market.last - 200)
    return {**order, "clientOid": client_oid, "price": price}


@pytest.mark.conforms("POST /api/v1/orders/multi", "DELETE /api/v1/orders/multi-cancel")
async def test_batches_over_rest(exchange: SimExchange, session: aiohttp.ClientSession) -> None:
    stranger = Stranger(exchange, session)
    batch = [an_order(exchange, "t-2"), {**an_order(exchange, "t-3"), "size": 0}]
    _, placed = await stranger.call("POST", "/api/v1/orders/multi", batch)
    same(placed, load("multi_order_reply"))
    ids = {"orderIdsList": [placed["data"][0]["orderId"]]}
    _, canceled = await stranger.call("DELETE", "/api/v1/orders/multi-cancel", ids)
    same(canceled, load("multi_cancel_reply"))
    await stranger.call("POST", "/api/v1/orders", an_order(exchange, "t-1"))
    names = load("multi_cancel_by_client_oid")
    _, canceled = await stranger.call("DELETE", "/api/v1/orders/multi-cancel", names)
    assert [(item["clientOid"], item["code"]) for item in canceled["data"]] == [
        ("t-1", "200"),
        ("t-2", "100004"),
    ]


@pytest.mark.conforms("futures.multi_order", "futures.cancel", "futures.order")
async def test_the_order_socket(exchange: SimExchange, session: aiohttp.ClientSession) -> None:
    """The price of the example is where its market was; here it is moved to ours."""
    refused = await OrderLine.knock(exchange, session, apikey="nobody")
    same(await refused.next(), load("socket_refusal"))
    line = await OrderLine.knock(exchange, session)
    await line.sign(await line.text())
    same(await line.next(), load("socket_welcome"))

    multi = load("socket_multi_order")
    multi["request"]["args"] = [an_order(exchange, "t-51")]
    await line.socket.send_str(json.dumps(multi["request"]))
    reply = await line.next()
    same(reply, multi["reply"])
    assert reply["id"] == multi["request"]["id"]

    cancel = load("socket_cancel")
    await line.socket.send_str(json.dumps(cancel["request"]))
    reply = await line.next()
    same(reply, cancel["reply"])
    assert reply["data"] == cancel["reply"]["data"]
    await line.socket.send_str(json.dumps(cancel["request"]))
    reply, expected = await line.next(), load("socket_cancel_refused")
    same(reply, expected)
    assert (reply["code"], reply["msg"]) == (expected["code"], expected["msg"])

    same(await line.ask("futures.order", an_order(exchange, "t-31")), load("socket_order"))
    await line.socket.send_json({"id": "ping-1", "op": "ping", "timestamp": 1})
    same(await line.next(), load("socket_pong"))
