"""What is written of answers: how a command ended, with its evidence, and never a secret."""

from __future__ import annotations

import pytest

from terminal.domain.intention import Intention, Purpose, Source
from terminal.domain.order import OrderState
from terminal.domain.units import ClientOid, Lots, OrderId
from terminal.exchange.batches import Subject
from terminal.exchange.outcome import Accepted, NotSent, Outcome, Rejected, Route, Unknown
from terminal.session.journal import MemoryJournal
from terminal.session.recording import Recorder
from terminal.session.results import Submitted
from tests.support.builders import a_ticket, an_order_update
from tests.support.desk import Bench, an_open_order
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


async def test_a_late_word_is_nobodys_news_and_a_confirmation_is_heard() -> None:
    """What changes nothing because it is late did not tell what is believed."""
    bench = Bench()
    await bench.start()
    oid = await an_open_order(bench, filled=Lots(1))
    recorder, order_id = bench.desk.recorder, bench.desk.orders[oid].order_id
    told = recorder.heard[oid]
    assert (told.source, told.revision) == (Source.STREAM, 2)
    bench.desk.take(an_order_update(order_id=order_id, client_oid=oid))
    assert recorder.heard[oid] is told
    assert recorder.news == 0
    bench.desk.take(an_order_update(order_id=order_id, client_oid=oid, filled=Lots(1)))
    assert (recorder.heard[oid].source, recorder.heard[oid].revision) == (Source.REST, 3)
    assert recorder.news == 0, "a confirmation is no difference"
    await bench.stop()


async def test_of_an_order_on_its_way_it_is_known_since_when_nobody_told_of_it() -> None:
    bench = Bench()
    await bench.start()
    bench.trading.place_outcomes.append(Unknown("No answer."))
    assert isinstance(bench.desk.submit(a_ticket()), Submitted)
    (oid,) = bench.desk.orders
    unclear = bench.desk.recorder.unclear
    assert unclear[oid].state is OrderState.SUBMITTING
    await bench.clock.advance(0.2)
    since = unclear[oid]
    assert since.state is OrderState.UNKNOWN
    await bench.clock.advance(1.0)
    assert unclear[oid] is since
    assert oid not in bench.desk.recorder.heard, "an answer that did not come tells nothing"
    bench.stream.push(an_order_update(client_oid=oid))
    assert oid not in unclear
    await bench.stop()


async def test_a_comparison_counts_what_the_stream_did_not_tell() -> None:
    """The first reading has nothing to be compared with."""
    bench = Bench()
    bench.trading.open = (an_order_update(),)
    await bench.start()
    recorder = bench.desk.recorder
    first = recorder.comparison
    assert first is not None
    assert first.differences is None
    await bench.clock.advance(61.0)
    assert recorder.comparison is not None
    assert recorder.comparison.differences == 0
    assert recorder.comparison.at > first.at
    bench.trading.open = (an_order_update(filled=Lots(1)),)
    await bench.clock.advance(61.0)
    assert recorder.comparison.differences == 1
    await bench.stop()


async def test_what_was_told_under_a_made_up_name_is_told_of_the_order() -> None:
    """A stop's event may come before the answer that names it."""
    bench = Bench()
    await bench.start()
    bench.trading.place_outcomes.append(Accepted((OrderId("s"),)))
    bench.trading.on_place = lambda _ticket, _oid: bench.stream.push(
        an_order_update(order_id=OrderId("s"), client_oid=None, untriggered=True)
    )
    assert isinstance(result := bench.desk.submit(a_ticket()), Submitted)
    await bench.clock.settle()
    assert bench.desk.orders[result.client_oid].state is OrderState.UNTRIGGERED
    assert bench.desk.recorder.heard[result.client_oid].source is Source.STREAM
    assert result.client_oid not in bench.desk.recorder.unclear
    await bench.stop()
