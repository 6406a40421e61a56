"""Orders that are held back before they are sent: sent as shown, or dropped with words."""

from __future__ import annotations

import contextlib
from itertools import count
from typing import TYPE_CHECKING

import pytest

from terminal.domain.ladder_habits import LadderHabits
from terminal.domain.units import Lots, OrderId, Price, Side
from terminal.viewmodels.keys import Chord
from terminal.viewmodels.ladder_hold import STILL_HELD, TAKEN_BACK
from terminal.viewmodels.text import Role
from tests.support.builders import XBT, an_order_update
from tests.support.desktop import OTHER, Desktop
from tests.support.hold_timer import HandHoldTimer, held_by_hand

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from terminal.viewmodels.ladder_view import LadderRow

pytestmark = pytest.mark.usefixtures("qapp")
HOLD_MS = 300


class Hands:
    """A ladder with a hold, and its keys; one second between presses by the keys' own clock."""

    def __init__(self, desktop: Desktop, timer: HandHoldTimer) -> None:
        self.desktop, self.timer, self.ladder = desktop, timer, desktop.ladder
        self._now_ms = count(1000, 1000)

    def press(self, *names: str) -> None:
        for name in names:
            *modifiers, key = name.split("+")
            chord = Chord(key, shift="Shift" in modifiers, ctrl="Ctrl" in modifiers)
            assert self.ladder.key_pressed(chord, next(self._now_ms), False), name
        self.desktop.frame.tick()

    async def placed(self) -> list[tuple[Side | None, int | None, int | None]]:
        await self.desktop.settle()
        return [(t.side, t.price, t.lots) for t, _ in self.desktop.bench.trading.placed]

    @property
    def words(self) -> str:
        message = self.ladder.view.message
        return "" if message is None else message.text

    def row(self, price: int) -> LadderRow:
        return next(row for row in self.ladder.view.rows if row.price == price)


@contextlib.asynccontextmanager
async def hands(hold_ms: int = HOLD_MS) -> AsyncIterator[Hands]:
    desktop = await Desktop().start()
    desktop.ladder.habits = LadderHabits(hold_ms=hold_ms, disarms_on_focus_loss=True)
    try:
        yield Hands(desktop, held_by_hand(desktop.ladder))
    finally:
        await desktop.stop()


async def test_an_order_is_sent_when_its_time_is_over_and_not_before() -> None:
    async with hands() as one:
        one.press("F4", "Home", "Down", "B")
        one.timer.advance(HOLD_MS - 1)
        assert await one.placed() == []
        assert one.words == "Held back: Esc or the same key drops it."
        one.timer.advance(1)
        assert await one.placed() == [(Side.BUY, 999, 1)]
        one.timer.advance(10 * HOLD_MS)
        assert len(await one.placed()) == 1


async def test_the_bar_shrinks_on_the_line_of_what_is_held() -> None:
    async with hands() as one:
        one.press("F4", "Home", "Down", "B")
        staged = one.row(999).staged
        assert staged is not None
        assert (staged.words, staged.role, staged.held_share) == (
            "Buy 1 limit held", Role.BUY, 1.0,
        )  # fmt: skip
        one.timer.advance(HOLD_MS / 4)
        one.desktop.frame.tick()
        now = one.row(999).staged
        assert now is not None
        assert now.held_share == pytest.approx(0.75)


async def test_without_a_hold_nothing_waits() -> None:
    async with hands(0) as one:
        one.press("F4", "B")
        assert not one.timer.is_running
        assert len(await one.placed()) == 1


@pytest.mark.parametrize("key", ["B", "Esc", "Backspace"])
async def test_the_same_key_again_or_esc_takes_it_back_and_does_nothing_else(key: str) -> None:
    async with hands() as one:
        one.press("F4", "Home", "B", key)
        assert one.words == TAKEN_BACK
        assert one.ladder.view.is_keyboard_armed, "one step back only"
        one.timer.advance(2 * HOLD_MS)
        assert await one.placed() == []
        assert one.desktop.bench.trading.cancels == []


async def test_a_second_order_waits_for_no_one_and_is_said_not_to_be_sent() -> None:
    async with hands() as one:
        one.press("F4", "Home", "B", "O", "S")
        assert one.words == STILL_HELD
        assert one.ladder.trading.is_post_only, "the flag is for the next order still"
        one.timer.advance(HOLD_MS)
        assert await one.placed() == [(Side.BUY, 1000, 1)]


@pytest.mark.parametrize("key", ["D", "U", "Ctrl+Delete", "F", "H", "R", "Delete"])
async def test_who_cancels_or_gets_out_calls_off_what_is_held(key: str) -> None:
    async with hands() as one:
        one.press("F4", "Home", "B", key)
        assert not one.ladder.holding.is_holding
        one.timer.advance(2 * HOLD_MS)
        assert await one.placed() == []


