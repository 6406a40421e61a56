"""Payload shapes of the funding side: accounts, sub-accounts, transfers of the old kind.

Source: API reference 4 and 4.2. Amounts are text there.
"""

from __future__ import annotations

import msgspec

from terminal.wire.fields import Exact, MaybeExact, MaybeText, MaybeWhole, Text, Whole


class AccountPayload(msgspec.Struct):
    """One row of ``accounts``; asked for by id it lacks ``id`` and ``type``."""

    currency: Text
    balance: Exact
    available: Exact
    holds: MaybeExact = None
    id: MaybeText = None
    type: MaybeText = None


class SubUserPayload(msgspec.Struct):
    """One row of ``v2/sub/user``; ``status`` is 2 enabled, 3 frozen. ``createdAt`` is ms."""

    userId: Text
    subName: Text
    status: MaybeWhole = None
    type: MaybeWhole = None
    access: MaybeText = None
    createdAt: MaybeWhole = None
    remarks: MaybeText = None


class SubBalancePayload(msgspec.Struct):
    """One currency of one account of a sub-account."""

    currency: Text
    balance: Exact
    available: Exact
    holds: MaybeExact = None


class SubBalancesPayload(msgspec.Struct):
    """``sub-accounts/{subUserId}`` and the rows of ``v2/sub-accounts``."""

    subUserId: Text
    subName: Text
    mainAccounts: list[SubBalancePayload] | None = None
    tradeAccounts: list[SubBalancePayload] | None = None
    marginAccounts: list[SubBalancePayload] | None = None
    tradeHFAccounts: list[SubBalancePayload] | None = None


class OldTransferPayload(msgspec.Struct):
    """A row of ``transfer-list``, and the answer to ``transfer-out``. ``createdAt`` is ms."""

    applyId: Text
    currency: Text
    amount: Exact
    status: Text
    createdAt: Whole
    reason: MaybeText = None
    remark: MaybeText = None
    offset: MaybeWhole = None
    sn: MaybeWhole = None
