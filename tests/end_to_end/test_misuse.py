"""Hands that slip, by real keys on the real window against a simulated exchange.

Whatever is pressed twice, held, typed into the wrong place or lost half-way: the exchange never
gets an order that nobody meant. Its own list of orders is what is looked at.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton

from terminal.domain.ladder_habits import LadderHabits
from terminal.domain.order import OrderState
from terminal.domain.units import Lots, Price, Side
from terminal.viewmodels.ladder_columns import DEFAULT_COLUMNS, LadderColumn
from terminal.viewmodels.ladder_hands import ArmedBy
from terminal.widgets.ladder import LadderPanel
from terminal.widgets.note_editor import NoteEditor
from terminal.widgets.palette import PaletteDialog
from tests.support.builders import XBT, a_ticket
from tests.support.deadlines import eventually
from tests.support.hold_timer import HandHoldTimer, held_by_hand
from tests.support.open_program import an_open_program
from tests.support.pointer import point_at
from tests.support.qt_loop import run_on_qt

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from terminal.app.wiring import Program
    from tests.support.live import Live

pytestmark = pytest.mark.usefixtures("qapp")
K, M = Qt.Key, Qt.KeyboardModifier
HOLD_MS = 300
B_ON_LINUX = 56
SHOWN = {LadderColumn.BID, LadderColumn.PRICE, LadderColumn.ASK, LadderColumn.PNL}


class Hands:
    """Keys on the ladder of the whole window, and what the exchange got."""

    def __init__(self, live: Live, program: Program) -> None:
        self.live, self.program, self.ladder = live, program, program.ladder
        self.canvas = program.ladder_widget.canvas
        self.timer: HandHoldTimer = held_by_hand(self.ladder)
        self._now_ms = count(1000, 100)

    def press(self, *keys: Qt.Key, held: Qt.KeyboardModifier = M.NoModifier) -> None:
        """A tenth of a second apart by the events' own time, as a hand does it."""
        for key in keys:
            event = QKeyEvent(QEvent.Type.KeyPress, key, held)
            event.setTimestamp(next(self._now_ms))
            QApplication.sendEvent(self.canvas, event)

    def at_exchange(self) -> list[Any]:
        return list(self.live.exchange.engine.account.active())

    def orders(self) -> list[tuple[str, int]]:
        """Side and price of every active order, by the exchange."""
        return sorted((one.side, one.price) for one in self.at_exchange())

    def point(self, price: int, column: str) -> QPoint:
        rows = self.ladder.view.rows
        row = next(number for number, one in enumerate(rows) if one.price == price)
        return self.canvas.point_of(row, column)

    def move(self, at: QPoint) -> None:
        """The pointer goes there."""
        point_at(self.canvas, at)

    async def aim(self, at: QPoint) -> None:
        """Point there, and see what a click would do."""
        self.move(at)
        await eventually(lambda: any(row.hover for row in self.ladder.view.rows), "the mark")

    def touch(self) -> tuple[int, int]:
        touch = self.live.market.touch()
        assert touch is not None
        assert touch.best_bid is not None
        assert touch.best_ask is not None
        return touch.best_bid, touch.best_ask

    async def market_runs(self, side: str, ticks: int) -> None:
        """Somebody takes everything of one side, as far as so many ticks through."""
        bid, ask = self.touch()
        limit = ask + ticks if side == "buy" else bid - ticks
        self.live.exchange.engine.markets[XBT].take(side, limit, 10_000_000)

        def ran() -> bool:
            touch = self.live.market.touch()
            return touch is not None and (touch.best_bid, touch.best_ask) != (bid, ask)

        await eventually(ran, "a market that ran")

    async def arm_mouse(self) -> None:
        """Armed, the pointer over the rows."""
        if ArmedBy.MOUSE not in self.ladder.trading.armed:
            self.ladder.toggle_mouse()
        await eventually(lambda: self.ladder.view.is_mouse_armed, "a frame")

    async def all_read(self) -> None:
        """What was sent before this has reached the exchange: a read comes back."""
        await self.quiet()
        await self.live.backend.account.read_position(XBT)

    async def arm(self) -> None:
        """Armed, the cursor a safe way below the best bid."""
        if not self.ladder.trading.armed:
            self.press(K.Key_F4)
        self.press(K.Key_Home, K.Key_PageDown)
        await self.shown()

    async def shown(self) -> None:
        """Until a frame that came after it has shown what was pressed."""
        before = self.ladder.view
        self.ladder.mark_dirty()
        await eventually(
            lambda: self.ladder.view is not before and self.ladder.view.is_keyboard_armed, "a frame"
        )

    async def quiet(self) -> None:
        """Until everything that was asked for has its answer."""
        desk = self.live.backend.desk
        await eventually(
            lambda: all(order.order_id is not None for order in desk.working(XBT)), "answers"
        )

    async def clear(self) -> None:
        """Cancel what there is, and see it go."""
        self.press(K.Key_Delete, held=M.ControlModifier)
        await eventually(lambda: not self.at_exchange(), "an empty list")
        await eventually(lambda: not self.live.backend.desk.working(XBT), "the client's word")


