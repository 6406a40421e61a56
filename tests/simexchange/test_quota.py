"""The gateway's quota."""

from __future__ import annotations

from terminal.simexchange.quota import Quota, weight_of


def test_a_fixed_window_from_the_first_request() -> None:
    quota = Quota()
    fits, headers = quota.spend("GET", "/api/v1/contracts/active", 100.0)
    assert fits
    assert headers == {
        "gw-ratelimit-limit": "2000",
        "gw-ratelimit-remaining": "1997",
        "gw-ratelimit-reset": "30000",
    }
    quota.pools["Public"].spent = 1999
    fits, headers = quota.spend("GET", "/api/v1/contracts/active", 120.0)
    assert not fits
    assert headers["gw-ratelimit-remaining"] == "0"
    assert headers["gw-ratelimit-reset"] == "10000"
    assert quota.spend("POST", "/api/v1/orders", 120.0)[0], "another pool"
    assert quota.spend("GET", "/api/v1/contracts/active", 130.0)[0], "a new window"


def test_weights() -> None:
    assert weight_of("DELETE", "/api/v1/orders/123") == ("Futures", 1)
    assert weight_of("GET", "/api/v1/orders/123") == ("Futures", 5)
    assert weight_of("GET", "/api/v1/orders") == ("Futures", 2)
    assert weight_of("GET", "/api/v2/unlisted") == ("Futures", 2)
