"""One stream's life."""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.domain.units import Symbol
from terminal.exchange.gateway import (
    Channel,
    ChannelConfirmed,
    ChannelInterrupted,
    ChannelKind,
    ChannelRefused,
    ChannelsTooMany,
    FrameIgnored,
    FrameUnreadable,
    PongReceived,
)
from terminal.session.feed import REFUSED_WAIT_S, TOPICS_PER_CONNECTION, Feed, FeedStatus
from terminal.session.subscriptions import SILENCE_S, ChannelState
from terminal.session.tasks import TaskOwner
from tests.support.builders import XBT, a_delta, an_order_update
from tests.support.fake_clock import FakeClock
from tests.support.fakes import FakeStream

if TYPE_CHECKING:
    import pytest

    from terminal.exchange.gateway import StreamFact
    from terminal.session.listeners import Handle

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


def symbols(count: int) -> list[Channel]:
    return [Channel(ChannelKind.QUOTES, Symbol(f"S{number}")) for number in range(count)]


async def crowded(h: Harness, count: int) -> list[Channel]:
    """A live feed with so many topics."""
    channels = symbols(count)
    for channel in channels:
        h.feed.subscribe(channel, h.facts.append)
    h.feed.start()
    await h.clock.settle()
    return channels


async def test_topics_that_do_not_fit_have_a_connection_of_their_own() -> None:
    h = Harness()
    channels = await crowded(h, TOPICS_PER_CONNECTION + 5)
    (other,) = h.stream.others
    assert h.stream.channels == channels[:TOPICS_PER_CONNECTION]
    assert other.channels == channels[TOPICS_PER_CONNECTION:]
    assert h.feed.health.connections == 2
    await h.end()


async def test_the_limit_of_a_connection_is_learnt_from_its_refusal() -> None:
    h = Harness()
    h.stream.confirms = False
    channels = await crowded(h, 150)
    h.stream.push(*(ChannelConfirmed(channel) for channel in channels[:100]))
    h.stream.push(ChannelsTooMany(tuple(channels[100:]), 100))
    await h.clock.settle()
    (other,) = h.stream.others
    assert other.channels == channels[100:]
    assert all(h.feed.state_of(one)[0] is ChannelState.CONFIRMED for one in channels)
    late = Channel(ChannelKind.BOOK, XBT)
    h.feed.subscribe(late, h.facts.append)
    assert other.channels[-1] == late, "learnt for all that follow"
    await h.end()


async def test_a_connection_that_takes_nothing_refuses_for_good() -> None:
    h = Harness()
    h.stream.confirms = False
    (channel,) = await crowded(h, 1)
    h.stream.push(ChannelsTooMany((channel,), None))
    await h.clock.settle()
    assert h.feed.state_of(channel)[0] is ChannelState.FAILED
    assert h.stream.others == []
    await h.end()


async def test_a_further_connection_that_breaks_interrupts_its_channels_only() -> None:
    h = Harness()
    channels = await crowded(h, TOPICS_PER_CONNECTION + 1)
    (other,) = h.stream.others
    h.facts.clear()
    other.drop()
    await h.clock.settle()
    assert h.facts == [ChannelInterrupted(channels[-1], "The stream broke off.")]
    assert h.feed.is_live
    assert h.log == ["opened"]
    await h.clock.advance(1.0)
    assert h.facts[-1] == ChannelConfirmed(channels[-1])
    await h.end()


async def test_the_first_connection_takes_all_others_with_it_and_brings_them_back() -> None:
    h = Harness()
    channels = await crowded(h, TOPICS_PER_CONNECTION + 2)
    (gone,) = h.stream.others
    h.stream.drop()
    await h.clock.settle()
    assert h.log == ["opened", "lost"]
    assert gone.heard_by is None
    await h.clock.advance(1.0)
    assert h.stream.others[-1].channels == channels[TOPICS_PER_CONNECTION:]
    assert len(h.stream.others) == 2
    await h.end()


