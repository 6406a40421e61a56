"""Two presses of the same key shortly after each other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from terminal.viewmodels.double_press import DoublePress
from terminal.viewmodels.keys import DOUBLE_PRESS_MS, DOUBLE_PRESSED, LadderAction

F, R = LadderAction.FLATTEN, LadderAction.REVERSE


def test_the_second_of_its_kind_in_time_is_a_second_press_and_the_third_is_a_first() -> None:
    presses = DoublePress()
    assert [presses.is_second(F, at_ms) for at_ms in (0, DOUBLE_PRESS_MS, DOUBLE_PRESS_MS + 1)] == [
        False,
        True,
        False,
    ]


def test_late_presses_other_keys_and_what_is_forgotten_are_first_presses() -> None:
    presses = DoublePress()
    assert not presses.is_second(F, 0)
    assert not presses.is_second(F, DOUBLE_PRESS_MS + 1)
    assert not presses.is_second(R, DOUBLE_PRESS_MS + 2)
    presses.forget()
    assert not presses.is_second(R, DOUBLE_PRESS_MS + 3)
    assert not presses.is_second(R, 0), "a clock that went back proves nothing"


def test_a_first_press_can_be_taken_back_while_it_waits() -> None:
    presses = DoublePress()
    presses.is_second(R, 0)
    assert presses.take_back(DOUBLE_PRESS_MS) is R
    assert presses.take_back(DOUBLE_PRESS_MS) is None
    presses.is_second(R, 0)
    assert presses.take_back(DOUBLE_PRESS_MS + 1) is None


@given(st.lists(st.tuples(st.sampled_from(sorted(DOUBLE_PRESSED, key=str)), st.integers(0, 900))))
def test_a_second_press_always_follows_the_same_key_in_time(
    presses: list[tuple[LadderAction, int]],
) -> None:
    """And no press is the second of two."""
    hand, now_ms, before = DoublePress(), 0, None
    for action, gap_ms in presses:
        now_ms += gap_ms
        is_second = hand.is_second(action, now_ms)
        assert is_second == (before == action and gap_ms <= DOUBLE_PRESS_MS)
        before = None if is_second else action
