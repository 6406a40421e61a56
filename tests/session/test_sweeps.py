"""Cancelling many: what is known at once, what only the exchange's list tells, what is left."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.domain.events import PositionMode, PositionSide
from terminal.domain.intention import Purpose
from terminal.domain.order import OrderState, PendingCommand
from terminal.domain.units import ClientOid, Lots, OrderId, Price, Side
from terminal.exchange.outcome import Rejected
from terminal.session.cancels import TO_BE_CANCELED
from terminal.session.results import BatchResult, Submitted
from tests.support.builders import XBT, a_ticket, an_order_update
from tests.support.desk import Bench
from tests.support.guarded import a_stop_update
from tests.support.pocket import NOTHING_KNOWN, Fate, PocketDesk, a_pocket_desk, stop_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from terminal.domain.events import OrderUpdate
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import Symbol


def a_buy(price: int = 990, **more: object) -> OrderTicket:
    return a_ticket(price=Price(price), **more)


def a_sell(price: int = 1010, **more: object) -> OrderTicket:
    return a_ticket(side=Side.SELL, price=Price(price), **more)


def foreign(desk: PocketDesk, ticket: OrderTicket, name: str) -> None:
    """Another program places an order, and the stream never told it."""
    fate, desk.exchange.fate = desk.exchange.fate, lambda _kind: Fate.LOST
    desk.exchange._make(ticket, ClientOid(name))
    desk.exchange.fate = fate
    assert ClientOid(name) not in desk.desk.orders


async def test_a_side_goes_in_batches_of_twenty_and_leaves_the_other() -> None:
    d = await a_pocket_desk()
    for number in range(45):
        await d.placed(a_buy(900 + number))
    kept = await d.placed(a_sell())
    d.exchange.log.clear()
    d.desk.cancel_side(XBT, Side.BUY)
    buys = [order for order in d.desk.working(XBT) if order.side is Side.BUY]
    assert {order.pending for order in buys} == {PendingCommand.CANCEL}, "shown at once"
    await d.clock.advance(1.0)
    assert [one for one in d.exchange.log if "batch" in one] == [
        "cancel batch of 20",
        "cancel batch of 20",
        "cancel batch of 5",
    ]
    assert [order.client_oid for order in d.desk.working(XBT)] == [kept]
    (report,) = d.reports
    assert (report.ok, len(report.items)) == (True, 45)
    assert all(item.ok for item in report.items)
    assert report.sentence == "No buys of XBTUSDTM work any more."
    await d.stop()


async def test_chosen_orders_go_in_batches_with_a_verdict_each_and_no_other_is_touched() -> None:
    d = await a_pocket_desk()
    oids = [await d.placed(a_buy(900 + number)) for number in range(25)]
    foreign(d, a_buy(), "web")
    d.exchange.log.clear()
    fates = iter([Fate.WELL, Fate.ANSWER_LOST, Fate.LOST])
    d.exchange.fate = lambda kind: next(fates, Fate.WELL) if kind == "cancel" else Fate.WELL
    d.desk.cancel_chosen(oids[:22])
    assert d.desk.under_way() == ("The chosen orders are being canceled.",)
    await d.clock.advance(20.0)
    assert [one for one in d.exchange.log if "batch" in one] == [
        "cancel batch of 20",
        "cancel batch of 2",
    ]
    assert {order.client_oid for order in d.exchange.alive()} == {*oids[22:], "web"}
    (report,) = d.reports
    assert (report.ok, report.sentence) == (True, "No chosen orders work any more.")
    assert [item.client_oid for item in report.items] == oids[:22]
    (procedure,) = [
        d.desk.journal.procedure(one)
        for one in d.desk.journal._procedures  # type: ignore[attr-defined] # the journal in memory
    ]
    assert procedure is not None
    assert (procedure.kind, procedure.end) == (Purpose.CANCEL, report.sentence)
    await d.stop()


async def test_a_chosen_order_that_may_still_work_is_named() -> None:
    d = await a_pocket_desk()
    oids = [await d.placed(a_buy(900 + number)) for number in range(2)]
    d.exchange.fate = lambda kind: Fate.REFUSED if kind == "cancel" else Fate.WELL
    d.desk.cancel_chosen(oids)
    await d.clock.advance(30.0)
    told = [notice.text for notice in d.notices.notices]
    assert "2 orders of 2 may still work: chosen orders." in told
    assert "buy 2 XBTUSDTM at 90.0: Not canceled." in told
    assert "buy 2 XBTUSDTM at 90.1: Not canceled." in told
    await d.stop()


async def test_an_older_order_that_only_the_list_tells_goes_with_its_side() -> None:
    d = await a_pocket_desk()
    foreign(d, a_buy(), "web")
    foreign(d, a_sell(), "web2")
    d.desk.cancel_side(XBT, Side.BUY)
    await d.clock.advance(1.0)
    assert [order.client_oid for order in d.exchange.alive()] == ["web2"]
    await d.stop()


async def test_what_the_user_sends_after_the_command_is_not_canceled_by_it() -> None:
    d = await a_pocket_desk()
    await d.placed(a_buy(900))
    d.desk.cancel_side(XBT, Side.BUY)
    result = d.desk.submit(a_buy(950))
    await d.clock.advance(5.0)
    (left,) = d.exchange.alive()
    assert left.client_oid == result.client_oid  # type: ignore[union-attr]  # it was submitted
    await d.stop()


async def test_items_of_a_batch_fail_apart_and_are_asked_again_by_themselves() -> None:
    d = await a_pocket_desk()
    for number in range(3):
        await d.placed(a_buy(900 + number))
    fates = iter([Fate.WELL, Fate.REFUSED, Fate.LOST])
    d.exchange.fate = lambda kind: next(fates, Fate.WELL) if kind == "cancel" else Fate.WELL
    d.desk.cancel_side(XBT, Side.BUY)
    await d.clock.advance(10.0)
    assert d.exchange.alive() == []
    assert d.reports[0].ok
    await d.stop()


async def test_what_is_left_is_said_with_a_verdict_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    d = await a_pocket_desk()
    first, second = await d.placed(a_buy(900)), await d.placed(a_buy(901))
    truth = d.exchange.cancel

    async def cancel(order_id: object) -> object:
        stuck = d.desk.orders[second].order_id
        if order_id == stuck:
            d.exchange.fate = lambda kind: Fate.REFUSED if kind == "cancel" else Fate.WELL
        try:
            return await truth(order_id)  # type: ignore[arg-type]  # an order's id
        finally:
            d.exchange.fate = lambda _kind: Fate.WELL

    monkeypatch.setattr(d.exchange, "cancel", cancel)  # one stuck order
    d.desk.cancel_side(XBT, Side.BUY)
    await d.clock.advance(20.0)
    (report,) = d.reports
    assert [(item.client_oid, item.ok) for item in report.items] == [(first, True), (second, False)]
    assert report.sentence == "1 order of 2 may still work: buys of XBTUSDTM."
    assert not report.ok
    await d.stop()


async def test_a_contract_is_canceled_with_two_calls_and_what_they_miss_one_by_one() -> None:
    d = await a_pocket_desk()
    await d.placed(a_buy())
    await d.placed(a_ticket(**stop_at(900)))
    foreign(d, a_sell(), "web")
    d.desk.cancel_all(XBT)
    await d.clock.advance(3.0)
    assert d.exchange.alive() == []
    assert d.reports[0].sentence == "No orders of XBTUSDTM work any more."
    await d.stop()


async def test_stops_alone_go_and_the_rest_stays() -> None:
    d = await a_pocket_desk()
    buy = await d.placed(a_buy())
    await d.placed(a_ticket(**stop_at(900)))
    foreign(d, a_ticket(**stop_at(880)), "web")
    d.desk.cancel_stops(XBT)
    await d.clock.advance(3.0)
    assert [order.client_oid for order in d.exchange.alive()] == [buy]
    await d.stop()


async def test_a_stop_on_its_way_is_canceled_with_the_stops_and_counted() -> None:
    """Nobody knows yet whether it arrived: it is no stop that was not there."""
    d = await a_pocket_desk()
    await d.hold(3)
    buy = await d.placed(a_buy())
    fates = {"place": Fate.LATE, "read": Fate.LOST}
    d.exchange.fate = lambda kind: fates.get(kind, Fate.WELL)
    sent = d.desk.submit(a_ticket(lots=Lots(3), **stop_at(900)))
    assert isinstance(sent, Submitted)
    await d.clock.settle()
    fates.clear()
    d.desk.cancel_stops(XBT)
    assert d.desk.orders[sent.client_oid].pending is PendingCommand.CANCEL
    await d.clock.advance(30.0)
    (report,) = d.reports
    assert [item.client_oid for item in report.items] == [sent.client_oid]
    assert [order.client_oid for order in d.exchange.alive()] == [buy]
    await d.stop()


async def test_everything_counts_what_nobody_told_us_of() -> None:
    d = await a_pocket_desk()
    foreign(d, a_buy(), "web")
    foreign(d, a_ticket(**stop_at(880)), "web2")
    d.desk.cancel_everywhere()
    await d.clock.advance(4.0)
    assert d.exchange.alive() == []
    await d.stop()


async def test_nothing_anywhere_is_said_as_a_person_would() -> None:
    d = await a_pocket_desk()
    d.desk.cancel_everywhere()
    await d.clock.advance(4.0)
    assert [one.sentence for one in d.reports] == ["No orders were working anywhere."]
    await d.stop()


async def test_without_a_list_everything_is_what_is_known_and_what_is_held() -> None:
    d = await a_pocket_desk()
    await d.hold(3)
    foreign(d, a_buy(), "web")
    d.exchange.fate = lambda kind: Fate.LOST if kind == "read" else Fate.WELL
    d.desk.cancel_everywhere()
    await d.clock.advance(30.0)
    assert d.exchange.alive() == [], "the contract is held, so it is canceled unseen"
    (report,) = d.reports
    assert not report.ok
    assert report.sentence.endswith("Not all could be read: others may still work.")
    await d.stop()


async def test_a_sweep_is_written_down_from_its_beginning_to_its_end() -> None:
    d = await a_pocket_desk()
    await d.placed(a_buy())
    d.exchange.fate = lambda kind: Fate.LATE if kind == "cancel" else Fate.WELL
    d.desk.cancel_all(XBT)
    await d.clock.settle()
    (procedure,) = d.desk.journal.open_procedures()
    assert (procedure.kind, procedure.wanted) == (
        Purpose.CANCEL,
        "Canceling the orders of XBTUSDTM.",
    )
    assert procedure.steps[0].name == "cancel all"
    await d.clock.advance(20.0)
    assert d.desk.journal.open_procedures() == ()
    await d.stop()


async def test_canceling_everything_ends_a_move_before_its_new_order() -> None:
    d = await a_pocket_desk()
    oid = await d.placed(a_buy(lots=Lots(4)))
    d.exchange.fate = lambda kind: Fate.LATE if kind == "cancel" else Fate.WELL
    assert d.desk.move(oid, Price(980)) is None
    d.desk.cancel_everywhere()
    await d.clock.advance(20.0)
    assert d.exchange.alive() == []
    assert d.desk.orders[oid].state is OrderState.CANCELED
    assert len(d.exchange.orders) == 1, "no new order was sent"
    await d.stop()


FATES = st.sampled_from(
    [Fate.WELL, Fate.WELL, Fate.ANSWER_LOST, Fate.LOST, Fate.LATE, Fate.REFUSED]
)
WORDS = st.sampled_from([Fate.WELL, Fate.WELL, Fate.LATE, Fate.TWICE, Fate.LOST])


async def _all_goes(
    kinds: Sequence[str], commands: Sequence[Fate], words: Sequence[Fate], reads: Sequence[bool]
) -> None:
    drawn = {
        "cancel": iter(commands),
        "word": iter(words),
        "read": iter([Fate.WELL if good else Fate.LOST for good in reads]),
    }
    d = await a_pocket_desk()
    for number, kind in enumerate(kinds):
        more = stop_at(900) if kind == "stop" else {}
        ticket = a_ticket(**more) if more else a_buy(900 + number)
        if kind == "foreign":
            foreign(d, ticket, f"web{number}")
        else:
            await d.placed(ticket)
    d.exchange.fate = lambda kind: next(drawn.get(kind, iter(())), Fate.WELL)
    d.desk.cancel_everywhere()
    await d.clock.advance(60.0)
    # Whoever is told that nothing works any more can rely on it, and what is left is told.
    (report,) = d.reports
    if report.ok:
        assert d.exchange.alive() == []
    d.exchange.fate = lambda _kind: Fate.WELL
    d.desk.cancel_everywhere()
    await d.clock.advance(60.0)
    assert d.exchange.alive() == []
    assert d.desk.working() == ()
    assert d.reports[-1].ok
    await d.stop()


@settings(max_examples=settings().max_examples // 2)
@given(
    st.lists(st.sampled_from(["plain", "stop", "foreign"]), max_size=4),
    st.lists(FATES, max_size=12),
    st.lists(WORDS, max_size=12),
    st.lists(st.booleans(), max_size=8),
)
def test_nothing_works_after_it_was_said_that_nothing_works(
    kinds: list[str], commands: list[Fate], words: list[Fate], reads: list[bool]
) -> None:
    """Requests and answers are lost or late, words doubled, swapped or lost, lists unread."""
    asyncio.run(_all_goes(kinds, commands, words, reads))


async def test_an_order_on_its_way_is_named_and_canceled_when_it_turns_up() -> None:
    """Its "not known" is no end: the request may arrive as long as its stamp is taken."""
    d = await a_pocket_desk()
    d.exchange.later = lambda _s, do: d._later(20.0, do)
    d.exchange.fate = lambda kind: Fate.LATE if kind == "place" else Fate.WELL
    first, second = d.desk.submit(a_buy()), d.desk.submit(a_buy(980))
    assert isinstance(first, Submitted)
    assert isinstance(second, Submitted)
    for placed in (first, second):  # over a socket that stands, nothing proves that it is lost
        d.desk.resolution.settle(placed.client_oid, math.inf)
    await d.clock.settle()
    for placed in (first, second):
        d.desk.resolution.settle(placed.client_oid, math.inf)
    d.exchange.fate = lambda _kind: Fate.WELL
    d.desk.cancel_everywhere()
    await d.clock.advance(18.0)
    (report,) = d.reports
    assert report.sentence == (
        "2 orders of 2 may still work: orders everywhere. 2 may still be on the way: they are "
        "canceled when they turn up."
    )
    assert {item.sentence for item in report.items} == {TO_BE_CANCELED}
    assert d.exchange.alive() == []
    await d.clock.advance(10.0)
    assert {d.desk.orders[one.client_oid].state for one in (first, second)} == {OrderState.CANCELED}
    assert d.exchange.alive() == []
    assert not any("can no longer be canceled" in words for words in d.sentences)
    await d.stop()


async def test_a_stop_sent_after_it_stays_though_only_the_stream_tells_it_without_a_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its answer is lost, and so is the list: the order of nobody may be the one sent just now."""
    d = await a_pocket_desk()
    await d.hold(3)

    async def silent(_symbol: Symbol | None = None) -> tuple[OrderUpdate, ...]:
        await d.clock.sleep(2.0)
        raise NOTHING_KNOWN

    monkeypatch.setattr(d.exchange, "open_stops", silent)
    d.desk.cancel_all(XBT)
    await d.clock.settle()
    d.exchange.fate = lambda kind: {"place": Fate.ANSWER_LOST, "read": Fate.LOST}.get(
        kind, Fate.WELL
    )
    sent = d.desk.submit(a_ticket(lots=Lots(3), **stop_at(900)))
    assert isinstance(sent, Submitted)
    await d.clock.advance(4.0)
    monkeypatch.undo()
    d.exchange.fate = lambda _kind: Fate.WELL
    await d.clock.advance(20.0)
    assert [order.client_oid for order in d.exchange.alive()] == [sent.client_oid]
    assert "Not all could be read" in d.reports[-1].sentence
    await d.stop()


