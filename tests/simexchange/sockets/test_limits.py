"""Windows that let so many pass."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.sockets.limits import Window


@given(st.lists(st.floats(0, 5), max_size=60), st.integers(1, 6))
def test_no_stretch_of_ten_seconds_has_more_than_the_limit(gaps: list[float], count: int) -> None:
    """And nobody is refused while there is room."""
    window, now_s, passed = Window(count, 10.0), 100.0, list[float]()
    for gap in gaps:
        now_s += gap
        recent = [at for at in passed if at > now_s - 10.0]
        is_free = window.passes(now_s)
        assert is_free == (len(recent) < count)
        if is_free:
            passed.append(now_s)


def test_a_window_of_none_lets_nobody_pass() -> None:
    assert not Window(0, 10.0).passes(1.0)
