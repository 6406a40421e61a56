"""An order's round trip, ours against others, on one simulated exchange in a process of its own.

Each client places an order that rests and cancels it, with a key and an account of its own, in
turns. What they are:

- ours over the order socket and over REST (asyncio);
- the official SDK over REST, blocking. It has no order socket for classic futures: its only one
  (``UtaPrivateTradeWS``) speaks ``uta.order``, of the unified account, to a fixed address;
- ccxt over REST (asyncio). It has no order socket for this exchange at all.

The floors are sockets without a client: bytes that were written and signed beforehand, sent to the
same exchange over an asyncio stream or a bare websocket, their answers barely looked at; and the
same bytes sent to a process that sends them straight back. Times are of one order.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import contextmanager
from functools import partial
from time import perf_counter, time_ns
from typing import TYPE_CHECKING, Any, final
from urllib.parse import quote, urlsplit

import pytest
from websockets.asyncio.client import connect as open_websocket

from terminal.domain.units import ClientOid, Price
from terminal.exchange.connect import connect
from terminal.exchange.credentials import Credentials
from terminal.exchange.hosts import Hosts
from terminal.exchange.outcome import Accepted, Route
from terminal.session.clock import SystemClock
from terminal.session.tasks import TaskOwner
from terminal.wire.signing import sign, signed_headers
from tests.benchmarks.children import Child, Echo
from tests.benchmarks.recorded import SYMBOL
from tests.benchmarks.rivals import BTC, ccxt_of, library, listed, official, require
from tests.benchmarks.scoreboard import interleaved
from tests.support.builders import a_ticket
from tests.support.deadlines import eventually
from tests.support.rounds import in_rounds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    from pytest_benchmark.fixture import BenchmarkFixture

    from tests.benchmarks.children import Secrets
    from tests.benchmarks.scoreboard import Scoreboard

    class Candidate(Protocol):
        """Somebody who places and cancels; ``ids`` are the orders that he placed."""

        ids: list[str]

        async def start(self) -> None: ...

        async def stop(self) -> None: ...

        def step(self) -> tuple[float, float]:
            """Place and cancel one order; milliseconds of each."""
            ...


ROUNDS, IN_A_ROW = 100, 5
WARM_UP = 10
NAMES = ("socket", "rest", "sdk", "ccxt", "barerest", "baresocket")
PINNED = pytest.mark.filterwarnings(
    # pydantic announces a change of its own; the SDK's transport reads a field on the instance.
    "ignore:Accessing the 'model_fields' attribute on the instance is deprecated"
)


def milliseconds(began_s: float, between_s: float) -> tuple[float, float]:
    return (between_s - began_s) * 1e3, (perf_counter() - between_s) * 1e3


@final
class Tern:
    """Our clients, on one route."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, child: Child, secrets: Secrets, route: Route
    ) -> None:
        self.ids: list[str] = []
        self._loop, self._child, self._secrets, self._route = loop, child, secrets, route

    async def start(self) -> None:
        address = self._child.ws_api if self._route is Route.SOCKET else ""
        self.clients = connect(
            Hosts(self._child.rest, self._child.rest, address),
            Credentials(*self._secrets),
            SystemClock(),
        )
        self._owner = TaskOwner("bench", lambda name, error: pytest.fail(f"{name}: {error!r}"))
        await self.clients.market.contracts()
        await self.clients.trading.open_orders()  # tells the budget what the quota is
        socket = self.clients.order_socket
        if socket is not None:
            self._owner.spawn("order socket", socket.run())
            await eventually(lambda: socket.is_ready, "the order socket")
        self._ticket = a_ticket(price=Price(int(low_price(self._child) * 10)))

    def step(self) -> tuple[float, float]:
        return self._loop.run_until_complete(self._step())

    async def _step(self) -> tuple[float, float]:
        client_oid, trading = ClientOid(f"t-{len(self.ids)}"), self.clients.trading
        began_s = perf_counter()
        placed = await trading.place(self._ticket, client_oid)
        between_s = perf_counter()
        assert isinstance(placed, Accepted), placed
        canceled = await trading.cancel(placed.order_ids[0])
        took = milliseconds(began_s, between_s)
        assert isinstance(canceled, Accepted), canceled
        assert canceled.order_ids == placed.order_ids
        assert placed.route is canceled.route is self._route
        self.ids.append(placed.order_ids[0])
        return took

    async def stop(self) -> None:
        await self._owner.close()
        await self.clients.aclose()


