"""Candles: thirty days of made-up minutes that end where the live price begins, then live trades.

Rows are ``[start ms, open, high, low, close, lots, turnover]`` with prices in ticks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from terminal.simexchange.market.contracts import ContractSpec

MINUTE_MS = 60_000
HISTORY_MINUTES = 30 * 24 * 60
DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES


@final
@dataclass(slots=True)
class Candle:
    """One interval. Prices are ticks."""

    start_ms: int
    open: int
    high: int
    low: int
    close: int
    lots: int

    def add(self, price: int, lots: int) -> None:
        """Count one trade."""
        self.high = max(self.high, price)
        self.low = min(self.low, price)
        self.close = price
        self.lots += lots

    def absorb(self, later: Candle) -> None:
        """Join the next interval to this one."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.lots += later.lots


def made_up(spec: ContractSpec, source: random.Random, end_ms: int) -> Iterator[Candle]:
    """Thirty days of minutes before ``end_ms``, the latest first; it closes at the start price.

    Walked backwards from the start price, so that the live market joins without a jump. About one
    minute in two hundred had no trade and has no row, as on the exchange.
    """
    # As the market moves and trades when it is live, measured over forty minutes of each contract.
    scale = spec.step_ticks * 1.2 * math.sqrt(spec.steps_per_minute)
    usual_lots = spec.level_lots * 0.12 * spec.steps_per_minute
    close = float(spec.start_ticks)
    start_ms = end_ms - end_ms % MINUTE_MS - MINUTE_MS
    calm = 1.0
    for minute in range(HISTORY_MINUTES):
        calm = 0.995 * calm + 0.005 * source.lognormvariate(0, 0.9)
        change = source.gauss(0, 1) * scale * calm
        opened = max(spec.start_ticks * 0.3, close - change)
        top = max(opened, close) + abs(source.gauss(0, 0.4)) * scale * calm
        low = min(opened, close) - abs(source.gauss(0, 0.4)) * scale * calm
        lots = int(usual_lots * calm * source.lognormvariate(0, 0.4)) + 1
        if source.random() > 0.005 or minute == 0:
            yield Candle(
                start_ms, round(opened), round(top), max(1, round(low)), round(close), lots
            )
        close = opened
        start_ms -= MINUTE_MS


@final
@dataclass(frozen=True, slots=True)
class DayFigures:
    """The last 24 hours. Prices are ticks."""

    opened: int
    high: int
    low: int
    lots: int


@final
class CandleStore:
    """One contract's minutes: made-up history on first use, then what was traded."""

    def __init__(self, spec: ContractSpec, source: random.Random, opened_ms: int) -> None:
        self._spec = spec
        self._walk = made_up(spec, source, opened_ms)
        self._past: list[Candle] = []  # the latest first, as far as somebody asked
        self._live: list[Candle] = []
        self._forming: dict[int, Candle] = {}  # by minutes, as far as somebody asked

    def trade(self, price: int, lots: int, at_ms: int) -> None:
        """Count a live trade."""
        start_ms = at_ms - at_ms % MINUTE_MS
        if self._live and self._live[-1].start_ms == start_ms:
            self._live[-1].add(price, lots)
        else:
            opened = self._live[-1].close if self._live else self._spec.start_ticks
            candle = Candle(start_ms, opened, opened, opened, opened, 0)
            candle.add(price, lots)
            self._live.append(candle)
        for minutes, forming in self._forming.items():
            if _start(at_ms, minutes) == forming.start_ms:
                forming.add(price, lots)
            else:
                opened = forming.close
                self._forming[minutes] = Candle(
                    _start(at_ms, minutes),
                    opened,
                    max(opened, price),
                    min(opened, price),
                    price,
                    lots,
                )

    def last(self, minutes: int) -> Candle | None:
        """The forming candle of an interval, None before the first trade."""
        if not self._live:
            return None
        if minutes not in self._forming:
            self._forming[minutes] = self.rows(minutes, None, None, 1)[-1]
        return self._forming[minutes]

    def rows(
        self, minutes: int, from_ms: int | None, to_ms: int | None, limit: int
    ) -> list[Candle]:
        """Rows ascending; which ones follows reference 2.5."""
        if from_ms is None and to_ms is None:
            self._reach((limit + 1) * minutes + minutes)
        else:
            self._reach(HISTORY_MINUTES)
        merged = _merge([*reversed(self._past), *self._live], minutes)
        chosen = [
            candle
            for candle in merged
            if (from_ms is None or candle.start_ms >= from_ms)
            and (to_ms is None or candle.start_ms <= to_ms)
        ]
        return chosen[:limit] if from_ms is not None else chosen[-limit:]

    def _reach(self, minutes: int) -> None:
        """Make history at least so many minutes deep, or to its beginning."""
        for _ in range(minutes - len(self._past)):
            candle = next(self._walk, None)
            if candle is None:
                return
            self._past.append(candle)

    def day(self, now_ms: int) -> DayFigures:
        """What happened within 24 hours before ``now_ms``."""
        self._reach(DAY_MINUTES)
        since_ms = now_ms - DAY_MINUTES * MINUTE_MS
        rows = [c for c in (*reversed(self._past), *self._live) if c.start_ms >= since_ms]
        return DayFigures(
            opened=rows[0].open,
            high=max(row.high for row in rows),
            low=min(row.low for row in rows),
            lots=sum(row.lots for row in rows),
        )


def _start(at_ms: int, minutes: int) -> int:
    """Where the interval begins that contains an instant. Weeks begin on Monday."""
    # The epoch was a Thursday, three days after a Monday.
    shift_ms = 3 * DAY_MINUTES * MINUTE_MS if minutes == WEEK_MINUTES else 0
    return at_ms - (at_ms + shift_ms) % (minutes * MINUTE_MS)


def _merge(minutes: list[Candle], size: int) -> list[Candle]:
    merged: list[Candle] = []
    for candle in minutes:
        start_ms = _start(candle.start_ms, size)
        if merged and merged[-1].start_ms == start_ms:
            merged[-1].absorb(candle)
        else:
            merged.append(
                Candle(start_ms, candle.open, candle.high, candle.low, candle.close, candle.lots)
            )
    return merged
