"""Which opening orders were sent lately: what the rules of pace look at.

Only this run of the program counts: a window of seconds has long passed when it starts again.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, final

from terminal.domain.guard_terms import Sent, gets_out

if TYPE_CHECKING:
    from terminal.domain.clock import Clock
    from terminal.domain.guard_terms import OrderRate
    from terminal.domain.ticket import OrderTicket

KEPT = 1000
"""No rate that can be set counts more orders."""


@final
class OrderPace:
    """Remembers the last opening orders, the oldest first. Reducing ones are never counted."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sent: deque[Sent] = deque(maxlen=KEPT)

    @property
    def now_ms(self) -> int:
        """What orders are timed by; never goes back."""
        return int(self._clock.monotonic_s() * 1000)

    @property
    def sent(self) -> tuple[Sent, ...]:
        """What was sent lately."""
        return tuple(self._sent)

    def note(self, ticket: OrderTicket) -> None:
        """A ticket is on its way."""
        if not gets_out(ticket):
            trigger = None if ticket.trigger is None else ticket.trigger.price
            self._sent.append(
                Sent(self.now_ms, ticket.symbol, ticket.side, ticket.price, ticket.lots, trigger)
            )

    def used(self, rate: OrderRate) -> int:
        """How many orders of a window are used up now."""
        since_ms = self.now_ms - rate.seconds * 1000
        return sum(1 for sent in self._sent if sent.at_ms > since_ms)
