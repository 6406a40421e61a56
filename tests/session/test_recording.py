"""What is written of answers: how a command ended, with its evidence, and never a secret."""

from __future__ import annotations

import pytest

from terminal.domain.intention import Intention, Purpose, Source
from terminal.domain.units import ClientOid, OrderId
from terminal.exchange.batches import Subject
from terminal.exchange.outcome import Accepted, NotSent, Outcome, Rejected, Route, Unknown
from terminal.session.journal import MemoryJournal
from terminal.session.recording import Recorder
from tests.support.builders import a_ticket
from tests.support.fake_clock import FakeClock

OID = ClientOid("c1")
NO = Rejected("300003", "The balance is not enough.", "Less.", "Balance insufficient.", 200)


@pytest.mark.parametrize(
    ("outcome", "is_cancel", "is_end", "source"),
    [
        (Accepted((OrderId("1"),)), False, None, Source.REPLY),
        (Accepted((OrderId("1"),)), True, None, Source.REPLY),
        (NO, False, True, Source.REPLY),
        (NO, True, None, Source.REPLY),
        (NotSent("No quota."), False, True, Source.OWN),
        (Unknown("No answer.", Route.SOCKET), False, None, Source.REPLY),
    ],
)
def test_only_what_ends_an_order_ends_its_intention(
    outcome: Outcome, *, is_cancel: bool, is_end: bool | None, source: Source
) -> None:
    clock = FakeClock()
    journal = MemoryJournal(clock)
    journal.intend(Intention(OID, a_ticket(), Purpose.SUBMIT, None, clock.now_ms()))
    Recorder(journal, clock).answered(Subject(OID, is_cancel=is_cancel), outcome)
    (event,) = journal.trail(OID)
    assert (event.is_end, event.source) == (is_end, source)
    assert event.detail["command"] == ("cancel" if is_cancel else "place")
    assert event.detail["route"] == outcome.route.value
    assert event.detail.get("code") == (outcome.code if isinstance(outcome, Rejected) else None)


def test_a_refusal_ends_nothing_of_an_order_that_was_heard_of() -> None:
    clock = FakeClock()
    journal = MemoryJournal(clock)
    journal.intend(Intention(OID, a_ticket(), Purpose.SUBMIT, None, clock.now_ms()))
    Recorder(journal, clock).answered(Subject(OID), NO, is_heard_of=True)
    assert len(journal.open_intentions()) == 1


def test_answers_without_our_id_are_nobodys() -> None:
    clock = FakeClock()
    journal = MemoryJournal(clock)
    Recorder(journal, clock).answered(Subject(order_id=OrderId("1")), NO)
    assert journal.open_intentions() == ()
