"""Facts about the funding side: accounts of all kinds, sub-accounts, transfers of the old kind.

Currencies are named as in the futures account (XBT). Money is exact; times are ms.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from terminal.domain.clock import TimestampMs
    from terminal.domain.units import Money
    from terminal.domain.words import UnknownWord


class AccountType(Enum):
    """The kinds of account that the exchange keeps for one user."""

    MAIN = "main"
    TRADE = "trade"
    CONTRACT = "futures"
    MARGIN = "margin"
    ISOLATED = "isolated margin"
    OPTION = "option"
    TRADE_HF = "high-frequency trade"


@final
@dataclass(frozen=True, slots=True)
class AccountFunds:
    """One account in one currency; ``held`` is what is locked, None when not told."""

    kind: AccountType | UnknownWord
    balance: Money
    available: Money
    held: Money | None
    account_id: str = ""


@final
@dataclass(frozen=True, slots=True)
class SubAccount:
    """A sub-account; ``is_enabled`` is None when not told."""

    user_id: str
    name: str
    is_enabled: bool | None
    created_at: TimestampMs | None
    remark: str


@final
@dataclass(frozen=True, slots=True)
class SubAccountFunds:
    """What a sub-account holds outside the futures account."""

    user_id: str
    name: str
    funds: tuple[AccountFunds, ...]


class TransferState(Enum):
    """Where a transfer of the old kind is."""

    APPLY = "asked for"
    PROCESSING = "on its way"
    PENDING_APPROVAL = "waits for approval"
    APPROVED = "approved"
    REJECTED = "rejected"
    PENDING_CANCEL = "being canceled"
    CANCEL = "canceled"
    SUCCESS = "done"
    FAILURE = "failed"


@final
@dataclass(frozen=True, slots=True)
class PastTransfer:
    """One transfer out of the futures account as the old list tells it."""

    transfer_id: str
    amount: Money
    state: TransferState | UnknownWord
    created_at: TimestampMs
    reason: str


@final
@dataclass(frozen=True, slots=True)
class UserLevel:
    """The user's VIP level and how many sub-accounts there are and may be."""

    vip_level: int
    sub_accounts: int | None
    max_sub_accounts: int | None
