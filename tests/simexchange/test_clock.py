"""The exchange's own time: outside, faster, still, by hand."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange import clock as clock_module
from terminal.simexchange.clock import TOP_SPEED, SimClock
from tests.support.deadlines import eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

START_MS = 1_760_000_000_000


def still() -> SimClock:
    return SimClock(start_ms=START_MS, speed=0)


@asynccontextmanager
async def running(clock: SimClock) -> AsyncIterator[SimClock]:
    task = asyncio.get_running_loop().create_task(clock.run())
    try:
        yield clock
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def fail() -> None:
    raise ZeroDivisionError


async def turns() -> None:
    """Let others have their turn, often enough for whatever wants to happen."""
    for _ in range(20):
        await asyncio.sleep(0)


class Outside:
    """The machine's two clocks, which fall apart while it sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asleep_ns = 0
        wall, real = time.time_ns(), time.monotonic_ns()
        monotonic_ns = time.monotonic_ns
        monkeypatch.setattr(time, "time_ns", lambda: wall + monotonic_ns() - real + self.asleep_ns)


# By hand ---------------------------------------------------------------------------------------


def test_still_time_moves_by_hand_only_and_events_happen_at_their_instants() -> None:
    clock = still()
    seen: list[tuple[str, int]] = []
    clock.every(0.5, lambda: seen.append(("half", clock.now_ms() - START_MS)))
    clock.after(0.7, lambda: seen.append(("once", clock.now_ms() - START_MS)))
    assert clock.now_ms() == clock.now_ms() == START_MS
    clock.advance(1.2)
    assert seen == [("half", 500), ("once", 700), ("half", 1000)]
    assert clock.now_ms() == START_MS + 1200


@given(st.lists(st.integers(1, 5_000), max_size=30), st.lists(st.integers(0, 2_000), max_size=10))
def test_however_time_is_cut_the_same_happens_at_the_same_instants(
    delays_ms: list[int], cuts_ms: list[int]
) -> None:
    def told(parts_ms: list[int]) -> list[tuple[int, int]]:
        clock = still()
        seen: list[tuple[int, int]] = []

        def tell(number: int) -> None:
            seen.append((number, clock.now_ms()))

        for number, delay_ms in enumerate(delays_ms):
            clock.after(delay_ms / 1000, partial(tell, number))
            if number % 3 == 0:
                clock.every(delay_ms / 1000, partial(tell, -number))
        for part_ms in parts_ms:
            clock.advance(part_ms / 1000)
        return seen

    whole = told([sum(cuts_ms)])
    assert told(cuts_ms) == whole
    assert [instant for _, instant in whole] == sorted(instant for _, instant in whole)


def test_a_shift_moves_what_is_told_and_no_interval() -> None:
    clock = still()
    before = clock.monotonic_s()
    clock.shift_ms = 7_000
    assert clock.now_ms() == START_MS + 7_000
    assert clock.now_ns() == (START_MS + 7_000) * 1_000_000
    assert clock.monotonic_s() == before


def test_a_canceled_timer_never_happens_and_canceling_twice_or_late_does_no_harm() -> None:
    clock = still()
    seen: list[str] = []

    def once() -> None:
        seen.append("again")
        again.cancel()

    first = clock.after(1, lambda: seen.append("first"))
    again = clock.every(1, once)
    late = clock.after(1, lambda: seen.append("late"))
    first.cancel()
    first.cancel()
    assert clock.waiting == 2
    clock.advance(5)
    late.cancel()
    assert seen == ["again", "late"]
    assert clock.waiting == 0


def test_thousands_of_timers_are_cheap_and_canceled_ones_leave_nothing() -> None:
    clock = still()
    kept = clock.after(3, lambda: None)
    began = time.perf_counter()
    for number in range(50_000):
        clock.after(1 + number / 1e5, lambda: None).cancel()
    assert time.perf_counter() - began < 5
    assert clock.waiting == 1
    assert len(clock._events) < 1000
    kept.cancel()
    assert clock.waiting == 0


def test_an_interval_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than nothing"):
        still().every(0, lambda: None)


