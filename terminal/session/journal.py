"""The order journal as the desk sees it, and one that lives in memory only.

Storage keeps one on the disk and the program hands it in. What is written says what was meant
before it is sent, and what became of it; nothing decides by it while the program runs.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, final

from terminal.domain.intention import (
    NO_DETAIL,
    EventKind,
    OpenIntention,
    Procedure,
    ProcedureId,
    ProcedureStep,
    Source,
)

if TYPE_CHECKING:
    from terminal.domain.clock import Clock
    from terminal.domain.intention import Detail, Intention, JournalEvent, Purpose
    from terminal.domain.units import ClientOid, OrderId, Symbol

KEPT = 2000
"""So many ended orders and procedures a journal in memory remembers."""


class Journal(Protocol):
    """What was meant and what became of it, written as it happens.

    Only ``intend``, ``open_intentions`` and ``open_procedures`` raise. The others never hold
    anything up: what they could not write is told in ``problem``, and the next intention, or
    ``tidy``, shows whether writing works again.
    """

    @property
    def lasts(self) -> bool:
        """True when what is written outlives the program."""
        ...

    @property
    def problem(self) -> str:
        """Why the last thing was not written, as a sentence; empty while all is well."""
        ...

    def intend(self, intention: Intention) -> None:
        """Write what is about to be sent. Raises ``JournalError`` when it could not be written."""
        ...

    def note(self, client_oid: ClientOid, event: JournalEvent) -> None:
        """Write what became known of an order; one that nobody intended here is left out."""
        ...

    def begin(
        self, kind: Purpose, symbol: Symbol, wanted: str, detail: Detail = NO_DETAIL
    ) -> ProcedureId:
        """Write that a procedure begins; ``wanted`` must make sense after a restart."""
        ...

    def step(self, procedure_id: ProcedureId, name: str, detail: Detail = NO_DETAIL) -> None:
        """Write that a step of a procedure begins."""
        ...

    def end(self, procedure_id: ProcedureId, sentence: str) -> None:
        """Write how a procedure ended. One that ended already stays as it is."""
        ...

    def open_intentions(self) -> tuple[OpenIntention, ...]:
        """Intentions whose end is not known here, oldest first.

        Raises ``JournalError`` when they could not be read: no answer is not "none".
        """
        ...

    def open_procedures(self) -> tuple[Procedure, ...]:
        """Procedures that were begun and not ended, oldest first.

        Raises ``JournalError`` when they could not be read: no answer is not "none".
        """
        ...

    def intention(self, client_oid: ClientOid) -> Intention | None:
        """What was meant with an order; None when it was not intended here."""
        ...

    def trail(self, client_oid: ClientOid) -> tuple[JournalEvent, ...]:
        """All that became known of an order, in the order of writing."""
        ...

    def procedure(self, procedure_id: ProcedureId) -> Procedure | None:
        """A procedure, ended or not; None when it was not begun here."""
        ...

    def named(self, order_id: OrderId) -> ClientOid | None:
        """Our name of the order that the exchange gave this id; None when nobody told it."""
        ...

    async def tidy(self) -> None:
        """Forget what ended long ago and put the file in order; called now and then.

        While there is a ``problem``, it is tried whether writing works again.
        """
        ...


@dataclass(slots=True)
class _Entry:
    intention: Intention
    events: list[JournalEvent] = field(default_factory=list)
    is_ended: bool = False


@final
class MemoryJournal:
    """A ``Journal`` that is forgotten with the program: for tests and where nothing is sent."""

    lasts = False

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: dict[ClientOid, _Entry] = {}
        self._procedures: dict[ProcedureId, Procedure] = {}
        self.problem = ""

    def intend(self, intention: Intention) -> None:
        """Write what is about to be sent."""
        self._entries[intention.client_oid] = _Entry(intention)
        self._forget_old()

    def note(self, client_oid: ClientOid, event: JournalEvent) -> None:
        """Write what became known of an order."""
        entry = self._entries.get(client_oid)
        if entry is not None:
            entry.events.append(event)
            if event.is_end is not None:
                entry.is_ended = event.is_end

    def begin(
        self, kind: Purpose, symbol: Symbol, wanted: str, detail: Detail = NO_DETAIL
    ) -> ProcedureId:
        """Write that a procedure begins."""
        procedure_id = new_procedure_id()
        self._procedures[procedure_id] = Procedure(
            procedure_id, kind, symbol, wanted, self._clock.now_ms(), detail
        )
        return procedure_id

    def step(self, procedure_id: ProcedureId, name: str, detail: Detail = NO_DETAIL) -> None:
        """Write that a step of a procedure begins."""
        known = self._procedures.get(procedure_id)
        if known is not None:
            step = ProcedureStep(name, self._clock.now_ms(), detail)
            self._procedures[procedure_id] = replace(known, steps=(*known.steps, step))

    def end(self, procedure_id: ProcedureId, sentence: str) -> None:
        """Write how a procedure ended."""
        known = self._procedures.get(procedure_id)
        if known is not None and known.ended_at is None:
            ended = replace(known, ended_at=self._clock.now_ms(), end=sentence)
            self._procedures[procedure_id] = ended

    def open_intentions(self) -> tuple[OpenIntention, ...]:
        """Intentions whose end is not known here, oldest first."""
        return tuple(_open(one) for one in self._entries.values() if not one.is_ended)

    def open_procedures(self) -> tuple[Procedure, ...]:
        """Procedures that were begun and not ended, oldest first."""
        return tuple(one for one in self._procedures.values() if one.ended_at is None)

    def intention(self, client_oid: ClientOid) -> Intention | None:
        """What was meant with an order."""
        entry = self._entries.get(client_oid)
        return None if entry is None else entry.intention

    def trail(self, client_oid: ClientOid) -> tuple[JournalEvent, ...]:
        """All that became known of an order."""
        entry = self._entries.get(client_oid)
        return () if entry is None else tuple(entry.events)

    def procedure(self, procedure_id: ProcedureId) -> Procedure | None:
        """A procedure, ended or not."""
        return self._procedures.get(procedure_id)

    def named(self, order_id: OrderId) -> ClientOid | None:
        """Our name of an order of the exchange; the newest that was told."""
        for client_oid, entry in reversed(self._entries.items()):
            if any(event.order_id == order_id for event in entry.events):
                return client_oid
        return None

    async def tidy(self) -> None:
        """Forget what ended long ago."""
        self._forget_old()

    def _forget_old(self) -> None:
        if len(self._entries) > 2 * KEPT:
            ended = [oid for oid, entry in self._entries.items() if entry.is_ended]
            for oid in ended[:-KEPT]:
                del self._entries[oid]
        if len(self._procedures) > 2 * KEPT:
            over = [one for one, known in self._procedures.items() if known.ended_at is not None]
            for one in over[:-KEPT]:
                del self._procedures[one]


def _open(entry: _Entry) -> OpenIntention:
    order_id: OrderId | None = None
    signed_at, went_by_socket, was_heard_of = None, False, False
    for event in entry.events:
        order_id = event.order_id or order_id
        if event.what is EventKind.SIGNED:
            signed_at = event.received_at
            went_by_socket = event.detail.get("route") == "socket"
        if event.order_id is not None and event.source is not Source.OWN:
            was_heard_of = True
    return OpenIntention(entry.intention, order_id, signed_at, went_by_socket, was_heard_of)


def new_procedure_id() -> ProcedureId:
    """An id that no procedure ever had."""
    return ProcedureId(uuid.uuid4().hex)
