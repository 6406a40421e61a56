"""Puts the clients of one account together: REST, streams, one shared sense of time and ticks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from terminal.domain.access import Access
from terminal.exchange.account_client import AccountClient
from terminal.exchange.connect_window import ConnectWindow
from terminal.exchange.credentials import Credentials, Keys
from terminal.exchange.exchange_time import ExchangeTime, TimeKeeper
from terminal.exchange.funds_client import FundsClient
from terminal.exchange.history_client import HistoryClient
from terminal.exchange.hosts import is_loopback
from terminal.exchange.http import HttpClient
from terminal.exchange.key_check import check_key
from terminal.exchange.limiter import RateBudget
from terminal.exchange.market_client import MarketClient
from terminal.exchange.old_transfers import OldTransfers
from terminal.exchange.order_socket import OrderSocket
from terminal.exchange.permit import Permit
from terminal.exchange.permitted import PermittedTrading
from terminal.exchange.routes import ROWS, OrderRoutes
from terminal.exchange.settings_client import SettingsClient
from terminal.exchange.stream import StreamClient
from terminal.exchange.trading_client import TradingClient
from terminal.exchange.transfer_client import TransferClient
from terminal.exchange.translate import Scales

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from terminal.domain.api_key import ApiKeyFacts
    from terminal.domain.clock import Clock
    from terminal.domain.units import Symbol
    from terminal.exchange.funding_gateway import OldTransferGateway, TransferGateway
    from terminal.exchange.gateway import StreamGateway, TradingGateway
    from terminal.exchange.hosts import Hosts
    from terminal.exchange.limiter import Address
    from terminal.exchange.queries import (
        AccountCommands,
        AccountService,
        FundsQueries,
        HistoryQueries,
        MarketService,
    )
    from terminal.wire.order_socket import Operation


@final
@dataclass(frozen=True, slots=True)
class ExchangeClients:
    """All that talks to one exchange for one account; each field says what may be asked there.

    Every call of ``wire.endpoints`` that a terminal uses is behind one of them.
    """

    market: MarketService
    trading: TradingGateway
    account: AccountService
    settings: AccountCommands
    history: HistoryQueries
    funds: FundsQueries
    transfers: TransferGateway
    old_transfers: OldTransferGateway
    market_stream: StreamGateway
    account_stream: StreamGateway
    clock: Clock
    https: tuple[HttpClient, ...]
    budget: RateBudget
    keeper: TimeKeeper
    window: ConnectWindow
    """Shared by all sockets of the account: whoever connects asks it first."""
    permit: Permit
    """How far commands of ``trading`` go; raised and lowered by whoever switches trading on."""
    key_facts: Callable[[], Awaitable[ApiKeyFacts]] | None = None
    """Asks the exchange about the key, on connections of its own; None without a key."""
    scales: Scales | None = None
    """What tick sizes are known; None for clients that share none."""
    order_socket: OrderSocket | None = None
    """To be run by whoever owns the clients; orders go by REST until it is signed in."""

    async def synchronize_clock(self) -> int:
        """Measure the exchange's clock against ours and sign by it from now on.

        Half the round trip is taken off (API reference 1.3). Returns the offset in ms. Raises from
        ``exchange.errors``.
        """
        return await self.keeper.measure()

    def when_unknown(self, told: Callable[[Symbol], None]) -> None:
        """Tell of each contract that an answer or a stream names and that was never listed."""
        if self.scales is not None:
            self.scales.on_unknown = told

    async def aclose(self) -> None:
        """Close all connections."""
        for http in self.https:
            await http.aclose()


def access_to(hosts: Hosts) -> Access:
    """The most that commands may do with an account: those of real hosts are watched only."""
    is_simulated = is_loopback(hosts.account) and is_loopback(hosts.futures)
    return Access.FULL if is_simulated else Access.WATCH_ONLY


def connect(  # noqa: PLR0913 - all but the first three by name
    hosts: Hosts,
    credentials: Credentials | Keys | None,
    clock: Clock,
    *,
    access: Access = Access.FULL,
    permit: Permit | None = None,
    proxy: str = "",
    on_sent: Callable[[str, str, float], None] | None = None,
    address: Address | None = None,
) -> ExchangeClients:
    """Build the clients; nothing is sent yet.

    Trading has a connection pool of its own, so that no read can make an order wait, and so has
    history, so that no long walk makes the present wait. ``on_sent`` is told when the bytes of a
    trading request were written. Without full ``access`` nothing that changes the account can be
    sent; without credentials the access is to market data, and accounts of real hosts are watched
    only: no money is moved and no setting changed there. Orders, and the timer that cancels them,
    go as far as a ``permit`` allows at the time, to real hosts, too; without one as far as the
    access does. ``proxy`` is used for hosts that are not on loopback, empty for what the
    environment says. All share one rate budget; ``address`` is what other accounts of this machine
    share with it. The order socket is built when there is an address and something may ever be
    sent; ``Keys`` may name a key of its own for it.
    """
    keys = Keys(credentials) if isinstance(credentials, Credentials) else credentials
    secrets = None if keys is None else keys.rest
    if keys is None:
        access = Access.MARKET_DATA
    elif access is Access.FULL:
        access = access_to(hosts)
    if permit is None or access is Access.MARKET_DATA:
        permit = Permit(access)
    scales = Scales()
    budget, exchange_time = RateBudget(address), ExchangeTime(clock)
    window = ConnectWindow()

    def client(
        host: str,
        signer: Credentials | None,
        told: Callable[[str, str, float], None] | None = None,
    ) -> HttpClient:
        return HttpClient(
            host,
            clock,
            signer,
            on_sent=told,
            proxy=proxy,
            budget=budget,
            exchange_time=exchange_time,
            is_patient=True,
        )

    public = client(hosts.futures, None)
    reading = client(hosts.futures, secrets)
    history = client(hosts.futures, secrets)
    trading = client(hosts.futures, secrets, on_sent)
    funding = client(hosts.account, secrets)
    market = MarketClient(public, scales, None if secrets is None else reading)
    keeper = TimeKeeper(exchange_time, clock, market.server_time)
    https = (public, reading, history, trading, funding)
    for http in https:
        http.keeper = keeper
    socket: OrderSocket | None = None
    if keys is not None and hosts.orders and permit.most is Access.FULL:
        signer = keys.orders or keys.rest
        socket = OrderSocket(
            hosts.orders, signer, clock, proxy=proxy, exchange_time=exchange_time, window=window
        )
        socket.on_sent = None if on_sent is None else _as_requests(on_sent)
    routes = OrderRoutes(trading, clock, socket, budget)
    inner = TradingClient(trading, scales, routes)
    return ExchangeClients(
        market=market,
        trading=_permitted(inner, permit),
        account=AccountClient(reading, scales),
        settings=SettingsClient(reading, access.no_changes, access.no_transfers),
        history=HistoryClient(history, scales),
        funds=FundsClient(funding, permit),
        transfers=TransferClient(funding, access.no_transfers),
        old_transfers=OldTransfers(reading, access.no_transfers),
        market_stream=StreamClient(public, clock, scales, is_private=False, proxy=proxy),
        account_stream=StreamClient(reading, clock, scales, is_private=True, proxy=proxy),
        clock=clock,
        https=https,
        budget=budget,
        keeper=keeper,
        window=window,
        permit=permit,
        key_facts=_key_facts(hosts, secrets, clock, proxy, budget),
        scales=scales,
        order_socket=socket,
    )


def _permitted(inner: TradingClient, permit: Permit) -> TradingGateway:
    """Whoever may ever send everything is asked nothing on the way."""
    is_bound = permit.access is not Access.FULL or permit.most is not permit.access
    return PermittedTrading(inner, permit) if is_bound else inner


def _key_facts(
    hosts: Hosts,
    credentials: Credentials | None,
    clock: Clock,
    proxy: str,
    budget: RateBudget,
) -> Callable[[], Awaitable[ApiKeyFacts]] | None:
    if credentials is None:
        return None

    async def ask() -> ApiKeyFacts:
        facts, _ = await check_key(hosts, credentials, clock, proxy, budget=budget)
        return facts

    return ask


def _as_requests(on_sent: Callable[[str, str, float], None]) -> Callable[[Operation, float], None]:
    """Tell of what goes over the socket by the names of the same calls by REST."""

    def told(operation: Operation, at_s: float) -> None:
        row = ROWS[operation]
        on_sent(row.method, row.path, at_s)

    return told
