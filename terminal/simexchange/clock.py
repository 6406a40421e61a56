"""The exchange's own time and everything that waits for it.

All that happens by itself (markets, pulses, settlements, deadlines) is an event on this clock, so
that time can run as it does outside, faster, not at all, or by hand.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from typing import TYPE_CHECKING, NamedTuple, final

if TYPE_CHECKING:
    from collections.abc import Callable

_MS = 1_000_000
_S = 1_000_000_000
_LONGEST_WAIT_S = 1.0


@final
class _Event(NamedTuple):
    due_ns: int
    number: int
    call: Callable[[], None]
    interval_ns: int


@final
class SimClock:
    """Epoch time in ms and ns, with a settable shift that plays a wrong clock, and timed events.

    ``speed`` 1 is the time outside, N is N times faster, 0 stands still until ``advance``.
    """

    def __init__(self, *, start_ms: int | None = None, speed: float = 1.0) -> None:
        self.shift_ms = 0
        self._speed = speed
        self._base_ns = time.time_ns() if start_ms is None else start_ms * _MS
        self._since_ns = time.monotonic_ns()
        self._latest_ns = self._base_ns
        self._pinned_ns: int | None = None
        self._events: list[_Event] = []
        self._count = 0
        self._woken = asyncio.Event()
        self._sleepers: set[asyncio.Future[None]] = set()

    # Reading ---------------------------------------------------------------------------------

    @property
    def speed(self) -> float:
        """How many seconds pass here in one second outside; 0 when time stands still."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self._base_ns = self._true_ns()
        self._since_ns = time.monotonic_ns()
        self._speed = speed
        self._woken.set()

    def _true_ns(self) -> int:
        if self._pinned_ns is not None:
            return self._pinned_ns
        if self._speed == 0:
            return self._base_ns
        passed = time.monotonic_ns() - self._since_ns
        now = self._base_ns + (passed if self._speed == 1 else int(passed * self._speed))
        self._latest_ns = max(now, self._latest_ns)
        return self._latest_ns

    def now_ns(self) -> int:
        """Epoch nanoseconds."""
        return self._true_ns() + self.shift_ms * _MS

    def now_ms(self) -> int:
        """Epoch milliseconds."""
        return self._true_ns() // _MS + self.shift_ms

    def monotonic_s(self) -> float:
        """Seconds that no shift moves, for intervals."""
        return self._true_ns() / _S

    # Events ----------------------------------------------------------------------------------

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Call once, so many seconds from now."""
        self._add(self._true_ns() + int(seconds * _S), call, 0)

    def every(self, seconds: float, call: Callable[[], None]) -> None:
        """Call again and again, first after one interval."""
        interval_ns = int(seconds * _S)
        self._add(self._true_ns() + interval_ns, call, interval_ns)

    async def sleep(self, seconds: float) -> None:
        """Return so many seconds of this clock later."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.after(seconds, lambda: None if done.done() else done.set_result(None))
        self._sleepers.add(done)
        try:
            await done
        finally:
            self._sleepers.discard(done)

    def end(self) -> None:
        """Cancel whoever sleeps: time will not go on."""
        for sleeper in self._sleepers:
            sleeper.cancel()

    def advance(self, seconds: float) -> None:
        """Let time pass at once; every event happens in its order, at its own instant."""
        end_ns = self._true_ns() + int(seconds * _S)
        self._run_until(end_ns)
        self._base_ns = self._latest_ns = end_ns
        self._since_ns = time.monotonic_ns()

    async def run(self) -> None:
        """Let events happen as time passes, until it is cancelled."""
        while True:
            self._run_until(self._true_ns())
            wait_s = _LONGEST_WAIT_S
            if self._events and self._speed:
                ahead_s = (self._events[0].due_ns - self._true_ns()) / _S / self._speed
                wait_s = min(_LONGEST_WAIT_S, max(0.0, ahead_s))
            self._woken.clear()
            try:
                async with asyncio.timeout(wait_s):
                    await self._woken.wait()
            except TimeoutError:
                continue

    def _add(self, due_ns: int, call: Callable[[], None], interval_ns: int) -> None:
        self._count += 1
        heapq.heappush(self._events, _Event(due_ns, self._count, call, interval_ns))
        if self._events[0].number == self._count:
            self._woken.set()

    def _run_until(self, end_ns: int) -> None:
        while self._events and self._events[0].due_ns <= end_ns:
            event = heapq.heappop(self._events)
            # What a late event stamps is never older than what was stamped before it.
            self._pinned_ns = self._latest_ns = max(event.due_ns, self._latest_ns)
            try:
                event.call()
            finally:
                self._pinned_ns = None
            if event.interval_ns:
                due_ns = event.due_ns + event.interval_ns
                self._add(due_ns, event.call, event.interval_ns)
