"""The anatomy of orders that were really sent, with delays that the exchange was told to make."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.domain.order import OrderState
from terminal.domain.units import Price
from terminal.exchange.outcome import Route
from terminal.session.latency import Part
from terminal.session.results import Submitted
from tests.support.builders import a_ticket
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
    await eventually(
        lambda: anatomy.event_s is not None and anatomy.route is not None, "answer and event"
    )
    desk.latency.painted(result.client_oid)
    assert desk.orders[result.client_oid].state is OrderState.OPEN
    return anatomy


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
