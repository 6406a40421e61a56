"""Moving money between the account's own parts: the intention and what is wrong with it.

Also what the balances say about a transfer whose answer never came. Currencies are named as in the
futures account (XBT); the exchange storey knows other names.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from enum import Enum
from typing import TYPE_CHECKING, final

from terminal.domain.units import Money, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

STEP = Decimal("0.00000001")
"""The smallest amount that is moved. Our choice: the reference (4.1) demands a multiple of the
currency's precision and names no figure; eight decimals are what the known currencies have."""


class AccountKind(Enum):
    """The three parts of the account that money moves between."""

    MAIN = "main"
    TRADE = "trade"
    FUTURES = "futures"


class TransferField(Enum):
    """Which part of the intention a block is about; widgets speak next to it."""

    ACCOUNTS = "accounts"
    AMOUNT = "amount"
    DESK = "desk"


@final
@dataclass(frozen=True, slots=True)
class TransferBlock:
    """Why a transfer is not sent: one calm sentence and the field it is about."""

    field: TransferField
    reason: str


@final
@dataclass(frozen=True, slots=True)
class TransferTicket:
    """An intention to move ``amount`` of a currency; None while no amount was entered."""

    source: AccountKind
    target: AccountKind
    currency: str
    amount: Decimal | None

    @property
    def money(self) -> Money:
        """The amount with its currency; zero while none was entered."""
        return Money(self.amount or Decimal(0), self.currency)

    @property
    def futures_change(self) -> Money:
        """By how much the futures account grows (negative: shrinks; zero: not concerned)."""
        if self.target is AccountKind.FUTURES:
            return self.money
        if self.source is AccountKind.FUTURES:
            return -self.money
        return Money(Decimal(0), self.currency)


@final
@dataclass(frozen=True, slots=True)
class Funds:
    """One account in one currency.

    ``balance`` is all of it, without unrealized profit; ``transferable`` is what may leave, which
    the exchange states and which may be zero while the balance is not.
    """

    account: AccountKind
    balance: Money
    transferable: Money

    @property
    def whole(self) -> Decimal:
        """What is transferable in whole steps, rounded down; never negative."""
        return max(Decimal(0), self.transferable.amount).quantize(STEP, ROUND_DOWN)


def check(ticket: TransferTicket, source: Funds | None) -> tuple[TransferBlock, ...]:
    """List what keeps a transfer from being sent; empty means go.

    ``source`` is what is known of the paying account in the ticket's currency, None while nothing
    is.
    """
    blocks: list[TransferBlock] = []
    if ticket.source is ticket.target:
        blocks.append(
            TransferBlock(TransferField.ACCOUNTS, "Choose two different accounts to move between.")
        )
    wrong = _wrong_amount(ticket)
    if wrong:
        blocks.append(TransferBlock(TransferField.AMOUNT, wrong))
    elif source is None:
        blocks.append(
            TransferBlock(
                TransferField.ACCOUNTS,
                f"What is transferable from {ticket.source.value} is not known yet.",
            )
        )
    elif ticket.money.amount > source.whole:
        left = f"{plain(source.whole)} {ticket.currency}" if source.whole else "Nothing"
        verb = "is all that is" if source.whole else "is"
        blocks.append(
            TransferBlock(
                TransferField.AMOUNT, f"{left} {verb} transferable from {ticket.source.value}."
            )
        )
    return tuple(blocks)


def _wrong_amount(ticket: TransferTicket) -> str:
    amount = ticket.amount
    if amount is None:
        return "Enter an amount."
    if not amount.is_finite() or amount <= 0:
        return "The amount must be above zero."
    if amount % STEP:
        return f"{ticket.currency} is moved in steps of {plain(STEP)}."
    return ""


class Evidence(Enum):
    """What the balances of both accounts say about a transfer."""

    ARRIVED = "arrived"
    ON_ITS_WAY = "on its way"
    NOT_MOVED = "not moved"
    UNCLEAR = "unclear"


def evidence(
    ticket: TransferTicket,
    before: Mapping[AccountKind, Funds],
    after: Mapping[AccountKind, Funds],
) -> Evidence:
    """Compare balances from before a transfer was sent with later ones.

    A balance that changed by anything but the exact amount (a fill, a fee, another transfer) makes
    it unclear. Differences are compared in whole steps, because the futures figures come as
    floating numbers.
    """
    left = _change(ticket.source, before, after)
    came = _change(ticket.target, before, after)
    amount = ticket.money.amount
    if left == -amount and came == amount:
        return Evidence.ARRIVED
    if left == -amount and came == 0:
        return Evidence.ON_ITS_WAY
    if left == 0 and came == 0:
        return Evidence.NOT_MOVED
    return Evidence.UNCLEAR


def _change(
    kind: AccountKind, before: Mapping[AccountKind, Funds], after: Mapping[AccountKind, Funds]
) -> Decimal | None:
    if kind not in before or kind not in after:
        return None
    return change_of(before[kind], after[kind])


def change_of(before: Funds, after: Funds) -> Decimal:
    """By how much a balance grew (negative: shrank), in whole steps."""
    change = after.balance - before.balance
    return change.amount.quantize(STEP, ROUND_HALF_EVEN)
