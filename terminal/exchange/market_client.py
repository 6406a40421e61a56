"""Public market data over REST. Each method is one exchange call, or a walk of many."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, final

from terminal.domain.units import Symbol
from terminal.exchange import translate
from terminal.exchange.errors import AuthError, ProtocolError
from terminal.exchange.paging import MORE_COUNT, Walk, by_offset, by_stretches
from terminal.exchange.rows import more_of, most_rows_of, readable, reader
from terminal.exchange.translate.read import ms
from terminal.wire.codec import Raw
from terminal.wire.market import (
    BookPayload,
    CandlePayload,
    ContractPayload,
    MarkPricePayload,
    TickerPayload,
    TradePayload,
)
from terminal.wire.series import (
    CurrentFundingPayload,
    PastFundingPayload,
    RiskTierPayload,
    SeriesPointPayload,
    StatusPayload,
    TradeStatisticsPayload,
)

if TYPE_CHECKING:
    from decimal import Decimal

    from terminal.domain.candles import Candle, CandleInterval
    from terminal.domain.clock import TimestampMs
    from terminal.domain.contract import Contract
    from terminal.domain.events import (
        BookDepth,
        BookSnapshot,
        MarkUpdate,
        PublicTrade,
        TickerUpdate,
    )
    from terminal.domain.market_facts import (
        FundingRate,
        MarketSummary,
        PastFundingRate,
        RiskTier,
        SeriesPoint,
        ServiceStatus,
    )
    from terminal.exchange.http import HttpClient
    from terminal.exchange.translate import Scales
    from terminal.wire.pages import MorePayload

_DEPTHS = {20: "/api/v1/level2/depth20", 100: "/api/v1/level2/depth100"}

_log = logging.getLogger("app")


@final
class MarketClient:
    """A ``MarketGateway`` and ``MarketQueries`` over HTTP.

    ``signed`` signs the one call of which it is not established whether it needs a key (the full
    book, API reference 2.3): only after the exchange has refused it without. It also signs the
    platform's turnover, which does need one.
    """

    def __init__(self, http: HttpClient, scales: Scales, signed: HttpClient | None = None) -> None:
        self._http = http
        self._scales = scales
        self._signed = signed
        self._book_needs_key = False

    # Contracts -------------------------------------------------------------------------------

    async def contracts(self) -> tuple[Contract, ...]:
        """All listed contracts. Also teaches the translators their tick sizes."""
        listed = readable(translate.contract, await self._listed(), "a contract")
        self._scales.learn(listed)
        return listed

    async def contract(self, symbol: Symbol) -> Contract:
        """One contract. Also teaches the translators its tick size."""
        payload = await self._http.get(f"/api/v1/contracts/{symbol}", ContractPayload)
        listed = translate.contract(payload)
        self._scales.learn([listed])
        return listed

    async def market_summaries(self) -> tuple[MarketSummary, ...]:
        """Prices, 24 hours and funding of all contracts (2.1)."""
        return readable(translate.market_summary, await self._listed(), "a contract")

    async def _listed(self) -> list[ContractPayload]:
        raw = await self._http.get("/api/v1/contracts/active", Raw)
        payloads = most_rows_of(raw, ContractPayload, "a contract")
        if not payloads:
            raise ProtocolError("not one contract is listed")
        return payloads

    async def risk_tiers(self, symbol: Symbol) -> tuple[RiskTier, ...]:
        """The isolated risk levels of a contract, the lowest first (3.12)."""
        path = f"/api/v1/contracts/risk-limit/{symbol}"
        payloads = await self._http.get(path, list[RiskTierPayload])
        return tuple(sorted(map(translate.risk_tier, payloads), key=lambda tier: tier.level))

    # Books and trades ------------------------------------------------------------------------

    async def book_snapshot(self, symbol: Symbol) -> BookSnapshot:
        """The whole book of a contract. A large one is translated with pauses for others."""
        reading = translate.SnapshotReading(await self._whole_book(symbol), self._scales)
        for _ in reading.slices():
            await asyncio.sleep(0)
        return reading.snapshot()

    async def _whole_book(self, symbol: Symbol) -> BookPayload:
        path, query = "/api/v1/level2/snapshot", {"symbol": symbol}
        signed = self._signed
        if signed is None:
            return await self._http.get(path, BookPayload, query)
        if not self._book_needs_key:
            try:
                return await self._http.get(path, BookPayload, query)
            except AuthError as error:
                _log.info("the full book needs a key: %s", error)
                self._book_needs_key = True
        return await signed.get(path, BookPayload, query, signed=True)

    async def book_depth(self, symbol: Symbol, rows: int) -> BookDepth:
        """The best levels of a contract; ``rows`` is 20 or 100, others raise ``ValueError``."""
        path = _DEPTHS.get(rows)
        if path is None:
            raise ValueError(f"the exchange has depth 20 and 100, not {rows}")
        payload = await self._http.get(path, BookPayload, {"symbol": symbol})
        return translate.book_depth(payload, rows, self._scales)

    async def recent_trades(self, symbol: Symbol) -> tuple[PublicTrade, ...]:
        """The last public trades, oldest first, at most 100."""
        raw = await self._http.get("/api/v1/trade/history", Raw, {"symbol": symbol})
        payloads = most_rows_of(raw, TradePayload, "a trade")

        def read(payload: TradePayload) -> PublicTrade:
            return translate.public_trade(symbol, payload, self._scales)

        trades = readable(read, reversed(payloads), "a trade")
        return tuple(sorted(trades, key=lambda trade: trade.sequence))

    async def ticker(self, symbol: Symbol) -> TickerUpdate:
        """The last match and the best prices of a contract (2.2)."""
        payload = await self._http.get("/api/v1/ticker", TickerPayload, {"symbol": symbol})
        return translate.ticker(symbol, payload, self._scales)

    async def tickers(self) -> tuple[TickerUpdate, ...]:
        """The last match and the best prices of all contracts (2.2)."""
        raw = await self._http.get("/api/v1/allTickers", Raw)
        payloads = most_rows_of(raw, TickerPayload, "a ticker")
        return readable(self._named_ticker, payloads, "a ticker")

    def _named_ticker(self, payload: TickerPayload) -> TickerUpdate:
        if not payload.symbol:
            raise ProtocolError("symbol of a ticker is missing")
        return translate.ticker(Symbol(payload.symbol), payload, self._scales)

    # Prices ----------------------------------------------------------------------------------

    async def mark_price(self, symbol: Symbol) -> MarkUpdate:
        """The current mark and index price."""
        payload = await self._http.get(f"/api/v1/mark-price/{symbol}/current", MarkPricePayload)
        return translate.mark_price(symbol, payload)

    async def candles(
        self,
        symbol: Symbol,
        interval: CandleInterval,
        *,
        start_at: TimestampMs | None = None,
        end_at: TimestampMs | None = None,
    ) -> tuple[Candle, ...]:
        """Candles whose start lies between two instants, ascending, at most 500."""
        query: dict[str, str | int] = {"symbol": symbol, "granularity": interval.value}
        if start_at is not None:
            query["from"] = start_at
        if end_at is not None:
            query["to"] = end_at
        raw = await self._http.get("/api/v1/kline/query", Raw, query)

        def read(payload: CandlePayload) -> Candle:
            return translate.candle(symbol, payload, self._scales)

        found = readable(read, most_rows_of(raw, CandlePayload, "a candle"), "a candle")
        rows = {row.start_at: row for row in found}
        return tuple(rows[start] for start in sorted(rows))

    # Series ----------------------------------------------------------------------------------

    def index_history(
        self, series: str, start_at: TimestampMs, end_at: TimestampMs
    ) -> Walk[SeriesPoint]:
        """Index prices and their parts, the latest first; asked by the index' own name (2.6)."""
        return self._series("/api/v1/index/query", series, start_at, end_at)

    def premium_history(
        self, series: str, start_at: TimestampMs, end_at: TimestampMs
    ) -> Walk[SeriesPoint]:
        """Premium rates, the latest first (2.6)."""
        return self._series("/api/v1/premium/query", series, start_at, end_at)

    def interest_history(
        self, series: str, start_at: TimestampMs, end_at: TimestampMs
    ) -> Walk[SeriesPoint]:
        """Interest rates, the latest first (2.6)."""
        return self._series("/api/v1/interest/query", series, start_at, end_at)

    def _series(
        self, path: str, series: str, start_at: TimestampMs, end_at: TimestampMs
    ) -> Walk[SeriesPoint]:
        async def ask(offset: int | str | None) -> MorePayload[SeriesPointPayload]:
            query: dict[str, str | int] = {"symbol": series, "startAt": start_at, "endAt": end_at}
            if offset is not None:
                query["offset"] = offset
            query["maxCount"] = MORE_COUNT
            raw = await self._http.get(path, Raw, query)
            return more_of(raw, SeriesPointPayload, "a point of a series")

        return by_offset(
            ask,
            lambda rows: rows[-1].timePoint,
            lambda row: row.timePoint,
            reader(translate.series_point, "a point of a series"),
        )

    async def funding_rate(self, symbol: Symbol) -> FundingRate:
        """The funding of the current cycle and when it is charged (2.7)."""
        path = f"/api/v1/funding-rate/{symbol}/current"
        return translate.funding_rate(symbol, await self._http.get(path, CurrentFundingPayload))

    def funding_rates(
        self, symbol: Symbol, start_at: TimestampMs, end_at: TimestampMs
    ) -> Walk[PastFundingRate]:
        """Rates of the past, at most 100 for each question (2.7)."""

        async def ask(begin: TimestampMs, end: TimestampMs) -> list[PastFundingPayload]:
            query: dict[str, str | int] = {"symbol": symbol, "from": begin, "to": end}
            raw = await self._http.get("/api/v1/contract/funding-rates", Raw, query)
            return most_rows_of(raw, PastFundingPayload, "a funding rate")

        return by_stretches(
            ask,
            start_at,
            end_at,
            lambda row: row.timepoint or row.timePoint or 0,
            reader(translate.past_funding, "a funding rate"),
        )

    # The exchange ----------------------------------------------------------------------------

    async def server_time(self) -> TimestampMs:
        """The exchange's clock."""
        return ms(await self._http.get("/api/v1/timestamp", int), "timestamp")

    async def service_status(self) -> ServiceStatus:
        """Whether the exchange is open (2.8)."""
        return translate.service_status(await self._http.get("/api/v1/status", StatusPayload))

    async def platform_turnover(self) -> Decimal:
        """USD traded in 24 hours on the whole platform; needs a key (2.8)."""
        path = "/api/v1/trade-statistics"
        http = self._signed or self._http
        return (await http.get(path, TradeStatisticsPayload, signed=True)).turnoverOf24h
