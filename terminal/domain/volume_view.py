"""One ladder's look at volume that several share: what it cleared for itself is left out.

The profile goes on counting for the others; kept here is only what had been traded at each price
when this ladder cleared it.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from terminal.domain.units import Price
    from terminal.domain.volume_profile import VolumeProfile


class VolumePart(Enum):
    """What of the volume is cleared. The values are the words of menus."""

    ALL = "all"
    ABOVE = "above the inside"
    BELOW = "below the inside"


@final
class VolumeView:
    """Volume by row, less what was cleared here. Bounded by the profile's own bound.

    Whoever clears the profile itself calls ``profile_cleared`` right after.
    """

    __slots__ = ("_before", "_profile", "_rows", "_step")

    def __init__(self, profile: VolumeProfile) -> None:
        self._profile = profile
        # Lots that buyers took, and that sellers took, when the price was cleared.
        self._before: dict[int, tuple[int, int]] = {}
        self._step = 1
        self._rows: dict[int, tuple[int, int]] = {}

    def clear(self, part: VolumePart, bid: Price | None, ask: Price | None) -> bool:
        """Leave out what was traded until now; False when there is no inside to clear beyond."""
        if part is VolumePart.ALL:
            self._before = self._profile.counted()
        elif part is VolumePart.ABOVE:
            if ask is None:
                return False
            self._before.update(self._profile.counted(above=ask))
        else:
            if bid is None:
                return False
            self._before.update(self._profile.counted(below=bid))
        self._group()
        return True

    @property
    def can_restore(self) -> bool:
        """Whether anything is left out here."""
        return bool(self._before)

    def restore(self) -> None:
        """Leave nothing out any more."""
        self._before = {}
        self._group()

    def profile_cleared(self) -> None:
        """What is no longer in the profile need not be left out of it any more."""
        if self._before:
            there = self._profile.counted()
            self._before = {price: lots for price, lots in self._before.items() if price in there}
            self._group()

    def leave_out(self, top_index: int, step: int, bought: list[int], sold: list[int]) -> None:
        """Take what was cleared out of rows that ``VolumeProfile.fill_rows`` has filled."""
        if not self._before:
            return
        if step != self._step:
            self._step = step
            self._group()
        find = self._rows.get
        for offset in range(len(bought)):
            before = find(top_index - offset)
            if before is not None:
                bought[offset] = max(0, bought[offset] - before[0])
                sold[offset] = max(0, sold[offset] - before[1])

    def _group(self) -> None:
        rows: dict[int, tuple[int, int]] = {}
        for price, (bought, sold) in self._before.items():
            row = price // self._step
            before = rows.get(row, (0, 0))
            rows[row] = (before[0] + bought, before[1] + sold)
        self._rows = rows