def with_program(play: Callable[[Hands], Coroutine[Any, Any, None]]) -> None:
    """Build the window on a backend that lives, play, end everything."""

    async def work() -> None:
        async with an_open_program() as one:
            await play(Hands(one.live, one.program))

    run_on_qt(work())


def key_event(
    kind: QEvent.Type, key: Qt.Key, words: str, *, code: int = 0, is_repeat: bool = False
) -> QKeyEvent:
    return QKeyEvent(kind, key, M.NoModifier, code, 0, 0, words, is_repeat, 1)


def test_repeats_bounces_and_foreign_letters_send_what_was_meant_once() -> None:
    async def play(one: Hands) -> None:
        # A held key is one order.
        await one.arm()
        one.press(K.Key_B)
        for _ in range(30):
            repeat = key_event(QEvent.Type.KeyPress, K.Key_B, "b", is_repeat=True)
            QApplication.sendEvent(one.canvas, repeat)
        await eventually(lambda: len(one.at_exchange()) == 1, "one order")
        await one.quiet()
        assert len(one.at_exchange()) == 1
        await one.clear()
        # The key of B with a Cyrillic layout, by its place.
        await one.arm()
        there = key_event(QEvent.Type.KeyPress, Qt.Key(0x0418), "\u0438", code=B_ON_LINUX)
        QApplication.sendEvent(one.canvas, there)
        await eventually(lambda: len(one.at_exchange()) == 1, "one order by its place")
        assert one.at_exchange()[0].side == "buy"
        await one.clear()
        # Typing into a field of an armed program is typing.
        await one.arm()
        field = one.program.ladder_widget.findChild(QLineEdit, "ladder.size")
        assert isinstance(field, QLineEdit)
        field.setFocus()
        QTest.keyClicks(field, "bsqawz")
        QTest.keyClick(field, K.Key_Escape)
        await one.quiet()
        assert one.at_exchange() == []

    with_program(play)


def test_a_held_order_lost_half_way_is_never_sent() -> None:
    async def play(one: Hands) -> None:
        ladder, backend = one.ladder, one.live.backend
        ladder.habits = LadderHabits(hold_ms=HOLD_MS, disarms_on_focus_loss=True)

        async def held() -> None:
            await one.arm()
            one.press(K.Key_B)
            assert ladder.holding.is_holding

        def lost_by(what: str) -> None:
            assert not ladder.holding.is_holding, what
            one.timer.advance(3 * HOLD_MS)

        await held()
        one.press(K.Key_Escape)
        lost_by("Esc")
        assert ladder.trading.armed
        await held()
        QApplication.sendEvent(one.canvas, QEvent(QEvent.Type.WindowDeactivate))
        lost_by("another window")
        assert not ladder.trading.armed
        await held()
        backend.entry_lock.lock()
        lost_by("the lock")
        one.press(K.Key_F4, K.Key_B, K.Key_Q)
        assert not ladder.trading.armed
        backend.entry_lock.unlock()
        await held()
        other = next(one_ for one_ in one.program.workspace.symbols if one_ != XBT)
        ladder.choose_contract(other)
        lost_by("another contract")
        ladder.choose_contract(XBT)
        await eventually(lambda: ladder.view.rows and not ladder.view.stale, "a live ladder again")
        await held()
        one.live.exchange.drop_streams()
        await eventually(lambda: not ladder.holding.is_holding, "the loss of the streams")
        lost_by("the connection")
        await one.quiet()
        assert one.live.exchange.engine.account.active() == []
        assert not backend.desk.working(XBT)

    with_program(play)


