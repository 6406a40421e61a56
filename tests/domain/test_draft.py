"""Every kind of order from what was written down, in both lanes, and what is not right yet."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from terminal.domain.draft import Draft, Fault, Field, OrderKind, Standing, attached, ticket_of
from terminal.domain.events import (
    MarginMode,
    OrderType,
    PositionSide,
    SelfTrade,
    StopDirection,
    StopReference,
    TimeInForce,
)
from terminal.domain.ticket import AttachedExits, OrderTicket
from terminal.domain.triggers import References
from terminal.domain.units import ExactPrice, Lots, Price, Side
from tests.support.builders import a_contract

MARK = ExactPrice(Decimal(100))
K, P, L = OrderKind, Price, Lots


def standing(lane: PositionSide = PositionSide.BOTH, **changes: Any) -> Standing:
    values: dict[str, Any] = {
        "mode": MarginMode.ISOLATED,
        "leverage": Decimal(5),
        "lane": lane,
        "now": References(P(1000), MARK, MARK),
        "far": {Side.BUY: P(1001), Side.SELL: P(1000)},
    }
    return Standing(**{**values, **changes})


def made(draft: Draft, side: Side = Side.BUY, **changes: Any) -> OrderTicket:
    found = ticket_of(draft, side, a_contract(), standing(**changes))
    assert isinstance(found, OrderTicket), found
    return found


def fault(draft: Draft, side: Side = Side.BUY, **changes: Any) -> Fault:
    found = ticket_of(draft, side, a_contract(), standing(**changes))
    assert isinstance(found, Fault), found
    return found


@pytest.mark.parametrize(
    ("kind", "side", "trigger", "price", "order_type", "direction", "reduces"),
    [
        (K.LIMIT, Side.BUY, None, 990, OrderType.LIMIT, None, False),
        (K.MARKET, Side.SELL, None, None, OrderType.MARKET, None, False),
        (K.STOP_LIMIT, Side.BUY, 1050, 1060, OrderType.LIMIT, StopDirection.UP, False),
        (K.STOP_LIMIT, Side.SELL, 950, 940, OrderType.LIMIT, StopDirection.DOWN, False),
        (K.STOP_MARKET, Side.BUY, 1050, None, OrderType.MARKET, StopDirection.UP, False),
        (K.STOP_LOSS, Side.SELL, 950, None, OrderType.MARKET, StopDirection.DOWN, True),
        (K.STOP_LOSS, Side.BUY, 1050, 1060, OrderType.LIMIT, StopDirection.UP, True),
        (K.TAKE_PROFIT, Side.SELL, 1050, None, OrderType.MARKET, StopDirection.UP, True),
        (K.TAKE_PROFIT, Side.BUY, 950, 945, OrderType.LIMIT, StopDirection.DOWN, True),
    ],
)
def test_each_kind_makes_its_ticket(  # noqa: PLR0917 - the columns of the table
    kind: OrderKind,
    side: Side,
    trigger: int | None,
    price: int | None,
    order_type: OrderType,
    direction: StopDirection | None,
    reduces: bool,
) -> None:
    draft = Draft(
        kind,
        None if price is None else P(price),
        None if trigger is None else P(trigger),
        StopReference.INDEX,
        L(3),
    )
    ticket = made(draft, side)
    assert (ticket.order_type, ticket.side, ticket.price, ticket.lots) == (
        order_type,
        side,
        price,
        3,
    )
    assert ticket.is_reduce_only is reduces
    if direction is None:
        assert ticket.trigger is None
    else:
        assert ticket.trigger is not None
        assert ticket.trigger.direction is direction
        assert ticket.trigger.reference is StopReference.INDEX
        assert ticket.trigger.price == trigger


@pytest.mark.parametrize(
    ("kind", "side", "trigger"),
    [
        (K.STOP_LOSS, Side.SELL, 1000),
        (K.TAKE_PROFIT, Side.SELL, 999),
        (K.STOP_MARKET, Side.BUY, 1000),
        (K.STOP_LIMIT, Side.SELL, 1001),
    ],
)
def test_what_would_fire_now_is_refused_at_the_trigger(
    kind: OrderKind, side: Side, trigger: int
) -> None:
    found = fault(Draft(kind, P(1000), P(trigger), lots=L(1)), side)
    assert found.field is Field.TRIGGER
    assert "would fire now" in found.sentence


def test_a_price_that_is_not_known_keeps_no_stop_back() -> None:
    draft = Draft(K.STOP_LOSS, None, P(1100), lots=L(1))
    assert made(draft, Side.SELL, now=References()).trigger is not None


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (Draft(K.LIMIT, None, lots=L(1)), Field.PRICE),
        (Draft(K.LIMIT, P(990)), Field.SIZE),
        (Draft(K.STOP_MARKET, lots=L(1)), Field.TRIGGER),
        (Draft(K.LIMIT, P(990), lots=L(1), is_post_only=True, is_hidden=True), Field.TERMS),
        (
            Draft(K.LIMIT, P(990), lots=L(1), is_post_only=True, time_in_force=TimeInForce.IOC),
            Field.TERMS,
        ),
        (Draft(K.LIMIT, P(990), lots=L(40), visible_lots=L(1)), Field.TERMS),
        (Draft(K.LIMIT, P(990), lots=L(40), visible_lots=L(41)), Field.TERMS),
        (Draft(K.LIMIT, P(990), lots=L(40), visible_lots=L(9), is_hidden=True), Field.TERMS),
        (Draft(K.LIMIT, P(990), lots=L(1), loss=P(991)), Field.EXITS),
        (Draft(K.LIMIT, P(990), lots=L(1), profit=P(989)), Field.EXITS),
        (Draft(K.LIMIT, P(990), lots=L(1), loss=P(980), profit=P(980)), Field.EXITS),
        (Draft(K.LIMIT, P(990), lots=L(1), loss=P(980), is_reduce_only=True), Field.EXITS),
        (Draft(K.MARKET, lots=L(1), loss=P(980), closes=True), Field.EXITS),
    ],
)
def test_a_fault_names_its_field(draft: Draft, field: Field) -> None:
    assert fault(draft).field is field


def test_terms_go_with_a_limit_and_are_switched_off_elsewhere() -> None:
    terms = {
        "time_in_force": TimeInForce.IOC,
        "self_trade": SelfTrade.CANCEL_OLD,
        "visible_lots": L(2),
        "holds_margin": True,
    }
    limit = made(Draft(K.LIMIT, P(990), lots=L(40), **terms)).terms  # type: ignore[arg-type]  # a table of fields
    assert limit.time_in_force is TimeInForce.IOC
    assert (limit.visible_lots, limit.holds_margin) == (2, True)
    market = made(Draft(K.MARKET, P(990), lots=L(40), is_post_only=True, **terms))  # type: ignore[arg-type]  # as above
    assert (market.price, market.is_post_only) == (None, False)
    assert market.terms.time_in_force is None
    assert market.terms.self_trade is SelfTrade.CANCEL_OLD


@pytest.mark.parametrize("kind", [K.MARKET, K.STOP_LOSS, K.TAKE_PROFIT, K.STOP_MARKET])
def test_a_close_order_has_no_size_and_keeps_its_trigger(kind: OrderKind) -> None:
    trigger = None if kind is K.MARKET else P(1050 if kind is K.TAKE_PROFIT else 950)
    ticket = made(Draft(kind, None, trigger, closes=True), Side.SELL)
    assert ticket.is_close_order
    assert (ticket.side, ticket.lots, ticket.trigger is None) == (None, None, kind is K.MARKET)


def test_a_limit_order_closes_nothing_by_itself() -> None:
    assert not made(Draft(K.LIMIT, P(990), lots=L(1), closes=True)).is_close_order
    assert not made(Draft(K.STOP_LOSS, P(940), P(950), lots=L(1), closes=True), Side.SELL
                    ).is_close_order  # fmt: skip


@pytest.mark.parametrize(
    ("lane", "side", "reduces"),
    [
        (PositionSide.LONG, Side.BUY, False),
        (PositionSide.LONG, Side.SELL, True),
        (PositionSide.SHORT, Side.SELL, False),
        (PositionSide.SHORT, Side.BUY, True),
        (PositionSide.BOTH, Side.SELL, False),
    ],
)
def test_the_lane_says_which_side_only_reduces(
    lane: PositionSide,
    side: Side,
    reduces: bool,
) -> None:
    ticket = made(Draft(K.LIMIT, P(990), lots=L(1)), side, lane=lane)
    assert ticket.is_reduce_only is reduces
    assert ticket.terms.position_side is (None if lane is PositionSide.BOTH else lane)


@pytest.mark.parametrize("kind", [K.STOP_LOSS, K.TAKE_PROFIT])
@pytest.mark.parametrize("side", list(Side))
def test_an_exit_lies_on_the_side_that_reduces(kind: OrderKind, side: Side) -> None:
    """On the other side it would wait, look like protection, and reduce nothing."""
    is_above = (side is Side.BUY) is (kind is K.STOP_LOSS)
    draft = Draft(kind, trigger=P(1050 if is_above else 950), lots=L(1))
    name = "Long" if side is Side.BUY else "Short"
    words = f"{name} 5 is held: a {side.value} cannot reduce it."
    assert fault(draft, side, held=5 * side.sign).sentence == words
    for held in (-5 * side.sign, 0, None):
        assert made(draft, side, held=held).is_reduce_only
    in_lane = PositionSide.LONG if side is Side.BUY else PositionSide.SHORT
    assert fault(draft, side, lane=in_lane).field is Field.LANE


def test_a_reduce_only_limit_lies_on_the_side_that_reduces() -> None:
    draft = Draft(K.LIMIT, P(990), lots=L(1), is_reduce_only=True)
    assert fault(draft, Side.BUY, held=2).field is Field.TERMS
    assert made(draft, Side.BUY, held=-2).is_reduce_only


def test_closing_all_is_of_no_side() -> None:
    draft = Draft(K.STOP_LOSS, trigger=P(1050), closes=True)
    assert made(draft, Side.BUY, held=5).is_close_order


def test_what_opens_a_lane_cannot_only_reduce() -> None:
    draft = Draft(K.LIMIT, P(990), lots=L(1), is_reduce_only=True)
    assert fault(draft, Side.BUY, lane=PositionSide.LONG).field is Field.LANE
    assert made(draft, Side.SELL, lane=PositionSide.LONG).is_reduce_only
    close = made(Draft(K.MARKET, closes=True), Side.SELL, lane=PositionSide.LONG)
    assert close.terms.position_side is PositionSide.LONG


def test_attached_exits_follow_the_side() -> None:
    draft = Draft(K.LIMIT, P(990), lots=L(1), loss=P(980), profit=P(1030))
    assert attached(draft, Side.BUY) == AttachedExits(StopReference.MARK, P(1030), P(980))
    market = Draft(K.MARKET, lots=L(1), loss=P(980))
    assert made(market).exits == AttachedExits(StopReference.MARK, None, P(980))
    nowhere = {Side.BUY: None, Side.SELL: None}
    assert fault(market, far=nowhere).field is Field.EXITS
