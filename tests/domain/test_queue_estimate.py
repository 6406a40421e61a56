"""The estimate of one order's place: certain where it can be, in doubt where it must be."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from terminal.domain.queue_estimate import FILL_WAIT_MS, POINTS, QueueEstimate, QueuePlace
from terminal.domain.queue_learning import SHARES, QueueLearning
from terminal.domain.units import Lots


def an_estimate(others: int = 100, *, is_guess: bool = False) -> QueueEstimate:
    return QueueEstimate(Lots(others), QueueLearning(), is_guess=is_guess)


def told(estimate: QueueEstimate, now_ms: int = 0) -> tuple[int, int, int]:
    return estimate.place(now_ms)[:3]


def test_trades_take_from_ahead_and_joiners_stand_behind() -> None:
    estimate = an_estimate(100)
    estimate.joined(50)
    estimate.traded(30, "a", 0)
    assert told(estimate) == (70, 70, 70)
    assert not estimate.is_in_doubt


def test_with_nobody_behind_a_cancel_was_ahead_and_with_nobody_ahead_behind() -> None:
    estimate = an_estimate(100)
    estimate.canceled(40, 0)
    assert told(estimate) == (60, 60, 60)
    estimate.joined(5)
    estimate.traded(60, "a", 0)
    estimate.canceled(5, 0)
    assert told(estimate) == (0, 0, 0)


def test_a_cancel_that_may_be_either_leaves_a_range() -> None:
    estimate = an_estimate(100)
    estimate.joined(100)
    estimate.canceled(40, 0)
    low, expected, high = told(estimate)
    assert (low, high) == (60, 100)
    assert 75 <= expected <= 85, "chance, as nothing was learned"


def test_one_that_is_larger_than_all_behind_was_ahead() -> None:
    estimate = an_estimate(100)
    estimate.joined(30)
    estimate.canceled(31, 0)
    assert told(estimate) == (69, 69, 69)


def test_what_would_have_filled_us_is_no_place_when_no_fill_comes() -> None:
    estimate = an_estimate(100)
    estimate.joined(100)
    estimate.canceled(40, 0)
    estimate.traded(70, "a", 0)
    assert told(estimate, FILL_WAIT_MS - 1)[0] == 0
    assert told(estimate, FILL_WAIT_MS) == (30, 30, 30)


def test_an_unsettled_loss_is_looked_at_and_not_remembered() -> None:
    estimate = an_estimate(100)
    assert estimate.place(0, (40,))[:3] == (60, 60, 60)
    assert told(estimate) == (100, 100, 100)


def test_a_guess_is_anything_from_the_front_to_the_end() -> None:
    estimate = an_estimate(100, is_guess=True)
    low, expected, high = told(estimate)
    assert low <= 15
    assert 45 <= expected <= 55
    assert high >= 85
    assert estimate.place(0).is_guess


def test_after_a_hole_no_more_can_be_ahead_than_was_and_than_is_there() -> None:
    estimate = an_estimate(100)
    estimate.missed(Lots(60))
    place = estimate.place(0)
    assert place.is_guess
    assert 0 <= place.low < place.high <= 60


def test_a_fill_teaches_whichever_of_it_and_the_trade_comes_first() -> None:
    for fill_first in (False, True):
        learning = QueueLearning()
        estimate = QueueEstimate(Lots(100), learning)
        estimate.joined(100)
        estimate.canceled(40, 0)
        estimate.traded(60, "a", 0)
        if fill_first:
            estimate.filled("b")
            assert learning.fills == 0
        estimate.traded(1, "b", 0)
        estimate.filled("b")
        assert learning.fills == learning.scored == learning.covered == 1
        assert learning.share > (learning.share_range()[0] + learning.share_range()[1]) / 2
        assert estimate.place(0) == QueuePlace(Lots(0), Lots(0), Lots(0), is_guess=False)


def test_a_fill_of_an_unknown_trade_or_of_a_guess_teaches_nothing() -> None:
    for is_guess in (False, True):
        learning = QueueLearning()
        estimate = QueueEstimate(Lots(100), learning, is_guess=is_guess)
        estimate.traded(100, "a", 0)
        estimate.filled("a" if is_guess else "never heard")
        estimate.traded(5, "b", 0)
        assert learning.fills == 0
        assert told(estimate) == (0, 0, 0)


EVENTS = st.lists(
    st.tuples(st.sampled_from(["join", "trade", "cancel", "miss"]), st.integers(1, 60)),
    max_size=40,
)


@given(st.integers(0, 200), EVENTS, st.booleans())
def test_whatever_happens_the_range_is_in_order_and_within_what_rests(
    others: int, events: list[tuple[str, int]], is_guess: bool
) -> None:
    estimate, now_ms = an_estimate(others, is_guess=is_guess), 0
    highest = others
    for what, lots in events:
        now_ms += 500
        if what == "join":
            estimate.joined(lots)
        elif what == "trade":
            estimate.traded(lots, str(now_ms), now_ms)
        elif what == "cancel":
            estimate.canceled(lots, now_ms)
        else:
            estimate.missed(Lots(lots))
        place = estimate.place(now_ms)
        assert 0 <= place.low <= place.expected <= place.high <= highest
        assert len(estimate.points) <= POINTS
        assert all(len(weights) == len(SHARES) for _, weights in estimate.points)
        highest = place.high if not is_guess and what == "miss" and place.high else highest


def lived(dice: random.Random, learning: QueueLearning, odds: int) -> None:
    """One order in a queue of ones, where orders ahead cancel ``odds`` times in a hundred."""
    estimate = QueueEstimate(Lots(60), learning)
    ahead, behind, number = 60, 0, 0
    while True:
        number += 1
        what = dice.randrange(4)
        if what < 2:
            estimate.joined(1)
            behind += 1
        elif what == 2 and ahead + behind:
            is_ahead = dice.random() * (odds * ahead + (100 - odds) * behind) < odds * ahead
            ahead, behind = (ahead - 1, behind) if is_ahead else (ahead, behind - 1)
            estimate.canceled(1, 0)
        else:
            estimate.traded(1, str(number), 0)
            if not ahead:
                estimate.filled(str(number))
                return
            ahead -= 1


def test_the_share_that_is_learned_is_how_the_others_cancel() -> None:
    shares = {}
    for odds in (15, 85):
        dice, learning = random.Random(odds), QueueLearning()
        for _ in range(25):
            lived(dice, learning, odds)
        shares[odds] = learning.share * 100
        assert abs(shares[odds] - odds) < 12
        assert learning.fills == 25