def test_a_held_order_that_nothing_disturbs_arrives_once_and_flatten_works_while_locked() -> None:
    async def play(one: Hands) -> None:
        one.ladder.habits = LadderHabits(hold_ms=HOLD_MS)
        await one.arm()
        one.press(K.Key_B)
        one.timer.advance(HOLD_MS)
        await eventually(lambda: len(one.at_exchange()) == 1, "the order")
        one.timer.advance(5 * HOLD_MS)
        await one.quiet()
        assert len(one.at_exchange()) == 1
        one.live.backend.entry_lock.lock()
        one.press(K.Key_B)
        assert not one.ladder.holding.is_holding
        one.press(K.Key_F, K.Key_F)
        await eventually(lambda: not one.at_exchange(), "what flattening cancels")

    with_program(play)


def test_what_the_mouse_has_begun_goes_where_it_was_shown_or_nowhere() -> None:
    async def play(one: Hands) -> None:
        ladder, left = one.ladder, Qt.MouseButton.LeftButton
        none = M.NoModifier
        # Held back, and the connection goes.
        ladder.habits = LadderHabits(hold_ms=HOLD_MS)
        await one.arm_mouse()
        ladder.set_hovered(True)  # as the real pointer does; rows stay under it
        bid, _ = one.touch()
        await one.aim(one.point(bid - 6, "bid"))
        QTest.mouseClick(one.canvas, left, none, one.point(bid - 6, "bid"))
        assert ladder.holding.is_holding
        one.live.exchange.drop_streams()
        await eventually(lambda: not ladder.holding.is_holding, "the loss of the streams")
        one.timer.advance(3 * HOLD_MS)
        await eventually(lambda: ladder.view.rows and not ladder.view.stale, "a live ladder again")
        await eventually(lambda: one.live.backend.desk.is_trusted, "trust")
        await one.all_read()
        await eventually(one.live.market.touch, "best prices")
        assert one.orders() == []
        # Between press and release the market runs: the price is the one that was pressed.
        ladder.habits = LadderHabits(acts_on_release=True)
        await one.arm_mouse()
        bid, _ = one.touch()
        cell = one.point(bid - 6, "bid")
        await one.aim(cell)
        QTest.mousePress(one.canvas, left, none, cell)
        await one.market_runs("sell", 2)
        QTest.mouseRelease(one.canvas, left, none, cell)
        await eventually(lambda: len(one.at_exchange()) == 1, "the order")
        assert one.orders() == [("buy", bid - 6)]
        # Through the market and back, while the market runs on: only where it is let go counts.
        await eventually(
            lambda: any(row.own_bid and row.price == bid - 6 for row in ladder.view.rows), "a mark"
        )
        await eventually(
            lambda: (
                {order.state for order in one.live.backend.desk.working(XBT)} == {OrderState.OPEN}
            ),
            "an order that can be moved",
        )
        await one.aim(one.point(bid - 6, "own_bid"))
        QTest.mousePress(one.canvas, left, none, one.point(bid - 6, "own_bid"))
        for price in (bid, bid + 4, bid + 8):
            one.move(one.point(price, "own_bid"))
        assert ladder.mouse.drag.now is not None
        await one.market_runs("buy", 400)
        painted = [row.price for row in ladder.view.rows]
        assert one.touch()[1] not in painted, "the market has left the screen"
        one.move(one.point(bid - 9, "own_bid"))
        QTest.mouseRelease(one.canvas, left, none, one.point(bid - 9, "own_bid"))
        await eventually(lambda: one.orders() == [("buy", bid - 9)], "the new place")
        await one.all_read()
        assert one.orders() == [("buy", bid - 9)]
        assert one.live.backend.account.position(XBT).core.lots == 0

    with_program(play)


