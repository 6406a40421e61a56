"""The exchange's own check, against the published vectors and in the order of its codes."""

from __future__ import annotations

import pytest

from terminal.simexchange.auth import ApiKey, check, demo_key
from terminal.simexchange.errors import Refused

KEY = ApiKey("demo-key", "demo-secret-0001", "demo-pass")
STAMP = 1_700_000_000_000
REQUEST = ("GET", "/api/v2/position?symbol=XBTUSDTM", "")
HEADERS = {
    "KC-API-KEY": "demo-key",
    "KC-API-SIGN": "I+kCbtDSwU9GIw/dTBfdT19+SHLjGeIParA4wh/LtGY=",
    "KC-API-TIMESTAMP": str(STAMP),
    "KC-API-PASSPHRASE": "aEChcstw4/Ql7KWk7hKmsJFoJgGxmn3IhVPrHvaWZeY=",
}


def test_the_published_vector_is_accepted() -> None:
    assert check({KEY.key: KEY}, HEADERS, STAMP + 5000, REQUEST) is KEY


@pytest.mark.parametrize("version", ["2", "3"])
def test_both_living_versions_are_accepted_for_every_key(version: str) -> None:
    assert check({KEY.key: KEY}, {**HEADERS, "KC-API-KEY-VERSION": version}, STAMP, REQUEST) is KEY


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"KC-API-KEY": ""}, "400001"),
        ({"KC-API-TIMESTAMP": str(STAMP - 5001)}, "400002"),
        ({"KC-API-TIMESTAMP": "soon"}, "400002"),
        ({"KC-API-KEY": "other", "KC-API-SIGN": "x"}, "400003"),
        ({"KC-API-KEY-VERSION": "1", "KC-API-PASSPHRASE": "x"}, "400009"),
        ({"KC-API-PASSPHRASE": "x", "KC-API-SIGN": "x"}, "400004"),
        ({"KC-API-SIGN": "x"}, "400005"),
    ],
)
def test_the_order_of_refusals(changes: dict[str, str], code: str) -> None:
    with pytest.raises(Refused) as caught:
        check({KEY.key: KEY}, {**HEADERS, **changes}, STAMP, REQUEST)
    assert caught.value.code == code


def test_the_key_of_a_seed_is_always_the_same() -> None:
    assert demo_key(7) == demo_key(7)
    assert demo_key(7) != demo_key(8)
