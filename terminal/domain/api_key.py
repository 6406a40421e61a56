"""What an API key is allowed to do, and what a careful owner should know about it.

Permission words come in several spellings; they are compared without case and spaces. Source: API
reference 1.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from terminal.domain.secret import Secret


class Permission(Enum):
    """What a key may be granted, in the words that are shown."""

    GENERAL = "General"
    FUTURES = "Futures"
    SPOT = "Spot"
    MARGIN = "Margin"
    EARN = "Earn"
    TRANSFER = "Transfer between accounts"
    WITHDRAW = "Withdraw"


_SPELLINGS = {
    "general": Permission.GENERAL,
    "futures": Permission.FUTURES,
    "spot": Permission.SPOT,
    "margin": Permission.MARGIN,
    "earn": Permission.EARN,
    "innertransfer": Permission.TRANSFER,
    "flextransfers": Permission.TRANSFER,
    "universaltransfer": Permission.TRANSFER,
    "transfer": Permission.WITHDRAW,
    "withdrawal": Permission.WITHDRAW,
    "withdraw": Permission.WITHDRAW,
}
KEY_VERSIONS_READ = (2, 3)
LONGEST_PART = 256


@final
@dataclass(frozen=True, slots=True)
class ApiKeyFacts:
    """What the exchange says about a key.

    ``unknown`` are permissions in words that this program does not know. ``clock_offset_ms`` is
    what must be added to our clock to get the exchange's. ``owner`` is the exchange's number of the
    account, the same for all its keys; empty where it was not told.
    """

    version: int
    permissions: frozenset[Permission]
    unknown: tuple[str, ...]
    has_ip_list: bool
    is_unified: bool
    clock_offset_ms: int
    owner: str = ""

    @property
    def permission_words(self) -> str:
        """All permissions in one line, in a fixed order."""
        known = [one.value for one in Permission if one in self.permissions]
        return ", ".join([*known, *self.unknown]) or "none"

    @property
    def problems(self) -> tuple[str, ...]:
        """Why the account could not be shown with this key; empty when it can."""
        found: list[str] = []
        if Permission.GENERAL not in self.permissions:
            found.append("The key lacks the General permission: orders cannot be read.")
        if Permission.FUTURES not in self.permissions:
            found.append("The key lacks the Futures permission: positions cannot be read.")
        if self.version not in KEY_VERSIONS_READ:
            found.append(f"The key is of version {self.version}; versions 2 and 3 can be used.")
        if self.is_unified:
            found.append("This is a unified account, which Tern does not know yet.")
        return tuple(found)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What makes the key more dangerous than it needs to be; empty when nothing does."""
        found: list[str] = []
        if Permission.WITHDRAW in self.permissions:
            found.append("This key can withdraw. Tern never needs that: use one that cannot.")
        if Permission.TRANSFER in self.permissions:
            found.append("This key can move money between your accounts. Watching never needs it.")
        if not self.has_ip_list:
            found.append("This key works from every address. Restrict it to yours if you can.")
        return tuple(found)


def read_permissions(text: str) -> tuple[frozenset[Permission], tuple[str, ...]]:
    """Split the exchange's comma-separated list into known permissions and unknown words."""
    known: set[Permission] = set()
    unknown: list[str] = []
    for word in _words(text.split(",")):
        found = _SPELLINGS.get("".join(word.split()).lower())
        if found is None:
            unknown.append(word)
        else:
            known.add(found)
    return frozenset(known), tuple(unknown)


def part_problem(part: Secret, name: str) -> str:
    """Why a text cannot be the ``key``, ``secret`` or ``passphrase``, a sentence; empty if it can.

    What passes can be sent in a header as it is.
    """
    text = part.reveal()
    if not text:
        return f"Enter the {name}."
    if len(text) > LONGEST_PART:
        return f"This is too long for the {name}."
    if not text.isascii() or not text.isprintable():
        return f"There are letters here that cannot be in the {name}."
    if text != text.strip() or (" " in text and name != "passphrase"):
        return f"There is a space in the {name}."
    return ""


def _words(parts: Iterable[str]) -> list[str]:
    return [part.strip() for part in parts if part.strip()]
