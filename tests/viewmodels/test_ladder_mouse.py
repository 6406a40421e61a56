"""The ladder's mouse, gesture by gesture: what is shown, what is sent, and what never is."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from terminal.domain.guard import Touch
from terminal.domain.ladder_habits import LadderHabits, OtherButton
from terminal.domain.units import Lots, OrderId, Price, Side
from terminal.viewmodels.keys import Chord, LadderAction
from terminal.viewmodels.ladder_clicks import Button, Spot
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.viewmodels.ladder_options import Centering
from terminal.viewmodels.ladder_view import Shape
from terminal.viewmodels.text import Role
from tests.support.builders import XBT, a_delta, a_position_update, an_order_update
from tests.support.clicks import click
from tests.support.guarded import a_stop_update
from tests.support.hold_timer import HandHoldTimer, held_by_hand
from tests.support.protected import Protected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from terminal.domain.events import OrderUpdate
    from terminal.domain.units import ClientOid
    from terminal.viewmodels.ladder_view import LadderRow

pytestmark = pytest.mark.usefixtures("qapp")
BID, ASK = LadderColumn.BID, LadderColumn.ASK
OWN_BID, OWN_ASK = LadderColumn.OWN_BID, LadderColumn.OWN_ASK
OUTSIDE = Spot(None, None)


class Mouse:
    """A ladder of 21 rows around 1000/1001 with the mouse armed, and a hand on it."""

    def __init__(self, protected: Protected) -> None:
        self.protected = protected
        self.ladder = protected.desktop.ladder
        self.trading = protected.desktop.bench.trading

    def spot(self, price: int, column: LadderColumn, **more: Any) -> Spot:
        rows = self.ladder.view.rows
        row = next(number for number, one in enumerate(rows) if one.price == price)
        return Spot(row, column, **more)

    def at(self, price: int, column: LadderColumn, **more: bool) -> Spot:
        """Move there and show the next frame."""
        spot = self.spot(price, column, **more)
        self.ladder.mouse_moved(spot)
        self.ladder.mark_dirty()
        self.tick()
        return spot

    async def click(
        self, price: int, column: LadderColumn, button: Button = Button.LEFT, **more: bool
    ) -> None:
        click(self.ladder, self.at(price, column, **more), button)
        await self.protected.settle()

    def press(self, price: int, column: LadderColumn, button: Button = Button.LEFT) -> None:
        self.ladder.mouse_pressed(self.at(price, column), button)
        self.tick()

    def release(self, price: int, column: LadderColumn, button: Button = Button.LEFT) -> None:
        self.ladder.mouse_released(self.spot(price, column), button)
        self.tick()

    async def drag(self, start: int, end: int, column: LadderColumn) -> None:
        self.press(start, column)
        self.at(end, column)
        self.release(end, column)
        await self.protected.settle()

    def esc(self) -> None:
        assert self.ladder.key_pressed(Chord("Esc"), 1, False)
        self.tick()

    def tick(self) -> None:
        self.protected.desktop.frame.tick()

    def row(self, price: int) -> LadderRow:
        return next(row for row in self.ladder.view.rows if row.price == price)

    def hover(self, price: int) -> str:
        mark = self.row(price).hover
        return "" if mark is None else mark.words

    def staged(self, price: int) -> str:
        mark = self.row(price).staged
        return "" if mark is None else mark.words

    @property
    def said(self) -> str:
        message = self.ladder.trading.message
        return "" if message is None else message.text

    @property
    def sent(self) -> list[tuple[str, int | None, int | None, int | None]]:
        """Side, lots, price and trigger of everything that was sent."""
        return [
            (
                "close" if one.side is None else one.side.value,
                one.lots,
                one.price,
                None if one.trigger is None else one.trigger.price,
            )
            for one, _ in self.trading.placed
        ]

    async def rests(
        self, price: int, side: Side = Side.BUY, name: str = "o1", lots: int = 4
    ) -> None:
        """An order placed by our own hand, so that its terms are known."""
        ladder = self.ladder
        ladder.trading.sizes.set_current(lots)
        await self.click(price, BID if side is Side.BUY else ASK)
        oid = list(self.protected.desktop.desk.orders)[-1]
        self.protected.desktop.bench.stream.push(
            an_order_update(
                order_id=OrderId(name),
                client_oid=oid,
                price=Price(price),
                side=side,
                lots=Lots(lots),
            )
        )
        await self.protected.settle()


@contextlib.asynccontextmanager
async def a_mouse(
    lots: int = 0, *stops: OrderUpdate, habits: LadderHabits | None = None
) -> AsyncIterator[Mouse]:
    protected = await Protected().start(lots, *stops)
    mouse = Mouse(protected)
    mouse.ladder.habits = habits or LadderHabits()
    mouse.ladder.toggle_mouse()
    mouse.ladder.set_hovered(True)
    await protected.settle()
    try:
        yield mouse
    finally:
        await protected.stop()


# Sending -----------------------------------------------------------------------------------------


async def test_clicks_send_limits_stops_and_close_linked_stops() -> None:
    async with a_mouse(3) as mouse:
        await mouse.click(999, BID)
        await mouse.click(1002, ASK)
        await mouse.click(1004, BID, shift=True)
        await mouse.click(995, ASK, ctrl=True)
        assert mouse.sent == [
            ("buy", 1, 999, None),
            ("sell", 1, 1002, None),
            ("buy", 1, None, 1004),
            ("close", None, None, 995),
        ]


async def test_modifiers_without_a_meaning_send_nothing() -> None:
    async with a_mouse() as mouse:
        await mouse.click(999, BID, shift=True, ctrl=True)
        await mouse.click(999, BID, other=True)
        assert mouse.hover(999) == "Click: to the ticket", "Alt alone sends nothing, too"
        assert mouse.sent == []


async def test_unarmed_nothing_is_shown_and_nothing_is_sent() -> None:
    async with a_mouse() as mouse:
        mouse.ladder.toggle_mouse()
        mouse.at(999, BID)
        assert mouse.hover(999) == ""
        assert mouse.ladder.view.pointer is Shape.ARROW
        for shift, ctrl in ((False, False), (True, False), (False, True)):
            await mouse.click(999, BID, shift=shift, ctrl=ctrl)
            assert mouse.said.startswith("Mouse trading is off")
        assert mouse.sent == []


async def test_the_cell_under_the_pointer_says_what_a_click_would_do() -> None:
    async with a_mouse(3) as mouse:
        mouse.at(999, BID)
        assert mouse.hover(999) == "Buy 1 limit"
        assert mouse.ladder.view.pointer is Shape.SENDS
        mouse.at(1004, BID, shift=True)
        assert (mouse.hover(999), mouse.hover(1004)) == ("", "Buy 1 stop if mark rises")
        mouse.at(996, ASK, ctrl=True)
        assert mouse.hover(996) == "Sell stop, closes all"
        mouse.ladder.set_hovered(False)
        mouse.tick()
        assert all(row.hover is None for row in mouse.ladder.view.rows)


async def test_beyond_the_collar_the_pointer_says_so_before_the_click() -> None:
    async with a_mouse() as mouse:
        mouse.ladder.set_visible_rows(61)
        mouse.tick()
        mouse.at(1022, BID)
        mark = mouse.row(1022).hover
        assert mark is not None
        assert (mark.words, mark.role) == ("21 ticks through: the collar is 20", Role.DANGER)
        await mouse.click(1022, BID)
        assert mouse.sent == []


# The other button --------------------------------------------------------------------------------


async def test_the_other_button_sends_nothing_as_shipped() -> None:
    async with a_mouse(3) as mouse:
        for column in (BID, ASK):
            await mouse.click(999, column, Button.OTHER)
        assert mouse.sent == []


async def test_the_other_button_sends_the_second_size() -> None:
    async with a_mouse(habits=LadderHabits(other_button=OtherButton.SECOND_SIZE)) as mouse:
        mouse.at(999, BID)
        assert mouse.hover(999) == "Buy 1 limit, right: 5"
        await mouse.click(999, BID, Button.OTHER)
        await mouse.click(1004, BID, Button.OTHER, shift=True)
        await mouse.click(999, BID)
        assert mouse.sent == [
            ("buy", 5, 999, None),
            ("buy", 5, None, 1004),
            ("buy", 1, 999, None),
        ]


async def test_the_other_button_closes_the_net_size_and_never_opens() -> None:
    async with a_mouse(7, habits=LadderHabits(other_button=OtherButton.NET_SIZE)) as mouse:
        mouse.at(1003, ASK)
        assert mouse.hover(1003) == "Sell 1 limit, right: sell 7 limit reduce-only"
        await mouse.click(999, BID, Button.OTHER)
        assert mouse.said == "The net size only closes: it sells in the other column."
        await mouse.click(1003, ASK, Button.OTHER, shift=True)
        assert mouse.sent == []
        await mouse.click(1003, ASK, Button.OTHER)
        ((ticket, _),) = mouse.trading.placed
        assert (ticket.side, ticket.lots, ticket.price) == (Side.SELL, 7, 1003)
        assert ticket.is_reduce_only


@pytest.mark.parametrize("is_framed", [True, False])
async def test_the_net_size_goes_as_the_last_frame_showed_it_or_not_at_all(
    is_framed: bool,
) -> None:
    async with a_mouse(7, habits=LadderHabits(other_button=OtherButton.NET_SIZE)) as mouse:
        spot = mouse.at(1003, ASK)
        if not is_framed:
            spot = mouse.spot(1004, ASK)
            mouse.ladder.mouse_moved(spot)
        bench = mouse.protected.desktop.bench
        bench.stream.push(a_position_update(3))
        await bench.clock.settle()
        assert bench.account.position(XBT).core.lots == 3
        mouse.ladder.mouse_pressed(spot, Button.OTHER)
        mouse.ladder.mouse_released(spot, Button.OTHER)
        await mouse.protected.settle()
        assert mouse.sent == []
        assert mouse.said


async def test_the_other_button_says_all_that_it_sends() -> None:
    """Modifiers hold for it too, and so do the flags of the next order."""
    async with a_mouse(7, habits=LadderHabits(other_button=OtherButton.SECOND_SIZE)) as mouse:
        mouse.at(995, ASK, ctrl=True)
        assert mouse.hover(995) == "Sell stop, closes all, right: the same"
    async with a_mouse(7, habits=LadderHabits(other_button=OtherButton.NET_SIZE)) as mouse:
        mouse.ladder.toggle_post_only()
        mouse.at(1003, ASK)
        post = "post-only"
        assert mouse.hover(1003) == (f"Sell 1 limit {post}, right: sell 7 limit {post} reduce-only")
        mouse.at(1003, ASK, shift=True)
        assert mouse.hover(1003) == "Sell 1 stop if mark falls", "right sends nothing with Shift"


async def test_the_mark_says_what_goes_with_the_order() -> None:
    async with a_mouse(3) as mouse:
        ladder = mouse.ladder
        for toggles, words in (
            ((ladder.toggle_post_only,), "Buy 1 limit post-only"),
            ((ladder.toggle_reduce_only,), "Buy 1 limit post-only reduce-only"),
            ((ladder.toggle_post_only, ladder.toggle_reduce_only, ladder.toggle_exits),
             "Buy 1 limit with exits"),
        ):  # fmt: skip
            for toggle in toggles:
                toggle()
            mouse.at(998, BID)
            assert mouse.hover(998) == words
        mouse.at(1004, BID, shift=True)
        assert mouse.hover(1004) == "Buy 1 stop no bracket if mark rises"
        await mouse.click(1004, BID, shift=True)
        ((ticket, _),) = mouse.trading.placed
        assert ticket.exits is None


@pytest.mark.parametrize(
    "change",
    [
        lambda ladder: ladder.toggle_post_only(),
        lambda ladder: ladder.toggle_reduce_only(),
        lambda ladder: ladder.resize(LadderAction.SIZE_UP),
        lambda ladder: ladder.scroll(2),
        lambda ladder: ladder.step(finer=False),
    ],
    ids=["post-only", "reduce-only", "size", "wheel", "grouping"],
)
async def test_what_no_frame_has_shown_is_not_sent(change: Callable[[Any], object]) -> None:
    async with a_mouse(3) as mouse:
        for moves in (False, True):
            spot = mouse.at(998, BID)
            if moves:
                spot = spot._replace(row=(spot.row or 0) + 1)
            change(mouse.ladder)
            click(mouse.ladder, spot)
            assert "nothing was sent" in mouse.said or mouse.said.startswith("This would be")
            mouse.tick()
        await mouse.protected.settle()
        assert mouse.sent == []


async def test_who_moves_and_clicks_within_a_frame_still_sends_where_he_clicks() -> None:
    async with a_mouse() as mouse:
        mouse.at(998, BID)
        click(mouse.ladder, mouse.spot(997, BID))
        await mouse.protected.settle()
        assert mouse.sent == [("buy", 1, 997, None)]


async def test_without_a_position_there_is_no_net_size() -> None:
    async with a_mouse(habits=LadderHabits(other_button=OtherButton.NET_SIZE)) as mouse:
        await mouse.click(1003, ASK, Button.OTHER)
        assert mouse.sent == []
        assert mouse.said == "There is no position whose size could be sent."


async def test_right_on_the_price_and_the_middle_button_recentre() -> None:
    async with a_mouse(habits=LadderHabits(other_button=OtherButton.SECOND_SIZE)) as mouse:
        for button, column in ((Button.OTHER, LadderColumn.PRICE), (Button.MIDDLE, BID)):
            mouse.ladder.scroll(8)
            mouse.tick()
            top = mouse.ladder.view.rows[0].price
            click(mouse.ladder, Spot(3, column), button)
            mouse.tick()
            assert mouse.ladder.view.rows[0].price != top
        assert mouse.sent == []


# The place says the kind -------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def a_wide_mouse(lots: int = 0) -> AsyncIterator[Mouse]:
    """The place says the kind, and rows reach beyond the collar of 20 ticks."""
    async with a_mouse(lots, habits=LadderHabits(infers_type=True)) as mouse:
        mouse.ladder.set_visible_rows(61)
        mouse.tick()
        yield mouse


async def test_the_place_of_a_click_says_limit_or_stop_and_it_is_shown_first() -> None:
    async with a_wide_mouse() as mouse:
        for price, column, words in (
            (1000, BID, "Buy 1 limit"),
            (1001, BID, "Buy 1 limit"),
            (1021, BID, "Buy 1 limit"),
            (1022, BID, "Buy 1 stop if mark rises"),
            (1001, ASK, "Sell 1 limit"),
            (1000, ASK, "Sell 1 limit"),
            (980, ASK, "Sell 1 limit"),
            (979, ASK, "Sell 1 stop if mark falls"),
        ):
            mouse.at(price, column)
            assert mouse.hover(price) == words
        await mouse.click(1023, BID)
        assert mouse.sent == [("buy", 1, None, 1023)]


async def test_a_kind_that_was_not_shown_is_not_sent() -> None:
    async with a_wide_mouse() as mouse:
        spot = mouse.spot(1023, BID)
        click(mouse.ladder, spot)  # no frame was drawn since the pointer came
        assert mouse.said == "This would be: Buy 1 stop if mark rises. Click again to send it."
        assert mouse.sent == []
        mouse.tick()
        click(mouse.ladder, spot)
        await mouse.protected.settle()
        assert mouse.sent == [("buy", 1, None, 1023)]


async def test_a_kind_that_changes_under_the_pointer_is_not_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The market runs through the row as the finger goes down: neither kind was meant."""
    now = 1000.0
    async with a_wide_mouse() as mouse:
        monkeypatch.setattr(mouse.ladder.mouse, "_now_ms", lambda: now)
        spot = mouse.at(1022, BID)
        assert mouse.hover(1022) == "Buy 1 stop if mark rises"
        mouse.protected.desktop.bench.touch = Touch(Price(1000), Price(1002))
        click(mouse.ladder, spot)
        assert mouse.said.startswith("The kind of order changed as you clicked")
        mouse.tick()
        assert mouse.hover(1022) == "Buy 1 limit"
        click(mouse.ladder, spot)
        assert mouse.said.startswith("The kind of order changed as you clicked")
        assert mouse.sent == []
        now += 151
        click(mouse.ladder, spot)
        await mouse.protected.settle()
        assert mouse.sent == [("buy", 1, 1022, None)]


