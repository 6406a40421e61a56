"""What was traded at each price since a start or a clear, split by who took.

Sums only: the trades themselves are the tape's. Bounded: when too many prices were traded, those
farthest from the last one are let go and counted as forgotten.
"""

from __future__ import annotations

from heapq import nlargest
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.units import Lots, Price, Side

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terminal.domain.clock import TimestampMs

KEPT_PRICES = 8_192
_LET_GO = 4  # a fourth of the prices goes at once, so that it seldom happens
_BUY = Side.BUY


@final
class TradedLots(NamedTuple):
    """Lots at a price or in a row that buyers took, and that sellers took."""

    bought: Lots
    sold: Lots

    @property
    def total(self) -> Lots:
        """Both together."""
        return Lots(self.bought + self.sold)

    @property
    def delta(self) -> int:
        """What buyers took more than sellers, in lots; negative when sellers took more."""
        return self.bought - self.sold


@final
class VolumeProfile:
    """Traded lots by price. ``since`` is when counting began, epoch ms; a clear begins anew.

    ``point_of_control`` is the price with the most lots, of equals the one that had them first;
    None while nothing was traded. ``forgotten`` counts the lots of prices that were let go, more
    than ``kept`` prices having been traded. What is cleared is kept aside, to be brought back. A
    trade costs O(1), a row as well: rows of one step are kept beside the prices.
    """

    __slots__ = (
        "_aside", "_first", "_kept", "_prices", "_rows", "_step",
        "bought", "forgotten", "point_of_control", "since", "sold",
    )  # fmt: skip

    def __init__(self, since: TimestampMs, kept: int = KEPT_PRICES) -> None:
        self.since = since
        self.bought = Lots(0)
        self.sold = Lots(0)
        self.forgotten = Lots(0)
        self.point_of_control: Price | None = None
        self._kept = max(_LET_GO, kept)
        # What was cleared, in the same form, and since when it had been counted.
        self._aside: dict[int, list[int]] = {}
        self._first = since
        # Lots that buyers took, and that sellers took: by price, and by row of the step shown.
        self._prices: dict[int, list[int]] = {}
        self._step = 1
        self._rows: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return len(self._prices)

    # Counting --------------------------------------------------------------------------------

    def add(self, taker: Side, price: Price, lots: Lots) -> None:
        """Count one trade."""
        at = self._prices.get(price)
        if at is None:
            if len(self._prices) >= self._kept:
                self._let_go(price)
            at = self._prices[price] = [0, 0]
        which = 0 if taker is _BUY else 1
        at[which] += lots
        if which:
            self.sold = Lots(self.sold + lots)
        else:
            self.bought = Lots(self.bought + lots)
        most = self.point_of_control
        if most is None or sum(at) > sum(self._prices[most]):
            self.point_of_control = price
        if self._step > 1:
            self._rows.setdefault(price // self._step, [0, 0])[which] += lots

    def clear(self, now: TimestampMs) -> None:
        """Begin anew: everything goes, what was forgotten too."""
        self._set_aside(list(self._prices))
        self.forgotten = Lots(0)
        self.since = now

    def clear_above(self, price: Price) -> None:
        """Drop what was traded above a price; what was traded at it stays."""
        self._set_aside([at for at in self._prices if at > price])

    def clear_below(self, price: Price) -> None:
        """Drop what was traded below a price; what was traded at it stays."""
        self._set_aside([at for at in self._prices if at < price])

    @property
    def can_restore(self) -> bool:
        """Whether anything that was cleared can be brought back."""
        return bool(self._aside)

    def restore(self) -> None:
        """Bring back all that was cleared, beside what was traded since; bounded like the rest."""
        back, self._aside = self._aside, {}
        for price, (bought, sold) in back.items():
            for taker, lots in ((Side.BUY, bought), (Side.SELL, sold)):
                if lots:
                    self.add(taker, Price(price), Lots(lots))
        self.since = self._first

    def _set_aside(self, prices: list[int]) -> None:
        for price in prices:
            kept = self._aside.setdefault(price, [0, 0])
            bought, sold = self._prices[price]
            kept[0] += bought
            kept[1] += sold
        self._drop(prices)
        beyond = len(self._aside) - self._kept
        for price in list(self._aside)[: max(0, beyond)]:  # the oldest clear goes first
            del self._aside[price]

    def _let_go(self, price: Price) -> None:
        count = max(1, len(self._prices) // _LET_GO)
        far = nlargest(count, self._prices, key=lambda at: (abs(at - price), at))
        self.forgotten = Lots(self.forgotten + sum(sum(self._prices[at]) for at in far))
        self._drop(far)

    def _drop(self, prices: Iterable[int]) -> None:
        for price in prices:
            bought, sold = self._prices.pop(price)
            self.bought = Lots(self.bought - bought)
            self.sold = Lots(self.sold - sold)
        self._group()
        left = self._prices
        most = max(left, key=lambda at: sum(left[at]), default=None)
        self.point_of_control = None if most is None else Price(most)

    # Reading ---------------------------------------------------------------------------------

    @property
    def total(self) -> Lots:
        """All lots that are counted."""
        return Lots(self.bought + self.sold)

    def at(self, price: Price) -> TradedLots:
        """What was traded at one price."""
        bought, sold = self._prices.get(price, (0, 0))
        return TradedLots(Lots(bought), Lots(sold))

    def counted(
        self, *, above: Price | None = None, below: Price | None = None
    ) -> dict[int, tuple[int, int]]:
        """Lots that buyers took, and that sellers took, by price: all, or those beyond a bound."""
        return {
            price: (bought, sold)
            for price, (bought, sold) in self._prices.items()
            if (above is None or price > above) and (below is None or price < below)
        }

    def most(self) -> Lots:
        """The lots at the point of control, zero without one: what bars are scaled by."""
        most = self.point_of_control
        return Lots(0 if most is None else sum(self._prices[most]))

    def fill_rows(self, top_index: int, step: int, bought: list[int], sold: list[int]) -> None:
        """Write the lots of rows from ``top_index`` down into two lists of one length.

        Rows are those of ``depth_rows``: row ``i`` holds the ticks from ``i * step`` on. Costs
        O(rows); the first time after another step O(prices).
        """
        if step != self._step:
            self._step = step
            self._group()
        find = (self._rows if step > 1 else self._prices).get
        index = top_index
        for offset in range(len(bought)):
            row = find(index)
            if row is None:
                bought[offset] = sold[offset] = 0
            else:
                bought[offset], sold[offset] = row
            index -= 1

    def _group(self) -> None:
        self._rows = {}
        if self._step > 1:
            for price, (bought, sold) in self._prices.items():
                row = self._rows.setdefault(price // self._step, [0, 0])
                row[0] += bought
                row[1] += sold
