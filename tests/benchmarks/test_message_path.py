"""From the bytes of a level-2 frame to the applied book; and beside it what JSON alone costs."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

from terminal.domain.book import BookAnswer, OrderBook
from terminal.domain.events import BookDelta
from terminal.exchange.gateway import Channel, ChannelKind
from terminal.exchange.stream_topics import translated
from terminal.exchange.translate import Scales
from terminal.session.book_sync import BookSync
from terminal.session.clock import SystemClock
from terminal.session.feed import Feed
from terminal.session.tasks import TaskOwner
from terminal.wire.connection import Pushed, StreamConnection
from tests.support.builders import XBT, a_contract, a_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_benchmark.fixture import BenchmarkFixture

    from terminal.exchange.gateway import StreamFact

FRAMES = 5_000


def frames() -> list[str]:
    """A busy hundred levels a side, as the exchange writes it."""
    dice = random.Random(1)
    made = []
    for sequence in range(101, 101 + FRAMES):
        side = dice.choice(("buy", "sell"))
        ticks = 999_999 - dice.randrange(100) if side == "buy" else 1_000_000 + dice.randrange(100)
        change = f"{ticks / 10},{side},{dice.randrange(0, 900)}"
        made.append(
            '{"topic":"/contractMarket/level2:XBTUSDTM","type":"message","subject":"level2",'
            f'"sn":{sequence},"data":{{"sequence":{sequence},"change":"{change}",'
            f'"timestamp":1760000000510}}}}'
        )
    return made


def test_level2_frame_to_applied_book(benchmark: BenchmarkFixture) -> None:
    scales = Scales()
    scales.learn([a_contract()])
    texts = frames()

    def apply_all() -> OrderBook:
        connection = StreamConnection(ping_interval_s=18, ping_timeout_s=10, now_s=0.0)
        book = OrderBook(XBT)
        book.load(a_snapshot(100, bids=((999_990, 1),), asks=((1_000_010, 1),)))
        for text in texts:
            pushed = connection.received(text, 1.0)
            assert type(pushed) is Pushed
            delta = translated(pushed, scales)
            assert type(delta) is BookDelta
            assert book.apply(delta) is BookAnswer.APPLIED
        return book

    book = benchmark(apply_all)
    assert book.sequence == 100 + FRAMES
    if benchmark.stats is not None:
        benchmark.extra_info["us_per_frame"] = benchmark.stats.stats.median / FRAMES * 1e6


class _NoStream:
    """Stands where a connection would be: the frames come from the list."""

    async def run(self, _on_fact: Callable[[StreamFact], None]) -> str:
        return ""

    def subscribe(self, channels: tuple[Channel, ...]) -> None:
        """Nobody is asked."""

    def unsubscribe(self, channels: tuple[Channel, ...]) -> None:
        """Nobody is asked."""

    def close(self, reason: str) -> None:
        """Nothing is open."""

    def another(self) -> _NoStream:
        return _NoStream()


def test_level2_frame_through_feed_and_calibration(benchmark: BenchmarkFixture) -> None:
    """The whole way: frame, fact, feed, book calibration; its inverse is messages per second."""
    scales = Scales()
    scales.learn([a_contract()])
    texts = frames()
    clock = SystemClock()
    snapshot = a_snapshot(100, bids=((999_990, 1),), asks=((1_000_010, 1),))

    def through_all() -> OrderBook:
        feed = Feed("bench", _NoStream(), clock, TaskOwner("bench", print))
        connection = StreamConnection(ping_interval_s=18, ping_timeout_s=10, now_s=0.0)
        sync = BookSync(XBT)
        sync.opened()
        sync.fetching(0.0)
        assert sync.snapshot(snapshot, 0.0)
        monotonic_s = clock.monotonic_s

        def on_book(fact: StreamFact) -> None:
            if type(fact) is BookDelta:
                sync.delta(fact, monotonic_s())

        feed.subscribe(Channel(ChannelKind.BOOK, XBT), on_book)
        for text in texts:
            pushed = connection.received(text, monotonic_s())
            assert type(pushed) is Pushed
            fact = translated(pushed, scales)
            assert type(fact) is BookDelta
            feed.take_data(fact, monotonic_s())
        return sync.book

    book = benchmark(through_all)
    assert book.sequence == 100 + FRAMES
    if benchmark.stats is not None:
        benchmark.extra_info["us_per_frame"] = benchmark.stats.stats.median / FRAMES * 1e6


def test_json_alone_for_comparison(benchmark: BenchmarkFixture) -> None:
    texts = frames()

    def decode_all() -> int:
        return sum(1 for text in texts if json.loads(text)["data"]["sequence"])

    assert benchmark(decode_all) == FRAMES
    if benchmark.stats is not None:
        benchmark.extra_info["us_per_frame"] = benchmark.stats.stats.median / FRAMES * 1e6
