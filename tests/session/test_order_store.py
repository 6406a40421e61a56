"""Every order once, under whatever name it was told, and forgotten only when long over."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from terminal.domain.events import OrderType, StopDirection, StopReference
from terminal.domain.order import OrderState
from terminal.domain.ticket import StopTrigger
from terminal.domain.units import ClientOid, Lots, OrderId, Price, Side
from terminal.exchange.outcome import Unknown
from terminal.session import order_store
from terminal.session.results import Submitted
from tests.support.builders import a_ticket, an_order_update
from tests.support.desk import a_started_bench
from tests.support.pocket import stop_at

if TYPE_CHECKING:
    import pytest

    from terminal.domain.events import OrderUpdate

C1 = ClientOid("c1")
O1 = OrderId("id-1")


async def test_orders_that_ended_long_ago_are_forgotten_and_recent_ones_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(order_store, "KEPT_TERMINAL", 5)
    bench = await a_started_bench()

    def end(number: int) -> None:
        name = f"n{number}"
        bench.stream.push(
            an_order_update(
                order_id=OrderId(name), client_oid=ClientOid(name), is_reduce_only=False
            ),
            an_order_update(
                order_id=OrderId(name),
                client_oid=ClientOid(name),
                canceled=Lots(2),
                is_done=True,
                is_reduce_only=False,
            ),
        )

    for number in range(20):
        end(number)
    assert len(bench.desk.orders) == 20, "procedures may still look at them"
    await bench.clock.advance(700.0)
    end(99)
    assert len(bench.desk.orders) <= 7
    assert ClientOid("n99") in bench.desk.orders
    await bench.stop()


async def test_a_stop_whose_event_beats_the_answer_is_one_order() -> None:
    """Its event tells no id of ours: until the answer it looks like one placed elsewhere."""
    bench = await a_started_bench()
    bench.trading.hold = asyncio.Event()
    trigger = StopTrigger(StopDirection.DOWN, StopReference.MARK, Price(950))
    result = bench.desk.submit(a_ticket(trigger=trigger, is_reduce_only=True))
    assert isinstance(result, Submitted)
    await bench.clock.settle()
    event = an_order_update(
        order_id=OrderId("id-1"), client_oid=None, untriggered=True, trigger=Price(950)
    )
    bench.stream.push(event)
    await bench.clock.settle()
    assert len(bench.desk.working()) == 2
    bench.trading.hold.set()
    await bench.clock.settle()
    (order,) = bench.desk.working()
    assert (order.client_oid, order.state) == (result.client_oid, OrderState.UNTRIGGERED)
    assert order.is_reduce_only
    assert not bench.desk.flags_unknown
    bench.stream.push(replace(event, is_done=True, canceled=Lots(2), untriggered=False))
    assert bench.desk.working() == ()
    await bench.stop()


def a_stop_told(order_id: OrderId = O1) -> OrderUpdate:
    """A stop's message: it tells no id of ours, nor what only reduces (reference 5.7)."""
    return an_order_update(
        order_id=order_id,
        client_oid=None,
        side=Side.SELL,
        order_type=OrderType.MARKET,
        price=None,
        untriggered=True,
        trigger=Price(900),
    )


async def test_a_stop_whose_message_beats_its_answer_is_one_order() -> None:
    bench = await a_started_bench()
    bench.trading.on_place = lambda _ticket, _oid: bench.stream.push(
        a_stop_told(OrderId(f"id-{len(bench.trading.placed)}"))
    )
    result = bench.desk.submit(a_ticket(**stop_at(900)))
    assert isinstance(result, Submitted)
    await bench.clock.settle()
    (order,) = bench.desk.working()
    assert order.client_oid == result.client_oid
    assert (order.state, order.trigger, order.is_reduce_only) == (
        OrderState.UNTRIGGERED,
        900,
        True,
    )
    bench.stream.push(replace(a_stop_told(), untriggered=False, is_done=True, canceled=Lots(2)))
    assert bench.desk.working() == ()
    assert bench.desk.orders[result.client_oid].state is OrderState.CANCELED
    await bench.stop()


async def test_a_stop_whose_answer_is_lost_and_whose_message_came_is_one_order() -> None:
    bench = await a_started_bench()
    bench.trading.on_place = lambda _ticket, _oid: bench.stream.push(a_stop_told())
    bench.trading.place_outcomes.append(Unknown("No answer."))
    result = bench.desk.submit(a_ticket(**stop_at(900)))
    assert isinstance(result, Submitted)
    known = replace(a_stop_told(), client_oid=result.client_oid, is_reduce_only=True)
    bench.trading.known[result.client_oid] = known
    bench.trading.known[O1] = known
    await bench.clock.advance(5.0)
    (order,) = bench.desk.working()
    assert (order.client_oid, order.order_id) == (result.client_oid, O1)
    assert order.state is OrderState.UNTRIGGERED
    await bench.stop()
