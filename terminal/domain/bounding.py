"""Which orders may bound the loss of a position although nothing keeps them from opening one.

A plain stop, placed without reduce-only (on the exchange's own site, or as a stop entry), closes
what is held once it fires, and opens only what goes beyond it. Whoever cancels what could open asks
here what to leave, so that no position loses the stop it has; whoever shows protection asks the
same. Sources: API reference 3.3 (stops), 3.9 (in hedge mode an order on the closing side of its
lane never opens).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.domain.events import OrderType, PositionSide
from terminal.domain.lanes import is_of_lane, never_opens
from terminal.domain.order import OrderState, PendingCommand
from terminal.domain.triggers import Purpose, purpose_of
from terminal.domain.units import Side

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from terminal.domain.order import Order
    from terminal.domain.units import ClientOid

_GOING = frozenset({PendingCommand.CANCEL, PendingCommand.CANCEL_UNKNOWN, PendingCommand.MOVE})
_CLOSING = {PositionSide.LONG: Side.SELL, PositionSide.SHORT: Side.BUY}


def may_bound_loss(order: Order, held: int | None) -> bool:
    """Whether an order that works is, or may be, a stop against the loss of what is held.

    ``held`` are signed lots, None while they are not known: then any stop may be one. A stop that
    has fired and still fills counts; one that takes profit, or whose side is not known, does not.
    """
    if not order.is_working or not order.is_stop:
        return False
    lane_closing = None if order.position_side is None else _CLOSING.get(order.position_side)
    if order.is_close_order:
        is_long = None if held is None else held > 0
    elif order.side is None or (lane_closing is not None and order.side is not lane_closing):
        return False
    else:
        is_long = order.side is Side.SELL
    if held is not None and (held == 0 or (held > 0) is not is_long):
        return False
    if order.stop_direction is None or is_long is None:
        return True
    return purpose_of(order.stop_direction, is_long=is_long) is Purpose.LOSS


def plain_guards(
    orders: Iterable[Order], held: int | None, flags_unknown: Iterable[ClientOid] = ()
) -> frozenset[ClientOid]:
    """The stops of one contract that could open a position, and protect the one that is held.

    Up to its size: those nearest to the price, market stops before stop-limits, until what is held
    is covered. The last one may be for more than is missing: cut it cannot be, and without it the
    position stood naked. Stops that only reduce and are nearer cover first. What is being canceled
    protects nothing any more. While ``held`` is not known every stop that may be one is named.
    """
    unknown = frozenset(flags_unknown)
    stops = [
        order
        for order in orders
        if may_bound_loss(order, held)
        and order.pending not in _GOING
        and order.client_oid not in unknown
    ]
    if held is None:
        return frozenset(order.client_oid for order in stops if not never_opens(order))
    sign = 1 if held > 0 else -1
    stops.sort(
        key=lambda order: (
            order.order_type is not OrderType.MARKET and not order.is_close_order,
            order.state is OrderState.UNTRIGGERED,  # what has fired comes first
            order.trigger is None,
            -sign * (order.trigger or 0),
            not never_opens(order),
        )
    )
    missing = abs(held)
    guards: set[ClientOid] = set()
    for order in stops:
        if missing <= 0:
            break
        if not never_opens(order):
            guards.add(order.client_oid)
        # One that may never have arrived covers nothing for sure, nor does one that has fired:
        # what a thin book leaves of it is canceled.
        if order.state is OrderState.UNTRIGGERED:
            missing -= missing if order.is_close_order else order.remaining
    return frozenset(guards)


def guards_in_lanes(
    orders: Collection[Order],
    held: Mapping[PositionSide, int | None],
    flags_unknown: Iterable[ClientOid] = (),
) -> frozenset[ClientOid]:
    """``plain_guards`` of one contract, for each of its lanes the signed lots that are held in it.

    A stop that does not say of which lane it is may protect any.
    """
    unknown = frozenset(flags_unknown)
    found: frozenset[ClientOid] = frozenset()
    for lane, lots in held.items():
        found |= plain_guards((one for one in orders if is_of_lane(lane, one)), lots, unknown)
    return found


def guard_words(count: int) -> str:
    """What is to be known of kept stops that could open a position, one sentence; empty for 0."""
    if not count:
        return ""
    if count == 1:
        return "1 stop kept that protects although it is not reduce-only: it could open a position."
    return (
        f"{count} stops kept that protect although they are not reduce-only: "
        "they could open a position."
    )
