"""Swapping stops of a position for others: what mending and breakeven ask for, and how it ended.

Nothing here decides to do so; somebody asked for exactly these orders.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

from terminal.domain.intention import Purpose
from terminal.domain.order import PendingCommand
from terminal.session.place_first import Change, End
from terminal.session.procedures import Recorded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminal.domain.intention import Detail
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import ClientOid, Symbol
    from terminal.session.orders import OrderDesk
    from terminal.session.results import Blocked

NOTHING_HELD = "But nothing is held any more: the new one closes nothing, cancel it."
_LEFT_AS_THEY_WERE = (End.REFUSED, End.UNCLEAR, End.BEING_CANCELED, End.FIRED, End.NEW_ENDED)


@final
@dataclass(frozen=True, slots=True)
class Swapped:
    """How it ended: whether all was done, one sentence, and the orders that were sent."""

    sentence: str
    sent: tuple[ClientOid, ...]
    ok: bool = False


async def swap(
    desk: OrderDesk,
    symbol: Symbol,
    places: Sequence[OrderTicket],
    cancels: Sequence[ClientOid],
    wanted: str,
) -> Swapped:
    """Send the tickets; once all of them wait at the exchange, cancel the others.

    It is written down as a procedure: ``wanted`` says what it is for, and must make sense after a
    restart.
    """
    if reason := desk.access.silence:
        return Swapped(_kept(f"Not sent. {reason}", cancels), ())
    detail: Detail = {"places": len(places), "cancels": len(cancels)}
    recorded = Recorded(desk, Purpose.PROTECT, symbol, wanted, detail)
    change = Change(symbol, tuple(cancels), recorded)
    blocked = desk.place_first.begin(change, places, Purpose.PROTECT)
    if blocked is not None:
        done = Swapped(_cut_short(len(change.new), len(places), blocked, cancels), change.new)
    else:
        end = await desk.place_first.see_through(change)
        done = Swapped(_words(desk, change, end), change.new, ok=end is End.DONE)
        if done.ok and places and _is_flat(desk, places[0]):
            done = replace(done, sentence=f"{done.sentence} {NOTHING_HELD}", ok=False)
    recorded.end(done.sentence)
    return done


def _cut_short(sent: int, wanted: int, blocked: Blocked, cancels: Sequence[ClientOid]) -> str:
    """Why not all were sent; what was sent before stays, as it can only protect."""
    reason = blocked.blocks[0].reason
    if not sent:
        return _kept(f"Not sent. {reason}", cancels)
    words = f"Only {sent} of {wanted} new stops sent. {reason}"
    return f"{words} What was sent stays, and what was there before." if cancels else words


def _is_flat(desk: OrderDesk, ticket: OrderTicket) -> bool:
    """Whether nothing is held any more that a stop could close, by all that is known."""
    account = desk.account
    lanes = account.lanes(ticket.symbol)
    lane = ticket.terms.position_side or lanes[0]
    return (
        lane in lanes and account.is_trusted and account.position(ticket.symbol, lane).core.is_flat
    )


def _words(desk: OrderDesk, change: Change, end: End) -> str:
    if end is End.DONE:
        return _done(len(change.new), len(change.old))
    if end in _LEFT_AS_THEY_WERE:
        return _kept(_why_not(desk, change, end), change.old)
    if end is End.OLD_CANCELED and change.new:
        news = [desk.orders[client_oid] for client_oid in change.new]
        do_stay = all(new.is_working and new.pending is PendingCommand.NONE for new in news)
        return f"The old stop was canceled from here meanwhile; {_THE_NEW[do_stay]}"
    if not change.new and end in _OF_CANCELS_ALONE:
        return _OF_CANCELS_ALONE[end]
    return _WORDS[end]


def _why_not(desk: OrderDesk, change: Change, end: End) -> str:
    if end is End.UNCLEAR:
        return "It is not known yet whether the new stop was placed."
    if end is End.BEING_CANCELED:
        return "The new stop is being canceled."
    if end is End.FIRED:
        return "The new stop fired at once."
    reason = "" if change.about is None else desk.orders[change.about].reason
    return f"The new stop was not placed. {reason}".strip()


def _kept(words: str, cancels: Sequence[ClientOid]) -> str:
    return f"{words} What was there before stays." if cancels else words


def _done(sent: int, canceled: int) -> str:
    parts: list[str] = []
    if sent:
        parts.append("1 stop waits" if sent == 1 else f"{sent} stops wait")
    if canceled:
        parts.append("1 was canceled" if canceled == 1 else f"{canceled} were canceled")
    return f"Done: {', '.join(parts)}."


_THE_NEW = {True: "the new one stays.", False: "the new one does not wait, either."}
_WORDS = {
    End.CALLED_OFF: "Called off by a cancel of all: the new stop is being canceled, too.",
    End.OLD_OVER: "The old stop ended by itself or fired meanwhile: look at the position.",
    End.NOT_REPEATED: (
        "The new stop no longer waits, so the old one is not canceled again: look at both."
    ),
    End.OLD_LEFT: "The old stop has not ended yet: both may work.",
    End.BROKEN: "Broken off by an error inside the program: look at the stops.",
}
_OF_CANCELS_ALONE = {
    End.CALLED_OFF: "Called off by a cancel of all.",
    End.OLD_OVER: "What was to be canceled ended by itself or fired: look at the position.",
    End.OLD_CANCELED: "What was to be canceled was canceled from here meanwhile.",
    End.OLD_LEFT: "What was to be canceled still works.",
}
