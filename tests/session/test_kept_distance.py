"""After a reverse the new position's stop is proposed as far away as the old one's was."""

from __future__ import annotations

from contextlib import asynccontextmanager
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from terminal.domain.events import PositionSide
from terminal.domain.protection import DistanceUnit, ProtectionSettings, StopDistance
from terminal.domain.units import Lots
from terminal.session.kept_distance import WAIT_S
from terminal.session.protection import ProtectionWatch
from tests.support.builders import XBT, a_ticket
from tests.support.guarded import prices
from tests.support.pocket import PocketDesk, a_pocket_desk, stop_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CLOSE_BY = ProtectionSettings(distance=StopDistance(DistanceUnit.TICKS, Decimal(40)))


@asynccontextmanager
async def a_watch() -> AsyncIterator[tuple[PocketDesk, ProtectionWatch]]:
    """Long 3, mark at 1000."""
    d = await a_pocket_desk()
    watch = ProtectionWatch(
        d.desk, d.account, d.contracts, lambda _: prices(1000), lambda: CLOSE_BY, d.owner
    )
    watch.start()
    await d.hold(3)
    try:
        yield d, watch
    finally:
        await watch.stop()
        await d.stop()


def proposed(watch: ProtectionWatch) -> int | None:
    (ticket,) = watch.propose(XBT).places
    return None if ticket.trigger is None else ticket.trigger.price


async def test_it_is_as_far_away_as_before() -> None:
    async with a_watch() as (d, watch):
        await d.placed(a_ticket(lots=Lots(3), **stop_at(900)))
        await d.clock.advance(WAIT_S + 5)  # it may have stood for long
        assert d.desk.reverse(XBT) is None
        await d.clock.advance(5.0)
        assert d.exchange.held == -3
        assert watch.kept_ticks(XBT, PositionSide.BOTH) == 100
        assert proposed(watch) == 1100
        await d.clock.advance(WAIT_S + 5)
        assert proposed(watch) == 1100, "as long as this position has no stop"


async def test_without_a_stop_before_it_is_that_of_the_settings() -> None:
    async with a_watch() as (d, watch):
        d.desk.reverse(XBT)
        await d.clock.advance(5.0)
        assert watch.kept_ticks(XBT, PositionSide.BOTH) is None
        assert proposed(watch) == 1040


@pytest.mark.parametrize("ended", ["protected", "flat"])
async def test_it_is_forgotten_once_there_was_a_stop_or_the_position_is_gone(ended: str) -> None:
    async with a_watch() as (d, watch):
        await d.placed(a_ticket(lots=Lots(3), **stop_at(900)))
        d.desk.reverse(XBT)
        await d.clock.advance(5.0)
        if ended == "protected":
            watch.mend(watch.propose(XBT))
            await d.clock.advance(5.0)
        else:
            d.desk.flatten(XBT)
            await d.clock.advance(5.0)
            await d.hold(-3)
        assert watch.kept_ticks(XBT, PositionSide.BOTH) is None
        if ended == "flat":
            assert proposed(watch) == 1040