async def test_through_the_market_on_the_closing_side_a_click_is_a_stop_that_only_reduces() -> None:
    async with a_wide_mouse(3) as mouse:
        mouse.at(1002, BID)
        assert mouse.hover(1002) == "Buy 1 limit"
        mouse.at(997, ASK)
        assert mouse.hover(997) == "Sell 1 stop reduce-only if mark falls"
        await mouse.click(997, ASK)
        ((ticket, _),) = mouse.trading.placed
        assert (ticket.side, ticket.lots, ticket.is_reduce_only) == (Side.SELL, 1, True)
        assert ticket.trigger is not None
        assert ticket.trigger.price == 997


async def test_with_post_only_or_exits_a_click_stays_a_limit() -> None:
    async with a_wide_mouse(3) as mouse:
        for toggle, words in (
            (mouse.ladder.toggle_post_only, "post-only"),
            (mouse.ladder.toggle_exits, "with exits"),
        ):
            toggle()
            mouse.at(997, ASK)
            assert mouse.hover(997) == f"Sell 1 limit {words}"
            toggle()
            mouse.tick()
            assert mouse.hover(997) == "Sell 1 stop reduce-only if mark falls"


# On release --------------------------------------------------------------------------------------


async def test_on_release_the_order_goes_where_the_button_went_down() -> None:
    async with a_mouse(habits=LadderHabits(acts_on_release=True)) as mouse:
        mouse.press(999, BID)
        assert mouse.hover(999) == "Let go: Buy 1 limit"
        assert mouse.sent == []
        mouse.release(999, BID)
        await mouse.protected.settle()
        assert mouse.sent == [("buy", 1, 999, None)]


