"""Changes of a book per second of one core: the whole way from a real socket to who watches.

A child process writes frames made beforehand as fast as they are taken. Ours: stream client, feed,
calibrated book, listeners. ccxt.pro: ``watch_order_book`` in a loop, as its users write it. The
floor takes frames off the same websocket library and does nothing with them. Then the same without
the socket, from the frame on. What is measured is the processor's time of this process: the wall's
would count the child.
"""

from __future__ import annotations

import asyncio
from functools import partial
from time import process_time
from typing import TYPE_CHECKING, Any, final

import pytest
from websockets.asyncio.client import connect as open_websocket

from terminal.exchange.connect import connect
from terminal.exchange.hosts import Hosts
from terminal.exchange.stream import Backlog, StreamClient
from terminal.session.clock import SystemClock
from terminal.session.feed import Feed
from terminal.session.market import MarketSession
from terminal.session.notices import NoticeBoard
from terminal.session.tasks import TaskOwner
from tests.benchmarks.children import Child, Firehose
from tests.benchmarks.firehose_child import BY_ITSELF
from tests.benchmarks.recorded import FIRST, changes
from tests.benchmarks.rivals import BTC, ccxt_of, listed, require
from tests.benchmarks.scoreboard import interleaved
from tests.benchmarks.test_versus_books import in_floats, of_theirs
from tests.support.builders import a_contract
from tests.support.deadlines import eventually
from tests.support.rounds import in_rounds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

    from terminal.domain.events import BookDelta
    from tests.benchmarks.scoreboard import Scoreboard

FRAMES, ROUNDS = 10_000, 12
PATIENCE_S = 60.0
SOCKET = "a change, socket to listeners"
DIRECT = "a change, frame to listeners"


@final
class Tern:
    """A market session as the program has one, on the firehose; two listeners."""

    def __init__(self, hose: Firehose) -> None:
        self._hose = hose
        self.seen = self.changed = 0

    async def start(self) -> None:
        self._clients = connect(Hosts(self._hose.rest, self._hose.rest, ""), None, SystemClock())
        self._owner = TaskOwner("bench", lambda name, error: pytest.fail(f"{name}: {error!r}"))
        clock, contract = SystemClock(), a_contract()
        market = self._clients.market
        market._scales.learn([contract])  # type: ignore[attr-defined] # the firehose lists nothing
        self.feed = Feed("market", self._clients.market_stream, clock, self._owner)
        self.market = MarketSession(
            contract, market, self.feed, clock, self._owner, NoticeBoard(clock)
        )
        self.market.on_delta.add(self._see)
        self.market.on_book_changed.add(self._change)
        self._done = asyncio.Event()
        self.last = FIRST + BY_ITSELF
        self.feed.start()
        self.market.start()
        await eventually(lambda: self.market.book.sequence == self.last, "the first changes")
        assert self.market.book_is_live

    def _see(self, _delta: BookDelta) -> None:
        self.seen += 1

    def _change(self) -> None:
        self.changed += 1
        if self.market.book.sequence == self.last:
            self._done.set()

    async def take(self, count: int) -> None:
        """So many changes, to the end."""
        self.last += count
        self._done.clear()
        self._hose.pour(count)
        async with asyncio.timeout(PATIENCE_S):
            await self._done.wait()
        assert self.market.book_is_live
        assert self.market.resyncs == 0

    def take_directly(self, frames: list[bytes]) -> None:
        """Frames as the socket would hand them over, without it."""
        stream, on_fact = self._clients.market_stream, self.feed._first._on_fact
        assert isinstance(stream, StreamClient)
        assert stream._connection is not None
        backlog = Backlog(len(frames))
        for frame in frames:
            backlog.put(frame)
        backlog.end("all taken")
        for _ in stream._consume(stream._connection, backlog, on_fact).__await__():
            pass  # between two slices; it never waits for anything
        self.last += len(frames)
        assert self.market.book.sequence == self.last

    async def stop(self) -> None:
        await self.market.stop()
        await self.feed.stop()
        await self._owner.close()
        await self._clients.aclose()


