"""The exchange as a whole: one port, one clock, its markets and accounts. Usable inside a test."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import partial
from typing import TYPE_CHECKING, Any, final

from aiohttp import web

from terminal.simexchange.account_plans import AccountPlan, shown_account
from terminal.simexchange.auth import ApiKey, demo_key
from terminal.simexchange.clock import SimClock
from terminal.simexchange.control import PREFIX, Control
from terminal.simexchange.engine.engine import Engine
from terminal.simexchange.engine.settlements import LASTS_S
from terminal.simexchange.faults import Faults
from terminal.simexchange.keys import MAIN, NamedKey, shown_key
from terminal.simexchange.market.contracts import BUSY
from terminal.simexchange.market.world import SLEEPS_S
from terminal.simexchange.quota import Quota
from terminal.simexchange.rest.account_calls import AccountCalls
from terminal.simexchange.rest.batch_calls import BatchCalls
from terminal.simexchange.rest.deadman_calls import DeadManCalls
from terminal.simexchange.rest.funding_calls import FundingCalls
from terminal.simexchange.rest.futures_transfers import FuturesTransfers
from terminal.simexchange.rest.gateway import Gateway
from terminal.simexchange.rest.http_server import BACKLOG, MAX_BODY, HttpServer, drop
from terminal.simexchange.rest.margin_calls import MarginCalls
from terminal.simexchange.rest.market_calls import MarketCalls
from terminal.simexchange.rest.order_calls import OrderCalls
from terminal.simexchange.rest.order_queries import OrderQueries
from terminal.simexchange.rest.position_calls import PositionCalls
from terminal.simexchange.rest.series_calls import SeriesCalls
from terminal.simexchange.rest.sizing_calls import SizingCalls
from terminal.simexchange.rest.spot_calls import SpotCalls
from terminal.simexchange.rest.sub_calls import SubCalls
from terminal.simexchange.sockets.dialogue import FeedParts
from terminal.simexchange.sockets.feed import Streams
from terminal.simexchange.sockets.hub import Hub
from terminal.simexchange.sockets.limits import FeedLimits
from terminal.simexchange.sockets.order_commands import OrderCommands
from terminal.simexchange.sockets.order_socket import PATH, OrderSockets
from terminal.simexchange.switches import Switches
from terminal.simexchange.tokens import TOKEN_LIFE_S, Pings, Tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from terminal.simexchange.trading.transfers import Funding


LOOPBACK = "127.0.0.1"
STEP_S = 0.06
"""How often the busiest market acts."""
QUIET_STEP_S = 7 * STEP_S
"""How often each of the others acts; they take turns at the busiest one's instants."""
DEPTH_S = 0.12
SECOND_S = 1.0
SNAPSHOT_S = 5.0
MINUTE_S = 60.0


@final
@dataclass(frozen=True, slots=True)
class House:
    """How an exchange is set up beyond its seed and its clock.

    ``keys`` come in addition to the demo key and those of ``accounts``; ``vip_level`` is 0 to 12.
    ``caller_address`` is where all callers seem to come from, empty for where they are.
    ``funding_ms`` is the interval between settlements, None for the contracts' own; each of them
    lasts ``settlement_lasts_s``. Prices stand still for ``still_s`` at the opening.
    """

    keys: tuple[NamedKey, ...] = ()
    vip_level: int = 0
    token_life_s: float = TOKEN_LIFE_S
    switches: Switches = field(default_factory=Switches)
    pings: Pings = field(default_factory=Pings)
    funding_ms: int | None = None
    settlement_lasts_s: float = LASTS_S
    still_s: float = SLEEPS_S
    accounts: tuple[AccountPlan, ...] = ()
    caller_address: str = ""


