"""What contracts of one base share while they trade: one price moves them all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import final

WAKES_S = 60.0
"""So long a market that opens is gentle, and so long it takes until it moves as usual."""
_GENTLE = 0.0005


def slept_s(open_s: float) -> float:
    """How far the path is behind the clock when a market has been open for so many seconds."""
    open_s = min(open_s, 2 * WAKES_S)
    waking_s = max(0.0, open_s - WAKES_S)
    return (1 - _GENTLE) * (open_s - waking_s * waking_s / (2 * WAKES_S))


@final
@dataclass(slots=True)
class Base:
    """One base coin.

    ``shift`` is how far somebody moved its price off its path, as a logarithm; ``ahead_s`` is how
    far steps by hand went ahead of the clock. While it stands, ``stands_s`` is where its path
    stays. It wakes up slowly after ``opened_s``, so that whoever arrives can look around.
    """

    opened_s: float = -math.inf
    shift: float = 0.0
    ahead_s: float = 0.0
    stands_s: float | None = None

    def at(self, now_s: float) -> float:
        """Where on its path the base is at an instant of the clock."""
        if self.stands_s is not None:
            return self.stands_s
        return now_s + self.ahead_s - slept_s(now_s - self.opened_s)

    def stand(self, now_s: float) -> None:
        """Stay where the path is now."""
        self.stands_s = self.at(now_s)

    def go_on(self, now_s: float) -> None:
        """Follow the path again, from where it stood."""
        if self.stands_s is not None:
            self.ahead_s = self.stands_s - now_s + slept_s(now_s - self.opened_s)
            self.stands_s = None


@final
class World:
    """All bases of an exchange."""

    def __init__(self, opened_s: float = -math.inf) -> None:
        self._opened_s = opened_s
        self._bases: dict[str, Base] = {}
        self.indexes: dict[str, float] = {}
        """The indexes of the perpetual contracts as they are now, in ticks of these."""

    def base(self, name: str) -> Base:
        """The base of a name, the same for everybody who asks."""
        return self._bases.setdefault(name, Base(self._opened_s))
