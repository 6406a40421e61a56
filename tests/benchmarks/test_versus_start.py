"""What comes before the first order: loading the library, connecting, signing."""

from __future__ import annotations

import asyncio
import hmac
import json
import subprocess
import sys
from time import perf_counter, process_time, time_ns
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from terminal.exchange.connect import connect
from terminal.exchange.credentials import Credentials
from terminal.exchange.hosts import Hosts
from terminal.session.clock import SystemClock
from terminal.session.tasks import TaskOwner
from terminal.wire.signing import signed_headers
from tests.benchmarks.children import ROOT, Child
from tests.benchmarks.rivals import BTC, ccxt_of, library, listed, official, require
from tests.benchmarks.scoreboard import interleaved
from tests.benchmarks.test_versus_orders import PINNED, BareSocket, an_order, answered, written
from tests.support.rounds import in_rounds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

    from tests.benchmarks.scoreboard import Scoreboard

SIGNED, SIGN_ROUNDS = 200, 40
CONNECT_ROUNDS, LOAD_ROUNDS = 25, 7
PATH = "/api/v1/orders"
LOADED = {
    "tern": "import terminal.exchange.connect",
    "SDK": "import kucoin_universal_sdk.api",
    "ccxt": "import ccxt.async_support",
    "python": "",
}


@pytest.fixture
def child() -> Iterator[Child]:
    child = Child("--calm", "--vip", "12")
    yield child
    child.end()


