"""Stops: found by their price, fired once, refused or made orders, holding nothing before."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.clock import SimClock
from terminal.simexchange.engine.reports import ORDERS, STOPS
from terminal.simexchange.engine.stops import StopIndex
from terminal.simexchange.market.matching import BUY, SELL
from terminal.simexchange.payloads import orders as payloads
from terminal.simexchange.trading.orders import UserOrder
from tests.support.floor import SYMBOL, Floor

pytestmark = pytest.mark.conforms("POST /api/v1/orders", "/contractMarket/advancedOrders")
NO_BALANCE = "error.createOrder.accountBalanceInsufficient"


@pytest.fixture
def floor() -> Floor:
    return Floor()


def a_stop(number: int, kind: str, direction: str, price: int) -> UserOrder:
    return UserOrder(
        id=str(number),
        number=number,
        uid="u",
        client_oid="",
        symbol=SYMBOL,
        side=BUY,
        type="market",
        price=None,
        size=1,
        leverage=Decimal(1),
        margin_mode="ISOLATED",
        created_ms=0,
        time_ns=0,
        stop=direction,
        stop_price_type=kind,
        stop_price=Decimal(price),
    )


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["TP", "MP", "IP"]), st.sampled_from(["up", "down"]), st.integers(1, 9)
        ),
        max_size=30,
    ),
    st.dictionaries(st.sampled_from(["TP", "MP", "IP"]), st.integers(0, 10)),
    st.sets(st.integers(0, 29)),
)
def test_the_index_finds_what_looking_at_every_stop_would_find(
    rows: list[tuple[str, str, int]], prices: dict[str, int], canceled: set[int]
) -> None:
    index = StopIndex()
    stops = [a_stop(number, *row) for number, row in enumerate(rows)]
    for order in stops:
        index.add(order)
    for order in stops:
        if order.number in canceled:
            index.remove(order)

    for kind in ("TP", "MP", "IP"):
        price = Decimal(prices.get(kind, 5))
        expected = [
            order.id
            for order in stops
            if order.number not in canceled
            and order.stop_price_type == kind
            and order.stop_price is not None
            and (price >= order.stop_price if order.stop == "up" else price <= order.stop_price)
        ]
        assert [order.id for order in index.take(kind, price)] == expected
        assert not index.take(kind, price)


@pytest.mark.parametrize("kind", ["TP", "MP", "IP"])
@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_stop_fires_when_its_own_reference_comes_there(
    floor: Floor, kind: str, direction: str
) -> None:
    market = floor.market
    sign = 1 if direction == "up" else -1
    now = {"TP": market.spec.price(market.last), "MP": market.mark_price, "IP": market.index_price}
    target = now[kind] + sign * 100 * market.spec.tick
    stop: dict[str, Any] = {"stop": direction, "stopPriceType": kind, "stopPrice": str(target)}
    order = floor.place(BUY, None, **stop)
    assert order.waits
    if kind == "TP":
        market.move_fair(sign * 200)
        floor.engine.check_stops(SYMBOL)
        assert order.waits, "the mark and the index move, the last trade does not"
        floor.trade_at(market.last + sign * 99)
        assert order.waits
        floor.trade_at(market.last + sign * 1)
    else:
        floor.trade_at(market.last + sign * 300)
        assert order.waits, "a trade moves neither mark nor index"
        market.move_fair(sign * 101)
        floor.engine.check_stops(SYMBOL)
    assert not order.waits
    assert floor.held == 1
    assert floor.publisher.stops(order) == ["open", "triggered"]
    shown = payloads.order(order, market)
    assert (shown["stopTriggered"], shown["status"]) == (True, "done")


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_stop_that_is_true_already_fires_at_once(floor: Floor, direction: str) -> None:
    order = floor.stop(BUY, direction, floor.market.last)
    assert floor.publisher.stops(order) == ["open", "triggered"]
    assert order.filled == 1


def test_a_waiting_stop_holds_nothing_and_is_no_active_order(floor: Floor) -> None:
    free = floor.free
    order = floor.stop(SELL, "down", floor.market.last - 500, limit=floor.bid - 400, size=500)
    assert floor.free == free
    assert order.id not in floor.account.working(SYMBOL)
    frame = floor.publisher.frames(STOPS, order)[0]
    assert frame["orderPrice"] == floor.text(order.price or 0)
    assert (frame["type"], frame["orderType"], frame["stop"]) == ("open", "stop", "down")
    assert "triggerSuccess" not in frame


def test_a_fired_limit_stop_rests_and_holds_margin(floor: Floor) -> None:
    free = floor.free
    order = floor.stop(BUY, "up", floor.market.last + 100, limit=floor.bid - 20, size=10)
    floor.trade_at(floor.market.last + 100)
    assert order.is_active
    assert not order.waits
    assert order.id in floor.account.working(SYMBOL)
    assert floor.free < free
    assert floor.publisher.frames(STOPS, order)[-1]["triggerSuccess"] is True
    assert floor.publisher.orders(order) == [("open", "open")]
    floor.engine.cancel(order)
    assert floor.free == free


def test_a_fired_stop_that_cannot_be_paid_is_refused(floor: Floor) -> None:
    order = floor.stop(BUY, "up", floor.market.last + 100, size=50)
    floor.account.wallets["USDT"].cash = Decimal(1)
    floor.trade_at(floor.market.last + 100)
    frame = floor.publisher.frames(STOPS, order)[-1]
    assert (frame["type"], frame["triggerSuccess"], frame["error"]) == (
        "triggered",
        False,
        NO_BALANCE,
    )
    assert not order.is_active
    assert not floor.publisher.orders(order)
    shown = payloads.order(order, floor.market)
    assert (shown["status"], shown["cancelExist"], shown["filledSize"]) == ("done", False, 0)


def test_a_fired_stop_beyond_the_price_bound_is_refused(floor: Floor) -> None:
    far = floor.market.last + 20_000
    order = floor.stop(BUY, "up", floor.market.last + 100, limit=int(far * 1.05))
    floor.trade_at(floor.market.last + 100)
    assert floor.publisher.frames(STOPS, order)[-1]["triggerSuccess"] is False


def test_a_fired_stop_that_only_reduces_fits_the_position_of_then(floor: Floor) -> None:
    price = floor.market.last + 100
    order = floor.stop(SELL, "up", price, size=10, reduceOnly=True)
    nothing = floor.stop(BUY, "up", price, size=10, reduceOnly=True)
    floor.place(BUY, None, 4)
    floor.trade_at(price)
    assert (order.filled, floor.held) == (4, 0)
    assert floor.publisher.frames(STOPS, nothing)[-1]["error"] == (
        "error.createOrder.noPositionToClose"
    )


def test_a_closing_stop_without_a_side_closes_whatever_is_held_then(floor: Floor) -> None:
    floor.place(BUY, None, 4)
    price = floor.market.last + 100
    order = floor.stop(None, "up", price, size=None, leverage=None, closeOrder=True)
    assert (order.side, order.size) == (SELL, 4)
    floor.place(SELL, None, 7)
    assert floor.held == -3
    floor.trade_at(price)
    assert (order.side, order.filled, floor.held) == (BUY, 3, 0)


def test_fired_stops_may_fire_others_in_one_go(floor: Floor) -> None:
    ask = floor.ask
    floor.stop(BUY, "up", ask + 5)
    floor.at_level(8)
    first = floor.stop(BUY, "up", ask + 1, limit=ask + 5, size=10_000, leverage=5)
    floor.account.wallets["USDT"].cash *= 100
    floor.place(BUY, ask + 1, 10_000, leverage=5, timeInForce="IOC")
    assert floor.market.last >= ask + 1
    assert not first.waits
    assert floor.market.last >= ask + 5
    assert not floor.account.waiting(SYMBOL)


@pytest.mark.parametrize("word", ["kept", "new"])
def test_a_triggered_stop_keeps_its_id_or_gets_a_new_one(word: str) -> None:
    floor = Floor(triggered_stop_id=word)
    order = floor.stop(BUY, "up", floor.market.last + 100, limit=floor.bid - 20, clientOid="mine")
    floor.trade_at(floor.market.last + 100)
    (working,) = floor.account.working(SYMBOL).values()
    assert working.client_oid == "mine"
    assert (working.id == order.id) is (word == "kept")
    assert order.is_triggered
    assert floor.account.by_client_oid("mine") is working
    assert floor.publisher.frames(ORDERS)[-1]["orderId"] == working.id
    assert floor.publisher.frames(STOPS)[-1]["orderId"] == order.id
    assert floor.refused(floor.body(BUY, floor.bid, clientOid="mine")) == "300018"
    floor.engine.cancel(working)
    assert not floor.account.active()


def test_a_stop_fires_though_the_price_has_gone_back(floor: Floor) -> None:
    ask = floor.ask
    order = floor.stop(BUY, "up", ask + 3)
    floor.market.match(BUY, ask + 3, 10_000, "crowd")
    floor.market.match(SELL, floor.bid - 3, 100, "crowd")
    assert floor.market.last < ask + 3
    assert order.waits
    floor.engine.check_stops(SYMBOL)
    assert not order.waits


def test_a_reached_stop_may_still_be_canceled(floor: Floor) -> None:
    order = floor.stop(BUY, "up", floor.ask + 3)
    floor.market.match(BUY, floor.ask + 3, 10_000, "crowd")
    floor.engine.cancel(order)
    floor.engine.check_stops(SYMBOL)
    assert floor.publisher.stops(order) == ["open", "cancel"]
    assert floor.held == 0


def test_a_canceled_stop_never_fires(floor: Floor) -> None:
    order = floor.stop(BUY, "up", floor.market.last + 100)
    floor.engine.cancel(order)
    floor.trade_at(floor.market.last + 100)
    assert floor.publisher.stops(order) == ["open", "cancel"]
    assert floor.held == 0


# When nothing may be placed ----------------------------------------------------------------------


def test_a_stop_that_fires_while_placing_is_refused_becomes_no_order(floor: Floor) -> None:
    """Its frame says why, and the book and the position stay as they are."""
    price = floor.market.last + 100

    def suspend() -> None:
        floor.engine.faults.status = "cancelonly"

    def halt() -> None:
        floor.engine.faults.status = "open"
        floor.engine.halts.is_suspended = True

    def liquidate() -> None:
        floor.engine.halts.is_suspended = False
        floor.engine.halts.liquidating.add((floor.account.uid, SYMBOL))

    for number, (begin, key) in enumerate(
        (
            (suspend, "tradingSuspended"),
            (halt, "tradingSuspended"),
            (liquidate, "positionInLiquidation"),
        )
    ):
        order = floor.stop(BUY, "up", price + 10 * number)
        begin()
        floor.trade_at(price + 10 * number)
        frame = floor.publisher.frames(STOPS, order)[-1]
        assert (frame["triggerSuccess"], frame["error"]) == (False, f"error.createOrder.{key}")
        assert (order.is_active, floor.held) == (False, 0)
        floor.engine.faults.status, floor.engine.halts.is_suspended = "open", False
        floor.engine.halts.liquidating.clear()
        begin_again = floor.stop(BUY, "up", price + 10 * number)
        assert begin_again.filled == 1
        floor.place(SELL, None, 1)


def test_a_stop_fires_in_vain_beside_a_hundred_working_orders(floor: Floor) -> None:
    price = floor.market.last + 100
    order = floor.stop(BUY, "up", price)
    working = [floor.place(BUY, floor.bid - 50) for _ in range(100)]
    floor.trade_at(price)
    frame = floor.publisher.frames(STOPS, order)[-1]
    assert frame["error"] == "error.createOrder.tooManyActiveOrders"
    assert (order.is_active, floor.held) == (False, 0)
    again = floor.stop(BUY, "up", price + 100)
    floor.engine.cancel(working[0])
    floor.trade_at(price + 100)
    assert again.filled == 1


def test_a_stop_reached_while_funding_is_settled_fires_when_it_is_over() -> None:
    """Until then it waits, wherever the price goes, and may be canceled."""
    floor = Floor(SYMBOL, SimClock(start_ms=1_760_025_600_000, speed=0))
    price = floor.market.last + 100
    order, canceled = floor.stop(BUY, "up", price), floor.stop(BUY, "up", price)
    floor.engine.settlements.settle(floor.market, 1_760_025_600_000)
    floor.trade_at(price)
    floor.trade_at(price - 100)
    assert order.waits
    assert order.id in floor.account.waiting(SYMBOL)
    floor.engine.cancel(canceled)
    assert floor.publisher.stops() == ["open", "open", "cancel"]
    floor.clock.advance(3)
    assert (order.filled, floor.held) == (1, 1)
    assert floor.publisher.stops(order) == ["open", "triggered"]
