"""What everybody is told by the clock: no trade is left out."""

from __future__ import annotations

from typing import Any

import pytest

from terminal.simexchange.clock import SimClock
from terminal.simexchange.payloads import markets
from tests.support.floor import SYMBOL, FakePublisher, Floor

MINUTE_MS = 60_000
START_MS = 1_760_000_040_000 - 1_760_000_040_000 % MINUTE_MS


def candles(publisher: FakePublisher, name: str) -> list[Any]:
    topic = f"/contractMarket/limitCandle:{SYMBOL}_{name}"
    return [data["candles"] for told, data in publisher.public if told == topic]


@pytest.mark.conforms("/contractMarket/limitCandle")
def test_the_last_frame_of_every_candle_has_all_of_its_trades() -> None:
    """Trades after the last pulse of an interval are told with the first pulse of the next."""
    clock = SimClock(start_ms=START_MS, speed=0)
    floor = Floor(SYMBOL, clock)
    clock.every(0.06, lambda: floor.engine.step(SYMBOL))
    clock.every(1.0, floor.engine.broadcast.second, first_s=0.5)
    clock.advance(400)
    for name, minutes in (("1min", 1), ("3min", 3), ("5min", 5)):
        last = {int(row[0]) * 1000: row for row in candles(floor.publisher, name)}
        rows = floor.market.candles.rows(minutes, START_MS, None, 100)
        assert len(rows) >= 2
        for row in rows[:-1]:
            told = last[row.start_ms]
            assert int(told[6]) == row.lots
            text = floor.market.spec.text
            assert [float(price) for price in told[1:5]] == [
                float(text(price)) for price in (row.open, row.close, row.high, row.low)
            ]
        starts = [int(row[0]) for row in candles(floor.publisher, name)]
        assert starts == sorted(starts)


@pytest.mark.conforms("/contractMarket/limitCandle")
def test_who_comes_later_is_not_told_what_was_before(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimClock(start_ms=START_MS, speed=0)
    floor = Floor(SYMBOL, clock)
    floor.engine.step(SYMBOL)
    floor.engine.broadcast.second()
    with monkeypatch.context() as patch:
        patch.setattr(floor.publisher, "is_wanted", lambda _topic: False)
        floor.engine.broadcast.second()
        clock.advance(125)
        floor.market.trade_at(floor.ask)
    told = len(candles(floor.publisher, "1min"))
    floor.engine.broadcast.second()
    rows = candles(floor.publisher, "1min")[told:]
    assert [int(row[0]) * 1000 for row in rows] == [START_MS + 2 * MINUTE_MS]


@pytest.mark.conforms("/contractMarket/snapshot")
@pytest.mark.parametrize("symbol", ["XBTUSDTM", "XBTUSDM"])
def test_the_snapshot_counts_the_day_as_the_contract_does(symbol: str) -> None:
    """Every trade by its own price: turnover and volume are those of the list of contracts."""
    clock = SimClock(start_ms=START_MS, speed=0)
    floor = Floor(symbol, clock)
    for _ in range(50):
        floor.engine.step(symbol)
    floor.trade_at(floor.market.last * 2)
    floor.engine.broadcast.snapshots()
    told = dict(floor.publisher.public)[f"/contractMarket/snapshot:{symbol}"]
    listed = markets.contract(floor.market, clock.now_ms())
    assert told["turnover"] == listed["turnoverOf24h"]
    assert told["volume"] == listed["volumeOf24h"]
