"""Candle series: history merged with live updates. Holes stay holes; nothing is invented.

A minute without a trade has no candle. Columns are exact whole numbers in machine arrays, so that a
million candles are six blocks of memory and not a million objects.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING, final

from terminal.domain.clock import TimestampMs
from terminal.domain.units import Lots, Price

if TYPE_CHECKING:
    from collections.abc import Sequence

MINUTE_MS = 60_000


class CandleInterval(Enum):
    """How long a candle lasts; the value is in minutes. Source: API reference 2.5."""

    M1 = 1
    M5 = 5
    M15 = 15
    M30 = 30
    H1 = 60
    H2 = 120
    H4 = 240
    H8 = 480
    H12 = 720
    D1 = 1440
    W1 = 10_080

    @property
    def ms(self) -> int:
        """The interval in milliseconds."""
        return self.value * MINUTE_MS

    def start_of(self, at: TimestampMs) -> TimestampMs:
        """The start of the interval that contains an instant. Weeks begin on Monday, in UTC."""
        # The epoch was a Thursday.
        shift = 4 * CandleInterval.D1.ms if self is CandleInterval.W1 else 0
        return TimestampMs(at - (at - shift) % self.ms)

    @property
    def text(self) -> str:
        """The interval as traders write it: 1m, 4h, 1d, 1w."""
        return self.name[1:] + self.name[0].lower()


class StreamInterval(Enum):
    """Candles that only the stream knows; history by request has none. Source: reference 5.6."""

    M3 = "3min"
    MONTH = "1month"


@final
@dataclass(frozen=True, slots=True)
class Candle:
    """One interval: its start, prices in ticks, and the lots traded in it.

    Raises ``ValueError`` when high and low do not enclose open and close.
    """

    start_at: TimestampMs
    open: Price
    high: Price
    low: Price
    close: Price
    lots: Lots

    def __post_init__(self) -> None:
        if not self.low <= min(self.open, self.close) <= max(self.open, self.close) <= self.high:
            raise ValueError(f"high and low do not enclose the candle: {self}")
        if self.lots < 0:
            raise ValueError(f"lots below zero: {self}")


@final
@dataclass(frozen=True, slots=True)
class SeriesChange:
    """What a merge did to a series that is now ``length`` candles long.

    ``prepended`` candles came before all others; then everything from index ``first`` (counted
    after prepending) to the end may differ. An empty change has ``prepended == 0`` and
    ``first == length``.
    """

    prepended: int
    first: int
    length: int

    @property
    def is_empty(self) -> bool:
        """True when nothing differs."""
        return self.prepended == 0 and self.first >= self.length

    def then(self, later: SeriesChange) -> SeriesChange:
        """This change and the next one as a single change."""
        first = min(self.first + later.prepended, later.first)
        return SeriesChange(self.prepended + later.prepended, first, later.length)


@final
class CandleSeries:
    """Candles of one contract and interval, ascending by start, no start twice.

    The columns are for reading only: ``starts`` in ms, prices in ticks, ``lots`` whole lots, all of
    one length. They are arrays of signed 64-bit numbers (``array('q')``). Do not keep a memoryview
    of one over a merge: an exported array cannot grow.
    """

    def __init__(self, interval: CandleInterval) -> None:
        self.interval = interval
        self.starts = array("q")
        self.opens = array("q")
        self.highs = array("q")
        self.lows = array("q")
        self.closes = array("q")
        self.lots = array("q")

    def __len__(self) -> int:
        return len(self.starts)

    def candle(self, index: int) -> Candle:
        """One candle. Negative indices count from the end. Raises ``IndexError``."""
        return Candle(
            TimestampMs(self.starts[index]),
            Price(self.opens[index]),
            Price(self.highs[index]),
            Price(self.lows[index]),
            Price(self.closes[index]),
            Lots(self.lots[index]),
        )

    def index_at(self, at: TimestampMs) -> int | None:
        """The candle whose interval contains an instant; None in a hole or outside. O(log n)."""
        index = bisect_left(self.starts, at + 1) - 1
        if index < 0 or at >= self.starts[index] + self.interval.ms:
            return None
        return index

    def merge(self, candles: Sequence[Candle]) -> SeriesChange:
        """Take in candles, ascending by start; those of a start that is known are replaced.

        O(new) at either end, O(n) in the middle. Raises ``ValueError`` when they do not ascend, and
        changes nothing then.
        """
        for before, after in pairwise(candles):
            if before.start_at >= after.start_at:
                raise ValueError("candles must ascend by start")
        older = self._prepend(candles)
        first = len(self)
        for candle in candles[older:]:
            changed = self._put(candle)
            first = first if changed is None else min(first, changed)
        return SeriesChange(older, min(first, len(self)), len(self))

    def start_of(self, at: TimestampMs) -> TimestampMs:
        """The start of the interval that contains an instant, in line with the candles known."""
        if not self.starts:
            return self.interval.start_of(at)
        last = self.starts[-1]
        return TimestampMs(last + (at - last) // self.interval.ms * self.interval.ms)

    def trade(self, at: TimestampMs, price: Price, lots: Lots) -> SeriesChange:
        """Take in one public trade: it extends the candle of its interval or begins a new one.

        A trade older than the last candle changes nothing: history tells it better.
        """
        start = self.start_of(at)
        last = len(self) - 1
        if last >= 0 and start < self.starts[last]:
            return SeriesChange(0, len(self), len(self))
        if last >= 0 and start == self.starts[last]:
            self.highs[last] = max(self.highs[last], price)
            self.lows[last] = min(self.lows[last], price)
            self.closes[last] = price
            self.lots[last] += lots
            return SeriesChange(0, last, len(self))
        self._append(Candle(start, price, price, price, price, lots))
        return SeriesChange(0, last + 1, len(self))

    def clear(self) -> None:
        """Forget all candles."""
        for column in self._columns():
            del column[:]

    def _columns(self) -> tuple[array[int], ...]:
        return (self.starts, self.opens, self.highs, self.lows, self.closes, self.lots)

    def _prepend(self, candles: Sequence[Candle]) -> int:
        """Put those that are older than all before them; how many these were."""
        if not self.starts:
            return 0
        count = 0
        while count < len(candles) and candles[count].start_at < self.starts[0]:
            count += 1
        if count:
            rows = [_row(candle) for candle in candles[:count]]
            for column, values in zip(self._columns(), zip(*rows, strict=True), strict=True):
                column[0:0] = array("q", values)
        return count

    def _put(self, candle: Candle) -> int | None:
        """Insert or replace one; the index from which things differ, None when nothing does."""
        index = bisect_left(self.starts, candle.start_at)
        if index == len(self):
            self._append(candle)
            return index
        if self.starts[index] == candle.start_at:
            if self.candle(index) == candle:
                return None
            for column, value in zip(self._columns(), _row(candle), strict=True):
                column[index] = value
            return index
        for column, value in zip(self._columns(), _row(candle), strict=True):
            column.insert(index, value)
        return index

    def _append(self, candle: Candle) -> None:
        for column, value in zip(self._columns(), _row(candle), strict=True):
            column.append(value)


def _row(candle: Candle) -> tuple[int, int, int, int, int, int]:
    return (candle.start_at, candle.open, candle.high, candle.low, candle.close, candle.lots)
