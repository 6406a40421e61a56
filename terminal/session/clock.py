"""The system's clock behind the ``Clock`` protocol; everything that waits takes one."""

from __future__ import annotations

import asyncio
import time
from typing import final

from terminal.domain.clock import TimestampMs


@final
class SystemClock:
    """Wall time, monotonic time and waiting of this machine."""

    def now_ms(self) -> TimestampMs:
        """Epoch milliseconds. May jump."""
        return TimestampMs(time.time_ns() // 1_000_000)

    def monotonic_s(self) -> float:
        """Seconds from an arbitrary start; never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait at least ``seconds``."""
        await asyncio.sleep(seconds)
