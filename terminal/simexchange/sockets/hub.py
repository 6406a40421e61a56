"""Who listens to what: topics, and one outgoing queue per stream connection."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, final

from terminal.simexchange.payloads.frames import Envelopes, channel
from terminal.simexchange.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from terminal.simexchange.faults import Faults

MAX_QUEUED = 100_000
CONGESTED = 2_000
"""Frames that wait for one connection before fast time waits for it."""


class Subscriber(Protocol):
    """Whoever listens to topics: a connection, or one of its tunnels."""

    topics: dict[str, None]

    def send(self, text: str) -> None:
        """Queue a frame."""
        ...

    def abort(self) -> None:
        """Break the connection, without a word."""
        ...


@final
class Listener:
    """One stream connection's topics and what waits to be sent to it.

    ``uid`` is None for a connection with a public token. ``on_end`` is called once, when the
    connection is to be closed; its argument is True when what waits is not worth to be sent. What
    is sent while it ``is_mute`` is lost.
    """

    def __init__(
        self,
        uid: str | None,
        on_end: Callable[[bool], None] | None = None,
        max_queued: int = MAX_QUEUED,
        transport: asyncio.Transport | None = None,
    ) -> None:
        self.uid = uid
        self._on_end = on_end
        self._max_queued = max_queued
        self.transport = transport
        self.is_mute = False
        self._greeting = ""
        self.topics: dict[str, None] = {}
        self.queue: deque[str] = deque()
        self.wake = asyncio.Event()
        self.is_ended = False

    def send(self, text: str) -> None:
        """Queue a frame; a listener that does not read is dropped."""
        if self.is_ended or self.is_mute:
            return
        if len(self.queue) >= self._max_queued:
            self.queue.clear()
            self._end(is_dropped=True)
            return
        self.queue.append(text)
        self.wake.set()

    def greet(self, text: str) -> None:
        """Queue the first frame; a mute listener gets it when it is mute no more."""
        if self.is_mute:
            self._greeting = text
        else:
            self.send(text)

    def mute(self, *, is_mute: bool) -> None:
        """Play half-open: nothing is heard and nothing said until it is over."""
        self.is_mute = is_mute
        if is_mute:
            self.queue.clear()
        if self.transport is not None:
            (self.transport.pause_reading if is_mute else self.transport.resume_reading)()
        if self._greeting and not is_mute:
            greeting, self._greeting = self._greeting, ""
            self.send(greeting)

    def end(self) -> None:
        """Close the connection after what waits."""
        if not self.is_ended:
            self._end(is_dropped=False)

    def _end(self, *, is_dropped: bool) -> None:
        self.is_ended = True
        self.wake.set()
        if self._on_end is not None:
            self._on_end(is_dropped)

    def abort(self) -> None:
        """Break the connection, without a word."""
        self.queue.clear()
        self.end()
        if self.transport is not None:
            self.transport.abort()


@final
class Tunnel:
    """A part of a connection with topics of its own; its pushes carry its name."""

    def __init__(self, listener: Listener, name: str) -> None:
        self._listener = listener
        self._tail = f',"tunnelId":{json.dumps(name)}}}'
        self.topics: dict[str, None] = {}

    def send(self, text: str) -> None:
        """Queue a frame of the connection, marked."""
        self._listener.send(text[:-1] + self._tail)

    def abort(self) -> None:
        """Break the connection, without a word."""
        self._listener.abort()


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
        # In the order in which they came, which no hash decides.
        self.listeners: dict[Listener, None] = {}
        self.sent = 0

    def add(self, listener: Listener) -> None:
        """A stream opened."""
        self.listeners[listener] = None
        if self._faults.half_open:
            listener.mute(is_mute=True)

    def remove(self, listener: Listener) -> None:
        """A stream ended."""
        self.listeners.pop(listener, None)
        self.forget(listener)

    def forget(self, subscriber: Subscriber) -> None:
        """End all subscriptions of a connection or a tunnel."""
        for topic in tuple(subscriber.topics):
            self.unsubscribe(subscriber, topic)

    def subscribe(self, subscriber: Subscriber, topic: str) -> None:
        """Begin to listen to one topic; nothing changes for who listens already."""
        subscriber.topics[topic] = None
        self._by_topic.setdefault(topic, {})[subscriber] = None

    def unsubscribe(self, subscriber: Subscriber, topic: str) -> None:
        """Stop listening to one topic."""
        subscriber.topics.pop(topic, None)
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
        text = self._envelopes.public(topic, subject, data, sn)
        self._faults.pass_on(topic, text, partial(self._fan, tuple(subscribers)))

    def publish_private(self, uid: str, topic: str, subject: str, data: Any) -> None:  # noqa: ANN401
        """Send a message to one account."""
        subscribers = self._by_topic.get(channel(uid, topic))
        if subscribers:
            text = self._envelopes.private(uid, topic, subject, data)
            fan = partial(self._fan, tuple(subscribers))
            self._faults.pass_on(topic, text, fan, uid=uid)

    def _fan(self, subscribers: Iterable[Subscriber], text: str) -> None:
        for subscriber in subscribers:
            if self._faults.connections_dropped and self._faults.use("connections_dropped"):
                subscriber.abort()
                continue
            subscriber.send(text)
            self.sent += 1

    def is_congested(self) -> bool:
        """True when a connection does not take its frames as fast as they are made."""
        return any(len(listener.queue) > CONGESTED for listener in self.listeners)

    def mute(self, is_mute: bool) -> None:  # noqa: FBT001 - one truth, told to all
        """Let all streams that are open say nothing, nor hear, or go on."""
        for listener in self.listeners:
            listener.mute(is_mute=is_mute)

    def end_all(self) -> None:
        """Close all streams."""
        for listener in tuple(self.listeners):
            listener.end()
