"""The way of orders and the rate budget as values, and what is said when the way changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.domain.access import Access
from terminal.exchange.limiter import Grant, RateBudget
from terminal.exchange.meter import Figures, Urgency
from terminal.exchange.order_socket import SocketState, SocketStatus
from terminal.exchange.outcome import Route
from terminal.exchange.routes import RouteState
from terminal.session.health import (
    BY_REST,
    BY_SOCKET,
    BudgetHealth,
    ExchangeHealth,
    PoolHealth,
)
from terminal.session.notices import NoticeBoard, NoticeLevel
from terminal.wire.endpoints import Pool, endpoint
from tests.support.fake_clock import FakeClock
from tests.support.fakes import FakeTradingGateway

if TYPE_CHECKING:
    from collections.abc import Callable

READ = endpoint("GET", "/api/v1/positions")


class FakeSocket:
    """A socket's state, set by hand."""

    def __init__(self, trading: FakeTradingGateway) -> None:
        self.trading = trading
        self.state = SocketState(SocketStatus.STOPPED, "The order socket is not started.")
        self.on_changed: Callable[[], None] | None = None

    def becomes(self, status: SocketStatus, reason: str = "", remedy: str = "") -> None:
        self.state = SocketState(status, reason, remedy)
        route = Route.SOCKET if status is SocketStatus.OPEN else Route.REST
        self.trading.route = RouteState(route, reason, remedy)
        if self.on_changed is not None:
            self.on_changed()


class Bench:
    """Health on fakes, with what was said."""

    def __init__(self, access: Access = Access.FULL) -> None:
        self.clock = FakeClock()
        self.notices = NoticeBoard(self.clock)
        self.trading = FakeTradingGateway()
        self.trading.access = access
        self.budget = RateBudget(dice=lambda: 0.0)
        self.socket = FakeSocket(self.trading)
        self.health = ExchangeHealth(
            self.trading, self.budget, self.clock, self.notices, self.socket
        )

    @property
    def said(self) -> list[tuple[NoticeLevel, str]]:
        return [(one.level, one.text) for one in self.notices.notices]

    def pool(self, name: str = "Futures") -> PoolHealth:
        return next(one for one in self.health.budget.pools if one.name == name)

    def tell(self, remaining: int, reset_ms: int = 20_000) -> None:
        """The exchange's own figures of the futures pool."""
        now_s = self.clock.monotonic_s()
        figures = Figures(2000, remaining, reset_ms)
        self.budget.told(Pool.FUTURES, figures, sent_s=now_s, now_s=now_s)


# The way of orders -------------------------------------------------------------------------------


def test_a_change_of_the_way_is_said_once() -> None:
    """Opened, lost, tried in vain, opened again: two words for each change, none for a trial."""
    bench = Bench()
    told: list[bool] = []
    bench.health.on_changed.add(lambda: told.append(bench.health.way.is_socket))
    bench.health.start()
    bench.socket.becomes(SocketStatus.OPENING, "The order socket is being opened.")
    assert bench.said == []
    bench.socket.becomes(SocketStatus.OPEN)
    bench.socket.becomes(SocketStatus.WAITING, "The order socket broke off.")
    bench.socket.becomes(SocketStatus.OPENING, "The order socket is being opened.")
    bench.socket.becomes(SocketStatus.WAITING, "No connection to the exchange.")
    bench.socket.becomes(SocketStatus.OPEN)
    assert bench.said == [
        (NoticeLevel.INFO, BY_SOCKET),
        (NoticeLevel.WARNING, f"{BY_REST} The order socket broke off."),
        (NoticeLevel.INFO, BY_SOCKET),
    ]
    assert told == [False, True, False, False, False, True]


def test_a_key_that_is_refused_is_said_with_what_can_be_done() -> None:
    bench = Bench()
    bench.health.start()
    bench.socket.becomes(SocketStatus.STOPPED, "The key lacks the permission.", "Grant it.")
    assert bench.said == [
        (NoticeLevel.WARNING, f"{BY_REST} The key lacks the permission. Grant it.")
    ]
    way = bench.health.way
    assert (way.is_socket, way.has_socket, way.can_send) == (False, True, True)
    assert (way.reason, way.remedy) == ("The key lacks the permission.", "Grant it.")


