"""What the desk writes into the journal: each thing that becomes known of an order, by its source.

Writing holds nothing up: what cannot be written is told by the journal's ``problem``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.intention import EventKind, JournalEvent, Source
from terminal.domain.order import UNCLEAR
from terminal.domain.reconcile import Comparison
from terminal.exchange.outcome import Accepted, NotSent, Rejected
from terminal.session.hearing import Hearing

if TYPE_CHECKING:
    from terminal.domain.clock import Clock, TimestampMs
    from terminal.domain.events import Fill, OrderUpdate
    from terminal.domain.intention import Detail
    from terminal.domain.order import Order, OrderState
    from terminal.domain.units import ClientOid
    from terminal.exchange.batches import Subject
    from terminal.exchange.outcome import Outcome, Route
    from terminal.session.journal import Journal

NEVER_ARRIVED = "never arrived"
NO_LONGER_KNOWN = "no longer known"


@final
class Unclear(NamedTuple):
    """Since when nobody has told what an order is; ``at`` by our wall clock, ``at_s`` monotonic."""

    state: OrderState
    at: TimestampMs
    at_s: float


@final
class Recorder:
    """Writes events of orders, and remembers who last told of each and when.

    ``heard`` is who told what is believed of an order: a late word that changes nothing is not
    counted, for what is shown is not what it said. ``unclear`` has the orders of which nobody knows
    what they are. ``news`` counts what readings told before the stream did.
    """

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self.heard: dict[ClientOid, Hearing] = {}
        self.unclear: dict[ClientOid, Unclear] = {}
        self.news = 0
        self.comparison: Comparison | None = None
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
        source = Source.OWN if isinstance(outcome, NotSent) else Source.REPLY
        if ends or (named and client_oid not in self.heard):
            self._hear(client_oid, source)
        self._journal.note(
            client_oid,
            JournalEvent(
                EventKind.ANSWERED,
                source,
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
        if after is before:
            return  # late: what is believed was told by somebody else
        now_ms = self._hear(after.client_oid, source).at
        if before is not None and _facts(before) == _facts(after):
            return
        self.news += source is Source.REST
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
        self._hear(client_oid, Source.ASSUMED)
        self._journal.note(client_oid, event)

    def stands(self, order: Order) -> None:
        """This is what the desk believes of an order from now on."""
        client_oid, state = order.client_oid, order.state
        if state not in UNCLEAR:
            self.unclear.pop(client_oid, None)
            return
        known = self.unclear.get(client_oid)
        if known is None or known.state is not state:
            now_ms, now_s = self._clock.now_ms(), self._clock.monotonic_s()
            self.unclear[client_oid] = Unclear(state, now_ms, now_s)

    def joined(self, client_oid: ClientOid, twin: ClientOid) -> None:
        """What is believed of an order is what was told of it under another name."""
        if twin in self.heard:
            self.heard[client_oid] = self.heard[twin]

    def compared(self, news_before: int) -> None:
        """All lists were read; ``news`` was so much when that began."""
        is_first = self.comparison is None
        differences = None if is_first else self.news - news_before
        self.comparison = Comparison(self._clock.now_ms(), differences)

    def _hear(self, client_oid: ClientOid, source: Source) -> Hearing:
        known = self.heard.get(client_oid)
        revision = 1 if known is None else known.revision + 1
        now_ms, now_s = self._clock.now_ms(), self._clock.monotonic_s()
        heard = self.heard[client_oid] = Hearing(source, now_ms, now_s, revision)
        return heard

    def forget(self, client_oid: ClientOid) -> None:
        """The desk has forgotten an order."""
        self.heard.pop(client_oid, None)
        self.unclear.pop(client_oid, None)
        self._intended.discard(client_oid)


def _facts(order: Order) -> tuple[object, ...]:
    return (order.order_id, order.state, order.lots, order.filled, order.canceled, order.is_guess)
