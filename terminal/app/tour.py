"""The tour: the program drives its own window, by keys and mouse, and reports what happened.

Arm, rest an order, take liquidity, see the fill and the position, move an order, cancel, click,
flatten; then the exchange is asked by a second client whether it saw the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, final

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtWidgets import QWidget

from terminal.app.audit import BookAudit, audit_account
from terminal.app.hands import Hands, OutOfReachError
from terminal.app.tour_report import StepReport, TourReport, percentile
from terminal.domain.events import Liquidity
from terminal.domain.order import Order, OrderState
from terminal.domain.units import Side

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from terminal.app.faults import Faults
    from terminal.app.wire_timer import WireTimer
    from terminal.app.wiring import Program
    from terminal.domain.units import ClientOid
    from terminal.exchange.connect import ExchangeClients
    from terminal.session.market import MarketSession

STEP_DEADLINE_S = 15.0
DOUBLE_PRESS_PAUSE_S = 0.12
POLL_S = 0.005
ROUND_TRIPS = 8
"""How many orders are rested and cancelled while the rest of the time passes."""


class StepFailedError(Exception):
    """A step did not happen in time; the text says what was waited for."""


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
        self._hands = Hands()
        self._report = TourReport()
        self._resting: Order | None = None
        self._taking: Order | None = None

    async def run(self, seconds: float) -> TourReport:
        """Run all steps, keep the market on screen for ``seconds`` in all, audit, and report."""
        clock = self._program.backend.clock
        started_s = clock.monotonic_s()
        steps: tuple[tuple[str, Callable[[], Awaitable[None]]], ...] = (
            ("book is live", self._book_is_live),
            ("arm the keyboard", self._arm),
            ("rest a limit order", self._rest),
            ("take liquidity", self._take),
            ("see fill and position", self._see_position),
            ("move the order", self._move),
            ("cancel the order", self._cancel),
            ("send and cancel by mouse", self._by_mouse),
            ("rest again", self._rest),
            ("keep trading", lambda: self._keep_trading(started_s + seconds)),
            ("take a picture", self._picture),
            ("flatten", self._flatten),
            ("disarm", self._disarm),
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

    # Steps -----------------------------------------------------------------------------------

    async def _book_is_live(self) -> None:
        await self._until(
            lambda: (
                bool(self._program.ladder.view.rows)
                and self._program.ladder.view.stale is None
                and self._desk_is_ready()
            ),
            "a live book and a trusted account",
        )

    async def _arm(self) -> None:
        self._hands.click(self._canvas, self._price_point())
        self._press(Qt.Key.Key_F4)
        await self._until(lambda: self._program.ladder.view.is_keyboard_armed, "the armed frame")

    async def _rest(self) -> None:
        before = set(self._program.backend.desk.orders)
        self._press(Qt.Key.Key_1)
        self._press(Qt.Key.Key_Home)
        for _ in range(5):
            self._press(Qt.Key.Key_Down)
        self._press(Qt.Key.Key_B)
        self._resting = await self._new_order(before, {OrderState.OPEN})
        await self._until(
            lambda: any(row.own_bid is not None for row in self._program.ladder.view.rows),
            "the own order's mark on its row",
        )

    async def _take(self) -> None:
        before = set(self._program.backend.desk.orders)
        self._press(Qt.Key.Key_2)
        # A few ticks through the touch, within the collar: the market may move under the hand.
        self._press(Qt.Key.Key_End)
        for _ in range(5):
            self._press(Qt.Key.Key_Up)
        self._press(Qt.Key.Key_B)
        self._taking = await self._new_order(before, {OrderState.FILLED, OrderState.PARTLY_FILLED})

    async def _see_position(self) -> None:
        taking = self._taking
        if taking is None:
            raise StepFailedError("nothing was taken")
        await self._until(
            lambda: any(
                fill.order_id == taking.order_id and fill.liquidity is Liquidity.TAKER
                for fill in self._program.backend.desk.fills
            ),
            "a fill that took liquidity",
        )
        await self._until(lambda: self._held() > 0, "a long position")
        await self._until(
            lambda: self._program.ladder.view.position_text.startswith("Long"),
            "the position in the ladder",
        )
        self._report.position_after_entry = self._held()

    async def _move(self) -> None:
        resting = self._still(self._resting)
        before = set(self._program.backend.desk.orders)
        self._cursor_to(resting)
        self._press(Qt.Key.Key_G)
        await self._until(lambda: self._program.ladder.view.is_grabbing, "the grab")
        for _ in range(3):
            self._press(Qt.Key.Key_Down)
        self._press(Qt.Key.Key_Return)
        moved = await self._new_order(before, {OrderState.OPEN})
        if moved.price == resting.price:
            raise StepFailedError("the moved order has the old price")
        self._resting = moved

    async def _cancel(self) -> None:
        resting = self._still(self._resting)
        self._cursor_to(resting)
        self._press(Qt.Key.Key_Delete)
        await self._until(lambda: self._state(resting) is OrderState.CANCELED, "the cancel's end")

    async def _by_mouse(self) -> None:
        before = set(self._program.backend.desk.orders)
        self._hands.click(self._widget("ladder.arm_mouse"))
        await self._until(lambda: self._program.ladder.view.is_mouse_armed, "the armed mouse")
        self._press(Qt.Key.Key_Space)
        await self._until(lambda: self._bid_row(6) is not None, "a bid row to click")
        self._hands.click(self._canvas, self._row_point(self._bid_row(6), "bid"))
        order = await self._new_order(before, {OrderState.OPEN})
        await self._until(lambda: self._row_of(order) is not None, "the order's mark on its row")
        self._hands.click(self._canvas, self._row_point(self._row_of(order), "own_bid"))
        await self._until(lambda: self._state(order) is OrderState.CANCELED, "the cancel's end")
        self._hands.click(self._widget("ladder.arm_mouse"))

    async def _keep_trading(self, until_s: float) -> None:
        clock = self._program.backend.clock
        for trip in range(ROUND_TRIPS):
            before = set(self._program.backend.desk.orders)
            self._press(Qt.Key.Key_Home)
            for _ in range(8 + trip):
                self._press(Qt.Key.Key_Down)
            self._press(Qt.Key.Key_B)
            order = await self._new_order(before, {OrderState.OPEN})
            self._press(Qt.Key.Key_Backspace)
            await self._until(partial(self._is_ended, order), "the cancel's end")
        self._press(Qt.Key.Key_Space)
        while clock.monotonic_s() < until_s:
            await clock.sleep(min(0.05, max(0.0, until_s - clock.monotonic_s())))

    async def _picture(self) -> None:
        """With orders on both sides of the touch; flattening takes them away again."""
        self._press(Qt.Key.Key_3)
        for edge, arrow, send in (
            (Qt.Key.Key_Home, Qt.Key.Key_Down, Qt.Key.Key_B),
            (Qt.Key.Key_End, Qt.Key.Key_Up, Qt.Key.Key_S),
        ):
            before = set(self._program.backend.desk.orders)
            self._press(edge)
            for _ in range(6):
                self._press(arrow)
            self._press(send)
            await self._new_order(
                before, {OrderState.OPEN, OrderState.PARTLY_FILLED, OrderState.FILLED}
            )
        self._press(Qt.Key.Key_Space)
        await self._until(self._marks_are_shown, "the orders' marks on their rows")
        await self._until(
            lambda: self._program.ladder.view.stale is None, "a live book for the picture"
        )
        self._tools.take_picture()

    async def _flatten(self) -> None:
        self._press(Qt.Key.Key_F)
        await self._program.backend.clock.sleep(DOUBLE_PRESS_PAUSE_S)
        self._press(Qt.Key.Key_F)
        symbol = self._market.contract.symbol
        await self._until(
            lambda: (
                self._held() == 0
                and not self._program.backend.desk.working(symbol)
                and not self._program.backend.desk.flattening(symbol)
            ),
            "a flat position without working orders",
        )
        await self._until(
            lambda: self._program.ladder.view.position_text == "Flat", "Flat in the ladder"
        )

    async def _disarm(self) -> None:
        self._press(Qt.Key.Key_Escape)
        await self._until(
            lambda: not self._program.ladder.view.is_keyboard_armed, "the disarmed ladder"
        )

    async def _audit(self) -> None:
        backend, report = self._program.backend, self._report
        second, exchange = self._tools.second, report.exchange
        await second.market.contracts()
        exchange.differences += await audit_account(
            self._market,
            backend.desk.orders.values(),
            backend.desk.fills,
            backend.account,
            (second.trading, second.account),
            exchange,
        )
        exchange.differences += await BookAudit(
            self._market, second.market, backend.clock
        ).differences(exchange)
        if exchange.differences:
            raise StepFailedError(exchange.differences[0])

    # Seeing ----------------------------------------------------------------------------------

    def _measure(self) -> None:
        report, backend = self._report, self._program.backend
        meter = self._program.frame.meter
        meter.close()
        report.orders_sent = len(backend.desk.orders)
        report.fills = len(backend.desk.fills)
        report.position_at_end = self._held()
        report.feed_messages = (
            backend.market_feed.health.messages + backend.account_feed.health.messages
        )
        report.book_resyncs = self._market.resyncs
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

    @property
    def _market(self) -> MarketSession:
        market = self._program.workspace.market
        if market is None:
            raise StepFailedError("no contract is shown")
        return market

    @property
    def _canvas(self) -> QWidget:
        return self._widget("ladder.canvas")

    def _widget(self, name: str) -> QWidget:
        found = self._program.window.findChild(QObject, name)
        if not isinstance(found, QWidget):
            raise StepFailedError(f"the window has no {name}")
        return found

    def _desk_is_ready(self) -> bool:
        backend = self._program.backend
        symbol = self._market.contract.symbol
        return (
            backend.desk.is_trusted
            and backend.account.is_trusted
            and backend.account.margin_mode(symbol) is not None
        )

    def _held(self) -> int:
        return self._program.backend.account.position(self._market.contract.symbol).core.lots

    def _state(self, order: Order) -> OrderState:
        return self._program.backend.desk.orders[order.client_oid].state

    def _marks_are_shown(self) -> bool:
        """The view holds the inside, and the mark of every working order that the axis covers."""
        ladder = self._program.ladder
        axis, view = ladder.axis, ladder.view
        top, bottom = axis.top_index, axis.bottom_index
        if top is None or bottom is None or view.off_market:
            return False
        marked = {row.price for row in view.rows if (row.own_bid or row.own_ask) is not None}
        covered = {
            order.price // axis.step * axis.step
            for order in self._program.backend.desk.working(self._market.contract.symbol)
            if order.price is not None and bottom <= order.price // axis.step <= top
        }
        return covered <= marked

    def _is_ended(self, order: Order) -> bool:
        return self._state(order).is_terminal

    def _still(self, order: Order | None) -> Order:
        if order is None:
            raise StepFailedError("there is no order to work with")
        now = self._program.backend.desk.orders[order.client_oid]
        if not now.is_working:
            raise StepFailedError(f"the order has ended: {now.state.value}")
        return now

    def _bid_row(self, below: int) -> int | None:
        rows = self._program.ladder.view.rows
        best = next((n for n, row in enumerate(rows) if row.is_best_bid), None)
        if best is None or best + below >= len(rows):
            return None
        return best + below

    def _row_of(self, order: Order) -> int | None:
        rows = self._program.ladder.view.rows
        return next(
            (
                n
                for n, row in enumerate(rows)
                if row.price == order.price
                and (row.own_bid if order.side is Side.BUY else row.own_ask) is not None
            ),
            None,
        )

    # Acting ----------------------------------------------------------------------------------

    def _press(self, key: Qt.Key) -> None:
        self._hands.press(self._canvas, key)

    def _price_point(self) -> QPoint:
        return self._row_point(0, "price")

    def _row_point(self, row: int | None, column: str) -> QPoint:
        if row is None:
            raise StepFailedError("the row is not in view")
        return self._program.ladder_widget.point_of(row, column)

    def _cursor_to(self, order: Order) -> None:
        """Walk the cursor to an order's row, by arrows, from the best bid."""
        self._press(Qt.Key.Key_Home)
        axis = self._program.ladder.axis
        if axis.cursor is None or order.price is None:
            raise StepFailedError("there is no cursor")
        distance = order.price // axis.step - axis.cursor
        for _ in range(abs(distance)):
            self._press(Qt.Key.Key_Up if distance > 0 else Qt.Key.Key_Down)

    async def _new_order(self, before: set[ClientOid], states: set[OrderState]) -> Order:
        desk = self._program.backend.desk
        found: list[Order] = []

        def arrived() -> bool:
            found[:] = [order for oid, order in desk.orders.items() if oid not in before]
            return any(order.state in states for order in found) or any(
                order.state is OrderState.REJECTED for order in found
            )

        await self._until(arrived, "an order on the exchange")
        order = found[-1]
        if order.state is OrderState.REJECTED:
            raise StepFailedError(f"rejected: {order.reason}")
        return order

    async def _until(self, condition: Callable[[], bool], what: str) -> None:
        clock = self._program.backend.clock
        deadline = clock.monotonic_s() + STEP_DEADLINE_S
        while not condition():
            if clock.monotonic_s() > deadline:
                raise StepFailedError(f"{what} did not come within {STEP_DEADLINE_S:.0f} s")
            await clock.sleep(POLL_S)