async def test_let_go_elsewhere_and_nothing_is_sent() -> None:
    async with a_mouse(habits=LadderHabits(acts_on_release=True)) as mouse:
        for price, column in ((998, BID), (999, ASK), (999, LadderColumn.PRICE)):
            mouse.press(999, BID)
            mouse.at(price, column)
            assert mouse.hover(price) == "Let go here: nothing is sent"
            mouse.release(price, column)
            assert mouse.said == "Let go elsewhere: nothing was sent."
        mouse.press(999, BID)
        mouse.ladder.mouse_released(OUTSIDE, Button.LEFT)
        await mouse.protected.settle()
        assert mouse.sent == []


@pytest.mark.parametrize(
    "between",
    [
        lambda mouse: mouse.ladder.toggle_mouse(),
        lambda mouse: (mouse.ladder.toggle_mouse(), mouse.ladder.toggle_mouse()),
        lambda mouse: mouse.ladder.disarm("the connection was lost."),
        lambda mouse: mouse.ladder.choose_size(3),
        lambda mouse: mouse.ladder.mouse_lost(),
        lambda mouse: mouse.ladder.mouse_pressed(mouse.spot(999, BID), Button.OTHER),
    ],
    ids=["disarmed", "armed anew", "lost", "other size", "focus", "second button"],
)
async def test_what_changes_while_the_button_is_down_sends_nothing(
    between: Callable[[Mouse], object],
) -> None:
    async with a_mouse(habits=LadderHabits(acts_on_release=True)) as mouse:
        mouse.press(999, BID)
        between(mouse)
        mouse.release(999, BID)
        await mouse.protected.settle()
        assert mouse.sent == []


