"""One stream's life."""

from __future__ import annotations

from typing import TYPE_CHECKING

from terminal.domain.units import Symbol
from terminal.exchange.gateway import Channel, ChannelKind, ChannelRefused, PongReceived
from terminal.session.feed import Feed, FeedStatus
from terminal.session.tasks import TaskOwner
from tests.support.builders import XBT, a_delta, an_order_update
from tests.support.fake_clock import FakeClock
from tests.support.fakes import FakeStream

if TYPE_CHECKING:
    import pytest

    from terminal.exchange.gateway import StreamFact

BOOK = Channel(ChannelKind.BOOK, XBT)


class Harness:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.stream = FakeStream()
        self.errors: list[str] = []
        self.owner = TaskOwner("test", lambda name, error: self.errors.append(f"{name} {error!r}"))
        self.feed = Feed("market", self.stream, self.clock, self.owner)
        self.log: list[str] = []
        self.feed.on_opened.add(lambda: self.log.append("opened"))
        self.feed.on_lost.add(lambda: self.log.append("lost"))
        self.facts: list[StreamFact] = []

    async def end(self) -> None:
        await self.feed.stop()
        await self.owner.close()
        assert not self.errors


async def test_subscriptions_are_replayed_on_every_connection() -> None:
    h = Harness()
    h.feed.subscribe(BOOK, h.facts.append)
    h.feed.start()
    await h.clock.settle()
    assert h.stream.channels == [BOOK]
    assert h.feed.health.status is FeedStatus.LIVE
    h.stream.drop()
    await h.clock.settle()
    health = h.feed.health
    assert (health.status, health.reason) == (FeedStatus.WAITING, "The stream broke off.")
    assert health.retry_at_s is not None
    await h.clock.advance(1.0)
    assert h.stream.runs == 2
    assert h.stream.channels == [BOOK]
    assert h.log == ["opened", "lost", "opened"]
    await h.end()


async def test_waits_grow_to_half_a_minute_and_start_anew_after_success() -> None:
    h = Harness()
    h.stream.connects = False
    h.feed.start()
    waits: list[float] = []
    for _ in range(8):
        await h.clock.settle()
        retry_at_s = h.feed.health.retry_at_s
        assert retry_at_s is not None
        waits.append(retry_at_s - h.clock.monotonic_s())
        await h.clock.advance(waits[-1])
    assert 0.5 <= waits[0] <= 1.0
    assert 15.0 <= waits[-1] <= 30.0
    assert h.log == [], "a connection that never lived is not lost"
    h.stream.connects = True
    while not h.feed.is_live:
        await h.clock.advance(0.1)
    h.stream.drop()
    await h.clock.settle()
    retry_at_s = h.feed.health.retry_at_s
    assert retry_at_s is not None
    assert retry_at_s - h.clock.monotonic_s() > 1.0, "a welcome alone proves nothing"
    await h.clock.advance(60.0)
    assert h.feed.is_live
    h.stream.drop()
    await h.clock.settle()
    retry_at_s = h.feed.health.retry_at_s
    assert retry_at_s is not None
    assert retry_at_s - h.clock.monotonic_s() <= 1.0
    await h.end()


async def test_facts_go_to_the_handlers_of_their_channel_only() -> None:
    h = Harness()
    others: list[StreamFact] = []
    orders: list[StreamFact] = []
    h.feed.subscribe(BOOK, h.facts.append)
    h.feed.subscribe(Channel(ChannelKind.BOOK, Symbol("ETHUSDTM")), others.append)
    for kind in (ChannelKind.ORDERS, ChannelKind.STOPS):
        h.feed.subscribe(Channel(kind), orders.append)
    h.stream.confirms = False
    h.feed.start()
    await h.clock.settle()
    delta, update = a_delta(1), an_order_update()
    h.stream.push(delta, update, PongReceived(3.5), ChannelRefused(BOOK, "no such topic"))
    assert h.facts == [delta, ChannelRefused(BOOK, "no such topic")]
    assert others == []
    assert orders == [update], "one handler on both order channels is told once"
    assert h.feed.health.messages == 2
    assert h.feed.health.round_trip_ms == 3.5
    await h.end()


async def test_a_channel_is_given_up_with_its_last_handler() -> None:
    h = Harness()
    first = h.feed.subscribe(BOOK, h.facts.append)
    h.feed.start()
    await h.clock.settle()
    second = h.feed.subscribe(BOOK, h.facts.append)
    first.remove()
    assert h.stream.ended_channels == []
    second.remove()
    assert h.stream.ended_channels == [BOOK]
    h.stream.push(a_delta(1))
    assert not [fact for fact in h.facts if fact == a_delta(1)]
    await h.end()


async def test_restart_connects_at_once() -> None:
    h = Harness()
    h.feed.start()
    await h.clock.settle()
    await h.feed.restart()
    await h.clock.settle()
    assert h.stream.runs == 2
    assert h.log == ["opened", "lost", "opened"]
    await h.end()
    assert h.feed.health.status is FeedStatus.STOPPED


async def test_a_handler_that_fails_takes_nothing_down() -> None:
    h = Harness()

    def broken(_fact: StreamFact) -> None:
        raise ValueError("broken")

    h.feed.subscribe(BOOK, broken)
    h.feed.subscribe(BOOK, h.facts.append)
    h.stream.confirms = False
    h.feed.start()
    await h.clock.settle()
    h.stream.push(a_delta(1), a_delta(2))
    assert h.facts == [a_delta(1), a_delta(2)]
    assert h.feed.is_live
    assert len(h.errors) == 2
    h.errors.clear()
    await h.end()


async def test_a_stream_that_raises_is_lost_and_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    h = Harness()
    h.feed.start()
    await h.clock.settle()
    original = h.stream.run

    async def raises(_on_fact: object) -> str:
        raise ValueError("inside")

    monkeypatch.setattr(h.stream, "run", raises)
    h.stream.drop()
    await h.clock.advance(2.5)
    assert h.feed.health.status is FeedStatus.WAITING
    assert h.log == ["opened", "lost"]
    monkeypatch.setattr(h.stream, "run", original)
    await h.clock.advance(10.0)
    assert h.feed.is_live
    assert h.errors
    h.errors.clear()
    await h.end()
