"""What working orders do: hidden and iceberg, self-trade prevention, shrinking, fees and events."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from terminal.simexchange.engine.reports import ORDERS, STOPS, WALLET
from terminal.simexchange.market.matching import BUY, SELL
from terminal.simexchange.payloads import orders as payloads
from tests.support.floor import INVERSE, SYMBOL, Floor

pytestmark = pytest.mark.conforms("POST /api/v1/orders", "/contractMarket/tradeOrders")


@pytest.fixture
def floor() -> Floor:
    return Floor()


@pytest.fixture
def inside() -> Floor:
    """A floor with a spread of ten ticks, so that accounts may meet each other alone."""
    floor = Floor()
    ask = floor.ask
    while floor.ask < ask + 10:
        floor.market.take(BUY, floor.ask, floor.market.book.total(SELL, floor.ask))
    return floor


# Secret orders -----------------------------------------------------------------------------------


def test_a_hidden_order_is_in_no_level_and_in_no_frame(inside: Floor) -> None:
    book, price = inside.market.book, inside.bid + 5
    levels, sequence, told = list(book.levels(BUY)), book.sequence, len(inside.publisher.public)
    order = inside.place(BUY, price, 7, hidden=True)
    assert order.is_active
    assert (list(book.levels(BUY)), book.sequence) == (levels, sequence)
    assert len(inside.publisher.public) == told
    assert book.would_take(SELL, price)
    trades = inside.market.match(SELL, price, 3, "crowd")
    assert [(trade.price, trade.lots) for trade in trades] == [(price, 3)]
    assert book.sequence == sequence, "what never showed does not change what shows"
    inside.engine.cancel(order)
    assert not book.would_take(SELL, price)


def test_an_iceberg_shows_its_visible_size_and_refills(inside: Floor) -> None:
    book, price = inside.market.book, inside.bid + 5
    order = inside.place(BUY, price, 10, iceberg=True, visibleSize=4)
    assert book.total(BUY, price) == 4
    inside.market.match(SELL, price, 3, "crowd")
    assert (book.total(BUY, price), order.remaining) == (1, 7)
    inside.market.match(SELL, price, 1, "crowd")
    assert (book.total(BUY, price), order.remaining) == (4, 6)
    inside.market.match(SELL, price, 5, "crowd")
    assert (book.total(BUY, price), order.remaining) == (1, 1)
    shown = payloads.order(order, inside.market)
    assert (shown["iceberg"], shown["hidden"], shown["visibleSize"]) == (True, False, 4)


@pytest.mark.parametrize("how", [{"hidden": True}, {"iceberg": True, "visibleSize": 5}])
def test_secret_orders_pay_the_takers_fee_even_where_they_rest(
    inside: Floor, how: dict[str, Any]
) -> None:
    order = inside.place(BUY, inside.bid + 5, 5, **how)
    inside.market.match(SELL, inside.bid, 5, "crowd")
    fill = inside.account.fills[-1]
    assert order.filled == 5
    assert fill.fee == fill.value * inside.market.spec.taker_rate
    frame = inside.publisher.frames(ORDERS, order)[-2]
    assert (frame["type"], frame["status"]) == ("match", "open")
    assert (frame["liquidity"], frame["feeType"]) == ("maker", "takerFee")
    row = payloads.fill(fill, inside.market)
    assert (row["forceTaker"], row["feeRate"], row["liquidity"]) == (True, "0.00060", "maker")


@pytest.mark.parametrize("word", ["maker", "taker"])
def test_a_maker_that_met_a_hidden_order_is_called_what_the_switch_says(word: str) -> None:
    floor = Floor(liquidity_of_hidden=word)
    other = floor.another_account()
    price = floor.ask - 1 if floor.ask - 1 > floor.bid else floor.ask
    maker = floor.place(SELL, price, 5, other)
    floor.place(BUY, price, floor.market.book.total(SELL, price), hidden=True, leverage=100)
    frame = next(f for f in floor.publisher.frames(ORDERS, maker) if f["type"] == "match")
    assert (frame["liquidity"], frame["feeType"]) == (word, "makerFee")
    fill = other.fills[-1]
    assert fill.fee == fill.value * floor.market.spec.maker_rate


# Orders that only rest or never rest -------------------------------------------------------------


@pytest.mark.parametrize("how", [{"postOnly": True}, {"timeInForce": "RPI"}])
def test_an_order_that_would_take_but_must_not_is_accepted_and_canceled(
    floor: Floor, how: dict[str, Any]
) -> None:
    order = floor.place(BUY, floor.ask, 3, **how)
    assert floor.publisher.orders(order) == [("canceled", "done")]
    assert (order.filled, order.canceled) == (0, 3)
    resting = floor.place(BUY, floor.bid, 3, **how)
    assert floor.publisher.orders(resting) == [("open", "open")]
    shown = payloads.order(resting, floor.market)
    assert (shown["timeInForce"], shown["postOnly"]) == (
        how.get("timeInForce", "GTC"),
        "postOnly" in how,
    )


def test_a_market_order_is_canceled_beyond_the_price_bound(floor: Floor) -> None:
    bound = int(floor.market.buy_limit / floor.market.spec.tick)
    within = sum(lots for price, lots in floor.market.book.levels(SELL) if price <= bound)
    floor.place(SELL, bound + 1, 40, floor.another_account(), leverage=100)
    floor.account.wallets["USDT"].cash *= 100
    floor.at_level(8)
    order = floor.place(BUY, None, within + 40, leverage=5)
    assert (order.filled, order.canceled) == (within, 40)
    assert floor.publisher.orders(order)[-1] == ("update", "done")


@pytest.mark.parametrize("word", ["update", "canceled"])
def test_what_fills_in_part_and_is_canceled_ends_as_the_switch_says(word: str) -> None:
    floor = Floor(partly_filled_end=word)
    total = floor.market.book.total(SELL, floor.ask)
    order = floor.place(BUY, floor.ask, total + 5, timeInForce="IOC", leverage=100)
    assert floor.publisher.orders(order)[-1] == (word, "done")
    last = floor.publisher.frames(ORDERS, order)[-1]
    assert (last["filledSize"], last["canceledSize"], last["remainSize"]) == (str(total), "5", "0")


# Self-trade prevention ---------------------------------------------------------------------------


def test_without_prevention_an_account_trades_with_itself(inside: Floor) -> None:
    price = inside.bid + 5
    resting = inside.place(SELL, price, 3)
    taking = inside.place(BUY, price, 3)
    assert (resting.filled, taking.filled, inside.held) == (3, 3, 0)
    assert resting.deal_value == taking.deal_value
    assert len(inside.account.fills) == 2


def test_cancel_new_ends_the_taker_and_leaves_the_old_order(inside: Floor) -> None:
    price = inside.bid + 5
    inside.place(SELL, price - 1, 2, inside.another_account())
    resting = inside.place(SELL, price, 3)
    taking = inside.place(BUY, price, 9, stp="CN")
    assert (taking.filled, taking.canceled, taking.is_active) == (2, 7, False)
    assert inside.publisher.orders(taking) == [("match", "match"), ("update", "done")]
    assert resting.remaining == 3
    assert payloads.order(taking, inside.market)["stp"] == "CN"


def test_cancel_old_ends_the_resting_order_and_goes_on(inside: Floor) -> None:
    price = inside.bid + 5
    resting = inside.place(SELL, price, 3)
    inside.place(SELL, price, 4, inside.another_account())
    taking = inside.place(BUY, price, 9, stp="CO")
    assert (resting.filled, resting.canceled, resting.is_active) == (0, 3, False)
    assert inside.publisher.orders(resting) == [("open", "open"), ("update", "done")]
    assert inside.publisher.orders(taking) == [
        ("update", "match"),
        ("match", "match"),
        ("open", "open"),
    ]
    assert (taking.filled, taking.remaining) == (4, 5)
    assert inside.market.book.total(SELL, price) == 0


def test_cancel_both_ends_both(inside: Floor) -> None:
    price = inside.bid + 5
    resting = inside.place(SELL, price, 3)
    taking = inside.place(BUY, price, 9, stp="CB")
    assert not resting.is_active
    assert not taking.is_active
    assert inside.publisher.orders(resting)[-1] == ("update", "done")
    assert inside.publisher.orders(taking) == [("update", "done")]
    assert inside.held == 0


def test_prevention_does_not_keep_two_accounts_apart(inside: Floor) -> None:
    other = inside.another_account()
    inside.place(SELL, inside.bid + 5, 3, other)
    assert inside.place(BUY, inside.bid + 5, 3, stp="CB").filled == 3
    assert other.positions[SYMBOL].lots == -3


# Orders that only reduce -------------------------------------------------------------------------


def test_the_excess_of_a_reducing_order_is_canceled(floor: Floor) -> None:
    floor.place(BUY, None, 4)
    order = floor.place(SELL, floor.ask + 50, 10, reduceOnly=True)
    assert (order.size, order.remaining) == (4, 4)
    shown = payloads.order(order, floor.market)
    assert (shown["size"], shown["cancelExist"], shown["reduceOnly"]) == (4, True, True)


def test_a_reducing_order_shrinks_with_the_position_and_says_what_it_was(floor: Floor) -> None:
    floor.place(BUY, None, 6)
    order = floor.place(SELL, floor.ask + 50, 6, reduceOnly=True)
    floor.place(SELL, None, 2)
    frame = floor.publisher.frames(ORDERS, order)[-1]
    assert (frame["type"], frame["status"]) == ("update", "open")
    assert (frame["oldSize"], frame["size"], frame["remainSize"]) == ("6", "4", "4")
    assert floor.market.book.order(order.id) is not None
    floor.place(None, None, size=None, closeOrder=True)
    assert floor.publisher.orders(order)[-1] == ("canceled", "done")


def test_two_reducing_orders_may_both_cover_the_position_and_never_turn_it(floor: Floor) -> None:
    floor.place(BUY, None, 5)
    first = floor.place(SELL, floor.ask + 50, 5, reduceOnly=True)
    second = floor.place(SELL, floor.ask + 60, 5, reduceOnly=True)
    assert first.is_active
    assert second.is_active
    floor.market.match(BUY, floor.ask + 70, 10_000_000, "crowd")
    assert floor.held == 0
    assert (first.filled, second.filled) == (5, 0)
    assert not second.is_active


def test_a_reducing_taker_stops_where_its_position_ends(inside: Floor) -> None:
    price = inside.bid + 5
    inside.place(SELL, price, 5, inside.another_account())
    inside.place(BUY, price, 5)
    own = inside.place(SELL, inside.bid + 9, 3)
    inside.market.match(BUY, inside.bid + 9, 1, "crowd")
    inside.place(BUY, inside.bid + 1, 9, inside.another_account())
    order = inside.place(SELL, inside.bid, 9, reduceOnly=True)
    assert (order.filled, inside.held, own.remaining) == (4, 0, 2)
    assert not order.is_active


def test_a_held_order_freezes_margin_and_survives_the_position(floor: Floor) -> None:
    floor.place(BUY, None, 100)
    free = floor.free
    kept = floor.place(SELL, floor.ask + 50, 100, forceHold=True)
    assert floor.free < free
    assert payloads.order(kept, floor.market)["forceHold"] is True
    held = floor.account.order_margin(SYMBOL)
    # Nearly nothing is left besides what the order has frozen.
    floor.account.wallets["USDT"].cash -= floor.free - 20
    floor.place(None, None, size=None, closeOrder=True)
    assert (floor.held, kept.is_active) == (0, True)
    assert floor.account.order_margin(SYMBOL) == held > 0


def test_an_uncovered_order_without_margin_is_canceled(floor: Floor) -> None:
    floor.place(BUY, None, 100, leverage=100)
    plain = floor.place(SELL, floor.ask + 60, 100, leverage=1)
    floor.account.wallets["USDT"].cash -= floor.free - 20
    floor.place(None, None, size=None, closeOrder=True)
    assert not plain.is_active
    assert floor.publisher.orders(plain) == [("open", "open"), ("canceled", "done")]
    assert floor.free >= 0


# Several accounts --------------------------------------------------------------------------------


def test_two_accounts_trade_and_each_pays_its_role(inside: Floor) -> None:
    other = inside.another_account()
    price = inside.bid + 5
    cash = inside.account.wallets["USDT"].cash
    maker = inside.place(SELL, price, 10, other)
    taker = inside.place(BUY, price, 4)
    value = inside.market.spec.value(inside.market.spec.price(price), 4)
    assert (maker.filled, taker.filled) == (4, 4)
    assert inside.account.wallets["USDT"].cash == cash - value * Decimal("0.0006")
    assert other.wallets["USDT"].cash == cash - value * Decimal("0.0002")
    assert (inside.held, other.positions[SYMBOL].lots) == (4, -4)
    frames = inside.publisher.frames(ORDERS)
    roles = [(f["liquidity"], f["feeType"]) for f in frames if f["type"] == "match"]
    assert roles == [("maker", "makerFee"), ("taker", "takerFee")]
    assert not inside.publisher.frames(STOPS)


# Amounts -----------------------------------------------------------------------------------------


def test_the_average_of_an_inverse_order_is_harmonic() -> None:
    """Lots over what they were worth; one price is shown as it is (7.1)."""
    floor = Floor(INVERSE)
    one = floor.place(BUY, floor.ask, 1)
    (fill,) = floor.account.fills.newest()
    assert payloads.order(one, floor.market)["avgDealPrice"] == floor.text(fill.price)
    first, second = floor.ask, floor.ask + 4000
    lots = floor.market.book.total(SELL, first)
    floor.clear(SELL)
    other = floor.another_account()
    floor.place(SELL, first, 1, other)
    floor.place(SELL, second, 3, other)
    order = floor.place(BUY, second, 4)
    assert (lots > 0, order.filled) == (True, 4)
    low, high = floor.market.spec.price(first), floor.market.spec.price(second)
    expected = 4 / (1 / low + 3 / high)
    shown = Decimal(payloads.order(order, floor.market)["avgDealPrice"])
    assert abs(shown - expected) < Decimal("1E-9")
    assert shown < (low + 3 * high) / 4


@pytest.mark.parametrize("symbol", [SYMBOL, INVERSE])
def test_every_text_of_money_has_at_most_ten_decimals(symbol: str) -> None:
    """And the wallet is what was there before, less the fees, with all that was earned."""
    floor = Floor(symbol)
    settle = floor.market.spec.settle
    before = floor.account.wallets[settle].cash
    for size, side in ((7, BUY), (3, SELL), (9, SELL), (2, BUY), (3, BUY)):
        floor.place(side, None, size, leverage=7)
        floor.place(BUY, floor.bid - 30, 1, leverage=7)
        floor.engine.step(symbol)
    assert floor.held == 0
    texts = [payloads.fill(fill, floor.market) for fill in floor.account.fills.newest()]
    texts += [payloads.order(one, floor.market) for one in floor.account.orders.values()]
    texts += floor.publisher.frames(WALLET)
    money = [
        value
        for row in texts
        for name, value in row.items()
        if isinstance(value, str)
        and name in {"value", "dealValue", "filledValue", "avgDealPrice", "fee", "openFeePay",
                     "closeFeePay", "walletBalance", "equity", "availableBalance",
                     "isolatedPosMargin", "isolatedOrderMargin", "isolatedUnPnl"}
    ]  # fmt: skip
    assert len(money) > 50
    assert max(len(text.partition(".")[2]) for text in money) <= 10
    # The value of what was sold less that of what was bought, the other way round if inverse.
    unit = -1 if floor.market.spec.is_inverse else 1
    paid = sum(f.value if f.side == BUY else -f.value for f in floor.account.fills.newest())
    fees = sum(f.fee for f in floor.account.fills.newest())
    assert floor.account.wallets[settle].cash == before - unit * paid - fees
    rates = {payloads.fill(fill, floor.market)["feeRate"] for fill in floor.account.fills.newest()}
    assert rates == {"0.00060"}


def test_an_order_without_an_id_of_the_user_shows_none(floor: Floor) -> None:
    """Exits are sent by nobody: their frames lack the field (5.7)."""
    up, down = floor.text(floor.market.last + 100), floor.text(floor.market.last - 100)
    exits = {"triggerStopUpPrice": up, "triggerStopDownPrice": down, "stopPriceType": "TP"}
    floor.engine.place_with_exits(floor.account, {**floor.body(BUY, None, 2), **exits})
    floor.trade_at(floor.market.last + 100)
    assert floor.held == 0
    frames = floor.publisher.frames(ORDERS)
    mine = [frame for frame in frames if frame["side"] == BUY]
    exit_frames = [frame for frame in frames if frame["side"] == SELL]
    assert exit_frames
    assert all("clientOid" not in frame for frame in exit_frames)
    assert all(frame["clientOid"] for frame in mine)
