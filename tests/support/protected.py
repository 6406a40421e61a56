"""A desktop whose positions are watched and whose ladder has its protecting hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from terminal.session.exits import HeldExits, Protecting
from terminal.viewmodels.positions import PositionsViewModel
from terminal.viewmodels.protection import ProtectionViewModel
from terminal.viewmodels.ticket import TicketViewModel
from tests.support.builders import a_position_update
from tests.support.desktop import Desktop
from tests.support.guarded import Guarded

if TYPE_CHECKING:
    from terminal.domain.events import OrderUpdate
    from terminal.domain.units import ExactPrice, Symbol


@final
class Protected:
    """A guarded bench with its panels. ``start`` and ``stop`` it."""

    def __init__(self) -> None:
        self.desktop = Desktop()
        self.guarded = Guarded(bench=self.desktop.bench, mark_of=self._mark)
        bench, guarded = self.desktop.bench, self.guarded
        self.held = HeldExits(
            bench.desk,
            bench.account,
            self.desktop.markets,
            guarded.watch,
            guarded.exits,
            bench.owner,
        )
        self.protecting = Protecting(guarded.watch, guarded.exits, self.held)
        workspace, frame = self.desktop.workspace, self.desktop.frame
        self.vm = ProtectionViewModel(workspace, guarded.watch, self.held, frame)
        self.positions = PositionsViewModel(
            workspace, bench.account, bench.desk, bench.contracts, frame
        )
        self.ticket = TicketViewModel(workspace, bench.desk, bench.account, frame)
        self.positions.protecting = self.ticket.protecting = self.protecting
        self.hand = self.desktop.ladder.protect_with(self.protecting, self.vm)

    def _mark(self, symbol: Symbol) -> ExactPrice | None:
        market = self.desktop.markets.get(symbol)
        return None if market is None or market.mark is None else market.mark.mark_price

    async def start(self, lots: int = 0, *stops: OrderUpdate) -> Protected:
        """Connect with a position and stops that the exchange has already."""
        trading = self.desktop.bench.trading
        if lots:
            self.desktop.bench.gateway.held = (a_position_update(lots),)
        trading.stops = stops
        for stop in stops:
            trading.known[stop.order_id] = stop
        await self.desktop.start()
        self.guarded.watch.start()
        for one in (self.vm, self.positions, self.ticket):
            one.start()
        await self.settle()
        return self

    async def settle(self) -> None:
        """Let commands reach the gateway, then show the next frame."""
        await self.desktop.settle()

    async def stop(self) -> None:
        """End everything."""
        for one in (self.vm, self.positions, self.ticket):
            one.stop()
        await self.held.stop()
        await self.guarded.watch.stop()
        await self.desktop.stop()

    @property
    def sent(self) -> list[tuple[str, int | None, int | None]]:
        """Side (``close`` for a close order), lots and trigger of everything that was sent."""
        return [
            (
                "close" if ticket.side is None else ticket.side.value,
                ticket.lots,
                None if ticket.trigger is None else ticket.trigger.price,
            )
            for ticket, _ in self.desktop.bench.trading.placed
        ]
