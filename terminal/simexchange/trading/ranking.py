"""Who is deleveraged first: positions by their profit times their effective leverage.

Source: reference 3.8 (``delevPercentage``, a rank from 0 to 1). The formula is not published there;
ours is what such exchanges have in common.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from terminal.simexchange.trading.margin import CROSS

if TYPE_CHECKING:
    from terminal.simexchange.trading.account import Account
    from terminal.simexchange.trading.margin import SimPosition

_ZERO, _HALF = Decimal(0), Decimal("0.5")
_GRID = Decimal("0.01")


def score(account: Account, held: SimPosition, mark: Decimal) -> Decimal:
    """The return of a position times its effective leverage; losses are divided by it instead.

    A position that nothing backs any more has lost all: minus one.
    """
    earned = held.unrealized(mark)
    backing = held.own_margin + earned
    if held.margin_mode == CROSS:
        backing = account.wallet_state(held.spec.settle).cross_margin
    if not held.cost or backing <= 0:
        return Decimal(-1) if held.lots else _ZERO
    leverage = held.spec.value(mark, held.lots) / backing
    returned = earned / held.cost
    return returned * leverage if earned > 0 else returned / max(leverage, Decimal(1))


def rank(account: Account, held: SimPosition, mark: Decimal) -> Decimal:
    """The share of the positions of its side that are deleveraged after it: 0 to 1, 1 is next.

    The crowd holds nearly all of a contract, so it is a place among the crowd, whose scores are
    taken for evenly spread from -1 to 1. Of two accounts that with the higher score is higher.
    """
    if not held.lots:
        return _ZERO
    place = _HALF + score(account, held, mark) / 2
    return min(Decimal(1), max(_ZERO, place)).quantize(_GRID)