async def test_a_press_before_arming_sends_nothing_on_release() -> None:
    async with a_mouse(habits=LadderHabits(acts_on_release=True)) as mouse:
        mouse.ladder.toggle_mouse()
        mouse.press(999, BID)
        mouse.ladder.toggle_mouse()
        mouse.release(999, BID)
        await mouse.protected.settle()
        assert mouse.sent == []
        assert mouse.said == "Arming changed since the press: nothing was sent."


async def test_esc_takes_a_press_back() -> None:
    async with a_mouse(habits=LadderHabits(acts_on_release=True)) as mouse:
        mouse.press(999, BID)
        mouse.esc()
        mouse.release(999, BID)
        await mouse.protected.settle()
        assert mouse.sent == []
        assert mouse.ladder.is_armed_on(XBT)


# Holding back ------------------------------------------------------------------------------------


# Own orders --------------------------------------------------------------------------------------


async def test_a_click_cancels_and_so_it_does_unarmed() -> None:
    async with a_mouse() as mouse:
        await mouse.rests(998)
        mouse.at(998, OWN_BID)
        assert mouse.hover(998) == "Click cancels, drag moves"
        assert mouse.ladder.view.pointer is Shape.CANCELS
        mouse.ladder.toggle_mouse()
        await mouse.click(998, OWN_BID)
        assert mouse.trading.cancels == ["o1"]


async def test_a_cancel_is_let_go_where_it_was_pressed() -> None:
    async with a_mouse() as mouse:
        await mouse.rests(998)
        mouse.press(998, OWN_BID)
        mouse.release(998, BID)
        await mouse.protected.settle()
        assert mouse.trading.cancels == []


