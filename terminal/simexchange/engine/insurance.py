"""The exchange's own money: the insurance fund, the fees, and what the crowd stands in for.

The fund gets what a position that was taken over brings above its bankruptcy price, and the fees of
liquidations (our choice); it pays what is missing. It is never below zero: what it has not the
crowd pays, the counterparty of last resort, as it is the counterparty of every trade and of all
funding that accounts do not pay each other. Source: reference 7.3, 11; the amounts are our choice.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, final

from terminal.simexchange.engine.filling import LIQUID
from terminal.simexchange.market.contracts import plain

if TYPE_CHECKING:
    from terminal.simexchange.trading.orders import UserOrder

FIRST_BALANCES = {"USDT": Decimal(250_000), "USDC": Decimal(50_000), "XBT": Decimal(2)}
_ZERO = Decimal(0)


@final
class Insurance:
    """Amounts by settle currency, on the grid of amounts.

    ``balances`` is the fund, ``fees`` what trades paid, ``crowd`` what the crowd got off the book
    (below zero: paid), and ``crowd_lots`` the signed lots by contract that it took over there.
    """

    def __init__(self) -> None:
        self.balances = dict(FIRST_BALANCES)
        self.fees = dict.fromkeys(FIRST_BALANCES, _ZERO)
        self.crowd = dict.fromkeys(FIRST_BALANCES, _ZERO)
        self.crowd_lots: dict[str, int] = {}

    def book(self, currency: str, amount: Decimal) -> None:
        """Money comes into the fund, or goes out (below zero); the crowd pays what it has not."""
        balance = self.balances[currency] + amount
        self.balances[currency] = max(_ZERO, balance)
        self.crowd[currency] += min(_ZERO, balance)

    def fee(self, order: UserOrder, currency: str, amount: Decimal) -> None:
        """An order paid a fee."""
        if order.trade_type == LIQUID:
            self.book(currency, amount)
        else:
            self.fees[currency] += amount

    def paid_funding(self, currency: str, amount: Decimal) -> None:
        """A position got funding (below zero: paid it); its counterparty is the crowd."""
        self.crowd[currency] -= amount

    def hand_over(self, symbol: str, currency: str, lots: int, amount: Decimal) -> None:
        """The crowd takes signed lots over, off the book, and gets an amount."""
        self.crowd_lots[symbol] = self.crowd_lots.get(symbol, 0) + lots
        self.crowd[currency] += amount

    def set_balance(self, currency: str, amount: Decimal) -> None:
        """Let the fund have so much. Raises ``ValueError`` when that cannot be."""
        if currency not in self.balances:
            known = ", ".join(self.balances)
            raise ValueError(f"There is no fund in {currency!r}; there are {known}.")
        if not amount.is_finite() or not 0 <= amount <= 10**12:
            raise ValueError(f"The fund has from 0 to 10^12, not {amount}.")
        self.balances[currency] = amount.quantize(Decimal("1E-10"))

    def shown(self) -> dict[str, dict[str, str]]:
        """Fund and fees by currency, as text."""
        return {
            "fund": {currency: plain(amount) for currency, amount in self.balances.items()},
            "fees": {currency: plain(amount) for currency, amount in self.fees.items()},
        }
