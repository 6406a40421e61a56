"""What the order journal keeps: intentions, what became of each, and procedures of many steps.

An intention is written before its order is sent, so that no end of the program can hide an order.
Nothing here is a secret, and every number is whole or text: what is written is what was meant.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, NewType, TypeAlias, final

from terminal.domain.errors import TernError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.domain.clock import TimestampMs, TimestampNs
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import ClientOid, OrderId, Symbol

OWN_PREFIX = "tern-"
"""By it our own orders are known as ours even without a record of having sent them."""

ProcedureId = NewType("ProcedureId", str)
"""Our own id of a procedure, unique among all that this journal ever held."""

Detail: TypeAlias = "Mapping[str, str | int]"
"""What else is known, by name: text and whole numbers only; decimals as plain text."""

NO_DETAIL: Detail = MappingProxyType({})


class JournalError(TernError):
    """Raised when an intention cannot be written, or those of before cannot be read.

    Then no order is sent that opens.
    """


class Purpose(Enum):
    """What an order, or a procedure of many steps, is for."""

    SUBMIT = "submit"
    MOVE = "move"
    CANCEL = "cancel"
    FLATTEN = "flatten"
    REVERSE = "reverse"
    CLOSE = "close"
    PROTECT = "protect"
    BRACKET = "bracket"
    PAIR = "pair"


class Source(Enum):
    """Who said it. ``ASSUMED`` was concluded from silence; ``OWN`` is what this program did."""

    REPLY = "reply"
    STREAM = "stream"
    REST = "rest"
    ASSUMED = "assumed"
    OWN = "own"


class EventKind(Enum):
    """What is told of an order."""

    SIGNED = "signed"
    ANSWERED = "answered"
    UPDATED = "updated"
    FILLED = "filled"
    RESOLVED = "resolved"


@final
@dataclass(frozen=True, slots=True)
class Intention:
    """An order as it was meant, written before it is sent.

    ``made_at`` is by our clock; ``procedure`` is the one it is a step of, None for an order by
    itself.
    """

    client_oid: ClientOid
    ticket: OrderTicket
    purpose: Purpose
    procedure: ProcedureId | None
    made_at: TimestampMs


@final
@dataclass(frozen=True, slots=True)
class JournalEvent:
    """One thing that became known of an order.

    ``received_at`` is by our clock, ``event_at`` by the exchange's (None where nobody told it).
    ``is_end`` says whether anything is left to be found out; None when this says nothing of it.
    """

    what: EventKind
    source: Source
    received_at: TimestampMs
    event_at: TimestampNs | None = None
    order_id: OrderId | None = None
    is_end: bool | None = None
    detail: Detail = field(default_factory=lambda: NO_DETAIL)


@final
@dataclass(frozen=True, slots=True)
class UnreadIntention:
    """An intention that was written, and of which no more than this can be read by us.

    ``made_at`` is by our clock. Its order may have arrived as any other.
    """

    client_oid: ClientOid
    symbol: Symbol
    made_at: TimestampMs


@final
@dataclass(frozen=True, slots=True)
class OpenIntention:
    """An intention whose end is not in the journal, with what is.

    ``signed_at`` is when its order was signed, by our clock, None if that was never written: then
    it may have been signed at any time until the program ended. ``was_heard_of`` is True when the
    exchange named it: then it did arrive.
    """

    intention: Intention | UnreadIntention
    order_id: OrderId | None
    signed_at: TimestampMs | None
    went_by_socket: bool
    was_heard_of: bool


@final
@dataclass(frozen=True, slots=True)
class ProcedureStep:
    """One step of a procedure that was begun; ``name`` is one of the procedure's own words."""

    name: str
    at: TimestampMs
    detail: Detail = field(default_factory=lambda: NO_DETAIL)


@final
@dataclass(frozen=True, slots=True)
class Procedure:
    """Several commands that belong together: a move, a flatten, a reverse, a bracket.

    ``wanted`` is the sentence that says what it was for, in words that make sense after a restart.
    ``steps`` are those that were begun, oldest first. Without ``ended_at`` it is under way, or was
    when the program ended; ``end`` says how it ended.
    """

    procedure_id: ProcedureId
    kind: Purpose
    symbol: Symbol
    wanted: str
    begun_at: TimestampMs
    detail: Detail = field(default_factory=lambda: NO_DETAIL)
    steps: tuple[ProcedureStep, ...] = ()
    ended_at: TimestampMs | None = None
    end: str = ""