async def test_an_order_is_dragged_with_a_ghost_and_moved_by_letting_go() -> None:
    async with a_mouse() as mouse:
        await mouse.rests(998)
        mouse.press(998, OWN_BID)
        mouse.at(996, OWN_BID)
        assert mouse.staged(996) == "Buy 4 moves: goes to the end of the queue"
        assert mouse.said == (
            "Holding buy 4 at 99.8: to 99.6, goes to the end of the queue. Esc drops."
        )
        assert mouse.row(996).is_grab_target
        assert mouse.ladder.view.pointer is Shape.DRAGS
        assert mouse.trading.cancels == []
        mouse.release(996, OWN_BID)
        await mouse.protected.settle()
        assert mouse.trading.cancels == ["o1"]
        assert mouse.said == "Moving to 99.6: cancel first."


async def test_a_drag_along_the_row_moves_and_cancels_nothing() -> None:
    async with a_mouse() as mouse:
        await mouse.rests(998)
        mouse.press(998, OWN_BID)
        mouse.at(998, ASK)
        mouse.release(998, ASK)
        await mouse.protected.settle()
        assert mouse.trading.cancels == []


async def test_a_taking_drop_is_said_and_one_beyond_the_collar_stays() -> None:
    async with a_mouse() as mouse:
        mouse.ladder.set_visible_rows(61)
        mouse.tick()
        await mouse.rests(998)
        mouse.press(998, OWN_BID)
        mouse.at(1005, OWN_BID)
        assert mouse.staged(1005) == "Buy 4 moves: takes at once"
        mouse.at(1022, OWN_BID)
        assert mouse.staged(1022) == "Buy 4 stays: 21 ticks through, the collar is 20"
        assert mouse.said.startswith("Holding buy 4 at 99.8: not to 102.2, 21 ticks through")
        assert mouse.ladder.view.pointer is Shape.REFUSES
        mouse.release(1022, OWN_BID)
        await mouse.protected.settle()
        assert mouse.trading.cancels == [], "what cannot be placed is not canceled either"
        assert mouse.said == "Not moved: 21 ticks through, the collar is 20."


@pytest.mark.parametrize(
    "end",
    [
        lambda mouse: mouse.ladder.mouse_released(OUTSIDE, Button.LEFT),
        lambda mouse: (mouse.ladder.mouse_moved(OUTSIDE), mouse.release(996, OWN_BID)),
        lambda mouse: (mouse.esc(), mouse.release(996, OWN_BID)),
        lambda mouse: (
            mouse.ladder.disarm("the connection was lost."),
            mouse.release(996, OWN_BID),
        ),
        lambda mouse: (mouse.ladder.toggle_mouse(), mouse.release(996, OWN_BID)),
        lambda mouse: (mouse.ladder.mouse_lost(), mouse.release(996, OWN_BID)),
        lambda mouse: (
            mouse.ladder.mouse_pressed(mouse.spot(996, OWN_BID), Button.OTHER),
            mouse.release(996, OWN_BID),
        ),
        lambda mouse: mouse.release(998, OWN_BID),
        lambda mouse: (mouse.at(998, OWN_BID), mouse.release(998, OWN_BID)),
        lambda mouse: mouse.release(995, OWN_BID),
    ],
    ids=[
        "outside",
        "left the rows",
        "esc",
        "connection",
        "disarmed",
        "focus",
        "second button",
        "not where it was shown",
        "back home",
        "a row never shown",
    ],
)
async def test_a_dropped_drag_leaves_all_as_it_was(end: Callable[[Mouse], object]) -> None:
    async with a_mouse() as mouse:
        await mouse.rests(998)
        before = len(mouse.sent)
        mouse.press(998, OWN_BID)
        mouse.at(996, OWN_BID)
        end(mouse)
        await mouse.protected.settle()
        assert mouse.trading.cancels == []
        assert len(mouse.sent) == before
        assert mouse.ladder.mouse.drag.now is None
        assert all(row.staged is None for row in mouse.ladder.view.rows)


async def test_unarmed_nothing_is_dragged() -> None:
    async with a_mouse() as mouse:
        await mouse.rests(998)
        mouse.ladder.toggle_mouse()
        await mouse.drag(998, 996, OWN_BID)
        assert mouse.trading.cancels == []
        assert mouse.said.startswith("Mouse trading is off")


async def test_an_order_that_ends_while_it_is_dragged_is_let_go() -> None:
    async with a_mouse() as mouse:
        await mouse.rests(998)
        mouse.press(998, OWN_BID)
        mouse.at(996, OWN_BID)
        oid = list(mouse.protected.desktop.desk.orders)[-1]
        mouse.protected.desktop.bench.stream.push(
            an_order_update(
                order_id=OrderId("o1"),
                client_oid=oid,
                price=Price(998),
                lots=Lots(4),
                filled=Lots(4),
                is_done=True,
            )
        )
        await mouse.protected.settle()
        assert mouse.said == "The order you dragged has ended."
        mouse.release(996, OWN_BID)
        await mouse.protected.settle()
        assert mouse.trading.cancels == []


async def test_a_stop_is_dragged_new_one_first_and_never_onto_a_price_where_it_fires() -> None:
    async with a_mouse(5, a_stop_update("s1", 5, trigger=Price(990))) as mouse:
        mouse.press(990, OWN_ASK)
        mouse.at(995, OWN_ASK)
        assert mouse.staged(995).endswith("if mark falls to 99.5, new one first")
        mouse.at(1003, OWN_ASK)
        assert mouse.staged(1003).endswith("it would fire now")
        mouse.release(1003, OWN_ASK)
        await mouse.protected.settle()
        assert mouse.sent == []
        assert mouse.said == "Not moved: it would fire now."