def test_signing(
    benchmark: BenchmarkFixture, scoreboard: Scoreboard, request: pytest.FixtureRequest
) -> None:
    """The headers of an order; ccxt's are made with the address and the body."""
    require(benchmark, scoreboard)
    secrets = request.getfixturevalue("child").secrets
    order = an_order("sign-1", 1000.0)
    body = json.dumps(order, separators=(",", ":"))
    signer = official("http://127.0.0.1", secrets).rest_service().get_futures_service()
    signer = signer.get_order_api().transport.signer
    program = ccxt_of("ccxt", "http://127.0.0.1", secrets)
    made: dict[str, dict[str, str]] = {}

    def timed(name: str, sign: Callable[[], dict[str, str]]) -> Callable[[], list[float]]:
        def several() -> list[float]:
            began_s = process_time()
            for _ in range(SIGNED):
                made[name] = sign()
            return [(process_time() - began_s) / SIGNED * 1e6]

        return several

    def bare() -> dict[str, str]:
        stamp = str(time_ns() // 1_000_000)
        text = f"{stamp}POST{PATH}{body}".encode()
        hmac.digest(secrets.secret.encode(), text, "sha256")
        hmac.digest(secrets.secret.encode(), secrets.passphrase.encode(), "sha256")
        return {}

    candidates = {
        "tern": timed(
            "tern",
            lambda: signed_headers(secrets, time_ns() // 1_000_000, "POST", PATH, body),
        ),
        "SDK": timed("SDK", lambda: dict(signer.headers(f"POST{PATH}{body}"))),
        "ccxt": timed(
            "ccxt",
            lambda: program.sign("orders", ["futuresPrivate"], "POST", dict(order))["headers"],
        ),
        "two digests": timed("two digests", bare),
    }
    rounds = 1 if benchmark.disabled else SIGN_ROUNDS
    samples = in_rounds(benchmark, interleaved, (candidates, rounds), rounds=1)
    for name in ("tern", "SDK"):
        headers = made[name]
        text = f"{headers['KC-API-TIMESTAMP']}POST{PATH}{body}"
        assert headers["KC-API-SIGN"] == secrets.mac(text), name
    for name in ("tern", "SDK", "ccxt"):
        assert made[name]["KC-API-PASSPHRASE"] == secrets.mac(secrets.passphrase), name
    scoreboard.note(
        benchmark,
        "sign an order",
        "us of CPU",
        samples,
        [("tern", "SDK", "two digests", None), ("tern", "ccxt", "two digests", None)],
    )


@PINNED
def test_from_nothing_to_the_first_signed_answer(
    benchmark: BenchmarkFixture, scoreboard: Scoreboard, request: pytest.FixtureRequest
) -> None:
    """A client is made, connects, and reads its open orders; and ours till an order may go."""
    require(benchmark, scoreboard)
    child: Child = request.getfixturevalue("child")
    secrets, markets = child.secrets, listed(child.rest)
    loop = asyncio.new_event_loop()
    order_list = library("kucoin_universal_sdk.generate.futures.order").GetOrderListReq

    async def tern() -> float:
        began_s = perf_counter()
        clients = connect(Hosts(child.rest, child.rest, ""), Credentials(*secrets), SystemClock())
        assert await clients.trading.open_orders() == ()
        took_s = perf_counter() - began_s
        await clients.aclose()
        return took_s

    async def tern_socket() -> float:
        owner = TaskOwner("bench", lambda name, error: pytest.fail(f"{name}: {error!r}"))
        ready = asyncio.Event()
        began_s = perf_counter()
        clients = connect(
            Hosts(child.rest, child.rest, child.ws_api), Credentials(*secrets), SystemClock()
        )
        socket = clients.order_socket
        assert socket is not None
        socket.on_changed = lambda: ready.set() if socket.is_ready else None
        owner.spawn("order socket", socket.run())
        await ready.wait()
        took_s = perf_counter() - began_s
        await owner.close()
        await clients.aclose()
        return took_s

    def sdk() -> list[float]:
        began_s = perf_counter()
        client = official(child.rest, secrets)
        orders = client.rest_service().get_futures_service().get_order_api()
        told = orders.get_order_list(order_list(status="active"))
        took_s = perf_counter() - began_s
        assert told.items == []
        orders.transport.close()
        return [took_s * 1e3]

    async def ccxt() -> float:
        began_s = perf_counter()
        program = ccxt_of("ccxt.async_support", child.rest, secrets)
        program.set_markets(*markets)
        assert await program.fetch_open_orders(BTC) == []
        took_s = perf_counter() - began_s
        await program.close()
        return took_s

    async def bare() -> float:
        path = f"{PATH}?status=active&currentPage=1&pageSize=50"
        asked, host = written(secrets, "GET", path), urlsplit(child.rest)
        began_s = perf_counter()
        reader, writer = await asyncio.open_connection(host.hostname, host.port)
        writer.write(asked)
        told = await answered(reader)
        took_s = perf_counter() - began_s
        assert json.loads(told)["data"]["items"] == []
        writer.close()
        await writer.wait_closed()
        return took_s

    async def bare_socket() -> float:
        client = BareSocket(loop, child, secrets)
        began_s = perf_counter()
        await client.open()
        took_s = perf_counter() - began_s
        await client.stop()
        return took_s

    def timed(run: Callable[[], Any]) -> Callable[[], list[float]]:
        return lambda: [loop.run_until_complete(run()) * 1e3]

    candidates = {
        "tern REST": timed(tern),
        "SDK REST": sdk,
        "ccxt REST": timed(ccxt),
        "bare REST": timed(bare),
        "tern socket": timed(tern_socket),
        "bare websocket": timed(bare_socket),
    }
    rounds = 1 if benchmark.disabled else CONNECT_ROUNDS
    try:
        samples = in_rounds(benchmark, interleaved, (candidates, rounds), rounds=1)
    finally:
        loop.close()
    scoreboard.note(
        benchmark,
        "connect and be answered",
        "ms",
        samples,
        [
            ("tern REST", "SDK REST", "bare REST", None),
            ("tern REST", "ccxt REST", "bare REST", None),
            ("tern socket", None, "bare websocket", None),
        ],
    )


def test_loading(benchmark: BenchmarkFixture, scoreboard: Scoreboard) -> None:
    """A process that loads the library and ends."""
    require(benchmark, scoreboard)

    def timed(code: str) -> Callable[[], list[float]]:
        def load() -> list[float]:
            began_s = perf_counter()
            subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
            return [(perf_counter() - began_s) * 1e3]

        return load

    candidates = {name: timed(code) for name, code in LOADED.items()}
    rounds = 1 if benchmark.disabled else LOAD_ROUNDS
    samples = in_rounds(benchmark, interleaved, (candidates, rounds), rounds=1)
    scoreboard.note(
        benchmark,
        "load the library",
        "ms",
        samples,
        [("tern", "SDK", "python", None), ("tern", "ccxt", "python", None)],
    )
