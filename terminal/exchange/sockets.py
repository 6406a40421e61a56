"""Opens websocket connections. The only importer of websockets.

What a connection says of itself goes to no log below a warning: its opening lines hold tokens and
signatures. Loopback ignores the environment's proxies.
"""

from __future__ import annotations

import logging

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

__all__ = ["ConnectionClosed", "Socket", "is_open", "open_socket"]

OPEN_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 1.0
MAX_FRAME_BYTES = 4 * 1024 * 1024
# An ImportError names a kind of proxy in the environment that needs a library of its own.
_NOT_OPENED = (OSError, TimeoutError, InvalidHandshake, InvalidURI, InvalidProxy, ImportError)

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


def is_open(socket: Socket) -> bool:
    """True while a frame that is sent now is written to the connection at once."""
    return socket.state is State.OPEN


def _name(error: BaseException) -> str:
    if isinstance(error, InvalidStatus):
        return f"HTTP {error.response.status_code}"
    return type(error).__name__
