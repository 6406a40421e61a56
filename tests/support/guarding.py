"""Facts and tickets for tests of the guard: all is known and allows, unless said otherwise."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from terminal.domain.events import MarginMode, OrderType, PositionSide, StopDirection, StopReference
from terminal.domain.guard import GuardFacts, GuardLimits, Touch
from terminal.domain.guard_terms import NOTHING_HELD, DayResult, Entry, Lockout, OrderRate, Sent
from terminal.domain.market_facts import RiskTier
from terminal.domain.ticket import OrderTerms, OrderTicket, StopTrigger, close_ticket
from terminal.domain.units import ExactPrice, Lots, Price, Side
from tests.support.builders import XBT, a_ticket

TOUCH = Touch(Price(1000), Price(1001))


def some_tiers() -> tuple[RiskTier, ...]:
    """Two levels: up to 1000 at 0.4 %, up to 5000 at 5 %."""
    return (
        RiskTier(XBT, 1, Decimal(0), Decimal(1000), Decimal(125), Decimal("0.008"),
                 Decimal("0.004")),
        RiskTier(XBT, 2, Decimal(1000), Decimal(5000), Decimal(10), Decimal("0.1"),
                 Decimal("0.05")),
    )  # fmt: skip


def some_facts(**changes: Any) -> GuardFacts:
    """A live book around 100, nothing held, a million available."""
    values: dict[str, Any] = {
        "touch": TOUCH,
        "mark": ExactPrice(Decimal(100)),
        "holding": NOTHING_HELD,
        "entries": (),
        "cross_leverage": Decimal(10),
        "available": Decimal(1_000_000),
        "tiers": some_tiers(),
        "now_ms": 100_000,
        "sent": (),
        "day": DayResult("USDT", Decimal(0), None, 0),
    }
    return GuardFacts(**{**values, **changes})


def in_lane(lane: PositionSide, **changes: Any) -> OrderTicket:
    """A ticket of hedge mode."""
    return a_ticket(terms=OrderTerms(position_side=lane), **changes)


def a_stop(at: int, **changes: Any) -> OrderTicket:
    """A stop that waits for the last price to rise."""
    return a_ticket(trigger=StopTrigger(StopDirection.UP, StopReference.LAST, Price(at)), **changes)


def a_sent(**changes: Any) -> Sent:
    """The usual ticket, sent at 100 s."""
    values: dict[str, Any] = {
        "at_ms": 100_000,
        "symbol": XBT,
        "side": Side.BUY,
        "price": Price(1000),
        "lots": Lots(2),
        "trigger": None,
    }
    return Sent(**{**values, **changes})


# What any guard may be asked -------------------------------------------------------------------

_amounts = st.decimals("0.0001", "1000000", allow_nan=False, allow_infinity=False, places=4)
_lots = st.integers(1, 2_000_000).map(Lots)
_sides = st.sampled_from(Side)


def opening_tickets() -> st.SearchStrategy[OrderTicket]:
    """Limits and stops that may open, possible and impossible ones."""
    price = st.integers(-5, 20_000_000).map(Price)
    return st.one_of(
        st.builds(
            a_ticket,
            side=_sides,
            price=price,
            lots=_lots,
            margin_mode=st.sampled_from(MarginMode),
            leverage=st.none() | _amounts,
        ),
        st.builds(a_stop, st.integers(-5, 20_000_000), side=_sides, price=price, lots=_lots),
        st.builds(
            a_ticket,
            order_type=st.just(OrderType.MARKET),
            price=st.none(),
            side=_sides,
            lots=_lots,
            margin_mode=st.sampled_from(MarginMode),
        ),
    )


@st.composite
def reducing_tickets(draw: st.DrawFn) -> OrderTicket:
    """Tickets that only reduce by their words on the wire, of all kinds."""
    mode = draw(st.sampled_from(MarginMode))
    trigger = None
    if draw(st.booleans()):
        price = Price(draw(st.integers(1, 10_000_000)))
        trigger = StopTrigger(
            draw(st.sampled_from(StopDirection)), draw(st.sampled_from(StopReference)), price
        )
    if draw(st.booleans()):
        return close_ticket(XBT, mode, trigger=trigger)
    is_limit = draw(st.booleans())
    side, lane, is_reduce_only = draw(
        st.one_of(
            st.tuples(_sides, st.sampled_from([None, *PositionSide]), st.just(value=True)),
            st.sampled_from(
                [(Side.SELL, PositionSide.LONG, False), (Side.BUY, PositionSide.SHORT, False)]
            ),
        )
    )
    return a_ticket(
        order_type=OrderType.LIMIT if is_limit else OrderType.MARKET,
        price=Price(draw(st.integers(-5, 20_000_000))) if is_limit else None,
        side=side,
        lots=draw(_lots),
        margin_mode=mode,
        leverage=draw(st.none() | _amounts),
        is_reduce_only=is_reduce_only,
        trigger=trigger,
        terms=OrderTerms(position_side=lane),
    )


def any_facts() -> st.SearchStrategy[GuardFacts]:
    """Known, unknown and desperate ones."""
    return st.builds(
        GuardFacts,
        touch=st.none() | st.just(TOUCH),
        mark=st.none() | _amounts.map(ExactPrice),
        holding=st.none() | st.just(NOTHING_HELD),
        entries=st.none() | st.lists(st.builds(Entry, _sides, _lots, st.none() | _amounts)),
        cross_leverage=st.none() | _amounts,
        available=st.none() | _amounts.map(lambda amount: amount - 1000),
        tiers=st.sampled_from([(), some_tiers()]),
        now_ms=st.just(100_000),
        sent=st.lists(st.just(a_sent(at_ms=99_999)), max_size=3),
        day=st.none() | st.just(DayResult("USDT", Decimal(-(10**6)), None, 0)),
        lockout=st.none() | st.just(Lockout("USDT", 1, "midnight in UTC", "It was lost.")),
    )


def any_limits() -> st.SearchStrategy[GuardLimits]:
    """From off to nothing at all."""
    small = st.integers(1, 5)
    return st.builds(
        GuardLimits,
        max_lots=small.map(Lots),
        max_value=_amounts,
        collar_ticks=st.integers(0, 5),
        max_position=st.none() | small.map(Lots),
        mark_percent=st.none() | _amounts,
        rate=st.none() | st.builds(OrderRate, small, small),
        repeat_ms=st.integers(0, 1000),
        max_leverage=st.none() | _amounts,
        checks_margin=st.booleans(),
        liquidation_percent=st.none() | _amounts,
        max_losses=st.sampled_from([{}, {"USDT": Decimal(1)}]),
        counts_unrealized=st.booleans(),
    )
