"""The stored accounts: their profiles on the disk, their secrets in the key ring, as one thing."""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

from terminal.app.choice import Choice, Mode
from terminal.domain.api_key import part_problem
from terminal.domain.clock import TimestampMs
from terminal.domain.errors import TernError
from terminal.domain.secret import Secret
from terminal.exchange.credentials import KEY_VERSIONS, Credentials
from terminal.exchange.hosts import Hosts, order_socket_of
from terminal.storage.profiles import NewerProfilesError, Profile
from terminal.storage.vault import FOR_NOW, VaultError
from terminal.viewmodels.start import StoredAccount

if TYPE_CHECKING:
    from terminal.domain.clock import Clock
    from terminal.storage.profiles import ProfileStore
    from terminal.storage.vault import Secrets, Vault
    from terminal.viewmodels.connect import Draft

_PARTS = ("key", "secret", "passphrase")
_OWNER = "for"
"""Stored beside the order socket's own key: the key of the account that it was given to."""
_VERSION = "version"
"""Stored beside the secrets: whatever the list says, a key signs for its own version."""
_log = logging.getLogger("app")


@final
@dataclass(frozen=True, slots=True)
class OwnerWord:
    """What follows from being told whose account it is; ``words`` only where it ``is_other``.

    Then limits, stop, journal and lock of this run are not those of that account.
    """

    words: str = ""
    remedy: str = ""

    @property
    def is_other(self) -> bool:
        """True when nothing may be sent to it in this run."""
        return bool(self.words)


