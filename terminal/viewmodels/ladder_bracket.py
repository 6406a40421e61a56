"""Moving a whole bracket at once: Shift with the arrows takes along what belongs to the order held.

An entry takes the exits that are attached to it; a stop or target of the position takes the others
of the same position. All of them keep their distances. Each is then moved as it is alone: a stop
that protects is placed anew first, everything else is canceled first and loses its place.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, final

from terminal.domain.depth_rows import price_for_side, row_index
from terminal.domain.guard import ticks_through_touch
from terminal.domain.order import OrderState
from terminal.domain.units import Price
from terminal.viewmodels import text
from terminal.viewmodels.ladder_hands import MOVABLE, ArmedBy, Grab
from terminal.viewmodels.ladder_view import StagedOrder
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.order import Order
    from terminal.domain.ticket import AttachedExits
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.ladder_trading import LadderTrading

NOT_HELD = "Nothing is in hand: grab an own order first."


@final
class LadderBracket:
    """The bracket in hand of one ladder. ``fires`` tells whether a stop would fire at a price."""

    def __init__(self, trading: LadderTrading, desk: OrderDesk) -> None:
        self.fires: Callable[[Order, Price], bool] | None = None
        self._trading = trading
        self._desk = desk
        trading.commits_all = self.commit

    # Moving the target -----------------------------------------------------------------------

    def shift(self, rows: int, step: int) -> None:
        """Move the order in hand and what belongs to it by so many rows; positive is up."""
        trading, grab = self._trading, self._trading.grab
        order = None if grab is None else self._desk.orders.get(grab.client_oid)
        if grab is None or order is None:
            trading.say(NOT_HELD, Role.TEXT_DIM)
            return
        others = grab.others or tuple(one.client_oid for one in self._belonging(order))
        wanted = replace(
            grab, target=grab.target + rows, all_rows=grab.all_rows + rows, others=others
        )
        if min(price for _, price in self._places(wanted, order, step)) <= 0:
            return  # the first tick is the end
        trading.grab = wanted
        self._say(wanted, order, step)

    def _belonging(self, order: Order) -> list[Order]:
        """The other exits of the position that an exit closes; an entry's are its own."""
        if not self._trading.reduces(order):
            return []
        return [
            one
            for one in self._desk.working(order.symbol)
            if one.client_oid != order.client_oid
            and self._trading.reduces(one)
            and one.state in MOVABLE
            and one.shown_at is not None
            and one.position_side is order.position_side
            and (one.side is order.side or one.is_close_order)
        ]

    def _say(self, grab: Grab, order: Order, step: int) -> None:
        trading, ticks = self._trading, grab.all_rows * step
        exits = self._exits(order)
        count = 1 + len(grab.others)
        what = f"{count} orders" if count > 1 else "the order"
        if exits is not None:
            what = "the order and its exits"
        elif count == 1:
            what = "the order alone, nothing belongs to it,"
        way = "up" if ticks >= 0 else "down"
        cost = ""
        if any(not self._is_placed_first(one) for one, _ in self._places(grab, order, step)):
            cost = " Their places in the queue are lost."
        trading.say(
            f"Moving {what} {abs(ticks)} ticks {way} together: Enter commits, Esc drops.{cost}",
            Role.ACCENT,
        )

    def _exits(self, order: Order) -> AttachedExits | None:
        return self._desk.exits_of(order.client_oid)

    @staticmethod
    def _is_placed_first(order: Order) -> bool:
        return order.state is OrderState.UNTRIGGERED and order.reduces_only

    def _places(self, grab: Grab, order: Order, step: int) -> list[tuple[Order, Price]]:
        """Where each order in hand would go, the one held first; what has ended is left out."""
        by = grab.all_rows * step
        places: list[tuple[Order, Price]] = []
        if order.shown_at is not None:
            own = Price(order.shown_at + by)
            if row_index(order.shown_at, step) != grab.target - grab.all_rows:
                own = price_for_side(grab.target, step, grab.side)
            places.append((order, own))
        for client_oid in grab.others:
            other = self._desk.orders.get(client_oid)
            if other is not None and other.state in MOVABLE and other.shown_at is not None:
                places.append((other, Price(other.shown_at + by)))
        return places

    # Showing ---------------------------------------------------------------------------------

    def staged(self, step: int) -> list[StagedOrder]:
        """The lines of what moves along; the one of the order in hand is drawn by itself."""
        grab = self._trading.grab
        order = None if grab is None else self._desk.orders.get(grab.client_oid)
        if grab is None or order is None or not grab.all_rows:
            return []
        found = [
            StagedOrder(other.side, price, "moved along", other.remaining or None)
            for other, price in self._places(grab, order, step)[1:]
        ]
        exits = self._exits(order)
        if exits is not None:
            by = grab.all_rows * step
            found += [
                StagedOrder(grab.side.opposite, Price(price + by), "exit moved along", None)
                for price in (exits.up, exits.down)
                if price is not None
            ]
        return found

    # Committing ------------------------------------------------------------------------------

    def commit(self, step: int) -> None:
        """Move all of them, or none if one of them may not be moved."""
        trading, desk = self._trading, self._desk
        grab, trading.grab = trading.grab, None
        order = None if grab is None else desk.orders.get(grab.client_oid)
        if grab is None or order is None:
            return
        places = [
            (one, price) for one, price in self._places(grab, order, step) if one.shown_at != price
        ]
        reduces = all(trading.reduces(one) for one, _ in places)
        if not trading.may_enter("Not moved.", ArmedBy.KEYBOARD, reduces=reduces):
            return
        if not places:
            trading.say("The orders stay where they are.", Role.TEXT_DIM)
            return
        for one, price in places:
            reason = self._why_not(one, price)
            if reason:
                words = f"Nothing was moved. {trading.named(one).capitalize()}: {reason}"
                trading.say(words, Role.DANGER)
                return
        # What protects goes first: should the rest fail, it is there already.
        places.sort(key=lambda one: not self._is_placed_first(one[0]))
        for number, (one, price) in enumerate(places):
            blocked = desk.move(one.client_oid, price, takes_exits=True)
            if blocked is not None:
                trading.say(
                    f"{number} of {len(places)} are being moved. {trading.named(one)} is not: "
                    f"{blocked.blocks[0].reason}",
                    Role.DANGER,
                )
                return
        first = sum(self._is_placed_first(one) for one, _ in places)
        trading.say(self._words(len(places), first), Role.CAUTION)

    @staticmethod
    def _words(count: int, first: int) -> str:
        if first == count:
            return f"Moving {text.whole(count)} together: the new stops first."
        if not first:
            return f"Moving {text.whole(count)} together: cancel first, the place is lost."
        return f"Moving {text.whole(count)} together: new stops first, the others cancel first."

    def _why_not(self, order: Order, price: Price) -> str:
        if self._is_placed_first(order) and self.fires is not None and self.fires(order, price):
            return "it would fire there at once."
        touch = self._desk.touch(order.symbol)
        is_limit = order.state is not OrderState.UNTRIGGERED
        if (
            is_limit
            and order.reduces_only
            and touch is not None
            and ticks_through_touch(order.side, price, touch)
        ):
            return "it would fill there at once."
        blocked = self._desk.why_not_moved(order.client_oid, price, takes_exits=True)
        return "" if blocked is None else blocked.blocks[0].reason
