"""One of our orders and its life as a table of legal steps, the state Unknown included.

The exchange's counts are absolute and are assigned, never added. A terminal order never comes back
to life: updates can arrive in any order across reconnects. Only a rejection is overruled, by any
word of the exchange about the order: there is none about what was really refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, final

from terminal.domain.units import ClientOid, Lots, OrderId, Price, Side, Symbol

if TYPE_CHECKING:
    from terminal.domain.clock import TimestampNs
    from terminal.domain.events import (
        OrderType,
        OrderUpdate,
        PositionSide,
        StopDirection,
        StopReference,
    )
    from terminal.domain.ticket import AttachedExits, OrderTicket


class OrderState(Enum):
    """Where an order is in its life. The values are the words shown to the user."""

    UNTRIGGERED = "Untriggered"
    SUBMITTING = "Submitting"
    OPEN = "Open"
    PARTLY_FILLED = "Partly filled"
    FILLED = "Filled"
    CANCELED = "Canceled"
    REJECTED = "Rejected"
    UNKNOWN = "Unknown"

    @property
    def is_terminal(self) -> bool:
        """True when nothing more can happen to the order."""
        return self in _TERMINAL


_TERMINAL = frozenset({OrderState.FILLED, OrderState.CANCELED, OrderState.REJECTED})

_ALIVE = frozenset({OrderState.UNTRIGGERED, OrderState.OPEN, OrderState.PARTLY_FILLED})

_MADE_UP = "id:"

_NS_IN_MS = 1_000_000

UNCLEAR = (OrderState.SUBMITTING, OrderState.UNKNOWN)
"""Nobody but us has told of the order, or nobody knows: it may have arrived, and may yet."""

LEGAL_STEPS: dict[OrderState, frozenset[OrderState]] = {
    # A taking order may be filled before any word of it being open (API reference 3.6 rule 2).
    OrderState.SUBMITTING: frozenset(OrderState) - {OrderState.SUBMITTING},
    OrderState.UNKNOWN: frozenset(OrderState) - {OrderState.SUBMITTING},
    OrderState.UNTRIGGERED: _ALIVE | _TERMINAL,
    OrderState.OPEN: frozenset({OrderState.OPEN, OrderState.PARTLY_FILLED}) | _TERMINAL,
    OrderState.PARTLY_FILLED: frozenset(
        {OrderState.PARTLY_FILLED, OrderState.FILLED, OrderState.CANCELED}
    ),
    OrderState.FILLED: frozenset(),
    OrderState.CANCELED: frozenset(),
    # An answer that was wrong or misread must not hide an order that works.
    OrderState.REJECTED: _ALIVE | {OrderState.FILLED, OrderState.CANCELED},
}
"""From each state, the states that an exchange update may lead to."""


class PendingCommand(Enum):
    """What we asked of an order and have not yet seen answered."""

    NONE = "none"
    CANCEL = "cancel"
    CANCEL_UNKNOWN = "cancel of unknown outcome"
    MOVE = "move"


@final
@dataclass(frozen=True, slots=True)
class Order:
    """One of our orders as we know it.

    ``client_oid`` is ours, or made from the order id for orders placed elsewhere. ``order_id`` is
    None until the exchange names it. ``reason`` is the plain-word reason of a rejection or of an
    unknown outcome, else empty. ``is_guess`` marks an end that we concluded from silence: any word
    of the exchange overrules it. ``trigger`` is the price that a stop waits for, where it is known;
    so are the way it looks and the price it watches. ``exits`` are what we asked to be attached.
    ``position_side`` is None where nobody told it, which is usual in one-way mode.
    """

    symbol: Symbol
    client_oid: ClientOid
    order_id: OrderId | None
    side: Side | None
    order_type: OrderType
    price: Price | None
    lots: Lots
    state: OrderState
    filled: Lots = Lots(0)
    canceled: Lots = Lots(0)
    is_reduce_only: bool = False
    is_close_order: bool = False
    is_post_only: bool = False
    pending: PendingCommand = PendingCommand.NONE
    reason: str = ""
    is_guess: bool = False
    trigger: Price | None = None
    updated_at: TimestampNs | None = None
    stop_direction: StopDirection | None = None
    stop_reference: StopReference | None = None
    position_side: PositionSide | None = None
    exits: AttachedExits | None = None

    @property
    def remaining(self) -> Lots:
        """Lots that can still fill; zero for a terminal order."""
        if self.state.is_terminal:
            return Lots(0)
        return Lots(max(0, self.lots - self.filled - self.canceled))

    @property
    def shown_at(self) -> Price | None:
        """Where the order stands on a price axis: a waiting stop at its trigger; None nowhere."""
        if self.state is OrderState.UNTRIGGERED and self.trigger is not None:
            return self.trigger
        return self.price

    @property
    def is_stop(self) -> bool:
        """True for what was placed to wait for a trigger, whether it has fired or not."""
        return self.trigger is not None or self.state is OrderState.UNTRIGGERED

    @property
    def is_working(self) -> bool:
        """True while the order may still fill, as far as we know."""
        return not self.state.is_terminal

    @property
    def reduces_only(self) -> bool:
        """True when the exchange keeps the order from opening or enlarging a position."""
        return self.is_reduce_only or self.is_close_order


def submitting(ticket: OrderTicket, client_oid: ClientOid) -> Order:
    """Build the order of a ticket that is about to be sent."""
    return Order(
        symbol=ticket.symbol,
        client_oid=client_oid,
        order_id=None,
        side=ticket.side,
        order_type=ticket.order_type,
        price=ticket.price,
        lots=ticket.lots or Lots(0),
        state=OrderState.SUBMITTING,
        is_reduce_only=ticket.is_reduce_only,
        is_close_order=ticket.is_close_order,
        is_post_only=ticket.is_post_only,
        trigger=None if ticket.trigger is None else ticket.trigger.price,
        stop_direction=None if ticket.trigger is None else ticket.trigger.direction,
        stop_reference=None if ticket.trigger is None else ticket.trigger.reference,
        position_side=ticket.terms.position_side,
        exits=ticket.exits,
    )


def state_of(update: OrderUpdate) -> OrderState:
    """Read the state from an update's counts. Source: API reference 3.6, both tables."""
    if update.is_done:
        full = update.lots > 0 and update.filled >= update.lots
        return OrderState.FILLED if full else OrderState.CANCELED
    if update.untriggered:
        return OrderState.UNTRIGGERED
    return OrderState.PARTLY_FILLED if update.filled else OrderState.OPEN


