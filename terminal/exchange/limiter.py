"""The rate budget: what may be sent now without running into the exchange's quotas or blocks.

Pure objects fed with monotonic seconds; nothing here waits. Source: API reference 1.7 to 1.9. The
exchange counts weights in fixed windows that start with the first request of each. A request is
counted somewhen between its sending and its answer, so what is in flight always counts here, and
what was answered counts until the window it may lie in is over: by the exchange's own figures, or
without them for a whole window after the answer. That cannot overdraw, whatever overtakes what.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from enum import Enum
from random import random
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.wire.endpoints import Effect, Endpoint, Pool, closes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
LONGEST_RESET_S = 300.0
"""A longer time to the end of a window is not believed."""
JITTER_S = 1.0
"""After a spent quota ordinary requests come back spread over so long."""
TIME_PATH = "/api/v1/timestamp"
_SLACK_S = 0.05
"""Resets are whole milliseconds, and two clocks never run alike."""
_LOOK_AGAIN_S = 0.1
"""How soon to look again when only answers that are on the way can make room."""


class Urgency(Enum):
    """Who may spend how much of a pool: the value is the share of its limit.

    Queries stop first, so that they never take an order's place; the last fifth is the reserve of
    what makes an account safer: cancels, and orders that can only close.
    """

    QUERY = 0.7
    COMMAND = 0.8
    SAFETY = 1.0


class Block(Enum):
    """Why nothing may be sent at the moment."""

    NONE = ""
    BUDGET = "our own share of the quota is used up"
    QUOTA = "the exchange says that the quota is used up"
    ENDPOINT = "the exchange pauses this call"
    ADDRESS = "the exchange's shield blocks this address"


class Figures(NamedTuple):
    """A pool as the exchange tells it with an answer; ``reset_ms`` is left of the window."""

    limit: int
    remaining: int
    reset_ms: int


def figures_of(headers: Mapping[str, str]) -> Figures | None:
    """Read the ``gw-ratelimit-*`` headers; None when one is absent or no plain number."""
    texts = [headers.get(f"gw-ratelimit-{name}", "") for name in ("limit", "remaining", "reset")]
    if not all(text.isascii() and text.isdigit() and len(text) < 12 for text in texts):
        return None
    return Figures(*(int(text) for text in texts))


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
class Meter:
    """What one pool has been charged. ``limit`` in weights per ``window_s`` seconds."""

    def __init__(self, limit: int, window_s: float) -> None:
        self.limit = limit
        self.window_s = window_s
        self._flight: dict[int, tuple[int, float]] = {}
        self._flying = 0
        self._next = 0
        self._past: deque[tuple[float, int]] = deque()  # answered at, weight
        self._untold: deque[tuple[float, int]] = deque()  # those of them without figures
        self._gone = 0
        self._used: int | None = None
        self._used_from_s = 0.0
        self._ends_from_s = 0.0
        self._ends_until_s = 0.0

    def sent(self, weight: int, now_s: float) -> int:
        """Charge a request that is about to be sent; the answer is its token."""
        self._next += 1
        self._flight[self._next] = (weight, now_s)
        self._flying += weight
        return self._next

    def unsent(self, token: int) -> None:
        """Give back the charge of a request that provably never left."""
        weight, _ = self._flight.pop(token)
        self._flying -= weight

    def finished(self, token: int, now_s: float, figures: Figures | None) -> None:
        """Note that a request was answered, or that its answer is lost (without figures)."""
        weight, sent_s = self._flight.pop(token)
        self._flying -= weight
        self._past.append((now_s, weight))
        self._gone += weight
        if figures is None:
            self._untold.append((now_s, weight))
        else:
            self.told(figures, sent_s, now_s)

    def told(self, figures: Figures, sent_s: float, now_s: float) -> None:
        """Take the exchange's figures of an answer to a request sent at ``sent_s``.

        Answers may come in any order: of one window the highest count holds, figures of a window
        that is over are ignored, those of a newer one replace.
        """
        self._forget(now_s)
        if figures.limit <= 0:
            return
        self.limit = figures.limit
        used = figures.limit - min(max(figures.remaining, 0), figures.limit)
        reset_s = min(max(figures.reset_ms, 0) / 1000, LONGEST_RESET_S)
        first_s, last_s = sent_s + reset_s, now_s + reset_s + _SLACK_S
        if self._used is not None and last_s < self._ends_from_s:
            return
        if self._used is None or first_s > self._ends_until_s:
            self._used, self._used_from_s = used, sent_s
            self._ends_from_s, self._ends_until_s = first_s, last_s
            return
        if used > self._used:
            self._used, self._used_from_s = used, sent_s
        width_s = last_s - first_s + self._ends_until_s - self._ends_from_s
        if width_s < self.window_s:  # one window for sure: its end lies in both spans
            self._ends_from_s = max(self._ends_from_s, first_s)
            self._ends_until_s = min(self._ends_until_s, last_s)
        else:
            self._ends_from_s = min(self._ends_from_s, first_s)
            self._ends_until_s = max(self._ends_until_s, last_s)

    def spent(self, now_s: float) -> int:
        """The most that the exchange can have counted in its current window."""
        self._forget(now_s)
        if self._used is None:
            return self._flying + self._gone
        untold = sum(weight for at_s, weight in self._untold if at_s >= self._used_from_s)
        return self._flying + self._used + untold

    def ceiling(self, urgency: Urgency) -> int:
        """How far a kind of request may fill the pool."""
        return math.floor(self.limit * urgency.value)

    def fits(self, weight: int, urgency: Urgency, now_s: float) -> bool:
        """Whether a request may be sent now."""
        return self.spent(now_s) + weight <= self.ceiling(urgency)

    def wait_s(self, weight: int, urgency: Urgency, now_s: float) -> float | None:
        """How long until it is worth looking again; None when it never fits."""
        room = self.ceiling(urgency) - weight
        if room < 0:
            return None
        self._forget(now_s)
        if self._used is not None:
            return max(self._ends_until_s - now_s, _LOOK_AGAIN_S)
        left = self.spent(now_s)
        for at_s, charged in self._past:
            left -= charged
            if left <= room:
                return max(at_s + self.window_s + _SLACK_S - now_s, _LOOK_AGAIN_S)
        return _LOOK_AGAIN_S

    def resets_in_s(self, now_s: float) -> float:
        """When all that is answered by now is forgotten; 0 when nothing is charged."""
        self._forget(now_s)
        if self._used is not None:
            return self._ends_until_s - now_s
        return self._past[-1][0] + self.window_s + _SLACK_S - now_s if self._past else 0.0

    def is_told(self, now_s: float) -> bool:
        """Whether the exchange told figures of its current window."""
        self._forget(now_s)
        return self._used is not None

    def _forget(self, now_s: float) -> None:
        if self._used is not None and now_s >= self._ends_until_s:
            self._used = None
            # What was answered before the window's earliest end was counted in it.
            self._drop(self._ends_from_s)
        self._drop(now_s - self.window_s - _SLACK_S)

    def _drop(self, until_s: float) -> None:
        while self._past and self._past[0][0] <= until_s:
            self._gone -= self._past.popleft()[1]
        while self._untold and self._untold[0][0] <= until_s:
            self._untold.popleft()


@final
@dataclass(slots=True)
class Address:
    """What counts for this machine's address and not for an account: share it between accounts."""

    public: Meter
    blocked_until_s: float = 0.0
    step: int = 0


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

    # Sending ---------------------------------------------------------------------------------

    def admit(self, row: Endpoint, urgency: Urgency, now_s: float) -> Grant | Wait:
        """Charge a request and let it go, or say how long to wait and why."""
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
        return Grant(row, meter.sent(row.weight, now_s), now_s)

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
        reset_s = min(max(reset_s, 0.0), LONGEST_RESET_S)
        meter.told(Figures(meter.limit, 0, round(reset_s * 1000)), now_s, now_s)
        wait_s = reset_s + _SLACK_S + JITTER_S * self._dice()
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
