"""What contracts of one base share while they trade: one price moves them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final


@final
@dataclass(slots=True)
class Base:
    """One base coin.

    ``shift`` is how far somebody moved its price off its path, as a logarithm; ``ahead_s`` is how
    far steps by hand went ahead of the clock. While it stands, ``stands_s`` is where its path
    stays.
    """

    shift: float = 0.0
    ahead_s: float = 0.0
    stands_s: float | None = None

    def at(self, now_s: float) -> float:
        """Where on its path the base is at an instant of the clock."""
        return now_s + self.ahead_s if self.stands_s is None else self.stands_s

    def stand(self, now_s: float) -> None:
        """Stay where the path is now."""
        self.stands_s = self.at(now_s)

    def go_on(self, now_s: float) -> None:
        """Follow the path again, from where it stood."""
        if self.stands_s is not None:
            self.ahead_s = self.stands_s - now_s
            self.stands_s = None


@final
class World:
    """All bases of an exchange."""

    def __init__(self) -> None:
        self._bases: dict[str, Base] = {}
        self.indexes: dict[str, float] = {}
        """The indexes of the perpetual contracts as they are now, in ticks of these."""

    def base(self, name: str) -> Base:
        """The base of a name, the same for everybody who asks."""
        return self._bases.setdefault(name, Base())