@final
class Accounts:
    """Stores, opens and forgets accounts by name. ``hosts`` are those of the exchange itself.

    ``order_socket`` is the choice for this run: it goes before what an account remembers, and is
    remembered by what is stored.

    The list tells what the key ring holds: while a new key could not be stored in place of an old
    one, the list goes on to describe the old one, and this run uses the new one.
    """

    def __init__(
        self,
        profiles: ProfileStore,
        vault: Vault,
        clock: Clock,
        hosts: Hosts,
        order_socket: str = "",
    ) -> None:
        self._profiles = profiles
        self._vault = vault
        self._clock = clock
        self._hosts = hosts
        self._order_socket = order_socket
        self._for_now: dict[str, Profile] = {}

    @property
    def stored(self) -> tuple[StoredAccount, ...]:
        """All accounts, the one that was used last first."""
        return tuple(self._shown(profile) for profile in self._profiles.profiles)

    def is_stored(self, name: str) -> bool:
        """Whether there is an account of this name."""
        return self._profiles.find(name) is not None

    async def keeping(self) -> tuple[str, str]:
        """The key ring's name, empty when it has none; and why it cannot be used, if so."""
        problem = await self._vault.problem()
        return self._vault.ring_name, problem

    async def open(self, name: str) -> Choice:
        """An account with its key from the key ring. Raises ``TernError``."""
        profile = self._profiles.find(name)
        if profile is None:
            raise TernError("no profile", sentence=f"No account named {name} is stored.")
        kept = await self._load(profile.entry, f"key of {profile.name}")
        shown = self._for_now.get(profile.ident)
        used = shown or replace(
            profile, key_tail=kept["key"].tail, key_version=_version(kept, profile.key_version)
        )
        hosts = self._hosts_of(used)
        now_ms = self._clock.now_ms()
        words = self._remember(replace(profile if shown else used, last_used_ms=now_ms))
        credentials = _credentials(kept, used.key_version)
        order_key: Credentials | None = None
        if profile.has_order_key and hosts.orders:
            try:
                order_key = await self._order_key(profile, kept["key"])
            except TernError as error:
                # Never with the account's own key instead: it may lack what the other one has.
                hosts = replace(hosts, orders="")
                words = (*words, f"{error.sentence} Orders go by REST until then.")
        return self._choice(used, hosts, credentials, words, order_key)

    async def _load(self, entry: str, what: str) -> Secrets:
        """The parts of a key from the key ring. Raises ``TernError``."""
        kept = await self._vault.load(entry)
        if kept is None or not all(kept.get(part) for part in _PARTS):
            raise TernError("no key", sentence=f"The {what} is not stored: enter it.")
        if any(part_problem(kept[part], part) for part in _PARTS):
            raise TernError(
                "key unusable",
                sentence=f"The stored {what} holds letters that no key has: enter it again.",
            )
        return kept

    async def _order_key(self, profile: Profile, key: Secret) -> Credentials:
        """The order socket's own key, if it was given to this very key. Raises ``TernError``."""
        what = f"order socket key of {profile.name}"
        kept = await self._load(profile.order_entry, what)
        if kept.get(_OWNER) != key:
            # Perhaps of another account: its orders would be invisible here.
            raise TernError(
                "order key of another key",
                sentence=f"The {what} was stored for another key: enter it again.",
            )
        return _credentials(kept)

    def _hosts_of(self, profile: Profile) -> Hosts:
        """Where an account is, with its order socket. Raises ``TernError``."""
        choice = self._order_socket or profile.order_socket
        orders = order_socket_of(choice, profile.futures_host)
        return Hosts(profile.futures_host, profile.account_host, orders)

    async def store(self, draft: Draft, credentials: Credentials, owner: str = "") -> Choice:
        """Keep an account: in the key ring, or for this run only. Raises ``TernError``.

        ``owner`` is the exchange's number of the account, where it was told.
        """
        known = self._profiles.find(draft.name)
        before = known if known is not None and known.is_stored else None
        wanted = self._profile(known, draft, credentials.version, _mark_of(owner))
        hosts = self._hosts_of(wanted)
        # Written first: a key in the ring that no list knows could never be forgotten.
        words = self._remember(before or wanted)
        if words:
            return self._choice(wanted, hosts, credentials, (*words, FOR_NOW))
        parts = _parts(draft.key, draft.secret, draft.passphrase, credentials.version)
        kept = await self._vault.save(wanted.entry, parts)
        self._for_now.pop(wanted.ident, None)
        if kept.is_lasting:
            after = wanted
        elif before is not None:
            # Which of the two keys the ring holds is not known while there is a doubt.
            tail = "" if kept.is_doubtful else before.key_tail
            after = replace(before, key_tail=tail, last_used_ms=wanted.last_used_ms)
            self._for_now[wanted.ident] = wanted
        else:
            after = replace(wanted, is_stored=kept.is_doubtful)
        said = (kept.sentence,) if kept.sentence else ()
        words = (*said, *self._remember(after))
        if known is not None and not known.owner and known.key_tail == wanted.key_tail:
            words = (*words, *self._adopted(wanted))
        return self._choice(wanted, hosts, credentials, words)

    async def set_order_key(self, name: str, credentials: Credentials | None) -> tuple[str, ...]:
        """Give the order socket of a stored account a key of its own, or the account's (None).

        It is good for the account's present key only. Returns what the user should read. Raises
        ``TernError``.
        """
        profile = self._profiles.find(name)
        if profile is None:
            raise TernError("no profile", sentence=f"No account named {name} is stored.")
        if credentials is None:
            await self._vault.delete(profile.order_entry)
            return self._remember(replace(profile, has_order_key=False))
        owner = (await self._load(profile.entry, f"key of {profile.name}"))["key"]
        # Written first: a key in the ring that no list knows could never be forgotten.
        words = self._remember(replace(profile, has_order_key=True))
        if words:
            return words
        parts = _parts(
            Secret(credentials.key),
            Secret(credentials.secret),
            Secret(credentials.passphrase),
            credentials.version,
        )
        parts[_OWNER] = owner
        kept = await self._vault.save(profile.order_entry, parts)
        return (kept.sentence,) if kept.sentence else ()

    def set_may_trade(self, name: str, *, may_trade: bool) -> tuple[str, ...]:
        """Remember whether anything may be sent to an account; returns what should be read."""
        profile = self._profiles.find(name)
        if profile is None or profile.may_trade is may_trade:
            return ()
        return self._remember(replace(profile, may_trade=may_trade))

    # Whose it is -----------------------------------------------------------------------------

    def learn_owner(self, name: str, owner: str) -> OwnerWord:
        """The exchange told whose account a key that is in use belongs to; empty says nothing."""
        profile, mark = self._profiles.find(name), _mark_of(owner)
        if profile is None or not mark:
            return OwnerWord()
        shown = self._for_now.get(profile.ident)
        used = shown or profile
        if used.owner == mark:
            return OwnerWord()
        if used.owner:
            return OwnerWord(
                f"The key of {used.name} belongs to another account than the one that was stored "
                "under this name.",
                "Store that key under a name of its own, or enter the right key for this name.",
            )
        after = replace(used, owner=mark)
        is_free = self._is_free(after)
        if shown is not None:
            self._for_now[profile.ident] = after
        else:
            self._remember(after)
        self._adopted(after)
        if is_free or self._place(after) == used.name:
            return OwnerWord()
        return OwnerWord(
            f"It is known now whose account {used.name} is, and its limits, its stop and its "
            "journal are not those of this run.",
            "Close the program and open the account again: then they are.",
        )

    def _adopted(self, profile: Profile) -> tuple[str, ...]:
        """The files that were begun under a name are its owner's, if he has none elsewhere."""
        if not self._is_free(profile):
            return ()
        try:
            self._profiles.keep_place(_account(profile), profile.name)
        except NewerProfilesError as error:
            return (error.sentence,)
        except OSError as error:
            return (_not_saved(error),)
        return ()

    def _is_free(self, profile: Profile) -> bool:
        """Whether an owner has no files elsewhere, and those of the name are nobody else's."""
        if not profile.owner or self._profiles.place_of(_account(profile)):
            return False
        has_others = any(
            one.ident != profile.ident and _account(one) == _account(profile)
            for one in self._profiles.profiles
            if one.owner
        )
        return not (has_others or self._profiles.is_place(profile.name, profile.futures_host))

    def _place(self, profile: Profile) -> str:
        """What an account's files are kept under: the same whatever its key and its name."""
        if not profile.owner:
            return profile.name
        return self._profiles.place_of(_account(profile)) or profile.owner

    def _choice(
        self,
        profile: Profile,
        hosts: Hosts,
        credentials: Credentials,
        words: tuple[str, ...],
        order_key: Credentials | None = None,
    ) -> Choice:
        return Choice(
            Mode.ACCOUNT,
            hosts,
            credentials,
            profile.name,
            words,
            order_key,
            profile.may_trade,
            self._place(profile),
        )

    async def forget(self, name: str) -> None:
        """Forget an account, its keys first. Raises ``TernError`` when one cannot be removed."""
        profile = self._profiles.find(name)
        if profile is None:
            return
        try:
            await self._vault.delete(profile.entry)
            if profile.has_order_key:
                await self._vault.delete(profile.order_entry)
        except VaultError as error:
            if profile.is_stored:
                words = f"{error.sentence} The key of {profile.name} may still be there."
                raise TernError(str(error), sentence=words) from None
        self._for_now.pop(profile.ident, None)
        try:
            self._profiles.remove(name)
        except OSError as error:
            raise TernError("not removed", sentence=_not_saved(error)) from error

    def _profile(self, known: Profile | None, draft: Draft, version: int, owner: str) -> Profile:
        """A new profile, or the known one with another key; as it is when the key is stored."""
        now_ms = self._clock.now_ms()
        known = known or Profile(
            draft.name,
            secrets.token_hex(4),
            draft.futures_host,
            draft.account_host,
            created_ms=now_ms,
        )
        is_elsewhere = draft.futures_host != known.futures_host
        return replace(
            known,
            futures_host=draft.futures_host,
            account_host=draft.account_host,
            key_tail=draft.key.tail,
            key_version=version,
            last_used_ms=now_ms,
            is_stored=True,
            # Another key may be another account's.
            may_trade=known.may_trade and bool(owner) and owner == known.owner,
            # Not told, it is taken for the same, so that its limits, its stop and its journal go
            # on to hold; the exchange tells as soon as it is asked about the key (``learn_owner``).
            owner=owner or ("" if is_elsewhere else known.owner),
            order_socket=self._order_socket or known.order_socket,
        )

    def _remember(self, profile: Profile) -> tuple[str, ...]:
        """Write a profile; what could not be written is told and costs nothing else."""
        try:
            self._profiles.put(profile)
        except NewerProfilesError as error:
            return (error.sentence,)
        except OSError as error:
            _log.warning("profiles: %s", type(error).__name__)
            return (_not_saved(error),)
        return ()

    def _shown(self, profile: Profile) -> StoredAccount:
        is_real = (profile.futures_host, profile.account_host) == (
            self._hosts.futures,
            self._hosts.account,
        )
        last_used = TimestampMs(profile.last_used_ms) if profile.last_used_ms else None
        host = "" if is_real else profile.futures_host
        return StoredAccount(profile.name, profile.key_tail, host, last_used)


