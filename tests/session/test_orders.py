"""The desk: every way a command can end."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from terminal.domain.clock import TimestampNs
from terminal.domain.events import OrderType, StopDirection, StopReference
from terminal.domain.guard import BlockField, GuardLimits
from terminal.domain.intention import Purpose
from terminal.domain.order import OrderState, PendingCommand
from terminal.domain.ticket import AttachedExits, OrderTicket, StopTrigger
from terminal.domain.units import ClientOid, Lots, Money, OrderId, Price, Side
from terminal.exchange.batches import Subject
from terminal.exchange.errors import TransportError
from terminal.exchange.gateway import (
    Channel,
    ChannelConfirmed,
    ChannelKind,
    ChannelRefused,
    FrameUnreadable,
)
from terminal.exchange.order_socket import Correction
from terminal.exchange.outcome import Accepted, NotSent, Outcome, Rejected, Route, Unknown
from terminal.exchange.routes import RouteState
from terminal.session import orders as orders_module
from terminal.session.cancels import SETTLED_REST_S
from terminal.session.resolution import SIGNED_FOR_S, WAITS_S
from terminal.session.results import Blocked, Submitted
from tests.support.builders import NOW_NS, XBT, a_fill, a_ticket, an_order_update
from tests.support.desk import Bench, a_started_bench, an_open_order
from tests.support.pocket import stop_at

if TYPE_CHECKING:
    from terminal.domain.events import Fill, OrderUpdate

C1 = ClientOid("c1")
O1 = OrderId("id-1")


async def test_a_submitted_order_is_shown_before_it_is_answered() -> None:
    bench = await a_started_bench()
    assert bench.desk.submit(a_ticket()) == Submitted(C1)
    assert bench.desk.orders[C1].state is OrderState.SUBMITTING
    await bench.clock.settle()
    assert bench.trading.placed == [(a_ticket(), C1)]
    bench.stream.push(an_order_update(order_id=O1, client_oid=C1))
    assert bench.desk.orders[C1].state is OrderState.OPEN
    assert [order.client_oid for order in bench.desk.working(XBT)] == [C1]
    await bench.stop()


async def test_events_that_beat_the_answer_are_not_lost() -> None:
    bench = await a_started_bench()
    bench.trading.on_place = lambda _ticket, oid: bench.stream.push(
        an_order_update(order_id=O1, client_oid=oid, filled=Lots(2), is_done=True)
    )
    bench.desk.submit(a_ticket())
    await bench.clock.settle()
    assert bench.desk.orders[C1].state is OrderState.FILLED
    await bench.stop()


async def test_a_rejection_keeps_the_exchanges_reason() -> None:
    bench = await a_started_bench()
    bench.trading.place_outcomes.append(Rejected("300003", "The balance is not enough.", "Less."))
    bench.desk.submit(a_ticket())
    await bench.clock.settle()
    order = bench.desk.orders[C1]
    assert (order.state, order.reason) == (OrderState.REJECTED, "The balance is not enough. Less.")
    assert bench.sentences == ["Rejected: The balance is not enough. Less."]
    assert not bench.results[0].ok
    await bench.stop()


async def test_an_order_that_was_refused_in_words_and_works_is_shown_and_told() -> None:
    """An answer may be wrong; the order must not be hidden for that."""
    bench = await a_started_bench()
    bench.trading.place_outcomes.append(Rejected("987654", "The exchange says: no."))
    bench.desk.submit(a_ticket())
    await bench.clock.settle()
    assert bench.desk.orders[C1].state is OrderState.REJECTED
    bench.stream.push(an_order_update(order_id=O1, client_oid=C1))
    assert [order.client_oid for order in bench.desk.working(XBT)] == [C1]
    assert bench.sentences[-1] == "The exchange has this order after all."
    await bench.stop()


async def test_fills_that_no_message_told_are_read() -> None:
    """An order found filled by request: what it was filled with is asked for at once."""
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    order_id = bench.desk.orders[oid].order_id
    assert order_id is not None
    bench.trading.fills = (a_fill(order_id=order_id),)
    bench.desk.take(
        an_order_update(order_id=order_id, client_oid=oid, filled=Lots(2), is_done=True)
    )
    await bench.clock.advance(2.0)
    assert [fill.order_id for fill in bench.desk.fills] == [order_id]
    await bench.stop()


async def test_an_order_that_never_left_is_over() -> None:
    bench = await a_started_bench()
    bench.trading.place_outcomes.append(NotSent("The exchange did not answer."))
    bench.desk.submit(a_ticket())
    await bench.clock.settle()
    assert bench.desk.orders[C1].state is OrderState.REJECTED
    assert bench.sentences == ["Not sent: The exchange did not answer."]
    await bench.stop()


async def test_a_lost_answer_is_asked_for_and_never_resent() -> None:
    bench = await a_started_bench()
    bench.trading.place_outcomes.append(Unknown("No answer."))
    bench.desk.submit(a_ticket())
    await bench.clock.settle()
    assert bench.desk.orders[C1].state is OrderState.UNKNOWN
    await bench.clock.advance(1.0)
    assert bench.desk.orders[C1].state is OrderState.UNKNOWN, "not found is not proof"
    bench.trading.known[C1] = an_order_update(order_id=O1, client_oid=C1)
    await bench.clock.advance(2.0)
    assert bench.desk.orders[C1].state is OrderState.OPEN
    assert len(bench.trading.placed) == 1
    await bench.stop()


async def test_an_order_nobody_knows_when_it_can_no_longer_arrive_was_not_placed() -> None:
    bench = await a_started_bench()
    bench.trading.place_outcomes.append(Unknown("No answer."))
    bench.desk.submit(a_ticket())
    await bench.clock.advance(SIGNED_FOR_S)
    assert bench.desk.orders[C1].state is OrderState.UNKNOWN
    await bench.clock.advance(WAITS_S[-1])
    assert bench.desk.orders[C1].state is OrderState.REJECTED
    assert len(bench.trading.placed) == 1
    await bench.stop()


async def test_silence_is_no_proof_before_the_order_is_settled() -> None:
    """Over the order socket an order may still arrive, however often it was not found."""
    bench = await a_started_bench()
    bench.trading.place_outcomes.append(Unknown("No answer.", Route.SOCKET))
    bench.desk.submit(a_ticket())
    await bench.clock.advance(60.0)
    assert bench.desk.orders[C1].state is OrderState.UNKNOWN
    settled = Unknown("Broken.", Route.SOCKET, bench.clock.monotonic_s() + 10.0)
    bench.desk.correct(Correction(Subject(C1), settled))
    await bench.clock.advance(9.0)
    assert bench.desk.orders[C1].state is OrderState.UNKNOWN
    await bench.clock.advance(6.0)
    assert bench.desk.orders[C1].state is OrderState.REJECTED
    assert bench.desk.orders[C1].is_guess
    await bench.stop()


async def test_an_end_of_the_connection_that_was_told_before_the_answer_counts() -> None:
    """Who waits for a command may be held up longer than its connection lives."""
    bench = await a_started_bench()
    bench.trading.hold = asyncio.Event()
    bench.trading.place_outcomes.append(Unknown("No answer.", Route.SOCKET))
    bench.desk.submit(a_ticket())
    await bench.clock.settle()
    settled = Unknown("Broken.", Route.SOCKET, bench.clock.monotonic_s() + 10.0)
    bench.desk.correct(Correction(Subject(C1), settled))
    bench.trading.hold.set()
    await bench.clock.advance(40.0)
    assert bench.desk.orders[C1].state is OrderState.REJECTED
    await bench.stop()


async def test_a_lost_connection_says_when_silence_is_proof() -> None:
    bench = await a_started_bench()
    settled = Unknown("Broken.", Route.SOCKET, bench.clock.monotonic_s() + 40.0)
    bench.trading.place_outcomes.append(settled)
    bench.desk.submit(a_ticket())
    await bench.clock.advance(39.0)
    assert bench.desk.orders[C1].state is OrderState.UNKNOWN
    await bench.clock.advance(6.0)
    assert bench.desk.orders[C1].state is OrderState.REJECTED
    await bench.stop()


async def test_a_late_yes_finds_the_order() -> None:
    """Also when its end had been concluded from silence."""
    bench = await a_started_bench()
    bench.trading.place_outcomes.append(Unknown("No answer."))
    bench.desk.submit(a_ticket())
    await bench.clock.advance(30.0)
    assert bench.desk.orders[C1].is_guess
    bench.trading.known[O1] = an_order_update(order_id=O1, client_oid=C1)
    bench.desk.correct(Correction(Subject(C1), Accepted((O1,), Route.SOCKET)))
    await bench.clock.settle()
    assert bench.desk.orders[C1].state is OrderState.OPEN
    assert len(bench.trading.placed) == 1
    await bench.stop()


async def test_a_late_no_ends_the_order_and_changes_no_other() -> None:
    bench = await a_started_bench()
    bench.trading.place_outcomes.append(Unknown("No answer.", Route.SOCKET))
    bench.desk.submit(a_ticket())
    await bench.clock.settle()
    refused = Rejected("300003", "The balance is not enough.", "Less.", route=Route.SOCKET)
    for subject in (
        Subject(ClientOid("somebody's")),
        Subject(order_id=O1, is_cancel=True),
        Subject(C1, is_cancel=True),
    ):
        bench.desk.correct(Correction(subject, refused))
    assert bench.desk.orders[C1].state is OrderState.UNKNOWN
    bench.desk.correct(Correction(Subject(C1), refused))
    order = bench.desk.orders[C1]
    assert (order.state, order.is_guess) == (OrderState.REJECTED, False)
    assert bench.sentences[-1] == "Rejected: The balance is not enough. Less."
    await bench.stop()


async def test_unanswered_questions_prove_nothing() -> None:
    bench = await a_started_bench()
    bench.trading.place_outcomes.append(Unknown("No answer."))
    bench.trading.query_error = TransportError("down", was_sent=True)
    bench.desk.submit(a_ticket())
    await bench.clock.advance(120.0)
    assert bench.desk.orders[C1].state is OrderState.UNKNOWN
    await bench.stop()


async def test_an_event_ends_the_asking() -> None:
    bench = await a_started_bench()
    bench.trading.place_outcomes.append(Unknown("No answer."))
    bench.desk.submit(a_ticket())
    await bench.clock.settle()
    bench.stream.push(an_order_update(order_id=O1, client_oid=C1))
    await bench.clock.advance(20.0)
    assert bench.trading.queries == 0
    assert bench.desk.orders[C1].state is OrderState.OPEN
    await bench.stop()


async def test_an_accepted_order_without_an_event_is_looked_up() -> None:
    bench = await a_started_bench()
    bench.desk.submit(a_ticket())
    await bench.clock.settle()
    bench.trading.known[O1] = an_order_update(order_id=O1, client_oid=C1, filled=Lots(1))
    await bench.clock.advance(2.5)
    assert bench.desk.orders[C1].state is OrderState.PARTLY_FILLED
    await bench.stop()


@pytest.mark.parametrize(
    ("ticket", "field"),
    [
        (a_ticket(lots=Lots(10_001)), BlockField.LOTS),
        (a_ticket(lots=Lots(9_000), price=Price(900_000)), BlockField.VALUE),
        (a_ticket(price=Price(1001 + 21)), BlockField.PRICE),
    ],
)
async def test_what_the_guard_blocks_is_not_sent(ticket: object, field: BlockField) -> None:
    bench = await a_started_bench()
    result = bench.desk.submit(ticket)  # type: ignore[arg-type]
    assert isinstance(result, Blocked)
    assert field in {block.field for block in result.blocks}
    await bench.clock.settle()
    assert not bench.trading.placed
    assert not bench.desk.orders
    await bench.stop()


async def test_limits_are_read_at_each_order() -> None:
    bench = await a_started_bench()
    bench.limits = GuardLimits(Lots(1), Decimal(1000), 20)
    assert isinstance(bench.desk.submit(a_ticket()), Blocked)
    bench.limits = GuardLimits(Lots(2), Decimal(1000), 20)
    assert isinstance(bench.desk.submit(a_ticket()), Submitted)
    await bench.clock.settle()
    await bench.stop()


async def test_nothing_opens_on_a_stale_book_but_reducing_may() -> None:
    bench = await a_started_bench()
    bench.touch = None
    assert isinstance(bench.desk.submit(a_ticket()), Blocked)
    assert isinstance(bench.desk.submit(a_ticket(is_reduce_only=True)), Submitted)
    await bench.clock.settle()
    await bench.stop()


async def test_nothing_opens_while_orders_are_read_again() -> None:
    bench = await a_started_bench()
    bench.stream.drop()
    await bench.clock.settle()
    result = bench.desk.submit(a_ticket())
    assert isinstance(result, Blocked)
    assert "read again" in result.blocks[-1].reason
    await bench.clock.advance(1.0)
    assert isinstance(bench.desk.submit(a_ticket()), Submitted)
    await bench.clock.settle()
    await bench.stop()


async def test_a_cancel_ends_by_the_exchanges_word() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.desk.cancel(oid)
    assert bench.desk.orders[oid].pending is PendingCommand.CANCEL
    bench.desk.cancel(oid)
    await bench.clock.settle()
    assert bench.trading.cancels == [O1], "asked once"
    bench.stream.push(an_order_update(order_id=O1, client_oid=oid, canceled=Lots(2), is_done=True))
    await bench.clock.settle()
    order = bench.desk.orders[oid]
    assert (order.state, order.pending) == (OrderState.CANCELED, PendingCommand.NONE)
    assert bench.sentences == []
    await bench.stop()


async def test_a_cancel_that_lost_to_a_fill_is_no_error() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.trading.cancel_outcomes.append(Rejected("100004", "Can no longer be canceled."))
    bench.trading.known[O1] = an_order_update(
        order_id=O1, client_oid=oid, filled=Lots(2), is_done=True
    )
    bench.desk.cancel(oid)
    await bench.clock.settle()
    assert bench.desk.orders[oid].state is OrderState.FILLED
    assert bench.sentences == []
    await bench.stop()


NOT_KNOWN = "Not known whether it was canceled: asking what became of it. No answer."


async def test_a_cancel_nobody_answered_is_asked_again_and_then_given_back() -> None:
    """Not before it can no longer be carried out: until then an open order may still end by it."""
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.trading.known[O1] = an_order_update(order_id=O1, client_oid=oid)
    bench.trading.cancel_outcomes.extend([Unknown("No answer.")] * 3)
    bench.desk.cancel(oid)
    await bench.clock.settle()
    assert bench.desk.orders[oid].pending is PendingCommand.CANCEL_UNKNOWN
    await bench.clock.advance(SETTLED_REST_S)
    assert bench.trading.cancels == [O1] * 3
    assert bench.trading.queries > 3
    assert bench.desk.orders[oid].pending is PendingCommand.CANCEL_UNKNOWN
    assert bench.sentences == [NOT_KNOWN]
    await bench.clock.advance(7.0)
    assert bench.desk.orders[oid].pending is PendingCommand.NONE
    assert bench.sentences == [NOT_KNOWN, "Not canceled. No answer."]
    await bench.stop()


async def test_a_refusal_does_not_settle_the_cancel_before_it() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.trading.known[O1] = an_order_update(order_id=O1, client_oid=oid)
    bench.trading.cancel_outcomes.extend([Unknown("No answer."), Rejected("100004", "Too late.")])
    bench.desk.cancel(oid)
    await bench.clock.advance(3.0)
    assert bench.desk.orders[oid].pending is PendingCommand.CANCEL_UNKNOWN
    bench.stream.push(an_order_update(order_id=O1, client_oid=oid, canceled=Lots(2), is_done=True))
    await bench.clock.advance(20.0)
    assert bench.desk.orders[oid].state is OrderState.CANCELED
    assert not any("Not canceled" in words for words in bench.sentences)
    await bench.stop()


@pytest.mark.parametrize("is_told_first", [False, True])
async def test_a_cancel_over_the_socket_is_open_until_its_connection_has_ended(
    *, is_told_first: bool
) -> None:
    """Each of them; the end may be told before the answer came to whoever waited for it."""
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.trading.known[O1] = an_order_update(order_id=O1, client_oid=oid)
    lost = Unknown("No answer.", Route.SOCKET)
    bench.trading.cancel_outcomes.extend([lost] * 3)
    subject = Subject(order_id=O1, is_cancel=True)
    ended = Correction(subject, replace(lost, settled_after_s=bench.clock.monotonic_s() + 100.0))
    if is_told_first:
        bench.desk.correct(ended)
    bench.desk.cancel(oid)
    await bench.clock.advance(60.0)
    bench.desk.correct(Correction(subject, Accepted((O1,), Route.SOCKET)))
    if not is_told_first:
        bench.desk.correct(ended)
    await bench.clock.advance(120.0)
    assert bench.desk.orders[oid].pending is PendingCommand.CANCEL_UNKNOWN, "one is in flight"
    bench.desk.correct(Correction(subject, Rejected("100004", "Too late.", route=Route.SOCKET)))
    await bench.clock.advance(5.0)
    assert bench.desk.orders[oid].pending is PendingCommand.NONE
    assert bench.sentences == [NOT_KNOWN, "Not canceled. No answer."]
    await bench.stop()


async def test_a_cancel_whose_connection_ended_is_settled_at_the_time_that_was_told() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.trading.known[O1] = an_order_update(order_id=O1, client_oid=oid)
    after_s = bench.clock.monotonic_s() + 30.0
    bench.trading.cancel_outcomes.extend([Unknown("No answer.", Route.SOCKET, after_s)] * 3)
    bench.desk.cancel(oid)
    await bench.clock.advance(29.0)
    assert bench.desk.orders[oid].pending is PendingCommand.CANCEL_UNKNOWN
    await bench.clock.advance(6.0)
    assert bench.desk.orders[oid].pending is PendingCommand.NONE
    await bench.stop()


@pytest.mark.parametrize("route", list(Route))
async def test_an_error_of_ours_leaves_a_command_unknown_on_its_way(route: Route) -> None:
    """Over the socket it may arrive later: that the exchange does not know it proves nothing."""
    bench = await a_started_bench()
    bench.trading.route = RouteState(route)

    def broken(_ticket: OrderTicket, _client_oid: ClientOid) -> None:
        raise ZeroDivisionError

    bench.trading.on_place = broken
    bench.desk.submit(a_ticket())
    bench.desk.submit(a_ticket(exits=AttachedExits(StopReference.LAST, down=Price(900))))
    await bench.clock.advance(60.0)
    plain, with_exits = bench.desk.orders.values()
    by_socket = route is Route.SOCKET
    assert plain.state is (OrderState.UNKNOWN if by_socket else OrderState.REJECTED)
    assert with_exits.state is OrderState.REJECTED, "it goes by REST only"
    settled_s = bench.clock.monotonic_s()
    ended = Unknown("The connection ended.", Route.SOCKET, settled_s)
    bench.desk.correct(Correction(Subject(plain.client_oid), ended))
    await bench.clock.advance(20.0)
    assert bench.desk.orders[plain.client_oid].state is OrderState.REJECTED
    assert len(bench.errors) == 2
    bench.errors.clear()
    await bench.stop()


@pytest.mark.parametrize("was_canceled", [False, True])
async def test_a_cancel_of_which_nobody_says_anything_stays_unknown(*, was_canceled: bool) -> None:
    """Silence is no proof that an order goes on: it is asked until somebody answers."""
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.trading.query_error = TransportError("down", was_sent=True)
    bench.trading.cancel_outcomes.extend([Unknown("No answer.")] * 3)
    bench.desk.cancel(oid)
    await bench.clock.advance(30.0)
    assert bench.desk.orders[oid].pending is PendingCommand.CANCEL_UNKNOWN
    words = NOT_KNOWN
    assert bench.sentences == [words]
    bench.trading.query_error = None
    bench.trading.known[O1] = an_order_update(
        order_id=O1, client_oid=oid, canceled=Lots(2 * was_canceled), is_done=was_canceled
    )
    await bench.clock.advance(5.0)
    after = bench.desk.orders[oid]
    assert after.pending is PendingCommand.NONE
    assert after.state is (OrderState.CANCELED if was_canceled else OrderState.OPEN)
    assert bench.sentences == ([words] if was_canceled else [words, "Not canceled. No answer."])
    assert bench.trading.cancels == [O1] * 3, "it is asked about, not sent again"
    await bench.stop()


@pytest.mark.parametrize("outcome", [Rejected("100004", "Too late."), Accepted()])
async def test_an_answer_to_a_cancel_is_not_what_became_of_the_order(outcome: Outcome) -> None:
    """An order that can no longer be canceled has most likely ended."""
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.trading.query_error = TransportError("down", was_sent=True)
    bench.trading.cancel_outcomes.extend([outcome] * 3)
    bench.desk.cancel(oid)
    await bench.clock.advance(10.0)
    assert bench.desk.orders[oid].pending is PendingCommand.CANCEL_UNKNOWN
    bench.stream.push(an_order_update(order_id=O1, client_oid=oid, filled=Lots(2), is_done=True))
    await bench.clock.settle()
    assert bench.desk.orders[oid].state is OrderState.FILLED
    assert len(bench.sentences) == 1
    await bench.stop()


async def test_of_two_cancels_the_later_one_says_how_it_ended() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.trading.query_error = TransportError("down", was_sent=True)
    bench.trading.cancel_outcomes.extend([Unknown("No answer.")] * 6)
    bench.desk.cancel(oid)
    await bench.clock.advance(10.0)
    bench.desk.cancel(oid)
    await bench.clock.advance(20.0)
    assert len(bench.trading.cancels) == 6
    bench.trading.query_error = None
    bench.trading.known[O1] = an_order_update(order_id=O1, client_oid=oid)
    await bench.clock.advance(10.0)
    assert bench.desk.orders[oid].pending is PendingCommand.NONE
    assert bench.sentences == [NOT_KNOWN, NOT_KNOWN, "Not canceled. No answer."]
    await bench.stop()


async def test_an_order_without_an_id_is_canceled_by_ours() -> None:
    bench = await a_started_bench()
    bench.trading.place_outcomes.append(Unknown("No answer."))
    bench.desk.submit(a_ticket())
    await bench.clock.settle()
    bench.desk.cancel(C1)
    await bench.clock.advance(2.5)
    assert bench.trading.cancels[0] == "oid:c1"
    bench.stream.push(an_order_update(order_id=O1, client_oid=C1, canceled=Lots(2), is_done=True))
    await bench.clock.settle()
    await bench.stop()


async def test_cancel_all_covers_stops_and_checks_each_order() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.desk.cancel_all(XBT)
    assert bench.desk.orders[oid].pending is PendingCommand.CANCEL
    await bench.clock.settle()
    assert bench.trading.cancels == [f"all:{XBT}", f"stops:{XBT}"]
    bench.trading.known[O1] = an_order_update(
        order_id=O1, client_oid=oid, canceled=Lots(2), is_done=True
    )
    await bench.clock.advance(5.0)
    assert bench.desk.orders[oid].state is OrderState.CANCELED, "no event came, so it was asked"
    await bench.stop()


async def test_sides_and_newest() -> None:
    bench = await a_started_bench()
    first = await an_open_order(bench)
    second = await an_open_order(bench, side=Side.SELL)
    third = await an_open_order(bench)
    assert bench.desk.cancel_newest(XBT)
    assert bench.desk.orders[third].pending is PendingCommand.CANCEL
    assert bench.desk.cancel_newest(XBT)
    assert bench.desk.orders[second].pending is PendingCommand.CANCEL
    bench.desk.cancel_side(XBT, Side.BUY)
    assert bench.desk.orders[first].pending is PendingCommand.CANCEL
    assert not bench.desk.cancel_newest(XBT)
    await bench.clock.settle()
    await bench.stop()


async def test_cancel_everywhere_asks_for_each_contract() -> None:
    bench = await a_started_bench()
    await an_open_order(bench)
    bench.desk.cancel_everywhere()
    await bench.clock.settle()
    assert f"all:{XBT}" in bench.trading.cancels
    await bench.stop()


async def test_fills_are_counted_once_and_get_their_fees_later() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    fill = a_fill(order_id=O1, trade_id="t9")
    update = an_order_update(order_id=O1, client_oid=oid, filled=Lots(2), fill=fill)
    bench.stream.push(update, update)
    assert bench.desk.fills == (fill,)
    assert bench.account.position(XBT).core.lots == 2
    with_fee = replace(fill, fee=None)
    bench.trading.fills = (with_fee,)
    await bench.clock.advance(1.1)
    assert bench.desk.fills == (with_fee,)
    assert bench.account.position(XBT).core.lots == 2, "read fills do not move positions"
    await bench.stop()


async def test_late_events_do_not_bring_an_order_back_to_life() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.stream.push(
        an_order_update(order_id=O1, client_oid=oid, canceled=Lots(2), is_done=True),
        an_order_update(order_id=O1, client_oid=oid),
    )
    assert bench.desk.orders[oid].state is OrderState.CANCELED
    await bench.stop()


async def test_orders_placed_elsewhere_are_ours_to_cancel() -> None:
    bench = await a_started_bench()
    bench.stream.push(an_order_update(order_id=OrderId("web"), client_oid=None))
    (order,) = bench.desk.working(XBT)
    bench.desk.cancel(order.client_oid)
    await bench.clock.settle()
    assert bench.trading.cancels == ["web"]
    bench.stream.push(
        an_order_update(order_id=OrderId("web"), client_oid=None, canceled=Lots(2), is_done=True)
    )
    await bench.clock.settle()
    await bench.stop()


async def test_stopping_with_a_command_under_way_leaves_nothing() -> None:
    bench = await a_started_bench()
    bench.trading.place_outcomes.append(Accepted())
    bench.desk.submit(a_ticket())
    await bench.clock.settle()
    await bench.stop()
    assert not bench.owner.task_names


async def test_an_end_concluded_from_silence_is_overruled_by_any_word() -> None:
    bench = await a_started_bench()
    bench.trading.place_outcomes.append(Unknown("No answer."))
    bench.desk.submit(a_ticket())
    await bench.clock.advance(30.0)
    assert bench.desk.orders[C1].state is OrderState.REJECTED
    bench.stream.push(an_order_update(order_id=O1, client_oid=C1))
    assert bench.desk.orders[C1].state is OrderState.OPEN
    assert [order.client_oid for order in bench.desk.working(XBT)] == [C1]
    await bench.stop()


async def test_a_gateway_that_fails_leaves_the_order_unknown_not_forgotten() -> None:
    bench = await a_started_bench()

    def fail(_ticket: object, _oid: object) -> None:
        raise RuntimeError("inside")

    bench.trading.on_place = fail
    bench.desk.submit(a_ticket())
    await bench.clock.settle()
    assert bench.desk.orders[C1].state is OrderState.UNKNOWN
    bench.trading.known[C1] = an_order_update(order_id=O1, client_oid=C1)
    await bench.clock.advance(1.0)
    assert bench.desk.orders[C1].state is OrderState.OPEN
    assert bench.errors
    bench.errors.clear()
    await bench.stop()


async def test_nothing_is_trusted_before_the_channels_are_confirmed() -> None:
    bench = Bench()
    bench.stream.confirms = False
    await bench.start()
    await bench.clock.advance(30.0)
    assert not bench.desk.is_trusted
    assert not bench.account.is_trusted
    assert isinstance(bench.desk.submit(a_ticket()), Blocked)
    for channel in tuple(bench.stream.channels):
        bench.stream.push(ChannelConfirmed(channel))
    await bench.clock.settle()
    assert bench.desk.is_trusted
    assert bench.account.is_trusted
    await bench.stop()


@pytest.mark.parametrize("kind", [ChannelKind.ORDERS, ChannelKind.POSITIONS])
async def test_a_refused_channel_is_said_and_blocks_opening(kind: ChannelKind) -> None:
    bench = await a_started_bench()
    bench.stream.push(ChannelRefused(Channel(kind), "exceed max subscription count"))
    assert isinstance(bench.desk.submit(a_ticket()), Blocked)
    assert any("refused" in notice.text for notice in bench.notices.notices)
    await bench.stop()


@pytest.mark.parametrize("kind", [ChannelKind.ORDERS, ChannelKind.POSITIONS])
async def test_an_unreadable_private_message_costs_the_trust_until_all_is_read(
    kind: ChannelKind,
) -> None:
    bench = await a_started_bench()
    bench.stream.push(FrameUnreadable("price is no number", Channel(kind)))
    assert isinstance(bench.desk.submit(a_ticket()), Blocked)
    await bench.clock.settle()
    assert isinstance(bench.desk.submit(a_ticket()), Submitted)
    await bench.clock.settle()
    await bench.stop()


async def test_no_entry_leaves_while_the_contract_is_flattened() -> None:
    bench = await a_started_bench()
    bench.desk.flatten(XBT)
    assert isinstance(bench.desk.submit(a_ticket()), Blocked)
    assert bench.desk.blocks(a_ticket(is_reduce_only=True)) == ()
    await bench.clock.advance(5.0)
    assert isinstance(bench.desk.submit(a_ticket()), Submitted)
    await bench.clock.settle()
    await bench.stop()


async def test_cancel_everywhere_asks_first_when_nothing_is_sure() -> None:
    bench = await a_started_bench()
    bench.trading.open = (an_order_update(order_id=OrderId("web"), client_oid=None),)
    bench.stream.connects = False
    bench.stream.drop()
    await bench.clock.settle()
    bench.desk.cancel_everywhere()
    await bench.clock.settle()
    assert f"all:{XBT}" in bench.trading.cancels
    await bench.stop()


async def test_ghosts_are_found_by_the_minutely_comparison() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.trading.known[O1] = an_order_update(
        order_id=O1, client_oid=oid, canceled=Lots(2), is_done=True
    )
    await bench.clock.advance(61.0)
    assert bench.desk.orders[oid].state is OrderState.CANCELED
    await bench.stop()


async def test_a_listener_that_fails_holds_nothing_up() -> None:
    bench = await a_started_bench()

    def broken() -> None:
        raise ValueError("in a panel")

    bench.desk.on_changed.add(broken)
    oid = await an_open_order(bench)
    bench.desk.cancel(oid)
    await bench.clock.settle()
    assert len(bench.trading.placed) == 1
    assert bench.trading.cancels == [O1]
    assert bench.errors
    bench.errors.clear()
    bench.stream.push(an_order_update(order_id=O1, client_oid=oid, canceled=Lots(2), is_done=True))
    await bench.clock.settle()
    bench.errors.clear()
    await bench.stop()


async def test_cancel_everywhere_sends_what_is_known_at_once() -> None:
    bench = await a_started_bench()
    await an_open_order(bench)
    bench.desk.trust.take_away()
    bench.trading.query_error = TransportError("down", was_sent=True)
    bench.desk.cancel_everywhere()
    await bench.clock.settle()
    assert f"all:{XBT}" in bench.trading.cancels
    await bench.stop()


async def test_many_unreadable_messages_are_one_reading() -> None:
    bench = await a_started_bench()
    reads = bench.gateway.reads
    for _ in range(50):
        bench.stream.push(FrameUnreadable("no frame at all", None))
    await bench.clock.advance(3.0)
    assert bench.desk.is_trusted
    assert bench.account.is_trusted
    assert bench.gateway.reads - reads <= 2
    await bench.stop()


async def test_a_refused_channel_is_asked_for_again() -> None:
    bench = await a_started_bench()
    channel = Channel(ChannelKind.ORDERS)
    bench.stream.push(ChannelRefused(channel, "exceed max subscription count"))
    assert not bench.desk.is_trusted
    before = bench.stream.channels.count(channel)
    await bench.clock.advance(31.0)
    assert bench.stream.channels.count(channel) == before + 1
    await bench.stop()


async def test_orders_that_ended_long_ago_are_forgotten_and_recent_ones_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(orders_module, "KEPT_TERMINAL", 5)
    bench = await a_started_bench()

    def end(number: int) -> None:
        name = f"n{number}"
        bench.stream.push(
            an_order_update(
                order_id=OrderId(name), client_oid=ClientOid(name), is_reduce_only=False
            ),
            an_order_update(
                order_id=OrderId(name),
                client_oid=ClientOid(name),
                canceled=Lots(2),
                is_done=True,
                is_reduce_only=False,
            ),
        )

    for number in range(20):
        end(number)
    assert len(bench.desk.orders) == 20, "procedures may still look at them"
    await bench.clock.advance(700.0)
    end(99)
    assert len(bench.desk.orders) <= 7
    assert ClientOid("n99") in bench.desk.orders
    await bench.stop()


async def test_a_stop_that_became_another_order_is_over() -> None:
    """What a stop becomes may have an id of its own: the stop itself is looked up."""
    bench = await a_started_bench()
    stop = an_order_update(order_id=O1, client_oid=None, untriggered=True, trigger=Price(900))
    bench.stream.push(stop)
    (waiting,) = bench.desk.working(XBT)
    assert waiting.state is OrderState.UNTRIGGERED
    over = replace(stop, untriggered=False, is_done=True, canceled=Lots(0), remaining=Lots(0))
    bench.trading.known[O1] = over
    bench.stream.push(replace(stop, untriggered=False))
    await bench.clock.settle()
    assert bench.desk.orders[waiting.client_oid].state is OrderState.CANCELED
    assert bench.desk.working(XBT) == ()
    await bench.stop()


async def test_a_stop_whose_order_was_refused_says_why() -> None:
    bench = Bench()
    await bench.start()
    stop = an_order_update(order_id=O1, client_oid=None, untriggered=True, trigger=Price(900))
    bench.stream.push(stop)
    why = "The stop fired, but the exchange refused its order: no balance."
    ended = replace(stop, untriggered=False, is_done=True, canceled=stop.lots, reason=why)
    bench.stream.push(replace(ended, remaining=Lots(0)))
    (order,) = bench.desk.orders.values()
    assert (order.state, order.reason) == (OrderState.CANCELED, why)
    assert bench.notices.notices[-1].text.endswith(why)
    await bench.stop()


async def test_a_stop_whose_event_beats_the_answer_is_one_order() -> None:
    """Its event tells no id of ours: until the answer it looks like one placed elsewhere."""
    bench = await a_started_bench()
    bench.trading.hold = asyncio.Event()
    trigger = StopTrigger(StopDirection.DOWN, StopReference.MARK, Price(950))
    result = bench.desk.submit(a_ticket(trigger=trigger, is_reduce_only=True))
    assert isinstance(result, Submitted)
    await bench.clock.settle()
    event = an_order_update(
        order_id=OrderId("id-1"), client_oid=None, untriggered=True, trigger=Price(950)
    )
    bench.stream.push(event)
    await bench.clock.settle()
    assert len(bench.desk.working()) == 2
    bench.trading.hold.set()
    await bench.clock.settle()
    (order,) = bench.desk.working()
    assert (order.client_oid, order.state) == (result.client_oid, OrderState.UNTRIGGERED)
    assert order.is_reduce_only
    assert not bench.desk.flags_unknown
    bench.stream.push(replace(event, is_done=True, canceled=Lots(2), untriggered=False))
    assert bench.desk.working() == ()
    await bench.stop()


def a_stop_told(order_id: OrderId = O1) -> OrderUpdate:
    """A stop's message: it tells no id of ours, nor what only reduces (reference 5.7)."""
    return an_order_update(
        order_id=order_id,
        client_oid=None,
        side=Side.SELL,
        order_type=OrderType.MARKET,
        price=None,
        untriggered=True,
        trigger=Price(900),
    )


