"""The accounts that were connected before, by name, in one file without any secret.

Only what may be read by anybody is here: names, addresses, times, and the last letters of a key
behind dots. The secrets are in the key ring, under the profile's ``entry``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, final

from terminal.domain.errors import TernError
from terminal.storage.json_file import JsonFile

if TYPE_CHECKING:
    from pathlib import Path

    from terminal.domain.clock import Clock

VERSION = 1
FILE_NAME = "profiles.json"
_TEXTS = ("name", "ident", "futures_host", "account_host", "key_tail", "order_socket", "owner")
_NUMBERS = ("key_version", "created_ms", "last_used_ms")
_FLAGS = ("is_stored", "has_order_key", "may_trade")
_KNOWN = (*_TEXTS, *_NUMBERS, *_FLAGS)


class NewerProfilesError(TernError):
    """The list was written by a newer version of the program: it must stay as it is."""


@final
@dataclass(frozen=True, slots=True)
class Profile:
    """One account as it is remembered. Times are epoch ms, ``last_used_ms`` zero for never.

    ``ident`` keeps two profiles of one name in two places apart; ``is_stored`` tells whether its
    key may be in the key ring; ``unknown`` is what another version wrote. ``order_socket`` is a
    word or an address, empty for the usual one; with ``has_order_key`` it has a key of its own.
    With ``may_trade`` live trading was switched on once; it is off at every start all the same.
    ``owner`` stands for the account itself, whatever its key and its name here; empty if unknown.
    """

    name: str
    ident: str
    futures_host: str
    account_host: str
    key_tail: str = ""
    key_version: int = 3
    created_ms: int = 0
    last_used_ms: int = 0
    is_stored: bool = False
    order_socket: str = ""
    has_order_key: bool = False
    may_trade: bool = False
    owner: str = ""
    unknown: dict[str, Any] = field(default_factory=dict)

    @property
    def entry(self) -> str:
        """The name of its secrets in the key ring."""
        return f"{self.name} ({self.ident})"

    @property
    def order_entry(self) -> str:
        """The name of the order socket's own secrets in the key ring."""
        return f"{self.entry} order socket"


@final
class ProfileStore:
    """Loads and saves the profiles of one folder. Names are unique, without regard to case.

    A list that a newer version wrote is neither read nor replaced.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._file = JsonFile(folder / FILE_NAME, clock)
        self._unknown: dict[str, Any] = {}
        self._profiles: list[Profile] = []
        self._places: dict[str, str] = {}
        self._is_newer = False

    @property
    def path(self) -> Path:
        """Where the profiles are."""
        return self._file.path

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """All profiles, the one that was used last first."""
        return tuple(sorted(self._profiles, key=lambda one: (-one.last_used_ms, one.name)))

    def place_of(self, account: str) -> str:
        """Under which name the files of an account were begun; empty for its own mark.

        It outlives the profile: whoever is forgotten and stored anew has the same files.
        """
        return self._places.get(account, "")

    def is_place(self, name: str, host: str) -> bool:
        """Whether some account's files in this environment are those of a name."""
        return any(
            place.casefold() == name.casefold() and account.endswith(f" at {host}")
            for account, place in self._places.items()
        )

    def keep_place(self, account: str, name: str) -> None:
        """Remember under which name the files of an account were begun. Raises as ``put``."""
        before = self._places
        self._places = {**before, account: name}
        try:
            self._write(self._profiles)
        except (OSError, NewerProfilesError):
            self._places = before
            raise

    def find(self, name: str) -> Profile | None:
        """A profile by name, without regard to case."""
        wanted = name.strip().casefold()
        return next((one for one in self._profiles if one.name.casefold() == wanted), None)

    def load(self, *, keeps_in_place: bool = False) -> str:
        """Read the file; returns a sentence for the user if it could not be read (else empty).

        A damaged file is kept under another name, or where it is with ``keeps_in_place``.
        """
        self._profiles, self._unknown, self._is_newer = [], {}, False
        self._places = {}
        try:
            document = self._file.read()
            self._is_newer = document is not None and _is_newer(document)
            if self._is_newer:
                return (
                    "The list of accounts was written by a newer version of the program and stays "
                    "as it is. No stored account is shown."
                )
            if document is not None:
                self._take(document)
        except (OSError, ValueError) as error:
            self._profiles, self._unknown, self._places = [], {}, {}
            why = f"The list of accounts cannot be read ({type(error).__name__})"
            kept = "" if keeps_in_place else self._file.set_aside()
            return f"{why}; the old file is kept as {kept}." if kept else f"{why}."
        return ""

    def put(self, profile: Profile) -> None:
        """Add a profile, or replace the one of its name, and write.

        Raises ``OSError``, and ``NewerProfilesError`` when the list is a newer version's.
        """
        known = self.find(profile.name)
        after = [one for one in self._profiles if one is not known]
        self._write([*after, profile])

    def remove(self, name: str) -> None:
        """Forget a profile and write. Raises as ``put`` does."""
        known = self.find(name)
        self._write([one for one in self._profiles if one is not known])

    def _write(self, profiles: list[Profile]) -> None:
        if self._is_newer:
            raise NewerProfilesError(
                "written by a newer version",
                sentence="The list of accounts was written by a newer version of the program and "
                "is not replaced.",
            )
        written = [_written(one) for one in profiles]
        document = {**self._unknown, "version": VERSION, "profiles": written}
        if self._places:
            document["places"] = self._places
        self._file.write(document)
        self._profiles = profiles

    def _take(self, document: dict[str, Any]) -> None:
        rows = document.get("profiles", [])
        if not isinstance(rows, list):
            raise ValueError("profiles is no list")  # noqa: TRY004 - damaged content, not a bug
        self._profiles = [_read(row) for row in rows]
        places = document.get("places", {})
        if not isinstance(places, dict):
            raise ValueError("places is no object")  # noqa: TRY004 - damaged content, not a bug
        self._places = {of: name for of, name in places.items() if isinstance(name, str) and name}
        known = {"version", "profiles", "places"}
        self._unknown = {key: value for key, value in document.items() if key not in known}


def _is_newer(document: dict[str, Any]) -> bool:
    version = document.get("version")
    return isinstance(version, int) and not isinstance(version, bool) and version > VERSION


def _written(profile: Profile) -> dict[str, Any]:
    known = {name: getattr(profile, name) for name in _KNOWN}
    return {**profile.unknown, **known}


def _read(row: object) -> Profile:
    if not isinstance(row, dict):
        raise ValueError("a profile is no object")  # noqa: TRY004 - damaged content, not a bug
    for name in ("name", "ident", "futures_host", "account_host"):
        if not isinstance(row.get(name), str) or not row[name]:
            raise ValueError(f"a profile has no {name}")
    texts = {name: row[name] for name in _TEXTS if isinstance(row.get(name), str)}
    numbers = {
        name: row[name]
        for name in _NUMBERS
        if isinstance(row.get(name), int) and not isinstance(row[name], bool) and row[name] >= 0
    }
    flags = {name: row[name] for name in _FLAGS if isinstance(row.get(name), bool)}
    unknown = {key: value for key, value in row.items() if key not in _KNOWN}
    return Profile(**texts, **numbers, **flags, unknown=unknown)
