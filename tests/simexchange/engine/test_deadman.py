"""The dead-man switch: what it cancels, and when."""

from __future__ import annotations

import pytest

from terminal.simexchange.market.matching import BUY, SELL
from tests.support.floor import SYMBOL, Floor

OTHER = "ETHUSDTM"


def other_order(floor: Floor) -> str:
    market = floor.engine.markets[OTHER]
    body = floor.body(BUY, 1, symbol=OTHER, price=market.spec.text(market.last - 900))
    return floor.engine.place(floor.account, body).id


def active(floor: Floor) -> set[str]:
    return {order.id for order in floor.account.active()}


def test_orders_are_canceled_at_the_instant_unless_it_is_set_again() -> None:
    floor = Floor()
    clock = floor.engine.reports._clock
    clock.speed = 0
    order = floor.place(BUY, floor.bid - 9)
    floor.engine.dead_man.set(floor.account, 5, ())
    clock.advance(4.9)
    floor.engine.dead_man.set(floor.account, 5, ())
    clock.advance(4.9)
    assert order.is_active
    clock.advance(0.1)
    assert not order.is_active
    assert floor.publisher.orders(order)[-1] == ("canceled", "done")
    assert not floor.engine.dead_man.settings, "it acts once"
    assert floor.place(BUY, floor.bid - 9).is_active


def test_taken_off_it_does_nothing() -> None:
    floor = Floor()
    clock = floor.engine.reports._clock
    clock.speed = 0
    order = floor.place(BUY, floor.bid - 9)
    floor.engine.dead_man.set(floor.account, 5, ())
    floor.engine.dead_man.clear(floor.account)
    floor.engine.dead_man.clear(floor.account)
    clock.advance(9)
    assert order.is_active


@pytest.mark.parametrize("symbols", [(), (SYMBOL,), (OTHER,), (SYMBOL, OTHER)])
@pytest.mark.parametrize("word", ["kept", "canceled"])
def test_it_is_for_some_contracts_or_all_and_for_stops_by_a_switch(
    word: str, symbols: tuple[str, ...]
) -> None:
    floor = Floor(dcp_stops=word)
    clock = floor.engine.reports._clock
    clock.speed = 0
    plain, other = floor.place(BUY, floor.bid - 9).id, other_order(floor)
    stop = floor.stop(SELL, "down", floor.market.last - 500).id
    somebody = floor.another_account()
    theirs = floor.place(BUY, floor.bid - 9, account=somebody)
    floor.engine.dead_man.set(floor.account, 60, symbols)
    clock.advance(61)
    here = not symbols or SYMBOL in symbols
    left = set() if here else {plain, stop}
    left |= {stop} if word == "kept" else set()
    left |= set() if not symbols or OTHER in symbols else {other}
    assert active(floor) == left
    assert theirs.is_active


def test_a_position_in_liquidation_is_left_alone() -> None:
    floor = Floor()
    clock = floor.engine.reports._clock
    clock.speed = 0
    order = floor.place(BUY, floor.bid - 9)
    floor.engine.halts.liquidating.add((floor.account.uid, SYMBOL))
    floor.engine.dead_man.set(floor.account, 5, ())
    clock.advance(6)
    assert order.is_active
