"""Many orders in one request: chunks of 20, and a verdict for each order of them.

What a batch says of an item is only the first word about it; each order is then followed as one
that was sent, or canceled, by itself. The items of a chunk fail apart, and chunks do as well.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, final

from terminal.domain.guard import Block, BlockField
from terminal.domain.order import UNCLEAR, OrderState, PendingCommand
from terminal.domain.ticket import USUAL_TERMS
from terminal.domain.units import Lots
from terminal.exchange.stamps import stamping
from terminal.session.cancels import TO_BE_CANCELED
from terminal.session.results import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import ClientOid, OrderId, Side, Symbol
    from terminal.exchange.outcome import Outcome
    from terminal.session.cancels import Canceling
    from terminal.session.desk import Desk
    from terminal.session.placing import Placing

_OF_SIZE = frozenset({BlockField.LOTS, BlockField.VALUE})
_OF_SUM = frozenset(
    {BlockField.POSITION, BlockField.LEVERAGE, BlockField.MARGIN, BlockField.LIQUIDATION}
)
"""What the guard says of a ticket with those before it, because they add up in the position."""
_Item = TypeVar("_Item")

CHUNK = 20
"""The exchange takes so many items in one request (API reference 3.3 and 3.4)."""


@final
class Batching:
    """Sends what was decided elsewhere: the guard was asked, or the cancels were marked."""

    def __init__(self, desk: Desk, placing: Placing, canceling: Canceling) -> None:
        self._desk = desk
        self._placing = placing
        self._canceling = canceling

    # Placing ---------------------------------------------------------------------------------

    def blocks_together(
        self, tickets: Sequence[OrderTicket]
    ) -> dict[tuple[Symbol, Side | None], tuple[Block, ...]]:
        """What keeps tickets that open on one side of a contract from being sent together.

        They are looked at as one order, at the price that makes it worth most: limits on an order's
        size and value bound the batch, too. Only sides with such blocks are in the answer.
        """
        sides: dict[tuple[Symbol, Side | None], list[OrderTicket]] = {}
        for ticket in tickets:
            if not ticket.reduces_only:
                sides.setdefault((ticket.symbol, ticket.side), []).append(ticket)
        blocked: dict[tuple[Symbol, Side | None], tuple[Block, ...]] = {}
        for side, some in sides.items():
            if len(some) > 1:
                blocks = self._as_one(some)
                if blocks:
                    blocked[side] = blocks
        return blocked

    def _as_one(self, tickets: Sequence[OrderTicket]) -> tuple[Block, ...]:
        lots = sum(ticket.lots or 0 for ticket in tickets)
        contract = self._desk.contract(tickets[0].symbol)
        if contract is not None:  # what the exchange takes in one order bounds each of them only
            lots = min(lots, contract.max_order_lots, contract.max_market_order_lots)
        dearest = max(tickets, key=lambda ticket: ticket.price or 0)
        terms = replace(USUAL_TERMS, position_side=dearest.terms.position_side)
        whole = replace(dearest, lots=Lots(lots), exits=None, trigger=None, terms=terms)
        alone = {block for ticket in tickets for block in self._desk.blocks(ticket)}
        return tuple(
            replace(block, sentence=f"Together: {block.sentence}")
            for block in self._desk.blocks(whole)
            if block.field in _OF_SIZE and block not in alone
        )

    def preview(self, tickets: Sequence[OrderTicket]) -> tuple[tuple[Block, ...], ...]:
        """What would keep each ticket of a batch from being sent now; nothing is sent by this.

        Those before it on its side count as if they were one order with it, at its price: sending
        looks at each by itself once more.
        """
        together = self.blocks_together(tickets)
        sums: dict[tuple[Symbol, Side | None], int] = {}
        found: list[tuple[Block, ...]] = []
        for ticket in tickets:
            blocks, side = self._desk.blocks(ticket), (ticket.symbol, ticket.side)
            if not ticket.reduces_only and ticket.lots is not None:
                lots = sums[side] = sums.get(side, 0) + ticket.lots
                up_to_it = self._desk.blocks(replace(ticket, lots=Lots(lots)))
                added = tuple(b for b in up_to_it if b.field in _OF_SUM and b not in blocks)
                blocks = (*together.get(side, ()), *blocks, *added)
            found.append(blocks)
        return tuple(found)

    def place(self, orders: Sequence[tuple[OrderTicket, ClientOid]]) -> None:
        """Send orders that are written down and shown already. Returns at once.

        One with exits attached is sent by itself (API reference 3.3).
        """
        together = [one for one in orders if one[0].exits is None]
        alone = [one for one in orders if one[0].exits is not None]
        for chunk in _chunks(together):
            if len(chunk) == 1:
                alone.extend(chunk)
            else:
                self._desk.spawn(f"place {len(chunk)} orders", self._place(chunk))
        for ticket, client_oid in alone:
            self._desk.spawn(f"place {client_oid}", self._placing.run(ticket, client_oid))

    async def _place(self, chunk: Sequence[tuple[OrderTicket, ClientOid]]) -> None:
        desk = self._desk
        allowed: list[tuple[OrderTicket, ClientOid]] = []
        for one in chunk:
            if self._placing.why_not(one[0]):
                desk.spawn(f"place {one[1]}", self._placing.run(*one))  # which says why
            else:
                allowed.append(one)
        if not allowed:
            return
        chunk = allowed
        for _, client_oid in chunk:
            desk.recorder.signed(client_oid, desk.gateway.route.route)
        signed_s = desk.clock.monotonic_s()
        sending = desk.gateway.place_batch(chunk)
        with stamping(desk.latency.together(client_oid for _, client_oid in chunk)):
            outcomes = await desk.answers("place a batch", sending, len(chunk))
        for (_, client_oid), outcome in zip(chunk, outcomes, strict=True):
            desk.latency.answered(client_oid, outcome.route)
            desk.spawn(f"place {client_oid}", self._placing.see(client_oid, outcome, signed_s))

    # Cancelling ------------------------------------------------------------------------------

    def cancel(self, chosen: Iterable[ClientOid]) -> None:
        """Ask for cancels that are marked already. Returns at once.

        Orders that have no id of the exchange yet are canceled each by itself, once named.
        """
        named: list[tuple[ClientOid, OrderId]] = []
        for client_oid in chosen:
            order = self._desk.orders[client_oid]
            if order.is_working and order.order_id is not None:
                named.append((client_oid, order.order_id))
            elif order.is_working:
                self._cancel_alone(client_oid)
        for chunk in _chunks(named):
            if len(chunk) == 1:
                self._cancel_alone(chunk[0][0])
            else:
                self._desk.spawn(f"cancel {len(chunk)} orders", self._cancel(chunk))

    def _cancel_alone(self, client_oid: ClientOid, first: Outcome | None = None) -> None:
        self._desk.spawn(f"cancel {client_oid}", self._canceling.run(client_oid, first))

    async def _cancel(self, chunk: Sequence[tuple[ClientOid, OrderId]]) -> None:
        order_ids = [order_id for _, order_id in chunk]
        outcomes = await self._desk.answers(
            "cancel a batch", self._desk.gateway.cancel_batch(order_ids), len(chunk)
        )
        for (client_oid, _), outcome in zip(chunk, outcomes, strict=True):
            self._cancel_alone(client_oid, outcome)

    # Verdicts --------------------------------------------------------------------------------

    def canceled(self, chosen: Iterable[ClientOid]) -> tuple[Verdict, ...]:
        """What became of cancels, as far as it is known now."""
        return tuple(self._canceled(client_oid) for client_oid in chosen)

    def _canceled(self, client_oid: ClientOid) -> Verdict:
        order = self._desk.orders.get(client_oid)
        if order is None or order.state is OrderState.CANCELED:
            return Verdict(client_oid, ok=True, sentence="Canceled.")
        if not order.is_working:
            return Verdict(client_oid, ok=True, sentence=f"{order.state.value} before the cancel.")
        if order.pending is PendingCommand.NONE:
            return Verdict(client_oid, ok=False, sentence="Not canceled.")
        if order.state in UNCLEAR:
            return Verdict(client_oid, ok=False, sentence=TO_BE_CANCELED)
        return Verdict(client_oid, ok=False, sentence="Not known whether it was canceled.")

    def are_over(self, chosen: Iterable[ClientOid]) -> bool:
        """Whether each of these cancels has an end: the order's, or that it was given up."""
        orders = (self._desk.orders.get(client_oid) for client_oid in chosen)
        return not any(
            order is not None and order.is_working and order.pending is not PendingCommand.NONE
            for order in orders
        )


def _chunks(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
