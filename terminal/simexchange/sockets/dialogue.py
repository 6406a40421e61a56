"""What one feed connection is answered, without any I/O: ping, subscriptions, tunnels, errors.

Nothing that a client sends raises; it gets an error frame. Source: reference 5.2 to 5.4.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

from terminal.simexchange.payloads.frames import channel
from terminal.simexchange.sockets import topics
from terminal.simexchange.sockets.hub import Tunnel
from terminal.simexchange.sockets.limits import FrameRefused, Window

if TYPE_CHECKING:
    from collections.abc import Container

    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.faults import Faults
    from terminal.simexchange.sockets.hub import Hub, Listener, Subscriber
    from terminal.simexchange.sockets.limits import FeedLimits
    from terminal.simexchange.switches import Switches

_compact = json.JSONEncoder(separators=(",", ":")).encode


@final
@dataclass(frozen=True, slots=True)
class FeedParts:
    """What all connections of the feed share. ``symbols`` are the listed contracts."""

    hub: Hub
    symbols: Container[str]
    clock: SimClock
    faults: Faults
    switches: Switches
    limits: FeedLimits


@final
class Dialogue:
    """One connection. What is to be sent is put into the listener's queue."""

    def __init__(self, listener: Listener, connect_id: str, parts: FeedParts) -> None:
        self._listener = listener
        self._connect_id = connect_id
        self._parts = parts
        self._tunnels: dict[str, Tunnel] = {}
        self._window = Window(parts.limits.messages, parts.limits.messages_s)
        self.heard_s = parts.clock.monotonic_s()

    def open(self) -> None:
        """Join the hub and say welcome."""
        self._parts.hub.add(self._listener)
        self._listener.greet(_compact({"id": self._connect_id, "type": "welcome"}))

    def close(self) -> None:
        """Leave the hub, tunnels first."""
        for tunnel in self._tunnels.values():
            self._parts.hub.forget(tunnel)
        self._parts.hub.remove(self._listener)

    def idle_s(self) -> float:
        """Seconds since the client was last heard of."""
        return self._parts.clock.monotonic_s() - self.heard_s

    def ping_timed_out(self) -> None:
        """Tell a silent client why it is left, and leave it."""
        self._refuse(self._connect_id, FrameRefused(400, "ping timeout"))
        self._listener.end()

    def received(self, text: str | None) -> None:
        """Answer one message; None stands for one that is no text."""
        self.heard_s = self._parts.clock.monotonic_s()
        identity: str | None = None
        try:
            frame = _parsed(text)
            identity = _text_of(frame.get("id"))
            self._count()
            self._take(frame, identity)
        except FrameRefused as refused:
            self._refuse(self._connect_id if identity is None else identity, refused)

    def _count(self) -> None:
        limits = self._parts.limits
        if not self._window.passes(self._parts.clock.window_s()):
            text = f"messages exceed the limit of {limits.messages} in {limits.messages_s:g} s"
            raise FrameRefused(509, text)

    def _refuse(self, identity: str, refused: FrameRefused) -> None:
        self._listener.send(error_frame(identity, refused))

    def _take(self, frame: dict[str, Any], identity: str | None) -> None:
        kind = frame.get("type")
        if kind == "ping":
            self._ping(identity)
            return
        if kind == "subscribe":
            self._subscribe(frame)
        elif kind == "unsubscribe":
            self._unsubscribe(frame)
        elif kind == "openTunnel":
            self._open_tunnel(_text_of(frame.get("newTunnelId")))
        elif kind == "closeTunnel":
            self._close_tunnel(_text_of(frame.get("tunnelId")))
        else:
            raise FrameRefused(415, "type is invalid")
        if _is_true(frame.get("response")):
            self._answer(identity, type="ack")

    def _answer(self, identity: str | None, **content: object) -> None:
        known = {} if identity is None else {"id": identity}
        self._listener.send(_compact({**known, **content}))

    def _ping(self, identity: str | None) -> None:
        if not self._parts.faults.withholds_pongs:
            self._answer(identity, type="pong", timestamp=self._parts.clock.now_ns() // 1000)

    # Topics ----------------------------------------------------------------------------------

    def _subscribe(self, frame: dict[str, Any]) -> None:
        wanted = self._channels(frame, _is_true(frame.get("privateChannel")))
        subscriber = self._subscriber(frame)
        held = len(self._listener.topics) + sum(len(t.topics) for t in self._tunnels.values())
        limit = int(self._parts.switches.topic_limit)
        if held + sum(name not in subscriber.topics for name in wanted) > limit:
            raise FrameRefused(509, f"topics of one session exceed the limit of {limit}")
        for name in wanted:
            self._parts.hub.subscribe(subscriber, name)

    def _unsubscribe(self, frame: dict[str, Any]) -> None:
        """Whoever was let in needs no leave to go: no client marks this as private."""
        wanted = self._channels(frame, self._listener.uid is not None)
        subscriber = self._subscriber(frame)
        for name in wanted:
            self._parts.hub.unsubscribe(subscriber, name)

    def _channels(self, frame: dict[str, Any], asks_privately: bool) -> list[str]:  # noqa: FBT001
        parts, uid = self._parts, self._listener.uid
        asked = topics.read(frame.get("topic"), parts.symbols, parts.limits.topics_per_request)
        if not asked.is_private:
            return list(asked.topics)
        if uid is None or not asks_privately:
            raise FrameRefused(403, "login is required")
        return [channel(uid, topic) for topic in asked.topics]

    # Tunnels ---------------------------------------------------------------------------------

    def _subscriber(self, frame: dict[str, Any]) -> Subscriber:
        if frame.get("tunnelId") is None:
            return self._listener
        return self._tunnel(_text_of(frame["tunnelId"]))

    def _tunnel(self, name: str | None) -> Tunnel:
        found = self._tunnels.get(name) if name else None
        if found is None:
            raise FrameRefused(404, "tunnelId is not found")
        return found

    def _open_tunnel(self, name: str | None) -> None:
        if not name:
            raise FrameRefused(400, "newTunnelId is required")
        if name in self._tunnels:
            raise FrameRefused(400, "newTunnelId is open already")
        if len(self._tunnels) >= self._parts.limits.tunnels:
            raise FrameRefused(509, f"tunnels exceed the limit of {self._parts.limits.tunnels}")
        self._tunnels[name] = Tunnel(self._listener, name)

    def _close_tunnel(self, name: str | None) -> None:
        self._parts.hub.forget(self._tunnel(name))
        del self._tunnels[name or ""]


def _parsed(text: str | None) -> dict[str, Any]:
    if text is None:
        raise FrameRefused(415, "frame is no text")
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        raise FrameRefused(415, "frame is no JSON") from None
    if not isinstance(frame, dict):
        raise FrameRefused(415, "frame is no JSON object")
    return frame


def _text_of(value: object) -> str | None:
    """An id as it comes back: numbers and texts as text, anything else not at all."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return None


def _is_true(value: object) -> bool:
    """True as the exchange takes it: the boolean, or its name as text."""
    return value is True or value == "true"


def error_frame(identity: str, refused: FrameRefused) -> str:
    """What is refused, told with the id of the frame, or of the connection when it is that."""
    frame = {"id": identity, "type": "error", "code": refused.code, "data": refused.text}
    return _compact(frame)
