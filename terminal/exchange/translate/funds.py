"""The funding side: accounts of all kinds, sub-accounts, transfers of the old kind.

Source: API reference 4. Bitcoin is BTC there and XBT everywhere else in this program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.domain.funds_facts import (
    AccountFunds,
    AccountType,
    PastTransfer,
    SubAccount,
    SubAccountFunds,
    TransferState,
    UserLevel,
)
from terminal.domain.units import Money
from terminal.exchange.translate import read
from terminal.wire import enums

if TYPE_CHECKING:
    from terminal.domain.words import UnknownWord
    from terminal.wire.funds import (
        AccountPayload,
        OldTransferPayload,
        SubBalancePayload,
        SubBalancesPayload,
        SubUserPayload,
    )
    from terminal.wire.settings import UserInfoPayload

COIN, FUNDING_COIN = "XBT", "BTC"
_ENABLED, _FROZEN = 2, 3


def coin(name: str) -> str:
    """A currency as this program calls it."""
    return COIN if name == FUNDING_COIN else name


def funding_coin(name: str) -> str:
    """A currency as the funding side calls it."""
    return FUNDING_COIN if name == COIN else name


def account_funds(payload: AccountPayload) -> AccountFunds:
    """One account in one currency."""
    currency = coin(payload.currency)
    return AccountFunds(
        kind=read.meaning(AccountType, enums.AccountType, payload.type),
        balance=Money(payload.balance, currency),
        available=Money(payload.available, currency),
        held=read.money(payload.holds, currency),
        account_id=payload.id or "",
    )


def sub_account(payload: SubUserPayload) -> SubAccount:
    """A sub-account."""
    known = payload.status in {_ENABLED, _FROZEN}
    return SubAccount(
        user_id=payload.userId,
        name=payload.subName,
        is_enabled=payload.status == _ENABLED if known else None,
        created_at=read.told_ms(payload.createdAt, "createdAt"),
        remark=payload.remarks or "",
    )


def sub_account_funds(payload: SubBalancesPayload) -> SubAccountFunds:
    """What a sub-account holds, all kinds of account in one list."""
    groups: tuple[tuple[AccountType | UnknownWord, list[SubBalancePayload] | None], ...] = (
        (AccountType.MAIN, payload.mainAccounts),
        (AccountType.TRADE, payload.tradeAccounts),
        (AccountType.MARGIN, payload.marginAccounts),
        (AccountType.TRADE_HF, payload.tradeHFAccounts),
    )
    return SubAccountFunds(
        payload.subUserId,
        payload.subName,
        tuple(
            AccountFunds(
                kind=kind,
                balance=Money(row.balance, coin(row.currency)),
                available=Money(row.available, coin(row.currency)),
                held=read.money(row.holds, coin(row.currency)),
            )
            for kind, rows in groups
            for row in rows or ()
        ),
    )


def past_transfer(payload: OldTransferPayload) -> PastTransfer:
    """One transfer of the old kind; only ``SUCCESS`` is final and good (4.2)."""
    return PastTransfer(
        transfer_id=payload.applyId,
        amount=Money(read.positive(payload.amount, "amount"), coin(payload.currency)),
        state=read.meaning(TransferState, enums.TransferState, payload.status),
        created_at=read.ms(payload.createdAt, "createdAt"),
        reason=payload.reason or "",
    )


def user_level(payload: UserInfoPayload) -> UserLevel:
    """The VIP level, which decides the quota (1.7)."""
    return UserLevel(read.lots(payload.level, "level"), payload.subQuantity, payload.maxSubQuantity)
