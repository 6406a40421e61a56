"""The server's manners over raw sockets: whatever bytes come, envelopes go, and nothing is logged.

Errors told to the loop, leaked tasks and log errors fail these tests like all others.
"""

from __future__ import annotations

import asyncio
import json
import logging
import struct
from socket import SO_LINGER, SOL_SOCKET, socket
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from hypothesis import strategies as st

from terminal.simexchange.rest import http_server
from terminal.simexchange.server import LOOPBACK, SimExchange
from tests.support.deadlines import STRETCH, eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TIME = "/api/v1/timestamp"
END = b"Host: x\r\nConnection: close\r\n"
BATCH = 50


@pytest.fixture
async def exchange(caplog: pytest.LogCaptureFixture) -> AsyncIterator[SimExchange]:
    exchange = SimExchange(is_calm=True)
    await exchange.start()
    yield exchange
    await exchange.stop()
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]


async def raw(exchange: SimExchange, data: bytes) -> bytes:
    """Everything that comes back until the server closes."""
    reader, writer = await asyncio.open_connection(LOOPBACK, exchange.port)
    try:
        writer.write(data)
        async with asyncio.timeout(20 * STRETCH):
            return await reader.read()
    finally:
        writer.close()


def parsed(answer: bytes) -> tuple[int, Any]:
    """Status and envelope of the only answer there is."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/json" in head.lower()
    assert head.lower().count(b"gw-ratelimit-") == 3
    return int(head.split()[1]), json.loads(body)


def a_get(line: bytes, headers: bytes = b"") -> bytes:
    return line + b" HTTP/1.1\r\n" + headers + END + b"\r\n"


CHUNKED = b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (b"\x16\x03\x01\x02\x00\x01\xfc\r\n\r\n", (400, "400100")),
        (b"hello\r\n\r\n", (400, "400100")),
        (b"GET / HTTP/9.9\r\n\r\n", (400, "400100")),
        (a_get(b"get /api/v1/timestamp"), (400, "400100")),
        (a_get(b"GET /" + b"a" * 20_000), (400, "400100")),
        (a_get(b"GET /api/v1/ticker?symbol=" + b"a" * 20_000), (400, "400100")),
        (a_get(b"GET /", b"X: " + b"a" * 20_000 + b"\r\n"), (400, "400100")),
        (a_get(b"GET /", b"X: a\r\n" * 500), (400, "400100")),
        (a_get(b"GET /", b"no colon\r\n"), (400, "400100")),
        (a_get(b"GET /", b"X: a\x00b\r\n"), (400, "400100")),
        (a_get(b"GET /api/v1/ticker?symbol=\xff\xfe"), (400, "400100")),
        (a_get(b"GET ?x=1"), (400, "400100")),
        (a_get(b"POST /", b"Content-Length: 1\r\nContent-Length: 2\r\n") + b"ab", (400, "400100")),
        (a_get(b"POST /", b"Content-Length: 1\r\n" + CHUNKED) + b"0\r\n\r\n", (400, "400100")),
        (a_get(b"POST /", b"Content-Length: -5\r\n"), (400, "400100")),
        (a_get(b"POST /", b"Content-Length: 99999999999\r\n") + b"ab", (413, "400100")),
        (a_get(b"POST /", CHUNKED) + b"zz\r\n", (400, "400100")),
        (a_get(b"POST /", CHUNKED) + b"3\r\nabcdef\r\n0\r\n\r\n", (400, "400100")),
        (a_get(b"POST /", b"Transfer-Encoding: gzip\r\n") + b"zz\r\n", (400, "400100")),
        (a_get(b"GET " + TIME.encode(), b"Expect: nonsense\r\n"), (417, "400100")),
        (a_get(b"OPTIONS *"), (404, "404000")),
        (a_get(b"OPTIONS " + TIME.encode()), (405, "405000")),
        (a_get(b"TRACE " + TIME.encode()), (405, "405000")),
        (a_get(b"CONNECT example.org:443"), (404, "404000")),
        (a_get(b"GET //api//v1"), (404, "404000")),
        (a_get(b"GET /endpoint"), (400, "400100")),
        (a_get(b"POST /endpoint", b"Content-Length: 0\r\n"), (404, "404000")),
        (a_get(b"GET /api/v1/positions", b"KC-API-KEY: \xff\r\n"), (401, "400001")),
        (
            a_get(
                b"GET /api/v1/positions",
                b"".join(
                    b"KC-API-%b: \xff\xc3\xa9\r\n" % name
                    for name in (b"KEY", b"SIGN", b"TIMESTAMP", b"PASSPHRASE")
                ),
            ),
            (401, "400002"),
        ),
        (a_get(b"GET /api/v1/timestamp", b"Upgrade: websocket\r\n"), (200, "200000")),
        (a_get(b"GET http://other.example/api/v1/timestamp"), (200, "200000")),
        (b"GET /api/v1/timestamp HTTP/1.0\r\n\r\n", (200, "200000")),
        (a_get(b"POST /api/v1/bullet-public", CHUNKED) + b"2\r\n{}\r\n0\r\n\r\n", (200, "200000")),
    ],
    ids=lambda value: repr(value)[:40],
)
async def test_whatever_comes_is_answered_with_the_envelope(
    exchange: SimExchange, data: bytes, answer: tuple[int, str]
) -> None:
    status, envelope = parsed(await raw(exchange, data))
    assert (status, envelope["code"]) == answer


async def test_an_answer_to_head_has_no_body(exchange: SimExchange) -> None:
    answer = await raw(exchange, a_get(b"HEAD " + TIME.encode()))
    assert answer.startswith(b"HTTP/1.1 405")
    assert answer.endswith(b"\r\n\r\n")


async def test_a_client_may_ask_before_it_sends_its_body(exchange: SimExchange) -> None:
    head = b"Content-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n"
    answer = await raw(exchange, a_get(b"POST /api/v1/bullet-public", head) + b"{}")
    first, _, rest = answer.partition(b"\r\n\r\n")
    assert first == b"HTTP/1.1 100 Continue"
    assert parsed(rest)[0] == 200


async def test_of_a_header_that_comes_twice_the_first_counts(exchange: SimExchange) -> None:
    key = exchange.key.key.encode()
    names = b"KC-API-SIGN: x\r\nKC-API-PASSPHRASE: x\r\nKC-API-TIMESTAMP: %d\r\n"
    names %= exchange.clock.now_ms()
    for first, second, code in ((b"nobody", key, "400003"), (key, b"nobody", "400004")):
        headers = b"KC-API-KEY: %b\r\nKC-API-KEY: %b\r\n" % (first, second) + names
        answer = await raw(exchange, a_get(b"GET /api/v1/positions", headers))
        assert parsed(answer)[1]["code"] == code


async def test_pipelined_requests_are_answered_in_their_order(exchange: SimExchange) -> None:
    paths = (b"/api/v1/timestamp", b"/nowhere", b"/api/v1/status", b"/api/v1/timestamp")
    data = b"".join(b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % path for path in paths)
    answer = await raw(exchange, data + a_get(b"GET /api/v1/ticker?symbol=NOPE"))
    codes = [part.split(b'"')[0] for part in answer.split(b'{"code":"')[1:]]
    assert codes == [b"200000", b"404000", b"200000", b"200000", b"100003"]


async def test_a_body_that_is_too_large_is_not_read(exchange: SimExchange) -> None:
    reader, writer = await asyncio.open_connection(LOOPBACK, exchange.port)
    size = b"%x" % (http_server.MAX_BODY + 10)
    writer.write(a_get(b"POST /api/v1/bullet-public", CHUNKED) + size + b"\r\n")
    writer.write(b"x" * (http_server.MAX_BODY + 10))
    async with asyncio.timeout(20 * STRETCH):
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readuntil(b"}")
    assert (parsed(head + body)[0], json.loads(body)["code"]) == (413, "400100")
    writer.close()


async def test_who_never_ends_a_body_is_dropped_at_the_deadline(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(http_server, "BODY_DEADLINE_S", 0.05)
    exchange = SimExchange(is_calm=True)
    await exchange.start()
    head = b"Content-Length: 100\r\n"
    assert await raw(exchange, a_get(b"POST /api/v1/orders", head) + b"{") == b""
    await exchange.stop()
    assert not caplog.records


async def test_who_says_nothing_is_closed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(http_server, "IDLE_S", 0.05)
    exchange = SimExchange(is_calm=True)
    await exchange.start()
    assert await raw(exchange, b"GET /api/v1/timestamp HTTP/1.1\r\nX:") == b""
    await exchange.stop()
    assert not caplog.records


@pytest.mark.parametrize("step", ["head", "body", "answer"])
async def test_who_hangs_up_midway_leaves_no_trace(exchange: SimExchange, step: str) -> None:
    data = {
        "head": b"POST /api/v1/orders HTTP/1.1\r\nHo",
        "body": a_get(b"POST /api/v1/orders", b"Content-Length: 100\r\n") + b"{",
        "answer": a_get(b"GET /api/v1/contracts/active") * 20,
    }[step]
    for _ in range(5):
        _, writer = await asyncio.open_connection(LOOPBACK, exchange.port)
        writer.write(data)
        await writer.drain()
        peer: socket = writer.get_extra_info("socket")
        peer.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))  # a reset, not a farewell
        writer.transport.abort()
    status, _ = parsed(await raw(exchange, a_get(b"GET " + TIME.encode())))
    assert status == 200


async def test_five_hundred_connections_at_once(exchange: SimExchange) -> None:
    data = a_get(b"GET " + TIME.encode())
    answers = await asyncio.gather(*(raw(exchange, data) for _ in range(500)))
    assert {parsed(answer)[0] for answer in answers} == {200}
    assert exchange.gateway.calls[f"GET {TIME}"] == 500


async def test_a_fault_of_the_program_is_an_envelope_and_told_to_the_loop(
    exchange: SimExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    problems: list[Any] = []
    loop = asyncio.get_running_loop()
    former = loop.get_exception_handler()
    loop.set_exception_handler(lambda _loop, context: problems.append(context["exception"]))

    def broken(_request: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(type(exchange.gateway), "answer", lambda _self, _request: broken(None))
    answer = await raw(exchange, a_get(b"GET " + TIME.encode()))
    await eventually(lambda: problems, "the report")
    loop.set_exception_handler(former)
    assert (parsed(answer)[0], parsed(answer)[1]["code"]) == (500, "500000")
    assert isinstance(problems[0], ZeroDivisionError)


# Raw bytes -------------------------------------------------------------------------------------

PIECES = [
    b"GET ", b"POST ", b"DELETE ", b"PUT ", b"\x00", b"/", b"/api/v1/timestamp", b"/endpoint",
    b"/api/v1/orders", b"/api/v1/orders/%00", b"?symbol=XBTUSDTM", b"?%", b" HTTP/1.1\r\n",
    b" HTTP/1.0\r\n", b" HTTP/1.1\n", b"\r\n", b"\r\n\r\n", b"\n", b" ", b"Host: x\r\n",
    b"Host:\r\n", b"Content-Length: 2\r\n", b"Content-Length: 5\r\n", b"Content-Length: \xff\r\n",
    b"Content-Type: application/json\r\n", b"Transfer-Encoding: chunked\r\n", b"2\r\n{}\r\n",
    b"0\r\n\r\n", b"{}", b"[", b"\xff", b"Expect: 100-continue\r\n", b"Connection: close\r\n",
    b"Connection: Upgrade\r\nUpgrade: websocket\r\n", b"Sec-WebSocket-Version: 13\r\n",
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", b"KC-API-KEY: a\r\n", b"Cookie: \xc3\r\n",
    b"Content-Encoding: gzip\r\n", b"Range: bytes=0-1\r\n", b"Accept: text/html\r\n",
]  # fmt: skip
GOOD = st.sampled_from(
    [b"GET /api/v1/timestamp HTTP/1.1\r\n", b"POST /api/v1/orders HTTP/1.1\r\nHost: x\r\n"]
)
BYTES = st.builds(
    lambda start, pieces: start + b"".join(pieces),
    st.one_of(GOOD, st.just(b"")),
    st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=4)), max_size=10),
)


def check_answers(sent: bytes, answer: bytes) -> None:
    """Every answer is a switch of protocols, a go-ahead, or one with the envelope."""
    for part in answer.split(b"HTTP/1.")[1:]:
        head, _, body = part.partition(b"\r\n\r\n")
        status = int(head.split()[1])
        assert status in {100, 101, 200, 400, 401, 404, 405, 413, 415, 417}, (sent, part)
        if status == 101:
            return
        if status != 100 and body:
            assert json.loads(body)["code"].isdigit(), sent


async def one_round(inputs: list[bytes]) -> None:
    exchange = SimExchange(is_calm=True)
    await exchange.start()
    problems: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: problems.append(context))
    answers = await asyncio.gather(
        *(raw(exchange, data) for data in inputs), return_exceptions=True
    )
    await exchange.stop()
    for data, answer in zip(inputs, answers, strict=True):
        if isinstance(answer, bytes):
            check_answers(data, answer)
        else:
            assert isinstance(answer, ConnectionError), (data, answer)
    assert not problems, problems


@hypothesis.settings(
    max_examples=hypothesis.settings().max_examples // 2,
    suppress_health_check=list(hypothesis.HealthCheck),
)
@hypothesis.given(st.lists(BYTES, min_size=BATCH, max_size=2 * BATCH))
def test_raw_bytes_get_envelopes_or_nothing(inputs: list[bytes]) -> None:
    """About two thousand connections, some seventy thousand in the nightly profile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http_server, "IDLE_S", 0.1)
        patch.setattr(http_server, "BODY_DEADLINE_S", 0.1)
        asyncio.run(one_round(inputs))


@pytest.mark.parametrize(
    ("version", "host", "told"),
    [(b"1.0", b"", None), (b"1.1", b"Host: other.name:5\r\n", "other.name:5")],
)
async def test_the_feed_is_where_the_client_says_or_else_where_the_request_came_in(
    exchange: SimExchange, version: bytes, host: bytes, told: str | None
) -> None:
    ask = b"POST /api/v1/bullet-public HTTP/" + version + b"\r\n" + host
    _, answer = parsed(await raw(exchange, ask + b"Connection: close\r\n\r\n"))
    (server,) = answer["data"]["instanceServers"]
    where = told or f"{LOOPBACK}:{exchange.port}"
    assert server["endpoint"] == f"ws://{where}/endpoint"