@final
class Sdk:
    """The official SDK, blocking."""

    def __init__(self, child: Child, secrets: Secrets) -> None:
        self.ids: list[str] = []
        self._child, self._secrets = child, secrets

    async def start(self) -> None:
        client = official(self._child.rest, self._secrets)
        self._orders = client.rest_service().get_futures_service().get_order_api()
        models = library("kucoin_universal_sdk.generate.futures.order")
        self._add, self._cancel = models.AddOrderReq, models.CancelOrderByIdReq
        self._price = str(low_price(self._child))

    def step(self) -> tuple[float, float]:
        began_s = perf_counter()
        request = self._add(
            client_oid=f"s-{len(self.ids)}",
            side="buy",
            symbol=SYMBOL,
            type="limit",
            leverage=5,
            margin_mode="ISOLATED",
            price=self._price,
            size=2,
        )
        placed = self._orders.add_order(request)
        between_s = perf_counter()
        canceled = self._orders.cancel_order_by_id(self._cancel(order_id=placed.order_id))
        took = milliseconds(began_s, between_s)
        assert canceled.cancelled_order_ids == [placed.order_id]
        self.ids.append(placed.order_id)
        return took

    async def stop(self) -> None:
        self._orders.transport.close()


@final
class Ccxt:
    """ccxt with asyncio."""

    def __init__(self, loop: asyncio.AbstractEventLoop, child: Child, secrets: Secrets) -> None:
        self.ids: list[str] = []
        self._loop, self._child, self._secrets = loop, child, secrets

    async def start(self) -> None:
        self._markets = listed(self._child.rest)
        self._program = ccxt_of("ccxt.async_support", self._child.rest, self._secrets)
        self._program.set_markets(*self._markets)
        self._price = low_price(self._child)

    def step(self) -> tuple[float, float]:
        return self._loop.run_until_complete(self._step())

    async def _step(self) -> tuple[float, float]:
        terms = {"clientOrderId": f"c-{len(self.ids)}", "leverage": 5, "marginMode": "isolated"}
        began_s = perf_counter()
        placed = await self._program.create_order(BTC, "limit", "buy", 2, self._price, terms)
        between_s = perf_counter()
        canceled = await self._program.cancel_order(placed["id"], BTC)
        took = milliseconds(began_s, between_s)
        assert placed["id"] in json.dumps(canceled["info"])
        self.ids.append(placed["id"])
        return took

    async def stop(self) -> None:
        await self._program.close()


def an_order(client_oid: str, price: float) -> dict[str, Any]:
    """The order that all place, as it goes over the wire."""
    return {
        "clientOid": client_oid,
        "symbol": SYMBOL,
        "side": "buy",
        "type": "limit",
        "price": str(price),
        "size": 2,
        "leverage": 5,
        "marginMode": "ISOLATED",
    }


def written(secrets: Secrets, method: str, path: str, body: str = "") -> bytes:
    """A signed request as the bytes of HTTP."""
    stamp = time_ns() // 1_000_000
    headers = signed_headers(secrets, stamp, method, path, body)
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


async def answered(reader: asyncio.StreamReader) -> bytes:
    """The body of an answer; of the head only the length is looked at."""
    head = await reader.readuntil(b"\r\n\r\n")
    at = head.index(b"Content-Length: ") + 16
    return await reader.readexactly(int(head[at : head.index(b"\r", at)]))


