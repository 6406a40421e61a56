"""Leaving: what stands, and every way out of it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from terminal.domain.access import Access
from terminal.domain.account_facts import StopsFate
from terminal.domain.events import PositionMode, PositionSide
from terminal.domain.units import ClientOid, OrderId, Price, Side
from terminal.exchange.outcome import NotSent
from terminal.session.clearing import Clearing, ClearingKind
from terminal.session.fuse import Fuse, FuseTerms
from terminal.session.leaving import LATE_S, LEAVING, LeavingKind, LeavingPhase
from terminal.session.results import Submitted
from tests.support.builders import (
    XBT,
    a_position_update,
    a_ticket,
    an_order_update,
    position_details,
)
from tests.support.fake_fuse import FakeFuseGateway
from tests.support.standing import A_STOP, OTHER, Stage, staged

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.domain.events import OrderUpdate
    from terminal.session.leaving import StandingContract


class Way:
    """The way out of a stage, with a fuse."""

    def __init__(self, stage: Stage) -> None:
        bench = stage.bench
        self.stage = stage
        self.timer = FakeFuseGateway(stage.clock)
        self.fuse = Fuse(
            self.timer, bench.desk, stage.clock, bench.owner, bench.notices,
            FuseTerms(StopsFate.KEPT),
        )  # fmt: skip
        self.leaving = stage.leaving(self.fuse)

    def phase(self) -> LeavingPhase:
        return self.leaving.phase

    async def light(self) -> None:
        self.fuse.light(30)
        await self.stage.clock.settle()
        assert self.fuse.is_burning


@contextlib.asynccontextmanager
async def a_way(*, empty: bool = False) -> AsyncIterator[Way]:
    async with staged(empty=empty) as stage:
        way = Way(stage)
        try:
            yield way
        finally:
            await way.leaving.stop()
            await way.fuse.stop()


def shown(one: StandingContract) -> tuple[str, int, int, int, int]:
    return str(one.symbol), one.lots, one.entries, one.stops, one.exits


async def test_what_stands_is_told_by_contract() -> None:
    async with a_way() as way:
        standing = way.leaving.standing()
        assert [shown(one) for one in standing.contracts] == [
            (str(OTHER), 0, 1, 0, 1),
            (str(XBT), 3, 1, 1, 1),
        ]
        assert standing.is_known
        way.leaving.held = lambda: ("An exit is held here.",)
        assert way.leaving.standing().held == ("An exit is held here.",)


@pytest.mark.parametrize("access", [Access.WATCH_ONLY, Access.MARKET_DATA])
async def test_where_nothing_is_sent_nothing_is_asked_about(access: Access) -> None:
    async with a_way() as way:
        way.stage.bench.trading.access = access
        assert not way.leaving.standing().is_anything
        way.stage.bench.trading.access = Access.FULL


async def test_without_a_connection_it_says_that_it_does_not_know() -> None:
    async with a_way() as way:
        way.stage.go_away()
        await way.stage.clock.settle()
        standing = way.leaving.standing()
        assert standing.is_anything
        assert not standing.is_known
        await way.stage.come_back()
        await way.stage.clock.advance(20)


async def test_keeping_everything_sends_nothing_and_is_due_at_once() -> None:
    async with a_way() as way:
        way.leaving.begin(LeavingKind.KEEP)
        await way.stage.clock.settle()
        assert way.phase() is LeavingPhase.READY
        assert way.stage.log == []
        assert way.timer.calls == []


async def test_keeping_orders_puts_a_burning_fuse_out_first() -> None:
    async with a_way() as way:
        await way.light()
        way.leaving.begin(LeavingKind.KEEP)
        assert way.phase() is LeavingPhase.WORKING
        await way.stage.clock.settle()
        assert way.phase() is LeavingPhase.READY
        assert not way.timer.is_set


async def test_a_fuse_that_cannot_be_put_out_is_said_with_what_will_happen() -> None:
    async with a_way() as way:
        await way.light()
        way.timer.outcomes.extend([NotSent("No way to the exchange.")] * 100)
        way.leaving.begin(LeavingKind.KEEP)
        await way.stage.clock.advance(12)
        assert way.phase() is LeavingPhase.WORKING
        assert way.leaving.is_late
        assert "No way to the exchange." in way.leaving.problem
        assert "cancels your orders" in way.leaving.truth_if_left_now
        way.leaving.leave_now()
        assert way.phase() is LeavingPhase.READY


async def test_a_fuse_that_blows_on_the_way_out_is_not_passed_over() -> None:
    async with a_way() as way:
        await way.light()
        way.timer.is_down = True
        way.leaving.begin(LeavingKind.KEEP)
        await way.stage.clock.advance(40)
        way.timer.is_down = False
        await way.stage.clock.advance(10)
        assert way.phase() is LeavingPhase.WORKING
        assert "has blown" in way.leaving.problem
        way.leaving.stay()
        await way.stage.clock.settle()
        assert way.phase() is LeavingPhase.STAYING


async def test_entries_are_canceled_and_exits_stay() -> None:
    async with a_way() as way:
        await way.light()
        way.leaving.begin(LeavingKind.CANCEL_ENTRIES)
        assert way.stage.bench.desk.blocks(a_ticket())[0].reason == LEAVING
        await way.stage.clock.advance(5)
        assert way.phase() is LeavingPhase.READY
        assert way.stage.on_exchange == {"exit", "stop", "other-exit"}
        assert not way.timer.is_set


async def test_flattening_leaves_nothing() -> None:
    async with a_way() as way:
        way.leaving.begin(LeavingKind.FLATTEN)
        await way.stage.clock.advance(1)
        await way.stage.clock.advance(20)
        assert way.phase() is LeavingPhase.READY
        assert way.stage.on_exchange == set()
        assert way.stage.bench.account.positions() == ()


async def test_an_unverified_flatten_never_lets_go_by_itself() -> None:
    async with a_way() as way:
        way.stage.closes_do_nothing = True
        way.leaving.begin(LeavingKind.FLATTEN)
        await way.stage.clock.advance(LATE_S - 1)
        assert not way.leaving.is_late
        await way.stage.clock.advance(120)
        assert way.phase() is LeavingPhase.WORKING
        assert way.leaving.is_late
        assert f"Not verified flat: {XBT}." in way.leaving.truth_if_left_now
        way.leaving.leave_now()
        assert way.phase() is LeavingPhase.READY


async def test_there_is_a_way_back() -> None:
    async with a_way() as way:
        way.stage.go_away()
        way.leaving.begin(LeavingKind.CANCEL_ENTRIES)
        await way.stage.clock.advance(3)
        way.leaving.stay()
        await way.stage.come_back()
        await way.stage.clock.advance(30)
        assert way.phase() is LeavingPhase.STAYING
        assert not any("leaving" in name for name in way.stage.bench.owner.task_names)
        assert way.stage.bench.desk.stop_reason == ""


async def test_a_flatten_that_runs_already_is_waited_for() -> None:
    """Keeping everything does not mean leaving in the middle of a close."""
    async with a_way() as way:
        way.stage.holds_cancels = True
        way.stage.bench.desk.flatten(XBT)
        await way.stage.clock.settle()
        assert any(one.is_flattening for one in way.leaving.standing().contracts)
        way.leaving.begin(LeavingKind.KEEP)
        await way.stage.clock.advance(2)
        assert way.phase() is LeavingPhase.WORKING
        await way.stage.let_go()
        await way.stage.clock.advance(20)
        assert way.phase() is LeavingPhase.READY


async def test_a_second_beginning_changes_nothing() -> None:
    async with a_way() as way:
        way.stage.go_away()
        way.leaving.begin(LeavingKind.CANCEL_ENTRIES)
        way.leaving.begin(LeavingKind.FLATTEN)
        assert way.leaving.kind is LeavingKind.CANCEL_ENTRIES
        way.leaving.stay()
        await way.stage.come_back()
        await way.stage.clock.advance(30)
        assert way.stage.closes == []


@pytest.mark.parametrize("kind", [LeavingKind.CANCEL_ENTRIES, LeavingKind.FLATTEN])
async def test_with_live_trading_off_it_is_asked_and_what_was_chosen_is_done(
    kind: LeavingKind,
) -> None:
    async with a_way() as way:
        way.stage.bench.trading.access = Access.REDUCING
        assert len(way.leaving.standing().contracts) == 2
        way.leaving.begin(kind)
        await way.stage.clock.advance(20)
        assert way.phase() is LeavingPhase.READY
        left = {"exit", "stop", "other-exit"} if kind is LeavingKind.CANCEL_ENTRIES else set()
        assert way.stage.on_exchange == left


async def test_what_was_chosen_ends_when_nothing_may_be_sent_and_leaving_is_offered() -> None:
    async with a_way() as way:
        way.stage.refuses = 100
        way.leaving.begin(LeavingKind.FLATTEN)
        await way.stage.clock.advance(2)
        way.stage.bench.trading.access = Access.WATCH_ONLY
        await way.stage.clock.advance(10)
        assert way.phase() is LeavingPhase.WORKING
        assert way.leaving.is_late
        assert way.leaving.problem == Access.WATCH_ONLY.silence
        way.leaving.leave_now()
        assert way.phase() is LeavingPhase.READY


@pytest.mark.parametrize("act", ["reverse", "move", "sweep", "swap"])
async def test_keeping_everything_waits_for_what_is_half_done_and_names_it(act: str) -> None:
    """An end between the close and the opposite order, or a cancel and its new order, breaks it."""
    async with a_way() as way:
        stage, desk = way.stage, way.stage.bench.desk
        stage.holds_cancels = True
        names = {"reverse": "reversed", "move": "moved", "sweep": "canceled", "swap": "mended"}
        swaps = ["The stops of XBTUSDTM are being mended."]
        if act == "reverse":
            assert desk.reverse(XBT) is None
        elif act == "move":
            placed = desk.submit(a_ticket())
            assert isinstance(placed, Submitted)
            await stage.clock.settle()
            assert desk.move(placed.client_oid, Price(990)) is None
        elif act == "sweep":
            desk.cancel_side(XBT, Side.BUY)
        else:
            way.leaving.busy.append(lambda: tuple(swaps))
        assert names[act] in " ".join(way.leaving.standing().doing)
        way.leaving.begin(LeavingKind.KEEP)
        await stage.clock.advance(0.6)
        assert way.phase() is LeavingPhase.WORKING
        assert names[act] in way.leaving.truth_if_left_now
        swaps.clear()
        await stage.let_go()
        await stage.clock.advance(40)
        assert way.leaving.standing().doing == ()
        assert way.phase() is LeavingPhase.READY


def a_plain_stop(name: str) -> OrderUpdate:
    """A stop that could open a position, and does not say of which lane it is."""
    return an_order_update(
        order_id=OrderId(name), client_oid=ClientOid(name), side=Side.SELL, untriggered=True,
        is_reduce_only=False, **A_STOP,
    )  # fmt: skip


def counted(way: Way) -> tuple[int, int, int]:
    """Entries, guards and unclear orders of all that stands."""
    stands = way.leaving.standing().contracts
    return (
        sum(one.entries for one in stands),
        sum(one.guards for one in stands),
        sum(one.unclear for one in stands),
    )


def would_be(way: Way) -> tuple[int, int, int]:
    """The same, as the clearing that leaving begins counts them."""
    bench = way.stage.bench
    progress = Clearing(bench.desk, bench.account, ClearingKind.ENTRIES).progress
    return progress.orders, progress.guards, progress.unclear


async def test_a_plain_stop_without_its_lane_is_a_guard_as_when_entries_are_canceled() -> None:
    stage = Stage()
    stage.bench.gateway.mode = PositionMode.HEDGE
    stage.bench.gateway.held = (
        a_position_update(2, details=position_details(PositionSide.LONG)),
        a_position_update(-1, details=position_details(PositionSide.SHORT)),
    )
    await stage.bench.start()
    stage.put(a_plain_stop("plain"))
    await stage.clock.settle()
    way = Way(stage)
    assert counted(way) == would_be(way) == (0, 1, 0)
    await way.leaving.stop()
    await way.fuse.stop()
    await stage.bench.stop()


async def test_whether_a_stop_protects_is_by_the_exchanges_word_not_by_an_old_sum() -> None:
    async with a_way(empty=True) as way:
        way.stage.hold_position(2)
        way.stage.put(a_plain_stop("plain"))
        await way.stage.clock.settle()
        assert counted(way) == would_be(way) == (0, 1, 0)
        way.stage.go_away()
        await way.stage.clock.settle()
        assert counted(way) == would_be(way) == (0, 0, 1)
        await way.stage.come_back()
        await way.stage.clock.advance(20)
        assert counted(way) == would_be(way) == (0, 1, 0)
