"""Every call of the table is made by something that ``connect`` hands out, and by nothing else.

All methods of all clients are called with plausible arguments on the simulated exchange, which sees
what comes. Not in the table are the calls of unified accounts' own trading (reference 3.15) and
those that are gone (reference 3.14 and 4).
"""

from __future__ import annotations

import asyncio
import inspect
from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from terminal.domain.access import (
    NO_REAL_CHANGES,
    NO_REAL_TRANSFERS,
    WATCH_ONLY_REASON,
    Access,
)
from terminal.domain.candles import CandleInterval
from terminal.domain.errors import TernError
from terminal.domain.events import MarginMode, PositionMode
from terminal.domain.transfer import AccountKind
from terminal.domain.units import ClientOid, ExactPrice, Money, OrderId
from terminal.exchange import funding_gateway, gateway, queries
from terminal.exchange.connect import ExchangeClients, connect
from terminal.exchange.credentials import Credentials
from terminal.exchange.errors import ProtocolError
from terminal.exchange.hosts import ORDER_SOCKETS, Hosts
from terminal.exchange.key_check import check_key
from terminal.exchange.outcome import NotSent
from terminal.exchange.paging import Walk
from terminal.exchange.permit import Permit
from terminal.simexchange.server import SimExchange
from terminal.simexchange.switches import Switches
from terminal.wire.endpoints import ENDPOINTS, Effect, Host, Pool, endpoint, listed
from tests.support.builders import XBT, a_ticket, a_transfer
from tests.support.fake_clock import FakeClock
from tests.support.steady_time import SteadyClock, steady_time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from terminal.simexchange.rest.gateway import Answer, Request

LEFT_OUT = {
    ("GET", "/api/v1/position"): "the second version tells the same and knows both sides (3.8)",
    (
        "POST",
        "/api/v1/st-orders",
    ): "tickets have no attached exits, whose working is open (3.3, 11)",
    ("DELETE", "/api/v1/orders"): "deprecated, and as dear as 80 of the third version (1.9, 3.4)",
    ("POST", "/api/v2/accounts/sub-transfer"): "deprecated: universal transfer does it (4)",
    ("POST", "/api/v2/accounts/inner-transfer"): "deprecated: universal transfer does it (4)",
}
"""Rows of the table that nothing uses, each with the reason."""

PROTOCOLS: dict[str, type] = {
    "market": queries.MarketService,
    "trading": gateway.TradingGateway,
    "account": queries.AccountService,
    "settings": queries.AccountCommands,
    "history": queries.HistoryQueries,
    "funds": queries.FundsQueries,
    "transfers": funding_gateway.TransferGateway,
    "old_transfers": funding_gateway.OldTransferGateway,
}
STREAMS = ("market_stream", "account_stream")
BY_NAME: dict[str, Any] = {
    "start_at": 1_760_000_000_000,
    "end_at": 1_760_000_060_000,
    "series": ".KXBTUSDT",
    "currency": "USDT",
    "leverage": Decimal(3),
    "is_on": True,
    "timeout_s": 5,
    "rows": 20,
    "level": 1,
}
BY_TYPE: dict[str, Any] = {
    "Symbol": XBT,
    "tuple[Symbol, ...]": (XBT,),
    "OrderId": OrderId("1"),
    "ClientOid": ClientOid("c-1"),
    "Decimal": Decimal(1),
    "ExactPrice": ExactPrice(Decimal(90_000)),
    "Money": Money(Decimal(1), "USDT"),
    "MarginMode": MarginMode.ISOLATED,
    "PositionMode": PositionMode.ONE_WAY,
    "AccountKind": AccountKind.MAIN,
    "CandleInterval": CandleInterval.M1,
    "OrderTicket": a_ticket(),
    "TransferTicket": a_transfer(),
    "Sequence[tuple[OrderTicket, ClientOid]]": [(a_ticket(), ClientOid("c-2"))],
    "Sequence[OrderId]": [OrderId("1")],
    "Sequence[tuple[Symbol, ClientOid]]": [(XBT, ClientOid("c-1"))],
    "str": "1",
}


class Seen(NamedTuple):
    """One request as the exchange got it."""

    method: str
    path: str
    host: Host
    is_signed: bool


