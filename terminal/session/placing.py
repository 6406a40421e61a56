"""Placing an order and finding out what became of it.

A placed order is never resent. An answer that did not come makes it Unknown, and the exchange is
asked until it says what happened; an end concluded from silence is only a guess.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, final

from terminal.domain.order import Order, OrderState
from terminal.exchange.batches import Subject
from terminal.exchange.outcome import Accepted, NotSent, Rejected, Route, Unknown

if TYPE_CHECKING:
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import ClientOid
    from terminal.exchange.outcome import Outcome
    from terminal.session.desk import Desk

EVENT_WAIT_S = 2.0
"""How long an accepted order may go without an event before the exchange is asked."""
UNKNOWN_WAITS_S = (0.3, 0.6, 1.2, 2.4, 4.0)
UNKNOWN_LIMIT_S = 15.0
"""After so long of answered queries without a trace, an order is taken as never arrived."""
UNCLEAR = (OrderState.SUBMITTING, OrderState.UNKNOWN)


@final
class Placing:
    """The place procedure of a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._settled_after_s: dict[ClientOid, float] = {}

    async def run(self, ticket: OrderTicket, client_oid: ClientOid) -> None:
        """Send once and see it through."""
        route = None if ticket.exits is None else Route.REST  # the socket takes no exits (6.2)
        placing = self._desk.gateway.place(ticket, client_oid)
        outcome = await self._desk.answer("place", placing, route)
        self._desk.on_answer.notify(Subject(client_oid), outcome)
        order = self._desk.orders[client_oid]
        if isinstance(outcome, Accepted):
            if outcome.order_ids and order.order_id is None:
                self._desk.put(replace(order, order_id=outcome.order_ids[0]))
            await self._expect_event(client_oid)
        elif isinstance(outcome, (Rejected, NotSent)):
            self._rejected(order, outcome)
        elif order.state is OrderState.SUBMITTING:
            # An event may have told the truth already; then the lost answer does not matter.
            self._note_settling(client_oid, outcome)
            self._desk.put(replace(order, state=OrderState.UNKNOWN, reason=outcome.sentence))
            self._desk.tell(
                client_oid, "No answer to the order: asking what became of it.", ok=False
            )
            await self.resolve(client_oid)

    async def test(self, ticket: OrderTicket, client_oid: ClientOid) -> None:
        """Ask once what the exchange would say; the answer is told and forgotten."""
        testing = self._desk.gateway.test(ticket, client_oid)
        outcome = await self._desk.answer("test", testing, Route.REST)
        if isinstance(outcome, Accepted):
            words = "Test passed: the exchange would take this order. Nothing was placed."
            self._desk.tell_dry_run(ticket, words, ok=True)
        elif isinstance(outcome, Rejected):
            words = f"Test refused: {outcome.sentence} {outcome.remedy}".rstrip()
            self._desk.tell_dry_run(ticket, f"{words} Nothing was placed.", ok=False)
        else:
            words = f"Not tested. {outcome.sentence} Nothing was placed."
            self._desk.tell_dry_run(ticket, words, ok=False)

    def correct(self, client_oid: ClientOid, outcome: Outcome) -> None:
        """Take what became known of an order after its outcome was given."""
        order = self._desk.orders[client_oid]
        if isinstance(outcome, Unknown):
            self._note_settling(client_oid, outcome)
        elif isinstance(outcome, Accepted):
            if outcome.order_ids and order.order_id is None:
                self._desk.put(replace(order, order_id=outcome.order_ids[0]))
            self._desk.spawn(f"corrected {client_oid}", self._ask(client_oid))
        else:
            self._rejected(order, outcome)

    async def _ask(self, client_oid: ClientOid) -> None:
        await self._desk.refresh_order(client_oid)

    def _note_settling(self, client_oid: ClientOid, outcome: Unknown) -> None:
        """Until when the exchange's not knowing an order is no proof of anything."""
        after_s = outcome.settled_after_s
        if after_s is None:
            # Over the order socket a request may arrive as long as its connection stands. That it
            # has ended may have been told before the answer came to whoever waited for it.
            after_s = math.inf if outcome.route is Route.SOCKET else 0.0
            after_s = self._settled_after_s.get(client_oid, after_s)
        self._settled_after_s[client_oid] = after_s

    def _rejected(self, order: Order, outcome: Rejected | NotSent) -> None:
        if order.state not in UNCLEAR:
            return  # the exchange's events know better than an answer
        words = outcome.sentence
        if isinstance(outcome, Rejected) and outcome.remedy:
            words = f"{words} {outcome.remedy}"
        self._desk.put(replace(order, state=OrderState.REJECTED, reason=words))
        prefix = "Rejected" if isinstance(outcome, Rejected) else "Not sent"
        self._desk.tell(order.client_oid, f"{prefix}: {words}", ok=False)

    async def _expect_event(self, client_oid: ClientOid) -> None:
        """An accepted order shows in the stream; if it does not, ask."""
        told = await self._desk.pulse.until(
            lambda: self._desk.orders[client_oid].state is not OrderState.SUBMITTING, EVENT_WAIT_S
        )
        if not told:
            await self.resolve(client_oid)

    async def resolve(self, client_oid: ClientOid) -> None:
        """Ask by our id until the exchange knows the order, or provably never got it."""
        missing_since_s: float | None = None
        attempt = 0
        while self._desk.orders[client_oid].state in UNCLEAR:
            wait_s = UNKNOWN_WAITS_S[min(attempt, len(UNKNOWN_WAITS_S) - 1)]
            attempt += 1
            await self._desk.pulse.until(
                lambda: self._desk.orders[client_oid].state not in UNCLEAR, wait_s
            )
            if self._desk.orders[client_oid].state not in UNCLEAR:
                break
            asked_s = self._desk.clock.monotonic_s()
            is_known = await self._desk.refresh_order(client_oid)
            if is_known is None:
                missing_since_s = None
                continue
            if is_known:
                break
            now_s = self._desk.clock.monotonic_s()
            missing_since_s = now_s if missing_since_s is None else missing_since_s
            is_settled = asked_s >= self._settled_after_s.get(client_oid, 0.0)
            if is_settled and now_s - missing_since_s >= UNKNOWN_LIMIT_S:
                self._never_arrived(client_oid)
        self._settled_after_s.pop(client_oid, None)

    def _never_arrived(self, client_oid: ClientOid) -> None:
        words = "The exchange does not know this order; it was not placed."
        if self._desk.orders[client_oid].order_id is not None:
            words = "The exchange no longer knows this order."
        order = self._desk.orders[client_oid]
        self._desk.put(replace(order, state=OrderState.REJECTED, reason=words, is_guess=True))
        self._desk.tell(client_oid, words, ok=False)
