"""All candle sessions, shared by contract and interval, opened and closed by count."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, final

from terminal.session.candles import CandleSession

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.domain.candles import CandleInterval
    from terminal.domain.clock import Clock
    from terminal.domain.contract import Contract
    from terminal.domain.units import Symbol
    from terminal.exchange.gateway import MarketGateway
    from terminal.session.feed import Feed
    from terminal.session.tasks import TaskOwner


@final
class CandleSessions:
    """Opens one session per contract and interval however many ask for it."""

    def __init__(
        self,
        gateway: MarketGateway,
        feed: Feed,
        clock: Clock,
        owner: TaskOwner,
        contracts: Mapping[Symbol, Contract],
    ) -> None:
        self._gateway = gateway
        self._feed = feed
        self._clock = clock
        self._owner = owner
        self._contracts = contracts
        self._open: dict[tuple[Symbol, CandleInterval], tuple[CandleSession, int]] = {}

    def open(self, symbol: Symbol, interval: CandleInterval) -> CandleSession:
        """The running session of a listed contract; each ``open`` needs its ``close``."""
        session, count = self._open.get((symbol, interval), (None, 0))
        if session is None:
            session = CandleSession(
                self._contracts[symbol],
                interval,
                self._gateway,
                self._feed,
                self._clock,
                self._owner,
            )
            session.start()
        self._open[symbol, interval] = (session, count + 1)
        return session

    def close(self, source: CandleSession) -> None:
        """Give a session back; the last one to do so ends it."""
        key = (source.contract.symbol, source.interval)
        session, count = self._open[key]
        if count > 1:
            self._open[key] = (session, count - 1)
            return
        del self._open[key]
        self._owner.spawn(f"close candles {key[0]} {key[1].text}", session.stop())

    async def stop(self) -> None:
        """End all sessions and wait for them."""
        sessions = [session for session, _ in self._open.values()]
        self._open.clear()
        await asyncio.gather(*(session.stop() for session in sessions))
