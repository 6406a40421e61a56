"""Moving an order on an exchange that cannot amend: cancel, then a new order, in that order only.

The new order is sent only after the end of the old one is known. If it is not known in time,
nothing is sent. Both checks of the guard see the order that would be sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.guard import Block, BlockField
from terminal.domain.order import OrderState, PendingCommand
from terminal.domain.ticket import OrderTicket
from terminal.domain.units import Lots
from terminal.session.results import Blocked, Submitted

if TYPE_CHECKING:
    from terminal.domain.order import Order
    from terminal.domain.units import ClientOid, Price, Symbol
    from terminal.session.desk import Desk

CANCEL_DEADLINE_S = 5.0
_MOVABLE = (OrderState.OPEN, OrderState.PARTLY_FILLED)


@final
class Moving:
    """The move procedure of a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._under_way: dict[ClientOid, Symbol] = {}

    def abort(self, client_oid: ClientOid) -> None:
        """The user cancels an order in the middle of its move: no new order follows."""
        self._under_way.pop(client_oid, None)

    def abort_all(self, symbol: Symbol | None, *, exits_too: bool = True) -> None:
        """No move of a contract, or of all, sends anything more; those of exits may be left."""
        for client_oid, moving in tuple(self._under_way.items()):
            is_exit = self._desk.orders[client_oid].reduces_only
            if symbol in (moving, None) and (exits_too or not is_exit):
                del self._under_way[client_oid]

    def start(self, client_oid: ClientOid, price: Price) -> Blocked | None:
        """Begin a move; a blocked one leaves the order where it is."""
        desk = self._desk
        order = desk.orders.get(client_oid)
        is_busy = client_oid in self._under_way
        if order is None or order.state not in _MOVABLE or order.side is None or is_busy:
            return Blocked((Block(BlockField.ORDER, "The order can no longer be moved."),))
        if not order.remaining:  # its last fill was told, its end not yet
            return Blocked((Block(BlockField.ORDER, "Nothing is left of the order to move."),))
        if order.price == price:
            return Blocked((Block(BlockField.PRICE, "The order is there already."),))
        ticket = self._ticket(order, price, order.remaining)
        blocks = (
            (Block(BlockField.CONTRACT, "The margin mode is not known yet."),)
            if ticket is None
            else desk.blocks(ticket)
        )
        if blocks:
            return Blocked(blocks)
        if not desk.mark_canceling(client_oid, PendingCommand.MOVE):
            return Blocked((Block(BlockField.ORDER, "The order is being canceled or moved."),))
        self._under_way[client_oid] = order.symbol
        desk.spawn(f"move {client_oid}", self._run(order, price))
        return None

    def _ticket(self, order: Order, price: Price, lots: Lots) -> OrderTicket | None:
        account = self._desk.account
        mode = account.margin_mode(order.symbol)
        if mode is None or order.side is None:
            return None
        return OrderTicket(
            symbol=order.symbol,
            order_type=order.order_type,
            side=order.side,
            price=price,
            lots=lots,
            margin_mode=mode,
            leverage=account.leverage(order.symbol),
            is_post_only=order.is_post_only,
            is_reduce_only=order.is_reduce_only,
        )

    async def _run(self, before: Order, price: Price) -> None:
        desk, client_oid = self._desk, before.client_oid
        desk.spawn(f"cancel {client_oid}", desk.cancel_and_see(client_oid))
        ended = await desk.pulse.until(
            lambda: (
                not desk.orders[client_oid].is_working
                or desk.orders[client_oid].pending is PendingCommand.NONE
            ),
            CANCEL_DEADLINE_S,
        )
        order = desk.orders[client_oid]
        is_wanted = self._under_way.pop(client_oid, None) is not None
        if not ended or order.is_working:
            words = "Not moved: the old order still works, so nothing was sent."
            if not ended or order.pending is PendingCommand.CANCEL_UNKNOWN:
                words = "Not moved: the cancel's end is not known, so nothing was sent."
            desk.tell(client_oid, words, ok=False)
        elif order.state is OrderState.FILLED or not order.canceled:
            words = "Filled before it could be moved; nothing was sent."
            desk.tell(client_oid, words, ok=True)
        elif not is_wanted or desk.flattening(order.symbol):
            words = "Canceled instead of moved."
            if order.reduces_only:
                words = "Canceled instead of moved: this exit is gone."
            desk.tell(client_oid, words, ok=not order.reduces_only)
        else:
            # What this cancel took away, no more: fills on the way are not bought twice, and what
            # had been canceled before stays canceled.
            taken = min(order.canceled - before.canceled, before.remaining)
            self._send(order, price, Lots(taken))

    def _send(self, order: Order, price: Price, lots: Lots) -> None:
        ticket = self._ticket(order, price, lots) if lots > 0 else None
        result = None if ticket is None else self._desk.submit(ticket)
        if isinstance(result, Submitted):
            self._desk.tell(order.client_oid, "Moved: the old order has ended.", ok=True)
            return
        reason = "" if result is None else f" {result.blocks[0].reason}"
        words = f"Canceled, but the new order was not sent.{reason}"
        self._desk.tell(order.client_oid, words, ok=False)
