"""Protection of a position: every state by table, and against a brute-force oracle."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.events import (
    MarginMode,
    OrderType,
    PositionSide,
    StopDirection,
    StopReference,
)
from terminal.domain.order import Order, OrderState, PendingCommand, submitting
from terminal.domain.protection import (
    Cover,
    DistanceUnit,
    Held,
    ProtectionSettings,
    ProtectionState,
    StopDistance,
    classify,
    mending,
    protective_price,
)
from terminal.domain.triggers import loss_direction, opposite
from terminal.domain.units import ClientOid, ExactPrice, Lots, OrderId, Price, Side
from tests.support.builders import a_contract, an_inverse_contract

if TYPE_CHECKING:
    from terminal.domain.contract import Contract

CONTRACTS = [a_contract(), an_inverse_contract()]
MARK = 1000
STATE = ProtectionState


def exact(ticks: Decimal | float, contract: Contract) -> ExactPrice:
    return ExactPrice(contract.scale.tick_size * Decimal(str(ticks)))


def held(lots: int, contract: Contract = CONTRACTS[0], **more: Any) -> Held:
    return Held(contract, Lots(lots), **more)


def an_exit(of: Held, lots: int = 2, name: str = "s1", **changes: Any) -> Order:
    """A waiting reduce-only market stop that limits the position's loss."""
    values: dict[str, Any] = {
        "symbol": of.contract.symbol,
        "client_oid": ClientOid(name),
        "order_id": OrderId(name),
        "side": of.closing_side,
        "order_type": OrderType.MARKET,
        "price": None,
        "lots": Lots(lots),
        "state": OrderState.UNTRIGGERED,
        "is_reduce_only": True,
        "trigger": Price(MARK - 50 if of.is_long else MARK + 50),
        "stop_direction": loss_direction(is_long=of.is_long),
        "stop_reference": StopReference.MARK,
        "position_side": None if of.lane is PositionSide.BOTH else of.lane,
    }
    return Order(**{**values, **changes})


def a_close(of: Held, name: str = "all", **changes: Any) -> Order:
    """A waiting stop that closes whatever there is."""
    return an_exit(of, 0, name, **{"is_close_order": True, "is_reduce_only": False, **changes})


def an_entry(of: Held, lots: int = 3, **changes: Any) -> Order:
    """A limit that would enlarge the position."""
    return an_exit(
        of,
        lots,
        "entry",
        **{
            "side": of.closing_side.opposite,
            "order_type": OrderType.LIMIT,
            "price": Price(MARK),
            "state": OrderState.OPEN,
            "is_reduce_only": False,
            "trigger": None,
            "stop_direction": None,
            **changes,
        },
    )


def beyond(of: Held) -> Price:
    return Price(MARK - 500 if of.is_long else MARK + 500)


