"""How far a position's stop was from the price when a reverse began: the new stop's proposal."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.lanes import other_lane
from terminal.domain.protection import DistanceUnit, ProtectionState, StopDistance

if TYPE_CHECKING:
    from terminal.domain.protection import Cover, Held
    from terminal.domain.units import ExactPrice
    from terminal.session.positions import Key

WAIT_S = 60.0
"""What a reverse has not opened by then is another position, with the settings' distance."""


class _Kept(NamedTuple):
    is_long: bool
    ticks: int
    at_s: float
    is_seen: bool = False


@final
class KeptDistances:
    """By contract and lane, for the position that a reverse opens; forgotten once it has a stop."""

    def __init__(self) -> None:
        self._kept: dict[Key, _Kept] = {}

    def look(
        self, key: Key, cover: Cover, price: ExactPrice | None, at: tuple[float, bool]
    ) -> None:
        """Take note of how a position stands. ``at`` is now in seconds, and whether it reverses."""
        now_s, is_reversing = at
        held = cover.held
        if is_reversing and held.lots and cover.stops and price is not None:
            self._keep(key, cover, price, now_s)
        kept = self._kept.get(key)
        if kept is None or is_reversing:
            return
        is_other = not held.lots or held.is_long is not kept.is_long
        is_late = not kept.is_seen and now_s - kept.at_s > WAIT_S
        if is_other or is_late or cover.state is ProtectionState.PROTECTED:
            del self._kept[key]
        else:
            self._kept[key] = kept._replace(is_seen=True)

    def _keep(self, key: Key, cover: Cover, price: ExactPrice, now_s: float) -> None:
        symbol, lane = key
        held, trigger = cover.held, cover.stops[0].trigger
        into = (symbol, other_lane(lane))
        known = self._kept.get(into)
        if trigger is None or (known is not None and known.is_long is not held.is_long):
            return  # as it was when the reverse began
        scale = held.contract.scale
        ticks = round(abs(price.value - scale.decimal(trigger)) / scale.tick_size)
        if ticks:
            self._kept[into] = _Kept(not held.is_long, ticks, now_s)

    def of(self, key: Key, held: Held) -> StopDistance | None:
        """The distance of before, for a position that a reverse has opened."""
        kept = self._kept.get(key)
        if kept is None or not held.lots or held.is_long is not kept.is_long:
            return None
        return StopDistance(DistanceUnit.TICKS, Decimal(kept.ticks))
