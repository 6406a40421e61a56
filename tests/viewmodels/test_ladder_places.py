"""What a place means: one rule for keys and clicks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.guard import Touch
from terminal.domain.units import Price, Side
from terminal.viewmodels.ladder_places import Kind, PlaceFacts, kind_at, side_at

TOUCH = Touch(Price(1000), Price(1001))


def facts(closing: Side | None = None, *, takes: bool = True, reduces: bool = False) -> PlaceFacts:
    return PlaceFacts(TOUCH, 20, closing, takes, reduces)


@given(st.sampled_from(Side), st.integers(1, 3000))
def test_without_the_habit_a_key_of_limits_sends_limits_everywhere(side: Side, price: int) -> None:
    for closing in (None, *Side):
        assert kind_at(side, Price(price), facts(closing, takes=False)) is Kind.LIMIT


@given(st.sampled_from(Side), st.integers(1, 3000), st.sampled_from([None, *Side]))
def test_what_would_rest_is_never_a_stop(side: Side, price: int, closing: Side | None) -> None:
    rests = price <= 1001 if side is Side.BUY else price >= 1000
    kind = kind_at(side, Price(price), facts(closing))
    if rests:
        assert kind is Kind.LIMIT
    if kind.is_stop:
        assert not rests


# Side and price, what closes, post-only or exits on, reduce-only on: the kind. Best 1000 and 1001.
PLACES: tuple[tuple[Side, int, Side | None, bool, bool, Kind], ...] = (
    (Side.BUY, 1001, None, True, False, Kind.LIMIT),  # at the best price
    (Side.BUY, 1002, None, True, False, Kind.LIMIT),
    (Side.BUY, 1021, None, True, False, Kind.LIMIT),  # the last tick of the collar
    (Side.BUY, 1022, None, True, False, Kind.STOP),
    (Side.SELL, 1000, None, True, False, Kind.LIMIT),
    (Side.SELL, 980, None, True, False, Kind.LIMIT),
    (Side.SELL, 979, None, True, False, Kind.STOP),
    (Side.BUY, 1022, None, True, True, Kind.STOP_REDUCES),
    (Side.SELL, 979, None, True, True, Kind.STOP_REDUCES),
    (Side.BUY, 1002, None, True, True, Kind.LIMIT),
    (Side.SELL, 1000, Side.SELL, True, False, Kind.LIMIT),
    (Side.SELL, 999, Side.SELL, True, False, Kind.STOP_REDUCES),  # a stop of a long position
    (Side.BUY, 1002, Side.BUY, True, False, Kind.STOP_REDUCES),  # and of a short one
    (Side.BUY, 1002, Side.SELL, True, False, Kind.LIMIT),  # more of a long position
    (Side.BUY, 1022, Side.SELL, True, False, Kind.STOP),
    (Side.SELL, 999, Side.SELL, False, False, Kind.LIMIT),
    (Side.BUY, 1022, None, False, False, Kind.LIMIT),
)


@pytest.mark.parametrize(("side", "price", "closing", "takes", "reduces", "kind"), PLACES)
def test_what_a_place_means(
    side: Side, price: int, closing: Side | None, takes: bool, reduces: bool, kind: Kind
) -> None:
    known = facts(closing, takes=takes, reduces=reduces)
    assert kind_at(side, Price(price), known) is kind


def test_an_empty_other_side_is_not_run_through() -> None:
    empty = PlaceFacts(Touch(Price(1000), None), 20, None, True, False)
    assert kind_at(Side.BUY, Price(5000), empty) is Kind.LIMIT


def test_the_side_follows_from_the_place_where_only_one_rests() -> None:
    assert side_at(1000, 1, TOUCH) is Side.BUY
    assert side_at(1001, 1, TOUCH) is Side.SELL
    assert side_at(1001, 1, Touch(Price(1000), Price(1003))) is None
    assert side_at(100, 10, TOUCH) is None, "a row with both best prices in it"
    assert side_at(1000, 1, Touch(None, Price(1001))) is None
