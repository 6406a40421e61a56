"""Order commands by the route of the moment, queries over REST. Nothing is ever resent.

Commands return outcomes.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, final

from terminal.domain.access import Access
from terminal.domain.units import ClientOid, OrderId
from terminal.exchange import translate
from terminal.exchange.commands import ended
from terminal.exchange.echoes import placed_ids
from terminal.exchange.errors import ProtocolError, RejectedError
from terminal.exchange.outcome import NotSent
from terminal.exchange.paging import PAGE_SIZE, by_pages
from terminal.exchange.rows import most_rows_of, readable
from terminal.wire.codec import Raw
from terminal.wire.pages import PagePayload
from terminal.wire.trading import (
    CancelledPayload,
    FillPayload,
    OrderPayload,
    PlacedPayload,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminal.domain.events import Fill, OrderUpdate
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import Symbol
    from terminal.exchange.http import HttpClient
    from terminal.exchange.outcome import Outcome
    from terminal.exchange.routes import OrderRoutes, RouteState
    from terminal.exchange.translate import Scales

_log = logging.getLogger("orders")

MAX_PAGES = 20
NOT_FOUND = "100001"
NO_EXITS = "An order with exits attached is sent by itself, and not tested."
_PAST = "an order of the past"


@final
class TradingClient:
    """A ``TradingGateway`` over HTTP, and over the order socket when there is one."""

    access = Access.FULL

    def __init__(self, http: HttpClient, scales: Scales, routes: OrderRoutes) -> None:
        self._http = http
        self._routes = routes
        self._scales = scales

    # Commands --------------------------------------------------------------------------------

    @property
    def route(self) -> RouteState:
        """Which way the next order takes, and why."""
        return self._routes.state

    async def place(self, ticket: OrderTicket, client_oid: ClientOid) -> Outcome:
        """Send one order. Never resent by itself. One with exits goes by REST only (6.2)."""
        try:
            body = translate.order_body(ticket, client_oid, self._scales)
        except ProtocolError as error:
            return NotSent(error.sentence, self._routes.state.route)
        if ticket.exits is not None:
            return await ended(self._post("/api/v1/st-orders", body, client_oid))
        return await self._routes.place(body, client_oid)

    async def place_batch(
        self, orders: Sequence[tuple[OrderTicket, ClientOid]]
    ) -> tuple[Outcome, ...]:
        """Send up to 20 orders at once; one outcome for each, in the same order.

        What cannot be written, or has exits attached, is not sent; the others are.
        """
        bodies: dict[int, dict[str, object]] = {}
        outcomes: dict[int, Outcome] = {}
        for at, (ticket, client_oid) in enumerate(orders):
            if ticket.exits is not None:
                outcomes[at] = NotSent(NO_EXITS, self._routes.state.route)
                continue
            try:
                bodies[at] = translate.order_body(ticket, client_oid, self._scales)
            except ProtocolError as error:
                outcomes[at] = NotSent(error.sentence, self._routes.state.route)
        sent = await self._routes.place_batch([*bodies.values()], [orders[at][1] for at in bodies])
        outcomes.update(zip(bodies, sent, strict=True))
        return tuple(outcomes[at] for at in range(len(orders)))

    async def test(self, ticket: OrderTicket, client_oid: ClientOid) -> Outcome:
        """Let the exchange check an order without placing it; the id it answers is nobody's."""
        if ticket.exits is not None:
            return NotSent(NO_EXITS)
        try:
            body = translate.order_body(ticket, client_oid, self._scales)
        except ProtocolError as error:
            return NotSent(error.sentence)
        return await ended(self._post("/api/v1/orders/test", body, client_oid))

    async def _post(
        self, path: str, body: dict[str, object], client_oid: ClientOid
    ) -> tuple[OrderId, ...]:
        return placed_ids(await self._http.post(path, PlacedPayload, body), client_oid)

    async def cancel(self, order_id: OrderId) -> Outcome:
        """Ask to cancel one order."""
        return await self._routes.cancel(order_id)

    async def cancel_by_client_oid(self, symbol: Symbol, client_oid: ClientOid) -> Outcome:
        """Ask to cancel an order whose exchange id is not known yet."""
        return await self._routes.cancel_by_client_oid(symbol, client_oid)

    async def cancel_batch(self, order_ids: Sequence[OrderId]) -> tuple[Outcome, ...]:
        """Ask to cancel up to 20 orders at once."""
        return await self._routes.cancel_batch(order_ids)

    async def cancel_all(self, symbol: Symbol) -> Outcome:
        """Ask to cancel all plain orders of a contract."""
        return await ended(self._delete("/api/v3/orders", {"symbol": symbol}))

    async def cancel_all_stops(self, symbol: Symbol | None = None) -> Outcome:
        """Ask to cancel all untriggered stops, of a contract or of all (API reference 3.4)."""
        return await ended(self._delete("/api/v1/stopOrders", _symbol(symbol)))

    async def _delete(self, path: str, query: dict[str, str | int]) -> tuple[OrderId, ...]:
        answer = await self._http.delete(path, CancelledPayload, query)
        return tuple(OrderId(one) for one in answer.cancelledOrderIds)

    # Queries ---------------------------------------------------------------------------------

    async def order(self, order_id: OrderId) -> OrderUpdate | None:
        """One order, stops included; None when the exchange does not know it."""
        return await self._one(f"/api/v1/orders/{order_id}", {})

    async def order_by_client_oid(self, client_oid: ClientOid) -> OrderUpdate | None:
        """One order by our id; None when the exchange does not know it (yet)."""
        return await self._one("/api/v1/orders/byClientOid", {"clientOid": client_oid})

    async def _one(self, path: str, query: dict[str, str | int]) -> OrderUpdate | None:
        try:
            payload = await self._http.get(path, OrderPayload, query, signed=True)
        except RejectedError as error:
            # The code alone also means a wrong parameter (API reference 1.6).
            if error.code == NOT_FOUND and "notexist" in error.exchange_text.lower():
                return None
            raise
        return translate.order_update(payload, self._scales)

    async def open_orders(self, symbol: Symbol | None = None) -> tuple[OrderUpdate, ...]:
        """All active plain orders, all pages."""
        return await self._pages("/api/v1/orders", {"status": "active", **_symbol(symbol)})

    async def open_stops(self, symbol: Symbol | None = None) -> tuple[OrderUpdate, ...]:
        """All untriggered stops, all pages."""
        return await self._pages("/api/v1/stopOrders", _symbol(symbol))

    async def _pages(self, path: str, query: dict[str, str | int]) -> tuple[OrderUpdate, ...]:
        async def ask(page: int) -> PagePayload[OrderPayload]:
            return await self._http.get(
                path,
                PagePayload[OrderPayload],
                {**query, "currentPage": page, "pageSize": PAGE_SIZE},
                signed=True,
            )

        # Orders shift between pages while they are read: an id seen twice counts once.
        walk = by_pages(
            ask,
            lambda payload: payload.id,
            lambda payloads: tuple(map(self._whole_or_stub, payloads)),
            max_requests=MAX_PAGES,
            must_end=True,
        )
        return await walk.collect()

    def _whole_or_stub(self, payload: OrderPayload) -> OrderUpdate:
        """A working order must never be hidden: what cannot be read whole can still be canceled."""
        try:
            return translate.order_update(payload, self._scales)
        except ProtocolError as error:
            _log.error("an order is shown without its price: %s", error)
            return translate.order_stub(payload)

    async def recent_done_orders(self) -> tuple[OrderUpdate, ...]:
        """Orders that ended within the last 24 hours, at most 1000."""
        raw = await self._http.get("/api/v1/recentDoneOrders", Raw, signed=True)

        def read(payload: OrderPayload) -> OrderUpdate:
            return translate.order_update(payload, self._scales)

        return readable(read, most_rows_of(raw, OrderPayload, _PAST), _PAST)

    async def recent_fills(self) -> tuple[Fill, ...]:
        """Fills of the last 24 hours, at most 1000, oldest first."""
        raw = await self._http.get("/api/v1/recentFills", Raw, signed=True)

        def read(payload: FillPayload) -> Fill:
            return translate.fill(payload, self._scales)

        rows = most_rows_of(raw, FillPayload, "a fill")
        fills = {fill.key: fill for fill in readable(read, rows, "a fill")}
        return tuple(sorted(fills.values(), key=lambda fill: fill.event_at))


def _symbol(symbol: Symbol | None) -> dict[str, str | int]:
    return {} if symbol is None else {"symbol": symbol}
