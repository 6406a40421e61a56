"""New protection first, old protection after: places stops, sees them wait, then cancels others.

A position is never left with less than it had: if a new stop does not come to wait, what was there
before stays. Nothing here decides to do so; somebody asked for exactly these orders.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from terminal.domain.intention import Purpose
from terminal.domain.order import OrderState
from terminal.session.procedures import Recorded
from terminal.session.results import Blocked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminal.domain.intention import Detail
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import ClientOid, Symbol
    from terminal.session.desk import Desk

SEEN_WAIT_S = 10.0
"""So long a new stop may take until the exchange is known to have it."""
ENDED_WAIT_S = 5.0
UNCLEAR = (OrderState.SUBMITTING, OrderState.UNKNOWN)


@final
@dataclass(frozen=True, slots=True)
class Swapped:
    """How it ended: whether all was done, one sentence, and the orders that were sent."""

    sentence: str
    sent: tuple[ClientOid, ...]
    ok: bool = False


async def swap(
    desk: Desk,
    symbol: Symbol,
    places: Sequence[OrderTicket],
    cancels: Sequence[ClientOid],
    wanted: str,
) -> Swapped:
    """Send the tickets; once all of them wait at the exchange, cancel the others.

    It is written down as a procedure: ``wanted`` says what it is for, and must make sense after a
    restart.
    """
    detail: Detail = {"places": len(places), "cancels": len(cancels)}
    recorded = Recorded(desk, Purpose.PROTECT, symbol, wanted, detail)
    done = await _carry_out(desk, recorded, places, cancels)
    recorded.end(done.sentence)
    return done


async def _carry_out(
    desk: Desk, recorded: Recorded, places: Sequence[OrderTicket], cancels: Sequence[ClientOid]
) -> Swapped:
    sent: list[ClientOid] = []
    if places:
        recorded.step("place new")
    for ticket in places:
        result = desk.submit(ticket, Purpose.PROTECT, recorded.procedure_id)
        if isinstance(result, Blocked):
            return Swapped(_kept(f"Not sent. {result.blocks[0].reason}", cancels), tuple(sent))
        sent.append(result.client_oid)
    if sent:
        recorded.step("see new")
    await desk.pulse.until(
        lambda: all(desk.orders[oid].state not in UNCLEAR for oid in sent), SEEN_WAIT_S
    )
    for oid in sent:
        order = desk.orders[oid]
        if order.state in UNCLEAR:
            words = "It is not known yet whether the new stop was placed."
            return Swapped(_kept(words, cancels), tuple(sent))
        if order.state in {OrderState.REJECTED, OrderState.CANCELED}:
            words = f"The new stop was not placed. {order.reason}".strip()
            return Swapped(_kept(words, cancels), tuple(sent))
    if cancels:
        recorded.step("cancel old")
    return await _cancel_old(desk, sent, cancels)


async def _cancel_old(
    desk: Desk, sent: Sequence[ClientOid], cancels: Sequence[ClientOid]
) -> Swapped:
    for oid in cancels:
        desk.cancel(oid)
    known = [oid for oid in cancels if oid in desk.orders]
    is_over = await desk.pulse.until(
        lambda: not any(desk.orders[oid].is_working for oid in known), ENDED_WAIT_S
    )
    if not is_over:
        words = "The old stop has not ended yet: both may work."
        return Swapped(words if sent else "What was to be canceled still works.", tuple(sent))
    return Swapped(_done(len(sent), len(known)), tuple(sent), ok=True)


def _kept(words: str, cancels: Sequence[ClientOid]) -> str:
    return f"{words} What was there before stays." if cancels else words


def _done(sent: int, canceled: int) -> str:
    parts: list[str] = []
    if sent:
        parts.append("1 stop waits" if sent == 1 else f"{sent} stops wait")
    if canceled:
        parts.append("1 was canceled" if canceled == 1 else f"{canceled} were canceled")
    return f"Done: {', '.join(parts)}."
