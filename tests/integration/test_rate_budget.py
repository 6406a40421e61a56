"""The rate budget, retries and the clock against the simulated exchange over real sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.domain.candles import CandleInterval
from terminal.domain.units import ClientOid, OrderId
from terminal.exchange.outcome import NotSent, Rejected, Unknown
from terminal.simexchange.server import SimExchange
from terminal.wire.endpoints import Pool
from tests.support.builders import XBT, a_ticket
from tests.support.live import clients_of
from tests.support.steady_time import SteadyClock, steady_time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.exchange.connect import ExchangeClients
    from terminal.exchange.limiter import PoolState

OID = ClientOid("tern-budget")


@pytest.fixture
async def exchange() -> AsyncIterator[SimExchange]:
    exchange = SimExchange(is_calm=True, clock=steady_time())
    await exchange.start()
    yield exchange
    await exchange.stop()


@pytest.fixture
async def clients(exchange: SimExchange) -> AsyncIterator[ExchangeClients]:
    clients = clients_of(exchange)
    await clients.synchronize_clock()
    await clients.market.contracts()
    yield clients
    await clients.aclose()


def pool_of(clients: ExchangeClients, pool: Pool) -> PoolState:
    state = clients.budget.state(SteadyClock().monotonic_s())
    return next(one for one in state.pools if one.name == pool.value)


def counted(exchange: SimExchange, name: str) -> int:
    """What the exchange itself counted in a pool."""
    return sum(pool.spent for (kind, _), pool in exchange.quota.pools.items() if kind == name)


def spend(exchange: SimExchange, remaining: int) -> None:
    """Somebody else with the same key spends the futures pool."""
    for (kind, _), pool in exchange.quota.pools.items():
        if kind == "Futures":
            pool.spent = pool.limit - remaining


async def test_both_sides_count_alike(exchange: SimExchange, clients: ExchangeClients) -> None:
    """Weights and figures of both readings of the reference agree, call by call."""
    await clients.market.book_snapshot(XBT)
    await clients.market.candles(XBT, CandleInterval.M1)
    await clients.account.wallet("USDT")
    await clients.account.positions()
    await clients.trading.open_orders()
    await clients.trading.open_stops()
    await clients.trading.recent_fills()
    await clients.trading.cancel(OrderId("1"))
    for pool in (Pool.PUBLIC, Pool.FUTURES):
        shown = pool_of(clients, pool)
        assert shown.limit - shown.remaining == counted(exchange, pool.value) > 0
        assert 0 < shown.resets_in_ms <= 30_100


async def test_an_overload_is_ridden_out_by_reads_and_cancels_only(
    exchange: SimExchange, clients: ExchangeClients
) -> None:
    """An order's end is not known then; nothing is blocked."""
    exchange.faults.overloads = 2
    assert (await clients.account.wallet("USDT")).equity.amount > 0
    exchange.faults.overloads = 1
    outcome = await clients.trading.cancel(OrderId("1"))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "100004"
    exchange.faults.overloads = 1
    assert isinstance(await clients.trading.place(a_ticket(), OID), Unknown)
    assert exchange.faults.overloads == 0
    assert clients.budget.state(SteadyClock().monotonic_s()).overloads == 4


async def test_a_cancel_that_met_an_error_of_the_server_is_asked_again(
    exchange: SimExchange, clients: ExchangeClients
) -> None:
    """The second one tells how it stands."""
    exchange.faults.server_errors = 1
    outcome = await clients.trading.cancel(OrderId("1"))
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.status) == ("100004", 200)


async def test_near_the_end_of_the_quota_only_what_is_safe_is_sent(
    exchange: SimExchange, clients: ExchangeClients
) -> None:
    """An order is told at once that it was not sent, a cancel goes ahead."""
    await clients.account.positions()
    spend(exchange, 100)
    await clients.account.positions()
    outcome = await clients.trading.place(a_ticket(), OID)
    assert isinstance(outcome, NotSent)
    assert "quota" in outcome.sentence
    assert isinstance(await clients.trading.cancel(OrderId("1")), Rejected)
    assert pool_of(clients, Pool.FUTURES).remaining < 100


async def test_a_quota_that_others_spent_is_proof_that_nothing_was_placed(
    exchange: SimExchange, clients: ExchangeClients
) -> None:
    """The gateway says so with its figures; the next order is not even sent."""
    await clients.account.positions()
    spend(exchange, 0)
    outcome = await clients.trading.place(a_ticket(), OID)
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.status) == ("429000", 429)
    assert isinstance(await clients.trading.place(a_ticket(), OID), NotSent)
    assert pool_of(clients, Pool.FUTURES).blocked_for_ms > 0
    assert await clients.market.server_time() > 0, "other pools go on"


async def test_a_clock_that_was_set_wrongly_is_found_by_the_first_refusal(
    exchange: SimExchange, clients: ExchangeClients
) -> None:
    """A read measures and goes through."""
    exchange.clock.shift_ms = 45_000
    assert (await clients.account.wallet("USDT")).equity.amount > 0
    assert abs(clients.keeper.time.offset_ms - 45_000) < 1000
