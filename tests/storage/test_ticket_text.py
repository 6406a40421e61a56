"""Tickets as text: what is read is what was written."""

from __future__ import annotations

from decimal import Decimal

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
from terminal.domain.ticket import AttachedExits, OrderTerms, OrderTicket, StopTrigger, close_ticket
from terminal.domain.units import Lots, Price, Side
from terminal.storage.ticket_text import ticket_of, ticket_text
from tests.support.builders import XBT, a_ticket

TICKS = st.integers(1, 10**12).map(Price)
TERMS = st.builds(
    OrderTerms,
    time_in_force=st.sampled_from([None, TimeInForce.GTC, TimeInForce.RPI]),
    self_trade=st.none() | st.sampled_from(SelfTrade),
    position_side=st.none() | st.sampled_from(PositionSide),
    is_hidden=st.just(value=False),
    visible_lots=st.none(),
    holds_margin=st.booleans(),
    remark=st.text(max_size=100),
)
LIMITS = st.builds(
    OrderTicket,
    symbol=st.just(XBT),
    order_type=st.just(OrderType.LIMIT),
    side=st.sampled_from(Side),
    price=TICKS,
    lots=st.integers(1, 10**9).map(Lots),
    margin_mode=st.sampled_from(MarginMode),
    leverage=st.none() | st.decimals("0.01", 125, places=2),
    is_post_only=st.booleans(),
    is_reduce_only=st.booleans(),
    trigger=st.none()
    | st.builds(StopTrigger, st.sampled_from(StopDirection), st.sampled_from(StopReference), TICKS),
    terms=TERMS,
)


@given(LIMITS)
def test_a_ticket_comes_back_as_it_was(ticket: OrderTicket) -> None:
    assert ticket_of(ticket_text(ticket)) == ticket


@pytest.mark.parametrize(
    "ticket",
    [
        close_ticket(XBT, MarginMode.CROSS),
        a_ticket(exits=AttachedExits(StopReference.MARK, Price(1100), Price(900))),
        a_ticket(exits=AttachedExits(StopReference.LAST, down=Price(900))),
        a_ticket(lots=Lots(100), terms=OrderTerms(visible_lots=Lots(5))),
        a_ticket(terms=OrderTerms(is_hidden=True, time_in_force=TimeInForce.IOC)),
        a_ticket(leverage=Decimal("0.00000001")),
    ],
)
def test_the_rarer_kinds_come_back_too(ticket: OrderTicket) -> None:
    assert ticket_of(ticket_text(ticket)) == ticket


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", "null", '{"symbol":1}', "[" * 100_000,
        '{"symbol":"X","type":"limit","side":"buy","price":1.5,"lots":1,"margin_mode":"cross"}',
        '{"symbol":"X","type":"limit","side":"up","price":1,"lots":1,"margin_mode":"cross"}',
    ],
)  # fmt: skip
def test_what_is_no_ticket_is_told_as_that(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the one error of all readers of text
        ticket_of(text)
