"""What trading costs on fakes: an account's rates and the next funding, told or withheld."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, final

from terminal.domain.account_facts import FeeRates
from terminal.domain.clock import TimestampMs
from terminal.domain.market_facts import FundingRate
from terminal.exchange.errors import TransportError
from terminal.session.breakevens import Breakevens
from terminal.session.charges import ChargeBook

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.clock import Clock
    from terminal.domain.units import ExactPrice, Symbol
    from terminal.session.orders import OrderDesk
    from terminal.session.tasks import TaskOwner


@final
class Rates:
    """Tells fees and funding, which is due an hour from now; silent while not ``is_told``."""

    def __init__(self, clock: Clock, *, is_told: bool = True) -> None:
        self.is_told = is_told
        self.maker, self.taker = Decimal("0.0002"), Decimal("0.0006")
        self.funding = Decimal("0.0001")
        self._clock = clock

    async def fee_rates(self, symbol: Symbol) -> FeeRates:
        self._tell()
        return FeeRates(symbol, self.maker, self.taker)

    async def funding_rate(self, symbol: Symbol) -> FundingRate:
        self._tell()
        began = self._clock.now_ms()
        after = TimestampMs(began + 3_600_000)
        return FundingRate(symbol, self.funding, None, None, began, after, None, None, None)

    def _tell(self) -> None:
        if not self.is_told:
            raise TransportError("silent", was_sent=True)


def silent_breakevens(
    desk: OrderDesk,
    clock: Clock,
    owner: TaskOwner,
    mark_of: Callable[[Symbol], ExactPrice | None] = lambda _symbol: None,
) -> Breakevens:
    """Breakevens of an account whose rates and funding nobody tells: by the contract's rates."""
    rates = Rates(clock, is_told=False)
    return Breakevens(ChargeBook(rates, rates, clock, owner), desk.own_fills, mark_of)