SITUATIONS: list[tuple[str, Any, ProtectionState, int]] = [
    ("nothing waits", lambda of: [], STATE.NAKED, 0),
    ("a stop for all", lambda of: [an_exit(of)], STATE.PROTECTED, 2),
    ("one that closes all", lambda of: [a_close(of)], STATE.PROTECTED, 2),
    ("a stop for half", lambda of: [an_exit(of, 1)], STATE.UNDER_COVERED, 1),
    ("two halves", lambda of: [an_exit(of, 1), an_exit(of, 1, "s2")], STATE.PROTECTED, 2),
    ("a part and a close", lambda of: [an_exit(of, 1), a_close(of)], STATE.PROTECTED, 2),
    ("one too large", lambda of: [an_exit(of, 3)], STATE.OVER_COVERED, 2),
    ("one too many", lambda of: [an_exit(of), an_exit(of, 1, "s2")], STATE.OVER_COVERED, 2),
    ("two that close all", lambda of: [a_close(of), a_close(of, "b")], STATE.OVER_COVERED, 2),
    (
        "room for an entry that still works",
        lambda of: [an_exit(of, 5), an_entry(of, 3)],
        STATE.PROTECTED,
        2,
    ),
    (
        "a take-profit alone",
        lambda of: [an_exit(of, stop_direction=opposite(loss_direction(is_long=of.is_long)))],
        STATE.NAKED,
        0,
    ),
    (
        "a reduce-only limit alone",
        lambda of: [
            an_exit(
                of,
                order_type=OrderType.LIMIT,
                price=Price(1100),
                trigger=None,
                stop_direction=None,
                state=OrderState.OPEN,
            )
        ],
        STATE.NAKED,
        0,
    ),
    (
        "a stop that becomes a limit",
        lambda of: [an_exit(of, order_type=OrderType.LIMIT, price=Price(900))],
        STATE.NAKED,
        0,
    ),
    (
        "a covering stop and one on the wrong side",
        lambda of: [an_exit(of), an_exit(of, 2, "s2", side=of.closing_side.opposite)],
        STATE.ORPHAN_STOPPED,
        2,
    ),
    (
        "only a stop on the wrong side",
        lambda of: [an_exit(of, side=of.closing_side.opposite)],
        STATE.NAKED,
        0,
    ),
    ("an entry alone", lambda of: [an_entry(of)], STATE.NAKED, 0),
    (
        "a stop of unknown fate",
        lambda of: [an_exit(of, state=OrderState.UNKNOWN)],
        STATE.UNKNOWN,
        0,
    ),
    (
        "an entry of unknown fate hides nothing",
        lambda of: [an_entry(of, state=OrderState.UNKNOWN)],
        STATE.NAKED,
        0,
    ),
    (
        "what is unknown beside a stop for all",
        lambda of: [an_exit(of), an_exit(of, 1, "s2", state=OrderState.UNKNOWN)],
        STATE.PROTECTED,
        2,
    ),
    ("no direction told", lambda of: [an_exit(of, stop_direction=None)], STATE.UNKNOWN, 0),
    ("no trigger told", lambda of: [an_exit(of, trigger=None)], STATE.UNKNOWN, 0),
    ("no side told", lambda of: [an_exit(of, side=None)], STATE.UNKNOWN, 0),
    (
        "a stop that is being canceled",
        lambda of: [an_exit(of, pending=PendingCommand.CANCEL)],
        STATE.UNKNOWN,
        0,
    ),
    (
        "a stop that is being replaced",
        lambda of: [an_exit(of, pending=PendingCommand.CANCEL), an_exit(of, 2, "s2")],
        STATE.PROTECTED,
        2,
    ),
    ("a stop being placed", lambda of: [an_exit(of, state=OrderState.SUBMITTING)], STATE.COMING, 0),
    (
        "a take-profit being placed",
        lambda of: [
            an_exit(
                of,
                state=OrderState.SUBMITTING,
                stop_direction=opposite(loss_direction(is_long=of.is_long)),
            )
        ],
        STATE.NAKED,
        0,
    ),
    ("a stop that has fired", lambda of: [an_exit(of, state=OrderState.OPEN)], STATE.UNKNOWN, 0),
    ("a stop that has ended", lambda of: [an_exit(of, state=OrderState.FILLED)], STATE.NAKED, 0),
    (
        "a stop beyond liquidation",
        lambda of: [an_exit(of, trigger=beyond(of))],
        STATE.NAKED,
        0,
    ),
]


@pytest.mark.parametrize("lane", list(PositionSide))
@pytest.mark.parametrize("contract", CONTRACTS, ids=["linear", "inverse"])
@pytest.mark.parametrize("sign", [1, -1], ids=["long", "short"])
@pytest.mark.parametrize(
    ("make", "state", "covered"),
    [row[1:] for row in SITUATIONS],
    ids=[row[0] for row in SITUATIONS],
)
def test_every_state(
    make: Any, state: STATE, covered: int, sign: int, contract: Contract, lane: PositionSide
) -> None:
    if lane is not PositionSide.BOTH:
        sign = 1 if lane is PositionSide.LONG else -1
    of = held(2 * sign, contract, lane=lane)
    of = replace(of, liquidation=exact(beyond(of), contract))
    cover = classify(of, make(of))
    assert (cover.state, cover.covered, cover.missing) == (state, covered, 2 - covered)


FLAT: list[tuple[str, Any, ProtectionState]] = [
    ("nothing", lambda of: [], STATE.FLAT),
    ("a stop without a position", lambda of: [an_exit(of)], STATE.ORPHAN_STOPPED),
    ("a close without a position", lambda of: [a_close(of)], STATE.ORPHAN_STOPPED),
    ("exits that wait for their entry", lambda of: [an_exit(of), an_entry(of)], STATE.FLAT),
    (
        "a stop that is being canceled",
        lambda of: [an_exit(of, pending=PendingCommand.CANCEL)],
        STATE.FLAT,
    ),
    (
        "a stop entry",
        lambda of: [an_entry(of, state=OrderState.UNTRIGGERED, trigger=Price(1010),
                             order_type=OrderType.MARKET, price=None,
                             stop_direction=StopDirection.UP)],
        STATE.FLAT,
    ),
    (
        "a reduce-only limit",
        lambda of: [an_exit(of, order_type=OrderType.LIMIT, price=Price(1), trigger=None,
                            stop_direction=None, state=OrderState.OPEN)],
        STATE.FLAT,
    ),
]  # fmt: skip


