"""Who listens to what: topics, and one outgoing queue per stream connection."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from terminal.simexchange.faults import Faults

MAX_QUEUED = 100_000
_compact = json.JSONEncoder(separators=(",", ":")).encode


@final
class Listener:
    """One stream connection's topics and what waits to be sent to it.

    ``uid`` is None for a connection with a public token.
    """

    def __init__(self, uid: str | None) -> None:
        self.uid = uid
        self.topics: set[str] = set()
        self.queue: deque[str] = deque()
        self.wake = asyncio.Event()
        self.is_ended = False

    def send(self, text: str) -> None:
        """Queue a frame; a listener that does not read is ended."""
        if len(self.queue) >= MAX_QUEUED:
            self.end()
            return
        self.queue.append(text)
        self.wake.set()

    def end(self) -> None:
        """Close the connection."""
        self.is_ended = True
        self.wake.set()


@final
class Hub:
    """Fans messages out. Frames are made once, however many listen."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._by_topic: dict[str, set[Listener]] = {}
        self.listeners: set[Listener] = set()
        self.sent = 0

    def add(self, listener: Listener) -> None:
        """A stream opened."""
        self.listeners.add(listener)

    def remove(self, listener: Listener) -> None:
        """A stream ended."""
        self.listeners.discard(listener)
        for topic in tuple(listener.topics):
            self.unsubscribe(listener, topic)

    def subscribe(self, listener: Listener, topic: str) -> None:
        """Begin to listen to one topic."""
        listener.topics.add(topic)
        self._by_topic.setdefault(topic, set()).add(listener)

    def unsubscribe(self, listener: Listener, topic: str) -> None:
        """Stop listening to one topic."""
        listener.topics.discard(topic)
        found = self._by_topic.get(topic)
        if found is not None:
            found.discard(listener)
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
        for text in self._faults.frames(topic, _compact(frame)):
            for listener in listeners:
                listener.send(text)
                self.sent += 1

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
        for text in self._faults.frames(topic, _compact(frame)):
            for listener in listeners:
                listener.send(text)
                self.sent += 1

    def end_all(self) -> None:
        """Close all streams."""
        for listener in tuple(self.listeners):
            listener.end()
