"""The exchange's clock: the offset, its uncertainty, stamps, sleep and settings of the clock."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.exchange.errors import TransportError
from terminal.exchange.exchange_time import (
    GOOD_ROUND_TRIP_MS,
    MORE_SAMPLES,
    SAMPLES,
    SIGNATURE_WINDOW_MS,
    ExchangeTime,
    Sample,
    TimeKeeper,
)
from tests.support.fake_clock import START_MS, FakeClock


def a_sample(clock: FakeClock, *, ahead_ms: float, there_ms: float, back_ms: float) -> Sample:
    """What is read now by a clock that is so far ahead of ours, on a line so slow."""
    after_s = clock.monotonic_s()
    before_s = after_s - (there_ms + back_ms) / 1000
    theirs_ms = START_MS + after_s * 1000 - back_ms + ahead_ms
    return Sample(before_s, after_s, round(theirs_ms))


async def a_time(ahead_ms: float = 0.0) -> tuple[FakeClock, ExchangeTime]:
    clock = FakeClock()
    await clock.advance(100.0)
    time = ExchangeTime(clock)
    time.measured([a_sample(clock, ahead_ms=ahead_ms, there_ms=20, back_ms=20)])
    return clock, time


async def test_before_a_measurement_time_is_this_machines() -> None:
    """And its uncertainty is not known."""
    clock = FakeClock()
    time = ExchangeTime(clock)
    await clock.advance(3.0)
    clock.shift_ms = 60_000
    assert time.now_ms() == time.stamp_ms() == clock.now_ms()
    assert time.offset_ms == 0
    assert time.reading().uncertainty_ms is None
    assert not time.is_doubtful


async def test_half_of_the_round_trip_is_taken_off() -> None:
    """The uncertainty is the other half, and grows with age."""
    clock, time = await a_time(ahead_ms=250)
    assert time.offset_ms == 250
    assert time.reading().uncertainty_ms == pytest.approx(21)
    assert time.reading().round_trip_ms == pytest.approx(40)
    await clock.advance(100.0)
    assert time.offset_ms == 250
    assert time.reading().uncertainty_ms == pytest.approx(31)
    assert time.reading().age_s == pytest.approx(100)


async def test_the_quickest_of_several_counts() -> None:
    """The first one opens the connection and is no good."""
    clock = FakeClock()
    await clock.advance(100.0)
    time = ExchangeTime(clock)
    slow = a_sample(clock, ahead_ms=500, there_ms=900, back_ms=30)
    quick = a_sample(clock, ahead_ms=500, there_ms=30, back_ms=30)
    time.measured([slow, quick, slow])
    assert time.offset_ms == 500
    time = ExchangeTime(clock)
    time.measured([slow])
    assert time.offset_ms == 500 + 435


@given(
    ahead_ms=st.integers(-60_000, 60_000),
    ways=st.lists(st.tuples(st.floats(0, 2000), st.floats(0, 2000)), min_size=1, max_size=6),
)
def test_the_truth_lies_within_the_uncertainty(
    ahead_ms: int, ways: list[tuple[float, float]]
) -> None:
    """However lopsided the ways there and back are."""

    async def law() -> None:
        clock = FakeClock()
        await clock.advance(100.0)
        time = ExchangeTime(clock)
        for there_ms, back_ms in ways:
            sample = a_sample(clock, ahead_ms=ahead_ms, there_ms=there_ms, back_ms=back_ms)
            time.measured([sample])
            unsure_ms = time.reading().uncertainty_ms
            assert unsure_ms is not None
            assert abs(time.offset_ms - ahead_ms) <= unsure_ms + 1
            await clock.advance(1.0)

    asyncio.run(law())


async def test_a_busy_line_does_not_make_a_good_offset_worse() -> None:
    """What agrees and is less sure is dropped; what cannot be true of both is believed anew."""
    clock, time = await a_time(ahead_ms=250)
    time.measured([a_sample(clock, ahead_ms=250, there_ms=1500, back_ms=10)])
    assert time.offset_ms == 250
    time.measured([a_sample(clock, ahead_ms=9000, there_ms=1500, back_ms=1500)])
    assert time.offset_ms == 9000


async def test_setting_this_machines_clock_moves_no_stamp() -> None:
    """Monotonic time counts; the jump asks for a measurement."""
    clock, time = await a_time(ahead_ms=250)
    before_ms = time.stamp_ms()
    clock.shift_ms = -40_000
    assert time.is_doubtful
    assert time.stamp_ms() == before_ms
    assert time.offset_ms == 40_250
    await clock.advance(1.0)
    assert time.stamp_ms() == before_ms + 1000
    time.measured([a_sample(clock, ahead_ms=250, there_ms=10, back_ms=10)])
    assert not time.is_doubtful
    assert time.offset_ms == 40_250


async def test_after_sleep_wall_time_counts() -> None:
    """Monotonic time stood still meanwhile."""
    clock, time = await a_time(ahead_ms=250)
    clock.shift_ms = 3_600_000
    assert time.is_doubtful
    assert time.offset_ms == 250
    unsure_ms = time.reading().uncertainty_ms
    assert unsure_ms is not None
    assert unsure_ms >= 3_600_000
    clock.shift_ms = 900
    assert not time.is_doubtful, "slewing is no jump"


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(-12_000, 12_000)), max_size=20))
def test_stamps_never_go_back_within_a_signature_window(steps: list[tuple[float, int]]) -> None:
    """A correction backwards stops them, as long as the exchange takes what is so far ahead."""

    async def law() -> None:
        clock, time = await a_time()
        last_ms = time.stamp_ms()
        for gap_s, ahead_ms in steps:
            await clock.advance(gap_s)
            time.measured([a_sample(clock, ahead_ms=ahead_ms, there_ms=1, back_ms=1)])
            stamp_ms = time.stamp_ms()
            assert stamp_ms >= last_ms or last_ms - time.now_ms() >= SIGNATURE_WINDOW_MS
            assert abs(stamp_ms - time.now_ms()) < SIGNATURE_WINDOW_MS
            last_ms = stamp_ms

    asyncio.run(law())


async def test_a_refused_stamp_frees_the_next_ones() -> None:
    """What was held back because of an earlier stamp is not held back any more."""
    clock, time = await a_time(ahead_ms=4000)
    ahead_ms = time.stamp_ms()
    time.refused()
    time.measured([a_sample(clock, ahead_ms=0, there_ms=900, back_ms=900)])
    assert time.stamp_ms() < ahead_ms - 3000


async def test_an_offset_from_elsewhere_is_taken() -> None:
    """The check of a key hands it from one client to the next."""
    clock = FakeClock()
    time = ExchangeTime(clock)
    time.offset_ms = -30_000
    assert time.stamp_ms() == clock.now_ms() - 30_000
    await clock.advance(1.0)
    assert time.offset_ms == -30_000


# Measuring ---------------------------------------------------------------------------------------


class Line:
    """An exchange that answers after given waits; a None is no answer."""

    def __init__(self, clock: FakeClock, *waits_s: float | None) -> None:
        self.clock = clock
        self.waits_s = list(waits_s)
        self.asked = 0

    async def ask(self) -> int:
        wait_s = self.waits_s[min(self.asked, len(self.waits_s) - 1)]
        self.asked += 1
        if wait_s is None:
            raise TransportError("down", was_sent=False)
        await self.clock.sleep(wait_s)
        return self.clock.now_ms() + 7000


async def measured(clock: FakeClock, keeper: TimeKeeper) -> int:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(keeper.measure())
        await clock.advance(10.0)
    return task.result()


@pytest.mark.parametrize(
    ("waits_s", "asked", "offset_ms"),
    [
        ((GOOD_ROUND_TRIP_MS / 1000,), 1, 7025),
        ((0.4, 0.02, 0.01), 2, 7010),
        ((0.4, 0.2, 0.3, 0.1), SAMPLES, 7050),
        ((0.4, None), 2, 7200),
        ((1.5, 1.4, 1.3, 1.2, 0.2), SAMPLES + 1, 7100),
        ((1.5,), SAMPLES + MORE_SAMPLES, 7750),
    ],
)
async def test_it_is_asked_until_an_answer_was_quick(
    waits_s: tuple[float | None, ...], asked: int, offset_ms: int
) -> None:
    """At most four times; one answer is enough when the next one fails."""
    clock = FakeClock()
    line = Line(clock, *waits_s)
    assert await measured(clock, TimeKeeper(ExchangeTime(clock), clock, line.ask)) == offset_ms
    assert line.asked == asked


async def test_a_single_sample_that_was_held_back_is_taken_again() -> None:
    """Half of a round trip that waited for something would be off by seconds."""
    clock = FakeClock()
    line = Line(clock, 6.0, 0.1)
    keeper = TimeKeeper(ExchangeTime(clock), clock, line.ask)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(keeper.measure(samples=1))
        await clock.advance(10.0)
    assert (task.result(), line.asked) == (7050, 2)


async def test_without_any_answer_it_says_so() -> None:
    """And the time stays what it was."""
    clock = FakeClock()
    keeper = TimeKeeper(ExchangeTime(clock), clock, Line(clock, None).ask)
    with pytest.raises(TransportError):
        await keeper.measure()
    assert keeper.time.offset_ms == 0


async def test_who_asks_during_a_measurement_waits_for_that_one() -> None:
    """Many requests that find the clock wrong cause one measurement."""
    clock = FakeClock()
    line = Line(clock, 0.04)
    keeper = TimeKeeper(ExchangeTime(clock), clock, line.ask)
    async with asyncio.TaskGroup() as group:
        for _ in range(5):
            group.create_task(keeper.measure())
        await clock.advance(1.0)
    assert line.asked == 1
    await measured(clock, keeper)
    assert line.asked == 2