async def test_a_stop_whose_message_beats_its_answer_is_one_order() -> None:
    bench = await a_started_bench()
    bench.trading.on_place = lambda _ticket, _oid: bench.stream.push(
        a_stop_told(OrderId(f"id-{len(bench.trading.placed)}"))
    )
    result = bench.desk.submit(a_ticket(**stop_at(900)))
    assert isinstance(result, Submitted)
    await bench.clock.settle()
    (order,) = bench.desk.working()
    assert order.client_oid == result.client_oid
    assert (order.state, order.trigger, order.is_reduce_only) == (
        OrderState.UNTRIGGERED,
        900,
        True,
    )
    bench.stream.push(replace(a_stop_told(), untriggered=False, is_done=True, canceled=Lots(2)))
    assert bench.desk.working() == ()
    assert bench.desk.orders[result.client_oid].state is OrderState.CANCELED
    await bench.stop()


async def test_a_stop_whose_answer_is_lost_and_whose_message_came_is_one_order() -> None:
    bench = await a_started_bench()
    bench.trading.on_place = lambda _ticket, _oid: bench.stream.push(a_stop_told())
    bench.trading.place_outcomes.append(Unknown("No answer."))
    result = bench.desk.submit(a_ticket(**stop_at(900)))
    assert isinstance(result, Submitted)
    known = replace(a_stop_told(), client_oid=result.client_oid, is_reduce_only=True)
    bench.trading.known[result.client_oid] = known
    bench.trading.known[O1] = known
    await bench.clock.advance(5.0)
    (order,) = bench.desk.working()
    assert (order.client_oid, order.order_id) == (result.client_oid, O1)
    assert order.state is OrderState.UNTRIGGERED
    await bench.stop()