def held(mouse: Mouse) -> HandHoldTimer:
    mouse.ladder.habits = LadderHabits(hold_ms=300)
    return held_by_hand(mouse.ladder)


def oid_of(mouse: Mouse) -> ClientOid:
    return list(mouse.protected.desktop.desk.orders)[-1]


async def test_a_drag_is_held_back_as_a_keys_move_is() -> None:
    async with a_mouse() as mouse:
        await mouse.rests(998)
        timer = held(mouse)
        await mouse.drag(998, 996, OWN_BID)
        assert mouse.said == "Held back: Esc drops it."
        mark = mouse.row(996).staged
        assert mark is not None
        assert (mark.words, mark.held_share) == ("Buy 4 moved here held", 1.0)
        timer.advance(225)
        mouse.ladder.mark_dirty()
        mouse.tick()
        mark = mouse.row(996).staged
        assert mark is not None
        assert mark.held_share == pytest.approx(0.25)
        assert mouse.trading.cancels == []
        timer.advance(75)
        await mouse.protected.settle()
        assert mouse.trading.cancels == ["o1"]
        assert mouse.said == "Moving to 99.6: cancel first."


async def test_what_cannot_be_moved_is_said_at_once_and_not_held() -> None:
    async with a_mouse() as mouse:
        await mouse.rests(998)
        held(mouse)
        mouse.protected.desktop.desk.move(oid_of(mouse), Price(990))
        await mouse.drag(998, 996, OWN_BID)
        assert not mouse.ladder.holding.is_holding
        assert mouse.said.startswith("Not moved. "), mouse.said


def ends(mouse: Mouse) -> None:
    mouse.protected.desktop.bench.stream.push(
        an_order_update(
            order_id=OrderId("o1"), client_oid=oid_of(mouse), price=Price(998),
            lots=Lots(4), filled=Lots(4), is_done=True,
        )
    )  # fmt: skip


def grabs(mouse: Mouse) -> None:
    mouse.ladder.toggle_keyboard()
    mouse.ladder.axis.place_cursor(998)
    assert mouse.ladder.key_pressed(Chord("G"), 5000, False)
    assert mouse.ladder.trading.grab is not None


def drags_on(mouse: Mouse) -> None:
    mouse.press(998, OWN_BID)
    mouse.at(994, OWN_BID)


@pytest.mark.parametrize(
    "lose",
    [
        lambda mouse: mouse.esc(),
        lambda mouse: mouse.ladder.toggle_mouse(),
        lambda mouse: mouse.ladder.disarm("the connection was lost."),
        lambda mouse: mouse.ladder.hidden(),
        lambda mouse: mouse.ladder.cancel_all(),
        lambda mouse: mouse.protected.desktop.market_stream.drop(),
        lambda mouse: setattr(mouse.ladder.trading, "locked", lambda: "Locked."),
        lambda mouse: mouse.protected.desktop.desk.move(oid_of(mouse), Price(990)),
        ends,
        grabs,
        drags_on,
    ],
    ids=[
        "esc", "disarmed", "connection", "sight", "cancel all", "stream", "lock", "moved",
        "ended", "grabbed", "dragged on",
    ],
)  # fmt: skip
async def test_a_held_drag_is_dropped_with_what_it_rests_on(
    lose: Callable[[Mouse], object],
) -> None:
    async with a_mouse() as mouse:
        await mouse.rests(998)
        timer = held(mouse)
        await mouse.drag(998, 996, OWN_BID)
        assert mouse.ladder.holding.is_holding
        lose(mouse)
        mouse.ladder.mark_dirty()
        await mouse.protected.settle()
        assert not mouse.ladder.holding.is_holding
        timer.advance(600)
        await mouse.protected.settle()
        assert all(price != 996 for _, _, price, _ in mouse.sent)
        assert mouse.staged(996) == ""


async def test_a_drop_that_the_market_has_made_wrong_is_not_carried_out() -> None:
    async with a_mouse() as mouse:
        await mouse.rests(998)
        timer = held(mouse)
        await mouse.drag(998, 1005, OWN_BID)
        assert mouse.ladder.holding.is_holding
        mouse.protected.desktop.bench.touch = Touch(Price(980), Price(981))
        timer.advance(300)
        await mouse.protected.settle()
        assert mouse.trading.cancels == []
        assert "24 ticks through, the collar is 20" in mouse.said


async def test_a_drag_ends_a_grab_of_the_same_order_and_its_held_commit() -> None:
    async with a_mouse() as mouse:
        await mouse.rests(998)
        timer = held(mouse)
        grabs(mouse)
        mouse.ladder.key_pressed(Chord("Up"), 6000, False)
        mouse.ladder.key_pressed(Chord("Enter"), 7000, False)
        mouse.tick()
        assert mouse.ladder.holding.is_holding, mouse.said
        mouse.press(998, OWN_BID)
        mouse.at(996, OWN_BID)
        assert mouse.ladder.trading.grab is None
        mouse.tick()
        assert not mouse.ladder.holding.is_holding
        timer.advance(600)
        await mouse.protected.settle()
        assert mouse.trading.cancels == []
        mouse.release(996, OWN_BID)
        timer.advance(300)
        await mouse.protected.settle()
        assert mouse.trading.cancels == ["o1"]


