"""The exchange as a whole: one port, one market clock, one account. Usable inside a test's loop."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, final

from aiohttp import web

from terminal.simexchange.auth import ApiKey, demo_key
from terminal.simexchange.clock import SimClock
from terminal.simexchange.engine.engine import Engine
from terminal.simexchange.faults import Faults
from terminal.simexchange.market.contracts import BUSY
from terminal.simexchange.quota import Quota
from terminal.simexchange.rest.account_calls import AccountCalls
from terminal.simexchange.rest.funding_calls import FundingCalls
from terminal.simexchange.rest.gateway import Gateway
from terminal.simexchange.rest.http_server import MAX_BODY, HttpServer
from terminal.simexchange.rest.market_calls import MarketCalls
from terminal.simexchange.rest.order_calls import OrderCalls
from terminal.simexchange.sockets.dialogue import FeedParts
from terminal.simexchange.sockets.feed import Streams
from terminal.simexchange.sockets.hub import Hub
from terminal.simexchange.sockets.limits import FeedLimits
from terminal.simexchange.switches import Switches
from terminal.simexchange.tokens import Tokens

if TYPE_CHECKING:
    from terminal.simexchange.trading.transfers import Funding

LOOPBACK = "127.0.0.1"
STEP_S = 0.06
"""How often the busiest market acts; the others take turns, one at each step."""
DEPTH_S = 0.12
SECOND_S = 1.0
SNAPSHOT_S = 5.0
MINUTE_S = 60.0


@final
class SimExchange:
    """Start, look, misbehave, stop.

    With ``is_calm`` no market moves by itself: tests call ``step``.
    """

    def __init__(
        self,
        *,
        seed: int = 7,
        is_calm: bool = False,
        clock: SimClock | None = None,
        switches: Switches | None = None,
    ) -> None:
        self.clock = clock or SimClock()
        self.switches = switches or Switches()
        self.faults = Faults()
        self.quota = Quota()
        self.hub = Hub(self.faults, self.switches)
        self.key: ApiKey = demo_key(seed)
        self.engine = Engine(seed, self.key, self.clock, self.hub, self.switches)
        self.tokens = Tokens(self.clock)
        parts = FeedParts(
            self.hub, self.engine.markets, self.clock, self.faults, self.switches, FeedLimits()
        )
        self.streams = Streams(parts, self.tokens)
        routes = (
            *MarketCalls(self.engine, self.tokens, self.clock).routes(),
            *OrderCalls(self.engine).routes(),
            *AccountCalls(self.engine).routes(),
            *FundingCalls(self.engine.accounts).routes(),
        )
        self.gateway = Gateway(
            routes, self.engine.accounts, self.clock, self.quota, self.faults, self.switches
        )
        self._is_calm = is_calm
        self._turn = 0
        self._runner: web.AppRunner | None = None
        self._time: asyncio.Task[None] | None = None
        self.port = 0

    @property
    def funding(self) -> Funding:
        """The funding side of the first account."""
        return self.engine.accounts.funding[self.key.uid]

    @property
    def rest(self) -> str:
        """Base address of all REST calls."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def ws_api(self) -> str:
        """Address reserved for the order socket, which answers 404 for now."""
        return f"ws://{LOOPBACK}:{self.port}/v1/private"

    def announcement(self) -> dict[str, Any]:
        """What whoever started it must know to use it."""
        return {
            "rest": self.rest,
            "ws_api": self.ws_api,
            "api_key": self.key.key,
            "secret": self.key.secret,
            "passphrase": self.key.passphrase,
        }

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; port 0 takes a free one. Raises ``OSError`` when it is taken."""
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_route("GET", "/endpoint", self.streams.handle)
        HttpServer(self.gateway, self.clock).add_to(app)
        app.on_shutdown.append(self._end_streams)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, LOOPBACK, port)
        try:
            await site.start()
        except OSError:
            await self._runner.cleanup()
            raise
        self.port = self._runner.addresses[0][1]
        self._begin()
        self._time = asyncio.get_running_loop().create_task(self.clock.run(), name="sim time")

    def _begin(self) -> None:
        if not self._is_calm:
            self.clock.every(STEP_S, self._step_markets)
        self.clock.every(DEPTH_S, self.engine.broadcast.depth)
        self.clock.every(SECOND_S, self.engine.publish_second)
        self.clock.after(0, self.engine.broadcast.minute)
        self.clock.every(MINUTE_S, self.engine.broadcast.minute)
        self.clock.every(SNAPSHOT_S, self.engine.broadcast.snapshots)
        self.engine.settlements.start()

    def _step_markets(self) -> None:
        for symbol in BUSY:
            self.engine.step(symbol)
        others = [symbol for symbol in self.engine.markets if symbol not in BUSY]
        self._turn += 1
        self.engine.step(others[self._turn % len(others)])

    async def stop(self) -> None:
        """End all streams and stop listening."""
        if self._time is not None:
            self._time.cancel()
            with suppress(asyncio.CancelledError):
                await self._time
        self.clock.end()
        if self._runner is not None:
            await self._runner.cleanup()

    def step(self, symbol: str, count: int = 1) -> None:
        """Let a market act so many times."""
        for _ in range(count):
            self.engine.step(symbol)

    def drop_streams(self) -> None:
        """Close every stream connection."""
        self.hub.end_all()

    async def _end_streams(self, _app: web.Application) -> None:
        self.hub.end_all()
