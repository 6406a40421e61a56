"""Opens and closes websocket connections, and sends on them. The only importer of websockets.

Whoever does not read what we send must not hold us up: sending and closing end in time.
What a connection says of itself goes to no log below a warning: its opening lines hold tokens and
signatures. Loopback ignores the environment's proxies.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from websockets.asyncio.client import ClientConnection as Socket
from websockets.asyncio.client import connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidProxy,
    InvalidStatus,
    InvalidURI,
)
from websockets.protocol import State

from terminal.exchange.errors import TransportError
from terminal.exchange.hosts import is_loopback

__all__ = [
    "ConnectionClosed",
    "Socket",
    "close_socket",
    "closing_words",
    "has_room",
    "is_ending",
    "open_socket",
    "send_text",
]

OPEN_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 1.0
SEND_TIMEOUT_S = 5.0
ROOM_BYTES = 16 * 1024
"""Half of what may wait to be written before sending waits as well; a request is smaller."""
MAX_FRAME_BYTES = 4 * 1024 * 1024
# An ImportError names a kind of proxy in the environment that needs a library of its own.
_NOT_OPENED = (OSError, TimeoutError, InvalidHandshake, InvalidURI, InvalidProxy, ImportError)

_REFUSED_BY_US = frozenset({1002, 1007, 1009})
"""A protocol error, text that is none, a frame beyond ``MAX_FRAME_BYTES``."""

_quiet = logging.getLogger("sockets")
_quiet.setLevel(logging.WARNING)


async def open_socket(url: str, proxy: str = "") -> Socket:
    """Connect; ``proxy`` is an address, or empty for what the environment says.

    Raises ``TransportError`` (nothing was sent) without the address in it: that is a secret.
    """
    try:
        return await connect(
            url,
            compression=None,
            ping_interval=None,
            max_queue=None,
            max_size=MAX_FRAME_BYTES,
            open_timeout=OPEN_TIMEOUT_S,
            close_timeout=CLOSE_TIMEOUT_S,
            proxy=None if is_loopback(url) else proxy or True,
            logger=_quiet,
        )
    except _NOT_OPENED as error:
        # No cause: the address could be read in it.
        raise TransportError(f"no connection: {_name(error)}", was_sent=False) from None


def is_ending(socket: Socket) -> bool:
    """True once one side said farewell; the library may then wait long for the other one."""
    return socket.state is not State.OPEN


def has_room(socket: Socket) -> bool:
    """True while a frame of up to ``ROOM_BYTES`` that is sent now need not wait for anything."""
    if is_ending(socket):
        return False
    return socket.transport.get_write_buffer_size() < ROOM_BYTES


async def send_text(socket: Socket, frame: str | bytes) -> bool:
    """Send one text frame; False when the connection is gone.

    It is given up, too, when the other side took nothing for ``SEND_TIMEOUT_S``.
    """
    try:
        async with asyncio.timeout(SEND_TIMEOUT_S):
            await socket.send(frame, text=True)
    except ConnectionClosed:
        return False
    except TimeoutError:
        socket.transport.abort()
        return False
    return True


async def close_socket(socket: Socket) -> None:
    """End a connection: in good order if the other side does its part in time, and for certain.

    Who is cancelled meanwhile leaves no connection behind either.
    """
    try:
        # The library waits without end where a full buffer is never read.
        with suppress(OSError, ConnectionClosed):
            async with asyncio.timeout(2 * CLOSE_TIMEOUT_S):
                await socket.close()
    finally:
        socket.transport.abort()


def closing_words(closed: ConnectionClosed, what: str) -> str:
    """Say how a connection ended, one sentence; ``what`` it was in words."""
    received, sent = closed.rcvd, closed.sent
    if received is not None and received.reason:
        return f"The exchange closed the {what}: {received.reason}."
    if sent is not None and sent.code in _REFUSED_BY_US and not closed.rcvd_then_sent:
        return f"The exchange sent something on the {what} that cannot be taken ({sent.code})."
    return f"The {what} was closed." if received is not None else f"The {what} broke off."


def _name(error: BaseException) -> str:
    if isinstance(error, InvalidStatus):
        return f"HTTP {error.response.status_code}"
    return type(error).__name__
