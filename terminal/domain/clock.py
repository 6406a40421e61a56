"""Time as a type: milliseconds and nanoseconds cannot be mixed up; who waits takes a Clock."""

from __future__ import annotations

from typing import NewType, Protocol, final

TimestampMs = NewType("TimestampMs", int)
"""Unix epoch milliseconds."""

TimestampNs = NewType("TimestampNs", int)
"""Unix epoch nanoseconds."""

_SECONDS_END = 10**11
_MILLISECONDS_END = 10**14
_MICROSECONDS_END = 10**17


class Clock(Protocol):
    """What code that reads the time or waits takes, so that tests can move time by hand."""

    def now_ms(self) -> TimestampMs:
        """The wall clock of this machine, epoch ms. May jump."""
        ...

    def monotonic_s(self) -> float:
        """Seconds from an arbitrary start; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait at least ``seconds`` (0 yields once)."""
        ...


SLEPT_S = 5.0
"""The wall clock went on for so long without the other one: the machine slept."""
STOOD_S = 30.0
"""Where both clocks go on in its sleep, this tells it from a program that was busy."""


@final
class SleepWatch:
    """Finds out that the machine slept, by two clocks of which one may stand meanwhile."""

    __slots__ = ("_clock", "_ran_s", "_wall_ms")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ran_s = clock.monotonic_s()
        self._wall_ms = clock.now_ms()

    def slept(self) -> bool:
        """True when the machine slept since the last look; to be called every few seconds.

        A wall clock that is set forward looks the same; one that is set back does not.
        """
        ran_s, wall_ms = self._clock.monotonic_s(), self._clock.now_ms()
        stood_s = ran_s - self._ran_s
        gained_s = (wall_ms - self._wall_ms) / 1000 - stood_s
        self._ran_s, self._wall_ms = ran_s, wall_ms
        return gained_s > SLEPT_S or stood_s > STOOD_S


def to_ns(stamp: int) -> TimestampNs:
    """Bring an epoch stamp of unknown unit to ns by its magnitude.

    Source: API reference 9, timestamp rule (below 1e11 s, 1e14 ms, 1e17 us, else ns).
    """
    if stamp < _SECONDS_END:
        return TimestampNs(stamp * 1_000_000_000)
    if stamp < _MILLISECONDS_END:
        return TimestampNs(stamp * 1_000_000)
    if stamp < _MICROSECONDS_END:
        return TimestampNs(stamp * 1_000)
    return TimestampNs(stamp)


def to_ms(stamp: int) -> TimestampMs:
    """Bring an epoch stamp of unknown unit to ms by its magnitude, rounding down."""
    return TimestampMs(to_ns(stamp) // 1_000_000)
