"""Leaving and stopping over real sockets: what the exchange has afterwards is what was chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.domain.account_facts import StopsFate
from terminal.domain.events import MarginMode, StopDirection, StopReference
from terminal.domain.order import OrderState
from terminal.domain.ticket import StopTrigger, close_ticket
from terminal.domain.units import Lots, Price, Side
from terminal.session.backend import Safety
from terminal.session.clearing import ClearingKind
from terminal.session.fuse import FuseTerms
from terminal.session.kill_switch import STOPPED
from terminal.session.leaving import LeavingKind, LeavingPhase
from terminal.session.results import Submitted
from tests.support.builders import XBT, a_ticket
from tests.support.deadlines import eventually
from tests.support.live import Live
from tests.support.readings import COUNT, NAMES, reading

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Held:
    """A position with a stop and a target, entries here and elsewhere, and a burning fuse."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.backend = live.backend
        self.account = live.exchange.engine.account

    async def build(self) -> None:
        desk, market = self.backend.desk, self.live.market
        touch = market.touch()
        assert touch is not None
        assert touch.best_ask is not None
        ask = touch.best_ask
        for ticket in (
            a_ticket(side=Side.BUY, price=Price(ask + 2), lots=Lots(3)),
            a_ticket(side=Side.BUY, price=Price(ask - 400), lots=Lots(2)),
            a_ticket(side=Side.BUY, price=Price(ask - 500), lots=Lots(2)),
        ):
            assert isinstance(desk.submit(ticket), Submitted)
        await eventually(lambda: self.lots == 3, "a position")
        exits = a_ticket(side=Side.SELL, price=Price(ask + 400), lots=Lots(3), is_reduce_only=True)
        assert isinstance(desk.submit(exits), Submitted)
        trigger = StopTrigger(StopDirection.DOWN, StopReference.LAST, Price(ask - 5000))
        desk.close_position(close_ticket(XBT, MarginMode.ISOLATED, trigger=trigger))
        await eventually(lambda: self.kinds == (2, 1, 1), "two entries, a target and a stop")
        await eventually(
            lambda: (
                len(desk.working()) == 4
                and all(o.state is not OrderState.SUBMITTING for o in desk.working())
                and not desk.flags_unknown
            ),
            "the client's word",
        )

    @property
    def lots(self) -> int:
        return self.account.positions[XBT].lots

    @property
    def kinds(self) -> tuple[int, int, int]:
        """The exchange's own entries, exits in the book, and waiting stops."""
        active = self.account.active()
        waiting = [o for o in active if o.waits]
        exits = [o for o in active if not o.waits and o.is_reduce_only]
        return len(active) - len(waiting) - len(exits), len(exits), len(waiting)

    @property
    def is_burning(self) -> bool:
        return bool(self.live.exchange.engine.dead_man.settings)


READINGS = [
    pytest.param(number, id=NAMES[number], marks=[pytest.mark.nightly] if number else [])
    for number in range(COUNT)
]


@pytest.fixture(params=READINGS)
async def held(request: pytest.FixtureRequest) -> AsyncIterator[Held]:
    """In the exchange's own reading, nightly in every other one."""
    live = Live(
        is_calm=True,
        switches=reading(request.param),
        safety=Safety(fuse=FuseTerms(StopsFate.KEPT, 60)),
    )
    await live.start()
    held = Held(live)
    try:
        await held.build()
        yield held
    finally:
        await live.stop()


async def light(held: Held) -> None:
    assert held.backend.fuse.light(60) == ""
    await eventually(lambda: held.is_burning, "a burning fuse")


async def leave(held: Held, kind: LeavingKind) -> None:
    held.backend.leaving.begin(kind)
    await eventually(
        lambda: held.backend.leaving.phase is LeavingPhase.READY, "the end of leaving", 20
    )


async def test_keeping_everything_keeps_it_and_puts_the_fuse_out(held: Held) -> None:
    await light(held)
    await leave(held, LeavingKind.KEEP)
    assert (held.lots, held.kinds) == (3, (2, 1, 1))
    assert not held.is_burning


async def test_canceling_entries_keeps_what_protects(held: Held) -> None:
    await light(held)
    await leave(held, LeavingKind.CANCEL_ENTRIES)
    assert (held.lots, held.kinds) == (3, (0, 1, 1))
    assert not held.is_burning


async def test_flattening_leaves_nothing_at_all(held: Held) -> None:
    await leave(held, LeavingKind.FLATTEN)
    assert (held.lots, held.kinds) == (0, (0, 0, 0))


async def test_staying_changes_nothing(held: Held) -> None:
    assert held.backend.leaving.standing().is_anything
    held.backend.leaving.stay()
    assert (held.lots, held.kinds) == (3, (2, 1, 1))
    assert held.backend.desk.stop_reason == ""


async def test_the_kill_switch_cancels_what_opens_and_keeps_what_protects(held: Held) -> None:
    switch = held.backend.kill_switch
    switch.throw()
    assert held.backend.desk.blocks(a_ticket())[0].reason == STOPPED
    await eventually(lambda: switch.status.is_finished, "the end of stopping", 20)
    assert (held.lots, held.kinds) == (3, (0, 1, 1))
    switch.throw(ClearingKind.FLATTEN)
    await eventually(lambda: switch.status.is_finished, "flat", 20)
    assert (held.lots, held.kinds) == (0, (0, 0, 0))
    assert switch.status.is_on


async def test_the_kill_switch_goes_on_when_the_connection_comes_back(held: Held) -> None:
    held.live.exchange.drop_streams()
    await eventually(lambda: not held.backend.desk.is_trusted, "the loss")
    held.backend.kill_switch.throw()
    await eventually(lambda: held.backend.kill_switch.status.is_finished, "the end", 30)
    assert held.kinds == (0, 1, 1)
