"""Who stood still cannot say that the other side was late.

A program that was held up, or a machine that slept, finds every deadline gone by at once, while the
answers lie unread in the socket's buffer.
"""

from __future__ import annotations

from typing import final

STOOD_S = 3.0
"""Who did not look at the clock for so long stood still; drivers look every second."""
PATIENCE_S = 2.0
"""So long after that nothing is held against the other side: what came meanwhile is read first."""


@final
class Patience:
    """Tells whether deadlines may be judged now. Times are monotonic seconds."""

    __slots__ = ("_looked_at_s", "until_s")

    def __init__(self, now_s: float) -> None:
        self._looked_at_s = now_s
        self.until_s = now_s

    def may_judge(self, now_s: float) -> bool:
        """Note a look at the clock; False for ``PATIENCE_S`` after it stood."""
        if now_s - self._looked_at_s >= STOOD_S:
            self.until_s = now_s + PATIENCE_S
        self._looked_at_s = now_s
        return now_s >= self.until_s
