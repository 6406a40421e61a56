"""Tokens of the feed: who may open a connection, and for how long. Source: reference 5.1."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, NamedTuple, final

if TYPE_CHECKING:
    from terminal.simexchange.clock import SimClock

TOKEN_LIFE_S = 24 * 3600.0
_FIRST_PURGE = 64


@final
class Token(NamedTuple):
    """``uid`` is None for a public token."""

    uid: str | None
    ends_s: float


@final
class Tokens:
    """All tokens that were given out and are still good.

    ``life_s`` may be set and holds for tokens from then on. Seconds are the exchange's own.
    """

    def __init__(self, clock: SimClock) -> None:
        self._clock = clock
        self._tokens: dict[str, Token] = {}
        self._purge_at = _FIRST_PURGE
        self.life_s = TOKEN_LIFE_S

    def issue(self, uid: str | None) -> str:
        """A token for one more connection."""
        now_s = self._clock.monotonic_s()
        if len(self._tokens) >= self._purge_at:
            known = self._tokens.items()
            self._tokens = {text: token for text, token in known if token.ends_s > now_s}
            self._purge_at = 2 * len(self._tokens) + _FIRST_PURGE
        token = secrets.token_urlsafe(24)
        self._tokens[token] = Token(uid, now_s + self.life_s)
        return token

    def find(self, token: str) -> Token | None:
        """A token that is known and has not ended."""
        found = self._tokens.get(token)
        if found is None or found.ends_s <= self._clock.monotonic_s():
            return None
        return found
