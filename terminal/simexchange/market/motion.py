"""Where the crowd takes a contract's price to be right now: its path, and what moved it off it.

Depends on seed and time alone, but for what somebody or a scenario moved. Prices are ticks.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, final

from terminal.simexchange.market.contracts import BUSY

if TYPE_CHECKING:
    from terminal.simexchange.market.contracts import ContractSpec
    from terminal.simexchange.market.path import PricePath
    from terminal.simexchange.market.world import Base

_LEVELS = {True: 10, False: 8}  # a minute of a busy contract's path is halved so often
_FOLLOWS_S = 30.0  # a price that was moved takes the others of its base with it, within this time
_LEAST = 100.0


@final
class Motion:
    """One contract's fair price. ``premium`` comes in addition to the usual one, a fraction."""

    def __init__(self, spec: ContractSpec, path: PricePath, base: Base, now_s: float) -> None:
        self._spec = spec
        self._path = path
        self._base = base
        self._usual_s = 60 / spec.steps_per_minute
        self._most = float(spec.max_price / spec.tick)
        self._inner: tuple[int, list[float], list[float]] = (-1, [], [])
        self._acted_s = now_s
        self._shift = 0.0
        self.premium = 0.0
        self._zero = self._at(base.at(now_s))[0]
        self.fair = float(spec.start_ticks)

    def passed(self, now_s: float) -> float:
        """Take note of a step; the seconds since the one before.

        Steps by hand go on with the path as if their time had passed.
        """
        passed_s = now_s - self._acted_s
        if passed_s < self._usual_s / 2:
            self._base.ahead_s += self._usual_s - passed_s
            passed_s = self._usual_s
        self._acted_s = now_s
        gone = self._shift * (1 - math.exp(-passed_s / _FOLLOWS_S))
        self._shift -= gone
        self._base.shift += gone
        return passed_s

    def go(self, now_s: float) -> float:
        """Put ``fair`` where it belongs now; returns how busy the market is, 1 as usual."""
        at, busy = self._at(self._base.at(now_s))
        moved = at - self._zero + self._shift + self._base.shift
        ticks = self._spec.start_ticks * math.exp(moved) * (1 + self.premium)
        self.fair = min(self._most, max(_LEAST, ticks))
        return busy

    def shift_to(self, ticks: float) -> None:
        """Let the fair price be another one from now on."""
        wanted = min(self._most, max(_LEAST, ticks))
        self._shift += math.log(wanted / self.fair)
        self.fair = wanted

    def _at(self, at_s: float) -> tuple[float, float]:
        """The path at an instant, and how busy the market is then."""
        minute, second = divmod(at_s, 60)
        if self._inner[0] != minute:
            levels = _LEVELS[self._spec.symbol in BUSY]
            self._inner = (int(minute), *self._path.inner(int(minute), levels))
        _, path, rooms = self._inner
        gone = second / 60 * len(rooms)
        place = int(gone)
        rest = gone - place
        busy = self._path.pace(int(minute)) * (0.35 + 0.65 * min(8.0, rooms[place]))
        return path[place] + (path[place + 1] - path[place]) * rest, busy
