"""Trading as far as it is permitted: what is not ends here, before any byte leaves.

The lowest place where watching is enforced: whatever goes wrong above, no request is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.domain.access import Access
from terminal.exchange.outcome import NotSent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminal.domain.events import Fill, OrderUpdate
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import ClientOid, OrderId, Symbol
    from terminal.exchange.gateway import TradingGateway
    from terminal.exchange.outcome import Outcome
    from terminal.exchange.permit import Permit
    from terminal.exchange.routes import RouteState


@final
class PermittedTrading:
    """A ``TradingGateway`` through another one that commands only what a permit allows.

    Looked at anew for each command, and for each order of a batch.
    """

    def __init__(self, inner: TradingGateway, permit: Permit) -> None:
        self._inner = inner
        self._permit = permit

    @property
    def access(self) -> Access:
        """How far commands go now."""
        return self._permit.access

    def _why_not(self, ticket: OrderTicket) -> str:
        return self.access.reason_for(reduces=ticket.reduces_only)

    # Commands --------------------------------------------------------------------------------

    async def place(self, ticket: OrderTicket, client_oid: ClientOid) -> Outcome:
        """Send an order if one like it may be sent."""
        reason = self._why_not(ticket)
        return NotSent(reason) if reason else await self._inner.place(ticket, client_oid)

    async def cancel(self, order_id: OrderId) -> Outcome:
        """Cancel if anything may be sent."""
        reason = self.access.silence
        return NotSent(reason) if reason else await self._inner.cancel(order_id)

    async def cancel_by_client_oid(self, symbol: Symbol, client_oid: ClientOid) -> Outcome:
        """Cancel if anything may be sent."""
        reason = self.access.silence
        if reason:
            return NotSent(reason)
        return await self._inner.cancel_by_client_oid(symbol, client_oid)

    @property
    def route(self) -> RouteState:
        """Which way the next order takes, or would take if it could be sent."""
        return self._inner.route

    async def place_batch(
        self, orders: Sequence[tuple[OrderTicket, ClientOid]]
    ) -> tuple[Outcome, ...]:
        """Send those orders that may be sent."""
        outcomes: dict[int, Outcome] = {}
        sent: list[int] = []
        for at, (ticket, _) in enumerate(orders):
            reason = self._why_not(ticket)
            if reason:
                outcomes[at] = NotSent(reason)
            else:
                sent.append(at)
        if sent:
            answers = await self._inner.place_batch([orders[at] for at in sent])
            outcomes.update(zip(sent, answers, strict=True))
        return tuple(outcomes[at] for at in range(len(orders)))

    async def cancel_batch(self, order_ids: Sequence[OrderId]) -> tuple[Outcome, ...]:
        """Cancel if anything may be sent."""
        reason = self.access.silence
        if reason:
            return (NotSent(reason),) * len(order_ids)
        return await self._inner.cancel_batch(order_ids)

    async def cancel_all(self, symbol: Symbol) -> Outcome:
        """Cancel if anything may be sent."""
        reason = self.access.silence
        return NotSent(reason) if reason else await self._inner.cancel_all(symbol)

    async def cancel_all_stops(self, symbol: Symbol | None = None) -> Outcome:
        """Cancel if anything may be sent."""
        reason = self.access.silence
        return NotSent(reason) if reason else await self._inner.cancel_all_stops(symbol)

    async def test(self, ticket: OrderTicket, client_oid: ClientOid) -> Outcome:
        """Let the exchange test an order, if there is an account to test it for."""
        if self.access is Access.MARKET_DATA:
            return NotSent(self.access.reason)
        return await self._inner.test(ticket, client_oid)

    # Queries ---------------------------------------------------------------------------------

    async def order(self, order_id: OrderId) -> OrderUpdate | None:
        """One order, stops included; None when the exchange does not know it."""
        return await self._inner.order(order_id)

    async def order_by_client_oid(self, client_oid: ClientOid) -> OrderUpdate | None:
        """One order by our id; None when the exchange does not know it (yet)."""
        return await self._inner.order_by_client_oid(client_oid)

    async def open_orders(self, symbol: Symbol | None = None) -> tuple[OrderUpdate, ...]:
        """All active plain orders, all pages."""
        return await self._inner.open_orders(symbol)

    async def open_stops(self, symbol: Symbol | None = None) -> tuple[OrderUpdate, ...]:
        """All untriggered stops, all pages."""
        return await self._inner.open_stops(symbol)

    async def recent_done_orders(self) -> tuple[OrderUpdate, ...]:
        """Orders that ended within the last 24 hours, at most 1000."""
        return await self._inner.recent_done_orders()

    async def recent_fills(self) -> tuple[Fill, ...]:
        """Fills of the last 24 hours, at most 1000, oldest first."""
        return await self._inner.recent_fills()
