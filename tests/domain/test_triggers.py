"""Triggers: their words, the direction of each purpose, and whether one would fire now."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.events import StopDirection, StopReference
from terminal.domain.ticket import StopTrigger
from terminal.domain.triggers import (
    UNKNOWN_REFERENCES,
    Fires,
    Purpose,
    References,
    direction_of,
    gap_ticks,
    gap_warning,
    loss_direction,
    opposite,
    problem,
    purpose_of,
    trigger_for,
    unclear_words,
    watched_price,
    words,
    would_fire_now,
)
from terminal.domain.units import ExactPrice, Price, Side
from tests.support.builders import a_contract

UP, DOWN = StopDirection.UP, StopDirection.DOWN
CONTRACT = a_contract()
SCALE = CONTRACT.scale
BUY, SELL = Side.BUY, Side.SELL


def at(reference: StopReference, ticks: int, more: str = "0") -> References:
    """Only one reference is known, at so many ticks (and a part of one, off the tick grid)."""
    exact = ExactPrice(SCALE.decimal(Price(ticks)) + Decimal(more))
    return References(
        last=Price(ticks) if reference is StopReference.LAST else None,
        mark=exact if reference is StopReference.MARK else None,
        index=exact if reference is StopReference.INDEX else None,
    )


@pytest.mark.parametrize(
    ("purpose", "side", "direction"),
    [
        (Purpose.ENTRY, BUY, UP),
        (Purpose.ENTRY, SELL, DOWN),
        (Purpose.LOSS, SELL, DOWN),
        (Purpose.LOSS, BUY, UP),
        (Purpose.PROFIT, SELL, UP),
        (Purpose.PROFIT, BUY, DOWN),
    ],
)
def test_the_direction_follows_from_side_and_purpose(
    purpose: Purpose, side: Side, direction: StopDirection
) -> None:
    assert direction_of(purpose, side) is direction
    trigger = trigger_for(purpose, side, StopReference.MARK, Price(1000))
    assert trigger == StopTrigger(direction, StopReference.MARK, Price(1000))


@pytest.mark.parametrize("is_long", [True, False])
def test_an_exit_limits_the_loss_or_takes_the_profit(is_long: bool) -> None:
    """The side that closes a position gives the purpose back that its direction was made from."""
    side = SELL if is_long else BUY
    for purpose in (Purpose.LOSS, Purpose.PROFIT):
        assert purpose_of(direction_of(purpose, side), is_long=is_long) is purpose
    assert loss_direction(is_long=is_long) is direction_of(Purpose.LOSS, side)


def test_words_say_which_price_and_which_way() -> None:
    assert words(DOWN, StopReference.MARK, "98,500.0") == "if mark falls to 98,500.0"
    assert words(UP, StopReference.LAST, "7") == "if last rises to 7"
    assert words(UP, StopReference.INDEX, "7") == "if index rises to 7"
    assert opposite(UP) is DOWN
    assert opposite(DOWN) is UP


def test_words_of_a_trigger_that_is_known_in_part_say_so() -> None:
    assert unclear_words(DOWN, StopReference.MARK, "9") == "if mark falls to 9"
    assert unclear_words(DOWN, None, "9") == "if the price falls to 9"
    assert unclear_words(UP, None, "9") == "if the price rises to 9"
    assert "not known" in unclear_words(None, StopReference.LAST, "9")
    assert "not known" in unclear_words(None, None, "9")


@pytest.mark.parametrize(
    ("direction", "reference", "where"),
    list(product(StopDirection, StopReference, ("below", "at", "above", "unknown"))),
)
def test_whether_a_stop_would_fire_now(
    direction: StopDirection, reference: StopReference, where: str
) -> None:
    """Up fires at or above, down at or below; without its own price it is not known."""
    trigger = StopTrigger(direction, reference, Price(1000))
    now = {
        "below": at(reference, 999),
        "at": at(reference, 1000),
        "above": at(reference, 1001),
        "unknown": UNKNOWN_REFERENCES,
    }[where]
    expected = {
        ("below", UP): Fires.NO,
        ("at", UP): Fires.YES,
        ("above", UP): Fires.YES,
        ("below", DOWN): Fires.YES,
        ("at", DOWN): Fires.YES,
        ("above", DOWN): Fires.NO,
        ("unknown", UP): Fires.UNKNOWN,
        ("unknown", DOWN): Fires.UNKNOWN,
    }[where, direction]
    assert would_fire_now(trigger, SCALE, now) is expected


@pytest.mark.parametrize(
    ("reference", "others"),
    [
        (StopReference.LAST, References(None, ExactPrice(Decimal(1)), ExactPrice(Decimal(1)))),
        (StopReference.MARK, References(Price(1), None, ExactPrice(Decimal(1)))),
        (StopReference.INDEX, References(Price(1), ExactPrice(Decimal(1)), None)),
    ],
)
def test_other_prices_say_nothing_about_a_reference(
    reference: StopReference, others: References
) -> None:
    trigger = StopTrigger(DOWN, reference, Price(1000))
    assert would_fire_now(trigger, SCALE, others) is Fires.UNKNOWN
    assert watched_price(reference, SCALE, others) is None


def test_a_mark_between_two_ticks_is_compared_exactly() -> None:
    half = str(SCALE.tick_size / 2)
    trigger = StopTrigger(UP, StopReference.MARK, Price(1000))
    assert would_fire_now(trigger, SCALE, at(StopReference.MARK, 999, half)) is Fires.NO
    assert would_fire_now(trigger, SCALE, at(StopReference.MARK, 1000, half)) is Fires.YES


@given(st.integers(1, 5000), st.integers(1, 5000), st.sampled_from(StopReference))
def test_one_direction_always_fires_and_both_only_at_the_price(
    level: int, price: int, reference: StopReference
) -> None:
    now = at(reference, price)
    fired = [
        would_fire_now(StopTrigger(way, reference, Price(level)), SCALE, now) is Fires.YES
        for way in (UP, DOWN)
    ]
    assert fired == [price >= level, price <= level]


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize("side", list(Side))
def test_an_inverted_stop_is_refused(purpose: Purpose, side: Side) -> None:
    right = trigger_for(purpose, side, StopReference.MARK, Price(1000))
    wrong = StopTrigger(opposite(right.direction), StopReference.MARK, Price(1000))
    away = 1100 if right.direction is DOWN else 900
    beyond = 900 if right.direction is DOWN else 1100
    assert problem(purpose, side, right, CONTRACT, at(StopReference.MARK, away)) == ""
    assert problem(purpose, side, right, CONTRACT, UNKNOWN_REFERENCES) == ""
    assert "would fire now" in problem(
        purpose, side, right, CONTRACT, at(StopReference.MARK, beyond)
    )
    assert "waits for a" in problem(purpose, side, wrong, CONTRACT, UNKNOWN_REFERENCES)


def test_a_gap_between_last_and_mark_is_said_beyond_the_limit() -> None:
    now = References(Price(1035), ExactPrice(SCALE.decimal(Price(1000))))
    assert gap_ticks(SCALE, now) == 35
    assert gap_warning(SCALE, now, 35) == ""
    assert gap_warning(SCALE, now, 34).startswith("Last is 35 ticks above mark")
    below = References(Price(965), ExactPrice(SCALE.decimal(Price(1000))))
    assert "below mark" in gap_warning(SCALE, below, 10)
    assert gap_warning(SCALE, References(Price(1)), 0) == ""
    assert gap_ticks(SCALE, UNKNOWN_REFERENCES) is None