def _account(profile: Profile) -> str:
    """An account whose owner is known, in its environment."""
    return f"{profile.owner} at {profile.futures_host}"


def _mark_of(owner: str) -> str:
    """What stands for an account in our files: the same for all its keys, and no number of it."""
    return hashlib.sha256(f"tern:{owner}".encode()).hexdigest()[:20] if owner else ""


def _parts(key: Secret, secret: Secret, passphrase: Secret, version: int) -> dict[str, Secret]:
    """A key as it is kept."""
    return {
        "key": key,
        "secret": secret,
        "passphrase": passphrase,
        _VERSION: Secret(str(version)),
    }


def _credentials(kept: Secrets, version: int | None = None) -> Credentials:
    """A key as it is used, for the version that was stored with it unless told otherwise."""
    key, secret, passphrase = (kept[part] for part in _PARTS)
    return Credentials(key, secret, passphrase, version or _version(kept, KEY_VERSIONS[0]))


def _not_saved(error: OSError) -> str:
    return f"The list of accounts could not be saved: {error.strerror or error}."


def _version(kept: Secrets, otherwise: int) -> int:
    """The version that was stored with a key; older entries have none."""
    stored = kept.get(_VERSION)
    return next(
        (one for one in KEY_VERSIONS if stored is not None and stored == Secret(str(one))),
        otherwise,
    )
