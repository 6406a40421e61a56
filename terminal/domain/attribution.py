"""Which of a level's changes were trades, and which were makers who came or went.

Trades and changes of the book come on two topics whose order to each other nobody promises, and
neither names the other. The rule, by price and resting side:

- Lots that a trade took explain as many lots that the level lost, whichever of both was heard
  first; the oldest are explained first.
- Lots that were lost count as pulled only once no trade explained them for ``HOLD_MS``.
- Lots that were traded while the level lost fewer for ``WAIT_MS`` were put back in the same change
  (a hidden or iceberg order): they count as added.

So, once all is settled: what was added less what was pulled is how much more rests now than before,
plus what was traded. Times are ms of a clock that never goes back, passed in.
"""

from __future__ import annotations

from collections import deque
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

    def explain(self, key: tuple[Side, Price], lots: int) -> int:
        """Take up to so many lots out, the oldest first; answers how many are left over."""
        at = self._by_key.get(key)
        while at and lots:
            oldest = at[0]
            taken = min(lots, oldest.lots)
            oldest.lots -= taken
            lots -= taken
            if not oldest.lots:
                at.popleft()
        if at is not None and not at:
            del self._by_key[key]
        return lots

    def ended(self, now_ms: int) -> list[_Waiting]:
        """What waited for long enough, with the lots that are left of it."""
        found: list[_Waiting] = []
        while self._in_order and self._in_order[0].until_ms <= now_ms:
            waiting = self._in_order.popleft()
            if not waiting.lots:
                continue
            at = self._by_key[waiting.key]
            at.popleft()
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
            left = self._trades.explain(key, -lots)
            if left:
                self._losses.put(key, left, now_ms + HOLD_MS)

    def traded(self, taker: Side, price: Price, lots: Lots, now_ms: int) -> None:
        """A taker of this side met so many lots that rested on the other side."""
        key = (taker.opposite, price)
        left = self._losses.explain(key, lots)
        if left:
            self._trades.put(key, left, now_ms + WAIT_MS)

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
