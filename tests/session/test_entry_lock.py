"""The lock on order entry: nothing opens while it is on, and everybody gets out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.domain.guard import GuardLimits
from terminal.domain.secret import Secret
from terminal.domain.units import Side
from terminal.session.entry_lock import LOCKED, WRONG, EntryLock
from terminal.session.limits import LimitKeeper
from terminal.session.results import Blocked, Submitted
from tests.support.builders import a_ticket
from tests.support.desk import Bench, a_started_bench, an_open_order
from tests.support.limit_bench import FakeLimitFile

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Stage:
    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.file = FakeLimitFile()
        self.keeper = LimitKeeper(self.file, GuardLimits(), bench.clock, bench.owner, bench.notices)
        self.lock = EntryLock(bench.desk, self.keeper, bench.owner, bench.notices)
        self.told: list[str] = []
        self.lock.on_locked.add(lambda: self.told.append("locked"))
        self.lock.on_changed.add(lambda: self.told.append("changed"))

    async def set_password(self, password: str) -> None:
        self.keeper.set_password(Secret(password))
        await self.bench.clock.settle()
        assert self.keeper.has_password


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    one = Stage(await a_started_bench())
    yield one
    await one.keeper.stop()
    await one.bench.stop()


async def test_nothing_that_opens_leaves_and_what_reduces_does(stage: Stage) -> None:
    stage.lock.lock()
    stage.lock.lock()
    assert stage.told == ["locked", "changed"]
    opens = stage.bench.desk.submit(a_ticket())
    assert isinstance(opens, Blocked)
    assert opens.blocks[0].reason == LOCKED
    reduces = stage.bench.desk.submit(a_ticket(side=Side.SELL, is_reduce_only=True))
    assert isinstance(reduces, Submitted)
    stage.lock.unlock()
    assert isinstance(stage.bench.desk.submit(a_ticket()), Submitted)


async def test_the_lock_is_no_reason_to_end_live_trading_and_hides_none(stage: Stage) -> None:
    stage.lock.lock()
    assert stage.lock.other_reason() == ""
    stage.bench.desk.stops.append(lambda: "Trading is stopped.")
    assert stage.lock.other_reason() == "Trading is stopped."


async def test_cancels_go_on(stage: Stage) -> None:
    oid = await an_open_order(stage.bench)
    stage.lock.lock()
    stage.bench.desk.cancel(oid)
    await stage.bench.clock.settle()
    assert len(stage.bench.trading.cancels) == 1


async def test_the_password_of_the_limits_opens_it_and_nothing_else(stage: Stage) -> None:
    await stage.set_password("right one")
    stage.lock.lock()
    stage.lock.unlock()
    assert (stage.lock.is_locked, stage.lock.message) == (True, WRONG)
    stage.lock.unlock(Secret("wrong one"))
    await stage.bench.clock.settle()
    assert stage.lock.is_locked
    assert "not the password" in stage.lock.message
    stage.lock.unlock(Secret("right one"))
    await stage.bench.clock.settle()
    assert not stage.lock.is_locked
    assert stage.lock.message == ""
    assert stage.keeper.has_password, "the limits stay locked"
