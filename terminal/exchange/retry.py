"""Who may be asked again by itself, and after how long. Pure; the waiting is the caller's.

Orders, transfers and settings never: a second one would be one too many. What is asked again is
signed again with a fresh time stamp. Source: API reference 1.8 and 9.
"""

from __future__ import annotations

from random import random
from typing import TYPE_CHECKING

from terminal.exchange.errors import (
    ClockSkewError,
    OverloadError,
    RateLimitedError,
    RejectedError,
    TransportError,
)
from terminal.wire.endpoints import Effect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from terminal.exchange.errors import ExchangeError

PATIENCE_S = 8.0
"""So long after the first try no other one is begun."""
READ_WAITS_S = (0.2, 0.4, 0.8)
CANCEL_WAITS_S = (0.2, 0.3)
"""The shortest waits between tries; each is stretched by up to the spread below."""
SPREAD_S = 0.4


def delays(effect: Effect, dice: Callable[[], float] = random) -> Iterator[float]:
    """Seconds to wait before each further try of a call; ends when it is given up.

    ``dice`` gives numbers from 0 up to 1. Empty for what is never sent twice.
    """
    if effect is Effect.READ:
        waits_s: tuple[float, ...] = READ_WAITS_S
    elif effect in {Effect.CANCEL, Effect.CANCEL_ALL}:
        waits_s = CANCEL_WAITS_S
    else:
        waits_s = ()
    for wait_s in waits_s:
        yield min(wait_s + SPREAD_S * dice(), 1.0)


def may_retry(effect: Effect, error: ExchangeError) -> bool:
    """Whether a call that ended so may be asked again.

    A cancel of all is asked again only when the first one was provably not carried out or refused
    at the gate: after a lost answer it could take away what was ordered since.
    """
    if effect not in {Effect.READ, Effect.CANCEL, Effect.CANCEL_ALL}:
        return False
    if isinstance(error, TransportError):
        return effect is not Effect.CANCEL_ALL or not error.was_sent
    if isinstance(error, OverloadError | ClockSkewError):
        return True
    if isinstance(error, RateLimitedError):
        # Its turn comes when the budget lets it go again; a cancel is told at once instead.
        return effect is Effect.READ and error.was_sent
    return isinstance(error, RejectedError) and error.may_retry
