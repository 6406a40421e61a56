"""However many ask for connections, a minute has only so many."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from terminal.exchange.connect_window import WINDOW_CONNECTIONS, ConnectWindow


def test_all_sockets_of_an_account_stay_below_the_exchanges_limit() -> None:
    """30 new connections a minute (reference 5.4)."""
    assert WINDOW_CONNECTIONS < 30


@given(st.lists(st.floats(0, 30), max_size=80))
def test_no_minute_has_more_connections_than_the_window(steps: list[float]) -> None:
    window, now_s, made = ConnectWindow(4, 60.0), 0.0, []
    for step in steps:
        now_s += step
        if window.wait_s(now_s) <= 0:
            window.note(now_s)
            made.append(now_s)
    for at_s in made:
        assert sum(at_s <= other_s < at_s + 60.0 for other_s in made) <= 4
