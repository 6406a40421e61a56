"""Fakes of the chart's candle sources, and made-up series."""

from __future__ import annotations

import random
from array import array
from typing import TYPE_CHECKING, final

from terminal.domain.candles import Candle, CandleInterval, CandleSeries, SeriesChange
from terminal.domain.clock import TimestampMs
from terminal.domain.units import Lots, Price
from terminal.session.listeners import Listeners
from terminal.session.market import Staleness
from tests.support.builders import NOW_MS, a_contract

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminal.domain.contract import Contract
    from terminal.domain.units import Symbol


def a_candle(
    minute: int, prices: tuple[int, int, int, int] = (1000, 1010, 990, 1005), lots: int = 10
) -> Candle:
    """A one-minute candle, so many minutes after ``NOW_MS``; prices are open, high, low, close."""
    start = NOW_MS - NOW_MS % 60_000 + minute * 60_000
    opened, high, low, close = (Price(price) for price in prices)
    return Candle(TimestampMs(start), opened, high, low, close, Lots(lots))


def some_candles(count: int, last_minute: int = 0, seed: int = 7) -> list[Candle]:
    """A seeded random walk of one-minute candles that ends at ``last_minute``."""
    dice = random.Random(seed)
    price, candles = 650_000, []
    for minute in range(last_minute - count + 1, last_minute + 1):
        opened = price
        price = max(100, price + dice.randrange(-160, 161))
        high, low = max(opened, price) + dice.randrange(80), min(opened, price) - dice.randrange(80)
        candles.append(a_candle(minute, (opened, high, low, price), dice.randrange(1, 900)))
    return candles


def a_long_series(
    count: int, interval: CandleInterval = CandleInterval.M1, seed: int = 7
) -> CandleSeries:
    """Like ``some_candles`` but straight into the columns: a million takes seconds, not minutes."""
    dice = random.Random(seed)
    series = CandleSeries(interval)
    end = NOW_MS - NOW_MS % interval.ms
    price, trend = 650_000, 0.0
    columns: tuple[array[int], ...] = tuple(array("q") for _ in range(6))
    for number in range(count):
        opened = price
        trend = trend * 0.995 + dice.gauss(0, 2.5)
        price = max(10_000, price + int(dice.gauss(0, 90) + trend))
        if number % 61 == 60:
            price = opened
        high = max(opened, price) + int(abs(dice.gauss(0, 60)))
        low = min(opened, price) - int(abs(dice.gauss(0, 60)))
        lots = int(40 + abs(price - opened) * dice.random() * 9)
        start = end - (count - 1 - number) * interval.ms
        for column, value in zip(columns, (start, opened, high, low, price, lots), strict=True):
            column.append(value)
    series.starts, series.opens, series.highs, series.lows, series.closes, series.lots = columns
    return series


@final
class FakeCandleSource:
    """A source whose series the test fills: ``push`` merges and tells, as the real one does."""

    def __init__(self, contract: Contract, interval: CandleInterval) -> None:
        self.contract = contract
        self.interval = interval
        self.series = CandleSeries(interval)
        self.on_changed: Listeners[[SeriesChange]] = Listeners()
        self.on_status_changed: Listeners[[]] = Listeners()
        self.has_older = False
        self.is_loading = False
        self.problem: str | None = None
        self.stale: Staleness | None = None
        self.asked_for_older = 0

    def staleness(self) -> Staleness | None:
        return self.stale

    def load_older(self) -> None:
        self.asked_for_older += 1

    def push(self, candles: Sequence[Candle]) -> SeriesChange:
        """Merge candles and tell the listeners."""
        change = self.series.merge(candles)
        if not change.is_empty:
            self.on_changed.notify(change)
        return change

    def trade(self, at: int, price: int, lots: int = 1) -> None:
        """Let a public trade happen."""
        self.on_changed.notify(self.series.trade(TimestampMs(at), Price(price), Lots(lots)))

    def say(self, *, problem: str | None = None, is_loading: bool = False, stale: str = "") -> None:
        """Change the status and tell the listeners."""
        self.problem, self.is_loading = problem, is_loading
        self.stale = Staleness(stale) if stale else None
        self.on_status_changed.notify()


@final
class FakeCandleSources:
    """Remembers what was opened and closed. ``ready`` series are found filled when opened."""

    def __init__(self, contracts: dict[Symbol, Contract] | None = None) -> None:
        self._contracts = contracts
        self.ready: dict[CandleInterval, CandleSeries] = {}
        self.opened: list[FakeCandleSource] = []
        self.closed: list[FakeCandleSource] = []

    @property
    def now(self) -> FakeCandleSource:
        """The source that was opened last."""
        return self.opened[-1]

    def open(self, symbol: Symbol, interval: CandleInterval) -> FakeCandleSource:
        contracts = self._contracts or {}
        source = FakeCandleSource(contracts.get(symbol) or a_contract(symbol=symbol), interval)
        source.series = self.ready.get(interval, source.series)
        self.opened.append(source)
        return source

    def close(self, source: FakeCandleSource) -> None:
        assert source in self.opened, "closed but never opened"
        assert source not in self.closed, "closed twice"
        self.closed.append(source)
