"""Trading with the sending taken out: what changes the account ends here, before any byte leaves.

The lowest place where watching is enforced: whatever goes wrong above, no request is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.exchange.outcome import NotSent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminal.domain.access import Access
    from terminal.domain.events import Fill, OrderUpdate
    from terminal.domain.ticket import OrderTicket
    from terminal.domain.units import ClientOid, OrderId, Symbol
    from terminal.exchange.gateway import TradingGateway
    from terminal.exchange.outcome import Outcome
    from terminal.exchange.routes import RouteState


@final
class WatchOnlyTrading:
    """A ``TradingGateway`` that reads and tests through another one and commands nothing.

    ``access`` must be one that has a reason for sending nothing.
    """

    def __init__(self, inner: TradingGateway, access: Access) -> None:
        if not access.reason:
            raise ValueError(f"{access.value} access has no reason to send nothing")
        self._inner = inner
        self.access = access

    def _refuse(self) -> Outcome:
        return NotSent(self.access.reason)

    # Commands --------------------------------------------------------------------------------

    async def place(self, ticket: OrderTicket, client_oid: ClientOid) -> Outcome:  # noqa: ARG002 - the protocol's
        """Send nothing."""
        return self._refuse()

    async def cancel(self, order_id: OrderId) -> Outcome:  # noqa: ARG002 - the protocol's
        """Send nothing."""
        return self._refuse()

    async def cancel_by_client_oid(self, symbol: Symbol, client_oid: ClientOid) -> Outcome:  # noqa: ARG002 - the protocol's
        """Send nothing."""
        return self._refuse()

    @property
    def route(self) -> RouteState:
        """Which way an order would take if one could be sent."""
        return self._inner.route

    async def place_batch(
        self, orders: Sequence[tuple[OrderTicket, ClientOid]]
    ) -> tuple[Outcome, ...]:
        """Send nothing."""
        return (self._refuse(),) * len(orders)

    async def cancel_batch(self, order_ids: Sequence[OrderId]) -> tuple[Outcome, ...]:
        """Send nothing."""
        return (self._refuse(),) * len(order_ids)

    async def cancel_batch_by_client_oid(
        self, names: Sequence[tuple[Symbol, ClientOid]]
    ) -> tuple[Outcome, ...]:
        """Send nothing."""
        return (self._refuse(),) * len(names)

    async def cancel_all(self, symbol: Symbol) -> Outcome:  # noqa: ARG002 - the protocol's
        """Send nothing."""
        return self._refuse()

    async def cancel_all_stops(self, symbol: Symbol | None = None) -> Outcome:  # noqa: ARG002 - the protocol's
        """Send nothing."""
        return self._refuse()

    async def test(self, ticket: OrderTicket, client_oid: ClientOid) -> Outcome:
        """Let the exchange test an order, if there is an account to test it for."""
        if self.access.is_watching:
            return await self._inner.test(ticket, client_oid)
        return self._refuse()

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
