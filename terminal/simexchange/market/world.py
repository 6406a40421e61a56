"""What contracts of one base share while they trade: one price moves them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

SLEEPS_S = 45.0
"""So long the prices of a market that opens stand still; only its makers and takers act."""
_WAKES = 5 / 3  # times that it takes from then on until they move as usual


def slept_s(open_s: float, sleeps_s: float = SLEEPS_S) -> float:
    """How far the path is behind the clock when a market has been open for so many seconds."""
    if sleeps_s <= 0:
        return 0.0
    wakes_s = _WAKES * sleeps_s
    waking_s = min(max(0.0, open_s - sleeps_s), wakes_s)
    return min(open_s, sleeps_s) + waking_s - waking_s * waking_s / (2 * wakes_s)


@final
@dataclass(slots=True)
class Base:
    """One base coin.

    ``shift`` is how far somebody moved its price off its path, as a logarithm; ``ahead_s`` is how
    far steps by hand went ahead of the clock. While it stands, ``stands_s`` is the instant at
    which it stays. It sleeps for ``sleeps_s`` after ``opened_s`` and wakes up slowly, so that
    whoever arrives can look around.
    """

    opened_s: float = 0.0
    shift: float = 0.0
    ahead_s: float = 0.0
    stands_s: float | None = None
    sleeps_s: float = SLEEPS_S

    def at(self, now_s: float) -> float:
        """Where on its path the base is at an instant of the clock."""
        open_s = now_s + self.ahead_s if self.stands_s is None else self.stands_s
        return open_s - slept_s(open_s - self.opened_s, self.sleeps_s)

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

    def sleep(self, seconds: float) -> None:
        """How long the prices of all bases stand still at the opening, before anybody moved."""
        for base in self._bases.values():
            base.sleeps_s = seconds
