"""Procedures write themselves down: beginning, steps, end; and speak next to their contract."""

from __future__ import annotations

from terminal.domain.intention import Purpose
from terminal.session.procedures import Recorded, say
from tests.support.builders import XBT, a_ticket
from tests.support.pocket import a_pocket_desk


async def test_a_procedure_is_open_in_the_journal_until_it_is_closed_and_told() -> None:
    d = await a_pocket_desk()
    recorded = Recorded(d.desk, Purpose.FLATTEN, XBT, "Flatten it.", {"lots": 3})
    recorded.step("one")
    recorded.step("two", {"orders": 2})
    (procedure,) = d.desk.journal.open_procedures()
    assert (procedure.wanted, procedure.symbol, dict(procedure.detail)) == (
        "Flatten it.",
        XBT,
        {"lots": 3},
    )
    assert [(step.name, dict(step.detail)) for step in procedure.steps] == [
        ("one", {}),
        ("two", {"orders": 2}),
    ]
    recorded.close("Done.", ok=True)
    assert d.desk.journal.open_procedures() == ()
    assert d.sentences == ["Done."]
    await d.stop()


async def test_what_is_said_is_about_the_newest_order_of_the_contract_or_about_none() -> None:
    d = await a_pocket_desk()
    say(d.desk, XBT, "Nothing there.", ok=False)
    await d.placed(a_ticket())
    newest = await d.placed(a_ticket())
    say(d.desk, XBT, "Something there.", ok=True)
    assert [result.order.symbol for result in d.results] == [XBT, XBT]
    assert d.results[1].order.client_oid == newest
    await d.stop()
