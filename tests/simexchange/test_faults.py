"""Every fault of the table has an effect that a client can see, and only while it is on."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, final

import aiohttp
import pytest

from terminal.simexchange.clock import SimClock
from terminal.simexchange.errors import Refused
from terminal.simexchange.faults import FAULTS, KINDS, Faults, read
from terminal.simexchange.server import SimExchange
from tests.support.deadlines import eventually
from tests.support.stranger import OrderLine, Stranger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

START_MS = 1_760_000_000_000
LEVEL2 = "/contractMarket/level2:XBTUSDTM"
ORDERS = "/contractMarket/tradeOrders"
STOPS = "/contractMarket/advancedOrders"
WALLET = "/contractAccount/wallet"
INSTRUMENT = "/contract/instrument:XBTUSDTM"
ORDER = {"symbol": "XBTUSDTM", "side": "buy", "type": "limit", "size": 1, "leverage": 5}
PLACE = "/api/v1/orders"


@final
class Stage:
    """An exchange on stepped time, and a client of it that sees everything."""

    def __init__(self, exchange: SimExchange, session: aiohttp.ClientSession) -> None:
        self.exchange, self.session = exchange, session
        self.stranger = Stranger(exchange, session)
        self.count = 0
        self.heard: list[str] = []
        self.told: list[int] = []
        self.texts: list[str] = []
        self.sockets: list[aiohttp.ClientWebSocketResponse] = []
        self.readers: list[asyncio.Task[None]] = []

    async def open(self, *topics: str) -> aiohttp.ClientWebSocketResponse:
        account = self.exchange.engine.account
        token = self.exchange.tokens.issue(account.uid)
        url = f"{self.exchange.rest}/endpoint?token={token}"
        socket = await self.session.ws_connect(url, autoclose=False)
        self.sockets.append(socket)
        for topic in topics:
            frame = {"id": topic, "type": "subscribe", "topic": topic, "response": True}
            await socket.send_json({**frame, "privateChannel": topic in {ORDERS, STOPS, WALLET}})
            async with asyncio.timeout(10):
                while (await socket.receive_json()).get("id") != topic:
                    pass
        self.readers.append(asyncio.get_running_loop().create_task(self._read(socket)))
        return socket

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            message = await socket.receive()
            if message.type is not aiohttp.WSMsgType.TEXT:
                self.heard.append("closed")
                return
            self.texts.append(message.data)
            with suppress(ValueError):
                frame = json.loads(message.data)
                self.heard.append(str(frame.get("topic", frame["type"])))

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """Status and text of the answer; None when the connection broke."""
        try:
            return await self.stranger.call(method, path, body)
        except aiohttp.ContentTypeError:
            raise
        except (aiohttp.ClientError, ConnectionError):
            return None
        except ValueError:
            return "no JSON"

    def order(self, **fields: object) -> dict[str, object]:
        self.count += 1
        return {**ORDER, "clientOid": f"o{self.count}", "price": "50000", **fields}

    async def code(self, method: str, path: str, body: Any = None) -> str:
        answer = await self.call(method, path, body)
        return "" if answer is None or answer == "no JSON" else str(answer[1]["code"])

    async def settle(self) -> None:
        """What was sent until now has come: frames and pongs keep their order."""
        for socket in self.sockets:
            if socket.closed or self.exchange.faults.half_open:
                continue
            before = self.heard.count("pong")
            with suppress(ConnectionError):
                await socket.send_json({"id": "x", "type": "ping"})
            await eventually(partial(self._has_settled, before), "a pong")

    def _has_settled(self, before: int) -> bool:
        return "closed" in self.heard or self.heard.count("pong") > before

    async def level2(self) -> list[int]:
        """The sequences that come when the market acts."""
        await self.open(LEVEL2)
        book = self.exchange.engine.markets["XBTUSDTM"].book
        before = book.sequence
        self.exchange.step("XBTUSDTM", 5)
        self.told = list(range(before + 1, book.sequence + 1))
        await self.settle()
        return [
            json.loads(text)["data"]["sequence"]
            for text in self.texts
            if "level2" in text and text.endswith("}")
        ]

    async def close(self) -> None:
        self.exchange.faults.clear()
        for socket in self.sockets:
            await socket.close()
        for reader in self.readers:
            reader.cancel()
        await asyncio.gather(*self.readers, return_exceptions=True)


async def is_status(stage: Stage, status: int) -> bool:
    async with stage.session.get(f"{stage.exchange.rest}/api/v1/timestamp") as answer:
        await answer.read()
        return answer.status == status


async def server_errors(stage: Stage) -> bool:
    return await is_status(stage, 500)


async def unavailable(stage: Stage) -> bool:
    return await is_status(stage, 503)


async def blocked(stage: Stage) -> bool:
    async with stage.session.get(f"{stage.exchange.rest}/api/v1/timestamp") as answer:
        text = await answer.text()
        return answer.status == 429 and answer.content_type == "text/html" and "1015" in text


async def remaining(stage: Stage) -> tuple[int, int]:
    async with stage.session.get(f"{stage.exchange.rest}/api/v1/timestamp") as answer:
        await answer.read()
        return answer.status, int(answer.headers["gw-ratelimit-remaining"])


async def overloads(stage: Stage) -> bool:
    status, left = await remaining(stage)
    return status == 429 and left > 0


async def quotas_spent(stage: Stage) -> bool:
    first, second = await remaining(stage), await remaining(stage)
    await stage.exchange.clock.pass_time(31)
    after = await remaining(stage)
    assert after[0] == 200, "the next window is another one"
    return (first, second) == ((429, 0), (429, 0))


async def refuses_connections(stage: Stage) -> bool:
    return await stage.call("GET", "/api/v1/timestamp") is None


async def answers_lost(stage: Stage) -> bool:
    before = stage.exchange.engine.account.placed
    answer = await stage.call("POST", PLACE, stage.order())
    assert stage.exchange.engine.account.placed == before + 1
    return answer is None


async def cancels_lost(stage: Stage) -> bool:
    placed = await stage.call("POST", PLACE, stage.order())
    order_id = placed[1]["data"]["orderId"]
    answer = await stage.call("DELETE", f"{PLACE}/{order_id}")
    assert not stage.exchange.engine.account.orders[order_id].is_active
    # The library asks again by itself when a connection breaks; then the order has ended already.
    return answer is None or bool(answer[1]["code"] == "100004")


async def transfers_lost(stage: Stage) -> bool:
    stage.count += 1
    body = {
        "clientOid": f"m{stage.count}",
        "currency": "USDT",
        "amount": "1",
        "type": "INTERNAL",
        "fromAccountType": "MAIN",
        "toAccountType": "CONTRACT",
    }
    return await stage.call("POST", "/api/v3/accounts/universal-transfer", body) is None


async def transfers_late_s(stage: Stage) -> bool:
    body = {"currency": "USDT", "amount": 5, "recAccountType": "MAIN"}
    await stage.call("POST", "/api/v3/transfer-out", body)
    stage.exchange.clock.advance(30)
    overview = await stage.stranger.data("/api/v1/account-overview?currency=USDT", signed=True)
    return bool(overview["frozenFunds"] == 5)


async def batches_lost(stage: Stage) -> bool:
    return stage.exchange.faults.fate("batch").is_lost


async def batch_items_refused(stage: Stage) -> bool:
    """Of three orders of one batch the first is refused; alone it would not have been."""
    engine, faults = stage.exchange.engine, stage.exchange.faults
    engine.place(engine.account, stage.order())
    faults.check_command("batch")
    placed, codes = 0, []
    for _ in range(3):
        try:
            engine.place(engine.account, stage.order())
            placed += 1
        except Refused as refused:
            codes.append(refused.code)
    faults.end_command()
    engine.place(engine.account, stage.order())
    return (placed, codes) == (2, ["300003"])


async def answer_delay_s(stage: Stage) -> bool:
    loop = asyncio.get_running_loop()
    placing = loop.create_task(stage.call("POST", PLACE, stage.order()))
    before = stage.exchange.engine.account.placed
    await eventually(lambda: stage.exchange.engine.account.placed > before, "the order")
    for _ in range(20):  # one connection each: an answer that was sent has come long since
        await stage.call("GET", "/api/v1/timestamp")
    is_late = not placing.done()
    await stage.exchange.clock.pass_time(5)
    assert (await placing)[0] == 200
    return is_late


async def rejects(stage: Stage) -> bool:
    return await stage.code("POST", PLACE, stage.order()) == "300003"


async def order_of_things(stage: Stage) -> list[str]:
    """Whether the reply to an order or the event that it causes comes first."""
    await stage.open(ORDERS)
    seen: list[str] = []

    async def place() -> None:
        await stage.call("POST", PLACE, stage.order())
        seen.append("reply")

    async def look() -> None:
        await eventually(lambda: ORDERS in stage.heard, "the event")
        seen.append("event")
        await stage.exchange.clock.pass_time(1)

    await asyncio.gather(place(), look())
    return seen


async def events_first(stage: Stage) -> bool:
    """In standing time, too, the reply comes by itself."""
    fate = stage.exchange.faults.fate("place")
    await stage.open(ORDERS)
    assert await stage.code("POST", PLACE, stage.order()) == "200000"
    if fate.yields:
        # What was sent before the reply has come: a frame that is there needs no time.
        assert ORDERS in stage.heard
    stage.exchange.clock.speed = 2.0
    fate = stage.exchange.faults.fate("place")
    stage.exchange.clock.speed = 0
    return fate.delay_s > 0


async def reply_first(stage: Stage) -> bool:
    """Without it the events of a command are on their way before the handler returns."""
    await stage.open(ORDERS)
    engine, faults = stage.exchange.engine, stage.exchange.faults
    (listener,) = stage.exchange.hub.listeners
    faults.check_command("place", engine.account.uid)
    engine.place(engine.account, stage.order())
    is_kept = not listener.queue
    fate = faults.fate("place")
    faults.end_command()
    assert (fate.told is not None) == is_kept
    if fate.told is not None:
        assert not listener.queue
        fate.told()
    await eventually(lambda: ORDERS in stage.heard, "the event")
    stage.heard.clear()
    assert await stage.code("POST", PLACE, stage.order()) == "200000"
    await eventually(lambda: ORDERS in stage.heard, "the event of the next order")
    return is_kept


async def stops_refused(stage: Stage) -> bool:
    await stage.open(STOPS)
    stop = {"stop": "down", "stopPriceType": "TP", "stopPrice": "90000", "type": "market"}
    await stage.call("POST", PLACE, stage.order(**stop, side="sell"))
    stage.exchange.engine.move("XBTUSDTM", -400_000)
    await stage.settle()
    fired = [json.loads(text)["data"] for text in stage.texts if '"triggered"' in text]
    assert len(fired) == 1
    return bool(fired[0]["triggerSuccess"] is False)


async def refuses_streams(stage: Stage) -> bool:
    try:
        await stage.open()
    except aiohttp.WSServerHandshakeError as error:
        return error.status == 503
    return False


async def tokens_expired(stage: Stage) -> bool:
    token = stage.exchange.tokens.issue(None)
    socket = await stage.session.ws_connect(f"{stage.exchange.rest}/endpoint?token={token}")
    frame = await socket.receive_json()
    await socket.close()
    return bool(frame.get("code") == 401)


async def connections_dropped(stage: Stage) -> bool:
    await stage.open(LEVEL2)
    stage.exchange.step("XBTUSDTM")
    await stage.settle()
    return "closed" in stage.heard


async def half_open(stage: Stage) -> bool:
    """Neither frames nor pongs, and the connection does not end; afterwards it goes on."""
    faults = stage.exchange.faults
    value, faults.half_open = faults.half_open, False
    socket = await stage.open(LEVEL2)
    faults.half_open = value
    await socket.send_json({"id": "y", "type": "ping"})
    stage.exchange.step("XBTUSDTM")
    for _ in range(20):
        await stage.call("GET", "/api/v1/timestamp")
    is_silent = not stage.heard
    faults.half_open = False
    await eventually(lambda: "pong" in stage.heard, "the pong of before")
    assert not socket.closed
    faults.half_open = value
    return is_silent


async def withholds_pongs(stage: Stage) -> bool:
    socket = await stage.open()
    await socket.send_json({"id": "y", "type": "ping"})
    await socket.send_json({"id": "z", "type": "dance"})
    await eventually(lambda: "error" in stage.heard, "an answer")
    return "pong" not in stage.heard


async def silent_topics(stage: Stage) -> bool:
    return not await stage.level2()


async def frames_dropped(stage: Stage) -> bool:
    found = await stage.level2()
    return len(found) < len(stage.told)


async def frames_doubled(stage: Stage) -> bool:
    found = await stage.level2()
    return len(found) > len(set(found))


async def frames_swapped(stage: Stage) -> bool:
    found = await stage.level2()
    assert len(found) == len(set(found))
    return sorted(found) == stage.told != found


async def frames_delayed(stage: Stage) -> bool:
    before = len(await stage.level2())
    await stage.exchange.clock.pass_time(2)
    await stage.settle()
    after = sum("level2" in text for text in stage.texts)
    return after > before


async def frames_truncated(stage: Stage) -> bool:
    await stage.level2()
    return any(not text.endswith("}") for text in stage.texts)


async def mark_is_silent(stage: Stage) -> bool:
    await stage.open(INSTRUMENT)
    await stage.exchange.clock.pass_time(1.5)
    await stage.settle()
    return not any("mark.index.price" in text for text in stage.texts)


async def clock_skew_ms(stage: Stage) -> bool:
    told = await stage.stranger.data("/api/v1/timestamp")
    true = stage.exchange.clock.monotonic_s() * 1000
    return bool(abs(told - true) > 1000)


async def status(stage: Stage) -> bool:
    placed = stage.exchange.engine.place(stage.exchange.engine.account, stage.order())
    stage.exchange.faults.set("status", "close")
    told = (await stage.stranger.data("/api/v1/status"))["status"]
    codes = {
        await stage.code("POST", PLACE, stage.order()),
        await stage.code("DELETE", f"{PLACE}/{placed.id}"),
    }
    assert (told, codes) == ("close", {"300002"})
    stage.exchange.faults.set("status", "open")
    assert (await stage.stranger.data("/api/v1/status"))["status"] == "open"
    assert await stage.code("POST", PLACE, stage.order()) == "200000"
    return True


async def gap_move(stage: Stage) -> bool:
    before = stage.exchange.engine.markets["XBTUSDTM"].last
    stage.exchange.step("XBTUSDTM", 3)
    return abs(stage.exchange.engine.markets["XBTUSDTM"].last - before) > 900


async def read_delay_s(stage: Stage) -> bool:
    assert await stage.code("POST", PLACE, stage.order()) == "200000"
    asking = asyncio.get_running_loop().create_task(stage.call("GET", "/api/v1/positions"))
    await eventually(lambda: stage.exchange.gateway.calls.get("GET /api/v1/positions"), "the call")
    for _ in range(3):  # one connection each: an answer that was sent has come long since
        await stage.call("POST", PLACE, stage.order())
    is_late = not asking.done()
    await stage.exchange.clock.pass_time(3)
    assert (await asking)[0] == 200
    return is_late


async def replies_swapped(stage: Stage) -> bool:
    line = await OrderLine.open(stage.exchange, stage.session)
    for _ in range(3):
        await line.send("futures.order", stage.order())
    replies = [await line.next() for _ in range(3)]
    await line.socket.close()
    ids = [reply["id"] for reply in replies]
    assert sorted(ids) == ["r-1", "r-2", "r-3"]
    return ids == ["r-2", "r-1", "r-3"]


async def notice(stage: Stage) -> bool:
    return bool((await stage.stranger.data("/api/v1/status"))["msg"] == "Back at noon")


async def snapshot_lag(stage: Stage) -> bool:
    stage.exchange.step("XBTUSDTM", 20)
    told = await stage.stranger.data("/api/v1/level2/snapshot?symbol=XBTUSDTM")
    behind = stage.exchange.engine.markets["XBTUSDTM"].book.sequence - told["sequence"]
    assert behind in {0, 5}
    return bool(behind == 5)


async def level2_skipped(stage: Stage) -> bool:
    return await frames_dropped(stage)


async def level2_doubled(stage: Stage) -> bool:
    return await frames_doubled(stage)


PROBES: dict[str, tuple[object, Callable[[Stage], Awaitable[bool]]]] = {
    "server_errors": ("1", server_errors),
    "unavailable": (1, unavailable),
    "blocked": ("1", blocked),
    "overloads": ("", overloads),
    "quotas_spent": ("1", quotas_spent),
    "refuses_connections": (True, refuses_connections),
    "answers_lost": ("1", answers_lost),
    "cancels_lost": ("1", cancels_lost),
    "transfers_lost": ("1", transfers_lost),
    "transfers_late_s": ("60", transfers_late_s),
    "batches_lost": ("1", batches_lost),
    "answer_delay_s": (3, answer_delay_s),
    "rejects": ("300003:Balance insufficient.", rejects),
    "batch_items_refused": ("1", batch_items_refused),
    "events_first": ("on", events_first),
    "reply_first": ("on", reply_first),
    "stops_refused": ("1", stops_refused),
    "refuses_streams": ("", refuses_streams),
    "tokens_expired": ("1", tokens_expired),
    "connections_dropped": ("1", connections_dropped),
    "half_open": ("on", half_open),
    "withholds_pongs": ("on", withholds_pongs),
    "silent_topics": ("/contractMarket/level2:*", silent_topics),
    "frames_dropped": (f"2@{LEVEL2[:-3]}*", frames_dropped),
    "frames_doubled": ("50%", frames_doubled),
    "frames_swapped": (2, frames_swapped),
    "frames_delayed": ("all:1.5", frames_delayed),
    "frames_truncated": ("1", frames_truncated),
    "level2_skipped": ("1", level2_skipped),
    "level2_doubled": ("1", level2_doubled),
    "mark_is_silent": ("on", mark_is_silent),
    "clock_skew_ms": ("-7000", clock_skew_ms),
    "gap_move": ("-1000", gap_move),
    "read_delay_s": (3, read_delay_s),
    "replies_swapped": ("1", replies_swapped),
    "notice": ("Back at noon", notice),
    "snapshot_lag": ("5", snapshot_lag),
}


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    exchange = SimExchange(is_calm=True, clock=SimClock(start_ms=START_MS, speed=0))
    await exchange.start()
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        stage = Stage(exchange, session)
        yield stage
        await stage.close()
    await exchange.stop()


def test_no_fault_of_the_table_goes_without_a_proof() -> None:
    assert {row.name for row in FAULTS} == {*PROBES, "status"}
    assert all(row.kind in KINDS and row.help for row in FAULTS)


@pytest.mark.parametrize("name", PROBES)
async def test_a_fault_is_seen_when_it_is_on(stage: Stage, name: str) -> None:
    value, probe = PROBES[name]
    stage.exchange.faults.set(name, value)
    assert await probe(stage)


@pytest.mark.parametrize("name", PROBES)
async def test_nothing_is_seen_when_it_is_off(stage: Stage, name: str) -> None:
    value, probe = PROBES[name]
    stage.exchange.faults.set(name, value)
    stage.exchange.faults.clear()
    assert not await probe(stage)


async def test_the_service_status_and_what_it_allows_agree(stage: Stage) -> None:
    assert await status(stage)
    placed = stage.exchange.engine.place(stage.exchange.engine.account, stage.order())
    stage.exchange.faults.set("status", "cancelonly")
    assert (await stage.stranger.data("/api/v1/status"))["status"] == "cancelonly"
    assert await stage.code("POST", PLACE, stage.order()) == "300002"
    assert await stage.code("POST", f"{PLACE}/test", stage.order()) == "300002"
    assert await stage.code("DELETE", f"{PLACE}/{placed.id}") == "200000"


async def test_a_price_that_jumps_past_a_stop_fires_it(stage: Stage) -> None:
    market = stage.exchange.engine.markets["XBTUSDTM"]
    stop = {"stop": "down", "stopPriceType": "TP", "type": "market", "side": "sell"}
    price = str(market.spec.price(market.last - 500))
    await stage.call("POST", PLACE, stage.order(**stop, stopPrice=price))
    (order,) = stage.exchange.engine.account.orders.values()
    stage.exchange.faults.set("gap_move", -1000)
    stage.exchange.step("XBTUSDTM", 2)
    assert order.is_triggered
    assert stage.exchange.faults.gap_move == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((row.name, "what") for row in FAULTS if row.kind not in {"TOPICS", "TEXT"}),
        ("server_errors", "-1"),
        ("server_errors", 1.5),
        ("server_errors", True),
        ("server_errors", None),
        ("server_errors", [1]),
        ("answer_delay_s", float("nan")),
        ("answer_delay_s", "-1"),
        ("frames_dropped", "101%"),
        ("frames_dropped", "1:x@a"),
        ("half_open", 2),
        ("snapshot_lag", 1001),
        ("notice", True),
        ("nothing", "1"),
    ],
)
def test_a_wrong_value_is_a_sentence_and_changes_nothing(name: str, value: object) -> None:
    faults = Faults()
    before = faults.shown()
    with pytest.raises(ValueError, match=name) as caught:
        faults.set_all({"answers_lost": 3, name: value})
    assert str(caught.value).endswith(".")
    assert faults.shown() == before


def test_what_is_shown_can_be_set_again() -> None:
    faults = Faults()
    for name, (value, _) in PROBES.items():
        faults.set(name, value)
    other = Faults()
    shown = faults.shown()
    other.set_all({**shown, "rejects": "300003:Balance insufficient."})
    assert other.shown() == shown
    other.clear()
    assert other.shown() == Faults().shown()


def test_shares_of_frames_are_rolled_with_the_seed() -> None:
    def rolled(seed: int) -> str:
        faults = Faults(seed=seed)
        sent: list[str] = []
        faults.set("frames_dropped", "30%@/a:*")
        for number in range(500):
            faults.pass_on("/a:b", str(number), sent.append)
            faults.pass_on("/b:b", "-", sent.append)
        assert 250 < len(sent) - 500 < 450
        return " ".join(sent)

    assert rolled(1) == rolled(1) != rolled(2)


def test_the_text_of_a_value_is_read_by_its_kind() -> None:
    assert read("half_open", "") is True
    assert read("answers_lost", "") == 1
    assert read("clock_skew_ms", "+5") == 5


@pytest.mark.parametrize("order", [[], {"symbol": []}, "x", [1]])
async def test_what_follows_a_batch_that_cannot_be_read_is_no_part_of_it(
    stage: Stage, order: object
) -> None:
    """Neither an order of its own nor what the exchange does by itself."""
    stage.exchange.faults.set("batch_items_refused", 1)
    stage.exchange.faults.set("status", "close")
    assert await stage.code("POST", f"{PLACE}/multi", [stage.order()]) == "300002"
    stage.exchange.faults.set("status", "open")
    engine = stage.exchange.engine
    assert await stage.code("POST", f"{PLACE}/multi", order) != "200000"
    engine.cancel(engine.place(engine.account, stage.order()))
    assert await stage.code("POST", PLACE, stage.order()) == "200000"
    assert stage.exchange.faults.batch_items_refused == 1


async def test_a_reply_that_comes_first_keeps_nothing_from_other_accounts(stage: Stage) -> None:
    """What one account is told waits for the reply to its own command, in its order."""
    faults = Faults()
    faults.set("reply_first", "on")
    sent: list[str] = []

    def tell(uid: str | None, text: str) -> None:
        faults.pass_on("/a", text, sent.append, uid=uid)

    fates = []
    for number in (1, 2):
        faults.check_command("place", "u")
        tell("u", f"u{number}")
        fates.append(faults.fate("place"))
        faults.end_command()
    tell("v", "v")
    tell(None, "all")
    tell("u", "u3")
    assert sent == ["v", "all"]
    first, second = (fate.told for fate in fates)
    assert first is not None
    assert second is not None
    second()
    assert sent == ["v", "all"]
    first()
    assert sent == ["v", "all", "u1", "u2", "u3"]
    tell("u", "u4")
    assert sent[-1] == "u4"


async def test_a_refused_command_keeps_nothing_back(stage: Stage) -> None:
    stage.exchange.faults.set("reply_first", "on")
    stage.exchange.faults.set("rejects", "300003")
    await stage.open(ORDERS)
    assert await stage.code("POST", PLACE, stage.order()) == "300003"
    assert await stage.code("POST", PLACE, stage.order(size=0)) != "200000"
    engine = stage.exchange.engine
    engine.place(engine.account, stage.order())
    await eventually(lambda: ORDERS in stage.heard, "the event")


async def test_a_reply_that_breaks_lets_go_what_waited_for_it(stage: Stage) -> None:
    stage.exchange.faults.set_all({"reply_first": "on", "answers_lost": "1"})
    await stage.open(ORDERS)
    assert await stage.call("POST", PLACE, stage.order()) is None
    await eventually(lambda: ORDERS in stage.heard, "the event")


async def test_a_late_reply_that_comes_first_holds_the_events_until_then(stage: Stage) -> None:
    stage.exchange.faults.set_all({"reply_first": "on", "answer_delay_s": "3"})
    await stage.open(ORDERS)
    placing = asyncio.get_running_loop().create_task(stage.call("POST", PLACE, stage.order()))
    account = stage.exchange.engine.account
    await eventually(lambda: account.placed == 1, "the order")
    await stage.settle()
    assert ORDERS not in stage.heard
    await stage.exchange.clock.pass_time(3)
    assert (await placing)[0] == 200
    await eventually(lambda: ORDERS in stage.heard, "the event")


async def test_a_stream_opened_while_half_open_is_welcomed_when_that_is_over(stage: Stage) -> None:
    """Until then nothing that it sends is obeyed; afterwards it is, in its order."""
    faults, hub = stage.exchange.faults, stage.exchange.hub
    faults.set("half_open", "on")
    token = stage.exchange.tokens.issue(None)
    socket = await stage.session.ws_connect(f"{stage.exchange.rest}/endpoint?token={token}")
    await socket.send_json({"id": "1", "type": "subscribe", "topic": LEVEL2, "response": True})
    for _ in range(20):
        await stage.call("GET", "/api/v1/timestamp")
    assert not hub.is_wanted(LEVEL2)
    faults.set("half_open", "off")
    async with asyncio.timeout(10):
        kinds = [(await socket.receive_json())["type"] for _ in range(2)]
    assert kinds == ["welcome", "ack"]
    assert hub.is_wanted(LEVEL2)
    await socket.close()
