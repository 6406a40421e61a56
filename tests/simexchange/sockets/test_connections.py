"""How many connections one owner may hold and open."""

from __future__ import annotations

import pytest

from terminal.simexchange.clock import SimClock
from terminal.simexchange.sockets.connections import Connections
from terminal.simexchange.sockets.limits import FeedLimits, FrameRefused


def test_held_and_new_connections_are_counted_by_owner() -> None:
    clock = SimClock(start_ms=1_760_000_000_000, speed=0)
    connections = Connections(FeedLimits(connections=2, new_connections=3), clock)
    connections.admit("a")
    connections.admit("a")
    with pytest.raises(FrameRefused, match="session count"):
        connections.admit("a")
    connections.admit("b")
    connections.release("a")
    connections.admit("a")
    connections.release("a")
    with pytest.raises(FrameRefused, match="per minute"):
        connections.admit("a")
    clock.advance(60)
    connections.admit("a")
    assert (connections.count("a"), connections.count("b"), connections.opened) == (2, 1, 5)
    connections.release("b")
    assert connections.count("b") == 0
