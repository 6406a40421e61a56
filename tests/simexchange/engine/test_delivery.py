"""A dated contract ends: its mark becomes the mean of its index, and everything of it is closed."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from terminal.simexchange.clock import SimClock
from terminal.simexchange.engine.reports import ORDERS, POSITIONS, STOPS, WALLET
from terminal.simexchange.errors import Refused
from terminal.simexchange.market.contracts import listed
from terminal.simexchange.market.matching import BUY, SELL
from terminal.simexchange.saved import state
from terminal.simexchange.trading.margin import CROSS
from tests.support.caller import START_MS, Caller
from tests.support.floor import INVERSE, SYMBOL, Floor

DATED = listed(START_MS)[-1].symbol
HALF_HOUR_S = 1800


def a_floor(**switches: str) -> Floor:
    floor = Floor(DATED, SimClock(start_ms=START_MS, speed=0), **switches)
    floor.engine.deliveries.start()
    return floor


def go(floor: Floor, seconds: int, every: int = 1) -> list[Decimal]:
    """Let time pass while the markets act; the index of every second that began."""
    seen = []
    for _ in range(seconds // every):
        seen += [floor.market.index_price] * every
        floor.clock.advance(every)
        floor.engine.step(INVERSE)
        floor.engine.step(DATED)
    return seen


def brought(floor: Floor, ahead_s: int) -> None:
    floor.engine.deliveries.bring(floor.market, ahead_s)


def test_the_settlement_price_is_the_mean_index_of_half_an_hour() -> None:
    floor = a_floor()
    floor.place(BUY, None, 5000)
    brought(floor, HALF_HOUR_S)
    floor.engine.step(INVERSE)
    floor.engine.step(DATED)
    seen = go(floor, HALF_HOUR_S, 5)
    mean = sum(seen, Decimal(0)) / len(seen)
    assert len(set(seen)) > 20
    assert abs(floor.market.mark_price - mean) <= Decimal("0.005")
    (closed,) = floor.account.closings.newest()
    assert abs(closed.close_price - mean) <= Decimal("0.05"), "on the grid of prices"
    fill = floor.account.fills.newest()[0]
    assert (fill.trade_type, fill.lots, fill.side) == ("settlement", 5000, SELL)
    assert abs(fill.fee - fill.value * floor.market.spec.settlement_rate) <= Decimal("1E-10")
    earned = 5000 / closed.open_price - 5000 / closed.close_price
    assert abs(closed.gross - earned) <= Decimal("1E-9")


def test_the_mark_goes_to_the_mean_without_a_jump() -> None:
    floor = a_floor()
    brought(floor, HALF_HOUR_S + 60)
    marks = []
    for _ in range(HALF_HOUR_S // 10 + 7):
        go(floor, 10, 10)
        marks.append(floor.market.mark_price)
    steps = [abs(b - a) for a, b in pairwise(marks[9:])]
    assert max(steps) < Decimal(30)
    assert marks[9] - floor.market.index_price > 500, "it began with its basis"
    assert abs(marks[-1] - floor.market.index_price) < 200


def test_a_contract_is_delivered_at_its_own_time_when_nobody_brings_it_nearer() -> None:
    floor = a_floor()
    assert floor.market.expires_ms is not None
    floor.place(BUY, None, 10)
    floor.clock.advance((floor.market.expires_ms - START_MS) / 1000 - 0.001)
    assert (floor.market.phase, floor.held) == ("", 10)
    floor.clock.advance(0.001)
    assert (floor.market.phase, floor.held) == ("BeingSettled", 0)
    floor.clock.advance(floor.engine.settlements.lasts_s)
    assert floor.market.phase == "Settled"


@pytest.mark.parametrize("code", ["300002", "300015"])
def test_in_the_last_ten_minutes_positions_can_only_be_closed(code: str) -> None:
    floor = a_floor(delivery_refusal=code)
    floor.place(BUY, None, 100)
    brought(floor, 601)
    floor.place(BUY, None, 1)
    floor.clock.advance(2)
    assert floor.refused(floor.body(BUY, None, 1)) == code
    assert floor.refused(floor.body(SELL, None, 102)) == code
    assert floor.place(SELL, None, 41).filled == 41
    assert floor.place(SELL, None, 30, reduceOnly=True).filled == 30
    floor.place(None, None, None, closeOrder=True)
    assert floor.held == 0
    assert floor.refused(floor.body(SELL, floor.ask + 50, 1)) == code


@pytest.mark.parametrize(("word", "is_kept"), [("kept", True), ("canceled", False)])
def test_what_would_open_waits_for_the_delivery_or_goes_ten_minutes_before(
    word: str, is_kept: bool
) -> None:
    floor = a_floor(delivery_resting=word)
    floor.place(BUY, None, 10)
    opens = floor.place(BUY, floor.bid - 500, 5)
    closes = floor.place(SELL, floor.ask + 500, 5)
    crosses = floor.place(SELL, floor.ask + 600, 11)
    brought(floor, 700)
    floor.clock.advance(102)
    assert [order.is_active for order in (opens, closes, crosses)] == [is_kept, True, is_kept]
    floor.clock.advance(600)
    assert not floor.account.active()


def test_a_stop_that_would_open_is_refused_when_it_fires() -> None:
    floor = a_floor()
    stop = floor.stop(BUY, "up", floor.ask + 100)
    brought(floor, 300)
    floor.trade_at(floor.ask + 200)
    assert not stop.is_active
    assert floor.publisher.frames(STOPS)[-1]["error"] == "error.createOrder.tradingSuspended"
    assert floor.held == 0


def test_what_is_told_of_a_delivery() -> None:
    floor = a_floor()
    floor.place(BUY, None, 100)
    order = floor.place(SELL, floor.ask + 500, 5)
    stop = floor.stop(SELL, "down", floor.bid - 20_000)
    brought(floor, 10)
    floor.clock.advance(9)
    floor.publisher.private.clear()
    floor.clock.advance(2)
    told: list[dict[str, Any]] = floor.publisher.frames(ORDERS)
    assert [(one["type"], one["status"]) for one in told] == [
        ("canceled", "done"), ("match", "match"), ("filled", "done"),
    ]  # fmt: skip
    assert told[0]["orderId"] == order.id
    assert {one.get("tradeType") for one in told[1:]} == {"settlement"}
    assert floor.publisher.stops(stop) == ["cancel"]
    (flat,) = [one for one in floor.publisher.frames(POSITIONS) if "changeReason" in one]
    assert (flat["currentQty"], flat["isOpen"], flat["changeReason"]) == (
        0, False, "positionChange",
    )  # fmt: skip
    assert floor.publisher.frames(WALLET)
    assert floor.market.book.front(BUY) is None
    assert floor.market.book.front(SELL) is None
    assert floor.account.ledger.rows[-1].remark == DATED
    assert floor.account.ledger.total("XBT") == floor.account.wallets["XBT"].cash


def test_both_legs_of_everybody_are_closed_cross_and_isolated() -> None:
    floor = a_floor()
    other = floor.another_account()
    other.set_hedged(is_on=True)
    floor.engine.set_margin_mode(DATED, CROSS)
    floor.place(SELL, None, 300, marginMode=CROSS)
    floor.place(BUY, None, 200, other, positionSide="LONG")
    floor.place(SELL, None, 50, other, positionSide="SHORT")
    brought(floor, 5)
    floor.clock.advance(6)
    assert floor.held == 0
    assert [leg.lots for leg in other.legs.of(DATED)] == [0, 0]
    rows = [(row.is_long, row.way) for row in other.closings.newest()]
    assert sorted(rows) == [(False, "CLOSE"), (True, "CLOSE")]
    prices = {row.close_price for a in (floor.account, other) for row in a.closings.newest()}
    assert len(prices) == 1


@pytest.mark.parametrize("mode", ["ISOLATED", CROSS])
def test_nobody_loses_more_than_he_has(mode: str) -> None:
    """The index falls by a third between two looks: the fund pays what is missing."""
    floor = a_floor()
    floor.engine.set_margin_mode(DATED, mode)
    floor.account.set_cross_leverage(DATED, Decimal(50))
    floor.place(BUY, None, 30_000, marginMode=mode, leverage=50)
    if mode == CROSS:
        floor.account.move("XBT", -floor.free * Decimal("0.9"), "OUT")
    margin = floor.account.positions[DATED].own_margin if mode != CROSS else None
    cash = floor.account.wallets["XBT"].cash
    brought(floor, HALF_HOUR_S)
    floor.engine.markets[INVERSE].move_fair(-300_000)
    # Nobody looks at the contract meanwhile but the delivery itself.
    floor.market.step()
    floor.clock.advance(HALF_HOUR_S)
    left = floor.account.wallets["XBT"].cash
    assert floor.held == 0
    assert left >= 0
    if margin is not None:
        assert cash - left <= margin


def test_a_delivered_contract_is_over() -> None:
    caller = Caller()
    engine = caller.engine
    engine.deliveries.start()
    caller.place(DATED, size=10)
    engine.deliveries.bring(engine.markets[DATED], 5)
    order = {"clientOid": "late", "symbol": DATED, "side": "buy", "type": "market", "size": 1}
    caller.clock.advance(5.5)
    assert caller.data(f"/api/v1/contracts/{DATED}")["status"] == "BeingSettled"
    assert DATED in {one["symbol"] for one in caller.data("/api/v1/contracts/active")}
    assert caller.code("/api/v1/orders", "POST", {**order, "leverage": 2})[1] == "300015"
    caller.clock.advance(3)
    for path in ("/api/v1/contracts/active", "/api/v1/allTickers"):
        assert DATED not in {one["symbol"] for one in caller.data(path)}
    assert caller.code("/api/v1/orders", "POST", {**order, "leverage": 2})[1] == "100003"
    shown = caller.data(f"/api/v1/contracts/{DATED}")
    assert (shown["status"], shown["openInterest"]) == ("Settled", "0")
    (row,) = caller.data(f"/api/v1/history-positions?symbol={DATED}")["items"]
    assert row["type"] == "CLOSE_LONG"
    fills = caller.data(f"/api/v1/fills?symbol={DATED}")["items"]
    assert [one["tradeType"] for one in fills] == ["settlement", "trade"]
    assert caller.data(f"/api/v1/fills?symbol={DATED}&tradeTypes=settlement")["totalNum"] == 1
    engine.step(DATED)
    engine.move(DATED, 500)
    assert engine.markets[DATED].book.front(BUY) is None
    caller.exchange.switches.set("delivered_contract", "unknown")
    assert caller.code(f"/api/v1/contracts/{DATED}")[1] == "100003"


def test_the_history_of_positions_has_a_word_for_it_by_a_switch() -> None:
    caller = Caller(delivery_close_type="SETTLEMENT")
    caller.engine.deliveries.start()
    caller.place(DATED, size=10, side="sell")
    caller.engine.deliveries.bring(caller.engine.markets[DATED], 0)
    (row,) = caller.data("/api/v1/history-positions")["items"]
    assert row["type"] == "SETTLEMENT_SHORT"


def go_on(caller: Caller) -> Caller:
    """Another exchange that goes on from the state of one."""
    kept = json.loads(json.dumps(state.written(caller.exchange)))
    other = Caller()
    state.restore(other.exchange, kept, leap=0)
    other.engine.deliveries.start()
    return other


@cache
def outcome(restarts: tuple[int, ...]) -> tuple[object, ...]:
    """What a delivery comes to when the exchange is restarted at these seconds of its window."""
    caller = Caller()
    caller.engine.deliveries.start()
    caller.place(DATED, size=1000)
    caller.engine.deliveries.bring(caller.engine.markets[DATED], HALF_HOUR_S)
    instants = [*range(0, HALF_HOUR_S, 50), *range(HALF_HOUR_S, HALF_HOUR_S + 5)]
    for before, second in pairwise(instants):
        caller.clock.advance(second - before)
        if second % 50 == 0:
            caller.engine.move(INVERSE, 40)
            caller.engine.step(DATED)
        if second in restarts:
            caller = go_on(caller)
    (row,) = caller.data("/api/v1/history-positions")["items"]
    phase = caller.engine.markets[DATED].phase
    return phase, row["closePrice"], row["pnl"], caller.account.wallets["XBT"].cash


@pytest.mark.parametrize("restarts", [(100,), (100, 900, 1500), (1800,), (1801,)])
def test_a_restart_amid_it_changes_nothing(restarts: tuple[int, ...]) -> None:
    """In the half hour, in the last ten minutes, and while it is settled."""
    assert outcome(restarts) == outcome(())
    assert outcome(())[0] == "Settled"


def test_what_was_due_while_the_exchange_was_off_happens_when_it_is_on_again() -> None:
    caller = Caller()
    caller.engine.deliveries.start()
    caller.place(DATED, size=1000)
    market = caller.engine.markets[DATED]
    caller.engine.deliveries.bring(market, 60)
    kept = json.loads(json.dumps(state.written(caller.exchange)))
    other = Caller()
    state.restore(other.exchange, kept)
    other.clock.begin_at((START_MS + 3_600_000) * 1_000_000)
    other.engine.deliveries.start()
    assert other.engine.markets[DATED].phase == "BeingSettled"
    assert not other.account.positions[DATED].lots


def test_only_what_has_an_end_and_did_not_come_to_it_is_brought_nearer() -> None:
    floor = a_floor()
    with pytest.raises(ValueError, match="perpetual"):
        floor.engine.deliveries.bring(floor.engine.markets[SYMBOL], 5)
    brought(floor, HALF_HOUR_S)
    mark = floor.market.mark_price
    brought(floor, 5)
    brought(floor, 86_400)
    floor.engine.step(DATED)
    assert abs(floor.market.mark_price - mark) < 50, "it follows the market again"
    brought(floor, 0)
    with pytest.raises(ValueError, match="delivered"):
        floor.engine.deliveries.bring(floor.market, 5)


def test_a_liquidation_under_way_ends_with_the_delivery() -> None:
    floor = a_floor()
    floor.at_level(4)
    for _ in range(60):
        if floor.held < 650_000:
            floor.place(BUY, None, 20_000, leverage=10)
            floor.engine.step(DATED)
    for _ in range(30):
        if not floor.engine.halts.liquidating:
            floor.engine.move(INVERSE, -4000)
            floor.engine.step(DATED)
    assert floor.engine.halts.liquidating
    assert floor.held, "something is left"
    brought(floor, 0)
    floor.clock.advance(10)
    assert floor.held == 0
    assert not floor.engine.halts.liquidating
    with suppress(Refused):
        floor.place(BUY, None, 1)
    assert floor.held == 0
