"""The gateway's quotas."""

from __future__ import annotations

import pytest

from terminal.simexchange.quota import MAX_POOLS, Quota


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


PRIVATE = (2000, 2000, 4000, 5000, 6000, 7000, 8000, 10000, 12000, 14000, 16000, 18000, 20000)
SPOT = (4000, 6000, 8000, 10000, 13000, 16000, 20000, 23000, 26000, 30000, 33000, 36000, 40000)


@pytest.mark.parametrize("level", range(13))
def test_every_row_of_the_table_of_levels(level: int) -> None:
    """Reference 1.7."""
    quota = Quota(level)
    names = ("Futures", "Management", "Spot", "Public", "Earn", "CopyTrading")
    limits = [quota.limit(name) for name in names]
    assert limits == [PRIVATE[level], PRIVATE[level], SPOT[level], 2000, 2000, 2000]


def test_the_unified_account_has_short_windows_of_its_own() -> None:
    quota = Quota()
    assert quota.spend("Unified", "one", 150, 100.0)[1]["gw-ratelimit-reset"] == "3000"
    assert not quota.spend("Unified", "one", 51, 102.9)[0]
    assert quota.spend("Unified", "one", 51, 103.0)[0]
    assert (Quota(0).limit("Unified"), Quota(12).limit("Unified")) == (200, 2000)


def test_what_does_not_fit_costs_nothing_and_says_that_nothing_remains() -> None:
    quota = Quota()
    quota.spend("Futures", "one", 1995, 0.0)
    fits, headers = quota.spend("Futures", "one", 20, 1.0)
    assert (fits, headers["gw-ratelimit-remaining"]) == (False, "0")
    fits, headers = quota.spend("Futures", "one", 5, 1.0)
    assert (fits, headers["gw-ratelimit-remaining"]) == (True, "0")


def test_a_look_costs_nothing_and_opens_no_window() -> None:
    quota = Quota()
    fresh = {
        "gw-ratelimit-limit": "2000",
        "gw-ratelimit-remaining": "2000",
        "gw-ratelimit-reset": "30000",
    }
    assert quota.look("Public", "a", 5.0) == fresh
    assert not quota.pools
    quota.spend("Public", "a", 10, 6.0)
    assert quota.look("Public", "a", 16.0) == {
        **fresh, "gw-ratelimit-remaining": "1990", "gw-ratelimit-reset": "20000",
    }  # fmt: skip
    assert quota.look("Public", "a", 36.0) == fresh, "the window is over"


def test_another_level_counts_at_once() -> None:
    quota = Quota()
    quota.spend("Futures", "one", 1500, 0.0)
    quota.level = 3
    assert quota.spend("Futures", "one", 10, 1.0)[1]["gw-ratelimit-remaining"] == "3490"
    quota.level = 0
    assert not quota.spend("Futures", "one", 500, 2.0)[0]


def test_a_flood_of_owners_does_not_eat_memory() -> None:
    quota = Quota()
    for number in range(MAX_POOLS + 500):
        quota.spend("Public", f"a{number}", 1, 0.0)
    assert len(quota.pools) == MAX_POOLS
    for number in range(MAX_POOLS):
        quota.spend("Public", f"b{number}", 1, 31.0)
    assert all(owner.startswith("b") for _, owner in quota.pools), "what is over is forgotten"
