"""Exits attached to an order: when they appear, how large they are, and how they end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from terminal.simexchange.engine.exits import read_exits
from terminal.simexchange.errors import Refused
from terminal.simexchange.market.matching import BUY, SELL
from tests.support.floor import SYMBOL, Floor

if TYPE_CHECKING:
    from terminal.simexchange.trading.orders import UserOrder

pytestmark = pytest.mark.conforms("POST /api/v1/st-orders")
FAR = 4_000


def place(floor: Floor, ticks: int | None, size: int = 10, **more: Any) -> UserOrder:
    exits = {
        "triggerStopUpPrice": floor.text(floor.market.last + FAR),
        "triggerStopDownPrice": floor.text(floor.market.last - FAR),
        "stopPriceType": "TP",
    }
    body = floor.body(BUY, ticks, size, **{**exits, **more})
    return floor.engine.place_with_exits(floor.account, body)


def filled_half_way(floor: Floor) -> UserOrder:
    """Three of ten lots are filled, and the best bid is somebody else's."""
    price = floor.bid - 3
    main = place(floor, price)
    before = sum(lots for level, lots in floor.market.book.levels(BUY) if level >= price)
    floor.market.match(SELL, price, before - 7, "crowd")
    floor.place(BUY, price + 1, 50, floor.another_account())
    return main


def exits(floor: Floor) -> list[UserOrder]:
    return list(floor.account.waiting(SYMBOL).values())


def test_exits_appear_when_the_order_fills_and_grow_with_it() -> None:
    floor = Floor()
    main = place(floor, floor.ask - 1)
    assert not exits(floor)
    floor.market.match(SELL, floor.ask - 1, floor.market.book.total(BUY, floor.ask - 1) - 7, "c")
    assert main.filled == 3
    assert [(e.stop, e.side, e.size) for e in exits(floor)] == [("up", SELL, 3), ("down", SELL, 3)]
    assert all(e.is_reduce_only and e.type == "market" for e in exits(floor))
    floor.market.match(SELL, main.price, 7, "c")
    assert main.filled == 10
    assert {e.size for e in exits(floor)} == {10}


def test_exits_may_appear_with_the_order_and_end_with_it() -> None:
    floor = Floor(exits_made="at_once")
    main = place(floor, floor.bid - 9)
    assert [e.size for e in exits(floor)] == [10, 10]
    floor.engine.cancel(main)
    assert not exits(floor)
    assert floor.publisher.stops() == ["open", "open", "cancel", "cancel"]


@pytest.mark.parametrize(("word", "size"), [("filled", 3), ("order", 10)])
def test_exits_cover_what_was_filled_or_the_whole_order(word: str, size: int) -> None:
    floor = Floor(exits_size=word)
    place(floor, floor.ask - 1)
    floor.market.match(SELL, floor.ask - 1, floor.market.book.total(BUY, floor.ask - 1) - 7, "c")
    assert {e.size for e in exits(floor)} == {size}


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize(("word", "left"), [("yes", 0), ("no", 1)])
def test_an_exit_that_fires_closes_and_ends_the_other_or_leaves_it(
    direction: int, word: str, left: int
) -> None:
    floor = Floor(exits_linked=word)
    place(floor, None)
    assert floor.held == 10
    floor.trade_at(floor.market.last + direction * (FAR + 50))
    assert floor.held == 0
    assert len(exits(floor)) == left


@pytest.mark.parametrize("size", ["filled", "order"])
def test_an_exit_that_fires_half_way_closes_what_is_there(size: str) -> None:
    floor = Floor(exits_made="at_once", exits_size=size)
    main = filled_half_way(floor)
    floor.trade_at(floor.market.last - FAR - 50)
    assert (floor.held, main.filled) == (0, 3)
    assert not exits(floor)


def test_an_order_that_fills_after_its_exit_fired_has_none_any_more() -> None:
    floor = Floor()
    main = filled_half_way(floor)
    floor.trade_at(floor.market.last - FAR - 50)
    floor.market.match(SELL, main.price, 47 + 7, "c")
    assert (main.filled, floor.held) == (10, 7)
    assert not exits(floor)


def test_an_exit_that_is_canceled_leaves_the_other() -> None:
    floor = Floor()
    place(floor, None)
    up, down = exits(floor)
    floor.engine.cancel(up)
    assert exits(floor) == [down]
    floor.trade_at(floor.market.last - FAR - 50)
    assert floor.held == 0


def test_canceling_all_stops_cancels_exits_and_the_order_lives_on() -> None:
    floor = Floor(exits_made="at_once")
    main = place(floor, floor.bid - 9)
    assert len(floor.engine.cancel_all(floor.account, None, stops=True)) == 2
    assert main.is_active
    floor.engine.cancel(main)
    assert not floor.account.active()


def test_one_exit_is_enough_and_none_is_refused() -> None:
    floor = Floor()
    place(floor, None, triggerStopUpPrice=None)
    assert [e.stop for e in exits(floor)] == ["down"]
    assert floor.account.by_client_oid("") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"triggerStopUpPrice": None, "triggerStopDownPrice": None},
        {"triggerStopUpPrice": "0"},
        {"triggerStopDownPrice": "low"},
        {"stopPriceType": None},
        {"stop": "up", "stopPrice": "1"},
    ],
)
def test_exits_that_cannot_be_read_are_400100(changes: dict[str, Any]) -> None:
    floor = Floor()
    with pytest.raises(Refused, match="400100"):
        place(floor, None, **changes)
    assert not floor.account.orders


def test_a_refused_order_leaves_no_exits() -> None:
    floor = Floor(exits_made="at_once")
    with pytest.raises(Refused, match="300003"):
        place(floor, floor.bid, 900_000)
    for _ in range(199):
        floor.stop(SELL, "down", floor.market.last - 500)
    with pytest.raises(Refused, match="300004"):
        place(floor, floor.bid)
    assert len(floor.account.orders) == 199


def test_prices_are_read_exactly() -> None:
    body = {"triggerStopUpPrice": "100000.10", "stopPriceType": "MP"}
    wanted = read_exits(body)
    assert (str(wanted.prices["up"]), wanted.price_type) == ("100000.10", "MP")
