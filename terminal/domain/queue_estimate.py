"""Where our own resting order stands in the queue at its price, as a range that is kept honest.

The exchange tells totals per price, never places. Known are the lots that rested before us, every
trade, and every cancel but whether it was ahead of us or behind. So the estimate is a belief: some
points (lots ahead, how likely), each cancel splitting a point in two where both are possible. How
much more often than by chance cancels come from ahead differs between contracts; it is learned from
our own fills, for at a fill nothing was ahead any more (``QueueLearning``).

Whole numbers only: weights are shares of ``WHOLE``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from operator import add, sub
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.queue_learning import SHARES, WHOLE, QueueLearning, quantile
from terminal.domain.units import Lots

if TYPE_CHECKING:
    from collections.abc import Sequence

POINTS = 20
FILL_WAIT_MS = 1_500
"""So long a fill may come after the public trade that caused it; then there was none."""
_KEPT_TRADES = 32
_SPREAD = 4
_EVENLY = 16
_Weights = list[int]


@final
class QueuePlace(NamedTuple):
    """Lots ahead of our order: the likeliest range of four in five cases, and what to expect.

    ``low <= expected <= high``. All three are equal when the place is known exactly; zero is the
    front. ``is_guess`` tells that the place at the beginning was not seen.
    """

    low: Lots
    expected: Lots
    high: Lots
    is_guess: bool


class _Promise(NamedTuple):
    """What was told last while in doubt, and what left from ahead since then for certain.

    The range itself is reckoned when it is asked for, which is once in an order's life.
    """

    points: list[tuple[int, _Weights]]
    tail: int
    traded: int
    canceled: int = 0


@final
class QueueEstimate:
    """The queue in front of one of our orders, from when it rests until it is filled or gone.

    ``others`` are the lots that rested at the price when it arrived, all ahead of it. Where that
    was not seen (``is_guess``) they are what rests there now, and any number of them may be ahead.
    Events are to come in the order in which they happened; ``now_ms`` is a clock that never goes
    back. A cancel costs O(points x shares), everything else less.
    """

    __slots__ = (
        "_awaits", "_before", "_due_ms", "_learning", "_prior", "_promise", "_traded",
        "is_at_front", "is_guess", "others", "points", "scale",
    )  # fmt: skip

    def __init__(self, others: Lots, learning: QueueLearning, *, is_guess: bool = False) -> None:
        self._learning = learning
        self.others = int(others)
        """Lots of others at the price, ahead and behind."""
        self.scale = max(1, self.others)
        self.is_guess = is_guess
        self.is_at_front = False
        self._prior = learning.weights
        weights = list(self._prior)
        count = min(_EVENLY, self.others) if is_guess else 0
        self.points: list[tuple[int, _Weights]] = [
            (self.others * at // max(1, count), [weight // (count + 1) for weight in weights])
            for at in range(count + 1)
        ]
        """Lots ahead, ascending, with the weight of each share; below zero: we were filled."""
        if not is_guess:
            self.points = [(self.others, weights)]
        self._traded = 0
        self._before: OrderedDict[str, int] = OrderedDict()
        self._due_ms: int | None = None
        self._promise: _Promise | None = None
        # The trade that filled us, while it was not heard yet.
        self._awaits: str | None = None

    # What happens ----------------------------------------------------------------------------

    def joined(self, lots: int) -> None:
        """Others added lots at the price: behind us, whoever they are."""
        self.others += lots

    def traded(self, lots: int, trade_id: str, now_ms: int) -> None:
        """A taker met lots at our price: those ahead first, then ours."""
        self._settle(now_ms)
        self._before[trade_id] = self._traded
        if len(self._before) > _KEPT_TRADES:
            self._before.popitem(last=False)
        self._traded += lots
        self.others = max(0, self.others - lots)
        if self._awaits == trade_id:
            self._learn(self._before[trade_id])
        if self.is_at_front and self._awaits is None:
            return
        self.points = [(ahead - lots, weights) for ahead, weights in self.points]
        if self.points[0][0] < 0 and self._due_ms is None:
            self._due_ms = now_ms + FILL_WAIT_MS

    def canceled(self, lots: int, now_ms: int) -> None:
        """Others took lots back at the price: ahead of us or behind."""
        self._settle(now_ms)
        if not self.is_at_front or self._awaits is not None:
            self._split(lots)
        self.others = max(0, self.others - lots)
        self._fit()

    def missed(self, others: Lots) -> None:
        """Nobody knows what happened for a while; so many lots of others rest there now.

        What was ahead may have gone, none of it or all: never has more come ahead.
        """
        self.others = int(others)
        self._promise = self._due_ms = self._awaits = None
        self._before.clear()
        if self.is_at_front:
            return
        self.is_guess = True
        spread: dict[int, _Weights] = {}
        for ahead, weights in self.points:
            most = max(0, min(ahead, self.others))
            for part in range(_SPREAD + 1):
                _put(
                    spread, most * part // _SPREAD, [weight // (_SPREAD + 1) for weight in weights]
                )
        self.points = _merged(spread)

    def filled(self, trade_id: str) -> None:
        """A first part of our order was filled by this trade: nothing is ahead any more.

        Learned from once the trade was heard on the public stream too, at which it is known how
        much takers before it took; and only if the place at the beginning was seen.
        """
        if self.is_at_front:
            return
        self.is_at_front = True
        self._due_ms = None
        before = self._before.get(trade_id)
        if before is not None:
            self._learn(before)
        elif not self.is_guess:
            self._awaits = trade_id

    def _learn(self, before: int) -> None:
        """Nothing was ahead when so many lots had been traded at our price."""
        self._awaits = None
        if not self.is_guess:
            self._score(before)
            self._learning.learn(self._likelihoods(self._traded - before))
        self.points = [(0, list(self._prior))]

    def place(self, now_ms: int, unsettled: Sequence[int] = ()) -> QueuePlace:
        """The range as it is now.

        ``unsettled`` are lots that the level lost just now: looked at as cancels until a trade is
        heard that explains them, and not remembered.
        """
        self._settle(now_ms)
        if self.is_at_front:
            return QueuePlace(Lots(0), Lots(0), Lots(0), is_guess=False)
        kept = (self.points, self.others, self._promise)
        for lots in unsettled:
            self._split(lots)
            self.others = max(0, self.others - lots)
            self._fit()
        totals = _totals(self.points)
        self.points, self.others, self._promise = kept
        low, high = _range(totals, self._learning.tail)
        total = sum(weight for _, weight in totals) or 1
        mean = (sum(ahead * weight for ahead, weight in totals) + total // 2) // total
        return QueuePlace(Lots(low), Lots(min(high, max(low, mean))), Lots(high), self.is_guess)

    @property
    def is_in_doubt(self) -> bool:
        """True while more than one place is possible."""
        return len(self.points) > 1

    # Belief ----------------------------------------------------------------------------------

    def _split(self, lots: int) -> None:
        """A cancel of so many lots: each point goes on as ahead, as behind, or as both.

        Where only one is possible its weight is what it was likely to be: a cancel that is larger
        than all that is ahead speaks for more ahead, or for behind.
        """
        found: dict[int, _Weights] = {}
        moves: set[int] = set()
        others = self.others
        for ahead, weights in self.points:
            front = max(0, ahead)
            behind = others - front if others > front else 0
            fits_ahead, fits_behind = lots <= front, lots <= behind
            if not fits_ahead and not fits_behind:
                # Several at once, or more than rests there as far as we know: in proportion.
                part = min(front, lots * front // max(1, others))
                move = max(part, min(front, lots - behind))
                moves.add(move)
                _put(found, ahead - move, weights)
                continue
            if front and behind:
                from_ahead, rest = _parted(weights, front, behind)
            else:
                from_ahead = rest = weights
            if fits_ahead and front:
                moves.add(lots)
                _put(found, ahead - lots, from_ahead)
            if fits_behind and behind:
                moves.add(0)
                _put(found, ahead, rest)
        self.points = _merged(found)
        if len(moves) > 1:
            self._promise = _Promise(self.points, self._learning.tail, self._traded)
        elif self._promise is not None:
            # Wherever we are, so many were ahead.
            self._promise = self._promise._replace(canceled=self._promise.canceled + moves.pop())

    def _fit(self) -> None:
        """No more is ahead than rests there."""
        if self.points[-1][0] > self.others:
            fits = [(ahead, weights) for ahead, weights in self.points if ahead <= self.others]
            self.points = fits or [(self.others, self.points[0][1])]

    def _settle(self, now_ms: int) -> None:
        """We were not filled: what would have filled us is not how it was."""
        if self._due_ms is not None and now_ms >= self._due_ms:
            self._due_ms = None
            waiting = [(ahead, weights) for ahead, weights in self.points if ahead >= 0]
            if not waiting:
                # The totals told less than there was, or we were not first where we should be.
                summed: dict[int, _Weights] = {}
                for _, weights in self.points:
                    _put(summed, 0, weights)
                waiting = _merged(summed)
            self.points = waiting

    # Truth -----------------------------------------------------------------------------------

    def _score(self, before: int) -> None:
        promise = self._promise
        if promise is None:
            return
        was_ahead = before - promise.traded + promise.canceled
        low, high = _range(_totals(promise.points), promise.tail)
        self._learning.score(is_covered=low <= was_ahead <= high)

    def _likelihoods(self, since: int) -> list[int]:
        """How likely each share made it that nothing was ahead when ``since`` began to trade."""
        width = max(2, self.scale // 12)
        found = [0] * len(SHARES)
        for ahead, weights in self.points:
            near = width - abs(ahead + since)
            if near > 0:
                for at, weight in enumerate(weights):
                    found[at] += near * weight
        return [WHOLE * got // max(1, had) for got, had in zip(found, self._prior, strict=True)]


# The dearest lines of a busy market run here, hundreds of times for a cancel: lists of weights are
# all as long as ``SHARES``, which nobody needs to look at again.


def _parted(weights: _Weights, front: int, behind: int) -> tuple[_Weights, _Weights]:
    """Part the weights of a point into a cancel ahead and one behind, by each share."""
    # A share is in percent: share * front + (100 - share) * behind, with what is constant before.
    slope, base = front - behind, 100 * behind
    from_ahead = [
        weight * (share * front) // (base + share * slope)
        for weight, share in zip(weights, SHARES)  # noqa: B905 - as said above
    ]
    return from_ahead, list(map(sub, weights, from_ahead))


def _put(found: dict[int, _Weights], ahead: int, weights: _Weights) -> None:
    """Add a point; of equal places the weights add up."""
    before = found.get(ahead)
    found[ahead] = weights if before is None else list(map(add, before, weights))


def _totals(points: list[tuple[int, _Weights]]) -> list[tuple[int, int]]:
    """The places with all their weight; ascending as the points are."""
    return [(max(0, ahead), sum(weights)) for ahead, weights in points]


def _range(totals: list[tuple[int, int]], tail: int) -> tuple[int, int]:
    return quantile(totals, tail), quantile(totals, 1000 - tail)


def _merged(found: dict[int, _Weights]) -> list[tuple[int, _Weights]]:
    """At most ``POINTS`` points: of more, the lightest join their nearest neighbors."""
    points = sorted(found.items())
    if len(points) <= POINTS:
        return points
    totals = [sum(weights) for _, weights in points]
    light = set(sorted(range(len(points)), key=totals.__getitem__)[: len(points) - POINTS])
    kept = [point for at, point in enumerate(points) if at not in light]
    places = [ahead for ahead, _ in kept]
    for at in light:
        ahead, weights = points[at]
        right = bisect_left(places, ahead)
        left = right - 1
        if right == len(places) or (left >= 0 and ahead - places[left] <= places[right] - ahead):
            right = left
        place, before = kept[right]
        kept[right] = (place, list(map(add, before, weights)))
    return kept
