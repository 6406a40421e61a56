"""The ladder's mouse in the program's own window: the exchange itself says what became of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from terminal.domain.ladder_habits import LadderHabits, OtherButton
from terminal.domain.order import OrderState
from terminal.domain.units import Lots, Price, Side
from terminal.session.results import Submitted
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.widgets.canvas.ladder_overlay import line_rects
from tests.support.builders import XBT, a_ticket
from tests.support.deadlines import eventually
from tests.support.open_program import an_open_program
from tests.support.pointer import point_at
from tests.support.qt_loop import run_on_qt

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from terminal.app.wiring import Program
    from terminal.domain.units import ClientOid
    from terminal.widgets.canvas.ladder_canvas import LadderCanvas
    from tests.support.live import Live

pytestmark = pytest.mark.usefixtures("qapp")
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier


class Hand:
    """A real mouse on the ladder of the whole window, and the exchange below."""

    def __init__(self, live: Live, program: Program) -> None:
        self.live, self.program = live, program
        self.desk, self.ladder = live.backend.desk, program.ladder
        self.canvas: LadderCanvas = program.ladder_widget.canvas
        arm = program.window.findChild(QPushButton, "ladder.arm_mouse")
        assert isinstance(arm, QPushButton)
        QTest.mouseClick(arm, LEFT)

    @property
    def exchange(self) -> Any:
        return self.live.exchange.engine.account

    def orders(self) -> list[tuple[str, int, int | None, bool]]:
        """Side, lots, price or trigger, waiting: of every active order, by the exchange."""
        return sorted(
            (one.side, one.remaining, self.place(one), one.waits) for one in self.exchange.active()
        )

    def place(self, order: Any) -> int | None:
        """The price of one of the exchange's orders, or its trigger, in ticks."""
        scale = self.live.market.contract.scale
        return scale.ticks(order.stop_price) if order.waits else order.price

    def touch(self) -> tuple[int, int]:
        touch = self.live.market.touch()
        assert touch is not None
        assert touch.best_bid is not None
        assert touch.best_ask is not None
        return touch.best_bid, touch.best_ask

    def point(self, price: int, column: str) -> QPoint:
        rows = self.ladder.view.rows
        row = next(number for number, one in enumerate(rows) if one.price == price)
        return self.canvas.point_of(row, column)

    def click(
        self, price: int, column: str, button: Qt.MouseButton = LEFT, held: Any = NONE
    ) -> None:
        QTest.mouseClick(self.canvas, button, held, self.point(price, column))

    async def shows(self, *wanted: LadderColumn) -> None:
        """Show these columns beside the price, so that there is room for them."""
        shown = {LadderColumn.PRICE, *wanted}
        columns = self.ladder.options.columns
        self.ladder.set_columns(
            tuple(replace(one, is_shown=one.column in shown) for one in columns)
        )
        await eventually(
            lambda: all(self.canvas.layout_grid.column(one)[1] for one in wanted), "the columns"
        )
        # Reads that the results ask for: a gesture of QTest may step in between and lose them.
        charges = self.live.backend.charges
        await eventually(
            lambda: charges.fees(XBT) is not None and charges.funding(XBT) is not None, "charges"
        )

    def mark(self, price: int) -> str:
        """What stands on a row about a click under the pointer."""
        row = next((one for one in self.ladder.view.rows if one.price == price), None)
        return "" if row is None or row.hover is None else row.hover.words

    def drag(self, start: int, end: int, column: str) -> None:
        QTest.mousePress(self.canvas, LEFT, NONE, self.point(start, column))
        self.move(self.point(end, column))
        QTest.mouseRelease(self.canvas, LEFT, NONE, self.point(end, column))

    def move(self, at: QPoint) -> None:
        point_at(self.canvas, at)

    async def rests(self, side: Side, price: int, lots: int = 4) -> ClientOid:
        result = self.desk.submit(a_ticket(side=side, price=Price(price), lots=Lots(lots)))
        assert isinstance(result, Submitted)
        oid = result.client_oid
        await eventually(lambda: self.desk.orders[oid].state is OrderState.OPEN, "an open order")
        await eventually(
            lambda: any(row.own_bid or row.own_ask for row in self.ladder.view.rows), "its mark"
        )
        return oid

    async def holds(self, lots: int) -> None:
        _, ask = self.touch()
        self.desk.submit(a_ticket(side=Side.BUY, price=Price(ask + 5), lots=Lots(lots)))
        await eventually(
            lambda: self.live.backend.account.position(XBT).core.lots == lots, "a position"
        )

    async def nothing_came(self) -> None:
        """Everything that was sent before this has reached the exchange: a read comes back."""
        await self.live.backend.account.read_position(XBT)

    @property
    def said(self) -> str:
        message = self.ladder.trading.message
        return "" if message is None else message.text


