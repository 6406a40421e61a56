"""The tour: the program drives its own window, by keys and mouse, and reports what happened.

Arm, rest an order, take liquidity, see the fill and the position, move an order, cancel, click,
flatten; then the exchange is asked by a second client whether it saw the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, final

from terminal.app.audit import BookAudit, audit_account, candle_differences, funds_differences
from terminal.app.hands import OutOfReachError
from terminal.app.tour_panels import PanelSteps
from terminal.app.tour_report import StepReport, TourReport, percentile
from terminal.app.tour_stage import Stage, StepFailedError
from terminal.app.tour_trading import TradingSteps
from terminal.domain.order import OrderState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from terminal.app.faults import Faults
    from terminal.app.wire_timer import WireTimer
    from terminal.app.wiring import Program
    from terminal.exchange.connect import ExchangeClients


@final
@dataclass(frozen=True, slots=True)
class TourTools:
    """What the tour needs besides the program.

    A second client, the timers, the fault counter, and how to take a picture of the window.
    """

    second: ExchangeClients
    wire_timer: WireTimer
    faults: Faults
    take_picture: Callable[[], None]


@final
class Tour:
    """Runs once over an assembled program on the simulated exchange."""

    def __init__(self, program: Program, tools: TourTools) -> None:
        self._program = program
        self._tools = tools
        self._stage = Stage(program)
        self._trading = TradingSteps(self._stage, tools.take_picture)
        self._panels = PanelSteps(self._stage)
        self._report = TourReport()

    async def run(self, seconds: float) -> TourReport:
        """Run all steps, keep the market on screen for ``seconds`` in all, audit, and report."""
        clock = self._program.backend.clock
        started_s = clock.monotonic_s()
        trading, panels = self._trading, self._panels
        steps: tuple[tuple[str, Callable[[], Awaitable[None]]], ...] = (
            ("book is live", trading.book_is_live),
            ("arm the keyboard", trading.arm),
            ("rest a limit order", trading.rest),
            ("take liquidity", trading.take),
            ("see fill and position", trading.see_position),
            ("see both on the chart", partial(trading.at_rest, panels.see_orders_on_the_chart)),
            ("move the order", trading.move),
            ("cancel the order", trading.cancel),
            ("send and cancel by mouse", trading.by_mouse),
            ("rest again", trading.rest),
            ("keep trading", partial(trading.keep_trading, started_s + seconds)),
            ("take a picture", trading.picture),
            ("flatten", trading.flatten),
            ("disarm", trading.disarm),
            ("change the timeframe", panels.change_the_timeframe),
            ("move money", panels.move_money),
            ("save and restore the layout", panels.save_and_restore_the_layout),
        )
        for name, step in steps:
            if not await self._step(name, step):
                break
        await self._step("compare with the exchange", self._audit)
        self._measure()
        return self._report

    async def _step(self, name: str, step: Callable[[], Awaitable[None]]) -> bool:
        clock = self._program.backend.clock
        started_s = clock.monotonic_s()
        failed = ""
        try:
            await step()
        except (StepFailedError, OutOfReachError) as failure:
            failed = str(failure)
        elapsed_ms = (clock.monotonic_s() - started_s) * 1000
        self._report.steps.append(StepReport(name, not failed, round(elapsed_ms, 3), failed))
        return not failed

    async def _audit(self) -> None:
        backend, report = self._program.backend, self._report
        second, exchange = self._tools.second, report.exchange
        await second.market.contracts()
        exchange.differences += await audit_account(
            self._stage.market,
            backend.desk.orders.values(),
            backend.desk.fills,
            backend.account,
            (second.trading, second.account),
            exchange,
        )
        exchange.differences += await BookAudit(
            self._stage.market, second.market, backend.clock
        ).differences(exchange)
        exchange.differences += await self._audit_candles()
        exchange.differences += await funds_differences(
            backend.transfers,
            second.transfers,
            self._stage.market.contract.settle_currency,
            exchange,
        )
        if exchange.differences:
            raise StepFailedError(exchange.differences[0])

    async def _audit_candles(self) -> list[str]:
        backend, chart = self._program.backend, self._program.chart
        if chart is None:
            return ["There is no chart to compare."]
        candles = backend.candles.open(self._stage.market.contract.symbol, chart.interval)
        try:
            return await candle_differences(
                candles, self._tools.second.market, backend.clock, self._report.exchange
            )
        finally:
            backend.candles.close(candles)

    def _measure(self) -> None:
        report, backend = self._report, self._program.backend
        meter = self._program.frame.meter
        meter.close()
        report.position_after_entry = self._trading.position_after_entry
        # The exchange keeps none that it refused, as it does while funding is settled.
        report.orders_sent = sum(
            order.state is not OrderState.REJECTED for order in backend.desk.orders.values()
        )
        report.fills = len(backend.desk.fills)
        report.position_at_end = self._trading.held()
        report.feed_messages = (
            backend.market_feed.health.messages + backend.account_feed.health.messages
        )
        report.book_resyncs = self._stage.market.resyncs
        report.frames = meter.frames
        durations = list(meter.durations_ms)
        report.frame_ms_p50 = percentile(durations, 50)
        report.frame_ms_p95 = percentile(durations, 95)
        report.frame_ms_p99 = percentile(durations, 99)
        trips = self._tools.wire_timer.key_to_wire_ms
        report.key_to_wire_ms_p50 = percentile(trips, 50)
        report.key_to_wire_ms_p99 = percentile(trips, 99)
        report.startup_ms = self._program.startup_ms
        report.faults = list(self._tools.faults.texts)
