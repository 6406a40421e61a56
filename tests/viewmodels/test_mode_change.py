"""The account becomes hedge or one-way under armed hands: all of them begin anew."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

from terminal.domain.events import PositionMode, PositionSide
from terminal.domain.ladder_habits import LadderHabits
from terminal.domain.sizing import SizeUnit
from terminal.domain.units import Price, Side
from terminal.viewmodels.keys import Chord
from terminal.viewmodels.mode_change import ModeChange
from tests.support.builders import an_order_update
from tests.support.hold_timer import held_by_hand
from tests.support.protected import Protected

if TYPE_CHECKING:
    from terminal.viewmodels.ladder import LadderViewModel

pytestmark = pytest.mark.usefixtures("qapp")
ONE_WAY, HEDGE = PositionMode.ONE_WAY, PositionMode.HEDGE
NOW_MS = count(1000, 1000)
NOW_HEDGED = "the account is in hedge mode now, where buy and sell mean something else."


def press(ladder: LadderViewModel, *names: str) -> None:
    for name in names:
        *modifiers, key = name.split("+")
        chord = Chord(key, shift="Shift" in modifiers, ctrl="Ctrl" in modifiers)
        assert ladder.key_pressed(chord, next(NOW_MS), False), name


def said(ladder: LadderViewModel) -> str:
    return "" if ladder.view.message is None else ladder.view.message.text


async def switch(one: Protected, mode: PositionMode) -> None:
    """Somebody switches elsewhere, and it is read."""
    one.desktop.bench.gateway.mode = mode
    one.desktop.account.doubt_mode()
    await one.settle()


@pytest.mark.parametrize(("before", "after"), [(ONE_WAY, HEDGE), (HEDGE, ONE_WAY)])
async def test_another_position_mode_disarms_both_hands_and_says_why(
    before: PositionMode, after: PositionMode
) -> None:
    one = Protected()
    one.desktop.bench.gateway.mode = before
    await one.start()
    ladder = one.desktop.ladder
    ladder.toggle_mouse()
    press(ladder, "F4", "Home", "Down")
    await switch(one, after)
    assert ladder.trading.armed == frozenset()
    assert said(ladder).startswith("Disarmed: the account is in ")
    press(ladder, "S")
    await one.settle()
    assert one.sent == []
    await one.stop()


async def test_the_first_reading_of_the_mode_and_the_same_one_again_disarm_nobody() -> None:
    one = Protected()
    await one.start()
    ladder = one.desktop.ladder
    press(ladder, "F4")
    await switch(one, ONE_WAY)
    assert ladder.trading.armed
    await one.stop()


async def test_what_was_held_back_is_dropped_and_never_sent_in_the_other_mode() -> None:
    one = Protected()
    await one.start()
    ladder = one.desktop.ladder
    ladder.habits = LadderHabits(hold_ms=300)
    timer = held_by_hand(ladder)
    press(ladder, "F4", "Home", "Down", "B")
    assert ladder.holding.is_holding
    await switch(one, HEDGE)
    timer.advance(1000)
    await one.settle()
    assert (ladder.holding.is_holding, one.sent) == (False, [])
    await one.stop()


async def test_a_grabbed_order_stays_where_it_is() -> None:
    one = Protected()
    await one.start()
    ladder = one.desktop.ladder
    one.desktop.bench.stream.push(an_order_update(price=Price(1000)))
    await one.settle()
    press(ladder, "F4", "Home", "G", "Down")
    assert ladder.trading.grab is not None
    await switch(one, HEDGE)
    assert ladder.trading.grab is None
    assert (one.sent, one.desktop.bench.trading.cancels) == ([], [])
    await one.stop()


async def test_the_ticket_takes_back_what_is_staged_and_the_ladder_drops_its_proposal() -> None:
    one = Protected()
    await one.start(4)
    one.ticket.set_price_text("99")
    one.ticket.set_size_text(SizeUnit.LOTS, "2")
    one.ticket.stage(Side.BUY)
    press(one.desktop.ladder, "M")
    assert one.ticket.is_staged
    assert one.vm.staged is not None
    one.desktop.bench.gateway.held = ()
    await switch(one, HEDGE)
    assert not one.ticket.is_staged
    message = one.ticket.view.message
    assert message is not None
    assert message.text == f"Taken back: {NOW_HEDGED} Look again."
    assert one.vm.staged is None
    one.ticket.confirm()
    await one.settle()
    assert one.sent == []
    await one.stop()


async def test_it_is_noticed_once() -> None:
    one = Protected()
    await one.start()
    change = ModeChange(one.desktop.account)
    await switch(one, HEDGE)
    assert (change.words(), change.words()) == (NOW_HEDGED, "")
    assert one.desktop.ladder.lane is PositionSide.LONG
    await one.stop()
