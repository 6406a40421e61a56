"""The sides of a contract that positions are kept on: one for both, or long and short apart.

Source: reference 3.3 (positionSide) and 3.9.
"""

from __future__ import annotations

from terminal.simexchange.market.matching import BUY, SELL

BOTH, LONG, SHORT = "BOTH", "LONG", "SHORT"
POSITION_SIDES = (BOTH, LONG, SHORT)
ONE_WAY, HEDGED = (BOTH,), (LONG, SHORT)
_OPENING = {LONG: BUY, SHORT: SELL}


def opening_side(position_side: str) -> str:
    """The side of orders that open a leg; empty for the one that either side may open."""
    return _OPENING.get(position_side, "")


def closes(position_side: str, side: str | None) -> bool:
    """True when orders of a side can do nothing but close this leg: none crosses zero here."""
    opening = _OPENING.get(position_side)
    return opening is not None and side is not None and side != opening
