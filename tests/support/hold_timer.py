"""Time for held orders that passes when a test says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.viewmodels.ladder import LadderViewModel


@final
class HandHoldTimer:
    """A ``HoldTimer`` moved by hand."""

    def __init__(self) -> None:
        self._now_ms = 0.0
        self._due: tuple[float, Callable[[], None]] | None = None

    @property
    def is_running(self) -> bool:
        """Whether a call is still to come."""
        return self._due is not None

    def now_ms(self) -> float:
        """The time that was let pass."""
        return self._now_ms

    def start(self, after_ms: int, callback: Callable[[], None]) -> None:
        """Call once, after so many ms."""
        self._due = (self._now_ms + after_ms, callback)

    def stop(self) -> None:
        """Call no more."""
        self._due = None

    def advance(self, by_ms: float) -> None:
        """Let time pass, and call what is due then."""
        self._now_ms += by_ms
        if self._due is not None and self._now_ms >= self._due[0]:
            callback, self._due = self._due[1], None
            callback()


def held_by_hand(ladder: LadderViewModel) -> HandHoldTimer:
    """Let a ladder's holds wait for a timer that is moved by hand."""
    timer = HandHoldTimer()
    ladder.holding.timer = timer
    return timer
