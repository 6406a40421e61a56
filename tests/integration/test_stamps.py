"""The way of an order in time, by both routes, on the simulated exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.domain.units import ClientOid, Price
from terminal.exchange.connect import connect
from terminal.exchange.credentials import Credentials
from terminal.exchange.hosts import Hosts
from terminal.exchange.outcome import Accepted, Route
from terminal.exchange.stamps import Stamps, stamping
from terminal.session.tasks import TaskOwner
from terminal.simexchange.server import SimExchange
from tests.support.builders import a_ticket
from tests.support.deadlines import eventually
from tests.support.steady_time import SteadyClock, steady_time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.exchange.connect import ExchangeClients


@pytest.fixture
async def exchange() -> AsyncIterator[SimExchange]:
    one = SimExchange(is_calm=True, clock=steady_time())
    await one.start()
    yield one
    await one.stop()


def clients_of(exchange: SimExchange, orders: str) -> ExchangeClients:
    key = exchange.key
    hosts = Hosts(exchange.rest, exchange.rest, orders)
    return connect(hosts, Credentials(key.key, key.secret, key.passphrase), SteadyClock())


async def place(clients: ExchangeClients, name: str) -> tuple[Stamps, Route, float, float]:
    """Place an order far away; the stamps, and our clock before and after."""
    stamps, clock = Stamps(), clients.clock
    before_s = clock.monotonic_s()
    with stamping(stamps):
        outcome = await clients.trading.place(a_ticket(price=Price(10_000)), ClientOid(name))
    assert isinstance(outcome, Accepted), outcome
    return stamps, outcome.route, before_s, clock.monotonic_s()


async def test_by_rest(exchange: SimExchange) -> None:
    """Signed, sent, answered, in this order; the gateway's times are not told there."""
    clients = clients_of(exchange, "")
    await clients.market.contracts()
    stamps, route, before_s, after_s = await place(clients, "c1")
    assert route is Route.REST
    assert stamps.signed_s is not None
    assert stamps.sent_s is not None
    assert stamps.replied_s is not None
    assert before_s <= stamps.signed_s <= stamps.sent_s <= stamps.replied_s <= after_s
    assert stamps.gateway_in_ms is stamps.gateway_out_ms is None
    await clients.aclose()


async def test_by_the_order_socket(exchange: SimExchange) -> None:
    """Sent and answered, with the gateway's times between; nothing is signed for one order."""
    clients = clients_of(exchange, exchange.ws_api)
    await clients.market.contracts()
    socket = clients.order_socket
    assert socket is not None
    errors: list[str] = []
    owner = TaskOwner("test", lambda name, error: errors.append(f"{name} {error!r}"))
    owner.spawn("order socket", socket.run())
    await eventually(lambda: socket.is_ready, "the order socket")
    stamps, route, before_s, after_s = await place(clients, "c1")
    assert route is Route.SOCKET
    assert stamps.signed_s is None
    assert stamps.sent_s is not None
    assert stamps.replied_s is not None
    assert before_s <= stamps.sent_s <= stamps.replied_s <= after_s
    assert stamps.gateway_in_ms is not None
    assert stamps.gateway_out_ms is not None
    assert stamps.gateway_in_ms <= stamps.gateway_out_ms
    again, *_ = await place(clients, "c2")
    assert again.sent_s is not None
    assert again.sent_s > stamps.sent_s
    await owner.close()
    await clients.aclose()
    assert errors == []
