"""The gateway's quota: one pool per kind of request, fixed windows from the first request.

Source: reference 1.7 and 1.9.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import final

WINDOW_S = 30.0
LIMITS = {"Public": 2000, "Futures": 2000, "Management": 2000}
_WEIGHTS = (
    ("GET /api/v1/contracts", "Public", 3),
    ("GET /api/v1/ticker", "Public", 2),
    ("GET /api/v1/allTickers", "Public", 5),
    ("GET /api/v1/level2/snapshot", "Public", 3),
    ("GET /api/v1/level2/depth", "Public", 5),
    ("GET /api/v1/trade/history", "Public", 5),
    ("GET /api/v1/kline/query", "Public", 3),
    ("GET /api/v1/mark-price", "Public", 3),
    ("GET /api/v1/timestamp", "Public", 2),
    ("GET /api/v1/status", "Public", 4),
    ("POST /api/v1/bullet-public", "Public", 10),
    ("POST /api/v1/bullet-private", "Futures", 10),
    ("GET /api/v1/user/api-key", "Management", 20),
    ("GET /api/ua/v1/account/mode", "Management", 20),
    ("GET /api/v1/accounts/transferable", "Management", 20),
    ("GET /api/v1/accounts", "Management", 5),
    ("POST /api/v3/accounts/universal-transfer", "Management", 4),
    ("POST /api/v1/orders", "Futures", 2),
    ("DELETE /api/v1/orders/", "Futures", 1),
    ("DELETE /api/v3/orders", "Futures", 10),
    ("DELETE /api/v1/stopOrders", "Futures", 15),
    ("GET /api/v1/stopOrders", "Futures", 6),
    ("GET /api/v1/orders/", "Futures", 5),
    ("GET /api/v1/orders", "Futures", 2),
    ("GET /api/v1/recentDoneOrders", "Futures", 5),
    ("GET /api/v1/fills", "Futures", 5),
    ("GET /api/v1/recentFills", "Futures", 3),
    ("GET /api/v1/account-overview", "Futures", 5),
)


@final
@dataclass(slots=True)
class _Pool:
    limit: int
    spent: int = 0
    ends_s: float = 0.0


@final
@dataclass(slots=True)
class Quota:
    """Counts weights; answers with the three headers of the gateway."""

    pools: dict[str, _Pool] = field(
        default_factory=lambda: {name: _Pool(limit) for name, limit in LIMITS.items()}
    )

    def spend(self, method: str, path: str, now_s: float) -> tuple[bool, dict[str, str]]:
        """Charge a request: whether it fits, and the headers to answer with."""
        pool_name, weight = weight_of(method, path)
        pool = self.pools[pool_name]
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


def weight_of(method: str, path: str) -> tuple[str, int]:
    """Pool and weight of a request; what is not listed costs 2 of Futures."""
    request = f"{method} {path}"
    for prefix, pool, weight in _WEIGHTS:
        if request.startswith(prefix):
            return pool, weight
    return "Futures", 2
