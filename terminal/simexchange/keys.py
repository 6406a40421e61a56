"""Further keys and accounts, by name: derived from the seed, so that a restart keeps them valid."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, final

from terminal.simexchange.auth import DEMO_UID, V3, ApiKey
from terminal.simexchange.callers import checked_address

if TYPE_CHECKING:
    from collections.abc import Iterable

MAIN = "main"
"""The account of the demo key. ``main/desk`` is its sub-account named desk, and so on."""
PERMISSIONS = {
    "general": "General",
    "futures": "Futures",
    "spot": "Spot",
    "innertransfer": "InnerTransfer",
    "transfer": "InnerTransfer",
    "flextransfers": "FlexTransfers",
    "universal transfer": "universal transfer",
    "margin": "Margin",
    "earn": "Earn",
    "withdrawal": "Withdrawal",
    "withdraw": "Withdrawal",
}
"""As they may be written, and as the exchange calls them (reference 1.2).

Nothing here can be lent or withdrawn: the last three are there for whoever warns of them. Of the
two things that the exchange calls Transfer, it is the one that moves money between accounts.
"""
VERSIONS = {"v1": 1, "v2": 2, "v3": 3}
V3_ONLY, FROZEN, UNTIL = "v3only", "frozen", "until="
TRAITS = (*VERSIONS, V3_ONLY, FROZEN, f"{UNTIL}WHEN")
"""What else a key may be (reference 1.2 and 1.6): its version, and what it is refused for."""
_LONGEST_STAMP = 14
_NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
# Behind an account, what has neither dot nor colon is a sub-account and no address.
_SPEC = re.compile(
    r"(?P<name>[^:@/]*)(:(?P<may>[^@/]*))?"
    r"(@(?P<account>[^/]*(/[A-Za-z0-9_-]+(?=/|$))?))?(/(?P<ips>.*))?"
)


@final
class NamedKey(NamedTuple):
    """A key with the name it was asked for by, and the name of its account."""

    name: str
    account: str
    key: ApiKey


def uid_of(account: str, seed: int) -> str:
    """The uid of an account by its name: 24 hexadecimal digits."""
    if account == MAIN:
        return DEMO_UID
    return hashlib.sha256(f"tern-account-{seed}-{account}".encode()).hexdigest()[:24]


def named_key(
    seed: int,
    name: str,
    permissions: Iterable[str] = ("General", "Futures"),
    account: str = MAIN,
    addresses: Iterable[str] = (),
) -> NamedKey:
    """A key by its name. Raises ``ValueError`` with a sentence for what cannot be."""
    master, slash, sub = account.partition("/")
    names = (("a key", name), ("an account", master), ("a sub-account", sub if slash else "-"))
    for what, text in names:
        if not _NAME.fullmatch(text):
            raise ValueError(f"A name of {what} is 1 to 32 letters, digits, _ and -, not {text!r}.")
    if sub == MAIN:
        raise ValueError(f"A sub-account cannot be named {MAIN}: that is the master's name.")
    allowed = {"General"}
    for permission in permissions:
        found = PERMISSIONS.get(permission.lower())
        if found is None:
            known = ", ".join(dict.fromkeys(PERMISSIONS.values()))
            raise ValueError(f"{permission!r} is no permission; there are {known}.")
        allowed.add(found)
    listed = [checked_address(address) for address in addresses]

    def part(what: str) -> str:
        return hashlib.sha256(f"tern-key-{seed}-{name}-{what}".encode()).hexdigest()[:32]

    key = ApiKey(
        part("key"),
        part("secret"),
        part("passphrase")[:12],
        frozenset(allowed),
        ip_list=",".join(listed),
        uid=uid_of(account, seed),
        remark=name,
        master_uid=uid_of(master, seed) if slash else "",
        sub_name=sub,
    )
    return NamedKey(name, account, key)


def with_traits(named: NamedKey, traits: Iterable[str]) -> NamedKey:
    """A key with these traits. Raises ``ValueError`` with a sentence for what is none."""
    key = named.key
    for trait in traits:
        if trait.startswith(UNTIL):
            key = replace(key, expires_ms=instant_ms(trait.removeprefix(UNTIL)))
        elif trait not in TRAITS:
            raise ValueError(f"{trait!r} is no trait of a key; there are {', '.join(TRAITS)}.")
        elif trait in VERSIONS:
            key = replace(key, version=VERSIONS[trait])
        elif trait == V3_ONLY:
            key = replace(key, needs_v3=True)
        else:
            key = replace(key, is_frozen=True)
    return named._replace(key=key)


def traits_of(key: ApiKey) -> list[str]:
    """The traits of a key that others do not have."""
    traits = [name for name, version in VERSIONS.items() if version == key.version != V3]
    traits += [V3_ONLY] * key.needs_v3 + [FROZEN] * key.is_frozen
    return traits if key.expires_ms is None else [*traits, f"{UNTIL}{key.expires_ms}"]


def instant_ms(text: str) -> int:
    """Epoch milliseconds of an instant: they themselves, or a date (UTC when it names no zone).

    Raises ``ValueError`` with a sentence for what is none.
    """
    if text.isascii() and text.isdigit() and len(text) <= _LONGEST_STAMP:
        return int(text)
    try:
        when = datetime.fromisoformat(text)
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        ms = round(when.timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        ms = -1
    if ms < 0:
        raise ValueError(
            f"{text!r} is no instant (epoch milliseconds, or a date as 2026-01-01T00:00:00Z)"
        )
    return ms


def read_key(text: str, seed: int) -> NamedKey:
    """The key of ``NAME[:PERMISSION+...][@ACCOUNT[/SUB]][/IP,...][!TRAIT,...]``.

    Raises ``ValueError`` with a sentence for what cannot be.
    """
    text, mark, traits = text.partition("!")
    found = _SPEC.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no NAME[:PERMISSION+...][@ACCOUNT[/SUB]][/IP,...].")
    account = MAIN if found["account"] is None else found["account"]
    permissions = "General+Futures" if found["may"] is None else found["may"]
    addresses = [] if found["ips"] is None else found["ips"].split(",")
    named = named_key(seed, found["name"], permissions.split("+"), account, addresses)
    return with_traits(named, traits.split(",")) if mark else named


def shown_key(named: NamedKey) -> dict[str, Any]:
    """A key as whoever may use it must know it."""
    return {
        "name": named.name,
        "account": named.account,
        "uid": named.key.uid,
        "api_key": named.key.key,
        "secret": named.key.secret,
        "passphrase": named.key.passphrase,
        "permissions": sorted(named.key.permissions),
        "ips": [ip for ip in named.key.ip_list.split(",") if ip],
        "traits": traits_of(named.key),
    }
