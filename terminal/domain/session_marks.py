"""Marks of the day and of the moment: high, low, volume-weighted average, chase trail, large sizes.

A day is a UTC day. It is put together minute by minute from two sources: candles that were read,
and trades that were heard. A minute that was heard whole counts by its trades, any other by its
candle as soon as that is known; what is covered is said, never guessed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.domain.candles import MINUTE_MS
from terminal.domain.clock import TimestampMs
from terminal.domain.units import Lots, Price

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from terminal.domain.candles import Candle
    from terminal.domain.clock import TimestampNs

DAY_MS = 86_400_000
_NS_IN_MS = 1_000_000
_THREE = Decimal(3)


@final
class _Minute:
    """What was traded in one minute: lots, and what the average is made of."""

    __slots__ = ("high", "is_whole", "lots", "low", "weight")

    def __init__(self, price: int, *, is_whole: bool) -> None:
        self.high = self.low = price
        self.lots = 0
        # Sum of price times lots; of an inverse contract the sum of lots over price.
        self.weight = Decimal(0)
        self.is_whole = is_whole


@final
@dataclass(frozen=True, slots=True)
class DayMarks:
    """The day so far. Prices are ticks, ``average`` (in ticks, exact) is weighted by volume.

    They hold from ``since`` on: the day's beginning when its candles are known, else the first
    minute that is. With ``has_hole`` some trades in between were missed and no candle stands in for
    them yet. ``candle_lots`` of all ``lots`` are known from candles only, whose average is taken to
    be the middle of high, low and close.
    """

    since: TimestampMs
    high: Price
    low: Price
    average: Decimal
    lots: Lots
    candle_lots: Lots
    has_hole: bool


@final
class SessionMarks:
    """Keeps the marks of a UTC day; a trade or candles of the next day begin it anew.

    A trade costs O(1), candles O(those of the day), a reading O(1) between changes.
    """

    __slots__ = (
        "_candles", "_day", "_has_gap", "_heard_from", "_is_inverse", "_known_from", "_marks",
        "_trades",
    )  # fmt: skip

    def __init__(self, *, is_inverse: bool) -> None:
        self._is_inverse = is_inverse
        self._day = TimestampMs(-1)
        self._trades: dict[int, _Minute] = {}
        self._candles: dict[int, _Minute] = {}
        self._known_from: int | None = None
        # From this minute on trades were heard without a break; None after a hole until the next.
        self._heard_from: int | None = None
        self._has_gap = False
        self._marks: DayMarks | None = None

    def trade(self, price: Price, lots: Lots, at: TimestampNs) -> None:
        """Count one public trade; one of a day that is over is left out."""
        minute = at // _NS_IN_MS // MINUTE_MS
        if not self._is_of_day(minute):
            return
        if self._heard_from is None:
            # The running minute was not heard from its beginning.
            self._heard_from = minute + 1
        found = self._trades.get(minute)
        if found is None:
            is_whole = minute >= self._heard_from
            found = self._trades[minute] = _Minute(price, is_whole=is_whole)
        self._count(found, price, price, lots, Decimal(price))
        self._marks = None

    def hole(self) -> None:
        """Trades may be missing from the last one on until the next."""
        self._heard_from = None
        if self._trades:
            self._has_gap = True
            self._trades[max(self._trades)].is_whole = False
        self._marks = None

    def candles(self, candles: Iterable[Candle], known_from: TimestampMs) -> None:
        """Take one-minute candles, closed ones only; history is known from ``known_from`` on.

        A minute without a candle had no trade. Candles of the day replace those of before.
        """
        rows = sorted(candles, key=lambda candle: candle.start_at)
        if rows and not self._is_of_day(rows[-1].start_at // MINUTE_MS):
            return
        self._candles = {}
        for candle in rows:
            minute = candle.start_at // MINUTE_MS
            if candle.start_at < self._day:
                continue
            found = self._candles[minute] = _Minute(candle.high, is_whole=True)
            typical = (candle.high + candle.low + candle.close) / _THREE
            self._count(found, candle.high, candle.low, candle.lots, typical)
        self._known_from = int(known_from)
        self._has_gap = False
        self._marks = None

    def _is_of_day(self, minute: int) -> bool:
        """Whether a minute belongs to the day; a later one begins the next day."""
        day = TimestampMs(minute * MINUTE_MS // DAY_MS * DAY_MS)
        if day > self._day:
            self._day = day
            self._trades, self._candles = {}, {}
            self._has_gap = False
            self._marks = None
        return day == self._day

    def _count(self, minute: _Minute, high: int, low: int, lots: int, price: Decimal) -> None:
        minute.high = max(minute.high, high)
        minute.low = min(minute.low, low)
        minute.lots += lots
        minute.weight += lots / price if self._is_inverse else lots * price

    def marks(self) -> DayMarks | None:
        """The day so far; None while nothing of it is known."""
        if self._marks is None:
            self._marks = self._add_up()
        return self._marks

    def _add_up(self) -> DayMarks | None:
        trades, candles = self._trades, self._candles
        chosen: list[_Minute] = []
        candle_lots, has_hole = 0, self._has_gap
        for minute in trades.keys() | candles.keys():
            heard, read = trades.get(minute), candles.get(minute)
            if heard is not None and (heard.is_whole or read is None):
                has_hole |= not heard.is_whole
                chosen.append(heard)
            elif read is not None:
                candle_lots += read.lots
                chosen.append(read)
        lots = sum(minute.lots for minute in chosen)
        if not lots:
            return None
        weight = sum((minute.weight for minute in chosen), Decimal(0))
        return DayMarks(
            self._since(),
            Price(max(minute.high for minute in chosen)),
            Price(min(minute.low for minute in chosen)),
            lots / weight if self._is_inverse else weight / lots,
            Lots(lots),
            Lots(candle_lots),
            has_hole,
        )

    def _since(self) -> TimestampMs:
        first = min(self._trades.keys() | self._candles.keys()) * MINUTE_MS
        if self._known_from is not None:
            first = min(first, max(self._known_from, self._day))
        return TimestampMs(first)


# The inside --------------------------------------------------------------------------------------

TRAIL = 32


@final
class Step(NamedTuple):
    """The best price of a side came to a price (None: the side is empty) at a time, ms."""

    price: Price | None
    at_ms: int


@final
class ChaseTrail:
    """The last changes of best bid and best ask, the newest last; at most ``kept`` a side."""

    __slots__ = ("asks", "bids")

    def __init__(self, kept: int = TRAIL) -> None:
        self.bids: deque[Step] = deque(maxlen=kept)
        self.asks: deque[Step] = deque(maxlen=kept)

    def inside(self, bid: Price | None, ask: Price | None, now_ms: int) -> bool:
        """Best bid and ask are these now; True when either changed."""
        bids, asks = self.bids, self.asks
        has_moved = False
        if not bids or bids[-1].price != bid:
            bids.append(Step(bid, now_ms))
            has_moved = True
        if not asks or asks[-1].price != ask:
            asks.append(Step(ask, now_ms))
            has_moved = True
        return has_moved

    def clear(self) -> None:
        """Begin anew: the book was read anew, nobody knows which way the inside went."""
        self.bids.clear()
        self.asks.clear()


# Large sizes -------------------------------------------------------------------------------------


@final
@dataclass(frozen=True, slots=True)
class Threshold:
    """From when on a size is large: so many lots, or so many times the mean of what is in view.

    Exactly one of both is given and above zero. Raises ``ValueError`` otherwise.
    """

    lots: Lots | None = None
    times_mean: Decimal | None = None

    def __post_init__(self) -> None:
        given = [number for number in (self.lots, self.times_mean) if number is not None]
        if len(given) != 1 or given[0] <= 0:
            raise ValueError(f"one threshold above zero, got {self}")

    def least(self, sizes: Sequence[int]) -> int:
        """The least lots that count as large among the sizes in view (zeros are no sizes)."""
        if self.lots is not None:
            return self.lots
        shown = [size for size in sizes if size > 0]
        if not shown or self.times_mean is None:
            return 1
        bound = self.times_mean * sum(shown) / len(shown)
        return int(bound.to_integral_value(ROUND_CEILING))


def large_sizes(
    sizes: Sequence[int], first: Threshold, second: Threshold | None = None
) -> list[int]:
    """Say of each size in view whether it is large: 0 no, 1 by the first threshold, 2 by both.

    Whichever threshold is higher in view counts as the second.
    """
    least = sorted(threshold.least(sizes) for threshold in (first, second) if threshold is not None)
    return [sum(size >= bound for bound in least) if size > 0 else 0 for size in sizes]
