"""Positions and wallets: fills, fees, margin and what is left to use. Decimal throughout.

Source: reference 7.1 to 7.5. Isolated positions keep the margin of their own orders, cross
positions share the wallet.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from terminal.simexchange.market.contracts import ContractSpec

ISOLATED = "ISOLATED"
CROSS = "CROSS"
_ZERO = Decimal(0)


@final
@dataclass(slots=True)
class SimPosition:
    """One contract's position: signed lots, entry, and what it cost and earned so far."""

    spec: ContractSpec
    margin_mode: str = ISOLATED
    leverage: Decimal = Decimal(5)
    lots: int = 0
    entry: Decimal = _ZERO
    initial_margin: Decimal = _ZERO
    realized_gross: Decimal = _ZERO
    fees: Decimal = _ZERO
    funding: Decimal = _ZERO
    opened_ms: int = 0

    def fill(self, signed: int, price: Decimal, leverage: Decimal, now_ms: int) -> Decimal:
        """Change the position by one fill; return the realized gross profit of the closed part."""
        if self.lots == 0:
            self.opened_ms = now_ms
            self.realized_gross = self.fees = self.funding = _ZERO
        closing = min(abs(signed), abs(self.lots)) if signed * self.lots < 0 else 0
        profit = _ZERO
        if closing:
            direction = 1 if self.lots > 0 else -1
            profit = self.profit(direction * closing, price)
            self.initial_margin -= self.initial_margin * closing / abs(self.lots)
            self.lots -= direction * closing
            self.realized_gross += profit
        opening = abs(signed) - closing
        if opening:
            self._open(opening if signed > 0 else -opening, price, leverage)
        if self.lots == 0:
            self.entry = self.initial_margin = _ZERO
        return profit

    def _open(self, signed: int, price: Decimal, leverage: Decimal) -> None:
        if self.lots == 0:
            self.leverage = leverage
            self.entry = price
        elif self.spec.is_inverse:
            held, added = abs(self.lots), abs(signed)
            self.entry = (held + added) / (held / self.entry + added / price)
        else:
            held, added = abs(self.lots), abs(signed)
            self.entry = (held * self.entry + added * price) / (held + added)
        self.lots += signed
        self.initial_margin += self.spec.value(price, abs(signed)) / leverage

    def profit(self, signed: int, price: Decimal) -> Decimal:
        """Profit of so many lots of this position at a price, in the settle currency."""
        if not signed or not self.entry:
            return _ZERO
        size = self.spec.multiplier * signed
        if self.spec.is_inverse:
            return size * (1 / self.entry - 1 / price)
        return size * (price - self.entry)

    def unrealized(self, mark: Decimal) -> Decimal:
        """Profit of the whole position at the mark price."""
        return self.profit(self.lots, mark)

    def margin(self, mark: Decimal) -> Decimal:
        """Margin the position holds: its own when isolated, by the mark price when cross."""
        if not self.lots:
            return _ZERO
        if self.margin_mode == CROSS:
            return self.spec.value(mark, self.lots) / self.leverage
        return self.initial_margin

    def bankruptcy(self, wallet: Decimal) -> Decimal:
        """Bankruptcy price; zero when there is none (reference 7.4)."""
        margin = wallet if self.margin_mode == CROSS else self.initial_margin
        size = self.spec.multiplier * abs(self.lots)
        sign = 1 if self.lots > 0 else -1
        if not self.lots:
            return _ZERO
        if self.spec.is_inverse:
            below = size / self.entry + sign * margin
            return size / below if below > 0 else _ZERO
        return max(_ZERO, self.entry - sign * margin / size)

    def liquidation(self, wallet: Decimal) -> Decimal:
        """Liquidation price; zero when there is none (reference 7.5, since May 2025)."""
        bankrupt = self.bankruptcy(wallet)
        rate = self.spec.maintenance + self.spec.taker_rate
        if not bankrupt:
            return _ZERO
        if self.spec.is_inverse:
            return bankrupt * (1 + rate if self.lots > 0 else 1 - rate)
        return bankrupt / (1 - rate if self.lots > 0 else 1 + rate)


@final
@dataclass(slots=True)
class Wallet:
    """Cash of one settle currency. ``version`` grows with each change of the cash.

    ``frozen`` is the part of it that waits to leave the account.
    """

    currency: str
    cash: Decimal
    version: int = 1
    frozen: Decimal = _ZERO

    def add(self, amount: Decimal) -> None:
        """Book a profit, a loss or a fee."""
        self.cash += amount
        self.version += 1


@final
@dataclass(frozen=True, slots=True)
class WalletState:
    """What a wallet is worth at this moment, all in its currency."""

    currency: str
    cash: Decimal
    equity: Decimal
    available: Decimal
    cross_position: Decimal
    cross_order: Decimal
    cross_unrealized: Decimal
    isolated_position: Decimal
    isolated_order: Decimal
    isolated_unrealized: Decimal
    version: int
    frozen: Decimal = _ZERO
    """What waits to leave: in the cash and in the equity, not in what is available."""

    @property
    def staying(self) -> Decimal:
        """The cash that no transfer takes away: what positions can lose."""
        return self.cash - self.frozen

    @property
    def withdrawable(self) -> Decimal:
        """What may leave the account: never margin, never a profit that is not realized.

        Our reading of the sample in reference 3.1; it is never negative.
        """
        return max(_ZERO, self.available - max(_ZERO, self.cross_unrealized))

    @property
    def cross_margin(self) -> Decimal:
        """The balance that cross positions share."""
        return self.staying - self.isolated_position - self.isolated_order + self.cross_unrealized
