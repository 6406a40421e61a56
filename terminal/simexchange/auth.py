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
_HEADERS = ("KC-API-KEY", "KC-API-SIGN", "KC-API-TIMESTAMP", "KC-API-PASSPHRASE")
_PARAMETERS = ("apikey", "timestamp", "sign", "passphrase")
_MOST_DIGITS = 18


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
    if headers.get("KC-API-KEY-VERSION", str(key.version)) != str(key.version):
        raise Refused("400009", "KC-API-KEY-VERSION invalid", 401)
    if not hmac.compare_digest(headers["KC-API-PASSPHRASE"], _digest(key.secret, key.passphrase)):
        raise Refused("400004", "KC-API-PASSPHRASE invalid", 401)
    expected = _digest(key.secret, stamp + "".join(request))
    if not hmac.compare_digest(headers["KC-API-SIGN"], expected):
        raise Refused("400005", "Signature invalid", 401)
    return key


def check_socket(
    keys: Mapping[str, ApiKey], query: Mapping[str, str], now_ms: int, remote: str
) -> ApiKey:
    """The key that signed the address of an order socket (6.1). Raises ``Refused``."""
    if not all(query.get(name) for name in _PARAMETERS):
        raise Refused("400001", "Please check the URL of your request.", 401)
    stamp = query["timestamp"]
    is_number = stamp.isascii() and stamp.isdigit() and len(stamp) <= _MOST_DIGITS
    if not is_number or abs(int(stamp) - now_ms) > WINDOW_MS:
        raise Refused("400002", "Invalid KC-API-TIMESTAMP.", 401)
    key = keys.get(query["apikey"])
    if key is None:
        raise Refused("400003", "KC-API-KEY not exists.", 401)
    if not _is_same(query["passphrase"], _digest(key.secret, key.passphrase)):
        raise Refused("400004", "Invalid KC-API-PASSPHRASE.", 401)
    if not _is_same(query["sign"], _digest(key.secret, key.key + stamp)):
        raise Refused("400005", "Invalid KC-API-SIGN.", 401)
    if key.ip_list and remote not in key.ip_list.split(","):
        raise Refused("400006", f"Invalid request IP, the current client IP is: {remote}.", 401)
    if not key.may("Futures"):
        raise Refused("400007", "Access denied, require more permission: Futures", 403)
    return key


def is_session_signed(key: ApiKey, challenge: str, answer: str) -> bool:
    """True when a client signed the very text that an order socket sent it (6.1)."""
    return _is_same(answer, _digest(key.secret, challenge))


def _is_same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())