@final
class SimExchange:
    """Start, look, misbehave, stop.

    With ``is_calm`` no market moves by itself: tests call ``step``.
    """

    port = 0
    """Where it listens; 0 before it does."""

    def __init__(
        self,
        *,
        seed: int = 7,
        is_calm: bool = False,
        clock: SimClock | None = None,
        switches: Switches | None = None,
        house: House | None = None,
    ) -> None:
        house = house or House()
        self.seed = seed
        self.clock = clock or SimClock()
        self.start_ms = self.clock.now_ms()
        self.switches = switches or house.switches
        self.faults = Faults(self.clock, seed)
        self.quota = Quota(house.vip_level)
        self.hub = Hub(self.faults, self.switches)
        self._listen()
        self.key: ApiKey = demo_key(seed)
        self.keys: dict[str, NamedKey] = {}
        """Every key by its name."""
        self.engine = Engine(seed, self.key, self.clock, self.hub, self.switches)
        self.engine.faults = self.faults
        self.keys["demo"] = NamedKey("demo", MAIN, self.key)
        self.account_names: dict[str, str] = {self.key.uid: MAIN}
        """The names of all accounts by uid, in the order in which they were opened."""
        self._let_in(house)
        self.tokens = Tokens(self.clock, seed, self.faults)
        self.tokens.life_s = house.token_life_s
        self.tokens.pings = house.pings
        parts = FeedParts(
            self.hub, self.engine.markets, self.clock, self.faults, self.switches, FeedLimits()
        )
        self._open_calls()
        self.gateway.callers.set(house.caller_address)
        self.streams = Streams(parts, self.tokens, self.gateway)
        self.control = Control(self)
        self._is_calm = is_calm
        self._dates = (0, "")
        self._runner: web.AppRunner | None = None
        self._time: asyncio.Task[None] | None = None

    def _open_calls(self) -> None:
        """Everything that answers requests, over REST and over the order socket."""
        orders = OrderCalls(self.engine, self.switches)
        batches = BatchCalls(orders, self.switches)
        self.market_calls = MarketCalls(self.engine, self.tokens, self.clock)
        routes = (
            *self.market_calls.routes(),
            *SeriesCalls(self.engine, self.clock, self.switches).routes(),
            *orders.routes(),
            *batches.routes(),
            *OrderQueries(self.engine, self.clock, self.switches).routes(),
            *AccountCalls(self.engine, self.clock, self.quota, self.switches).routes(),
            *PositionCalls(self.engine).routes(),
            *MarginCalls(self.engine).routes(),
            *SizingCalls(self.engine, self.switches).routes(),
            *DeadManCalls(self.engine, self.clock, self.switches).routes(),
            *FundingCalls(self.engine.accounts, self.faults, self.switches).routes(),
            *FuturesTransfers(self.engine.accounts, self.faults, self.switches).routes(),
            *SubCalls(self.engine.accounts, self.engine.markets).routes(),
            *SpotCalls(self.engine, self.clock).routes(),
        )
        self.gateway = Gateway(
            routes, self.engine.accounts, self.clock, self.quota, self.faults, self.switches
        )
        commands = OrderCommands(
            self.gateway, (orders, batches), self.engine.accounts, self.faults, self.switches
        )
        self.order_sockets = OrderSockets(
            commands, self.engine.accounts, self.clock, self.tokens, self.switches, self.seed
        )

    def _let_in(self, house: House) -> None:
        self.open_accounts(house.accounts)
        for key in house.keys:
            self.add_key(key)
        self._set_funding(house)
        self.engine.world.sleep(house.still_s)

    def _listen(self) -> None:
        self.faults.on_half_open = self._half_open
        self.faults.on_snapshot_lag = self._lag
        self.clock.is_held = self.hub.is_congested

    def _set_funding(self, house: House) -> None:
        if house.funding_ms is not None:
            for market in self.engine.markets.values():
                market.funding_ms = house.funding_ms
        self.engine.settlements.lasts_s = house.settlement_lasts_s

    def _lag(self, changes: int) -> None:
        for market in self.engine.markets.values():
            market.snapshot_lag = changes

    def _half_open(self, is_mute: bool) -> None:  # noqa: FBT001 - one truth, told to all
        self.hub.mute(is_mute)
        self.order_sockets.mute(is_mute=is_mute)

    def add_key(self, named: NamedKey) -> None:
        """Let a key in. Raises ``ValueError`` when another one has its name."""
        if named.name in self.keys:
            raise ValueError(f"There is a key named {named.name} already.")
        self.keys[named.name] = named
        self.engine.accounts.add(named.key)
        master, slash, _ = named.account.partition("/")
        if slash:
            self.account_names.setdefault(named.key.master_uid, master)
        self.account_names.setdefault(named.key.uid, named.account)

    def remove_key(self, name: str) -> None:
        """Delete a key; its account stays. Raises ``ValueError`` for a name there is not."""
        named = self.keys.get(name)
        if named is None:
            raise ValueError(f"There is no key named {name}.")
        del self.keys[name]
        self.engine.accounts.forget(named.key)

    def open_accounts(self, plans: Sequence[AccountPlan]) -> None:
        """Open accounts, or change those that there are: freeze them, and let their keys in.

        Raises ``ValueError`` with a sentence, and nothing has changed, for a key's name that there
        is, and for balances of an account that somebody may have used already.
        """
        accounts, is_running = self.engine.accounts, self.port > 0
        for plan in plans:
            for key in plan.keys:
                if key.name in self.keys:
                    raise ValueError(f"There is a key named {key.name} already.")
            if plan.balances is not None and is_running and plan.uid in accounts.by_uid:
                raise ValueError(f"There is an account {plan.name} already: use deposit.")
        for plan in plans:
            if plan.master_uid:
                self.account_names.setdefault(plan.master_uid, plan.name.partition("/")[0])
            accounts.open(plan.uid, plan.master_uid, plan.sub_name)
            self.account_names.setdefault(plan.uid, plan.name)
            if plan.balances is not None:
                accounts.begin_with(plan.uid, plan.balances)
            accounts.funding[plan.uid].is_frozen = plan.is_frozen
            for key in plan.keys:
                self.add_key(key)

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
        """Address of the order socket."""
        return f"ws://{LOOPBACK}:{self.port}{PATH}"

    def go_on(self, house: House) -> None:
        """After a state was restored: let in what this run asks for beyond it.

        Accounts that there are keep their money; a key of the same name is replaced.
        """
        known = self.engine.accounts.by_uid
        plans = [
            plan._replace(balances=None if plan.uid in known else plan.balances, keys=())
            for plan in house.accounts
        ]
        self.open_accounts(plans)
        for key in (*(key for plan in house.accounts for key in plan.keys), *house.keys):
            if key.name in self.keys:
                self.remove_key(key.name)
            self.add_key(key)

    def accounts(self) -> list[dict[str, Any]]:
        """All accounts, masters before their sub-accounts: their names, ids and balances."""
        return [
            shown_account(name, self.engine.accounts.funding[uid])
            for uid, name in self.account_names.items()
        ]

    def announcement(self) -> dict[str, Any]:
        """What whoever started it must know to use it."""
        return {
            "rest": self.rest,
            "ws_api": self.ws_api,
            "api_key": self.key.key,
            "secret": self.key.secret,
            "passphrase": self.key.passphrase,
            "keys": [shown_key(named) for named in self.keys.values()],
            "accounts": self.accounts(),
            "control": f"{self.rest}{PREFIX}",
            "seed": self.seed,
            "start": self.start_ms,
        }

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; port 0 takes a free one. Raises ``OSError`` when it is taken."""
        app = web.Application(client_max_size=MAX_BODY)
        app.router.add_route("GET", "/endpoint", self.streams.handle)
        app.router.add_route("GET", PATH, self.order_sockets.handle)
        self.control.add_to(app)
        http = HttpServer(self.gateway, self.clock)
        http.add_to(app)
        app.on_shutdown.append(self._end_streams)
        app.on_response_prepare.append(self._stamp)
        self._runner = http.runner(app, self._at_the_door)
        await self._runner.setup()
        site = web.TCPSite(self._runner, LOOPBACK, port, backlog=BACKLOG)
        try:
            await site.start()
        except OSError:
            await self._runner.cleanup()
            raise
        self.port = self._runner.addresses[0][1]
        self._begin()
        self._time = asyncio.get_running_loop().create_task(self.clock.run(), name="sim time")

    def _at_the_door(self, request: web.BaseRequest) -> None:
        if self.faults.refuses_connections and not request.path.startswith(f"{PREFIX}/"):
            drop(request)

    async def _stamp(self, _request: web.Request, response: web.StreamResponse) -> None:
        """Answers carry the exchange's time, not the machine's."""
        second = self.clock.now_ms() // 1000
        if self._dates[0] != second:
            self._dates = (second, formatdate(second, usegmt=True))
        response.headers["Date"] = self._dates[1]

    def _begin(self) -> None:
        if not self._is_calm:
            others = [symbol for symbol in self.engine.markets if symbol not in BUSY]
            for symbol in BUSY:
                self.clock.every(STEP_S, partial(self._act, symbol))
            for turn, symbol in enumerate(others, 1):
                act = partial(self._act, symbol)
                self.clock.every(QUIET_STEP_S, act, first_s=turn * STEP_S)
        self.clock.every(DEPTH_S, self.engine.broadcast.depth)
        self.clock.every(SECOND_S, self.engine.publish_second)
        self.clock.after(0, self.engine.broadcast.minute)
        self.clock.every(MINUTE_S, self.engine.broadcast.minute)
        self.clock.every(SNAPSHOT_S, self.engine.broadcast.snapshots)
        self.engine.settlements.start()
        self.engine.deliveries.start()

    def _act(self, symbol: str) -> None:
        if self.faults.gap_move:
            self.engine.move(symbol, self.faults.taken_move())
        else:
            self.engine.step(symbol)

    async def stop(self) -> None:
        """End all streams and stop listening."""
        if self._time is not None:
            self._time.cancel()
            with suppress(asyncio.CancelledError):
                await self._time
        self.clock.end()
        self.faults.half_open = False  # so that streams hear that they are closed
        if self._runner is not None:
            await self._runner.cleanup()

    def step(self, symbol: str, count: int = 1) -> None:
        """Let a market act so many times."""
        for _ in range(count):
            self._act(symbol)

    def drop_streams(self) -> None:
        """Close every stream connection."""
        self.hub.end_all()

    async def _end_streams(self, _app: web.Application) -> None:
        self.hub.end_all()
        self.order_sockets.end_all()
