"""The remaining examples against the simulated exchange: fields, kinds and the digits of times.

What has no place in the other tests that compare: answers of calls with a state of their own,
frames of orders' and positions' lives, errors of both sockets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from terminal.simexchange.server import SimExchange
from tests.contract.test_account_fixtures import a_sub
from tests.contract.test_order_socket import an_order
from tests.support.caller import SYMBOL, Caller
from tests.support.kucoin import assert_alike
from tests.support.payloads import load
from tests.support.stranger import OrderLine
from tests.support.wire import knocked, opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


def done(caller: Caller) -> Any:
    """An order of which one lot is filled and one canceled."""
    caller.place(size=2, price=caller.low(), clientOid="t-0001")
    order = caller.account.by_client_oid("t-0001")
    assert order is not None
    caller.data(f"/api/v1/orders/{order.id}", "DELETE")
    return caller.data(f"/api/v1/orders/{order.id}")


def filled(caller: Caller) -> Any:
    return caller.data(f"/api/v1/orders/{caller.place()}")


def done_page(caller: Caller) -> Any:
    done(caller)
    return caller.data("/api/v1/orders?status=done")


def a_stop(caller: Caller) -> Any:
    price = caller.low()
    caller.place(stop="down", stopPrice=price, stopPriceType="MP", size=2, clientOid="t-sl-1")
    (waiting,) = caller.data("/api/v1/stopOrders")["items"]
    return waiting


def placed(caller: Caller) -> Any:
    body = {"clientOid": "t-0001", "symbol": SYMBOL, "side": "buy", "type": "market", "size": 1}
    return caller.data("/api/v1/orders", "POST", {**body, "leverage": 5})


def fills(caller: Caller) -> Any:
    caller.place()
    return caller.data("/api/v1/fills")


def isolated(caller: Caller) -> Any:
    caller.place(size=2)
    (position,) = caller.data("/api/v1/positions")
    return position


def pending(caller: Caller) -> Any:
    caller.place(size=2)
    answer = caller.data("/api/v1/transaction-history?currency=USDT")
    answer["dataList"] = answer["dataList"][:1]
    assert answer["dataList"][0]["status"] == "Pending"
    return answer


def asked(target: str, method: str = "GET", body: Any = None) -> Callable[[Caller], Any]:
    return lambda caller: caller.data(target, method, body)


def switched(caller: Caller) -> Any:
    body = {"tradeType": "FUTURES", "timeout": 60, "symbol": SYMBOL}
    return caller.data("/api/ua/v1/dcp/set", "POST", body)


def sub_balances(caller: Caller) -> Any:
    a_sub(caller)
    return caller.data("/api/v2/sub-accounts")


def the_switch(caller: Caller) -> Any:
    switched(caller)
    return caller.data("/api/ua/v1/dcp/query?tradeType=FUTURES")


MORE = {
    # Whether a flat position has them is not told (3.8).
    "position_flat": frozenset(load("position_isolated")),
}
LEVERAGE = {"symbol": SYMBOL, "leverage": "8"}
REQUIREMENT = f"/api/v2/getCrossModeMarginRequirement?symbol={SYMBOL}&positionValue=2000"


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("depth20", asked(f"/api/v1/level2/depth20?symbol={SYMBOL}")),
        ("depth20", asked(f"/api/v1/level2/depth100?symbol={SYMBOL}")),
        ("cross_leverage", asked(f"/api/v2/getCrossUserLeverage?symbol={SYMBOL}")),
        ("change_cross_leverage", asked("/api/v2/changeCrossUserLeverage", "POST", LEVERAGE)),
        ("cross_requirement", asked(REQUIREMENT)),
        ("margin_mode", asked(f"/api/v2/position/getMarginMode?symbol={SYMBOL}")),
        ("order_placed", placed),
        ("order_done", done),
        ("order_market", filled),
        ("orders_done_page", done_page),
        ("stop_order", a_stop),
        ("fills_page", fills),
        ("position_flat", asked(f"/api/v1/position?symbol={SYMBOL}")),
        ("position_isolated", isolated),
        ("ledger_pending", pending),
        ("sub_accounts", sub_balances),
        ("switch", the_switch),
        ("switch_set", switched),
    ],
)
def test_an_answer_is_like_the_example(name: str, answer: Callable[[Caller], Any]) -> None:
    assert_alike(answer(Caller()), load(name), more=MORE.get(name, frozenset()))


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("order_not_found", ("GET", "/api/v1/orders/400000000000000001")),
        ("order_not_found", ("GET", "/api/v1/orders/byClientOid?clientOid=nobody")),
        ("refused", ("POST", "/api/v1/orders")),
    ],
)
def test_a_refusal_is_like_the_example(name: str, call: tuple[str, str]) -> None:
    body: dict[str, Any] | None = None
    if call[0] == "POST":
        body = {"clientOid": "x", "symbol": SYMBOL, "side": "buy", "type": "market"}
        body |= {"size": 900_000, "leverage": 1}
    _, answer = Caller().call(*call, body)
    assert_alike(answer, load(name))
    assert answer["code"] == load(name)["code"]


def test_a_batch_of_cancels_can_fail_in_part() -> None:
    caller = Caller()
    ids = [caller.place(price=caller.low()), caller.place(price=caller.low())]
    caller.data(f"/api/v1/orders/{ids[1]}", "DELETE")
    body = {"orderIdsList": ids}
    _, answer = caller.call("DELETE", "/api/v1/orders/multi-cancel", body)
    theirs = load("multi_cancel_refused")
    assert_alike(answer, theirs)
    codes = [item["code"] for item in answer["data"]]
    assert codes == [item["code"] for item in theirs["data"]]


# Frames ------------------------------------------------------------------------------------------


@pytest.fixture
async def exchange() -> AsyncIterator[SimExchange]:
    exchange = SimExchange(is_calm=True)
    await exchange.start()
    yield exchange
    await exchange.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


PRIVATE: tuple[tuple[str, Callable[[dict[str, Any]], bool]], ...] = (
    ("order_filled_frame", lambda data: data["type"] == "filled"),
    ("position_change_frame", lambda data: data.get("changeReason") == "positionChange"),
    ("stop_triggered_frame", lambda data: data["type"] == "triggered"),
)
ISOLATED = frozenset(load("position_isolated_extra"))
"""What an isolated position has in addition to the example, which is a cross one (3.8)."""


@pytest.mark.parametrize(("name", "is_like"), PRIVATE)
async def test_what_an_account_is_told_is_like_the_example(
    name: str,
    is_like: Callable[[dict[str, Any]], bool],
    exchange: SimExchange,
    session: aiohttp.ClientSession,
) -> None:
    frame = load(name)
    wire = await opened(exchange, session, exchange.engine.account.uid)
    await wire.subscribe(frame["topic"], privateChannel=True)
    body: dict[str, Any] = {"clientOid": "t-0001", "symbol": SYMBOL, "side": "buy"}
    body |= {"type": "market", "size": 2, "leverage": 5}
    exchange.engine.place(exchange.engine.account, body)
    market = exchange.engine.markets[SYMBOL]
    body |= {"type": "limit", "price": market.spec.text(market.last - 900)}
    stop = {"stop": "up", "stopPrice": market.spec.text(market.last - 500), "stopPriceType": "TP"}
    exchange.engine.place(exchange.engine.account, {**body, **stop, "clientOid": "s", "size": 1})
    for _ in range(20):
        exchange.engine.step(SYMBOL)
    said = await wire.push(frame["topic"], lambda one: is_like(one["data"]))
    assert said["subject"] == frame["subject"]
    more = ISOLATED if name == "position_change_frame" else frozenset({"clientOid"})
    assert_alike(said["data"], frame["data"], more=more, where=name)
    await wire.socket.close()


# Sockets -----------------------------------------------------------------------------------------


async def test_fifty_levels_are_like_five(
    exchange: SimExchange, session: aiohttp.ClientSession
) -> None:
    frame = load("depth50_frame")
    wire = await opened(exchange, session)
    await wire.subscribe(frame["topic"])
    for _ in range(50):
        exchange.engine.step(SYMBOL)
    assert_alike(await wire.push(frame["topic"]), frame)
    await wire.socket.close()


async def test_errors_of_the_stream_are_like_the_examples(
    exchange: SimExchange, session: aiohttp.ClientSession
) -> None:
    wire = await opened(exchange, session)
    refused = await wire.ask(id="s-1", type="subscribe", topic="/contractAccount/wallet")
    assert_alike(refused, load("error_login_frame"))
    assert refused["code"] == load("error_login_frame")["code"]
    await wire.socket.close()
    knock = await knocked("nobodys", exchange, session)
    (expired,) = await knock.ending()
    assert_alike(expired, load("error_token_frame"))
    assert (expired["code"], expired["data"]) == (401, load("error_token_frame")["data"])


async def test_batches_of_cancels_and_frames_without_an_id_on_the_order_socket(
    exchange: SimExchange, session: aiohttp.ClientSession
) -> None:
    exchange.engine.set_margin_mode(SYMBOL, "CROSS")
    line = await OrderLine.knock(exchange, session)
    await line.sign(await line.text())
    await line.next()
    ids = [
        (await line.ask("futures.order", an_order(exchange, f"t-{at}")))["data"]["orderId"]
        for at in range(2)
    ]
    one = await line.ask("futures.cancel", {"orderId": ids[0]})
    assert_alike(one, load("socket_cancel_by_id")["reply"], more=frozenset({"userRateLimit"}))
    assert one["data"]["cancelledOrderIds"] == [ids[0]]
    many = await line.ask("futures.multi_cancel", {"orderIdsList": [ids[1], ids[0], "4"]})
    theirs = load("socket_multi_cancel")["reply"]
    assert_alike(many, theirs, more=frozenset({"userRateLimit"}))
    assert [item["code"] for item in many["data"]] == ["200", "100004", "100004"]
    await line.socket.send_json({"op": "futures.order", "args": {}})
    nameless = await line.next()
    assert_alike(nameless, load("socket_no_id"), more=frozenset({"userRateLimit"}))
    assert nameless["code"] == load("socket_no_id")["code"]
