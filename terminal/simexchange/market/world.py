"""What contracts of one base share while they trade: one price moves them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

SLEEPS_S = 45.0
"""So long the prices of a market that opens stand still; only its makers and takers act."""
WAKES_S = 75.0
"""So long it takes from then on until they move as usual."""


def slept_s(open_s: float) -> float:
    """How far the path is behind the clock when a market has been open for so many seconds."""
    waking_s = min(max(0.0, open_s - SLEEPS_S), WAKES_S)
    return min(open_s, SLEEPS_S) + waking_s - waking_s * waking_s / (2 * WAKES_S)


@final
@dataclass(slots=True)
class Base:
    """One base coin.

    ``shift`` is how far somebody moved its price off its path, as a logarithm; ``ahead_s`` is how
    far steps by hand went ahead of the clock. While it stands, ``stands_s`` is the instant at
    which it stays. It wakes up slowly after ``opened_s``, so that whoever arrives can look around.
    """

    opened_s: float = 0.0
    shift: float = 0.0
    ahead_s: float = 0.0
    stands_s: float | None = None

    def at(self, now_s: float) -> float:
        """Where on its path the base is at an instant of the clock."""
        open_s = now_s + self.ahead_s if self.stands_s is None else self.stands_s
        return open_s - slept_s(open_s - self.opened_s)

    def stand(self, now_s: float) -> None:
        """Stay where the path is now."""
        if self.stands_s is None:
            self.stands_s = now_s + self.ahead_s

    def go_on(self, now_s: float) -> None:
        """Follow the path again, from where it stood."""
        if self.stands_s is not None:
            self.ahead_s = self.stands_s - now_s
            self.stands_s = None


@final
class World:
    """All bases of an exchange."""

    def __init__(self, opened_s: float = 0.0) -> None:
        self._opened_s = opened_s
        self._bases: dict[str, Base] = {}
        self.indexes: dict[str, float] = {}
        """The indexes of the perpetual contracts as they are now, in ticks of these."""

    def base(self, name: str) -> Base:
        """The base of a name, the same for everybody who asks."""
        return self._bases.setdefault(name, Base(self._opened_s))
