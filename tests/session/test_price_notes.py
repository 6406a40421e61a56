"""The watch over alerts: one subscription while one waits, one call, kept over a restart."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from typing import TYPE_CHECKING

from terminal.domain.events import MarkUpdate, PublicTrade
from terminal.domain.price_notes import MOST_NOTES, AlertSource, PriceNote
from terminal.domain.units import ExactPrice, Lots, Price, Side
from terminal.exchange.gateway import Channel, ChannelKind
from terminal.session.feed import Feed
from terminal.session.notices import NoticeBoard
from terminal.session.price_notes import NoFile, PriceNotes
from terminal.session.tasks import TaskOwner
from tests.support.builders import NOW_MS, NOW_NS, XBT, a_contract
from tests.support.fake_clock import FakeClock
from tests.support.fakes import FakeStream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TRADES, MARK = Channel(ChannelKind.TRADES, XBT), Channel(ChannelKind.MARK, XBT)


class Paper:
    """A file that remembers, and may fail."""

    def __init__(self) -> None:
        self.notes: tuple[PriceNote, ...] = ()
        self.saves = 0
        self.problem = ""

    def load(self) -> tuple[tuple[PriceNote, ...], str]:
        return self.notes, self.problem

    def save(self, notes: tuple[PriceNote, ...]) -> str:
        self.notes, self.saves = notes, self.saves + 1
        return self.problem


class Bench:
    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.clock = FakeClock()
        self.stream = FakeStream()
        self.errors: list[str] = []
        self.owner = TaskOwner("test", lambda name, error: self.errors.append(f"{name} {error!r}"))
        self.feed = Feed("market", self.stream, self.clock, self.owner)
        self.notices = NoticeBoard(self.clock)
        self.fired: list[PriceNote] = []
        self.notes = PriceNotes(paper, self.feed, {XBT: a_contract()}, self.clock, self.notices)
        self.notes.on_fired.add(self.fired.append)
        self._sequence = 0

    def trade(self, price: int) -> None:
        self._sequence += 1
        self.stream.push(
            PublicTrade(XBT, self._sequence, Side.BUY, Price(price), Lots(1), "t", NOW_NS)
        )

    def mark(self, value: str) -> None:
        price = ExactPrice(Decimal(value))
        self.stream.push(MarkUpdate(XBT, price, price, NOW_MS))

    @property
    def said(self) -> list[str]:
        return [notice.text for notice in self.notices.notices]


@contextlib.asynccontextmanager
async def a_bench(paper: Paper | None = None) -> AsyncIterator[Bench]:
    bench = Bench(paper or Paper())
    bench.feed.start()
    bench.notes.start()
    await bench.clock.advance(0.1)
    yield bench
    bench.notes.stop()
    await bench.feed.stop()
    await bench.owner.close()
    assert not bench.errors


def alert(price: str, source: AlertSource = AlertSource.LAST, text: str = "") -> PriceNote:
    return PriceNote(XBT, Decimal(price), text, source)


async def test_an_alert_calls_once_and_its_channel_is_given_up() -> None:
    async with a_bench() as bench:
        assert TRADES not in bench.stream.channels, "nobody waits, nothing is followed"
        assert bench.notes.put(alert("100.5", text="break")) == ""
        await bench.clock.advance(0.1)
        assert TRADES in bench.stream.channels
        saves = bench.paper.saves
        for price in (1000, 1004, 1003):
            bench.trade(price)
        assert not bench.fired
        assert bench.paper.saves == saves + 1, "the side it comes from, and nothing after"
        bench.trade(1007)
        bench.trade(1001)
        bench.trade(1009)
        await bench.clock.advance(2.0)
        assert [note.price for note in bench.fired] == [Decimal("100.5")]
        assert bench.said == ["Alert: last has reached 100.5: break"]
        assert TRADES in bench.stream.ended_channels


async def test_mark_and_last_are_watched_apart() -> None:
    async with a_bench() as bench:
        bench.notes.put(alert("100.5"))
        bench.notes.put(alert("100.6", AlertSource.MARK))
        await bench.clock.advance(0.1)
        bench.trade(1000)
        bench.mark("100.1")
        bench.mark("100.55")
        bench.trade(1004)
        assert not bench.fired
        bench.mark("100.61")
        assert [note.alert for note in bench.fired] == [AlertSource.MARK]
        bench.trade(1005)
        assert [note.alert for note in bench.fired] == [AlertSource.MARK, AlertSource.LAST]


async def test_after_a_restart_alerts_wait_on_and_what_has_called_stays_silent() -> None:
    paper = Paper()
    async with a_bench(paper) as bench:
        bench.notes.put(alert("100.5"))
        bench.notes.put(alert("99.5"))
        bench.trade(1000)
        bench.trade(1005)
    async with a_bench(paper) as bench:
        bench.trade(1006)
        assert not bench.fired
        bench.trade(994)
        assert [note.price for note in bench.fired] == [Decimal("99.5")], "passed from above"


async def test_a_deleted_alert_calls_no_more_and_one_written_anew_does_again() -> None:
    async with a_bench() as bench:
        bench.notes.put(alert("100.5"))
        bench.trade(1000)
        assert bench.notes.remove(XBT, Decimal("100.5")) == ""
        bench.trade(1006)
        assert not bench.fired
        bench.notes.put(alert("100.5"))
        bench.trade(1006)
        bench.trade(1004)
        assert len(bench.fired) == 1


async def test_there_are_only_so_many_notes_and_a_full_disk_is_said() -> None:
    async with a_bench() as bench:
        for number in range(MOST_NOTES):
            bench.notes.put(PriceNote(XBT, Decimal(number + 1), "a"))
        assert "delete some first" in bench.notes.put(alert("5000"))
        bench.paper.problem = "The disk is full."
        assert bench.notes.put(PriceNote(XBT, Decimal(1), "b")) == "The disk is full."
        assert bench.notes.at(XBT, Decimal(1)).text == "b"  # type: ignore[union-attr] # just put
        bench.notes.put(alert("2"))
        bench.trade(20)
        assert "The disk is full." in bench.said


async def test_what_could_not_be_read_is_said_at_the_start() -> None:
    paper = Paper()
    paper.problem = "2 of the notes at prices could not be read."
    async with a_bench(paper) as bench:
        assert bench.said == [paper.problem]


def test_who_keeps_nothing_reads_nothing() -> None:
    assert NoFile().save((alert("1"),)) == ""
    assert NoFile().load() == ((), "")
