"""Many limit orders between two prices: where each lies and how large it is. Pure arithmetic.

Laws: prices are whole ticks, all different, the first and the last are those that were asked for;
sizes are whole lot steps above zero and their sum is exactly what was asked for.
"""

from __future__ import annotations

from enum import Enum

from terminal.domain.errors import UnitError
from terminal.domain.units import Lots, Price

FEWEST, MOST = 2, 40
"""So many orders one scale has; two requests of twenty (API reference 3.4)."""


class Shape(Enum):
    """How the lots are shared out from the first price to the last; the values are for the user."""

    EVEN = "all the same"
    RISING = "growing"
    FALLING = "shrinking"


def prices(first: Price, last: Price, count: int) -> tuple[Price, ...]:
    """So many prices from the first to the last, as evenly as whole ticks allow (half away).

    Raises ``UnitError`` for a count out of bounds or fewer ticks than orders.
    """
    if not FEWEST <= count <= MOST:
        raise UnitError(f"{count} orders are not {FEWEST} to {MOST}")
    apart, gaps = abs(last - first), count - 1
    if apart < gaps:
        raise UnitError(f"{apart + 1} prices do for at most {apart + 1} orders, not for {count}")
    sign = 1 if last > first else -1
    return tuple(Price(first + sign * _nearest(apart * n, gaps)) for n in range(count))


def _nearest(number: int, divisor: int) -> int:
    return (2 * number + divisor) // (2 * divisor)


def split(total: Lots, count: int, shape: Shape = Shape.EVEN, step: int = 1) -> tuple[Lots, ...]:
    """Share lots out among orders in multiples of ``step`` (the contract's lot size).

    Even shares differ by one step at most. Growing ones are in proportion to 1, 2, 3 and so on as
    nearly as whole steps allow, or rise from one step where there are too few for that; shrinking
    ones are the same, the other way round. Raises ``UnitError`` when there is less than a step for
    each, or the total is no multiple of the step.
    """
    steps, rest = divmod(total, step)
    if count <= 0 or rest:
        raise UnitError(f"{total} lots cannot be shared out in steps of {step}")
    if steps < count:
        raise UnitError(f"{total} lots are too few for {count} orders of at least {step}")
    weights = [1] * count if shape is Shape.EVEN else list(range(1, count + 1))
    base = 0 if steps >= sum(weights) else 1
    shares = [base + share for share in _in_proportion(steps - base * count, weights)]
    if shape is Shape.FALLING:
        shares.reverse()
    return tuple(Lots(share * step) for share in shares)


def _in_proportion(total: int, weights: list[int]) -> list[int]:
    """Whole shares of a total: rounded down, then one more for those that lost most (the first)."""
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    lost = sorted(range(len(weights)), key=lambda n: -(total * weights[n] % whole))
    for number in lost[: total - sum(shares)]:
        shares[number] += 1
    return shares
