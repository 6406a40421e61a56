"""What a reply to an order command names must be what was asked about: a foreign one says nothing.

Source: API reference 3.3, 3.4 and 6.2. The outcome is then unknown, as of a reply that cannot be
read: neither is the order of another one taken for ours, nor a cancel for accepted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.domain.units import OrderId
from terminal.exchange.errors import ProtocolError
from terminal.wire.codec import excerpt

if TYPE_CHECKING:
    from terminal.domain.units import ClientOid
    from terminal.wire.trading import CancelledPayload, PlacedPayload


def placed_ids(reply: PlacedPayload, client_oid: ClientOid) -> tuple[OrderId, ...]:
    """The exchange's id of the order that was placed under our id.

    Our id may be missing from the reply. Raises ``ProtocolError`` when it is another order's.
    """
    if reply.clientOid and reply.clientOid != client_oid:
        raise ProtocolError(f"clientOid: {excerpt(reply.clientOid)} instead of {client_oid}")
    return (OrderId(reply.orderId),)


def canceled_ids(reply: CancelledPayload, order_id: OrderId) -> tuple[OrderId, ...]:
    """What a cancel by the exchange's id has canceled.

    Only the cancel of all orders may find none (reference 3.4). Raises ``ProtocolError`` when the
    order is not named.
    """
    if order_id not in reply.cancelledOrderIds:
        named = excerpt(",".join(reply.cancelledOrderIds))
        raise ProtocolError(f"cancelledOrderIds: {named or 'none'} instead of {order_id}")
    return _ids(reply)


def canceled_ids_by_name(reply: CancelledPayload, client_oid: ClientOid) -> tuple[OrderId, ...]:
    """What a cancel by our id has canceled: the reply names our id, and the exchange's seldom.

    Raises ``ProtocolError`` when it names another one, or nothing at all.
    """
    if reply.clientOid != client_oid and (reply.clientOid or not reply.cancelledOrderIds):
        named = excerpt(reply.clientOid or "")
        raise ProtocolError(f"clientOid: {named or 'none'} instead of {client_oid}")
    return _ids(reply)


def _ids(reply: CancelledPayload) -> tuple[OrderId, ...]:
    return tuple(OrderId(one) for one in reply.cancelledOrderIds)