BOTH, LONG, SHORT = PositionSide


async def a_hedged_bench(*listed: OrderUpdate) -> Bench:
    """An account in hedge mode; the exchange lists orders of which nobody told."""
    bench = Bench()
    bench.gateway.mode = PositionMode.HEDGE
    await bench.start()
    bench.trading.open = tuple(one for one in listed if one.trigger is None)
    bench.trading.stops = tuple(one for one in listed if one.trigger is not None)
    return bench


def ended_when_canceled(bench: Bench) -> None:
    """The exchange carries cancels out, and tells of it."""
    trading = bench.trading

    def end(name: str) -> None:
        for update in (*trading.open, *trading.stops):
            if update.order_id == name:
                ended = replace(update, is_done=True, canceled=update.lots, untriggered=False)
                bench.stream.push(ended)
        trading.open = tuple(one for one in trading.open if one.order_id != name)
        trading.stops = tuple(one for one in trading.stops if one.order_id != name)

    trading.on_cancel = end


def of_lane(name: str, lane: PositionSide | None, *, is_stop: bool = False) -> OrderUpdate:
    make = a_stop_update if is_stop else an_order_update
    named = {"order_id": OrderId(name), "client_oid": ClientOid(name), "position_side": lane}
    return make(**named)


async def test_a_lane_takes_what_only_the_list_tells_and_leaves_the_other() -> None:
    bench = await a_hedged_bench(
        of_lane("o1", LONG),
        of_lane("o2", SHORT),
        of_lane("s1", LONG, is_stop=True),
        of_lane("s2", SHORT, is_stop=True),
    )
    ended_when_canceled(bench)
    reports: list[BatchResult] = []
    bench.desk.on_batch.add(reports.append)
    bench.desk.cancel_stops(XBT, LONG)
    await bench.clock.advance(15.0)
    assert {order.order_id for order in bench.desk.working(XBT)} == {"s2"}
    bench.desk.cancel_all(XBT, LONG)
    await bench.clock.advance(15.0)
    assert {order.order_id for order in bench.desk.working(XBT)} == {"o2", "s2"}
    assert [(one.ok, one.sentence) for one in reports] == [
        (True, "No stops of XBTUSDTM, long lane work any more."),
        (True, "No orders of XBTUSDTM, long lane work any more."),
    ]
    await bench.stop()


