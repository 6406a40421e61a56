"""The tour's patience with a market that moves, and where it ends."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from terminal.app.tour_orders import PATIENCE, SETTLING, TourOrders
from terminal.app.tour_stage import StepFailedError
from terminal.domain.clock import TimestampNs
from terminal.domain.events import Fill, Liquidity, OrderType
from terminal.domain.order import Order, OrderState
from terminal.domain.units import ClientOid, Lots, OrderId, Price, Side, Symbol
from terminal.wire.envelope import meaning

if TYPE_CHECKING:
    from collections.abc import Callable

SYMBOL = Symbol("XBTUSDTM")
LIMIT = 1000


class Desk:
    """Orders that end as a script says; ``until`` fails at once when nothing will come."""

    def __init__(self, *ends: OrderState, fill_price: int = LIMIT, told: int = 1) -> None:
        self.orders: dict[ClientOid, Order] = {}
        self.fills: list[Fill] = []
        self.ends = list(ends)
        self.asked: list[int] = []
        self.fill_price = fill_price
        self.told = told
        self.reason = "no money"
        self.pauses = 0

    async def send(self, rows: int, side: Side = Side.BUY) -> None:
        self.asked.append(rows)
        state = self.ends.pop(0)
        number = str(len(self.asked))
        order = Order(
            SYMBOL,
            ClientOid(number),
            OrderId(number),
            side,
            OrderType.LIMIT,
            Price(LIMIT),
            Lots(1),
            state,
            reason=self.reason if state is OrderState.REJECTED else "",
        )
        self.orders[order.client_oid] = order
        if state is OrderState.FILLED:
            self.meet(order)

    def meet(self, order: Order) -> None:
        """Fill an order, and tell as many fills as were asked for."""
        self.orders[order.client_oid] = replace(order, state=OrderState.FILLED, filled=Lots(1))
        for number in range(self.told):
            assert order.order_id is not None
            assert order.side is not None
            self.fills.append(
                Fill(
                    SYMBOL,
                    f"{order.client_oid}-{number}",
                    order.order_id,
                    order.side,
                    Price(self.fill_price),
                    Lots(1),
                    Liquidity.TAKER,
                    TimestampNs(1),
                )
            )

    async def pause(self) -> None:
        self.pauses += 1

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        await asyncio.sleep(0)
        if not condition():
            raise StepFailedError(f"{what} did not come")


async def kept(order: Order) -> Order:
    return order


def outlast(desk: Desk, away: tuple[int, ...] = (5, 15, 40), side: Side = Side.BUY) -> Order:
    async def send(rows: int) -> None:
        await desk.send(rows, side)

    return asyncio.run(TourOrders(desk, desk.until, desk.pause).outlast(send, kept, away))


def test_an_order_that_rests_is_used() -> None:
    desk = Desk(OrderState.OPEN)
    assert outlast(desk).state is OrderState.OPEN
    assert desk.asked == [5]


def test_an_order_that_was_met_is_followed_by_one_farther_away() -> None:
    desk = Desk(OrderState.FILLED, OrderState.FILLED, OrderState.OPEN)
    assert outlast(desk).client_oid == "3"
    assert desk.asked == [5, 15, 40]


def test_a_market_that_meets_every_order_is_a_failure() -> None:
    desk = Desk(*[OrderState.FILLED] * 4)
    with pytest.raises(StepFailedError, match="3 orders in a row"):
        outlast(desk)
    assert desk.asked == [5, 15, 40]


@pytest.mark.parametrize(("side", "price"), [(Side.BUY, LIMIT + 1), (Side.SELL, LIMIT - 1)])
def test_a_fill_at_a_worse_price_is_a_failure(side: Side, price: int) -> None:
    desk = Desk(OrderState.FILLED, OrderState.OPEN, fill_price=price)
    with pytest.raises(StepFailedError, match="worse than"):
        outlast(desk, side=side)


@pytest.mark.parametrize(("side", "price"), [(Side.BUY, LIMIT - 1), (Side.SELL, LIMIT + 1)])
def test_a_fill_at_a_better_price_is_none(side: Side, price: int) -> None:
    desk = Desk(OrderState.FILLED, OrderState.OPEN, fill_price=price)
    assert outlast(desk, side=side).client_oid == "2"


@pytest.mark.parametrize("told", [0, 2])
def test_lots_that_were_not_told_or_told_twice_are_a_failure(told: int) -> None:
    desk = Desk(OrderState.FILLED, OrderState.OPEN, told=told)
    with pytest.raises(StepFailedError, match="all fills"):
        outlast(desk)


def test_a_rejected_order_is_a_failure() -> None:
    with pytest.raises(StepFailedError, match="no money"):
        outlast(Desk(OrderState.REJECTED, OrderState.OPEN))


def test_an_order_that_is_refused_while_funding_is_settled_is_sent_again_where_it_was() -> None:
    """The exchange asks for it; that three times a day it takes none for seconds is no defect."""
    desk = Desk(OrderState.REJECTED, OrderState.REJECTED, OrderState.OPEN)
    desk.reason = f"{meaning('300015', '').sentence} The exchange says: Wait."
    assert outlast(desk).client_oid == "3"
    assert (desk.asked, desk.pauses) == ([5, 5, 5], 2)


def test_a_settlement_that_does_not_end_is_a_failure() -> None:
    desk = Desk(*[OrderState.REJECTED] * (PATIENCE + 1))
    desk.reason = SETTLING
    with pytest.raises(StepFailedError, match=SETTLING):
        outlast(desk)
    assert desk.ends == []


def test_an_order_that_nobody_canceled_is_a_failure() -> None:
    with pytest.raises(StepFailedError, match="did not rest"):
        outlast(Desk(OrderState.CANCELED, OrderState.OPEN))


def test_an_order_of_which_no_word_comes_is_a_failure() -> None:
    with pytest.raises(StepFailedError, match="an order on the exchange did not come"):
        outlast(Desk(OrderState.SUBMITTING, OrderState.OPEN))


def test_what_is_waited_for_must_come_while_the_order_rests() -> None:
    """Met before it, another order is sent; neither met nor seen, the step fails."""
    desk = Desk(OrderState.OPEN, OrderState.OPEN)
    orders = TourOrders(desk, desk.until, desk.pause)
    seen: list[Order] = []

    async def met_once(order: Order) -> Order:
        if not seen:
            desk.meet(order)
        seen.append(order)
        await orders.while_resting(order, lambda: len(seen) > 1, "the mark")
        return order

    assert asyncio.run(orders.outlast(desk.send, met_once, (5, 15))).client_oid == "2"

    async def never(order: Order) -> None:
        await orders.while_resting(order, lambda: False, "the mark")

    desk.ends = [OrderState.OPEN, OrderState.OPEN]
    with pytest.raises(StepFailedError, match="the mark did not come"):
        asyncio.run(orders.outlast(desk.send, never, (5, 15)))


def test_an_order_at_hand_is_used_before_another_is_sent() -> None:
    desk = Desk(OrderState.OPEN)
    orders = TourOrders(desk, desk.until, desk.pause)
    asyncio.run(desk.send(1))
    first = desk.orders[ClientOid("1")]
    assert asyncio.run(orders.outlast(desk.send, kept, (5,), first)) is first
    assert desk.asked == [1]
