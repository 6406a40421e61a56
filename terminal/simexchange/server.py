"""The exchange as a whole: one port, one market clock, one account. Usable inside a test's loop."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, final

from aiohttp import web

from terminal.simexchange.auth import ApiKey, Refused, demo_key
from terminal.simexchange.clock import SimClock
from terminal.simexchange.contracts import BUSY
from terminal.simexchange.engine import Engine
from terminal.simexchange.faults import Faults
from terminal.simexchange.funding_routes import FundingRoutes
from terminal.simexchange.http_server import RestRoutes, refusal
from terminal.simexchange.hub import Hub
from terminal.simexchange.quota import Quota
from terminal.simexchange.transfers import Funding
from terminal.simexchange.ws_server import Streams

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LOOPBACK = "127.0.0.1"
STEP_S = 0.06
"""How often the busiest market acts; the others take turns, one at each step."""
DEPTH_BEATS = 2
SECOND_BEATS = 16
MINUTE_BEATS = 1000


@final
class SimExchange:
    """Start, look, misbehave, stop.

    With ``is_calm`` no market moves by itself: tests call ``step``.
    """

    def __init__(self, *, seed: int = 7, is_calm: bool = False) -> None:
        self.clock = SimClock()
        self.faults = Faults()
        self.quota = Quota()
        self.hub = Hub(self.faults)
        self.key: ApiKey = demo_key(seed)
        self.engine = Engine(seed, self.key, self.clock, self.hub)
        self.funding = Funding(self.engine.account, self.clock, self.engine.wallet_changed)
        self.streams = Streams(self.engine, self.hub, self.clock, self.faults)
        self.routes = RestRoutes(self.engine, self.streams, self.clock, self.faults, self.quota)
        self._is_calm = is_calm
        self._runner: web.AppRunner | None = None
        self._pulse: asyncio.Task[None] | None = None
        self.port = 0

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
        app = web.Application(middlewares=[_not_found])
        self.routes.add_to(app, FundingRoutes(self.funding).rows())
        app.router.add_route("GET", "/endpoint", self.streams.handle)
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
        self._pulse = asyncio.get_running_loop().create_task(self._beat(), name="sim pulse")

    async def stop(self) -> None:
        """End all streams and stop listening."""
        if self._pulse is not None:
            self._pulse.cancel()
            with suppress(asyncio.CancelledError):
                await self._pulse
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

    async def _beat(self) -> None:
        beat = 0
        others = [symbol for symbol in self.engine.markets if symbol not in BUSY]
        while True:
            await asyncio.sleep(STEP_S)
            beat += 1
            if not self._is_calm:
                for symbol in BUSY:
                    self.engine.step(symbol)
                self.engine.step(others[beat % len(others)])
            if beat % DEPTH_BEATS == 0:
                self.engine.publish_depth()
            if beat % SECOND_BEATS == 0:
                self.engine.publish_second()
            if beat % MINUTE_BEATS == 1:
                self.engine.publish_minute()


@web.middleware
async def _not_found(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPNotFound:
        return refusal(Refused("404000", "URL not found", 404))
    except web.HTTPMethodNotAllowed:
        return refusal(Refused("404000", "Method not allowed", 405))