@final
class BareRest:
    """Requests written beforehand, over one asyncio stream to the exchange."""

    def __init__(self, loop: asyncio.AbstractEventLoop, child: Child, secrets: Secrets) -> None:
        self.ids: list[str] = []
        self._loop, self._child, self._secrets = loop, child, secrets

    async def start(self) -> None:
        host = urlsplit(self._child.rest)
        self._reader, self._writer = await asyncio.open_connection(host.hostname, host.port)
        self._price = low_price(self._child)

    def step(self) -> tuple[float, float]:
        return self._loop.run_until_complete(self._step())

    async def _step(self) -> tuple[float, float]:
        body = json.dumps(an_order(f"b-{len(self.ids)}", self._price))
        placing = written(self._secrets, "POST", "/api/v1/orders", body)
        began_s = perf_counter()
        self._writer.write(placing)
        placed = await answered(self._reader)
        between_s = perf_counter()
        identity = json.loads(placed)["data"]["orderId"]
        canceling = written(self._secrets, "DELETE", f"/api/v1/orders/{identity}")
        again_s = perf_counter()
        self._writer.write(canceling)
        canceled = await answered(self._reader)
        took = (between_s - began_s) * 1e3, (perf_counter() - again_s) * 1e3
        assert json.loads(canceled)["data"]["cancelledOrderIds"] == [identity]
        self.ids.append(identity)
        return took

    async def stop(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


@final
class BareSocket:
    """Frames written beforehand, over a bare websocket to the exchange."""

    def __init__(self, loop: asyncio.AbstractEventLoop, child: Child, secrets: Secrets) -> None:
        self.ids: list[str] = []
        self._loop, self._child, self._secrets = loop, child, secrets

    async def start(self) -> None:
        await self.open()
        self._price = low_price(self._child)

    async def open(self) -> None:
        """Connect and sign, until commands may be sent."""
        key, secret, passphrase = self._secrets
        stamp = str(time_ns() // 1_000_000)
        signature = quote(sign(secret, key + stamp), safe="")
        other = quote(sign(secret, passphrase), safe="")
        self._socket = await open_websocket(
            f"{self._child.ws_api}?apikey={key}&timestamp={stamp}"
            f"&sign={signature}&passphrase={other}",
            compression=None,
            ping_interval=None,
        )
        challenge = await self._socket.recv()
        assert isinstance(challenge, str)
        await self._socket.send(sign(secret, challenge))
        assert json.loads(await self._socket.recv())["data"] == "welcome"

    def step(self) -> tuple[float, float]:
        return self._loop.run_until_complete(self._step())

    async def _step(self) -> tuple[float, float]:
        args = an_order(f"w-{len(self.ids)}", self._price)
        frame = json.dumps({"id": "1", "op": "futures.order", "args": args})
        began_s = perf_counter()
        await self._socket.send(frame)
        placed = await self._socket.recv()
        between_s = perf_counter()
        identity = json.loads(placed)["data"]["orderId"]
        frame = json.dumps({"id": "1", "op": "futures.cancel", "args": {"orderId": identity}})
        again_s = perf_counter()
        await self._socket.send(frame)
        canceled = await self._socket.recv()
        took = (between_s - began_s) * 1e3, (perf_counter() - again_s) * 1e3
        assert json.loads(canceled)["data"]["cancelledOrderIds"] == [identity]
        self.ids.append(identity)
        return took

    async def stop(self) -> None:
        await self._socket.close()


@final
class Echoes:
    """The same bytes to a process that sends them back: no exchange, no client."""

    def __init__(self, loop: asyncio.AbstractEventLoop, echo: Echo) -> None:
        self._loop, self._echo = loop, echo
        self._frame = json.dumps({"id": "1", "op": "futures.order", "args": an_order("e-1", 1.0)})

    async def start(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(
            "127.0.0.1", self._echo.ready["stream"]
        )
        self._socket = await open_websocket(
            self._echo.ready["socket"], compression=None, ping_interval=None
        )

    def stream(self) -> tuple[float, float]:
        return self._loop.run_until_complete(self._over_stream())

    async def _over_stream(self) -> tuple[float, float]:
        line = self._frame.encode() + b"\n"
        began_s = perf_counter()
        self._writer.write(line)
        back = await self._reader.readline()
        took_ms = (perf_counter() - began_s) * 1e3
        assert back == line
        return took_ms, took_ms

    def socket(self) -> tuple[float, float]:
        return self._loop.run_until_complete(self._over_socket())

    async def _over_socket(self) -> tuple[float, float]:
        began_s = perf_counter()
        await self._socket.send(self._frame)
        back = await self._socket.recv()
        took_ms = (perf_counter() - began_s) * 1e3
        assert back == self._frame
        return took_ms, took_ms

    async def stop(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()
        await self._socket.close()


def low_price(child: Child) -> float:
    """A price below the market, where nothing fills; the market stands still."""
    return float(child.get(f"/api/v1/ticker?symbol={SYMBOL}")["price"]) - 20.0


def looked_at(child: Child, secrets: Secrets, ids: list[str]) -> None:
    """The exchange itself says that these orders were placed, and that none is left."""
    left = child.get("/api/v1/orders?status=active&symbol=XBTUSDTM", secrets)
    assert left["totalNum"] == 0
    for identity in (ids[0], ids[len(ids) // 2], ids[-1]):
        order = child.get(f"/api/v1/orders/{identity}", secrets)
        assert (order["status"], order["cancelExist"], order["size"]) == ("done", True, 2)


@contextmanager
def running(loop: asyncio.AbstractEventLoop, *clients: Candidate | Echoes) -> Iterator[None]:
    """All clients of a loop started, and stopped whatever happens."""
    started: list[Candidate | Echoes] = []
    try:
        for client in clients:
            started.append(client)
            loop.run_until_complete(client.start())
        yield
    finally:
        for client in reversed(started):
            loop.run_until_complete(client.stop())
        loop.close()


@pytest.fixture
def child() -> Iterator[Child]:
    keys = (f"--key={name}:Futures@{name}" for name in NAMES)
    child = Child("--calm", "--vip", "12", *keys)
    yield child
    child.end()


@pytest.fixture
def echo() -> Iterator[Echo]:
    echo = Echo()
    yield echo
    echo.end()


@PINNED
def test_order_round_trips(
    benchmark: BenchmarkFixture, scoreboard: Scoreboard, request: pytest.FixtureRequest
) -> None:
    require(benchmark, scoreboard)
    child: Child = request.getfixturevalue("child")
    loop = asyncio.new_event_loop()
    key = child.secrets_of
    candidates: dict[str, Candidate] = {
        "tern socket": Tern(loop, child, key("socket"), Route.SOCKET),
        "tern REST": Tern(loop, child, key("rest"), Route.REST),
        "SDK REST": Sdk(child, key("sdk")),
        "ccxt REST": Ccxt(loop, child, key("ccxt")),
        "bare REST": BareRest(loop, child, key("barerest")),
        "bare websocket": BareSocket(loop, child, key("baresocket")),
    }
    echoes = Echoes(loop, request.getfixturevalue("echo"))
    steps = {name: one.step for name, one in candidates.items()}
    steps |= {"echo stream": echoes.stream, "echo websocket": echoes.socket}

    def several(name: str, count: int) -> list[tuple[float, float]]:
        return [steps[name]() for _ in range(count)]

    with running(loop, *candidates.values(), echoes):
        for name in steps:
            several(name, 1 if benchmark.disabled else WARM_UP)
        turns = {name: partial(several, name, IN_A_ROW) for name in steps}
        rounds = 1 if benchmark.disabled else ROUNDS
        taken = in_rounds(benchmark, interleaved, (turns, rounds), rounds=1)
    for name, account in zip(candidates, NAMES, strict=True):
        looked_at(child, key(account), candidates[name].ids)
    for at, what in enumerate(("place an order", "cancel an order")):
        samples = {name: [pair[at] for pair in pairs] for name, pairs in taken.items()}
        scoreboard.note(
            benchmark,
            what,
            "ms",
            samples,
            [
                ("tern socket", "SDK REST", "bare websocket", 1 / 3),
                ("tern socket", "ccxt REST", "echo websocket", None),
                ("tern socket", None, "echo stream", None),
                ("tern REST", "SDK REST", "bare REST", None),
                ("tern REST", "ccxt REST", "echo stream", None),
            ],
        )
