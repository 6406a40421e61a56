"""How much a client of the feed may ask, and how it is told that it may not.

Source: reference 5.4.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import final


class FrameRefused(Exception):  # noqa: N818 - an answer of the exchange, not a fault of the program
    """A frame or a connection is answered with an error frame. ``code`` as in the table of 5.4."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@final
@dataclass(slots=True)
class FeedLimits:
    """The figures of 5.4; all may be set. Seconds are the exchange's own.

    The topics of a connection are limited by the switch ``topic_limit``. ``queued`` is our choice:
    so many frames wait for a client that does not read, then it is dropped.
    """

    connections: int = 50
    new_connections: int = 30
    new_connections_s: float = 60.0
    messages: int = 100
    messages_s: float = 10.0
    topics_per_request: int = 100
    tunnels: int = 5
    idle_s: float = 60.0
    queued: int = 100_000


@final
class Window:
    """Lets so many pass within any stretch of so many seconds; who is refused does not count."""

    def __init__(self, count: int, seconds: float) -> None:
        self._seconds = seconds
        self._passed_s: deque[float] = deque(maxlen=count)

    def passes(self, now_s: float) -> bool:
        """True, and counted, when there is room. Costs the same however many passed."""
        passed_s = self._passed_s
        if len(passed_s) == passed_s.maxlen and (
            not passed_s or passed_s[0] > now_s - self._seconds
        ):
            return False
        passed_s.append(now_s)
        return True