async def test_a_further_connection_that_nobody_needs_is_closed() -> None:
    h = Harness()
    handle = None
    for channel in symbols(TOPICS_PER_CONNECTION + 1):
        handle = h.feed.subscribe(channel, h.facts.append)
    h.feed.start()
    await h.clock.settle()
    assert handle is not None
    handle.remove()
    await h.clock.settle()
    assert h.stream.others[0].heard_by is None
    assert h.feed.health.connections == 1
    await h.end()


async def test_after_the_machine_slept_everything_is_doubted_at_once() -> None:
    h = Harness()
    h.feed.subscribe(BOOK, h.facts.append)
    h.feed.start()
    await h.clock.settle()
    h.clock.shift_ms = 3_600_000
    await h.clock.advance(1.0)
    assert h.log == ["opened", "lost", "opened"]
    assert h.stream.channels == [BOOK]
    await h.end()


async def test_a_busy_topic_that_falls_silent_is_asked_for_again_then_reconnected() -> None:
    h = Harness()
    h.feed.subscribe(BOOK, h.facts.append)
    h.feed.start()
    await h.clock.settle()
    for sequence in range(40):
        h.stream.push(a_delta(sequence))
        await h.clock.advance(0.1)
    h.facts.clear()
    await h.clock.advance(SILENCE_S[ChannelKind.BOOK] + 1.0)
    assert h.stream.ended_channels == [BOOK]
    assert [type(fact) for fact in h.facts] == [ChannelInterrupted, ChannelConfirmed]
    assert h.stream.runs == 1
    await h.clock.advance(SILENCE_S[ChannelKind.BOOK] + 2.0)
    assert h.stream.runs == 2
    await h.clock.advance(200.0)
    assert h.stream.runs == 2, "a market that stays quiet is not reconnected for ever"
    await h.end()


async def test_a_refused_channel_is_asked_for_again_ever_later() -> None:
    h = Harness()
    h.stream.confirms = False
    h.feed.subscribe(BOOK, h.facts.append)
    h.feed.start()
    await h.clock.settle()
    h.stream.push(ChannelRefused(BOOK, "no such topic"))
    assert h.feed.state_of(BOOK) == (ChannelState.FAILED, "no such topic")
    await h.clock.advance(REFUSED_WAIT_S)
    assert h.stream.channels == [BOOK, BOOK]
    h.stream.push(ChannelRefused(BOOK, "no such topic"))
    await h.clock.advance(REFUSED_WAIT_S)
    assert len(h.stream.channels) == 2
    await h.clock.advance(REFUSED_WAIT_S)
    assert len(h.stream.channels) == 3
    await h.end()


async def test_what_cannot_be_read_and_what_is_not_known_is_counted() -> None:
    h = Harness()
    h.feed.subscribe(BOOK, h.facts.append)
    h.feed.start()
    await h.clock.settle()
    h.facts.clear()
    lost = FrameUnreadable("half a frame", None)
    h.stream.push(FrameIgnored("/new topic"), lost)
    health = h.feed.health
    assert (health.ignored, health.unreadable, health.messages) == (1, 1, 0)
    assert h.facts == [lost], "it may have been a change of the book"
    await h.end()


async def test_who_stops_listening_while_others_are_told_is_not_told_any_more() -> None:
    h = Harness()
    handles: list[Handle] = []

    def first(_fact: StreamFact) -> None:
        for handle in handles:
            handle.remove()

    h.stream.confirms = False
    h.feed.subscribe(BOOK, first)
    handles.append(h.feed.subscribe(BOOK, h.facts.append))
    late: list[StreamFact] = []
    h.feed.subscribe(BOOK, late.append)
    h.feed.start()
    await h.clock.settle()
    h.stream.push(a_delta(1))
    assert h.facts == []
    assert late == [a_delta(1)]
    handles.append(h.feed.subscribe(BOOK, h.facts.append))
    h.stream.push(ChannelRefused(BOOK, "no such topic"))
    assert h.facts == []
    assert late[1:] == [ChannelRefused(BOOK, "no such topic")]
    await h.end()