async def test_a_fill_that_was_read_before_the_stream_told_it_still_counts() -> None:
    """Reading it for its fee is not applying it; the late message is, once, and keeps the fee."""
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    fee = Money(Decimal("0.01"), "USDT")
    at = TimestampNs(NOW_NS + 1_000_000_000)
    fill = a_fill(order_id=OrderId("id-1"), lots=Lots(2), event_at=at)
    heard: list[Fill] = []
    bench.desk.on_fill.add(heard.append)
    bench.desk.take_recent_fills((replace(fill, fee=fee),))
    assert (heard, bench.account.position(XBT).core.lots) == ([], 0)
    update = an_order_update(
        order_id=OrderId("id-1"), client_oid=oid, filled=Lots(2), is_done=True, fill=fill
    )
    bench.stream.push(update, update)
    assert heard == [fill]
    assert bench.account.position(XBT).core.lots == 2
    assert [one.fee for one in bench.desk.fills] == [fee]
    assert [event.what.value for event in bench.desk.journal.trail(oid)].count("filled") == 1
    await bench.stop()


async def test_an_order_with_exits_is_written_down_as_a_bracket() -> None:
    bench = await a_started_bench()
    exits = AttachedExits(StopReference.MARK, down=Price(900))
    bench.desk.submit(a_ticket(exits=exits))
    intention = bench.desk.journal.intention(C1)
    assert intention is not None
    assert intention.purpose is Purpose.BRACKET
    await bench.clock.settle()
    await bench.stop()
