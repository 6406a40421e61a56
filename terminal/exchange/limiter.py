"""The rate budget: what may be sent now without running into the exchange's quotas or blocks.

Pure objects fed with monotonic seconds; nothing here waits. Source: API reference 1.7 to 1.9.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from random import random
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.exchange.meter import (
    LOOK_AGAIN_S,
    SLACK_S,
    Figures,
    Meter,
    Urgency,
)
from terminal.wire.endpoints import Effect, Endpoint, Pool, closes

if TYPE_CHECKING:
    from collections.abc import Callable

WINDOW_S = 30.0
UNIFIED_WINDOW_S = 3.0
LIMITS = {
    Pool.PUBLIC: 2000,
    Pool.FUTURES: 2000,
    Pool.MANAGEMENT: 2000,
    Pool.SPOT: 4000,
    Pool.UNIFIED: 200,
}
"""Weights per window of the lowest level (reference 1.7), until the exchange tells its own."""

ADDRESS_BLOCK_S = 30.0
LONGEST_ADDRESS_BLOCK_S = 960.0
ENDPOINT_BLOCK_S = 10.0
JITTER_S = 1.0
"""After a spent quota ordinary requests come back spread over so long."""
TIME_PATH = "/api/v1/timestamp"


class Block(Enum):
    """Why nothing may be sent at the moment."""

    NONE = ""
    BUDGET = "our own share of the quota is used up"
    QUOTA = "the exchange says that the quota is used up"
    ENDPOINT = "the exchange pauses this call"
    ADDRESS = "the exchange's shield blocks this address"


def urgency_of(row: Endpoint, body: object) -> Urgency:
    """Who a request is: cancels and closing orders first, then commands, then queries.

    The exchange's clock goes with the first: nothing can be signed without it, and its pool has no
    cancels that it could crowd out.
    """
    if row.effect is Effect.READ:
        return Urgency.SAFETY if row.path == TIME_PATH else Urgency.QUERY
    if row.effect in {Effect.CANCEL, Effect.CANCEL_ALL}:
        return Urgency.SAFETY
    if row.effect is Effect.ORDER and closes(body):
        return Urgency.SAFETY
    return Urgency.COMMAND


@final
@dataclass(slots=True)
class Address:
    """What counts for this machine's address and not for an account: share it between accounts."""

    public: Meter
    blocked_until_s: float = 0.0
    step: int = 0
    line: dict[Turn, None] = field(default_factory=dict["Turn", None])


def an_address() -> Address:
    """An address of which nothing is known."""
    return Address(Meter(LIMITS[Pool.PUBLIC], WINDOW_S))


class Grant(NamedTuple):
    """A request that may be sent; hand it back when it ended."""

    row: Endpoint
    token: int
    sent_s: float


class Wait(NamedTuple):
    """A request that may not be sent now. ``wait_s`` is None when it never fits."""

    wait_s: float | None
    why: Block


@final
class Turn:
    """The place in a line of who waits for a pool; nobody is overtaken by who came later.

    ``looks_at_s`` is when it will be asked for again: before that those behind need not ask.
    """

    __slots__ = ("looks_at_s", "pool")

    def __init__(self, pool: Pool, looks_at_s: float) -> None:
        self.pool = pool
        self.looks_at_s = looks_at_s


@final
@dataclass(frozen=True, slots=True)
class PoolState:
    """One pool for showing: weights, and milliseconds from now (0 for nothing to wait for).

    ``is_told`` when the exchange told figures of the current window; else all is our own count.
    """

    name: str
    limit: int
    remaining: int
    resets_in_ms: int
    blocked_for_ms: int
    why: Block
    is_told: bool = False


@final
@dataclass(frozen=True, slots=True)
class BudgetState:
    """The whole budget for showing. ``paused`` are calls with the ms they are paused for.

    ``overloads`` counts how often the exchange refused for its own load, which blocks nothing.
    """

    pools: tuple[PoolState, ...]
    address_blocked_for_ms: int
    paused: tuple[tuple[str, int], ...]
    overloads: int


