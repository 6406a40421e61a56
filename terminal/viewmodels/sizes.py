"""The five sizes at the ladder's foot and the size in hand, in whole lots."""

from __future__ import annotations

import re
from typing import final

from terminal.domain.units import Lots

SIZE_COUNT = 5
LARGEST = Lots(1_000_000_000)
"""A bound against slips of the keyboard; the real limits are the guard's."""

_WHOLE = re.compile(r"[0-9]{1,12}")
_THOUSANDS = re.compile(r"[0-9]{1,3}(,[0-9]{3})+")


@final
class Sizes:
    """Five stored sizes and the current one, all at least one lot; pure, no Qt."""

    def __init__(self, stored: tuple[int, ...], chosen: int) -> None:
        if len(stored) != SIZE_COUNT or min(stored) < 1:
            raise ValueError(f"five sizes of at least one lot are needed, got {stored}")
        self._stored = [Lots(size) for size in stored]
        self.chosen = chosen if 1 <= chosen <= SIZE_COUNT else 1
        self.current = self._stored[self.chosen - 1]

    @property
    def stored(self) -> tuple[Lots, ...]:
        """The five sizes."""
        return tuple(self._stored)

    def choose(self, number: int) -> None:
        """Take stored size 1 to 5 in hand."""
        self.chosen = number
        self.current = self._stored[number - 1]

    def store(self, number: int) -> None:
        """Keep the size in hand as 1 to 5."""
        self._stored[number - 1] = self.current
        self.chosen = number

    def set_current(self, lots: int) -> None:
        """Take any size in hand, clamped to what is sensible."""
        self.current = Lots(min(max(1, lots), LARGEST))

    def step(self, direction: int) -> None:
        """One step up (+1) or down (-1): one unit of the leading digit."""
        below = self.current - 1 if direction < 0 else self.current
        unit = 10 ** (len(str(max(1, below))) - 1)
        self.set_current(self.current + direction * unit)

    def halve(self) -> None:
        """Half the size, rounded down, at least one lot."""
        self.set_current(self.current // 2)

    def double(self) -> None:
        """Twice the size."""
        self.set_current(self.current * 2)


def parse_lots(text: str) -> Lots | None:
    """Read whole lots above zero as typed by a user; None when it is something else."""
    bare = "".join(text.split())
    if _THOUSANDS.fullmatch(bare):
        bare = bare.replace(",", "")
    if not _WHOLE.fullmatch(bare):
        return None
    lots = int(bare)
    return Lots(lots) if 1 <= lots <= LARGEST else None
