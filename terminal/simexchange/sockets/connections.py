"""How many feed connections one owner may hold and open. Source: reference 5.4."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.simexchange.sockets.limits import FrameRefused, Window

if TYPE_CHECKING:
    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.sockets.limits import FeedLimits


@final
class Connections:
    """Open connections by owner: the account of a private token, the address of a public one."""

    def __init__(self, limits: FeedLimits, clock: SimClock) -> None:
        self._limits = limits
        self._clock = clock
        self._open: dict[str, int] = {}
        self._windows: dict[str, Window] = {}
        self.opened = 0

    def count(self, owner: str) -> int:
        """How many connections an owner holds now."""
        return self._open.get(owner, 0)

    def admit(self, owner: str) -> None:
        """Count one more. Raises ``FrameRefused`` 509 when it is one too many."""
        limits, held = self._limits, self.count(owner)
        if held >= limits.connections:
            text = f"session count exceeds the limit of {limits.connections}"
            raise FrameRefused(509, text)
        window = self._windows.get(owner)
        if window is None:
            window = Window(limits.new_connections, limits.new_connections_s)
            self._windows[owner] = window
        if not window.passes(self._clock.window_s()):
            text = f"new connections exceed the limit of {limits.new_connections} per minute"
            raise FrameRefused(509, text)
        self._open[owner] = held + 1
        self.opened += 1

    def release(self, owner: str) -> None:
        """A connection that was admitted ended."""
        self._open[owner] -= 1
        if not self._open[owner]:
            del self._open[owner]
