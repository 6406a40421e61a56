"""Candles: a year that was made up and ends where the live price begins, then live trades.

Every longer interval is the exact merger of its minutes. Prices are ticks.
"""

from __future__ import annotations

import itertools
from array import array
from bisect import bisect_left
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, final

from terminal.simexchange.market.path import CHAIN, DAY_MS, MINUTE_MS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terminal.simexchange.market.path import PricePath

HISTORY_MS = 366 * DAY_MS
DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
MONTH_MINUTES = 30 * DAY_MINUTES
"""Stands for a calendar month: the stream's longest interval."""

_KEPT = 20_000
_MADE = frozenset(CHAIN)
_PARTS = {3: 1, 480: 240, WEEK_MINUTES: DAY_MINUTES, MONTH_MINUTES: DAY_MINUTES}
_PARTS |= dict(itertools.pairwise(CHAIN))
"""What an interval is merged of when it is not known as a whole."""
_FAR_MS = 1 << 62
_FIGURES = 6  # of a minute, beside its start


@final
@dataclass(slots=True)
class Candle:
    """One interval. Prices are ticks; ``traded`` is the sum of price times lots, exact."""

    start_ms: int
    open: int
    high: int
    low: int
    close: int
    lots: int
    traded: int

    def add(self, price: int, lots: int) -> None:
        """Count one trade."""
        self.high = max(self.high, price)
        self.low = min(self.low, price)
        self.close = price
        self.lots += lots
        self.traded += price * lots

    def absorb(self, later: Candle) -> None:
        """Join the next interval to this one."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.lots += later.lots
        self.traded += later.traded


@final
@dataclass(frozen=True, slots=True)
class DayFigures:
    """The last 24 hours. Prices are ticks; ``traded`` is the sum of price times lots."""

    opened: int
    high: int
    low: int
    lots: int
    traded: int


@final
class CandleStore:
    """One contract's intervals: the past as far as somebody asks, then what was traded.

    ``first_open_ms`` is when the contract was listed: there is nothing before.
    """

    def __init__(self, path: PricePath, first_open_ms: int = 0) -> None:
        self._path = path
        self.opened_ms = path.opened_minute * MINUTE_MS
        """The minute in which live trading began; all before it is made up."""
        oldest_ms = max(self.opened_ms - HISTORY_MS, min(first_open_ms, self.opened_ms))
        self.first_ms = oldest_ms - oldest_ms % DAY_MS
        """The day with which the history begins."""
        self._close = path.span(path.opened_minute - 1, 1).close
        self._starts = array("q")  # of the live minutes
        self._packed = array("q")  # the other figures of each of them but the last
        self._newest: Candle | None = None  # the last one
        self._whole: dict[tuple[int, int], Candle] = {}  # intervals that will not change any more
        self._forming: dict[int, Candle] = {}  # by minutes, as far as somebody asked

    def trade(self, price: int, lots: int, at_ms: int) -> None:
        """Count a live trade. What a clock that was turned back stamps counts for the last minute.

        A candle opens where the one before closed.
        """
        start_ms = max(at_ms - at_ms % MINUTE_MS, self._newest_ms)
        newest = self._newest
        if newest is not None and newest.start_ms == start_ms:
            newest.add(price, lots)
        else:
            if newest is not None:
                self._packed.extend(_packed(newest))
            self._newest = _opened(start_ms, self._close, price, lots)
            self._starts.append(start_ms)
        for minutes, forming in self._forming.items():
            begins_ms = start_of(start_ms, minutes)
            if begins_ms == forming.start_ms:
                forming.add(price, lots)
            else:
                self._forming[minutes] = _opened(begins_ms, self._close, price, lots)
        self._close = price

    @property
    def _newest_ms(self) -> int:
        """Where the minute begins that may still change; all before it is settled."""
        return self.opened_ms if self._newest is None else self._newest.start_ms

    def last(self, minutes: int) -> Candle | None:
        """The forming candle of an interval, None before the first trade."""
        if self._newest is None:
            return None
        if minutes not in self._forming:
            # A copy: the row of a minute is the live one itself, and would count trades twice.
            self._forming[minutes] = replace(self.rows(minutes, None, None, 1)[-1])
        return self._forming[minutes]

    def rows(
        self, minutes: int, from_ms: int | None, to_ms: int | None, limit: int
    ) -> list[Candle]:
        """Rows ascending, at most ``limit``; which ones follows reference 2.5.

        ``from_ms`` and ``to_ms`` bound where a row begins, both included. With ``from_ms`` the
        first ones are chosen, else the latest. Intervals without a trade have no row.
        """
        starts = self._candidates(minutes, from_ms or 0, _FAR_MS if to_ms is None else to_ms)
        found: list[Candle] = []
        for start_ms in starts if from_ms is not None else reversed(starts):
            candle = self._interval(minutes, start_ms)
            if candle is not None:
                found.append(candle)
                if len(found) == limit:
                    break
        return found if from_ms is not None else found[::-1]

    def _candidates(self, minutes: int, low_ms: int, high_ms: int) -> list[int]:
        """Where intervals begin that may have a row, ascending."""
        start_ms = start_of(max(low_ms, self.first_ms), minutes)
        if start_ms < low_ms:
            start_ms = end_of(start_ms, minutes)
        end_ms = min(self.opened_ms, high_ms + 1)
        starts: list[int] = []
        if minutes != MONTH_MINUTES:
            starts += range(start_ms, end_ms, minutes * MINUTE_MS)
        else:
            while start_ms < end_ms:
                starts.append(start_ms)
                start_ms = end_of(start_ms, minutes)
        for live_ms in self._starts[bisect_left(self._starts, low_ms) :]:
            begins_ms = start_of(live_ms, minutes)
            if begins_ms > high_ms:
                break
            if begins_ms >= low_ms and (not starts or begins_ms > starts[-1]):
                starts.append(begins_ms)
        return starts

    def _interval(self, minutes: int, start_ms: int) -> Candle | None:
        """One interval, merged of its minutes; None when nobody traded in it."""
        found = self._whole.get((minutes, start_ms))
        if found is not None:
            return found
        end_ms = end_of(start_ms, minutes)
        if end_ms <= self.opened_ms and minutes in _MADE:
            merged = self._made(start_ms // MINUTE_MS, minutes)
        elif minutes == 1:
            return self._traded(start_ms)
        else:
            merged = _merged(start_ms, self._parts(start_ms, end_ms, _PARTS[minutes]))
        if merged is not None and end_ms <= self._newest_ms:
            if len(self._whole) >= _KEPT:
                self._whole.clear()
            self._whole[minutes, start_ms] = merged
        return merged

    def _traded(self, start_ms: int) -> Candle | None:
        """A live minute; the last one is the object that goes on counting."""
        newest = self._newest
        if newest is not None and newest.start_ms == start_ms:
            return newest
        place = bisect_left(self._starts, start_ms)
        if place == len(self._starts) or self._starts[place] != start_ms:
            return None
        return Candle(start_ms, *self._packed[place * _FIGURES : (place + 1) * _FIGURES])

    def _made(self, minute: int, minutes: int) -> Candle | None:
        span = self._path.span(minute, minutes)
        if not span.lots:
            return None
        return Candle(
            minute * MINUTE_MS, span.open, span.high, span.low, span.close, span.lots, span.traded
        )

    def _parts(self, start_ms: int, end_ms: int, minutes: int) -> Iterable[Candle]:
        """The intervals with trades that begin in ``start_ms <= t < end_ms``."""
        end_ms = min(end_ms, self._newest_ms + 1)
        for part_ms in range(max(start_ms, self.first_ms), end_ms, minutes * MINUTE_MS):
            part = self._interval(minutes, part_ms)
            if part is not None:
                yield part

    def day(self, now_ms: int) -> DayFigures:
        """What happened within 24 hours before ``now_ms``, in whole minutes.

        Costs a hundred look-ups: whole hours are merged once.
        """
        since_ms = now_ms - now_ms % MINUTE_MS - (DAY_MINUTES - 1) * MINUTE_MS
        hour_ms = 60 * MINUTE_MS
        whole_ms = -(-since_ms // hour_ms) * hour_ms
        found = [self._interval(1, start) for start in range(since_ms, whole_ms, MINUTE_MS)]
        # The clock may have been turned back: what was traded last counts all the same.
        until_ms = max(now_ms, self._newest_ms) + 1
        found += [self._interval(60, start) for start in range(whole_ms, until_ms, hour_ms)]
        day = _merged(since_ms, (candle for candle in found if candle is not None))
        if day is None:
            return DayFigures(self._close, self._close, self._close, 0, 0)
        return DayFigures(day.open, day.high, day.low, day.lots, day.traded)


def _opened(start_ms: int, close: int, price: int, lots: int) -> Candle:
    candle = Candle(start_ms, close, close, close, close, 0, 0)
    candle.add(price, lots)
    return candle


def _packed(candle: Candle) -> tuple[int, int, int, int, int, int]:
    """All but the start. 63 bits hold fourteen million of the greatest trades in one minute."""
    return candle.open, candle.high, candle.low, candle.close, candle.lots, candle.traded


def _merged(start_ms: int, candles: Iterable[Candle]) -> Candle | None:
    merged: Candle | None = None
    for one in candles:
        if merged is None:
            merged = Candle(start_ms, one.open, one.high, one.low, one.close, one.lots, one.traded)
        else:
            merged.absorb(one)
    return merged


def start_of(at_ms: int, minutes: int) -> int:
    """Where the interval begins that contains an instant.

    Weeks begin on Monday, months on the 1st.
    """
    if minutes == MONTH_MINUTES:
        first = datetime.fromtimestamp(at_ms // 1000, UTC).replace(
            day=1, hour=0, minute=0, second=0, microsecond=0
        )
        return int(first.timestamp()) * 1000
    # The epoch was a Thursday, three days after a Monday.
    shift_ms = 3 * DAY_MINUTES * MINUTE_MS if minutes == WEEK_MINUTES else 0
    return at_ms - (at_ms + shift_ms) % (minutes * MINUTE_MS)


def end_of(start_ms: int, minutes: int) -> int:
    """Where the interval ends that begins at ``start_ms``, the beginning of the next."""
    if minutes == MONTH_MINUTES:
        within = datetime.fromtimestamp(start_ms // 1000, UTC) + timedelta(days=32)
        return start_of(int(within.timestamp()) * 1000, minutes)
    return start_ms + minutes * MINUTE_MS