class Watched:
    """An exchange that keeps what it is asked; its account host has a name of its own."""

    def __init__(self) -> None:
        self.exchange = SimExchange(
            is_calm=True,
            clock=steady_time(),
            switches=Switches(margin_requirement_verb="post"),
        )
        self.seen: list[Seen] = []
        self._answer = self.exchange.gateway.answer
        self.exchange.gateway.answer = self._keep  # type: ignore[method-assign]  # looks on

    def _keep(self, request: Request) -> Answer:
        host = Host.ACCOUNT if request.host.startswith("localhost") else Host.FUTURES
        path, is_signed = urlsplit(request.target).path, "KC-API-SIGN" in request.headers
        self.seen.append(Seen(request.method, path, host, is_signed))
        return self._answer(request)

    def connect(self, access: Access = Access.FULL) -> ExchangeClients:
        """Clients of the demo key."""
        return connect(self.hosts, self.credentials, SteadyClock(), access=access)

    @property
    def hosts(self) -> Hosts:
        """The same exchange by two names."""
        rest = self.exchange.rest
        return Hosts(rest, rest.replace("127.0.0.1", "localhost"))

    @property
    def credentials(self) -> Credentials:
        """The demo key."""
        key = self.exchange.key
        return Credentials(key.key, key.secret, key.passphrase)


@pytest.fixture
async def watched() -> AsyncIterator[Watched]:
    one = Watched()
    await one.exchange.start()
    yield one
    await one.exchange.stop()


def methods_of(protocol: type) -> Iterator[str]:
    """The names of what a Protocol can be asked for."""
    for name in dir(protocol):
        if not name.startswith("_") and inspect.isfunction(getattr(protocol, name)):
            yield name


def arguments_of(method: Any) -> tuple[list[Any], dict[str, Any]]:
    """Something for each parameter that must be given, and for times."""
    positional: list[Any] = []
    named: dict[str, Any] = {}
    for one in inspect.signature(method).parameters.values():
        if one.name not in {"start_at", "end_at"} and one.default is not one.empty:
            continue
        value = BY_NAME[one.name] if one.name in BY_NAME else BY_TYPE[one.annotation]
        if one.kind is one.KEYWORD_ONLY:
            named[one.name] = value
        else:
            positional.append(value)
    return positional, named


async def asked(client: Any, name: str, **more: Any) -> Any:
    """What a method answers, a walk to its end; None when the exchange refused."""
    method = getattr(client, name)
    positional, named = arguments_of(method)
    try:
        answer = method(*positional, **{**named, **more})
        return await (answer.collect() if isinstance(answer, Walk) else answer)
    except ProtocolError:
        raise  # an answer that could not be read
    except TernError:
        return None


async def ask_everything(clients: ExchangeClients) -> None:
    """Call every method of every client."""
    await clients.market.contracts()  # first: it teaches ticks
    for field, protocol in PROTOCOLS.items():
        for name in methods_of(protocol):
            await asked(getattr(clients, field), name)
    await clients.market.book_depth(XBT, 100)


async def open_once(clients: ExchangeClients, name: str) -> None:
    """Let a stream connect."""
    stream, opened = getattr(clients, name), asyncio.Event()

    def on_fact(fact: gateway.StreamFact) -> None:
        if isinstance(fact, gateway.StreamOpened):
            opened.set()
            stream.close("seen")

    async with asyncio.timeout(10):
        await stream.run(on_fact)
    assert opened.is_set()


def test_every_client_is_asked_here() -> None:
    """A new field of the clients must be in this test's list."""
    others = {"clock", "https", "budget", "keeper", "window", "permit", "key_facts"}
    others |= {"order_socket", "scales", *STREAMS}
    assert {one.name for one in fields(ExchangeClients)} - others == set(PROTOCOLS)


async def test_every_row_of_the_table_is_used_and_nothing_else_is_asked(watched: Watched) -> None:
    """By the right verb, on the right host, signed where it must be, and not signed elsewhere."""
    clients = watched.connect()
    await ask_everything(clients)
    for name in STREAMS:
        await open_once(clients, name)
    await check_key(watched.hosts, watched.credentials, SteadyClock())
    await clients.aclose()
    used = {listed(one.method, one.path) for one in watched.seen}
    assert None not in used, [one for one in watched.seen if listed(one.method, one.path) is None]
    unused = {(row.method, row.path) for row in set(ENDPOINTS) - used}
    assert unused == set(LEFT_OUT)
    for one in watched.seen:
        row = listed(one.method, one.path)
        assert row is not None
        assert (one.host, one.is_signed) == (row.host, row.is_signed), one


