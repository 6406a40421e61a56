"""The audit finds what differs, in both directions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from terminal.app.audit import candle_differences
from terminal.app.tour_report import ExchangeReport
from terminal.domain.candles import CandleInterval
from terminal.domain.units import Lots
from terminal.session.candles import CandleSession
from terminal.session.feed import Feed
from terminal.session.tasks import TaskOwner
from tests.support.builders import a_contract
from tests.support.fake_candles import some_candles
from tests.support.fake_clock import FakeClock
from tests.support.fakes import FakeMarketGateway, FakeStream

if TYPE_CHECKING:
    from terminal.domain.candles import Candle


async def differences(ours: list[Candle], theirs: list[Candle]) -> tuple[list[str], int]:
    """What the audit finds when the chart holds ``ours`` and the exchange answers ``theirs``."""
    clock, gateway = FakeClock(), FakeMarketGateway()
    gateway.history = ours
    owner = TaskOwner("test", lambda name, error: pytest.fail(f"{name} {error!r}"))
    feed = Feed("market", FakeStream(), clock, owner)
    session = CandleSession(a_contract(), CandleInterval.M1, gateway, feed, clock, owner)
    session.start()
    await clock.settle()
    gateway.history = theirs
    report = ExchangeReport()
    found: list[str] = []

    async def compare() -> None:
        found.extend(await candle_differences(session, gateway, clock, report))

    owner.spawn("compare", compare())
    await clock.advance(12.0)
    await session.stop()
    await owner.close()
    return found, report.candles


async def test_equal_candles_have_no_difference() -> None:
    """The forming candle is not compared: it moves while it is asked for."""
    candles = some_candles(20)
    moved = [*candles[:-1], replace(candles[-1], lots=Lots(candles[-1].lots + 1))]
    assert await differences(candles, moved) == ([], 19)


@pytest.mark.parametrize("kind", ["missing", "invented", "other"])
async def test_a_candle_that_differs_is_found(kind: str) -> None:
    """Whether we lack it, made it up, or hold another one."""
    whole = some_candles(20)
    holed = [candle for candle in whole if candle is not whole[7]]
    other = [replace(c, lots=Lots(c.lots + 1)) if c is whole[7] else c for c in whole]
    ours, theirs = {
        "missing": (holed, whole),
        "invented": (whole, holed),
        "other": (other, whole),
    }[kind]
    found, _ = await differences(ours, theirs)
    assert len(found) == 1
    assert str(whole[7].start_at) in found[0]


async def test_an_exchange_without_candles_is_no_agreement() -> None:
    """Nothing compared is not the same as nothing different."""
    assert (await differences([], []))[0] == ["The exchange has no closed candle to compare."]