async def test_a_grab_ends_a_drag_of_the_same_order_and_leaves_others_alone() -> None:
    async with a_mouse() as mouse:
        await mouse.rests(998)
        await mouse.rests(997, name="o2", lots=3)
        mouse.ladder.toggle_keyboard()
        mouse.ladder.axis.place_cursor(998)
        mouse.press(997, OWN_BID)
        mouse.at(996, OWN_BID)
        assert mouse.ladder.key_pressed(Chord("G"), 5000, False)
        mouse.tick()
        assert mouse.ladder.mouse.drag.now is not None, "another order is in the keys' hand"
        mouse.esc()
        mouse.esc()
        mouse.press(998, OWN_BID)
        mouse.at(996, OWN_BID)
        assert mouse.ladder.key_pressed(Chord("G"), 9000, False)
        mouse.tick()
        assert mouse.ladder.mouse.drag.now is None
        mouse.release(996, OWN_BID)
        await mouse.protected.settle()
        assert mouse.trading.cancels == []


async def test_rows_stay_where_they_are_while_a_button_is_down() -> None:
    async with a_mouse() as mouse:
        mouse.ladder.set_options(replace(mouse.ladder.options, centering=Centering.ALWAYS))
        mouse.tick()
        await mouse.rests(998)
        mouse.press(998, OWN_BID)
        mouse.at(996, OWN_BID)
        rows = [row.price for row in mouse.ladder.view.rows]
        stream = mouse.protected.desktop.market_stream
        stream.push(a_delta(101, Side.SELL, 1001, 0))
        stream.push(a_delta(102, Side.SELL, 1002, 0))
        stream.push(a_delta(103, Side.BUY, 1009, 3))
        stream.push(a_delta(104, Side.SELL, 1010, 3))
        mouse.ladder.scroll(5)
        mouse.ladder.recenter()
        mouse.ladder.step(finer=False)
        mouse.tick()
        assert [row.price for row in mouse.ladder.view.rows] == rows
        mouse.esc()
        mouse.tick()
        assert [row.price for row in mouse.ladder.view.rows] != rows


# Several orders ----------------------------------------------------------------------------------


async def three(mouse: Mouse) -> None:
    for number, lots in enumerate((2, 3, 4), start=1):
        await mouse.rests(998, name=f"o{number}", lots=lots)


async def test_several_orders_at_one_price_are_listed_and_one_is_canceled() -> None:
    async with a_mouse() as mouse:
        await three(mouse)
        mouse.at(998, OWN_BID)
        assert mouse.hover(998) == "3 orders: click lists them"
        await mouse.click(998, OWN_BID)
        own = mouse.ladder.view.own_list
        assert own is not None
        assert own.lines == (
            "1  buy 2 at 99.8, open",
            "2  buy 3 at 99.8, open",
            "3  buy 4 at 99.8, open",
        )
        click(mouse.ladder, Spot(own.row + 2, BID, entry=1))
        await mouse.protected.settle()
        assert mouse.trading.cancels == ["o2"]
        assert mouse.ladder.view.own_list is None
        assert len(mouse.sent) == 3, "the list lies over the bids, but it is no trading column"


async def test_one_of_the_list_is_dragged() -> None:
    async with a_mouse() as mouse:
        await three(mouse)
        await mouse.click(998, OWN_BID)
        mouse.ladder.mouse_pressed(Spot(13, BID, entry=2), Button.LEFT)
        mouse.at(995, BID)
        assert mouse.staged(995).startswith("Buy 4 moves:")
        mouse.release(995, BID)
        await mouse.protected.settle()
        assert mouse.trading.cancels == ["o3"]


async def test_a_press_beside_the_list_closes_it_and_sends_nothing() -> None:
    async with a_mouse() as mouse:
        await three(mouse)
        await mouse.click(998, OWN_BID)
        await mouse.click(1003, BID)
        assert mouse.ladder.view.own_list is None
        assert (len(mouse.sent), mouse.trading.cancels) == (3, [])
        await mouse.click(998, OWN_BID)
        mouse.esc()
        mouse.tick()
        assert mouse.ladder.view.own_list is None


async def test_several_orders_are_not_dragged_at_once() -> None:
    async with a_mouse() as mouse:
        await three(mouse)
        await mouse.drag(998, 996, OWN_BID)
        assert mouse.trading.cancels == []
        assert mouse.said == "Several orders: click lists them, then drag one."


async def test_the_position_does_not_change_what_a_left_click_means() -> None:
    async with a_mouse(-4) as mouse:
        mouse.protected.desktop.bench.stream.push(a_position_update(-2))
        await mouse.click(999, BID)
        ((ticket, _),) = mouse.trading.placed
        assert not ticket.is_reduce_only


# Plates of what lies out of view ------------------------------------------------------------------


def edge_spot(mouse: Mouse, column: LadderColumn = ASK, **more: bool) -> Spot:
    """The pointer on the first plate that there is, over a cell of its row."""
    rows = mouse.ladder.view.rows
    row = next(number for number, one in enumerate(rows) if one.outside)
    spot = Spot(row, column, edge=rows[row].outside[0], **more)
    mouse.ladder.mouse_moved(spot)
    mouse.tick()
    return spot


async def an_order_out_of_view(mouse: Mouse, price: int = 1050) -> None:
    mouse.protected.desktop.bench.stream.push(
        an_order_update(
            order_id=OrderId("far"), client_oid=None, price=Price(price), side=Side.SELL,
            lots=Lots(2),
        )
    )  # fmt: skip
    await mouse.protected.settle()


