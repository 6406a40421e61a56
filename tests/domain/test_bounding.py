"""Which plain stops stay with a position: by table, and by law."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.bounding import guard_words, may_bound_loss, plain_guards
from terminal.domain.events import OrderType, PositionSide, StopDirection
from terminal.domain.lanes import never_opens
from terminal.domain.order import Order, OrderState, PendingCommand
from terminal.domain.units import ClientOid, Lots, OrderId, Price, Side
from tests.support.builders import XBT

DOWN, UP = StopDirection.DOWN, StopDirection.UP


def a_stop(name: str = "s", **changes: Any) -> Order:
    """A waiting plain market sell of 3 lots at 900."""
    values: dict[str, Any] = {
        "symbol": XBT,
        "client_oid": ClientOid(name),
        "order_id": OrderId(name),
        "side": Side.SELL,
        "order_type": OrderType.MARKET,
        "price": None,
        "lots": Lots(3),
        "state": OrderState.UNTRIGGERED,
        "trigger": Price(900),
        "stop_direction": DOWN,
    }
    return Order(**{**values, **changes})


@pytest.mark.parametrize(
    ("changes", "held", "may"),
    [
        ({}, 3, True),
        ({}, None, True),
        ({}, 0, False),
        ({}, -3, False),
        ({"side": Side.BUY, "stop_direction": UP}, -3, True),
        ({"side": Side.BUY, "stop_direction": UP}, 3, False),
        ({"stop_direction": UP}, 3, False),
        ({"stop_direction": UP}, None, False),
        ({"stop_direction": None}, 3, True),
        ({"side": None}, 3, False),
        ({"side": None, "is_close_order": True}, 3, True),
        ({"side": None, "is_close_order": True, "stop_direction": UP}, 3, False),
        ({"state": OrderState.PARTLY_FILLED}, 3, True),
        ({"state": OrderState.UNKNOWN}, 3, True),
        ({"state": OrderState.CANCELED}, 3, False),
        ({"state": OrderState.OPEN, "trigger": None}, 3, False),
        ({"position_side": PositionSide.LONG}, None, True),
        ({"position_side": PositionSide.SHORT}, None, False),
    ],
)
def test_what_may_bound_a_loss(changes: dict[str, Any], held: int | None, may: bool) -> None:
    assert may_bound_loss(a_stop(**changes), held) is may


@pytest.mark.parametrize(
    ("changes", "cannot"),
    [
        ({}, False),
        ({"is_reduce_only": True}, True),
        ({"is_close_order": True}, True),
        ({"position_side": PositionSide.BOTH}, False),
        ({"position_side": PositionSide.LONG}, True),
        ({"position_side": PositionSide.SHORT}, False),
    ],
)
def test_what_cannot_open(changes: dict[str, Any], cannot: bool) -> None:
    assert never_opens(a_stop(**changes)) is cannot


@pytest.mark.parametrize(
    ("stops", "held", "kept"),
    [
        ([a_stop()], 3, {"s"}),
        ([a_stop()], 1, {"s"}),  # cut it cannot be
        ([a_stop()], 0, set()),
        ([a_stop("far"), a_stop("near", trigger=Price(950))], 3, {"near"}),
        ([a_stop("far"), a_stop("near", trigger=Price(950))], 4, {"near", "far"}),
        ([a_stop("far"), a_stop("near", trigger=Price(950), is_reduce_only=True)], 3, set()),
        ([a_stop("near", trigger=Price(950)), a_stop("far", is_reduce_only=True)], 3, {"near"}),
        ([a_stop("s"), a_stop("same", is_reduce_only=True)], 3, set()),
        ([a_stop(), a_stop("a", lots=Lots(0), trigger=Price(950), is_close_order=True)], 3, set()),
        ([a_stop("s"), a_stop("weak", order_type=OrderType.LIMIT, trigger=Price(950))], 3, {"s"}),
        ([a_stop("weak", order_type=OrderType.LIMIT)], 3, {"weak"}),
        ([a_stop("s"), a_stop("goes", pending=PendingCommand.CANCEL)], 3, {"s"}),
        ([a_stop("goes", pending=PendingCommand.MOVE)], 3, set()),
        ([a_stop("s"), a_stop("l", state=OrderState.UNKNOWN, trigger=Price(950))], 3, {"s", "l"}),
        ([a_stop("s"), a_stop("fired", state=OrderState.OPEN, trigger=Price(800))], 3,
         {"s", "fired"}),  # a thin book may leave some of it undone
        ([a_stop("s"), a_stop("where", trigger=None)], 3, {"s"}),
        ([a_stop("s", side=Side.BUY, stop_direction=UP), a_stop("where", side=Side.BUY,
          stop_direction=UP, trigger=None)], -3, {"s"}),
    ],
)  # fmt: skip
def test_plain_stops_stay_up_to_what_is_held(stops: list[Order], held: int, kept: set[str]) -> None:
    assert plain_guards(stops, held) == kept


def test_what_is_not_known_to_be_plain_or_held_is_not_decided() -> None:
    assert plain_guards([a_stop()], 3, {ClientOid("s")}) == set()
    assert plain_guards([a_stop(), a_stop("r", is_reduce_only=True)], None) == {"s"}


ORDERS = st.lists(
    st.builds(
        lambda side, lots, trigger, plain, limit, up: {
            "side": side, "lots": Lots(lots), "trigger": Price(trigger),
            "is_reduce_only": not plain, "stop_direction": UP if up else DOWN,
            "order_type": OrderType.LIMIT if limit else OrderType.MARKET,
        },
        st.sampled_from(Side), st.integers(1, 4), st.integers(800, 990), st.booleans(),
        st.booleans(), st.booleans(),
    ),
    max_size=7,
)  # fmt: skip


@given(ORDERS, st.integers(-6, 6))
def test_taking_the_rest_leaves_as_much_covered_and_none_is_idle(
    drawn: list[dict[str, Any]], held: int
) -> None:
    """What is certain to be covered stays so; without any one that is kept, less would be."""
    orders = [a_stop(f"s{number}", **one) for number, one in enumerate(drawn)]
    kept = plain_guards(orders, held)

    def covered(chosen: list[Order], *, limits: bool) -> int:
        sizes = [
            one.remaining
            for one in chosen
            if may_bound_loss(one, held) and (limits or one.order_type is OrderType.MARKET)
        ]
        return min(abs(held), sum(sizes))

    rest = [one for one in orders if one.is_reduce_only or one.client_oid in kept]
    for limits in (False, True):
        assert covered(rest, limits=limits) == covered(orders, limits=limits)
    assert all(not one.is_reduce_only for one in orders if one.client_oid in kept)
    sizes = sorted(one.remaining for one in orders if one.client_oid in kept)
    assert not kept or sum(sizes[:-1]) < abs(held), "all but one are for less than is held"


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, ""),
        (1, "1 stop kept that protects although it is not reduce-only: it could open a position."),
        (
            2,
            (
                "2 stops kept that protect although they are not reduce-only: "
                "they could open a position."
            ),
        ),
    ],
)
def test_kept_stops_are_told_for_what_they_are(count: int, words: str) -> None:
    assert guard_words(count) == words
