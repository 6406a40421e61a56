"""The report of what there is: made at the start, on demand, after each comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.domain.clock import TimestampMs
from terminal.domain.events import MarginMode
from terminal.domain.intention import EventKind, JournalError, JournalEvent, Purpose, Source
from terminal.domain.reconcile import Origin
from terminal.domain.units import ClientOid, Lots, OrderId
from terminal.exchange.errors import TransportError
from terminal.session.order_hearing import RECONCILE_INTERVAL_S
from terminal.session.reconcile import Reconciling
from tests.session.test_resolution import intended
from tests.support.builders import XBT, a_position_update, a_ticket, an_order_update
from tests.support.desk import Bench

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.domain.intention import Procedure

OLD = ClientOid("tern-old")


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    yield made
    await made.stop()


@pytest.fixture
async def reconciling(bench: Bench) -> AsyncIterator[Reconciling]:
    made = Reconciling(bench.desk, bench.owner)
    yield made
    await made.stop()


async def test_the_first_report_says_all_that_there_is(
    bench: Bench, reconciling: Reconciling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(bench.desk.journal), "lasts", True)
    intended(bench, ClientOid("tern-known"))
    bench.gateway.held = (a_position_update(lots=5),)
    bench.trading.open = (
        an_order_update(order_id=OrderId("1"), client_oid=ClientOid("tern-known")),
        an_order_update(order_id=OrderId("2"), client_oid=ClientOid("tern-lost")),
        an_order_update(order_id=OrderId("3"), client_oid=None),
    )
    await bench.start()
    reconciling.start()
    await bench.clock.settle()
    report = reconciling.report
    assert report is not None
    assert report.is_complete
    assert [one.origin for one in report.orders] == [Origin.OURS, Origin.ORPHAN, Origin.ELSEWHERE]
    assert {one.heard.source for one in report.orders} == {Source.REST}
    assert all(one.heard.at is not None for one in report.orders)
    assert [(one.symbol, one.lots) for one in report.positions] == [(XBT, 5)]
    assert [(one.symbol, one.margin_mode) for one in report.modes] == [(XBT, MarginMode.ISOLATED)]
    assert [one.order.client_oid for one in report.orphans] == ["tern-lost"]
    assert any("without a record" in notice.text for notice in bench.notices.notices)


async def test_it_is_not_complete_while_an_order_is_looked_for(
    bench: Bench, reconciling: Reconciling
) -> None:
    intended(bench)
    await bench.start()
    reconciling.start()
    await bench.clock.settle()
    assert reconciling.report is not None
    assert not reconciling.report.is_complete
    await bench.clock.advance(20.0)
    assert reconciling.report.is_complete
    assert reconciling.report.attention == ("One order from before never arrived at the exchange.",)
    reconciling.acknowledge()
    assert reconciling.report.attention == ()


@pytest.mark.parametrize(
    ("was_named", "is_done", "sentences"),
    [(True, False, 0), (True, True, 1), (False, False, 1), (False, True, 1)],
)
async def test_what_rests_as_it_was_left_asks_for_nothing(
    bench: Bench, reconciling: Reconciling, *, was_named: bool, is_done: bool, sentences: int
) -> None:
    """Who leaves orders on the exchange for the night is not asked about each in the morning."""
    intended(bench)
    if was_named:
        event = JournalEvent(
            EventKind.UPDATED, Source.STREAM, TimestampMs(3), order_id=OrderId("1"), is_end=False
        )
        bench.desk.journal.note(OLD, event)
    update = an_order_update(
        order_id=OrderId("1"), client_oid=OLD, is_done=is_done, canceled=Lots(2 * is_done)
    )
    bench.trading.known["1"] = update
    if is_done:
        bench.trading.done = (update,)
    else:
        bench.trading.open = (update,)
    await bench.start()
    reconciling.start()
    await bench.clock.settle()
    assert reconciling.report is not None
    assert reconciling.report.is_complete
    assert len(reconciling.report.attention) == sentences


async def test_what_was_under_way_stays_until_somebody_has_seen_it(
    bench: Bench, reconciling: Reconciling
) -> None:
    journal = bench.desk.journal
    procedure = journal.begin(Purpose.FLATTEN, XBT, "Flattening.")
    journal.step(procedure, "close")
    await bench.start()
    reconciling.start()
    await bench.clock.settle()
    assert reconciling.report is not None
    (one,) = reconciling.report.unfinished
    assert "Flattening was under way" in one.sentence
    assert "come to: close" in one.sentence
    assert not bench.trading.placed, "nothing is continued"
    assert not bench.trading.cancels
    assert len(journal.open_procedures()) == 1
    reconciling.acknowledge()
    assert journal.open_procedures() == ()
    assert reconciling.report.unfinished == ()


async def test_what_was_under_way_is_told_once_the_journal_can_be_read(
    bench: Bench, reconciling: Reconciling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No answer is not "none"; what this run began meanwhile was cut off by nothing."""
    journal = bench.desk.journal
    journal.begin(Purpose.FLATTEN, XBT, "Flattening.")
    read, closed = journal.open_procedures, [None]

    def answer() -> tuple[Procedure, ...]:
        if closed:
            raise JournalError("journal", sentence="The order journal cannot be opened.")
        return read()

    monkeypatch.setattr(journal, "open_procedures", answer)
    await bench.start()
    reconciling.start()
    await bench.clock.advance(1.0)
    assert reconciling.report is not None
    assert (reconciling.report.is_complete, reconciling.report.unfinished) == (False, ())
    told = [notice.text for notice in bench.notices.notices]
    assert told[-1].startswith("The order journal cannot be opened. What was under way")
    journal.begin(Purpose.CANCEL, XBT, "Canceling.")
    reconciling.acknowledge()
    closed.clear()
    reconciling.read()
    await bench.clock.settle()
    assert reconciling.report.is_complete
    (one,) = reconciling.report.unfinished
    assert "Flattening was under way" in one.sentence
    assert [notice.text for notice in bench.notices.notices][len(told) :] == [one.sentence]
    reconciling.acknowledge()
    assert [procedure.wanted for procedure in journal.open_procedures()] == ["Canceling."]


async def test_the_periodic_comparison_and_a_wish_make_new_ones(
    bench: Bench, reconciling: Reconciling
) -> None:
    await bench.start()
    reconciling.start()
    await bench.clock.settle()
    made: list[int] = []
    reconciling.on_report.add(lambda: made.append(1))
    bench.trading.open = (an_order_update(order_id=OrderId("9"), client_oid=None),)
    await bench.clock.advance(RECONCILE_INTERVAL_S + 1)
    assert len(made) == 1
    assert reconciling.report is not None
    assert len(reconciling.report.orders) == 1
    reconciling.read()
    reconciling.read()
    await bench.clock.settle()
    assert len(made) == 2
    bench.trading.query_error = TransportError("down", was_sent=True)
    reconciling.read()
    await bench.clock.settle()
    assert reconciling.problem.startswith("Not read again.")


async def test_our_own_orders_of_this_run_are_no_orphans(
    bench: Bench, reconciling: Reconciling, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.start()
    reconciling.start()
    monkeypatch.setattr(type(bench.desk.journal), "lasts", True)
    monkeypatch.setattr(bench.desk._gate, "new_client_oid", lambda: ClientOid("tern-new"))
    bench.desk.submit(a_ticket())
    await bench.clock.settle()
    reconciling.make()
    assert reconciling.report is not None
    assert [one.origin for one in reconciling.report.orders] == [Origin.OURS]
