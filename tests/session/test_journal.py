"""The journal in memory, and the desk writing to it before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.domain.guard import BlockField
from terminal.domain.intention import (
    EventKind,
    Intention,
    JournalError,
    JournalEvent,
    ProcedureId,
    Purpose,
    Source,
)
from terminal.domain.units import ClientOid, OrderId
from terminal.session.journal import Journal, MemoryJournal
from terminal.session.results import Blocked, Submitted
from tests.support.builders import XBT, a_ticket
from tests.support.desk import a_started_bench
from tests.support.fake_clock import FakeClock

if TYPE_CHECKING:
    from terminal.domain.ticket import OrderTicket

OID = ClientOid("c1")


def an_intention(oid: ClientOid = OID) -> Intention:
    return Intention(oid, a_ticket(), Purpose.SUBMIT, None, FakeClock().now_ms())


def an_event(what: EventKind = EventKind.ANSWERED, **changes: object) -> JournalEvent:
    values: dict[str, object] = {"source": Source.REPLY, "received_at": FakeClock().now_ms()}
    return JournalEvent(what, **(values | changes))  # type: ignore[arg-type]  # a builder


@pytest.fixture
def journal() -> Journal:
    return MemoryJournal(FakeClock())


def test_an_intention_is_open_until_its_end_is_noted(journal: Journal) -> None:
    journal.intend(an_intention())
    journal.note(OID, an_event(order_id=OrderId("1")))
    (found,) = journal.open_intentions()
    assert found.intention == an_intention()
    assert found.was_heard_of
    assert found.order_id == "1"
    journal.note(OID, an_event(EventKind.UPDATED, is_end=True))
    assert journal.open_intentions() == ()
    assert len(journal.trail(OID)) == 2


def test_what_overrules_an_end_opens_the_intention_again(journal: Journal) -> None:
    journal.intend(an_intention())
    journal.note(OID, an_event(is_end=True))
    journal.note(OID, an_event(EventKind.UPDATED, is_end=False))
    assert [one.intention.client_oid for one in journal.open_intentions()] == [OID]


def test_the_signing_tells_when_and_which_way(journal: Journal) -> None:
    journal.intend(an_intention())
    (before,) = journal.open_intentions()
    assert before.signed_at is None
    signed = an_event(EventKind.SIGNED, source=Source.OWN, detail={"route": "socket"})
    journal.note(OID, signed)
    (after,) = journal.open_intentions()
    assert (after.signed_at, after.went_by_socket) == (signed.received_at, True)
    assert not after.was_heard_of


def test_orders_that_nobody_intended_leave_no_trail(journal: Journal) -> None:
    journal.note(OID, an_event())
    assert journal.trail(OID) == ()
    assert journal.intention(OID) is None


def test_a_procedure_is_open_until_it_ends_and_ends_once(journal: Journal) -> None:
    one = journal.begin(Purpose.MOVE, XBT, "Move a buy of 5 to 100.", {"price": 1000})
    journal.step(one, "cancel", {"client_oid": "c1"})
    (found,) = journal.open_procedures()
    assert (found.kind, found.symbol, found.wanted) == (
        Purpose.MOVE,
        XBT,
        "Move a buy of 5 to 100.",
    )
    assert found.detail == {"price": 1000}
    assert [(step.name, step.detail) for step in found.steps] == [("cancel", {"client_oid": "c1"})]
    journal.end(one, "Moved.")
    journal.end(one, "Never.")
    assert journal.open_procedures() == ()


def test_a_procedure_is_found_after_its_end_and_an_order_by_the_exchanges_id(
    journal: Journal,
) -> None:
    one = journal.begin(Purpose.MOVE, XBT, "Move it.")
    journal.end(one, "Moved.")
    found = journal.procedure(one)
    assert found is not None
    assert (found.wanted, found.end) == ("Move it.", "Moved.")
    assert journal.procedure(ProcedureId("none")) is None
    journal.intend(an_intention())
    assert journal.named(OrderId("1")) is None
    journal.note(OID, an_event(order_id=OrderId("1")))
    assert journal.named(OrderId("1")) == OID


async def test_the_intention_is_written_before_anything_is_sent() -> None:
    bench = await a_started_bench()
    seen: list[bool] = []

    def look(_ticket: OrderTicket, oid: ClientOid) -> None:
        seen.append(bench.desk.journal.intention(oid) is not None)

    bench.trading.on_place = look
    procedure = bench.desk.journal.begin(Purpose.BRACKET, XBT, "Buy with a stop.")
    result = bench.desk.submit(a_ticket(), Purpose.BRACKET, procedure)
    assert isinstance(result, Submitted)
    intention = bench.desk.journal.intention(result.client_oid)
    assert intention is not None
    assert (intention.purpose, intention.procedure) == (Purpose.BRACKET, procedure)
    await bench.clock.settle()
    assert seen == [True]
    await bench.stop()


async def test_what_cannot_be_written_is_not_sent_unless_it_reduces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = await a_started_bench()

    def full(_intention: Intention) -> None:
        raise JournalError("disk full", sentence="The journal cannot be written: the disk is full.")

    monkeypatch.setattr(bench.desk.journal, "intend", full)
    opening = bench.desk.submit(a_ticket())
    assert isinstance(opening, Blocked)
    assert [block.field for block in opening.blocks] == [BlockField.JOURNAL]
    assert isinstance(bench.desk.submit(a_ticket(is_reduce_only=True)), Submitted)
    await bench.clock.settle()
    assert [ticket.is_reduce_only for ticket, _ in bench.trading.placed] == [True]
    assert any("disk is full" in notice.text for notice in bench.notices.notices)
    await bench.stop()
