"""How often a connection is made: all of an account's sockets share what the exchange allows."""

from __future__ import annotations

from collections import deque
from typing import final

WINDOW_S = 60.0
WINDOW_CONNECTIONS = 24
"""Of the exchange's 30 new connections a minute (API reference 5.4), for all sockets together.

The rest is for the doctor and for other programs of the same account (our choice).
"""


@final
class ConnectWindow:
    """Keeps the number of connections within any minute small, whoever asks for them."""

    def __init__(self, count: int = WINDOW_CONNECTIONS, seconds: float = WINDOW_S) -> None:
        self._seconds = seconds
        self._at_s: deque[float] = deque(maxlen=count)

    def wait_s(self, now_s: float) -> float:
        """How long the next connection has to wait, 0 when it need not."""
        if len(self._at_s) < (self._at_s.maxlen or 0):
            return 0.0
        return max(0.0, self._at_s[0] + self._seconds - now_s)

    def note(self, now_s: float) -> None:
        """One is made now."""
        self._at_s.append(now_s)