@pytest.mark.parametrize("lane", list(PositionSide))
@pytest.mark.parametrize(("make", "state"), [r[1:] for r in FLAT], ids=[r[0] for r in FLAT])
def test_every_state_without_a_position(make: Any, state: STATE, lane: PositionSide) -> None:
    cover = classify(held(0, lane=lane), make(held(0, lane=lane)))
    assert cover.state is state
    assert cover.covered == cover.missing == 0


def test_lists_that_are_not_trusted_are_never_protection() -> None:
    of = held(2)
    cover = classify(of, [an_exit(of)], is_trusted=False)
    assert cover.state is STATE.UNKNOWN
    assert cover.doubts == ("Orders and positions are being read again.",)


def test_exits_on_their_way_are_neither_an_alarm_nor_silence() -> None:
    of = held(2)
    assert classify(of, [], awaited=of.size).state is STATE.COMING
    assert classify(of, [an_exit(of, 1)], awaited=1).state is STATE.COMING
    assert classify(of, [an_exit(of)], awaited=of.size).state is STATE.PROTECTED


def test_what_no_exit_on_its_way_can_cover_is_an_alarm_at_once() -> None:
    of = held(5)
    assert classify(of, [], awaited=4).state is STATE.NAKED
    assert classify(of, [an_exit(of, 1)], awaited=3).state is STATE.UNDER_COVERED


def test_a_stop_being_placed_excuses_only_the_lots_that_it_is_for() -> None:
    of = held(4)
    arriving = [an_exit(of, 1, f"a{n}", state=OrderState.SUBMITTING) for n in range(4)]
    assert classify(of, arriving[:1]).state is STATE.NAKED
    assert classify(of, [an_exit(of, 1), *arriving[:2]]).state is STATE.UNDER_COVERED
    assert classify(of, [an_exit(of, 1), *arriving[:3]]).state is STATE.COMING
    assert classify(of, arriving[:1], awaited=2).state is STATE.NAKED
    assert classify(of, arriving[:1], awaited=3).state is STATE.COMING
    assert classify(of, [a_close(of, state=OrderState.SUBMITTING)]).state is STATE.COMING
    assert classify(of, arriving[:1]).doubts == ("A stop is being placed.",)


def test_flags_that_are_not_known_are_doubt() -> None:
    of = held(2)
    cover = classify(of, [an_exit(of)], flags_unknown=frozenset({ClientOid("s1")}))
    assert cover.state is STATE.UNKNOWN
    assert cover.covered == 0


def test_lanes_do_not_cover_each_other_and_an_unsaid_lane_is_doubt() -> None:
    long = held(2, lane=PositionSide.LONG)
    stop = an_exit(long)
    assert classify(long, [replace(stop, position_side=PositionSide.SHORT)]).state is STATE.NAKED
    assert classify(long, [replace(stop, position_side=None)]).state is STATE.UNKNOWN
    one_way = held(2)
    assert (
        classify(one_way, [an_exit(one_way, position_side=PositionSide.BOTH)]).state
        is STATE.PROTECTED
    )


def test_in_hedge_mode_the_closing_side_only_reduces() -> None:
    flat = held(0, lane=PositionSide.LONG)
    stop = an_exit(flat, is_reduce_only=False)
    assert classify(flat, [stop]).state is STATE.ORPHAN_STOPPED
    assert classify(held(0), [an_exit(held(0), is_reduce_only=False)]).state is STATE.FLAT


# The oracle --------------------------------------------------------------------------------------


def crash(of: Held, stops: list[Order]) -> int:
    """What is left of a position after the price went as far against it as prices go.

    Stops fire one after the other; what only reduces stops at flat.
    """
    left = of.lots
    for order in sorted(stops, key=lambda o: -(o.trigger or 0) if of.is_long else o.trigger or 0):
        if order.stop_direction is not loss_direction(is_long=of.is_long):
            continue
        step = abs(left) if order.is_close_order else order.remaining
        sign = 1 if order.side is Side.BUY else -1
        if order.is_close_order:
            left = Lots(0)
        elif left and (left > 0) == (sign < 0):
            left = Lots(left + sign * min(step, abs(left)))
    return left


