"""An account's past over REST: orders, fills, ledger, funding, closed positions, as walks.

Orders and fills are told for a week at a time, newest first; the other lists by offset or by page.
A row that cannot be read is left out and named in the log, except where none may be missing.
Source: API reference 3.2, 3.5, 3.7, 3.8 and 3.13.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.exchange import translate
from terminal.exchange.paging import (
    MORE_COUNT,
    PAGE_SIZE,
    Walk,
    by_offset,
    by_pages,
    by_windows,
)
from terminal.exchange.rows import more_of, page_of, reader
from terminal.wire.codec import Raw
from terminal.wire.history import ClosedPositionPayload, FundingPaymentPayload, LedgerPayload
from terminal.wire.pages import MorePayload, PagePayload
from terminal.wire.trading import FillPayload, OpenOrderStatisticsPayload, OrderPayload

if TYPE_CHECKING:
    from terminal.domain.account_facts import (
        ClosedPosition,
        FundingPayment,
        LedgerEntry,
        OpenOrderTotals,
    )
    from terminal.domain.clock import TimestampMs
    from terminal.domain.events import Fill, OrderUpdate
    from terminal.domain.units import OrderId, Side, Symbol
    from terminal.exchange.http import HttpClient
    from terminal.exchange.translate import Scales

CLOSED_COUNT = 200
LEDGER_COUNT = 50
Query = dict[str, str | int]


@final
class HistoryClient:
    """``HistoryQueries`` over HTTP. Nothing is asked before a walk is iterated."""

    def __init__(self, http: HttpClient, scales: Scales) -> None:
        self._http = http
        self._scales = scales

    # Orders and fills ------------------------------------------------------------------------

    def done_orders(
        self,
        start_at: TimestampMs,
        end_at: TimestampMs,
        *,
        symbol: Symbol | None = None,
        side: Side | None = None,
    ) -> Walk[OrderUpdate]:
        """Orders that ended, by the time they were made, the latest week first (3.5)."""
        chosen = {"status": "done", **_filter(symbol, side)}

        async def ask(begin: TimestampMs, end: TimestampMs, page: int) -> PagePayload[OrderPayload]:
            query = {**chosen, **_window(begin, end, page)}
            raw = await self._http.get("/api/v1/orders", Raw, query, signed=True)
            return page_of(raw, OrderPayload, "an order of the past")

        return by_windows(
            ask, start_at, end_at, lambda row: row.id, reader(self._order, "an order of the past")
        )

    def stop_orders(
        self, *, symbol: Symbol | None = None, side: Side | None = None
    ) -> Walk[OrderUpdate]:
        """Untriggered stops, page by page; none is missing unless the walk raises (3.5)."""
        chosen = _filter(symbol, side)

        async def ask(page: int) -> PagePayload[OrderPayload]:
            query: Query = {**chosen, "currentPage": page, "pageSize": PAGE_SIZE}
            return await self._http.get(
                "/api/v1/stopOrders", PagePayload[OrderPayload], query, signed=True
            )

        return by_pages(
            ask, lambda row: row.id, lambda rows: tuple(map(self._order, rows)), must_end=True
        )

    def fills(
        self,
        start_at: TimestampMs,
        end_at: TimestampMs,
        *,
        symbol: Symbol | None = None,
        side: Side | None = None,
    ) -> Walk[Fill]:
        """Fills, the latest week first; about three months are kept, and the last minutes lag."""
        chosen = _filter(symbol, side)

        async def ask(begin: TimestampMs, end: TimestampMs, page: int) -> PagePayload[FillPayload]:
            query = {**chosen, **_window(begin, end, page)}
            raw = await self._http.get("/api/v1/fills", Raw, query, signed=True)
            return page_of(raw, FillPayload, "a fill")

        return by_windows(ask, start_at, end_at, _fill_key, reader(self._fill, "a fill"))

    def fills_of_order(self, order_id: OrderId) -> Walk[Fill]:
        """All fills of one order; none is missing unless the walk raises (3.7)."""

        async def ask(page: int) -> PagePayload[FillPayload]:
            query: Query = {"orderId": order_id, "currentPage": page, "pageSize": PAGE_SIZE}
            return await self._http.get(
                "/api/v1/fills", PagePayload[FillPayload], query, signed=True
            )

        return by_pages(ask, _fill_key, lambda rows: tuple(map(self._fill, rows)), must_end=True)

    async def open_order_totals(self, symbol: Symbol) -> OpenOrderTotals:
        """What all open orders of a contract add up to (3.5)."""
        payload = await self._http.get(
            "/api/v1/openOrderStatistics",
            OpenOrderStatisticsPayload,
            {"symbol": symbol},
            signed=True,
        )
        return translate.open_order_totals(symbol, payload)

    def _order(self, payload: OrderPayload) -> OrderUpdate:
        return translate.order_update(payload, self._scales)

    def _fill(self, payload: FillPayload) -> Fill:
        return translate.fill(payload, self._scales)

    # Money -----------------------------------------------------------------------------------

    def ledger(
        self,
        currency: str,
        *,
        start_at: TimestampMs | None = None,
        end_at: TimestampMs | None = None,
    ) -> Walk[LedgerEntry]:
        """Changes of the futures account, the latest first; the first may be pending (3.2).

        No kind is asked for: the exchange's spelling of the kinds is inconsistent.
        """
        chosen: Query = {"currency": currency, **_between(start_at, end_at)}

        async def ask(offset: int | str | None) -> MorePayload[LedgerPayload]:
            query: Query = {**chosen, "maxCount": LEDGER_COUNT}
            if offset is not None:
                query["offset"] = offset
            raw = await self._http.get("/api/v1/transaction-history", Raw, query, signed=True)
            return more_of(raw, LedgerPayload, "a ledger row")

        return by_offset(
            ask, _smallest_offset, _ledger_key, reader(translate.ledger_entry, "a ledger row")
        )

    def funding_payments(
        self,
        symbol: Symbol,
        *,
        start_at: TimestampMs | None = None,
        end_at: TimestampMs | None = None,
    ) -> Walk[FundingPayment]:
        """Our funding settlements of a contract, the latest first (3.13)."""
        chosen: Query = {"symbol": symbol, **_between(start_at, end_at)}

        async def ask(offset: int | str | None) -> MorePayload[FundingPaymentPayload]:
            query: Query = {**chosen, "maxCount": MORE_COUNT}
            if offset is not None:
                query["offset"] = offset
            raw = await self._http.get("/api/v1/funding-history", Raw, query, signed=True)
            return more_of(raw, FundingPaymentPayload, "a funding payment")

        return by_offset(
            ask,
            lambda rows: rows[-1].id,
            lambda row: row.id,
            reader(translate.funding_payment, "a funding payment"),
        )

    def closed_positions(
        self,
        *,
        symbol: Symbol | None = None,
        start_at: TimestampMs | None = None,
        end_at: TimestampMs | None = None,
    ) -> Walk[ClosedPosition]:
        """Positions of the past by the time they closed, the latest first (3.8)."""
        chosen: Query = {**_filter(symbol, None)}
        if start_at is not None:
            chosen["from"] = start_at
        if end_at is not None:
            chosen["to"] = end_at

        async def ask(page: int) -> PagePayload[ClosedPositionPayload]:
            query: Query = {**chosen, "limit": CLOSED_COUNT, "pageId": page}
            raw = await self._http.get("/api/v1/history-positions", Raw, query, signed=True)
            return page_of(raw, ClosedPositionPayload, "a closed position")

        return by_pages(
            ask,
            lambda row: row.closeId,
            reader(translate.closed_position, "a closed position"),
        )


def _filter(symbol: Symbol | None, side: Side | None) -> dict[str, str]:
    chosen: dict[str, str] = {}
    if symbol is not None:
        chosen["symbol"] = symbol
    if side is not None:
        chosen["side"] = side.value
    return chosen


def _between(start_at: TimestampMs | None, end_at: TimestampMs | None) -> Query:
    query: Query = {}
    if start_at is not None:
        query["startAt"] = start_at
    if end_at is not None:
        query["endAt"] = end_at
    return query


def _window(begin: TimestampMs, end: TimestampMs, page: int) -> Query:
    return {"startAt": begin, "endAt": end, "currentPage": page, "pageSize": PAGE_SIZE}


def _fill_key(row: FillPayload) -> tuple[str, str, str]:
    return (row.symbol, row.tradeId, row.orderId)


def _smallest_offset(rows: tuple[LedgerPayload, ...]) -> int | None:
    """Where the next stretch begins; the offset -1 of a running row is no place (3.2)."""
    return min((row.offset for row in rows if row.offset >= 0), default=None)


def _ledger_key(row: LedgerPayload) -> tuple[int, int, str]:
    """Offsets are unique but for running rows, which all have -1."""
    return (row.offset, row.time if row.offset < 0 else 0, row.remark or "")
