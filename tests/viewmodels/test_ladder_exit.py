"""A click at the result of closing is a click as every other one: shown, held back, let go."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from terminal.domain.ladder_habits import LadderHabits
from terminal.domain.units import Lots, OrderId, Price, Side
from terminal.viewmodels.keys import Chord
from terminal.viewmodels.ladder_clicks import Button, Spot
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.viewmodels.ladder_hold import STILL_HELD, TAKEN_BACK
from terminal.viewmodels.ladder_pace import AIM_MS
from terminal.viewmodels.ladder_view import Shape
from terminal.viewmodels.text import Role
from tests.support.builders import XBT, a_position_update, an_order_update
from tests.support.clicks import click
from tests.support.desktop import OTHER
from tests.support.hold_timer import HandHoldTimer, held_by_hand
from tests.support.insight import Insighted, an_insight

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

pytestmark = pytest.mark.usefixtures("qapp")
HOLD_MS = 300


@contextlib.asynccontextmanager
async def an_armed(
    lots: int = 3, habits: LadderHabits | None = None, *, hedged: bool = False
) -> AsyncIterator[Insighted]:
    async with an_insight(lots, hedged=hedged) as one:
        one.ladder.habits = habits or LadderHabits()
        one.ladder.toggle_mouse()
        await one.settle()
        yield one


def at(one: Insighted, price: int) -> Spot:
    """Move there and show the next frame."""
    spot = Spot(one.place_of(price), LadderColumn.PNL)
    one.ladder.mouse_moved(spot)
    one.desktop.frame.tick()
    return spot


def hover(one: Insighted, price: int) -> str:
    at(one, price)
    mark = one.row(price).hover
    return "" if mark is None else mark.words


def sent(one: Insighted) -> list[tuple[str, int | None, int | None]]:
    """Side, lots and price or trigger of everything that was sent."""
    return [
        (
            "close" if t.side is None else t.side.value,
            t.lots,
            t.price if t.trigger is None else t.trigger.price,
        )
        for t, _ in one.desktop.bench.trading.placed
    ]


# Shown -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lots", "price", "words"),
    [
        (3, 1004, "Sell 3 limit 100.4, closes, reduce-only"),
        (3, 1001, "Sell 3 limit 100.1, closes, reduce-only"),
        (3, 1000, "Sell 3 limit 100.0, closes, reduce-only, takes at once"),
        (3, 999, "Sell stop, closes all"),
        (-2, 996, "Buy 2 limit 99.6, closes, reduce-only"),
        (-2, 1001, "Buy 2 limit 100.1, closes, reduce-only, takes at once"),
        (-2, 1002, "Buy stop, closes all"),
    ],
)
async def test_the_mark_says_what_is_sent_at_and_beyond_the_touch(
    lots: int, price: int, words: str
) -> None:
    async with an_armed(lots) as one:
        assert hover(one, price) == words
        assert one.ladder.view.pointer is Shape.SENDS
        one.click_result(price)
        await one.settle()
        ((ticket, _),) = one.desktop.bench.trading.placed
        assert ticket.reduces_only
        assert (ticket.price if ticket.trigger is None else ticket.trigger.price) == price
        assert (ticket.trigger is None) == ("limit" in words)
        assert ticket.lots == (abs(lots) if "limit" in words else None)


async def test_the_mark_names_the_lane_of_hedge_mode() -> None:
    async with an_armed(hedged=True) as one:
        assert hover(one, 1004) == "Sell 3 limit 100.4, closes the long, reduce-only"
        assert hover(one, 999) == "Sell stop, closes all of the long"
        one.ladder.toggle_lane()
        assert hover(one, 1004) == "", "nothing is held in the other lane"


async def test_a_place_that_sends_nothing_says_why_before_the_click() -> None:
    async with an_armed() as one:
        one.desktop.bench.touch = None
        assert hover(one, 1004).startswith("There is no best price now")
        mark = one.row(1004).hover
        assert mark is not None
        assert mark.role is Role.CAUTION
        one.click_result(1004)
        await one.settle()
        assert sent(one) == []


async def test_unarmed_or_flat_no_mark_covers_the_results() -> None:
    async with an_armed() as one:
        one.ladder.toggle_mouse()
        assert hover(one, 1004) == ""
        one.ladder.toggle_mouse()
        one.desktop.bench.stream.push(a_position_update(0))
        await one.settle()
        assert hover(one, 1004) == ""


# Sent as shown -----------------------------------------------------------------------------------


async def test_who_clicks_before_a_frame_has_shown_it_sends_nothing() -> None:
    async with an_armed() as one:
        spot = Spot(one.place_of(1004), LadderColumn.PNL)
        one.ladder.mouse_moved(spot)
        one.ladder.mouse_pressed(spot, Button.LEFT)
        assert one.said.startswith("This would be: Sell 3 limit 100.4")
        await one.settle()
        assert sent(one) == []


async def test_a_position_that_changes_under_the_pointer_sends_nothing_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now_ms = 1000.0
    async with an_armed() as one:
        monkeypatch.setattr(one.ladder.mouse, "_now_ms", lambda: now_ms)
        spot = at(one, 1004)
        one.desktop.bench.stream.push(a_position_update(7))
        one.ladder.mouse_pressed(spot, Button.LEFT)
        assert one.said.startswith("The kind of order changed as you clicked")
        now_ms += AIM_MS + 1
        one.ladder.mouse_pressed(spot, Button.LEFT)
        await one.settle()
        assert sent(one) == [("sell", 7, 1004)]


async def test_on_release_it_goes_where_the_button_went_down_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now_ms = 1000.0
    async with an_armed(habits=LadderHabits(acts_on_release=True)) as one:
        monkeypatch.setattr(one.ladder.mouse, "_now_ms", lambda: now_ms)
        spot = at(one, 1004)
        one.ladder.mouse_pressed(spot, Button.LEFT)
        one.desktop.frame.tick()
        mark = one.row(1004).hover
        assert mark is not None
        assert mark.words == "Let go: Sell 3 limit 100.4, closes, reduce-only"
        one.ladder.mouse_released(at(one, 1005), Button.LEFT)
        assert one.said == "Let go elsewhere: nothing was sent."
        one.ladder.mouse_pressed(at(one, 1004), Button.LEFT)
        one.desktop.bench.stream.push(a_position_update(7))
        one.ladder.mouse_released(spot, Button.LEFT)
        assert one.said == "It would be another order by now: nothing was sent."
        now_ms += AIM_MS + 1
        one.ladder.mouse_pressed(at(one, 1004), Button.LEFT)
        await one.settle()
        assert sent(one) == []
        one.ladder.mouse_released(spot, Button.LEFT)
        await one.settle()
        assert sent(one) == [("sell", 7, 1004)]


async def test_flags_of_the_next_order_neither_change_an_exit_nor_are_taken_by_it() -> None:
    async with an_armed() as one:
        one.ladder.toggle_post_only()
        one.ladder.toggle_exits()
        one.click_result(1000)
        await one.settle()
        ((ticket, _),) = one.desktop.bench.trading.placed
        assert (ticket.is_post_only, ticket.exits) == (False, None)
        assert one.ladder.trading.is_post_only


# Held back ---------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def a_held(lots: int = 3) -> AsyncIterator[tuple[Insighted, HandHoldTimer]]:
    async with an_armed(lots, LadderHabits(hold_ms=HOLD_MS)) as one:
        yield one, held_by_hand(one.ladder)


async def test_it_is_held_back_on_its_row_and_sent_once() -> None:
    async with a_held() as (one, timer):
        one.click_result(1004)
        assert one.said == "Held back: Esc drops it."
        staged = one.row(1004).staged
        assert staged is not None
        assert (staged.words, staged.held_share) == ("Sell 3 limit reduce-only held", 1.0)
        one.click_result(1005)
        assert one.said == STILL_HELD
        await one.settle()
        assert sent(one) == []
        timer.advance(HOLD_MS)
        await one.settle()
        assert sent(one) == [("sell", 3, 1004)]


async def test_esc_drops_a_held_exit() -> None:
    async with a_held() as (one, timer):
        one.click_result(999)
        assert one.ladder.key_pressed(Chord("Esc"), 1000, False)
        assert one.said == TAKEN_BACK
        timer.advance(2 * HOLD_MS)
        await one.settle()
        assert sent(one) == []


def lock(one: Insighted) -> None:
    one.ladder.trading.locked = lambda: "Order entry is locked."


LOSSES: dict[str, Callable[[Insighted], object]] = {
    "arming": lambda one: one.ladder.toggle_mouse(),
    "lock": lock,
    "position": lambda one: one.desktop.bench.stream.push(a_position_update(1)),
    "turned": lambda one: one.desktop.bench.stream.push(a_position_update(-3)),
    "contract": lambda one: one.ladder.choose_contract(str(OTHER)),
    "flatten": lambda one: one.desktop.desk.flatten(XBT),
    "everywhere": lambda one: one.desktop.desk.cancel_everywhere(),
    "stream": lambda one: one.desktop.market_stream.drop(),
    "sight": lambda one: one.ladder.hidden(),
}


@pytest.mark.parametrize("what", LOSSES)
async def test_losing_what_a_held_exit_rests_on_drops_it(what: str) -> None:
    async with a_held() as (one, timer):
        one.click_result(1004)
        before = len(sent(one))
        LOSSES[what](one)
        await one.settle()
        assert not one.ladder.holding.is_holding
        timer.advance(2 * HOLD_MS)
        await one.settle()
        assert all(one_sent[2] != 1004 for one_sent in sent(one)[before:])


async def test_a_held_stop_that_closes_all_is_not_sent_for_the_other_side() -> None:
    """It names no lots, so that only side and lane say whose it is."""
    async with a_held() as (one, timer):
        one.click_result(999)
        assert one.ladder.holding.is_holding
        one.desktop.bench.stream.push(a_position_update(-3))
        await one.settle()
        assert not one.ladder.holding.is_holding
        timer.advance(2 * HOLD_MS)
        await one.settle()
        assert sent(one) == []


async def test_a_staged_stop_is_gone_once_another_side_is_held() -> None:
    async with an_armed() as one:
        one.ladder.toggle_mouse()
        one.click_result(999)
        assert one.insight.staged is not None
        one.desktop.bench.stream.push(a_position_update(-3))
        await one.settle()
        assert one.insight.staged is None


async def test_a_staged_exit_ends_with_what_calls_orders_off_and_with_its_rows() -> None:
    async with an_armed() as one:
        one.ladder.toggle_mouse()
        for end in (one.ladder.cancel_all, one.ladder.hidden):
            one.click_result(999)
            assert one.insight.staged is not None
            end()
            assert one.insight.staged is None
            await one.settle()


async def test_an_unarmed_exit_that_was_clicked_twice_is_held_too_and_goes_out() -> None:
    """It was confirmed by hand and only reduces: no arming keeps it back."""
    async with a_held() as (one, timer):
        one.ladder.toggle_mouse()
        one.click_result(1004)
        one.click_result(1004)
        assert one.said == "Held back: Esc drops it."
        timer.advance(HOLD_MS)
        await one.settle()
        assert sent(one) == [("sell", 3, 1004)]


# More than one -----------------------------------------------------------------------------------


def works(one: Insighted, lots: int, *, price: int = 1004, is_reduce_only: bool = True) -> None:
    one.desktop.bench.stream.push(
        an_order_update(
            order_id=OrderId(f"x{price}"),
            client_oid=None,
            side=Side.SELL,
            price=Price(price),
            lots=Lots(lots),
            is_reduce_only=is_reduce_only,
        )
    )


async def test_a_second_exit_at_the_same_place_is_refused_with_a_sentence() -> None:
    async with an_armed() as one:
        one.click_result(1004)
        await one.settle()
        assert sent(one) == [("sell", 3, 1004)]
        assert one.said.endswith("sent.")
        said = hover(one, 1004)
        assert said == "Sell 3 at 100.4 closes all of it there already.", "not that it was not sent"
        for _ in range(3):
            one.click_result(1004)
        assert one.said == "Not sent. Sell 3 at 100.4 closes all of it there already."
        await one.settle()
        assert len(sent(one)) == 1


async def test_a_second_stop_at_the_same_trigger_is_refused_too() -> None:
    async with an_armed() as one:
        for _ in range(2):
            one.click_result(995)
            await one.settle()
        assert sent(one) == [("close", None, 995)]
        assert "closes all of it there already" in one.said


@pytest.mark.parametrize(
    ("lots", "is_reduce_only", "is_sent"),
    [(3, True, False), (9, True, False), (2, True, True), (3, False, True)],
)
async def test_only_what_closes_all_and_opens_nothing_stands_for_an_exit(
    lots: int, *, is_reduce_only: bool, is_sent: bool
) -> None:
    async with an_armed() as one:
        works(one, lots, is_reduce_only=is_reduce_only)
        await one.settle()
        one.click_result(1004)
        await one.settle()
        assert bool(sent(one)) is is_sent


async def test_one_more_exit_elsewhere_says_that_all_of_them_only_reduce() -> None:
    async with an_armed() as one:
        works(one, 3)
        await one.settle()
        at(one, 1006)
        one.ladder.mouse_pressed(at(one, 1006), Button.LEFT)
        message = one.ladder.trading.message
        assert message is not None
        assert message.text.endswith("all of them only reduce, none can open.")
        await one.settle()
        assert sent(one) == [("sell", 3, 1006)]


async def test_no_exit_is_sent_under_the_lock_and_the_right_button_sends_none() -> None:
    async with an_armed() as one:
        one.ladder.mouse_pressed(at(one, 1004), Button.OTHER)
        one.ladder.mouse_released(at(one, 1004), Button.OTHER)
        lock(one)
        one.click_result(1004)
        assert one.said == "Not sent. Order entry is locked."
        await one.settle()
        assert sent(one) == []


@pytest.mark.parametrize("is_armed", [True, False])
@pytest.mark.parametrize("held", ["shift", "ctrl", "shift ctrl"])
async def test_shift_and_ctrl_at_a_result_close_nothing_and_say_so(
    held: str, *, is_armed: bool
) -> None:
    """Elsewhere they ask for a stop: none is what would be made there of all that is held."""
    async with an_armed() as one:
        if not is_armed:
            one.ladder.toggle_mouse()
            one.click_result(1004)  # shown once: a second plain click would send it
        spot = Spot(one.place_of(1004), LadderColumn.PNL)
        spot = spot._replace(shift="shift" in held, ctrl="ctrl" in held)
        one.ladder.mouse_moved(spot)
        one.desktop.frame.tick()
        mark = one.row(1004).hover
        if is_armed:
            assert mark is not None
            assert "Shift and Ctrl mean nothing there" in mark.words
        assert one.ladder.view.pointer is Shape.ARROW
        click(one.ladder, spot)
        assert one.said.startswith("Not sent. A click at a result closes by its place alone")
        await one.settle()
        assert sent(one) == []
