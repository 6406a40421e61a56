"""Stamps belong to the command of their own task, and to none when nobody asked."""

from __future__ import annotations

import asyncio

from terminal.exchange.stamps import Stamps, current_stamps, stamping


def test_nobody_asked() -> None:
    assert current_stamps() is None


def test_the_last_one_inside_prevails_and_ends_with_its_block() -> None:
    outer, inner = Stamps(), Stamps()
    with stamping(outer):
        with stamping(inner):
            assert current_stamps() is inner
        assert current_stamps() is outer
    assert current_stamps() is None


async def test_commands_of_two_tasks_do_not_mix() -> None:
    """Each task fills in its own, whatever goes on beside it."""
    both = asyncio.Barrier(2)

    async def send(stamps: Stamps) -> None:
        with stamping(stamps):
            await both.wait()
            found = current_stamps()
            assert found is stamps
            found.sent_s = id(stamps)
            await both.wait()

    first, second = Stamps(), Stamps()
    async with asyncio.TaskGroup() as group:
        group.create_task(send(first))
        group.create_task(send(second))
    assert (first.sent_s, second.sent_s) == (id(first), id(second))
