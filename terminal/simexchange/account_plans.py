"""Accounts as a file defines them: names, balances, sub-accounts and keys, for tests and teaching.

The file is JSON: ``{"accounts": [ACCOUNT, ...]}`` with

    {"name": "main", "balances": {"main": {"USDT": "5000"}, "contract": {"USDT": "100"}},
     "frozen": false, "keys": [KEY, ...], "subs": [ACCOUNT, ...]}
    {"name": "bot", "permissions": ["Futures"], "ips": ["127.0.0.1"], "traits": ["v2"]}

``main`` is the account of the demo key. Only the names are required: a master without balances
begins with the usual ones, a sub-account with none. Whatever is wrong is said in one sentence.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, NamedTuple, final

from terminal.simexchange.keys import NamedKey, named_key, uid_of, with_traits
from terminal.simexchange.trading.transfers import (
    COIN,
    CONTRACT,
    DECIMALS,
    MAIN,
    TRADE,
    plain_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from terminal.simexchange.trading.transfers import Funding

KINDS = {"main": MAIN, "trade": TRADE, "contract": CONTRACT}
CURRENCIES = ("USDT", "USDC", COIN)
MOST = Decimal(10) ** 12
"""The largest balance; our choice."""
MOST_ACCOUNTS = 1000
_FIELDS = ("name", "balances", "frozen", "keys", "subs")
_KEY_FIELDS = ("name", "permissions", "ips", "traits")
_USUAL = ["General", "Futures"]


class PlanError(ValueError):
    """A definition of accounts cannot be followed; the text says why."""


Balances = dict[tuple[str, str], Decimal]


@final
class AccountPlan(NamedTuple):
    """One account as it is wanted. ``name`` is that of a master, or MASTER/SUB.

    ``balances`` are by kind and currency (of the funding side); None leaves the usual ones.
    """

    name: str
    uid: str
    master_uid: str
    sub_name: str
    balances: Balances | None
    is_frozen: bool
    keys: tuple[NamedKey, ...]


def read_file(text: str, seed: int) -> tuple[AccountPlan, ...]:
    """All accounts of a file, each master before its sub-accounts.

    Raises ``ValueError`` with a sentence for what cannot be.
    """
    try:
        found = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise PlanError("The file of accounts is no JSON.") from None
    if not isinstance(found, dict) or set(found) != {"accounts"}:
        raise PlanError('The file of accounts is {"accounts": [...]} and nothing else.')
    rows = _list(found["accounts"], "accounts")
    plans = [plan for row in rows for plan in plans_of(row, seed)]
    if len(plans) > MOST_ACCOUNTS:
        raise PlanError(f"There are no more than {MOST_ACCOUNTS} accounts, not {len(plans)}.")
    _check_unique("account", [plan.name for plan in plans])
    _check_unique("key", [key.name for plan in plans for key in plan.keys])
    return tuple(plans)


def plans_of(row: object, seed: int, master: str = "") -> Iterator[AccountPlan]:
    """An account and its sub-accounts. Raises ``ValueError`` with a sentence."""
    fields = _fields(row, "account", _FIELDS)
    name = _text(fields.get("name"), "name of an account")
    if master and "subs" in fields:
        raise PlanError(f"The sub-account {name!r} has no sub-accounts of its own.")
    path = f"{master}/{name}" if master else name
    # Whoever names its keys checks its name, too; one without keys has none of them.
    found = named_key(seed, "name", (), path).key
    is_frozen = fields.get("frozen", False)
    if not isinstance(is_frozen, bool):
        raise PlanError(f"frozen of {path} is true or false, not {is_frozen!r}.")
    yield AccountPlan(
        path,
        uid_of(path, seed),
        found.master_uid,
        found.sub_name,
        read_balances(fields["balances"], path) if "balances" in fields else None,
        is_frozen,
        tuple(_key(one, path, seed) for one in _list(fields.get("keys", []), "keys")),
    )
    for sub in _list(fields.get("subs", []), "subs"):
        yield from plans_of(sub, seed, path)


def shown_account(name: str, funding: Funding) -> dict[str, Any]:
    """An account as whoever defined it wants to see it; balances are cash, as text."""
    balances: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
    for (kind, currency), purse in funding.purses.items():
        balances[kind.lower()][currency] = f"{purse.balance:f}"
    for currency, wallet in funding.account.wallets.items():
        balances["contract"][currency] = f"{wallet.cash:f}"
    return {
        "name": name,
        "uid": funding.account.uid,
        "number": funding.account.number,
        "master": "" if funding.master is None else funding.master.account.uid,
        "frozen": funding.is_frozen,
        "balances": balances,
    }


def read_balances(value: object, path: str, *, least: Decimal = Decimal(0)) -> Balances:
    """Balances by kind and currency; bitcoin has either name. Raises ``ValueError``."""
    balances: Balances = {}
    for kind, amounts in _fields(value, f"list of balances of {path}", tuple(KINDS)).items():
        names = (*CURRENCIES, "XBT")
        for currency, given in _fields(amounts, f"{kind} of {path}", names).items():
            place = KINDS[kind], plain_name(currency)
            if place in balances:
                raise PlanError(f"Bitcoin is named twice in {kind} of {path}.")
            balances[place] = _amount(given, f"{currency} in {kind} of {path}", least)
    return balances


def _amount(value: object, what: str, least: Decimal) -> Decimal:
    is_number = isinstance(value, int | str | Decimal) and not isinstance(value, bool)
    try:
        amount = Decimal(str(value))
        is_good = is_number and least <= amount <= MOST and amount == round(amount, DECIMALS)
    except (InvalidOperation, ValueError):
        is_good, amount = False, Decimal(0)
    if not is_good:
        raise PlanError(
            f"{what} is an amount from {least} to {MOST} with up to {DECIMALS} decimals, "
            f"not {str(value)[:40]!r}."
        )
    return amount


def _key(row: object, path: str, seed: int) -> NamedKey:
    fields = _fields(row, "key", _KEY_FIELDS)
    named = named_key(
        seed,
        _text(fields.get("name"), "name of a key"),
        _texts(fields.get("permissions", _USUAL), "permissions"),
        path,
        _texts(fields.get("ips", []), "ips"),
    )
    return with_traits(named, _texts(fields.get("traits", []), "traits"))


def _fields(value: object, what: str, known: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise PlanError(f"The {what} is a JSON object, not {str(value)[:40]!r}.")
    for name in value:
        if name not in known:
            raise PlanError(f"There is no {name!r} in the {what}; there are {', '.join(known)}.")
    return value


def _list(value: object, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise PlanError(f"{what} is a list, not {str(value)[:40]!r}.")
    return value


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise PlanError(f"A {what} is a text, not {str(value)[:40]!r}.")
    return value


def _texts(value: object, what: str) -> list[str]:
    return [_text(one, f"member of {what}") for one in _list(value, what)]


def _check_unique(what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise PlanError(f"There are two {what}s named {name}.")
