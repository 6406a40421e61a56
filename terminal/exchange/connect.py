"""Puts the clients of one account together: REST, streams, one shared sense of time and ticks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from terminal.domain.access import Access
from terminal.exchange.account_client import AccountClient
from terminal.exchange.hosts import is_loopback
from terminal.exchange.http import HttpClient
from terminal.exchange.market_client import MarketClient
from terminal.exchange.stream import StreamClient
from terminal.exchange.trading_client import TradingClient
from terminal.exchange.transfer_client import TransferClient
from terminal.exchange.translate import Scales
from terminal.exchange.watch_only import WatchOnlyTrading

if TYPE_CHECKING:
    from collections.abc import Callable

    from terminal.domain.clock import Clock
    from terminal.exchange.credentials import Credentials
    from terminal.exchange.funding_gateway import TransferGateway
    from terminal.exchange.gateway import (
        AccountGateway,
        MarketGateway,
        StreamGateway,
        TradingGateway,
    )
    from terminal.exchange.hosts import Hosts

NO_TRANSFERS = "Transfers are off: this version moves no money of real accounts."
"""Our choice: only the simulated exchange, which is always on this machine, moves money so far."""


@final
@dataclass(frozen=True, slots=True)
class ExchangeClients:
    """All that talks to one exchange for one account."""

    market: MarketGateway
    trading: TradingGateway
    account: AccountGateway
    transfers: TransferGateway
    market_stream: StreamGateway
    account_stream: StreamGateway
    clock: Clock
    https: tuple[HttpClient, ...]

    async def synchronize_clock(self) -> int:
        """Measure the exchange's clock against ours and sign by it from now on.

        Half the round trip is taken off (API reference 1.3). Returns the offset in ms. Raises from
        ``exchange.errors``.
        """
        before_ms = self.clock.now_ms()
        theirs_ms = await self.market.server_time()
        after_ms = self.clock.now_ms()
        offset_ms = theirs_ms - (before_ms + after_ms) // 2
        for http in self.https:
            http.offset_ms = offset_ms
        return offset_ms

    async def aclose(self) -> None:
        """Close all connections."""
        for http in self.https:
            await http.aclose()


def connect(
    hosts: Hosts,
    credentials: Credentials | None,
    clock: Clock,
    *,
    access: Access = Access.FULL,
    proxy: str = "",
    on_sent: Callable[[str, str, float], None] | None = None,
) -> ExchangeClients:
    """Build the clients; nothing is sent yet.

    Trading has a connection pool of its own, so that no read can make an order wait. ``on_sent``
    is told when the bytes of a trading request were written. Without full ``access`` nothing that
    changes the account can be sent; without credentials the access is to market data. ``proxy`` is
    used for hosts that are not on loopback, empty for what the environment says. Money of real
    hosts is never moved.
    """
    if credentials is None:
        access = Access.MARKET_DATA
    scales = Scales()
    public = HttpClient(hosts.futures, clock, proxy=proxy)
    reading = HttpClient(hosts.futures, clock, credentials, proxy=proxy)
    trading = HttpClient(hosts.futures, clock, credentials, on_sent=on_sent, proxy=proxy)
    funding = HttpClient(hosts.account, clock, credentials, proxy=proxy)
    gateway: TradingGateway = TradingClient(trading, scales)
    if access is not Access.FULL:
        gateway = WatchOnlyTrading(gateway, access)
    no_transfers = access.no_transfers or ("" if is_loopback(hosts.account) else NO_TRANSFERS)
    return ExchangeClients(
        market=MarketClient(public, scales, None if credentials is None else reading),
        trading=gateway,
        account=AccountClient(reading, scales),
        transfers=TransferClient(funding, no_transfers),
        market_stream=StreamClient(public, clock, scales, is_private=False, proxy=proxy),
        account_stream=StreamClient(reading, clock, scales, is_private=True, proxy=proxy),
        clock=clock,
        https=(public, reading, trading, funding),
    )
