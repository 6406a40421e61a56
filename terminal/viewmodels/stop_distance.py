"""How far away the stop lies that a risk is reckoned to: in the ladder and in the ticket alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.domain.triggers import watched_price
from terminal.viewmodels import text

if TYPE_CHECKING:
    from terminal.domain.contract import Contract
    from terminal.domain.events import PositionSide
    from terminal.session.protection import ProtectionWatch


def stop_distance(
    watch: ProtectionWatch, contract: Contract, lane: PositionSide
) -> tuple[int, str]:
    """Ticks to the stop that limits the loss now, else of a bracket; and which it is, in words."""
    watched, settings = watch.watched(contract.symbol, lane), watch.settings
    now = watched_price(settings.reference, contract.scale, watch.references(contract.symbol))
    stops = () if watched is None else watched.cover.stops
    nearest = next((order.trigger for order in stops if order.trigger is not None), None)
    if nearest is not None and now is not None:
        ticks = abs(contract.scale.ticks_nearest(now) - nearest)
        if ticks:
            at = text.price(nearest, contract)
            return ticks, f"to the stop at {at}, {text.whole(ticks)} ticks"
    ticks = settings.bracket_loss_ticks
    return ticks, f"to the bracket's stop, {text.whole(ticks)} ticks"
