"""Orders on the exchange: every rule that a client can run into."""

from __future__ import annotations

from typing import Any

import pytest

from terminal.simexchange.engine.reports import POSITIONS, STOPS, WALLET
from terminal.simexchange.errors import Refused
from terminal.simexchange.market.matching import BUY, SELL
from tests.support.floor import SYMBOL, Floor


@pytest.fixture
def floor() -> Floor:
    return Floor()


def test_a_resting_order_opens_and_is_canceled(floor: Floor) -> None:
    order = floor.place(BUY, floor.bid - 5, 3)
    assert floor.publisher.orders() == [("open", "open")]
    assert floor.market.book.order(order.id) is not None
    floor.engine.cancel(order)
    assert floor.publisher.orders()[-1] == ("canceled", "done")
    cancel = floor.publisher.private[-2][1]
    assert (cancel["remainSize"], cancel["canceledSize"]) == ("0", "3")
    with pytest.raises(Refused, match="100004"):
        floor.engine.cancel(order)


def test_a_taking_order_never_says_open(floor: Floor) -> None:
    floor.place(BUY, floor.ask, 1)
    assert floor.publisher.orders() == [("match", "match"), ("filled", "done")]
    topics = [topic for topic, _ in floor.publisher.private]
    assert POSITIONS in topics
    assert WALLET in topics
    assert floor.held == 1
    fill = floor.engine.account.fills[-1]
    assert fill.fee == fill.value * floor.market.spec.taker_rate


def test_a_resting_order_is_filled_as_maker(floor: Floor) -> None:
    order = floor.place(BUY, floor.ask - 1, 2)
    floor.market.take(SELL, floor.ask - 1, 10_000)
    assert order.filled == 2
    assert not order.is_active
    assert ("match", "open") in floor.publisher.orders()
    assert not floor.engine.account.fills[-1].is_taker


def test_market_orders_are_protected_and_end(floor: Floor) -> None:
    order = floor.place(BUY, None, 1)
    assert not order.is_active
    assert floor.held == 1


def test_immediate_or_cancel_never_rests(floor: Floor) -> None:
    floor.at_level(8)
    floor.account.wallets["USDT"].cash *= 100
    order = floor.place(BUY, floor.ask, 100_000, timeInForce="IOC", leverage=5)
    assert not order.is_active
    assert order.filled > 0
    assert order.canceled == order.size - order.filled


def test_post_only_never_takes(floor: Floor) -> None:
    order = floor.place(BUY, floor.ask, 1, postOnly=True)
    assert (order.filled, order.canceled, order.is_active) == (0, 1, False)
    assert floor.held == 0


def test_reduce_only_is_cut_to_the_position_and_shrinks_with_it(floor: Floor) -> None:
    assert floor.refused(floor.body(SELL, floor.ask + 50, 5, reduceOnly=True)) == "300009"
    floor.place(BUY, None, 4)
    far = floor.ask + 50
    exit_order = floor.place(SELL, far, 100, reduceOnly=True)
    assert exit_order.size == 4
    assert floor.refused(floor.body(BUY, floor.bid, 1, reduceOnly=True)) == "300009"
    floor.place(SELL, None, 1)
    assert exit_order.remaining == 3
    assert ("update", "open") in floor.publisher.orders()
    floor.place(SELL, None, 3)
    assert not exit_order.is_active


def test_close_order_needs_neither_side_nor_size(floor: Floor) -> None:
    close = {"clientOid": "x", "symbol": SYMBOL, "type": "market", "closeOrder": True}
    assert floor.refused(close) == "300009"
    floor.place(SELL, None, 6)
    assert floor.held == -6
    order = floor.engine.place(floor.engine.account, close)
    assert (order.side, order.size, floor.held) == (BUY, 6, 0)
    closed = [d for t, d in floor.publisher.private if t == POSITIONS][-1]
    assert (closed["currentQty"], closed["isOpen"]) == (0, False)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"symbol": "NOPE"}, "100003"),
        ({"clientOid": "no spaces"}, "400100"),
        ({"clientOid": None}, "400100"),
        ({"side": "hold"}, "400100"),
        ({"size": 0}, "400100"),
        ({"size": 1.5}, "400100"),
        ({"size": 2_000_000}, "300000"),
        ({"price": "100000.05"}, "300000"),
        ({"price": "-1"}, "400100"),
        ({"price": "NaN"}, "400100"),
        ({"price": "200000"}, "300011"),
        ({"leverage": None}, "400100"),
        ({"leverage": 126}, "300016"),
        ({"marginMode": "CROSS"}, "330005"),
        ({"positionSide": "LONG"}, "330011"),
        ({"size": 900_000}, "300003"),
        ({"type": "market", "postOnly": True}, "300000"),
        ({"hidden": 1}, "400100"),
        ({"stp": "DC"}, "400100"),
        ({"qty": "0.1"}, "400100"),
        ({"remark": "x" * 101}, "400100"),
    ],
)
def test_refusals(floor: Floor, changes: dict[str, Any], code: str) -> None:
    body = {**floor.body(BUY, floor.bid), **changes}
    assert floor.refused({k: v for k, v in body.items() if v is not None}) == code
    assert not floor.engine.account.orders


