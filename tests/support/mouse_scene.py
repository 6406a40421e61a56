"""A ladder in one mode, and a mouse on it: what was shown before a gesture, what came of it.

Everything a ladder has is there (own orders, several at a price, a position, results, notes), on
fakes, with clocks that only move when a test says so.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, NamedTuple, final

from PySide6.QtCore import Qt

from terminal.domain.access import Access
from terminal.domain.events import PositionMode, PositionSide
from terminal.domain.guard import GuardLimits, Touch
from terminal.domain.ladder_habits import LadderHabits, OtherButton
from terminal.domain.units import Lots, OrderId, Price, Side
from terminal.session.entry_lock import EntryLock
from terminal.session.limits import LimitKeeper
from terminal.viewmodels import ladder as ladder_module
from terminal.viewmodels.keys import Chord
from terminal.viewmodels.ladder import LadderViewModel
from terminal.viewmodels.ladder_clicks import Button, Spot
from terminal.viewmodels.ladder_options import SHIPPED
from terminal.widgets.canvas.ladder_clicks import take_click
from tests.support.builders import a_position_update, a_snapshot, an_order_update, position_details
from tests.support.hold_timer import held_by_hand
from tests.support.insight import Insighted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import pytest

    from terminal.domain.ticket import OrderTicket
    from terminal.viewmodels.ladder_columns import LadderColumn
    from tests.support.protected import Protected

BID, ASK = 1000, 1003
COLLAR = 6
ROWS = 27
HELD_LONG, HELD_SHORT = 3, -2
ENTRY_TICK = 998
OWN_BUY, SEVERAL, OWN_SELL = 996, 995, 1008
HOLD_MS = 200
SECOND_LOTS = 5
_QT = {
    Button.LEFT: Qt.MouseButton.LeftButton,
    Button.OTHER: Qt.MouseButton.RightButton,
    Button.MIDDLE: Qt.MouseButton.MiddleButton,
}


@final
@dataclass
class HandTime:
    """Seconds that a test lets pass, for everything that asks the ladder's own clock."""

    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s


@final
class Shown(NamedTuple):
    """What the last frame said before a gesture: under the pointer, staged anywhere, aloud."""

    hover: str
    is_danger: bool
    staged: tuple[tuple[int, str], ...]
    said: str


@final
@dataclass
class Came:
    """What a gesture brought about, in the order of its parts.

    ``early`` is what was sent before the button was let go, ``sent`` all of it, ``at_once`` all
    that was sent before the time of holding back was over.
    """

    shown: Shown
    early: list[OrderTicket] = field(default_factory=list)
    at_once: list[OrderTicket] = field(default_factory=list)
    sent: list[OrderTicket] = field(default_factory=list)
    cancels: list[str] = field(default_factory=list)
    was_held: bool = False
    asks: bool = False
    said: str = ""


