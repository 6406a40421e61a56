"""The order socket over real connections: login, every operation, late and lost replies, ends."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from terminal.simexchange.auth import ApiKey
from terminal.simexchange.clock import SimClock
from terminal.simexchange.server import SimExchange
from terminal.simexchange.sockets import order_socket
from tests.support.deadlines import STRETCH, eventually
from tests.support.stranger import OrderLine, Stranger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SYMBOL = "XBTUSDTM"
NOT_CANCELED = "The order cannot be canceled."


@pytest.fixture
async def exchange() -> AsyncIterator[SimExchange]:
    """Time stands still here, but for what a test lets pass."""
    exchange = SimExchange(is_calm=True, clock=SimClock(start_ms=1_760_000_000_000, speed=0))
    await exchange.start()
    yield exchange
    await exchange.stop()


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def line(exchange: SimExchange, session: aiohttp.ClientSession) -> OrderLine:
    return await OrderLine.open(exchange, session)


def an_order(exchange: SimExchange, client_oid: str, **changes: Any) -> dict[str, Any]:
    """A buy that rests two hundred ticks below the last trade."""
    market = exchange.engine.markets[SYMBOL]
    order: dict[str, Any] = {
        "clientOid": client_oid,
        "side": "buy",
        "symbol": SYMBOL,
        "type": "limit",
        "leverage": 5,
        "price": market.spec.text(market.last - 200),
        "size": 1,
    }
    return {**order, **changes}


def working(exchange: SimExchange) -> list[str]:
    return [order.client_oid for order in exchange.engine.account.active()]


# Login -------------------------------------------------------------------------------------------


async def test_a_connection_is_challenged_and_welcomed(
    exchange: SimExchange, session: aiohttp.ClientSession
) -> None:
    line = await OrderLine.knock(exchange, session)
    text = await line.text()
    challenge = json.loads(text)
    assert text == json.dumps(challenge, separators=(",", ":"))
    assert list(challenge) == ["sessionId", "timestamp"]
    assert challenge["timestamp"] == exchange.clock.now_ms()
    await line.sign(text)
    assert await line.next() == {
        "sessionId": challenge["sessionId"],
        "data": "welcome",
        "pingInterval": 18000,
        "pingTimeout": 10000,
    }


async def test_session_ids_are_the_same_in_every_run_with_a_seed_and_never_twice() -> None:
    seen = []
    for seed in (7, 7, 8):
        exchange = SimExchange(is_calm=True, seed=seed)
        await exchange.start()
        async with aiohttp.ClientSession() as session:
            lines = [await OrderLine.knock(exchange, session) for _ in range(2)]
            seen.append([(await line.next())["sessionId"] for line in lines])
        await exchange.stop()
    assert seen[0] == seen[1] != seen[2]
    assert len({*seen[0], *seen[2]}) == 4


async def test_the_very_text_of_the_challenge_is_signed(
    exchange: SimExchange, session: aiohttp.ClientSession
) -> None:
    """Who writes the challenge anew before signing it fails, whichever way it was written."""
    for spacing, separators in (("compact", (", ", ": ")), ("spaced", (",", ":"))):
        exchange.switches.set("socket_challenge", spacing)
        line = await OrderLine.knock(exchange, session)
        rewritten = json.dumps(await line.next(), separators=separators)
        await line.sign(rewritten)
        assert (await line.next())["code"] == "400011"
        line = await OrderLine.knock(exchange, session)
        await line.sign(await line.text())
        assert (await line.next())["data"] == "welcome"


@pytest.mark.parametrize("answer", ["", "nonsense", '{"id":"1","op":"ping"}', "ü", b"\x00"])
async def test_a_wrong_answer_to_the_challenge_is_refused(
    exchange: SimExchange, session: aiohttp.ClientSession, answer: str | bytes
) -> None:
    line = await OrderLine.knock(exchange, session)
    await line.next()
    if isinstance(answer, bytes):
        await line.socket.send_bytes(answer)
    else:
        await line.socket.send_str(answer)
    refusal = await line.next()
    assert set(refusal) == {"code", "msg", "inTime", "outTime"}
    assert refusal["code"] == "400011"
    assert await line.end() == (1000, "Session verification failed.")


async def test_no_answer_to_the_challenge_within_thirty_seconds_is_refused(
    exchange: SimExchange, session: aiohttp.ClientSession
) -> None:
    line = await OrderLine.knock(exchange, session)
    await line.next()
    began_ms = exchange.clock.now_ms()
    exchange.clock.advance(29)
    exchange.clock.advance(1)
    refusal = await line.next()
    assert (refusal["code"], refusal["inTime"], refusal["outTime"]) == (
        "400012",
        began_ms,
        began_ms + 30_000,
    )
    assert (await line.end())[0] == 1000


async def test_in_fast_time_a_client_is_granted_as_much_as_outside(
    session: aiohttp.ClientSession,
) -> None:
    exchange = SimExchange(is_calm=True, clock=SimClock(start_ms=1_760_000_000_000, speed=600))
    await exchange.start()
    line = await OrderLine.knock(exchange, session)
    text = await line.text()
    began_s = exchange.clock.monotonic_s()
    await eventually(lambda: exchange.clock.monotonic_s() > began_s + 120, "two minutes")
    await line.sign(text)
    assert (await line.next())["data"] == "welcome"
    await line.socket.close()
    await exchange.stop()


KEYS = {
    "elsewhere": ApiKey("elsewhere", "s", "p", ip_list="10.1.2.3"),
    "reader": ApiKey("reader", "s", "p", frozenset({"General"})),
}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"apikey": None}, "400001"),
        ({"timestamp": None}, "400001"),
        ({"sign": ""}, "400001"),
        ({"passphrase": None}, "400001"),
        ({"timestamp": "1759999994999"}, "400002"),
        ({"timestamp": "1760000605001"}, "400002"),
        ({"timestamp": "1760000000"}, "400002"),
        ({"timestamp": "²"}, "400002"),
        ({"timestamp": "9" * 5000}, "400002"),
        ({"apikey": "nobody"}, "400003"),
        ({"apikey": "ключ"}, "400003"),
        ({"passphrase": "wrong"}, "400004"),
        ({"passphrase": "ü"}, "400004"),
        ({"sign": "wrong"}, "400005"),
        ({"timestamp": "1760000001000"}, "400005"),
        ({"key": "elsewhere"}, "400006"),
        ({"key": "reader"}, "400007"),
        ({"passphrase": "wrong", "sign": "wrong"}, "400004"),
        ({"key": "reader", "sign": "wrong"}, "400005"),
    ],
)
async def test_an_address_that_is_not_signed_well_is_refused(
    exchange: SimExchange,
    session: aiohttp.ClientSession,
    changes: dict[str, str | None],
    code: str,
) -> None:
    """The first fault in the order of the codes is named, then the connection is closed."""
    for key in KEYS.values():
        exchange.engine.accounts.add(key)
    signer = KEYS.get(changes.get("key") or "")
    others = {name: value for name, value in changes.items() if name != "key"}
    line = await OrderLine.knock(exchange, session, signer, **others)
    refusal = await line.next()
    assert list(refusal) == ["code", "msg", "inTime", "outTime"]
    assert refusal["code"] == code
    assert refusal["inTime"] == refusal["outTime"] == 1_760_000_000_000
    if code == "400006":
        assert "127.0.0.1" in refusal["msg"]
    assert (await line.end())[0] == 1000
    assert exchange.order_sockets.opened == 0


async def test_a_plain_request_is_refused_in_the_envelope(
    exchange: SimExchange, session: aiohttp.ClientSession
) -> None:
    async with session.get(f"{exchange.rest}/v1/private") as answer:
        assert answer.status == 400
        assert (await answer.json())["code"] == "400100"


# Operations --------------------------------------------------------------------------------------


@pytest.mark.conforms("futures.order")
async def test_an_order_is_placed_and_known_to_rest(
    exchange: SimExchange, session: aiohttp.ClientSession, line: OrderLine
) -> None:
    reply = await line.ask("futures.order", an_order(exchange, "t-31"))
    assert list(reply) == ["id", "op", "code", "data", "inTime", "outTime", "userRateLimit"]
    assert (reply["code"], reply["data"]["clientOid"]) == ("200000", "t-31")
    assert reply["userRateLimit"] == {"limit": 2000, "remaining": 1998, "reset": 30000}
    found = await Stranger(exchange, session).data(
        f"/api/v1/orders/{reply['data']['orderId']}", signed=True
    )
    assert found["clientOid"] == "t-31"
    refused = await line.ask("futures.order", an_order(exchange, "t-31"))
    assert list(refused) == ["id", "op", "code", "msg", "inTime", "outTime", "userRateLimit"]
    assert refused["code"] == "300018"
    low = exchange.engine.markets[SYMBOL].spec.text(exchange.engine.markets[SYMBOL].last - 300)
    stop = {"stop": "down", "stopPriceType": "TP", "stopPrice": low}
    stopped = await line.ask("futures.order", an_order(exchange, "t-32", **stop))
    assert stopped["code"] == "200000"
    stops = await Stranger(exchange, session).data("/api/v1/stopOrders", signed=True)
    assert [one["clientOid"] for one in stops["items"]] == ["t-32"]


@pytest.mark.conforms("futures.cancel")
async def test_the_reply_to_a_cancel_has_the_form_of_the_request(
    exchange: SimExchange, line: OrderLine
) -> None:
    first = (await line.ask("futures.order", an_order(exchange, "t-1")))["data"]["orderId"]
    await line.ask("futures.order", an_order(exchange, "t-2"))
    by_id = await line.ask("futures.cancel", {"orderId": first})
    assert by_id["data"] == {"cancelledOrderIds": [first]}
    named = {"clientOid": "t-2", "symbol": SYMBOL}
    assert (await line.ask("futures.cancel", named))["data"] == {"clientOid": "t-2"}
    assert working(exchange) == []
    for args in ({"orderId": first}, named, {"orderId": "17"}):
        again = await line.ask("futures.cancel", args)
        assert (again["code"], again["msg"]) == ("100004", NOT_CANCELED)


@pytest.mark.conforms("futures.multi_order")
async def test_several_orders_are_placed_at_once(exchange: SimExchange, line: OrderLine) -> None:
    orders = [an_order(exchange, "t-1"), an_order(exchange, "t-2", size=0)]
    reply = await line.ask("futures.multi_order", orders)
    assert (reply["code"], reply["userRateLimit"]["remaining"]) == ("200000", 1980)
    first, second = reply["data"]
    assert (first["clientOid"], first["symbol"], first["code"]) == ("t-1", SYMBOL, "200000")
    assert (second["clientOid"], second["orderId"], second["code"]) == ("t-2", None, "400100")
    assert working(exchange) == ["t-1"]
    many = [an_order(exchange, f"u-{n}") for n in range(21)]
    refused: tuple[Any, ...] = ([], {}, None, [1], many)
    for wrong in refused:
        assert (await line.ask("futures.multi_order", wrong))["code"] == "400100"
    assert working(exchange) == ["t-1"]


@pytest.mark.conforms("futures.multi_cancel")
@pytest.mark.parametrize("code", ["200", "200000"])
async def test_several_orders_are_canceled_at_once(
    exchange: SimExchange, line: OrderLine, code: str
) -> None:
    exchange.switches.set("socket_cancel_code", code)
    placed = await line.ask("futures.multi_order", [an_order(exchange, f"t-{n}") for n in range(3)])
    first, second, _ = (item["orderId"] for item in placed["data"])
    reply = await line.ask("futures.multi_cancel", {"orderIdsList": [first, second, first]})
    assert [(item["orderId"], item["clientOid"], item["code"]) for item in reply["data"]] == [
        (first, None, code),
        (second, None, code),
        (first, None, "100004"),
    ]
    names = {"clientOidsList": [{"symbol": SYMBOL, "clientOid": "t-2"}]}
    reply = await line.ask("futures.multi_cancel", names)
    assert reply["data"] == [{"orderId": None, "clientOid": "t-2", "code": code, "msg": "success"}]
    assert working(exchange) == []


@pytest.mark.conforms("ping")
@pytest.mark.parametrize(
    "stamp", [{"timestamp": 1_760_000_000_000}, {"timestamp": "1760000000000"}, {}]
)
async def test_a_ping_is_answered_with_a_pong(
    exchange: SimExchange, line: OrderLine, stamp: dict[str, Any]
) -> None:
    exchange.clock.advance(0.005)
    await line.socket.send_json({"id": "ping-1", "op": "ping", **stamp})
    assert await line.next() == {"id": "ping-1", "op": "pong", "timestamp": 1_760_000_000_005}
    assert exchange.quota.pools == {}


# The quota ---------------------------------------------------------------------------------------


async def test_the_quota_is_the_one_of_rest(
    exchange: SimExchange, session: aiohttp.ClientSession, line: OrderLine
) -> None:
    """Two connections and REST draw from one pool; when it is spent nothing is done."""
    other = await OrderLine.open(exchange, session)
    stranger = Stranger(exchange, session)
    await stranger.call("POST", "/api/v1/orders", an_order(exchange, "t-1"))
    reply = await line.ask("futures.order", an_order(exchange, "t-2"))
    assert reply["userRateLimit"]["remaining"] == 1996
    reply = await other.ask("futures.cancel", {"clientOid": "t-2", "symbol": SYMBOL})
    assert reply["userRateLimit"]["remaining"] == 1995
    exchange.quota.pool("Futures", exchange.key.uid).spent = 1999
    exchange.clock.advance(12)
    reply = await other.ask("futures.order", an_order(exchange, "t-3"))
    assert reply["code"] == "429000"
    assert reply["userRateLimit"] == {"limit": 2000, "remaining": 0, "reset": 18000}
    assert working(exchange) == ["t-1"]
    status, _ = await stranger.call("POST", "/api/v1/orders", an_order(exchange, "t-3"))
    assert status == 429
    exchange.clock.advance(18)
    reply = await other.ask("futures.order", an_order(exchange, "t-3"))
    assert reply["userRateLimit"]["remaining"] == 1998


# Late, held and lost -----------------------------------------------------------------------------


async def test_held_replies_are_released_in_any_order(
    exchange: SimExchange, line: OrderLine
) -> None:
    """What was asked is done at once and in its order; only the telling waits."""
    exchange.order_sockets.holds_replies = True
    for number in range(3):
        await line.send("futures.order", an_order(exchange, f"t-{number}"))
    await eventually(lambda: len(exchange.order_sockets.held) == 3, "three held replies")
    assert working(exchange) == ["t-0", "t-1", "t-2"]
    exchange.clock.advance(1)
    exchange.order_sockets.release([2, 0])
    late = [await line.next() for _ in range(2)]
    assert [(one["id"], one["data"]["clientOid"]) for one in late] == [
        ("r-3", "t-2"),
        ("r-1", "t-0"),
    ]
    assert late[0]["outTime"] - late[0]["inTime"] == 1000
    exchange.order_sockets.holds_replies = False
    exchange.order_sockets.release()
    assert (await line.next())["id"] == "r-2"
    assert exchange.order_sockets.held == []


async def test_a_late_reply_is_overtaken_by_the_next(
    exchange: SimExchange, line: OrderLine
) -> None:
    exchange.faults.answer_delay_s = 3.0
    await line.send("futures.order", an_order(exchange, "t-1"))
    await eventually(lambda: working(exchange) == ["t-1"], "the order")
    exchange.faults.answer_delay_s = 0.0
    reply = await line.ask("futures.cancel", {"clientOid": "t-1", "symbol": SYMBOL})
    assert (reply["id"], reply["code"]) == ("r-2", "200000")
    exchange.clock.advance(3)
    late = await line.next()
    assert (late["id"], late["outTime"] - late["inTime"]) == ("r-1", 3000)


async def test_a_scripted_refusal_hits_the_next_order(
    exchange: SimExchange, line: OrderLine
) -> None:
    exchange.faults.rejects.append(("330008", "Too much"))
    exchange.faults.overloads = 1
    overload = await line.ask("futures.order", an_order(exchange, "t-1"))
    assert overload["code"] == "429000"
    assert overload["userRateLimit"]["remaining"] == 1998
    refused = await line.ask("futures.order", an_order(exchange, "t-1"))
    assert (refused["code"], refused["msg"]) == ("330008", "Too much")
    assert working(exchange) == []
    assert (await line.ask("futures.order", an_order(exchange, "t-1")))["code"] == "200000"


async def test_a_lost_reply_breaks_the_connection_and_leaves_the_order(
    exchange: SimExchange, line: OrderLine
) -> None:
    exchange.faults.answers_lost = 1
    await line.send("futures.order", an_order(exchange, "t-1"))
    assert (await line.end())[0] == 1006
    assert working(exchange) == ["t-1"]


async def test_orders_in_flight_survive_their_connection(
    exchange: SimExchange, session: aiohttp.ClientSession, line: OrderLine
) -> None:
    exchange.order_sockets.holds_replies = True
    exchange.faults.answer_delay_s = 1.0
    for number in range(3):
        await line.send("futures.order", an_order(exchange, f"t-{number}"))
    await eventually(lambda: len(working(exchange)) == 3, "three orders")
    exchange.clock.advance(1)
    await line.send("futures.order", an_order(exchange, "t-3"))
    await eventually(lambda: len(working(exchange)) == 4, "four orders")
    exchange.order_sockets.drop_all()
    assert (await line.end())[0] == 1006
    await eventually(lambda: not exchange.order_sockets.held, "nothing held for the lost")
    exchange.clock.advance(1)
    assert exchange.order_sockets.held == []
    exchange.order_sockets.holds_replies = False
    exchange.faults.answer_delay_s = 0.0
    assert working(exchange) == ["t-0", "t-1", "t-2", "t-3"]
    again = await OrderLine.open(exchange, session)
    reply = await again.ask("futures.cancel", {"clientOid": "t-1", "symbol": SYMBOL})
    assert reply["code"] == "200000"


async def test_a_client_that_leaves_takes_only_its_replies_along(
    exchange: SimExchange, line: OrderLine
) -> None:
    await line.send("futures.order", an_order(exchange, "t-1"))
    await line.socket.close()
    await eventually(lambda: working(exchange) == ["t-1"], "the order")


# Ends --------------------------------------------------------------------------------------------


async def test_a_silent_connection_is_closed_after_a_minute(
    exchange: SimExchange, session: aiohttp.ClientSession, line: OrderLine
) -> None:
    other = await OrderLine.open(exchange, session)
    exchange.clock.advance(50)
    assert (await other.ask("futures.cancel", {"orderId": "1"}))["code"] == "100004"
    exchange.clock.advance(10.5)
    assert await line.end() == (1000, "ping timeout")
    assert (await other.ask("futures.cancel", {"orderId": "1"}))["code"] == "100004"
    exchange.clock.advance(59)
    exchange.clock.advance(1)
    assert await other.end() == (1000, "ping timeout")


async def test_withheld_pongs_leave_commands_alone(exchange: SimExchange, line: OrderLine) -> None:
    exchange.faults.withholds_pongs = True
    await line.socket.send_json({"id": "p", "op": "ping", "timestamp": 1})
    assert (await line.ask("futures.cancel", {"orderId": "1"}))["code"] == "100004"


async def test_connections_end_when_the_exchange_stops(
    exchange: SimExchange, session: aiohttp.ClientSession, line: OrderLine
) -> None:
    """One that is logged in, one that is not, one with a reply that is not due yet."""
    knocking = await OrderLine.knock(exchange, session)
    await knocking.next()
    waiting = await OrderLine.open(exchange, session)
    exchange.faults.answer_delay_s = 60.0
    await waiting.send("futures.order", an_order(exchange, "t-1"))
    await eventually(lambda: working(exchange) == ["t-1"], "the order")
    ends = asyncio.gather(line.end(), knocking.end(), waiting.end())
    await exchange.stop()
    assert set(await ends) == {(1000, "the exchange stops")}


async def test_a_frame_that_is_too_large_closes_the_connection_with_a_reason(
    line: OrderLine,
) -> None:
    await line.socket.send_str("x" * ((1 << 20) + 1))
    assert (await line.end())[0] == 1009


async def test_a_client_that_does_not_read_is_cut_off(
    exchange: SimExchange, line: OrderLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_socket, "MAX_QUEUED", 10)
    frame = json.dumps({"id": "p" * 500_000, "op": "ping"})

    async def flood() -> None:
        while True:
            await line.socket.send_str(frame)

    with pytest.raises(ConnectionError):
        await asyncio.wait_for(flood(), 10 * STRETCH)
    await line.socket.close()


async def test_a_fault_of_the_program_is_answered_and_told(
    exchange: SimExchange, line: OrderLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection goes on; the running loop hears what went wrong."""
    loop, heard = asyncio.get_running_loop(), []
    handler = loop.get_exception_handler()
    loop.set_exception_handler(lambda _loop, context: heard.append(context["exception"]))
    with monkeypatch.context() as patch:
        patch.setattr(exchange.engine, "place", lambda *_: 1 // 0)
        reply = await line.ask("futures.order", an_order(exchange, "t-1"))
    loop.set_exception_handler(handler)
    assert (reply["code"], reply["userRateLimit"]["remaining"]) == ("500000", 1998)
    assert [type(error) for error in heard] == [ZeroDivisionError]
    assert (await line.ask("futures.order", an_order(exchange, "t-1")))["code"] == "200000"


async def test_two_accounts_do_not_see_each_other(
    exchange: SimExchange, session: aiohttp.ClientSession, line: OrderLine
) -> None:
    key = ApiKey("second", "s2", "p2", uid="60000000000000000000bbbb")
    exchange.engine.accounts.add(key)
    second = await OrderLine.open(exchange, session, key)
    mine = (await line.ask("futures.order", an_order(exchange, "t-1")))["data"]["orderId"]
    assert (await second.ask("futures.cancel", {"orderId": mine}))["code"] == "100004"
    reply = await second.ask("futures.order", an_order(exchange, "t-1"))
    assert (reply["code"], reply["userRateLimit"]["remaining"]) == ("200000", 1997)


async def test_a_connection_made_while_half_open_is_challenged_when_that_is_over(
    exchange: SimExchange, session: aiohttp.ClientSession
) -> None:
    exchange.faults.half_open = True
    line = await OrderLine.knock(exchange, session)
    await eventually(lambda: exchange.order_sockets.opened == 1, "the connection")
    exchange.clock.advance(40)
    exchange.faults.half_open = False
    await line.sign(await line.text())
    assert (await line.next())["data"] == "welcome"


async def test_what_follows_a_batch_that_cannot_be_read_is_no_part_of_it(
    exchange: SimExchange, line: OrderLine
) -> None:
    exchange.faults.batch_items_refused = 1
    assert (await line.ask("futures.multi_order", {"a": 1}))["code"] != "200000"
    exchange.engine.place(exchange.engine.account, an_order(exchange, "t-0"))
    assert (await line.ask("futures.order", an_order(exchange, "t-1")))["code"] == "200000"


@pytest.mark.parametrize("fault", ["reply_first", "events_first"])
async def test_replies_and_events_take_turns_in_standing_time(
    exchange: SimExchange, session: aiohttp.ClientSession, line: OrderLine, fault: str
) -> None:
    exchange.faults.set(fault, "on")
    token = exchange.tokens.issue(exchange.key.uid)
    feed = await session.ws_connect(f"{exchange.rest}/endpoint?token={token}")
    topic = "/contractMarket/tradeOrders"
    frame = {"id": "1", "type": "subscribe", "topic": topic, "privateChannel": True}
    await feed.send_json({**frame, "response": True})
    async with asyncio.timeout(10 * STRETCH):
        assert [(await feed.receive_json())["type"] for _ in range(2)] == ["welcome", "ack"]
        reply = await line.ask("futures.order", an_order(exchange, "t-1"))
        event = await feed.receive_json()
    assert event["data"]["orderId"] == reply["data"]["orderId"]
    await feed.close()


async def test_who_asks_for_no_socket_gets_the_envelope_with_the_headers_of_a_quota(
    exchange: SimExchange, session: aiohttp.ClientSession
) -> None:
    address = f"{exchange.rest}{order_socket.PATH}"
    async with session.get(address) as answer:
        assert (answer.status, (await answer.json())["code"]) == (400, "400100")
        assert answer.headers["gw-ratelimit-remaining"] == "2000"
    exchange.faults.refuses_streams = True
    for path in (order_socket.PATH, "/endpoint"):
        async with session.get(f"{exchange.rest}{path}") as answer:
            assert (answer.status, answer.content_type) == (503, "text/html")
            assert "503 Service Temporarily Unavailable" in await answer.text()
