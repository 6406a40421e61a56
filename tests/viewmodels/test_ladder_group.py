"""Several ladders: armed each by itself, disarmed together, told apart in the status bar."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from terminal.domain.events import PositionSide
from terminal.domain.units import ClientOid, Side
from terminal.exchange.outcome import Rejected
from terminal.viewmodels.keys import Chord
from terminal.viewmodels.ladder import LadderViewModel
from terminal.viewmodels.ladder_group import (
    FIRST,
    MOST,
    NAMES,
    LadderGroup,
    ladder_name,
    ladder_number,
)
from terminal.viewmodels.ladder_trading import ArmedBy
from terminal.viewmodels.sizes import Sizes
from terminal.viewmodels.ticket import TicketViewModel
from terminal.viewmodels.workspace import Workspace
from tests.support.builders import XBT, an_order_update
from tests.support.desktop import OTHER, Desktop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.usefixtures("qapp")
KEYBOARD, MOUSE = ArmedBy.KEYBOARD, ArmedBy.MOUSE


class Two:
    """Two ladders on one account, both on the same contract at first."""

    def __init__(self, desktop: Desktop) -> None:
        self.desktop = desktop
        self.first = desktop.ladder
        self.workspace = Workspace(desktop.markets)
        self.second = LadderViewModel(
            self.workspace, desktop.desk, desktop.account, Sizes((7, 7, 7, 7, 7), 1), desktop.frame
        )
        self.second.start()
        self.second.set_visible_rows(21)
        self.workspace.choose(XBT)
        self.group = LadderGroup(self.first)
        self.group.add("ladder-2", self.second)


@contextlib.asynccontextmanager
async def two() -> AsyncIterator[Two]:
    one = Two(await Desktop().start())
    await one.desktop.settle()
    yield one
    one.second.stop()
    one.workspace.leave()
    await one.desktop.stop()


async def test_each_is_armed_by_itself_and_said_with_its_contract() -> None:
    async with two() as one:
        group = one.group
        assert (group.armed_on(KEYBOARD), group.armed_on(MOUSE)) == ("", "")
        one.second.toggle_keyboard()
        assert not one.first.trading.armed
        assert group.armed_on(KEYBOARD) == "2: XBTUSDTM"
        one.first.toggle_keyboard()
        one.first.toggle_mouse()
        assert group.armed_on(KEYBOARD) == "XBTUSDTM, 2: XBTUSDTM"
        assert group.armed_on(MOUSE) == "XBTUSDTM"
        one.workspace.choose(OTHER)
        assert not one.second.trading.armed, "a change of contract disarms, its own only"
        assert one.first.trading.armed
        assert group.is_armed_on(XBT)
        assert not group.is_armed_on(OTHER)


async def test_what_disarms_by_rule_disarms_all() -> None:
    async with two() as one:
        for ladder in (one.first, one.second):
            ladder.toggle_keyboard()
            ladder.toggle_mouse()
        one.group.disarm("the lock.")
        assert not one.first.trading.armed
        assert not one.second.trading.armed
        assert one.second.trading.message is not None
        assert one.second.trading.message.text == "Disarmed: the lock."


async def test_both_ladders_of_a_contract_show_each_others_orders() -> None:
    async with two() as one:
        one.second.toggle_keyboard()
        assert one.second.key_pressed(Chord("Q"), 1000, False)
        await one.desktop.settle()
        (ticket,) = [ticket for ticket, _ in one.desktop.bench.trading.placed]
        assert ticket.lots == 7
        for ladder in (one.first, one.second):
            (mark,) = [row.own_bid for row in ladder.view.rows if row.own_bid is not None]
            assert mark.text == "7"


async def test_a_ladder_that_is_removed_is_disarmed_and_no_longer_among_them() -> None:
    async with two() as one:
        one.second.toggle_keyboard()
        one.group.activate("ladder-2")
        assert one.group.active is one.second
        assert one.group.remove("ladder-2") is one.second
        assert not one.second.trading.armed
        assert one.group.active is one.first
        assert list(one.group.all) == [FIRST]
        assert one.group.free_name == "ladder-2"


async def test_a_contract_is_shown_in_the_ladder_that_was_used_last() -> None:
    async with two() as one:
        one.group.activate("ladder-2")
        one.group.show(OTHER, None)
        assert one.workspace.market is not None
        assert one.workspace.market.contract.symbol == OTHER
        assert one.first.trading.contract is not None
        assert one.first.trading.contract.symbol == XBT
        one.group.show(XBT, PositionSide.SHORT)
        assert one.second.lane is PositionSide.BOTH, "one-way mode has no other lane"


async def test_there_are_at_most_eight() -> None:
    async with two() as one:
        for name in NAMES[2:]:
            assert one.group.free_name == name
            one.group.add(name, one.second)
        assert one.group.free_name == ""
        assert len(one.group.all) == MOST


def test_names_are_numbers_and_back() -> None:
    assert [ladder_number(ladder_name(number)) for number in (1, 2, 8)] == [1, 2, 8]
    assert [ladder_number(name) for name in ("chart", "ladder-9", "ladder-1", "")] == [0, 0, 0, 0]


def said(ladder: LadderViewModel) -> str:
    return "" if ladder.view.message is None else ladder.view.message.text


async def test_a_refusal_stands_in_the_ladder_that_sent_and_nowhere_else() -> None:
    async with two() as one:
        desktop = one.desktop
        ticket = TicketViewModel(desktop.workspace, desktop.desk, desktop.account, desktop.frame)
        ticket.start()
        desktop.bench.trading.place_outcomes.append(
            Rejected("300005", "The risk limit 100000 would be exceeded.", "Use a smaller size.")
        )
        one.group.activate(FIRST)
        for at_ms, key in enumerate(("F4", "Home", "B")):
            one.second.key_pressed(Chord(key), 1000 * (at_ms + 1), False)
        await desktop.settle()
        words = "Rejected: The risk limit 100000 would be exceeded. Use a smaller size."
        assert said(one.second) == words
        assert said(one.first) == ""
        assert ticket.view.message is None
        ticket.stop()


async def test_a_refusal_of_the_tickets_order_stands_in_the_ticket_only() -> None:
    async with two() as one:
        desktop = one.desktop
        ticket = TicketViewModel(desktop.workspace, desktop.desk, desktop.account, desktop.frame)
        ticket.start()
        desktop.bench.trading.place_outcomes.append(
            Rejected("300003", "Too poor.", "Use a smaller size.")
        )
        ticket.set_price_text("99")
        ticket.set_lots_text("2")
        ticket.stage(Side.BUY)
        desktop.frame.tick()
        ticket.stage(Side.BUY)
        await desktop.settle()
        assert ticket.view.message is not None
        assert ticket.view.message.text == "Rejected: Too poor. Use a smaller size."
        assert (said(one.first), said(one.second)) == ("", "")
        ticket.stop()


async def test_what_no_surface_asked_for_is_told_in_the_ladder_that_was_used_last() -> None:
    async with two() as one:
        one.group.activate("ladder-2")
        desktop = one.desktop
        desktop.bench.stream.push(an_order_update())
        await desktop.settle()
        desktop.desk.tell(ClientOid("c1"), "Canceled.", ok=True)
        desktop.frame.tick()
        assert (said(one.first), said(one.second)) == ("", "Canceled.")
        one.workspace.choose(OTHER)
        desktop.desk.tell(ClientOid("c1"), "Canceled again.", ok=True)
        desktop.frame.tick()
        assert said(one.first) == "Canceled again."


async def test_a_ladder_that_is_being_closed_tells_nothing_more() -> None:
    async with two() as both:
        speaks = both.second.speaks
        both.group.activate("ladder-2")
        assert speaks()
        both.group.remove("ladder-2")
        assert not speaks()
        assert both.first.speaks()