@st.composite
def situations(draw: st.DrawFn) -> tuple[Held, list[Order]]:
    of = held(draw(st.integers(-4, 4).filter(bool)))
    stops = []
    for number in range(draw(st.integers(0, 4))):
        lots, is_close = draw(st.integers(1, 4)), draw(st.booleans())
        order = a_close(of, f"s{number}") if is_close else an_exit(of, lots, f"s{number}")
        away = draw(st.integers(1, 90))
        if draw(st.integers(0, 4)) == 0:
            order = replace(order, stop_direction=opposite(loss_direction(is_long=of.is_long)))
        if draw(st.integers(0, 4)) == 0 and not is_close:
            order = replace(order, side=of.closing_side.opposite)
        trigger = MARK - away if of.is_long else MARK + away
        stops.append(replace(order, trigger=Price(trigger)))
    return of, stops


@given(situations())
def test_the_state_says_what_a_crash_would_leave(case: tuple[Held, list[Order]]) -> None:
    """Protected, over-covered and orphan mean that nothing is left; the others what they say."""
    of, stops = case
    cover, left = classify(of, stops), abs(crash(of, stops))
    assert cover.missing == left
    if left == of.size:
        assert cover.state is STATE.NAKED
    elif left:
        assert cover.state is STATE.UNDER_COVERED
    else:
        assert cover.state in {STATE.PROTECTED, STATE.OVER_COVERED, STATE.ORPHAN_STOPPED}


@given(
    situations(), st.integers(0, 15), st.sampled_from([OrderState.UNKNOWN, OrderState.SUBMITTING])
)
def test_what_is_not_known_never_makes_a_position_look_protected(
    case: tuple[Held, list[Order]], which: int, state: OrderState
) -> None:
    """Even if all that is not known is not there, what is said to be covered is."""
    of, stops = case
    known = [stop for number, stop in enumerate(stops) if not which >> number & 1]
    mixed = [
        replace(stop, state=state) if which >> number & 1 else stop
        for number, stop in enumerate(stops)
    ]
    cover = classify(of, mixed)
    if cover.state in {STATE.PROTECTED, STATE.OVER_COVERED, STATE.ORPHAN_STOPPED}:
        assert crash(of, known) == 0
    if cover.state in {STATE.NAKED, STATE.UNDER_COVERED}:
        assert crash(of, stops), "what is not known could not protect all of it either"


def applied(cover: Cover, orders: list[Order], price: ExactPrice) -> list[Order]:
    """The orders after the mending was done; coverage is checked on the way."""
    order = mending(cover, MarginMode.ISOLATED, price, ProtectionSettings())
    now = list(orders)
    for number, ticket in enumerate(order.places):
        placed = submitting(ticket, ClientOid(f"new{number}"))
        now.append(replace(placed, state=OrderState.UNTRIGGERED, order_id=OrderId(f"n{number}")))
    for one in order.cancels:
        now.remove(one)
        assert abs(crash(cover.held, now)) <= cover.missing, "coverage fell on the way"
    return now


@given(situations())
def test_mending_ends_protected_and_coverage_never_falls_on_the_way(
    case: tuple[Held, list[Order]],
) -> None:
    of, stops = case
    now = stops
    for _ in range(3):
        cover = classify(of, now)
        if cover.state is STATE.PROTECTED:
            return
        after = applied(cover, now, exact(MARK, of.contract))
        assert after != now, cover.state
        now = after
    assert classify(of, now).state is STATE.PROTECTED


# Mending -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("contract", CONTRACTS, ids=["linear", "inverse"])
@pytest.mark.parametrize("lane", [PositionSide.LONG, PositionSide.SHORT, PositionSide.BOTH])
def test_a_naked_position_is_mended_by_one_exact_stop(
    contract: Contract, lane: PositionSide
) -> None:
    of = held(-3 if lane is PositionSide.SHORT else 3, contract, lane=lane)
    cover = classify(of, [])
    settings = ProtectionSettings(distance=StopDistance(DistanceUnit.TICKS, Decimal(40)))
    found = mending(cover, MarginMode.CROSS, exact(MARK, contract), settings)
    (ticket,) = found.places
    assert ticket.trigger is not None
    assert (ticket.side, ticket.lots, ticket.is_reduce_only) == (of.closing_side, 3, True)
    assert (ticket.order_type, ticket.margin_mode) == (OrderType.MARKET, MarginMode.CROSS)
    assert ticket.trigger.price == (MARK - 40 if of.is_long else MARK + 40)
    assert ticket.trigger.direction is loss_direction(is_long=of.is_long)
    assert ticket.trigger.reference is StopReference.MARK
    assert ticket.terms.position_side is (None if lane is PositionSide.BOTH else lane)
    assert not found.cancels
    assert not found.is_empty


