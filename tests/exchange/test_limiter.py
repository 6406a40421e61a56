"""The rate budget: who may send what, and the reactions to the gateway's refusals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.exchange.limiter import (
    ADDRESS_BLOCK_S,
    ENDPOINT_BLOCK_S,
    LIMITS,
    LONGEST_ADDRESS_BLOCK_S,
    WINDOW_S,
    Block,
    Grant,
    RateBudget,
    Wait,
    an_address,
    urgency_of,
)
from terminal.exchange.meter import Figures, Urgency
from terminal.wire.endpoints import Endpoint, Pool, endpoint

LIMIT = 100
BOOK = endpoint("GET", "/api/v1/level2/snapshot")
ORDERS = endpoint("GET", "/api/v1/orders")
PLACE = endpoint("POST", "/api/v1/orders")
CANCEL = endpoint("DELETE", "/api/v1/orders/1")


# The budget --------------------------------------------------------------------------------------


def a_budget() -> RateBudget:
    return RateBudget(dice=lambda: 0.5)


def granted(budget: RateBudget, row: Endpoint, urgency: Urgency, now_s: float) -> Grant:
    verdict = budget.admit(row, urgency, now_s)
    assert isinstance(verdict, Grant)
    return verdict


def refused(budget: RateBudget, row: Endpoint, urgency: Urgency, now_s: float) -> Wait:
    verdict = budget.admit(row, urgency, now_s)
    assert isinstance(verdict, Wait)
    return verdict


def test_reads_leave_room_for_orders_and_orders_for_cancels() -> None:
    """The reserve is for what makes an account safer."""
    budget = a_budget()
    for row, urgency, count in (
        (ORDERS, Urgency.QUERY, 700),
        (PLACE, Urgency.COMMAND, 100),
        (CANCEL, Urgency.SAFETY, 400),
    ):
        for _ in range(count):
            budget.finished(granted(budget, row, urgency, 1.0), 1.0)
        assert refused(budget, row, urgency, 1.0).why is Block.BUDGET
    (pool,) = (pool for pool in budget.state(1.0).pools if pool.name == "Futures")
    assert (pool.limit, pool.remaining, pool.why) == (2000, 0, Block.BUDGET)
    assert 30_000 <= pool.resets_in_ms <= 30_100
    granted(budget, BOOK, Urgency.QUERY, 1.0)


def test_a_spent_quota_stops_its_pool_until_the_reset_and_a_little_longer() -> None:
    """Others go on; cancels come back at once, the rest spread."""
    budget = a_budget()
    grant = granted(budget, ORDERS, Urgency.QUERY, 0.0)
    budget.finished(grant, 0.1, Figures(2000, 0, 12_000))
    assert budget.quota_spent(Pool.FUTURES, 12_000, 0.1) == pytest.approx(12.55)
    wait = refused(budget, ORDERS, Urgency.QUERY, 0.2)
    assert wait.why is Block.QUOTA
    assert wait.wait_s == pytest.approx(12.45)
    assert isinstance(budget.admit(CANCEL, Urgency.SAFETY, 0.2), Wait)
    granted(budget, BOOK, Urgency.QUERY, 0.2)
    granted(budget, CANCEL, Urgency.SAFETY, 12.3)
    assert refused(budget, ORDERS, Urgency.QUERY, 12.3).wait_s == pytest.approx(0.35)
    granted(budget, ORDERS, Urgency.QUERY, 12.7)


def test_without_a_reset_a_spent_quota_sleeps_for_a_whole_window() -> None:
    """And a senseless reset is not believed."""
    assert a_budget().quota_spent(Pool.FUTURES, None, 0.0) == pytest.approx(WINDOW_S + 0.55)
    assert a_budget().quota_spent(Pool.FUTURES, 10**12, 0.0) < 302


def test_a_block_of_the_address_stops_everything_and_doubles() -> None:
    """Requests that were on the way when it began are no second meeting."""
    budget = a_budget()
    assert budget.address_blocked(0.0, 1.0) == ADDRESS_BLOCK_S
    assert budget.address_blocked(0.5, 2.0) == ADDRESS_BLOCK_S - 1
    for row in (BOOK, ORDERS, CANCEL):
        wait = refused(budget, row, Urgency.SAFETY, 3.0)
        assert (wait.why, wait.wait_s) == (Block.ADDRESS, 28.0)
    state = budget.state(3.0)
    assert state.address_blocked_for_ms == 28_000
    assert all((pool.why, pool.blocked_for_ms) == (Block.ADDRESS, 28_000) for pool in state.pools)
    assert budget.address_blocked(31.0, 31.5) == ADDRESS_BLOCK_S * 2
    for _ in range(9):
        now_s = 100_000.0
        budget.address_blocked(now_s, now_s)
    assert budget.address_blocked(200_000.0, 200_000.0) == ADDRESS_BLOCK_S * 8
    budget.address_passed(199_999.0)
    assert budget.address_blocked(300_000.0, 300_000.0) == ADDRESS_BLOCK_S * 16
    budget.address_passed(400_000.0)
    assert budget.address_blocked(500_000.0, 500_000.0) == ADDRESS_BLOCK_S
    times_s = [10.0**6 * number for number in range(1, 20)]
    lasted_s = [budget.address_blocked(time_s, time_s) for time_s in times_s]
    assert lasted_s[-1] == LONGEST_ADDRESS_BLOCK_S


def test_accounts_of_one_machine_share_its_address() -> None:
    """Public calls and blocks count per address, the rest per account."""
    address = an_address()
    one, other = RateBudget(address), RateBudget(address)
    for _ in range(466):
        one.finished(granted(one, BOOK, Urgency.QUERY, 0.0), 0.0)
    assert isinstance(other.admit(BOOK, Urgency.QUERY, 0.0), Wait)
    granted(other, ORDERS, Urgency.QUERY, 0.0)
    one.address_blocked(0.0, 0.0)
    assert refused(other, ORDERS, Urgency.QUERY, 0.0).why is Block.ADDRESS


def test_one_call_can_be_paused_alone() -> None:
    """Also for cancels: it is the exchange that does not take it."""
    budget = a_budget()
    assert budget.endpoint_limited(ORDERS, 5.0) == ENDPOINT_BLOCK_S
    assert refused(budget, ORDERS, Urgency.QUERY, 6.0) == Wait(9.0, Block.ENDPOINT)
    granted(budget, PLACE, Urgency.COMMAND, 6.0)
    assert budget.state(6.0).paused == (("GET /api/v1/orders", 9000),)
    granted(budget, ORDERS, Urgency.QUERY, 15.0)
    assert budget.state(15.0).paused == ()


def test_what_never_left_costs_nothing_and_overload_blocks_nothing() -> None:
    """Both are no use of the quota."""
    budget = a_budget()
    budget.unsent(granted(budget, ORDERS, Urgency.QUERY, 0.0))
    budget.overloaded()
    state = budget.state(0.0)
    assert {pool.name: pool.remaining for pool in state.pools} == {
        pool.value: limit for pool, limit in LIMITS.items()
    }
    assert state.overloads == 1
    assert all(pool.why is Block.NONE and pool.resets_in_ms == 0 for pool in state.pools)


def test_the_order_socket_draws_from_the_same_pool() -> None:
    """Its answers carry figures of their own (reference 6.3)."""
    budget = a_budget()
    budget.told(Pool.FUTURES, Figures(2000, 100, 20_000), sent_s=0.0, now_s=0.1)
    assert refused(budget, ORDERS, Urgency.QUERY, 0.2).why is Block.BUDGET
    granted(budget, CANCEL, Urgency.SAFETY, 0.2)


@pytest.mark.parametrize(
    ("method", "path", "body", "urgency"),
    [
        ("GET", "/api/v1/orders", None, Urgency.QUERY),
        ("GET", "/api/v1/timestamp", None, Urgency.SAFETY),
        ("POST", "/api/v1/orders/test", {"closeOrder": True}, Urgency.QUERY),
        ("POST", "/api/v1/orders", {"size": 1}, Urgency.COMMAND),
        ("POST", "/api/v1/orders", {"closeOrder": True}, Urgency.SAFETY),
        ("POST", "/api/v1/orders", {"reduceOnly": True}, Urgency.SAFETY),
        ("POST", "/api/v1/orders/multi", [{"reduceOnly": True}], Urgency.SAFETY),
        ("POST", "/api/v1/orders/multi", [{"reduceOnly": True}, {}], Urgency.COMMAND),
        ("DELETE", "/api/v1/orders/1", None, Urgency.SAFETY),
        ("DELETE", "/api/v3/orders", None, Urgency.SAFETY),
        ("POST", "/api/v3/accounts/universal-transfer", {}, Urgency.COMMAND),
        ("POST", "/api/v1/unheard/of", {"closeOrder": True}, Urgency.SAFETY),
    ],
)
def test_who_goes_first(method: str, path: str, body: object, urgency: Urgency) -> None:
    """Cancels and what can only close, then commands, then queries."""
    assert urgency_of(endpoint(method, path), body) is urgency


def test_it_is_known_which_pools_the_exchange_told_of() -> None:
    """Until the end of the window that it spoke of; the rest is our own count."""
    budget = RateBudget()
    budget.told(Pool.FUTURES, Figures(2000, 1990, 5000), sent_s=0.0, now_s=0.1)
    told = {pool.name for pool in budget.state(1.0).pools if pool.is_told}
    assert told == {Pool.FUTURES.value}
    assert not any(pool.is_told for pool in budget.state(10.0).pools)


def test_a_line_is_kept_by_all_accounts_of_an_address() -> None:
    """Public data counts for the address: who came first goes first."""
    address = an_address()
    one, other = RateBudget(address), RateBudget(address)
    turn = one.join(Pool.PUBLIC, 5.0)
    behind = other.admit(BOOK, Urgency.QUERY, 1.0)
    assert behind == Wait(4.0, Block.BUDGET), "nobody needs to look before the first does"
    assert isinstance(one.admit(BOOK, Urgency.QUERY, 1.0, turn), Grant)
    assert isinstance(other.admit(PLACE, Urgency.QUERY, 1.0), Grant), "another pool, another line"
    one.leave(turn)
    one.leave(turn)
    assert isinstance(other.admit(BOOK, Urgency.QUERY, 1.0), Grant)


@given(
    st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=30),
    st.integers(0, 2000),
)
def test_nobody_waits_for_ever_in_a_line(asked: list[tuple[int, bool]], remaining: int) -> None:
    """Whoever waits as long as he is told to goes in the end, in his order."""
    budget = RateBudget(dice=lambda: 0.5)
    budget.told(Pool.FUTURES, Figures(2000, remaining, 9_000), sent_s=0.0, now_s=0.0)
    rows = [Endpoint("GET", f"/{at}", Pool.FUTURES, weight) for at, (weight, _) in enumerate(asked)]
    waiting = [
        (row, budget.join(Pool.FUTURES, 0.0), gives_up)
        for row, (_, gives_up) in zip(rows, asked, strict=True)
    ]
    went: list[Endpoint] = []
    now_s = 0.0
    while waiting:
        row, turn, gives_up = waiting.pop(0)
        if gives_up:
            budget.leave(turn)
            continue
        verdict = budget.admit(row, Urgency.QUERY, now_s, turn)
        while isinstance(verdict, Wait):
            assert verdict.wait_s is not None
            now_s += verdict.wait_s
            assert now_s < 100.0
            verdict = budget.admit(row, Urgency.QUERY, now_s, turn)
        budget.finished(verdict, now_s)
        budget.leave(turn)
        went.append(row)
    assert went == [row for row, (_, gives_up) in zip(rows, asked, strict=True) if not gives_up]
