"""The exchange's own time: outside, faster, still, by hand."""

from __future__ import annotations

import asyncio

from terminal.simexchange.clock import SimClock

START_MS = 1_760_000_000_000


def test_still_time_moves_by_hand_only_and_events_happen_at_their_instants() -> None:
    clock = SimClock(start_ms=START_MS, speed=0)
    seen: list[tuple[str, int]] = []
    clock.every(0.5, lambda: seen.append(("half", clock.now_ms() - START_MS)))
    clock.after(0.7, lambda: seen.append(("once", clock.now_ms() - START_MS)))
    assert clock.now_ms() == clock.now_ms() == START_MS
    clock.advance(1.2)
    assert seen == [("half", 500), ("once", 700), ("half", 1000)]
    assert clock.now_ms() == START_MS + 1200


def test_a_shift_moves_what_is_told_and_no_interval() -> None:
    clock = SimClock(start_ms=START_MS, speed=0)
    before = clock.monotonic_s()
    clock.shift_ms = 7_000
    assert clock.now_ms() == START_MS + 7_000
    assert clock.now_ns() == (START_MS + 7_000) * 1_000_000
    assert clock.monotonic_s() == before


async def test_fast_time_wakes_sleepers_early() -> None:
    clock = SimClock(speed=1000)
    running = asyncio.get_running_loop().create_task(clock.run())
    began = asyncio.get_running_loop().time()
    await clock.sleep(20)
    assert asyncio.get_running_loop().time() - began < 5
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_the_end_of_time_wakes_whoever_sleeps() -> None:
    clock = SimClock(speed=0)
    sleeper = asyncio.get_running_loop().create_task(clock.sleep(1))
    await asyncio.sleep(0)
    clock.end()
    (result,) = await asyncio.gather(sleeper, return_exceptions=True)
    assert isinstance(result, asyncio.CancelledError)
