"""One listed contract: its steps, its value, its limits.

The meaning of a contract comes from its object, never from letters in its symbol.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, final

from terminal.domain.errors import UnitError
from terminal.domain.units import Lots, Money, Price, PriceScale, Symbol

if TYPE_CHECKING:
    from decimal import Decimal


class ContractStatus(Enum):
    """What the exchange allows on a contract now (API reference 2.1)."""

    INIT = "Init"
    OPEN = "Open"
    BEING_SETTLED = "BeingSettled"
    SETTLED = "Settled"
    PAUSED = "Paused"
    CLOSED = "Closed"
    CANCEL_ONLY = "CancelOnly"
    OTHER = "Other"


@final
@dataclass(frozen=True, slots=True)
class Contract:
    """A listed futures product.

    ``multiplier`` is base coin per lot (linear) or quote currency per lot (inverse), always
    positive. ``max_order_lots`` and ``max_market_order_lots`` bound one order, inclusive; sizes are
    multiples of ``lot_size``.
    ``buy_limit`` and ``sell_limit`` are the exchange's bounds at the time of listing; they move
    with the mark price and are None when unknown. Rates are fractions.
    """

    symbol: Symbol
    base_currency: str
    quote_currency: str
    settle_currency: str
    scale: PriceScale
    multiplier: Decimal
    is_inverse: bool
    max_order_lots: Lots
    max_market_order_lots: Lots
    max_price: Price
    max_leverage: int
    maker_fee_rate: Decimal
    taker_fee_rate: Decimal
    maintenance_rate: Decimal
    index_tick_size: Decimal
    status: ContractStatus
    is_perpetual: bool = True
    buy_limit: Price | None = None
    sell_limit: Price | None = None
    lot_size: int = 1

    def __post_init__(self) -> None:
        if self.multiplier <= 0:
            raise UnitError(f"{self.symbol}: multiplier must be positive, got {self.multiplier}")

    def notional(self, price: Price, lots: Lots) -> Money:
        """Unsigned value in the quote currency (inverse: one lot is ``multiplier`` quote units)."""
        if self.is_inverse:
            return Money(self.multiplier * abs(lots), self.quote_currency)
        return Money(self.scale.decimal(price) * self.multiplier * abs(lots), self.quote_currency)

    def settle_value(self, price: Decimal, lots: Lots) -> Money:
        """Unsigned value in the settle currency at a positive price.

        Source: API reference 7.1. Raises ``UnitError`` for an inverse contract at price zero.
        """
        if not self.is_inverse:
            return Money(price * self.multiplier * abs(lots), self.settle_currency)
        if price <= 0:
            raise UnitError(f"{self.symbol}: an inverse contract has no value at {price}")
        return Money(self.multiplier * abs(lots) / price, self.settle_currency)

    def base_size(self, lots: Lots) -> Decimal | None:
        """Base coins of so many lots (keeps the sign); None for inverse contracts."""
        return None if self.is_inverse else self.multiplier * lots
