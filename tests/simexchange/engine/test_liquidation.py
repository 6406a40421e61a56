"""Positions that their margin does not carry any more go, and nothing else does."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from terminal.simexchange.clock import SimClock
from terminal.simexchange.engine.reports import ORDERS, POSITIONS
from terminal.simexchange.market.matching import BUY, SELL
from terminal.simexchange.market.risk_limits import ladder
from terminal.simexchange.trading.margin import CROSS, ISOLATED
from terminal.simexchange.trading.risk import PARTIAL_FROM, cross_risk, is_spent, prices
from tests.support.floor import INVERSE, SYMBOL, Floor

if TYPE_CHECKING:
    from terminal.simexchange.trading.margin import SimPosition

GRAIN = Decimal("1E-8")


def held(floor: Floor) -> SimPosition:
    return floor.account.positions[floor.symbol]


def fall(floor: Floor, percent: int) -> None:
    floor.engine.move(floor.symbol, -floor.market.last * percent // 100)


def cross(symbol: str = SYMBOL, /, **switches: str) -> Floor:
    floor = Floor(symbol, **switches)
    floor.engine.set_margin_mode(symbol, CROSS)
    floor.account.set_cross_leverage(symbol, Decimal(50))
    return floor


def ways(floor: Floor) -> list[str]:
    return [row.way for row in floor.account.closings.newest()]


@pytest.mark.parametrize("symbol", [SYMBOL, INVERSE])
@pytest.mark.parametrize("side", [BUY, SELL])
def test_an_isolated_position_goes_at_its_price_and_takes_its_margin(
    symbol: str, side: str
) -> None:
    floor = Floor(symbol)
    floor.place(side, None, 40, leverage=20)
    away = (SELL, floor.ask + 9000) if side == BUY else (BUY, floor.bid - 9000)
    floor.place(*away, 1)
    cash, margin = floor.account.wallets[floor.market.spec.settle].cash, held(floor).own_margin
    sign = -1 if side == BUY else 1
    line = prices(floor.account, held(floor)).liquidation
    while (floor.market.mark_price - line) * sign < 0:
        assert held(floor).lots
        floor.engine.move(symbol, sign * 2500)
    assert not held(floor).lots
    assert ways(floor) == ["LIQUID"]
    lost = cash - floor.account.wallets[floor.market.spec.settle].cash
    one_tick = floor.market.spec.value(floor.market.spec.price(floor.market.last), 40) / 9000
    assert margin - one_tick < lost <= margin, "its margin, but for the grid of prices"
    assert not floor.account.active()
    assert floor.account.order_margin(symbol) == 0


def test_what_is_told_of_a_liquidation() -> None:
    floor = Floor()
    floor.place(BUY, None, 40, leverage=20)
    resting = floor.place(SELL, floor.ask + 9000, 1)
    stop = floor.stop(SELL, "up", floor.ask + 40_000, size=1, reduceOnly=True)
    floor.publisher.private.clear()
    fall(floor, 6)
    fill = floor.account.fills.newest()[0]
    assert (fill.trade_type, fill.lots, fill.side) == ("liquid", 40, SELL)
    told: list[dict[str, Any]] = floor.publisher.frames(ORDERS)
    assert [(one["type"], one["status"]) for one in told] == [
        ("canceled", "done"), ("match", "match"), ("filled", "done"),
    ]  # fmt: skip
    assert told[0]["orderId"] == resting.id
    assert not stop.is_active
    assert told[1]["tradeType"] == "liquid"
    assert "clientOid" not in told[1]
    full = [one for one in floor.publisher.frames(POSITIONS) if "changeReason" in one]
    assert [(one["changeReason"], one["currentQty"]) for one in full] == [
        ("liquidation", 40), ("liquidation", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(("word", "is_active"), [("kept", True), ("canceled", False)])
def test_waiting_stops_go_by_a_switch(word: str, is_active: bool) -> None:
    floor = Floor(liquidation_stops=word)
    floor.place(BUY, None, 40, leverage=20)
    stop = floor.stop(BUY, "up", floor.ask + 90_000, size=1)
    fall(floor, 6)
    assert stop.is_active is is_active


def test_meanwhile_nothing_is_placed_or_withdrawn_and_then_it_is() -> None:
    floor = Floor()
    floor.place(BUY, None, 40, leverage=20)
    fall(floor, 6)
    assert floor.refused(floor.body(BUY, floor.bid - 5)) == "300014"
    floor.clock.advance(floor.engine.liquidations.lasts_s + 0.1)
    assert not floor.engine.halts.liquidating
    assert floor.place(BUY, floor.bid - 5).is_active


def test_without_a_lock_it_is_over_within_the_instant() -> None:
    floor = Floor()
    floor.engine.liquidations.lasts_s = 0
    floor.place(BUY, None, 40, leverage=20)
    fall(floor, 6)
    assert not floor.engine.halts.liquidating
    assert not held(floor).lots


def test_a_gap_beyond_bankruptcy_costs_the_fund_and_not_the_account() -> None:
    floor = Floor()
    floor.place(BUY, None, 40, leverage=20)
    cash, margin = floor.account.wallets["USDT"].cash, held(floor).own_margin
    fund = floor.engine.insurance.balances["USDT"]
    fall(floor, 20)
    assert cash - floor.account.wallets["USDT"].cash <= margin
    assert floor.engine.insurance.balances["USDT"] < fund


def test_a_small_fall_beyond_the_line_is_the_funds_gain() -> None:
    floor = Floor()
    floor.place(BUY, None, 40, leverage=20)
    fund = floor.engine.insurance.balances["USDT"]
    while held(floor).lots:
        floor.engine.move(SYMBOL, -300)
    assert floor.engine.insurance.balances["USDT"] > fund


def test_margin_is_put_in_by_itself_when_that_saves_the_position() -> None:
    floor = Floor()
    floor.place(BUY, None, 40, leverage=20)
    held(floor).is_auto_deposit = True
    fall(floor, 6)
    assert held(floor).lots == 40
    assert held(floor).added > 0
    assert not is_spent(floor.account, held(floor), floor.market.mark_price)
    floor.account.move("USDT", -floor.free, "OUT")
    fall(floor, 9)
    assert not held(floor).lots, "there was nothing left to put in"


def test_a_large_isolated_position_goes_down_the_levels_first() -> None:
    floor = Floor()
    floor.at_level(4)
    floor.place(BUY, None, 9_000, leverage=40)
    before = held(floor).lots
    assert before * 100 > PARTIAL_FROM
    seen = []
    for _ in range(80):
        floor.engine.move(SYMBOL, -400)
        seen.append((held(floor).lots, held(floor).level.level))
        floor.clock.advance(1.1)
        if not held(floor).lots:
            break
    cut = [row for row in seen if 0 < row[0] < before or row[1] < 4]
    assert cut, "a part went first"
    assert held(floor).level in ladder(floor.market.spec)[:3]
    assert all(lots * 95 <= 1_000_000 for lots, level in cut if level <= 3)
    assert not held(floor).lots


@pytest.mark.parametrize("symbol", [SYMBOL, INVERSE])
def test_cross_orders_go_first_and_then_all_positions(symbol: str) -> None:
    floor = cross(symbol)
    settle = floor.market.spec.settle
    floor.place(BUY, None, 30, marginMode=CROSS)
    order = floor.place(BUY, floor.bid - 30_000, 1, marginMode=CROSS)
    floor.account.move(settle, -floor.free, "OUT")
    while order.is_active:
        assert cross_risk(floor.account, floor.engine.markets, settle) < Decimal("0.95")
        floor.engine.move(symbol, -500)
    while held(floor).lots:
        floor.engine.move(symbol, -300)
    assert ways(floor) == ["LIQUID"]
    left = floor.account.wallets[settle].cash
    assert 0 <= left < floor.market.spec.value(Decimal(90_000), 30) / 1000


def test_a_cross_account_never_owes_and_keeps_its_isolated_positions() -> None:
    floor = cross()
    floor.place(BUY, None, 2_000, marginMode=CROSS)
    other = floor.body(BUY, None, 5, symbol="ETHUSDTM", leverage=3)
    floor.engine.place(floor.account, other)
    margin = floor.account.positions["ETHUSDTM"].own_margin
    floor.account.move("USDT", -floor.free * Decimal("0.9"), "OUT")
    fall(floor, 30)
    floor.clock.advance(3)
    assert not held(floor).lots
    assert floor.account.positions["ETHUSDTM"].lots == 5
    assert margin <= floor.account.wallets["USDT"].cash < margin + 300


@pytest.mark.parametrize("word", ["market", "bankruptcy"])
def test_a_large_cross_position_is_cut_first(word: str) -> None:
    floor = cross(partial_liquidation=word)
    floor.place(BUY, None, 8_000, marginMode=CROSS)
    floor.account.move("USDT", -floor.free * Decimal("0.9"), "OUT")
    before = held(floor).lots
    while held(floor).lots == before:
        floor.engine.move(SYMBOL, -500)
    assert 0 < held(floor).lots * floor.market.mark_price / 1000 <= PARTIAL_FROM
    types = {fill.trade_type for fill in floor.account.fills.newest()}
    assert types == {"trade", "liquid"}


def test_funding_that_eats_the_margin_liquidates() -> None:
    floor = Floor(SYMBOL, SimClock(speed=0))
    floor.place(BUY, None, 40, leverage=20)
    assert floor.engine.settlements.on_begin is not None
    floor.engine.settlements.on_begin(floor.market, 1, 0.02)
    assert held(floor).lots == 40
    floor.engine.settlements.on_begin(floor.market, 2, 0.026)
    assert not held(floor).lots
    assert ways(floor) == ["LIQUID"]


def test_only_the_leg_that_cannot_go_on_goes() -> None:
    floor = Floor()
    floor.account.set_hedged(is_on=True)
    floor.place(BUY, None, 20, leverage=20, positionSide="LONG")
    floor.place(SELL, None, 10, leverage=5, positionSide="SHORT")
    fall(floor, 6)
    assert [leg.lots for leg in floor.account.legs.of(SYMBOL)] == [0, -10]
    assert floor.account.mode(SYMBOL) == ISOLATED


def test_nobody_is_looked_at_while_no_price_moves() -> None:
    floor = Floor()
    floor.place(BUY, None, 40, leverage=20)
    floor.engine.check_stops(SYMBOL)
    # Margin that is taken away by no rule shows only when the mark price moves, or it is due.
    held(floor).initial_margin = GRAIN
    floor.engine.check_stops(SYMBOL)
    assert held(floor).lots == 40
    floor.engine.liquidations.recount()
    floor.engine.check_stops(SYMBOL)
    assert not held(floor).lots
