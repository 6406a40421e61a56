"""Words that hold only until the exchange has said what became of an order.

"No answer to the order: asking what became of it." is no word on an order that is known to work:
nobody tells of a good end, so whoever shows such words looks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.order import OrderState, PendingCommand
from terminal.session.results import OrderResult

if TYPE_CHECKING:
    from terminal.domain.order import Order
    from terminal.domain.units import ClientOid
    from terminal.session.orders import OrderDesk
    from terminal.session.results import BatchResult
    from terminal.viewmodels.ladder_view import Message


def is_asked_about(order: Order | None) -> bool:
    """Whether the exchange is being asked what became of an order or of its cancel."""
    if order is None:
        return False
    return order.state is OrderState.UNKNOWN or order.pending is PendingCommand.CANCEL_UNKNOWN


@final
class OpenQuestion:
    """Of one message that a panel shows: whether it still asks what is known by now."""

    def __init__(self, desk: OrderDesk) -> None:
        self._desk = desk
        self._message: Message | None = None
        self._order: ClientOid | None = None

    def note(self, result: OrderResult | BatchResult, message: Message | None) -> None:
        """Remember the message that tells of a result, where it tells that somebody is asked."""
        self._message = self._order = None
        if isinstance(result, OrderResult) and not result.ok and is_asked_about(result.order):
            self._message, self._order = message, result.order.client_oid

    def is_answered(self, message: Message | None) -> bool:
        """Whether this message is the one that asks, and what it asks for is known."""
        if self._order is None or message is not self._message:
            return False
        return not is_asked_about(self._desk.orders.get(self._order))
