"""The ladder's mouse: presses, moves and releases as orders, cancels and drags.

Pure state without Qt. What a press would do is shown before it is made, and only what was shown is
done: a press that began before arming, before rows moved under it, or before the shown kind of
order changed sends nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from terminal.domain.depth_rows import price_for_side
from terminal.domain.guard import ticks_through_touch
from terminal.domain.ladder_habits import LadderHabits, OtherButton
from terminal.domain.units import Lots, Side
from terminal.viewmodels.ladder_clicks import (
    SECOND_SIZE,
    TRADED,
    Button,
    Click,
    Spot,
    kind_of,
    other_words,
)
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.viewmodels.ladder_drag import LadderDrag
from terminal.viewmodels.ladder_face import OWN_SIDES
from terminal.viewmodels.ladder_pace import AIM_MS
from terminal.viewmodels.ladder_places import Kind
from terminal.viewmodels.ladder_trading import ArmedBy
from terminal.viewmodels.ladder_view import HoverMark, OwnList, Shape
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.order import Order
    from terminal.domain.units import ClientOid
    from terminal.session.account import AccountSession
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.ladder_axis import LadderAxis
    from terminal.viewmodels.ladder_face import LadderFace
    from terminal.viewmodels.ladder_places import LadderPlaces
    from terminal.viewmodels.ladder_protection import LadderProtection
    from terminal.viewmodels.ladder_trading import LadderTrading
    from terminal.viewmodels.ladder_view import LadderRow

NOWHERE = Spot(None, None)
_MOVED = "The rows moved as you clicked: nothing was sent."
_SIDE_ROLES = {Side.BUY: Role.BUY, Side.SELL: Role.SELL}


@final
@dataclass(frozen=True, slots=True)
class _Press:
    """A button that is down, and what it went down on.

    ``click`` is sent on release, ``side`` is that of own orders on the row ``index``, ``entry`` an
    order of the list.
    """

    button: Button
    spot: Spot
    index: int | None
    step: int
    armed: frozenset[ArmedBy]
    click: Click | None = None
    side: Side | None = None
    entry: ClientOid | None = None


@final
class LadderMouse:
    """The mouse of one ladder. ``habits`` may be set at any time.

    ``now_ms`` is any steady clock, ``recenter`` what a middle click does.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of a ladder that a mouse reaches
        self,
        trading: LadderTrading,
        axis: LadderAxis,
        face: LadderFace,
        desk: OrderDesk,
        account: AccountSession,
        places: LadderPlaces,
        now_ms: Callable[[], float],
        recenter: Callable[[], None],
    ) -> None:
        self.habits = LadderHabits()
        self.drag = LadderDrag(trading, desk)
        self._trading = trading
        self._axis = axis
        self._face = face
        self._desk = desk
        self._account = account
        self._places = places
        self._now_ms = now_ms
        self._recenter = recenter
        self._spot = NOWHERE
        self._press: _Press | None = None
        self._shown: Click | None = None
        self._turned_ms = float("-inf")

    @property
    def protection(self) -> LadderProtection | None:
        """The hand that places stops."""
        return self.drag.protection

    @protection.setter
    def protection(self, hand: LadderProtection) -> None:
        self.drag.protection = hand

    @property
    def is_open(self) -> bool:
        """Whether a press is about what lies over the rows: the list of several orders, a drag."""
        return self._trading.choice is not None or self.is_busy

    @property
    def is_busy(self) -> bool:
        """Whether a button is down on something: rows must stay where they are."""
        return self._press is not None or self.drag.now is not None

    # Events ----------------------------------------------------------------------------------

    def pressed(self, spot: Spot, button: Button) -> None:
        """A button goes down."""
        trading = self._trading
        trading.forget_press()
        self._spot = spot
        if self.is_busy:  # a second button takes back what the first one began
            self.lost("Both buttons: nothing was sent.")
        elif trading.choice is not None:
            self._press_list(spot, button)
        elif button is Button.MIDDLE or (
            button is Button.OTHER and spot.column is LadderColumn.PRICE
        ):
            self._recenter()
        elif spot.row is None or spot.column is None:
            return
        elif spot.column in OWN_SIDES:
            if button is Button.LEFT:
                self._press_own(spot, spot.row, OWN_SIDES[spot.column])
        elif spot.column in TRADED:
            self._press_traded(spot, button)

    def moved(self, spot: Spot) -> bool:
        """The pointer moves; whether anything is to be shown anew."""
        before, self._spot = self._spot, spot
        press = self._press
        if self.drag.now is not None:
            return self.drag.to(self._index(spot))
        if press is not None and press.button is Button.LEFT and self._has_left(press, spot):
            self._begin_drag(press, spot)
            return True
        return spot != before

    def released(self, spot: Spot, button: Button) -> None:
        """A button is let go."""
        self._spot = spot
        press, self._press = self._press, None
        if self.drag.now is not None:
            if button is Button.LEFT:
                self.drag.let_go(self._index(spot))
            return
        if press is None or press.button is not button:
            return
        is_same = not self._has_left(press, spot) and press.step == self._axis.step
        if press.entry is not None:
            if is_same:
                self._choose(press.entry)
        elif press.side is not None:
            if is_same:
                self._trading.cancel_at(press.index, press.step, press.side)
        elif press.click is not None:
            self._release_click(press, press.click, is_same=is_same)

    def left(self) -> None:
        """The pointer is elsewhere; what is dragged stays in hand."""
        self._spot = NOWHERE
        self._shown = None

    def lost(self, words: str) -> None:
        """Nothing that was begun is carried out: the focus went, the connection, the contract."""
        if self._press is not None and self._press.click is not None and self.drag.now is None:
            self._trading.say(words, Role.CAUTION)
        self._press = None
        self.drag.drop_out(f"{words} The order stays where it is.", Role.CAUTION)

    def back(self) -> bool:
        """Esc: drop what is in hand; whether there was anything."""
        if self.drag.drop_out():
            self._press = None
            return True
        press, self._press = self._press, None
        if press is not None and press.click is not None:
            self._trading.say("Nothing was sent.", Role.TEXT_DIM)
        return press is not None

    # Orders that are sent --------------------------------------------------------------------

    def _press_traded(self, spot: Spot, button: Button) -> None:
        if button is Button.OTHER and self.habits.other_button is OtherButton.NOTHING:
            return
        if self._face.has_just_moved:
            self._trading.say(_MOVED, Role.CAUTION)
            return
        click = self._plan(spot, button)
        if click is None:
            return
        if not self._is_as_shown(click):
            return
        if self.habits.acts_on_release:
            armed, step = self._trading.armed, self._axis.step
            self._press = _Press(button, spot, click.place, step, armed, click)
        else:
            self._send(click)

    def _release_click(self, press: _Press, click: Click, *, is_same: bool) -> None:
        trading = self._trading
        if not is_same:
            trading.say("Let go elsewhere: nothing was sent.", Role.TEXT_DIM)
        elif trading.armed is not press.armed:
            trading.say("Arming changed since the press: nothing was sent.", Role.CAUTION)
        elif self._face.has_just_moved:
            trading.say(_MOVED, Role.CAUTION)
        elif self._plan(press.spot, press.button) != click:
            trading.say("It would be another order by now: nothing was sent.", Role.CAUTION)
        else:
            self._send(click)

    def _is_as_shown(self, click: Click) -> bool:
        """Whether the kind of order is the one that was shown; where it is not asked, it is."""
        trading = self._trading
        if not self.habits.infers_type or ArmedBy.MOUSE not in trading.armed:
            return True
        shown = self._shown
        if shown is None or (shown.place, shown.side) != (click.place, click.side):
            trading.say(f"This would be: {click.words}. Click again to send it.", Role.CAUTION)
            return False
        if shown.kind is not click.kind or self._now_ms() - self._turned_ms < AIM_MS:
            words = "The kind of order changed as you clicked: nothing was sent."
            trading.say(words, Role.CAUTION)
            return False
        return True

    def _plan(self, spot: Spot, button: Button = Button.LEFT) -> Click | None:
        """What a press would send; None for nothing, which a press says."""
        index, kind = self._index(spot), kind_of(spot)
        side = None if spot.column is None else TRADED.get(spot.column)
        if index is None or side is None or kind is None:
            return None
        price = price_for_side(index, self._axis.step, side)
        if button is Button.OTHER and self.habits.other_button is OtherButton.NET_SIZE:
            return self._net(index, side, kind)
        if kind is Kind.CLOSE:
            return Click(index, side, kind, price, None, reduces=True)
        if kind is Kind.LIMIT:
            kind = self._places.kind(side, price)
        sizes = self._trading.sizes
        lots = sizes.lots_at(SECOND_SIZE) if button is Button.OTHER else sizes.current
        if lots is None:
            return None
        return Click(index, side, kind, price, lots, reduces=kind is Kind.STOP_REDUCES)

    def _net(self, index: int, side: Side, kind: Kind) -> Click | None:
        lots = self._net_lots()
        if kind is not Kind.LIMIT:
            return None
        if not lots:
            self._trading.say("There is no position whose size could be sent.", Role.TEXT_DIM)
            return None
        if (lots > 0) is (side is Side.BUY):
            verb = "sells" if lots > 0 else "buys"
            words = f"The net size only closes: it {verb} in the other column."
            self._trading.say(words, Role.CAUTION)
            return None
        price = price_for_side(index, self._axis.step, side)
        return Click(index, side, kind, price, Lots(abs(lots)), reduces=True)

    def _net_lots(self) -> int:
        contract = self._trading.contract
        if contract is None:
            return 0
        return self._account.position(contract.symbol, self._trading.lane).core.lots

    def _send(self, click: Click) -> None:
        """Ask for it; the trading hand holds it back first, if the user wants that."""
        hand, mouse = self.protection, ArmedBy.MOUSE
        with self._desk.latency.gesture():
            if click.kind is Kind.LIMIT:
                self._trading.send_limit(
                    click.side, click.price, mouse, click.lots, reduces=click.reduces
                )
            elif hand is None:
                words = "There is no account whose positions could be protected."
                self._trading.say(words, Role.TEXT_DIM)
            elif click.kind is Kind.CLOSE:
                hand.close_at(click.side, click.price, mouse)
            else:
                hand.stop_entry(click.side, click.price, mouse, click.lots, reduces=click.reduces)

    # Own orders ------------------------------------------------------------------------------

    def _press_own(self, spot: Spot, row: int, side: Side) -> None:
        if self._face.has_just_moved and not self._face.holds_at(row, side):
            words = "The rows moved as you clicked: nothing was canceled."
            self._trading.say(words, Role.CAUTION)
            return
        index = self._face.index_of_own(row, side)
        step, armed = self._axis.step, self._trading.armed
        self._press = _Press(Button.LEFT, spot, index, step, armed, side=side)

    def _press_list(self, spot: Spot, button: Button) -> None:
        """A press on a line of the list; elsewhere it closes the list and does nothing more."""
        choice = self._trading.choice
        if choice is None:
            return
        if button is Button.LEFT and spot.entry is not None and spot.entry < len(choice.orders):
            oid = choice.orders[spot.entry]
            order = self._desk.orders.get(oid)
            shown_at = None if order is None else order.shown_at
            step, armed = self._axis.step, self._trading.armed
            index = None if shown_at is None else shown_at // step
            self._press = _Press(Button.LEFT, spot, index, step, armed, entry=oid)
            return
        self._trading.choice = None
        self._trading.say("Nothing was chosen.", Role.TEXT_DIM)

    def _choose(self, oid: ClientOid) -> None:
        choice = self._trading.choice
        if choice is not None and oid in choice.orders:
            self._trading.choose(choice.orders.index(oid) + 1, self._axis.step)

    def _has_left(self, press: _Press, spot: Spot) -> bool:
        """Whether the pointer is on something else than was pressed."""
        if press.entry is not None:
            return spot.entry != press.spot.entry
        if (spot.row, spot.column) != (press.spot.row, press.spot.column):
            # Along its row an own order is not dragged anywhere, but it is not clicked either.
            return True
        if press.side is not None and spot.row is not None:
            return self._face.index_of_own(spot.row, press.side) != press.index
        return self._index(spot) != press.index

    def _begin_drag(self, press: _Press, spot: Spot) -> None:
        if press.entry is None and press.side is None:
            return  # an order that is sent on release: elsewhere it is dropped
        if press.entry is None and press.spot.row == spot.row and spot.column is not None:
            return
        self._press = None
        trading = self._trading
        if press.entry is not None:
            order = self._desk.orders.get(press.entry)
            found = [] if order is None else [order]
        else:
            found = trading.orders_at(press.index, press.step, press.side)
        if len(found) > 1:
            trading.say("Several orders: click lists them, then drag one.", Role.CAUTION)
        elif found and press.index is not None:
            trading.choice = None
            self.drag.begin(found[0], press.index, press.step)
            self.drag.to(self._index(spot))

    # Showing ---------------------------------------------------------------------------------

    def settle(self) -> None:
        """Once per frame: let go what has ended, and find out what a click would do now."""
        self.drag.check()
        before = self._shown
        is_armed = ArmedBy.MOUSE in self._trading.armed
        now = self._plan(self._spot) if is_armed and not self.is_busy else None
        if self.is_busy:
            return
        if before is not None and now is not None and now.kind is not before.kind:
            same_cell = (now.place, now.side) == (before.place, before.side)
            if same_cell:
                self._turned_ms = self._now_ms()
        self._shown = now

    @property
    def target(self) -> int | None:
        """The row that a dragged order would go to."""
        drag = self.drag.now
        return None if drag is None else drag.target

    @property
    def shape(self) -> Shape:
        """What the pointer looks like."""
        if self.drag.now is not None:
            return Shape.DRAGS if self.drag.may_drop else Shape.REFUSES
        if self._spot.entry is not None or self._own_here():
            return Shape.CANCELS
        return Shape.SENDS if self._shown is not None else Shape.ARROW

    def marked(self, rows: tuple[LadderRow, ...]) -> tuple[LadderRow, ...]:
        """The rows, with what a click under the pointer would do written on its row."""
        row = self._spot.row
        mark = self._mark()
        if mark is None or row is None or row >= len(rows):
            return rows
        return (*rows[:row], rows[row]._replace(hover=mark), *rows[row + 1 :])

    def own_list(self) -> OwnList | None:
        """Several own orders that a choice is open about, spread out; None without one."""
        choice, trading = self._trading.choice, self._trading
        if choice is None:
            return None
        orders = [self._desk.orders.get(oid) for oid in choice.orders]
        first = next((order for order in orders if order is not None), None)
        if first is None or first.side is None or first.shown_at is None:
            return None
        row = self._axis.row_of_index(first.shown_at // self._axis.step)
        lines = tuple(
            ""
            if order is None
            else f"{number}  {trading.named(order)}, {order.state.value.lower()}"
            for number, order in enumerate(orders, start=1)
        )
        title = f"Which to {choice.purpose.value}? Drag moves, Esc closes."
        return OwnList(row or 0, first.side, title, lines, self._spot.entry)

    def _mark(self) -> HoverMark | None:
        spot = self._spot
        column, press = spot.column, self._press
        if column is None or self.drag.now is not None or ArmedBy.MOUSE not in self._trading.armed:
            return None
        if press is not None and press.click is not None:
            if self._has_left(press, spot):
                return HoverMark(column, "Let go here: nothing is sent", Role.TEXT_DIM)
            return HoverMark(column, f"Let go: {press.click.words}", _SIDE_ROLES[press.click.side])
        orders = self._own_here()
        if orders:
            words = (
                "Click cancels, drag moves"
                if len(orders) == 1
                else f"{len(orders)} orders: click lists them"
            )
            return HoverMark(column, words, Role.ACCENT)
        shown = self._shown
        return None if shown is None else self._click_mark(column, shown)

    def _click_mark(self, column: LadderColumn, shown: Click) -> HoverMark:
        contract, trading = self._trading.contract, self._trading
        touch = None if contract is None else self._desk.touch(contract.symbol)
        if shown.kind is Kind.LIMIT and touch is not None:
            through = ticks_through_touch(shown.side, shown.price, touch)
            collar = self._desk.guarding.limits.collar_ticks
            if through > collar and not trading.is_exit(shown.side):
                words = f"{through} ticks through: the collar is {collar}"
                return HoverMark(column, words, Role.DANGER)
        net = self._net_lots()
        reduces = (net > 0) is (shown.side is Side.SELL)
        second = trading.sizes.lots_at(SECOND_SIZE) or Lots(0)
        other = other_words(self.habits.other_button, second, Lots(net), net_reduces=reduces)
        words = ", ".join(part for part in (shown.words, other) if part)
        return HoverMark(column, words, _SIDE_ROLES[shown.side])

    def _own_here(self) -> list[Order]:
        spot = self._spot
        side = None if spot.column is None else OWN_SIDES.get(spot.column)
        if side is None or spot.row is None:
            return []
        index = self._face.index_of_own(spot.row, side)
        return self._trading.orders_at(index, self._axis.step, side)

    def _index(self, spot: Spot) -> int | None:
        if spot.row is None or spot.column is None:
            return None
        return self._axis.index_of_row(spot.row)
