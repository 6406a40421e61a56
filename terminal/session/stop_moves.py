"""Moving a stop that protects: the new one waits before the old one is canceled.

The position is never without it. The new one only reduces, even where a plain stop was what bounded
the loss, so two of them for a moment open no more than the old one could. If the new one is
refused, not seen, or fires at once, the old one stays as it was, and it is said.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, final

from terminal.domain.bounding import may_bound_loss, plain_guards
from terminal.domain.intention import Purpose
from terminal.domain.lanes import is_of_lane, never_opens
from terminal.domain.order import OrderState, PendingCommand
from terminal.domain.replacement import Unclear
from terminal.session.place_first import Change, End
from terminal.session.procedures import Recorded

if TYPE_CHECKING:
    from terminal.domain.order import Order
    from terminal.domain.ticket import OrderTicket
    from terminal.session.desk import Desk
    from terminal.session.place_first import PlaceFirst
    from terminal.session.results import Blocked

HELD_NOT_KNOWN = (
    "It may protect a position, and what is held is being read again: move it once that is known."
)
ALSO_OPENS = (
    "It protects what is held and would also open: place a stop that only reduces, then cancel it."
)


def in_its_place(desk: Desk, order: Order, ticket: OrderTicket) -> OrderTicket | Unclear | None:
    """What takes the place of a stop that protects what is held; None for what protects nothing.

    ``ticket`` is the order as it would be at its new place; what comes back never opens. A plain
    stop protects where without it what is held would not be covered. One that closes more than is
    held, or of which that is not known, is a reason not to move it.
    """
    if order.state is not OrderState.UNTRIGGERED:
        return None
    if ticket.reduces_only or never_opens(order):
        return ticket
    if not may_bound_loss(order, None):
        return None
    account, symbol = desk.account, order.symbol
    if not account.is_trusted or symbol in account.unconfirmed():
        return Unclear(HELD_NOT_KNOWN)
    # As it would stand if it were left alone, whatever is on its way for it.
    alone = replace(order, pending=PendingCommand.NONE)
    others = [one for one in desk.working(symbol) if one.client_oid != order.client_oid]
    for lane in account.lanes(symbol):
        if not is_of_lane(lane, order):
            continue
        held = account.position(symbol, lane).core.lots
        stops = (one for one in (alone, *others) if is_of_lane(lane, one))
        if order.client_oid in plain_guards(stops, held, desk.flags_unknown):
            if ticket.lots is None or ticket.lots > abs(held):
                return Unclear(ALSO_OPENS)
            return replace(ticket, is_reduce_only=True, exits=None)
    return None


@final
class StopMoving:
    """The procedure that moves a protective stop."""

    def __init__(self, desk: Desk, place_first: PlaceFirst) -> None:
        self._desk = desk
        self._place_first = place_first

    def start(self, order: Order, ticket: OrderTicket) -> Blocked | None:
        """Place the new stop at once; the old one is touched only when the new one is seen."""
        desk = self._desk
        wanted = "Moving a stop (the new one first, then the cancel of the old)."
        detail = {"old": str(order.client_oid)}
        recorded = Recorded(desk, Purpose.MOVE, order.symbol, wanted, detail)
        change = Change(order.symbol, (order.client_oid,), recorded, is_move=True)
        blocked = self._place_first.begin(change, (ticket,), Purpose.MOVE)
        if blocked is not None:
            recorded.end(f"Not moved: {blocked.blocks[0].reason}")
            return blocked
        desk.put(replace(order, pending=PendingCommand.MOVE))
        desk.spawn(f"move stop {order.client_oid}", self._run(change))
        return None

    async def _run(self, change: Change) -> None:
        end = await self._place_first.see_through(change)
        words = self._words(change, end)
        change.recorded.end(words)
        self._desk.tell(change.old[0], words, ok=end is End.DONE)

    def _words(self, change: Change, end: End) -> str:
        if end is End.REFUSED:
            reason = self._desk.orders[change.new[0]].reason
            return f"Not moved: {reason} The old stop stays as it was."
        if end in {End.OLD_OVER, End.OLD_CANCELED}:
            return self._over(change)
        words = _WORDS[end]
        if not never_opens(self._desk.orders[change.old[0]]):
            words = _OF_PLAIN.get(end, words)
        return words

    def _over(self, change: Change) -> str:
        old, new = self._desk.orders[change.old[0]], self._desk.orders[change.new[0]]
        if not new.is_working:
            return "The old stop has ended, and the new one does not wait: look at the position."
        if old.canceled and not old.filled:
            return "The old stop has ended meanwhile; the new one stays."
        return "The old stop fired while it was moved. The new one stays; it only reduces."


_WORDS = {
    End.UNCLEAR: (
        "Not moved: nobody says what became of the new stop, so the old one stays. Both may wait; "
        "both only reduce."
    ),
    End.BEING_CANCELED: "Not moved: the new stop is being canceled. The old one stays as it was.",
    End.FIRED: "The new stop fired at once. The old one stays; it only reduces.",
    End.NEW_ENDED: "Not moved: the new stop has ended. The old one stays as it was.",
    End.CALLED_OFF: "Canceled instead of moved: this stop is gone.",
    End.NOT_REPEATED: (
        "Not moved: the new stop no longer waits, so the old one is not canceled again. Look at it:"
        " its first cancel may still be carried out."
    ),
    End.OLD_LEFT: "The new stop waits, but the old one may still wait, too. Both only reduce.",
    End.BROKEN: "The move was broken off by an error inside the program: look at both stops.",
    End.DONE: "Moved: the new stop waits, the old one is canceled.",
}
_OF_PLAIN = {
    End.UNCLEAR: (
        "Not moved: nobody says what became of the new stop, so the old one stays. Both may wait; "
        "the new one only reduces, the old one could open."
    ),
    End.FIRED: (
        "The new stop fired at once. The old one stays, and it could open: cancel it if nothing is "
        "held any more."
    ),
    End.OLD_LEFT: (
        "The new stop waits, but the old one may still wait, too. The new one only reduces, the "
        "old one could open."
    ),
    End.DONE: (
        "Moved: the new stop waits, the old one is canceled. Unlike the old one it only reduces."
    ),
}
"""Where the old one is no order that only reduces."""
