"""Tasks have owners."""

from __future__ import annotations

import asyncio

import pytest

from terminal.session.tasks import Pulse, TaskOwner
from tests.support.fake_clock import FakeClock


def an_owner() -> tuple[TaskOwner, list[str]]:
    errors: list[str] = []
    return TaskOwner("test", lambda name, error: errors.append(f"{name}: {error}")), errors


async def test_an_error_in_a_task_reaches_the_funnel_by_name() -> None:
    owner, errors = an_owner()

    async def fail() -> None:
        raise ValueError("broken")

    owner.spawn("work", fail())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert errors == ["test: work: broken"]
    await owner.close()


async def test_closing_cancels_children_first_and_waits() -> None:
    owner, errors = an_owner()
    ended: list[str] = []

    async def wait(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(name)

    owner.spawn("own", wait("own"))
    child = owner.child("child")
    child.spawn("inner", wait("child"))
    await asyncio.sleep(0)
    assert owner.task_names == ("test: own", "test/child: inner")
    await owner.close()
    assert ended == ["child", "own"]
    assert not owner.task_names
    assert not errors


async def test_a_closed_owner_takes_no_work() -> None:
    owner, _ = an_owner()
    await owner.close()

    async def never() -> None:
        raise AssertionError

    assert owner.spawn("late", never()) is None
    assert owner.child("late").spawn("late", never()) is None


async def test_a_pulse_wakes_who_waits_and_gives_up_in_time() -> None:
    clock = FakeClock()
    pulse = Pulse(clock)
    seen: list[bool] = []
    values: list[int] = []

    async def wait() -> None:
        seen.append(await pulse.until(lambda: bool(values), 5.0))

    first = asyncio.get_running_loop().create_task(wait())
    await clock.settle()
    pulse.beat()
    await clock.settle()
    assert not seen, "a beat alone is not the condition"
    values.append(1)
    pulse.beat()
    await clock.settle()
    assert seen == [True]
    await first

    values.clear()
    second = asyncio.get_running_loop().create_task(wait())
    await clock.advance(5.1)
    assert seen == [True, False]
    await second


@pytest.mark.parametrize("turns", range(8))
async def test_a_wait_that_is_canceled_ends_at_whatever_moment(turns: int) -> None:
    clock = FakeClock()
    pulse = Pulse(clock)
    task = asyncio.get_running_loop().create_task(_wait_for_ever(pulse))
    await clock.settle()
    pulse.beat()
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await clock.settle()
    assert task.cancelled()


async def _wait_for_ever(pulse: Pulse) -> None:
    await pulse.until(lambda: False, 1000.0)


async def test_a_child_that_closed_is_forgotten_by_its_parent() -> None:
    """A program that runs for weeks must not keep an owner for each chart it ever showed."""
    owner, errors = an_owner()
    for number in range(5):
        child = owner.child(f"child {number}")
        child.spawn("inner", asyncio.sleep(0))
        await child.close()
        await child.close()
    kept = owner.child("kept")
    assert owner._children == [kept]
    await owner.close()
    assert not errors
