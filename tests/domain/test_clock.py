"""Time stamps of any unit, told apart by magnitude."""

from __future__ import annotations

import pytest

from terminal.domain.clock import SLEPT_S, STOOD_S, SleepWatch, to_ms, to_ns
from tests.support.fake_clock import FakeClock


@pytest.mark.parametrize(
    "stamp",
    [1_760_000_000, 1_760_000_000_000, 1_760_000_000_000_000, 1_760_000_000_000_000_000],
)
def test_seconds_to_nanoseconds_mean_the_same_moment(stamp: int) -> None:
    assert to_ns(stamp) == 1_760_000_000_000_000_000
    assert to_ms(stamp) == 1_760_000_000_000


@pytest.mark.parametrize(
    ("stamp", "ns"),
    [
        (10**11 - 1, (10**11 - 1) * 10**9),
        (10**11, 10**17),
        (10**14 - 1, (10**14 - 1) * 10**6),
        (10**14, 10**17),
        (10**17 - 1, (10**17 - 1) * 10**3),
        (10**17, 10**17),
    ],
)
def test_the_borders_between_units_are_those_of_the_rule(stamp: int, ns: int) -> None:
    """Reference 9: below 1e11 seconds, below 1e14 milliseconds, below 1e17 microseconds."""
    assert to_ns(stamp) == ns


@pytest.mark.parametrize("passed_s", [0.0, 1.0, STOOD_S])
async def test_a_machine_that_runs_does_not_sleep(passed_s: float) -> None:
    clock = FakeClock()
    watch = SleepWatch(clock)
    await clock.advance(passed_s)
    assert not watch.slept()
    clock.shift_ms -= 3_600_000
    assert not watch.slept(), "a wall clock that was set back"


async def test_sleep_is_found_once_by_either_clock() -> None:
    clock = FakeClock()
    watch = SleepWatch(clock)
    clock.shift_ms = round(SLEPT_S * 1000) + 1
    assert watch.slept()
    assert not watch.slept()
    await clock.advance(STOOD_S + 0.1)
    assert watch.slept()
    assert not watch.slept()
