"""Who listens to what: topics, and one outgoing queue per stream connection."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol, final

from terminal.simexchange.payloads.frames import Envelopes, channel
from terminal.simexchange.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from terminal.simexchange.faults import Faults

MAX_QUEUED = 100_000


class Subscriber(Protocol):
    """Whoever listens to topics: a connection, or one of its tunnels."""

    topics: set[str]

    def send(self, text: str) -> None:
        """Queue a frame."""
        ...


@final
class Listener:
    """One stream connection's topics and what waits to be sent to it.

    ``uid`` is None for a connection with a public token. ``on_end`` is called once, when the
    connection is to be closed; its argument is True when what waits is not worth to be sent.
    """

    def __init__(
        self,
        uid: str | None,
        on_end: Callable[[bool], None] | None = None,
        max_queued: int = MAX_QUEUED,
    ) -> None:
        self.uid = uid
        self._on_end = on_end
        self._max_queued = max_queued
        self.topics: set[str] = set()
        self.queue: deque[str] = deque()
        self.wake = asyncio.Event()
        self.is_ended = False

    def send(self, text: str) -> None:
        """Queue a frame; a listener that does not read is dropped."""
        if self.is_ended:
            return
        if len(self.queue) >= self._max_queued:
            self.queue.clear()
            self._end(is_dropped=True)
            return
        self.queue.append(text)
        self.wake.set()

    def end(self) -> None:
        """Close the connection after what waits."""
        if not self.is_ended:
            self._end(is_dropped=False)

    def _end(self, *, is_dropped: bool) -> None:
        self.is_ended = True
        self.wake.set()
        if self._on_end is not None:
            self._on_end(is_dropped)


@final
class Tunnel:
    """A part of a connection with topics of its own; its pushes carry its name."""

    def __init__(self, listener: Listener, name: str) -> None:
        self._listener = listener
        self._tail = f',"tunnelId":{json.dumps(name)}}}'
        self.topics: set[str] = set()

    def send(self, text: str) -> None:
        """Queue a frame of the connection, marked."""
        self._listener.send(text[:-1] + self._tail)


@final
class Hub:
    """Fans messages out. Frames are made once, however many listen.

    Private topics are listened to by their ``channel``: a message to one account looks at nobody
    else's connections.
    """

    def __init__(self, faults: Faults, switches: Switches | None = None) -> None:
        self._faults = faults
        self._envelopes = Envelopes(switches or Switches())
        self._by_topic: dict[str, dict[Subscriber, None]] = {}
        self.listeners: set[Listener] = set()
        self.sent = 0

    def add(self, listener: Listener) -> None:
        """A stream opened."""
        self.listeners.add(listener)

    def remove(self, listener: Listener) -> None:
        """A stream ended."""
        self.listeners.discard(listener)
        self.forget(listener)

    def forget(self, subscriber: Subscriber) -> None:
        """End all subscriptions of a connection or a tunnel."""
        for topic in tuple(subscriber.topics):
            self.unsubscribe(subscriber, topic)

    def subscribe(self, subscriber: Subscriber, topic: str) -> None:
        """Begin to listen to one topic; nothing changes for who listens already."""
        subscriber.topics.add(topic)
        self._by_topic.setdefault(topic, {})[subscriber] = None

    def unsubscribe(self, subscriber: Subscriber, topic: str) -> None:
        """Stop listening to one topic."""
        subscriber.topics.discard(topic)
        found = self._by_topic.get(topic)
        if found is not None:
            found.pop(subscriber, None)
            if not found:
                del self._by_topic[topic]

    def is_wanted(self, topic: str) -> bool:
        """True when somebody listens to a topic."""
        return topic in self._by_topic

    def publish(self, topic: str, subject: str, data: Any, sn: int | None = None) -> None:  # noqa: ANN401
        """Send a public message."""
        subscribers = self._by_topic.get(topic)
        if not subscribers:
            return
        if subject == "mark.index.price" and self._faults.mark_is_silent:
            return
        self._send(subscribers, topic, self._envelopes.public(topic, subject, data, sn))

    def publish_private(self, uid: str, topic: str, subject: str, data: Any) -> None:  # noqa: ANN401
        """Send a message to one account."""
        subscribers = self._by_topic.get(channel(uid, topic))
        if subscribers:
            text = self._envelopes.private(uid, topic, subject, data)
            self._send(subscribers, topic, text)

    def _send(self, subscribers: Iterable[Subscriber], topic: str, text: str) -> None:
        for frame in self._faults.frames(topic, text):
            for subscriber in subscribers:
                subscriber.send(frame)
                self.sent += 1

    def end_all(self) -> None:
        """Close all streams."""
        for listener in tuple(self.listeners):
            listener.end()
