"""Tokens of the feed: who may open a connection, and for how long. Source: reference 5.1."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, final

if TYPE_CHECKING:
    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.faults import Faults

TOKEN_LIFE_S = 24 * 3600.0
PING_INTERVAL_MS = 18_000
PING_TIMEOUT_MS = 10_000
_FIRST_PURGE = 64


@final
class Token(NamedTuple):
    """``uid`` is None for a public token."""

    uid: str | None
    ends_s: float


@final
@dataclass(frozen=True, slots=True)
class Pings:
    """What clients of both sockets are told to keep to: how often to ping, how long to wait."""

    interval_ms: int = PING_INTERVAL_MS
    timeout_ms: int = PING_TIMEOUT_MS

    def payload(self) -> dict[str, int]:
        """As it is told."""
        return {"pingInterval": self.interval_ms, "pingTimeout": self.timeout_ms}


@final
class Tokens:
    """All tokens that were given out and are still good.

    ``life_s`` may be set and holds for tokens from then on; seconds are the exchange's own.
    ``pings`` is told with every token.
    """

    def __init__(self, clock: SimClock, seed: int = 0, faults: Faults | None = None) -> None:
        self._clock = clock
        self._faults = faults
        self._start = f"{seed}-{clock.now_ms()}"
        self._count = 0
        self._tokens: dict[str, Token] = {}
        self._purge_at = _FIRST_PURGE
        self.life_s = TOKEN_LIFE_S
        self.pings = Pings()

    def issue(self, uid: str | None) -> str:
        """A token for one more connection."""
        now_s = self._clock.monotonic_s()
        if len(self._tokens) >= self._purge_at:
            known = self._tokens.items()
            self._tokens = {text: token for text, token in known if token.ends_s > now_s}
            self._purge_at = 2 * len(self._tokens) + _FIRST_PURGE
        # The same at every run that starts alike, and never twice otherwise.
        self._count += 1
        token = hashlib.sha256(f"token-{self._start}-{self._count}".encode()).hexdigest()
        self._tokens[token] = Token(uid, now_s + self.life_s)
        return token

    def find(self, token: str) -> Token | None:
        """A token that is known and has not ended."""
        if self._faults is not None and self._faults.use("tokens_expired"):
            return None
        found = self._tokens.get(token)
        if found is None or found.ends_s <= self._clock.monotonic_s():
            return None
        return found
