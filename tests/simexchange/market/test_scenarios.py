"""Each scenario shows what it is named for, on the wire or in the book."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from terminal.simexchange.clock import SimClock
from terminal.simexchange.engine.settlements import LASTS_S
from terminal.simexchange.market import scenarios
from terminal.simexchange.market.matching import BUY, SELL
from terminal.simexchange.market.scenarios import SCENARIOS, SPIKES_S, SQUEEZE_S, WAVE_S, WAVES
from terminal.simexchange.market.series import FUNDING_CAP
from terminal.simexchange.server import STEP_S, SimExchange
from tests.support.asker import Asker

START_MS = 1_760_000_000_000
SYMBOL = "XBTUSDTM"


class Stage:
    """An exchange whose major contract trades, with everything that its markets told."""

    def __init__(self, symbols: tuple[str, ...] = (SYMBOL,)) -> None:
        self.exchange = SimExchange(is_calm=True, clock=SimClock(start_ms=START_MS, speed=0))
        self.engine = self.exchange.engine
        self.market = self.engine.markets[SYMBOL]
        self.ask = Asker(self.exchange)
        self.symbols = symbols
        self.pass_s(5)

    def pass_s(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            self.exchange.clock.advance(STEP_S)
            for symbol in self.symbols:
                self.exchange.step(symbol)
                self.check_book(symbol)

    def check_book(self, symbol: str) -> None:
        book = self.engine.markets[symbol].book
        bid, ask = book.best(BUY), book.best(SELL)
        assert bid is not None
        assert ask is not None
        assert bid < ask

    def start(self, name: str, symbols: tuple[str, ...] = (), ticks: int | None = None) -> None:
        scenarios.start(self.engine.markets, name, symbols, ticks)

    def stop(self) -> None:
        scenarios.stop(self.engine.markets)

    def ticker(self) -> Any:
        return self.ask.data(f"/api/v1/ticker?symbol={SYMBOL}")

    def shown(self, side: str, count: int = 20) -> int:
        depth = self.ask.data(f"/api/v1/level2/depth{count}?symbol={SYMBOL}")
        return sum(lots for _, lots in depth[side])


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_calm_keeps_touch_and_last_price(stage: Stage) -> None:
    stage.start("calm")
    before, sequence = stage.ticker(), stage.market.book.sequence
    stage.pass_s(60)
    after = stage.ticker()
    for name in ("price", "tradeId", "bestBidPrice", "bestBidSize", "bestAskPrice", "bestAskSize"):
        assert after[name] == before[name]
    assert stage.market.book.sequence > sequence, "makers are still at work"
    stage.stop()
    stage.pass_s(30)
    assert stage.ticker()["tradeId"] != before["tradeId"]


@pytest.mark.parametrize("sign", [1, -1])
def test_a_trend_goes_its_way(stage: Stage, sign: int) -> None:
    usual = Stage()
    stage.start("trend", ticks=sign)
    stage.pass_s(240)
    usual.pass_s(240)
    leaned = (stage.market.last / usual.market.last - 1) * sign
    assert 0.004 < leaned < 0.009, "a tenth within an hour"


def test_a_squeeze_only_rises_and_offers_shrink(stage: Stage) -> None:
    stage.start("squeeze")
    offered, prices = [stage.shown("asks")], [stage.market.last]
    for _ in range(10):
        stage.pass_s(SQUEEZE_S / 11)
        offered.append(stage.shown("asks"))
        prices.append(stage.market.last)
    assert prices == sorted(prices)
    assert prices[-1] > 1.03 * prices[0]
    assert offered[-1] < 0.4 * offered[0]
    bids = stage.shown("bids")
    assert bids > 2 * offered[-1]
    stage.pass_s(30)
    assert stage.market.crowd.mood.sizes[SELL] == 1.0, "it ends by itself"


def test_a_cascade_sells_in_waves_of_rising_volume(stage: Stage) -> None:
    stage.start("liquidation_cascade")
    prices, sold = [stage.market.last], []
    for _ in range(WAVES):
        before = stage.market.day().lots
        stage.pass_s(WAVE_S + STEP_S)
        sold.append(stage.market.day().lots - before)
        prices.append(stage.market.last)
    assert all(after < before for before, after in itertools.pairwise(prices))
    assert sum(sold[-3:]) > 2 * sum(sold[:3])
    bottom = stage.market.last
    assert bottom < 0.995 * prices[0]
    stage.pass_s(40)
    assert bottom < stage.market.last < prices[0], "it rebounds by a part"


def place(stage: Stage, side: str, lots: int, **more: object) -> Any:
    body = {
        "clientOid": f"{side}-{lots}", "symbol": SYMBOL, "side": side, "size": lots,
        "type": "market", "marginMode": "ISOLATED", **more,
    }  # fmt: skip
    return stage.engine.place(stage.engine.account, body)


def test_a_cascade_liquidates_the_longs_on_its_way(stage: Stage) -> None:
    """Seen by their owner, and in the trades that everybody sees."""
    place(stage, "buy", 400, leverage=40)
    held = stage.ask.data(f"/api/v1/position?symbol={SYMBOL}", signed=True)
    line = held["liquidationPrice"]
    began = stage.market.last
    assert 0.95 < line / held["avgEntryPrice"] < 0.99, "farther than the waves alone go"
    stage.start("liquidation_cascade")
    public: dict[str, dict[str, Any]] = {}
    for _ in range(WAVES):
        stage.pass_s(WAVE_S + STEP_S)
        told = stage.ask.data(f"/api/v1/trade/history?symbol={SYMBOL}")
        public |= {row["tradeId"]: row for row in told}
    assert stage.ask.data(f"/api/v1/position?symbol={SYMBOL}", signed=True)["isOpen"] is False
    fills = stage.ask.data(f"/api/v1/fills?symbol={SYMBOL}&tradeTypes=liquid", signed=True)
    assert [row["tradeType"] for row in fills["items"]] == ["liquid"]
    assert sum(row["size"] for row in fills["items"]) == 400
    # What was taken over is sold to the book; so it is on the tape, by one taker.
    sold: dict[str, int] = {}
    for row in public.values():
        if row["side"] == "sell":
            sold[row["takerOrderId"]] = sold.get(row["takerOrderId"], 0) + row["size"]
    assert 400 in sold.values()
    bottom = stage.market.last
    assert bottom < line / float(stage.market.spec.tick) < began
    stage.pass_s(40)
    assert bottom < stage.market.last < began, "it rebounds by a part"


def test_a_cascade_leaves_shorts_and_far_longs_alone(stage: Stage) -> None:
    place(stage, "sell", 40, leverage=40)
    stage.start("liquidation_cascade")
    stage.pass_s(WAVES * (WAVE_S + STEP_S))
    held = stage.ask.data(f"/api/v1/position?symbol={SYMBOL}", signed=True)
    assert held["currentQty"] == -40
    stage.stop()
    place(stage, "buy", 60, leverage=3)
    stage.start("liquidation_cascade")
    stage.pass_s(WAVES * (WAVE_S + STEP_S))
    held = stage.ask.data(f"/api/v1/position?symbol={SYMBOL}", signed=True)
    assert held["currentQty"] == 20


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_market_goes_on_after_a_scenario(name: str) -> None:
    """It trades, its book is whole on both sides, its touch is narrow, and orders are taken."""
    stage = Stage((SYMBOL, "XBTUSDM"))
    stage.start(name)
    stage.pass_s(30)
    stage.stop()
    stage.pass_s(10)
    assert stage.market.scenario is None
    before = {symbol: stage.engine.markets[symbol].book.trades for symbol in stage.symbols}
    lots = stage.market.day().lots
    spreads = []
    for _ in range(40):
        stage.pass_s(1)
        ticker = stage.ticker()
        spreads.append(float(ticker["bestAskPrice"]) - float(ticker["bestBidPrice"]))
    for symbol in stage.symbols:
        market = stage.engine.markets[symbol]
        assert market.book.trades > before[symbol] + 3
        assert min(market.book.level_count(BUY), market.book.level_count(SELL)) >= 100
        assert abs(float(market.mark_price / market.spec.tick) / market.last - 1) < 0.02
    assert stage.market.day().lots > lots
    assert sum(spread < 0.15 for spread in spreads) > 20, "one tick, most of the time"
    assert stage.ask.data(f"/api/v1/contracts/{SYMBOL}")["status"] == "Open"
    order = place(stage, "buy", 1, leverage=5)
    assert order.filled == 1


def test_a_gap_has_no_trade_in_between(stage: Stage) -> None:
    stage.start("gap", ticks=-4000)
    before = stage.market.last
    seen = [trade.number for trade in stage.market.trades]
    stage.pass_s(6)
    new = [trade.price for trade in stage.market.trades if trade.number > seen[-1]]
    assert new
    assert all(abs(price - (before - 4000)) < 700 for price in new)
    assert not any(before - 3000 < price < before - 100 for price in new)
    book = stage.market.book
    assert book.best(BUY) < before - 3000  # type: ignore[operator]  # never empty, see check_book


def test_a_spike_takes_the_predicted_rate_to_the_cap(stage: Stage) -> None:
    """As soon as the cycle has seen enough of it; the index stays where it was."""
    stage.market.funding_ms = 15 * 60_000
    ends_ms = stage.market.next_funding_ms
    stage.exchange.clock.advance((ends_ms - stage.exchange.clock.now_ms()) / 1000)
    stage.start("funding_spike")
    before = stage.market.index_price
    stage.pass_s(4 * SPIKES_S)
    assert stage.market.predicted_rate == FUNDING_CAP
    index, mark = stage.market.index_price, stage.market.mark_price
    assert abs(index / before - 1) < 0.005
    assert mark > index
    stage.pass_s(720)
    told = stage.ask.data(f"/api/v1/funding-rate/{SYMBOL}/current")
    assert told["value"] == FUNDING_CAP == told["fundingRateCap"], "the next cycle charges it"


def test_maintenance_refuses_orders_and_ends(stage: Stage) -> None:
    body = {
        "clientOid": "a", "symbol": SYMBOL, "side": "buy", "type": "limit",
        "price": str(round(stage.market.last * 0.09)), "size": 1, "leverage": 5,
        "marginMode": "ISOLATED",
    }  # fmt: skip
    stage.start("maintenance", (SYMBOL,))
    sequence = stage.market.book.sequence
    stage.pass_s(5)
    assert stage.ask.data(f"/api/v1/contracts/{SYMBOL}")["status"] == "Paused"
    assert stage.ask.data("/api/v1/contracts/ETHUSDTM")["status"] == "Open"
    assert stage.market.book.sequence == sequence
    account = stage.engine.account
    with pytest.raises(Exception, match="suspended") as caught:
        stage.engine.place(account, body)
    assert caught.value.code == "300002"  # type: ignore[attr-defined]  # a Refused, see the name
    stage.stop()
    assert stage.ask.data(f"/api/v1/contracts/{SYMBOL}")["status"] == "Open"
    assert stage.engine.place(account, body).id
    stage.pass_s(5)
    assert stage.market.book.sequence > sequence


def test_a_thin_book_shows_a_fraction_and_fills_again(stage: Stage) -> None:
    usual = stage.shown("bids"), stage.shown("asks")
    stage.start("thin_book")
    for _ in range(5):
        stage.pass_s(5)
        assert stage.shown("bids") < 0.3 * usual[0]
        assert stage.shown("asks") < 0.3 * usual[1]
        assert stage.market.book.level_count(BUY) < 60
    stage.stop()
    stage.pass_s(5)
    assert stage.shown("bids") > 0.5 * usual[0]
    assert stage.market.book.level_count(SELL) >= 100


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_is_the_same_in_every_run(name: str) -> None:
    def tape() -> list[Any]:
        stage = Stage((SYMBOL, "XBTUSDM"))
        stage.start(name)
        stage.pass_s(12)
        stage.stop()
        stage.pass_s(3)
        return [list(stage.engine.markets[one].trades) for one in stage.symbols]

    assert tape() == tape()


def test_contracts_of_a_base_move_as_one() -> None:
    """However many of them a scenario runs in: its push counts once."""
    stage = Stage((SYMBOL, "XBTUSDM", "XBTUSDCM"))
    before = {one: stage.engine.markets[one].last for one in stage.symbols}
    stage.start("gap", ticks=-5000)
    stage.pass_s(30)
    moved = [stage.engine.markets[one].last / before[one] for one in stage.symbols]
    assert max(moved) - min(moved) < 0.001
    assert 0.992 < moved[0] < 0.998


def test_an_unknown_name_changes_nothing(stage: Stage) -> None:
    stage.start("calm")
    running = stage.market.scenario
    for name, symbols in (("no", ()), ("gap", ("no",))):
        with pytest.raises(ValueError, match="There is no"):
            stage.start(name, symbols)
    assert stage.market.scenario is running


def test_a_settlement_is_shorter_than_a_cycle_of_the_test() -> None:
    """So that the spike's cycle is one of its own."""
    assert LASTS_S < 15 * 60
