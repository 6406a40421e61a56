"""Many orders in one request: chunks, one verdict for each, and limits on the sum."""

from __future__ import annotations

from decimal import Decimal

import pytest

from terminal.domain.guard import BlockField, GuardLimits
from terminal.domain.order import OrderState
from terminal.domain.units import Lots, Price, Side
from terminal.session.results import Blocked, Submitted
from tests.support.builders import a_contract, a_ticket
from tests.support.desk import a_started_bench
from tests.support.pocket import Fate, a_pocket_desk


async def test_orders_go_in_chunks_of_twenty_each_written_down_and_shown_before() -> None:
    d = await a_pocket_desk()
    tickets = [a_ticket(price=Price(900 + number)) for number in range(41)]
    results = d.desk.submit_batch(tickets)
    oids = [result.client_oid for result in results if isinstance(result, Submitted)]
    assert len(oids) == 41
    assert all(d.desk.journal.intention(oid) is not None for oid in oids)
    assert len(d.desk.working()) == 41
    await d.clock.settle()
    batches = [one for one in d.exchange.log if one.startswith("batch")]
    assert batches == ["batch of 20", "batch of 20"], "the one left over goes by itself"
    assert {d.desk.orders[oid].state for oid in oids} == {OrderState.OPEN}
    assert [d.desk.orders[oid].price for oid in oids] == [ticket.price for ticket in tickets]
    await d.stop()


async def test_a_blocked_or_refused_item_holds_no_other_up() -> None:
    d = await a_pocket_desk()
    tickets = [
        a_ticket(price=Price(900)),
        a_ticket(price=Price(5000)),  # beyond the collar
        a_ticket(price=Price(901)),
        a_ticket(price=Price(902)),
    ]
    fates = iter([Fate.WELL, Fate.REFUSED, Fate.LOST])
    d.exchange.fate = lambda kind: next(fates, Fate.WELL) if kind == "place" else Fate.WELL
    results = d.desk.submit_batch(tickets)
    assert [isinstance(result, Blocked) for result in results] == [False, True, False, False]
    await d.clock.settle()
    sent = [result.client_oid for result in results if isinstance(result, Submitted)]
    assert [d.desk.orders[oid].state for oid in sent] == [
        OrderState.OPEN,
        OrderState.REJECTED,
        OrderState.UNKNOWN,
    ]
    await d.clock.advance(30.0)
    assert d.desk.orders[sent[2]].state is OrderState.REJECTED, "asked about until it was sure"
    assert len(d.exchange.orders) == 1, "and never sent again"
    await d.stop()


async def test_what_opens_together_is_bounded_as_one_order() -> None:
    d = await a_pocket_desk()
    d.limits = GuardLimits(max_lots=Lots(10))
    buys = [a_ticket(lots=Lots(6)), a_ticket(lots=Lots(6))]
    sell = a_ticket(side=Side.SELL, price=Price(1010), lots=Lots(6))
    results = d.desk.submit_batch([*buys, sell])
    assert [type(result) for result in results] == [Blocked, Blocked, Submitted]
    assert isinstance(results[0], Blocked)
    assert results[0].blocks[0].field is BlockField.LOTS
    assert results[0].blocks[0].reason.startswith("Together: 12 lots")
    await d.clock.settle()
    assert len(d.exchange.orders) == 1
    d.limits = GuardLimits(max_value=Decimal(1))
    results = d.desk.submit_batch([a_ticket(lots=Lots(6)), a_ticket(lots=Lots(6))])
    assert isinstance(results[0], Blocked)
    assert results[0].blocks[0].field is BlockField.VALUE
    await d.stop()


async def test_limits_on_the_sum_leave_what_reduces_alone() -> None:
    d = await a_pocket_desk()
    await d.hold(40)
    d.limits = GuardLimits(max_lots=Lots(10))
    exits = [
        a_ticket(side=Side.SELL, price=Price(1010 + n), lots=Lots(20), is_reduce_only=True)
        for n in range(2)
    ]
    assert all(isinstance(result, Submitted) for result in d.desk.submit_batch(exits))
    await d.clock.settle()
    assert len(d.exchange.alive()) == 2
    await d.stop()


async def test_the_exchanges_bound_on_one_order_does_not_bound_a_batch() -> None:
    d = await a_pocket_desk()
    most = a_contract().max_order_lots
    d.limits = GuardLimits(max_lots=Lots(3 * most), max_value=Decimal(10**12))
    results = d.desk.submit_batch([a_ticket(lots=most), a_ticket(lots=most)])
    assert [type(result) for result in results] == [Submitted, Submitted]
    await d.stop()


async def test_a_preview_counts_those_before_in_and_sends_nothing() -> None:
    d = await a_pocket_desk()
    d.limits = GuardLimits(max_position=Lots(5))
    tickets = [a_ticket(), a_ticket(), a_ticket(), a_ticket(is_reduce_only=True)]
    blocks = d.desk.batch_blocks(tickets)
    assert [[one.field for one in some] for some in blocks] == [[], [], [BlockField.POSITION], []]
    results = d.desk.submit_batch(tickets)
    assert [type(result) for result in results] == [Submitted, Submitted, Blocked, Submitted]
    d.limits = GuardLimits(max_lots=Lots(5))
    blocks = d.desk.batch_blocks(tickets[:3])
    assert all(some[0].reason.startswith("Together: 6 lots") for some in blocks)
    await d.clock.settle()
    assert len(d.exchange.orders) == 2
    await d.stop()


async def test_a_batch_that_fails_in_the_program_leaves_its_orders_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    d = await a_pocket_desk()

    async def broken(_orders: object) -> tuple[object, ...]:
        raise ValueError("ours")

    monkeypatch.setattr(d.exchange, "place_batch", broken)  # an error of ours
    results = d.desk.submit_batch([a_ticket(), a_ticket()])
    await d.clock.settle()
    states = {d.desk.orders[one.client_oid].state for one in results if isinstance(one, Submitted)}
    assert states == {OrderState.UNKNOWN}
    assert d.errors
    d.errors.clear()
    await d.stop()


@pytest.mark.parametrize("number", [1, 3])
async def test_a_stop_between_the_decision_and_the_sending_lets_nothing_open(number: int) -> None:
    """What is switched off in the same moment is not sent any more; what only reduces goes."""
    bench = await a_started_bench()
    stop = [""]
    bench.desk.stops.append(lambda: stop[0])
    tickets = [a_ticket(price=Price(990 - n)) for n in range(number)]
    bench.desk.submit_batch([*tickets, a_ticket(is_reduce_only=True)])
    stop[0] = "The kill switch was used."
    await bench.clock.settle()
    assert [ticket.is_reduce_only for ticket, _ in bench.trading.placed] == [True]
    told = [s for s in bench.sentences if s == "Not sent: The kill switch was used."]
    assert len(told) == number
    states = [order.state for order in bench.desk.orders.values()]
    assert states[:number] == [OrderState.REJECTED] * number
    await bench.stop()
