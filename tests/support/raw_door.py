"""A websocket server made by hand, for what well-behaved libraries never do on the wire."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import socket as sockets
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, PING, PONG = 0x1, 0x2, 0x9, 0xA


def frame(data: bytes, opcode: int = TEXT, *, is_last: bool = True) -> bytes:
    """One frame of a server; opcode 0 continues a message."""
    head = bytes([opcode | (0x80 if is_last else 0)])
    size = len(data)
    if size < 126:
        return head + bytes([size]) + data
    if size < 2**16:
        return head + bytes([126]) + size.to_bytes(2, "big") + data
    return head + bytes([127]) + size.to_bytes(8, "big") + data


@asynccontextmanager
async def raw_door(script: Script) -> AsyncIterator[str]:
    """Serve a script after the handshake; gives the address. Buffers are as small as can be."""
    running: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        key = next(
            line.split(": ")[1]
            for line in head.split("\r\n")
            if line.lower().startswith("sec-websocket-key")
        )
        digest = hashlib.sha1(f"{key}{_MAGIC}".encode()).digest()  # noqa: S324 - the protocol's
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
        )
        try:
            await script(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    listener = sockets.create_server(("127.0.0.1", 0))
    listener.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    server = await asyncio.start_server(serve, sock=listener, limit=1024)
    try:
        yield f"ws://127.0.0.1:{listener.getsockname()[1]}/x"
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        server.close()
        await server.wait_closed()


async def never() -> None:
    """Do nothing until the connection is ended from outside."""
    await asyncio.Event().wait()
