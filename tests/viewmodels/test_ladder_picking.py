"""A price picked in a ladder stands in the ticket: nothing is sent, armed or not, in any mode."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from terminal.domain.access import Access
from terminal.domain.draft import OrderKind
from terminal.domain.units import Price, Side
from terminal.viewmodels.keys import Chord
from terminal.viewmodels.ladder_clicks import TRADED, Button, Spot
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.viewmodels.ladder_picking import PICK_WORDS, PICKED
from terminal.viewmodels.ticket import TicketViewModel
from terminal.viewmodels.workspace import Workspace
from tests.support.builders import XBT, an_order_update
from tests.support.desktop import OTHER, Desktop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")
C = LadderColumn


class Hand:
    """A ladder of one tick a row around 1000/1001, and a ticket on the same contract or another."""

    def __init__(self, desktop: Desktop, workspace: Workspace) -> None:
        self.desktop, self.ladder = desktop, desktop.ladder
        self.ticket = TicketViewModel(workspace, desktop.desk, desktop.account, desktop.frame)
        self.ticket.start()
        self.ladder.mouse.picking.takes = self.ticket.pick
        self._at_ms = 0

    def frame(self) -> None:
        self.ladder.mark_dirty()
        self.ticket.mark_dirty()
        self.desktop.frame.tick()

    def press(self, *names: str) -> None:
        for name in names:
            self._at_ms += 100
            assert self.ladder.key_pressed(Chord(name), self._at_ms, False)
        self.frame()

    def spot(self, price: int, column: LadderColumn, **more: Any) -> Spot:
        rows = self.ladder.view.rows
        row = next(number for number, one in enumerate(rows) if one.price == price)
        return Spot(row, column, **more)

    def click(self, price: int, column: LadderColumn, **more: bool) -> None:
        spot = self.spot(price, column, **more)
        self.ladder.mouse_moved(spot)
        self.frame()
        self.ladder.mouse_pressed(spot, Button.LEFT)
        self.ladder.mouse_released(spot, Button.LEFT)
        self.frame()

    @property
    def typed(self) -> tuple[str, str]:
        form = self.ticket.view.form
        return form.price_text, form.trigger_text

    @property
    def said(self) -> str:
        message = self.ladder.view.message
        return "" if message is None else message.text

    async def sent(self) -> int:
        await self.desktop.settle()
        trading = self.desktop.bench.trading
        return len(trading.placed) + len(trading.cancels)


@contextlib.asynccontextmanager
async def a_hand(access: Access = Access.FULL, *, is_linked: bool = True) -> AsyncIterator[Hand]:
    desktop = await Desktop(access).start()
    workspace = desktop.workspace
    if not is_linked:
        workspace = Workspace(desktop.markets)
        assert workspace.choose(OTHER)
    hand = Hand(desktop, workspace)
    hand.frame()
    try:
        yield hand
    finally:
        hand.ticket.stop()
        if not is_linked:
            workspace.leave()
        await desktop.stop()


async def test_the_key_takes_the_price_of_the_cursor_row() -> None:
    async with a_hand() as hand:
        picked: list[str] = []
        hand.ticket.picked.connect(lambda: picked.append(hand.ticket.form.price_text))
        hand.press("Home", "Down", "E")
        assert hand.typed == ("99.9", "")
        assert picked == ["99.9"], "told once, so that the ticket comes to the front"
        assert hand.said == "99.9 is the price in the ticket."
        assert await hand.sent() == 0


@pytest.mark.parametrize("access", list(Access))
@pytest.mark.parametrize("is_armed", [False, True])
async def test_alt_and_a_click_take_the_price_under_the_pointer_and_send_nothing(
    access: Access, *, is_armed: bool
) -> None:
    """Whatever is armed and whoever watches; clicks that would send without Alt do not."""
    async with a_hand(access) as hand:
        if is_armed:
            hand.ladder.toggle_mouse()
            hand.ladder.toggle_keyboard()
        for column, price in ((C.PRICE, 998), (C.BID, 997), (C.ASK, 1003)):
            hand.click(price, column, other=True)
            assert hand.typed == (f"{price / 10:.1f}", "")
            row = hand.spot(price, column).row
            assert row is not None
            mark = hand.ladder.view.rows[row].hover
            assert mark is not None
            assert mark.words == PICK_WORDS
        assert await hand.sent() == 0


@pytest.mark.parametrize("column", [one for one in C if one not in PICKED])
async def test_alt_and_a_click_elsewhere_do_nothing(column: LadderColumn) -> None:
    """In the column of own orders it would cancel without Alt."""
    async with a_hand() as hand:
        hand.desktop.bench.stream.push(an_order_update(price=Price(999)))
        hand.ladder.toggle_mouse()
        hand.frame()
        assert hand.ladder.trading.orders_at(999, 1)
        hand.click(999, column, other=True)
        assert hand.typed == ("", "")
        assert await hand.sent() == 0


@pytest.mark.parametrize("more", [{"shift": True}, {"ctrl": True}, {"shift": True, "ctrl": True}])
@pytest.mark.parametrize("column", list(TRADED))
async def test_alt_with_another_modifier_means_nothing(
    more: dict[str, bool], column: LadderColumn
) -> None:
    async with a_hand() as hand:
        hand.ladder.toggle_mouse()
        hand.frame()
        hand.click(999, column, other=True, **more)
        assert hand.typed == ("", "")
        assert await hand.sent() == 0


async def test_a_price_of_another_contract_is_not_taken_and_it_is_said_why() -> None:
    async with a_hand(is_linked=False) as hand:
        hand.press("Home", "E")
        assert hand.typed == ("", "")
        assert hand.said == (
            f"100.0 was not taken: the ticket shows {OTHER}. Link both panels by one colour, or "
            f"choose {XBT} there."
        )
        assert hand.ticket.view.message is not None
        assert hand.ticket.view.message.text == hand.said


async def test_what_is_staged_is_taken_back_with_the_price() -> None:
    async with a_hand() as hand:
        hand.ticket.set_price_text("99.5")
        hand.ticket.stage(Side.BUY)
        hand.frame()
        assert hand.ticket.view.staged is not None
        hand.press("Home", "E")
        assert hand.ticket.view.staged is None
        assert hand.said == "100.0 is the price in the ticket. What was staged there is taken back."
        hand.ticket.confirm()
        assert await hand.sent() == 0


async def test_what_was_not_taken_leaves_staged_what_is_staged() -> None:
    async with a_hand() as hand:
        hand.ticket.set_kind(OrderKind.MARKET)
        hand.ticket.stage(Side.BUY)
        hand.press("Home", "E")
        assert hand.said.startswith("100.0 was not taken: Market orders have no price.")
        assert hand.ticket.view.staged is not None


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (OrderKind.LIMIT, [("100.0", ""), ("100.1", "")]),
        (OrderKind.STOP_MARKET, [("", "100.0"), ("", "100.1")]),
        (OrderKind.STOP_LIMIT, [("", "100.0"), ("100.1", "100.0")]),
        (OrderKind.STOP_LOSS, [("", "100.0"), ("", "100.1")]),
        (OrderKind.TAKE_PROFIT, [("", "100.0"), ("", "100.1")]),
    ],
)
async def test_a_price_goes_where_the_type_of_order_wants_it_first(
    kind: OrderKind, typed: list[tuple[str, str]]
) -> None:
    async with a_hand() as hand:
        hand.ticket.set_kind(kind)
        for key, wanted in zip(("Home", "End"), typed, strict=True):
            hand.press(key, "E")
            assert hand.typed == wanted


async def test_a_grouped_row_has_the_price_at_which_its_side_would_be_sent() -> None:
    async with a_hand() as hand:
        for _ in range(20):
            if hand.ladder.axis.step > 1:
                break
            hand.press("]")
        step = hand.ladder.axis.step
        assert step > 1
        hand.click(1000 // step * step, C.BID, other=True)
        assert hand.typed[0] == f"{1000 // step * step / 10:.1f}"


async def test_without_a_ticket_the_ladder_says_so() -> None:
    async with a_hand() as hand:
        hand.ladder.mouse.picking.takes = None
        hand.press("Home", "E")
        assert hand.said == "There is no ticket that could take a price."
