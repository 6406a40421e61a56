"""The ladder's mouse: presses, moves and releases as orders, cancels and drags.

Pure state without Qt. What a press would do is shown before it is made, and only what was shown is
done: a press that began before arming, before rows moved under it, or before the shown kind of
order changed sends nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from terminal.domain.depth_rows import row_index
from terminal.domain.ladder_habits import OtherButton
from terminal.viewmodels.ladder_aim import SIDE_ROLES, LadderAim
from terminal.viewmodels.ladder_clicks import TRADED, Button, Spot
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.viewmodels.ladder_drag import LadderDrag
from terminal.viewmodels.ladder_face import OWN_SIDES
from terminal.viewmodels.ladder_lanes import column_side
from terminal.viewmodels.ladder_pace import AIM_MS
from terminal.viewmodels.ladder_picking import PICK_WORDS, PICKED, LadderPicking
from terminal.viewmodels.ladder_places import Kind
from terminal.viewmodels.ladder_trading import ArmedBy
from terminal.viewmodels.ladder_view import HoverMark, OwnList, Shape
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.ladder_habits import LadderHabits
    from terminal.domain.order import Order
    from terminal.domain.units import ClientOid, Side
    from terminal.session.account import AccountSession
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.ladder_axis import LadderAxis
    from terminal.viewmodels.ladder_clicks import Click
    from terminal.viewmodels.ladder_exit import LadderExit
    from terminal.viewmodels.ladder_face import LadderFace
    from terminal.viewmodels.ladder_places import LadderPlaces
    from terminal.viewmodels.ladder_protection import LadderProtection
    from terminal.viewmodels.ladder_trading import LadderTrading
    from terminal.viewmodels.ladder_view import LadderRow

NOWHERE = Spot(None, None)
_MOVED = "The rows moved as you clicked: nothing was sent."
_PLATE_GONE = "What was under the pointer is elsewhere: nothing was sent. Click again."
_OTHER_BY_NOW = "It would be another order by now: nothing was sent."


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
    """The mouse of one ladder.

    ``habits`` tells how the user wants it now, ``now_ms`` is any steady clock, ``recenter`` what a
    middle click does.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of a ladder that a mouse reaches
        self,
        trading: LadderTrading,
        axis: LadderAxis,
        face: LadderFace,
        desk: OrderDesk,
        account: AccountSession,
        places: LadderPlaces,
        habits: Callable[[], LadderHabits],
        now_ms: Callable[[], float],
        recenter: Callable[[], None],
    ) -> None:
        self.drag = LadderDrag(trading, desk)
        self.aim = LadderAim(trading, axis, desk, account, places, habits)
        self.picking = LadderPicking(trading, axis, desk)
        self._trading = trading
        self._axis = axis
        self._face = face
        self._desk = desk
        self._habits = habits
        self._now_ms = now_ms
        self._recenter = recenter
        self._spot = NOWHERE
        self._is_on_plate = False
        self._press: _Press | None = None
        self._shown: Click | None = None
        self._shown_right: Click | None = None  # of the other button, beside it
        self._framed = NOWHERE  # where the pointer was when the last frame was made
        self._terms: tuple[object, ...] = ()
        self._turned_ms = float("-inf")

    @property
    def protection(self) -> LadderProtection | None:
        """The hand that places stops."""
        return self.drag.protection

    @protection.setter
    def protection(self, hand: LadderProtection) -> None:
        self.drag.protection = hand
        self.aim.reference = hand.stop_reference

    @property
    def exits(self) -> LadderExit | None:
        """Who closes the position by a click at the result."""
        return self.aim.exits

    @exits.setter
    def exits(self, exits: LadderExit) -> None:
        self.aim.exits = exits

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
        has_lost_plate = self.has_lost_plate(spot)
        self._is_on_plate &= not has_lost_plate  # said once; who presses again means the cell
        self.rest(spot)
        if self.is_busy:  # a second button takes back what the first one began
            self.lost("Both buttons: nothing was sent.")
        elif trading.choice is not None:
            self._press_list(spot, button)
        elif button is not Button.MIDDLE and (spot.edge is not None or has_lost_plate):
            self._press_plate(spot, button)
        elif spot.picks and button is Button.LEFT:
            self._pick(spot)
        elif button is Button.MIDDLE or (
            button is Button.OTHER and spot.column is LadderColumn.PRICE
        ):
            self._recenter()
        elif spot.row is None or spot.column is None:
            return
        elif spot.column in OWN_SIDES:
            if button is Button.LEFT:
                self._press_own(spot, spot.row, OWN_SIDES[spot.column])
        elif spot.column in TRADED or spot.column is LadderColumn.PNL:
            self._press_traded(spot, button)

    def rest(self, spot: Spot) -> None:
        """The pointer is at a place; remember whether something lies on the row there.

        Or lay there since it came to the cell: a hand that trembles has aimed at nothing else.
        """
        was_on_plate = self._is_on_plate and self._is_same_cell(spot)
        self._spot = spot
        is_covered = spot.row is not None and self._axis.is_covered(spot.row)
        self._is_on_plate = is_covered or spot.edge is not None or was_on_plate

    def _is_same_cell(self, spot: Spot) -> bool:
        return (self._spot.row, self._spot.column) == (spot.row, spot.column)

    def has_lost_plate(self, now: Spot) -> bool:
        """Whether what lay on the row has gone from under a pointer that rests there.

        Plates go by themselves when the market comes back or the row's numbers change, and by a
        click. The press that was meant for one, or for one more, must not reach the cell below.
        """
        return self._is_on_plate and self._is_same_cell(now) and now.edge is None

    def _press_plate(self, spot: Spot, button: Button) -> None:
        """A press on the plate of something out of view goes there; nothing is sent or canceled."""
        if spot.edge is None:
            self._trading.say(_PLATE_GONE, Role.CAUTION)
        elif button is Button.LEFT and spot.edge.at is not None:
            self._axis.bring(row_index(spot.edge.at, self._axis.step))

    def moved(self, spot: Spot) -> bool:
        """The pointer moves; whether anything is to be shown anew."""
        before = self._spot
        self.rest(spot)
        press = self._press
        if self.drag.now is not None:
            return self.drag.to(self.aim.index(spot))
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
                self.drag.let_go(self.aim.index(spot))
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
        self._shown = self._shown_right = None

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
        habits = self._habits()
        if button is Button.OTHER and habits.other_button is OtherButton.NOTHING:
            return
        if self._face.has_just_moved:
            self._trading.say(_MOVED, Role.CAUTION)
            return
        click = self.aim.plan(spot, button)
        if click is None:
            words, role = self.aim.why_nothing(spot, button)
            if words:
                self._trading.say(words, role)
        elif self._is_as_shown(spot, button, click):
            if habits.acts_on_release:
                armed, step = self._trading.armed, self._axis.step
                self._press = _Press(button, spot, click.place, step, armed, click)
            else:
                self._send(click)

    def _pick(self, spot: Spot) -> None:
        """Alt and the left button mean the ticket, in every column: nothing is sent or canceled."""
        if self._face.has_just_moved:
            words = "The rows moved as you clicked: the ticket has its price of before."
            self._trading.say(words, Role.CAUTION)
        elif spot.column in PICKED:
            self.picking.pick(self.aim.index(spot), PICKED[spot.column])
        else:
            words = "Alt and a click take a price: from the columns of prices, bids and asks."
            self._trading.say(words, Role.TEXT_DIM)

    def _release_click(self, press: _Press, click: Click, *, is_same: bool) -> None:
        trading = self._trading
        if not is_same:
            trading.say("Let go elsewhere: nothing was sent.", Role.TEXT_DIM)
        elif trading.armed is not press.armed:
            trading.say("Arming changed since the press: nothing was sent.", Role.CAUTION)
        elif self._face.has_just_moved:
            trading.say(_MOVED, Role.CAUTION)
        elif self.aim.plan(press.spot, press.button) != click:
            trading.say(_OTHER_BY_NOW, Role.CAUTION)
        else:
            self._send(click)

    def _is_as_shown(self, spot: Spot, button: Button, click: Click) -> bool:
        """Whether it is the order that the last frame showed under the pointer; else it is said.

        Who moves and clicks at once may be faster than the frame: that is an order all the same
        where size and terms are those of the last frame, unless the place or the position decides
        what it is.
        """
        trading, shown = self._trading, self._shown
        if ArmedBy.MOUSE not in trading.armed:
            return True
        is_decided = self._habits().infers_type or click.ticket is not None
        is_right = button is Button.OTHER
        shown_here = self._shown_right if is_right else shown
        now = self.aim.plan(spot) if is_right else click
        if self._framed != spot or (shown is None and now is not None):
            if not is_decided and self._framed != spot and self._terms == self._terms_now():
                return True
            words = f"This would be: {click.words}. Click again to send it."
        elif is_decided and (_is_other_kind(now, shown) or self._has_just_turned):
            words = "The kind of order changed as you clicked: nothing was sent."
        elif now != shown or click != shown_here:
            words = _OTHER_BY_NOW
        else:
            return True
        trading.say(words, Role.CAUTION)
        return False

    @property
    def _has_just_turned(self) -> bool:
        return self._now_ms() - self._turned_ms < AIM_MS

    def _terms_now(self) -> tuple[object, ...]:
        """What any click depends on beside its place."""
        trading = self._trading
        flags = (trading.is_post_only, trading.is_reduce_only, trading.bracket is not None)
        lots = (trading.sizes.current, self.aim.net_lots)  # of one button and of the other
        return (trading.contract, trading.lane, lots, flags)

    def _send(self, click: Click) -> None:
        """Ask for it; the trading hand holds it back first, if the user wants that."""
        hand, mouse = self.protection, ArmedBy.MOUSE
        with self._desk.latency.gesture():
            if click.ticket is not None:
                if self.exits is not None:
                    self.exits.send(click)
            elif click.kind is Kind.LIMIT:
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
        return self.aim.index(spot) != press.index

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
            self.drag.to(self.aim.index(spot))

    # Showing ---------------------------------------------------------------------------------

    def settle(self) -> None:
        """Once per frame: let go what has ended, and find out what a click would do now."""
        self.drag.check()
        self._terms = self._terms_now()
        if self.is_busy:
            return
        before, self._framed = self._framed, self._spot
        is_armed = ArmedBy.MOUSE in self._trading.armed
        now = self.aim.plan(self._spot) if is_armed else None
        if before == self._spot and _is_other_kind(now, self._shown):
            self._turned_ms = self._now_ms()
        self._shown = now
        self._shown_right = self.aim.plan(self._spot, Button.OTHER) if is_armed else None

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
        if self._spot.edge is not None:
            return Shape.GOES
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
        side = column_side(first, is_hedged=trading.is_hedged) or first.side
        return OwnList(row or 0, side, title, lines, self._spot.entry)

    def _mark(self) -> HoverMark | None:
        spot = self._spot
        column, press = spot.column, self._press
        if spot.edge is not None:
            return None
        if spot.picks and column in PICKED and not self.is_open:
            return HoverMark(column, PICK_WORDS, Role.ACCENT)
        if column is None or self.drag.now is not None or ArmedBy.MOUSE not in self._trading.armed:
            return None
        if press is not None and press.click is not None:
            if self._has_left(press, spot):
                return HoverMark(column, "Let go here: nothing is sent", Role.TEXT_DIM)
            return HoverMark(column, f"Let go: {press.click.words}", SIDE_ROLES[press.click.side])
        orders = self._own_here()
        if orders:
            words = (
                "Click cancels, drag moves"
                if len(orders) == 1
                else f"{len(orders)} orders: click lists them"
            )
            return HoverMark(column, words, Role.ACCENT)
        return self.aim.mark(spot, self._shown)

    def _own_here(self) -> list[Order]:
        spot = self._spot
        side = None if spot.column is None else OWN_SIDES.get(spot.column)
        if side is None or spot.row is None or spot.edge is not None:
            return []
        index = self._face.index_of_own(spot.row, side)
        return self._trading.orders_at(index, self._axis.step, side)


def _is_other_kind(one: Click | None, other: Click | None) -> bool:
    """Whether two plans for one cell are orders of another kind, or other exits."""
    if one is None or other is None:
        return False
    return (one.kind, one.ticket) != (other.kind, other.ticket)
