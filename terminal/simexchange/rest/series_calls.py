"""Public calls for series over time: candles, index, interest, premium, funding rates.

Rows are worked out for the page that is asked for, however long the series is. Source: reference
2.5 to 2.7, 7.7 and 7.10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.simexchange.errors import Refused
from terminal.simexchange.market.history import end_of, start_of
from terminal.simexchange.market.path import MINUTE_MS
from terminal.simexchange.market.series import (
    BASE_INTEREST,
    CYCLE_MS,
    QUOTE_INTEREST,
    SECOND_MS,
    Figures,
)
from terminal.simexchange.payloads import markets as payloads
from terminal.simexchange.rest.routing import PUBLIC, Route

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.engine.engine import Engine
    from terminal.simexchange.market.market import Market
    from terminal.simexchange.rest.routing import Call
    from terminal.simexchange.switches import Switches

GRANULARITIES = frozenset({1, 5, 15, 30, 60, 120, 240, 480, 720, 1440, 10080})
MAX_KLINES = 500
MAX_POINTS = 100
USUAL_POINTS = 10
MAX_RATES = 100


@final
class SeriesCalls:
    """What was, in steps of time."""

    def __init__(self, engine: Engine, clock: SimClock, switches: Switches) -> None:
        self._engine = engine
        self._clock = clock
        self._switches = switches
        self._indexes: dict[str, Market] = {}
        self._premiums: dict[str, tuple[Market, int]] = {}
        self._interests: dict[str, tuple[Market, int, float]] = {}
        for market in engine.markets.values():
            spec = market.spec
            self._indexes.setdefault(spec.index_symbol, market)
            self._premiums[f".{spec.symbol}PI"] = market, MINUTE_MS
            self._premiums[f".{spec.symbol}PI8H"] = market, CYCLE_MS
            for currency, rate in ((spec.base, BASE_INTEREST), (spec.quote, QUOTE_INTEREST)):
                self._interests.setdefault(f".{currency}INT", (market, MINUTE_MS, rate))
                self._interests.setdefault(f".{currency}INT8H", (market, CYCLE_MS, rate))

    def routes(self) -> tuple[Route, ...]:
        """The calls of this module."""
        current = "/api/v1/funding-rate/{symbol}/current"
        return (
            Route("GET", "/api/v1/kline/query", PUBLIC, 3, None, self._klines),
            Route("GET", "/api/v1/index/query", PUBLIC, 2, None, self._index),
            Route("GET", "/api/v1/interest/query", PUBLIC, 5, None, self._interest),
            Route("GET", "/api/v1/premium/query", PUBLIC, 3, None, self._premium),
            Route("GET", current, PUBLIC, 2, None, self._funding),
            Route("GET", "/api/v1/contract/funding-rates", PUBLIC, 5, None, self._past_funding),
        )

    # Candles ---------------------------------------------------------------------------------

    def _klines(self, call: Call) -> object:
        symbol = call.required("symbol")
        call.required("granularity")
        minutes = call.whole("granularity")
        if minutes is None or minutes not in GRANULARITIES:
            raise Refused("400100", "granularity is invalid", 400)
        from_ms, to_ms = call.whole("from"), call.whole("to")
        if symbol in self._indexes or symbol in self._premiums:
            rows = self._series_klines(symbol, minutes, from_ms, to_ms)
        else:
            market = self._engine.market(symbol)
            found = market.candles.rows(minutes, from_ms, to_ms, MAX_KLINES)
            rows = [payloads.kline_row(market, candle) for candle in found]
        if self._switches.kline_columns == "6":
            return [row[:6] for row in rows]
        return rows

    def _series_klines(
        self, symbol: str, minutes: int, from_ms: int | None, to_ms: int | None
    ) -> list[list[object]]:
        """Rows of an index or a premium: it has a value at all times, so no row is missing.

        They go back as far as those of the contracts. Seconds and minutes that have not come yet
        count for nothing.
        """
        market = self._indexes.get(symbol) or self._premiums[symbol][0]
        now_ms = self._clock.now_ms()
        size_ms = minutes * MINUTE_MS
        oldest_ms = market.candles.first_ms
        last_ms = start_of(min(now_ms, now_ms if to_ms is None else to_ms), minutes)
        first_ms = start_of(max(oldest_ms, from_ms or 0), minutes)
        if first_ms < (from_ms or 0):
            first_ms = end_of(first_ms, minutes)
        starts = range(first_ms, last_ms + 1, size_ms)
        chosen = starts[:MAX_KLINES] if from_ms is not None else starts[-MAX_KLINES:]
        made = self._index_figures if symbol in self._indexes else self._premium_figures
        return [
            payloads.series_kline(start_ms, made(symbol, max(start_ms, oldest_ms), end_ms))
            for start_ms in chosen
            for end_ms in (min(start_ms + size_ms, now_ms - now_ms % SECOND_MS + SECOND_MS),)
        ]

    def _index_figures(self, symbol: str, start_ms: int, end_ms: int) -> Figures:
        market = self._indexes[symbol]
        tick = market.spec.index_tick
        figures = market.series.index_figures(start_ms, end_ms)
        return Figures(*(float(tick * int(steps)) for steps in figures))

    def _premium_figures(self, symbol: str, start_ms: int, end_ms: int) -> Figures:
        """Of the points within, or of the last one before when there is none."""
        market, step_ms = self._premiums[symbol]
        first = -(-start_ms // step_ms)
        points: Sequence[int] = range(first, -(-end_ms // step_ms))
        points = points or range(start_ms // step_ms, first)
        if step_ms == MINUTE_MS and end_ms <= market.candles.opened_ms:
            # Before the opening it goes straight within an hour: the ends of each tell it all.
            ends = {points[0], points[-1]}
            points = [point for point in points if point % 60 in {0, 59} or point in ends]
        values = [self._premium_at(market, step_ms, point * step_ms) for point in points]
        return Figures(values[0], max(values), min(values), values[-1])

    # Points ----------------------------------------------------------------------------------

    def _index(self, call: Call) -> object:
        market = self._indexes.get(call.required("symbol"))
        if market is None:
            raise _unknown(call)

        def made(at_ms: int) -> object:
            return payloads.index_point(market, at_ms)

        return self._points(call, market, SECOND_MS, made)

    def _interest(self, call: Call) -> object:
        symbol = call.required("symbol")
        if symbol not in self._interests:
            raise _unknown(call)
        market, step_ms, rate = self._interests[symbol]

        def made(at_ms: int) -> object:
            return payloads.point(symbol, step_ms, at_ms, rate)

        return self._points(call, market, step_ms, made)

    def _premium(self, call: Call) -> object:
        symbol = call.required("symbol")
        if symbol not in self._premiums:
            raise _unknown(call)
        market, step_ms = self._premiums[symbol]

        def made(at_ms: int) -> object:
            return payloads.point(symbol, step_ms, at_ms, self._premium_at(market, step_ms, at_ms))

        return self._points(call, market, step_ms, made)

    @staticmethod
    def _premium_at(market: Market, step_ms: int, at_ms: int) -> float:
        if step_ms == CYCLE_MS:
            return market.series.cycle_premium(at_ms)
        return market.series.premium(at_ms)

    def _points(
        self, call: Call, market: Market, step_ms: int, made: Callable[[int], object]
    ) -> object:
        """One page of a series by ``offset``, ``forward`` and ``reverse`` (1.5).

        ``reverse`` lists the latest first. ``forward`` goes on behind the row whose time is
        ``offset`` in that order, otherwise the page is what comes before that row.
        """
        starts_ms, ends_ms, offset = (
            call.whole("startAt"),
            call.whole("endAt"),
            call.whole("offset"),
        )
        is_reverse = call.flag("reverse", default=True)
        goes_back = is_reverse == call.flag("forward", default=True)
        wanted = call.whole("maxCount")
        count = min(MAX_POINTS, max(1, USUAL_POINTS if wanted is None else wanted))
        now_ms = self._clock.now_ms()
        low_ms = max(market.series.first_ms, starts_ms or 0)
        high_ms = now_ms if ends_ms is None else min(now_ms, ends_ms)
        if offset is not None:
            if goes_back:
                high_ms = min(high_ms, offset - 1)
            else:
                low_ms = max(low_ms, offset + 1)
        points = range(-(-low_ms // step_ms), high_ms // step_ms + 1)
        chosen = points[-count:] if goes_back else points[:count]
        rows = [made(point * step_ms) for point in chosen]
        return {
            "dataList": rows[::-1] if is_reverse else rows,
            "hasMore": len(points) > count,
        }

    # Funding ---------------------------------------------------------------------------------

    def _funding(self, call: Call) -> object:
        market = self._engine.market(call.required("symbol"))
        if market.spec.is_dated:
            raise _unknown(call)
        return payloads.current_funding(
            market, has_prediction=self._switches.predicted_funding == "present"
        )

    def _past_funding(self, call: Call) -> object:
        """The latest settlements of a span, the latest first."""
        market = self._engine.market(call.required("symbol"))
        call.required("from")
        call.required("to")
        if market.spec.is_dated:
            return []
        from_ms, to_ms = call.whole("from"), call.whole("to")
        low_ms = max(market.series.first_ms, from_ms or 0)
        high_ms = min(self._clock.now_ms(), to_ms or 0)
        step_ms = market.funding_ms
        points = range(-(-low_ms // step_ms), high_ms // step_ms + 1)
        return [
            payloads.settled_funding(market, point * step_ms)
            for point in reversed(points[-MAX_RATES:])
        ]


def _unknown(call: Call) -> Refused:
    return Refused("200003", f"symbol {call.text('symbol')} is invalid")