def test_keys_that_land_elsewhere_and_double_clicks_send_nothing_more() -> None:
    async def play(one: Hands) -> None:
        program, window = one.program, one.program.window
        await one.arm()
        # Typed into whatever else takes letters, while the ladder is armed.
        one.press(K.Key_N)
        note = window.findChild(NoteEditor, "ladder.note")
        assert note is not None
        price, written = window.findChild(QLineEdit, "ticket.price"), note.findChild(QLineEdit)
        assert isinstance(price, QLineEdit)
        palette = next(
            act for act in window.findChildren(QAction) if "Command palette" in act.text()
        )
        palette.trigger()
        (dialog,) = window.findChildren(PaletteDialog)
        for field in (written, price, dialog.findChild(QLineEdit)):
            assert isinstance(field, QLineEdit)
            field.setFocus()
            QTest.keyClicks(field, "bsqawzffhhrrgd")
        dialog.reject()
        # A double click on the ticket's button asks once, and answers nothing.
        scale, lots = one.live.market.contract.scale, window.findChild(QLineEdit, "ticket.lots")
        assert isinstance(lots, QLineEdit)
        for field, words in ((price, f"{scale.decimal(Price(one.touch()[0] - 9)):f}"), (lots, "4")):
            field.setFocus()
            field.selectAll()
            QTest.keyClicks(field, words)
        buy = window.findChild(QPushButton, "ticket.buy")
        assert isinstance(buy, QPushButton)
        await eventually(buy.isEnabled, "a complete ticket")
        QTest.mouseClick(buy, Qt.MouseButton.LeftButton)
        QTest.mouseDClick(buy, Qt.MouseButton.LeftButton)
        staged = window.findChild(QLabel, "ticket.words")
        assert isinstance(staged, QLabel)
        await eventually(lambda: staged.text().startswith("Buy 4"), "what is staged")
        await one.all_read()
        assert one.at_exchange() == []
        QTest.keyClick(buy, K.Key_Escape)
        # A held B, while the focus jumps to another ladder, armed as well: one order, of the first.
        window.view_menu.new_ladder_asked.emit()
        second = program.ladders.group.all["ladder-2"]
        await eventually(lambda: second.view.rows and not second.view.stale, "the second ladder")
        second.toggle_keyboard()
        await eventually(lambda: second.view.is_keyboard_armed, "its arming")
        await one.arm()
        one.canvas.setFocus()
        one.press(K.Key_B)
        panel = window.docks.panels["ladder-2"].dock.widget()
        assert isinstance(panel, LadderPanel)
        other = panel.canvas
        other.setFocus()
        for _ in range(10):
            again = key_event(QEvent.Type.KeyPress, K.Key_B, "b", is_repeat=True)
            QApplication.sendEvent(other, again)
        QApplication.sendEvent(other, key_event(QEvent.Type.KeyRelease, K.Key_B, "b"))
        await eventually(lambda: len(one.at_exchange()) == 1, "one order")
        await one.all_read()
        assert len(one.at_exchange()) == 1

    with_program(play)


def test_a_double_click_at_the_result_is_one_exit() -> None:
    async def play(one: Hands) -> None:
        ladder, desk = one.ladder, one.live.backend.desk
        ladder.set_columns(
            tuple(replace(each, is_shown=each.column in SHOWN) for each in DEFAULT_COLUMNS)
        )
        _, ask = one.touch()
        desk.submit(a_ticket(side=Side.BUY, price=Price(ask + 5), lots=Lots(3)))
        await eventually(
            lambda: one.live.backend.account.position(XBT).core.lots == 3, "a position"
        )
        await one.arm_mouse()
        await eventually(lambda: ladder.view.rows[0].extras.pnl_text, "results at prices")
        cell = one.point(one.touch()[1] + 3, "pnl")
        await one.aim(cell)
        QTest.mouseClick(one.canvas, Qt.MouseButton.LeftButton, M.NoModifier, cell)
        QTest.mouseDClick(one.canvas, Qt.MouseButton.LeftButton, M.NoModifier, cell)
        await eventually(one.at_exchange, "the exit")
        await one.all_read()
        (order,) = one.at_exchange()
        assert (order.side, order.remaining, order.is_reduce_only) == ("sell", 3, True)

    with_program(play)
