"""Our fills: each counts once, and gets its fee when somebody tells it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from terminal.domain.clock import TimestampNs
from terminal.domain.events import PositionSide
from terminal.domain.units import ClientOid, Lots, Money, OrderId, Symbol
from tests.support.builders import NOW_NS, XBT, a_fill, an_order_update
from tests.support.desk import a_started_bench, an_open_order

if TYPE_CHECKING:
    from terminal.domain.events import Fill

C1 = ClientOid("c1")
O1 = OrderId("id-1")


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


async def test_the_fills_of_a_position_are_those_of_its_lane_oldest_first() -> None:
    """The stream names no lane: its order's is meant. In one-way mode all of the contract are."""
    bench = await a_started_bench()
    fills = bench.desk.own_fills
    late = a_fill(order_id=O1, trade_id="t2", event_at=TimestampNs(NOW_NS + 5))
    before = fills.revision
    bench.stream.push(
        an_order_update(
            order_id=O1, client_oid=None, filled=Lots(2), fill=late,
            position_side=PositionSide.LONG,
        )
    )  # fmt: skip
    assert fills.revision > before
    told = a_fill(order_id=OrderId("o9"), trade_id="t1", position_side=PositionSide.SHORT)
    bench.desk.take_recent_fills((*bench.desk.fills, told))
    assert fills.of_lane(XBT, PositionSide.BOTH) == (told, late)
    assert fills.of_lane(XBT, PositionSide.LONG) == (late,)
    assert fills.of_lane(XBT, PositionSide.SHORT) == (told,)
    assert fills.of_lane(Symbol("ETHUSDTM"), PositionSide.BOTH) == ()
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
