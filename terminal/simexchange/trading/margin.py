"""Positions and wallets: fills, fees, margin and what is left to use. Decimal throughout.

Source: reference 7.1 to 7.6. Isolated positions keep the margin of their own orders, what was added
to it and the funding they got and paid; cross positions share the wallet.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, final

from terminal.simexchange.market.contracts import booked
from terminal.simexchange.market.risk_limits import RiskLevel, ladder
from terminal.simexchange.trading import sizing

if TYPE_CHECKING:
    from terminal.simexchange.market.contracts import ContractSpec

ISOLATED = "ISOLATED"
CROSS = "CROSS"
_ZERO = Decimal(0)


@final
@dataclass(slots=True)
class SimPosition:
    """One contract's position: signed lots, entry, and what it cost and earned so far.

    ``added``, ``received`` and ``paid`` belong to its own margin: what was put in by hand, and the
    funding it got and paid, each above zero; who closes a part takes as large a part of them out.
    ``funding`` is all it got (above zero) or paid since it was opened. ``level`` and
    ``is_auto_deposit`` are the contract's settings, which stay when the position is closed.
    ``cost`` is the unsigned value of what is held at the prices of the fills; it, the margins and
    all that was earned and paid are whole steps of the grid of amounts, so that what is booked and
    what is open always add up exactly. ``entry`` is for show and for prices.
    """

    spec: ContractSpec
    margin_mode: str = ISOLATED
    leverage: Decimal = Decimal(5)
    lots: int = 0
    entry: Decimal = _ZERO
    cost: Decimal = _ZERO
    initial_margin: Decimal = _ZERO
    realized_gross: Decimal = _ZERO
    fees: Decimal = _ZERO
    funding: Decimal = _ZERO
    opened_ms: int = 0
    number: int = 0
    """Given by the exchange when it was opened; zero when it never was."""
    added: Decimal = _ZERO
    received: Decimal = _ZERO
    paid: Decimal = _ZERO
    opened_value: Decimal = _ZERO
    """The value of all that was opened, at the prices of the fills; likewise what was closed."""
    closed_value: Decimal = _ZERO
    turned_lots: int = 0
    """All lots that were opened since it is there."""
    liquid_lots: int = 0
    """Those of them that were liquidated; ``liquid_value`` is their value at these prices."""
    liquid_value: Decimal = _ZERO
    is_auto_deposit: bool = False
    side: str = "BOTH"
    """Of the contract: BOTH in one-way mode, LONG or SHORT in hedge mode."""
    level: RiskLevel = field(init=False)

    def __post_init__(self) -> None:
        self.level = ladder(self.spec)[0]
        if self.lots and not self.cost:
            self.cost = booked(self.spec.value(self.entry, self.lots))

    def fill(
        self,
        signed: int,
        price: Decimal,
        leverage: Decimal,
        now_ms: int,
        value: Decimal | None = None,
    ) -> Decimal:
        """Change the position by one fill; return the realized gross profit of the closed part.

        ``value`` is what the fill is booked with, by default its value at the price.
        """
        value = booked(self.spec.value(price, signed)) if value is None else value
        if self.lots == 0:
            self.opened_ms = now_ms
            self.realized_gross = self.fees = self.funding = _ZERO
            self.added = self.received = self.paid = _ZERO
            self.opened_value = self.closed_value = _ZERO
            self.turned_lots = self.liquid_lots = 0
            self.liquid_value = _ZERO
        closing = min(abs(signed), abs(self.lots)) if signed * self.lots < 0 else 0
        profit = _ZERO
        if closing:
            direction = 1 if self.lots > 0 else -1
            opens = closing < abs(signed)
            paid = booked(self.spec.value(price, closing)) if opens else value
            value -= paid
            profit = self._gain(self._release(closing), paid)
            self.lots -= direction * closing
            self.realized_gross += profit
            self.closed_value += self.spec.value(price, closing)
        opening = abs(signed) - closing
        if opening:
            self._open(opening if signed > 0 else -opening, price, leverage, value)
        if self.lots == 0:
            self.entry = self.initial_margin = _ZERO
        return profit

    def _release(self, lots: int) -> Decimal:
        """Take the margin of so many lots out of the position's own; return what they cost."""
        held, cost = abs(self.lots), self.cost
        if lots == held:
            self.initial_margin = self.added = self.received = self.paid = self.cost = _ZERO
            return cost
        self.initial_margin -= booked(self.initial_margin * lots / held)
        self.added -= booked(self.added * lots / held)
        self.received -= booked(self.received * lots / held)
        self.paid -= booked(self.paid * lots / held)
        self.cost -= booked(cost * lots / held)
        return cost - self.cost

    def _open(self, signed: int, price: Decimal, leverage: Decimal, value: Decimal) -> None:
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
        self.turned_lots += abs(signed)
        self.cost += value
        self.opened_value += self.spec.value(price, signed)
        self.initial_margin += booked(value / leverage)

    def average(self, value: Decimal, lots: int = 0) -> Decimal:
        """The average price at which all its lots, or some of them, were worth a value."""
        size = self.spec.multiplier * (lots or self.turned_lots)
        return size / value if self.spec.is_inverse else value / size

    def as_selected(self, margin_mode: str, leverage: Decimal) -> SimPosition:
        """A contract without a position, in the margin mode and leverage of its next one."""
        shown = copy(self)
        shown.margin_mode, shown.leverage = margin_mode, leverage
        return shown

    def settle(self, amount: Decimal) -> None:
        """It got funding, or paid it (below zero)."""
        self.funding += amount
        if amount > 0:
            self.received += amount
        else:
            self.paid -= amount

    @property
    def own_margin(self) -> Decimal:
        """What an isolated position has for itself (reference 7.3; nothing is frozen for fees)."""
        return self.initial_margin + self.added + self.received - self.paid

    def take_out(self, amount: Decimal) -> None:
        """Take margin out of its own, no more than it has: what was added first."""
        for name in ("added", "initial_margin", "received"):
            part = min(amount, getattr(self, name))
            setattr(self, name, getattr(self, name) - part)
            amount -= part

    @property
    def maintenance(self) -> Decimal:
        """The maintenance rate: of the risk level when isolated, by the size when cross (7.6)."""
        if self.margin_mode == ISOLATED:
            return self.level.maintenance
        return sizing.maintenance_rate(self.spec, sizing.coins(self.spec, self.entry, self.lots))

    def _gain(self, cost: Decimal, value: Decimal) -> Decimal:
        """What lots of this position earned that cost so much and are worth so much (7.1)."""
        return value - cost if (self.lots > 0) != self.spec.is_inverse else cost - value

    def unrealized(self, mark: Decimal) -> Decimal:
        """Profit of the whole position at the mark price, on the grid of amounts."""
        if not self.lots:
            return _ZERO
        return self._gain(self.cost, booked(self.spec.value(mark, self.lots)))

    def margin(self, mark: Decimal, leverage: Decimal | None = None) -> Decimal:
        """Margin the position holds: its own when isolated, by the mark price when cross.

        A cross one has its own leverage, or the one that is given.
        """
        if not self.lots:
            return _ZERO
        if self.margin_mode == CROSS:
            return booked(self.spec.value(mark, self.lots) / (leverage or self.leverage))
        return self.own_margin

    def bankruptcy(self, wallet: Decimal) -> Decimal:
        """Bankruptcy price; zero when there is none (reference 7.4)."""
        margin = wallet if self.margin_mode == CROSS else self.own_margin
        size = self.spec.multiplier * abs(self.lots)
        sign = 1 if self.lots > 0 else -1
        if not self.lots:
            return _ZERO
        if self.spec.is_inverse:
            below = size / self.entry + sign * margin
            return size / below if below > 0 else _ZERO
        return max(_ZERO, self.entry - sign * margin / size)

    def liquidation(self, wallet: Decimal, rate: Decimal | None = None) -> Decimal:
        """Liquidation price; zero when there is none (reference 7.5, since May 2025).

        ``rate`` is what must be left of the value: by default the maintenance rate and the taker's
        fee, which stands in for the fee of a liquidation.
        """
        bankrupt = self.bankruptcy(wallet)
        if rate is None:
            rate = self.maintenance + self.spec.taker_rate
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
