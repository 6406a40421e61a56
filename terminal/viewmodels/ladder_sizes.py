"""What a ladder's sizes are reckoned with, and what its foot says of them."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, final

from terminal.domain.sizing import UNITS, SizeBasis, SizeUnit, amount_of, unit_word
from terminal.domain.units import Lots, Money
from terminal.viewmodels import text
from terminal.viewmodels.ladder_view import NO_FOOT, SizeCell, SizeFoot

if TYPE_CHECKING:
    from terminal.session.account import AccountSession
    from terminal.session.orders import OrderDesk
    from terminal.viewmodels.ladder_protection import LadderProtection
    from terminal.viewmodels.ladder_trading import LadderTrading

_MOST_DECIMALS = 8


@final
class LadderSizes:
    """The sizes of one ladder. ``protection`` is set where there is an account."""

    def __init__(self, trading: LadderTrading, desk: OrderDesk, account: AccountSession) -> None:
        self.protection: LadderProtection | None = None
        self._trading = trading
        self._desk = desk
        self._account = account
        trading.sizes.follow(self.basis)

    def basis(self) -> SizeBasis | None:
        """What sizes are converted with now; None without a contract."""
        contract = self._trading.contract
        if contract is None:
            return None
        wallet = self._account.wallet(contract.settle_currency)
        ticks: int | None = None
        words = ""
        if self.protection is not None and self._trading.sizes.unit is SizeUnit.RISK:
            ticks, words = self.protection.stop_distance(contract)
        equity = None if wallet is None else wallet.equity.amount
        return SizeBasis(contract, self._price(), equity, ticks, words)

    def _price(self) -> Decimal | None:
        """The middle of the best prices, which no side is favored by; None without a live book."""
        contract = self._trading.contract
        touch = None if contract is None else self._desk.touch(contract.symbol)
        if contract is None or touch is None:
            return None
        found = [price for price in (touch.best_bid, touch.best_ask) if price is not None]
        if not found:
            return None
        return contract.scale.tick_size * sum(found) / len(found)

    # Words -----------------------------------------------------------------------------------

    def cells(self) -> tuple[SizeCell, ...]:
        """The five sizes, in their unit."""
        sizes = self._trading.sizes
        return tuple(
            SizeCell(
                number,
                amount_text(amount),
                sizes.is_chosen(number),
            )
            for number, amount in enumerate(sizes.amounts, start=1)
        )

    def in_hand(self) -> str:
        """The size in hand in the present unit; a dash while that is not known."""
        amount = self._trading.sizes.amount
        return text.EMPTY if amount is None else amount_text(amount)

    def foot(self) -> SizeFoot:
        """What stands below the sizes."""
        sizes = self._trading.sizes
        basis = sizes.basis
        if basis is None:
            return NO_FOOT
        contract, lots = basis.contract, sizes.current
        words, worth = f"No size to send. {sizes.problem}", None
        if lots is not None:
            words, worth = self._worth(lots, basis)
        limits, is_over = ("", True) if lots is None else self._limits(lots, worth)
        return SizeFoot(
            unit_word(sizes.unit, contract),
            tuple(unit_word(unit, contract) for unit in UNITS),
            f"{words} {sizes.said}".rstrip(),
            limits,
            is_over,
        )

    def _worth(self, lots: Lots, basis: SizeBasis) -> tuple[str, Decimal | None]:
        """The lots of this frame in words and in value."""
        sizes, contract = self._trading.sizes, basis.contract
        parts = ["1 lot" if lots == 1 else f"{text.whole(lots)} lots"]
        if sizes.is_kept_in_lots:
            parts[0] += " whatever the price"
        value, worth = amount_of(SizeUnit.VALUE, lots, basis), None
        if value is not None:
            worth = Decimal(value.numerator) / Decimal(value.denominator)
            about = "" if contract.is_inverse else "about "
            parts.append(f"{about}{text.money(Money(worth, contract.quote_currency))}")
        if sizes.unit is SizeUnit.RISK and basis.risk_from:
            parts.append(f"risk {basis.risk_from}")
        return f"{', '.join(parts)}.", worth

    def _limits(self, lots: Lots, worth: Decimal | None) -> tuple[str, bool]:
        """What the guard lets through as one order, and whether the size in hand is more."""
        contract = self._trading.contract
        if contract is None:
            return "", False
        own = self._desk.guarding.limits.of(contract.symbol)
        most = min(one for one in (own.max_lots, contract.max_order_lots) if one is not None)
        words = [f"{text.whole(most)} lots"]
        is_over = lots > most
        if own.max_value is not None:
            words.append(f"{amount_text(own.max_value)} {contract.quote_currency}")
            is_over = is_over or (worth is not None and worth > own.max_value)
        return f"At most {' and '.join(words)} an order.", is_over


@lru_cache(maxsize=256)
def amount_text(amount: Decimal) -> str:
    """An amount in its unit: as many decimals as it has, up to eight."""
    shown = round(amount, _MOST_DECIMALS)
    exponent = shown.normalize().as_tuple().exponent
    decimals = max(0, -exponent) if isinstance(exponent, int) else 0
    return text.number(shown, decimals)