def test_more_than_one_order_takes_is_split() -> None:
    of = held(1_200_000)
    found = mending(
        classify(of, []), MarginMode.CROSS, exact(MARK, of.contract), ProtectionSettings()
    )
    assert [ticket.lots for ticket in found.places] == [500_000, 500_000, 200_000]


def test_what_is_too_large_is_replaced_where_it_stood() -> None:
    of = held(2)
    large = an_exit(of, 5, trigger=Price(930), stop_reference=StopReference.LAST)
    found = mending(classify(of, [large]), MarginMode.CROSS, None, ProtectionSettings())
    (ticket,) = found.places
    assert ticket.trigger is not None
    assert (ticket.lots, ticket.trigger.price) == (2, 930)
    assert ticket.trigger.reference is StopReference.LAST
    assert found.cancels == (large,)


@pytest.mark.parametrize(
    ("orders", "awaited", "mark", "reason"),
    [
        ([], 2, MARK, "on their way"),
        ([an_exit(held(2), state=OrderState.UNKNOWN)], 0, MARK, "Not known well enough"),
        ([], 0, None, "mark price is not known"),
        ([an_exit(held(2))], 0, MARK, "Nothing to mend."),
    ],
)
def test_what_cannot_be_mended_says_why(
    orders: list[Order], awaited: int, mark: int | None, reason: str
) -> None:
    cover = classify(held(2), orders, awaited=awaited)
    price = None if mark is None else exact(mark, CONTRACTS[0])
    found = mending(cover, MarginMode.CROSS, price, ProtectionSettings())
    assert found.is_empty
    assert reason in found.reason


# Prices ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lots", "unit", "value", "liquidation", "expected"),
    [
        (1, DistanceUnit.TICKS, "40", None, 960),
        (-1, DistanceUnit.TICKS, "40", None, 1040),
        (1, DistanceUnit.PERCENT, "2.55", None, 975),  # 974.5 ticks: nearer, not further
        (-1, DistanceUnit.PERCENT, "2.55", None, 1025),
        (1, DistanceUnit.LIQUIDATION_SHARE, "25", 900, 975),
        (-1, DistanceUnit.LIQUIDATION_SHARE, "25", 1100, 1025),
        (1, DistanceUnit.LIQUIDATION_SHARE, "25", None, 990),  # no end to share: one percent
        (1, DistanceUnit.TICKS, "200", 900, 950),  # would lie beyond the end: half the way
        (-1, DistanceUnit.TICKS, "200", 1100, 1050),
        (1, DistanceUnit.TICKS, "40", 999.5, None),  # no tick is left in between
        (1, DistanceUnit.TICKS, "1000", None, None),  # not above zero
    ],
)
def test_where_a_mending_stop_lies(
    lots: int, unit: DistanceUnit, value: str, liquidation: float | None, expected: int | None
) -> None:
    contract = CONTRACTS[0]
    end = None if liquidation is None else exact(liquidation, contract)
    of = held(lots, contract, liquidation=end)
    found = protective_price(of, exact(MARK, contract), StopDistance(unit, Decimal(value)))
    assert found == expected


@given(
    st.integers(-5, 5).filter(bool),
    st.decimals("900", "1100", places=2),
    st.sampled_from(DistanceUnit),
    st.decimals("0.1", "60", places=1),
    st.none() | st.decimals("500", "1500", places=1),
)
def test_a_mending_stop_waits_on_the_side_of_the_loss_before_the_end(
    lots: int,
    mark: Decimal,
    unit: DistanceUnit,
    value: Decimal,
    liquidation: Decimal | None,
) -> None:
    contract = CONTRACTS[0]
    end = None if liquidation is None else exact(liquidation, contract)
    of = held(lots, contract, liquidation=end)
    price = protective_price(of, exact(mark, contract), StopDistance(unit, value))
    if price is None:
        return
    sign = 1 if lots > 0 else -1
    assert sign * (mark - price) > 0
    if liquidation is not None and sign * (mark - liquidation) > 0:
        assert sign * (price - liquidation) > 0
