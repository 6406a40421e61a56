"""What a transfer's request asks for: universal, inner and between master and sub-account.

Nothing is moved here. Wrong parameters are refused with 400100, HTTP status 400. The account types
that the exchange has beyond main, trade and futures hold nothing here and are refused like unknown
ones. Source: reference 4, 4.1.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from terminal.simexchange.errors import Refused
from terminal.simexchange.trading.transfers import (
    COIN,
    CONTRACT,
    DECIMALS,
    MAIN,
    TRADE,
    Funding,
    Move,
)

if TYPE_CHECKING:
    from terminal.simexchange.fields import Fields

INTERNAL, TO_SUB, TO_PARENT = "INTERNAL", "PARENT_TO_SUB", "SUB_TO_PARENT"
SUB_TO_SUB = "SUB_TO_SUB"
KINDS = (MAIN, TRADE, CONTRACT)
MOST = 10**9
"""Largest amount of transfer-out; our reading for transfer-in, too."""
_AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,18})?")
_CLIENT_OID = re.compile(r"[A-Za-z0-9_-]{1,36}")


def universal(body: Fields, own: Funding) -> Move:
    """A universal-transfer that the account ``own`` asks for (4.1). Raises ``Refused``."""
    client_oid = _client_oid(body)
    ways = (INTERNAL, TO_SUB, TO_PARENT)
    way = body.choice("type", (*ways, SUB_TO_SUB) if own.rules.takes_sub_to_sub else ways)
    source, target = body.choice("fromAccountType", KINDS), body.choice("toAccountType", KINDS)
    payer = payee = own
    if way == TO_SUB:
        payee = _sub(body, "toUserId", own)
    elif way == TO_PARENT:
        payer = _sub(body, "fromUserId", own)
    elif way == SUB_TO_SUB:
        payer, payee = _sub(body, "fromUserId", own), _sub(body, "toUserId", own)
        if payer is payee:
            raise _wrong("fromUserId and toUserId are the same")
    else:
        # Whose money is meant is not guessed at: another user's would be a master's business.
        for name in ("fromUserId", "toUserId"):
            if body.text(name, own.account.uid) != own.account.uid:
                raise _wrong(f"{name} is invalid")
        if source == target:
            raise _wrong("fromAccountType and toAccountType are the same")
    return _move(body, client_oid, (payer, source), (payee, target))


def inner(body: Fields, own: Funding, *, may_end_in_futures: bool) -> Move:
    """An inner-transfer: types in lower case, never out of the futures account.

    Old documents let it end there. Raises ``Refused``.
    """
    client_oid = _client_oid(body)
    source = body.choice("from", ("main", "trade")).upper()
    targets = ("main", "trade", "contract") if may_end_in_futures else ("main", "trade")
    target = body.choice("to", targets).upper()
    if source == target:
        raise _wrong("from and to are the same")
    return _move(body, client_oid, (own, source), (own, target))


def sub(body: Fields, own: Funding) -> Move:
    """A sub-transfer: OUT to a sub-account or IN from it, never out of a futures account.

    Both types are MAIN when they are not given. Raises ``Refused``.
    """
    client_oid = _client_oid(body)
    direction = body.choice("direction", ("OUT", "IN"))
    ours = body.choice("accountType", KINDS, MAIN)
    theirs = body.choice("subAccountType", KINDS, MAIN)
    other = _sub(body, "subUserId", own)
    source, target = (own, ours), (other, theirs)
    if direction == "IN":
        source, target = target, source
    if source[1] == CONTRACT:
        raise _wrong("The futures account cannot transfer out here")
    return _move(body, client_oid, source, target)


def futures(body: Fields, own: Funding, kind_name: str) -> tuple[str, Decimal, str]:
    """Currency (as the futures account names it), amount and the type at the other end.

    That is how transfer-out and transfer-in ask; the amount is a number. Raises ``Refused``.
    """
    currency = body.required("currency")
    if currency not in own.account.wallets:
        raise _wrong(f"currency {currency} is invalid")
    amount = body.decimal("amount")
    if amount is None:
        raise _wrong("amount is required")
    if amount > MOST:
        raise _wrong(f"amount exceeds {MOST}")
    return currency, _checked(amount), body.choice(kind_name, (MAIN, TRADE))


def _move(
    body: Fields, client_oid: str, source: tuple[Funding, str], target: tuple[Funding, str]
) -> Move:
    currency = body.text("currency")
    touches_futures = CONTRACT in (source[1], target[1])
    coins = source[0].rules.coin_names if touches_futures else {COIN}
    if currency not in {"USDT", "USDC"} | coins:
        raise _wrong(f"currency {currency} is invalid")
    amount = _amount(body.get("amount"))
    return Move(client_oid, currency, amount, source[1], target[1], source[0], target[0])


def _client_oid(body: Fields) -> str:
    client_oid = body.text("clientOid")
    if not _CLIENT_OID.fullmatch(client_oid):
        raise _wrong("clientOid is invalid")
    return client_oid


def _sub(body: Fields, name: str, own: Funding) -> Funding:
    if own.master is not None:
        raise _wrong("Only a master account transfers to and from sub-accounts")
    found = own.subs.get(body.required(name))
    if found is None:
        raise _wrong(f"{name} is invalid")
    if found.is_frozen:
        raise Refused("411100", f"The user {found.name} is frozen", 403)
    return found


def _amount(value: object) -> Decimal:
    # Text by the spec; old examples show numbers, which are taken, too (reference 8, row 53).
    text = value if isinstance(value, str) else str(value)
    if isinstance(value, bool) or not _AMOUNT.fullmatch(text):
        raise _wrong("amount is invalid")
    return _checked(Decimal(text))


def _checked(amount: Decimal) -> Decimal:
    if amount <= 0 or amount != round(amount, DECIMALS):
        raise _wrong("amount is no multiple of the currency's precision")
    return amount


def _wrong(text: str) -> Refused:
    return Refused("400100", text, 400)
