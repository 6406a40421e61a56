"""The day's loss from the ledger: when it is read, what it says, and the lock that follows."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from terminal.domain.account_facts import LedgerState
from terminal.domain.events import PositionMode
from terminal.domain.guard_terms import GuardLimits
from terminal.domain.secret import Secret
from terminal.domain.trading_day import day_of
from terminal.domain.units import ExactPrice, Money, OrderId
from terminal.session.daily_loss import (
    AFTER_FILL_S,
    PACE_S,
    READ_EVERY_S,
    STALE_S,
    DailyLoss,
    is_zone,
    zone_of,
)
from tests.support.builders import NOW_MS, a_fill, a_position_update
from tests.support.fakes import LOST
from tests.support.limit_bench import FakeLedger, FakeLimitFile, LimitBench, a_row

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LIMITS = GuardLimits(max_losses={"USDT": Decimal(200)})
TODAY = day_of(NOW_MS, zone_of("UTC"))


class Stage:
    """Daily loss on fakes; ``start`` and ``stop`` it."""

    def __init__(self, limits: GuardLimits = LIMITS) -> None:
        self.limit_bench = LimitBench(FakeLimitFile(), limits)
        self.bench, self.keeper = self.limit_bench.bench, self.limit_bench.keeper
        self.clock, self.ledger = self.bench.clock, FakeLedger()
        self.loss = self.a_loss()

    def a_loss(self) -> DailyLoss:
        bench = self.bench
        return DailyLoss(
            self.ledger, bench.account, self.keeper, bench.clock, bench.owner, bench.contracts
        )

    async def start(self) -> Stage:
        await self.bench.start()
        self.loss.start(self.bench.desk.on_fill)
        await self.clock.settle()
        return self

    async def stop(self) -> None:
        await self.loss.stop()
        await self.bench.stop()

    @property
    def realized(self) -> Decimal | None:
        day = self.loss.day("USDT")
        return None if day is None else day.realized


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = await Stage().start()
    yield stage
    await stage.stop()


async def test_the_ledger_is_read_at_once_from_midnight_on(stage: Stage) -> None:
    assert stage.ledger.asked == [("USDT", TODAY.start_ms)]
    assert stage.realized == 0
    await stage.clock.advance(3)
    day = stage.loss.day("USDT")
    assert day is not None
    assert day.age_ms == 3000


async def test_without_a_limit_of_loss_nothing_is_asked_for() -> None:
    stage = await Stage(GuardLimits()).start()
    await stage.clock.advance(200)
    assert stage.ledger.asked == []
    stage.keeper.change(LIMITS)
    await stage.clock.settle()
    assert len(stage.ledger.asked) == 1
    stage.keeper.change(GuardLimits())
    await stage.clock.advance(200)
    assert len(stage.ledger.asked) == 1
    await stage.stop()


async def test_it_is_read_again_every_minute_and_a_moment_after_fills(stage: Stage) -> None:
    await stage.clock.advance(READ_EVERY_S - 1)
    assert len(stage.ledger.asked) == 1
    await stage.clock.advance(2)
    assert len(stage.ledger.asked) == 2
    await stage.clock.advance(PACE_S + 5)
    for number in range(5):
        stage.bench.desk.on_fill.notify(a_fill(order_id=OrderId(str(number))))
    await stage.clock.advance(AFTER_FILL_S / 2)
    assert len(stage.ledger.asked) == 2
    await stage.clock.advance(AFTER_FILL_S)
    assert len(stage.ledger.asked) == 3
    await stage.clock.advance(20)
    assert len(stage.ledger.asked) == 3


async def test_many_fills_are_read_at_a_pace_and_the_last_is_not_missed(stage: Stage) -> None:
    """However close they come."""
    for _ in range(50):
        stage.bench.desk.on_fill.notify(a_fill())
        await stage.clock.advance(0.4)
    asked = len(stage.ledger.asked)
    assert 3 <= asked <= 1 + 20 / PACE_S
    stage.ledger.rows = [a_row(NOW_MS, "-7")]
    await stage.clock.advance(PACE_S + 2)
    assert stage.realized == -7
    asked = len(stage.ledger.asked)
    await stage.clock.advance(20)
    assert len(stage.ledger.asked) == asked


async def test_running_rows_are_replaced_and_final_ones_kept_once(stage: Stage) -> None:
    running = a_row(NOW_MS, "-30", state=LedgerState.PENDING, offset=-1)
    stage.ledger.rows = [a_row(NOW_MS - 10, "-5"), running]
    await stage.clock.advance(61)
    assert stage.realized == -35
    stage.ledger.rows = [
        a_row(NOW_MS - 10, "-5"),
        a_row(NOW_MS + 1, "-31"),
        replace(running, amount=Money(Decimal(-1), "USDT")),
    ]
    await stage.clock.advance(61)
    assert stage.realized == -37


async def test_what_was_read_before_is_not_walked_again(stage: Stage) -> None:
    stage.ledger.page = 2
    stage.ledger.rows = [a_row(NOW_MS - 100 + n, "-1") for n in range(10)]
    await stage.clock.advance(61)
    assert stage.realized == -10
    pages = stage.ledger.pages
    stage.ledger.rows.append(a_row(NOW_MS, "-1"))
    await stage.clock.advance(61)
    assert stage.realized == -11
    assert stage.ledger.pages == pages + 2


async def test_a_reading_that_broke_off_counts_nothing_of_what_it_had(stage: Stage) -> None:
    """The next one walks all of it again: nothing between old and new rows is missing."""
    stage.ledger.rows = [a_row(NOW_MS - 100 + n, "-1") for n in range(4)]
    stage.ledger.fails = LOST
    await stage.clock.advance(61)
    assert stage.realized == 0
    assert sum("could not be read" in n.text for n in stage.bench.notices.notices) == 1
    stage.ledger.fails = None
    await stage.clock.advance(PACE_S + 1)
    assert stage.realized == -4


async def test_a_result_that_is_too_old_is_none(stage: Stage) -> None:
    stage.ledger.fails = LOST
    await stage.clock.advance(STALE_S - 1)
    assert stage.realized == 0
    await stage.clock.advance(2)
    assert stage.realized is None


async def test_the_limit_locks_to_the_next_midnight_and_the_lock_is_kept(stage: Stage) -> None:
    stage.ledger.rows = [a_row(NOW_MS, "-199.99")]
    await stage.clock.advance(61)
    assert not stage.keeper.lockouts
    stage.ledger.rows.append(a_row(NOW_MS + 5, "-0.01"))
    await stage.clock.advance(61)
    lockout = stage.keeper.lockouts[0]
    assert lockout.currency == "USDT"
    assert lockout.until_ms == TODAY.end_ms
    assert lockout.until == "midnight in UTC"
    assert "-200 USDT" in lockout.why
    assert stage.limit_bench.a_keeper().lockouts == (lockout,)
    stage.ledger.rows = [a_row(NOW_MS + 5, "500")]  # gains of later do not open it
    await stage.clock.advance(61)
    assert stage.keeper.lockouts == (lockout,)


async def test_a_loss_that_was_forgiven_by_password_does_not_lock_again() -> None:
    stage = Stage()
    stage.ledger.rows = [a_row(NOW_MS, "-300")]
    stage.keeper.set_password(Secret("open sesame"))
    await stage.start()
    assert stage.keeper.lockouts
    stage.keeper.end_lockouts(Secret("open sesame"))
    await stage.clock.settle()
    assert not stage.keeper.lockouts
    stage.ledger.rows.append(a_row(NOW_MS + 5, "-100"))
    await stage.clock.advance(61)
    assert stage.realized == -400
    assert not stage.keeper.lockouts
    await stage.stop()


async def test_both_lanes_of_hedge_mode_count_each_by_its_own_entry() -> None:
    stage = Stage(replace(LIMITS, counts_unrealized=True))
    stage.bench.gateway.mode = PositionMode.HEDGE
    mark = ExactPrice(Decimal(110))
    long, short = (a_position_update(lots, "100", mark=mark) for lots in (5000, -2000))
    stage.bench.gateway.held = (long, short)
    await stage.start()
    day = stage.loss.day("USDT")
    assert day is not None
    assert day.unrealized == 50 - 20
    await stage.stop()


async def test_open_losses_lock_at_once_when_they_count() -> None:
    stage = await Stage(replace(LIMITS, counts_unrealized=True)).start()
    stage.ledger.rows = [a_row(NOW_MS, "-150")]
    await stage.clock.advance(61)
    day = stage.loss.day("USDT")
    assert day is not None
    assert day.total == -150
    held = a_position_update(1000, "150", mark=ExactPrice(Decimal("100.01")))
    stage.bench.stream.push(held)
    assert not stage.keeper.lockouts
    day = stage.loss.day("USDT")
    assert day is not None
    assert day.unrealized == Decimal("-49.99")
    stage.bench.stream.push(replace(held, mark=ExactPrice(Decimal(100))))
    assert stage.keeper.lockouts
    await stage.stop()


async def test_open_losses_that_are_not_known_leave_the_day_unknown() -> None:
    stage = Stage(replace(LIMITS, counts_unrealized=True))
    stage.loss.start(stage.bench.desk.on_fill)
    await stage.clock.settle()
    assert stage.loss.day("USDT") is None  # no position was read
    await stage.bench.start()
    assert stage.loss.day("USDT") is not None
    stage.bench.stream.push(a_position_update(5, mark=None))
    assert stage.loss.day("USDT") is None
    await stage.stop()


async def test_at_midnight_the_day_is_unknown_until_it_is_read_and_the_lock_is_over() -> None:
    stage = Stage()
    stage.clock.shift_ms = TODAY.end_ms - NOW_MS - 20_000
    stage.ledger.rows = [a_row(NOW_MS, "-300")]
    await stage.start()
    await stage.clock.advance(19)
    assert stage.keeper.lockout("USDT") is not None
    assert stage.realized == -300
    stage.ledger.fails = LOST
    await stage.clock.advance(1)
    assert stage.keeper.lockout("USDT") is None
    assert stage.realized is None
    stage.ledger.fails = None
    await stage.clock.advance(2 * PACE_S)
    assert stage.keeper.lockout("USDT") is None
    assert stage.ledger.asked[-1] == ("USDT", TODAY.end_ms)
    assert stage.realized == 0
    await stage.stop()


async def test_each_settle_currency_is_for_itself() -> None:
    stage = Stage(GuardLimits(max_losses={"USDT": Decimal(200), "XBT": Decimal("0.01")}))
    stage.ledger.rows = [replace(a_row(NOW_MS, "0"), amount=Money(Decimal("-0.02"), "XBT"))]
    await stage.start()
    assert [lockout.currency for lockout in stage.keeper.lockouts] == ["XBT"]
    assert stage.keeper.lockout("USDT") is None
    await stage.stop()


async def test_the_day_begins_at_midnight_in_the_chosen_zone() -> None:
    stage = await Stage(replace(LIMITS, zone="Asia/Tokyo")).start()
    assert stage.ledger.asked == [("USDT", day_of(NOW_MS, zone_of("Asia/Tokyo")).start_ms)]
    stage.ledger.rows = [a_row(NOW_MS, "-300")]
    await stage.clock.advance(61)
    assert stage.keeper.lockouts[0].until == "midnight in Asia/Tokyo"
    await stage.stop()


def test_a_zone_that_this_system_does_not_know_is_utc() -> None:
    assert is_zone("Europe/Berlin")
    assert not is_zone("Middle/Earth")
    for name in ("", "Europe", "../../etc/passwd", "/etc/localtime", "tzdata.zi", "a\0b"):
        assert not is_zone(name)
    assert zone_of("Middle/Earth") is zone_of("UTC")