def from_update(update: OrderUpdate) -> Order:
    """Build an order first heard of from the exchange: placed elsewhere, or before a restart."""
    return Order(
        symbol=update.symbol,
        client_oid=update.client_oid or made_up(update.order_id),
        order_id=update.order_id,
        side=update.side,
        order_type=update.order_type,
        price=update.price,
        lots=update.lots,
        state=state_of(update),
        filled=update.filled,
        canceled=update.canceled,
        is_reduce_only=bool(update.is_reduce_only),
        is_close_order=bool(update.is_close_order),
        is_post_only=bool(update.is_post_only),
        trigger=update.trigger,
        updated_at=update.event_at,
        stop_direction=update.stop_direction,
        stop_reference=update.stop_reference,
        position_side=update.position_side,
    )


def made_up(order_id: OrderId) -> ClientOid:
    """A name for an order of which nobody told one."""
    return ClientOid(f"{_MADE_UP}{order_id}")


def order_id_in(client_oid: ClientOid) -> OrderId | None:
    """The exchange's id in a name that we made from it; None for any other name."""
    return OrderId(client_oid.removeprefix(_MADE_UP)) if is_made_up(client_oid) else None


def is_made_up(client_oid: ClientOid) -> bool:
    """True for a name that we made from an order id, because nobody told one."""
    return client_oid.startswith(_MADE_UP)


def merged(order: Order, twin: Order) -> Order:
    """What we sent, with what the exchange told of it under a name that we made up."""
    if order.state not in UNCLEAR:
        return order
    return replace(
        order,
        state=twin.state,
        filled=twin.filled,
        canceled=twin.canceled,
        pending=twin.pending if order.pending is PendingCommand.NONE else order.pending,
        trigger=order.trigger if twin.trigger is None else twin.trigger,
        stop_direction=twin.stop_direction or order.stop_direction,
        stop_reference=twin.stop_reference or order.stop_reference,
        updated_at=twin.updated_at,
        reason=twin.reason,
    )


def ended_twin(twin: Order) -> Order:
    """The made-up name after it was found to be another's: nothing works under it."""
    return replace(
        twin,
        order_id=None,
        state=OrderState.CANCELED,
        pending=PendingCommand.NONE,
        reason="It is an order that was placed from here.",
    )


def apply_update(order: Order, update: OrderUpdate) -> Order:
    """Bring an order up to date.

    Returns the same object when the update is late: an illegal step, fewer lots filled than already
    known, or an older word of the same state, of which only what nobody told yet is taken (API
    reference 3.6 rule 6). A terminal state drops the pending command, because it is answered.
    """
    state = state_of(update)
    before = OrderState.UNKNOWN if order.is_guess else order.state
    if state not in LEGAL_STEPS[before] or update.filled < order.filled:
        return order
    if state is before and update.filled == order.filled and _is_older(update, order):
        return _completed(order, update)
    return replace(
        order,
        order_id=update.order_id,
        side=update.side if update.side is not None else order.side,
        order_type=update.order_type,
        price=update.price if update.price is not None else order.price,
        lots=update.lots,
        state=state,
        filled=update.filled,
        canceled=update.canceled,
        is_reduce_only=_known(update.is_reduce_only, order.is_reduce_only),
        is_close_order=_known(update.is_close_order, order.is_close_order),
        is_post_only=_known(update.is_post_only, order.is_post_only),
        pending=PendingCommand.NONE if state.is_terminal else order.pending,
        reason=update.reason,
        is_guess=False,
        trigger=update.trigger if update.trigger is not None else order.trigger,
        updated_at=update.event_at,
        stop_direction=update.stop_direction or order.stop_direction,
        stop_reference=update.stop_reference or order.stop_reference,
        position_side=update.position_side or order.position_side,
    )


def _is_older(update: OrderUpdate, order: Order) -> bool:
    """Whether an update tells of an earlier time; readings know it to the millisecond only."""
    if order.updated_at is None or not update.event_at:
        return False
    return update.event_at // _NS_IN_MS < order.updated_at // _NS_IN_MS


def _completed(order: Order, update: OrderUpdate) -> Order:
    """An order with what an older word tells that no stream does: it never changes."""
    after = replace(
        order,
        side=order.side or update.side,
        price=update.price if order.price is None else order.price,
        is_reduce_only=_known(update.is_reduce_only, order.is_reduce_only),
        is_close_order=_known(update.is_close_order, order.is_close_order),
        is_post_only=_known(update.is_post_only, order.is_post_only),
        trigger=update.trigger if order.trigger is None else order.trigger,
        stop_direction=order.stop_direction or update.stop_direction,
        stop_reference=order.stop_reference or update.stop_reference,
        position_side=order.position_side or update.position_side,
    )
    return order if after == order else after


def _known(told: bool | None, before: bool) -> bool:  # noqa: FBT001 - two plain truth values
    return before if told is None else told
