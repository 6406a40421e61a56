"""Every key of the map in every mode of the ladder: what may leave the program, and what must.

The law: what can open or enlarge a position leaves only where the keyboard is armed and nothing
stands in the way; cancelling and getting out work everywhere but where nothing is sent at all.
"""

from __future__ import annotations

import contextlib
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

import pytest

from terminal.domain.access import Access
from terminal.domain.events import PositionMode, PositionSide
from terminal.domain.guard import GuardLimits
from terminal.domain.ladder_habits import LadderHabits
from terminal.domain.units import Lots, OrderId, Price, Side
from terminal.session.entry_lock import EntryLock
from terminal.session.limits import LimitKeeper
from terminal.viewmodels.keys import (
    DEFAULT_KEYS,
    DOUBLE_PRESSED,
    GLOBAL_KEYS,
    WINDOW_KEYS,
    Chord,
    LadderAction,
)
from terminal.viewmodels.ladder import LadderViewModel
from terminal.viewmodels.ladder_clicks import Button, Spot
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.viewmodels.ladder_commands import ENTERS, GETS_OUT, why_not
from tests.support.builders import a_position_update, an_order_update, position_details
from tests.support.hold_timer import held_by_hand
from tests.support.protected import Protected

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from terminal.domain.ticket import OrderTicket

pytestmark = pytest.mark.usefixtures("qapp")
A = LadderAction
SENDS = {
    A.BUY, A.SELL, A.JOIN_BID, A.JOIN_ASK, A.BUY_AT_ASK, A.SELL_AT_BID, A.BUY_MARKET,
    A.SELL_MARKET,
}  # fmt: skip
CANCELS = {
    A.CANCEL_AT_CURSOR, A.CANCEL_NEWEST, A.CANCEL_BUYS, A.CANCEL_ALL, A.CANCEL_EVERYWHERE,
}  # fmt: skip
LASTING = {A.FLATTEN, A.REVERSE, A.CLOSE_HALF}
"""They go on after the key, so each has a ladder of its own."""


class Mode(NamedTuple):
    """What may be sent in a mode: anything that opens, and anything at all."""

    may_open: bool
    may_cancel: bool = True


MODES = {
    "unarmed": Mode(may_open=False),
    "keyboard armed": Mode(may_open=True),
    "mouse armed": Mode(may_open=False),
    "grabbing": Mode(may_open=True),
    "choosing": Mode(may_open=True),
    "held": Mode(may_open=True),
    "stale": Mode(may_open=False),
    "watch only": Mode(may_open=False, may_cancel=False),
    "locked": Mode(may_open=False),
    "long lane": Mode(may_open=True),
    "short lane": Mode(may_open=True),
    "type by place": Mode(may_open=True),
    "exits on": Mode(may_open=True),
    "post-only": Mode(may_open=True),
    "reduce-only": Mode(may_open=False),
    "dragging": Mode(may_open=True),
    "mouse held": Mode(may_open=True),
    "list open": Mode(may_open=True),
    "second ladder": Mode(may_open=False),
}
HOLDING = {"held", "mouse held"}
ASKING = {"choosing", "list open"}
HOLD_MS = 300
FLAGS: dict[str, Callable[[LadderViewModel], None]] = {
    "exits on": LadderViewModel.toggle_exits,
    "post-only": LadderViewModel.toggle_post_only,
    "reduce-only": LadderViewModel.toggle_reduce_only,
}
CELL = {"dragging": LadderColumn.OWN_BID, "list open": LadderColumn.OWN_BID}
"""Where the mouse goes down at the best bid in a mode that the mouse has begun."""


