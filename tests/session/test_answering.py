"""What comes back of a command, errors of our own included, is an outcome."""

from __future__ import annotations

import pytest

from terminal.domain.events import StopReference
from terminal.domain.order import OrderState
from terminal.domain.ticket import AttachedExits, OrderTicket
from terminal.domain.units import ClientOid, OrderId, Price
from terminal.exchange.batches import Subject
from terminal.exchange.order_socket import Correction
from terminal.exchange.outcome import Route, Unknown
from terminal.exchange.routes import RouteState
from tests.support.builders import a_ticket, an_order_update
from tests.support.desk import a_started_bench

C1 = ClientOid("c1")
O1 = OrderId("id-1")


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
