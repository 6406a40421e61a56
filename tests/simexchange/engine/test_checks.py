"""Every code that placing an order can be refused with, and that a refusal leaves no trace."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from terminal.simexchange.engine.checks import MAX_ACTIVE, MAX_STOPS, Cost
from terminal.simexchange.errors import Refused
from terminal.simexchange.market.contracts import plain
from terminal.simexchange.market.matching import BUY, SELL
from tests.support.floor import INVERSE, SYMBOL, Floor

pytestmark = pytest.mark.conforms("POST /api/v1/orders")


@pytest.fixture
def floor() -> Floor:
    return Floor()


def test_100003_a_contract_that_is_not_listed(floor: Floor) -> None:
    assert floor.refused({**floor.body(BUY, floor.bid), "symbol": "NOPE"}) == "100003"


def test_400100_an_order_that_names_no_contract(floor: Floor) -> None:
    for symbol in ("", None, 7, ["XBTUSDTM"]):
        refused = floor.refusal({**floor.body(BUY, floor.bid), "symbol": symbol})
        assert (refused.code, refused.status) == ("400100", 400)
    body = floor.body(BUY, floor.bid)
    del body["symbol"]
    assert floor.refused(body) == "400100"


def test_100004_an_order_that_has_ended(floor: Floor) -> None:
    order = floor.place(BUY, None)
    with pytest.raises(Refused, match="100004"):
        floor.engine.cancel(order)


def test_300001_a_hundred_orders_of_a_contract(floor: Floor) -> None:
    for _ in range(MAX_ACTIVE):
        floor.place(BUY, floor.bid - 50)
    refusal = floor.refusal(floor.body(BUY, floor.bid - 50))
    assert refusal.code == "300001"
    assert "limit of 100, current 100" in refusal.text
    floor.stop(SELL, "down", floor.market.last - 500)
    eth = {"symbol": "ETHUSDTM", "price": "3000"}
    assert floor.engine.place(floor.account, {**floor.body(BUY, 1), **eth}).is_active


def test_300002_trading_is_suspended_but_canceling_is_not(floor: Floor) -> None:
    order = floor.place(BUY, floor.bid - 9)
    floor.engine.is_suspended = True
    assert floor.refused(floor.body(BUY, floor.bid)) == "300002"
    floor.engine.cancel(order)
    assert not order.is_active


def test_300003_says_what_the_order_costs(floor: Floor) -> None:
    floor.at_level(12)
    price = floor.bid - 9
    refusal = floor.refusal(floor.body(BUY, price, 400_000, leverage=1))
    value = floor.market.spec.value(floor.market.spec.price(price), 400_000)
    assert refusal.code == "300003"
    assert f"{value * Decimal('1.0006'):.8f}" in refusal.text


@pytest.mark.parametrize(("switch", "fits"), [("worst_price", False), ("best_price", True)])
def test_300003_a_market_order_must_pay_its_worst_or_its_best_price(
    switch: str, *, fits: bool
) -> None:
    floor = Floor(market_order_margin=switch)
    wallet = floor.account.wallets["USDT"]
    value = floor.market.spec.value(floor.market.spec.price(floor.ask), 10)
    wallet.cash = value / 5 * Decimal("1.02")
    body = floor.body(BUY, None, 10)
    if fits:
        assert floor.engine.test(floor.account, body).size == 10
    else:
        assert floor.refused(body) == "300003"


def test_300004_two_hundred_stops_of_a_contract(floor: Floor) -> None:
    for _ in range(MAX_STOPS):
        floor.stop(SELL, "down", floor.market.last - 500)
    stop: dict[str, Any] = {"stop": "down", "stopPrice": "1", "stopPriceType": "TP"}
    refusal = floor.refusal(floor.body(SELL, None, **stop))
    assert refusal.code == "300004"
    assert "limit of 200, current 200" in refusal.text
    floor.place(BUY, floor.bid - 5)


def test_300005_above_the_risk_limit_of_an_isolated_position(floor: Floor) -> None:
    position = floor.account.positions[SYMBOL]
    position.level = position.level._replace(most=1000)
    floor.place(BUY, floor.bid - 9, 5)
    assert floor.refused(floor.body(BUY, floor.bid - 9, 5)) == "300005"
    assert floor.engine.test(floor.account, floor.body(SELL, floor.ask + 9, 9)).id


def test_300006_and_300007_a_close_price_that_the_margin_would_not_pay_for(floor: Floor) -> None:
    floor.place(BUY, None, 10, leverage=125)
    position = floor.account.positions[SYMBOL]
    tick = floor.market.spec.tick
    bankrupt = int(position.bankruptcy(Decimal(0)) / tick)
    liquidated = int(position.liquidation(Decimal(0)) / tick)
    assert bankrupt < liquidated
    assert floor.refused(floor.body(SELL, bankrupt - 1, 1, reduceOnly=True)) == "300006"
    assert floor.refused(floor.body(SELL, liquidated - 1, 1, reduceOnly=True)) == "300007"
    assert floor.place(SELL, liquidated + 1, 1, reduceOnly=True).filled == 1


def test_300008_nobody_is_on_the_other_side_of_a_market_order(floor: Floor) -> None:
    floor.clear(SELL)
    assert floor.refused(floor.body(BUY, None)) == "300008"
    assert floor.place(BUY, floor.bid, timeInForce="IOC").canceled == 1


def test_300009_nothing_to_close(floor: Floor) -> None:
    assert floor.refused(floor.body(SELL, None, reduceOnly=True)) == "300009"
    close = floor.body(None, None, size=None, leverage=None, closeOrder=True)
    assert floor.refused(close) == "300009"
    floor.place(BUY, None)
    assert floor.refused(floor.body(BUY, None, reduceOnly=True)) == "300009"
    assert floor.refused({**close, "side": BUY}) == "300009"


def test_300010_closing_failed_as_nobody_is_there(floor: Floor) -> None:
    floor.place(BUY, None)
    floor.clear(BUY)
    assert floor.refused(floor.body(None, None, size=None, closeOrder=True)) == "300010"


@pytest.mark.parametrize(
    ("side", "code"), [(BUY, "300011"), (SELL, "300012")], ids=["too high", "too low"]
)
def test_300011_and_300012_name_the_bound(floor: Floor, side: str, code: str) -> None:
    market = floor.market
    bound = market.buy_limit if side == BUY else market.sell_limit
    ticks = int(bound / market.spec.tick) + (1 if side == BUY else -1)
    refusal = floor.refusal(floor.body(side, ticks))
    assert refusal.code == code
    assert plain(bound) in refusal.text
    inside = ticks + (-1 if side == BUY else 1)
    assert floor.engine.test(floor.account, floor.body(side, inside)).id


def test_a_close_order_without_a_side_is_bounded_like_the_side_it_gets(floor: Floor) -> None:
    floor.place(BUY, None)
    low = int(floor.market.sell_limit / floor.market.spec.tick) - 1
    body = floor.body(None, low, size=None, closeOrder=True)
    assert floor.refused(body) == "300012"


def test_the_bounds_wait_for_a_stop_to_fire(floor: Floor) -> None:
    far = floor.market.last + 20_000
    order = floor.stop(BUY, "up", far, limit=far * 1_02 // 100)
    assert order.waits


def test_300014_a_position_in_liquidation_is_left_alone(floor: Floor) -> None:
    order = floor.place(BUY, floor.bid - 9)
    floor.engine.halts.liquidating.add((floor.account.uid, SYMBOL))
    assert floor.refused(floor.body(BUY, floor.bid)) == "300014"
    with pytest.raises(Refused, match="300014"):
        floor.engine.cancel(order)
    assert floor.engine.place(floor.another_account(), floor.body(BUY, floor.bid - 9)).is_active, (
        "somebody else's is"
    )


def test_300015_while_funding_is_settled(floor: Floor) -> None:
    floor.engine.halts.settling.add(SYMBOL)
    assert floor.refused(floor.body(BUY, floor.bid)) == "300015"


def test_300016_leverage_counts_only_where_it_opens_an_isolated_position(floor: Floor) -> None:
    assert floor.refused(floor.body(BUY, floor.bid, leverage=126)) == "300016"
    assert floor.refused(floor.body(BUY, floor.bid, leverage=None)) == "400100"
    floor.place(BUY, None, 5)
    assert floor.place(SELL, None, 1, leverage=None).filled == 1, "it only closes"
    assert floor.place(SELL, None, 1, leverage=999, reduceOnly=True).filled == 1
    assert floor.refused(floor.body(SELL, None, 4, leverage=None)) == "400100", "one lot opens"
    floor.place(None, None, size=None, leverage=None, closeOrder=True)
    floor.engine.set_margin_mode(SYMBOL, "CROSS")
    crossed = floor.place(BUY, floor.bid, marginMode="CROSS", leverage=999)
    assert crossed.leverage == floor.account.cross_leverage[SYMBOL]


def test_300018_only_while_the_first_order_is_active(floor: Floor) -> None:
    order = floor.place(BUY, floor.bid - 9, clientOid="same")
    assert floor.refused(floor.body(BUY, floor.bid - 9, clientOid="same")) == "300018"
    other = floor.another_account()
    floor.engine.place(other, floor.body(BUY, floor.bid - 9, clientOid="same"))
    floor.engine.cancel(order)
    stop = floor.stop(SELL, "down", floor.market.last - 500, clientOid="same")
    assert floor.refused(floor.body(BUY, floor.bid - 9, clientOid="same")) == "300018"
    floor.engine.cancel(stop)
    floor.place(BUY, floor.bid - 9, clientOid="same")


def test_330005_the_margin_mode_is_the_position_s_or_the_selected_one(floor: Floor) -> None:
    assert floor.refused(floor.body(BUY, floor.bid, marginMode="CROSS")) == "330005"
    floor.place(BUY, None)
    floor.engine.set_margin_mode(SYMBOL, "CROSS")
    assert floor.refused(floor.body(BUY, floor.bid, marginMode="CROSS")) == "330005"
    floor.place(SELL, None)
    assert floor.refused(floor.body(BUY, floor.bid)) == "330005"


@pytest.mark.parametrize("symbol", [SYMBOL, INVERSE])
def test_330008_above_the_largest_open_size_of_a_cross_position(symbol: str) -> None:
    floor = Floor(symbol)
    account, market = floor.account, floor.market
    floor.engine.set_margin_mode(symbol, "CROSS")
    account.cross_leverage[symbol] = Decimal(75)
    price = market.spec.price(floor.bid)
    most = floor.engine._checks.max_open_value(account, market, Cost(price, Decimal(75)))
    lots = int(most / market.spec.value(price, 1))
    order: dict[str, Any] = {"marginMode": "CROSS"}
    assert floor.refused(floor.body(BUY, floor.bid, lots + 1, **order)) == "330008"
    assert floor.place(BUY, floor.bid, lots, **order).is_active
    assert floor.refused(floor.body(BUY, floor.bid, lots // 9, **order)) == "330008"


def test_the_largest_open_size_is_the_published_one(floor: Floor) -> None:
    account, spec = floor.account, floor.market.spec
    account.wallets["USDT"].cash = Decimal(10_000)
    account.cross_leverage[SYMBOL] = Decimal(125)
    price = Decimal(102_012)
    most = floor.engine._checks.max_open_value(account, floor.market, Cost(price, Decimal(125)))
    # Reference 7.6: 12102 lots; the scale here is 490 within a thousandth.
    assert most / spec.value(price, 1) == pytest.approx(Decimal(12_102), abs=2)


@pytest.mark.parametrize("side", ["LONG", "SHORT"])
def test_330011_a_position_side_in_one_way_mode(floor: Floor, side: str) -> None:
    assert floor.refused(floor.body(BUY, floor.bid, positionSide=side)) == "330011"
    assert floor.place(BUY, floor.bid, positionSide="BOTH").position_side == "BOTH"


@pytest.mark.parametrize("kind", ["postOnly", "RPI"])
def test_a_crossing_order_that_never_takes_is_refused_by_a_switch(kind: str) -> None:
    floor = Floor(post_only_crossing="reject")
    how: dict[str, Any] = {"postOnly": True} if kind == "postOnly" else {"timeInForce": kind}
    assert floor.refused(floor.body(BUY, floor.ask, **how)) == "300000"
    assert floor.place(BUY, floor.bid, **how).is_active


def test_retail_orders_may_be_unknown_by_a_switch() -> None:
    body = Floor().body(BUY, 900_000, timeInForce="RPI")
    assert Floor(retail_orders="refused").refused(body) == "400100"
