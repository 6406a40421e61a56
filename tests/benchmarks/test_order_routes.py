"""An order's round trip on loopback: over the order socket against REST, and back to the caller."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING

import pytest

from terminal.domain.units import ClientOid, Price
from terminal.exchange.connect import connect
from terminal.exchange.credentials import Credentials
from terminal.exchange.hosts import Hosts
from terminal.exchange.outcome import Accepted, Route
from terminal.session.clock import SystemClock
from terminal.session.tasks import TaskOwner
from terminal.simexchange.server import SimExchange
from tests.support.builders import a_ticket
from tests.support.deadlines import eventually
from tests.support.rounds import in_rounds

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture


class Rig:
    """Clients on a calm exchange, with or without the order socket."""

    def __init__(self, route: Route) -> None:
        self.route = route
        self.count = 0

    async def start(self) -> None:
        self.exchange = SimExchange(is_calm=True)
        await self.exchange.start()
        key = self.exchange.key
        address = self.exchange.ws_api if self.route is Route.SOCKET else ""
        self.clients = connect(
            Hosts(self.exchange.rest, self.exchange.rest, address),
            Credentials(key.key, key.secret, key.passphrase),
            SystemClock(),
        )
        self.owner = TaskOwner("bench", lambda name, error: pytest.fail(f"{name}: {error!r}"))
        await self.clients.market.contracts()
        socket = self.clients.order_socket
        if socket is not None:
            self.owner.spawn("order socket", socket.run())
            await eventually(lambda: socket.is_ready, "the order socket")
        market = self.exchange.engine.markets["XBTUSDTM"]
        self.ticket = a_ticket(price=Price(market.last - 200))

    async def place(self) -> float:
        """One order; returns the milliseconds until its outcome."""
        self.count += 1
        began_s = perf_counter()
        outcome = await self.clients.trading.place(self.ticket, ClientOid(f"t-{self.count}"))
        took_ms = (perf_counter() - began_s) * 1000
        assert isinstance(outcome, Accepted), outcome
        assert outcome.route is self.route
        return took_ms

    def clear(self) -> None:
        """Forget what was placed and what it cost, so that every order meets the same exchange."""
        for order in self.exchange.engine.account.active():
            self.exchange.engine.cancel(order)
        self.exchange.quota.pools.clear()

    async def stop(self) -> None:
        await self.owner.close()
        await self.clients.aclose()
        await self.exchange.stop()


@pytest.mark.parametrize("route", list(Route))
def test_order_round_trip(benchmark: BenchmarkFixture, route: Route) -> None:
    loop = asyncio.new_event_loop()
    rig = Rig(route)
    loop.run_until_complete(rig.start())
    took_ms: list[float] = []

    def place() -> None:
        took_ms.append(loop.run_until_complete(rig.place()))

    in_rounds(benchmark, place, setup=rig.clear, rounds=1000, warmup_rounds=50)
    took_ms = sorted(took_ms[50:]) or took_ms
    benchmark.extra_info["round_trip_ms_p50"] = took_ms[len(took_ms) // 2]
    benchmark.extra_info["round_trip_ms_p99"] = took_ms[int(len(took_ms) * 0.99)]
    loop.run_until_complete(rig.stop())
    loop.close()