async def test_who_begins_to_listen_to_a_refused_channel_is_told_so() -> None:
    h = Harness()
    h.stream.confirms = False
    h.feed.subscribe(BOOK, lambda _fact: None)
    h.feed.start()
    await h.clock.settle()
    h.stream.push(ChannelRefused(BOOK, "no such topic"))
    h.feed.subscribe(BOOK, h.facts.append)
    assert h.facts == [ChannelRefused(BOOK, "no such topic")]
    await h.end()


async def test_a_refused_channel_that_was_left_and_wanted_again_is_asked_for_once() -> None:
    h = Harness()
    h.stream.confirms = False
    handle = h.feed.subscribe(BOOK, h.facts.append)
    h.feed.start()
    await h.clock.settle()
    h.stream.push(ChannelRefused(BOOK, "no such topic"))
    handle.remove()
    h.feed.subscribe(BOOK, h.facts.append)
    await h.clock.advance(REFUSED_WAIT_S + 1.0)
    assert h.stream.channels == [BOOK, BOOK]
    await h.end()


class Move(Enum):
    """What happens next."""

    LISTEN = auto()
    LEAVE = auto()
    CUT = auto()
    CUT_A_FURTHER_ONE = auto()
    SLEEP = auto()
    LIMIT = auto()
    WAIT = auto()


def carried(h: Harness) -> list[Channel]:
    """What the exchange has subscribed now, over all open connections."""
    found: list[Channel] = []
    for stream in (h.stream, *h.stream.others):
        if stream.heard_by is not None:
            left = list(stream.ended_channels)
            for channel in stream.channels:
                if channel in left:
                    left.remove(channel)
                else:
                    found.append(channel)
    return found


async def _cut_anywhere(history: list[tuple[Move, int]]) -> None:
    h = Harness()
    h.feed.start()
    channels = symbols(12)
    held: list[tuple[Channel, Handle]] = []
    for move, number in history:
        streams = [one for one in h.stream.others if one.heard_by is not None]
        if move is Move.LISTEN:
            channel = channels[number % len(channels)]
            held.append((channel, h.feed.subscribe(channel, h.facts.append)))
        elif move is Move.LEAVE and held:
            _, handle = held.pop(number % len(held))
            handle.remove()
        elif move is Move.CUT and h.stream.heard_by is not None:
            h.stream.drop()
        elif move is Move.CUT_A_FURTHER_ONE and streams:
            streams[number % len(streams)].drop()
        elif move is Move.SLEEP:
            h.clock.shift_ms += 60_000
        elif move is Move.LIMIT and h.stream.heard_by is not None and len(h.stream.channels) > 3:
            most = 2 + number % 3
            too_many = tuple(dict.fromkeys(h.stream.channels[most:]))
            h.stream.channels = h.stream.channels[:most]
            h.stream.push(ChannelsTooMany(too_many, most))
        await h.clock.advance(number / 4 if move is Move.WAIT else 0.0)
    await h.clock.advance(200.0)
    wanted = {channel for channel, _ in held}
    assert h.feed.is_live
    assert {one for one in wanted if h.feed.state_of(one)[0] is not ChannelState.CONFIRMED} == set()
    # Once more from the beginning: what is asked for is what is wanted, each once.
    h.stream.drop()
    await h.clock.advance(200.0)
    assert sorted(map(str, carried(h))) == sorted(map(str, wanted))
    await h.end()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(Move), st.integers(0, 40)), max_size=25))
def test_cut_anywhere_any_number_of_times_the_subscriptions_are_the_same(
    history: list[tuple[Move, int]],
) -> None:
    """Listeners come and go, connections end, the machine sleeps, the exchange sets limits."""
    asyncio.run(_cut_anywhere(history))