def test_a_client_id_repeats_only_after_its_order_ended(floor: Floor) -> None:
    order = floor.place(BUY, floor.bid - 9, 1, clientOid="same")
    assert floor.refused(floor.body(BUY, floor.bid - 9, clientOid="same")) == "300018"
    floor.engine.cancel(order)
    floor.place(BUY, floor.bid - 9, 1, clientOid="same")


def test_a_hundred_orders_are_enough(floor: Floor) -> None:
    for _ in range(100):
        floor.place(BUY, floor.bid - 50)
    assert floor.refused(floor.body(BUY, floor.bid - 50)) == "300001"


def test_orders_hold_margin_and_give_it_back(floor: Floor) -> None:
    free = floor.engine.account.wallet_state("USDT").available
    order = floor.place(BUY, floor.bid - 5, 100)
    state = floor.engine.account.wallet_state("USDT")
    assert state.available < free
    assert state.equity == free
    floor.engine.cancel(order)
    assert floor.engine.account.wallet_state("USDT").available == free


def test_a_test_order_leaves_no_trace(floor: Floor) -> None:
    order = floor.engine.test(floor.engine.account, floor.body(BUY, floor.bid))
    assert order.id
    assert not floor.engine.account.orders
    assert not floor.publisher.private


def test_a_stop_waits_triggers_and_becomes_an_order(floor: Floor) -> None:
    price = floor.market.spec.text(floor.market.last - 30)
    order = floor.place(SELL, None, 2, stop="down", stopPrice=price, stopPriceType="TP")
    assert order.waits
    floor.engine.step("ETHUSDTM")
    assert order.waits
    floor.market.match(SELL, floor.market.last - 90, 100_000, "crowd")
    floor.engine.check_stops(SYMBOL)
    assert not order.waits
    kinds = [d["type"] for t, d in floor.publisher.private if t == STOPS]
    assert kinds == ["open", "triggered"]
    assert floor.held == -2


def test_a_stop_is_canceled_like_an_order(floor: Floor) -> None:
    price = floor.market.spec.text(floor.market.last - 3000)
    order = floor.place(SELL, None, 2, stop="down", stopPrice=price, stopPriceType="MP")
    assert floor.engine.cancel_all(floor.engine.account, SYMBOL, stops=False) == []
    assert floor.engine.cancel_all(floor.engine.account, None, stops=True) == [order.id]
    assert not order.is_active


def test_self_trades_count_for_both_sides(floor: Floor) -> None:
    ask = floor.ask
    floor.market.take(BUY, ask, floor.market.book.total(SELL, ask))
    resting = floor.place(SELL, ask, 3)
    taking = floor.place(BUY, resting.price, 3)
    assert resting.filled == taking.filled == 3
    assert floor.held == 0


def test_a_suspended_exchange_takes_nothing(floor: Floor) -> None:
    floor.engine.is_suspended = True
    assert floor.refused(floor.body(BUY, floor.bid)) == "300002"


def test_equity_is_cash_plus_what_is_not_realized(floor: Floor) -> None:
    floor.place(BUY, None, 50)
    state = floor.engine.account.wallet_state("USDT")
    position = floor.engine.account.positions[SYMBOL]
    assert state.equity == state.cash + position.unrealized(floor.market.mark_price)
    floor.engine.publish_second()
    partial = [d for t, d in floor.publisher.private if t == POSITIONS][-1]
    assert partial["changeReason"] == "markPriceChange"
    assert "currentQty" not in partial


def test_the_touch_is_told_when_it_changes_and_depth_when_the_book_did(floor: Floor) -> None:
    def told(topic: str) -> int:
        return sum(1 for name, _ in floor.publisher.public if name == f"{topic}:{SYMBOL}")

    touches = told("/contractMarket/tickerV2")
    order = floor.place(BUY, floor.bid - 9)
    floor.engine.cancel(order)
    assert told("/contractMarket/tickerV2") <= touches + 1, "far from the touch"
    before = told("/contractMarket/tickerV2")
    floor.market.take(BUY, floor.ask, floor.market.book.total(SELL, floor.ask))
    assert told("/contractMarket/tickerV2") == before + 1
    floor.engine.broadcast.depth()
    floor.engine.broadcast.depth()
    assert told("/contractMarket/level2Depth50") == 1
