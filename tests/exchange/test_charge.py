"""One request's charge, settled however it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.exchange.charge import Charge
from terminal.exchange.errors import (
    AddressBlockedError,
    EndpointLimitedError,
    OverloadError,
    QuotaSpentError,
    RejectedError,
)
from terminal.exchange.limiter import Block, Grant, RateBudget, Wait
from terminal.exchange.meter import Figures, Urgency
from terminal.wire.endpoints import Pool, endpoint
from tests.support.fake_clock import FakeClock

if TYPE_CHECKING:
    from terminal.exchange.errors import ExchangeError

PLACE = endpoint("POST", "/api/v1/orders")
PLENTY = Figures(2000, 1990, 10_000)


class Bench:
    """A budget and one request that was admitted."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.budget = RateBudget(dice=lambda: 0.0)
        grant = self.admit()
        assert isinstance(grant, Grant)
        self.charge = Charge(self.budget, grant, self.clock)

    def admit(self, urgency: Urgency = Urgency.COMMAND) -> Grant | Wait:
        return self.budget.admit(PLACE, urgency, self.clock.monotonic_s())

    def spent(self) -> int:
        pools = self.budget.state(self.clock.monotonic_s()).pools
        (pool,) = (pool for pool in pools if pool.name == Pool.FUTURES.value)
        return pool.limit - pool.remaining


def test_what_was_not_sent_costs_nothing() -> None:
    bench = Bench()
    assert bench.spent() == 2
    bench.charge.unsent()
    assert bench.spent() == 0


async def test_what_was_lost_counts_for_a_window_and_once() -> None:
    bench = Bench()
    bench.charge.lost()
    bench.charge.lost()
    assert bench.spent() == 2
    await bench.clock.advance(31.0)
    assert bench.spent() == 0


async def test_a_late_reply_still_tells_the_figures() -> None:
    bench = Bench()
    await bench.clock.advance(1.0)
    bench.charge.answered(PLENTY, None)
    assert bench.spent() == 10
    late = Bench()
    await late.clock.advance(5.0)
    late.charge.lost()
    late.charge.answered(None, None)
    assert late.spent() == 2
    late.charge.answered(PLENTY, None)
    assert late.spent() >= 10


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (None, Block.NONE),
        (RejectedError("300003", "poor"), Block.NONE),
        (OverloadError("busy", retry_after_s=None), Block.NONE),
        (QuotaSpentError("spent", retry_after_s=None), Block.QUOTA),
        (EndpointLimitedError("200002", retry_after_s=None), Block.ENDPOINT),
        (AddressBlockedError("1015", retry_after_s=None), Block.ADDRESS),
    ],
)
async def test_the_budget_learns_why_the_exchange_asked_for_less(
    error: ExchangeError | None, why: Block
) -> None:
    bench = Bench()
    bench.charge.answered(None, error)
    verdict = bench.admit(Urgency.SAFETY)
    if why is Block.NONE:
        assert isinstance(verdict, Grant)
    else:
        assert isinstance(verdict, Wait)
        assert verdict.why is why
    is_overloaded = isinstance(error, OverloadError)
    assert bench.budget.state(bench.clock.monotonic_s()).overloads == int(is_overloaded)
