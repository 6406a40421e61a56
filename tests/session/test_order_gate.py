"""The gate: what keeps a ticket from leaving, and what is written down of one that leaves."""

from __future__ import annotations

from decimal import Decimal

import pytest

from terminal.domain.events import MarginMode, StopReference
from terminal.domain.guard import BlockField, GuardLimits
from terminal.domain.intention import Purpose
from terminal.domain.ticket import AttachedExits, OrderTicket, close_ticket
from terminal.domain.units import ClientOid, Lots, OrderId, Price
from terminal.session.results import Blocked, Submitted
from tests.support.builders import XBT, a_ticket
from tests.support.desk import a_started_bench
from tests.support.pocket import stop_at

C1 = ClientOid("c1")
O1 = OrderId("id-1")


@pytest.mark.parametrize(
    ("ticket", "field"),
    [
        (a_ticket(lots=Lots(10_001)), BlockField.LOTS),
        (a_ticket(lots=Lots(9_000), price=Price(900_000)), BlockField.VALUE),
        (a_ticket(price=Price(1001 + 21)), BlockField.PRICE),
    ],
)
async def test_what_the_guard_blocks_is_not_sent(ticket: OrderTicket, field: BlockField) -> None:
    bench = await a_started_bench()
    result = bench.desk.submit(ticket)
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


async def test_no_entry_leaves_while_the_contract_is_flattened() -> None:
    bench = await a_started_bench()
    bench.desk.flatten(XBT)
    assert isinstance(bench.desk.submit(a_ticket()), Blocked)
    assert bench.desk.blocks(a_ticket(is_reduce_only=True)) == ()
    await bench.clock.advance(5.0)
    assert isinstance(bench.desk.submit(a_ticket()), Submitted)
    await bench.clock.settle()
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


async def test_what_reduces_leaves_although_its_contract_is_not_known_here() -> None:
    """Listed after the start, or not listed any more: only what may open has to be known."""
    bench = await a_started_bench()
    bench.contracts.clear()
    blocked = bench.desk.submit(a_ticket())
    assert isinstance(blocked, Blocked)
    assert blocked.blocks[0].reason == "XBTUSDTM is not listed."
    tickets = (
        a_ticket(is_reduce_only=True),
        close_ticket(XBT, MarginMode.CROSS, trigger=a_ticket(**stop_at(900)).trigger),
    )
    for ticket in tickets:
        assert isinstance(bench.desk.submit(ticket), Submitted)
    assert isinstance(bench.desk.submit_batch([tickets[0], a_ticket()])[0], Submitted)
    await bench.clock.settle()
    assert [ticket for ticket, _ in bench.trading.placed] == [*tickets, tickets[0]]
    await bench.stop()
