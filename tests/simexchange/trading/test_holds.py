"""What working orders hold back: the same whichever way the orders came and went."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.market.contracts import CONTRACTS
from terminal.simexchange.market.matching import BUY, SELL
from terminal.simexchange.trading.holds import OrderHolds
from terminal.simexchange.trading.orders import UserOrder

SPEC = CONTRACTS[0]
INVERSE = next(spec for spec in CONTRACTS if spec.is_inverse)


def an_order(number: int, side: str, price: int, size: int, **more: object) -> UserOrder:
    return UserOrder(
        id=str(number),
        number=number,
        uid="u",
        client_oid=str(number),
        symbol=SPEC.symbol,
        side=side,
        type="limit",
        price=price,
        size=size,
        leverage=Decimal(3),
        margin_mode="ISOLATED",
        created_ms=0,
        time_ns=0,
        **more,  # type: ignore[arg-type]
    )


def held(side: str, price: int, size: int) -> Decimal:
    return OrderHolds(SPEC).opening(SPEC.price(price), size, Decimal(3)).held


def test_an_opening_order_holds_value_over_leverage_and_the_takers_fee() -> None:
    holds = OrderHolds(SPEC)
    holds.set(an_order(1, BUY, 900_000, 10))
    # 10 lots of 0.001 at 90000 are worth 900: a third of it, and 0.06 %.
    assert holds.margin(0, None) == Decimal("300.54")
    assert not holds.is_empty


def test_reducing_lots_hold_nothing_the_oldest_first() -> None:
    holds = OrderHolds(SPEC)
    holds.set(an_order(1, SELL, 900_000, 10))
    holds.set(an_order(2, SELL, 950_000, 10))
    assert holds.margin(15, None) == held(SELL, 950_000, 5)
    assert holds.margin(20, None) == 0
    assert holds.margin(-20, None) == holds.margin(0, None), "the same side as a short"
    assert holds.uncovered(SELL, 25, 10) == 5
    assert holds.uncovered(BUY, 25, 10) == 10


def test_an_order_that_only_reduces_holds_when_it_was_sent_to() -> None:
    holds = OrderHolds(SPEC)
    holds.set(an_order(1, SELL, 900_000, 10, is_reduce_only=True))
    assert holds.is_empty
    holds.set(an_order(2, SELL, 900_000, 10, is_reduce_only=True, holds_margin=True))
    assert holds.margin(10, None) == held(SELL, 900_000, 10)


def test_only_the_larger_side_counts_when_crossed() -> None:
    holds = OrderHolds(SPEC)
    holds.set(an_order(1, BUY, 1_000_000, 10))
    holds.set(an_order(2, SELL, 1_000_000, 4))
    assert holds.margin(0, Decimal(10)) == Decimal("100.6")
    more = an_order(3, SELL, 1_000_000, 6)
    assert holds.cost_of(more, 0, SPEC.price(1_000_000), Decimal(10)) == 0
    more = an_order(3, SELL, 1_000_000, 7)
    assert holds.cost_of(more, 0, SPEC.price(1_000_000), Decimal(10)) == Decimal("10.06")
    assert holds.side_value(BUY, 0) == 1000


@pytest.mark.parametrize("spec", [SPEC, INVERSE], ids=["linear", "inverse"])
@given(
    st.lists(
        st.tuples(
            st.sampled_from([BUY, SELL]),
            st.integers(900_000, 999_999),
            st.integers(1, 50),
            st.booleans(),
            st.integers(0, 50),
        ),
        max_size=20,
    ),
    st.integers(-80, 80),
    st.sampled_from([None, Decimal(7)]),
)
def test_the_running_sums_are_those_of_the_orders_that_are_left(
    spec: object, rows: list[tuple[str, int, int, bool, int]], position: int, cross: Decimal | None
) -> None:
    running, fresh = OrderHolds(spec), OrderHolds(spec)  # type: ignore[arg-type]
    orders = []
    for count, (side, price, size, is_forced, filled) in enumerate(rows):
        order = an_order(count, side, price, size, holds_margin=is_forced)
        running.set(order)
        orders.append((order, min(filled, size)))
    for order, filled in orders:
        order.filled = filled
        running.set(order)
        fresh.set(order)
        if filled % 3 == 0:
            running.drop(order)
            fresh.drop(order)
    assert running.margin(position, cross) == fresh.margin(position, cross)
    for order, _ in orders:
        running.drop(order)
    assert running.margin(position, cross) == 0
    assert running.is_empty


@given(
    st.integers(-50, 50),
    st.lists(st.tuples(st.sampled_from([BUY, SELL]), st.integers(1, 30)), max_size=8),
)
def test_cross_margin_is_of_the_larger_side(position: int, orders: list[tuple[str, int]]) -> None:
    """The published formula (7.3): max(|position + orders of its side|, |orders of the other|)."""
    holds = OrderHolds(SPEC)
    for number, (side, lots) in enumerate(orders):
        holds.set(an_order(number, side, 900_000, lots))
    buys, sells = (sum(lots for side, lots in orders if side == one) for one in (BUY, SELL))
    same, other = (buys, sells) if position >= 0 else (sells, buys)
    larger = max(abs(position) + same, other)
    one_lot = SPEC.value(SPEC.price(900_000), 1)
    assert holds.larger_value(position) == one_lot * (larger - abs(position))
    cost = one_lot * (larger - abs(position))
    assert holds.margin(position, Decimal(4)) == cost / 4 + cost * SPEC.taker_rate
