"""A time of day for an exchange that runs in a test and for its client: the same at every run.

Much of what the exchange does hangs on the time: for two seconds at 00, 08 and 16 o'clock UTC it
refuses orders while funding is settled, the index lies off the market by a premium that wanders by
the hour, a dated contract is delivered on a Friday. What places orders or looks at prices lives
hours away from all of that, whenever it is run.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final, final

from terminal.domain.clock import TimestampMs
from terminal.simexchange.clock import SimClock

STEADY_MS: Final = 1_781_083_205_000
"""Wednesday, 10 June 2026, 09:20:05 UTC: when this process began, for all who live by it."""
_BEGAN_S = time.monotonic()


@final
class SteadyClock:
    """A machine's clock that is right there and then."""

    def now_ms(self) -> TimestampMs:
        """Epoch milliseconds, from ``STEADY_MS`` on."""
        return TimestampMs(STEADY_MS + round((self.monotonic_s() - _BEGAN_S) * 1000))

    def monotonic_s(self) -> float:
        """Seconds from an arbitrary start; never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait at least ``seconds``."""
        await asyncio.sleep(seconds)


def steady_time() -> SimClock:
    """The exchange's clock of the same time."""
    return SimClock(start_ms=SteadyClock().now_ms())
