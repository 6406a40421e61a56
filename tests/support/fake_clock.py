"""A clock that moves when the test says so, and wakes sleepers in order."""

from __future__ import annotations

import asyncio
from heapq import heappop, heappush
from typing import final

from terminal.domain.clock import TimestampMs

START_MS = 1_760_000_000_000


@final
class FakeClock:
    """Implements ``Clock``. ``advance`` runs everything that becomes due on the way."""

    def __init__(self) -> None:
        self._now_s = 0.0
        self.shift_ms = 0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def now_ms(self) -> TimestampMs:
        return TimestampMs(START_MS + self.shift_ms + round(self._now_s * 1000))

    def monotonic_s(self) -> float:
        return self._now_s

    async def sleep(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        self._count += 1
        heappush(self._sleepers, (self._now_s + max(0.0, seconds), self._count, future))
        await future

    async def settle(self) -> None:
        """Let everything run that needs no time."""
        for _ in range(60):
            await asyncio.sleep(0)

    async def advance(self, seconds: float) -> None:
        """Move time, waking sleepers one due time after the other."""
        await self.settle()
        until_s = self._now_s + seconds
        while self._sleepers and self._sleepers[0][0] <= until_s + 1e-9:
            due_s, _, future = heappop(self._sleepers)
            self._now_s = max(self._now_s, due_s)
            if not future.done():
                future.set_result(None)
            await self.settle()
        self._now_s = max(self._now_s, until_s)
        await self.settle()