@pytest.mark.parametrize("speed", [-1, float("nan"), float("inf"), TOP_SPEED * 2])
def test_speeds_that_are_none_are_refused(speed: float) -> None:
    clock = still()
    with pytest.raises(ValueError, match="A speed is a number"):
        clock.speed = speed
    with pytest.raises(ValueError, match="A speed is a number"):
        SimClock(speed=speed)
    assert clock.speed == 0


def test_without_a_loop_what_an_event_raises_comes_out_after_everything_happened() -> None:
    clock = still()
    seen: list[str] = []
    clock.after(1, fail)
    clock.after(2, lambda: seen.append("later"))
    with pytest.raises(ZeroDivisionError):
        clock.advance(3)
    assert seen == ["later"]
    assert clock.now_ms() == START_MS + 3000


async def test_an_event_that_raises_is_reported_to_the_loop_and_comes_again() -> None:
    loop, clock = asyncio.get_running_loop(), still()
    told: list[object] = []
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: told.append(context["exception"]))
    clock.every(1, fail)
    clock.advance(3)
    loop.set_exception_handler(before)
    assert [type(error) for error in told] == [ZeroDivisionError] * 3


async def test_passing_time_wakes_sleepers_at_their_instants() -> None:
    clock = still()
    seen: list[int] = []
    clock.every(0.1, lambda: None)

    async def nap() -> None:
        for _ in range(3):
            await clock.sleep(1)
            seen.append(clock.now_ms() - START_MS)

    napping = asyncio.get_running_loop().create_task(nap())
    await asyncio.sleep(0)
    await asyncio.gather(clock.pass_time(2), clock.pass_time(1.5))
    await napping
    assert seen == [1000, 2000, 3000]
    assert clock.now_ms() == START_MS + 3500


@pytest.mark.parametrize(
    ("speed", "moved_s", "drift_ms"),
    [(0, 0, (0, 20_000)), (60, 0, (59 * 20_000, 0)), (0, 90, (90_000, 0)), (1, 0, (0, 0))],
    ids=["standing", "fast", "by hand", "as outside"],
)
async def test_clocks_set_by_it_that_run_outside_are_known_to_be_wrong_by_so_much(
    monkeypatch: pytest.MonkeyPatch, speed: float, moved_s: float, drift_ms: tuple[int, int]
) -> None:
    """Twenty seconds outside: a clock set at the start, one set now, and all between are right."""
    wall_ns, real_ns = time.time_ns(), time.monotonic_ns()
    passed_s = [0]
    monkeypatch.setattr(time, "time_ns", lambda: wall_ns + passed_s[0] * 1_000_000_000)
    monkeypatch.setattr(time, "monotonic_ns", lambda: real_ns + passed_s[0] * 1_000_000_000)
    clock = SimClock(start_ms=START_MS, speed=speed)
    async with running(clock):
        await turns()
        passed_s[0] = 20
        if moved_s:
            assert clock.drift_ms() == (0, 20_000)
            clock.advance(moved_s)
        assert clock.drift_ms() == drift_ms


def test_windows_of_rates_go_on_when_nobody_moves_standing_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real_ns = time.monotonic_ns()
    passed_s = [0]
    monkeypatch.setattr(time, "monotonic_ns", lambda: real_ns + passed_s[0] * 1_000_000_000)
    clock = still()
    began_s = clock.window_s()
    for seconds, expected in ((29, 0), (30, 0), (40, 10), (100, 70)):
        passed_s[0] = seconds
        assert clock.window_s() - began_s == expected
        assert clock.now_ms() == START_MS
    clock.advance(5)
    passed_s[0] += 29
    assert clock.window_s() - began_s == 75, "whoever moves time counts by it"
    clock.resume()
    assert clock.window_s() - began_s == pytest.approx(75, abs=1)


# By itself -------------------------------------------------------------------------------------


async def test_fast_time_wakes_sleepers_early() -> None:
    async with running(SimClock(speed=1000)) as clock:
        began = asyncio.get_running_loop().time()
        await clock.sleep(20)
        assert asyncio.get_running_loop().time() - began < 5


async def test_fast_time_begins_when_it_runs() -> None:
    clock = SimClock(start_ms=START_MS, speed=TOP_SPEED)
    await turns()
    assert clock.now_ms() == START_MS
    async with running(clock):
        await asyncio.wait_for(clock.sleep(1000), 10)


