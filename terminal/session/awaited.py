"""Exits that were attached to orders which filled, while they may still be on their way.

When the exchange makes them is not established (API reference 11). Each fill is waited for on its
own, no longer than its own deadline; a stop that appears is taken for the exit of the oldest fill,
and nothing is awaited any more for a position that is closed or turned round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terminal.domain.events import PositionSide
    from terminal.domain.units import Symbol

    Lane: TypeAlias = tuple[Symbol, PositionSide]


@final
@dataclass(slots=True, eq=False)
class AwaitedFill:
    """Lots for which exits may still come. ``sign`` is 1 where they were bought; times monotonic.

    Whoever waits for it looks into the list at ``look_s``, and gives it up at ``until_s``.
    """

    lots: int
    sign: int
    look_s: float
    until_s: float


@final
class AwaitedExits:
    """All fills that are waited for, by lane."""

    def __init__(self) -> None:
        self._fills: dict[Lane, list[AwaitedFill]] = {}
        self._signs: dict[Lane, int] = {}
        self._seen: dict[Lane, set[str]] = {}

    def fill(
        self, lane: Lane, lots: int, sign: int, now_s: float, look_s: float, until_s: float
    ) -> AwaitedFill | None:
        """An order with exits filled; None where it joined a fill of which the look is to come."""
        fills = self._fills.setdefault(lane, [])
        if fills and fills[-1].sign == sign and now_s < fills[-1].look_s and fills[-1].lots:
            fills[-1].lots += lots
            return None
        fills.append(AwaitedFill(lots, sign, look_s, until_s))
        return fills[-1]

    def over(self, lane: Lane, fill: AwaitedFill) -> None:
        """Nothing is awaited of a fill any more."""
        fills = self._fills.get(lane, [])
        if fill in fills:
            fills.remove(fill)
        if not fills:
            self._fills.pop(lane, None)

    def see(self, lane: Lane, held: int, stops: Iterable[tuple[str, int]]) -> None:
        """How a lane stands: signed lots, and its waiting stops by name with their lots."""
        sign = (held > 0) - (held < 0)
        if self._signs.get(lane, 0) not in {0, sign}:
            for fill in self._fills.get(lane, []):
                fill.lots = 0 if fill.sign != sign else fill.lots
        self._signs[lane] = sign
        seen = self._seen.get(lane, set())
        now = dict(stops)
        for name in now.keys() - seen:
            self._take_from_oldest(lane, now[name])
        self._seen[lane] = set(now)

    def _take_from_oldest(self, lane: Lane, lots: int) -> None:
        for fill in self._fills.get(lane, []):
            taken = min(lots, fill.lots)
            fill.lots -= taken
            lots -= taken

    def lots(self, lane: Lane, held: int, now_s: float) -> int:
        """So many lots of what is held may still get exits of their own."""
        return sum(
            fill.lots
            for fill in self._fills.get(lane, [])
            if now_s < fill.until_s and fill.sign * held > 0
        )
