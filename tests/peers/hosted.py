"""The simulated exchange in a thread of its own.

Programs that block, or that bring threads and loops of their own, meet it over loopback as they
would meet any exchange, while the test may look inside.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, final
from urllib.parse import urlencode

from terminal.simexchange.clock import SimClock
from terminal.simexchange.rest.gateway import Request
from terminal.simexchange.server import SimExchange
from tests.support.deadlines import STRETCH
from tests.support.stranger import _sign

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from terminal.simexchange.trading.account import Account

T = TypeVar("T")
WAIT_S = 10.0
SYMBOL = "XBTUSDTM"


@final
class Hosted:
    """An exchange that runs until ``close``; the markets move by themselves.

    Its time is the time outside, or begins at ``start_ms``.
    """

    def __init__(self, start_ms: int | None = None) -> None:
        self._ready = threading.Event()
        self._start_ms = start_ms
        self._thread = threading.Thread(target=self._run, name="exchange", daemon=True)
        self._thread.start()
        assert self._ready.wait(WAIT_S * STRETCH), "the exchange did not start"

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._exchange = SimExchange(clock=SimClock(start_ms=self._start_ms))
        await self._exchange.start()
        self.address = self._exchange.rest
        self.key = self._exchange.key
        self._ready.set()
        await self._ended.wait()
        await self._exchange.stop()

    def close(self) -> None:
        """Stop the exchange and its thread."""
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(WAIT_S * STRETCH)
        assert not self._thread.is_alive(), "the exchange did not end"

    def do(self, action: Callable[[SimExchange], T]) -> T:
        """What an action on the exchange returns, done in the exchange's own thread."""

        async def act() -> T:
            return action(self._exchange)

        return asyncio.run_coroutine_threadsafe(act(), self._loop).result(WAIT_S * STRETCH)

    def of_account(self, action: Callable[[Account], T]) -> T:
        """The same of the account whose key everybody here uses."""
        return self.do(lambda exchange: action(exchange.engine.accounts.of(exchange.key)))

    def ask(self, path: str, **query: object) -> Any:
        """The raw data of a signed GET, past all sockets."""
        status, answer = self.call("GET", path, query)
        assert (status, answer["code"]) == (200, "200000"), answer
        return answer["data"]

    def call(
        self, method: str, path: str, query: dict[str, object] | None = None, body: Any = None
    ) -> tuple[int, dict[str, Any]]:
        """Status and raw answer of a signed request."""
        target = f"{path}?{urlencode(query)}" if query else path
        text = "" if body is None else json.dumps(body)

        def answered(exchange: SimExchange) -> tuple[int, dict[str, Any]]:
            key, stamp = exchange.key, str(exchange.clock.now_ms())
            headers = {
                "KC-API-KEY": key.key,
                "KC-API-TIMESTAMP": stamp,
                "KC-API-SIGN": _sign(key.secret, stamp + method + target + text),
                "KC-API-PASSPHRASE": _sign(key.secret, key.passphrase),
                "Content-Type": "application/json",
            }
            request = Request(method, target, headers, text.encode(), "192.0.2.1")
            spent = [(pool, pool.spent) for pool in exchange.quota.pools.values()]
            answer = exchange.gateway.answer(request)
            for pool, before in spent:
                pool.spent = before  # whoever looks on spends nothing of what the program has
            return answer.status, json.loads(answer.body)

        return self.do(answered)

    def is_heard(self, topic: str) -> bool:
        """Does any connection listen to a topic? Private ones may be kept with their account."""

        def is_heard(exchange: SimExchange) -> bool:
            names = (name for one in exchange.hub.listeners for name in one.topics)
            return any(name.partition("@")[0] == topic for name in names)

        return self.do(is_heard)

    def asked(self, call: str) -> int:
        """How often anybody asked for a method and path."""
        return self.do(lambda exchange: exchange.gateway.calls.get(call, 0))

    @contextmanager
    def still(self) -> Iterator[None]:
        """Time stands still, so that nothing moves while two views are compared."""

        def stop(exchange: SimExchange) -> float:
            exchange.clock.speed = 0.0
            return exchange.clock.monotonic_s()

        since_s, before_s = self.do(stop), time.monotonic()
        try:
            yield
        finally:
            lag_s = time.monotonic() - before_s

            def go_on(exchange: SimExchange) -> None:
                passed_s = exchange.clock.monotonic_s() - since_s
                exchange.clock.advance(max(0.0, lag_s - passed_s))
                exchange.clock.speed = 1.0

            self.do(go_on)

    def touch(self, symbol: str = SYMBOL) -> tuple[float, float]:
        """Best bid and best ask."""
        book = self.ask("/api/v1/level2/depth20", symbol=symbol)
        return book["bids"][0][0], book["asks"][0][0]

    def far_bid(self, symbol: str = SYMBOL) -> float:
        """A price that is accepted and will not be met within a test: some percent below."""
        return round(self.touch(symbol)[0] * 0.97, 1)


def wait_until(condition: Callable[[], object], what: str, seconds: float = WAIT_S) -> None:
    """Wait in a plain thread until a condition holds; fail with what was waited for."""
    deadline = time.monotonic() + seconds * STRETCH
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come within {seconds} s"
        pause.wait(0.01)
