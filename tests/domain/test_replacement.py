"""What takes an order's place is the same in every term but where it stands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.events import (
    MarginMode,
    OrderType,
    PositionSide,
    SelfTrade,
    StopDirection,
    StopReference,
    TimeInForce,
)
from terminal.domain.order import Order, from_update
from terminal.domain.replacement import MAY_HAVE_EXITS, NOT_READ, Unclear, moved, told_ticket
from terminal.domain.ticket import (
    AttachedExits,
    OrderTerms,
    OrderTicket,
    StopTrigger,
    close_ticket,
)
from terminal.domain.units import Lots, Price, Side
from terminal.domain.words import UnknownWord
from tests.support.builders import XBT, a_ticket, an_order_update
from tests.support.pocket import some_details

DOWN = StopTrigger(StopDirection.DOWN, StopReference.MARK, Price(900))


def an_order(ticket: OrderTicket, **changes: Any) -> Order:
    """An order as the exchange would tell it that was placed with this ticket."""
    update = an_order_update(
        side=ticket.side,
        order_type=ticket.order_type,
        price=ticket.price,
        lots=ticket.lots or Lots(3),
        is_reduce_only=ticket.is_reduce_only,
        is_close_order=ticket.is_close_order,
        is_post_only=ticket.is_post_only,
        untriggered=ticket.trigger is not None,
        trigger=None if ticket.trigger is None else ticket.trigger.price,
    )
    return replace(from_update(update), **changes)


EXITS = st.builds(
    lambda price, lots, terms, trigger, is_limit, is_post_only: a_ticket(
        side=Side.SELL,
        order_type=OrderType.LIMIT if is_limit else OrderType.MARKET,
        price=Price(price) if is_limit else None,
        lots=Lots(lots),
        is_reduce_only=True,
        is_post_only=is_post_only and is_limit,
        trigger=trigger,
        terms=replace(terms, time_in_force=None if not is_limit else terms.time_in_force),
    ),
    st.integers(500, 2000),
    st.integers(1, 50),
    st.builds(
        OrderTerms,
        time_in_force=st.sampled_from([None, TimeInForce.GTC]),
        self_trade=st.none() | st.sampled_from(list(SelfTrade)),
        position_side=st.sampled_from([None, PositionSide.LONG]),
        holds_margin=st.booleans(),
        remark=st.text(max_size=10),
    ),
    st.none() | st.just(DOWN),
    st.booleans(),
    st.booleans(),
)


@given(EXITS)
def test_an_exit_of_others_is_rebuilt_whole_from_what_the_exchange_tells(
    ticket: OrderTicket,
) -> None:
    """Nothing that was asked for is lost on the way there and back."""
    assert told_ticket(an_order(ticket), some_details(ticket)) == ticket


def test_a_close_order_stop_is_rebuilt_as_one() -> None:
    ticket = close_ticket(XBT, MarginMode.CROSS, trigger=DOWN, terms=OrderTerms(remark="mine"))
    assert told_ticket(an_order(ticket), some_details(ticket)) == ticket


@pytest.mark.parametrize(
    "changes",
    [
        {"time_in_force": UnknownWord("FOK")},
        {"self_trade": UnknownWord("DC")},
        {"margin_mode": UnknownWord("PORTFOLIO")},
        {"margin_mode": None},
        {"position_side": UnknownWord("NET")},
        {"stop_direction": UnknownWord("sideways")},
        {"stop_direction": StopDirection.DOWN, "stop_reference": None},
        {"is_iceberg": True, "visible_lots": None},
    ],
)
def test_a_term_that_cannot_be_read_is_a_reason_not_to_move(changes: dict[str, Any]) -> None:
    ticket = a_ticket(side=Side.SELL, is_reduce_only=True)
    answer = told_ticket(an_order(ticket), replace(some_details(ticket), **changes))
    assert isinstance(answer, Unclear)
    assert answer.reason.startswith("Its terms could not be read: ")


def test_an_order_of_others_that_opens_and_one_that_was_not_read_are_not_clear() -> None:
    ticket = a_ticket()
    assert told_ticket(an_order(ticket), some_details(ticket)) == Unclear(MAY_HAVE_EXITS)
    assert told_ticket(an_order(ticket), None) == Unclear(NOT_READ)


def test_a_limit_order_without_its_price_is_not_clear() -> None:
    ticket = a_ticket(side=Side.SELL, is_reduce_only=True)
    assert isinstance(told_ticket(an_order(ticket, price=None), some_details(ticket)), Unclear)


def test_a_moved_order_differs_in_price_and_lots_only() -> None:
    ticket = a_ticket(lots=Lots(9), terms=OrderTerms(visible_lots=Lots(2), remark="mine"))
    there = moved(ticket, an_order(ticket), Price(880), Lots(5))
    assert there == replace(ticket, price=Price(880), lots=Lots(5))


def test_a_moved_stop_keeps_the_distance_of_its_limit_price() -> None:
    ticket = a_ticket(side=Side.SELL, price=Price(890), is_reduce_only=True, trigger=DOWN)
    there = moved(ticket, an_order(ticket), Price(905), Lots(2))
    assert isinstance(there, OrderTicket)
    assert there.trigger is not None
    assert (there.price, there.trigger.price) == (895, 905)
    assert there.trigger == replace(DOWN, price=Price(905))


def test_what_the_exchange_says_of_an_order_prevails_over_what_was_asked_for() -> None:
    ticket = a_ticket()
    there = moved(ticket, an_order(ticket, is_reduce_only=True), Price(880), Lots(2))
    assert isinstance(there, OrderTicket)
    assert there.is_reduce_only


@pytest.mark.parametrize("price", [800, 799, 1200, 1300])
def test_attached_exits_must_still_lie_around_the_price(price: int) -> None:
    exits = AttachedExits(StopReference.MARK, Price(1200), Price(800))
    ticket = a_ticket(exits=exits)
    assert isinstance(moved(ticket, an_order(ticket), Price(price), Lots(2)), Unclear)
    there = moved(ticket, an_order(ticket), Price(801), Lots(2))
    assert isinstance(there, OrderTicket)
    assert there.exits == exits


def test_what_was_meant_to_reduce_never_moves_as_an_order_that_opens() -> None:
    """Whatever is believed of the order: that it reduces may not have been told yet."""
    ticket = a_ticket(is_reduce_only=True)
    order = replace(an_order(ticket), is_reduce_only=False)
    after = moved(ticket, order, Price(1005), Lots(2))
    assert isinstance(after, OrderTicket)
    assert after.is_reduce_only
