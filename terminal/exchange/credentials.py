"""The three secrets of an API key, in a type that cannot print, pickle or spread them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn, SupportsIndex, final

from typing_extensions import override

from terminal.domain.secret import Secret

KEY_VERSIONS = (3, 2)
"""The versions that sign as we do, the newest first. Source: API reference 1.3."""


@final
class Credentials:
    """Key, secret and passphrase of one account, and the version that the exchange shows for it.

    No dataclass, because those can be turned into plain dictionaries.
    """

    __slots__ = ("_key", "_passphrase", "_secret", "version")

    def __init__(
        self, key: str | Secret, secret: str | Secret, passphrase: str | Secret, version: int = 3
    ) -> None:
        self._key, self._secret, self._passphrase = map(_hidden, (key, secret, passphrase))
        self.version = version

    @property
    def key(self) -> str:
        """The key as the exchange names it."""
        return self._key.reveal()

    @property
    def secret(self) -> str:
        """What requests are signed with."""
        return self._secret.reveal()

    @property
    def passphrase(self) -> str:
        """What the user chose when the key was made."""
        return self._passphrase.reveal()

    @property
    def parts(self) -> tuple[Secret, ...]:
        """Key, secret and passphrase, for taking them out of what is shown."""
        return (self._key, self._secret, self._passphrase)

    def of_version(self, version: int) -> Credentials:
        """The same key, signed for as another version."""
        return Credentials(self._key, self._secret, self._passphrase, version)

    @override
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Credentials):
            return NotImplemented
        return (self._key, self._secret, self._passphrase, self.version) == (
            other._key,
            other._secret,
            other._passphrase,
            other.version,
        )

    @override
    def __hash__(self) -> int:
        return hash((self._key, self.version))

    @override
    def __repr__(self) -> str:
        return "Credentials(redacted)"

    def __copy__(self) -> Credentials:
        return self

    def __deepcopy__(self, _memo: object) -> Credentials:
        return self

    @override
    def __reduce_ex__(self, _protocol: SupportsIndex) -> NoReturn:
        raise TypeError("credentials are not pickled")


@final
@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one account: one for REST, and one for the order socket (None: the same)."""

    rest: Credentials
    orders: Credentials | None = None


def _hidden(text: str | Secret) -> Secret:
    return text if isinstance(text, Secret) else Secret(text)
