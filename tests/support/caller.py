"""A signed client of the gateway without a socket: one call, one answer, no waiting."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any, final

from terminal.simexchange.clock import SimClock
from terminal.simexchange.keys import read_key
from terminal.simexchange.rest.gateway import Request
from terminal.simexchange.server import SimExchange
from terminal.simexchange.switches import Switches

if TYPE_CHECKING:
    from terminal.simexchange.auth import ApiKey
    from terminal.simexchange.rest.gateway import Answer

START_MS = 1_760_000_000_000
SYMBOL = "XBTUSDTM"


@final
class Caller:
    """A calm exchange whose time stands still, and its first account's key."""

    def __init__(self, start_ms: int = START_MS, **switches: str) -> None:
        self.clock = SimClock(start_ms=start_ms, speed=0)
        self.exchange = SimExchange(is_calm=True, clock=self.clock, switches=Switches(**switches))
        self.engine = self.exchange.engine
        self.account = self.engine.account
        self._placed = 0

    def new_key(self, text: str) -> ApiKey:
        """One more key, written as on the command line."""
        named = read_key(text, self.exchange.seed)
        self.exchange.add_key(named)
        return named.key

    def call(
        self, method: str, target: str, body: Any = None, key: ApiKey | None = None
    ) -> tuple[int, dict[str, Any]]:
        """HTTP status and envelope; signed by the first account's key unless told otherwise."""
        answer = self._answer(method, target, body, key)
        return answer.status, json.loads(answer.body)

    def raw(self, target: str, key: ApiKey | None = None) -> bytes:
        """The bytes that a read is answered."""
        return self._answer("GET", target, None, key).body

    def _answer(self, method: str, target: str, body: Any, key: ApiKey | None) -> Answer:
        text = "" if body is None else json.dumps(body)
        key, stamp = key or self.exchange.key, str(self.clock.now_ms())
        headers = {
            "KC-API-KEY": key.key,
            "KC-API-TIMESTAMP": stamp,
            "KC-API-SIGN": _sign(key.secret, stamp + method + target + text),
            "KC-API-PASSPHRASE": _sign(key.secret, key.passphrase),
            "KC-API-KEY-VERSION": str(key.version),
            "Content-Type": "application/json",
        }
        self.exchange.quota.pools.clear()
        return self.exchange.gateway.answer(Request(method, target, headers, text.encode()))

    def place(self, symbol: str = SYMBOL, **more: Any) -> str:
        """Place an order, a market buy of one lot unless told otherwise; returns its id."""
        self._placed += 1
        body = {
            "clientOid": f"o-{self._placed}",
            "symbol": symbol,
            "side": "buy",
            "type": "limit" if "price" in more else "market",
            "size": 1,
            "leverage": 5,
            **more,
        }
        placed: str = self.data("/api/v1/orders", "POST", body)["orderId"]
        return placed

    def low(self, symbol: str = SYMBOL, ticks: int = 1000) -> str:
        """A price so many ticks below the last trade: a bid there rests."""
        market = self.engine.markets[symbol]
        return market.spec.text(market.last - ticks)

    def high(self, symbol: str = SYMBOL, ticks: int = 1000) -> str:
        """A price so many ticks above the last trade: an offer there rests."""
        return self.low(symbol, -ticks)

    def data(
        self, target: str, method: str = "GET", body: Any = None, key: ApiKey | None = None
    ) -> Any:
        """What a call that succeeds answers."""
        status, answer = self.call(method, target, body, key)
        assert (status, answer["code"]) == (200, "200000"), answer
        return answer["data"]

    def code(
        self, target: str, method: str = "GET", body: Any = None, key: ApiKey | None = None
    ) -> tuple[int, str]:
        """HTTP status and code of a call that is refused."""
        status, answer = self.call(method, target, body, key)
        assert set(answer) == {"code", "msg"}, answer
        return status, answer["code"]

    def spent(
        self, target: str, method: str = "GET", body: Any = None, key: ApiKey | None = None
    ) -> tuple[str, int]:
        """Which pool a call draws from, and how much."""
        self.call(method, target, body, key)
        ((name, pool),) = self.exchange.quota.pools.items()
        return name[0], pool.spent


def _sign(secret: str, text: str) -> str:
    mac = hmac.new(secret.encode(), text.encode(), hashlib.sha256)
    return base64.b64encode(mac.digest()).decode()
