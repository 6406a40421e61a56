"""The exchange's own check, against the published vectors and in the order of its codes."""

from __future__ import annotations

import base64
import hashlib
import hmac
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.auth import ApiKey, Signed, check, demo_key
from terminal.simexchange.errors import Refused
from tests.support.caller import Caller

KEY = ApiKey("demo-key", "demo-secret-0001", "demo-pass")
STAMP = 1_700_000_000_000
REQUEST = Signed("GET", "/api/v2/position?symbol=XBTUSDTM")
HEADERS = {
    "KC-API-KEY": "demo-key",
    "KC-API-SIGN": "I+kCbtDSwU9GIw/dTBfdT19+SHLjGeIParA4wh/LtGY=",
    "KC-API-TIMESTAMP": str(STAMP),
    "KC-API-PASSPHRASE": "aEChcstw4/Ql7KWk7hKmsJFoJgGxmn3IhVPrHvaWZeY=",
}


ORDER = (
    b'{"clientOid":"t-1","side":"buy","symbol":"XBTUSDTM","type":"limit","marginMode":"ISOLATED",'
    b'"leverage":3,"price":"50000","size":1}'
)


@pytest.mark.parametrize(
    ("request_", "signature"),
    [
        (REQUEST, "I+kCbtDSwU9GIw/dTBfdT19+SHLjGeIParA4wh/LtGY="),
        (
            Signed("POST", "/api/v1/orders", ORDER),
            "Xv1ymXBxpFcRfgIauW+50FWNzG9Im/fhffejK7rEd24=",
        ),
        (
            Signed("DELETE", "/api/v1/orders/client-order/t-1?symbol=XBTUSDTM"),
            "BNG0HQ2LpilCSqhwRQVX9R9IitBoPR844aC1ApDN0ts=",
        ),
        (
            Signed("DELETE", "/api/v1/orders/multi-cancel", b'{"orderIdsList":["1","2"]}'),
            "sZF/MxNbFTJ7TkfTwUWIavbmgCaij7Cp8w9f8aZvaj0=",
        ),
        (
            Signed("POST", "/api/v1/bullet-private"),
            "Egrx7XckA3VLBQYIYSm/Z9hyGYFiiUnTYFlab7Pi6JI=",
        ),
    ],
)
@pytest.mark.parametrize("switch", ["either", "encoded", "decoded"])
def test_the_published_vectors_are_accepted(request_: Signed, signature: str, switch: str) -> None:
    """Reference 1.3, whichever reading of the query is chosen: none of them has escapes."""
    headers = {**HEADERS, "KC-API-SIGN": signature}
    assert check({KEY.key: KEY}, headers, STAMP + 5000, request_, query=switch) is KEY
    assert check({KEY.key: KEY}, headers, STAMP - 5000, request_, query=switch) is KEY


def signed(text: str) -> dict[str, str]:
    mac = hmac.new(KEY.secret.encode(), f"{STAMP}GET{text}".encode(), hashlib.sha256)
    return {**HEADERS, "KC-API-SIGN": base64.b64encode(mac.digest()).decode()}


@pytest.mark.parametrize(
    ("sent", "covered", "accepted"),
    [
        ("/a?s=X%2CY", "/a?s=X%2CY", {"either", "encoded"}),
        ("/a?s=X%2CY", "/a?s=X,Y", {"either", "decoded"}),
        ("/a?s=X,Y", "/a?s=X,Y", {"either", "encoded", "decoded"}),
        ("/a?s=X+Y", "/a?s=X Y", {"either", "decoded"}),
        ("/a?s=X%20Y", "/a?s=X Y", {"either", "decoded"}),
        ("/a?s=%C3%A9", "/a?s=\u00e9", {"either", "decoded"}),
        ("/a?s=X+Y", "/a?s=X+Y", {"either", "encoded", "decoded"}),
        ("/o/a%20b?s=X", "/o/a b?s=X", {"either", "decoded"}),
        ("/a?s=X&t=Y", "/a?t=Y&s=X", set()),
        ("/a?s=X", "/a", set()),
    ],
)
def test_which_text_of_the_query_a_signature_covers(
    sent: str, covered: str, accepted: set[str]
) -> None:
    found = set()
    for switch in ("either", "encoded", "decoded"):
        with suppress(Refused):
            check({KEY.key: KEY}, signed(covered), STAMP, Signed("GET", sent), query=switch)
            found.add(switch)
    assert found == accepted


