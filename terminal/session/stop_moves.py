"""Moving a stop that only reduces: the new one waits before the old one is canceled.

The position is never without it. Both only reduce, so two of them for a moment open nothing. If
the new one is refused, not seen, or fires at once, the old one stays as it was, and it is said.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, final

from terminal.domain.intention import Purpose
from terminal.domain.order import PendingCommand
from terminal.session.place_first import Change, End
from terminal.session.procedures import Recorded

if TYPE_CHECKING:
    from terminal.domain.order import Order
    from terminal.domain.ticket import OrderTicket
    from terminal.session.desk import Desk
    from terminal.session.place_first import PlaceFirst
    from terminal.session.results import Blocked


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
        return self._over(change) if end is End.OLD_OVER else _WORDS[end]

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
