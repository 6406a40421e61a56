"""The stream client over real sockets, with an exchange that behaves as badly as a script says."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any, final

import httpx
import pytest
from aiohttp import WSMsgType, web

from terminal.domain.events import BookDelta
from terminal.exchange import sockets
from terminal.exchange.gateway import (
    Channel,
    ChannelConfirmed,
    ChannelKind,
    ChannelRefused,
    ChannelsTooMany,
    FrameIgnored,
    FrameUnreadable,
    StreamOpened,
)
from terminal.exchange.http import HttpClient
from terminal.exchange.stream import SLICE_S, Backlog, StreamClient
from terminal.exchange.translate import Scales
from terminal.session.clock import SystemClock
from terminal.wire import connection
from tests.support.builders import XBT, a_contract
from tests.support.deadlines import eventually
from tests.support.mutations import damaged
from tests.support.payloads import load
from tests.support.raw_door import frame, never, raw_door

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from terminal.domain.clock import TimestampMs
    from terminal.exchange.gateway import StreamFact
    from tests.support.raw_door import Script as RawScript

    Script = Callable[[web.WebSocketResponse], Awaitable[None]]

ENDINGS = {WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR}
BOOK = Channel(ChannelKind.BOOK, XBT)


@final
class Server:
    """Serves tokens, each another one, and runs a script on every connection."""

    def __init__(self, script: Script, *, ping_timeout_ms: int = 10_000) -> None:
        self._script = script
        self._ping_timeout_ms = ping_timeout_ms
        self.tokens: list[str] = []
        self.knocks: list[dict[str, str]] = []

    async def start(self) -> StreamClient:
        app = web.Application()
        app.router.add_get("/endpoint", self._endpoint)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = self._runner.addresses[0][1]
        transport = httpx.MockTransport(self._bullet)
        clock, scales = SystemClock(), Scales()
        scales.learn([a_contract()])
        self.http = HttpClient("http://127.0.0.1:1", clock, transport=transport)
        return StreamClient(self.http, clock, scales, is_private=False, max_backlog=1_000)

    async def stop(self) -> None:
        await self._runner.cleanup()
        await self.http.aclose()

    def _bullet(self, _request: httpx.Request) -> httpx.Response:
        self.tokens.append(f"t/{len(self.tokens)}+&==")
        server = {
            "endpoint": f"ws://127.0.0.1:{self._port}/endpoint",
            "encrypt": False,
            "protocol": "websocket",
            "pingInterval": 50,
            "pingTimeout": self._ping_timeout_ms,
        }
        data = {"token": self.tokens[-1], "instanceServers": [server]}
        return httpx.Response(200, json={"code": "200000", "data": data})

    async def _endpoint(self, request: web.Request) -> web.WebSocketResponse:
        self.knocks.append(dict(request.query))
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await self._script(socket)
        return socket


async def welcome(socket: web.WebSocketResponse) -> None:
    await socket.send_json({"id": "c", "type": "welcome"})


async def asked(socket: web.WebSocketResponse) -> dict[str, Any]:
    """The next request that is no ping; pings are answered."""
    while True:
        frame: dict[str, Any] = await socket.receive_json()
        if frame["type"] != "ping":
            return frame
        await socket.send_json({"id": frame["id"], "type": "pong"})


def a_change(sequence: int) -> str:
    data = {"sequence": sequence, "change": "100.1,buy,1", "timestamp": 1_760_000_000_000}
    topic = f"/contractMarket/level2:{XBT}"
    return json.dumps({"topic": topic, "type": "message", "subject": "level2", "data": data})


async def outcome(
    script: Script, on_fact: Callable[[StreamClient, StreamFact], None], **kwargs: int
) -> tuple[str, Server]:
    """Why a connection ended, and the server it was with."""
    server = Server(script, **kwargs)
    client = await server.start()
    try:
        async with asyncio.timeout(20):
            reason = await client.run(lambda fact: on_fact(client, fact))
    finally:
        await server.stop()
    return reason, server


def ignore(_client: StreamClient, _fact: StreamFact) -> None:
    """No listener."""


async def test_every_connection_has_a_token_and_an_id_of_its_own() -> None:
    async def script(socket: web.WebSocketResponse) -> None:
        await socket.send_json({"type": "error", "code": 401, "data": "token is expired"})
        await socket.close()

    server = Server(script)
    client = await server.start()
    reasons = [await client.run(lambda _fact: None) for _ in range(2)]
    await server.stop()
    assert reasons == ["the exchange ended the stream: token is expired (401)"] * 2
    assert [knock["token"] for knock in server.knocks] == server.tokens == ["t/0+&==", "t/1+&=="]
    assert len({knock["connectId"] for knock in server.knocks}) == 2


async def test_a_half_open_connection_is_found_by_its_missing_pong() -> None:
    async def script(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        while (await socket.receive()).type not in ENDINGS:
            pass

    reason, _ = await outcome(script, ignore, ping_timeout_ms=200)
    assert reason == "the exchange did not answer a ping in time"


async def test_acks_refusals_and_overflows_come_back_as_channels() -> None:
    other = Channel(ChannelKind.TRADES, XBT)
    third = Channel(ChannelKind.MARK, XBT)
    facts: list[StreamFact] = []

    async def script(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        await socket.send_json({"id": (await asked(socket))["id"], "type": "ack"})
        for code, text in ((404, "topic is not found"), (509, "topics of one session exceed 7")):
            frame = {"id": (await asked(socket))["id"], "code": code, "data": text}
            await socket.send_json({**frame, "type": "error"})
        await socket.close(code=1001, message=b"maintenance")

    def on_fact(client: StreamClient, fact: StreamFact) -> None:
        facts.append(fact)
        if isinstance(fact, StreamOpened):
            client.subscribe((BOOK, other, third))

    reason, _ = await outcome(script, on_fact)
    assert reason == "The exchange closed the stream: maintenance."
    kept = (ChannelConfirmed, ChannelRefused, ChannelsTooMany)
    assert [fact for fact in facts if isinstance(fact, kept)] == [
        ChannelConfirmed(BOOK),
        ChannelRefused(other, "topic is not found (404)"),
        ChannelsTooMany((third,), 7),
    ]


async def test_who_cannot_keep_up_is_disconnected_and_told_so() -> None:
    async def script(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        # One write of more frames than may wait.
        for sequence in range(20_000):
            if socket.closed:
                return
            await socket.send_str(a_change(sequence))
        await socket.receive()

    seen: list[int] = []

    def on_fact(_client: StreamClient, fact: StreamFact) -> None:
        if isinstance(fact, BookDelta):
            seen.append(fact.sequence)
            # A slow listener: whatever it costs, the socket is read on between slices.
            for _ in range(2_000):
                pass

    server = Server(script)
    client = await server.start()
    narrow = StreamClient(
        server.http, SystemClock(), client._scales, is_private=False, max_backlog=40
    )
    async with asyncio.timeout(30):
        reason = await narrow.run(lambda fact: on_fact(narrow, fact))
    await server.stop()
    assert reason == "This computer could not keep up with the stream."
    assert seen == list(range(len(seen))), "no hole before the end"


@final
class SlowClock:
    """On this computer every change of a book takes a millisecond."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self.late_s = 0.0

    def monotonic_s(self) -> float:
        return self._clock.monotonic_s() + self.late_s

    def now_ms(self) -> TimestampMs:
        return self._clock.now_ms()

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


