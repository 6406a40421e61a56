"""What the desk writes into the journal: each thing that becomes known of an order, by its source.

Writing holds nothing up: what cannot be written is told by the journal's ``problem``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.intention import EventKind, JournalEvent, Source
from terminal.exchange.outcome import Accepted, NotSent, Rejected

if TYPE_CHECKING:
    from terminal.domain.clock import Clock, TimestampMs
    from terminal.domain.events import Fill, OrderUpdate
    from terminal.domain.intention import Detail
    from terminal.domain.order import Order
    from terminal.domain.units import ClientOid
    from terminal.exchange.batches import Subject
    from terminal.exchange.outcome import Outcome, Route
    from terminal.session.journal import Journal

NEVER_ARRIVED = "never arrived"
NO_LONGER_KNOWN = "no longer known"


@final
class Recorder:
    """Writes events of orders, and remembers who last told of each and when."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self.heard: dict[ClientOid, tuple[Source, TimestampMs]] = {}
        self._intended: set[ClientOid] = set()

    def intended(self, client_oid: ClientOid) -> None:
        """The journal has an order's intention."""
        self._intended.add(client_oid)

    def knows(self, client_oid: ClientOid) -> bool:
        """Whether the journal has an order; what was found once is not looked up again."""
        if client_oid in self._intended:
            return True
        if self._journal.intention(client_oid) is None:
            return False
        self._intended.add(client_oid)
        return True

    def signed(self, client_oid: ClientOid, route: Route) -> None:
        """An order is signed and sent now, this way."""
        detail = {"route": route.value}
        event = JournalEvent(EventKind.SIGNED, Source.OWN, self._clock.now_ms(), detail=detail)
        self._journal.note(client_oid, event)

    def answered(self, subject: Subject, outcome: Outcome, *, is_heard_of: bool = False) -> None:
        """A command about an order was answered, or its answer given up.

        A refusal ends nothing of an order that ``is_heard_of``: its events know better.
        """
        client_oid = subject.client_oid
        if client_oid is None:
            return
        detail: dict[str, str | int] = {
            "command": "cancel" if subject.is_cancel else "place",
            "outcome": type(outcome).__name__.lower(),
            "route": outcome.route.value,
        }
        if isinstance(outcome, Rejected):
            detail |= {"code": outcome.code, "exchange_text": outcome.exchange_text}
        if not isinstance(outcome, Accepted):
            detail["sentence"] = outcome.sentence
        named = isinstance(outcome, Accepted) and outcome.order_ids and not subject.is_cancel
        ends = isinstance(outcome, (Rejected, NotSent)) and not (subject.is_cancel or is_heard_of)
        self._journal.note(
            client_oid,
            JournalEvent(
                EventKind.ANSWERED,
                Source.OWN if isinstance(outcome, NotSent) else Source.REPLY,
                self._clock.now_ms(),
                order_id=outcome.order_ids[0] if named else None,  # type: ignore[union-attr]  # named
                is_end=True if ends else None,
                detail=detail,
            ),
        )

    def updated(
        self, before: Order | None, after: Order, update: OrderUpdate, source: Source
    ) -> None:
        """The exchange told of an order; written when that changed what is known of it."""
        now_ms = self._clock.now_ms()
        self.heard[after.client_oid] = (source, now_ms)
        if after is before or (before is not None and _facts(before) == _facts(after)):
            return
        detail: dict[str, str | int] = {
            "state": after.state.value,
            "lots": after.lots,
            "filled": after.filled,
            "canceled": after.canceled,
        }
        if update.reason:
            detail["reason"] = update.reason
        self._journal.note(
            after.client_oid,
            JournalEvent(
                EventKind.UPDATED,
                source,
                now_ms,
                update.event_at,
                after.order_id,
                after.state.is_terminal,
                detail,
            ),
        )

    def filled(self, client_oid: ClientOid, fill: Fill, source: Source) -> None:
        """A fill that was not known yet."""
        detail: Detail = {
            "trade_id": fill.trade_id,
            "side": fill.side.value,
            "price": fill.price,
            "lots": fill.lots,
            "liquidity": fill.liquidity.value,
        }
        self._journal.note(
            client_oid,
            JournalEvent(
                EventKind.FILLED,
                source,
                self._clock.now_ms(),
                fill.event_at,
                fill.order_id,
                detail=detail,
            ),
        )

    def never_arrived(self, client_oid: ClientOid, questions: int) -> None:
        """An order that nobody knows, as often and as late as it takes to be sure."""
        self._resolved(client_oid, NEVER_ARRIVED, questions)

    def no_longer_known(self, client_oid: ClientOid, questions: int) -> None:
        """An order that nobody knows any more: it may have arrived and ended."""
        self._resolved(client_oid, NO_LONGER_KNOWN, questions)

    def _resolved(self, client_oid: ClientOid, found: str, questions: int) -> None:
        detail: Detail = {"found": found, "questions": questions}
        event = JournalEvent(
            EventKind.RESOLVED, Source.ASSUMED, self._clock.now_ms(), is_end=True, detail=detail
        )
        self._journal.note(client_oid, event)

    def forget(self, client_oid: ClientOid) -> None:
        """The desk has forgotten an order."""
        self.heard.pop(client_oid, None)
        self._intended.discard(client_oid)


def _facts(order: Order) -> tuple[object, ...]:
    return (order.order_id, order.state, order.lots, order.filled, order.canceled, order.is_guess)
