"""The kill switch: blocked at once, canceled for sure, lifted on purpose only."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from terminal.domain.access import Access, StopRecord
from terminal.domain.clock import TimestampMs
from terminal.domain.guard import BlockField
from terminal.domain.units import ClientOid, Lots, OrderId, Price, Side
from terminal.session.clearing import ClearingKind
from terminal.session.kill_switch import STOPPED, KillSwitch, NoMemory
from terminal.session.results import Blocked, Submitted
from tests.support.builders import XBT, a_ticket, an_order_update
from tests.support.pocket import a_pocket_desk, stop_at
from tests.support.standing import Stage, staged

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.session.kill_switch import StopMemory


class KeptMemory:
    """Remembers like a disk that survives the program; ``problem`` is a disk that does not."""

    def __init__(self, record: StopRecord | None = None, problem: str = "") -> None:
        self.record = record
        self.problem = problem

    def load(self) -> StopRecord | None:
        return self.record

    def keep(self, record: StopRecord | None) -> str:
        self.record = record
        return self.problem


@contextlib.asynccontextmanager
async def switched(memory: StopMemory | None = None) -> AsyncIterator[tuple[Stage, KillSwitch]]:
    async with staged() as stage:
        bench = stage.bench
        switch = KillSwitch(
            bench.desk, bench.account, bench.owner, bench.notices, memory or NoMemory()
        )
        switch.start()
        try:
            yield stage, switch
        finally:
            await switch.stop()


async def test_it_blocks_in_the_very_moment_and_says_how_to_lift_it() -> None:
    async with switched() as (stage, switch):
        assert isinstance(stage.bench.desk.submit(a_ticket()), Submitted)
        switch.throw()
        result = stage.bench.desk.submit(a_ticket())
        assert isinstance(result, Blocked)
        assert (result.blocks[0].field, result.blocks[0].reason) == (BlockField.ACCESS, STOPPED)
        assert "lift the stop" in STOPPED
        await stage.clock.advance(5)


async def test_what_only_reduces_is_never_blocked() -> None:
    async with switched() as (stage, switch):
        switch.throw()
        exit_ticket = a_ticket(side=Side.SELL, is_reduce_only=True)
        assert isinstance(stage.bench.desk.submit(exit_ticket), Submitted)
        await stage.clock.advance(5)


async def test_by_default_entries_go_and_protection_stays() -> None:
    async with switched() as (stage, switch):
        switch.throw()
        assert switch.status.is_working
        await stage.clock.advance(5)
        assert stage.on_exchange == {"exit", "stop", "other-exit"}
        status = switch.status
        assert (status.is_working, status.is_finished, status.progress.kept) == (False, True, 3)
        assert stage.closes == []


async def test_flattening_takes_positions_first_and_exits_last() -> None:
    async with switched() as (stage, switch):
        switch.throw(ClearingKind.FLATTEN)
        await stage.clock.advance(20)
        assert stage.on_exchange == set()
        assert stage.closes == [XBT]
        assert stage.log.index(f"close {XBT}") < stage.log.index("cancel stop")
        assert switch.status.is_finished


async def test_who_throws_again_goes_further_and_never_back() -> None:
    """Nor does it lift: the same key by accident leaves everything as it is."""
    async with switched() as (stage, switch):
        switch.throw()
        switch.throw(ClearingKind.FLATTEN)
        switch.throw()
        await stage.clock.advance(20)
        assert switch.status.kind is ClearingKind.FLATTEN
        assert stage.on_exchange == set()
        assert switch.status.is_on


async def test_it_keeps_trying_while_the_connection_is_gone_and_says_so() -> None:
    async with switched() as (stage, switch):
        stage.go_away()
        switch.throw()
        await stage.clock.advance(60)
        assert switch.status.is_working
        assert switch.status.progress.problem == "The exchange did not answer."
        assert stage.bench.desk.blocks(a_ticket())[0].reason == STOPPED
        await stage.come_back()
        await stage.clock.advance(60)
        assert switch.status.is_finished
        assert stage.on_exchange == {"exit", "stop", "other-exit"}


async def test_an_order_that_comes_back_to_life_is_canceled_again() -> None:
    async with switched() as (stage, switch):
        gone = stage.live["entry"]
        switch.throw()
        await stage.clock.advance(5)
        assert switch.status.is_finished
        order = stage.bench.desk.orders[ClientOid("entry")]
        from dataclasses import replace

        from terminal.domain.order import OrderState

        stage.bench.desk.put(replace(order, state=OrderState.UNKNOWN, is_guess=True))
        stage.put(gone)
        await stage.clock.advance(10)
        assert "entry" not in stage.on_exchange
        assert switch.status.is_finished


async def test_what_is_placed_elsewhere_afterwards_is_shown_and_left_alone() -> None:
    async with switched() as (stage, switch):
        switch.throw()
        await stage.clock.advance(5)
        stage.put(
            an_order_update(
                order_id=OrderId("w1"), client_oid=ClientOid("web"), is_reduce_only=False
            )
        )
        await stage.clock.advance(20)
        assert "web" in stage.on_exchange
        assert (switch.status.late, switch.status.is_finished) == (1, True)


async def test_lifting_allows_orders_again() -> None:
    memory = KeptMemory()
    async with switched(memory) as (stage, switch):
        switch.throw()
        await stage.clock.advance(5)
        assert memory.record == StopRecord(memory.record.since, is_finished=True)  # type: ignore[union-attr] # there is one
        switch.lift()
        assert memory.record is None
        assert isinstance(stage.bench.desk.submit(a_ticket()), Submitted)
        await stage.clock.advance(10)
        assert "c1" in stage.working, "what is placed after lifting is not canceled"


async def test_lifting_in_the_middle_ends_the_tries() -> None:
    async with switched() as (stage, switch):
        stage.go_away()
        switch.throw()
        await stage.clock.advance(2)
        switch.lift()
        await stage.come_back()
        await stage.clock.advance(60)
        assert not switch.status.is_on
        assert not any("kill switch" in name for name in stage.bench.owner.task_names)


async def test_it_survives_a_restart_and_then_only_blocks() -> None:
    memory = KeptMemory(StopRecord(TimestampMs(5), is_finished=False))
    async with switched(memory) as (stage, switch):
        await stage.clock.advance(30)
        assert stage.log == [], "nobody knows whether what stands now was meant"
        assert stage.bench.desk.blocks(a_ticket())[0].reason == STOPPED
        assert (switch.status.kind, switch.status.since) == (None, 5)
        switch.throw()
        await stage.clock.advance(5)
        assert stage.on_exchange == {"exit", "stop", "other-exit"}
        assert switch.status.since == 5


async def test_a_disk_that_fails_is_said_and_stops_nothing() -> None:
    async with switched(KeptMemory(problem="The disk is full.")) as (stage, switch):
        switch.throw()
        await stage.clock.advance(5)
        assert stage.on_exchange == {"exit", "stop", "other-exit"}
        assert "The disk is full." in [notice.text for notice in stage.bench.notices.notices]


@pytest.mark.parametrize("access", [Access.WATCH_ONLY, Access.MARKET_DATA])
async def test_where_nothing_is_sent_there_is_nothing_to_stop(access: Access) -> None:
    memory = KeptMemory()
    async with switched(memory) as (stage, switch):
        stage.bench.trading.access = access
        switch.throw()
        await stage.clock.advance(5)
        assert not switch.status.is_on
        assert stage.log == []
        assert memory.record is None
        stage.bench.trading.access = Access.FULL


async def test_who_is_told_is_told_before_anything_is_sent() -> None:
    """Hands are disarmed first: a key in the same moment sends nothing."""
    async with switched() as (stage, switch):
        told: list[tuple[bool, int]] = []
        switch.on_thrown.add(lambda: told.append((switch.status.is_on, len(stage.log))))
        switch.throw()
        assert told == [(True, 0)]
        await stage.clock.advance(5)


async def test_a_stop_under_way_ends_with_watching_only_and_begins_again_when_thrown_again() -> (
    None
):
    async with switched() as (stage, switch):
        stage.refuses = 4
        switch.throw()
        await stage.clock.advance(1)
        stage.bench.trading.access = Access.WATCH_ONLY
        await stage.clock.advance(30)
        status = switch.status
        assert (status.is_on, status.is_working, status.is_finished) == (True, False, False)
        assert status.ended_by == Access.WATCH_ONLY.silence
        said = [notice.text for notice in stage.bench.notices.notices]
        assert f"Stopped, but nothing more is canceled. {Access.WATCH_ONLY.silence}" in said
        stage.bench.trading.access = Access.REDUCING
        switch.throw()
        await stage.clock.advance(30)
        assert switch.status.is_finished
        assert switch.status.ended_by == ""
        assert stage.on_exchange == {"exit", "stop", "other-exit"}


async def test_a_plain_stop_that_protects_stays_is_told_and_goes_with_what_it_protected() -> None:
    """It could open: so nobody says that nothing could, and without a position it is an entry."""
    d = await a_pocket_desk()
    await d.hold(3)
    await d.placed(a_ticket(lots=Lots(3), **{**stop_at(900), "is_reduce_only": False}))
    await d.placed(a_ticket(price=Price(950)))
    switch = KillSwitch(d.desk, d.account, d.owner, d.notices, NoMemory())
    switch.start()
    switch.throw()
    await d.clock.advance(10)
    assert [one.client_oid for one in d.exchange.alive()] == ["c1"]
    assert (switch.status.is_finished, switch.status.progress.guards) == (True, 1)
    said = [notice.text for notice in d.notices.notices]
    assert (
        "Stopped, and verified: nothing else is left that could open a position. 1 stop kept that "
        "protects although it is not reduce-only: it could open a position."
    ) in said
    await d.hold(0)
    await d.clock.advance(10)
    assert d.exchange.alive() == []
    assert switch.status.is_finished
    await switch.stop()
    await d.stop()


async def test_the_kind_for_all_takes_a_plain_stop_too() -> None:
    d = await a_pocket_desk()
    await d.hold(3)
    await d.placed(a_ticket(lots=Lots(3), **{**stop_at(900), "is_reduce_only": False}))
    switch = KillSwitch(d.desk, d.account, d.owner, d.notices, NoMemory())
    switch.start()
    switch.throw(ClearingKind.ALL)
    await d.clock.advance(10)
    assert d.exchange.alive() == []
    assert switch.status.is_finished
    await switch.stop()
    await d.stop()
