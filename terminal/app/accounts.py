"""The stored accounts: their profiles on the disk, their secrets in the key ring, as one thing."""

from __future__ import annotations

import logging
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, final

from terminal.app.choice import Choice, Mode
from terminal.domain.clock import TimestampMs
from terminal.domain.errors import TernError
from terminal.exchange.credentials import Credentials
from terminal.exchange.hosts import Hosts
from terminal.storage.profiles import Profile
from terminal.storage.vault import VaultError
from terminal.viewmodels.start import StoredAccount

if TYPE_CHECKING:
    from terminal.domain.clock import Clock
    from terminal.domain.secret import Secret
    from terminal.storage.profiles import ProfileStore
    from terminal.storage.vault import Vault
    from terminal.viewmodels.connect import Draft

_PARTS = ("key", "secret", "passphrase")
_log = logging.getLogger("app")


@final
class Accounts:
    """Stores, opens and forgets accounts by name. ``hosts`` are those of the exchange itself."""

    def __init__(self, profiles: ProfileStore, vault: Vault, clock: Clock, hosts: Hosts) -> None:
        self._profiles = profiles
        self._vault = vault
        self._clock = clock
        self._hosts = hosts

    @property
    def stored(self) -> tuple[StoredAccount, ...]:
        """All accounts, the one that was used last first."""
        return tuple(self._shown(profile) for profile in self._profiles.profiles)

    def is_stored(self, name: str) -> bool:
        """Whether there is an account of this name."""
        return self._profiles.find(name) is not None

    async def storage_problem(self) -> str:
        """Why keys cannot be stored for good, one sentence; empty when they can be."""
        return await self._vault.problem()

    async def open(self, name: str) -> Choice:
        """An account with its key from the key ring. Raises ``TernError``."""
        profile = self._profiles.find(name)
        if profile is None:
            raise TernError("no profile", sentence=f"No account named {name} is stored.")
        kept = await self._vault.load(profile.entry)
        if kept is None or not all(kept.get(part) for part in _PARTS):
            raise TernError(
                "no key", sentence=f"The key of {profile.name} is not stored: enter it."
            )
        hosts = Hosts(profile.futures_host, profile.account_host)
        words = self._remember(replace(profile, last_used_ms=self._clock.now_ms()))
        key, secret, passphrase = (kept[part] for part in _PARTS)
        credentials = Credentials(key, secret, passphrase, profile.key_version)
        return Choice(Mode.ACCOUNT, hosts, credentials, profile.name, words)

    async def store(self, draft: Draft, credentials: Credentials) -> Choice:
        """Keep an account: in the key ring, or for this run only. Raises ``TernError``."""
        hosts = Hosts(draft.futures_host, draft.account_host)
        profile = self._profile(draft, credentials.version)
        parts: dict[str, Secret] = {
            "key": draft.key,
            "secret": draft.secret,
            "passphrase": draft.passphrase,
        }
        kept = await self._vault.save(profile.entry, parts)
        profile = replace(profile, is_stored=profile.is_stored or kept.is_lasting)
        words = [kept.sentence] if kept.sentence else []
        words.extend(self._remember(profile))
        return Choice(Mode.ACCOUNT, hosts, credentials, profile.name, tuple(words))

    async def forget(self, name: str) -> None:
        """Forget an account, its key first. Raises ``TernError`` when the key cannot be removed."""
        profile = self._profiles.find(name)
        if profile is None:
            return
        try:
            await self._vault.delete(profile.entry)
        except VaultError as error:
            if profile.is_stored:
                words = f"{error.sentence} The key of {profile.name} is still there."
                raise TernError(str(error), sentence=words) from None
        try:
            self._profiles.remove(name)
        except OSError as error:
            words = f"The list of accounts could not be saved: {error.strerror or error}."
            raise TernError("not removed", sentence=words) from error

    def _profile(self, draft: Draft, version: int) -> Profile:
        """A new profile, or the one of this name with another key."""
        now_ms = self._clock.now_ms()
        known = self._profiles.find(draft.name) or Profile(
            draft.name,
            secrets.token_hex(4),
            draft.futures_host,
            draft.account_host,
            created_ms=now_ms,
        )
        return replace(
            known,
            futures_host=draft.futures_host,
            account_host=draft.account_host,
            key_tail=draft.key.tail,
            key_version=version,
            last_used_ms=now_ms,
        )

    def _remember(self, profile: Profile) -> tuple[str, ...]:
        """Write a profile; what could not be written is told and costs nothing else."""
        try:
            self._profiles.put(profile)
        except OSError as error:
            _log.warning("profiles: %s", type(error).__name__)
            return (f"The list of accounts could not be saved: {error.strerror or error}.",)
        return ()

    def _shown(self, profile: Profile) -> StoredAccount:
        is_real = (profile.futures_host, profile.account_host) == (
            self._hosts.futures,
            self._hosts.account,
        )
        last_used = TimestampMs(profile.last_used_ms) if profile.last_used_ms else None
        host = "" if is_real else profile.futures_host
        return StoredAccount(profile.name, profile.key_tail, host, last_used)
