"""Placing an order and finding out what became of it.

A placed order is never resent. An answer that did not come makes it Unknown, and it is looked for
(``resolution``) until it is known what happened; an end concluded from silence is only a guess.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, final

from terminal.domain.order import UNCLEAR, Order, OrderState, PendingCommand
from terminal.exchange.batches import Subject
from terminal.exchange.errors import adds_words
from terminal.exchange.outcome import Accepted, NotSent, Rejected, Route, Unknown
from terminal.exchange.stamps import stamping
from terminal.session.resolution import SIGNED_FOR_S

if TYPE_CHECKING:
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import ClientOid
    from terminal.exchange.outcome import Outcome
    from terminal.session.desk import Desk
    from terminal.session.resolution import Resolution

EVENT_WAIT_S = 2.0
"""How long an accepted order may go without an event before the exchange is asked."""


@final
class Placing:
    """The place procedure of a desk."""

    def __init__(self, desk: Desk, resolution: Resolution) -> None:
        self._desk = desk
        self._resolution = resolution

    async def run(self, ticket: OrderTicket, client_oid: ClientOid) -> None:
        """Send once and see it through."""
        if reason := self.why_not(ticket):
            await self.see(client_oid, NotSent(reason), self._desk.clock.monotonic_s())
            return
        route = None if ticket.exits is None else Route.REST  # the socket takes no exits (6.2)
        self._desk.recorder.signed(client_oid, route or self._desk.gateway.route.route)
        signed_s = self._desk.clock.monotonic_s()
        placing = self._desk.gateway.place(ticket, client_oid)
        with stamping(self._desk.latency.stamps(client_oid)):
            outcome = await self._desk.answer("place", placing, route)
        self._desk.latency.answered(client_oid, outcome.route)
        await self.see(client_oid, outcome, signed_s)

    def why_not(self, ticket: OrderTicket) -> str:
        """Why an opening order must not leave after all: what was stopped since; else empty."""
        if ticket.reduces_only:
            return ""
        return self._desk.stop_reason or self._desk.access.reason

    async def see(self, client_oid: ClientOid, outcome: Outcome, signed_s: float) -> None:
        """Take the answer to an order that was sent, by itself or in a batch; see it through.

        ``signed_s`` (monotonic) is when it was signed at the earliest.
        """
        self._desk.on_answer.notify(Subject(client_oid), outcome)
        order = self._desk.orders[client_oid]
        if isinstance(outcome, Accepted):
            if outcome.order_ids and order.order_id is None:
                self._desk.put(replace(order, order_id=outcome.order_ids[0]))
            await self._expect_event(client_oid, signed_s)
        elif isinstance(outcome, (Rejected, NotSent)):
            self._rejected(order, outcome)
        elif order.state is OrderState.SUBMITTING:
            # An event may have told the truth already; then the lost answer does not matter.
            self._note_settling(client_oid, outcome, signed_s)
            self._desk.put(replace(order, state=OrderState.UNKNOWN, reason=outcome.sentence))
            self._desk.tell(
                client_oid, "No answer to the order: asking what became of it.", ok=False
            )
            await self._resolution.resolve(client_oid)

    async def test(self, ticket: OrderTicket, client_oid: ClientOid) -> None:
        """Ask once what the exchange would say; the answer is told and forgotten."""
        testing = self._desk.gateway.test(ticket, client_oid)
        outcome = await self._desk.answer("test", testing, Route.REST)
        if isinstance(outcome, Accepted):
            words = "Test passed: the exchange would take this order. Nothing was placed."
            self._desk.tell_dry_run(ticket, words, ok=True)
        elif isinstance(outcome, Rejected):
            words = f"Test refused: {outcome.sentence} {outcome.remedy}".rstrip()
            if adds_words(words, outcome.exchange_text):
                words = f"{words} The exchange's words: {outcome.exchange_text} ({outcome.code})."
            self._desk.tell_dry_run(ticket, f"{words} Nothing was placed.", ok=False)
        else:
            words = f"Not tested. {outcome.sentence} Nothing was placed."
            self._desk.tell_dry_run(ticket, words, ok=False)

    def correct(self, client_oid: ClientOid, outcome: Outcome) -> None:
        """Take what became known of an order after its outcome was given."""
        order = self._desk.orders[client_oid]
        if isinstance(outcome, Unknown):
            if order.state in UNCLEAR:
                self._note_settling(client_oid, outcome)
        elif isinstance(outcome, Accepted):
            if outcome.order_ids and order.order_id is None:
                self._desk.put(replace(order, order_id=outcome.order_ids[0]))
            self._desk.spawn(f"corrected {client_oid}", self._ask(client_oid))
        else:
            self._rejected(order, outcome)

    async def _ask(self, client_oid: ClientOid) -> None:
        await self._desk.refresh_order(client_oid)

    def _note_settling(
        self, client_oid: ClientOid, outcome: Unknown, signed_s: float | None = None
    ) -> None:
        """From when on the exchange's not knowing an order is proof that it never arrived."""
        after_s = outcome.settled_after_s
        if after_s is None and outcome.route is Route.SOCKET:
            # Over the order socket a request may arrive as long as its connection stands. That it
            # has ended may have been told before the answer came to whoever waited for it.
            known_s = self._resolution.settled_after_s(client_oid)
            after_s = math.inf if known_s is None else known_s
        elif after_s is None:
            begun_s = self._desk.clock.monotonic_s() if signed_s is None else signed_s
            after_s = begun_s + SIGNED_FOR_S
        self._resolution.settle(client_oid, after_s)

    def _rejected(self, order: Order, outcome: Rejected | NotSent) -> None:
        if order.state not in UNCLEAR:
            return  # the exchange's events know better than an answer
        words = outcome.sentence
        if isinstance(outcome, Rejected) and outcome.remedy:
            words = f"{words} {outcome.remedy}"
        refused = replace(
            order, state=OrderState.REJECTED, reason=words, pending=PendingCommand.NONE
        )
        self._desk.put(refused)
        prefix = "Rejected" if isinstance(outcome, Rejected) else "Not sent"
        self._desk.tell(order.client_oid, f"{prefix}: {words}", ok=False)

    async def _expect_event(self, client_oid: ClientOid, signed_s: float) -> None:
        """An accepted order shows in the stream; if it does not, ask."""
        told = await self._desk.pulse.until(
            lambda: self._desk.orders[client_oid].state is not OrderState.SUBMITTING, EVENT_WAIT_S
        )
        if not told:
            self._resolution.settle(client_oid, signed_s + SIGNED_FOR_S)
            await self._resolution.resolve(client_oid)
