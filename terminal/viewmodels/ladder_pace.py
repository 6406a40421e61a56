"""How fast a ladder's picture follows: inside at once, deep rows in batches, trails that fade.

Pure: time comes in as milliseconds of any steady clock.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple, final

NEAR_ROWS = 5
"""Rows within this distance of either best price are never held back."""

DEEP_INTERVAL_MS = 100
"""Deep rows are refreshed this often at most while a burst is on."""

BURST_FRAMES = 4
"""So many frames with a changed book in a row are a burst."""

CALM_MS = 50
"""Frames further apart than this are not in a row."""


def is_deep_due(frames_in_a_row: int, since_deep_ms: float) -> bool:
    """Whether the rows away from the inside are to be refreshed with this frame."""
    return frames_in_a_row < BURST_FRAMES or since_deep_ms >= DEEP_INTERVAL_MS


def is_near(index: int, inside: tuple[int | None, ...]) -> bool:
    """Whether a row is so near to one of the best prices that it is never held back."""
    return any(one is not None and abs(index - one) <= NEAR_ROWS for one in inside)


@final
class DeepPace:
    """Counts frames in a row and says for each whether the deep rows are due."""

    def __init__(self) -> None:
        self._frames = 0
        self._last_ms = self._deep_ms = float("-inf")

    def take(self, now_ms: float) -> bool:
        """A frame with a changed book: whether its deep rows are refreshed, too."""
        self._frames = self._frames + 1 if now_ms - self._last_ms <= CALM_MS else 1
        self._last_ms = now_ms
        if not is_deep_due(self._frames, now_ms - self._deep_ms):
            return False
        self._deep_ms = now_ms
        return True


CHASE_MS = 200
"""Moves of a best price in one direction within this time are one chase."""

CHASE_STEPS = 2
"""From so many moves on a chase leaves a trail."""

FADE_MS = 250
"""A trail loses one of its three strengths in this time."""

STRENGTH = 3


@final
class _Step(NamedTuple):
    row: int
    at_ms: float


@final
class ChaseTrail:
    """The rows that one best price ran over in one direction, fading."""

    def __init__(self) -> None:
        self._steps: deque[_Step] = deque(maxlen=64)
        self._now: int | None = None
        self._direction = 0
        self._moved_ms = float("-inf")
        self._moves = 0

    def take(self, index: int | None, now_ms: float) -> None:
        """Where the best price is now."""
        before, self._now = self._now, index
        if index is None or before is None or index == before:
            return
        direction = 1 if index > before else -1
        if direction != self._direction or now_ms - self._moved_ms > CHASE_MS:
            self._steps.clear()
            self._moves = 0
        self._direction, self._moved_ms = direction, now_ms
        self._moves += 1
        self._steps.append(_Step(before, now_ms))

    def strengths(self, now_ms: float) -> dict[int, int]:
        """Rows of the trail with 1 (nearly gone) to 3 (fresh)."""
        while self._steps and now_ms - self._steps[0].at_ms >= STRENGTH * FADE_MS:
            self._steps.popleft()
        if self._moves < CHASE_STEPS:
            return {}
        found: dict[int, int] = {}
        for row, at_ms in self._steps:
            found[row] = STRENGTH - int((now_ms - at_ms) // FADE_MS)
        found.pop(self._now if self._now is not None else -1, None)
        return found


AIM_MS = 150
"""A click so soon after rows have moved by themselves was aimed at another price."""

MINUTE_MS = 60_000
_BUCKET_MS = 1000


@final
class RollingMax:
    """The largest of what was seen in the last minute, exact to a second."""

    def __init__(self) -> None:
        self._buckets: deque[tuple[int, int]] = deque()

    def take(self, value: int, now_ms: float) -> int:
        """See a value; answers the largest now. Cost: amortised O(1)."""
        bucket = int(now_ms // _BUCKET_MS)
        while self._buckets and self._buckets[-1][1] <= value:
            self._buckets.pop()
        self._buckets.append((bucket, value))
        while self._buckets[0][0] <= bucket - MINUTE_MS // _BUCKET_MS:
            self._buckets.popleft()
        return self._buckets[0][1]
