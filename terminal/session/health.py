"""How the exchange can be reached right now, as values: the way of orders and the rate budget.

The values are made anew when they are asked for; what changes by itself, ages and countdowns, is
for who shows it to look at now and then. Source: API reference 1.7, 1.8 and 6.4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, final

from terminal.exchange.limiter import Block
from terminal.exchange.meter import Urgency
from terminal.exchange.order_socket import SocketStatus
from terminal.exchange.outcome import Route
from terminal.session.listeners import Listeners
from terminal.session.notices import NoticeLevel

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.access import Access
    from terminal.domain.clock import Clock
    from terminal.exchange.limiter import BudgetState, PoolState
    from terminal.exchange.order_socket import SocketState
    from terminal.exchange.routes import RouteState
    from terminal.session.notices import NoticeBoard

_WHY = {
    Block.NONE: "",
    Block.BUDGET: "Questions wait, so that orders still fit.",
    Block.QUOTA: "The exchange says that the quota of requests is used up.",
    Block.ENDPOINT: "The exchange pauses this call.",
    Block.ADDRESS: "The exchange's shield blocks this address: nothing is sent.",
}
_BLOCKS = frozenset({Block.QUOTA, Block.ADDRESS})
"""What stops commands, too: not our own care for what is left."""
BY_SOCKET = "Orders go over the order socket."
BY_REST = "Orders go by REST."


@final
@dataclass(frozen=True, slots=True)
class OrderWay:
    """The way that the next order takes. ``has_socket`` tells whether there could be another.

    ``reason`` says why it is not the socket and ``remedy`` what could be done (both empty when it
    is). Without ``can_send`` nothing is sent at all.
    """

    is_socket: bool
    has_socket: bool
    can_send: bool
    reason: str = ""
    remedy: str = ""


@final
@dataclass(frozen=True, slots=True)
class PoolHealth:
    """One quota of the exchange: weights of its present window, times in ms from now.

    ``reason`` is a sentence when something has to wait, empty otherwise; ``is_blocked`` when that
    is everything, for ``blocked_for_ms``.
    """

    name: str
    limit: int
    used: int
    resets_in_ms: int
    blocked_for_ms: int = 0
    reason: str = ""
    is_blocked: bool = False

    @property
    def percent(self) -> int:
        """How much of the quota is used, rounded up; 100 at most."""
        return min(100, -(-self.used * 100 // self.limit)) if self.limit > 0 else 100

    @property
    def is_reserve_used(self) -> bool:
        """Whether only what makes the account safer still fits: cancels and closing orders."""
        return self.used > self.limit * Urgency.COMMAND.value


@final
@dataclass(frozen=True, slots=True)
class BudgetHealth:
    """All quotas of an account. ``paused`` are single calls with the ms they are paused for."""

    pools: tuple[PoolHealth, ...]
    paused: tuple[tuple[str, int], ...] = ()
    overloads: int = 0

    @property
    def fullest(self) -> PoolHealth:
        """The quota of which the largest share is used."""
        return max(self.pools, key=lambda pool: pool.used / max(pool.limit, 1))

    @property
    def blocked(self) -> PoolHealth | None:
        """The quota that is blocked for the longest time, if any is."""
        blocked = [pool for pool in self.pools if pool.is_blocked]
        return max(blocked, key=lambda pool: pool.blocked_for_ms, default=None)


def order_way(route: RouteState, access: Access, *, has_socket: bool) -> OrderWay:
    """The way of the next order, for showing."""
    is_socket = route.route is Route.SOCKET
    can_send = not access.silence
    return OrderWay(is_socket, has_socket, can_send, route.reason, route.remedy)


def budget_health(state: BudgetState) -> BudgetHealth:
    """The rate budget, for showing."""
    return BudgetHealth(tuple(map(_pool, state.pools)), state.paused, state.overloads)


def _pool(state: PoolState) -> PoolHealth:
    is_blocked = state.why in _BLOCKS
    return PoolHealth(
        state.name,
        state.limit,
        state.limit - state.remaining,
        state.resets_in_ms,
        state.blocked_for_ms if is_blocked else 0,
        _WHY[state.why],
        is_blocked,
    )


class Trading(Protocol):
    """What knows the way of orders."""

    @property
    def access(self) -> Access:
        """How far commands go."""
        ...

    @property
    def route(self) -> RouteState:
        """Which way the next order takes, and why."""
        ...


class Budget(Protocol):
    """What counts requests."""

    def state(self, now_s: float) -> BudgetState:
        """The budget at a monotonic time."""
        ...


class Socket(Protocol):
    """What tells that the way of orders may have changed."""

    state: SocketState
    on_changed: Callable[[], None] | None


@final
class ExchangeHealth:
    """The way of orders and the rate budget of one account, and what is said when the way changes.

    ``socket`` is None when no order socket is set up. ``on_changed`` is told when the way changed;
    what its listeners raise goes to ``on_error``.
    """

    def __init__(
        self,
        trading: Trading,
        budget: Budget,
        clock: Clock,
        notices: NoticeBoard,
        socket: Socket | None = None,
        on_error: Callable[[Exception], None] | None = None,
    ) -> None:
        self._trading = trading
        self._budget = budget
        self._clock = clock
        self._notices = notices
        self._socket = socket
        self._told = SocketStatus.OPENING
        self.on_changed: Listeners[[]] = Listeners(on_error)

    @property
    def way(self) -> OrderWay:
        """The way that the next order takes."""
        has_socket = self._socket is not None
        return order_way(self._trading.route, self._trading.access, has_socket=has_socket)

    @property
    def budget(self) -> BudgetHealth:
        """The rate budget now."""
        return budget_health(self._budget.state(self._clock.monotonic_s()))

    def start(self) -> None:
        """Begin to listen to the order socket."""
        if self._socket is not None:
            self._socket.on_changed = self._on_socket_changed

    def stop(self) -> None:
        """End: what happens to the socket from now on is nobody's surprise."""
        if self._socket is not None:
            self._socket.on_changed = None

    def _on_socket_changed(self) -> None:
        assert self._socket is not None  # noqa: S101 - it is what tells
        state = self._socket.state
        if state.status not in {SocketStatus.OPENING, self._told}:
            self._told = state.status
            if state.status is SocketStatus.OPEN:
                self._notices.post(NoticeLevel.INFO, "orders", BY_SOCKET)
            else:
                words = f"{BY_REST} {state.reason} {state.remedy}".rstrip()
                self._notices.post(NoticeLevel.WARNING, "orders", words)
        self.on_changed.notify()