@pytest.mark.parametrize(
    ("version", "needs_v3", "sent", "switch", "code"),
    [
        (3, False, "2", "either", ""),
        (3, False, "2", "exact", "400009"),
        (3, False, "3", "exact", ""),
        (3, False, None, "exact", ""),
        (2, False, "3", "either", ""),
        (2, False, "3", "exact", "400009"),
        (3, False, "1", "either", "400009"),
        (3, False, "4", "either", "400009"),
        (3, False, "", "either", "400009"),
        (2, True, "2", "either", "400008"),
        (1, False, None, "either", "400008"),
        (3, True, "3", "either", ""),
    ],
)
def test_key_versions(
    version: int, needs_v3: bool, sent: str | None, switch: str, code: str
) -> None:
    key = replace(KEY, version=version, needs_v3=needs_v3)
    headers = HEADERS if sent is None else {**HEADERS, "KC-API-KEY-VERSION": sent}
    found = ""
    try:
        check({key.key: key}, headers, STAMP, REQUEST, version=switch)
    except Refused as refused:
        found = refused.code
    assert found == code


@given(
    st.fixed_dictionaries({name: st.text() for name in HEADERS}),
    st.text(),
    st.binary(),
    st.sampled_from(["either", "encoded", "decoded"]),
)
def test_no_header_or_target_raises_anything_but_a_refusal(
    headers: dict[str, str], target: str, body: bytes, switch: str
) -> None:
    good = {"KC-API-KEY": KEY.key, "KC-API-TIMESTAMP": str(STAMP)}
    for given_headers in (headers, {**headers, **good}, {**HEADERS, "KC-API-SIGN": target or "x"}):
        with pytest.raises(Refused):
            check({KEY.key: KEY}, given_headers, STAMP, Signed("PUT", target, body), query=switch)


def test_who_may_come_from_where_and_do_what() -> None:
    key = replace(KEY, ip_list="10.0.0.1, 10.0.0.2", permissions=frozenset({"FlexTransfers"}))
    assert key.admits("10.0.0.2")
    assert not key.admits("10.0.0.3")
    assert KEY.admits("10.0.0.3")
    assert key.may("InnerTransfer")
    assert not key.may("Futures")


def test_each_missing_header_is_named() -> None:
    for name in HEADERS:
        with pytest.raises(Refused) as caught:
            check({KEY.key: KEY}, {**HEADERS, name: ""}, STAMP, REQUEST)
        assert (caught.value.code, caught.value.text) == ("400001", f"{name} is required")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"KC-API-KEY": ""}, "400001"),
        ({"KC-API-TIMESTAMP": str(STAMP - 5001)}, "400002"),
        ({"KC-API-TIMESTAMP": "soon"}, "400002"),
        ({"KC-API-TIMESTAMP": "\u00b2"}, "400002"),
        ({"KC-API-TIMESTAMP": "9" * 5000}, "400002"),
        ({"KC-API-TIMESTAMP": str(STAMP // 1000)}, "400002"),
        ({"KC-API-TIMESTAMP": f"{STAMP}.0"}, "400002"),
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


def test_an_expired_key_is_told_like_one_that_does_not_exist() -> None:
    """From its last instant on, and by the exchange's own clock; another key goes on."""
    caller = Caller()
    key = caller.new_key(f"bot!until={caller.clock.now_ms() + 1000}")
    assert caller.call("GET", "/api/v1/account-overview", key=key)[0] == 200
    caller.clock.advance(0.999)
    assert caller.call("GET", "/api/v1/account-overview", key=key)[0] == 200
    caller.clock.advance(0.001)
    assert caller.code("/api/v1/account-overview", key=key) == (401, "400003")
    assert caller.call("GET", "/api/v1/account-overview")[0] == 200


def test_a_deleted_key_is_unknown_and_its_account_stays() -> None:
    caller = Caller()
    key = caller.new_key("bot@desk")
    again = caller.new_key("other@desk")
    caller.exchange.remove_key("bot")
    assert caller.code("/api/v1/account-overview", key=key) == (401, "400003")
    assert caller.call("GET", "/api/v1/account-overview", key=again)[0] == 200
    with pytest.raises(ValueError, match="There is no key named bot"):
        caller.exchange.remove_key("bot")
