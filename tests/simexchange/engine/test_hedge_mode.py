"""Hedge mode: long and short of a contract stand apart, and no order makes one of the other."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from terminal.simexchange.engine.reports import POSITIONS
from terminal.simexchange.errors import Refused
from terminal.simexchange.market.matching import BUY, SELL
from terminal.simexchange.trading.sides import LONG, SHORT
from tests.support.floor import INVERSE, SYMBOL, Floor


def hedged(mode: str = "ISOLATED", symbol: str = SYMBOL, /, **switches: str) -> Floor:
    floor = Floor(symbol, **switches)
    floor.account.set_hedged(is_on=True)
    floor.engine.set_margin_mode(symbol, mode)
    return floor


def held(floor: Floor) -> tuple[int, int]:
    long, short = floor.account.legs.of(floor.symbol)
    return long.lots, short.lots


def place(
    floor: Floor, side: str | None, leg: str, ticks: int | None = None, size: int = 5, **more: Any
) -> Any:
    more.setdefault("marginMode", floor.account.margin_modes[floor.symbol])
    return floor.place(side, ticks, size, positionSide=leg, **more)


def both(floor: Floor, long: int = 10, short: int = 4) -> None:
    place(floor, BUY, LONG, size=long)
    place(floor, SELL, SHORT, size=short)


@pytest.mark.parametrize("symbol", [SYMBOL, INVERSE])
@pytest.mark.parametrize("mode", ["ISOLATED", "CROSS"])
def test_each_side_opens_and_closes_by_itself(mode: str, symbol: str) -> None:
    floor = hedged(mode, symbol)
    both(floor)
    assert held(floor) == (10, -4)
    place(floor, SELL, LONG, size=3)
    assert held(floor) == (7, -4)
    place(floor, BUY, SHORT, size=4)
    assert held(floor) == (7, 0)
    (closed,) = floor.account.closings.newest()
    assert (closed.is_long, closed.margin_mode) == (False, mode)
    assert [fill.position_side for fill in floor.account.fills.newest()][::-1] == [
        LONG, SHORT, LONG, SHORT,
    ]  # fmt: skip
    told = [data for topic, data in floor.publisher.private if topic == POSITIONS]
    full = [data for data in told if "currentQty" in data]
    assert [(one["positionSide"], one["currentQty"]) for one in full] == [
        (LONG, 10), (SHORT, -4), (LONG, 7), (SHORT, 0),
    ]  # fmt: skip


def test_closing_more_than_there_is_never_opens_the_other_side() -> None:
    floor = hedged()
    both(floor)
    order = place(floor, SELL, LONG, size=50)
    assert (order.filled, held(floor)) == (10, (0, -4))
    assert floor.refused(floor.body(SELL, None, 1, positionSide=LONG)) == "300009"


def test_a_resting_order_that_closes_holds_nothing_and_shrinks_with_its_position() -> None:
    floor = hedged()
    both(floor)
    margin = floor.account.order_margin(SYMBOL)
    order = place(floor, SELL, LONG, floor.ask + 50, 8)
    other = place(floor, BUY, SHORT, floor.bid - 50, 4)
    assert floor.account.order_margin(SYMBOL) == margin == 0
    place(floor, SELL, LONG, size=7)
    assert (order.remaining, other.remaining) == (3, 4), "only orders of its own side"
    place(floor, SELL, LONG, size=3)
    assert (order.is_active, other.is_active) == (False, True)


@pytest.mark.parametrize(
    ("is_on", "leg", "switches", "code"),
    [
        (True, "BOTH", {}, "330011"),
        (True, None, {}, "330011"),
        (True, "BOTH", {"one_way_in_hedge": "330012"}, "330012"),
        (False, LONG, {}, "330011"),
        (False, SHORT, {"one_way_in_hedge": "330012"}, "330011"),
        (True, LONG, {"hedge_isolated": "refused"}, "330012"),
    ],
)
def test_an_order_fits_the_position_mode(
    is_on: bool, leg: str | None, switches: dict[str, str], code: str
) -> None:
    floor = Floor(**switches)
    floor.account.set_hedged(is_on=is_on)
    assert floor.refused(floor.body(BUY, None, positionSide=leg)) == code
    stop: dict[str, Any] = {"stop": "up", "stopPriceType": "TP"}
    stop["stopPrice"] = floor.text(floor.ask + 50)
    assert floor.refused(floor.body(BUY, None, positionSide=leg, **stop)) == code


def test_who_only_reduces_names_the_side_that_closes() -> None:
    floor = hedged()
    both(floor)
    for more in ({}, {"stop": "up", "stopPrice": floor.text(floor.ask), "stopPriceType": "TP"}):
        body = floor.body(BUY, None, 1, positionSide=LONG, reduceOnly=True, **more)
        assert floor.refused(body) == "300009"
    place(floor, SELL, LONG, size=2, reduceOnly=True)
    assert held(floor) == (8, -4)


def test_closing_a_leg_without_a_side() -> None:
    floor = hedged()
    both(floor)
    body = floor.body(None, None, None, closeOrder=True)
    assert floor.refused(body) == "330011"
    place(floor, None, SHORT, size=1, closeOrder=True)
    assert held(floor) == (10, 0)
    floor.switches.hedge_close_side = "found"
    floor.place(None, None, None, closeOrder=True)
    assert held(floor) == (0, 0)
    assert floor.refused(body) == "330011", "nothing is open that could be meant"


def test_a_stop_closes_its_leg_when_it_fires() -> None:
    floor = hedged()
    both(floor)
    stop = place(
        floor, SELL, LONG, size=6, stop="down", stopPrice=floor.text(floor.bid - 9),
        stopPriceType="TP",
    )  # fmt: skip
    floor.trade_at(floor.bid - 9)
    assert (stop.filled, held(floor)) == (6, (4, -4))
    late = place(
        floor, BUY, SHORT, size=6, stop="up", stopPrice=floor.text(floor.ask + 900),
        stopPriceType="TP",
    )  # fmt: skip
    place(floor, BUY, SHORT, size=4)
    floor.trade_at(floor.ask + 900)
    assert (late.is_triggered, late.filled, held(floor)) == (True, 0, (4, 0))


def test_exits_belong_to_the_leg_that_their_order_opens() -> None:
    floor = hedged()
    both(floor)
    prices = {
        "triggerStopUpPrice": floor.text(floor.ask + 500),
        "triggerStopDownPrice": floor.text(floor.bid - 500),
        "stopPriceType": "TP",
    }
    body = floor.body(SELL, None, 3, positionSide=SHORT, **prices)
    floor.engine.place_with_exits(floor.account, body)
    exits = list(floor.account.waiting(SYMBOL).values())
    assert {(one.side, one.position_side, one.size) for one in exits} == {(BUY, SHORT, 3)}
    floor.trade_at(floor.ask + 500)
    assert held(floor) == (10, -4)
    assert not floor.account.waiting(SYMBOL)
    closing = floor.body(SELL, None, 3, positionSide=LONG, **prices)
    with pytest.raises(Refused, match="open a position"):
        floor.engine.place_with_exits(floor.account, closing)


def test_an_account_that_meets_itself_opens_both_sides() -> None:
    """Self-trade prevention asks whose the order is, not of which leg it is."""
    floor = hedged()
    middle = floor.bid
    floor.market.take(SELL, middle - 5, 1_000_000)
    place(floor, BUY, LONG, middle, 3)
    place(floor, SELL, SHORT, middle, 3, stp="CN")
    assert held(floor) == (0, 0)
    place(floor, SELL, SHORT, middle, 3)
    assert held(floor) == (3, -3)
    equity = floor.account.wallet_state("USDT").equity
    fees = sum(fill.fee for fill in floor.account.fills.newest())
    assert equity == 100_000 - fees, "what one side earns the other loses"


# Margin ------------------------------------------------------------------------------------------


def test_cross_margin_is_of_the_larger_side() -> None:
    """Nine short beside ten long take no margin more; of both, when the switch says so."""
    floor = hedged("CROSS")
    both(floor, 10, 9)
    mark = floor.market.mark_price
    long, short = (leg.position.margin(mark) for leg in floor.account.legs.of(SYMBOL))
    assert floor.account.wallet_state("USDT").cross_position == long
    floor.switches.hedge_cross_margin = "both"
    assert floor.account.wallet_state("USDT").cross_position == long + short


def test_cross_orders_hold_what_the_larger_side_grows_by() -> None:
    """And the fees of both sides; what an order costs is what it will hold."""
    floor = hedged("CROSS")
    both(floor, 10, 4)
    spec, price = floor.market.spec, floor.ask + 100
    leverage, rate = floor.account.cross_leverage[SYMBOL], spec.taker_rate
    free = floor.free
    order = place(floor, SELL, SHORT, price, 5)
    value = spec.value(spec.price(price), 5)
    assert free - floor.free == pytest.approx(value * rate)
    floor.engine.cancel(order)
    assert floor.free == free
    place(floor, SELL, SHORT, price, 9)
    long, short = (spec.value(floor.market.mark_price, n) for n in (10, 4))
    value = spec.value(spec.price(price), 9)
    grown = (short + value - long) / leverage
    assert free - floor.free == pytest.approx(grown + value * rate, abs=Decimal("1E-8"))


def test_isolated_legs_have_margins_of_their_own() -> None:
    floor = hedged()
    both(floor)
    long, short = (leg.position for leg in floor.account.legs.of(SYMBOL))
    before = long.own_margin
    assert floor.engine.margins.deposit(floor.account, short, Decimal(20), "a")
    assert (long.own_margin, short.added) == (before, Decimal(20))
    position = floor.engine.margins.position
    assert position(floor.account, floor.market, SHORT) is short
    with pytest.raises(Refused) as caught:
        position(floor.account, floor.market, "BOTH")
    assert caught.value.code == "330011"
    floor.switches.hedge_margin_side = "found"
    with pytest.raises(Refused):
        position(floor.account, floor.market, "BOTH")
    place(floor, SELL, LONG, size=10)
    assert position(floor.account, floor.market, "BOTH") is short


def test_a_risk_limit_is_of_each_leg() -> None:
    """A level holds for both; one of them that is too large stands against it."""
    floor = hedged()
    floor.engine.margins.change_level(floor.account, floor.market, 2)
    place(floor, BUY, LONG, size=1500)
    place(floor, SELL, SHORT, size=900)
    with pytest.raises(Refused) as caught:
        floor.engine.margins.change_level(floor.account, floor.market, 1)
    assert caught.value.code == "300005"
    place(floor, SELL, LONG, size=700)
    floor.engine.margins.change_level(floor.account, floor.market, 1)
    assert [leg.position.level.level for leg in floor.account.legs.of(SYMBOL)] == [1, 1]


@pytest.mark.parametrize("mode", ["ISOLATED", "CROSS"])
def test_the_largest_size_to_open_is_of_the_leg_that_a_side_opens(mode: str) -> None:
    """So much may be placed, and not a lot more."""
    floor = hedged(mode)
    both(floor, 60, 20)
    price, leverage = floor.ask + 100, Decimal(10)
    most = floor.engine.max_open_lots(
        floor.account, floor.market, SELL, floor.market.spec.price(price), leverage
    )
    body = floor.body(
        SELL, price, most + 1, positionSide=SHORT, marginMode=mode, leverage=int(leverage)
    )
    assert floor.refused(body) in {"300003", "300005", "330008"}
    place(floor, SELL, SHORT, price, most, leverage=int(leverage))


def test_cross_leverage_moves_both_legs_or_nothing() -> None:
    floor = hedged("CROSS")
    both(floor, 100, 100)
    floor.account.set_cross_leverage(SYMBOL, Decimal(4))
    long, short = (leg.position for leg in floor.account.legs.of(SYMBOL))
    for one in (long, short):
        assert (one.leverage, one.initial_margin) == (Decimal(4), one.cost / 4)
    floor.account.wallets["USDT"].cash = Decimal(3000)
    with pytest.raises(Refused):
        floor.account.set_cross_leverage(SYMBOL, Decimal(1))
    assert {one.leverage for one in (long, short)} == {Decimal(4)}


def test_the_ledger_has_a_running_row_for_each_leg() -> None:
    floor = hedged()
    both(floor)
    equity = {"USDT": Decimal(0)}
    assert len(floor.account.ledger.pending(equity)) == 2
    place(floor, BUY, SHORT, size=4)
    (row,) = floor.account.ledger.pending(equity)
    assert row.remark == SYMBOL
    assert floor.account.ledger.rows[-1].type == "RealisedPNL"
    assert floor.account.ledger.total("USDT") == floor.account.wallets["USDT"].cash


def test_each_second_tells_both_legs() -> None:
    floor = hedged()
    both(floor)
    for switch, sides in (("present", [LONG, SHORT]), ("absent", [None, None])):
        floor.switches.mark_frame_side = switch
        floor.publisher.private.clear()
        floor.engine.publish_second()
        told = [data for topic, data in floor.publisher.private if topic == POSITIONS]
        assert [data.get("positionSide") for data in told] == sides
