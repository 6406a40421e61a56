"""Who listens to what: topics, and one outgoing queue per stream connection."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terminal.simexchange.faults import Faults

MAX_QUEUED = 100_000
CONGESTED = 2_000
"""Frames that wait for one connection before fast time waits for it."""
_compact = json.JSONEncoder(separators=(",", ":")).encode


@final
class Listener:
    """One stream connection's topics and what waits to be sent to it.

    ``uid`` is None for a connection with a public token. What is sent while it ``is_mute`` is lost.
    """

    def __init__(self, uid: str | None, transport: asyncio.Transport | None = None) -> None:
        self.uid = uid
        self.transport = transport
        self.is_mute = False
        self.topics: dict[str, None] = {}
        self.queue: deque[str] = deque()
        self.wake = asyncio.Event()
        self.is_ended = False

    def send(self, text: str) -> None:
        """Queue a frame; a listener that does not read is ended."""
        if self.is_mute:
            return
        if len(self.queue) >= MAX_QUEUED:
            self.end()
            return
        self.queue.append(text)
        self.wake.set()

    def end(self) -> None:
        """Close the connection."""
        self.is_ended = True
        self.wake.set()

    def abort(self) -> None:
        """Break the connection, without a word."""
        self.queue.clear()
        self.end()
        if self.transport is not None:
            self.transport.abort()


@final
class Hub:
    """Fans messages out. Frames are made once, however many listen."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        # In the order in which they came, which no hash decides.
        self._by_topic: dict[str, dict[Listener, None]] = {}
        self.listeners: dict[Listener, None] = {}
        self.sent = 0

    def add(self, listener: Listener) -> None:
        """A stream opened."""
        self.listeners[listener] = None
        listener.is_mute = self._faults.half_open

    def remove(self, listener: Listener) -> None:
        """A stream ended."""
        self.listeners.pop(listener, None)
        for topic in tuple(listener.topics):
            self.unsubscribe(listener, topic)

    def subscribe(self, listener: Listener, topic: str) -> None:
        """Begin to listen to one topic."""
        listener.topics[topic] = None
        self._by_topic.setdefault(topic, {})[listener] = None

    def unsubscribe(self, listener: Listener, topic: str) -> None:
        """Stop listening to one topic."""
        listener.topics.pop(topic, None)
        found = self._by_topic.get(topic)
        if found is not None:
            found.pop(listener, None)
            if not found:
                del self._by_topic[topic]

    def is_wanted(self, topic: str) -> bool:
        """True when somebody listens to a topic."""
        return topic in self._by_topic

    def publish(self, topic: str, subject: str, data: Any, sn: int | None = None) -> None:  # noqa: ANN401
        """Send a public message."""
        listeners = self._by_topic.get(topic)
        if not listeners:
            return
        if subject == "mark.index.price" and self._faults.mark_is_silent:
            return
        frame: dict[str, Any] = {"topic": topic, "type": "message", "subject": subject}
        if sn is not None:
            frame["sn"] = sn
        frame["data"] = data
        self._faults.pass_on(topic, _compact(frame), partial(self._fan, tuple(listeners)))

    def publish_private(self, uid: str, topic: str, subject: str, data: Any) -> None:  # noqa: ANN401
        """Send a message to one account."""
        listeners = [one for one in self._by_topic.get(topic, ()) if one.uid == uid]
        if not listeners:
            return
        frame = {
            "topic": topic,
            "type": "message",
            "subject": subject,
            "userId": uid,
            "channelType": "private",
            "data": data,
        }
        self._faults.pass_on(topic, _compact(frame), partial(self._fan, listeners), is_private=True)

    def _fan(self, listeners: Iterable[Listener], text: str) -> None:
        for listener in listeners:
            if self._faults.connections_dropped and self._faults.use("connections_dropped"):
                listener.abort()
                continue
            listener.send(text)
            self.sent += 1

    def is_congested(self) -> bool:
        """True when a connection does not take its frames as fast as they are made."""
        return any(len(listener.queue) > CONGESTED for listener in self.listeners)

    def mute(self, is_mute: bool) -> None:  # noqa: FBT001 - one truth, told to all
        """Let all streams that are open say nothing, nor hear, or go on."""
        for listener in self.listeners:
            listener.is_mute = is_mute
            if is_mute:
                listener.queue.clear()
            if listener.transport is not None:
                (
                    listener.transport.pause_reading
                    if is_mute
                    else listener.transport.resume_reading
                )()

    def end_all(self) -> None:
        """Close all streams."""
        for listener in tuple(self.listeners):
            listener.end()
