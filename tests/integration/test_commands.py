"""The desk's commands of many steps against the simulated exchange, over real sockets."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from terminal.domain.events import OrderType, StopDirection, StopReference
from terminal.domain.order import OrderState
from terminal.domain.ticket import StopTrigger
from terminal.domain.units import ClientOid, Lots, Price, Side, Symbol
from terminal.exchange.outcome import Accepted
from terminal.session.results import Submitted
from tests.support.builders import XBT, a_ticket
from tests.support.deadlines import eventually
from tests.support.live import Live, clients_of
from tests.support.readings import COUNT, NAMES, reading

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from terminal.domain.ticket import OrderTicket
    from terminal.session.results import BatchResult

ETH = Symbol("ETHUSDTM")


class Played:
    """A live desk that keeps what was said of its commands."""

    def __init__(self, number: int) -> None:
        self.live = Live(is_calm=True, switches=reading(number))
        self.exchange = self.live.exchange
        self.said: list[str] = []
        self.reports: list[BatchResult] = []

    async def start(self) -> None:
        await self.live.start()
        self.backend, self.market = self.live.backend, self.live.market
        self.desk = self.backend.desk
        self.desk.on_outcome.add(lambda result: self.said.append(result.sentence))
        self.desk.on_batch.add(self.reports.append)
        self.account = self.exchange.engine.account

    @property
    def bid(self) -> int:
        best = self.market.book.best_bid
        assert best is not None
        return best

    @property
    def held(self) -> int:
        """By the exchange itself."""
        return self.account.positions[XBT].lots

    def ticket(self, price: int | None = None, **more: object) -> OrderTicket:
        return a_ticket(**{"price": None if price is None else Price(price), **more})

    async def submit(self, ticket: OrderTicket, state: OrderState) -> ClientOid:
        result = self.desk.submit(ticket)
        assert isinstance(result, Submitted), result
        oid = result.client_oid
        await eventually(lambda: self.desk.orders[oid].state is state, state.value)
        return oid

    async def hold(self, lots: int) -> None:
        """Buy at market."""
        ticket = self.ticket(order_type=OrderType.MARKET, lots=Lots(lots))
        await self.submit(ticket, OrderState.FILLED)
        await eventually(
            lambda: not self.backend.account.position(XBT).is_provisional, "the position's own word"
        )
        assert self.held == lots

    def stop_below(self, ticks: int, lots: int) -> OrderTicket:
        """A market stop on the last price that only reduces."""
        trigger = StopTrigger(StopDirection.DOWN, StopReference.LAST, Price(self.bid - ticks))
        return self.ticket(
            order_type=OrderType.MARKET,
            side=Side.SELL,
            lots=Lots(lots),
            is_reduce_only=True,
            trigger=trigger,
        )


@pytest.fixture(params=[0, COUNT - 1], ids=[NAMES[0], NAMES[-1]])
async def live(request: pytest.FixtureRequest) -> AsyncIterator[Played]:
    live = Played(request.param)
    await live.start()
    yield live
    await live.live.stop()


async def test_a_side_of_forty_five_orders_goes_in_three_requests(live: Played) -> None:
    tickets = [live.ticket(live.bid - 10 - n, lots=Lots(1)) for n in range(45)]
    results = live.desk.submit_batch(tickets)
    assert all(isinstance(result, Submitted) for result in results)
    sell = await live.submit(live.ticket(live.bid + 90, side=Side.SELL), OrderState.OPEN)
    await eventually(lambda: len(live.account.active(XBT)) == 46, "all orders at the exchange")
    assert live.exchange.gateway.calls["POST /api/v1/orders/multi"] == 3
    live.desk.cancel_side(XBT, Side.BUY)
    await eventually(lambda: live.reports, "the report", 30.0)
    (report,) = live.reports
    assert report.ok, report.sentence
    assert len(report.items) == 45
    assert [order.client_oid for order in live.account.active(XBT)] == [sell]
    assert live.exchange.gateway.calls["DELETE /api/v1/orders/multi-cancel"] == 3


async def test_everything_counts_the_orders_of_another_client_and_those_nobody_told(
    live: Played,
) -> None:
    await live.submit(live.ticket(live.bid - 20), OrderState.OPEN)
    eth = live.exchange.engine.markets[ETH].last
    trigger = StopTrigger(StopDirection.DOWN, StopReference.MARK, Price(eth - 200))
    stop = a_ticket(symbol=ETH, order_type=OrderType.MARKET, price=None, trigger=trigger)
    tickets = {
        "web-1": a_ticket(symbol=ETH, price=Price(eth - 200)),
        "web-2": live.ticket(live.bid - 30),
        "web-3": stop,
    }
    second = clients_of(live.exchange)
    try:
        await second.market.contracts()
        live.exchange.drop_streams()
        await eventually(lambda: not live.desk.is_trusted, "the loss")
        for name, ticket in tickets.items():
            outcome = await second.trading.place(ticket, ClientOid(name))
            assert isinstance(outcome, Accepted), outcome
    finally:
        await second.aclose()
    assert len(live.account.active()) == 4
    live.desk.cancel_everywhere()
    await eventually(lambda: not live.account.active(), "nothing working at the exchange", 30.0)
    await eventually(lambda: live.reports, "the report", 30.0)


async def test_a_position_is_reversed_and_its_orders_are_gone(live: Played) -> None:
    await live.hold(5)
    await live.submit(live.ticket(live.bid - 20), OrderState.OPEN)
    await live.submit(live.stop_below(500, 5), OrderState.UNTRIGGERED)
    assert live.desk.reverse(XBT) is None
    await eventually(lambda: not live.desk.reversing(XBT), "the end of reversing", 30.0)
    assert live.held == -5
    assert live.account.active(XBT) == []
    assert live.said[-1] == "Reversed: XBTUSDTM is short 5, without exits."
    assert live.desk.journal.open_procedures() == ()


async def test_a_share_is_closed_at_market_and_the_rest_with_a_limit(live: Played) -> None:
    await live.hold(7)
    assert live.desk.close_share(XBT, Decimal("0.5")) is None
    await eventually(lambda: live.held == 4, "half of it closed, rounded down")
    await eventually(
        lambda: (
            live.backend.account.position(XBT).core.lots == 4
            and not live.backend.account.position(XBT).is_provisional
        ),
        "the position's own word",
    )
    assert live.desk.close_share(XBT, Decimal(1), Price(live.bid + 60)) is None
    await eventually(lambda: live.account.active(XBT), "the limit that closes")
    (limit,) = live.account.active(XBT)
    assert (limit.size, limit.is_reduce_only, limit.side) == (4, True, "sell")
    assert live.desk.close_share(XBT) is None
    await eventually(lambda: live.held == 0, "all of it closed")


async def test_a_stop_moves_place_first(live: Played) -> None:
    await live.hold(3)
    oid = await live.submit(live.stop_below(500, 3), OrderState.UNTRIGGERED)
    least: list[int] = []
    live.desk.on_changed.add(lambda: least.append(len(live.account.waiting(XBT))))
    target = Price(live.bid - 400)
    assert live.desk.move(oid, target) is None
    await eventually(lambda: live.desk.orders[oid].state is OrderState.CANCELED, "the old stop")
    await eventually(lambda: live.said, "the outcome")
    assert live.said[-1] == "Moved: the new stop waits, the old one is canceled."
    assert min(least) >= 1, "never without one"
    (new,) = [order for order in live.desk.working(XBT) if order.state is OrderState.UNTRIGGERED]
    assert (new.trigger, new.is_reduce_only) == (target, True)


async def test_a_stop_that_fires_while_it_is_moved_closes_once_and_opens_nothing(
    live: Played,
) -> None:
    await live.hold(3)
    stop = live.stop_below(100, 3)
    oid = await live.submit(stop, OrderState.UNTRIGGERED)
    assert stop.trigger is not None
    live.exchange.faults.answer_delay_s = 0.2
    assert live.desk.move(oid, Price(live.bid - 300)) is None
    live.exchange.engine.move(XBT, -150)
    live.exchange.engine.trade_at(XBT, stop.trigger.price - 1)
    await eventually(lambda: live.held == 0, "the old stop fired")
    await eventually(lambda: live.said, "the outcome", 20.0)
    assert live.held == 0, "closed once, nothing opened"
    assert live.desk.journal.open_procedures() == ()
    live.exchange.faults.answer_delay_s = 0.0
    live.desk.cancel_everywhere()
    await eventually(lambda: not live.account.active(), "what was left of the move", 20.0)
    assert live.held == 0
