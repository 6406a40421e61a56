"""Hands that slip, by real keys on the real window against a simulated exchange.

Whatever is pressed twice, held, typed into the wrong place or lost half-way: the exchange never
gets an order that nobody meant. Its own list of orders is what is looked at.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from terminal.app.wiring import build
from terminal.domain.ladder_habits import LadderHabits
from terminal.storage.paths import resources
from terminal.storage.settings import Settings
from terminal.widgets.theme import Theme
from tests.support.builders import XBT
from tests.support.deadlines import eventually
from tests.support.hold_timer import HandHoldTimer, held_by_hand
from tests.support.live import Live
from tests.support.qt_loop import run_on_qt

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from terminal.app.wiring import Program

pytestmark = pytest.mark.usefixtures("qapp")
K, M = Qt.Key, Qt.KeyboardModifier
HOLD_MS = 300
B_ON_LINUX = 56


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

    async def arm(self) -> None:
        """Armed, the cursor a safe way below the best bid."""
        if not self.ladder.trading.armed:
            self.press(K.Key_F4)
        self.press(K.Key_Home, K.Key_PageDown)
        await self.shown()

    async def shown(self) -> None:
        """Until a frame has shown what was pressed."""
        await eventually(lambda: self.ladder.view.is_keyboard_armed, "a frame")

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
        live = Live(is_calm=True)
        await live.start()
        program = build(live.backend, Settings(), Theme.load(resources() / "themes", "dark"))
        for view_model in program.view_models:
            view_model.start()
        program.workspace.contracts_loaded()
        program.workspace.choose(XBT)
        program.window.show_first()
        try:
            await eventually(lambda: program.ladder.view.rows, "a live ladder")
            await eventually(lambda: live.backend.desk.is_trusted, "trust")
            await play(Hands(live, program))
        finally:
            for view_model in program.view_models:
                view_model.stop()
            program.frame.stop()
            program.window.close_for_good()
            program.window.deleteLater()
            QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            await live.stop()

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
