"""Clicks that are held back before they are sent: on their row, dropped with words, stamped."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from terminal.domain.events import OrderType
from terminal.domain.ladder_habits import LadderHabits, OtherButton
from terminal.domain.units import Side
from terminal.viewmodels.keys import Chord, LadderAction
from terminal.viewmodels.ladder_clicks import Button, Spot
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.viewmodels.ladder_hold import STILL_HELD, TAKEN_BACK
from tests.support.clicks import click
from tests.support.desktop import OTHER
from tests.support.hold_timer import HandHoldTimer, held_by_hand
from tests.support.protected import Protected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from terminal.viewmodels.ladder_view import StagedMark

pytestmark = pytest.mark.usefixtures("qapp")
HOLD_MS = 300
BID, ASK = LadderColumn.BID, LadderColumn.ASK


class Clicker:
    """A ladder with the mouse armed and a hold."""

    def __init__(self, protected: Protected, timer: HandHoldTimer) -> None:
        self.protected, self.timer = protected, timer
        self.desktop, self.ladder = protected.desktop, protected.desktop.ladder

    def click(
        self,
        price: int,
        column: LadderColumn = BID,
        button: Button = Button.LEFT,
        *,
        shift: bool = False,
    ) -> None:
        rows = self.ladder.view.rows
        row = next(number for number, one in enumerate(rows) if one.price == price)
        click(self.ladder, Spot(row, column, shift=shift), button)
        self.desktop.frame.tick()

    def esc(self) -> None:
        assert self.ladder.key_pressed(Chord("Esc"), 1, False)
        self.desktop.frame.tick()

    def staged(self, price: int) -> StagedMark | None:
        return next(row.staged for row in self.ladder.view.rows if row.price == price)

    @property
    def said(self) -> str:
        message = self.ladder.trading.message
        return "" if message is None else message.text

    async def over(self) -> list[tuple[Side | None, int | None, int | None]]:
        """Let the time pass; what was sent, in lots and ticks."""
        self.timer.advance(HOLD_MS)
        return await self.sent()

    async def sent(self) -> list[tuple[Side | None, int | None, int | None]]:
        await self.protected.settle()
        return [(t.side, t.lots, t.price) for t, _ in self.desktop.bench.trading.placed]


@contextlib.asynccontextmanager
async def a_clicker(
    lots: int = 0, *, other_button: OtherButton = OtherButton.NOTHING
) -> AsyncIterator[Clicker]:
    protected = await Protected().start(lots)
    ladder = protected.desktop.ladder
    ladder.habits = LadderHabits(
        hold_ms=HOLD_MS, disarms_on_focus_loss=True, other_button=other_button
    )
    ladder.toggle_mouse()
    await protected.settle()
    try:
        yield Clicker(protected, held_by_hand(ladder))
    finally:
        await protected.stop()


async def test_a_click_is_sent_when_its_time_is_over_and_not_before() -> None:
    async with a_clicker() as one:
        one.click(999)
        assert one.said == "Held back: Esc drops it."
        one.timer.advance(HOLD_MS - 1)
        assert await one.sent() == []
        one.timer.advance(1)
        assert await one.sent() == [(Side.BUY, 1, 999)]
        one.timer.advance(10 * HOLD_MS)
        assert len(await one.sent()) == 1


async def test_the_bar_shrinks_on_the_clicked_row_wherever_the_cursor_is() -> None:
    async with a_clicker() as one:
        one.click(997)
        shown = one.staged(997)
        assert shown is not None
        assert (shown.words, shown.held_share) == ("Buy 1 limit held", 1.0)
        assert [row.price for row in one.ladder.view.rows if row.staged] == [997]
        one.timer.advance(HOLD_MS * 3 / 4)
        one.desktop.frame.tick()
        shown = one.staged(997)
        assert shown is not None
        assert shown.held_share == pytest.approx(0.25)
        await one.over()
        assert one.staged(997) is None


async def test_esc_drops_a_held_click_and_leaves_the_mouse_armed() -> None:
    async with a_clicker() as one:
        one.click(999)
        one.esc()
        assert one.said == TAKEN_BACK
        assert one.ladder.view.is_mouse_armed
        assert await one.over() == []


async def test_a_second_click_within_the_hold_is_refused_with_words() -> None:
    async with a_clicker() as one:
        one.click(999)
        one.click(1003, ASK)
        assert one.said == STILL_HELD
        assert await one.over() == [(Side.BUY, 1, 999)]


async def test_a_stop_and_the_other_button_are_held_too() -> None:
    async with a_clicker(other_button=OtherButton.SECOND_SIZE) as one:
        one.click(1004, shift=True)
        assert await one.sent() == []
        await one.over()
        ((ticket, _),) = one.desktop.bench.trading.placed
        assert ticket.trigger is not None
        one.click(999, button=Button.OTHER)
        assert len(await one.sent()) == 1
        assert (await one.over())[-1] == (Side.BUY, 5, 999)


async def test_what_the_next_order_was_to_be_is_decided_by_the_click() -> None:
    async with a_clicker() as one:
        one.ladder.toggle_post_only()
        one.desktop.frame.tick()
        one.click(999)
        one.ladder.toggle_reduce_only()  # for the one after it
        one.ladder.trading.sizes.set_current(7)
        assert await one.over() == [(Side.BUY, 1, 999)]
        ((ticket, _),) = one.desktop.bench.trading.placed
        assert (ticket.order_type, ticket.is_post_only, ticket.is_reduce_only) == (
            OrderType.LIMIT, True, False,
        )  # fmt: skip
        assert one.ladder.trading.is_reduce_only


async def test_flags_come_back_with_a_click_that_is_dropped() -> None:
    async with a_clicker() as one:
        one.ladder.toggle_post_only()
        one.desktop.frame.tick()
        one.click(999)
        assert not one.ladder.trading.is_post_only
        one.esc()
        assert one.ladder.trading.is_post_only


def lock(one: Clicker) -> None:
    one.ladder.trading.locked = lambda: "Order entry is locked."


LOSSES: dict[str, tuple[Callable[[Clicker], object], str]] = {
    "arming": (lambda one: one.ladder.toggle_mouse(), "trading is off"),
    "contract": (lambda one: one.ladder.choose_contract(OTHER), "contract"),
    "connection": (lambda one: one.ladder.disarm("the connection was lost."), "connection"),
    "stream": (lambda one: one.desktop.market_stream.drop(), "cannot be trusted"),
    "lock": (lock, "locked"),
    "focus": (lambda one: one.ladder.window_left(), "another window"),
    "menu": (lambda one: one.ladder.run(LadderAction.CANCEL_ALL), ""),
}


@pytest.mark.parametrize("what", LOSSES)
async def test_losing_what_a_click_rests_on_drops_it_with_words(what: str) -> None:
    lose, words = LOSSES[what]
    async with a_clicker() as one:
        one.click(999)
        lose(one)
        one.ladder.mark_dirty()
        await one.protected.settle()
        assert not one.ladder.holding.is_holding
        if words:
            assert one.said.startswith("What was held back was not sent")
            assert words in one.said
        assert await one.over() == []


async def test_what_only_reduces_goes_out_although_the_market_became_stale_meanwhile() -> None:
    async with a_clicker(3) as one:
        one.ladder.toggle_reduce_only()
        one.desktop.frame.tick()
        one.click(1003, ASK)
        assert one.ladder.holding.is_holding
        LOSSES["stream"][0](one)
        one.ladder.mark_dirty()
        await one.protected.settle()
        assert one.ladder.market is not None
        assert one.ladder.market.staleness() is not None
        assert await one.over() == [(Side.SELL, 1, 1003)]


async def test_off_and_on_again_within_a_frame_drops_it_too() -> None:
    async with a_clicker() as one:
        one.click(999)
        one.ladder.toggle_mouse()
        one.ladder.toggle_mouse()
        assert one.ladder.trading.armed
        assert await one.over() == []


async def test_arming_the_keyboard_leaves_the_mouses_order_alone() -> None:
    async with a_clicker() as one:
        one.click(999)
        one.ladder.toggle_keyboard()
        assert await one.over() == [(Side.BUY, 1, 999)]


async def test_what_the_guard_refuses_is_said_at_once() -> None:
    async with a_clicker() as one:
        one.desktop.bench.touch = None
        one.click(999)
        assert not one.ladder.holding.is_holding
        assert one.said.startswith("Not sent.")


async def test_the_stamp_is_the_clicks_and_not_that_of_the_timer() -> None:
    async with a_clicker() as one:
        clock = one.desktop.clock
        clicked_s = clock.monotonic_s()
        one.click(999)
        await clock.advance(0.3)
        await one.over()
        ((_, oid),) = one.desktop.bench.trading.placed
        anatomy = one.desktop.desk.latency.of(oid)
        assert anatomy is not None
        assert anatomy.pressed_s == clicked_s
        assert anatomy.guarded_s == pytest.approx(clicked_s + 0.3)
        assert one.desktop.desk.latency.pressed_s is None
