"""Float columns of a candle series, for painting only: made once from ticks, grown at both ends.

Prices stay in ticks and sizes in lots, as 64-bit floats; both are exact up to 2**53. The horizontal
unit is the slot: intervals since the first candle that was ever seen. Markets trade around the
clock, so time is even, a hole stays a hole, and studies, drawings and fills find their place from
their time alone, loaded candles or not. Counting from a base keeps the numbers small: seconds since
1970 would leave a float a millionth of a candle, slots leave it everything. Older candles have
negative slots, so nothing moves when history arrives.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, final

import numpy as np

from terminal.domain.clock import TimestampMs

if TYPE_CHECKING:
    from array import array

    from numpy.typing import NDArray

    from terminal.domain.candles import CandleInterval, CandleSeries, SeriesChange

    Floats = NDArray[np.float64]

_FIRST_CAPACITY = 1024


class CandleValues(NamedTuple):
    """One candle as floats: ticks and lots."""

    slot: float
    open: float
    high: float
    low: float
    close: float
    lots: float


@final
class ChartColumns:
    """The columns of one series. ``slots`` rise; all six have one length.

    ``revision`` is another number whenever anything but the last candle's values changed, so that
    who keeps something made of history knows when to make it anew.
    """

    def __init__(self, interval: CandleInterval) -> None:
        self.interval = interval
        self.base_ms: TimestampMs | None = None
        self.revision = 0
        self._begin = _FIRST_CAPACITY // 2
        self._length = 0
        self._block = np.zeros((6, _FIRST_CAPACITY))
        self._name_views()

    def __len__(self) -> int:
        return self._length

    def _name_views(self) -> None:
        shown = self._block[:, self._begin : self._begin + self._length]
        self.slots: Floats = shown[0]
        self.opens: Floats = shown[1]
        self.highs: Floats = shown[2]
        self.lows: Floats = shown[3]
        self.closes: Floats = shown[4]
        self.lots: Floats = shown[5]

    # Time ------------------------------------------------------------------------------------

    def slot_of(self, at_ms: int) -> int:
        """The slot whose interval contains an instant. 0 before any candle is known."""
        if self.base_ms is None:
            return 0
        return (at_ms - self.base_ms) // self.interval.ms

    def start_of(self, slot: int) -> TimestampMs:
        """When the interval of a slot begins."""
        return TimestampMs((self.base_ms or 0) + slot * self.interval.ms)

    def index_of(self, slot: int) -> int | None:
        """The candle of a slot; None in a hole or outside. O(log n)."""
        index = int(np.searchsorted(self.slots, slot))
        return index if index < self._length and self.slots[index] == slot else None

    def range_of(self, left: float, right: float) -> tuple[int, int]:
        """Indices ``[first, end)`` of the candles that reach into ``[left, right)``. O(log n)."""
        first = int(np.searchsorted(self.slots, left - 1, side="right"))
        end = int(np.searchsorted(self.slots, right))
        return first, max(first, end)

    def values(self, index: int) -> CandleValues:
        """One candle; negative indices count from the end. Raises ``IndexError``."""
        column = self._block[:, self._begin : self._begin + self._length][:, index]
        return CandleValues(*column.tolist())

    # Taking in -------------------------------------------------------------------------------

    def take(self, series: CandleSeries, change: SeriesChange) -> None:
        """Follow a change that the series has already made. O(what differs), amortized.

        A change that does not fit what is known here reads the whole series anew.
        """
        count = len(series)
        if not count:
            self._forget()
            return
        kept = self._length + change.prepended
        if self.base_ms is None or count < kept or change.first > kept:
            self._read_anew(series)
            return
        if change.is_empty and count == self._length:
            return
        is_live_only = count == self._length and change.first == count - 1
        self._make_room(change.prepended, count - kept)
        self._begin -= change.prepended
        self._length = count
        self._name_views()
        self._copy(series, 0, change.prepended)
        self._copy(series, max(change.first, change.prepended), count)
        if not is_live_only:
            self.revision += 1

    def _forget(self) -> None:
        self._length = 0
        self._name_views()
        self.revision += 1

    def _read_anew(self, series: CandleSeries) -> None:
        if self.base_ms is None:
            self.base_ms = TimestampMs(series.starts[0])
        self._length = 0
        self._make_room(0, len(series))
        self._length = len(series)
        self._name_views()
        self._copy(series, 0, self._length)
        self.revision += 1

    def _make_room(self, before: int, after: int) -> None:
        """Grow to at least twice the size when either end is full."""
        capacity = self._block.shape[1]
        if self._begin >= before and self._begin + self._length + after <= capacity:
            return
        needed = self._length + before + after
        grown = np.zeros((6, max(capacity, 2 * needed)))
        # What grew once grows there again: the spare room goes to both ends.
        begin = before + (grown.shape[1] - needed) // 2
        grown[:, begin : begin + self._length] = self._block[
            :, self._begin : self._begin + self._length
        ]
        self._block, self._begin = grown, begin

    def _copy(self, series: CandleSeries, first: int, end: int) -> None:
        if first >= end:
            return
        base_ms, ms = self.base_ms or 0, self.interval.ms
        self.slots[first:end] = (_part(series.starts, first, end) - base_ms) / ms
        for mine, theirs in (
            (self.opens, series.opens),
            (self.highs, series.highs),
            (self.lows, series.lows),
            (self.closes, series.closes),
            (self.lots, series.lots),
        ):
            mine[first:end] = _part(theirs, first, end)


def _part(column: array[int], first: int, end: int) -> NDArray[np.int64]:
    """Some of an exact column, copied: a view would keep the array from growing."""
    if end - first == 1:
        return np.array((column[first],), dtype=np.int64)
    return np.frombuffer(column, dtype=np.int64)[first:end].copy()


def interval_end_ms(now_ms: TimestampMs, interval: CandleInterval) -> TimestampMs:
    """When the interval that contains an instant ends."""
    return TimestampMs(interval.start_of(now_ms) + interval.ms)