@final
class Scene:
    """Made by ``a_scene``. ``pointed`` is the ladder that the mouse is on."""

    def __init__(self, time: HandTime, *, is_hedged: bool = False, lots: int = HELD_LONG) -> None:
        self.time = time
        self.insighted = Insighted()
        self.protected: Protected = self.insighted.protected
        self.desktop = self.protected.desktop
        self.desktop.market_gateway.snapshots[0] = a_snapshot(
            bids=((BID, 5), (999, 7)), asks=((ASK, 4), (ASK + 1, 9))
        )
        self.bench = self.desktop.bench
        self.bench.touch = Touch(Price(BID), Price(ASK))
        self.bench.limits = GuardLimits(collar_ticks=COLLAR)
        self.ladder = self.desktop.ladder
        self.pointed = self.ladder
        self.timer = held_by_hand(self.ladder)
        self.is_hedged = is_hedged
        self._names, self._now_ms = count(1), count(10_000, 1000)
        self._as_they_were: list[object] | None = None
        if is_hedged:
            self.bench.gateway.mode = PositionMode.HEDGE
            self.bench.gateway.held = tuple(
                a_position_update(lots, "99.8", details=position_details(side))
                for lots, side in ((HELD_LONG, PositionSide.LONG), (HELD_SHORT, PositionSide.SHORT))
            )
        elif lots:
            self.bench.gateway.held = (a_position_update(lots, "99.8"),)
        self.lock: EntryLock
        self._keeper: LimitKeeper
        self._second: LadderViewModel | None = None

    async def start(self) -> None:
        """Connect everything, the lock with it."""
        bench = self.bench
        await self.protected.start()
        self.insighted.notes.start()
        self._keeper = LimitKeeper(None, GuardLimits(), bench.clock, bench.owner, bench.notices)
        self.lock = EntryLock(bench.desk, self._keeper, bench.owner, bench.notices)
        self.lock.on_locked.add(lambda: self.ladder.disarm("order entry was locked."))
        self.ladder.trading.locked = self.lock.reason
        self.ladder.set_visible_rows(ROWS)
        await self.settle()
        self.ladder.recenter()
        await self.settle()

    async def stop(self) -> None:
        """End everything."""
        if self._second is not None:
            self._second.stop()
        await self._keeper.stop()
        await self.insighted.stop()

    async def settle(self) -> None:
        await self.desktop.settle()

    def tick(self) -> None:
        self.desktop.frame.tick()

    # State -----------------------------------------------------------------------------------

    def press(self, *names: str) -> None:
        """Keys, far enough apart that none is a bounce."""
        for name in names:
            self.press_as_at(name, next(self._now_ms))

    def press_as_at(self, name: str, at_ms: int) -> None:
        """A key at a time of the key events' own."""
        *held, key = name.split("+")
        chord = Chord(key, shift="Shift" in held, ctrl="Ctrl" in held)
        assert self.ladder.key_pressed(chord, at_ms, False), name

    def own_order(self, price: int, side: Side, lots: int, lane: PositionSide | None) -> None:
        """One more working order, as the exchange tells it."""
        self.bench.stream.push(
            an_order_update(
                order_id=OrderId(f"w{next(self._names)}"), client_oid=None, price=Price(price),
                side=side, lots=Lots(lots), position_side=lane, is_reduce_only=False,
                is_close_order=False, is_post_only=False,
            )
        )  # fmt: skip

    async def begin_anew(self) -> None:
        """Away with whatever the gesture before has left; the same own orders as always."""
        self.ladder.habits = LadderHabits()
        for ladder in {self.ladder, self.pointed}:
            ladder.disarm("")
            ladder.mouse_lost()
            ladder.mouse.back()
            ladder.holding.drop("")
            ladder.set_options(SHIPPED)
            ladder.trading.take_flags()
        insight = self.insighted.insight
        insight.exits.drop()
        insight.drop_note()
        if self._as_they_were != self._orders():
            await self._clear_orders()
            self._own_orders()
        self.ladder.choose_size(1)
        while self.ladder.axis.step > 1:
            self.ladder.step(finer=True)
        self.ladder.recenter()
        self.ladder.trading.message = None
        self.pointed.mouse_moved(Spot(None, None))
        self.time.now_s += 10
        self.ladder.set_hovered(True)
        self.tick()

    def _orders(self) -> list[object]:
        """What is known of the working orders."""
        return [(one.order_id, one.price, one.pending) for one in self.bench.desk.working()]

    def _own_orders(self) -> None:
        long, short = (PositionSide.LONG, PositionSide.SHORT) if self.is_hedged else (None, None)
        self.own_order(OWN_BUY, Side.BUY, 4, long)
        self.own_order(SEVERAL, Side.BUY, 2, long)
        self.own_order(SEVERAL, Side.BUY, 3, long)
        self.own_order(OWN_SELL, Side.SELL, 6, short)
        self._as_they_were = self._orders()

    async def _clear_orders(self) -> None:
        for order in self.bench.desk.working():
            if order.order_id is not None:
                self.bench.stream.push(
                    an_order_update(
                        order_id=order.order_id, client_oid=None, side=order.side,
                        lots=order.lots, canceled=order.lots, is_done=True, price=order.price,
                    )
                )  # fmt: skip
        await self.settle()
        assert not self.bench.desk.working(), "an order was left from the gesture before"

    def second_ladder(self) -> LadderViewModel:
        """Another ladder on the same contract; the mouse is on it from now on."""
        if self._second is None:
            desktop = self.desktop
            self._second = LadderViewModel(
                desktop.workspace, desktop.desk, desktop.account, desktop.sizes, desktop.frame
            )
            self._second.protect_with(self.protected.protecting, self.protected.vm)
            self._second.trading.locked = self.lock.reason
            held_by_hand(self._second)
            self._second.start()
            self._second.set_visible_rows(ROWS)
            self.tick()
            self._second.recenter()
            self.tick()
        self.pointed = self._second
        return self._second

    # Gestures --------------------------------------------------------------------------------

    def spot(self, tick: int | None, column: LadderColumn, held: str = "") -> Spot:
        """A cell by a price within its row; outside the rows with None."""
        if tick is None:
            return Spot(None, None)
        ladder, step = self.pointed, self.pointed.axis.step
        row = next(
            number
            for number, one in enumerate(ladder.view.rows)
            if one.price <= tick < one.price + step
        )
        return Spot(row, column, "Shift" in held, "Ctrl" in held, "Alt" in held)

    def press_at(self, spot: Spot, button: Button) -> None:
        """As the canvas does it: columns of their own first, unless something lies over them."""
        ladder = self.pointed
        if (
            not ladder.mouse.is_open
            and spot.row is not None
            and spot.column is not None
            and take_click(ladder, spot.row, spot.column, _QT[button])
        ):
            return
        ladder.mouse_pressed(spot, button)

    def shown(self, spot: Spot) -> Shown:
        """What the last frame says, with the pointer there."""
        view = self.pointed.view
        mark = None if spot.row is None else view.rows[spot.row].hover
        return Shown(
            "" if mark is None or mark.column is not spot.column else mark.words,
            mark is not None and mark.role.value == "danger",
            tuple((row.price, row.staged.words) for row in view.rows if row.staged is not None),
            "" if view.message is None else view.message.text,
        )

    @property
    def placed(self) -> list[OrderTicket]:
        return [ticket for ticket, _ in self.bench.trading.placed]

    @property
    def said(self) -> str:
        message = self.pointed.trading.message
        return "" if message is None else message.text

    async def gesture(
        self, spot: Spot, button: Button, release: Spot | None = None, *, framed: bool = True
    ) -> Came:
        """Point, see a frame, press, perhaps move, let go, and let the time of holding pass."""
        ladder, trading = self.pointed, self.bench.trading
        ladder.mouse_moved(Spot(None, None))
        ladder.mouse_moved(spot)
        if framed:
            self.tick()
        came = Came(self.shown(spot))
        ladder.trading.message = None
        placed, canceled = len(trading.placed), len(trading.cancels)
        self.press_at(spot, button)
        await self.bench.clock.settle()
        came.early = self.placed[placed:]
        if release is not None:
            ladder.mouse_moved(release)
            self.tick()
        ladder.mouse_released(spot if release is None else release, button)
        await self.bench.clock.settle()
        came.at_once = self.placed[placed:]
        came.was_held = ladder.holding.is_holding
        if came.was_held:
            self.timer.advance(HOLD_MS)
            await self.bench.clock.settle()
        came.sent = self.placed[placed:]
        came.cancels = trading.cancels[canceled:]
        came.asks = ladder.trading.choice is not None
        came.said = self.said
        return came


@contextlib.asynccontextmanager
async def a_scene(
    monkeypatch: pytest.MonkeyPatch, *, is_hedged: bool = False, lots: int = HELD_LONG
) -> AsyncIterator[Scene]:
    """Connected, trusted, nothing armed."""
    time = HandTime()
    monkeypatch.setattr(ladder_module, "monotonic", time)
    scene = Scene(time, is_hedged=is_hedged, lots=lots)
    await scene.start()
    try:
        yield scene
    finally:
        await scene.stop()


def habits(*, release: bool, hold: bool, other: OtherButton, place: bool) -> LadderHabits:
    """The user's habits by what a walk varies."""
    return LadderHabits(
        acts_on_release=release,
        hold_ms=HOLD_MS if hold else 0,
        infers_type=place,
        other_button=other,
    )


__all__ = ["Access", "Came", "HandTime", "Scene", "Shown", "a_scene", "habits"]
