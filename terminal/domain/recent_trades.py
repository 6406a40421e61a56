"""What trades just now at each price: counts that clear themselves.

A price's count begins anew when the inside leaves the price and comes back, or when nothing traded
there for a while. The clock is passed in; ms of any clock that never goes back.
"""

from __future__ import annotations

from typing import final

from terminal.domain.units import Lots, Price, Side

KEPT_PRICES = 512
QUIET_MS = 30_000
"""A count that nothing was added to for so long is over. Our choice; a setting."""


@final
class RecentTrades:
    """Lots that takers of either side took at each price lately.

    Buyers take at the ask: a price's count of buys begins anew when the best ask arrives at it from
    elsewhere, that of sells when the best bid does. The last change of the inside and the trade
    that caused it may come in either order, so what was traded where the inside just was, stays. At
    most ``kept`` prices a side; of more, the one that is quiet for the longest goes.
    """

    __slots__ = ("_buys", "_inside", "_kept", "_sells", "quiet_ms")

    def __init__(self, quiet_ms: int = QUIET_MS, kept: int = KEPT_PRICES) -> None:
        self.quiet_ms = quiet_ms
        self._kept = kept
        self._inside: tuple[Price | None, Price | None] = (None, None)
        # Lots and when the last of them came, by price; the one traded last at the end.
        self._buys: dict[int, tuple[int, int]] = {}
        self._sells: dict[int, tuple[int, int]] = {}

    def add(self, taker: Side, price: Price, lots: Lots, now_ms: int) -> None:
        """Count one trade."""
        counts = self._buys if taker is Side.BUY else self._sells
        before, at_ms = counts.pop(price, (0, now_ms))
        if now_ms - at_ms > self.quiet_ms:
            before = 0
        counts[price] = (before + lots, now_ms)
        if len(counts) > self._kept:
            del counts[next(iter(counts))]

    def inside(self, bid: Price | None, ask: Price | None) -> None:
        """Best bid and ask are these now, None for an empty side."""
        before_bid, before_ask = self._inside
        if ask != before_ask and ask is not None:
            self._buys.pop(ask, None)
        if bid != before_bid and bid is not None:
            self._sells.pop(bid, None)
        self._inside = (bid, ask)

    def clear(self) -> None:
        """Forget all counts; the inside stays where it is."""
        self._buys.clear()
        self._sells.clear()

    def at(self, taker: Side, price: Price, now_ms: int) -> Lots:
        """The lots of takers of a side at a price, zero when its count is over."""
        lots, at_ms = (self._buys if taker is Side.BUY else self._sells).get(price, (0, now_ms))
        return Lots(lots if now_ms - at_ms <= self.quiet_ms else 0)

    def fill_rows(
        self, top_index: int, step: int, now_ms: int, *, bought: list[int], sold: list[int]
    ) -> None:
        """Write the lots of rows from ``top_index`` down into two lists of one length.

        Costs O(rows + prices that are counted).
        """
        count, since_ms = len(bought), now_ms - self.quiet_ms
        for rows, counts in ((bought, self._buys), (sold, self._sells)):
            rows[:] = [0] * count
            for price, (lots, at_ms) in counts.items():
                offset = top_index - price // step
                if at_ms >= since_ms and 0 <= offset < count:
                    rows[offset] += lots
