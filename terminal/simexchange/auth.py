"""Who is asking: the exchange's own check of key, passphrase, time stamp and signature.

Source: reference 1.2, 1.3 and 1.6, checked in the order of its codes; only the key version (400009)
and the rule that a key must be of version 3 (400008) come before the passphrase, because they say
how it is to be read. A key's answers to all of this are kept, so that a request costs one hash.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, final
from urllib.parse import unquote_to_bytes

from terminal.simexchange.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WINDOW_MS = 5_000
DEMO_UID = "60000000000000000000aaaa"
KEY_HEADER = "KC-API-KEY"
V3 = 3
_SPOKEN = frozenset({"2", "3"})
_TRANSFER = frozenset({"InnerTransfer", "FlexTransfers", "universal transfer"})
_HEADERS = (KEY_HEADER, "KC-API-SIGN", "KC-API-TIMESTAMP", "KC-API-PASSPHRASE")
_PARAMETERS = ("apikey", "timestamp", "sign", "passphrase")
_LONGEST_STAMP = 16


@final
@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of the account ``uid`` with its permissions.

    ``ip_list`` holds addresses with commas between; empty lets everybody in. ``needs_v3`` is the
    setting that only keys of version 3 are taken; ``is_frozen`` plays a frozen user (411100).
    ``master_uid`` and ``sub_name`` are those of a sub-account, else empty.
    """

    key: str
    secret: str
    passphrase: str
    permissions: frozenset[str] = frozenset({"General", "Futures"})
    version: int = V3
    ip_list: str = ""
    uid: str = DEMO_UID
    needs_v3: bool = False
    is_frozen: bool = False
    remark: str = "demo"
    master_uid: str = ""
    sub_name: str = ""
    expires_ms: int | None = None
    """From then on it is unknown like a deleted one; None for never."""

    def may(self, permission: str) -> bool:
        """True when the key has a permission; the right to transfer has three spellings (1.2)."""
        spellings = _TRANSFER if permission in _TRANSFER else {permission}
        return not self.permissions.isdisjoint(spellings)

    def is_known(self, now_ms: int) -> bool:
        """False when it has expired: that is told like a key that does not exist (400003)."""
        return self.expires_ms is None or now_ms < self.expires_ms

    def admits(self, address: str) -> bool:
        """True when requests may come from an address."""
        return not self.ip_list or address in [one.strip() for one in self.ip_list.split(",")]


@final
@dataclass(frozen=True, slots=True)
class Signed:
    """What a signature covers: ``target`` is path and query, as sent; ``body`` the bytes sent."""

    method: str
    target: str
    body: bytes = b""


def demo_key(seed: int) -> ApiKey:
    """The key of the demo account. Derived from the seed, so that a restart keeps it valid."""

    def part(name: str) -> str:
        return hashlib.sha256(f"tern-demo-{seed}-{name}".encode()).hexdigest()[:32]

    permissions = frozenset({"General", "Futures", "InnerTransfer"})
    return ApiKey(part("key"), part("secret"), part("passphrase")[:12], permissions)


