"""How many connections one owner may hold and open."""

from __future__ import annotations

import time
from contextlib import nullcontext
from functools import partial

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


def test_in_time_that_nobody_moves_the_minute_passes_outside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connections = Connections(
        FeedLimits(new_connections=1), SimClock(start_ms=1_760_000_000_000, speed=0)
    )
    connections.admit("a")
    now_ns = time.monotonic_ns()
    for seconds, is_let_in in ((60, False), (100, True)):
        passed_ns = now_ns + seconds * 1_000_000_000
        monkeypatch.setattr(time, "monotonic_ns", partial(int, passed_ns))
        with nullcontext() if is_let_in else pytest.raises(FrameRefused, match="per minute"):
            connections.admit("a")
