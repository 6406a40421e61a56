from hypothesis import given
from hypothesis import strategies as st

from terminal.viewmodels.ladder_pace import (
    BURST_FRAMES,
    CALM_MS,
    CHASE_MS,
    DEEP_INTERVAL_MS,
    FADE_MS,
    MINUTE_MS,
    NEAR_ROWS,
    STRENGTH,
    ChaseTrail,
    DeepPace,
    RollingMax,
    is_near,
)


@given(st.lists(st.integers(1, 120), min_size=1, max_size=200))
def test_deep_rows_wait_a_tenth_of_a_second_at_most_and_never_in_a_calm_market(
    gaps: list[int],
) -> None:
    """Whatever the frames' rhythm."""
    pace, now, last_deep, in_a_row = DeepPace(), 0, None, 0
    for gap in gaps:
        now += gap
        in_a_row = in_a_row + 1 if gap <= CALM_MS else 1
        is_due = pace.take(now)
        if in_a_row < BURST_FRAMES or last_deep is None or now - last_deep >= DEEP_INTERVAL_MS:
            assert is_due
        else:
            assert not is_due
        last_deep = now if is_due else last_deep


def test_a_burst_refreshes_deep_rows_about_ten_times_a_second() -> None:
    """Sixty frames a second for one second."""
    pace = DeepPace()
    due = sum(pace.take(frame * 1000 / 60) for frame in range(60))
    assert 10 <= due <= 13


def test_rows_near_either_best_price_are_near() -> None:
    """Within the distance, above and below; nothing is near to no price."""
    assert is_near(100 - NEAR_ROWS, (100, 103))
    assert is_near(103 + NEAR_ROWS, (100, 103))
    assert not is_near(103 + NEAR_ROWS + 1, (100, 103))
    assert not is_near(100, (None, None))


def test_a_chase_leaves_a_trail_that_fades() -> None:
    """Two quick moves the same way; the row of now is not part of it."""
    trail = ChaseTrail()
    for now, index in ((0, 100), (50, 101), (100, 102)):
        trail.take(index, now)

    assert trail.strengths(100) == {100: 3, 101: 3}
    assert trail.strengths(100 + FADE_MS) == {100: 2, 101: 2}
    assert trail.strengths(100 + STRENGTH * FADE_MS) == {}


def test_one_move_slow_moves_and_a_turn_are_no_chase() -> None:
    """A trail means that the best price runs."""
    single, slow, turn = ChaseTrail(), ChaseTrail(), ChaseTrail()
    for now, index in ((0, 100), (10, 101)):
        single.take(index, now)
    for now, index in ((0, 100), (CHASE_MS + 1, 101), (2 * CHASE_MS + 2, 102)):
        slow.take(index, now)
    for now, index in ((0, 100), (10, 101), (20, 100)):
        turn.take(index, now)

    assert single.strengths(10) == slow.strengths(2 * CHASE_MS + 2) == turn.strengths(20) == {}
    turn.take(None, 30)
    turn.take(99, 40)
    assert turn.strengths(40) == {}, "a best price that was away has not run"


@given(st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 1000)), min_size=1, max_size=60))
def test_the_largest_of_the_last_minute_is_what_looking_at_all_of_it_finds(
    steps: list[tuple[int, int]],
) -> None:
    """To the second."""
    rolling, seen, now = RollingMax(), [], 0
    for gap, value in steps:
        now += gap
        seen.append((now // 1000, value))
        recent = [size for at, size in seen if at > now // 1000 - MINUTE_MS // 1000]
        assert rolling.take(value, now) == max(recent)
