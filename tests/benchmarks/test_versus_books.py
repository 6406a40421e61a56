"""Order books against ccxt: one change from bytes to the book, and a whole book of 40,000 rows.

Both get the same bytes; each decodes them as it does in use (ccxt by orjson, from text). ccxt does
not look for gaps in the futures stream; ours does, within what is measured.
"""

from __future__ import annotations

import asyncio
import json
from time import process_time
from typing import TYPE_CHECKING, Any, final

import msgspec
import pytest

from terminal.domain.book import BookAnswer, OrderBook
from terminal.domain.events import BookDelta
from terminal.exchange import translate
from terminal.exchange.stream_topics import translated
from terminal.exchange.translate import Scales
from terminal.wire.codec import decode
from terminal.wire.connection import Pushed, StreamConnection
from terminal.wire.envelope import Envelope
from terminal.wire.market import BookPayload
from tests.benchmarks.children import Child
from tests.benchmarks.recorded import FIRST, SYMBOL, changes, large_book, small_book
from tests.benchmarks.rivals import BTC, ccxt_of, library, listed, require
from tests.benchmarks.scoreboard import interleaved
from tests.support.builders import XBT, a_contract
from tests.support.rounds import in_rounds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_benchmark.fixture import BenchmarkFixture

    from tests.benchmarks.scoreboard import Scoreboard

FRAMES = 5_000
ROUNDS = 40
ROWS = 20_000
BOOK_ROUNDS = 12


@pytest.fixture(autouse=True)
def _loop() -> Iterator[None]:
    """A current event loop, which ccxt's futures ask for even where nothing is awaited."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture(scope="module")
def markets() -> Iterator[tuple[Any, Any]]:
    """What ccxt must know of the contract, read from the simulated exchange."""
    child = Child("--calm")
    yield listed(child.rest)
    child.end()


def our_scales() -> Scales:
    scales = Scales()
    scales.learn([a_contract()])
    return scales


def our_book(raw: bytes, scales: Scales) -> OrderBook:
    """A book from the answer to a request for it."""
    book = OrderBook(XBT)
    envelope = decode(raw, Envelope)
    book.load(translate.book_snapshot(decode(envelope.data, BookPayload), scales))
    return book


@final
class Theirs:
    """ccxt.pro's handling of what its socket hands over, without the socket."""

    def __init__(self, markets: tuple[Any, Any]) -> None:
        self.program = ccxt_of("ccxt.pro")
        self.program.set_markets(*markets)
        client_of = library("ccxt.async_support.base.ws.client").Client
        self.client = client_of(
            "ws://127.0.0.1/",
            self.program.handle_message,
            self.program.on_error,
            self.program.on_close,
            self.program.on_connected,
        )

    def load(self, raw: bytes) -> None:
        """A book from the answer to a request for it, as ``load_order_book`` makes it."""
        data = self.program.parse_json(raw.decode())["data"]
        stamp = self.program.safe_integer(data, "ts") // 1_000_000
        parsed = self.program.parse_order_book(data, BTC, stamp, "bids", "asks", 0, 1)
        parsed["nonce"] = self.program.safe_integer(data, "sequence")
        self.program.orderbooks[BTC] = self.program.order_book({})
        self.book.reset(parsed)

    @property
    def book(self) -> Any:
        return self.program.orderbooks[BTC]

    def take(self, frame: bytes) -> None:
        """One frame; the socket hands over text."""
        self.client.handle_text_or_binary_message(frame.decode())


def in_floats(book: OrderBook) -> tuple[list[list[float]], list[list[float]]]:
    """A book of ours as ccxt writes one."""
    bids = [[level.price / 10, float(level.lots)] for level in reversed(book.bids.ascending())]
    asks = [[level.price / 10, float(level.lots)] for level in book.asks.ascending()]
    return bids, asks


def of_theirs(book: Any) -> tuple[list[list[float]], list[list[float]]]:
    return [list(row) for row in book["bids"]], [list(row) for row in book["asks"]]


