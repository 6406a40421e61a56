"""Connections: no error or log holds the address, and whoever does not read holds nobody up."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import traceback
from typing import TYPE_CHECKING

import pytest

from terminal.exchange import sockets
from terminal.exchange.errors import TransportError
from terminal.exchange.sockets import (
    MAX_FRAME_BYTES,
    ConnectionClosed,
    close_socket,
    closing_words,
    has_room,
    open_socket,
    send_text,
)
from terminal.simexchange.server import SimExchange
from tests.support.deadlines import eventually
from tests.support.raw_door import BINARY, PING, frame, never, raw_door

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.exchange.sockets import Socket

SECRET = "apikey=very-hidden"


@pytest.fixture
async def exchange() -> AsyncIterator[SimExchange]:
    exchange = SimExchange(is_calm=True)
    await exchange.start()
    yield exchange
    await exchange.stop()


@pytest.mark.parametrize("address", ["ws://127.0.0.1:1/x", "http://x/"])
async def test_what_cannot_be_opened_was_not_sent_and_is_not_named(address: str) -> None:
    with pytest.raises(TransportError) as raised:
        await open_socket(f"{address}?{SECRET}")
    assert not raised.value.was_sent
    assert "hidden" not in "".join(traceback.format_exception(raised.value))


async def test_a_door_that_is_no_socket_tells_its_status(exchange: SimExchange) -> None:
    with pytest.raises(TransportError, match="HTTP 40") as raised:
        await open_socket(f"ws://127.0.0.1:{exchange.port}/nowhere?{SECRET}")
    assert "hidden" not in "".join(traceback.format_exception(raised.value))


async def test_no_log_holds_the_address_or_what_is_said(
    exchange: SimExchange, caplog: pytest.LogCaptureFixture
) -> None:
    """Even when all of the program logs everything."""
    caplog.set_level(logging.DEBUG)
    socket = await open_socket(f"{exchange.ws_api}?{SECRET}")
    assert "400001" in str(await socket.recv())
    await socket.close()
    assert not has_room(socket)
    # What the simulated exchange logs of itself is its own business.
    lines = [record for record in caplog.records if not record.name.startswith("aiohttp")]
    assert not [record for record in lines if "hidden" in record.getMessage()]


async def deaf(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read nothing, answer nothing."""
    writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's transport has it
    await never()


async def clogged(socket: Socket) -> None:
    """Send until nothing more goes out."""
    with contextlib.suppress(TimeoutError):
        while True:
            async with asyncio.timeout(0.1):
                await socket.send("x" * 100_000)


async def test_who_reads_nothing_does_not_hold_up_who_sends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sending is given up in time, and the connection with it."""
    monkeypatch.setattr(sockets, "SEND_TIMEOUT_S", 0.1)
    async with asyncio.timeout(20), raw_door(deaf) as address:
        socket = await open_socket(address)
        assert has_room(socket)
        await clogged(socket)
        assert not has_room(socket)
        assert not await send_text(socket, "one more")
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        assert not await send_text(socket, "one more")


async def test_who_reads_nothing_does_not_hold_up_who_closes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The library would wait for ever: a full buffer keeps the farewell from going out."""
    monkeypatch.setattr(sockets, "CLOSE_TIMEOUT_S", 0.1)
    async with asyncio.timeout(20), raw_door(deaf) as address:
        socket = await open_socket(address)
        await clogged(socket)
        await close_socket(socket)
        with pytest.raises(ConnectionClosed):
            await socket.recv()


async def test_a_farewell_that_is_not_answered_ends_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sockets, "CLOSE_TIMEOUT_S", 0.1)
    async with asyncio.timeout(20), raw_door(deaf) as address:
        socket = await open_socket(address)
        await close_socket(socket)
        assert not has_room(socket)


async def test_who_is_cancelled_while_closing_leaves_no_connection_behind() -> None:
    async with asyncio.timeout(20), raw_door(deaf) as address:
        socket = await open_socket(address)
        closing = asyncio.get_running_loop().create_task(close_socket(socket))
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        assert socket.transport.is_closing()


async def test_pieces_binary_frames_and_pings_of_the_protocol_are_taken() -> None:
    """A text in pieces with a ping in between is one text, and the ping is answered."""
    pongs: list[bytes] = []

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(frame(b'{"type":', is_last=False))
        writer.write(frame(b"here?", PING))
        writer.write(frame(b'"welcome"}', 0))
        writer.write(frame(b"{}", BINARY))
        head = await reader.readexactly(6)
        masked = await reader.readexactly(head[1] & 0x7F)
        pongs.append(bytes(one ^ head[2 + at % 4] for at, one in enumerate(masked)))
        await never()

    async with asyncio.timeout(20), raw_door(script) as address:
        socket = await open_socket(address)
        assert await socket.recv() == '{"type":"welcome"}'
        assert await socket.recv() == b"{}"
        await eventually(lambda: pongs == [b"here?"], "the answer to the ping")
        await close_socket(socket)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(b"")[:1] + bytes([127]) + (MAX_FRAME_BYTES + 1).to_bytes(8, "big"), 1009),
        (frame(b"\xff\xfe"), 1007),
        (frame(b"", 0x3), 1002),
    ],
    ids=["too long", "no text", "no known frame"],
)
async def test_what_cannot_be_taken_ends_the_connection_and_is_said(sent: bytes, code: int) -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        await reader.read(1)

    async with asyncio.timeout(20), raw_door(script) as address:
        socket = await open_socket(address)
        with pytest.raises(ConnectionClosed) as raised:
            await socket.recv()
        words = closing_words(raised.value, "stream")
        assert words == f"The exchange sent something on the stream that cannot be taken ({code})."
        await close_socket(socket)