class Walker:
    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.protected = Protected()
        self.desktop = self.protected.desktop
        self.ladder, self.bench = self.desktop.ladder, self.desktop.bench
        self.first = self.ladder
        self.extra: LadderViewModel | None = None
        self.timer = held_by_hand(self.ladder)
        self._now_ms = count(10_000, 1000)
        self._names = count(1)
        if mode == "watch only":
            self.bench.trading.access = Access.WATCH_ONLY
        if mode.endswith("lane"):
            self.bench.gateway.mode = PositionMode.HEDGE
            self.bench.gateway.held = tuple(
                a_position_update(lots, details=position_details(side))
                for lots, side in ((3, PositionSide.LONG), (-3, PositionSide.SHORT))
            )
        else:
            self.bench.gateway.held = (a_position_update(3),)

    def press(self, *chords: Chord) -> None:
        for chord in chords:
            assert self.ladder.key_pressed(chord, next(self._now_ms), False)

    def second_ladder(self) -> LadderViewModel:
        """Another ladder on the contract, not armed; the first one is."""
        desktop, protected = self.desktop, self.protected
        second = LadderViewModel(
            desktop.workspace, desktop.desk, desktop.account, desktop.sizes, desktop.frame
        )
        second.protect_with(protected.protecting, protected.vm)
        second.start()
        second.set_visible_rows(21)
        self.extra = second
        return second

    def point(self, price: int, column: LadderColumn) -> Spot:
        """The pointer comes to a cell, and a frame shows it."""
        prices = [row.price for row in self.ladder.view.rows]
        spot = Spot(prices.index(Price(price)), column)
        self.ladder.mouse_moved(spot)
        self.desktop.frame.tick()
        return spot

    def begin_by_mouse(self) -> None:
        """A press at the best bid: an order that is held, the list of several, or a drag."""
        ladder, mode = self.ladder, self.mode
        ladder.toggle_mouse()
        if mode == "mouse held":
            ladder.habits = LadderHabits(hold_ms=HOLD_MS)
        spot = self.point(1000, CELL.get(mode, LadderColumn.BID))
        ladder.mouse_pressed(spot, Button.LEFT)
        if mode == "dragging":
            self.point(998, LadderColumn.OWN_BID)
            assert ladder.mouse.drag.now is not None
        else:
            ladder.mouse_released(spot, Button.LEFT)
            assert ladder.holding.is_holding or ladder.trading.choice is not None

    def an_order(self) -> None:
        """One more own order in the row of the best bid."""
        name = OrderId(f"w{next(self._names)}")
        self.bench.stream.push(
            an_order_update(
                order_id=name, client_oid=None, price=Price(1000), side=Side.BUY, lots=Lots(2)
            )
        )

    async def begin_anew(self) -> None:
        """Away with whatever the key before has left; one own order at the best bid."""
        ladder = self.first
        ladder.habits = LadderHabits(infers_type=self.mode == "type by place")
        ladder.disarm("")
        ladder.mouse_lost()
        for oid in [order.client_oid for order in self.bench.desk.working()]:
            order = self.bench.desk.orders[oid]
            if order.order_id is not None:
                self.bench.stream.push(
                    an_order_update(
                        order_id=order.order_id, client_oid=None, side=order.side,
                        lots=order.lots, canceled=order.lots, is_done=True, price=order.price,
                    )
                )  # fmt: skip
        await self.desktop.settle()
        self.an_order()
        ladder.trading.take_flags()
        self.desktop.frame.tick()
        self.press(Chord("Home"))

    async def enter(self) -> None:
        """Into the mode."""
        self.ladder = self.first
        await self.begin_anew()
        ladder = self.ladder
        if self.mode == "mouse armed":
            ladder.toggle_mouse()
        elif self.mode not in {"unarmed", "locked"}:
            self.press(Chord("F4"))
        if self.mode == "short lane" and ladder.lane is PositionSide.LONG:
            self.press(Chord("L"))
        if self.mode == "long lane" and ladder.lane is PositionSide.SHORT:
            self.press(Chord("L"))
        if self.mode in ASKING:
            self.an_order()
            self.desktop.frame.tick()
        if self.mode in {"grabbing", "choosing"}:
            self.press(Chord("G"))
            assert (ladder.trading.grab or ladder.trading.choice) is not None
        if self.mode == "held":
            ladder.habits = LadderHabits(hold_ms=HOLD_MS)
            self.press(Chord("B"))
            assert ladder.holding.is_holding
        await self.begin_mode()
        if self.mode == "stale":
            self.bench.touch = None
            self.desktop.market_stream.drop()
        await self.desktop.settle()

    async def begin_mode(self) -> None:
        """What else is on in a mode, or has begun."""
        ladder = self.first
        if self.mode in {"dragging", "mouse held", "list open"}:
            self.begin_by_mouse()
        if self.mode in FLAGS:
            FLAGS[self.mode](ladder)
        if self.mode == "second ladder":
            ladder.toggle_mouse()
            self.ladder = self.extra or self.second_ladder()
            self.ladder.disarm("")
            await self.desktop.settle()
            self.press(Chord("Home"))

    async def walk(self, chord: Chord) -> tuple[list[OrderTicket], int]:
        """Press a key as its meaning asks for; what was sent by it, and how many cancels."""
        await self.enter()
        trading = self.bench.trading
        placed, canceled = len(trading.placed), len(trading.cancels)
        at_ms = next(self._now_ms)
        self.ladder.key_pressed(chord, at_ms, False)
        if DEFAULT_KEYS[chord] in DOUBLE_PRESSED:
            self.ladder.key_pressed(chord, at_ms + 200, False)
        self.timer.advance(HOLD_MS)
        await self.desktop.settle()
        return [ticket for ticket, _ in trading.placed[placed:]], len(trading.cancels) - canceled


