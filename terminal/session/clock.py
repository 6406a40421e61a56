"""Clocks behind the ``Clock`` protocol: this machine's, and the exchange's as far as known.

And what keeps the latter true: clocks drift, are set, and machines sleep.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Protocol, final

from terminal.domain.clock import TimestampMs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from terminal.domain.clock import Clock

MEASURE_INTERVAL_S = 180.0
"""A clock that runs away by 100 ms in 1000 s stays within 20 ms."""
LOOK_INTERVAL_S = 5.0
"""How often to look whether the machine slept or its clock was set."""


class KnownTime(Protocol):
    """What knows the exchange's time."""

    @property
    def offset_ms(self) -> int:
        """What is added to this machine's wall clock to get the exchange's."""
        ...

    @property
    def is_doubtful(self) -> bool:
        """Whether the machine slept or its clock was set since the last measurement."""
        ...


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
    """The exchange's wall time by this machine's clock and the measured offset.

    Waiting and monotonic time are this machine's own.
    """

    def __init__(self, clock: Clock, time: KnownTime) -> None:
        self._clock = clock
        self._time = time

    @property
    def offset_ms(self) -> int:
        """What is added to this machine's wall clock to get the exchange's."""
        return self._time.offset_ms

    def now_ms(self) -> TimestampMs:
        """Epoch milliseconds as the exchange counts them. May jump when it is measured anew."""
        return TimestampMs(self._clock.now_ms() + self.offset_ms)

    def monotonic_s(self) -> float:
        """Seconds from an arbitrary start; never goes back."""
        return self._clock.monotonic_s()

    async def sleep(self, seconds: float) -> None:
        """Wait at least ``seconds``."""
        await self._clock.sleep(seconds)


@final
class ClockKeeping:
    """Has the exchange's time measured every few minutes, and at once when it became doubtful.

    ``measure`` must not raise; it tells whether it worked, and is asked again soon if not.
    """

    def __init__(
        self, clock: Clock, time: KnownTime, measure: Callable[[], Awaitable[bool]]
    ) -> None:
        self._clock = clock
        self._time = time
        self._measure = measure

    async def run(self) -> None:
        """Keep it true until canceled; the first measurement was made before."""
        due_s = self._clock.monotonic_s() + MEASURE_INTERVAL_S
        while True:
            await self._clock.sleep(LOOK_INTERVAL_S)
            if (
                self._clock.monotonic_s() >= due_s or self._time.is_doubtful
            ) and await self._measure():
                due_s = self._clock.monotonic_s() + MEASURE_INTERVAL_S
