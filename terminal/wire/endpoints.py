"""Every REST call of a futures terminal as one row: where it goes, what it costs, what it does.

Source: API reference 2 to 4 for the calls, 1.9 for pools and weights. A call that is not listed is
taken for dear and for one that must never be sent twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import NamedTuple, cast

UNKNOWN_WEIGHT = 20
"""What a call that is not listed is charged: as much as the dearest usual one (our choice)."""


class Pool(Enum):
    """A quota of the exchange. ``PUBLIC`` counts per address, the others per account."""

    PUBLIC = "Public"
    FUTURES = "Futures"
    MANAGEMENT = "Management"
    SPOT = "Spot"
    UNIFIED = "Unified"


class Host(Enum):
    """Which of the two REST hosts answers (API reference 1.1)."""

    FUTURES = "futures"
    ACCOUNT = "account"


class Effect(Enum):
    """What a call does to the account; it decides who goes first and what may be asked again."""

    READ = "read"
    """Changes nothing."""
    CANCEL = "cancel"
    """Takes away orders that it names: asking twice does what asking once does."""
    CANCEL_ALL = "cancel all"
    """Takes away whatever is there: asked again later it would also take what came since."""
    ORDER = "order"
    TRANSFER = "transfer"
    """Moves money, between accounts or into a position."""
    SETTING = "setting"
    """Changes how the account or a contract trades; some cancel orders by the way."""


class Endpoint(NamedTuple):
    """One REST call. ``path`` may hold ``{names}``; ``weight`` is what ``pool`` is charged."""

    method: str
    path: str
    pool: Pool
    weight: int
    effect: Effect = Effect.READ
    host: Host = Host.FUTURES

    @property
    def is_signed(self) -> bool:
        """Whether it takes a key: all calls but the public ones."""
        return self.pool is not Pool.PUBLIC


def _reads(pool: Pool, host: Host, *rows: tuple[str, int]) -> list[Endpoint]:
    return [Endpoint("GET", path, pool, weight, Effect.READ, host) for path, weight in rows]


_F, _M = Pool.FUTURES, Pool.MANAGEMENT

ENDPOINTS: tuple[Endpoint, ...] = (
    # Market data: reference 2.
    *_reads(
        Pool.PUBLIC,
        Host.FUTURES,
        ("/api/v1/contracts/active", 3),
        ("/api/v1/contracts/{symbol}", 3),
        ("/api/v1/ticker", 2),
        ("/api/v1/allTickers", 5),
        ("/api/v1/level2/snapshot", 3),
        ("/api/v1/level2/depth20", 5),
        ("/api/v1/level2/depth100", 5),
        ("/api/v1/trade/history", 5),
        ("/api/v1/kline/query", 3),
        ("/api/v1/mark-price/{symbol}/current", 3),
        ("/api/v1/index/query", 2),
        ("/api/v1/interest/query", 5),
        ("/api/v1/premium/query", 3),
        ("/api/v1/timestamp", 2),
        ("/api/v1/status", 4),
        ("/api/v1/funding-rate/{symbol}/current", 2),
        ("/api/v1/contract/funding-rates", 5),
        ("/api/v1/contracts/risk-limit/{symbol}", 5),
    ),
    # Tokens of streams: reference 5.1. A token changes nothing.
    Endpoint("POST", "/api/v1/bullet-public", Pool.PUBLIC, 10),
    Endpoint("POST", "/api/v1/bullet-private", _F, 10),
    # Account and trading, reading: reference 3.
    *_reads(
        _F,
        Host.FUTURES,
        ("/api/v1/trade-statistics", 3),
        ("/api/v1/account-overview", 5),
        ("/api/v1/account-overview-all", 6),
        ("/api/v1/transaction-history", 2),
        ("/api/v1/orders", 2),
        ("/api/v1/stopOrders", 6),
        ("/api/v1/orders/{orderId}", 5),
        ("/api/v1/orders/byClientOid", 5),
        ("/api/v1/recentDoneOrders", 5),
        ("/api/v1/openOrderStatistics", 10),
        ("/api/v1/fills", 5),
        ("/api/v1/recentFills", 3),
        ("/api/v1/position", 2),
        ("/api/v2/position", 2),
        ("/api/v1/positions", 2),
        ("/api/v1/history-positions", 2),
        ("/api/v2/position/getMarginMode", 2),
        ("/api/v2/getCrossUserLeverage", 2),
        ("/api/v2/position/getPositionMode", 2),
        ("/api/v2/getMaxOpenSize", 2),
        ("/api/v2/batchGetCrossOrderLimit", 2),
        ("/api/v2/getCrossModeMarginRequirement", 3),
        ("/api/v1/margin/maxWithdrawMargin", 10),
        ("/api/v1/funding-history", 5),
        ("/api/v1/trade-fees", 3),
    ),
    # Which verb it takes is not established (reference 11).
    Endpoint("POST", "/api/v2/getCrossModeMarginRequirement", _F, 3),
    # Orders: reference 3.3 and 3.4. A tested order is none.
    Endpoint("POST", "/api/v1/orders", _F, 2, Effect.ORDER),
    Endpoint("POST", "/api/v1/orders/test", _F, 2),
    Endpoint("POST", "/api/v1/st-orders", _F, 2, Effect.ORDER),
    Endpoint("POST", "/api/v1/orders/multi", _F, 20, Effect.ORDER),
    Endpoint("DELETE", "/api/v1/orders/{orderId}", _F, 1, Effect.CANCEL),
    Endpoint("DELETE", "/api/v1/orders/client-order/{clientOid}", _F, 1, Effect.CANCEL),
    Endpoint("DELETE", "/api/v1/orders/multi-cancel", _F, 20, Effect.CANCEL),
    Endpoint("DELETE", "/api/v3/orders", _F, 10, Effect.CANCEL_ALL),
    Endpoint("DELETE", "/api/v1/orders", _F, 800, Effect.CANCEL_ALL),
    Endpoint("DELETE", "/api/v1/stopOrders", _F, 15, Effect.CANCEL_ALL),
    # Positions: reference 3.9, 3.10 and 3.12.
    Endpoint("POST", "/api/v2/position/changeMarginMode", _F, 2, Effect.SETTING),
    Endpoint("POST", "/api/v2/position/batchChangeMarginMode", _F, 2, Effect.SETTING),
    Endpoint("POST", "/api/v2/changeCrossUserLeverage", _F, 2, Effect.SETTING),
    Endpoint("POST", "/api/v2/position/switchPositionMode", _F, 2, Effect.SETTING),
    Endpoint("POST", "/api/v1/position/margin/auto-deposit-status", _F, 4, Effect.SETTING),
    Endpoint("POST", "/api/v1/position/risk-limit-level/change", _F, 5, Effect.SETTING),
    Endpoint("POST", "/api/v1/position/margin/deposit-margin", _F, 4, Effect.TRANSFER),
    Endpoint("POST", "/api/v1/margin/withdrawMargin", _F, 10, Effect.TRANSFER),
    # Accounts and transfers: reference 4.
    *_reads(
        _M,
        Host.ACCOUNT,
        ("/api/v1/accounts/transferable", 20),
        ("/api/v1/accounts", 5),
        ("/api/v1/accounts/{accountId}", 5),
        ("/api/v2/user-info", 20),
        ("/api/v1/user/api-key", 20),
        ("/api/v2/sub/user", 20),
        ("/api/v2/sub-accounts", 20),
        ("/api/v1/sub-accounts/{subUserId}", 15),
    ),
    Endpoint("GET", "/api/v1/transfer-list", _M, 20),
    Endpoint("POST", "/api/v3/accounts/universal-transfer", _M, 4, Effect.TRANSFER, Host.ACCOUNT),
    Endpoint("POST", "/api/v2/accounts/sub-transfer", _M, 30, Effect.TRANSFER, Host.ACCOUNT),
    Endpoint("POST", "/api/v2/accounts/inner-transfer", _M, 10, Effect.TRANSFER, Host.ACCOUNT),
    Endpoint("POST", "/api/v3/transfer-out", _M, 20, Effect.TRANSFER),
    Endpoint("POST", "/api/v1/transfer-in", _M, 20, Effect.TRANSFER),
    # Of unified accounts: reference 3.14 and 3.15. Their weights are not stated; 5 is our guess.
    *_reads(
        Pool.UNIFIED, Host.ACCOUNT, ("/api/ua/v1/account/mode", 5), ("/api/ua/v1/dcp/query", 5)
    ),
    Endpoint("POST", "/api/ua/v1/dcp/set", Pool.UNIFIED, 5, Effect.SETTING, Host.ACCOUNT),
)
"""One row per call."""

_EXACT = {(row.method, row.path): row for row in ENDPOINTS if "{" not in row.path}
_PATTERNS = [
    (row.method, row.path.split("/"), row) for row in ENDPOINTS if "{" in row.path
]  # fmt: skip


def endpoint(method: str, path: str) -> Endpoint:
    """The row of a call; ``path`` is without a query. Never fails: what is not listed is guessed.

    The guess charges much and allows nothing to be sent twice but a GET.
    """
    return listed(method, path) or _guess(method, path)


def listed(method: str, path: str) -> Endpoint | None:
    """The row of a call, None when there is none. Names in a path beat its parameters."""
    row = _EXACT.get((method, path))
    if row is not None:
        return row
    parts = path.split("/")
    for verb, pattern, candidate in _PATTERNS:
        if verb == method and len(pattern) == len(parts) and _fits(pattern, parts):
            return candidate
    return None


def closes(body: object) -> bool:
    """Whether an order's body, or each of a batch, can only make a position smaller."""
    if not isinstance(body, Sequence):
        return _is_closing(body)
    orders = cast("Sequence[object]", body)
    return bool(orders) and all(_is_closing(one) for one in orders)


def _is_closing(body: object) -> bool:
    if not isinstance(body, Mapping):
        return False
    order = cast("Mapping[str, object]", body)
    return order.get("closeOrder") is True or order.get("reduceOnly") is True


def _fits(pattern: list[str], parts: list[str]) -> bool:
    return all(
        wanted == part or (wanted.startswith("{") and part)
        for wanted, part in zip(pattern, parts, strict=True)
    )


def _guess(method: str, path: str) -> Endpoint:
    pool = Pool.UNIFIED if path.startswith("/api/ua/") else Pool.FUTURES
    effect = Effect.READ if method == "GET" else Effect.ORDER
    return Endpoint(method, path, pool, UNKNOWN_WEIGHT, effect)
