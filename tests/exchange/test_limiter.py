"""The rate budget: laws against a model of the gateway, and the reactions to its refusals."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from terminal.exchange.limiter import (
    ADDRESS_BLOCK_S,
    ENDPOINT_BLOCK_S,
    LIMITS,
    LONGEST_ADDRESS_BLOCK_S,
    WINDOW_S,
    Block,
    Figures,
    Grant,
    Meter,
    RateBudget,
    Urgency,
    Wait,
    an_address,
    figures_of,
    urgency_of,
)
from terminal.wire.endpoints import Endpoint, Pool, endpoint

LIMIT = 100
BOOK = endpoint("GET", "/api/v1/level2/snapshot")
ORDERS = endpoint("GET", "/api/v1/orders")
PLACE = endpoint("POST", "/api/v1/orders")
CANCEL = endpoint("DELETE", "/api/v1/orders/1")


@final
@dataclass
class Gateway:
    """Counts as reference 1.7 says: fixed windows that start with their first request."""

    window_s: float
    ends_s: float = 0.0
    spent: dict[Urgency, int] = field(default_factory=dict)

    def count(self, weight: int, urgency: Urgency, now_s: float) -> Figures:
        if now_s >= self.ends_s:
            self.ends_s, self.spent = now_s + self.window_s, {}
        self.spent[urgency] = self.spent.get(urgency, 0) + weight
        left = LIMIT - sum(self.spent.values())
        return Figures(LIMIT, left, int((self.ends_s - now_s) * 1000))

    def of(self, *kinds: Urgency) -> int:
        return sum(self.spent.get(kind, 0) for kind in kinds)


@final
@dataclass(frozen=True)
class Try:
    """A request: how long after the one before, and what becomes of it."""

    gap_s: float
    weight: int
    urgency: Urgency
    there_s: float
    back_s: float
    is_told: bool


TRIES = st.lists(
    st.builds(
        Try,
        gap_s=st.one_of(st.just(0.0), st.floats(0, 2), st.floats(0, 40)),
        weight=st.integers(1, 30),
        urgency=st.sampled_from(Urgency),
        there_s=st.one_of(st.floats(0, 0.1), st.floats(0, 3)),
        back_s=st.one_of(st.floats(0, 0.1), st.floats(0, 2)),
        is_told=st.booleans(),
    ),
    min_size=5,
    max_size=60,
)


def run(tries: list[Try], window_s: float, *, always_told: bool | None = None) -> list[int]:
    """Play requests against the model, answers overtaking each other; returns what was let go."""
    gateway, meter = Gateway(window_s), Meter(LIMIT, window_s)
    events: list[tuple[float, int, int, Try | None, int, Figures | None]] = []
    now_s, order, gone = 0.0, 0, list[int]()
    for number, begun in enumerate(tries):
        now_s += begun.gap_s
        heappush(events, (now_s, order := order + 1, 0, begun, number, None))
    while events:
        now_s, _, step, one, token, figures = heappop(events)
        if step == 0:
            assert one is not None
            if not meter.fits(one.weight, one.urgency, now_s):
                continue
            gone.append(token)
            token = meter.sent(one.weight, now_s)
            heappush(events, (now_s + one.there_s, order := order + 1, 1, one, token, None))
        elif step == 1:
            assert one is not None
            figures = gateway.count(one.weight, one.urgency, now_s)
            assert gateway.of(*Urgency) <= LIMIT
            assert gateway.of(Urgency.QUERY) <= 70
            assert gateway.of(Urgency.QUERY, Urgency.COMMAND) <= 80
            told = one.is_told if always_told is None else always_told
            heappush(
                events,
                (now_s + one.back_s, order := order + 1, 2, None, token, figures if told else None),
            )
        else:
            meter.finished(token, now_s, figures)
    return gone


@given(TRIES, st.sampled_from([30.0, 3.0]), st.sampled_from([True, False, None]))
def test_no_window_of_the_gateway_is_ever_overdrawn_nor_the_reserve_spent(
    tries: list[Try],
    window_s: float,
    always_told: bool | None,
) -> None:
    """Whatever overtakes what, with figures, without, or with some lost.

    Reads stop at seven tenths, all but cancels and closing orders at eight, everything at the
    limit.
    """
    run(tries, window_s, always_told=always_told)


@given(st.integers(1, 20), st.booleans())
def test_what_fits_is_let_go(weight: int, is_told: bool) -> None:
    """The budget is used: one after the other, requests go until the share is full."""
    tries = [Try(0.1, weight, Urgency.QUERY, 0.01, 0.01, is_told)] * 90
    assert len(run(tries, 30.0)) == min(70 // weight, 90)


def test_the_exchanges_figures_free_sooner_than_our_own_count() -> None:
    """Its window began with the first request, not with each answer."""
    meter = Meter(LIMIT, 30.0)
    first = meter.sent(40, 0.0)
    meter.finished(first, 0.1, Figures(LIMIT, 60, 30_000))
    second = meter.sent(30, 29.0)
    meter.finished(second, 29.1, Figures(LIMIT, 30, 1_000))
    assert meter.spent(29.2) == 70
    assert meter.spent(30.1) == 70, "the answer took a tenth of a second: it may not be over"
    assert meter.spent(30.2) == 0
    third = meter.sent(1, 30.2)
    meter.finished(third, 30.3, Figures(LIMIT, 99, 30_000))
    assert meter.spent(30.3) == 1


def test_others_who_spend_the_same_quota_are_seen() -> None:
    """Another program with the same key counts in the same pool."""
    meter = Meter(LIMIT, 30.0)
    meter.finished(meter.sent(1, 0.0), 0.1, Figures(LIMIT, 20, 10_000))
    assert meter.spent(0.2) == 80
    assert not meter.fits(1, Urgency.COMMAND, 0.2)
    assert meter.fits(20, Urgency.SAFETY, 0.2)


def test_a_higher_level_is_taken_over() -> None:
    """The limit is what the exchange says it is."""
    meter = Meter(LIMIT, 30.0)
    meter.told(Figures(7000, 6990, 30_000), 0.0, 0.1)
    assert (meter.limit, meter.spent(0.2)) == (7000, 10)


def test_an_answer_that_was_overtaken_says_nothing_new() -> None:
    """The highest count of a window holds; figures of one that is over are ignored."""
    meter = Meter(LIMIT, 30.0)
    late = meter.sent(5, 0.0)
    later = meter.sent(5, 0.1)
    meter.finished(later, 0.2, Figures(LIMIT, 90, 29_900))
    meter.finished(late, 0.3, Figures(LIMIT, 95, 30_000))
    assert meter.spent(0.4) == 10
    oldest = meter.sent(5, 0.5)
    meter.told(Figures(LIMIT, 98, 30_000), 31.0, 31.1)
    meter.finished(oldest, 31.2, Figures(LIMIT, 50, 1))
    assert meter.spent(31.3) == 2


def test_what_was_answered_while_a_window_may_have_ended_still_counts() -> None:
    """The next window can have begun with it; its figures were not told."""
    meter = Meter(LIMIT, 30.0)
    meter.finished(meter.sent(1, 0.0), 2.0, Figures(LIMIT, 99, 30_000))
    meter.finished(meter.sent(60, 30.5), 30.6, None)
    assert meter.spent(32.1) == 60, "the first window is over by now, the second is not"


def test_short_windows_and_slow_answers_are_taken_for_the_longest_that_may_be() -> None:
    """Two windows of three seconds cannot be told apart by answers that took longer."""
    meter = Meter(LIMIT, 3.0)
    first, second = meter.sent(1, 0.0), meter.sent(60, 2.0)
    meter.finished(first, 2.5, Figures(LIMIT, 99, 3000))
    meter.finished(second, 4.5, Figures(LIMIT, 40, 3000))
    assert meter.spent(7.4) == 60
    assert meter.spent(7.6) == 0


@given(
    st.lists(
        st.tuples(
            st.floats(0, 5),
            st.integers(-5, 10**11),
            st.integers(-5, 10**11),
            st.integers(-5, 10**11),
        ),
        max_size=30,
    )
)
@example([(0.0, 0, 0, 0), (1.0, 10**11, 0, 10**11)])
def test_any_figures_are_survived(told: list[tuple[float, int, int, int]]) -> None:
    """Whatever is told, what is in flight counts, and after a while all is free again."""
    meter, now_s = Meter(LIMIT, 30.0), 0.0
    token = meter.sent(3, now_s)
    for gap_s, limit, remaining, reset_ms in told:
        meter.told(Figures(limit, remaining, reset_ms), now_s, now_s + gap_s)
        now_s += gap_s
        assert meter.limit > 0
        assert meter.spent(now_s) >= 3
        wait_s = meter.wait_s(1, Urgency.SAFETY, now_s)
        assert wait_s is not None or meter.limit < 1
        assert wait_s is None or 0 < wait_s <= 301
    meter.finished(token, now_s, None)
    assert meter.spent(now_s + 400) == 0
    assert meter.resets_in_s(now_s + 400) == 0


def test_waiting_for_the_told_time_is_enough() -> None:
    """Who waits as long as is said is let go, at the latest at the second look."""
    for figures in (None, Figures(LIMIT, 30, 12_000)):
        meter = Meter(LIMIT, 30.0)
        meter.finished(meter.sent(70, 0.0), 0.1, figures)
        now_s, looks = 0.2, 0
        while not meter.fits(10, Urgency.QUERY, now_s):
            wait_s = meter.wait_s(10, Urgency.QUERY, now_s)
            assert wait_s is not None
            now_s, looks = now_s + wait_s, looks + 1
        assert looks <= 2
        assert now_s < 31
    assert Meter(LIMIT, 30.0).wait_s(71, Urgency.QUERY, 0.0) is None, "never fits"


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
    ("headers", "figures"),
    [
        (("2000", "1990", "18430"), Figures(2000, 1990, 18_430)),
        (("2000", "", "18430"), None),
        (("2000", "-1", "18430"), None),
        (("2000", "1e3", "1"), None),
        (("9" * 12, "1", "1"), None),
        (("\u0662", "1", "1"), None),
    ],
)
def test_headers_are_read_whole_or_not_at_all(
    headers: tuple[str, str, str], figures: Figures | None
) -> None:
    """Half of the figures would be a guess."""
    names = ("limit", "remaining", "reset")
    told = {f"gw-ratelimit-{name}": text for name, text in zip(names, headers, strict=True)}
    assert figures_of(told) == figures


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
