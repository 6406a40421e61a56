"""Orders over the real order socket of the simulated exchange, and the way back to REST."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from terminal.domain.access import Access
from terminal.domain.guard import GuardLimits
from terminal.domain.order import OrderState
from terminal.domain.units import ClientOid, OrderId, Price
from terminal.exchange.connect import connect
from terminal.exchange.credentials import Credentials, Keys
from terminal.exchange.hosts import Hosts
from terminal.exchange.order_socket import SETTLED_S, Correction, OrderSocket, SocketStatus
from terminal.exchange.outcome import Accepted, NotSent, Rejected, Route, Unknown
from terminal.exchange.routes import OrderRoutes
from terminal.exchange.trading_client import TradingClient
from terminal.exchange.translate import Scales
from terminal.session.backend import Backend
from terminal.session.results import Submitted
from terminal.session.tasks import TaskOwner
from terminal.simexchange.auth import ApiKey
from terminal.simexchange.server import SimExchange
from tests.support.builders import XBT, a_ticket
from tests.support.deadlines import eventually
from tests.support.steady_time import SteadyClock, steady_time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.domain.ticket import OrderTicket
    from terminal.exchange.outcome import Outcome

PLACE = "POST /api/v1/orders"


class Live:
    """Clients with an order socket on a calm exchange."""

    def __init__(self) -> None:
        self.exchange = SimExchange(is_calm=True, clock=steady_time())
        self.errors: list[str] = []
        self.owner = TaskOwner("live", lambda name, error: self.errors.append(f"{name} {error!r}"))
        self.corrections: list[Correction] = []
        self.clock = SteadyClock()

    async def start(self) -> None:
        await self.exchange.start()
        key = self.exchange.key
        hosts = Hosts(self.exchange.rest, self.exchange.rest, self.exchange.ws_api)
        self.clients = connect(hosts, Credentials(key.key, key.secret, key.passphrase), self.clock)
        await self.clients.market.contracts()
        self.trading = self.clients.trading
        assert self.clients.order_socket is not None
        self.socket = self.clients.order_socket

    def attach(self, socket: OrderSocket) -> None:
        socket.on_corrected = self.corrections.append
        self.owner.spawn("order socket", socket.run())

    async def ready(self) -> None:
        await eventually(lambda: self.socket.is_ready, "the order socket")

    async def quick(self, timeout_s: float) -> TradingClient:
        """Another client whose socket waits this long for replies."""
        key = self.exchange.key
        self.socket = OrderSocket(
            self.exchange.ws_api,
            Credentials(key.key, key.secret, key.passphrase),
            self.clock,
            timeout_s=timeout_s,
        )
        self.attach(self.socket)
        scales = Scales()
        scales.learn(await self.clients.market.contracts())
        await self.ready()
        http = self.clients.https[2]
        return TradingClient(http, scales, OrderRoutes(http, self.clock, self.socket))

    def left(self) -> int:
        """What is left of the pool by our own count."""
        state = self.clients.budget.state(self.clock.monotonic_s())
        (pool,) = (pool for pool in state.pools if pool.name == "Futures")
        return pool.remaining

    def ticket(self, **more: Any) -> OrderTicket:
        """A buy that rests."""
        market = self.exchange.engine.markets["XBTUSDTM"]
        return a_ticket(price=Price(market.last - 200), **more)

    def working(self) -> list[str]:
        return [order.client_oid for order in self.exchange.engine.account.active()]

    def calls(self, name: str) -> int:
        return self.exchange.gateway.calls.get(name, 0)

    def sent(self, operation: str) -> int:
        return self.exchange.order_sockets.commands.calls.get(operation, 0)

    def asking(self, *names: str) -> list[asyncio.Future[Outcome]]:
        """Orders on their way."""
        loop = asyncio.get_running_loop()
        return [
            loop.create_task(self.trading.place(self.ticket(), ClientOid(name))) for name in names
        ]

    async def stop(self) -> None:
        await self.owner.close()
        await self.clients.aclose()
        await self.exchange.stop()
        assert not self.errors, self.errors


@pytest.fixture
async def idle() -> AsyncIterator[Live]:
    """Nobody runs the order socket yet."""
    live = Live()
    await live.start()
    yield live
    await live.stop()


@pytest.fixture
async def live(idle: Live) -> Live:
    idle.attach(idle.socket)
    return idle


def ids(outcome: Outcome) -> tuple[OrderId, ...]:
    assert isinstance(outcome, Accepted), outcome
    return outcome.order_ids


# Commands ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("challenge", ["compact", "spaced"])
@pytest.mark.parametrize("quota", ["userRateLimit", "rateLimit", "absent"])
async def test_an_order_is_placed_and_canceled(live: Live, challenge: str, quota: str) -> None:
    """Whichever way the exchange writes its challenge and its quota."""
    live.exchange.switches.set_all({"socket_challenge": challenge, "socket_quota": quota})
    await live.ready()
    placed = await live.trading.place(live.ticket(), ClientOid("t-1"))
    assert isinstance(placed, Accepted)
    assert placed.route is Route.SOCKET
    update = await live.trading.order(placed.order_ids[0])
    assert update is not None
    assert update.client_oid == "t-1"
    assert await live.trading.cancel(placed.order_ids[0]) == placed
    again = await live.trading.cancel(placed.order_ids[0])
    assert isinstance(again, Rejected)
    assert (again.code, again.route) == ("100004", Route.SOCKET)
    await live.trading.place(live.ticket(), ClientOid("t-2"))
    by_name = await live.trading.cancel_by_client_oid(XBT, ClientOid("t-2"))
    assert by_name == Accepted((), Route.SOCKET)
    assert live.working() == []
    assert live.calls(PLACE) == 0
    # Two orders, three cancels, and the query by REST; pings cost nothing.
    pool = live.exchange.quota.pool("Futures", live.exchange.key.uid)
    assert (live.left(), pool.spent) == (1988, 12)


@pytest.mark.parametrize("code", ["200", "200000"])
@pytest.mark.parametrize("is_signed_in", [True, False])
async def test_batches_end_item_by_item(live: Live, code: str, *, is_signed_in: bool) -> None:
    """By the socket and by REST alike, with either success code and either nesting."""
    live.exchange.switches.set_all({"socket_cancel_code": code, "batch_nesting": "nested"})
    route = Route.SOCKET
    if is_signed_in:
        await live.ready()
    else:
        await live.owner.close()
        route = Route.REST
    names = [ClientOid(name) for name in ("t-0", "t-1", "t-2", "t-0")]
    *placed, refused = await live.trading.place_batch([(live.ticket(), name) for name in names])
    # An order of that id is there, whoever sent it: that is no evidence that this one is not.
    # A reply over the socket ends the request's way: from then on silence is proof.
    settled_s = 0.0 if is_signed_in else None
    assert refused == Unknown("An order with this id exists already.", route, settled_s)
    assert live.working() == names[:3]
    first, second, _ = (ids(one)[0] for one in placed)
    one, other, none = await live.trading.cancel_batch([second, first, OrderId("17")])
    assert (one, other) == (Accepted((second,), route), Accepted((first,), route))
    assert isinstance(none, Rejected)
    last = await live.trading.cancel_by_client_oid(XBT, names[2])
    assert last == Accepted((), route)
    assert live.working() == []
    assert live.sent("futures.multi_order") == int(is_signed_in)
    assert live.calls("POST /api/v1/orders/multi") == int(not is_signed_in)


async def test_a_batch_refused_as_a_whole(live: Live) -> None:
    live.exchange.switches.set("multi_cancel_limit", "10")
    await live.ready()
    outcomes = await live.trading.cancel_batch([OrderId(str(number)) for number in range(11)])
    assert [type(outcome) for outcome in outcomes] == [Rejected] * 11


async def test_replies_out_of_order(live: Live) -> None:
    await live.ready()
    live.exchange.order_sockets.holds_replies = True
    asking = live.asking("t-0", "t-1", "t-2")
    await eventually(lambda: len(live.exchange.order_sockets.held) == 3, "three held replies")
    live.exchange.order_sockets.release([2, 0, 1])
    for number, one in enumerate(asking):
        update = await live.trading.order(ids(await one)[0])
        assert update is not None
        assert update.client_oid == f"t-{number}"


async def test_a_late_reply_is_a_correction(live: Live) -> None:
    live.trading = await live.quick(0.1)
    live.exchange.order_sockets.holds_replies = True
    (asking,) = live.asking("t-1")
    outcome = await asking
    assert isinstance(outcome, Unknown)
    assert outcome.settled_after_s is None
    live.exchange.order_sockets.release()
    await eventually(lambda: live.corrections, "the correction")
    (correction,) = live.corrections
    assert correction.subject.client_oid == "t-1"
    order_id = ids(correction.outcome)[0]
    update = await live.trading.order(order_id)
    assert update is not None
    assert live.sent("futures.order") == 1


async def test_a_spent_quota(live: Live) -> None:
    """Nothing is done, the figures say for how long, and the socket stays."""
    await live.ready()
    await live.trading.place(live.ticket(), ClientOid("t-1"))
    live.exchange.quota.pool("Futures", live.exchange.key.uid).spent = 1999
    outcome = await live.trading.place(live.ticket(), ClientOid("t-2"))
    assert isinstance(outcome, Rejected)
    assert (outcome.code, outcome.route) == ("429000", Route.SOCKET)
    assert live.left() == 0
    kept = await live.trading.place(live.ticket(), ClientOid("t-3"))
    assert isinstance(kept, NotSent)
    assert live.sent("futures.order") == 2
    assert live.working() == ["t-1"]
    assert live.socket.is_ready


# Ends --------------------------------------------------------------------------------------------


async def test_a_connection_lost_after_the_order_arrived(live: Live) -> None:
    """The order exists; it is found by our id and was never sent again."""
    await live.ready()
    live.exchange.order_sockets.holds_replies = True
    (asking,) = live.asking("t-1")
    await eventually(lambda: live.exchange.order_sockets.held, "the order")
    live.exchange.order_sockets.drop_all()
    outcome = await asking
    now_s = live.clock.monotonic_s()
    assert isinstance(outcome, Unknown)
    assert outcome.settled_after_s is not None
    assert now_s + SETTLED_S - 2.0 < outcome.settled_after_s <= now_s + SETTLED_S
    live.exchange.order_sockets.holds_replies = False
    update = await live.trading.order_by_client_oid(ClientOid("t-1"))
    assert update is not None
    await live.ready()
    assert (live.sent("futures.order"), live.calls(PLACE)) == (1, 0)
    assert live.working() == ["t-1"]


async def test_a_connection_lost_before_the_order_arrived(live: Live) -> None:
    """The order does not exist, which nobody may believe at once; it is not sent again."""
    await live.ready()
    # The exchange breaks the connection in the same turn: the frame finds nobody.
    live.exchange.order_sockets.drop_all()
    (asking,) = live.asking("t-1")
    outcome = await asking
    assert isinstance(outcome, Unknown)
    assert outcome.settled_after_s is not None
    assert await live.trading.order_by_client_oid(ClientOid("t-1")) is None
    await live.ready()
    assert (live.sent("futures.order"), live.calls(PLACE)) == (0, 0)
    assert live.working() == []


async def test_orders_go_by_rest_meanwhile_and_come_back(live: Live) -> None:
    await live.ready()
    assert live.trading.route.route is Route.SOCKET
    live.exchange.order_sockets.end_all("maintenance")
    await eventually(lambda: not live.socket.is_ready, "the end")
    outcome = await live.trading.place(live.ticket(), ClientOid("t-1"))
    assert isinstance(outcome, Accepted)
    assert outcome.route is Route.REST
    await live.ready()
    assert live.trading.route.reason == ""
    outcome = await live.trading.cancel(outcome.order_ids[0])
    assert isinstance(outcome, Accepted)
    assert outcome.route is Route.SOCKET
    assert (live.calls(PLACE), live.sent("futures.order"), live.sent("futures.cancel")) == (1, 0, 1)


async def test_the_way_is_said_when_the_socket_is_ended_by_the_exchange(live: Live) -> None:
    await live.ready()
    live.exchange.order_sockets.end_all("maintenance")
    await eventually(lambda: live.socket.state.status is SocketStatus.WAITING, "the end")
    assert live.trading.route.reason == "The exchange closed the order socket: maintenance."


# Signing in --------------------------------------------------------------------------------------


async def test_a_wrong_answer_to_the_challenge_is_tried_again(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    await live.ready()
    wrong = ["wrong"]
    right = live.socket._signature
    monkeypatch.setattr(
        live.socket, "_signature", lambda text: wrong.pop() if wrong else right(text)
    )
    live.exchange.order_sockets.end_all()
    reason = "The exchange did not take the sign-in of the order socket."
    await eventually(lambda: live.trading.route.reason == reason, "the refusal")
    assert isinstance(await live.trading.place(live.ticket(), ClientOid("t-1")), Accepted)
    await live.ready()


async def test_a_clock_that_is_off_is_told_and_tried_again(live: Live) -> None:
    """The clock is measured meanwhile; the next sign-in is by it."""
    told: list[int] = []

    def measured() -> None:
        told.append(1)
        live.socket.offset_ms = 0

    await live.ready()
    live.socket.on_skew = measured
    live.socket.offset_ms = -60_000
    live.exchange.order_sockets.end_all()
    await eventually(lambda: told, "the refusal")
    assert "clock" in live.trading.route.reason
    await live.ready()
    assert live.exchange.order_sockets.opened == 2


async def test_the_measured_clock_signs_for_the_socket_too(live: Live) -> None:
    live.exchange.clock.advance(3.0)
    offset_ms = await live.clients.synchronize_clock()
    assert abs(offset_ms - 3000) < 500
    assert abs(live.socket.offset_ms - offset_ms) <= 1


async def test_a_key_without_the_permission_leaves_rest_alone(live: Live) -> None:
    """The socket may have a key of its own; it stops with a sentence, REST goes on."""
    reader = ApiKey("reader", "s", "p", frozenset({"General"}))
    live.exchange.engine.accounts.add(reader)
    key = live.exchange.key
    clients = connect(
        Hosts(live.exchange.rest, live.exchange.rest, live.exchange.ws_api),
        Keys(Credentials(key.key, key.secret, key.passphrase), Credentials("reader", "s", "p")),
        live.clock,
    )
    assert clients.order_socket is not None
    await clients.market.contracts()
    await clients.order_socket.run()
    assert clients.order_socket.state.status is SocketStatus.STOPPED
    assert clients.trading.route.reason == "The key lacks the permission for this."
    assert clients.trading.route.remedy == "Grant it to the key."
    outcome = await clients.trading.place(live.ticket(), ClientOid("t-1"))
    assert isinstance(outcome, Accepted)
    assert outcome.route is Route.REST
    await clients.aclose()


@pytest.mark.parametrize("access", [Access.WATCH_ONLY, Access.MARKET_DATA])
async def test_who_sends_nothing_has_no_socket(live: Live, access: Access) -> None:
    key = Credentials("k", "s", "p")
    hosts = Hosts(live.exchange.rest, live.exchange.rest, live.exchange.ws_api)
    for clients in (
        connect(hosts, key, live.clock, access=access),
        connect(hosts, None, live.clock),
        connect(replace(hosts, orders=""), key, live.clock),
    ):
        assert clients.order_socket is None
        assert clients.trading.route.route is Route.REST
        await clients.aclose()


async def test_no_log_holds_a_secret(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    """Signing in, an order, a break: whoever logs everything learns no key and no signature."""
    caplog.set_level(logging.DEBUG)
    await live.ready()
    await live.trading.place(live.ticket(), ClientOid("t-1"))
    live.exchange.order_sockets.drop_all()
    await eventually(lambda: not live.socket.is_ready, "the end")
    await live.ready()
    ours = [one.getMessage() for one in caplog.records if not one.name.startswith("aiohttp")]
    assert ours
    key = live.exchange.key
    for secret in (key.key, key.secret, key.passphrase, "sign="):
        assert not [line for line in ours if secret in line]


async def test_what_is_sent_is_told_by_the_names_of_the_same_calls_by_rest(idle: Live) -> None:
    """Who measures from the key to the wire need not know which way an order went."""
    told: list[tuple[str, str]] = []
    key = idle.exchange.key
    clients = connect(
        Hosts(idle.exchange.rest, idle.exchange.rest, idle.exchange.ws_api),
        Credentials(key.key, key.secret, key.passphrase),
        idle.clock,
        on_sent=lambda method, path, _: told.append((method, path)),
    )
    assert clients.order_socket is not None
    idle.attach(clients.order_socket)
    await clients.market.contracts()
    socket = clients.order_socket
    await eventually(lambda: socket.is_ready, "the order socket")
    placed = await clients.trading.place(idle.ticket(), ClientOid("t-1"))
    await clients.trading.cancel(ids(placed)[0])
    assert told == [("POST", "/api/v1/orders"), ("DELETE", "/api/v1/orders/{orderId}")]
    await clients.aclose()


# The desk ----------------------------------------------------------------------------------------


async def test_the_desk_finds_an_order_that_was_lost_with_the_socket(idle: Live) -> None:
    """Placed once, over the socket; its fate is told by the stream or asked for by REST."""
    backend = Backend(idle.clients, idle.clock, idle.owner, GuardLimits)
    assert idle.socket.on_corrected == backend.desk.correct
    await backend.start()
    await idle.ready()
    await eventually(lambda: backend.markets.contracts, "the contract list")
    market = backend.markets.open(XBT)
    await eventually(
        lambda: (
            backend.desk.is_trusted
            and backend.account.is_trusted
            and backend.account.margin_mode(XBT) is not None
            and market.touch() is not None
        ),
        "a trusted account",
    )
    idle.exchange.faults.answers_lost = 1
    result = backend.desk.submit(idle.ticket())
    assert isinstance(result, Submitted)
    order = backend.desk.orders[result.client_oid]
    assert order.state is OrderState.SUBMITTING
    await eventually(
        lambda: backend.desk.orders[result.client_oid].state is OrderState.OPEN, "the order"
    )
    await idle.ready()
    backend.desk.cancel(result.client_oid)
    await eventually(
        lambda: backend.desk.orders[result.client_oid].state is OrderState.CANCELED, "the cancel"
    )
    assert (idle.sent("futures.order"), idle.sent("futures.cancel"), idle.calls(PLACE)) == (1, 1, 0)
    await backend.stop()
