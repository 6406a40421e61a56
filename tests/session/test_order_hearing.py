"""What the exchange tells of orders, by stream and by list, and when it is believed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from terminal.domain.order import OrderState
from terminal.domain.units import ClientOid, Lots, OrderId, Price
from terminal.exchange.gateway import (
    Channel,
    ChannelConfirmed,
    ChannelKind,
    ChannelRefused,
    FrameUnreadable,
)
from terminal.session.results import Blocked, Submitted
from tests.support.builders import XBT, a_ticket, an_order_update
from tests.support.desk import Bench, a_started_bench, an_open_order

C1 = ClientOid("c1")
O1 = OrderId("id-1")


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


async def test_ghosts_are_found_by_the_minutely_comparison() -> None:
    bench = await a_started_bench()
    oid = await an_open_order(bench)
    bench.trading.known[O1] = an_order_update(
        order_id=O1, client_oid=oid, canceled=Lots(2), is_done=True
    )
    await bench.clock.advance(61.0)
    assert bench.desk.orders[oid].state is OrderState.CANCELED
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
