"""Clocks behind the ``Clock`` protocol: this machine's, and the exchange's as far as known."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, final

from terminal.domain.clock import TimestampMs

if TYPE_CHECKING:
    from terminal.domain.clock import Clock


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


@final
class ExchangeClock:
    """The exchange's wall time by this machine's clock and the measured ``offset_ms``.

    Waiting and monotonic time are this machine's own.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.offset_ms = 0

    def now_ms(self) -> TimestampMs:
        """Epoch milliseconds as the exchange counts them. May jump when it is measured anew."""
        return TimestampMs(self._clock.now_ms() + self.offset_ms)

    def monotonic_s(self) -> float:
        """Seconds from an arbitrary start; never goes back."""
        return self._clock.monotonic_s()

    async def sleep(self, seconds: float) -> None:
        """Wait at least ``seconds``."""
        await self._clock.sleep(seconds)
