"""An order that takes the place of another: the same in every term but where it stands.

The exchange cannot amend (API reference 3.3), so a moved order is a new one. What cannot be known
of the old order would be lost on the way, and is a reason not to move it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias, TypeVar, final

from terminal.domain.errors import UnitError
from terminal.domain.events import (
    MarginMode,
    OrderType,
    PositionSide,
    SelfTrade,
    StopDirection,
    StopReference,
    TimeInForce,
)
from terminal.domain.ticket import AttachedExits, OrderTerms, OrderTicket, StopTrigger, close_ticket
from terminal.domain.units import Lots, Price
from terminal.domain.words import UnknownWord

if TYPE_CHECKING:
    from terminal.domain.events import OrderDetails
    from terminal.domain.order import Order

_Known = TypeVar("_Known")

NOT_READ = "Its terms are not known yet: they are being read."
MAY_HAVE_EXITS = (
    "It was not placed here, so exits may be attached to it that nobody tells: "
    "cancel it and place a new one."
)


@final
@dataclass(frozen=True, slots=True)
class Unclear:
    """Why nothing can take an order's place: one sentence."""

    reason: str


Replacement: TypeAlias = OrderTicket | Unclear


def told_ticket(order: Order, details: OrderDetails | None) -> Replacement:
    """The ticket of an order as the exchange tells it, for one that was not placed here.

    ``details`` come with a query. Exits attached to an order that opens are told by no query (API
    reference 3.3 and 3.5), so only what reduces is ever clear.
    """
    if details is None:
        return Unclear(NOT_READ)
    if not order.reduces_only:
        return Unclear(MAY_HAVE_EXITS)
    try:
        return _built(order, details)
    except UnitError as error:
        return Unclear(f"Its terms could not be read: {error}.")


def _built(order: Order, details: OrderDetails) -> OrderTicket:
    """Raises ``UnitError`` for what is missing, not known here, or contradicts itself."""
    mode = _word(details.margin_mode, MarginMode, "margin mode")
    trigger = _trigger(order, details)
    terms = _terms(order, details)
    if mode is None:
        raise UnitError("no margin mode")
    if order.is_close_order:
        return close_ticket(order.symbol, mode, trigger=trigger, terms=terms)
    return OrderTicket(
        symbol=order.symbol,
        order_type=order.order_type,
        side=order.side,
        price=order.price,
        lots=order.lots,
        margin_mode=mode,
        leverage=details.leverage,
        is_post_only=order.is_post_only,
        is_reduce_only=order.is_reduce_only,
        trigger=trigger,
        terms=terms,
    )


def _trigger(order: Order, details: OrderDetails) -> StopTrigger | None:
    direction = _word(details.stop_direction, StopDirection, "stop")
    reference = _word(details.stop_reference, StopReference, "stop price type")
    if direction is None:
        return None
    if reference is None or order.trigger is None:
        raise UnitError("a stop without what it watches")
    return StopTrigger(direction, reference, order.trigger)


def _terms(order: Order, details: OrderDetails) -> OrderTerms:
    is_limit = order.order_type is OrderType.LIMIT
    in_force = _word(details.time_in_force, TimeInForce, "time in force")
    side = _word(details.position_side, PositionSide, "position side")
    if details.is_iceberg and not details.visible_lots:
        raise UnitError("an iceberg without the part that is seen")
    return OrderTerms(
        time_in_force=in_force if is_limit else None,
        self_trade=_word(details.self_trade, SelfTrade, "self-trade rule"),
        position_side=None if side is PositionSide.BOTH else side,
        is_hidden=bool(details.is_hidden) and not details.is_iceberg,
        visible_lots=details.visible_lots if details.is_iceberg else None,
        holds_margin=bool(details.holds_margin),
        remark=details.remark,
    )


def _word(told: object, kind: type[_Known], name: str) -> _Known | None:
    if isinstance(told, UnknownWord):
        raise UnitError(f"{name} {told.text!r} is not known here")
    return told if isinstance(told, kind) else None


def moved(original: OrderTicket, order: Order, price: Price, lots: Lots) -> Replacement:
    """The ticket that puts what is left of an order at another price.

    ``price`` is where it is shown: a waiting stop's trigger, whose limit price keeps its distance.
    What the exchange says of the order itself prevails over what was once asked for; only that it
    reduces is never taken from an order that was meant to.
    """
    ticket = replace(
        original,
        is_reduce_only=original.is_reduce_only or order.is_reduce_only,
        is_post_only=order.is_post_only,
    )
    visible = ticket.terms.visible_lots
    if visible is not None and visible > lots:
        ticket = replace(ticket, terms=replace(ticket.terms, visible_lots=lots))
    if not ticket.is_close_order:
        ticket = replace(ticket, lots=lots)
    trigger = ticket.trigger
    if trigger is None:
        exits = ticket.exits
        if exits is not None and not _is_between(price, exits.down, exits.up):
            return Unclear("Its attached exits would lie on the wrong side of it.")
        return replace(ticket, price=price)
    limit = ticket.price
    if limit is not None:
        limit = Price(limit + price - trigger.price)
    return replace(ticket, price=limit, trigger=replace(trigger, price=price))


def with_exits_moved(original: OrderTicket, by: int) -> Replacement:
    """The same ticket with its attached exits so many ticks higher, or lower.

    One that would get to zero or below is a reason not to.
    """
    exits = original.exits
    if exits is None:
        return original
    prices = [None if price is None else Price(price + by) for price in (exits.up, exits.down)]
    if any(price is not None and price <= 0 for price in prices):
        return Unclear("Its attached exits would lie at zero or below.")
    return replace(original, exits=AttachedExits(exits.reference, *prices))


def _is_between(price: Price, down: Price | None, up: Price | None) -> bool:
    return (down is None or down < price) and (up is None or price < up)