def _raw(text: str) -> bytes:
    """The bytes that came; targets and headers may hold some that are no UTF-8. Never raises."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _digest(secret: bytes, data: bytes) -> bytes:
    return base64.b64encode(hmac.digest(secret, data, "sha256"))


@lru_cache(maxsize=1024)
def _passphrase(secret: str, passphrase: str) -> bytes:
    return _digest(secret.encode(), passphrase.encode())


def check(  # noqa: PLR0913 - what a signature is measured by
    keys: Mapping[str, ApiKey],
    headers: Mapping[str, str],
    now_ms: int,
    signed: Signed,
    *,
    drift_ms: tuple[int, int] = (0, 0),
    query: str = "either",
    version: str = "either",
) -> ApiKey:
    """The key that signed a request. Raises ``Refused``.

    ``drift_ms`` says by how much a clock that was right may be behind and ahead now (fast and
    standing time); ``query`` and ``version`` are the switches ``signed_query`` and ``key_version``.
    """
    for name in _HEADERS:
        if not headers.get(name):
            raise Refused("400001", f"{name} is required", 401)
    stamp = headers["KC-API-TIMESTAMP"]
    if not _is_near(stamp, now_ms, drift_ms):
        raise Refused("400002", "KC-API-TIMESTAMP invalid", 401)
    key = keys.get(headers[KEY_HEADER])
    if key is None or not key.is_known(now_ms):
        raise Refused("400003", "KC-API-KEY not exists", 401)
    _check_version(key, headers.get("KC-API-KEY-VERSION"), version)
    given = _raw(headers["KC-API-PASSPHRASE"])
    if not hmac.compare_digest(given, _passphrase(key.secret, key.passphrase)):
        raise Refused("400004", "KC-API-PASSPHRASE invalid", 401)
    given, secret = _raw(headers["KC-API-SIGN"]), key.secret.encode()
    start = _raw(f"{stamp}{signed.method}")
    for target in _readings(signed.target, query):
        if hmac.compare_digest(given, _digest(secret, start + target + signed.body)):
            return key
    raise Refused("400005", "Signature invalid", 401)


def _is_near(stamp: str, now_ms: int, drift_ms: tuple[int, int]) -> bool:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= _LONGEST_STAMP):
        return False
    behind_ms, ahead_ms = drift_ms
    return -WINDOW_MS - behind_ms <= int(stamp) - now_ms <= WINDOW_MS + ahead_ms


def _check_version(key: ApiKey, given: str | None, switch: str) -> None:
    is_either = switch == "either" and str(key.version) in _SPOKEN
    allowed = _SPOKEN if is_either else {str(key.version)}
    if given is not None and given not in allowed:
        raise Refused("400009", "KC-API-KEY-VERSION invalid", 401)
    if key.version < V3 and (key.needs_v3 or key.version < V3 - 1):
        text = "V1 and V2 API keys are not supported here, please use a V3 API key"
        raise Refused("400008", text, 401)


def _readings(target: str, switch: str) -> Iterator[bytes]:
    """The texts that a signature may cover instead of each other (1.3).

    As sent; or without its escapes, where a form's ``+`` is a space, too. All the same for targets
    that need no escapes.
    """
    sent = _raw(target)
    is_escaped = b"%" in sent or b"+" in sent
    if switch != "decoded" or not is_escaped:
        yield sent
    if switch != "encoded" and is_escaped:
        yield unquote_to_bytes(sent)
        path, mark, query = sent.partition(b"?")
        yield unquote_to_bytes(path) + mark + unquote_to_bytes(query.replace(b"+", b" "))


def check_socket(
    keys: Mapping[str, ApiKey],
    query: Mapping[str, str],
    now_ms: int,
    address: str,
    *,
    drift_ms: tuple[int, int] = (0, 0),
) -> ApiKey:
    """The key that signed the address of an order socket (6.1). Raises ``Refused``.

    ``drift_ms`` as in ``check``. Its texts are those of the exchange's list of errors of sockets.
    """
    if not all(query.get(name) for name in _PARAMETERS):
        raise Refused("400001", "Please check the URL of your request.", 401)
    if not _is_near(query["timestamp"], now_ms, drift_ms):
        raise Refused("400002", "Invalid KC-API-TIMESTAMP.", 401)
    key = keys.get(query["apikey"])
    if key is None or not key.is_known(now_ms):
        raise Refused("400003", "KC-API-KEY not exists.", 401)
    _check_version(key, None, "either")
    given = _raw(query["passphrase"])
    if not hmac.compare_digest(given, _passphrase(key.secret, key.passphrase)):
        raise Refused("400004", "Invalid KC-API-PASSPHRASE.", 401)
    if not is_signed(key, key.key + query["timestamp"], query["sign"]):
        raise Refused("400005", "Invalid KC-API-SIGN.", 401)
    if not key.admits(address):
        raise Refused("400006", f"Invalid request IP, the current client IP is: {address}.", 401)
    if not key.may("Futures"):
        raise Refused("400007", "Access denied, require more permission: Futures", 403)
    if key.is_frozen:
        raise Refused("411100", "The user is frozen, please contact support center", 403)
    return key


def is_signed(key: ApiKey, text: str, given: str) -> bool:
    """True when a signature covers this very text, as that of an order socket's challenge must."""
    return hmac.compare_digest(_raw(given), _digest(key.secret.encode(), _raw(text)))
