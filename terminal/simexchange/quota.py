"""The gateway's quotas: fixed windows that start with their first request. Source: reference 1.7.

Public calls count for an address, all others for an account. The order socket draws from the same
pool as futures calls over REST.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

WINDOW_S = 30.0
_PRIVATE = (2000, 2000, 4000, 5000, 6000, 7000, 8000, 10000, 12000, 14000, 16000, 18000, 20000)
TOP_LEVEL = len(_PRIVATE) - 1
PUBLIC_LIMIT = 2000


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
        self.level = level
        self._private = _PRIVATE[level]
        self.pools: dict[tuple[str, str], Pool] = {}

    def pool(self, name: str, owner: str) -> Pool:
        """The pool of an account or, for ``Public``, of an address."""
        found = self.pools.get((name, owner))
        if found is None:
            limit = PUBLIC_LIMIT if name == "Public" else self._private
            found = self.pools[name, owner] = Pool(limit)
        return found

    def spend(
        self, name: str, owner: str, weight: int, now_s: float
    ) -> tuple[bool, dict[str, str]]:
        """Charge a request: whether it fits, and the headers to answer with."""
        pool = self.pool(name, owner)
        if now_s >= pool.ends_s:
            pool.spent, pool.ends_s = 0, now_s + WINDOW_S
        fits = pool.spent + weight <= pool.limit
        if fits:
            pool.spent += weight
        remaining = pool.limit - pool.spent if fits else 0
        headers = {
            "gw-ratelimit-limit": str(pool.limit),
            "gw-ratelimit-remaining": str(remaining),
            "gw-ratelimit-reset": str(int((pool.ends_s - now_s) * 1000)),
        }
        return fits, headers
