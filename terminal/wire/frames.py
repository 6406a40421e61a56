"""Stream frames: welcome, pong, ack, error, message, and what an error's number means.

Source: API reference 5.1, 5.2 and 5.4.
"""

from __future__ import annotations

import re
from enum import Enum

import msgspec

from terminal.wire.fields import Whole


class Frame(msgspec.Struct, gc=False):
    """Any frame from the exchange; ``data`` stays undecoded until its topic is known.

    ``type`` is missing in old messages: those have a topic. Error codes are numbers.
    """

    type: str = ""
    id: str | int | None = None
    topic: str = ""
    subject: str = ""
    code: int | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")


class InstanceServer(msgspec.Struct):
    """Where and how to connect; intervals are ms."""

    endpoint: str
    pingInterval: Whole
    pingTimeout: Whole


class BulletPayload(msgspec.Struct):
    """Answer of ``bullet-public`` and ``bullet-private``."""

    token: str
    instanceServers: list[InstanceServer]


class Trouble(Enum):
    """What an error frame asks for."""

    TOPIC = "drop the topic"
    LOGIN = "a private topic needs a private connection"
    TOKEN = "connect with a new token"  # noqa: S105 - words, no secret
    RECONNECT = "connect anew, later"
    SLOW_DOWN = "send less"
    SPLIT = "ask for fewer topics at once"
    FULL = "this connection holds as many topics as it may"
    OURS = "the request was wrong"


_CODES = {
    400: Trouble.TOPIC,
    401: Trouble.TOKEN,
    403: Trouble.LOGIN,
    404: Trouble.TOPIC,
    406: Trouble.OURS,
    415: Trouble.OURS,
    500: Trouble.RECONNECT,
}
_RATE = re.compile(r"message|permit|per second|frequen|rate|busy")
_SESSIONS = re.compile(r"session count|connections?\b|sessions exceed")
_REQUEST = re.compile(r"request|batch|at once")
_TOPICS = re.compile(r"session|topic|subscri|channel")
_NUMBER = re.compile(r"\d+")


def trouble(code: int | None, text: str) -> Trouble:
    """What to do about an error frame; 509 is told apart by its words. Source: 5.4."""
    if code != 509:
        return Trouble.RECONNECT if code is None else _CODES.get(code, Trouble.TOPIC)
    words = text.lower()
    if _RATE.search(words):
        return Trouble.SLOW_DOWN
    if _SESSIONS.search(words):
        return Trouble.RECONNECT
    if _REQUEST.search(words):
        return Trouble.SPLIT
    return Trouble.FULL if _TOPICS.search(words) else Trouble.SLOW_DOWN


def limit_in(text: str) -> int | None:
    """The limit that an error text names: its last whole number, None without one."""
    numbers = _NUMBER.findall(text)
    return int(numbers[-1]) if numbers else None
