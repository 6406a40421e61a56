"""The exchange's timer as a fake: it counts on the clock of the test, and loses what it is told."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, final

from terminal.domain.account_facts import DeadManSwitch, SwitchTimes
from terminal.domain.clock import TimestampMs
from terminal.exchange.errors import TransportError
from terminal.exchange.outcome import Accepted, Outcome, Renewal, Unknown

if TYPE_CHECKING:
    from terminal.domain.clock import Clock
    from terminal.domain.units import Symbol

SKEW_MS = 7_000
"""The exchange's clock is ahead of the test's by so much."""


@final
class FakeFuseGateway:
    """Answers as the exchange would. ``is_down`` lets nothing through.

    ``outcomes`` are used up first; what is Unknown arrived unless ``arrives`` is off.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.calls: list[tuple[float, int | None]] = []
        self.outcomes: deque[Outcome] = deque()
        self.arrives = True
        self.is_down = False
        self.tells_times = True
        self.unit_ms = 1
        self.queries = 0
        self._acts_s: float | None = None
        self._timeout_s = 0
        self._symbols: tuple[Symbol, ...] = ()
        self.blown_at_s: float | None = None

    @property
    def is_set(self) -> bool:
        self._look()
        return self._acts_s is not None

    def set_from_elsewhere(self, timeout_s: int | None) -> None:
        """Another program sets it, or switches it off."""
        self._set(timeout_s, ())

    def _look(self) -> None:
        if self._acts_s is not None and self._clock.monotonic_s() >= self._acts_s:
            self.blown_at_s, self._acts_s = self._acts_s, None

    def _set(self, timeout_s: int | None, symbols: tuple[Symbol, ...]) -> None:
        self._look()
        self._timeout_s, self._symbols = timeout_s or 0, symbols
        self._acts_s = None if timeout_s is None else self._clock.monotonic_s() + timeout_s

    def _command(self, timeout_s: int | None, symbols: tuple[Symbol, ...]) -> Outcome:
        self.calls.append((self._clock.monotonic_s(), timeout_s))
        if self.is_down:
            return Unknown("The exchange did not answer.")
        outcome = self.outcomes.popleft() if self.outcomes else Accepted()
        if isinstance(outcome, Accepted) or (isinstance(outcome, Unknown) and self.arrives):
            self._set(timeout_s, symbols)
        return outcome

    async def renew_dead_man_switch(
        self, timeout_s: int, symbols: tuple[Symbol, ...] = ()
    ) -> Renewal:
        outcome = self._command(timeout_s, symbols)
        if not isinstance(outcome, Accepted) or not self.tells_times:
            return Renewal(outcome, None)
        now_ms = (self._clock.now_ms() + SKEW_MS) // self.unit_ms * self.unit_ms
        acts_ms = now_ms + timeout_s * 1000
        return Renewal(outcome, SwitchTimes(TimestampMs(now_ms), TimestampMs(acts_ms)))

    async def set_dead_man_switch(
        self, timeout_s: int | None, symbols: tuple[Symbol, ...] = ()
    ) -> Outcome:
        return self._command(timeout_s, symbols)

    async def dead_man_switch(self) -> DeadManSwitch:
        self.queries += 1
        if self.is_down:
            raise TransportError("down", was_sent=True)
        is_set = self.is_set
        return DeadManSwitch(self._timeout_s if is_set else None, self._symbols if is_set else ())
