"""The ladder driven by keys and clicks, from chord to gateway."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import pytest

from terminal.domain.events import MarginMode, OrderType
from terminal.domain.order import OrderState
from terminal.domain.units import Lots, OrderId, Price, Side
from terminal.exchange.outcome import Rejected
from terminal.session.results import Submitted
from terminal.viewmodels.keys import DOUBLE_PRESS_MS, Chord
from terminal.viewmodels.ladder_actions import KEY_BOUNCE_MS
from terminal.viewmodels.ladder_fading import LASTS_MS
from terminal.viewmodels.ladder_options import from_document, to_document
from terminal.viewmodels.ladder_view import Message
from terminal.viewmodels.text import Role
from tests.support.builders import (
    XBT,
    a_delta,
    a_fill,
    a_position_update,
    a_ticket,
    an_order_update,
)
from tests.support.clicks import click_own, click_row
from tests.support.desktop import OTHER, Desktop
from tests.support.pocket import stop_at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import ClientOid
    from terminal.viewmodels.ladder_view import LadderRow

pytestmark = pytest.mark.usefixtures("qapp")


class Hands:
    """Presses chords with a second between them unless told otherwise."""

    def __init__(self, desktop: Desktop) -> None:
        self.desktop = desktop
        self._now_ms = count(1000, 1000)

    def press(self, *names: str, at_ms: int | None = None, repeat: bool = False) -> None:
        for name in names:
            *modifiers, key = name.split("+") if len(name) > 1 else [name]
            chord = Chord(key, shift="Shift" in modifiers, ctrl="Ctrl" in modifiers)
            when = next(self._now_ms) if at_ms is None else at_ms
            assert self.desktop.ladder.key_pressed(chord, when, repeat), f"{name} is not bound"
        self.desktop.frame.tick()


@contextlib.asynccontextmanager
async def a_desktop(rows: int = 21) -> AsyncIterator[tuple[Desktop, Hands]]:
    desktop = await Desktop().start(rows)
    try:
        yield desktop, Hands(desktop)
    finally:
        await desktop.stop()


def row_of(desktop: Desktop, price: int) -> LadderRow:
    return next(row for row in desktop.ladder.view.rows if row.price == price)


def placed(desktop: Desktop) -> list[tuple[Side | None, int | None, int | None]]:
    return [(t.side, t.price, t.lots) for t, _ in desktop.bench.trading.placed]


def message(desktop: Desktop) -> str:
    said = desktop.ladder.view.message
    return "" if said is None else said.text


async def an_order(desktop: Desktop, price: int, side: Side = Side.BUY, name: str = "o1") -> None:
    desktop.bench.stream.push(
        an_order_update(
            order_id=OrderId(name), client_oid=None, price=Price(price), side=side, lots=Lots(4)
        )
    )
    await desktop.settle()


async def test_the_book_is_rows_around_the_inside() -> None:
    async with a_desktop() as (desktop, _):
        view = desktop.ladder.view
        assert len(view.rows) == 21
        assert (row_of(desktop, 1000).bid_text, row_of(desktop, 1001).ask_text) == ("5", "4")
        assert row_of(desktop, 1000).is_best_bid
        assert row_of(desktop, 1001).is_best_ask
        assert view.stale is None
        assert view.unit_text == "1 lot = 0.001 XBT"
        desktop.market_stream.push(a_delta(101, Side.BUY, 1000, 9))
        desktop.frame.tick()
        assert row_of(desktop, 1000).bid_text == "9"


async def test_nothing_is_sent_unarmed_and_the_ladder_says_so() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("B", "S", "Q", "A", "W", "Z")
        await desktop.settle()
        assert placed(desktop) == []
        assert message(desktop).startswith("Keyboard trading is off: F4 arms it.")


async def test_arming_and_one_step_back_at_a_time() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("F4")
        assert desktop.ladder.view.is_keyboard_armed
        assert not desktop.ladder.view.is_mouse_armed
        await an_order(desktop, 999)
        hands.press("Home", "Down", "G")
        assert desktop.ladder.view.is_grabbing
        hands.press("Esc")
        assert not desktop.ladder.view.is_grabbing
        assert desktop.ladder.view.is_keyboard_armed
        hands.press("Esc")
        assert not desktop.ladder.view.is_keyboard_armed
        hands.press("Esc")
        assert not desktop.ladder.view.is_keyboard_armed, "Esc never arms"
        assert desktop.bench.trading.cancels == []


async def test_the_keys_that_send() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("F4", "2", "Home", "Down", "B", "End", "Up", "S", "3", "Q", "A", "W", "Z")
        await desktop.settle()
        assert placed(desktop) == [
            (Side.BUY, 999, 5),
            (Side.SELL, 1002, 5),
            (Side.BUY, 1000, 10),
            (Side.SELL, 1001, 10),
            (Side.BUY, 1001, 10),
            (Side.SELL, 1000, 10),
        ]


async def test_flags_go_with_the_next_order() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("F4", "O", "B", "I", "S", "B")
        await desktop.settle()
        first, second, third = (ticket for ticket, _ in desktop.bench.trading.placed)
        assert (first.is_post_only, first.is_reduce_only) == (True, False)
        assert (second.is_post_only, second.is_reduce_only) == (False, True)
        assert (third.is_post_only, third.is_reduce_only) == (False, False), "for the next only"


async def test_a_limit_far_through_the_touch_is_blocked_with_words() -> None:
    async with a_desktop(61) as (desktop, hands):
        hands.press("F4", "End", "PgUp", "PgUp", "Up", "B")
        await desktop.settle()
        assert placed(desktop) == []
        assert message(desktop) == (
            "Not sent. 21 ticks above the best ask; the collar is 20 ticks. "
            "Choose a nearer price, or change the collar under Account, Limits."
        )
        assert desktop.ladder.view.message is not None
        assert desktop.ladder.view.message.role is Role.DANGER


async def test_a_held_key_sends_once() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("F4")
        hands.press("B", at_ms=5000)
        for moment in range(5030, 6000, 30):
            hands.press("B", at_ms=moment, repeat=True)
        await desktop.settle()
        assert len(placed(desktop)) == 1


async def test_a_bouncing_key_sends_once_and_two_presses_send_twice() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("F4")
        hands.press("B", at_ms=5000)
        hands.press("B", at_ms=5000 + KEY_BOUNCE_MS - 1)
        await desktop.settle()
        assert len(placed(desktop)) == 1
        hands.press("B", at_ms=5000 + KEY_BOUNCE_MS + 100)
        await desktop.settle()
        assert len(placed(desktop)) == 2


async def test_a_held_arrow_moves_on() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("Home")
        before = desktop.ladder.axis.cursor
        for _ in range(4):
            hands.press("Down", at_ms=1, repeat=True)
        assert before is not None
        assert desktop.ladder.axis.cursor == before - 4


async def test_own_orders_and_the_entry_are_on_their_rows() -> None:
    async with a_desktop() as (desktop, _):
        await an_order(desktop, 998)
        await an_order(desktop, 1003, Side.SELL, "o2")
        mark = row_of(desktop, 998).own_bid
        assert mark is not None
        assert mark.text == "4"
        assert row_of(desktop, 1003).own_ask is not None
        desktop.bench.stream.push(a_position_update(3, "100.1"))
        desktop.frame.tick()
        assert row_of(desktop, 1001).is_entry
        assert desktop.ladder.view.position_text == "Long 3"
        assert desktop.ladder.view.position_role is Role.BUY


async def test_a_fill_changes_the_position_at_once() -> None:
    async with a_desktop() as (desktop, _):
        await an_order(desktop, 1001)
        fill = a_fill(order_id=OrderId("o1"), price=Price(1001), lots=Lots(4))
        update = an_order_update(
            order_id=OrderId("o1"), client_oid=None, lots=Lots(4), filled=Lots(4), fill=fill
        )
        desktop.bench.stream.push(update)
        desktop.frame.tick()
        assert desktop.ladder.view.position_text == "Long 4*", "the exchange has not said so yet"
        assert row_of(desktop, 1001).is_entry


async def test_delete_cancels_here_and_asks_when_several_are_here() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("Home", "Delete")
        assert message(desktop) == "No own order on this row."
        await an_order(desktop, 1000)
        hands.press("Delete")
        await desktop.settle()
        assert desktop.bench.trading.cancels == ["o1"]
        await an_order(desktop, 999, name="o2")
        await an_order(desktop, 999, name="o3")
        hands.press("Down", "Delete")
        assert message(desktop).startswith("Which to cancel? 1 buy 4 at 99.9, 2 buy 4 at 99.9.")
        hands.press("2")
        await desktop.settle()
        assert desktop.bench.trading.cancels == ["o1", "o3"]
        assert desktop.sizes.current == 1, "the digit answered the question"


async def test_cancelling_works_unarmed_and_on_a_stale_book() -> None:
    async with a_desktop() as (desktop, hands):
        await an_order(desktop, 1000)
        await an_order(desktop, 1002, Side.SELL, "o2")
        desktop.market_stream.drop()
        await desktop.settle()
        assert desktop.ladder.view.stale is not None
        hands.press("Backspace", "D", "Ctrl+Delete")
        await desktop.settle()
        assert set(desktop.bench.trading.cancels) >= {"o1", "o2", f"all:{XBT}"}
        hands.press("U", "Ctrl+Shift+Delete")
        await desktop.settle()


async def test_grab_move_commit() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("F4")
        result = desktop.desk.submit(a_ticket(lots=Lots(4)))
        assert isinstance(result, Submitted)
        await desktop.settle()
        told = an_order_update(order_id=OrderId("id-1"), client_oid=result.client_oid, lots=Lots(4))
        desktop.bench.stream.push(told)
        hands.press("Home", "G")
        assert message(desktop).endswith("A move loses the place in the queue.")
        hands.press("Down", "Down")
        assert row_of(desktop, 998).is_grab_target
        assert row_of(desktop, 1000).is_cursor
        hands.press("Enter")
        await desktop.settle()
        assert desktop.bench.trading.cancels == ["id-1"]
        assert len(placed(desktop)) == 1, "not before the cancel's end is known"
        desktop.bench.stream.push(replace(told, canceled=Lots(4), remaining=Lots(0), is_done=True))
        await desktop.settle()
        assert placed(desktop)[1:] == [(Side.BUY, 998, 4)]


async def test_a_stop_is_grabbed_at_its_trigger_and_moves_place_first() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("F4")
        result = desktop.desk.submit(a_ticket(**stop_at(997)))
        assert isinstance(result, Submitted)
        await desktop.settle()
        told = an_order_update(
            order_id=OrderId("id-1"),
            client_oid=result.client_oid,
            side=Side.SELL,
            order_type=OrderType.MARKET,
            price=None,
            is_reduce_only=True,
            untriggered=True,
            trigger=Price(997),
        )
        desktop.bench.stream.push(told)
        hands.press("Home", "Down", "Down", "Down", "G")
        assert message(desktop).endswith("It stays until the new one waits.")
        hands.press("Up", "Enter")
        assert message(desktop) == "Moving to 99.8: the new stop first."
        await desktop.settle()
        new = desktop.bench.trading.placed[1][0]
        assert new.trigger is not None
        assert (new.trigger.price, new.is_reduce_only) == (998, True)
        assert desktop.bench.trading.cancels == [], "the old one stays until the new one is seen"


async def test_grabbing_needs_arming_and_an_order() -> None:
    async with a_desktop() as (desktop, hands):
        await an_order(desktop, 1000)
        hands.press("Home", "G")
        assert not desktop.ladder.view.is_grabbing
        hands.press("F4", "Down", "G")
        assert message(desktop) == "No own order on this row to grab."


async def test_an_order_on_its_way_is_not_grabbed_and_that_is_said() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("F4")
        assert isinstance(desktop.desk.submit(a_ticket(lots=Lots(4))), Submitted)
        hands.press("Home", "G")
        assert message(desktop) == "It cannot be moved yet."
        assert not desktop.ladder.view.is_grabbing
        await desktop.settle()


async def test_an_order_that_ends_in_the_hand_is_let_go() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("F4")
        await an_order(desktop, 1000)
        hands.press("Home", "G")
        ended = an_order_update(
            order_id=OrderId("o1"), client_oid=None, lots=Lots(4), filled=Lots(4), is_done=True
        )
        desktop.bench.stream.push(ended)
        desktop.frame.tick()
        assert not desktop.ladder.view.is_grabbing
        hands.press("Enter")
        await desktop.settle()
        assert desktop.bench.trading.cancels == []


async def test_flatten_needs_two_presses_in_time_and_no_arming() -> None:
    async with a_desktop() as (desktop, hands):
        desktop.bench.gateway.held = (a_position_update(3, "100"),)
        desktop.bench.stream.push(*desktop.bench.gateway.held)
        hands.press("F", at_ms=5000)
        hands.press("F", at_ms=5000 + DOUBLE_PRESS_MS + 1)
        await desktop.settle()
        assert placed(desktop) == []
        hands.press("F", at_ms=5000 + 2 * DOUBLE_PRESS_MS + 1)
        await desktop.settle()
        assert desktop.bench.trading.placed[0][0].is_close_order
        desktop.bench.gateway.held = ()
        await desktop.clock.advance(5.0)


async def test_two_presses_must_follow_each_other() -> None:
    async with a_desktop() as (desktop, hands):
        for between in ("Esc", "Down"):
            hands.press("F", at_ms=5000)
            hands.press(between, at_ms=5100)
            hands.press("F", at_ms=5200)
            assert not desktop.desk.flattening(XBT)
            hands.press("Esc", at_ms=9000)


async def test_disarming_takes_the_second_half_of_a_move_away() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("F4")
        await an_order(desktop, 1000)
        hands.press("Home", "G", "Down", "Enter", "F4")
        await desktop.settle()
        ended = an_order_update(
            order_id=OrderId("o1"), client_oid=None, lots=Lots(4), canceled=Lots(4), is_done=True
        )
        desktop.bench.stream.push(ended)
        await desktop.settle()
        assert placed(desktop) == []


async def test_disarming_drops_the_question_which_order_to_grab() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("F4")
        await an_order(desktop, 1000)
        await an_order(desktop, 1000, name="o2")
        hands.press("Home", "G", "F4", "1", "Down", "Enter")
        await desktop.settle()
        assert desktop.bench.trading.cancels == []
        assert placed(desktop) == []


async def test_committing_without_a_move_changes_nothing() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("F4")
        await an_order(desktop, 1000)
        hands.press("Home", "G", "Enter")
        await desktop.settle()
        assert desktop.bench.trading.cancels == []
        assert message(desktop) == "The order stays where it is."


async def test_a_held_f_does_not_flatten() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("F", at_ms=5000)
        hands.press("F", at_ms=5100, repeat=True)
        await desktop.settle()
        assert not desktop.desk.flattening(XBT)


async def test_another_contract_disarms_and_forgets_the_message() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("F4")
        desktop.ladder.toggle_mouse()
        desktop.ladder.choose_contract("xbtusdm ")
        await desktop.settle()
        view = desktop.ladder.view
        assert (view.symbol, view.is_keyboard_armed, view.is_mouse_armed) == (OTHER, False, False)
        assert view.unit_text == "1 lot = 1 USD"
        desktop.ladder.choose_contract("NOPE")
        desktop.frame.tick()
        assert message(desktop) == "The exchange lists no contract NOPE."


async def test_mouse_trading_is_armed_by_itself() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("F4")
        row = next(n for n, r in enumerate(desktop.ladder.view.rows) if r.price == 999)
        click_row(desktop.ladder, row, Side.BUY)
        await desktop.settle()
        assert placed(desktop) == []
        assert message(desktop).startswith("Mouse trading is off")
        desktop.ladder.toggle_mouse()
        desktop.frame.tick()
        click_row(desktop.ladder, row, Side.BUY)
        await desktop.settle()
        assert placed(desktop) == [(Side.BUY, 999, 1)]
        await an_order(desktop, 997)
        click_own(desktop.ladder, row + 2, Side.BUY)
        await desktop.settle()
        assert "o1" in desktop.bench.trading.cancels


async def test_sizes_by_key() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("3")
        assert desktop.ladder.view.size_text == "10"
        hands.press("Shift+8")
        assert desktop.ladder.view.size_text == "20"
        hands.press("/", "/")
        assert desktop.ladder.view.size_text == "5"
        hands.press("Shift+1")
        assert desktop.ladder.view.sizes[0].text == "5"
        desktop.bench.stream.push(a_position_update(-7, "100"))
        hands.press("P")
        assert desktop.ladder.view.size_text == "7"
        desktop.ladder.set_size_text("2.5")
        desktop.frame.tick()
        assert message(desktop) == "'2.5' is not a whole number of lots."
        assert desktop.ladder.view.size_text == "7"


async def test_grouped_rows_send_at_the_better_edge() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("F4", "]")
        step = desktop.ladder.axis.step
        assert step > 1
        hands.press("Home", "B", "S")
        await desktop.settle()
        (_, buy, _), (_, sell, _) = placed(desktop)
        assert buy is not None
        assert sell is not None
        assert buy % step == 0
        assert sell == buy + step - 1


async def test_a_rejection_speaks_next_to_the_ladder() -> None:
    async with a_desktop() as (desktop, hands):
        desktop.bench.trading.place_outcomes.append(Rejected("300003", "Not enough."))
        hands.press("F4", "B")
        await desktop.settle()
        assert message(desktop) == "Rejected: Not enough."
        order = next(iter(desktop.desk.orders.values()))
        assert order.state is OrderState.REJECTED


async def test_a_stale_ladder_shows_no_depth_and_blocks_orders() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("F4")
        desktop.market_stream.connects = False
        desktop.market_stream.drop()
        await desktop.clock.advance(3.0)
        desktop.frame.tick()
        view = desktop.ladder.view
        assert view.stale == "No connection for 3 s."
        assert not any(row.bid_text or row.ask_text or row.is_best_bid for row in view.rows)
        desktop.bench.touch = None
        hands.press("B")
        await desktop.settle()
        assert placed(desktop) == []


async def test_disarming_from_outside_says_why() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("F4")
        desktop.ladder.disarm("the connection was lost.")
        desktop.frame.tick()
        assert message(desktop) == "Disarmed: the connection was lost."
        assert not desktop.ladder.view.is_keyboard_armed


async def test_how_far_the_market_is_when_it_left_the_rows() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("Home", "PgDown", "PgDown", "PgDown")
        view = desktop.ladder.view
        assert view.is_market_above
        assert view.off_market.endswith("above. Space recentres.")
        hands.press("Space")
        assert desktop.ladder.view.off_market == ""
        desktop.ladder.scroll(1500)
        desktop.frame.tick()
        words = desktop.ladder.view.off_market
        assert re.fullmatch(r"The market is 1\u202f\d{3} rows below. Space recentres.", words)


async def test_tooltips_name_the_keys() -> None:
    async with a_desktop() as (desktop, _):
        from terminal.viewmodels.keys import LadderAction

        assert desktop.ladder.tooltip(LadderAction.CANCEL_ALL).endswith("(Ctrl+Delete)")


async def test_a_calm_ladder_asks_for_no_frames() -> None:
    async with a_desktop() as (desktop, _):
        desktop.frame.tick()
        assert desktop.frame.pending == 0
        changes: list[int] = []
        desktop.ladder.changed.connect(lambda: changes.append(1))
        desktop.ladder.mark_dirty()
        desktop.frame.tick()
        assert not changes, "nothing differs, nothing is said"


def holding(desktop: Desktop, lots: int) -> None:
    desktop.bench.gateway.held = (a_position_update(lots, "100"),)
    desktop.bench.stream.push(*desktop.bench.gateway.held)


@pytest.mark.parametrize(
    ("keys", "tickets"),
    [
        (("R", "R"), [(None, None, None), (Side.SELL, None, 3)]),
        (("Ctrl+Shift+B", "Ctrl+Shift+B"), [(Side.BUY, None, 1)]),
        (("Ctrl+Shift+S", "Ctrl+Shift+S"), [(Side.SELL, None, 1)]),
    ],
)
async def test_what_opens_needs_arming_and_two_presses(
    keys: tuple[str, str], tickets: list[tuple[Side | None, int | None, int | None]]
) -> None:
    async with a_desktop() as (desktop, hands):
        holding(desktop, 3)

        def close(ticket: OrderTicket, client_oid: ClientOid) -> None:
            desktop.bench.gateway.held = ()
            done = an_order_update(
                order_id=OrderId(f"id-{client_oid}"),
                client_oid=client_oid,
                lots=Lots(3),
                filled=Lots(3),
                is_done=True,
            )
            desktop.bench.stream.push(done)

        desktop.bench.trading.on_place = close
        hands.press(keys[0], at_ms=5000)
        assert message(desktop).startswith("Keyboard trading is off")
        hands.press("F4", at_ms=5100)
        hands.press(keys[0], at_ms=5200)
        assert message(desktop).startswith("Once more to ")
        hands.press(keys[1], at_ms=5201 + DOUBLE_PRESS_MS)
        await desktop.settle()
        assert placed(desktop) == [], "too late: it is a first press again"
        hands.press(keys[1], at_ms=5202 + 2 * DOUBLE_PRESS_MS - 10)
        await desktop.clock.advance(3.0)
        assert placed(desktop) == tickets


async def test_half_is_closed_by_two_presses_without_arming() -> None:
    async with a_desktop() as (desktop, hands):
        holding(desktop, 5)
        hands.press("H", at_ms=5000)
        assert message(desktop) == "Once more to close half."
        hands.press("H", at_ms=5500)
        await desktop.settle()
        ticket, _ = desktop.bench.trading.placed[0]
        assert (ticket.side, ticket.lots, ticket.is_reduce_only) == (Side.SELL, 2, True)
        assert desktop.ladder.view.message == Message(
            "Closing half of XBTUSDTM at market.", Role.TEXT
        ), "quiet: it goes before the position has changed again"
        hands.press("H", at_ms=8000)
        hands.press("Down", at_ms=8100)
        hands.press("H", at_ms=8200)
        await desktop.settle()
        assert len(placed(desktop)) == 1, "another key came in between"


async def test_two_presses_of_different_keys_are_two_first_presses() -> None:
    async with a_desktop() as (desktop, hands):
        holding(desktop, 5)
        hands.press("F4", at_ms=4000)
        hands.press("R", at_ms=5000)
        hands.press("F", at_ms=5100)
        hands.press("H", at_ms=5200)
        await desktop.settle()
        assert placed(desktop) == []
        hands.press("Esc", at_ms=5300)
        assert message(desktop) == "Nothing was closed."


async def test_a_blocked_reverse_says_why_and_touches_nothing() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("F4", at_ms=4000)
        hands.press("R", at_ms=5000)
        hands.press("R", at_ms=5100)
        assert message(desktop) == "Not reversed. There is no position in XBTUSDTM to reverse."


async def test_how_a_sweep_ended_is_said_next_to_its_ladder() -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("D")
        await desktop.clock.advance(1.0)
        desktop.frame.tick()
        assert message(desktop) == "No buys of XBTUSDTM were working."


async def test_a_word_of_what_was_done_does_not_outlive_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with a_desktop() as (desktop, hands):
        hands.press("D")
        await desktop.clock.advance(1.0)
        desktop.frame.tick()
        assert message(desktop) == "No buys of XBTUSDTM were working."
        later = desktop.ladder.face.now_ms() + 2 * LASTS_MS
        monkeypatch.setattr(desktop.ladder.face, "_now_ms", lambda: later)
        desktop.ladder.mark_dirty()
        desktop.frame.tick()
        assert desktop.ladder.view.message is None


async def test_a_margin_mode_that_nobody_told_keeps_back_only_what_opens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with a_desktop() as (desktop, hands):
        monkeypatch.setattr(desktop.bench.account, "margin_mode", lambda _symbol: None)
        hands.press("F4", "B")
        await desktop.settle()
        assert placed(desktop) == []
        assert "margin mode is not known" in message(desktop)
        hands.press("I", "S")
        await desktop.settle()
        ((ticket, _),) = desktop.bench.trading.placed
        assert (ticket.is_reduce_only, ticket.margin_mode) == (True, MarginMode.ISOLATED)


async def test_the_price_grouping_is_kept_by_contract_and_through_a_restart() -> None:
    async with a_desktop() as (desktop, _):
        ladder, told = desktop.ladder, []
        ladder.options_changed.connect(lambda: told.append(True))
        ladder.step(finer=False)
        ladder.step(finer=False)
        assert (ladder.axis.step, len(told)) == (5, 2)
        ladder.choose_contract(OTHER)
        await desktop.settle()
        assert ladder.axis.step == 1
        ladder.step(finer=False)
        ladder.choose_contract(XBT)
        await desktop.settle()
        assert ladder.axis.step == 5
        kept = to_document(ladder.options)
        ladder.step(finer=False)
        ladder.set_options(from_document(kept))  # as a start does with what was stored
        assert ladder.axis.step == 5
        ladder.choose_contract(OTHER)
        await desktop.settle()
        assert ladder.axis.step == 2
