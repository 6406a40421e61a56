"""Candles over real sockets: what the chart holds is what the exchange would answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.domain.candles import CandleInterval
from tests.support.builders import XBT
from tests.support.deadlines import eventually
from tests.support.live import Live, clients_of
from tests.support.readings import MARKET_READINGS, reading

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.session.candles import CandleSession


@pytest.fixture(params=MARKET_READINGS)
async def live(request: pytest.FixtureRequest) -> AsyncIterator[Live]:
    """A market that moves."""
    live = Live(switches=reading(request.param))
    await live.start()
    yield live
    await live.stop()


def frames_of(live: Live) -> int:
    return live.backend.market_feed.health.messages


async def agrees(live: Live, candles: CandleSession) -> None:
    """The newest candles equal those of a request at one moment, the market held still for it."""
    second = clients_of(live.exchange)
    await second.market.contracts()

    async def same() -> bool:
        before = live.exchange.engine.markets[XBT].candles.last(candles.interval.value)
        told = None if before is None else (before.close, before.lots)
        rows = await second.market.candles(XBT, candles.interval)
        after = live.exchange.engine.markets[XBT].candles.last(candles.interval.value)
        if after is None or (after.close, after.lots) != told:
            return False
        ours = [candles.series.candle(index) for index in range(-3, 0)]
        return ours == list(rows[-3:])

    try:
        for _ in range(2000):
            if await same():
                return
        pytest.fail("the chart never equalled the exchange")
    finally:
        await second.aclose()


@pytest.mark.parametrize("interval", [CandleInterval.M1, CandleInterval.H1, CandleInterval.W1])
async def test_live_candles_equal_the_exchanges(live: Live, interval: CandleInterval) -> None:
    """History, the forming candle, its volume: nothing is counted twice."""
    candles = live.backend.candles.open(XBT, interval)
    await eventually(lambda: len(candles.series) >= 4, "the history")
    until = frames_of(live) + 200
    await eventually(lambda: frames_of(live) >= until, "messages")
    await agrees(live, candles)
    live.backend.candles.close(candles)


async def test_candles_are_true_again_after_a_lost_stream(live: Live) -> None:
    """What was traded while the stream was away is read, not guessed."""
    candles = live.backend.candles.open(XBT, CandleInterval.M1)
    await eventually(lambda: len(candles.series) == 500, "the history")
    live.exchange.drop_streams()
    await eventually(lambda: candles.staleness() is not None, "the stale candles")
    live.exchange.step(XBT, 50)
    await eventually(lambda: candles.staleness() is None, "the recovery", 15.0)
    await agrees(live, candles)
    live.backend.candles.close(candles)


async def test_history_goes_back_to_its_beginning(live: Live) -> None:
    """A year of hours is some 8,800 candles; then there is no more."""
    candles = live.backend.candles.open(XBT, CandleInterval.H1)
    await eventually(lambda: len(candles.series) >= 500, "the first page")
    assert candles.has_older

    def all_read() -> bool:
        candles.load_older()
        return not candles.has_older

    await eventually(all_read, "the beginning")
    assert 8_700 <= len(candles.series) <= 8_810
    assert list(candles.series.starts) == sorted(set(candles.series.starts))
    live.backend.candles.close(candles)