async def test_others_have_their_turn_while_many_frames_wait() -> None:
    """However long each takes: counted are the frames between two turns of the loop."""
    count, loop, clock = 300, asyncio.get_running_loop(), SlowClock()
    turns: list[int] = []
    seen = 0

    async def script(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        for sequence in range(count):
            await socket.send_str(a_change(sequence))
        await socket.close()

    def turned() -> None:
        nonlocal seen
        turns.append(seen)
        seen = 0

    def on_fact(fact: StreamFact) -> None:
        nonlocal seen
        if isinstance(fact, BookDelta):
            clock.late_s += 0.001
            if not seen:
                loop.call_soon(turned)
            seen += 1

    server = Server(script)
    client = await server.start()
    slow = StreamClient(server.http, clock, client._scales, is_private=False)
    async with asyncio.timeout(20):
        await slow.run(on_fact)
    await server.stop()
    assert sum(turns) == count
    assert 1 < max(turns) <= SLICE_S / 0.001 + 2


async def test_a_truncated_frame_is_told_and_the_connection_lives_on() -> None:
    facts: list[StreamFact] = []

    async def script(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        await socket.send_str(a_change(1)[:60])
        await socket.send_str(a_change(2))
        await socket.close()

    reason, _ = await outcome(script, lambda _client, fact: facts.append(fact))
    assert reason == "The stream was closed."
    assert [type(fact) for fact in facts] == [StreamOpened, FrameUnreadable, BookDelta]


async def test_a_stream_can_be_ended_for_a_reason_of_ours() -> None:
    async def script(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        while (await socket.receive()).type not in ENDINGS:
            pass

    def on_fact(client: StreamClient, fact: StreamFact) -> None:
        if isinstance(fact, StreamOpened):
            client.close("The computer slept.")

    reason, _ = await outcome(script, on_fact)
    assert reason == "The computer slept."


async def test_another_connection_is_of_the_same_kind() -> None:
    async def script(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        await socket.receive()

    server = Server(script)
    client = await server.start()
    facts: list[StreamFact] = []
    loop = asyncio.get_running_loop()
    running = [
        loop.create_task(one.run(facts.append), name="run") for one in (client, client.another())
    ]
    await eventually(lambda: facts.count(StreamOpened()) == 2, "two connections")
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    await server.stop()


async def test_a_backlog_gives_back_what_was_put_and_ends_with_the_first_reason() -> None:
    backlog = Backlog(2)
    assert backlog.put("a")
    assert backlog.put("b")
    await backlog.wait()
    assert (backlog.take(), backlog.take(), backlog.take()) == ("a", "b", None)
    backlog.end("over")
    backlog.end("again")
    assert backlog.ending == "over"


def test_one_frame_too_many_empties_a_backlog() -> None:
    backlog = Backlog(1)
    assert backlog.put("a")
    assert not backlog.put("b")
    assert len(backlog) == 0
    assert backlog.ending is not None


@pytest.mark.parametrize("token", ["", None])
async def test_an_answer_without_a_token_is_no_address(token: str | None) -> None:
    async def script(_socket: web.WebSocketResponse) -> None:
        """Never reached."""

    server = Server(script)
    client = await server.start()
    data: dict[str, object] = {"token": token, "instanceServers": []}
    transport = httpx.MockTransport(
        lambda _: httpx.Response(200, json={"code": "200000", "data": data})
    )
    http = HttpClient("http://127.0.0.1:1", SystemClock(), transport=transport)
    lost = StreamClient(http, SystemClock(), client._scales, is_private=False)
    reason = await lost.run(lambda _fact: None)
    assert reason == "The exchange sent something that could not be read."
    await http.aclose()
    await server.stop()


async def a_raw_end(script: RawScript, monkeypatch: pytest.MonkeyPatch) -> str:
    """Why a connection ended with an exchange that behaves as no library would."""
    monkeypatch.setattr(sockets, "CLOSE_TIMEOUT_S", 0.1)

    async with asyncio.timeout(20), raw_door(script) as address:

        def bullet(_request: httpx.Request) -> httpx.Response:
            server = {"endpoint": address, "pingInterval": 50, "pingTimeout": 300}
            data = {"token": "t", "instanceServers": [server]}
            return httpx.Response(200, json={"code": "200000", "data": data})

        clock = SystemClock()
        http = HttpClient("http://127.0.0.1:1", clock, transport=httpx.MockTransport(bullet))
        client = StreamClient(http, clock, Scales(), is_private=False)
        try:
            return await client.run(lambda _fact: None)
        finally:
            await http.aclose()


async def test_a_frame_beyond_all_bounds_ends_the_connection_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The library waits for the other side's farewell, which never comes."""

    async def script(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(frame(b'{"type":"welcome"}'))
        writer.write(bytes([0x81, 127]) + (sockets.MAX_FRAME_BYTES + 1).to_bytes(8, "big"))
        await never()

    reason = await a_raw_end(script, monkeypatch)
    assert reason == "The exchange sent something on the stream that cannot be taken (1009)."


async def test_an_exchange_that_reads_nothing_is_left_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither the pings nor the farewell get anywhere."""

    async def script(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's transport has it
        writer.write(frame(b'{"type":"welcome"}'))
        await never()

    assert await a_raw_end(script, monkeypatch) == "the exchange did not answer a ping in time"


async def test_a_door_that_never_says_welcome_is_left_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "WELCOME_TIMEOUT_S", 0.1)

    async def script(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await never()

    assert await a_raw_end(script, monkeypatch) == "the exchange did not say welcome in time"


async def test_a_server_that_cannot_be_reached_is_followed_by_the_next_one() -> None:
    """The token's answer may name several; the next one's turn comes with the next token."""

    async def script(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(frame(b'{"type":"error","code":401,"data":"token is expired"}'))
        await never()

    async with asyncio.timeout(20), raw_door(script) as address:

        def bullet(_request: httpx.Request) -> httpx.Response:
            servers = [
                {"endpoint": one, "pingInterval": 18000, "pingTimeout": 10000}
                for one in ("ws://127.0.0.1:1/x", address)
            ]
            data = {"token": "t", "instanceServers": servers}
            return httpx.Response(200, json={"code": "200000", "data": data})

        clock = SystemClock()
        http = HttpClient("http://127.0.0.1:1", clock, transport=httpx.MockTransport(bullet))
        client = StreamClient(http, clock, Scales(), is_private=False)
        reasons = [await client.run(lambda _fact: None) for _ in range(2)]
        await http.aclose()
    assert reasons == [
        "The stream could not be opened.",
        "the exchange ended the stream: token is expired (401)",
    ]


async def test_a_stream_lives_on_through_frames_of_any_kind() -> None:
    """What cannot be read is told, and the good frame behind it is heard."""
    facts: list[StreamFact] = []

    async def script(socket: web.WebSocketResponse) -> None:
        await welcome(socket)
        for seed in range(400):
            with suppress(UnicodeDecodeError):
                await socket.send_str(damaged(load("level2_frame"), seed).decode())
        await socket.send_str(a_change(9))
        await socket.close()

    reason, _ = await outcome(script, lambda _, fact: facts.append(fact))
    assert reason == "The stream was closed."
    kinds = Counter(type(fact) for fact in facts)
    assert kinds[FrameUnreadable] > 50
    assert kinds[FrameIgnored] > 5
    assert isinstance(facts[-1], BookDelta)
    assert facts[-1].sequence == 9
