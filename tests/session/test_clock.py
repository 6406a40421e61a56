"""The exchange's time by this machine's clock, and what keeps it true."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import final

import pytest

from terminal.session.clock import (
    LOOK_INTERVAL_S,
    MEASURE_INTERVAL_S,
    ClockKeeping,
    ExchangeClock,
    SystemClock,
)
from tests.support.fake_clock import START_MS, FakeClock


@final
@dataclass
class FakeTime:
    """Implements ``KnownTime``."""

    offset_ms: int = 0
    is_doubtful: bool = False


async def test_the_offset_moves_wall_time_only() -> None:
    """Deadlines and waits are not shifted by a clock that is set wrongly."""
    machine, time = FakeClock(), FakeTime()
    clock = ExchangeClock(machine, time)
    assert clock.now_ms() == START_MS
    time.offset_ms = -45_000
    assert clock.now_ms() == START_MS - 45_000
    assert clock.offset_ms == -45_000
    assert clock.monotonic_s() == machine.monotonic_s()
    await machine.advance(2.0)
    assert clock.now_ms() == START_MS - 43_000
    assert clock.monotonic_s() == machine.monotonic_s()


async def test_waiting_is_the_machines() -> None:
    """One yield for zero seconds, as everywhere."""
    await ExchangeClock(SystemClock(), FakeTime()).sleep(0)


@pytest.mark.parametrize("works", [True, False])
async def test_the_time_is_measured_every_few_minutes_and_soon_again_when_that_failed(
    *, works: bool
) -> None:
    """A measurement that failed is tried again at the next look."""
    machine, count = FakeClock(), 0

    async def measure() -> bool:
        nonlocal count
        count += 1
        return works

    async with asyncio.TaskGroup() as group:
        task = group.create_task(ClockKeeping(machine, FakeTime(), measure).run())
        await machine.advance(MEASURE_INTERVAL_S - LOOK_INTERVAL_S / 2)
        assert count == 0
        await machine.advance(LOOK_INTERVAL_S)
        assert count == 1
        await machine.advance(LOOK_INTERVAL_S)
        assert count == (1 if works else 2)
        task.cancel()


async def test_doubt_is_measured_away_at_once() -> None:
    """After sleep nobody waits for the next regular measurement."""
    machine, time, count = FakeClock(), FakeTime(), 0

    async def measure() -> bool:
        nonlocal count
        count += 1
        time.is_doubtful = False
        return True

    async with asyncio.TaskGroup() as group:
        task = group.create_task(ClockKeeping(machine, time, measure).run())
        await machine.advance(LOOK_INTERVAL_S * 2)
        assert count == 0
        time.is_doubtful = True
        await machine.advance(LOOK_INTERVAL_S)
        assert count == 1
        await machine.advance(LOOK_INTERVAL_S * 3)
        assert count == 1
        task.cancel()
