"""What a press would send where the pointer is: planned in silence, shown, and sent as it is shown.

The hand that presses is ``ladder_mouse``; nothing here is said or sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.depth_rows import price_for_side
from terminal.domain.guard import ticks_through_touch
from terminal.domain.ladder_habits import OtherButton
from terminal.domain.lanes import lane_words
from terminal.domain.sizing import Sized, Unsized
from terminal.domain.units import Lots, Side
from terminal.viewmodels import text
from terminal.viewmodels.ladder_clicks import (
    SECOND_SIZE,
    TRADED,
    Button,
    Click,
    kind_of,
    other_words,
)
from terminal.viewmodels.ladder_columns import LadderColumn
from terminal.viewmodels.ladder_places import Kind
from terminal.viewmodels.ladder_terms import terms_label
from terminal.viewmodels.ladder_trading import ArmedBy
from terminal.viewmodels.ladder_view import HoverMark
from terminal.viewmodels.text import Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.events import StopReference
    from terminal.domain.ladder_habits import LadderHabits
    from terminal.domain.units import Price
    from terminal.session.account import AccountSession
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.ladder_axis import LadderAxis
    from terminal.viewmodels.ladder_clicks import Spot
    from terminal.viewmodels.ladder_exit import LadderExit
    from terminal.viewmodels.ladder_places import LadderPlaces
    from terminal.viewmodels.ladder_trading import LadderTrading

SIDE_ROLES = {Side.BUY: Role.BUY, Side.SELL: Role.SELL}
NO_MODIFIERS = "A click at a result closes by its place alone: Shift and Ctrl mean nothing there."
NO_POSITION = "There is no position whose size could be sent."


@final
class LadderAim:
    """The plans of one ladder's mouse.

    ``exits`` is set where the result can be clicked, ``reference`` tells what stops watch.
    """

    def __init__(
        self,
        trading: LadderTrading,
        axis: LadderAxis,
        desk: OrderDesk,
        account: AccountSession,
        places: LadderPlaces,
        habits: Callable[[], LadderHabits],
    ) -> None:
        self.exits: LadderExit | None = None
        self.reference: Callable[[], StopReference] | None = None
        self._trading = trading
        self._axis = axis
        self._desk = desk
        self._account = account
        self._places = places
        self._habits = habits

    def index(self, spot: Spot) -> int | None:
        """The absolute row under the pointer; None where something lies on it."""
        if spot.row is None or spot.column is None or spot.edge is not None:
            return None
        if self._axis.is_covered(spot.row):
            return None
        return self._axis.index_of_row(spot.row)

    # Plans -----------------------------------------------------------------------------------

    def plan(self, spot: Spot, button: Button = Button.LEFT) -> Click | None:
        """What a press would send; None for nothing."""
        index = self.index(spot)
        if index is None or button is Button.MIDDLE:
            return None
        if spot.column is LadderColumn.PNL:
            found = self._exit(spot, index) if button is Button.LEFT else None
            return found if isinstance(found, Click) else None
        side, kind = None if spot.column is None else TRADED.get(spot.column), kind_of(spot)
        if side is None or kind is None:
            return None
        price, other = price_for_side(index, self._axis.step, side), self._habits().other_button
        if button is Button.OTHER and other is OtherButton.NOTHING:
            return None
        if button is Button.OTHER and other is OtherButton.NET_SIZE:
            return self._net(index, side, kind, price)
        if kind is Kind.CLOSE:
            return Click(index, side, kind, price, None, reduces=True, label=self._of_lane())
        if kind is Kind.LIMIT:
            kind = self._places.kind(side, price)
        size = self._size(button)
        if isinstance(size, Unsized):
            return None
        reduces = kind is Kind.STOP_REDUCES
        label = self._label(side, kind, reduces)
        return Click(index, side, kind, price, size.lots, reduces, label)

    def _size(self, button: Button) -> Sized | Unsized:
        """The lots that a press would send: those of the last frame, while they mean anything."""
        return self._trading.sizes.to_send(SECOND_SIZE if button is Button.OTHER else None)

    def why_nothing(self, spot: Spot, button: Button) -> tuple[str, Role]:
        """What is said to a press for which there is no plan; empty where nothing was meant."""
        index, silent = self.index(spot), ("", Role.TEXT_DIM)
        if index is None:
            return silent
        if spot.column is LadderColumn.PNL and button is Button.LEFT:
            found = self._exit(spot, index)
            return (f"Not sent. {found}", Role.CAUTION) if isinstance(found, str) else silent
        side = None if spot.column is None else TRADED.get(spot.column)
        is_net = button is Button.OTHER and self._habits().other_button is OtherButton.NET_SIZE
        if side is None or kind_of(spot) is None:
            return silent
        if not is_net:
            size = self._size(button)
            may = not self._trading.is_unarmed(ArmedBy.MOUSE, reduces=False)
            return (
                (f"Not sent. {size.reason}", Role.CAUTION)
                if isinstance(size, Unsized) and may
                else silent
            )
        if kind_of(spot) is not Kind.LIMIT:
            return silent
        lots = self._held()
        if not lots:
            return NO_POSITION, Role.TEXT_DIM
        verb = "sells" if lots > 0 else "buys"
        return f"The net size only closes: it {verb} in the other column.", Role.CAUTION

    def _net(self, index: int, side: Side, kind: Kind, price: Price) -> Click | None:
        """All of the position, by a limit that only reduces."""
        lots = self._held()
        if kind is not Kind.LIMIT or not lots or (lots > 0) is (side is Side.BUY):
            return None
        label = self._label(side, kind, reduces=True)
        return Click(index, side, kind, price, Lots(abs(lots)), reduces=True, label=label)

    def _exit(self, spot: Spot, index: int) -> Click | str | None:
        if kind_of(spot) is not Kind.LIMIT:
            # Elsewhere they ask for stops. Here the place alone decides between limit and stop, and
            # all that is held would be closed: whoever meant something else must not find that out
            # by its being gone.
            return NO_MODIFIERS
        return None if self.exits is None else self.exits.plan(index, self._axis.step)

    @property
    def net_lots(self) -> int:
        """What the other button closes where it sends the net size; 0 where it does not."""
        return self._held() if self._habits().other_button is OtherButton.NET_SIZE else 0

    def _held(self) -> int:
        contract = self._trading.contract
        if contract is None:
            return 0
        return self._account.position(contract.symbol, self._trading.lane).core.lots

    # Words -----------------------------------------------------------------------------------

    def _label(self, side: Side, kind: Kind, reduces: bool) -> str:  # noqa: FBT001 - its word on the wire
        label = terms_label(self._trading, side, reduces=reduces, is_stop=kind.is_stop)
        if not kind.is_stop or self.reference is None:
            return label
        way = "rises" if side is Side.BUY else "falls"
        return f"{label} if {self.reference().value} {way}".lstrip()

    def _of_lane(self) -> str:
        lane = lane_words(self._trading.lane)
        return f"({lane})" if lane else ""

    def mark(self, spot: Spot, shown: Click | None) -> HoverMark | None:
        """What presses at a cell would do, or why one at the result does nothing."""
        column = spot.column
        if column is None:
            return None
        if shown is None and column is LadderColumn.PNL and self._held():
            # Before a click nothing was sent or not sent: what the last one did says the message.
            index = self.index(spot)
            found = None if index is None else self._exit(spot, index)
            return HoverMark(column, found, Role.CAUTION) if isinstance(found, str) else None
        right = self.plan(spot, Button.OTHER)
        if shown is not None and (refused := self._refused(shown)):
            words, short = refused
            # What only reduces is not kept by the collar: the right button may send all the same.
            if right is not None and right.reduces:
                words = f"{words}, {other_words(None, right)}"
            return HoverMark(column, words, Role.DANGER, short)
        other = other_words(shown, right)
        words = ", ".join(part for part in ("" if shown is None else shown.words, other) if part)
        side = TRADED.get(column) if shown is None else shown.side
        return HoverMark(column, words, SIDE_ROLES[side]) if words and side is not None else None

    def _refused(self, shown: Click) -> tuple[str, str] | None:
        """Why the guard would not let a limit of the left button pass, where a place decides it.

        In a sentence, and shorter for where that has no room.
        """
        contract = self._trading.contract
        touch = None if contract is None else self._desk.touch(contract.symbol)
        if shown.kind is not Kind.LIMIT or touch is None:
            return None
        through = ticks_through_touch(shown.side, shown.price, touch)
        collar = self._desk.guarding.limits.collar_ticks
        if through > collar and not shown.reduces and not self._trading.is_exit(shown.side):
            far, most = text.whole(through), text.whole(collar)
            return f"{far} ticks through: the collar is {most}", f"{far} through, collar {most}"
        return None
