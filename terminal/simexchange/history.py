"""Candles: thirty days of made-up minutes that end where the live price begins, then live trades.

Rows are ``[start ms, open, high, low, close, lots, turnover]`` with prices in ticks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    import random

    from terminal.simexchange.contracts import ContractSpec

MINUTE_MS = 60_000
HISTORY_MINUTES = 30 * 24 * 60


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


def made_up(spec: ContractSpec, source: random.Random, end_ms: int) -> list[Candle]:
    """Thirty days of minutes before ``end_ms``; the last closes at the contract's start price.

    Walked backwards from the start price, so that the live market joins without a jump. About one
    minute in two hundred had no trade and has no row, as on the exchange.
    """
    scale = spec.start_ticks * 0.00045
    close = float(spec.start_ticks)
    start_ms = end_ms - end_ms % MINUTE_MS - MINUTE_MS
    rows: list[Candle] = []
    calm = 1.0
    for _ in range(HISTORY_MINUTES):
        calm = 0.995 * calm + 0.005 * source.lognormvariate(0, 0.9)
        change = source.gauss(0, 1) * scale * calm
        opened = max(spec.start_ticks * 0.3, close - change)
        top = max(opened, close) + abs(source.gauss(0, 0.4)) * scale * calm
        low = min(opened, close) - abs(source.gauss(0, 0.4)) * scale * calm
        lots = int(spec.level_lots * 6 * calm * source.lognormvariate(0, 0.6)) + 1
        if source.random() > 0.005 or not rows:
            rows.append(
                Candle(start_ms, round(opened), round(top), max(1, round(low)), round(close), lots)
            )
        close = opened
        start_ms -= MINUTE_MS
    rows.reverse()
    return rows


@final
class CandleStore:
    """One contract's minutes: made-up history on first use, then what was traded."""

    def __init__(self, spec: ContractSpec, source: random.Random, opened_ms: int) -> None:
        self._spec = spec
        self._source = source
        self._opened_ms = opened_ms
        self._history: list[Candle] | None = None
        self._live: list[Candle] = []

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

    def last(self, minutes: int) -> Candle | None:
        """The forming candle of an interval, None before the first trade."""
        if not self._live:
            return None
        span = minutes * MINUTE_MS
        start_ms = self._live[-1].start_ms - self._live[-1].start_ms % span
        rows = _merge([c for c in self._live if c.start_ms >= start_ms], minutes)
        return rows[-1]

    def rows(
        self, minutes: int, from_ms: int | None, to_ms: int | None, limit: int
    ) -> list[Candle]:
        """Rows ascending; which ones follows reference 2.5."""
        if self._history is None:
            self._history = made_up(self._spec, self._source, self._opened_ms)
        merged = _merge([*self._history, *self._live], minutes)
        chosen = [
            candle
            for candle in merged
            if (from_ms is None or candle.start_ms >= from_ms)
            and (to_ms is None or candle.start_ms <= to_ms)
        ]
        return chosen[:limit] if from_ms is not None else chosen[-limit:]


def _merge(minutes: list[Candle], size: int) -> list[Candle]:
    span = size * MINUTE_MS
    merged: list[Candle] = []
    for candle in minutes:
        start_ms = candle.start_ms - candle.start_ms % span
        if merged and merged[-1].start_ms == start_ms:
            merged[-1].absorb(candle)
        else:
            merged.append(
                Candle(start_ms, candle.open, candle.high, candle.low, candle.close, candle.lots)
            )
    return merged
