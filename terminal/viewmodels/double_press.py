"""Two presses of the same key shortly after each other: the first asks, the second does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.viewmodels.keys import DOUBLE_PRESS_MS

if TYPE_CHECKING:
    from terminal.viewmodels.keys import LadderAction


@final
class DoublePress:
    """Remembers one first press. Times are those of the events, in ms of any one clock."""

    def __init__(self) -> None:
        self._first: tuple[LadderAction, int] | None = None

    def is_second(self, action: LadderAction, at_ms: int, within_ms: int = DOUBLE_PRESS_MS) -> bool:
        """Whether this press is the second of its kind; if not, it is a first one."""
        first, self._first = self._first, (action, at_ms)
        is_second = first is not None and first[0] is action and 0 <= at_ms - first[1] <= within_ms
        if is_second:
            self._first = None
        return is_second

    def forget(self) -> None:
        """Another key came in between, or the hand was disarmed."""
        self._first = None

    def take_back(self, at_ms: int) -> LadderAction | None:
        """Drop a first press that still waits for its second; what it was for."""
        first, self._first = self._first, None
        if first is None or not 0 <= at_ms - first[1] <= DOUBLE_PRESS_MS:
            return None
        return first[0]