def test_the_end_of_the_program_is_no_event() -> None:
    bench = Bench()
    bench.health.start()
    bench.socket.becomes(SocketStatus.OPEN)
    bench.health.stop()
    bench.socket.becomes(SocketStatus.STOPPED, "The order socket was closed.")
    assert bench.said == [(NoticeLevel.INFO, BY_SOCKET)]


@pytest.mark.parametrize("access", [Access.WATCH_ONLY, Access.MARKET_DATA])
def test_who_sends_nothing_has_no_way(access: Access) -> None:
    """And without an order socket there is nothing to listen to."""
    bench = Bench(access)
    health = ExchangeHealth(bench.trading, bench.budget, bench.clock, bench.notices)
    health.start()
    assert not health.way.can_send
    assert not health.way.has_socket
    health.stop()


# The budget --------------------------------------------------------------------------------------


def test_an_unused_budget_is_empty_and_free() -> None:
    budget = Bench().health.budget
    assert {pool.name for pool in budget.pools} == {pool.value for pool in Pool}
    assert all((pool.used, pool.percent, pool.resets_in_ms) == (0, 0, 0) for pool in budget.pools)
    assert budget.blocked is None
    assert not any(pool.reason or pool.is_reserve_used for pool in budget.pools)


def test_what_was_sent_counts_until_its_window_ends() -> None:
    """A share that is not zero is never shown as zero."""
    bench = Bench()
    grant = bench.budget.admit(READ, Urgency.QUERY, 0.0)
    assert isinstance(grant, Grant)
    assert (bench.pool().used, bench.pool().percent) == (READ.weight, 1)
    bench.tell(1994)
    assert bench.pool().resets_in_ms == pytest.approx(20_000, abs=60)
    assert bench.health.budget.fullest.name == "Futures"


@pytest.mark.parametrize(
    ("remaining", "percent", "is_reserve_used", "waits"),
    [(2000, 0, False, False), (602, 70, False, False), (600, 70, False, True),
     (400, 80, False, True), (399, 81, True, True), (0, 100, True, True)],
)  # fmt: skip
def test_the_shares_at_which_something_changes(
    remaining: int, percent: int, *, is_reserve_used: bool, waits: bool
) -> None:
    """Questions stop at 70 percent, what opens at 80; that alone is no block."""
    bench = Bench()
    bench.tell(remaining)
    pool = bench.pool()
    assert (pool.percent, pool.is_reserve_used) == (percent, is_reserve_used)
    assert bool(pool.reason) is waits
    assert not pool.is_blocked
    assert bench.health.budget.blocked is None


async def test_a_spent_quota_is_a_block_with_a_countdown() -> None:
    bench = Bench()
    bench.budget.quota_spent(Pool.FUTURES, 12_000, 0.0)
    pool = bench.health.budget.blocked
    assert pool is not None
    assert (pool.name, pool.percent) == ("Futures", 100)
    assert pool.blocked_for_ms == pytest.approx(12_000, abs=60)
    assert "quota" in pool.reason
    await bench.clock.advance(5.0)
    assert bench.pool().blocked_for_ms == pytest.approx(7_000, abs=60)
    await bench.clock.advance(8.0)
    assert bench.health.budget.blocked is None
    assert bench.pool().percent == 0


def test_a_blocked_address_blocks_every_quota() -> None:
    bench = Bench()
    bench.budget.address_blocked(0.0, 0.0)
    budget = bench.health.budget
    assert all(pool.is_blocked and "shield" in pool.reason for pool in budget.pools)
    assert budget.blocked is not None
    assert budget.blocked.blocked_for_ms == 30_000


def test_single_calls_that_pause_and_overloads_are_told() -> None:
    bench = Bench()
    bench.budget.endpoint_limited(READ, 0.0)
    bench.budget.overloaded()
    budget = bench.health.budget
    assert budget.paused == (("GET /api/v1/positions", 10_000),)
    assert (budget.overloads, budget.blocked) == (1, None)


def test_a_quota_without_a_limit_is_full() -> None:
    """No division by what an exchange may say; nothing is promised."""
    pool = PoolHealth("Futures", 0, 0, 0)
    assert pool.percent == 100
    assert BudgetHealth((pool,)).fullest is pool
