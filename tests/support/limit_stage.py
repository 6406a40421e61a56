"""The limits panel on a whole desktop with fakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.session.daily_loss import DailyLoss
from terminal.viewmodels.limits import LimitSources, LimitsViewModel
from tests.support.desktop import Desktop
from tests.support.limit_bench import FakeLedger, FakeLimitFile, LimitBench

if TYPE_CHECKING:
    from terminal.domain.guard_terms import GuardLimits
    from terminal.viewmodels.limits import LimitRow


@final
class LimitStage:
    """``start`` it, type, look at ``view``, ``stop`` it."""

    def __init__(self, limits: GuardLimits, file: FakeLimitFile | None = None) -> None:
        self.desktop = Desktop()
        bench = self.desktop.bench
        self.limit_bench = LimitBench(file or FakeLimitFile(), limits, bench)
        self.keeper = self.limit_bench.keeper
        self.ledger = FakeLedger()
        self.loss = DailyLoss(
            self.ledger, bench.account, self.keeper, bench.clock, bench.owner, bench.contracts
        )
        self.vm = LimitsViewModel(
            self.desktop.workspace,
            LimitSources(self.keeper, self.loss, bench.desk, bench.account, bench.contracts),
            self.desktop.frame,
        )

    async def start(self, *, shows: bool = True) -> LimitStage:
        """Connect, and show the panel."""
        await self.desktop.start()
        self.loss.start(self.desktop.desk.on_fill)
        await self.desktop.settle()
        if shows:
            self.vm.begin()
        return self

    async def stop(self) -> None:
        """End everything."""
        self.vm.stop()
        await self.loss.stop()
        await self.desktop.stop()

    async def settle(self) -> None:
        """Let passwords be looked at, then show the next frame."""
        await self.desktop.settle()

    def row(self, name: str) -> LimitRow:
        return next(row for row in self.vm.view.rows if row.name == name)
