"""Which of a level's changes were trades, and which were makers who came or went.

Trades and changes of the book come on two topics whose order to each other nobody promises, and
neither names the other. The rule, by price and resting side:

- Lots that a trade took explain as many lots that the level lost, whichever of both was heard
  first: a change by just as many lots, else the oldest. Each topic is in order by itself, so what
  was lost before a loss that is explained by its size was no trade.
- Other lots that were lost count as pulled once no trade explained them for ``HOLD_MS``.
- Lots that were traded while the level lost fewer for ``WAIT_MS`` were put back in the same change
  (a hidden or iceberg order): they count as added.

So, once all is settled: what was added less what was pulled is how much more rests now than before,
plus what was traded. Times are ms of a clock that never goes back, passed in.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple, final

if TYPE_CHECKING:
    from terminal.domain.units import Lots, Price, Side

HOLD_MS = 250
"""So long a loss waits for its trade. Our choice: both are on one connection, ms apart."""
WAIT_MS = 1_500
"""So long a trade waits for its change of the book. A connection that stalls delays both."""


@final
class MakerChange(NamedTuple):
    """Makers added lots (above zero) to a level or pulled them (below zero)."""

    side: Side
    price: Price
    lots: int


@final
class _Waiting:
    """Lots that wait for their other half."""

    __slots__ = ("key", "lots", "until_ms")

    def __init__(self, key: tuple[Side, Price], lots: int, until_ms: int) -> None:
        self.key = key
        self.lots = lots
        self.until_ms = until_ms


@final
class _Queue:
    """What waits: in the order in which it ends, and by place. All waits are of one length."""

    __slots__ = ("_by_key", "_in_order")

    def __init__(self) -> None:
        self._in_order: deque[_Waiting] = deque()
        self._by_key: dict[tuple[Side, Price], deque[_Waiting]] = {}

    def put(self, key: tuple[Side, Price], lots: int, until_ms: int) -> None:
        waiting = _Waiting(key, lots, until_ms)
        self._in_order.append(waiting)
        at = self._by_key.get(key)
        if at is None:
            at = self._by_key[key] = deque()
        at.append(waiting)

    def explain(self, key: tuple[Side, Price], lots: int) -> tuple[int, list[_Waiting]]:
        """Take up to so many lots out: those of one that has just as many, else the oldest.

        Answers how many are left over, and what is older than the one that had just as many.
        """
        at = self._by_key.get(key)
        if at is None:
            return lots, []
        for place, waiting in enumerate(at):
            if waiting.lots == lots:
                older = list(islice(at, place))
                waiting.lots = lots = 0
                del at[place]
                break
        else:
            older = []
            while at and lots:
                taken = min(lots, at[0].lots)
                at[0].lots -= taken
                lots -= taken
                if not at[0].lots:
                    at.popleft()
        if not at:
            del self._by_key[key]
        return lots, older

    def lots_at(self, key: tuple[Side, Price]) -> int:
        """All lots that wait at a place."""
        at = self._by_key.get(key)
        return sum(waiting.lots for waiting in at) if at else 0

    def all_at(self, key: tuple[Side, Price]) -> list[_Waiting]:
        """All that waits at a place, the oldest first."""
        return list(self._by_key.get(key, ()))

    @property
    def is_empty(self) -> bool:
        """True while nothing waits anywhere."""
        return not self._by_key

    def drop(self, key: tuple[Side, Price], oldest: list[_Waiting]) -> None:
        """Take the oldest at a place out."""
        if not oldest:
            return
        at = self._by_key.get(key)
        for waiting in oldest:
            waiting.lots = 0
            if at:
                at.popleft()
        if not at:
            self._by_key.pop(key, None)

    def ended(self, now_ms: int) -> list[_Waiting]:
        """What waited for long enough, with the lots that are left of it."""
        found: list[_Waiting] = []
        while self._in_order and self._in_order[0].until_ms <= now_ms:
            waiting = self._in_order.popleft()
            if not waiting.lots:
                continue
            at = self._by_key[waiting.key]
            at.popleft()  # the oldest of its place, for all wait equally long
            if not at:
                del self._by_key[waiting.key]
            found.append(waiting)
        return found

    def clear(self) -> None:
        self._in_order.clear()
        self._by_key.clear()


@final
class Attribution:
    """Tells trades from makers. What it found out is drained with ``settled``."""

    __slots__ = ("_found", "_losses", "_trades")

    def __init__(self) -> None:
        self._found: list[MakerChange] = []
        self._losses = _Queue()
        self._trades = _Queue()

    def changed(self, side: Side, price: Price, lots: int, now_ms: int) -> None:
        """A level has so many lots more (above zero) or less (below zero) than before."""
        if lots > 0:
            self._found.append(MakerChange(side, price, lots))
        elif lots < 0:
            key = (side, price)
            waiting = self._trades.lots_at(key)
            left, _ = self._trades.explain(key, -lots) if waiting else (-lots, [])
            if left:
                self._losses.put(key, left, now_ms + HOLD_MS)
            elif waiting:
                self._pulled(key, self._losses.all_at(key))

    def traded(self, taker: Side, price: Price, lots: Lots, now_ms: int) -> None:
        """A taker of this side met so many lots that rested on the other side."""
        key = (taker.opposite, price)
        left, older = self._losses.explain(key, lots)
        self._pulled(key, older)
        if left:
            self._trades.put(key, left, now_ms + WAIT_MS)

    def waits_for_book(self, taker: Side, price: Price) -> int:
        """Lots of trades at a place whose change of the book was not heard yet."""
        return self._trades.lots_at((taker.opposite, price))

    def unexplained(self, side: Side, price: Price) -> list[int]:
        """Lots that a level lost and no trade explains so far, the oldest first."""
        return [waiting.lots for waiting in self._losses.all_at((side, price))]

    @property
    def is_settled(self) -> bool:
        """True while nothing waits for its other half."""
        return self._losses.is_empty and self._trades.is_empty

    def _pulled(self, key: tuple[Side, Price], losses: list[_Waiting]) -> None:
        for waiting in losses:
            self._found.append(MakerChange(*key, -waiting.lots))
        self._losses.drop(key, losses)

    def settled(self, now_ms: int) -> list[MakerChange]:
        """What makers did, as far as it is certain by now, and not told before; oldest first."""
        losses, trades = self._losses.ended(now_ms), self._trades.ended(now_ms)
        found = self._found
        if losses or trades:
            found.extend(MakerChange(*waiting.key, -waiting.lots) for waiting in losses)
            found.extend(MakerChange(*waiting.key, waiting.lots) for waiting in trades)
        if not found:
            return []
        self._found = []
        return found

    def forget(self) -> None:
        """The book was read anew or trades are missing: what waits can no longer be explained."""
        self._found = []
        self._losses.clear()
        self._trades.clear()
