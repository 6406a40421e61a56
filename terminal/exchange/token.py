"""The bullet token: where a stream connects, and with what. Fetched anew for every connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final
from urllib.parse import quote
from uuid import uuid4

from terminal.exchange.errors import ProtocolError
from terminal.exchange.hosts import require_safe
from terminal.wire.frames import BulletPayload

if TYPE_CHECKING:
    from terminal.exchange.http import HttpClient


@final
@dataclass(frozen=True, slots=True, repr=False)
class StreamAddress:
    """A full stream address with its token (a secret: it does not print), and the ping times."""

    url: str
    ping_interval_s: float
    ping_timeout_s: float


async def fetch_address(http: HttpClient, *, is_private: bool, turn: int = 0) -> StreamAddress:
    """Fetch a fresh token. Raises from ``exchange.errors`` and ``TernError`` for a bad address.

    Of several servers it is the first one's turn, then the next one's: ``turn`` counts those that
    could not be reached.
    """
    name = "bullet-private" if is_private else "bullet-public"
    bullet = await http.post(f"/api/v1/{name}", BulletPayload, None, signed=is_private)
    if not bullet.instanceServers:
        raise ProtocolError(f"{name} names no server")
    server = bullet.instanceServers[turn % len(bullet.instanceServers)]
    if not bullet.token:
        raise ProtocolError(f"{name} has no token")
    require_safe(server.endpoint, secure="wss", plain="ws")
    if server.pingInterval <= 0 or server.pingTimeout <= 0:
        raise ProtocolError(f"{name} has ping times that are not positive")
    joint = "&" if "?" in server.endpoint else "?"
    return StreamAddress(
        f"{server.endpoint}{joint}token={quote(bullet.token, safe='')}&connectId={uuid4().hex}",
        server.pingInterval / 1000,
        server.pingTimeout / 1000,
    )
