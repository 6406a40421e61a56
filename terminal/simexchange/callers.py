"""Where requests seem to come from, so that keys bound to addresses can be tried on one machine."""

from __future__ import annotations

import ipaddress
from typing import final


@final
class Callers:
    """The address that the exchange sees instead of the true one, for one key or for everybody.

    The list of addresses of a key (reference 1.2, 400006) and the quota of an address (1.7) are
    measured by it. A stranger's key has no address of its own.
    """

    def __init__(self) -> None:
        self.everybody = ""
        """The address of all callers; empty for the true one."""
        self.by_key: dict[str, str] = {}
        """The addresses of those who use a key, by the key itself; they win over everybody's."""

    def address(self, key: str, true: str) -> str:
        """Where a request with this key (or none, empty) comes from."""
        return self.by_key.get(key) or self.everybody or true

    def set(self, address: str, key: str = "") -> None:
        """Let callers come from an address, or with an empty one from where they are.

        Raises ``ValueError`` with a sentence for what is no address.
        """
        checked = checked_address(address) if address else ""
        if not key:
            self.everybody = checked
        elif checked:
            self.by_key[key] = checked
        else:
            self.by_key.pop(key, None)


def checked_address(text: str) -> str:
    """An address as it is compared. Raises ``ValueError`` with a sentence."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError(f"{text!r} is no IP address.") from None
