"""Real clients and sessions against the simulated exchange, over loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from terminal.domain.order import OrderState
from terminal.domain.units import ClientOid, Lots, Price, Side
from terminal.session.results import Submitted
from tests.support.builders import XBT, a_ticket
from tests.support.deadlines import eventually
from tests.support.live import Live, clients_of
from tests.support.readings import COUNT, NAMES, reading

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture(params=range(COUNT), ids=NAMES)
async def live(request: pytest.FixtureRequest) -> AsyncIterator[Live]:
    """A calm exchange: nothing moves but what the test moves."""
    live = Live(is_calm=True, switches=reading(request.param))
    await live.start()
    yield live
    await live.stop()


def bid(live: Live) -> int:
    best = live.market.book.best_bid
    assert best is not None
    return best


def ask(live: Live) -> int:
    best = live.market.book.best_ask
    assert best is not None
    return best


def submit(live: Live, side: Side, price: int, lots: int = 2, **more: object) -> ClientOid:
    ticket = a_ticket(side=side, price=Price(price), lots=Lots(lots), **more)
    result = live.backend.desk.submit(ticket)
    assert isinstance(result, Submitted), result
    return result.client_oid


async def reach(live: Live, oid: ClientOid, state: OrderState) -> None:
    await eventually(lambda: live.backend.desk.orders[oid].state is state, state.value)


async def test_rest_move_cancel(live: Live) -> None:
    oid = submit(live, Side.BUY, bid(live) - 5)
    await reach(live, oid, OrderState.OPEN)
    assert live.backend.desk.move(oid, Price(bid(live) - 7)) is None
    await reach(live, oid, OrderState.CANCELED)
    await eventually(
        lambda: any(o.state is OrderState.OPEN for o in live.backend.desk.orders.values()),
        "the moved order",
    )
    (moved,) = live.backend.desk.working(XBT)
    assert moved.price == bid(live) - 7
    live.backend.desk.cancel(moved.client_oid)
    await reach(live, moved.client_oid, OrderState.CANCELED)


async def test_take_hold_flatten(live: Live) -> None:
    resting = submit(live, Side.BUY, bid(live) - 9)
    await reach(live, resting, OrderState.OPEN)
    taken = submit(live, Side.BUY, ask(live) + 3, 5)
    await reach(live, taken, OrderState.FILLED)
    assert live.backend.account.position(XBT).core.lots == 5
    exit_oid = submit(live, Side.SELL, ask(live) + 40, 5, is_reduce_only=True)
    await reach(live, exit_oid, OrderState.OPEN)
    live.backend.desk.flatten(XBT)
    await eventually(lambda: not live.backend.desk.flattening(XBT), "the end of flattening")
    assert live.backend.account.position(XBT).core.is_flat
    assert live.backend.desk.working(XBT) == ()
    assert live.exchange.engine.account.positions[XBT].lots == 0
    await eventually(
        lambda: all(fill.fee is not None for fill in live.backend.desk.fills), "the fees"
    )
    assert len(live.backend.desk.fills) == len(live.exchange.engine.account.fills)


async def test_a_rejection_in_the_exchanges_words(live: Live) -> None:
    live.exchange.faults.rejects.append(("300003", "Balance insufficient. The order cost is 9."))
    oid = submit(live, Side.BUY, bid(live) - 5)
    await reach(live, oid, OrderState.REJECTED)
    assert "The balance is not enough." in live.backend.desk.orders[oid].reason
    assert "The order cost is 9." in live.backend.desk.orders[oid].reason


async def test_a_lost_answer_is_found_out_without_a_second_order(live: Live) -> None:
    live.exchange.faults.answers_lost = 1
    oid = submit(live, Side.BUY, bid(live) - 5)
    await reach(live, oid, OrderState.OPEN)
    assert live.exchange.engine.account.placed == 1
    assert live.exchange.gateway.calls["POST /api/v1/orders"] == 1


async def test_an_order_that_never_arrived_is_not_sent_again(live: Live) -> None:
    live.exchange.faults.server_errors = 1
    oid = submit(live, Side.BUY, bid(live) - 5)
    await reach(live, oid, OrderState.UNKNOWN)
    await eventually(
        lambda: live.exchange.gateway.calls.get("GET /api/v1/orders/byClientOid", 0) >= 2,
        "questions about the order",
    )
    assert live.exchange.engine.account.placed == 0
    assert live.exchange.gateway.calls["POST /api/v1/orders"] == 1


async def test_answers_after_events(live: Live) -> None:
    live.exchange.faults.answer_delay_s = 0.2
    oid = submit(live, Side.BUY, ask(live))
    await reach(live, oid, OrderState.FILLED)
    assert live.backend.account.position(XBT).core.lots == 2


async def test_a_lost_cancel_is_asked_again(live: Live) -> None:
    oid = submit(live, Side.BUY, bid(live) - 5)
    await reach(live, oid, OrderState.OPEN)
    live.exchange.faults.cancels_lost = 1
    live.backend.desk.cancel(oid)
    await reach(live, oid, OrderState.CANCELED)


async def test_cancel_all_and_everything_after_a_reconnect(live: Live) -> None:
    for step in range(3):
        oid = submit(live, Side.BUY, bid(live) - 5 - step)
        await reach(live, oid, OrderState.OPEN)
    live.exchange.drop_streams()
    await eventually(lambda: not live.backend.desk.is_trusted, "the loss")
    # While we are away one order ends and another is placed elsewhere.
    engine = live.exchange.engine
    first = next(iter(engine.account.orders.values()))
    engine.cancel(first)
    await eventually(live.is_ready, "the recovery", 15.0)
    assert len(live.backend.desk.working(XBT)) == 2
    live.backend.desk.cancel_all(XBT)
    await eventually(lambda: not live.backend.desk.working(XBT), "all canceled")
    assert not engine.account.active(XBT)


async def test_a_second_client_sees_the_same(live: Live) -> None:
    oid = submit(live, Side.BUY, ask(live))
    await reach(live, oid, OrderState.FILLED)
    second = clients_of(live.exchange)
    await second.market.contracts()
    update = await second.trading.order_by_client_oid(oid)
    assert update is not None
    assert update.is_done
    position = await second.account.position(XBT)
    assert position is not None
    assert position.lots == 2
    await second.aclose()