@pytest.mark.parametrize("access", [Access.WATCH_ONLY, Access.MARKET_DATA])
async def test_without_full_access_only_questions_leave(watched: Watched, access: Access) -> None:
    """Whatever is called, the exchange is only read, and every command is NotSent with a reason."""
    clients = watched.connect(access)
    await ask_everything(clients)
    assert {endpoint(one.method, one.path).effect for one in watched.seen} == {Effect.READ}
    for client, name in (
        (clients.settings, "set_cross_leverage"),
        (clients.settings, "set_margin_mode"),
        (clients.settings, "set_margin_modes"),
        (clients.settings, "set_position_mode"),
        (clients.settings, "set_auto_deposit"),
        (clients.settings, "set_risk_level"),
        (clients.settings, "add_margin"),
        (clients.settings, "withdraw_margin"),
        (clients.funds, "set_dead_man_switch"),
        (clients.transfers, "transfer"),
        (clients.old_transfers, "transfer_in"),
        (clients.old_transfers, "transfer_out"),
    ):
        outcome = await asked(client, name)
        assert isinstance(outcome, NotSent), name
        assert outcome.sentence.endswith("."), name
    await clients.aclose()


async def test_real_hosts_are_watched_whatever_is_asked_for() -> None:
    """Nothing is ordered, moved or set there, neither with one real host nor with two."""
    for futures, account in (
        ("https://futures.example", "https://account.example"),
        ("http://127.0.0.1:9", "https://account.example"),
        ("https://futures.example", "http://127.0.0.1:9"),
    ):
        hosts = Hosts(futures, account, ORDER_SOCKETS["main"])
        clients = connect(hosts, Credentials("k", "s", "p"), FakeClock(), access=Access.FULL)
        assert clients.order_socket is None
        assert clients.trading.access is Access.WATCH_ONLY
        assert await asked(clients.trading, "place") == NotSent(WATCH_ONLY_REASON)
        for client, name in (
            (clients.settings, "add_margin"),
            (clients.settings, "withdraw_margin"),
            (clients.transfers, "transfer"),
            (clients.old_transfers, "transfer_in"),
            (clients.old_transfers, "transfer_out"),
        ):
            assert isinstance(await asked(client, name), NotSent), name
        assert clients.transfers.refusal == NO_REAL_TRANSFERS
        assert clients.settings.margin_refusal == clients.settings.refusal == NO_REAL_CHANGES
        assert clients.funds.refusal == WATCH_ONLY_REASON
        await clients.aclose()


@pytest.mark.parametrize("access", [Access.WATCH_ONLY, Access.REDUCING])
async def test_a_permit_decides_about_real_hosts(access: Access) -> None:
    """Orders go as far as it allows at the time; money and settings stay untouched."""
    permit = Permit(access, Access.FULL)
    hosts = Hosts("https://futures.example", "https://account.example", ORDER_SOCKETS["main"])
    clients = connect(hosts, Credentials("k", "s", "p"), FakeClock(), permit=permit)
    assert clients.trading.access is access
    assert await asked(clients.trading, "place") == NotSent(access.reason)
    assert clients.order_socket is not None
    permit.change(Access.FULL)
    assert clients.trading.access is Access.FULL
    assert clients.funds.refusal == "", "the timer goes with the orders that it cancels"
    for client, name in ((clients.settings, "set_margin_mode"), (clients.transfers, "transfer")):
        assert isinstance(await asked(client, name), NotSent), name
    await clients.aclose()


async def test_history_has_connections_of_its_own(watched: Watched) -> None:
    """A pool that is full of long walks holds up neither orders nor what is asked now."""
    broken: list[set[str]] = []
    for at in range(5):
        clients = watched.connect()
        await clients.market.contracts()
        await clients.https[at].aclose()
        broken.append(set())
        for field, name in (
            ("market", "server_time"),
            ("account", "wallet"),
            ("history", "open_order_totals"),
            ("trading", "recent_fills"),
            ("funds", "accounts"),
        ):
            if await asked(getattr(clients, field), name) is None:
                broken[-1].add(field)  # its connections are closed
        await clients.aclose()
    assert broken == [{"market"}, {"account"}, {"history"}, {"trading"}, {"funds"}]


def test_all_pools_but_those_of_spot_are_in_the_table() -> None:
    """What is left out is left out call by call, not pool by pool."""
    assert {row.pool for row in ENDPOINTS} == set(Pool) - {Pool.SPOT}
