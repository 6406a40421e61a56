"""Moving: cancel first, and a new order only when the old one's end is known."""

from __future__ import annotations

from terminal.domain.order import OrderState, PendingCommand
from terminal.domain.units import ClientOid, Lots, OrderId, Price
from terminal.exchange.outcome import Unknown
from tests.support.builders import XBT, an_order_update
from tests.support.desk import Bench, a_started_bench, an_open_order

O1 = OrderId("id-1")
TARGET = Price(995)


def ends(bench: Bench, oid: ClientOid, *, filled: int = 0, canceled: int = 2) -> None:
    bench.stream.push(
        an_order_update(
            order_id=O1, client_oid=oid, filled=Lots(filled), canceled=Lots(canceled), is_done=True
        )
    )


async def test_the_new_order_waits_for_the_end_of_the_old_one() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    assert bench.desk.move(oid, TARGET) is None
    assert bench.desk.orders[oid].pending is PendingCommand.MOVE
    await bench.clock.advance(1.0)
    assert bench.trading.cancels == [O1]
    assert len(bench.trading.placed) == 1, "the answer to the cancel is not its end"
    ends(bench, oid)
    await bench.clock.settle()
    ticket, _ = bench.trading.placed[1]
    assert (ticket.price, ticket.lots) == (TARGET, 2)
    await bench.stop()


async def test_what_filled_on_the_way_is_not_bought_twice() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.desk.move(oid, TARGET)
    await bench.clock.settle()
    ends(bench, oid, filled=1, canceled=1)
    await bench.clock.settle()
    assert bench.trading.placed[1][0].lots == 1
    await bench.stop()


async def test_an_order_whose_last_fill_was_told_and_its_end_was_not_cannot_be_moved() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.stream.push(an_order_update(order_id=O1, client_oid=oid, filled=Lots(2)))
    assert bench.desk.orders[oid].is_working
    blocked = bench.desk.move(oid, TARGET)
    assert blocked is not None
    assert blocked.blocks[0].reason == "Nothing is left of the order to move."
    assert bench.trading.cancels == []
    await bench.stop()


async def test_an_order_that_filled_instead_sends_nothing() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.desk.move(oid, TARGET)
    await bench.clock.settle()
    ends(bench, oid, filled=2, canceled=0)
    await bench.clock.settle()
    assert len(bench.trading.placed) == 1
    assert bench.sentences == ["Filled before it could be moved; nothing was sent."]
    await bench.stop()


async def test_an_unknown_end_sends_nothing() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.trading.known[O1] = an_order_update(order_id=O1, client_oid=oid)
    bench.trading.cancel_outcomes.extend([Unknown("No answer.")] * 3)
    bench.desk.move(oid, TARGET)
    await bench.clock.advance(30.0)
    assert len(bench.trading.placed) == 1
    assert any(sentence.startswith("Not moved:") for sentence in bench.sentences)
    ends(bench, oid)
    await bench.clock.advance(5.0)
    assert len(bench.trading.placed) == 1, "a late end does not send it after all"
    await bench.stop()


async def test_blocked_moves_leave_the_order_alone() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    for price in (Price(1001 + 21), Price(1000), Price(0)):
        assert bench.desk.move(oid, price) is not None
    assert bench.desk.move(ClientOid("nobody"), TARGET) is not None
    await bench.clock.settle()
    assert bench.trading.cancels == []
    assert bench.desk.orders[oid].state is OrderState.OPEN
    await bench.stop()


async def test_a_book_that_goes_stale_on_the_way_keeps_the_new_order_back() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.desk.move(oid, TARGET)
    await bench.clock.settle()
    bench.touch = None
    ends(bench, oid)
    await bench.clock.settle()
    assert len(bench.trading.placed) == 1
    assert bench.sentences[-1].startswith("Canceled, but the new order was not sent.")
    await bench.stop()


async def test_cancelling_in_the_middle_of_a_move_wins() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.desk.move(oid, TARGET)
    bench.desk.cancel(oid)
    await bench.clock.settle()
    ends(bench, oid)
    await bench.clock.settle()
    assert len(bench.trading.placed) == 1
    assert bench.sentences == ["Canceled instead of moved."]
    await bench.stop()


async def test_cancel_all_in_the_middle_of_a_move_wins() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.desk.move(oid, TARGET)
    bench.desk.cancel_all(XBT)
    await bench.clock.settle()
    ends(bench, oid)
    await bench.clock.advance(3.0)
    assert len(bench.trading.placed) == 1
    await bench.stop()


async def test_flattening_in_the_middle_of_a_move_wins() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.desk.move(oid, TARGET)
    bench.desk.flatten(XBT)
    await bench.clock.settle()
    ends(bench, oid)
    await bench.clock.advance(5.0)
    assert len(bench.trading.placed) == 1
    await bench.stop()


async def test_a_move_that_is_aborted_from_outside_only_cancels() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.desk.move(oid, TARGET)
    bench.desk.abort_moves(XBT)
    await bench.clock.settle()
    ends(bench, oid)
    await bench.clock.settle()
    assert len(bench.trading.placed) == 1
    assert bench.sentences == ["Canceled instead of moved."]
    await bench.stop()


async def test_what_was_canceled_before_stays_canceled() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench, lots=Lots(10), canceled=Lots(6))
    bench.desk.move(oid, TARGET)
    await bench.clock.settle()
    bench.stream.push(
        an_order_update(order_id=O1, client_oid=oid, lots=Lots(10), canceled=Lots(10), is_done=True)
    )
    await bench.clock.settle()
    assert bench.trading.placed[1][0].lots == 4
    await bench.stop()


async def test_an_order_is_moved_once_at_a_time() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    assert bench.desk.move(oid, TARGET) is None
    assert bench.desk.move(oid, Price(990)) is not None
    await bench.clock.settle()
    ends(bench, oid)
    await bench.clock.settle()
    assert [ticket.price for ticket, _ in bench.trading.placed] == [1000, TARGET]
    await bench.stop()


async def test_disarming_leaves_the_move_of_an_exit_alone() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench, is_reduce_only=True)
    bench.desk.move(oid, TARGET)
    bench.desk.abort_moves(XBT, exits_too=False)
    await bench.clock.settle()
    ends(bench, oid)
    await bench.clock.settle()
    assert bench.trading.placed[1][0].is_reduce_only
    await bench.stop()