def with_hand(
    play: Callable[[Hand], Coroutine[Any, Any, None]], habits: LadderHabits | None = None
) -> None:
    """Build the window on a backend that lives, play, end everything."""

    async def work() -> None:
        async with an_open_program() as one:
            one.program.ladder.habits = habits or LadderHabits()
            rows = one.program.ladder_widget.canvas.layout_grid.row_count
            await eventually(lambda: len(one.program.ladder.view.rows) == rows, "a settled layout")
            await play(Hand(one.live, one.program))

    run_on_qt(work())


def test_place_stop_and_close_linked_stop_by_clicks_and_the_second_size() -> None:
    async def play(hand: Hand) -> None:
        bid, ask = hand.touch()
        await hand.holds(3)
        hand.click(bid - 8, "bid")
        await eventually(lambda: len(hand.orders()) == 1, "the limit")
        hand.click(ask + 8, "bid", held=SHIFT)
        await eventually(lambda: len(hand.orders()) == 2, "the stop")
        hand.click(bid - 6, "ask", held=CTRL)
        await eventually(lambda: len(hand.exchange.active()) == 3, "the close-linked stop")
        hand.click(bid - 7, "bid", RIGHT)
        await eventually(lambda: len(hand.exchange.active()) == 4, "the second size")
        found = hand.orders()
        assert ("buy", 1, bid - 8, False) in found
        assert ("buy", 1, ask + 8, True) in found
        assert ("buy", 5, bid - 7, False) in found
        (close,) = [one for one in hand.exchange.active() if one.is_close_order]
        assert (hand.place(close), close.waits) == (bid - 6, True)

    with_hand(play, LadderHabits(other_button=OtherButton.SECOND_SIZE))


def test_a_buy_is_dragged_and_a_click_cancels_it() -> None:
    async def play(hand: Hand) -> None:
        bid, _ = hand.touch()
        await hand.rests(Side.BUY, bid - 5)
        hand.drag(bid - 5, bid - 9, "own_bid")
        await eventually(lambda: hand.orders() == [("buy", 4, bid - 9, False)], "the new place")
        await eventually(
            lambda: any(row.price == bid - 9 and row.own_bid for row in hand.ladder.view.rows),
            "its mark",
        )
        hand.click(bid - 9, "own_bid")
        await eventually(lambda: hand.orders() == [], "the cancel")

    with_hand(play)


def test_a_protective_stop_is_dragged_and_never_onto_a_price_where_it_would_fire() -> None:
    async def play(hand: Hand) -> None:
        bid, ask = hand.touch()
        await hand.holds(3)
        hand.click(bid - 8, "ask", held=CTRL)
        await eventually(lambda: len(hand.exchange.active()) == 1, "the stop")

        def mark(price: int) -> bool:
            rows = hand.ladder.view.rows
            return any(row.price == price and (row.own_ask or row.own_bid) for row in rows)

        await eventually(lambda: mark(bid - 8), "its mark")
        hand.drag(bid - 8, ask + 9, "own_ask")
        assert hand.said == "Not moved: it would fire now."
        hand.drag(bid - 8, bid - 6, "own_ask")
        await eventually(
            lambda: [hand.place(one) for one in hand.exchange.active()] == [bid - 6], "the new stop"
        )
        assert hand.live.backend.account.position(XBT).core.lots == 3

    with_hand(play)


def test_a_click_at_the_result_closes_once_and_a_held_drag_can_be_dropped() -> None:
    """What the mark says is what the exchange has; never two exits for one position."""

    async def play(hand: Hand) -> None:
        bid, ask = hand.touch()
        await hand.holds(3)
        await hand.shows(LadderColumn.PNL, LadderColumn.OWN_ASK)
        at = ask + 6
        hand.move(hand.point(at, "pnl"))
        await eventually(lambda: hand.mark(at).startswith("Sell 3 limit "), "the mark")
        assert hand.mark(at).endswith(", closes, reduce-only")
        hand.click(at, "pnl")
        assert hand.said == "Held back: Esc drops it."
        assert hand.orders() == []
        await eventually(lambda: hand.orders() == [("sell", 3, at, False)], "the exit")
        (exit_,) = hand.exchange.active()
        assert exit_.is_reduce_only
        await eventually(lambda: hand.mark(at).endswith("already."), "why there is no second one")
        QTest.mouseClick(hand.canvas, LEFT, NONE, hand.point(at, "pnl"))
        QTest.mouseDClick(hand.canvas, LEFT, NONE, hand.point(at, "pnl"))
        assert "closes all of it there already" in hand.said
        # Beyond the touch it is a stop, and the mark says so.
        hand.move(hand.point(bid - 6, "pnl"))
        await eventually(lambda: hand.mark(bid - 6) == "Sell stop, closes all", "the mark")
        # A drag of the exit is held back too: Esc drops it, the next one goes.
        await eventually(
            lambda: any(row.price == at and row.own_ask for row in hand.ladder.view.rows), "a mark"
        )
        await eventually(
            lambda: {one.state for one in hand.desk.working(XBT)} == {OrderState.OPEN},
            "an order that can be moved",
        )
        hand.drag(at, at + 2, "own_ask")
        assert hand.said == "Held back: Esc drops it."
        QTest.keyClick(hand.canvas, Qt.Key.Key_Escape)
        assert hand.said == "Taken back: nothing was sent."
        hand.drag(at, at + 3, "own_ask")
        await eventually(lambda: hand.orders() == [("sell", 3, at + 3, False)], "its new place")
        assert len(hand.exchange.orders) == 3, "the entry, the exit, and the exit moved"
        assert hand.live.backend.account.position(XBT).core.lots == 3

    with_hand(play, LadderHabits(hold_ms=300))


