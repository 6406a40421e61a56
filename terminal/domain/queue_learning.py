"""What our own fills in a contract taught about its queues: who cancels, and how sure that is.

Knows nothing of orders and places (``queue_estimate``). Whole numbers only: weights are shares of
``WHOLE``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Sequence

WHOLE = 1 << 40
SHARES = (3, 8, 15, 25, 35, 50, 65, 75, 85, 92, 97)
"""The shares that are weighed against each other, in percent.

A share of s percent: where as many lots are ahead as behind, s of a hundred cancels are ahead. 50
is chance.
"""
_TENTH = 100
_START_TAIL = 70
_LEAST_TAIL, _MOST_TAIL = 60, 240
_STEP = 10
_COVER = 80
_LEAK = 200  # so many times smaller than all of it is what every share keeps


@final
class QueueLearning:
    """What our own fills in one contract taught: the share, and how wide the range must be.

    The share is a posterior over ``SHARES``: all alike at first, then multiplied by how well each
    foresaw a fill; a little of all of them stays, so that habits may change. The tails that the
    range leaves out begin below a tenth on either side, as nothing was learned then. Each fill
    shows whether the range told before held: if it did the tails grow by a little, if not they
    shrink by four times as much, so that over many fills the range covers four in five whatever
    the belief gets wrong (adaptive conformal inference, Gibbs and Candes 2021). Only the last doubt
    before a fill can be scored, and there surprises are the largest: the tails are kept within
    bounds.
    """

    __slots__ = ("_tail", "_weights", "covered", "fills", "scored")

    def __init__(self) -> None:
        self._weights = [WHOLE // len(SHARES)] * len(SHARES)
        self._tail = _START_TAIL
        self.fills = 0
        """Fills that were learned from."""
        self.scored = 0
        """Fills before which the place was in doubt, so that the range said something."""
        self.covered = 0
        """Of the scored ones those where the range was right."""

    @property
    def weights(self) -> tuple[int, ...]:
        """How likely each of ``SHARES`` is, in parts of about ``WHOLE``."""
        return tuple(self._weights)

    @property
    def tail(self) -> int:
        """What the range leaves out on either side, in parts of a thousand."""
        return self._tail

    @property
    def share(self) -> Decimal:
        """The share to expect, as a fraction."""
        total = sum(self._weights)
        mean = sum(share * weight for share, weight in zip(SHARES, self._weights, strict=True))
        return Decimal(mean) / (100 * total)

    def share_range(self) -> tuple[Decimal, Decimal]:
        """The shares between which the true one is in four of five cases, as fractions."""
        points = list(zip(SHARES, self._weights, strict=True))
        low, high = (quantile(points, part) for part in (_TENTH, 1000 - _TENTH))
        return Decimal(low) / 100, Decimal(high) / 100

    def learn(self, likelihoods: Sequence[int]) -> None:
        """Take in how well each of ``SHARES`` foresaw a fill; all zero teaches nothing."""
        most = max(likelihoods)
        if most <= 0:
            return
        self.fills += 1
        updated = [
            weight * likelihood // most
            for weight, likelihood in zip(self._weights, likelihoods, strict=True)
        ]
        total = sum(updated) or 1
        leak = WHOLE // (_LEAK * len(SHARES))
        self._weights = [weight * (WHOLE - WHOLE // _LEAK) // total + leak for weight in updated]

    def score(self, *, is_covered: bool) -> None:
        """A range that was told before a fill held, or did not."""
        self.scored += 1
        self.covered += is_covered
        change = _STEP * (100 - _COVER) if is_covered else -_STEP * _COVER
        # In parts of a hundred thousand the steps are whole.
        tail = self._tail + change // 100
        self._tail = min(_MOST_TAIL, max(_LEAST_TAIL, tail))


def quantile(points: Sequence[tuple[int, int]], part: int) -> int:
    """The place below which ``part`` of a thousand of the weight lies; points ascend."""
    total = sum(weight for _, weight in points)
    summed = 0
    for place, weight in points:
        summed += weight
        if summed * 1000 >= part * total:
            return place
    return points[-1][0]
