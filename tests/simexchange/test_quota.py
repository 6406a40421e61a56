"""The gateway's quotas."""

from __future__ import annotations

import pytest

from terminal.simexchange.quota import Quota


def test_a_fixed_window_from_the_first_request() -> None:
    quota = Quota()
    fits, headers = quota.spend("Public", "127.0.0.1", 3, 100.0)
    assert fits
    assert headers == {
        "gw-ratelimit-limit": "2000",
        "gw-ratelimit-remaining": "1997",
        "gw-ratelimit-reset": "30000",
    }
    quota.pool("Public", "127.0.0.1").spent = 1999
    fits, headers = quota.spend("Public", "127.0.0.1", 3, 120.0)
    assert not fits
    assert headers["gw-ratelimit-remaining"] == "0"
    assert headers["gw-ratelimit-reset"] == "10000"
    assert quota.spend("Futures", "one", 2, 120.0)[0], "another pool"
    assert quota.spend("Public", "127.0.0.2", 3, 120.0)[0], "another address"
    assert quota.spend("Public", "127.0.0.1", 3, 130.0)[0], "a new window"


@pytest.mark.parametrize(("level", "limit"), [(0, 2000), (3, 5000), (12, 20000)])
def test_the_level_of_an_account_widens_its_pools(level: int, limit: int) -> None:
    assert Quota(level).pool("Futures", "one").limit == limit
    assert Quota(level).pool("Public", "127.0.0.1").limit == 2000
