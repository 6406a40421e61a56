"""One pool of the rate budget: what the exchange can have counted by now, at the most.

A pure object fed with monotonic seconds. Source: API reference 1.7. The exchange counts weights in
fixed windows that start with the first request of each. A request is counted somewhen between its
sending and its answer, so what is in flight always counts here, and what was answered counts until
the window it may lie in is over: by the exchange's own figures, or without them for a whole window
after the answer. That cannot overdraw, whatever overtakes what.
"""

from __future__ import annotations

import math
from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, final

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_WINDOWS = 2
"""A longer time to the end of a window is not believed: not even cancels are sent meanwhile."""
LEAST_SHARE = 20
"""Nor is a limit below a twentieth of the lowest level's: nothing would ever fit again, so that no
answer could correct it."""
SLACK_S = 0.05
"""Resets are whole milliseconds, and two clocks never run alike."""
LOOK_AGAIN_S = 0.1
"""How soon to look again when only answers that are on the way can make room."""


class Urgency(Enum):
    """Who may spend how much of a pool: the value is the share of its limit.

    Queries stop first, so that they never take an order's place; the last fifth is the reserve of
    what makes an account safer: cancels, and orders that can only close.
    """

    QUERY = 0.7
    COMMAND = 0.8
    SAFETY = 1.0


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


@final
class Meter:
    """What one pool has been charged. ``limit`` in weights per ``window_s`` seconds.

    It is that of the lowest level, until the exchange tells another.
    """

    def __init__(self, limit: int, window_s: float) -> None:
        self.limit = limit
        self.window_s = window_s
        self.longest_reset_s = MOST_WINDOWS * window_s
        self._least_limit = max(1, limit // LEAST_SHARE)
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
        if figures.limit < self._least_limit:
            return
        self.limit = figures.limit
        used = figures.limit - min(max(figures.remaining, 0), figures.limit)
        reset_s = min(max(figures.reset_ms, 0) / 1000, self.longest_reset_s)
        first_s, last_s = sent_s + reset_s, now_s + reset_s + SLACK_S
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
            return max(self._ends_until_s - now_s, LOOK_AGAIN_S)
        left = self.spent(now_s)
        for at_s, charged in self._past:
            left -= charged
            if left <= room:
                return max(at_s + self.window_s + SLACK_S - now_s, LOOK_AGAIN_S)
        return LOOK_AGAIN_S

    def resets_in_s(self, now_s: float) -> float:
        """When all that is answered by now is forgotten; 0 when nothing is charged."""
        self._forget(now_s)
        if self._used is not None:
            return self._ends_until_s - now_s
        return self._past[-1][0] + self.window_s + SLACK_S - now_s if self._past else 0.0

    def is_told(self, now_s: float) -> bool:
        """Whether the exchange told figures of its current window."""
        self._forget(now_s)
        return self._used is not None

    def _forget(self, now_s: float) -> None:
        if self._used is not None and now_s >= self._ends_until_s:
            self._used = None
            # What was answered before the window's earliest end was counted in it.
            self._drop(self._ends_from_s)
        self._drop(now_s - self.window_s - SLACK_S)

    def _drop(self, until_s: float) -> None:
        while self._past and self._past[0][0] <= until_s:
            self._gone -= self._past.popleft()[1]
        while self._untold and self._untold[0][0] <= until_s:
            self._untold.popleft()