async def test_an_order_that_does_not_name_its_lane_stays_and_is_told() -> None:
    bench = await a_hedged_bench(of_lane("o1", None), of_lane("s1", None, is_stop=True))
    reports: list[BatchResult] = []
    bench.desk.on_batch.add(reports.append)
    bench.desk.cancel_stops(XBT, SHORT)
    await bench.clock.advance(15.0)
    bench.desk.cancel_all(XBT, SHORT)
    await bench.clock.advance(15.0)
    assert not bench.trading.cancels
    assert not any(one.ok for one in reports)
    assert [one.sentence.partition(" working. ")[2] for one in reports] == [
        "1 order does not say of which lane it is and was left.",
        "2 orders do not say of which lane they are and were left.",
    ]
    await bench.stop()


async def test_what_may_still_work_of_a_lane_is_said_by_its_lane() -> None:
    bench = await a_hedged_bench(of_lane("o1", LONG))
    bench.trading.cancel_outcomes.extend([Rejected("300002", "Trading is suspended.")] * 9)
    reports: list[BatchResult] = []
    bench.desk.on_batch.add(reports.append)
    bench.desk.cancel_all(XBT, LONG)
    await bench.clock.advance(30.0)
    (report,) = reports
    words = "1 order of 1 may still work: orders of XBTUSDTM, long lane."
    assert (report.ok, report.sentence) == (False, words)
    assert [item.ok for item in report.items] == [False]
    await bench.stop()
