"""What a ladder's sizes are reckoned with, and what its foot says of them."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, final

from terminal.domain.sizing import SizeBasis, SizeUnit, amount_of, unit_word
from terminal.domain.units import Lots, Money, plain
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
        trading.sizes.basis = self.basis

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
                number == sizes.chosen and amount == sizes.amount,
            )
            for number, amount in enumerate(sizes.amounts, start=1)
        )

    def in_hand(self) -> str:
        """The size in hand in its unit."""
        sizes = self._trading.sizes
        return "" if sizes.amount is None else amount_text(sizes.amount)

    def foot(self) -> SizeFoot:
        """What stands below the sizes."""
        basis = self.basis()
        if basis is None:
            return NO_FOOT
        sizes, contract = self._trading.sizes, basis.contract
        value = amount_of(SizeUnit.VALUE, sizes.current, basis)
        worth = None
        if value is not None:
            worth = Decimal(value.numerator) / Decimal(value.denominator)
        lots = "1 lot" if sizes.current == 1 else f"{text.whole(sizes.current)} lots"
        parts = [lots]
        if worth is not None:
            about = "" if contract.is_inverse else "about "
            parts.append(f"{about}{text.money(Money(worth, contract.quote_currency))}")
        if sizes.unit is SizeUnit.RISK and basis.risk_from:
            parts.append(f"risk {basis.risk_from}")
        note = ", ".join(parts) + f". {sizes.said}".rstrip()
        limits, is_over = self._limits(sizes.current, worth)
        return SizeFoot(
            unit_word(sizes.unit, contract),
            tuple(unit_word(unit, contract) for unit in SizeUnit),
            note,
            limits,
            is_over,
        )

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
            words.append(f"{plain(own.max_value)} {contract.quote_currency}")
            is_over = is_over or (worth is not None and worth > own.max_value)
        return f"At most {' and '.join(words)} an order.", is_over


@lru_cache(maxsize=256)
def amount_text(amount: Decimal) -> str:
    """An amount in its unit: as many decimals as it has, up to eight."""
    shown = round(amount, _MOST_DECIMALS)
    exponent = shown.normalize().as_tuple().exponent
    decimals = max(0, -exponent) if isinstance(exponent, int) else 0
    return text.number(shown, decimals)
