"""Every way a request can fail on a real connection: was it sent, or is that unknown?"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import traceback
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

import httpx
import pytest

from terminal.domain.units import OrderId
from terminal.exchange import http as http_module
from terminal.exchange.commands import ended
from terminal.exchange.credentials import Credentials
from terminal.exchange.errors import ExchangeError, ProtocolError
from terminal.exchange.http import HttpClient
from terminal.exchange.limiter import RateBudget
from terminal.exchange.outcome import Accepted, NotSent, Outcome, Unknown
from terminal.wire.codec import Raw
from tests.support.deadlines import STRETCH, eventually
from tests.support.fake_clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

SECRETS = Credentials("THE-KEY-0001", "THE-SECRET-0001", "THE-PHRASE-0001")
FINE = b'{"code":"200000","data":{"orderId":"1"}}'
LONG_BODY = 16 * 1024 * 1024
"""More than the buffers of a socket hold, so that writing it has to wait."""


def an_answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def no_answer(writer: asyncio.StreamWriter) -> None:
    """Reset the connection at once, with what was not read yet."""
    opened = writer.get_extra_info("socket")
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()


@final
@dataclass
class Line:
    """What a server saw on all its connections."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    heads: list[bytes]

    async def request(self) -> bytes:
        """The next whole request; its head is noted."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return head + await self.reader.readexactly(length)

    def say(self, raw: bytes) -> None:
        self.writer.write(raw)


@final
@dataclass
class Served:
    """A listening server and what it saw."""

    base: str
    heads: list[bytes] = field(default_factory=list[bytes])
    connections: int = 0


@asynccontextmanager
async def serving(script: Callable[[Line], Awaitable[None]]) -> AsyncIterator[Served]:
    served = Served("")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.connections += 1
        try:
            await script(Line(reader, writer, served.heads))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away, as some of these tests want
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    served.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield served
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def a_client(base: str, **options: Any) -> AsyncIterator[HttpClient]:
    client = HttpClient(base, FakeClock(), SECRETS, **options)
    try:
        yield client
    finally:
        await client.aclose()


async def placed(client: HttpClient, body: object = None) -> Outcome:
    """How an order ends; the data of its answer must be there."""

    async def place() -> tuple[OrderId, ...]:
        answer = await client.post("/api/v1/orders", dict, body or {"size": 1})
        return (OrderId(str(answer["orderId"])),)

    async with asyncio.timeout(10.0 * STRETCH):
        return await ended(place())


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_module, "_TIMEOUT", httpx.Timeout(0.3))
    monkeypatch.setattr(http_module, "LARGEST_ANSWER_BYTES", 100_000)


# Never sent ---------------------------------------------------------------------------------------


async def test_a_refused_connection_sent_nothing() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    async with a_client(f"http://127.0.0.1:{port}") as client:
        assert isinstance(await placed(client), NotSent)


async def test_a_failed_handshake_sent_nothing() -> None:
    """Whether the other side speaks no TLS, hangs up, or says nothing at all."""

    async def plain(line: Line) -> None:
        line.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async def hangs_up(line: Line) -> None:
        await line.reader.read(1)
        no_answer(line.writer)

    async def silent(line: Line) -> None:
        while await line.reader.read(1000):
            pass

    for script in (plain, hangs_up, silent):
        async with (
            serving(script) as served,
            a_client(served.base.replace("http", "https")) as client,
        ):
            assert isinstance(await placed(client), NotSent), script.__name__


async def test_a_closed_client_sent_nothing() -> None:
    async with serving(_answers_all) as served, a_client(served.base) as client:
        await client.aclose()
        assert isinstance(await placed(client), NotSent)
        assert served.connections == 0


async def _answers_all(line: Line) -> None:
    while await line.request():
        line.say(an_answer(FINE))


# Nobody knows ------------------------------------------------------------------------------------


def _says(raw: bytes) -> Callable[[Line], Awaitable[None]]:
    async def script(line: Line) -> None:
        await line.request()
        line.say(raw)
        await line.writer.drain()

    return script


async def _silent(line: Line) -> None:
    await line.request()
    await line.reader.read(1)


async def _resets(line: Line) -> None:
    await line.request()
    no_answer(line.writer)


HALF = an_answer(FINE)[:-5]
PAGE = b"<html><h1>Something</h1></html>"
LOST: dict[str, Callable[[Line], Awaitable[None]]] = {
    "a read that times out": _silent,
    "a reset before the answer": _resets,
    "an end before the answer": _says(b""),
    "an end within the head": _says(b"HTTP/1.1 200 OK\r\nContent-"),
    "an end within the body": _says(HALF),
    "an end within a body without length": _says(b"HTTP/1.1 200 OK\r\n\r\n" + FINE[:-5]),
    "an end within a chunk": _says(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n" + FINE
    ),
    "a chunk that is none": _says(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n" + FINE
    ),
    "no HTTP at all": _says(b"\x00\x01\x02 hello\r\n\r\n"),
    "a page": _says(an_answer(PAGE)),
    "a page of a gateway": _says(an_answer(PAGE, "502 Bad Gateway")),
    "an empty page of a gateway": _says(an_answer(b"", "504 Gateway Timeout")),
    "a page of the shield": _says(an_answer(PAGE, "429 Too Many Requests")),
    "no content": _says(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "an answer of another call": _says(an_answer(b'{"code":"200000","data":true}')),
    "no data": _says(an_answer(b'{"code":"200000"}')),
    "an answer that is too long": _says(an_answer(b" " * 100_001 + FINE)),
    "an answer that claims to be packed": _says(
        an_answer(FINE, "200 OK", "Content-Encoding: gzip")
    ),
    "an answer in another alphabet": _says(an_answer(FINE.decode().encode("utf-16"))),
}


@pytest.mark.parametrize("name", LOST)
async def test_what_was_sent_and_not_answered_in_full_is_unknown(name: str) -> None:
    """And it was sent once, on one connection."""
    async with serving(LOST[name]) as served, a_client(served.base, is_patient=True) as client:
        assert isinstance(await placed(client), Unknown)
        assert (served.connections, len(served.heads)) == (1, 1)


async def test_a_request_that_was_written_half_is_unknown() -> None:
    async def script(line: Line) -> None:
        await line.reader.readexactly(1000)
        no_answer(line.writer)

    async with serving(script) as served, a_client(served.base) as client:
        assert isinstance(await placed(client, {"remark": "x" * LONG_BODY}), Unknown)
        assert served.connections == 1


async def test_a_redirection_is_not_followed() -> None:
    """Least of all with a signature, not even to the same host."""
    async with serving(_answers_all) as other:
        for status in ("301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent"):
            for body in (PAGE, FINE):
                there = _says(an_answer(body, status, f"Location: {other.base}/api/v1/orders"))
                async with serving(there) as served, a_client(served.base) as client:
                    assert isinstance(await placed(client), Unknown)
                    with pytest.raises(ProtocolError):
                        await client.get("/api/v1/orders", Raw, signed=True)
        assert other.connections == 0


async def test_an_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time, and yet there is an end."""
    monkeypatch.setattr(http_module, "LONGEST_ANSWER_S", -1.0)
    async with serving(_says(an_answer(FINE))) as served, a_client(served.base) as client:
        assert isinstance(await placed(client), Unknown)


