"""Every kind of order of the reference, sent to the simulated exchange and read back from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from terminal.domain.events import (
    OrderType,
    PositionSide,
    SelfTrade,
    StopDirection,
    StopReference,
    TimeInForce,
)
from terminal.domain.ticket import AttachedExits, OrderTerms, StopTrigger
from terminal.domain.units import ClientOid, Lots, Price
from terminal.exchange.outcome import Accepted
from terminal.simexchange.server import SimExchange
from tests.support.builders import XBT, a_ticket
from tests.support.live import clients_of
from tests.support.steady_time import steady_time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.domain.events import OrderUpdate
    from terminal.domain.ticket import OrderTicket


class Desk:
    """Clients on a calm exchange; what is sent by REST or by the order socket has one body."""

    async def start(self) -> None:
        self.exchange = SimExchange(is_calm=True, clock=steady_time())
        await self.exchange.start()
        self.clients = clients_of(self.exchange)
        await self.clients.market.contracts()
        self.last = self.exchange.engine.markets["XBTUSDTM"].last

    async def stop(self) -> None:
        await self.clients.aclose()
        await self.exchange.stop()

    def ticket(self, **more: Any) -> OrderTicket:
        """A buy that rests."""
        return a_ticket(**{"price": Price(self.last - 200), "lots": Lots(40), **more})

    async def placed(self, ticket: OrderTicket) -> OrderUpdate:
        outcome = await self.clients.trading.place(ticket, ClientOid("t-1"))
        assert isinstance(outcome, Accepted), outcome
        found = await self.clients.trading.order_by_client_oid(ClientOid("t-1"))
        assert found is not None
        return found


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    await desk.start()
    yield desk
    await desk.stop()


@pytest.mark.parametrize("direction", list(StopDirection))
@pytest.mark.parametrize("reference", list(StopReference))
@pytest.mark.parametrize("order_type", list(OrderType))
async def test_stops_wait_for_their_price(
    desk: Desk, direction: StopDirection, reference: StopReference, order_type: OrderType
) -> None:
    away = 5000 if direction is StopDirection.UP else -5000
    trigger = StopTrigger(direction, reference, Price(desk.last + away))
    price = Price(desk.last + away) if order_type is OrderType.LIMIT else None
    if order_type is OrderType.LIMIT and direction is StopDirection.UP:
        price = Price(desk.last - 200)
    ticket = desk.ticket(order_type=order_type, price=price, trigger=trigger)
    order = await desk.placed(ticket)
    assert (order.untriggered, order.trigger, order.order_type) == (True, trigger.price, order_type)
    assert order.details is not None
    assert order.details.stop_direction is direction
    assert order.details.stop_reference is reference
    (stop,) = await desk.clients.trading.open_stops(XBT)
    assert stop.order_id == order.order_id
    assert isinstance(await desk.clients.trading.cancel(order.order_id), Accepted)
    assert await desk.clients.trading.open_stops(XBT) == ()


async def test_terms_are_told_back_as_they_were_sent(desk: Desk) -> None:
    terms = OrderTerms(
        time_in_force=TimeInForce.GTC,
        self_trade=SelfTrade.CANCEL_OLD,
        position_side=PositionSide.BOTH,
        visible_lots=Lots(2),
        holds_margin=True,
        remark="\u00fcber 50 %",
    )
    order = await desk.placed(desk.ticket(terms=terms))
    told = order.details
    assert told is not None
    assert (told.time_in_force, told.self_trade) == (TimeInForce.GTC, SelfTrade.CANCEL_OLD)
    assert (told.is_iceberg, told.visible_lots, told.remark) == (True, 2, terms.remark)


async def test_a_hidden_order_and_one_that_does_not_wait(desk: Desk) -> None:
    order = await desk.placed(desk.ticket(terms=OrderTerms(is_hidden=True)))
    assert order.details is not None
    assert order.details.is_hidden
    terms = OrderTerms(time_in_force=TimeInForce.IOC)
    outcome = await desk.clients.trading.place(desk.ticket(terms=terms), ClientOid("t-2"))
    assert isinstance(outcome, Accepted), outcome
    gone = await desk.clients.trading.order_by_client_oid(ClientOid("t-2"))
    assert gone is not None
    assert (gone.is_done, gone.filled, gone.canceled) == (True, 0, 40)


async def test_exits_come_with_the_order_that_opens(desk: Desk) -> None:
    """After the fill two stops lie there that close what was opened (reference 3.3)."""
    exits = AttachedExits(StopReference.LAST, Price(desk.last + 5000), Price(desk.last - 5000))
    order = await desk.placed(desk.ticket(price=Price(desk.last + 100), exits=exits))
    assert order.filled == 40
    stops = await desk.clients.trading.open_stops(XBT)
    found = {
        stop.details.stop_direction: stop.trigger for stop in stops if stop.details is not None
    }
    assert found == {StopDirection.UP: exits.up, StopDirection.DOWN: exits.down}
    assert desk.exchange.gateway.calls["POST /api/v1/st-orders"] == 1
