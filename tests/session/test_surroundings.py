"""What the guard is told of markets, risk levels and locks."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from terminal.domain.guard_terms import GuardLimits, Lockout
from terminal.domain.units import ExactPrice
from terminal.session.daily_loss import DailyLoss
from terminal.session.surroundings import RETRY_S, GuardSurroundings
from tests.support.builders import NOW_MS, XBT
from tests.support.desktop import Desktop
from tests.support.fakes import LOST
from tests.support.guarding import some_tiers
from tests.support.limit_bench import FakeLedger, FakeLimitFile, LimitBench

if TYPE_CHECKING:
    from terminal.domain.market_facts import RiskTier
    from terminal.domain.units import Symbol


class FakeTiers:
    def __init__(self) -> None:
        self.fails: Exception | None = None
        self.asked = 0

    async def risk_tiers(self, symbol: Symbol) -> tuple[RiskTier, ...]:
        self.asked += 1
        if self.fails is not None:
            raise self.fails
        return some_tiers()


class Stage:
    def __init__(self) -> None:
        self.desktop = Desktop()
        bench = self.desktop.bench
        self.keeper = LimitBench(FakeLimitFile(), GuardLimits(), bench).keeper
        self.source, self.clock = FakeTiers(), bench.clock
        self.loss = DailyLoss(
            FakeLedger(), bench.account, self.keeper, bench.clock, bench.owner, bench.contracts
        )
        self.around = GuardSurroundings(
            self.source, self.desktop.markets, self.keeper, self.loss, bench.clock, bench.owner
        )

    async def stop(self) -> None:
        await self.around.stop()
        await self.desktop.stop()


async def test_the_mark_price_is_that_of_a_followed_and_fresh_market() -> None:
    stage = Stage()
    assert stage.around.mark(XBT) is None
    await stage.desktop.start()
    stage.desktop.mark("100.5")
    assert stage.around.mark(XBT) == ExactPrice(Decimal("100.5"))
    await stage.clock.advance(10)  # no mark price came meanwhile
    assert stage.around.mark(XBT) is None
    await stage.stop()


async def test_risk_levels_are_read_once_when_a_rule_needs_them() -> None:
    stage = Stage()
    assert stage.around.tiers(XBT) == ()
    assert stage.around.tiers(XBT) == ()
    await stage.clock.settle()
    assert stage.around.tiers(XBT) == some_tiers()
    assert stage.source.asked == 1
    await stage.around.stop()
    await stage.desktop.bench.stop()


async def test_risk_levels_that_could_not_be_read_are_asked_for_again_at_a_pace() -> None:
    stage = Stage()
    stage.source.fails = LOST
    for _ in range(3):
        stage.around.tiers(XBT)
        await stage.clock.settle()
    assert stage.source.asked == 1
    assert "risk levels" in stage.desktop.bench.notices.notices[-1].text
    stage.source.fails = None
    await stage.clock.advance(RETRY_S)
    stage.around.tiers(XBT)
    await stage.clock.settle()
    assert stage.around.tiers(XBT) == some_tiers()
    await stage.around.stop()
    await stage.desktop.bench.stop()


async def test_locks_and_days_are_passed_on() -> None:
    stage = Stage()
    assert stage.around.lockout("USDT") is None
    assert stage.around.day("USDT") is None
    assert stage.around.refusal() == ""
    lockout = Lockout("USDT", NOW_MS + 1000, "midnight in UTC", "It was lost.")
    stage.keeper.lock_out(lockout)
    assert stage.around.lockout("USDT") == (lockout, 1000)
    stage.loss.start(stage.desktop.desk.on_fill)
    stage.keeper.change(replace(GuardLimits(), max_losses={"USDT": Decimal(5)}))
    await stage.clock.settle()
    assert stage.around.day("USDT") is not None
    await stage.loss.stop()
    await stage.around.stop()
    await stage.desktop.bench.stop()
