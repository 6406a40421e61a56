"""What is looked at with which key: a stored key goes only to the hosts it was stored for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final
from urllib.parse import urlsplit

from terminal.app.doctor.options import PARTS
from terminal.domain.api_key import part_problem
from terminal.domain.errors import TernError
from terminal.domain.secret import Secret
from terminal.exchange.credentials import KEY_VERSIONS, Credentials
from terminal.exchange.diagnosis import NoKey
from terminal.exchange.hosts import ORDER_SOCKETS, REAL, Hosts, is_loopback, order_socket_of
from terminal.storage.vault import VaultError

if TYPE_CHECKING:
    from terminal.app.doctor.options import DoctorOptions
    from terminal.storage.profiles import Profile, ProfileStore
    from terminal.storage.vault import Vault

_NO_PROFILE = NoKey(
    "No account is stored, so there is no key to look at.",
    "Connect an account in Tern, or give a key with --key-stdin.",
)
_ELSEWHERE = NoKey(
    "No stored key belongs to these hosts, and none is sent where it does not belong.",
    "Give a key with --key-stdin.",
)


@final
class UsageError(TernError):
    """What was asked for contradicts itself; the sentence says how."""


@final
@dataclass(frozen=True, slots=True)
class Plan:
    """``hosts`` to look at, with the ``profile`` whose key is taken, or why there is no key."""

    hosts: Hosts
    profile: Profile | None = None
    no_key: NoKey | None = None


def plan(options: DoctorOptions, profiles: ProfileStore) -> Plan:
    """Decide what is looked at. Raises ``UsageError``."""
    hosts = REAL if options.hosts is None else Hosts(*options.hosts)
    if options.has_key_on_stdin:
        return Plan(_with_socket(hosts, options.ws_api))
    profile = _profile(options, profiles)
    if profile is None:
        missing = _NO_PROFILE if options.hosts is None else _ELSEWHERE
        if options.profile:
            missing = NoKey(f"No account named {options.profile} is stored.", is_failure=True)
        return Plan(_with_socket(hosts, options.ws_api), no_key=missing)
    try:
        own = Hosts(profile.futures_host, profile.account_host)
    except TernError as error:
        words = f"The hosts stored with {profile.name} cannot be used. {error.sentence}"
        return Plan(hosts, no_key=NoKey(words, is_failure=True))
    own = _with_socket(own, options.ws_api or profile.order_socket)
    if options.ws_api and own.orders and not _may_have(own):
        raise UsageError(
            "a key for another exchange",
            sentence="A stored key goes only to the exchange it was stored for, and --ws-api is "
            "none of its addresses. Give a key with --key-stdin.",
        )
    return Plan(own, profile)


def _profile(options: DoctorOptions, profiles: ProfileStore) -> Profile | None:
    """The profile to look at; None when there is none for these hosts."""
    if options.profile:
        found = profiles.find(options.profile)
        if found is not None and options.hosts is not None and not _is_at(found, options.hosts):
            raise UsageError(
                "two exchanges",
                sentence="A stored key goes only to the hosts it was stored for, and --rest names "
                "others. Give a key with --key-stdin.",
            )
        return found
    for one in profiles.profiles:
        if options.hosts is None or _is_at(one, options.hosts):
            return one
    return None


def _is_at(profile: Profile, hosts: tuple[str, str]) -> bool:
    stored = (profile.futures_host.rstrip("/"), profile.account_host.rstrip("/"))
    return stored == hosts


def _with_socket(hosts: Hosts, choice: str) -> Hosts:
    """The order socket that was chosen, else the exchange's own with its own hosts."""
    try:
        return replace(hosts, orders=order_socket_of(choice, hosts.futures))
    except TernError as error:
        raise UsageError(str(error), sentence=error.sentence) from error


def _may_have(hosts: Hosts) -> bool:
    """Whether a key that is stored for these hosts may go over this order socket."""
    name = urlsplit(hosts.orders).hostname
    if is_loopback(hosts.futures):
        return is_loopback(hosts.orders)
    return hosts.orders in ORDER_SOCKETS.values() or name in {
        urlsplit(hosts.futures).hostname,
        urlsplit(hosts.account).hostname,
    }


async def stored_key(profile: Profile, vault: Vault) -> Credentials | NoKey:
    """A profile's key from the key ring, within the vault's deadline."""
    return await _stored(profile, profile.entry, f"key of {profile.name}", vault)


async def stored_order_key(profile: Profile, vault: Vault) -> Credentials | NoKey:
    """The key that a profile's order socket has of its own."""
    return await _stored(profile, profile.order_entry, f"order socket key of {profile.name}", vault)


async def _stored(profile: Profile, entry: str, what: str, vault: Vault) -> Credentials | NoKey:
    try:
        kept = await vault.load(entry)
    except VaultError as error:
        words = f"The {what} could not be fetched. {error.sentence}"
        return NoKey(words, "Unlock the key ring and try again.", is_failure=True)
    if kept is None or not all(kept.get(part) for part in PARTS):
        return NoKey(
            f"The {what} is not in the key ring.", "Connect the account again.", is_failure=True
        )
    if any(part_problem(kept[part], part) for part in PARTS):
        return NoKey(
            f"The stored {what} holds letters that no key has.",
            "Connect the account again.",
            is_failure=True,
        )
    stored = kept.get("version")
    version = next(
        (one for one in KEY_VERSIONS if stored is not None and stored == Secret(str(one))),
        profile.key_version,
    )
    key, secret, passphrase = (kept[part] for part in PARTS)
    return Credentials(key, secret, passphrase, version)
