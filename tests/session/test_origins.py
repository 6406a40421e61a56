"""Who asked for a command, known where it is answered: by tasks that began with it, too."""

from __future__ import annotations

import asyncio

from terminal.domain.units import ClientOid
from terminal.session.origins import KEPT, Origins, Surface, asked_by, asking

LEFT, RIGHT = Surface(), Surface()


async def test_a_task_that_begins_inside_a_gesture_knows_who_asked_after_it_has_ended() -> None:
    async def later() -> Surface | None:
        await asyncio.sleep(0)
        return asking()

    with asked_by(LEFT):
        inside = asyncio.gather(later())
        with asked_by(RIGHT):
            assert asking() is RIGHT
        assert asking() is LEFT
    outside = asyncio.gather(later())
    assert list(await inside) == [LEFT]
    assert list(await outside) == [None]


def test_an_order_belongs_to_whoever_asked_about_it_last() -> None:
    origins, order = Origins(), ClientOid("c1")
    assert origins.of(order) is None
    with asked_by(LEFT):
        origins.note(order)
    with asked_by(RIGHT):
        assert origins.of(order) is LEFT
        origins.note(order)
    origins.note(order)
    assert origins.of(order) is RIGHT, "nobody asks on the stream's word"


def test_the_oldest_orders_are_forgotten() -> None:
    origins = Origins()
    with asked_by(LEFT):
        for number in range(KEPT + 1):
            origins.note(ClientOid(str(number)))
    assert origins.of(ClientOid("0")) is None
    assert origins.of(ClientOid("1")) is LEFT
