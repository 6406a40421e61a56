"""All market sessions, opened and closed by count, and the list of contracts they are about."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, final

from terminal.session.listeners import Listeners
from terminal.session.market import MarketSession

if TYPE_CHECKING:
    from terminal.domain.clock import Clock
    from terminal.domain.contract import Contract
    from terminal.domain.units import Symbol
    from terminal.exchange.gateway import MarketGateway
    from terminal.session.feed import Feed
    from terminal.session.notices import NoticeBoard
    from terminal.session.tasks import TaskOwner


@final
class Markets:
    """Opens one market session per contract however many ask for it.

    ``contracts`` is one lasting mapping, filled by ``load``; others may keep a reference to it.
    """

    def __init__(
        self,
        gateway: MarketGateway,
        feed: Feed,
        clock: Clock,
        owner: TaskOwner,
        notices: NoticeBoard,
    ) -> None:
        self._gateway = gateway
        self._feed = feed
        self._clock = clock
        self._owner = owner
        self._notices = notices
        self._open: dict[Symbol, tuple[MarketSession, int]] = {}
        self.contracts: dict[Symbol, Contract] = {}
        self.on_opened: Listeners[[Symbol]] = Listeners(owner.listener_failed)

    async def load(self) -> None:
        """Read the contract list. Raises ``ExchangeError`` when it cannot be had."""
        listed = {contract.symbol: contract for contract in await self._gateway.contracts()}
        self.contracts.clear()
        self.contracts.update(listed)

    def add(self, contract: Contract) -> None:
        """A contract was listed since; one that is known stays as it is."""
        self.contracts.setdefault(contract.symbol, contract)

    def open(self, symbol: Symbol) -> MarketSession:
        """The running session of a listed contract; each ``open`` needs its ``close``."""
        session, count = self._open.get(symbol, (None, 0))
        if session is None:
            session = MarketSession(
                self.contracts[symbol],
                self._gateway,
                self._feed,
                self._clock,
                self._owner,
                self._notices,
            )
            session.start()
        self._open[symbol] = (session, count + 1)
        if count == 0:
            self.on_opened.notify(symbol)
        return session

    def close(self, symbol: Symbol) -> None:
        """Give a session back; the last one to do so ends it."""
        session, count = self._open[symbol]
        if count > 1:
            self._open[symbol] = (session, count - 1)
            return
        del self._open[symbol]
        self._owner.spawn(f"close {symbol}", session.stop())

    def get(self, symbol: Symbol) -> MarketSession | None:
        """The open session of a contract, if any."""
        return self._open[symbol][0] if symbol in self._open else None

    async def stop(self) -> None:
        """End all sessions and wait for them."""
        sessions = [session for session, _ in self._open.values()]
        self._open.clear()
        await asyncio.gather(*(session.stop() for session in sessions))
