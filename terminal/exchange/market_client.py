"""Public market data over REST. Each method is one exchange call."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, final

from terminal.domain.clock import TimestampMs, to_ms
from terminal.exchange import translate
from terminal.exchange.errors import ProtocolError
from terminal.wire.market import (
    BookPayload,
    CandlePayload,
    ContractPayload,
    MarkPricePayload,
    TradePayload,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from terminal.domain.candles import Candle, CandleInterval
    from terminal.domain.contract import Contract
    from terminal.domain.events import BookSnapshot, MarkUpdate, PublicTrade
    from terminal.domain.units import Symbol
    from terminal.exchange.http import HttpClient
    from terminal.exchange.translate import Scales


_log = logging.getLogger("app")


@final
class MarketClient:
    """A ``MarketGateway`` over HTTP."""

    def __init__(self, http: HttpClient, scales: Scales) -> None:
        self._http = http
        self._scales = scales

    async def contracts(self) -> tuple[Contract, ...]:
        """All listed contracts. Also teaches the translators their tick sizes."""
        payloads = await self._http.get("/api/v1/contracts/active", list[ContractPayload])
        listed = tuple(_readable(payloads))
        self._scales.learn(listed)
        return listed

    async def book_snapshot(self, symbol: Symbol) -> BookSnapshot:
        """The whole book of a contract."""
        payload = await self._http.get("/api/v1/level2/snapshot", BookPayload, {"symbol": symbol})
        return translate.book_snapshot(payload, self._scales)

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
