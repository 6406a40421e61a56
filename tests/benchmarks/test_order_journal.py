"""What the journal costs: from an intention to the bytes of its order, per entry, and at a start.

Nothing here goes over a network: the request is complete when it is handed to the transport.
"""

from __future__ import annotations

import asyncio
import gc
import json
from itertools import count
from time import perf_counter
from typing import TYPE_CHECKING, final

import httpx
import pytest

from terminal.domain.intention import EventKind, Intention, JournalEvent, Purpose, Source
from terminal.domain.units import ClientOid, Lots, OrderId
from terminal.exchange.routes import OrderRoutes
from terminal.exchange.trading_client import TradingClient
from terminal.session.journal import MemoryJournal
from terminal.session.reconcile import Reconciling
from terminal.session.recording import Recorder
from terminal.session.results import Submitted
from terminal.storage.journal import SqliteJournal
from tests.support.answers import Answers
from tests.support.builders import a_ticket, an_order_update
from tests.support.desk import Bench
from tests.support.fake_clock import FakeClock
from tests.support.payloads import known_scales
from tests.support.rounds import in_rounds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

    from terminal.session.journal import Journal

ORDERS = 500
ROUNDS = 400
TRIED = 20
"""So many where benchmarks are only tried, not measured."""


def at(samples: list[float], share: float) -> float:
    """A quantile in microseconds, rounded."""
    return round(sorted(samples)[int((len(samples) - 1) * share)] * 1e6, 1)


@final
class Sender:
    """A desk on a real client whose transport takes the request and notes when."""

    def __init__(self, journal: Journal) -> None:
        self.bench = Bench()
        desk = self.bench.desk
        desk.journal = journal
        desk.recorder = Recorder(journal, self.bench.clock)
        self._ids = count(1)
        self._taken_s = 0.0
        self._order_id = OrderId("")

    async def start(self) -> None:
        """Trusted by a fake; from then on orders go to the client."""
        await self.bench.start()
        answers = Answers(self._take)
        routes = OrderRoutes(answers.http, self.bench.clock)
        self.bench.desk.gateway = TradingClient(answers.http, known_scales(), routes)

    def _take(self, request: httpx.Request) -> httpx.Response:
        self._taken_s = perf_counter()
        body = json.loads(request.content)
        self._order_id = OrderId(str(next(self._ids)))
        data = {"orderId": self._order_id, "clientOid": body["clientOid"]}
        return httpx.Response(200, json={"code": "200000", "data": data})

    async def send(self) -> float:
        """One order; seconds from the intention to its bytes. It ends at once."""
        self._taken_s = 0.0
        began_s = perf_counter()
        result = self.bench.desk.submit(a_ticket())
        assert isinstance(result, Submitted), result
        while not self._taken_s:  # noqa: ASYNC110 - every turn of the loop counts
            await asyncio.sleep(0)
        took_s = self._taken_s - began_s
        await self.bench.clock.settle()
        self.bench.desk.take(
            an_order_update(
                order_id=self._order_id,
                client_oid=result.client_oid,
                canceled=Lots(2),
                is_done=True,
            ),
            Source.STREAM,
        )
        await self.bench.clock.settle()
        return took_s


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SqliteJournal]:
    journal = SqliteJournal(tmp_path / "journal.sqlite", FakeClock())
    assert journal.open() == ""
    yield journal
    journal.close()


def test_intention_to_bytes(benchmark: BenchmarkFixture, disk: SqliteJournal) -> None:
    loop = asyncio.new_event_loop()
    samples: dict[str, list[float]] = {}

    async def measure(name: str, journal: Journal) -> None:
        sender = Sender(journal)
        await sender.start()
        for _ in range(20):
            await sender.send()
        gc.collect()
        gc.freeze()
        rounds = TRIED if benchmark.disabled else ROUNDS
        samples[name] = [await sender.send() for _ in range(rounds)]
        gc.unfreeze()
        await sender.bench.stop()

    def run() -> None:
        loop.run_until_complete(measure("without a file", MemoryJournal(FakeClock())))
        loop.run_until_complete(measure("with the journal", disk))

    in_rounds(benchmark, run, rounds=1)
    loop.close()
    for name, values in samples.items():
        benchmark.extra_info[f"{name}, us p50"] = at(values, 0.5)
        benchmark.extra_info[f"{name}, us p99"] = at(values, 0.99)
    assert at(samples["with the journal"], 0.5) < 10_000, "an order must not wait for the disk"


def test_an_entry_of_the_journal(benchmark: BenchmarkFixture, disk: SqliteJournal) -> None:
    """An intention, and an event of it: both are written on the loop."""
    numbers = count()
    intended: list[float] = []
    noted: list[float] = []
    event = JournalEvent(
        EventKind.UPDATED,
        Source.STREAM,
        FakeClock().now_ms(),
        order_id=OrderId("400000000000000001"),
        is_end=True,
        detail={"state": "Canceled", "lots": 2, "filled": 0, "canceled": 2},
    )

    def write() -> None:
        oid = ClientOid(f"tern-{next(numbers):032}")
        began_s = perf_counter()
        disk.intend(Intention(oid, a_ticket(), Purpose.SUBMIT, None, FakeClock().now_ms()))
        between_s = perf_counter()
        disk.note(oid, event)
        intended.append(between_s - began_s)
        noted.append(perf_counter() - between_s)

    in_rounds(benchmark, write, rounds=2000, warmup_rounds=50)
    for name, values in (("intention", intended), ("event", noted)):
        benchmark.extra_info[f"{name}, us p50"] = at(values, 0.5)
        benchmark.extra_info[f"{name}, us p99"] = at(values, 0.99)
        benchmark.extra_info[f"{name}, us most"] = at(values, 1.0)


def test_a_start_with_many_open_orders(benchmark: BenchmarkFixture, disk: SqliteJournal) -> None:
    """Every intention is read, found in the lists and reported, without a network."""
    loop = asyncio.new_event_loop()
    for number in range(ORDERS):
        oid = ClientOid(f"tern-{number}")
        disk.intend(Intention(oid, a_ticket(), Purpose.SUBMIT, None, FakeClock().now_ms()))
    took: list[float] = []
    reported: list[float] = []

    async def start() -> None:
        bench = Bench()
        bench.desk.journal = disk
        bench.desk.recorder = Recorder(disk, bench.clock)
        bench.trading.open = tuple(
            an_order_update(order_id=OrderId(f"o-{number}"), client_oid=ClientOid(f"tern-{number}"))
            for number in range(ORDERS)
        )
        reconciling = Reconciling(bench.desk, bench.owner)
        began_s = perf_counter()
        await bench.start()
        assert bench.desk.is_trusted
        assert not bench.desk.resolution.from_before
        took.append(perf_counter() - began_s)
        began_s = perf_counter()
        reconciling.make()
        reported.append(perf_counter() - began_s)
        assert reconciling.report is not None
        assert len(reconciling.report.orders) == ORDERS
        await reconciling.stop()
        await bench.stop()

    def run() -> None:
        loop.run_until_complete(start())

    in_rounds(benchmark, run, rounds=10, warmup_rounds=1)
    loop.close()
    benchmark.extra_info["resolved, ms p50"] = round(at(took, 0.5) / 1000, 1)
    benchmark.extra_info["reported, ms p50"] = round(at(reported, 0.5) / 1000, 1)