@pytest.mark.parametrize("more", [{}, {"shift": True}, {"ctrl": True}, {"other": True}])
@pytest.mark.parametrize("column", [ASK, BID, OWN_ASK, LadderColumn.PNL, LadderColumn.VOLUME])
async def test_a_click_on_a_plate_brings_what_it_names_and_sends_nothing(
    column: LadderColumn, more: dict[str, bool]
) -> None:
    async with a_mouse() as mouse:
        await an_order_out_of_view(mouse)
        spot = edge_spot(mouse, column, **more)
        assert mouse.ladder.view.pointer is Shape.GOES
        assert all(row.hover is None for row in mouse.ladder.view.rows), "no order is shown for it"
        click(mouse.ladder, spot)
        await mouse.protected.settle()
        assert mouse.row(1050).own_ask is not None
        assert mouse.sent == []
        assert mouse.trading.cancels == []


async def test_who_goes_on_clicking_where_a_plate_was_sends_nothing_at_the_new_row() -> None:
    """The rows moved by the first click: another row lies there, which nobody aimed at."""
    async with a_mouse() as mouse:
        await an_order_out_of_view(mouse)
        spot = edge_spot(mouse)
        click(mouse.ladder, spot)
        mouse.tick()
        for button in (Button.LEFT, Button.OTHER):
            mouse.ladder.mouse_moved(spot)
            mouse.ladder.mouse_pressed(spot._replace(edge=None), button)
            await mouse.protected.settle()
            assert mouse.said.startswith("What was under the pointer is elsewhere")
        assert mouse.sent == []
        await mouse.click(1052, ASK)
        assert mouse.sent == [("sell", 1, 1052, None)], "a pointer that has moved means its cell"


async def test_a_hand_that_trembles_where_a_plate_was_has_not_aimed_at_the_row_below() -> None:
    """Said once; who presses again means the cell."""
    async with a_mouse() as mouse:
        await an_order_out_of_view(mouse)
        spot = edge_spot(mouse)
        click(mouse.ladder, spot)
        mouse.tick()
        below = spot._replace(edge=None)
        mouse.ladder.mouse_moved(below)
        mouse.tick()
        click(mouse.ladder, below)
        await mouse.protected.settle()
        assert mouse.said.startswith("What was under the pointer is elsewhere")
        assert mouse.sent == []
        click(mouse.ladder, below)
        await mouse.protected.settle()
        assert len(mouse.sent) == 1


async def test_the_right_button_on_a_plate_does_nothing_and_the_middle_one_recentres() -> None:
    async with a_mouse(habits=LadderHabits(other_button=OtherButton.SECOND_SIZE)) as mouse:
        await an_order_out_of_view(mouse)
        top = mouse.ladder.view.rows[0].price
        click(mouse.ladder, edge_spot(mouse), Button.OTHER)
        mouse.tick()
        assert mouse.ladder.view.rows[0].price == top
        mouse.ladder.scroll(4)
        mouse.tick()
        click(mouse.ladder, edge_spot(mouse), Button.MIDDLE)
        mouse.tick()
        assert mouse.ladder.view.rows[0].price == top
        await mouse.protected.settle()
        assert mouse.sent == []


async def test_a_plate_moves_no_rows_under_a_hand_that_has_begun_something() -> None:
    """A second button on a plate takes back what the first one began, as anywhere else."""
    async with a_mouse(habits=LadderHabits(acts_on_release=True)) as mouse:
        await an_order_out_of_view(mouse)
        top = mouse.ladder.view.rows[0].price
        plate = edge_spot(mouse)
        mouse.press(999, BID)
        assert plate.edge is not None
        mouse.ladder.bring(plate.edge)  # from the menu
        mouse.ladder.mouse_pressed(plate, Button.OTHER)
        mouse.tick()
        assert mouse.ladder.view.rows[0].price == top
        await mouse.protected.settle()
        assert mouse.sent == []


async def test_an_armed_cursor_stays_on_its_row_when_a_plate_is_clicked() -> None:
    async with a_mouse() as mouse:
        await an_order_out_of_view(mouse)
        mouse.ladder.toggle_keyboard()
        mouse.tick()
        cursor = mouse.ladder.axis.cursor
        click(mouse.ladder, edge_spot(mouse))
        mouse.tick()
        assert mouse.row(1050).own_ask is not None
        assert mouse.ladder.axis.cursor == cursor
        assert mouse.ladder.key_pressed(Chord("B"), 1, False)
        await mouse.protected.settle()
        assert mouse.sent == [], "it is out of sight: nothing is sent there"


@pytest.mark.parametrize("how", ["clicked", "market comes back"])
async def test_a_press_meant_for_the_markets_plate_does_not_reach_the_row_below_it(
    how: str,
) -> None:
    """It went by the first click, or by itself: what lies there now nobody aimed at."""
    async with a_mouse() as mouse:
        mouse.ladder.scroll(14)
        mouse.tick()
        spot = Spot(20, ASK)
        mouse.ladder.mouse_moved(spot)
        mouse.tick()
        assert mouse.ladder.view.off_market
        if how == "clicked":
            click(mouse.ladder, spot)
        else:
            mouse.ladder.scroll(-14)
        for _ in range(2):  # frames that show what a click would send there now
            mouse.ladder.mark_dirty()
            mouse.tick()
        assert not mouse.ladder.view.off_market
        mouse.ladder.mouse_pressed(spot, Button.LEFT)
        await mouse.protected.settle()
        assert mouse.said.startswith("What was under the pointer is elsewhere")
        assert mouse.sent == []
        mouse.ladder.mouse_pressed(spot, Button.LEFT)
        await mouse.protected.settle()
        assert len(mouse.sent) == 1
