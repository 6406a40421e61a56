"""Signing against the published self-check vectors (reference 1.3)."""

from __future__ import annotations

import pytest

from terminal.wire.signing import sign, signed_headers

SECRET = "demo-secret-0001"
ORDER = (
    '{"clientOid":"t-1","side":"buy","symbol":"XBTUSDTM","type":"limit","marginMode":"ISOLATED",'
    '"leverage":3,"price":"50000","size":1}'
)


@pytest.mark.parametrize(
    ("method", "path", "body", "signature"),
    [
        (
            "GET",
            "/api/v2/position?symbol=XBTUSDTM",
            "",
            "I+kCbtDSwU9GIw/dTBfdT19+SHLjGeIParA4wh/LtGY=",
        ),
        ("POST", "/api/v1/orders", ORDER, "Xv1ymXBxpFcRfgIauW+50FWNzG9Im/fhffejK7rEd24="),
        (
            "DELETE",
            "/api/v1/orders/client-order/t-1?symbol=XBTUSDTM",
            "",
            "BNG0HQ2LpilCSqhwRQVX9R9IitBoPR844aC1ApDN0ts=",
        ),
        (
            "DELETE",
            "/api/v1/orders/multi-cancel",
            '{"orderIdsList":["1","2"]}',
            "sZF/MxNbFTJ7TkfTwUWIavbmgCaij7Cp8w9f8aZvaj0=",
        ),
        ("POST", "/api/v1/bullet-private", "", "Egrx7XckA3VLBQYIYSm/Z9hyGYFiiUnTYFlab7Pi6JI="),
    ],
)
def test_self_check_vectors(method: str, path: str, body: str, signature: str) -> None:
    headers = signed_headers(
        ("demo-key", SECRET, "demo-pass"), 1_700_000_000_000, method, path, body
    )
    assert headers["KC-API-SIGN"] == signature
    assert headers["KC-API-TIMESTAMP"] == "1700000000000"
    assert headers["KC-API-KEY"] == "demo-key"


def test_the_passphrase_is_signed_too() -> None:
    assert sign(SECRET, "demo-pass") == "aEChcstw4/Ql7KWk7hKmsJFoJgGxmn3IhVPrHvaWZeY="


def test_the_version_is_the_keys_own_and_changes_nothing_else() -> None:
    """Versions 2 and 3 sign alike."""
    credentials = ("demo-key", SECRET, "demo-pass")
    three = signed_headers(credentials, 1, "GET", "/x", "")
    two = signed_headers(credentials, 1, "GET", "/x", "", 2)
    assert (three.pop("KC-API-KEY-VERSION"), two.pop("KC-API-KEY-VERSION")) == ("3", "2")
    assert three == two


@pytest.mark.parametrize("version", [0, 1, 4])
def test_other_versions_are_not_signed_for(version: int) -> None:
    """Version 1 would send the passphrase as plain text, and has been dead since 2021."""
    with pytest.raises(ValueError, match="version"):
        signed_headers(("demo-key", SECRET, "demo-pass"), 1, "GET", "/x", "", version)


def test_exactly_the_headers_of_the_reference_are_made() -> None:
    """Those of partners are the brokers' own."""
    headers = signed_headers(("demo-key", SECRET, "demo-pass"), 1, "GET", "/x", "")
    assert sorted(headers) == [
        "Content-Type",
        "KC-API-KEY",
        "KC-API-KEY-VERSION",
        "KC-API-PASSPHRASE",
        "KC-API-SIGN",
        "KC-API-TIMESTAMP",
    ]
    assert "demo-pass" not in headers.values()
    assert SECRET not in headers.values()
