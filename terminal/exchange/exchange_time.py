"""The exchange's clock by ours: the offset, how sure it is, and the stamps of signed requests.

Source: API reference 1.3. A pure object on a ``Clock``, and the one function that measures. Between
measurements the monotonic clock counts, so that setting this machine's clock moves no stamp.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from terminal.domain.clock import TimestampMs
from terminal.domain.errors import TernError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from terminal.domain.clock import Clock

SIGNATURE_WINDOW_MS = 5000
"""A request is refused when its stamp is further than this from the exchange's clock."""
JUMP_MS = 1000
"""When wall and monotonic time drift apart by so much, the machine slept or its clock was set."""
SAMPLES = 4
GOOD_ROUND_TRIP_MS = 50.0
"""A sample as quick as this needs no other beside it."""
SLOW_ROUND_TRIP_MS = 1000.0
"""A sample as slow as this was held back or asked again on its way: half of it says nothing about
where in between the exchange looked at its clock. Another is taken, a few times."""
MORE_SAMPLES = 2
_DRIFT = 1e-4
"""How far a cheap clock may run away: 100 ms in 1000 s."""
_RESOLUTION_MS = 1.0


@final
@dataclass(frozen=True, slots=True)
class Sample:
    """One reading of the exchange's clock: our monotonic times before and after, and its answer."""

    before_s: float
    after_s: float
    theirs_ms: int

    @property
    def round_trip_ms(self) -> float:
        """The way there and back."""
        return (self.after_s - self.before_s) * 1000


@final
@dataclass(frozen=True, slots=True)
class TimeReading:
    """The offset for showing: what is added to our wall clock to get the exchange's.

    ``uncertainty_ms`` is how far off it can be, growing with age; None before a measurement.
    ``is_doubtful`` says that the machine slept or its clock was set since.
    """

    offset_ms: int
    uncertainty_ms: float | None
    age_s: float
    round_trip_ms: float
    is_doubtful: bool


