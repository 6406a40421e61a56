"""When funding is settled, contract by contract: begin, a while without new orders, end.

What positions pay is the business of ``on_begin``. Source: reference 5.6 announcement, 7.7.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from terminal.simexchange.clock import SimClock
    from terminal.simexchange.engine.broadcast import Broadcast
    from terminal.simexchange.market.market import Market

LASTS_S = 2.0
"""Our choice; the reference knows settlements that took up to 20 s."""


@final
class Settlements:
    """Begins and ends settlements at each contract's own instants, as ``Market`` tells them.

    ``settling`` holds the contracts between begin and end. ``on_begin`` is called with the market,
    the instant in epoch ms and the rate that was fixed, when everybody was told that it begins, and
    ``on_end`` with the market when everybody was told that it is over. ``lasts_s`` may be set.
    """

    def __init__(
        self, markets: Mapping[str, Market], broadcast: Broadcast, clock: SimClock
    ) -> None:
        self._markets = markets
        self._broadcast = broadcast
        self._clock = clock
        self.settling: set[str] = set()
        self.lasts_s = LASTS_S
        self.on_begin: Callable[[Market, int, float], None] | None = None
        self.on_end: Callable[[Market], None] | None = None

    def start(self) -> None:
        """Wait for every contract's next instant, from now on."""
        for market in self._markets.values():
            if market.spec.is_dated:
                continue  # it knows no funding (reference 7.9)
            self._wait(market, market.next_funding_ms)

    def _wait(self, market: Market, due_ms: int) -> None:
        ahead_s = max(0, due_ms - self._clock.now_ms()) / 1000
        self._clock.after(ahead_s, partial(self._reached, market, due_ms))

    def _reached(self, market: Market, due_ms: int) -> None:
        # The clock may have been shifted since, and the contract may have another interval now.
        if self._clock.now_ms() >= due_ms:
            self.settle(market, due_ms)
        self._wait(market, market.next_funding_ms)

    def settle(self, market: Market, funding_ms: int) -> None:
        """Settle by the rate that the cycle was told, now."""
        symbol, rate = market.spec.symbol, market.settled_rate(funding_ms)
        self.settling.add(symbol)
        self._broadcast.funding(symbol, "funding.begin", funding_ms, rate)
        if self.on_begin is not None:
            self.on_begin(market, funding_ms, rate)
        self._clock.after(self.lasts_s, partial(self._end, market, funding_ms, rate))

    def _end(self, market: Market, funding_ms: int, rate: float) -> None:
        symbol = market.spec.symbol
        self.settling.discard(symbol)
        self._broadcast.funding(symbol, "funding.end", funding_ms, rate)
        if self.on_end is not None:
            self.on_end(market)
