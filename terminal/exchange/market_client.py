"""Public market data over REST. Each method is one exchange call."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, final

from terminal.domain.clock import TimestampMs, to_ms
from terminal.exchange import translate, translate_feed
from terminal.exchange.errors import AuthError, ProtocolError
from terminal.wire.market import (
    BookPayload,
    CandlePayload,
    ContractPayload,
    DepthPayload,
    MarkPricePayload,
    TradePayload,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terminal.domain.candles import Candle, CandleInterval
    from terminal.domain.contract import Contract
    from terminal.domain.events import (
        BookDepth,
        BookSnapshot,
        MarkUpdate,
        PublicTrade,
    )
    from terminal.domain.units import Symbol
    from terminal.exchange.http import HttpClient
    from terminal.exchange.translate import Scales


_DEPTHS = {20: "/api/v1/level2/depth20", 100: "/api/v1/level2/depth100"}

_log = logging.getLogger("app")


@final
class MarketClient:
    """A ``MarketGateway`` over HTTP.

    ``signed`` signs the one call of which it is not established whether it needs a key (the full
    book, API reference 2.3): only after the exchange has refused it without.
    """

    def __init__(self, http: HttpClient, scales: Scales, signed: HttpClient | None = None) -> None:
        self._http = http
        self._scales = scales
        self._signed = signed
        self._book_needs_key = False

    async def contracts(self) -> tuple[Contract, ...]:
        """All listed contracts. Also teaches the translators their tick sizes."""
        payloads = await self._http.get("/api/v1/contracts/active", list[ContractPayload])
        listed = tuple(_readable(payloads))
        self._scales.learn(listed)
        return listed

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
        """The best levels of a contract; ``rows`` is 20 or 100 (API reference 2.3)."""
        path = _DEPTHS.get(rows)
        if path is None:
            raise ValueError(f"the exchange has depth 20 and 100, not {rows}")
        payload = await self._http.get(path, DepthPayload, {"symbol": symbol})
        return translate_feed.depth(symbol, rows, payload, self._scales)

    async def recent_trades(self, symbol: Symbol) -> tuple[PublicTrade, ...]:
        """The last public trades, oldest first, at most 100."""
        payloads = await self._http.get(
            "/api/v1/trade/history", list[TradePayload], {"symbol": symbol}
        )
        return tuple(
            translate.public_trade(symbol, payload, self._scales) for payload in reversed(payloads)
        )

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
        payloads = await self._http.get("/api/v1/kline/query", list[CandlePayload], query)
        rows = {row.start_at: row for row in _candles(symbol, payloads, self._scales)}
        return tuple(rows[start] for start in sorted(rows))

    async def server_time(self) -> TimestampMs:
        """The exchange's clock."""
        return to_ms(await self._http.get("/api/v1/timestamp", int))


def _readable(payloads: list[ContractPayload]) -> Iterator[Contract]:
    """Contracts that can be read; a strange one must not take the others away."""
    for payload in payloads:
        try:
            yield translate.contract(payload)
        except ProtocolError as error:
            _log.warning("a contract was left out: %s", error)


def _candles(symbol: Symbol, payloads: list[CandlePayload], scales: Scales) -> Iterator[Candle]:
    """Candles that can be read: one strange row must not take the whole history away."""
    for payload in payloads:
        try:
            yield translate.candle(symbol, payload, scales)
        except ProtocolError as error:
            _log.warning("a candle was left out: %s", error)
