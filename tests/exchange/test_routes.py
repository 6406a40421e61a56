"""One command goes one way: the socket while it is signed in, REST otherwise."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest

from terminal.domain.events import StopReference
from terminal.domain.ticket import AttachedExits
from terminal.domain.units import ClientOid, OrderId, Price, Symbol
from terminal.exchange.http import HttpClient
from terminal.exchange.limiter import RateBudget, urgency_of
from terminal.exchange.meter import Urgency
from terminal.exchange.order_socket import OrderSocket
from terminal.exchange.outcome import Accepted, NotSent, Rejected, Route, Unknown
from terminal.exchange.routes import NO_SOCKET, ROWS, TOO_MANY, OrderRoutes, RouteState
from terminal.exchange.trading_client import TradingClient
from terminal.exchange.translate import Scales
from terminal.wire.order_socket import Operation
from terminal.wire.signing import sign
from tests.contract.test_fixtures import load
from tests.exchange.test_http import BASE, SECRETS
from tests.support.builders import XBT, a_contract, a_ticket
from tests.support.fake_clock import START_MS, FakeClock
from tests.support.fake_socket import CHALLENGE, WELCOME, FakeSocket

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from terminal.exchange.outcome import Outcome
    from terminal.exchange.sockets import Socket

A, B = ClientOid("a"), ClientOid("b")
ONE, TWO = OrderId("1"), OrderId("2")
EXITS = AttachedExits(StopReference.LAST, down=Price(900))


class Bench:
    """A trading client with both ways; REST answers what ``answer`` holds."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.requests: list[httpx.Request] = []
        self.answer: Any = {"code": "200000", "data": {"orderId": "9", "cancelledOrderIds": ["1"]}}
        self.budget = RateBudget(dice=lambda: 0.0)
        self.socket = FakeSocket()
        self.order_socket = OrderSocket("ws://127.0.0.1:1/x", SECRETS, self.clock, opener=self.open)
        self.http = HttpClient(
            BASE, self.clock, SECRETS, transport=httpx.MockTransport(self.respond)
        )
        scales = Scales()
        scales.learn([a_contract()])
        self.routes = OrderRoutes(self.http, self.clock, self.order_socket, self.budget)
        self.client = TradingClient(self.http, scales, self.routes)
        self.running: asyncio.Task[None] | None = None

    def respond(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200, json=self.answer)

    async def open(self, url: str, proxy: str) -> Socket:
        return cast("Socket", self.socket)

    async def start(self) -> None:
        self.running = asyncio.get_running_loop().create_task(self.order_socket.run())
        await self.clock.settle()

    async def sign_in(self) -> None:
        for frame in (CHALLENGE, WELCOME):
            self.socket.say(frame)
            await self.clock.settle()
        assert self.order_socket.is_ready

    async def by_socket(
        self, command: Coroutine[Any, Any, Any], data: Any, code: str = "200000", **more: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Let a command run with this reply; its end, and the request without its id."""
        running = asyncio.get_running_loop().create_task(command)
        await self.clock.settle()
        request = self.socket.requests()[-1]
        self.socket.say({"id": request.pop("id"), "code": code, "msg": "m", "data": data, **more})
        return await running, request

    async def stop(self) -> None:
        assert self.running is not None
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)
        await self.http.aclose()


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    await bench.start()
    yield bench
    await bench.stop()


def by_socket(*ids: OrderId) -> Accepted:
    return Accepted(ids, Route.SOCKET)


async def test_single_commands_by_the_socket(bench: Bench) -> None:
    """The frames of the reference, and outcomes that name the way."""
    await bench.sign_in()
    placed, request = await bench.by_socket(
        bench.client.place(a_ticket(), A), {"orderId": "1", "clientOid": "a"}
    )
    assert placed == by_socket(ONE)
    assert request["op"] == "futures.order"
    assert request["args"]["clientOid"] == "a"
    canceled, request = await bench.by_socket(
        bench.client.cancel(ONE), {"cancelledOrderIds": ["1"]}
    )
    assert canceled == by_socket(ONE)
    assert request == {"op": "futures.cancel", "args": {"orderId": "1"}}
    expected = load("socket_cancel")
    named, request = await bench.by_socket(
        bench.client.cancel_by_client_oid(XBT, ClientOid("t-51")), expected["reply"]["data"]
    )
    assert named == by_socket()
    assert request["args"] == expected["request"]["args"]
    assert bench.requests == []


async def test_the_body_is_the_same_on_both_ways(bench: Bench) -> None:
    await bench.client.place(a_ticket(is_post_only=True), A)
    await bench.sign_in()
    _, request = await bench.by_socket(
        bench.client.place(a_ticket(is_post_only=True), A), {"orderId": "1"}
    )
    assert json.loads(bench.requests[0].content) == request["args"]


async def test_rest_is_used_until_the_socket_is_signed_in_and_after_it_broke(bench: Bench) -> None:
    first = await bench.client.place(a_ticket(), A)
    assert first == Accepted((OrderId("9"),), Route.REST)
    await bench.sign_in()
    assert bench.client.route == RouteState(Route.SOCKET)
    bench.socket.drop()
    second = await bench.client.cancel(ONE)
    assert second == Accepted((ONE,), Route.REST)
    third = await bench.client.cancel_by_client_oid(XBT, A)
    assert third == Accepted((ONE,), Route.REST)
    assert [request.method for request in bench.requests] == ["POST", "DELETE", "DELETE"]
    assert bench.socket.requests() == []


async def test_the_state_says_which_way_and_why(bench: Bench) -> None:
    http = bench.http
    assert OrderRoutes(http, bench.clock).state == RouteState(Route.REST, NO_SOCKET)
    assert bench.routes.state == RouteState(Route.REST, "The order socket is being opened.")
    await bench.sign_in()
    assert bench.routes.state == RouteState(Route.SOCKET)
    bench.socket.drop()
    assert bench.routes.state.route is Route.REST
    await bench.clock.settle()
    assert bench.routes.state == RouteState(Route.REST, "The order socket broke off.")


async def test_a_refused_key_is_said_and_rest_goes_on(bench: Bench) -> None:
    bench.socket.say({"code": "400004", "msg": "m"})
    await bench.clock.settle()
    state = bench.routes.state
    assert state == RouteState(Route.REST, "The passphrase is wrong.", "Enter it again.")
    assert isinstance(await bench.client.place(a_ticket(), A), Accepted)


async def test_an_order_lost_with_the_socket_is_not_sent_by_rest(bench: Bench) -> None:
    await bench.sign_in()
    placing = asyncio.get_running_loop().create_task(bench.client.place(a_ticket(), A))
    await bench.clock.settle()
    bench.socket.drop()
    outcome = await placing
    assert isinstance(outcome, Unknown)
    assert (outcome.route, len(bench.requests)) == (Route.SOCKET, 0)


# Echoes ------------------------------------------------------------------------------------------

PLACED_AS = [
    ({"orderId": "1", "clientOid": "a"}, True),
    ({"orderId": "1", "clientOid": ""}, True),
    ({"orderId": "1", "clientOid": None}, True),
    ({"orderId": "1", "clientOid": "b"}, False),
]
CANCELED_AS = [
    ({"cancelledOrderIds": ["1"]}, True),
    ({"cancelledOrderIds": ["2", "1"]}, True),
    ({"cancelledOrderIds": ["2"]}, False),
    ({"cancelledOrderIds": []}, False),
    ({"clientOid": "a"}, False),
]
CANCELED_BY_NAME_AS = [
    ({"clientOid": "a"}, True),
    ({"cancelledOrderIds": ["1"]}, True),
    ({"clientOid": "a", "cancelledOrderIds": ["1"]}, True),
    ({"clientOid": "b"}, False),
    ({"clientOid": "b", "cancelledOrderIds": ["1"]}, False),
    ({"cancelledOrderIds": []}, False),
]
COMMANDS = [
    (lambda client: client.place(a_ticket(), A), PLACED_AS),
    (lambda client: client.place(a_ticket(exits=EXITS), A), PLACED_AS),
    (lambda client: client.test(a_ticket(), A), PLACED_AS),
    (lambda client: client.cancel(ONE), CANCELED_AS),
    (lambda client: client.cancel_by_client_oid(XBT, A), CANCELED_BY_NAME_AS),
]
"""Commands with replies, and whether those are about what was asked for (reference 3.3, 3.4)."""


@pytest.mark.parametrize(("command", "replies"), COMMANDS)
async def test_a_reply_about_something_else_by_rest_leaves_the_command_unknown(
    bench: Bench, command: Any, replies: list[tuple[dict[str, Any], bool]]
) -> None:
    """Also a cancel that names no order: accepted is what was named."""
    for data, is_ours in replies:
        bench.answer = {"code": "200000", "data": data}
        outcome = await command(bench.client)
        assert type(outcome) is (Accepted if is_ours else Unknown), data
        assert outcome.route is Route.REST


@pytest.mark.parametrize(("command", "replies"), [COMMANDS[0], *COMMANDS[3:]])
async def test_a_reply_about_something_else_by_the_socket_leaves_the_command_unknown(
    bench: Bench, command: Any, replies: list[tuple[dict[str, Any], bool]]
) -> None:
    """The connection stays."""
    await bench.sign_in()
    for data, is_ours in replies:
        outcome, _ = await bench.by_socket(command(bench.client), data)
        assert type(outcome) is (Accepted if is_ours else Unknown), data
        assert outcome.route is Route.SOCKET
    assert bench.order_socket.is_ready


# Batches -----------------------------------------------------------------------------------------

PLACED = [
    {"orderId": "1", "clientOid": "a", "symbol": "XBTUSDTM", "code": "200000", "msg": "success"},
    {"orderId": None, "clientOid": "b", "symbol": "XBTUSDTM", "code": "300003", "msg": "poor"},
]
CANCELED = [
    {"orderId": "2", "clientOid": None, "code": "100004", "msg": "m"},
    {"orderId": "1", "clientOid": None, "code": "200", "msg": "success"},
]
TICKETS = [(a_ticket(), A), (a_ticket(), B)]


def check(outcomes: tuple[Outcome, ...], route: Route, code: str, *ids: OrderId) -> None:
    taken, refused = outcomes
    assert taken == Accepted(ids, route)
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.route) == (code, route)


async def test_batches_by_the_socket(bench: Bench) -> None:
    await bench.sign_in()
    outcomes, request = await bench.by_socket(bench.client.place_batch(TICKETS), PLACED)
    check(outcomes, Route.SOCKET, "300003", ONE)
    assert request["op"] == "futures.multi_order"
    assert [order["clientOid"] for order in request["args"]] == ["a", "b"]
    outcomes, request = await bench.by_socket(bench.client.cancel_batch([ONE, TWO]), CANCELED)
    check(outcomes, Route.SOCKET, "100004", ONE)
    assert request == {"op": "futures.multi_cancel", "args": {"orderIdsList": ["1", "2"]}}
    assert bench.requests == []


async def test_batches_by_rest(bench: Bench) -> None:
    bench.answer = {"code": "200000", "data": PLACED}
    check(await bench.client.place_batch(TICKETS), Route.REST, "300003", ONE)
    bench.answer = {"code": "200000", "data": {"data": CANCELED}}
    check(await bench.client.cancel_batch([ONE, TWO]), Route.REST, "100004", ONE)
    place, cancel = bench.requests
    assert (place.method, place.url.path) == ("POST", "/api/v1/orders/multi")
    assert (cancel.method, cancel.url.path) == ("DELETE", "/api/v1/orders/multi-cancel")
    assert [order["clientOid"] for order in json.loads(place.content)] == ["a", "b"]
    assert cancel.content == b'{"orderIdsList":["1","2"]}'
    # The single DELETE whose body is signed (API reference 1.3).
    text = f"{START_MS}DELETE/api/v1/orders/multi-cancel{cancel.content.decode()}"
    assert cancel.headers["KC-API-SIGN"] == sign("secret", text)


async def test_what_befalls_a_batch_befalls_its_items(bench: Bench) -> None:
    """Refused as a whole, broken off, or without a readable list: on both ways."""
    bench.answer = {"code": "400100", "msg": "m"}
    refused = await bench.client.place_batch(TICKETS)
    bench.answer = {"code": "200000", "data": 5}
    unread = await bench.client.place_batch(TICKETS)
    assert [type(one) for one in (*refused, *unread)] == [Rejected] * 2 + [Unknown] * 2
    await bench.sign_in()
    refused, _ = await bench.by_socket(bench.client.place_batch(TICKETS), None, "400100")
    unread, _ = await bench.by_socket(bench.client.place_batch(TICKETS), 5)
    assert [type(one) for one in (*refused, *unread)] == [Rejected] * 2 + [Unknown] * 2
    running = asyncio.get_running_loop().create_task(bench.client.place_batch(TICKETS))
    await bench.clock.settle()
    bench.socket.drop()
    lost = await running
    assert [type(one) for one in lost] == [Unknown] * 2
    assert len(bench.requests) == 2


async def test_an_order_that_cannot_be_written_leaves_the_others(bench: Bench) -> None:
    bench.answer = {"code": "200000", "data": PLACED[:1]}
    strange = (a_ticket(symbol=Symbol("GONE")), B)
    unsent, taken = await bench.client.place_batch([strange, TICKETS[0]])
    assert isinstance(unsent, NotSent)
    assert taken == Accepted((ONE,))
    assert len(json.loads(bench.requests[0].content)) == 1
    assert isinstance((await bench.client.place_batch([strange]))[0], NotSent)
    assert len(bench.requests) == 1


@pytest.mark.parametrize("is_signed_in", [True, False])
async def test_too_many_and_none_at_all_are_not_sent(bench: Bench, *, is_signed_in: bool) -> None:
    if is_signed_in:
        await bench.sign_in()
    route = Route.SOCKET if is_signed_in else Route.REST
    many = [OrderId(str(number)) for number in range(21)]
    assert await bench.client.cancel_batch(many) == (NotSent(TOO_MANY, route),) * 21
    assert await bench.client.place_batch([]) == ()
    assert await bench.client.cancel_batch([]) == ()
    assert bench.requests == []
    assert bench.socket.requests() == []


# The budget --------------------------------------------------------------------------------------


def spent(bench: Bench) -> int:
    (pool,) = (pool for pool in bench.budget.state(bench.clock.monotonic_s()).pools
               if pool.name == "Futures")  # fmt: skip
    return pool.limit - pool.remaining


def figures(remaining: int, reset_ms: int = 20_000) -> dict[str, Any]:
    return {"userRateLimit": {"limit": 2000, "remaining": remaining, "reset": reset_ms}}


async def test_what_goes_over_the_socket_is_charged_as_by_rest(bench: Bench) -> None:
    """Before it goes; the figures of the reply are taken, none cost nothing more."""
    await bench.sign_in()
    costs: list[int] = []
    for command in (
        bench.client.place(a_ticket(), A),
        bench.client.cancel(ONE),
        bench.client.cancel_by_client_oid(XBT, A),
        bench.client.place_batch(TICKETS),
        bench.client.cancel_batch([ONE, TWO]),
    ):
        before = spent(bench)
        running = asyncio.get_running_loop().create_task(command)
        await bench.clock.settle()
        costs.append(spent(bench) - before)
        bench.socket.say({"id": bench.socket.requests()[-1]["id"], "code": "300003", "msg": "m"})
        await running
        assert spent(bench) - before == costs[-1]
    assert costs == [2, 1, 1, 20, 20]
    await bench.clock.advance(1.0)
    await bench.by_socket(bench.client.cancel(ONE), {"cancelledOrderIds": ["1"]}, **figures(100))
    assert spent(bench) == 1900


async def test_what_the_budget_keeps_back_goes_neither_way(bench: Bench) -> None:
    """Cancels and closing orders still go when opening ones do not."""
    await bench.sign_in()
    await bench.by_socket(bench.client.cancel(ONE), {"cancelledOrderIds": ["1"]}, **figures(30))
    for outcomes in (
        (await bench.client.place(a_ticket(), A),),
        await bench.client.place_batch(TICKETS),
    ):
        for outcome in outcomes:
            assert outcome == NotSent(
                "The quota of requests is used up for about 21 s.", Route.SOCKET
            )
    closing = a_ticket(is_reduce_only=True)
    taken, _ = await bench.by_socket(bench.client.place(closing, A), {"orderId": "1"})
    assert isinstance(taken, Accepted)
    canceled, _ = await bench.by_socket(bench.client.cancel(ONE), {"cancelledOrderIds": ["1"]})
    assert isinstance(canceled, Accepted)
    assert (len(bench.socket.requests()), bench.requests) == (3, [])


async def test_a_spent_quota_of_the_socket_is_a_refusal_and_pauses_the_pool(bench: Bench) -> None:
    await bench.sign_in()
    slowed, _ = await bench.by_socket(
        bench.client.place(a_ticket(), A), None, "429000", **figures(0, 18_000)
    )
    assert isinstance(slowed, Rejected)
    assert (slowed.code, slowed.status, slowed.route) == ("429000", 0, Route.SOCKET)
    assert isinstance(await bench.client.cancel(ONE), NotSent)
    await bench.clock.advance(18.2)
    taken, _ = await bench.by_socket(bench.client.place(a_ticket(), B), {"orderId": "1"})
    assert isinstance(taken, Accepted)


async def test_overload_is_unknown_and_spends_nothing(bench: Bench) -> None:
    """And so is a paused call, which then stays paused on both ways."""
    await bench.sign_in()
    loaded, _ = await bench.by_socket(
        bench.client.place(a_ticket(), A), None, "429000", **figures(1500)
    )
    assert isinstance(loaded, Unknown)
    assert bench.budget.state(bench.clock.monotonic_s()).overloads == 1
    paused, _ = await bench.by_socket(bench.client.place(a_ticket(), B), None, "200002")
    assert isinstance(paused, Unknown)
    assert isinstance(await bench.client.place(a_ticket(), A), NotSent)
    assert len(bench.socket.requests()) == 2


async def test_a_lost_request_counts_and_its_late_reply_still_tells(bench: Bench) -> None:
    await bench.sign_in()
    running = asyncio.get_running_loop().create_task(bench.client.place(a_ticket(), A))
    for _ in range(5):
        await bench.clock.advance(1.0)
        bench.order_socket._wake.set()
    assert isinstance(await running, Unknown)
    assert spent(bench) == 2
    identity = bench.socket.requests()[-1]["id"]
    bench.socket.say({"id": identity, "code": "200000", "data": {"orderId": "1"}, **figures(500)})
    await bench.clock.settle()
    # The figures hold the request already; to count it twice overdraws nothing.
    assert spent(bench) == 1500 + 2
    bench.socket.drop()
    await bench.clock.settle()
    assert spent(bench) == 1500 + 2


def test_closing_orders_may_use_the_reserve() -> None:
    """Batches only when each of them closes."""
    batch = ROWS[Operation.PLACE_BATCH]
    closing: dict[str, object] = {"reduceOnly": True}
    assert urgency_of(batch, [closing, closing]) is Urgency.SAFETY
    assert urgency_of(batch, [closing, {}]) is Urgency.COMMAND
    assert urgency_of(batch, []) is Urgency.COMMAND
