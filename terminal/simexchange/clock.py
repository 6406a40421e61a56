"""The exchange's own time. Tests shift it to play a clock that differs from the client's."""

from __future__ import annotations

import time
from typing import final


@final
class SimClock:
    """Wall time in ms and ns plus a settable shift; ``monotonic_s`` for waiting."""

    def __init__(self) -> None:
        self.shift_ms = 0

    def now_ms(self) -> int:
        """Epoch milliseconds."""
        return time.time_ns() // 1_000_000 + self.shift_ms

    def now_ns(self) -> int:
        """Epoch nanoseconds."""
        return time.time_ns() + self.shift_ms * 1_000_000

    def monotonic_s(self) -> float:
        """Seconds from an arbitrary start."""
        return time.monotonic()
