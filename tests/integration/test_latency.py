"""The anatomy of orders that were really sent, with delays that the exchange was told to make."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from terminal.domain.events import OrderType
from terminal.domain.order import OrderState
from terminal.domain.units import Price
from terminal.exchange.outcome import Route
from terminal.session.latency import Part
from terminal.session.results import Submitted
from tests.support.builders import XBT, a_ticket
from tests.support.deadlines import eventually
from tests.support.live import Live

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.session.latency import Anatomy


@pytest.fixture
async def live() -> AsyncIterator[Live]:
    one = Live(is_calm=True)
    await one.start()
    yield one
    await one.stop()


async def sent(live: Live) -> Anatomy:
    """A resting order, sent by a gesture and seen in the stream."""
    desk = live.backend.desk
    with desk.latency.gesture():
        result = desk.submit(a_ticket(price=Price(10_000)))
    assert isinstance(result, Submitted)
    anatomy = desk.latency.of(result.client_oid)
    assert anatomy is not None
    await eventually(lambda: is_told(anatomy), "answer and event")
    desk.latency.painted(result.client_oid)
    assert desk.orders[result.client_oid].state is OrderState.OPEN
    return anatomy


def is_told(anatomy: Anatomy) -> bool:
    return anatomy.event_s is not None and anatomy.route is not None


async def test_every_part_of_an_order_by_rest_is_known_but_the_gateways(live: Live) -> None:
    """REST tells no times of the gateway; what is known adds up to the whole."""
    parts = (await sent(live)).parts()
    unknown = {part for part, value in parts.items() if value is None}
    assert unknown == {Part.THERE, Part.GATEWAY, Part.BACK}
    known = {part: value for part, value in parts.items() if value is not None}
    assert all(value >= 0 for value in known.values())
    way = (Part.GUARD, Part.SIGN, Part.WRITE, Part.EVENT, Part.PAINT)
    assert sum(known[part] for part in way) == pytest.approx(known[Part.WHOLE], abs=0.01)
    counts = {one.part: one.count for one in live.backend.desk.latency.percentiles(Route.REST)}
    assert counts == dict.fromkeys(known, 1)


async def test_a_close_and_the_orders_of_a_batch_are_stamped_like_any_other(live: Live) -> None:
    """By a key as well: flattening is one gesture, however many steps it takes."""
    desk = live.backend.desk
    tickets = [a_ticket(price=Price(10_000 + number)) for number in range(2)]
    with desk.latency.gesture():
        results = desk.submit_batch(tickets)
    bought = desk.submit(a_ticket(order_type=OrderType.MARKET, price=None))
    account = live.backend.account
    await eventually(lambda: not account.position(XBT).core.is_flat, "a position")
    with desk.latency.gesture():
        desk.flatten(XBT)
    await eventually(
        lambda: any(order.is_close_order and order.filled for order in desk.orders.values()),
        "the close",
    )
    (close,) = [order.client_oid for order in desk.orders.values() if order.is_close_order]
    names = [one.client_oid for one in (*results, bought) if isinstance(one, Submitted)]
    for client_oid in (*names, close):
        anatomy = desk.latency.of(client_oid)
        assert anatomy is not None
        await eventually(partial(is_told, anatomy), f"answer and event of {client_oid}")
        desk.latency.painted(client_oid)
        unknown = {part for part, value in anatomy.parts().items() if value is None}
        no_key = {Part.GUARD} if client_oid == names[-1] else set()
        assert unknown == {Part.THERE, Part.GATEWAY, Part.BACK} | no_key
    assert len(names) == 3
    await eventually(lambda: not desk.flattening(XBT), "the end of flattening")


async def test_a_delay_is_found_where_it_was_made(live: Live) -> None:
    """The answers are made to wait: the way to the wire stays what it was."""
    await sent(live)
    live.exchange.faults.set("answer_delay_s", 0.15)
    parts = (await sent(live)).parts()
    reply, write = parts[Part.REPLY], parts[Part.WRITE]
    assert reply is not None
    assert write is not None
    assert reply >= 150
    assert write < reply