@final
class ExchangeTime:
    """The exchange's time as far as known; before the first measurement it is this machine's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._is_measured = False
        self._round_trip_ms = 0.0
        self._last_stamp_ms = 0
        self._anchor(float(clock.now_ms()), clock.monotonic_s())

    def _anchor(self, theirs_ms: float, at_s: float) -> None:
        self._theirs_ms, self._at_s = theirs_ms, at_s
        self._apart_ms = self._wall_apart_ms()

    def _wall_apart_ms(self) -> float:
        """Wall minus monotonic time: constant but for sleep and setting."""
        return self._clock.now_ms() - self._clock.monotonic_s() * 1000

    def _jumped_ms(self) -> float:
        """How far wall time ran ahead of monotonic time; 0 below what drift and slewing do."""
        moved_ms = self._wall_apart_ms() - self._apart_ms
        return moved_ms if abs(moved_ms) >= JUMP_MS else 0.0

    # Reading ---------------------------------------------------------------------------------

    def _now_ms(self) -> float:
        if not self._is_measured:
            return float(self._clock.now_ms())
        # A leap ahead is most likely sleep, which monotonic time may leave out; a leap back is a
        # clock that was set.
        passed_ms = (self._clock.monotonic_s() - self._at_s) * 1000
        return self._theirs_ms + passed_ms + max(0.0, self._jumped_ms())

    def now_ms(self) -> TimestampMs:
        """The exchange's epoch milliseconds. May jump when they are measured anew."""
        return TimestampMs(round(self._now_ms()))

    def stamp_ms(self) -> TimestampMs:
        """The time to sign with.

        A correction backwards stops it until time has caught up, so that a later request never
        carries an earlier stamp; unless the exchange would refuse a stamp so far ahead.
        """
        now_ms = round(self._now_ms())
        if 0 < self._last_stamp_ms - now_ms < SIGNATURE_WINDOW_MS:
            return TimestampMs(self._last_stamp_ms)
        self._last_stamp_ms = now_ms
        return TimestampMs(now_ms)

    @property
    def offset_ms(self) -> int:
        """What is added to this machine's wall clock to get the exchange's."""
        return round(self._now_ms()) - self._clock.now_ms()

    @offset_ms.setter
    def offset_ms(self, offset_ms: int) -> None:
        """Take an offset that was measured elsewhere."""
        self._is_measured = True
        self._last_stamp_ms = 0
        self._round_trip_ms = 0.0
        self._anchor(float(self._clock.now_ms() + offset_ms), self._clock.monotonic_s())

    @property
    def is_doubtful(self) -> bool:
        """Whether it was measured, and the machine slept or its clock was set since."""
        return self._is_measured and self._jumped_ms() != 0.0

    def reading(self) -> TimeReading:
        """All that is known, as a value."""
        age_s = self._clock.monotonic_s() - self._at_s
        return TimeReading(
            self.offset_ms,
            self._uncertainty_ms() if self._is_measured else None,
            age_s,
            self._round_trip_ms,
            self.is_doubtful,
        )

    def _uncertainty_ms(self) -> float:
        age_ms = (self._clock.monotonic_s() - self._at_s) * 1000
        return self._round_trip_ms / 2 + _RESOLUTION_MS + age_ms * _DRIFT + abs(self._jumped_ms())

    # Measuring -------------------------------------------------------------------------------

    def measured(self, samples: list[Sample]) -> None:
        """Take samples: the one with the shortest round trip, half of which is taken off.

        What is known already is kept when it agrees and is the surer of the two, as on a line that
        is busy at the moment.
        """
        best = min(samples, key=lambda sample: sample.round_trip_ms)
        theirs_ms = best.theirs_ms + best.round_trip_ms / 2
        now_s = self._clock.monotonic_s()
        theirs_now_ms = theirs_ms + (now_s - best.after_s) * 1000
        unsure_ms = best.round_trip_ms / 2 + _RESOLUTION_MS
        if self._is_measured and not self.is_doubtful and self._uncertainty_ms() < unsure_ms:
            apart_ms = abs(theirs_now_ms - self._now_ms())
            if apart_ms <= unsure_ms + self._uncertainty_ms():
                return
        self._is_measured = True
        self._round_trip_ms = best.round_trip_ms
        self._anchor(theirs_now_ms, now_s)

    def refused(self) -> None:
        """The exchange refused a stamp: what is known is worth nothing, nor is the last stamp."""
        self._last_stamp_ms = 0
        self._round_trip_ms = float(SIGNATURE_WINDOW_MS) * 4


@final
class TimeKeeper:
    """Measures on request; who asks while a measurement is under way waits for that one."""

    def __init__(self, time: ExchangeTime, clock: Clock, ask: Callable[[], Awaitable[int]]) -> None:
        """``ask`` reads the exchange's clock in epoch ms and raises from ``exchange.errors``."""
        self.time = time
        self._clock = clock
        self._ask = ask
        self._lock = asyncio.Lock()
        self._count = 0

    async def measure(self, samples: int = SAMPLES) -> int:
        """Ask up to ``samples`` times and take the best; returns the offset in ms.

        Slow answers are asked again, up to two more times. Raises from ``exchange.errors`` when not
        even one answer came.
        """
        seen = self._count
        async with self._lock:
            if self._count == seen:
                self.time.measured(await self._samples(samples))
                self._count += 1
        return self.time.offset_ms

    async def _samples(self, count: int) -> list[Sample]:
        taken: list[Sample] = []
        for _ in range(count + MORE_SAMPLES):
            before_s = self._clock.monotonic_s()
            try:
                theirs_ms = await self._ask()
            except TernError:
                if not taken:
                    raise
                break  # one answer is enough, and the next measurement comes anyway
            taken.append(Sample(before_s, self._clock.monotonic_s(), theirs_ms))
            quickest_ms = min(sample.round_trip_ms for sample in taken)
            is_enough = len(taken) >= count and quickest_ms < SLOW_ROUND_TRIP_MS
            if is_enough or quickest_ms <= GOOD_ROUND_TRIP_MS:
                break
        return taken