@final
class RateBudget:
    """All pools of one account and the blocks of its address.

    ``dice`` gives numbers from 0 up to 1 for spreading. The times of all methods are monotonic
    seconds of one clock and must not go back.
    """

    def __init__(self, address: Address | None = None, dice: Callable[[], float] = random) -> None:
        self._address = address or an_address()
        self._dice = dice
        self._meters = {
            pool: Meter(limit, UNIFIED_WINDOW_S if pool is Pool.UNIFIED else WINDOW_S)
            for pool, limit in LIMITS.items()
        }
        self._meters[Pool.PUBLIC] = self._address.public
        self._blocked_until_s = dict.fromkeys(Pool, 0.0)
        self._paused_until_s: dict[tuple[str, str], float] = {}
        self._overloads = 0
        self._lines: dict[Pool, dict[Turn, None]] = {pool: {} for pool in Pool}
        self._lines[Pool.PUBLIC] = self._address.line

    # Sending ---------------------------------------------------------------------------------

    def join(self, pool: Pool, looks_at_s: float) -> Turn:
        """Stand in line for a pool, behind all who wait for it. Always ``leave`` again."""
        turn = Turn(pool, looks_at_s)
        self._lines[pool][turn] = None
        return turn

    def leave(self, turn: Turn) -> None:
        """Stop waiting: what was waited for went, or is given up."""
        self._lines[turn.pool].pop(turn, None)

    def admit(
        self, row: Endpoint, urgency: Urgency, now_s: float, turn: Turn | None = None
    ) -> Grant | Wait:
        """Charge a request and let it go, or say how long to wait and why.

        Queries go in the order in which they began to wait (``turn``), so that a dear one has its
        turn too; what is more urgent passes them by.
        """
        wait = self._wait(row, urgency, now_s, turn)
        if wait is None:
            return Grant(row, self._meters[row.pool].sent(row.weight, now_s), now_s)
        if turn is not None:
            turn.looks_at_s = now_s + (wait.wait_s or 0.0)
        return wait

    def _wait(
        self, row: Endpoint, urgency: Urgency, now_s: float, turn: Turn | None
    ) -> Wait | None:
        for until_s, why in (
            (self._address.blocked_until_s, Block.ADDRESS),
            (self._paused_until_s.get((row.method, row.path), 0.0), Block.ENDPOINT),
        ):
            if now_s < until_s:
                return Wait(until_s - now_s, why)
        meter = self._meters[row.pool]
        blocked_s = self._blocked_until_s[row.pool] - now_s
        if not meter.fits(row.weight, urgency, now_s):
            wait_s = meter.wait_s(row.weight, urgency, now_s)
            why = Block.QUOTA if blocked_s > 0 else Block.BUDGET
            return Wait(None if wait_s is None else max(wait_s, blocked_s), why)
        if blocked_s > 0 and urgency is not Urgency.SAFETY:
            return Wait(blocked_s, Block.QUOTA)
        first = next(iter(self._lines[row.pool]), None)
        if urgency is Urgency.QUERY and first is not None and first is not turn:
            return Wait(max(first.looks_at_s - now_s, LOOK_AGAIN_S), Block.BUDGET)
        return None

    def finished(self, grant: Grant, now_s: float, figures: Figures | None = None) -> None:
        """A request was answered, with the pool's figures if there were any, or is lost."""
        self._meters[grant.row.pool].finished(grant.token, now_s, figures)

    def unsent(self, grant: Grant) -> None:
        """A request provably never left this machine: it costs nothing."""
        self._meters[grant.row.pool].unsent(grant.token)

    def told(self, pool: Pool, figures: Figures, *, sent_s: float, now_s: float) -> None:
        """Take figures that came another way, such as with an answer of the order socket.

        ``sent_s`` is when the request was sent that they answer (reference 6.3).
        """
        self._meters[pool].told(figures, sent_s, now_s)

    # Refusals (reference 1.8) ----------------------------------------------------------------

    def quota_spent(self, pool: Pool, reset_ms: int | None, now_s: float) -> float:
        """The pool is empty: it sleeps until its reset, and a little longer. Returns seconds."""
        meter = self._meters[pool]
        reset_s = meter.window_s if reset_ms is None else reset_ms / 1000
        reset_s = min(max(reset_s, 0.0), meter.longest_reset_s)
        meter.told(Figures(meter.limit, 0, round(reset_s * 1000)), now_s, now_s)
        wait_s = reset_s + SLACK_S + JITTER_S * self._dice()
        self._blocked_until_s[pool] = max(self._blocked_until_s[pool], now_s + wait_s)
        return wait_s

    def overloaded(self) -> None:
        """The exchange refused for its own load; nothing of ours is spent."""
        self._overloads += 1

    def endpoint_limited(self, row: Endpoint, now_s: float) -> float:
        """One call is paused. Returns seconds."""
        self._paused_until_s[row.method, row.path] = now_s + ENDPOINT_BLOCK_S
        return ENDPOINT_BLOCK_S

    def address_blocked(self, sent_s: float, now_s: float) -> float:
        """The shield in front of the exchange refused a request sent at ``sent_s``.

        Everything stops, twice as long each time it is met again; requests that were on the way
        when it was first met are no new meeting. Returns the seconds that are left.
        """
        address = self._address
        if sent_s >= address.blocked_until_s:
            block_s = min(ADDRESS_BLOCK_S * 2**address.step, LONGEST_ADDRESS_BLOCK_S)
            address.blocked_until_s = now_s + block_s
            address.step += 1
        return max(address.blocked_until_s - now_s, 0.0)

    def address_passed(self, sent_s: float) -> None:
        """The shield let a request through that was sent at ``sent_s``: the next block is short."""
        if sent_s >= self._address.blocked_until_s:
            self._address.step = 0

    # Showing ---------------------------------------------------------------------------------

    def state(self, now_s: float) -> BudgetState:
        """The budget as a value."""
        return BudgetState(
            tuple(self._pool_state(pool, now_s) for pool in Pool),
            _ms(self._address.blocked_until_s - now_s),
            tuple(
                (f"{method} {path}", _ms(until_s - now_s))
                for (method, path), until_s in self._paused_until_s.items()
                if until_s > now_s
            ),
            self._overloads,
        )

    def _pool_state(self, pool: Pool, now_s: float) -> PoolState:
        meter = self._meters[pool]
        address_s = self._address.blocked_until_s - now_s
        pool_s = self._blocked_until_s[pool] - now_s
        why = Block.NONE
        if address_s > 0:
            why = Block.ADDRESS
        elif pool_s > 0:
            why = Block.QUOTA
        elif not meter.fits(1, Urgency.QUERY, now_s):
            why = Block.BUDGET
        return PoolState(
            pool.value,
            meter.limit,
            max(meter.limit - meter.spent(now_s), 0),
            _ms(meter.resets_in_s(now_s)),
            _ms(max(address_s, pool_s)),
            why,
            meter.is_told(now_s),
        )


def _ms(seconds: float) -> int:
    return max(0, math.ceil(seconds * 1000))
