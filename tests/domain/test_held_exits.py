"""Held exits: the level moves in favor only, nothing closes twice or more than is held."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.errors import UnitError
from terminal.domain.held_exits import (
    Breakeven,
    CloseLots,
    HeldPlan,
    MoveStop,
    Phase,
    Progress,
    Step,
    Target,
    Wish,
    advance,
    begin,
    closed,
)
from terminal.domain.units import Lots, Price


def a_plan(**changes: Any) -> HeldPlan:
    values: dict[str, Any] = {
        "is_long": True,
        "entry": Price(1000),
        "level": Price(950),
        "lots": Lots(4),
    }
    return HeldPlan(**{**values, **changes})


def walk(plan: HeldPlan, *prices: int, held: int = 4) -> tuple[Progress, list[Wish]]:
    progress, wishes = begin(plan), []
    for price in prices:
        progress, wish = advance(plan, progress, Price(price), Lots(held))
        if wish is not None:
            wishes.append(wish)
    return progress, wishes


STEPS = (Step(20, 30), Step(50, 10))


def test_trailing_follows_the_best_price_and_each_step_its_own_distance() -> None:
    progress, wishes = walk(a_plan(steps=STEPS), 1010, 1020, 1030, 1015, 1050, 1049, 1060)
    assert wishes == [MoveStop(Price(level)) for level in (990, 1000, 1040, 1050)]
    assert (progress.level, progress.best) == (1050, 1060)


def test_trailing_of_a_short_is_its_mirror() -> None:
    plan = a_plan(is_long=False, level=Price(1050), steps=STEPS)
    progress, wishes = walk(plan, 990, 980, 970, 985, 950, held=-4)
    assert wishes == [MoveStop(Price(level)) for level in (1010, 1000, 960)]
    assert progress.best == 950


def test_breakeven_comes_once_and_never_back() -> None:
    plan = a_plan(breakeven=Breakeven(30, Price(1002)))
    progress, wishes = walk(plan, 1029, 1030, 1005, 1040)
    assert wishes == [MoveStop(Price(1002))]
    assert progress.level == 1002


@pytest.mark.parametrize("sign", [1, -1])
def test_a_breakeven_that_the_price_has_not_passed_is_waited_for(sign: int) -> None:
    """Charges may put it beyond the ticks in favor: without a stop it would close at a loss."""
    plan = a_plan(
        is_long=sign > 0,
        level=Price(1000 - 50 * sign),
        breakeven=Breakeven(30, Price(1000 + 40 * sign)),
        is_insured=False,
    )
    way = (30, 40, 41, 40)
    prices = [1000 + ticks * sign for ticks in way]
    for number in (1, 2, 3):
        assert walk(plan, *prices[:number], held=4 * sign)[1] == []
    progress, wishes = walk(plan, *prices, held=4 * sign)
    assert progress.level == 1000 + 40 * sign
    assert wishes == [CloseLots(Lots(4), None)]


def test_without_a_stop_at_the_exchange_it_closes_all_at_its_level_once() -> None:
    plan = a_plan(is_insured=False, steps=STEPS)
    progress, wishes = walk(plan, 1030, 1000, 990, 900)
    assert wishes == [CloseLots(Lots(4), None)]
    assert progress.phase is Phase.CLOSING
    assert closed(progress, None, is_done=True).phase is Phase.ENDED


def test_targets_are_taken_one_by_one_and_never_more_than_is_held() -> None:
    targets = (Target(Price(1010), Lots(2)), Target(Price(1020), Lots(2)))
    plan = a_plan(targets=targets)
    progress, wish = advance(plan, begin(plan), Price(1025), Lots(4))
    assert wish == CloseLots(Lots(2), 0)
    assert advance(plan, progress, Price(1025), Lots(4)) == (progress, None), "one at a time"
    progress = closed(progress, 0, is_done=True)
    progress, wish = advance(plan, progress, Price(1025), Lots(1))
    assert wish == CloseLots(Lots(1), 1)
    progress = closed(progress, 1, is_done=True)
    assert advance(plan, progress, Price(1030), Lots(1))[1] is None


def test_a_close_that_is_not_known_to_have_worked_is_never_sent_again() -> None:
    plan = a_plan(is_insured=False)
    progress, _ = advance(plan, begin(plan), Price(940), Lots(4))
    stuck = closed(progress, None, is_done=False)
    assert stuck.phase is Phase.STUCK
    assert advance(plan, stuck, Price(900), Lots(4)) == (stuck, None)


@pytest.mark.parametrize("held", [0, -4])
def test_it_ends_with_the_position(held: int) -> None:
    progress, wishes = walk(a_plan(steps=STEPS), 1030, held=held)
    assert (progress.phase, wishes) == (Phase.ENDED, [])
    assert closed(progress, 0, is_done=True) is progress


@pytest.mark.parametrize(
    "changes",
    [
        {"lots": Lots(0)},
        {"steps": (Step(10, 0),)},
        {"steps": (Step(-1, 5),)},
        {"targets": (Target(Price(1010), Lots(0)),)},
        {"targets": (Target(Price(1010), Lots(5)),)},
    ],
)
def test_a_plan_that_contradicts_itself_is_none(changes: dict[str, Any]) -> None:
    with pytest.raises(UnitError):
        a_plan(**changes)


def test_a_plan_says_what_it_does() -> None:
    assert a_plan().words == "stop"
    plan = a_plan(
        steps=STEPS, breakeven=Breakeven(1, Price(1)), targets=(Target(Price(1), Lots(1)),)
    )
    assert plan.words == "trailing and breakeven and 1 targets"


@st.composite
def plans(draw: st.DrawFn) -> HeldPlan:
    is_long = draw(st.booleans())
    sign = 1 if is_long else -1
    lots = draw(st.integers(1, 6))
    targets = []
    left = lots
    for _ in range(draw(st.integers(0, 3))):
        size = draw(st.integers(1, 3))
        if size <= left:
            left -= size
            targets.append(Target(Price(1000 + sign * draw(st.integers(1, 40))), Lots(size)))
    return a_plan(
        is_long=is_long,
        level=Price(1000 - sign * draw(st.integers(1, 50))),
        lots=Lots(lots),
        steps=tuple(
            Step(draw(st.integers(0, 40)), draw(st.integers(1, 30)))
            for _ in range(draw(st.integers(0, 3)))
        ),
        breakeven=draw(st.none() | st.builds(Breakeven, st.integers(0, 40), st.just(Price(1000)))),
        targets=tuple(targets),
        is_insured=draw(st.booleans()),
    )


events = st.lists(
    st.tuples(
        st.integers(940, 1060),  # the price
        st.integers(0, 3),  # lots that something else closed meanwhile
        st.booleans(),  # whether a close works
    ),
    max_size=40,
)


@given(plans(), events)
def test_no_history_enlarges_a_position_or_moves_a_level_back(
    plan: HeldPlan, history: list[tuple[int, int, bool]]
) -> None:
    """What is closed adds up to no more than was held, and the level never loses ground."""
    held, progress, total = int(plan.lots), begin(plan), 0
    taken: list[int | None] = []
    for price, gone, works in history:
        held = max(0, held - gone)
        before = progress
        progress, wish = advance(plan, progress, Price(price), Lots(held * plan.sign))
        assert (progress.level - before.level) * plan.sign >= 0
        if before.phase is not Phase.WATCHING:
            assert wish is None
        if isinstance(wish, MoveStop):
            assert plan.is_insured
            assert wish.level == progress.level != before.level
        if isinstance(wish, CloseLots):
            assert 0 < wish.lots <= held
            assert wish.target not in taken
            taken.append(wish.target)
            if works:
                held -= wish.lots
                total += wish.lots
            progress = closed(progress, wish.target, is_done=works)
        if not held and progress.phase is Phase.WATCHING:
            progress, wish = advance(plan, progress, Price(price), Lots(0))
            assert (progress.phase, wish) == (Phase.ENDED, None)
    assert held >= 0
    assert total <= plan.lots


@pytest.mark.parametrize("sign", [1, -1])
def test_a_wider_step_or_a_breakeven_behind_never_takes_ground_back(sign: int) -> None:
    plan = a_plan(
        is_long=sign > 0,
        level=Price(1000 - 50 * sign),
        steps=(Step(20, 10), Step(40, 60)),
        breakeven=Breakeven(30, Price(1002 if sign > 0 else 998)),
    )
    prices = [1000 + sign * gain for gain in (20, 30, 41, 60)]
    progress, _ = walk(plan, *prices, held=4 * sign)
    assert progress.level == 1000 + 20 * sign
