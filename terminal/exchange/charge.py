"""What one request costs the rate budget: charged before it goes, settled by how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.exchange.errors import (
    AddressBlockedError,
    EndpointLimitedError,
    QuotaSpentError,
    RateLimitedError,
)

if TYPE_CHECKING:
    from terminal.domain.clock import Clock
    from terminal.exchange.errors import ExchangeError
    from terminal.exchange.limiter import Grant, RateBudget
    from terminal.exchange.meter import Figures


@final
class Charge:
    """The charge of one request over the order socket.

    A reply may also come after the request was said to be lost.
    """

    __slots__ = ("_budget", "_clock", "_grant", "_is_open")

    def __init__(self, budget: RateBudget, grant: Grant, clock: Clock) -> None:
        self._budget = budget
        self._grant = grant
        self._clock = clock
        self._is_open = True

    def unsent(self) -> None:
        """It provably never left this machine."""
        self._is_open = False
        self._budget.unsent(self._grant)

    def lost(self) -> None:
        """There is no reply (yet): it may count all the same."""
        if self._is_open:
            self._is_open = False
            self._budget.finished(self._grant, self._clock.monotonic_s())

    def answered(self, figures: Figures | None, error: ExchangeError | None) -> None:
        """A reply came, with these figures of the pool and this refusal."""
        now_s, grant = self._clock.monotonic_s(), self._grant
        if self._is_open:
            self._is_open = False
            self._budget.finished(grant, now_s, figures)
        elif figures is not None:
            self._budget.told(grant.row.pool, figures, sent_s=grant.sent_s, now_s=now_s)
        if isinstance(error, RateLimitedError):
            slowed(self._budget, grant, error, figures, now_s)


def slowed(
    budget: RateBudget,
    grant: Grant,
    error: RateLimitedError,
    figures: Figures | None,
    now_s: float,
) -> None:
    """Tell the budget why the exchange asked for less (API reference 1.8)."""
    if isinstance(error, QuotaSpentError):
        reset_ms = None if figures is None else figures.reset_ms
        budget.quota_spent(grant.row.pool, reset_ms, now_s)
    elif isinstance(error, EndpointLimitedError):
        budget.endpoint_limited(grant.row, now_s)
    elif isinstance(error, AddressBlockedError):
        budget.address_blocked(grant.sent_s, now_s)
    else:
        budget.overloaded()