@final
class Ccxt:
    """``watch_order_book`` of ccxt.pro on the firehose."""

    def __init__(self, hose: Firehose, markets: tuple[Any, Any]) -> None:
        self._hose, self._markets = hose, markets
        self.last = FIRST + BY_ITSELF
        self.book: Any = None

    async def start(self) -> None:
        self._program = ccxt_of("ccxt.pro", self._hose.rest)
        self._program.open()
        self._program.set_markets(*self._markets)
        await self._until(self.last)

    async def _until(self, sequence: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while self.book is None or self.book["nonce"] != sequence:
                self.book = await self._program.watch_order_book(BTC)

    async def take(self, count: int) -> None:
        """So many changes, to the end."""
        self.last += count
        self._hose.pour(count)
        await self._until(self.last)

    def take_directly(self, frames: list[bytes]) -> None:
        """Frames as the socket would hand them over, without it."""
        (client,) = self._program.clients.values()
        for frame in frames:
            client.handle_text_or_binary_message(frame.decode())
        self.last += len(frames)
        assert self.book["nonce"] == self.last

    async def stop(self) -> None:
        await self._program.close()


@final
class Bare:
    """Frames off the websocket that we use, and nothing else."""

    def __init__(self, hose: Firehose) -> None:
        self._hose = hose

    async def start(self) -> None:
        url = f"{self._hose.rest.replace('http', 'ws', 1)}/endpoint"
        self._socket = await open_websocket(
            url, compression=None, ping_interval=None, max_queue=None
        )
        await self._socket.send('{"id":"1","type":"subscribe","topic":"/contractMarket/level2:X"}')
        for _ in range(2 + BY_ITSELF):
            await self._socket.recv()

    async def take(self, count: int) -> None:
        """So many frames."""
        self._hose.pour(count)
        receive = self._socket.recv
        async with asyncio.timeout(PATIENCE_S):
            for _ in range(count):
                await receive()

    async def stop(self) -> None:
        await self._socket.close()


@pytest.fixture
def hoses() -> Iterator[tuple[Firehose, Firehose, Firehose]]:
    hoses = Firehose(), Firehose(), Firehose()
    yield hoses
    for hose in hoses:
        hose.end()


@pytest.fixture
def markets() -> Iterator[tuple[Any, Any]]:
    """What ccxt must know of the contract, read from the simulated exchange."""
    child = Child("--calm")
    yield listed(child.rest)
    child.end()


def test_changes_from_a_socket_to_listeners(
    benchmark: BenchmarkFixture, scoreboard: Scoreboard, request: pytest.FixtureRequest
) -> None:
    require(benchmark, scoreboard)
    first, second, third = request.getfixturevalue("hoses")
    tern, ccxt = Tern(first), Ccxt(second, request.getfixturevalue("markets"))
    clients: dict[str, Tern | Ccxt | Bare] = {
        "tern": tern,
        "ccxt.pro": ccxt,
        "bare websocket": Bare(third),
    }
    loop = asyncio.new_event_loop()
    count = 500 if benchmark.disabled else FRAMES

    def took_us(client: Tern | Ccxt | Bare) -> list[float]:
        began_s = process_time()
        loop.run_until_complete(client.take(count))
        return [(process_time() - began_s) / count * 1e6]

    def directly_us(client: Tern | Ccxt) -> list[float]:
        frames = changes(count, client.last + 1)
        began_s = process_time()
        client.take_directly(frames)
        return [(process_time() - began_s) / count * 1e6]

    rounds = 1 if benchmark.disabled else ROUNDS
    started: list[Tern | Ccxt | Bare] = []
    try:
        for client in clients.values():
            started.append(client)
            loop.run_until_complete(client.start())
        turns = {name: partial(took_us, client) for name, client in clients.items()}
        samples = in_rounds(benchmark, interleaved, (turns, rounds), rounds=1)
        same_book(tern, ccxt, count * rounds)
        direct = interleaved(
            {"tern": partial(directly_us, tern), "ccxt.pro": partial(directly_us, ccxt)}, rounds
        )
        same_book(tern, ccxt, 2 * count * rounds)
    finally:
        for client in started:
            loop.run_until_complete(client.stop())
        loop.close()
    for what, taken, floor in ((SOCKET, samples, "bare websocket"), (DIRECT, direct, None)):
        scoreboard.note(benchmark, what, "us of CPU", taken, [("tern", "ccxt.pro", floor, None)])
        told = benchmark.extra_info[what]
        told["per_second_and_core"] = {
            name: round(1e6 / value) for name, value in told["median"].items()
        }


def same_book(tern: Tern, ccxt: Ccxt, count: int) -> None:
    """Both hold the book after so many changes; our listeners were told of each."""
    assert tern.market.book.sequence == ccxt.book["nonce"] == FIRST + BY_ITSELF + count
    assert in_floats(tern.market.book) == of_theirs(ccxt.book)
    assert tern.seen >= count
    assert tern.changed >= count