async def test_a_client_that_is_closed_while_it_waits_does_not_know() -> None:
    """And nobody waits for ever."""
    async with serving(_silent) as served, a_client(served.base) as client:

        async def close() -> None:
            await eventually(lambda: served.heads, "the request")
            await client.aclose()

        outcome, _ = await asyncio.gather(placed(client), close())
        assert isinstance(outcome, Unknown)


# Connections that are kept ------------------------------------------------------------------------


async def test_a_kept_connection_that_ended_meanwhile_is_not_used() -> None:
    """The client sees the end before it writes: a new connection carries the order, once."""

    async def script(line: Line) -> None:
        await line.request()
        line.say(an_answer(FINE))

    async with serving(script) as served, a_client(served.base) as client:
        assert await placed(client) == Accepted((OrderId("1"),))
        transport: Any = client._client._transport
        await eventually(
            lambda: all(one.has_expired() for one in transport._pool.connections),
            "the end of the connection",
        )
        assert await placed(client) == Accepted((OrderId("1"),))
        assert (served.connections, len(served.heads)) == (2, 2)


async def test_a_kept_connection_that_ends_as_the_order_goes_leaves_it_unknown() -> None:
    """The server may have read it: it is not sent again. A read is, on a new connection."""
    first: list[Line] = []

    async def script(line: Line) -> None:
        await line.request()
        line.say(an_answer(FINE))
        if not first:
            first.append(line)
            await line.request()
            no_answer(line.writer)

    async with serving(script) as served, a_client(served.base) as client:
        assert await placed(client) == Accepted((OrderId("1"),))
        assert isinstance(await placed(client), Unknown)
        assert (served.connections, len(served.heads)) == (1, 2)
    first.clear()
    clock = FakeClock()
    async with serving(script) as served:
        client = HttpClient(served.base, clock, SECRETS, is_patient=True)
        await client.get("/api/v1/orders", Raw, signed=True)
        reading = asyncio.gather(client.get("/api/v1/orders", Raw, signed=True))
        while not reading.done():
            await asyncio.sleep(0.01)
            await clock.advance(1.0)
        await client.aclose()
        stamps = [head for head in served.heads if b"KC-API-TIMESTAMP" in head]
        assert (served.connections, len(stamps)) == (2, 3)


# What is told -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LOST)
async def test_no_failure_tells_a_secret(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """Neither its text, nor a traceback with the values of all variables, nor any log."""
    caplog.set_level(logging.DEBUG)
    async with (
        serving(LOST[name]) as served,
        a_client(served.base, budget=RateBudget()) as client,
    ):
        with pytest.raises(ExchangeError) as caught:
            await client.post("/api/v1/orders", dict, {"size": 1})
    error = caught.value
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    # The frame of this test holds the secrets' names: what counts begins with the client's.
    frames = [one for one in told.stack if "test_request_fates" not in one.filename]
    shown = "".join(f"{frame.locals}" for frame in frames) + repr(error) + str(error)
    shown += error.sentence + error.remedy + caplog.text
    assert frames
    for word in ("THE-KEY", "THE-SECRET", "THE-PHRASE", "KC-API"):
        assert word not in shown
    cause: BaseException | None = error
    while cause is not None:
        assert not isinstance(cause, httpx.HTTPError), "its texts and requests name headers"
        cause = cause.__context__
