"""An account's past over REST: orders, fills, ledger, funding, closed positions, as walks.

Orders and fills are told for a week at a time, newest first; the other lists by offset or by page.
A row that cannot be read is left out and named in the log. Source: API reference 3.2, 3.5, 3.7, 3.8
and 3.13.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.exchange import translate
from terminal.exchange.paging import (
    PAGE_SIZE,
    Walk,
    by_offset,
    by_pages,
    by_windows,
)
from terminal.exchange.rows import reader
from terminal.wire.history import LedgerPayload
from terminal.wire.pages import MorePayload, PagePayload
from terminal.wire.trading import FillPayload, OpenOrderStatisticsPayload, OrderPayload

if TYPE_CHECKING:
    from terminal.domain.account_facts import (
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
            return await self._http.get(
                "/api/v1/orders", PagePayload[OrderPayload], query, signed=True
            )

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

        return by_pages(ask, lambda row: row.id, reader(self._order, "a stop order"), must_end=True)

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
            return await self._http.get(
                "/api/v1/fills", PagePayload[FillPayload], query, signed=True
            )

        return by_windows(ask, start_at, end_at, _fill_key, reader(self._fill, "a fill"))

    def fills_of_order(self, order_id: OrderId) -> Walk[Fill]:
        """All fills of one order (3.7)."""

        async def ask(page: int) -> PagePayload[FillPayload]:
            query: Query = {"orderId": order_id, "currentPage": page, "pageSize": PAGE_SIZE}
            return await self._http.get(
                "/api/v1/fills", PagePayload[FillPayload], query, signed=True
            )

        return by_pages(ask, _fill_key, reader(self._fill, "a fill"), must_end=True)

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
            return await self._http.get(
                "/api/v1/transaction-history", MorePayload[LedgerPayload], query, signed=True
            )

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