async def test_real_time_is_the_wall_clock_and_passes_by_itself() -> None:
    async with running(SimClock()) as clock:
        assert abs(clock.now_ms() - time.time_ns() // 1_000_000) < 1000
        await asyncio.wait_for(clock.sleep(0.02), 10)


async def test_time_goes_on_paused_and_resumed_and_at_another_speed() -> None:
    async with running(still()) as clock:
        seen: list[int] = []
        clock.every(1, lambda: seen.append(clock.now_ms()))
        await turns()
        assert not seen
        clock.speed = 1000
        await eventually(lambda: len(seen) > 3, "fast time")
        clock.pause()
        clock.pause()
        stood, count = clock.now_ms(), len(seen)
        await turns()
        assert (clock.is_paused, clock.now_ms(), len(seen)) == (True, stood, count)
        clock.advance(1)
        # Paused just before what was due happened, this makes up for it.
        assert len(seen) == (clock.now_ms() - START_MS) // 1000 > count
        count = len(seen)
        clock.resume()
        assert clock.speed == 1000
        await eventually(lambda: len(seen) > count + 3, "resumed time")
        assert seen == list(range(START_MS + 1000, START_MS + 1000 * len(seen) + 1, 1000))


async def test_fast_time_that_the_machine_cannot_keep_up_with_runs_slower_and_says_so() -> None:
    async with running(still()) as clock:
        seen: list[int] = []

        def work() -> None:
            end = time.perf_counter() + 0.0005
            while time.perf_counter() < end:
                pass
            seen.append(clock.now_ms())

        clock.every(0.01, work)
        clock.speed = 100_000
        turns = 0
        while len(seen) < 400:
            await asyncio.sleep(0)
            turns += 1
        assert turns > 5, "others have their turn"
        assert clock.given_up_s > 1
        assert seen == list(range(START_MS + 10, START_MS + 10 * len(seen) + 1, 10))
        assert clock.now_ms() - seen[-1] <= 10, "time is never ahead of what happened"


async def test_after_the_machine_slept_time_is_the_wall_clock_and_nothing_is_done_over_and_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outside = Outside(monkeypatch)
    async with running(SimClock()) as clock:
        seen: list[int] = []
        deadline: list[int] = []
        clock.every(0.01, lambda: seen.append(clock.now_ms()))
        clock.after(3600, lambda: deadline.append(clock.now_ms()))
        await eventually(lambda: seen, "the first events")
        before = len(seen)
        outside.asleep_ns += 8 * 3600 * 10**9
        await eventually(lambda: seen[-1] - seen[0] > 8 * 3_599_000, "the wall clock's time")
        assert abs(clock.now_ms() - time.time_ns() // 1_000_000) < 2000
        assert len(seen) - before < 2000
        assert len(deadline) == 1
        assert clock.skipped_s > 8 * 3600 - 10
        assert seen == sorted(seen)


async def test_a_wall_clock_turned_back_does_not_stop_time(monkeypatch: pytest.MonkeyPatch) -> None:
    outside = Outside(monkeypatch)
    async with running(SimClock()) as clock:
        before = clock.now_ms()
        outside.asleep_ns -= 3600 * 10**9
        await asyncio.wait_for(clock.sleep(0.02), 10)
        assert before <= clock.now_ms() < before + 60_000


async def test_fast_time_waits_while_it_is_held_but_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock_module, "_LONGEST_HOLD_NS", 300_000_000)
    async with running(still()) as clock:
        asked: list[int] = []
        seen: list[int] = []

        def is_held() -> bool:
            asked.append(len(seen))
            return True

        clock.is_held = is_held
        clock.every(1, lambda: seen.append(clock.now_ms()))
        clock.speed = 1000
        await eventually(lambda: seen, "time")
        assert asked.count(0) > 3


async def test_the_end_of_time_wakes_whoever_sleeps_and_lets_nobody_sleep() -> None:
    clock = SimClock(speed=0)
    sleeper = asyncio.get_running_loop().create_task(clock.sleep(1))
    await asyncio.sleep(0)
    clock.end()
    results = await asyncio.gather(sleeper, clock.sleep(1), return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)
    assert clock.waiting == 0
