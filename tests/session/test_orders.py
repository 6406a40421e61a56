"""The desk: every way a command can end."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from terminal.domain.order import OrderState, PendingCommand
from terminal.domain.units import ClientOid, Lots, OrderId, Side
from terminal.exchange.batches import Subject
from terminal.exchange.errors import TransportError
from terminal.exchange.order_socket import Correction
from terminal.exchange.outcome import Accepted, NotSent, Outcome, Rejected, Route, Unknown
from terminal.session.cancels import SETTLED_REST_S
from terminal.session.resolution import SIGNED_FOR_S, WAITS_S
from terminal.session.results import Submitted
from tests.support.builders import XBT, a_ticket, an_order_update
from tests.support.desk import a_started_bench, an_open_order

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
