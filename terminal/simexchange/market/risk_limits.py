"""How much a position may be worth at which leverage, level by level. Source: reference 3.12.

XBTUSDTM has the ladder that the exchange published; the others have its shape, scaled to what is
traded of them, from the first level that their highest leverage allows.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, final

if TYPE_CHECKING:
    from terminal.simexchange.market.contracts import ContractSpec


@final
class RiskLevel(NamedTuple):
    """One level: positions worth more than ``least`` and up to ``most``, in the settle currency.

    Margins are fractions of the value.
    """

    level: int
    least: int
    most: int
    max_leverage: int
    initial: Decimal
    maintenance: Decimal


# Highest value, leverage, initial margin; the maintenance margin is half of it.
_PUBLISHED = (
    (100_000, 125, "0.008"),
    (500_000, 100, "0.01"),
    (1_000_000, 75, "0.014"),
    (2_000_000, 50, "0.02"),
    (3_000_000, 30, "0.034"),
    (5_000_000, 20, "0.05"),
    (8_000_000, 10, "0.1"),
    (12_000_000, 5, "0.2"),
    (20_000_000, 4, "0.25"),
    (30_000_000, 3, "0.334"),
    (40_000_000, 2, "0.5"),
    (50_000_000, 1, "1"),
)


@cache
def ladder(spec: ContractSpec) -> tuple[RiskLevel, ...]:
    """The levels of a contract, the lowest value and the highest leverage first."""
    levels: list[RiskLevel] = []
    least = 0
    for value, leverage, initial in _PUBLISHED:
        if leverage > spec.max_leverage:
            continue
        most = int(value * spec.risk_scale)
        margin = Decimal(initial)
        levels.append(RiskLevel(len(levels) + 1, least, most, leverage, margin, margin / 2))
        least = most
    return tuple(levels)
