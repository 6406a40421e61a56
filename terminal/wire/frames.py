"""Stream frames: welcome, pong, ack, error, message. Source: API reference 5.1 and 5.2."""

from __future__ import annotations

import msgspec


class Frame(msgspec.Struct):
    """Any frame from the exchange; ``data`` stays undecoded until its topic is known."""

    type: str
    id: str | None = None
    topic: str = ""
    subject: str = ""
    code: int | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")


class InstanceServer(msgspec.Struct):
    """Where and how to connect; intervals are ms."""

    endpoint: str
    pingInterval: int
    pingTimeout: int


class BulletPayload(msgspec.Struct):
    """Answer of ``bullet-public`` and ``bullet-private``."""

    token: str
    instanceServers: list[InstanceServer]
