"""Frames of the stream on their way to facts, as the stream client takes them, only stricter.

The client also survives errors of our own; here they fail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.exchange.errors import ProtocolError
from terminal.exchange.gateway import FrameUnreadable, PongReceived
from terminal.exchange.stream_topics import channel_of_topic, translated
from terminal.wire.codec import DecodeError
from terminal.wire.connection import Ponged, Pushed, StreamConnection, Unreadable
from tests.support.payloads import FOLDER

if TYPE_CHECKING:
    from terminal.exchange.gateway import StreamFact
    from terminal.exchange.translate import Scales

FRAMES = sorted(path.stem for path in FOLDER.glob("*_frame.json"))


def heard(connection: StreamConnection, raw: str | bytes, scales: Scales) -> StreamFact | None:
    """The fact that a frame becomes; None for what concerns the connection only."""
    event = connection.received(raw, 0.0)
    if isinstance(event, Ponged):
        return PongReceived(event.round_trip_ms)
    if isinstance(event, Unreadable):
        return FrameUnreadable(event.error, None)
    if not isinstance(event, Pushed):
        return None
    try:
        return translated(event, scales)
    except (ProtocolError, DecodeError) as error:
        return FrameUnreadable(str(error), channel_of_topic(event.topic))


def a_connection() -> StreamConnection:
    """A connection that waits for its welcome."""
    return StreamConnection(ping_interval_s=1, ping_timeout_s=1, now_s=0)
