"""The trading steps of the tour: arm, rest, take, move, cancel, click, flatten, disarm."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, final

from PySide6.QtCore import QPoint, Qt

from terminal.app.tour_orders import TourOrders
from terminal.app.tour_stage import StepFailedError
from terminal.domain.events import Liquidity
from terminal.domain.order import Order, OrderState
from terminal.domain.units import Side
from terminal.viewmodels.ladder_axis import PAGE_ROWS
from terminal.viewmodels.ladder_options import PRICE_STEPS
from terminal.viewmodels.ladder_view import OwnState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from terminal.app.tour_orders import Until
    from terminal.app.tour_stage import Stage
    from terminal.domain.units import Price

CANVAS = "ladder.canvas"
DOUBLE_PRESS_PAUSE_S = 0.12
SETTLING_PAUSE_S = 0.5
FARTHER = (0, 40, 400)
"""How much farther away an order is sent at each try, in ticks: the last one for slow machines."""
RESTS_AWAY = tuple(5 + rows for rows in FARTHER)
TAKES_THROUGH = (5, 10, 18)
CLICKS_AWAY = tuple(6 + rows for rows in FARTHER)
CLICKED_ROWS = 10  # below the best bid, that are in view
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
        clock = self._program.backend.clock
        self._orders = TourOrders(
            self._program.backend.desk, self._until, partial(clock.sleep, SETTLING_PAUSE_S)
        )
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
        self._resting = await self._orders.outlast(self._send_small, self._see_mark, RESTS_AWAY)

    async def _see_mark(self, order: Order) -> Order:
        await self._orders.while_resting(
            order,
            lambda: any(row.own_bid is not None for row in self._program.ladder.view.rows),
            "the own order's mark on its row",
        )
        return order

    async def take(self) -> None:
        """Buy through the touch; farther when the market ran away before the order was there."""
        for rows in TAKES_THROUGH:
            order = await self._orders.sent(partial(self._send_through, rows))
            await self._until(
                partial(self._is_met_or_late, order), "a match, or a market that ran away"
            )
            if not self._orders.is_met(order):
                self._press(Qt.Key.Key_Backspace)
                await self._until(partial(self._is_ended, order), "the end of a late order")
            await self._orders.told(order)
            if self._has_taken(order):
                self._taking = order
                return
        raise StepFailedError(f"the market ran away from {len(TAKES_THROUGH)} orders in a row")

    def _is_met_or_late(self, order: Order) -> bool:
        """Something of it was filled, or it rests and nobody offers at its price."""
        now, ask = self._orders.now(order), self._stage.market.book.best_ask
        is_alone = now.price is not None and (ask is None or ask > now.price)
        return self._orders.is_met(order) or (now.state is OrderState.OPEN and is_alone)

    def _has_taken(self, order: Order) -> bool:
        return any(fill.liquidity is Liquidity.TAKER for fill in self._orders.fills(order))

    async def see_position(self) -> None:
        """Wait for the fill and the long position, in the desk and in the ladder."""
        taking = self._taking
        if taking is None:
            raise StepFailedError("nothing was taken")
        await self._until(partial(self._has_taken, taking), "a fill that took liquidity")
        await self._until(lambda: self.held() > 0, "a long position")
        await self._until(
            lambda: self._program.ladder.view.position_text.startswith("Long"),
            "the position in the ladder",
        )
        self.position_after_entry = self.held()

    async def at_rest(self, use: Callable[[Until], Awaitable[None]]) -> None:
        """Do something that needs the resting order; it waits as it is told to."""

        async def used(order: Order) -> Order:
            await use(partial(self._orders.while_resting, order))
            return order

        self._resting = await self._with_resting(used)

    async def move(self) -> None:
        """Grab the resting order and put it three rows lower."""
        self._resting = await self._with_resting(self._moved)

    async def _moved(self, resting: Order) -> Order:
        moved = await self._orders.rested(partial(self._carry, resting))
        if moved.price == resting.price:
            raise StepFailedError("the moved order has the old price")
        return moved

    async def _carry(self, resting: Order) -> None:
        before = set(self._program.backend.desk.orders)
        self._cursor_to(resting)
        self._press(Qt.Key.Key_G)
        await self._orders.while_resting(
            resting, lambda: self._program.ladder.view.is_grabbing, "the grab"
        )
        for _ in range(3):
            self._press(Qt.Key.Key_Down)
        self._press(Qt.Key.Key_Return)
        await self._orders.while_resting(
            resting,
            lambda: bool(set(self._program.backend.desk.orders) - before),
            "the order in its new place",
        )

    async def cancel(self) -> None:
        """Cancel the resting order at the cursor."""

        async def canceled(resting: Order) -> Order:
            self._cursor_to(resting)
            self._press(Qt.Key.Key_Delete)
            return await self._see_cancel(resting)

        await self._with_resting(canceled)

    async def by_mouse(self) -> None:
        """Send and cancel an order with the armed mouse."""
        self._stage.click("ladder.arm_mouse")
        await self._until(lambda: self._program.ladder.view.is_mouse_armed, "the armed mouse")
        step = self._program.ladder.axis.step
        await self._orders.outlast(self._click_bid, self._cancel_by_mouse, CLICKS_AWAY)
        await self._group(lambda now: now <= step, Qt.Key.Key_BracketLeft)
        self._stage.click("ladder.arm_mouse")

    async def _click_bid(self, ticks: int) -> None:
        """Click so far below the best bid, on coarser rows if that is out of sight."""
        await self._group(lambda step: step * CLICKED_ROWS >= ticks, Qt.Key.Key_BracketRight)
        rows = -(-ticks // self._program.ladder.axis.step)
        self._press(Qt.Key.Key_Space)
        await self._until(lambda: self._bid_row(rows) is not None, "a bid row to click")
        self._stage.click(CANVAS, self._row_point(self._bid_row(rows), "bid"))

    async def _group(self, is_enough: Callable[[int], bool], key: Qt.Key) -> None:
        """Press a key until prices are grouped as wanted, slower than a bouncing switch does."""
        for _ in PRICE_STEPS:
            if is_enough(self._program.ladder.axis.step):
                return
            self._press(key)
            await self._program.backend.clock.sleep(DOUBLE_PRESS_PAUSE_S)
        raise StepFailedError("the prices were not grouped by the key")

    async def _cancel_by_mouse(self, order: Order) -> Order:
        await self._orders.while_resting(
            order, partial(self._is_in_sight, order), "the order's mark on its row"
        )
        self._stage.click(CANVAS, self._row_point(self._row_of(order), "own_bid"))
        return await self._see_cancel(order)

    def _is_in_sight(self, order: Order) -> bool:
        """The order's mark is on its row; an axis that left without it is brought back."""
        if order.price is not None and not self._covers(order.price):
            self._cursor_to(order)
        return self._row_of(order) is not None

    async def keep_trading(self, until_s: float) -> None:
        """Rest and cancel some orders, then keep the market on screen until a monotonic second."""
        clock = self._program.backend.clock
        for trip in range(ROUND_TRIPS):
            away = tuple(8 + trip + rows for rows in FARTHER)
            await self._orders.outlast(self._send_below, self._cancel_newest, away)
        self._press(Qt.Key.Key_Space)
        while clock.monotonic_s() < until_s:
            await clock.sleep(min(0.05, max(0.0, until_s - clock.monotonic_s())))

    async def _cancel_newest(self, order: Order) -> Order:
        self._press(Qt.Key.Key_Backspace)
        return await self._see_cancel(order)

    async def _see_cancel(self, order: Order) -> Order:
        await self._orders.while_resting(
            order, lambda: self._orders.now(order).state is OrderState.CANCELED, "the cancel's end"
        )
        return order

    async def picture(self) -> None:
        """With orders on both sides of the touch; flattening takes them away again."""
        self._press(Qt.Key.Key_3)
        for edge, arrow, send in (
            (Qt.Key.Key_Home, Qt.Key.Key_Down, Qt.Key.Key_B),
            (Qt.Key.Key_End, Qt.Key.Key_Up, Qt.Key.Key_S),
        ):
            await self._orders.sent(partial(self._send_from, edge, arrow, 6, send))
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

    def _marks_are_shown(self) -> bool:
        """The view holds the inside, and a settled mark of every working order the axis covers."""
        axis, view = self._program.ladder.axis, self._program.ladder.view
        if view.off_market:
            self._press(Qt.Key.Key_Space)
            return False
        marks = [(row.price, row.own_bid or row.own_ask) for row in view.rows]
        if any(mark is not None and mark.state is OwnState.PENDING for _, mark in marks):
            return False
        marked = {price for price, mark in marks if mark is not None}
        covered = {
            order.price // axis.step * axis.step
            for order in self._program.backend.desk.working(self._stage.market.contract.symbol)
            if order.price is not None and self._covers(order.price)
        }
        return covered <= marked

    def _covers(self, price: Price) -> bool:
        """Whether the axis has the row of a price in view."""
        axis = self._program.ladder.axis
        top, bottom = axis.top_index, axis.bottom_index
        return top is not None and bottom is not None and bottom <= price // axis.step <= top

    def _is_ended(self, order: Order) -> bool:
        return self._orders.now(order).state.is_terminal

    async def _with_resting(self, use: Callable[[Order], Awaitable[Order]]) -> Order:
        """Do something with the resting order, or with another if the market meets it."""
        if self._resting is None:
            raise StepFailedError("there is no order to work with")
        return await self._orders.outlast(self._send_small, use, RESTS_AWAY, self._resting)

    def _bid_row(self, below: int) -> int | None:
        """The row so far below the best bid, if the view has it."""
        rows, axis = self._program.ladder.view.rows, self._program.ladder.axis
        if not rows or axis.top_index is None or rows[0].price != axis.top_index * axis.step:
            return None  # the view is still that of before
        best = next((n for n, row in enumerate(rows) if row.is_best_bid), None)
        if best is None or best + below >= len(rows):
            return None
        return best + below

    def _row_of(self, order: Order) -> int | None:
        if order.price is None:
            return None
        rows, step = self._program.ladder.view.rows, self._program.ladder.axis.step
        return next(
            (
                n
                for n, row in enumerate(rows)
                if row.price == order.price // step * step
                and (row.own_bid if order.side is Side.BUY else row.own_ask) is not None
            ),
            None,
        )

    # Acting ----------------------------------------------------------------------------------

    def _press(self, key: Qt.Key) -> None:
        self._stage.press(CANVAS, key)

    async def _send_from(self, edge: Qt.Key, arrow: Qt.Key, rows: int, send: Qt.Key) -> None:
        """Walk so many rows from an edge of the inside, by pages and arrows, and send there."""
        self._press(edge)
        self._walk(arrow, rows)
        self._press(send)

    def _walk(self, arrow: Qt.Key, rows: int) -> None:
        pages, rest = divmod(rows, PAGE_ROWS)
        page = Qt.Key.Key_PageDown if arrow is Qt.Key.Key_Down else Qt.Key.Key_PageUp
        for key in [page] * pages + [arrow] * rest:
            self._press(key)

    async def _send_below(self, rows: int) -> None:
        """Send a buy of the size in hand below the best bid."""
        await self._send_from(Qt.Key.Key_Home, Qt.Key.Key_Down, rows, Qt.Key.Key_B)

    async def _send_small(self, rows: int) -> None:
        self._press(Qt.Key.Key_1)
        await self._send_below(rows)

    async def _send_through(self, rows: int) -> None:
        """Send a buy through the touch, within the collar: the market may move under the hand."""
        self._press(Qt.Key.Key_2)
        await self._send_from(Qt.Key.Key_End, Qt.Key.Key_Up, rows, Qt.Key.Key_B)

    def _price_point(self) -> QPoint:
        return self._row_point(0, "price")

    def _row_point(self, row: int | None, column: str) -> QPoint:
        if row is None:
            raise StepFailedError("the row is not in view")
        return self._program.ladder_widget.point_of(row, column)

    def _cursor_to(self, order: Order) -> None:
        """Walk the cursor to an order's row, from the best bid."""
        self._press(Qt.Key.Key_Home)
        axis = self._program.ladder.axis
        if axis.cursor is None or order.price is None:
            raise StepFailedError("there is no cursor")
        distance = order.price // axis.step - axis.cursor
        self._walk(Qt.Key.Key_Up if distance > 0 else Qt.Key.Key_Down, abs(distance))
