"""What happened to an order: what was meant, every event by its source, and its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.clock import TimestampMs
from terminal.domain.events import MarginMode, StopDirection, StopReference, TimeInForce
from terminal.domain.intention import EventKind, JournalEvent, Purpose, Source
from terminal.domain.ticket import AttachedExits, OrderTerms, StopTrigger, close_ticket
from terminal.domain.units import ClientOid, Lots, OrderId, Price
from terminal.exchange.outcome import Rejected, Unknown
from terminal.session.results import Submitted
from terminal.viewmodels import text
from terminal.viewmodels.fills import FillsViewModel
from terminal.viewmodels.text import Role
from terminal.viewmodels.trail import ELSEWHERE, TrailViewModel
from terminal.viewmodels.trail_words import event_words, ticket_words
from tests.support.builders import XBT, a_contract, a_fill, a_ticket, an_order_update
from tests.support.desktop import Desktop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.domain.intention import ProcedureId

pytestmark = pytest.mark.usefixtures("qapp")


class Shown:
    """A desktop with a trail on it."""

    def __init__(self) -> None:
        self.desktop = Desktop()
        desk = self.desktop.desk
        self.trail = TrailViewModel(desk, self.desktop.bench.contracts, self.desktop.frame)

    def submit(
        self, lots: int = 2, purpose: Purpose = Purpose.SUBMIT, of: ProcedureId | None = None
    ) -> ClientOid:
        result = self.desktop.desk.submit(a_ticket(lots=Lots(lots)), purpose, of)
        assert isinstance(result, Submitted)
        return result.client_oid

    @property
    def events(self) -> list[tuple[str, str]]:
        return [(row.source, row.words) for row in self.trail.model.rows]


@pytest.fixture
async def shown() -> AsyncIterator[Shown]:
    made = Shown()
    await made.desktop.start()
    made.trail.start()
    yield made
    made.trail.stop()
    await made.desktop.stop()


async def test_everything_from_the_intention_to_the_last_fill_is_there(shown: Shown) -> None:
    desktop, trail = shown.desktop, shown.trail
    journal = desktop.desk.journal
    of = journal.begin(Purpose.MOVE, XBT, "Moving a buy of 2 to 100.0.")
    journal.step(of, "cancel")
    oid = shown.submit(2, Purpose.MOVE, of)
    journal.end(of, "Moved.")
    await desktop.settle()
    trail.show(oid)
    assert trail.headline == "Buy 2 XBTUSDTM at 100.0, isolated 5x"
    assert trail.lines[0].endswith("as the new order of a move.")
    assert trail.lines[1].startswith("Part of: Moving a buy of 2 to 100.0. Steps: cancel. Ended at")
    assert shown.events == [
        ("own", "Signed, to be sent by REST."),
        ("reply", "The order was accepted by REST."),
    ]
    order_id = desktop.desk.orders[oid].order_id
    assert order_id is not None
    fill = a_fill(order_id=order_id, lots=Lots(2))
    desktop.bench.stream.push(
        an_order_update(order_id=order_id, client_oid=oid, filled=Lots(2), is_done=True, fill=fill)
    )
    desktop.frame.tick()
    assert shown.events[2:] == [
        ("stream", "Filled: 2 lots, 2 filled."),
        ("stream", "Bought 2 at 100.0 as taker, trade t1."),
    ], "the dialog follows what goes on happening, and no fill is there twice"
    words = trail.as_text()
    for row in trail.model.rows:
        assert row.words in words
    assert f"Our id {oid}. The exchange's id {order_id}." in words


async def test_parts_of_the_way_that_are_not_known_are_a_dash_and_never_guessed(
    shown: Shown,
) -> None:
    oid = shown.submit()
    await shown.desktop.settle()
    stamps = shown.desktop.desk.latency.stamps(oid)
    stamps.sent_s, stamps.replied_s = 5.0, 5.0098
    shown.trail.show(oid)
    parts = {row.part: row.words for row in shown.trail.parts.rows}
    assert parts["sent to reply"] == "9.80"
    assert parts["in the gateway"] == parts["key to guarded"] == text.EMPTY
    assert "sent to reply: 9.80 ms" in shown.trail.as_text()


async def test_an_answer_that_did_not_come_is_called_that(shown: Shown) -> None:
    shown.desktop.bench.trading.place_outcomes.append(Unknown("No answer within 5 s."))
    oid = shown.submit()
    await shown.desktop.settle()
    shown.trail.show(oid)
    row = shown.trail.model.rows[-1]
    assert row.words == (
        "The order was not answered: nobody knows what became of it by REST. No answer within 5 s."
    )
    assert (row.source, row.role) == ("own", Role.CAUTION)
    assert any(line.startswith("Unknown: 2 lots") for line in shown.trail.lines)
    await shown.desktop.clock.advance(20.0)
    shown.desktop.frame.tick()
    assert shown.trail.model.rows[-1].source == "assumed"
    assert shown.trail.model.rows[-1].words.startswith("Concluded that it never arrived: asked ")


async def test_a_refusal_has_its_evidence(shown: Shown) -> None:
    refusal = Rejected("300003", "The balance is not enough.", "Less.", "Balance insufficient.")
    shown.desktop.bench.trading.place_outcomes.append(refusal)
    oid = shown.submit()
    await shown.desktop.settle()
    shown.trail.show(oid)
    assert shown.events[-1] == (
        "reply",
        "The order was refused by REST. The balance is not enough. (300003 Balance insufficient.)",
    )


async def test_of_an_order_placed_elsewhere_what_is_known_is_shown(shown: Shown) -> None:
    """Who told of its fill is not known any more, and is not claimed."""
    fill = a_fill(order_id=OrderId("o9"), lots=Lots(1))
    shown.desktop.bench.stream.push(
        an_order_update(order_id=OrderId("o9"), client_oid=None, filled=Lots(1), fill=fill)
    )
    shown.trail.show("id:o9")
    assert shown.trail.headline == "Buy 2 XBTUSDTM at 100.0"
    assert shown.trail.lines[0] == ELSEWHERE
    assert "Partly filled: 2 lots, 1 filled." in shown.trail.lines
    assert shown.events == [(text.EMPTY, "Bought 1 at 100.0 as taker, trade t1.")]
    assert shown.trail.parts.rows == ()


async def test_a_fill_leads_to_its_order_although_that_has_ended_or_was_never_ours(
    shown: Shown,
) -> None:
    desktop = shown.desktop
    fills = FillsViewModel(desktop.desk, desktop.bench.contracts, desktop.frame)
    asked: list[str] = []
    fills.trail_asked.connect(asked.append)
    oid = shown.submit()
    await desktop.settle()
    order_id = desktop.desk.orders[oid].order_id
    assert order_id is not None
    ours, theirs = a_fill(order_id=order_id), a_fill(order_id=OrderId("x"), trade_id="t2")
    desktop.bench.stream.push(
        an_order_update(order_id=order_id, client_oid=oid, filled=Lots(2), is_done=True, fill=ours)
    )
    desktop.desk.take_recent_fills((theirs,))
    await desktop.clock.advance(5.0)
    desktop.desk.orders.clear()
    desktop.desk._store.by_id.clear()
    for fill in (ours, theirs):
        fills.ask_for_trail("/".join(fill.key))
    fills.ask_for_trail("no such fill")
    assert asked == [oid, "id:x"], "the journal knows the one"
    shown.trail.show(asked[1])
    assert shown.trail.headline == "An order in XBTUSDTM"
    assert shown.events == [(text.EMPTY, "Bought 2 at 100.0 as taker, trade t2.")]


def test_every_term_of_a_ticket_is_in_its_words() -> None:
    stop = StopTrigger(StopDirection.UP, StopReference.MARK, Price(1100))
    terms = OrderTerms(time_in_force=TimeInForce.GTC, visible_lots=Lots(1), holds_margin=True)
    ticket = a_ticket(trigger=stop, is_reduce_only=True, terms=terms, lots=Lots(20))
    assert ticket_words(ticket, a_contract()) == (
        "Buy 20 XBTUSDTM at 100.0, once the mark price goes up to 110.0, reduce-only, "
        "good till canceled, 1 lots seen, holds margin, isolated 5x"
    )
    exits = AttachedExits(StopReference.LAST, Price(1100), Price(900))
    assert ticket_words(a_ticket(exits=exits, is_post_only=True), None) == (
        "Buy 2 XBTUSDTM at 1000 ticks, post-only, closed above at 1100 ticks (last price), "
        "closed below at 900 ticks (last price), isolated 5x"
    )
    assert ticket_words(close_ticket(XBT, MarginMode.CROSS), a_contract()) == (
        "Close XBTUSDTM at market, cross"
    )


@given(
    what=st.sampled_from(EventKind),
    detail=st.dictionaries(
        st.sampled_from(("state", "lots", "filled", "outcome", "route", "price", "side", "later")),
        st.one_of(st.text(max_size=5), st.integers(-5, 5)),
    ),
)
def test_whatever_a_journal_holds_has_words(what: EventKind, detail: dict[str, str | int]) -> None:
    """A newer or an older program may have written more or less."""
    event = JournalEvent(what, Source.REST, TimestampMs(1), detail=detail)
    words = event_words(event, a_contract())
    assert words or not detail
