"""Moving an order on an exchange that cannot amend: a new order takes the place of the old.

An order that may open: cancel, then the new one, in that order only. It is sent after the end of
the old one is known, for what the cancel took away; if that is not known in time, nothing is sent.
A stop that protects goes the other way round (``stop_moves``), so that what it protects is never
without it. The guard sees the order that would be sent, before and after the cancel.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.guard import Block, BlockField
from terminal.domain.intention import Purpose
from terminal.domain.order import OrderState, PendingCommand
from terminal.domain.replacement import NOT_READ, Unclear, moved, told_ticket, with_exits_moved
from terminal.domain.units import Lots
from terminal.session.procedures import Recorded
from terminal.session.results import Blocked, Submitted, not_sent
from terminal.session.stop_moves import StopMoving, in_its_place

if TYPE_CHECKING:
    from terminal.domain.intention import Detail
    from terminal.domain.order import Order
    from terminal.domain.replacement import Replacement
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import ClientOid, Price, Symbol
    from terminal.session.desk import Desk
    from terminal.session.place_first import PlaceFirst

CANCEL_DEADLINE_S = 5.0
_MOVABLE = (OrderState.OPEN, OrderState.PARTLY_FILLED, OrderState.UNTRIGGERED)


@final
@dataclass(frozen=True, slots=True)
class _Move:
    """A move under way: the order as it was, and the ticket that would take its whole place."""

    before: Order
    original: OrderTicket
    price: Price
    recorded: Recorded


@final
class _Plan(NamedTuple):
    """A move that may begin: the order, the ticket that it was, and the one in its place."""

    order: Order
    original: OrderTicket
    ticket: OrderTicket
    is_place_first: bool


@final
class Moving:
    """The move procedure of a desk."""

    def __init__(self, desk: Desk, place_first: PlaceFirst) -> None:
        self._desk = desk
        self._place_first = place_first
        self._stops = StopMoving(desk, place_first)
        self._under_way: dict[ClientOid, _Move] = {}
        self._running: set[ClientOid] = set()
        """Those under way, and those that were called off and whose cancel is still waited for."""

    def is_moving(self, client_oid: ClientOid) -> bool:
        """True while a procedure sees to an order that it moves."""
        return client_oid in self._running or self._place_first.is_moving(client_oid)

    def is_running(self, symbol: Symbol) -> bool:
        """True while an order of a contract is being moved."""
        working = self._desk.working(symbol)
        return any(move.before.symbol == symbol for move in self._under_way.values()) or any(
            self._place_first.is_moved_by_hand(order.client_oid) for order in working
        )

    def abort(self, client_oid: ClientOid) -> None:
        """The user cancels an order in the middle of its move: no new order follows."""
        self._under_way.pop(client_oid, None)
        self._place_first.abort(client_oid)

    def abort_all(self, symbol: Symbol | None, *, exits_too: bool = True) -> None:
        """No move of a contract, or of all, sends anything more.

        Those of exits may be left, and those of stops by which a position became protected since.
        """
        for client_oid, move in tuple(self._under_way.items()):
            if symbol in {move.before.symbol, None} and (exits_too or not self._is_exit(move)):
                del self._under_way[client_oid]
        if exits_too:
            self._place_first.abort_all(symbol)

    def _is_exit(self, move: _Move) -> bool:
        """Whether what it would send at its end only reduces."""
        if move.before.reduces_only:
            return True
        ticket = moved(move.original, move.before, move.price, move.before.remaining)
        if isinstance(ticket, Unclear):
            return False
        found = in_its_place(self._desk, move.before, ticket)
        return found is not None and not isinstance(found, Unclear)

    def start(
        self, client_oid: ClientOid, price: Price, *, takes_exits: bool = False
    ) -> Blocked | None:
        """Begin a move to where the order is to be shown; a blocked one leaves it where it is.

        Exits that are attached to it stay at their prices, or keep their distances to it.
        """
        planned = self._plan(client_oid, price, takes_exits=takes_exits)
        if isinstance(planned, Blocked):
            return planned
        if planned.is_place_first:
            return self._stops.start(planned.order, planned.ticket)
        return self._start(planned.order, planned.original, price)

    def why_not(
        self, client_oid: ClientOid, price: Price, *, takes_exits: bool = False
    ) -> Blocked | None:
        """What would keep such a move from beginning now; None when nothing would."""
        planned = self._plan(client_oid, price, takes_exits=takes_exits)
        return planned if isinstance(planned, Blocked) else None

    def _plan(self, client_oid: ClientOid, price: Price, *, takes_exits: bool) -> Blocked | _Plan:
        desk = self._desk
        order = desk.orders.get(client_oid)
        if order is None or order.state not in _MOVABLE or self._is_busy(client_oid):
            return not_sent(BlockField.ORDER, "The order can no longer be moved.")
        if not order.remaining and not order.is_close_order:  # its last fill was told, not its end
            return not_sent(BlockField.ORDER, "Nothing is left of the order to move.")
        if order.shown_at is None:
            return not_sent(BlockField.ORDER, "A market order has no price to move.")
        if order.shown_at == price:
            return not_sent(BlockField.PRICE, "The order is there already.")
        original, ticket = self._tickets(order, price, takes_exits=takes_exits)
        if isinstance(original, Unclear) or isinstance(ticket, Unclear):
            return not_sent(
                BlockField.ORDER, ticket.reason if isinstance(ticket, Unclear) else NOT_READ
            )
        instead = in_its_place(desk, order, ticket)
        if isinstance(instead, Unclear):
            return not_sent(BlockField.ORDER, instead.reason)
        ticket = instead or ticket
        blocks = (*self._mode_blocks(ticket), *desk.blocks(ticket, client_oid))
        if blocks:
            return Blocked(blocks)
        return _Plan(order, original, ticket, is_place_first=instead is not None)

    def _is_busy(self, client_oid: ClientOid) -> bool:
        return client_oid in self._under_way or self._place_first.is_moving(client_oid)

    def _tickets(
        self, order: Order, price: Price, *, takes_exits: bool
    ) -> tuple[OrderTicket | Unclear, OrderTicket | Unclear]:
        """The ticket that an order was, and the one that it would be at a price."""
        original = self._original(order)
        if takes_exits and not isinstance(original, Unclear) and order.shown_at is not None:
            original = with_exits_moved(original, price - order.shown_at)
        if isinstance(original, Unclear):
            return original, original
        if order.state is not OrderState.UNTRIGGERED and original.trigger is not None:
            original = replace(original, trigger=None)  # it has fired: what rests waits no more
        return original, moved(original, order, price, order.remaining)

    def _mode_blocks(self, ticket: OrderTicket) -> tuple[Block, ...]:
        """In another margin mode the new order would be refused after the old one's cancel."""
        mode = self._desk.account.margin_mode(ticket.symbol)
        if ticket.reduces_only or mode is ticket.margin_mode:
            return ()
        words = "The margin mode is not known yet."
        if mode is not None:
            words = "The margin mode is another one than when the order was placed."
        return (Block(BlockField.CONTRACT, words),)

    def _start(self, order: Order, original: OrderTicket, price: Price) -> Blocked | None:
        desk, client_oid = self._desk, order.client_oid
        wanted = f"Moving {order.remaining} lots (cancel, then a new order)."
        detail: Detail = {"old": str(client_oid), "lots": order.remaining, "to": price}
        recorded = Recorded(desk, Purpose.MOVE, order.symbol, wanted, detail)
        block = None if order.reduces_only else recorded.unwritten()
        if block is not None:
            return Blocked((block,))
        if not desk.mark_canceling(client_oid, PendingCommand.MOVE):
            recorded.end("Not moved: it is being canceled or moved.")
            return not_sent(BlockField.ORDER, "The order is being canceled or moved.")
        move = self._under_way[client_oid] = _Move(order, original, price, recorded)
        desk.spawn(f"move {client_oid}", self._run(move))
        return None

    def _original(self, order: Order) -> Replacement:
        """What the order was meant as: our own ticket, or all that the exchange tells."""
        desk, client_oid = self._desk, order.client_oid
        is_read = client_oid not in desk.flags_unknown
        intention = desk.journal.intention(client_oid)
        if intention is not None and is_read:
            return intention.ticket
        if not is_read or client_oid not in desk.details:
            desk.spawn(f"terms of {client_oid}", self._ask_for_terms(client_oid))
            return Unclear(NOT_READ)
        return told_ticket(order, desk.details[client_oid])

    async def _ask_for_terms(self, client_oid: ClientOid) -> None:
        await self._desk.refresh_order(client_oid)

    async def _run(self, move: _Move) -> None:
        client_oid = move.before.client_oid
        self._running.add(client_oid)
        try:
            await self._carry_out(move)
        except Exception as error:  # noqa: BLE001 - reported; the order must stay cancelable
            self._desk.report("move an order", error)
            words = "The move was broken off by an error inside the program: look at the order."
            self._end(move, words, ok=False)
        finally:
            self._under_way.pop(client_oid, None)
            self._running.discard(client_oid)

    async def _carry_out(self, move: _Move) -> None:
        desk, client_oid = self._desk, move.before.client_oid
        move.recorded.step("cancel old")
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
            self._end(move, words, ok=False)
        elif order.state is OrderState.REJECTED:
            words = "Not moved: the exchange does not know the old order, so nothing was sent."
            self._end(move, words, ok=False)
        elif order.state is OrderState.FILLED or not order.canceled:
            self._end(move, "Filled before it could be moved; nothing was sent.", ok=True)
        elif not is_wanted or desk.flattening(order.symbol, order.position_side):
            words = "Canceled instead of moved."
            if order.reduces_only:
                words = "Canceled instead of moved: this exit is gone."
            self._end(move, words, ok=not order.reduces_only)
        else:
            # What this cancel took away, no more: fills on the way are not bought twice, and what
            # had been canceled before stays canceled.
            taken = min(order.canceled - move.before.canceled, move.before.remaining)
            self._send(move, order, Lots(taken))

    def _send(self, move: _Move, order: Order, lots: Lots) -> None:
        reason = ""
        if lots > 0:
            ticket = moved(move.original, order, move.price, lots)
            if not isinstance(ticket, Unclear):
                # A position that it would have protected may have come to be meanwhile.
                instead = in_its_place(self._desk, move.before, ticket)
                ticket = ticket if instead is None or isinstance(instead, Unclear) else instead
            if isinstance(ticket, Unclear):
                reason = f" {ticket.reason}"
            else:
                move.recorded.step("place new", {"lots": lots})
                procedure = move.recorded.procedure_id
                result = self._desk.submit(ticket, Purpose.MOVE, procedure, order.client_oid)
                if isinstance(result, Submitted):
                    words = "Moved: the old order has ended, its place in the queue is lost."
                    if ticket.exits is not None and order.filled:
                        words = f"{words} Look at the exits of what was filled."
                    self._end(move, words, ok=True)
                    return
                reason = f" {result.blocks[0].reason}"
        self._end(move, f"Canceled, but the new order was not sent.{reason}", ok=False)

    def _end(self, move: _Move, sentence: str, *, ok: bool) -> None:
        move.recorded.end(sentence)
        self._desk.tell(move.before.client_oid, sentence, ok=ok)
