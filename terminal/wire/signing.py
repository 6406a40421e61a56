"""Header values of a signed request, as pure functions. Source: API reference 1.3."""

from __future__ import annotations

import base64
import hmac


def sign(secret: str, text: str) -> str:
    """Base64 of HMAC-SHA256 of ``text`` under ``secret``."""
    digest = hmac.digest(secret.encode(), text.encode(), "sha256")
    return base64.b64encode(digest).decode("ascii")


VERSIONS = (2, 3)
"""Those that sign as we do; of version 1 the passphrase would go as plain text."""


def signed_headers(
    credentials: tuple[str, str, str],
    timestamp_ms: int,
    method: str,
    path: str,
    body: str,
    version: int = 3,
) -> dict[str, str]:
    """Build the headers of one request.

    ``credentials`` are key, secret and passphrase; ``path`` includes the query exactly as sent;
    ``body`` is exactly what is sent, empty without one. ``version`` is the key's own; versions 2
    and 3 sign alike, others raise ``ValueError``. Partner headers are the brokers' and not sent.
    """
    if version not in VERSIONS:
        raise ValueError(f"key version {version} is not one of {VERSIONS}")
    key, secret, passphrase = credentials
    stamp = str(timestamp_ms)
    return {
        "KC-API-KEY": key,
        "KC-API-SIGN": sign(secret, f"{stamp}{method}{path}{body}"),
        "KC-API-TIMESTAMP": stamp,
        "KC-API-PASSPHRASE": sign(secret, passphrase),
        "KC-API-KEY-VERSION": str(version),
        "Content-Type": "application/json",
    }
