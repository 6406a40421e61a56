"""Our orders found in the book and followed; and how often the range is right, by the engine."""

from __future__ import annotations

from dataclasses import replace

import pytest

from terminal.domain.book import OrderBook
from terminal.domain.clock import TimestampNs
from terminal.domain.events import Liquidity, OrderType, PublicTrade
from terminal.domain.order import Order, OrderState
from terminal.domain.queue_places import SEEK_MS, QueuePlaces
from terminal.domain.units import ClientOid, Lots, OrderId, Price, Side
from tests.support.builders import NOW_MS, XBT, a_fill, a_snapshot
from tests.support.queue_floor import QueueFloor

MINE = ClientOid("c1")
BID = Price(1000)


def a_book() -> OrderBook:
    book = OrderBook(XBT)
    book.load(a_snapshot(bids=((1000, 50),)))
    return book


def an_order(state: OrderState = OrderState.SUBMITTING, **changes: object) -> Order:
    order = Order(XBT, MINE, OrderId("o1"), Side.BUY, OrderType.LIMIT, BID, Lots(5), state)
    return replace(order, **changes)  # type: ignore[arg-type] # fields by name, tests only


def an_open_order(at_ms: int = 0) -> Order:
    return an_order(OrderState.OPEN, updated_at=TimestampNs((NOW_MS + at_ms) * 1_000_000))


def a_trade(lots: int, at_ms: int = 0, trade_id: str = "t1") -> PublicTrade:
    at = TimestampNs((NOW_MS + at_ms) * 1_000_000)
    return PublicTrade(XBT, 1, Side.SELL, BID, Lots(lots), trade_id, at)


def change(places: QueuePlaces, before: int, after: int, now_ms: int = 0) -> None:
    places.level(Side.BUY, BID, Lots(before), Lots(after), event_ms=NOW_MS + now_ms, now_ms=now_ms)


def told(places: QueuePlaces, now_ms: int = 0) -> tuple[int, ...] | None:
    place = places.place(MINE, now_ms)
    return None if place is None else tuple(place)


@pytest.mark.parametrize("is_told_first", [True, False])
def test_an_order_is_found_by_its_lots_whichever_is_heard_first(is_told_first: bool) -> None:
    places = QueuePlaces()
    places.orders([an_order()], a_book(), 0)
    assert told(places) is None
    if is_told_first:
        places.orders([an_open_order(2)], a_book(), 1)
    change(places, 50, 55, 2)
    places.orders([an_open_order(2)], a_book(), 3)
    assert told(places) == (50, 50, 50, False)


def test_of_several_arrivals_the_one_of_that_moment_is_ours() -> None:
    places = QueuePlaces()
    places.orders([an_order()], a_book(), 0)
    change(places, 50, 55, 0)
    change(places, 55, 60, 900)
    places.orders([an_open_order(880)], a_book(), 910)
    assert told(places, 910) == (55, 55, 55, False)


def test_an_order_from_before_or_one_that_is_not_found_begins_as_a_guess() -> None:
    for is_new in (True, False):
        places, now_ms = QueuePlaces(), 0
        if not is_new:
            places.orders([an_order()], a_book(), 0)
            places.orders([an_open_order()], a_book(), 0)
            assert told(places) is None
            now_ms = SEEK_MS
        places.orders([an_open_order()], a_book(), now_ms)
        place = places.place(MINE, now_ms)
        assert place is not None
        assert place.is_guess
        assert 0 <= place.low < place.high <= 45


@pytest.mark.parametrize("trade_first", [True, False])
def test_trades_move_us_on_and_losses_from_before_do_not(trade_first: bool) -> None:
    places = QueuePlaces()
    places.orders([an_order()], a_book(), 0)
    change(places, 60, 50, 0)
    change(places, 50, 55, 5)
    places.orders([an_open_order(5)], a_book(), 5)
    places.trade(a_trade(10, at_ms=0), 6)
    if trade_first:
        places.trade(a_trade(20, at_ms=9), 9)
    change(places, 55, 35, 9)
    if not trade_first:
        places.trade(a_trade(20, at_ms=9), 9)
    assert told(places, 9) == (30, 30, 30, False)
    assert told(places, 9_000) == (30, 30, 30, False)


def test_our_fill_as_a_maker_means_the_front_and_the_watch_ends_with_the_order() -> None:
    places = QueuePlaces()
    places.orders([an_order()], a_book(), 0)
    change(places, 50, 55)
    places.orders([an_open_order()], a_book(), 0)
    places.fill(a_fill(liquidity=Liquidity.TAKER))
    assert told(places) == (50, 50, 50, False)
    places.fill(a_fill(liquidity=Liquidity.MAKER))
    assert told(places) == (0, 0, 0, False)
    places.orders([], a_book(), 0)
    assert len(places) == 1, "the public trade may still come"
    places.orders([], a_book(), 60_000)
    assert len(places) == 0
    assert told(places) is None


def test_after_a_hole_the_place_is_a_guess_again() -> None:
    places = QueuePlaces()
    places.orders([an_order()], a_book(), 0)
    change(places, 50, 55)
    places.orders([an_open_order()], a_book(), 0)
    book = OrderBook(XBT)
    book.load(a_snapshot(bids=((1000, 25),)))
    places.missed(book)
    place = places.place(MINE, 0)
    assert place is not None
    assert place.is_guess
    assert place.high <= 20


def test_stops_and_market_orders_have_no_place() -> None:
    places = QueuePlaces()
    places.orders([an_order(OrderState.UNTRIGGERED), an_order(price=None)], a_book(), 0)
    assert len(places) == 0


def test_the_range_holds_in_about_four_of_five_of_a_hundred_fills() -> None:
    """By the exchange's own engine and its crowd, over frames, in whatever order they come."""
    floor = QueueFloor(seed=3, patience=2)
    floor.run(100)
    held, fills = floor.cover
    assert fills >= 100
    assert 65 <= 100 * held / fills <= 95
    assert floor.places.learning.fills >= 60


@pytest.mark.nightly
@pytest.mark.parametrize(("seed", "patience"), [(1, 0), (6, 3), (4, 10)])
def test_the_range_holds_in_70_to_90_of_100_over_a_thousand_fills(seed: int, patience: int) -> None:
    floor = QueueFloor(seed, patience)
    floor.run(1000)
    held, fills = floor.cover
    learning = floor.places.learning
    low, high = learning.share_range()
    told = f"{held} of {fills}, share {learning.share:.3f} ({low} to {high}), tail {learning.tail}"
    assert 70 <= 100 * held / fills <= 90, told
    assert sum(floor.certain) >= 0.9 * len(floor.certain)
