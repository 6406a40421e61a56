"""The gateway's quotas: fixed windows that start with their first request. Source: reference 1.7.

Public calls count for an address, all others for an account; what is sent with an unknown key, or
with none, counts for its address. The order socket draws from the same pool as futures calls over
REST. Calls of the unified account have a pool of their own with a window of 3 s.

What does not fit costs nothing, and its answer says that nothing remains, even if a cheaper call
would still fit: that is how a client tells a spent quota from an overloaded server (1.8).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

WINDOW_S = 30.0
UNIFIED_WINDOW_S = 3.0
PUBLIC_LIMIT = 2000
MAX_POOLS = 10_000
"""Windows that are remembered; beyond it the oldest is forgotten, so no flood eats memory."""
_FUTURES = (2000, 2000, 4000, 5000, 6000, 7000, 8000, 10000, 12000, 14000, 16000, 18000, 20000)
_SPOT = (4000, 6000, 8000, 10000, 13000, 16000, 20000, 23000, 26000, 30000, 33000, 36000, 40000)
_LIMITS = {
    "Futures": _FUTURES,
    "Management": _FUTURES,
    "Spot": _SPOT,
    # 200 at level 0 and 2000 at level 12; that it grows like the others between is our reading.
    "Unified": tuple(limit // 10 for limit in _FUTURES),
}
TOP_LEVEL = len(_FUTURES) - 1


@final
@dataclass(slots=True)
class Pool:
    """What one owner spent of one quota in the window that ends at ``ends_s``."""

    limit: int
    spent: int = 0
    ends_s: float = 0.0


@final
class Quota:
    """Counts weights; answers with the three headers of the gateway."""

    def __init__(self, level: int = 0) -> None:
        """``level`` is the VIP level of every account, 0 to 12."""
        self._level = level
        # In the order in which their windows began.
        self.pools: dict[tuple[str, str], Pool] = {}

    @property
    def level(self) -> int:
        """The VIP level of every account. Setting it counts at once, windows go on."""
        return self._level

    @level.setter
    def level(self, level: int) -> None:
        self._level = level
        for (name, _), pool in self.pools.items():
            pool.limit = self.limit(name)

    def limit(self, name: str) -> int:
        """What a window of a pool holds; names that are not in the table count as public."""
        limits = _LIMITS.get(name)
        return PUBLIC_LIMIT if limits is None else limits[self._level]

    def pool(self, name: str, owner: str) -> Pool:
        """The pool of an account or of an address."""
        found = self.pools.get((name, owner))
        if found is None:
            if len(self.pools) >= MAX_POOLS:
                del self.pools[next(iter(self.pools))]
            found = self.pools[name, owner] = Pool(self.limit(name))
        return found

    def look(self, name: str, owner: str, now_s: float) -> dict[str, str]:
        """The headers of an answer that cost nothing."""
        pool = self.pools.get((name, owner))
        if pool is None or now_s >= pool.ends_s:
            window_s = UNIFIED_WINDOW_S if name == "Unified" else WINDOW_S
            limit = self.limit(name)
            return _headers(limit, limit, window_s)
        return _headers(pool.limit, max(0, pool.limit - pool.spent), pool.ends_s - now_s)

    def spend(
        self, name: str, owner: str, weight: int, now_s: float
    ) -> tuple[bool, dict[str, str]]:
        """Charge a request: whether it fits, and the headers to answer with."""
        pool = self.pool(name, owner)
        if now_s >= pool.ends_s:
            self._begin(name, owner, pool, now_s)
        spent = pool.spent + weight
        if spent > pool.limit:
            return False, _headers(pool.limit, 0, pool.ends_s - now_s)
        pool.spent = spent
        return True, _headers(pool.limit, pool.limit - spent, pool.ends_s - now_s)

    def _begin(self, name: str, owner: str, pool: Pool, now_s: float) -> None:
        """Open a window, and forget one or two of those that are over."""
        pool.spent = 0
        pool.ends_s = now_s + (UNIFIED_WINDOW_S if name == "Unified" else WINDOW_S)
        pools = self.pools
        del pools[name, owner]
        for _ in range(2):
            oldest = next(iter(pools), None)
            if oldest is None or pools[oldest].ends_s > now_s:
                break
            del pools[oldest]
        pools[name, owner] = pool


def _headers(limit: int, remaining: int, left_s: float) -> dict[str, str]:
    return {
        "gw-ratelimit-limit": str(limit),
        "gw-ratelimit-remaining": str(remaining),
        "gw-ratelimit-reset": str(int(left_s * 1000)),
    }
