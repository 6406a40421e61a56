"""The trading steps of the tour: arm, rest, take, move, cancel, click, flatten, disarm."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, final

from PySide6.QtCore import QPoint, Qt

from terminal.app.tour_stage import StepFailedError
from terminal.domain.events import Liquidity
from terminal.domain.order import Order, OrderState
from terminal.domain.units import Side
from terminal.viewmodels.ladder_view import OwnState

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.app.tour_stage import Stage
    from terminal.domain.units import ClientOid

CANVAS = "ladder.canvas"
DOUBLE_PRESS_PAUSE_S = 0.12
ROUND_TRIPS = 8
"""How many orders are rested and cancelled while the rest of the time passes."""


@final
class TradingSteps:
    """A trader at the ladder. The steps stand on each other and raise ``StepFailedError``."""

    def __init__(self, stage: Stage, take_picture: Callable[[], None]) -> None:
        self._stage = stage
        self._program = stage.program
        self._until = stage.until
        self._take_picture = take_picture
        self._resting: Order | None = None
        self._taking: Order | None = None
        self.position_after_entry: int | None = None

    # Steps -----------------------------------------------------------------------------------

    async def book_is_live(self) -> None:
        """Wait until the book is live and the account is trusted."""
        await self._until(
            lambda: (
                bool(self._program.ladder.view.rows)
                and self._program.ladder.view.stale is None
                and self._desk_is_ready()
            ),
            "a live book and a trusted account",
        )

    async def arm(self) -> None:
        """Arm the keyboard, with the focus on the ladder by a click."""
        self._stage.click(CANVAS, self._price_point())
        self._press(Qt.Key.Key_F4)
        await self._until(lambda: self._program.ladder.view.is_keyboard_armed, "the armed frame")

    async def rest(self) -> None:
        """Rest a small buy five rows below the best bid."""
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

    async def take(self) -> None:
        """Buy through the touch."""
        before = set(self._program.backend.desk.orders)
        self._press(Qt.Key.Key_2)
        # A few ticks through the touch, within the collar: the market may move under the hand.
        self._press(Qt.Key.Key_End)
        for _ in range(5):
            self._press(Qt.Key.Key_Up)
        self._press(Qt.Key.Key_B)
        self._taking = await self._new_order(before, {OrderState.FILLED, OrderState.PARTLY_FILLED})

    async def see_position(self) -> None:
        """Wait for the fill and the long position, in the desk and in the ladder."""
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
        await self._until(lambda: self.held() > 0, "a long position")
        await self._until(
            lambda: self._program.ladder.view.position_text.startswith("Long"),
            "the position in the ladder",
        )
        self.position_after_entry = self.held()

    async def move(self) -> None:
        """Grab the resting order and put it three rows lower."""
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

    async def cancel(self) -> None:
        """Cancel the resting order at the cursor."""
        resting = self._still(self._resting)
        self._cursor_to(resting)
        self._press(Qt.Key.Key_Delete)
        await self._until(lambda: self._state(resting) is OrderState.CANCELED, "the cancel's end")

    async def by_mouse(self) -> None:
        """Send and cancel an order with the armed mouse."""
        before = set(self._program.backend.desk.orders)
        self._stage.click("ladder.arm_mouse")
        await self._until(lambda: self._program.ladder.view.is_mouse_armed, "the armed mouse")
        self._press(Qt.Key.Key_Space)
        await self._until(lambda: self._bid_row(6) is not None, "a bid row to click")
        self._stage.click(CANVAS, self._row_point(self._bid_row(6), "bid"))
        order = await self._new_order(before, {OrderState.OPEN})
        await self._until(lambda: self._row_of(order) is not None, "the order's mark on its row")
        self._stage.click(CANVAS, self._row_point(self._row_of(order), "own_bid"))
        await self._until(lambda: self._state(order) is OrderState.CANCELED, "the cancel's end")
        self._stage.click("ladder.arm_mouse")

    async def keep_trading(self, until_s: float) -> None:
        """Rest and cancel some orders, then keep the market on screen until a monotonic second."""
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

    async def picture(self) -> None:
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
        self._take_picture()

    async def flatten(self) -> None:
        """Press flatten twice and wait until nothing is held or works."""
        self._press(Qt.Key.Key_F)
        await self._program.backend.clock.sleep(DOUBLE_PRESS_PAUSE_S)
        self._press(Qt.Key.Key_F)
        symbol = self._stage.market.contract.symbol
        await self._until(
            lambda: (
                self.held() == 0
                and not self._program.backend.desk.working(symbol)
                and not self._program.backend.desk.flattening(symbol)
            ),
            "a flat position without working orders",
        )
        await self._until(
            lambda: self._program.ladder.view.position_text == "Flat", "Flat in the ladder"
        )

    async def disarm(self) -> None:
        """Disarm by Escape."""
        self._press(Qt.Key.Key_Escape)
        await self._until(
            lambda: not self._program.ladder.view.is_keyboard_armed, "the disarmed ladder"
        )

    def _desk_is_ready(self) -> bool:
        backend = self._program.backend
        symbol = self._stage.market.contract.symbol
        return (
            backend.desk.is_trusted
            and backend.account.is_trusted
            and backend.account.margin_mode(symbol) is not None
        )

    def held(self) -> int:
        """The position of the shown contract, signed lots."""
        return self._program.backend.account.position(self._stage.market.contract.symbol).core.lots

    def _state(self, order: Order) -> OrderState:
        return self._program.backend.desk.orders[order.client_oid].state

    def _marks_are_shown(self) -> bool:
        """The view holds the inside, and a settled mark of every working order the axis covers."""
        ladder = self._program.ladder
        axis, view = ladder.axis, ladder.view
        top, bottom = axis.top_index, axis.bottom_index
        if top is None or bottom is None or view.off_market:
            return False
        marks = [(row.price, row.own_bid or row.own_ask) for row in view.rows]
        if any(mark is not None and mark.state is OwnState.PENDING for _, mark in marks):
            return False
        marked = {price for price, mark in marks if mark is not None}
        covered = {
            order.price // axis.step * axis.step
            for order in self._program.backend.desk.working(self._stage.market.contract.symbol)
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
        self._stage.press(CANVAS, key)

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
