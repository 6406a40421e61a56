"""What trading costs this account: its own fee rates, and the funding of the running cycle.

Asked for when somebody first needs them, once for each contract; the funding again when its
settlement has passed. Nothing is read for contracts that nobody looks at.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, final

from terminal.domain.errors import TernError
from terminal.session.listeners import Listeners

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import Protocol

    from terminal.domain.account_facts import FeeRates
    from terminal.domain.clock import Clock
    from terminal.domain.market_facts import FundingRate
    from terminal.domain.units import Symbol
    from terminal.session.tasks import TaskOwner

    class FundingSource(Protocol):
        """Who can be asked for funding."""

        def funding_rate(self, symbol: Symbol) -> Awaitable[FundingRate]:
            """The funding of the current cycle."""
            ...

    class FeeSource(Protocol):
        """Who can be asked for fees."""

        def fee_rates(self, symbol: Symbol) -> Awaitable[FeeRates]:
            """The account's own rates."""
            ...


RETRY_S = 30.0
_log = logging.getLogger("account")


@final
class ChargeBook:
    """Fee rates and funding by contract. ``clock`` tells the exchange's time.

    ``on_changed`` tells that something was read. Without ``fees`` there is no account.
    """

    def __init__(
        self, funding: FundingSource, fees: FeeSource | None, clock: Clock, owner: TaskOwner
    ) -> None:
        self._funding_source = funding
        self._fee_source = fees
        self._clock = clock
        self._owner = owner.child("charges")
        self._fees: dict[Symbol, FeeRates] = {}
        self._funding: dict[Symbol, FundingRate] = {}
        self._asked_at_s: dict[str, float] = {}
        self.on_changed: Listeners[[]] = Listeners(self._owner.listener_failed)

    async def stop(self) -> None:
        """End and wait until nothing runs."""
        await self._owner.close()

    def fees(self, symbol: Symbol) -> FeeRates | None:
        """The account's rates; None until they were read, which this begins."""
        known = self._fees.get(symbol)
        if known is None and self._fee_source is not None and self._is_due(f"fees {symbol}"):
            self._owner.spawn(f"fees of {symbol}", self._read_fees(self._fee_source, symbol))
        return known

    def funding(self, symbol: Symbol) -> FundingRate | None:
        """The running cycle's funding; None until it was read, which this begins.

        One whose settlement has passed is not told any more.
        """
        known = self._funding.get(symbol)
        if known is not None and known.next_at is not None:
            known = known if known.next_at > self._clock.now_ms() else None
        if known is None and self._is_due(f"funding {symbol}"):
            self._owner.spawn(f"funding of {symbol}", self._read_funding(symbol))
        return known

    def _is_due(self, what: str) -> bool:
        now_s, asked_s = self._clock.monotonic_s(), self._asked_at_s.get(what)
        if asked_s is not None and now_s - asked_s < RETRY_S:
            return False
        self._asked_at_s[what] = now_s
        return True

    async def _read_fees(self, source: FeeSource, symbol: Symbol) -> None:
        try:
            self._fees[symbol] = await source.fee_rates(symbol)
        except TernError as error:
            _log.info("fee rates of %s: %s", symbol, error)
            return
        self.on_changed.notify()

    async def _read_funding(self, symbol: Symbol) -> None:
        try:
            self._funding[symbol] = await self._funding_source.funding_rate(symbol)
        except TernError as error:
            _log.info("funding of %s: %s", symbol, error)
            return
        self.on_changed.notify()
