"""Our fills: each counts once, and gets its fee when somebody tells it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from terminal.domain.clock import TimestampNs
from terminal.domain.units import ClientOid, Lots, Money, OrderId
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