@contextlib.asynccontextmanager
async def walker(mode: str) -> AsyncIterator[Walker]:
    one = Walker(mode)
    await one.protected.start()
    keeper = LimitKeeper(None, GuardLimits(), one.bench.clock, one.bench.owner, one.bench.notices)
    lock = EntryLock(one.bench.desk, keeper, one.bench.owner, one.bench.notices)
    one.ladder.trading.locked = lock.reason
    if mode == "locked":
        lock.lock()
    try:
        yield one
    finally:
        if one.extra is not None:
            one.extra.stop()
        await keeper.stop()
        await one.protected.stop()


def judge(mode: str, action: LadderAction, tickets: list[OrderTicket], cancels: int) -> None:
    """The law of what one key may send in a mode, and what it must."""
    rule, opening = MODES[mode], [ticket for ticket in tickets if not ticket.reduces_only]
    if opening:
        assert rule.may_open, f"{action} opened"
        if mode in HOLDING:  # one is on its way already; no second one but a confirmed market order
            assert len(opening) == 1 + (action in {A.BUY_MARKET, A.SELL_MARKET})
            assert action not in GETS_OUT - {A.PROTECT} | {A.BACK, A.REVERSE}
            by_key = mode == "held"  # taken back by its own key, and by disarming its hand
            assert not by_key or action not in {A.BUY, A.ARM_KEYBOARD}
        else:
            assert action in ENTERS
            assert action is not A.GRAB
    if not rule.may_cancel:
        assert (tickets, cancels) == ([], 0)
    elif (
        action in CANCELS
        and not (mode in ASKING and action is A.CANCEL_AT_CURSOR)  # which asks which one
        and not (mode in HOLDING and action is A.CANCEL_NEWEST)  # the newest is what is held
    ):
        assert cancels, action
    if cancels and mode not in HOLDING:
        assert action in GETS_OUT | {A.COMMIT, A.REVERSE} or action.name.startswith("SIZE_")
    if (rule.may_open or mode == "reduce-only") and action in SENDS and mode not in HOLDING:
        assert len(tickets) == 1, action
    if action in SENDS and mode not in HOLDING:
        judge_flags(mode, tickets)
    if mode == "locked":
        assert not tickets or action in GETS_OUT, "the lock keeps what reduces by hand, too"


def judge_flags(mode: str, tickets: list[OrderTicket]) -> None:
    """What goes with the next order goes with it, and nothing else does; never a stop."""
    is_limit = [ticket.price is not None for ticket in tickets]
    assert [one.is_post_only for one in tickets] == [mode == "post-only" and it for it in is_limit]
    assert all((one.exits is not None) is (mode == "exits on") for one in tickets)
    if not mode.endswith("lane"):
        assert all(one.is_reduce_only is (mode == "reduce-only") for one in tickets)
    assert all(one.trigger is None for one in tickets), "always a limit, or at market"


@pytest.mark.parametrize("mode", MODES)
async def test_every_key_in_every_mode_sends_what_it_may_and_what_it_must(mode: str) -> None:
    async with walker(mode) as one:
        for chord, action in DEFAULT_KEYS.items():
            if action not in LASTING:
                tickets, cancels = await one.walk(chord)
                judge(mode, action, tickets, cancels)


@pytest.mark.parametrize("mode", MODES)
async def test_the_keys_that_get_out_do_in_every_mode(mode: str) -> None:
    for chord, action in DEFAULT_KEYS.items():
        if action in LASTING:
            async with walker(mode) as one:
                tickets, cancels = await one.walk(chord)
                judge(mode, action, tickets, cancels)
                if action is not A.REVERSE and MODES[mode].may_cancel:
                    assert tickets or cancels, action
                    assert all(ticket.reduces_only for ticket in tickets)


@pytest.mark.parametrize("mode", MODES)
async def test_the_palette_says_of_each_action_what_its_key_would_do(mode: str) -> None:
    async with walker(mode) as one:
        await one.enter()
        for action in LadderAction:
            reason = why_not(one.ladder, action)
            if action not in ENTERS | GETS_OUT:
                assert reason == ""
            elif not MODES[mode].may_cancel:
                assert reason
            elif action in GETS_OUT:
                assert reason == ""
            elif mode in {"unarmed", "mouse armed", "locked", "second ladder"}:
                assert reason


def test_no_key_of_the_ladder_means_something_in_the_whole_program() -> None:
    labels = {chord.label for chord in DEFAULT_KEYS}
    assert len(labels) == len(DEFAULT_KEYS)
    assert not labels & (WINDOW_KEYS.keys() | GLOBAL_KEYS.keys())
    assert not WINDOW_KEYS.keys() & GLOBAL_KEYS.keys()
    assert not ENTERS & GETS_OUT
