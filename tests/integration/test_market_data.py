"""Books over real sockets: true whatever the stream does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.app.audit import BookAudit
from terminal.app.tour_report import ExchangeReport
from tests.support.builders import XBT
from tests.support.deadlines import eventually
from tests.support.live import Live, clients_of
from tests.support.readings import MARKET_READINGS, reading

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture(params=MARKET_READINGS)
async def live(request: pytest.FixtureRequest) -> AsyncIterator[Live]:
    """A market that moves."""
    live = Live(switches=reading(request.param))
    await live.start()
    yield live
    await live.stop()


async def differences(live: Live) -> list[str]:
    second = clients_of(live.exchange)
    await second.market.contracts()
    audit = BookAudit(live.market, second.market, live.backend.clock)
    found = await audit.differences(ExchangeReport())
    await second.aclose()
    return found


async def messages(live: Live, count: int) -> None:
    until = live.backend.market_feed.health.messages + count
    await eventually(lambda: live.backend.market_feed.health.messages >= until, "messages")


async def test_the_live_book_equals_the_exchanges(live: Live) -> None:
    await messages(live, 150)
    assert await differences(live) == []
    assert live.market.resyncs == 0


async def test_skipped_frames_are_noticed_and_repaired(live: Live) -> None:
    live.exchange.faults.level2_skipped = 3
    await eventually(lambda: live.market.resyncs == 1, "the gap")
    await eventually(live.is_ready, "the repair")
    await messages(live, 50)
    assert await differences(live) == []
    assert live.market.resyncs == 1


async def test_doubled_frames_change_nothing(live: Live) -> None:
    live.exchange.faults.level2_doubled = 20
    await messages(live, 80)
    assert await differences(live) == []
    assert live.market.resyncs == 0


async def test_a_dropped_stream_is_stale_at_once_and_comes_back_true(live: Live) -> None:
    live.exchange.drop_streams()
    await eventually(lambda: live.market.staleness() is not None, "the stale market")
    assert live.market.touch() is None
    await eventually(live.is_ready, "the recovery", 15.0)
    assert await differences(live) == []


async def test_a_refused_stream_is_tried_again(live: Live) -> None:
    live.exchange.faults.refuses_streams = True
    live.exchange.drop_streams()
    await eventually(lambda: live.backend.market_feed.health.attempt >= 2, "a second attempt", 15.0)
    live.exchange.faults.refuses_streams = False
    await eventually(live.is_ready, "the recovery", 20.0)


async def test_a_silent_mark_price_is_stale(live: Live) -> None:
    live.exchange.faults.mark_is_silent = True
    await eventually(
        lambda: (stale := live.market.staleness()) is not None and "mark price" in stale.reason,
        "the stale mark",
    )
    live.exchange.faults.mark_is_silent = False
    await eventually(live.is_ready, "the mark again")


async def test_contracts_are_opened_and_closed_on_the_wire(live: Live) -> None:
    other = next(symbol for symbol in live.backend.markets.contracts if symbol != XBT)
    session = live.backend.markets.open(other)
    await eventually(lambda: session.touch() is not None, "the other book")
    live.backend.markets.close(other)
    await eventually(
        lambda: not live.exchange.hub.is_wanted(f"/contractMarket/level2:{other}"),
        "the end of the subscription",
    )


async def test_a_clock_that_differs_is_measured_and_signed_by(live: Live) -> None:
    live.exchange.clock.shift_ms = 60_000
    offset_ms = await live.backend.clients.synchronize_clock()
    assert abs(offset_ms - 60_000) < 1000
    assert (await live.backend.clients.account.wallet("USDT")).equity.amount > 0


async def test_a_proxy_in_the_environment_does_not_matter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    live = Live()
    await live.start()
    await live.stop()
