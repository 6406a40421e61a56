"""What a contract's price did before its market opened: a function of seed and time.

The logarithm of the price is a Brownian path, made by halving: each half of a span gets its middle
displaced by dice that depend on nothing but the seed and the place in the tree. Any minute of any
year can be asked for alone and always has the same figures. Prices are ticks.
"""

from __future__ import annotations

import hashlib
import math
from array import array
from typing import TYPE_CHECKING, NamedTuple, final

if TYPE_CHECKING:
    from terminal.simexchange.market.contracts import ContractSpec

MINUTE_MS = 60_000
_WORD = (1 << 64) - 1
_TOP = 22  # levels of the tree: its root spans eight years, its leaves a minute
_BLOCK = 8  # levels that are made at once, 256 minutes
_KEPT_BLOCKS = 256
_MOOD_TOP = 12  # from three days downwards some spans are livelier than others
_MOOD = 0.22
_QUIET_ONE_IN = 200


@final
class Minute(NamedTuple):
    """One minute. Prices are ticks, not rounded; ``lots`` is 0 when nobody traded."""

    open: float
    high: float
    low: float
    close: float
    lots: int


@final
class Dice:
    """Numbers that depend on a seed and on what they are asked for, and on nothing else."""

    def __init__(self, seed: str) -> None:
        self._key = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big")

    def word(self, kind: int, place: int) -> int:
        """64 even bits."""
        word = (self._key + kind * 0x9E3779B97F4A7C15 + place * 0xD1B54A32D192ED03) & _WORD
        word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _WORD
        return word ^ (word >> 31)

    def gauss(self, kind: int, place: int) -> float:
        """Nearly normal, variance 1, never beyond 3.47: the sum of four even numbers."""
        word = self.word(kind, place)
        total = (word & 0xFFFF) + (word >> 16 & 0xFFFF) + (word >> 32 & 0xFFFF) + (word >> 48)
        return (total / 65535 - 2) * 1.7320508


# What the dice are thrown for; the levels of the tree take the numbers up to ``_TOP``.
_MOODS, _MINUTE = 100, 200


@final
class Past:
    """One contract's minutes before ``opened_ms``; at that minute the price is its start price."""

    def __init__(self, spec: ContractSpec, seed: str, opened_ms: int) -> None:
        self.opened_minute = opened_ms // MINUTE_MS
        self._spec = spec
        self._dice = Dice(f"{seed}-past")
        # As the market moves and trades when it is live, measured over forty minutes of each.
        self._scale = spec.step_ticks * 1.2 * math.sqrt(spec.steps_per_minute) / spec.start_ticks
        self._usual_lots = spec.level_lots * 0.12 * spec.steps_per_minute
        self._blocks: dict[int, tuple[array[float], array[float]]] = {}
        self._home = 0.0
        path, _ = self._made(self.opened_minute >> _BLOCK)
        self._home = math.log(path[self.opened_minute & 0xFF] / spec.start_ticks)

    def price(self, minute: int) -> float:
        """The price at the beginning of a minute (epoch minutes), in ticks, not rounded."""
        return self._block(minute >> _BLOCK)[0][minute & 0xFF]

    def minute(self, minute: int) -> Minute:
        """One minute: it opens where the one before closed. About one in two hundred is quiet."""
        place = minute & 0xFF
        prices, moods = self._block(minute >> _BLOCK)
        opened, closed, mood = prices[place], prices[place + 1], moods[place]
        word = self._dice.word(_MINUTE, minute)
        # Sums of two even numbers: a third of a usual move on average, and never far more.
        reach = self._scale * mood * opened / 65535
        ups, downs = (word & 0xFFFF) + (word >> 16 & 0xFFFF), (word >> 32 & 0xFFFF) + (word >> 48)
        above, below = reach * abs(ups - 65535), reach * abs(downs - 65535)
        busy = math.exp(0.7 * ((ups + downs) / 65535 - 2))
        lots = int(self._usual_lots * mood * busy) + 1
        if word % _QUIET_ONE_IN == 0 and minute != self.opened_minute - 1:
            lots = 0
        return Minute(
            opened,
            max(opened, closed) + above,
            max(1.0, min(opened, closed) - below),
            closed,
            lots,
        )

    def _block(self, number: int) -> tuple[array[float], array[float]]:
        """The prices at 256 minutes and at their end, and how lively each of them is."""
        found = self._blocks.get(number)
        if found is None:
            if len(self._blocks) >= _KEPT_BLOCKS:
                del self._blocks[next(iter(self._blocks))]
            found = self._blocks[number] = self._made(number)
        return found

    def _made(self, number: int) -> tuple[array[float], array[float]]:
        left, right, mood = 0.0, 0.0, 1.0
        minute = number << _BLOCK
        for level in range(_TOP, _BLOCK, -1):
            middle = (left + right) / 2 + self._shift(level, minute >> level, mood)
            if minute >> (level - 1) & 1:
                left = middle
            else:
                right = middle
            mood *= self._mood(level - 1, minute >> (level - 1))
        path, moods = [left, right], [mood]
        for level in range(_BLOCK, 0, -1):
            first = minute >> level
            finer: list[float] = []
            for place, mood in enumerate(moods):
                near, far = path[place], path[place + 1]
                finer += (near, (near + far) / 2 + self._shift(level, first + place, mood))
            path = [*finer, path[-1]]
            moods = [
                mood * self._mood(level - 1, 2 * (first + place) + half)
                for place, mood in enumerate(moods)
                for half in (0, 1)
            ]
        start = self._spec.start_ticks
        prices = array("d", (start * math.exp(at - self._home) for at in path))
        return prices, array("d", moods)

    def _shift(self, level: int, node: int, mood: float) -> float:
        """How far the middle of a node's span is off the straight line."""
        spread = self._scale * mood * math.sqrt(1 << level) / 2
        return spread * self._dice.gauss(level, node)

    def _mood(self, level: int, node: int) -> float:
        """What a node multiplies the liveliness of its span with."""
        if level > _MOOD_TOP:
            return 1.0
        return math.exp(_MOOD * self._dice.gauss(_MOODS + level, node) - _MOOD * _MOOD / 2)
