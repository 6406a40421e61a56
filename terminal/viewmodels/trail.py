"""What happened to one order: what was meant, each event with its source and time, and its way."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, final

from typing_extensions import override

from terminal.domain.clock import to_ms
from terminal.domain.intention import Source
from terminal.domain.order import is_made_up, order_id_in
from terminal.domain.units import ClientOid
from terminal.viewmodels import text
from terminal.viewmodels.base import ViewModel
from terminal.viewmodels.latency import anatomy_words
from terminal.viewmodels.tables import Column, RowTableModel
from terminal.viewmodels.text import Role
from terminal.viewmodels.told import order_tip
from terminal.viewmodels.trail_words import (
    PURPOSES,
    SOURCES,
    event_words,
    filled_words,
    order_words,
    procedure_words,
    state_words,
    ticket_words,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtCore import QObject

    from terminal.domain.contract import Contract
    from terminal.domain.events import Fill
    from terminal.domain.intention import Detail, JournalEvent
    from terminal.domain.order import Order
    from terminal.domain.units import OrderId, Symbol
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.frame import FrameClock

ELSEWHERE = "Not placed by this program, or its record is gone: what the exchange told is shown."
NOT_MEASURED = "The way of this order was not measured."


@final
class EventRow(NamedTuple):
    """One event in texts. ``key`` is its number in the trail."""

    key: str
    time: str
    exact_times: str
    source: str
    role: Role
    words: str


@final
class PartRow(NamedTuple):
    """One part of an order's way; a dash where it is not known."""

    part: str
    words: str


EVENT_COLUMNS: tuple[Column[EventRow], ...] = (
    Column(
        "Time",
        lambda row: row.time,
        None,
        lambda row: row.exact_times,
        is_number=False,
        sample="00:00:00.000",
    ),
    Column(
        "Told by", lambda row: row.source, lambda row: row.role, is_number=False, sample="stream"
    ),
    Column(
        "What",
        lambda row: row.words,
        lambda row: row.role,
        lambda row: row.words,
        is_number=False,
        sample="What",
    ),
)
PART_COLUMNS: tuple[Column[PartRow], ...] = (
    Column("Part of its way", lambda row: row.part, is_number=False, sample="sent to stream event"),
    Column("ms", lambda row: row.words, sample="10 000.00"),
)