LOSSES: dict[str, tuple[Callable[[Hands], object], str]] = {
    "arming": (lambda one: one.press("F4"), "trading is off"),
    "contract": (lambda one: one.ladder.choose_contract(OTHER), "contract"),
    "connection": (lambda one: one.ladder.disarm("the connection was lost."), "connection"),
    "stop": (lambda one: one.ladder.disarm("stopped."), "stopped"),
    "stream": (lambda one: one.desktop.market_stream.drop(), "cannot be trusted"),
    "focus": (lambda one: one.ladder.window_left(), "another window"),
    "everywhere": (lambda one: one.desktop.desk.cancel_everywhere(), ""),
    "flatten": (lambda one: one.desktop.desk.flatten(XBT), ""),
    "sight": (lambda one: one.ladder.hidden(), "out of sight"),
    "menu": (lambda one: one.ladder.cancel_all(), ""),
}


@pytest.mark.parametrize("what", LOSSES)
async def test_losing_what_it_rests_on_drops_it_with_words(what: str) -> None:
    lose, words = LOSSES[what]
    async with hands() as one:
        one.press("F4", "Home", "B")
        lose(one)
        await one.desktop.settle()
        if words:
            assert words in one.words
            assert one.words.startswith("What was held back was not sent")
        one.timer.advance(2 * HOLD_MS)
        assert await one.placed() == []


async def test_what_is_lost_without_a_frame_is_seen_when_the_time_is_over() -> None:
    async with hands() as one:
        one.press("F4", "Home", "B")
        one.desktop.market_stream.drop()
        await one.desktop.clock.settle()
        one.timer.advance(HOLD_MS)
        assert await one.placed() == []
        assert "cannot be trusted" in one.words


async def test_what_was_decided_at_the_press_is_what_is_sent() -> None:
    async with hands() as one:
        one.press("F4", "Home", "O", "B", "Down", "Down", "3")
        one.timer.advance(HOLD_MS)
        assert await one.placed() == [(Side.BUY, 1000, 1)]
        ((ticket, _),) = one.desktop.bench.trading.placed
        assert ticket.is_post_only
        assert not one.ladder.trading.is_post_only


async def test_flags_come_back_with_what_is_taken_back() -> None:
    async with hands() as one:
        one.press("F4", "Home", "O", "I", "B")
        assert not one.ladder.trading.is_post_only
        one.press("Esc")
        assert one.ladder.trading.is_post_only
        assert one.ladder.trading.is_reduce_only


async def test_what_the_guard_refuses_is_said_at_once() -> None:
    async with hands() as one:
        one.desktop.bench.touch = None
        one.press("F4", "Home", "B")
        assert not one.ladder.holding.is_holding
        assert one.words.startswith("Not sent.")


async def test_the_stamp_is_the_keys_and_not_that_of_the_timer() -> None:
    async with hands() as one:
        clock = one.desktop.clock
        one.press("F4", "Home")
        pressed_s = clock.monotonic_s()
        one.press("B")
        await clock.advance(0.3)
        one.timer.advance(HOLD_MS)
        await one.placed()
        ((_, oid),) = one.desktop.bench.trading.placed
        anatomy = one.desktop.desk.latency.of(oid)
        assert anatomy is not None
        assert anatomy.pressed_s == pressed_s
        assert anatomy.guarded_s == pytest.approx(pressed_s + 0.3)
        assert one.desktop.desk.latency.pressed_s is None


async def an_own_order(one: Hands) -> None:
    """A buy at 998 that was placed here and rests."""
    one.press("F4", "Home", "Down", "Down", "B")
    one.timer.advance(HOLD_MS)
    await one.placed()
    oid = one.desktop.bench.trading.placed[0][1]
    one.desktop.bench.stream.push(
        an_order_update(client_oid=oid, order_id=OrderId("id-1"), price=Price(998), lots=Lots(1))
    )
    await one.desktop.settle()


async def test_a_move_is_held_too_and_its_order_stays_in_hand_when_taken_back() -> None:
    async with hands() as one:
        await an_own_order(one)
        one.press("G", "Up", "Enter")
        staged = one.row(999).staged
        assert staged is not None
        assert staged.held_share == 1.0
        one.press("Enter")
        assert one.words == TAKEN_BACK
        assert one.ladder.view.is_grabbing
        one.press("Enter")
        one.timer.advance(HOLD_MS)
        one.desktop.frame.tick()
        assert not one.ladder.view.is_grabbing
        assert one.words.startswith("Moving to 99.9")
        await one.desktop.settle()
        assert one.desktop.bench.trading.cancels == ["id-1"]


async def test_moving_on_or_the_orders_end_drops_a_held_move() -> None:
    async with hands() as one:
        await an_own_order(one)
        one.press("G", "Up", "Enter", "Up")
        assert "moved on" in one.words
        one.press("Enter")
        oid = one.desktop.bench.trading.placed[0][1]
        one.desktop.bench.stream.push(
            an_order_update(
                client_oid=oid, order_id=OrderId("id-1"), price=Price(998), lots=Lots(1),
                filled=Lots(1), is_done=True,
            )
        )  # fmt: skip
        one.desktop.frame.tick()
        one.timer.advance(2 * HOLD_MS)
        assert len(await one.placed()) == 1
        assert one.desktop.bench.trading.cancels == []