def test_a_change_from_bytes_to_the_book(
    benchmark: BenchmarkFixture, scoreboard: Scoreboard, request: pytest.FixtureRequest
) -> None:
    require(benchmark, scoreboard)
    frames, scales = changes(FRAMES), our_scales()
    theirs = Theirs(request.getfixturevalue("markets"))
    books: list[OrderBook] = []

    def tern() -> list[float]:
        connection = StreamConnection(ping_interval_s=18, ping_timeout_s=10, now_s=0.0)
        book = our_book(small_book(), scales)
        received, apply, applied = connection.received, book.apply, BookAnswer.APPLIED
        began_s = process_time()
        for frame in frames:
            pushed = received(frame, 1.0)
            assert type(pushed) is Pushed
            delta = translated(pushed, scales)
            assert type(delta) is BookDelta
            assert apply(delta) is applied
        took_s = process_time() - began_s
        books[:] = [book]
        return [took_s / FRAMES * 1e6]

    def ccxt() -> list[float]:
        theirs.load(small_book())
        began_s = process_time()
        for frame in frames:
            theirs.take(frame)
        return [(process_time() - began_s) / FRAMES * 1e6]

    def plain_json() -> list[float]:
        began_s = process_time()
        count = sum(1 for frame in frames if json.loads(frame)["data"]["sequence"])
        took_s = process_time() - began_s
        assert count == FRAMES
        return [took_s / FRAMES * 1e6]

    read: msgspec.json.Decoder[Any] = msgspec.json.Decoder()

    def plain_msgspec() -> list[float]:
        began_s = process_time()
        count = sum(1 for frame in frames if read.decode(frame)["data"]["sequence"])
        took_s = process_time() - began_s
        assert count == FRAMES
        return [took_s / FRAMES * 1e6]

    candidates = {
        "tern": tern,
        "ccxt.pro": ccxt,
        "json.loads": plain_json,
        "msgspec.json": plain_msgspec,
    }
    rounds = 1 if benchmark.disabled else ROUNDS
    samples = in_rounds(benchmark, interleaved, (candidates, rounds), rounds=1)
    assert books[0].sequence == theirs.book["nonce"] == FIRST + FRAMES
    assert in_floats(books[0]) == of_theirs(theirs.book), "both must hold the same book"
    scoreboard.note(
        benchmark,
        "a change, bytes to book",
        "us of CPU",
        samples,
        [("tern", "ccxt.pro", "msgspec.json", 0.1), ("tern", None, "json.loads", None)],
    )


def test_a_whole_book_from_bytes(
    benchmark: BenchmarkFixture, scoreboard: Scoreboard, request: pytest.FixtureRequest
) -> None:
    """20,000 levels a side, as they are answered to a request."""
    require(benchmark, scoreboard)
    raw, scales = large_book(ROWS), our_scales()
    theirs = Theirs(request.getfixturevalue("markets"))
    books: list[OrderBook] = []

    def tern() -> list[float]:
        began_s = process_time()
        book = our_book(raw, scales)
        took_s = process_time() - began_s
        books[:] = [book]
        return [took_s * 1e3]

    def ccxt() -> list[float]:
        began_s = process_time()
        theirs.load(raw)
        return [(process_time() - began_s) * 1e3]

    def plain_json() -> list[float]:
        began_s = process_time()
        data = json.loads(raw)["data"]
        took_s = process_time() - began_s
        assert data["symbol"] == SYMBOL
        return [took_s * 1e3]

    read: msgspec.json.Decoder[Any] = msgspec.json.Decoder()

    def plain_msgspec() -> list[float]:
        began_s = process_time()
        data = read.decode(raw)["data"]
        took_s = process_time() - began_s
        assert data["symbol"] == SYMBOL
        return [took_s * 1e3]

    candidates = {
        "tern": tern,
        "ccxt": ccxt,
        "json.loads": plain_json,
        "msgspec.json": plain_msgspec,
    }
    rounds = 1 if benchmark.disabled else BOOK_ROUNDS
    samples = in_rounds(benchmark, interleaved, (candidates, rounds), rounds=1)
    assert len(books[0].bids) == len(books[0].asks) == ROWS
    assert in_floats(books[0]) == of_theirs(theirs.book), "both must hold the same book"
    scoreboard.note(
        benchmark,
        "a book of 40,000 rows",
        "ms of CPU",
        samples,
        [("tern", "ccxt", "msgspec.json", None), ("tern", None, "json.loads", None)],
    )
