"""Dictionaries of the funding side: balances, transfers and sub-accounts in the exchange's shapes.

Source: reference 1.2, 4, 4.2, 4.3 and appendix A.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Any

from terminal.simexchange.market.contracts import plain
from terminal.simexchange.trading.transfers import MAIN, TRADE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from terminal.simexchange.auth import ApiKey
    from terminal.simexchange.trading.departures import Departure
    from terminal.simexchange.trading.transfers import Funding, Purse

Payload = dict[str, Any]
OLD_SUCCESS: Payload = {"code": "200", "msg": "", "retry": True, "success": True}
"""4.3: the whole answer to a transfer-in in the manner of old manuals."""
_SUB_QUANTITIES = (
    "subQuantity",
    "spotSubQuantity",
    "marginSubQuantity",
    "futuresSubQuantity",
    "optionSubQuantity",
    "maxSubQuantity",
    "maxDefaultSubQuantity",
    "maxSpotSubQuantity",
    "maxMarginSubQuantity",
    "maxFuturesSubQuantity",
    "maxOptionSubQuantity",
)
_OPEN_TO_SUBS = ("subQuantity", "spotSubQuantity", "futuresSubQuantity")
_MOST_SUBS = ("maxSubQuantity", "maxDefaultSubQuantity")
_USUAL_MOST = 5
"""As in the sample of the exchange's specification; more may be opened here."""
_FIRST_ACCOUNT = 548_600_000_000
_FINEST = Decimal("1E-8")
_PRICE_DIGITS = 12
_TRADE_TYPES = ("Spot", "Futures")
_ENABLED, _FROZEN, _NORMAL = 2, 3, 0


# Accounts --------------------------------------------------------------------------------------


def api_key(key: ApiKey, number: int, opened_ms: int) -> Payload:
    """1.2: only a key bound to addresses names them, only that of a sub-account its name."""
    return {
        "remark": key.remark,
        "apiKey": key.key,
        "apiVersion": key.version,
        "permission": ",".join(sorted(key.permissions)),
        **({"ipWhitelist": key.ip_list} if key.ip_list else {}),
        "createdAt": opened_ms,
        "uid": number,
        "isMaster": not key.master_uid,
        **({"subName": key.sub_name} if key.master_uid else {}),
    }


def user_info(level: int, subs: int) -> Payload:
    """4: the VIP level, and how many sub-accounts there are and may be."""
    return {
        "level": level,
        **dict.fromkeys(_SUB_QUANTITIES, 0),
        **dict.fromkeys(_OPEN_TO_SUBS, subs),
        **dict.fromkeys(_MOST_SUBS, max(_USUAL_MOST, subs)),
    }


def funding_account(number: int, currency: str, kind: str, purse: Purse) -> Payload:
    """4: a row of the accounts list, all text, the type in lower case."""
    return {
        "id": account_id(number),
        "currency": currency,
        "type": kind,
        **_purse(purse),
    }


def account_id(number: int) -> str:
    """The id of a row of the accounts list, counted from 1."""
    return str(_FIRST_ACCOUNT + number)


def account_number(account: str) -> int:
    """The row that an id of ``account_id`` names, zero or less when none."""
    return int(account) - _FIRST_ACCOUNT if account.isascii() and account.isdigit() else 0


def account_detail(currency: str, purse: Purse) -> Payload:
    """4: one account, all text."""
    return {"currency": currency, **_purse(purse)}


def transferable(currency: str, purse: Purse) -> Payload:
    """4: all text."""
    return {"currency": currency, **_purse(purse), "transferable": plain(purse.available)}


def _purse(purse: Purse) -> Payload:
    return {
        "balance": plain(purse.balance),
        "available": plain(purse.available),
        "holds": plain(purse.holds),
    }


# Transfers -------------------------------------------------------------------------------------


def departure(row: Departure) -> Payload:
    """4.2: the reply of transfer-out; the amount is text."""
    return {
        "applyId": row.apply_id,
        "bizNo": row.biz_no,
        "payAccountType": "CONTRACT",
        "payTag": "DEFAULT",
        "remark": "",
        "recAccountType": row.target,
        "recTag": "DEFAULT",
        "recRemark": "",
        "recSystem": "KUCOIN",
        "status": row.status,
        "currency": row.currency,
        "amount": plain(row.amount),
        "fee": "0",
        "sn": row.number,
        "reason": row.reason,
        "createdAt": row.created_ms,
        "updatedAt": row.updated_ms,
    }


def listed_departure(row: Departure) -> Payload:
    """4: a row of transfer-list, with one of three statuses."""
    return {
        "applyId": row.apply_id,
        "currency": row.currency,
        "recRemark": "",
        "recSystem": "KUCOIN",
        "status": row.listed_status,
        "amount": plain(row.amount),
        "reason": row.reason,
        "offset": row.number,
        "createdAt": row.created_ms,
        "remark": "",
    }


# Sub-accounts ----------------------------------------------------------------------------------


def sub_user(sub: Funding) -> Payload:
    """4: a row of sub/user. Sub-accounts may do all there is here, unless frozen."""
    return {
        "userId": sub.account.uid,
        "uid": sub.account.number,
        "subName": sub.name,
        "status": _FROZEN if sub.is_frozen else _ENABLED,
        "type": _NORMAL,
        "access": "All",
        "createdAt": sub.account.opened_ms,
        "remarks": "",
        "tradeTypes": list(_TRADE_TYPES),
        "openedTradeTypes": list(_TRADE_TYPES),
        "hostedStatus": None,
    }


def sub_balances(
    sub: Funding, rates: Mapping[str, Decimal], base: str, least: Decimal, *, shows_zeros: bool
) -> Payload:
    """4: what a sub-account has on the funding side, and its worth in a base currency, all text.

    ``rates`` are what one bitcoin costs in each currency. Left out are rows worth less than
    ``least`` of the base, and with zero balance unless ``shows_zeros``.
    """
    rows: dict[str, list[Payload]] = {MAIN: [], TRADE: []}
    for (kind, currency), purse in sub.purses.items():
        price = rates[currency] / rates[base]
        worth = (purse.balance / price).quantize(_FINEST, ROUND_DOWN)
        if worth >= least and (purse.balance or shows_zeros):
            rows[kind].append(
                {
                    "currency": currency,
                    **_purse(purse),
                    "baseCurrency": base,
                    "baseCurrencyPrice": plain(round(price, _PRICE_DIGITS)),
                    "baseAmount": plain(worth),
                    "tag": "DEFAULT",
                }
            )
    return {
        "subUserId": sub.account.uid,
        "subName": sub.name,
        "mainAccounts": rows[MAIN],
        "tradeAccounts": rows[TRADE],
        "marginAccounts": [],
        "tradeHFAccounts": [],
    }
