"""What the studies add to each change of the book and to each trade, and what a frame reads."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, cast

from terminal.domain.clock import TimestampNs
from terminal.domain.events import BookDelta, PublicTrade
from terminal.domain.queue_estimate import QueueEstimate
from terminal.domain.queue_learning import QueueLearning
from terminal.domain.units import Lots, Price, Side
from terminal.session.clock import SystemClock
from terminal.session.listeners import Listeners
from terminal.session.market import BookMode
from terminal.session.studies import Studies, StudyRows
from tests.support.builders import NOW_MS, NOW_NS, XBT, a_contract, a_snapshot

from terminal.domain.book import OrderBook  # isort: skip

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from terminal.session.market import MarketSession
    from terminal.session.orders import OrderDesk

FACTS = 5_000


class _Market:
    """The listeners of a market with a live book, and nothing else."""

    def __init__(self) -> None:
        self.contract = a_contract()
        self.book = OrderBook(XBT)
        self.book.load(a_snapshot(100, bids=((9_990, 1),), asks=((10_010, 1),)))
        self.book_is_live = True
        self.mode = BookMode.FULL
        self.last_trade = None
        self.on_book_changed: Listeners[[]] = Listeners()
        self.on_trade: Listeners[[PublicTrade]] = Listeners()
        self.on_trades_missed: Listeners[[]] = Listeners()
        self.on_status_changed: Listeners[[]] = Listeners()
        self.on_delta: Listeners[[BookDelta]] = Listeners()

    def take(self, delta: BookDelta) -> None:
        if len(self.on_delta):
            self.on_delta.notify(delta)
        self.book.apply(delta)
        self.on_book_changed.notify()


class _Desk:
    def __init__(self) -> None:
        self.on_changed: Listeners[[]] = Listeners()
        self.on_fill: Listeners[[object]] = Listeners()

    def working(self, symbol: object) -> tuple[object, ...]:
        return ()


def studied() -> tuple[_Market, Studies]:
    market = _Market()
    studies = Studies(
        cast("MarketSession", market),
        SystemClock(),
        cast("OrderDesk", _Desk()),
        QueueLearning(),
    )
    return market, studies


def deltas() -> list[BookDelta]:
    dice = random.Random(1)
    made = []
    for number in range(FACTS):
        side = dice.choice((Side.BUY, Side.SELL))
        price = 9_999 - dice.randrange(100) if side is Side.BUY else 10_000 + dice.randrange(100)
        lots = Lots(dice.randrange(900))
        made.append(BookDelta(XBT, 101 + number, side, Price(price), lots, NOW_MS))
    return made


def trades() -> list[PublicTrade]:
    dice = random.Random(2)
    return [
        PublicTrade(
            XBT,
            number,
            dice.choice((Side.BUY, Side.SELL)),
            Price(10_000 + dice.randrange(20)),
            Lots(dice.randrange(1, 90)),
            str(number),
            TimestampNs(NOW_NS + number * 10_000_000),
        )
        for number in range(1, FACTS + 1)
    ]


def test_studies_per_change_of_the_book(benchmark: BenchmarkFixture) -> None:
    facts = deltas()
    spent: list[int] = []

    def hear_all(*, is_studied: bool) -> int:
        market, studies = studied()
        if is_studied:
            studies.start()
        for fact in facts:
            market.take(fact)
        spent.append(market.book.sequence)
        return market.book.sequence

    assert benchmark(hear_all, is_studied=True) == 100 + FACTS
    if benchmark.stats is not None:
        benchmark.extra_info["us_per_delta"] = benchmark.stats.stats.median / FACTS * 1e6


def test_the_same_without_studies(benchmark: BenchmarkFixture) -> None:
    facts = deltas()

    def hear_all() -> int:
        market, _ = studied()
        for fact in facts:
            market.take(fact)
        return market.book.sequence

    assert benchmark(hear_all) == 100 + FACTS
    if benchmark.stats is not None:
        benchmark.extra_info["us_per_delta"] = benchmark.stats.stats.median / FACTS * 1e6


def test_studies_per_trade(benchmark: BenchmarkFixture) -> None:
    facts = trades()

    def hear_all() -> int:
        market, studies = studied()
        studies.start()
        for fact in facts:
            market.on_trade.notify(fact)
        return int(studies.profile.total)

    assert benchmark(hear_all) == sum(fact.lots for fact in facts)
    if benchmark.stats is not None:
        benchmark.extra_info["us_per_trade"] = benchmark.stats.stats.median / FACTS * 1e6


def test_sixty_rows_read(benchmark: BenchmarkFixture) -> None:
    market, studies = studied()
    studies.start()
    for fact in trades():
        market.on_trade.notify(fact)
    for delta in deltas():
        market.take(delta)
    rows = StudyRows(1, 10_030, 60)
    assert sum(benchmark(studies.read, rows).bought) > 0


def test_a_cancel_in_doubt_at_our_price(benchmark: BenchmarkFixture) -> None:
    """The dearest event of a queue estimate: every point splits."""
    dice = random.Random(3)
    estimate = QueueEstimate(Lots(5_000), QueueLearning())
    estimate.joined(5_000)

    def cancel() -> int:
        lots = dice.randrange(1, 60)
        estimate.canceled(lots, 0)
        estimate.joined(lots)
        return len(estimate.points)

    assert benchmark(cancel) > 1
