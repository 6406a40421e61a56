"""Who is asking: the exchange's own check of key, passphrase, time stamp and signature.

Source: reference 1.3 and 1.6, checked in the order of its codes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from terminal.simexchange.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

WINDOW_MS = 5_000
DEMO_UID = "60000000000000000000aaaa"
_TRANSFER = frozenset({"InnerTransfer", "FlexTransfers", "universal transfer"})
_VERSIONS = frozenset({"2", "3"})
"""They sign identically (1.3): clients in wide use send one of them always, whatever the key is."""
_HEADERS = ("KC-API-KEY", "KC-API-SIGN", "KC-API-TIMESTAMP", "KC-API-PASSPHRASE")


@final
@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of the account ``uid`` with its permissions."""

    key: str
    secret: str
    passphrase: str
    permissions: frozenset[str] = frozenset({"General", "Futures"})
    version: int = 3
    ip_list: str = ""
    uid: str = DEMO_UID

    def may(self, permission: str) -> bool:
        """True when the key has a permission; the right to transfer has three spellings (1.2)."""
        spellings = _TRANSFER if permission in _TRANSFER else {permission}
        return not self.permissions.isdisjoint(spellings)


def demo_key(seed: int) -> ApiKey:
    """The key of the demo account. Derived from the seed, so that a restart keeps it valid."""

    def part(name: str) -> str:
        return hashlib.sha256(f"tern-demo-{seed}-{name}".encode()).hexdigest()[:32]

    permissions = frozenset({"General", "Futures", "InnerTransfer"})
    return ApiKey(part("key"), part("secret"), part("passphrase")[:12], permissions)


def _digest(secret: str, text: str) -> str:
    mac = hmac.new(secret.encode(), text.encode(), hashlib.sha256)
    return base64.b64encode(mac.digest()).decode()


def check(
    keys: Mapping[str, ApiKey],
    headers: Mapping[str, str],
    now_ms: int,
    request: tuple[str, str, str],
) -> ApiKey:
    """The key that signed a request (method, path with query, body). Raises ``Refused``."""
    missing = [name for name in _HEADERS if not headers.get(name)]
    if missing:
        raise Refused("400001", f"{missing[0]} is required", 401)
    stamp = headers["KC-API-TIMESTAMP"]
    if not stamp.isdigit() or abs(int(stamp) - now_ms) > WINDOW_MS:
        raise Refused("400002", "KC-API-TIMESTAMP invalid", 401)
    key = keys.get(headers["KC-API-KEY"])
    if key is None:
        raise Refused("400003", "KC-API-KEY not exists", 401)
    versions = {headers.get("KC-API-KEY-VERSION", str(key.version)), str(key.version)}
    if len(versions) > 1 and not versions <= _VERSIONS:
        raise Refused("400009", "KC-API-KEY-VERSION invalid", 401)
    if not hmac.compare_digest(headers["KC-API-PASSPHRASE"], _digest(key.secret, key.passphrase)):
        raise Refused("400004", "KC-API-PASSPHRASE invalid", 401)
    expected = _digest(key.secret, stamp + "".join(request))
    if not hmac.compare_digest(headers["KC-API-SIGN"], expected):
        raise Refused("400005", "Signature invalid", 401)
    return key
