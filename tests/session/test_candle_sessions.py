"""Candle sessions are shared and end with the last who asked."""

from __future__ import annotations

from terminal.domain.candles import CandleInterval
from terminal.exchange.gateway import Channel, ChannelKind
from terminal.session.candle_sessions import CandleSessions
from terminal.session.feed import Feed
from terminal.session.tasks import TaskOwner
from tests.support.builders import XBT, a_contract
from tests.support.fake_clock import FakeClock
from tests.support.fakes import FakeMarketGateway, FakeStream


async def test_a_session_is_shared_and_ends_with_the_last_close() -> None:
    """Two charts of one interval cost one subscription; stop ends what is still open."""
    errors: list[str] = []
    owner = TaskOwner("test", lambda name, error: errors.append(f"{name} {error!r}"))
    clock, stream = FakeClock(), FakeStream()
    feed = Feed("market", stream, clock, owner)
    sessions = CandleSessions(FakeMarketGateway(), feed, clock, owner, {XBT: a_contract()})
    feed.start()
    await clock.advance(0.1)

    first = sessions.open(XBT, CandleInterval.M1)
    assert sessions.open(XBT, CandleInterval.M1) is first
    other = sessions.open(XBT, CandleInterval.H1)
    assert other is not first
    minutes = Channel(ChannelKind.CANDLES, XBT, CandleInterval.M1)
    assert stream.channels.count(minutes) == 1

    sessions.close(first)
    await clock.advance(0.1)
    assert minutes not in stream.ended_channels
    sessions.close(first)
    await clock.advance(0.1)
    assert minutes in stream.ended_channels
    assert sessions.open(XBT, CandleInterval.M1) is not first

    await sessions.stop()
    assert Channel(ChannelKind.CANDLES, XBT, CandleInterval.H1) in stream.ended_channels
    await feed.stop()
    await owner.close()
    assert not errors