@final
class TrailViewModel(ViewModel):
    """The trail of the order that ``show`` was told of; it follows what goes on happening to it."""

    empty_text = "No event of it is known."
    stale: str | None = None

    def __init__(
        self,
        desk: OrderDesk,
        contracts: Mapping[Symbol, Contract],
        frame: FrameClock,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(frame, parent)
        self.model: RowTableModel[EventRow] = RowTableModel(
            EVENT_COLUMNS, lambda row: row.key, self
        )
        self.parts: RowTableModel[PartRow] = RowTableModel(PART_COLUMNS, lambda row: row.part, self)
        self._desk = desk
        self._contracts = contracts
        self._client_oid: ClientOid | None = None
        self.headline = ""
        self.lines: tuple[str, ...] = ()

    def show(self, key: str) -> None:
        """Show the order of this name, or the one with a name made of the exchange's id."""
        self._client_oid = ClientOid(key)
        self.refresh()
        self.changed.emit()

    def as_text(self) -> str:
        """All that is shown, to be copied. There is nothing secret in it."""
        events = (f"{row.exact_times}  [{row.source}]  {row.words}" for row in self.model.rows)
        parts = (f"{row.part}: {_ms(row.words)}" for row in self.parts.rows)
        return "\n".join((self.headline, *self.lines, "", *events, "", *parts)).rstrip() + "\n"

    @override
    def connect_sources(self) -> None:
        self.listen(
            self._desk.on_changed.add(self.mark_dirty),
            self._desk.latency.on_event.add(self._on_event),
        )

    def _on_event(self, client_oid: ClientOid) -> None:
        if client_oid == self._client_oid:
            self.mark_dirty()

    @override
    def refresh(self) -> bool:
        client_oid = self._client_oid
        if client_oid is None:
            return False
        desk = self._desk
        order = desk.orders.get(client_oid)
        events = desk.journal.trail(client_oid)
        order_id = _order_id(client_oid, order, events)
        before = (self.headline, self.lines)
        fills = [] if order_id is None else [one for one in desk.fills if one.order_id == order_id]
        contract = self._take_headline(client_oid, order, fills)
        self.lines += self._standing(client_oid, order, order_id)
        rows = _rows(events, fills, contract)
        is_other = self.model.set_rows(
            [row._replace(key=f"{client_oid} {number}") for number, row in enumerate(rows)]
        )
        anatomy = desk.latency.of(client_oid)
        parts = [] if anatomy is None else [PartRow(*one) for one in anatomy_words(anatomy)]
        is_other |= self.parts.set_rows(parts)
        return is_other or before != (self.headline, self.lines)

    def _take_headline(
        self, client_oid: ClientOid, order: Order | None, fills: list[Fill]
    ) -> Contract | None:
        """Say what was meant, or what is known without; returns the contract it is about."""
        journal = self._desk.journal
        intention = journal.intention(client_oid)
        if intention is None:
            symbol = order.symbol if order is not None else fills[0].symbol if fills else None
            contract = None if symbol is None else self._contracts.get(symbol)
            self.headline = "An order" if order is None else order_words(order, contract)
            if order is None and symbol is not None:
                self.headline = f"An order in {symbol}"
            self.lines = (ELSEWHERE,)
            return contract
        contract = self._contracts.get(intention.ticket.symbol)
        self.headline = ticket_words(intention.ticket, contract)
        meant_at = text.exact_time(intention.made_at)
        self.lines = (f"Meant at {meant_at} as {PURPOSES[intention.purpose]}.",)
        if intention.procedure is not None:
            procedure = journal.procedure(intention.procedure)
            if procedure is not None:
                self.lines += (f"Part of: {procedure_words(procedure)}",)
        return contract

    def _standing(
        self, client_oid: ClientOid, order: Order | None, order_id: OrderId | None
    ) -> tuple[str, ...]:
        """How it stands, who told so, and by what names it goes."""
        desk = self._desk
        ours = "" if is_made_up(client_oid) else f"Our id {client_oid}."
        theirs = "" if order_id is None else f"The exchange's id {order_id}."
        names = " ".join(filter(None, (ours, theirs)))
        if order is None:
            return ("It ended long ago, or before the program was started.", names)
        return (state_words(order), *order_tip(order, desk.recorder).split("\n"), names)


def _order_id(
    client_oid: ClientOid, order: Order | None, events: tuple[JournalEvent, ...]
) -> OrderId | None:
    named = next((one.order_id for one in reversed(events) if one.order_id is not None), None)
    if order is not None and order.order_id is not None:
        return order.order_id
    return named or order_id_in(client_oid)


def _rows(
    events: tuple[JournalEvent, ...], fills: list[Fill], contract: Contract | None
) -> list[EventRow]:
    """The events, with fills that are known although no event told of them, by time.

    Who told of those and when is not known: they stand where the exchange's time puts them.
    """
    told = {str(one.detail.get("trade_id")) for one in events}
    timed = [(one.received_at, _row(one, contract)) for one in events]
    timed += [
        (to_ms(one.event_at), _fill_row(one, contract)) for one in fills if one.trade_id not in told
    ]
    return [row for _, row in sorted(timed, key=itemgetter(0))]


def _fill_row(fill: Fill, contract: Contract | None) -> EventRow:
    at = to_ms(fill.event_at)
    detail: Detail = {
        "trade_id": fill.trade_id,
        "side": fill.side.value,
        "price": fill.price,
        "lots": fill.lots,
        "liquidity": fill.liquidity.value,
    }
    return EventRow(
        "",
        text.clock_time_ms(at),
        f"the exchange: {text.exact_time(at)}",
        text.EMPTY,
        Role.TEXT,
        filled_words(detail, contract),
    )


def _row(event: JournalEvent, contract: Contract | None) -> EventRow:
    times = text.exact_time(event.received_at)
    if event.event_at is not None:
        times = f"{times} (the exchange: {text.exact_time(to_ms(event.event_at))})"
    is_doubtful = event.source is Source.ASSUMED or event.detail.get("outcome") == "unknown"
    return EventRow(
        "",
        text.clock_time_ms(event.received_at),
        times,
        # An answer that was given up is our own word, not a reply.
        SOURCES[Source.OWN if event.detail.get("outcome") == "unknown" else event.source],
        Role.CAUTION if is_doubtful else Role.TEXT,
        event_words(event, contract),
    )


def _ms(words: str) -> str:
    return words if words == text.EMPTY else f"{words} ms"