def test_one_of_three_orders_at_a_price_is_canceled_from_the_list() -> None:
    async def play(hand: Hand) -> None:
        bid, _ = hand.touch()
        for lots in (2, 3, 4):
            await hand.rests(Side.BUY, bid - 5, lots)
        await eventually(
            lambda: any(row.own_bid and row.own_bid.orders == 3 for row in hand.ladder.view.rows),
            "three of them",
        )
        hand.click(bid - 5, "own_bid")
        await eventually(lambda: hand.ladder.view.own_list, "the list")
        own = hand.ladder.view.own_list
        assert own is not None
        rects = line_rects(own, hand.canvas.layout_grid, hand.canvas.measure)
        QTest.mouseClick(hand.canvas, LEFT, NONE, rects[2].center())
        await eventually(lambda: len(hand.orders()) == 2, "the cancel")
        assert [lots for _, lots, _, _ in hand.orders()] == [2, 4]

    with_hand(play)


def test_misuse_sends_no_order_that_was_not_meant() -> None:
    """Drags through the market and off the screen, double clicks, a lost connection."""

    async def play(hand: Hand) -> None:
        bid, ask = hand.touch()
        await hand.rests(Side.BUY, bid - 5)
        before = hand.orders()
        assert before == [("buy", 4, bid - 5, False)]
        limits = hand.desk.guarding.limits
        start = hand.point(bid - 5, "own_bid")
        # Off the screen, and let go there.
        QTest.mousePress(hand.canvas, LEFT, NONE, start)
        hand.move(start - QPoint(0, 20))
        hand.move(QPoint(start.x(), -30))
        QTest.mouseRelease(hand.canvas, LEFT, NONE, QPoint(start.x(), -30))
        assert hand.said == "The order stays where it is."
        # Through the market, beyond the collar.
        top = ask + limits.collar_ticks + 1
        hand.program.window.resize(1300, 1000)
        await eventually(lambda: len(hand.ladder.view.rows) > 32, "more rows")
        hand.ladder.axis.place_cursor(top)
        hand.ladder.axis.place_cursor(bid - 9)
        hand.ladder.mark_dirty()
        await eventually(
            lambda: {top, bid - 9} <= {row.price for row in hand.ladder.view.rows}, "both rows"
        )
        hand.drag(bid - 5, top, "own_bid")
        assert hand.said.startswith("Not moved: "), hand.said
        await hand.nothing_came()
        assert hand.orders() == before
        # A double click sends once.
        at = hand.point(bid - 8, "bid")
        QTest.mouseClick(hand.canvas, LEFT, NONE, at)
        QTest.mouseDClick(hand.canvas, LEFT, NONE, at)
        await eventually(lambda: len(hand.orders()) == 2, "one order")
        # The connection is lost in the middle of a drag, and clicked after that.
        QTest.mousePress(hand.canvas, LEFT, NONE, hand.point(bid - 5, "own_bid"))
        hand.move(hand.point(bid - 9, "own_bid"))
        hand.live.backend.account_feed.on_lost.notify()
        QTest.mouseRelease(hand.canvas, LEFT, NONE, hand.point(bid - 9, "own_bid"))
        hand.click(bid - 7, "bid")
        await hand.nothing_came()
        assert len(hand.exchange.orders) == 2, "nothing else was ever sent"
        assert len(hand.orders()) == 2

    with_hand(play)


def test_let_go_elsewhere_sends_nothing() -> None:
    async def play(hand: Hand) -> None:
        bid, _ = hand.touch()
        QTest.mousePress(hand.canvas, LEFT, NONE, hand.point(bid - 6, "bid"))
        hand.move(hand.point(bid - 7, "bid"))
        QTest.mouseRelease(hand.canvas, LEFT, NONE, hand.point(bid - 7, "bid"))
        assert hand.said == "Let go elsewhere: nothing was sent."
        await hand.nothing_came()
        assert hand.orders() == []
        hand.click(bid - 6, "bid")
        await eventually(lambda: hand.orders() == [("buy", 1, bid - 6, False)], "the order")

    with_hand(play, LadderHabits(acts_on_release=True))
