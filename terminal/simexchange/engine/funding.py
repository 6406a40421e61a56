"""What positions pay and get when funding is settled. Source: reference 3.13, 5.7 and 7.7.

Whoever holds a position at the instant pays its value at the mark price times the rate; with a rate
above zero the long side pays the short side.
"""

from __future__ import annotations

import itertools
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, NamedTuple, final

from terminal.simexchange.payloads.frames import Settlement
from terminal.simexchange.trading.ledger import FundingPayment

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.simexchange.engine.reports import Reports
    from terminal.simexchange.market.contracts import ContractSpec
    from terminal.simexchange.market.market import Market
    from terminal.simexchange.trading.account import Account
    from terminal.simexchange.trading.accounts import Accounts
    from terminal.simexchange.trading.margin import SimPosition

_GRID = Decimal("1E-8")
_NUMBERS_PER_MS = 1000


def funding_of(spec: ContractSpec, lots: int, mark: Decimal, rate: Decimal) -> Decimal:
    """What a position of signed lots gets, or pays (below zero); booked on a grid of 1E-8 (7.7)."""
    sign = 1 if lots > 0 else -1
    return (-sign * spec.value(mark, lots) * rate).quantize(_GRID, ROUND_HALF_EVEN)


@final
class Instant(NamedTuple):
    """A contract's settlement: when (epoch ms), and the rate that was fixed."""

    market: Market
    funding_ms: int
    rate: Decimal


@final
class FundingPayments:
    """Books the payments of all accounts and tells them."""

    def __init__(self, accounts: Accounts, reports: Reports, now_ms: int) -> None:
        self._accounts = accounts
        self._reports = reports
        self.on_paid: Callable[[Market], None] = _ignore
        """Told when everybody has paid and got the funding of a contract."""
        self.on_payment: Callable[[str, Decimal], None] = _ignore_payment
        """Told what an account got (below zero: paid), with the currency."""
        # They go on where the clock is, so that a restarted exchange never gives one out twice.
        self._numbers = itertools.count(now_ms * _NUMBERS_PER_MS)

    def pay(self, market: Market, funding_ms: int, rate: float) -> None:
        """Settle every open position of a contract at the rate that was fixed."""
        for account in self._accounts.by_uid.values():
            for held in list(account.legs.open(market.spec.symbol)):
                instant = Instant(market, funding_ms, Decimal(str(rate)))
                self._pay(account, held, instant)
        self.on_paid(market)

    def _pay(self, account: Account, held: SimPosition, instant: Instant) -> None:
        market, funding_ms, rate = instant
        spec, mark = market.spec, market.mark_price
        value = spec.value(mark, held.lots)
        sign = 1 if held.lots > 0 else -1
        amount = funding_of(spec, held.lots, mark, rate)
        held.settle(amount)
        account.settle_funding(
            FundingPayment(
                next(self._numbers),
                spec.symbol,
                funding_ms,
                rate,
                mark,
                held.lots,
                -sign * value if spec.is_inverse else sign * value,
                amount,
                spec.settle,
                held.margin_mode,
                held.side,
            )
        )
        self.on_payment(spec.settle, amount)
        told = Settlement(funding_ms, held.lots, mark, float(rate), amount)
        self._reports.settlement(account, market, told)
        self._reports.position(account, market, side=held.side)
        self._reports.wallet(account, spec.settle)


def _ignore(_market: Market) -> None:
    """Nobody wants to know."""


def _ignore_payment(_currency: str, _amount: Decimal) -> None:
    """Nobody wants to know."""
