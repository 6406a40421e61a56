"""Rows by time: a window is what a scan over everything would have found."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from terminal.simexchange.trading.timeline import Fills, Timeline

SYMBOLS = st.sampled_from(["A", "B", "C"])
ROWS = st.lists(st.tuples(SYMBOLS, st.integers(0, 50)), max_size=60)
BOUND = st.none() | st.integers(0, 50)


class Match(NamedTuple):
    symbol: str
    order_id: str
    at_ns: int


@given(ROWS, st.none() | SYMBOLS, BOUND, BOUND)
def test_a_window_is_what_a_scan_finds(
    rows: list[tuple[str, int]], symbol: str | None, since: int | None, until: int | None
) -> None:
    """Times may come in any order; the answer is sorted, newest first."""
    timeline: Timeline[int] = Timeline()
    for number, (name, at) in enumerate(rows):
        timeline.add(name, at, number, number)
    expected = [
        number
        for number, (name, at) in enumerate(rows)
        if symbol in (None, name)
        and (since is None or at >= since)
        and (until is None or at <= until)
    ]
    expected.sort(key=lambda number: (rows[number][1], number), reverse=True)
    assert timeline.newest(symbol, since, until) == expected


@given(ROWS, st.integers(1, 10))
def test_only_the_newest_are_kept(rows: list[tuple[str, int]], kept: int) -> None:
    """What is forgotten is gone from its contract, too."""
    timeline: Timeline[int] = Timeline(kept)
    forgotten = [timeline.add(name, at, number, number) for number, (name, at) in enumerate(rows)]
    gone = {number for number in forgotten if number is not None}
    assert len(timeline) == min(kept, len(rows))
    assert set(timeline.newest()) == set(range(len(rows))) - gone
    assert sorted(n for name in "ABC" for n in timeline.newest(name)) == sorted(timeline.newest())


def test_a_row_is_removed_once() -> None:
    timeline: Timeline[str] = Timeline()
    timeline.add("A", 5, 1, "one")
    timeline.add("A", 5, 2, "two")
    for _ in range(2):
        timeline.remove("A", 5, 1)
        timeline.remove("B", 5, 1)
    assert timeline.newest("A") == timeline.newest() == ["two"]


def test_fills_are_found_by_their_order_until_they_are_forgotten() -> None:
    fills: Fills[Match] = Fills(3)
    made = [Match("A", order, at) for at, order in enumerate(("x", "y", "x", "x"))]
    for fill in made:
        fills.append(fill)
    assert len(fills) == 3
    assert fills.of_order("x") == [made[3], made[2]]
    assert fills.of_order("y") == [made[1]]
    assert fills.newest("A", 2) == [made[3], made[2]]
    assert (fills[-1], fills[0]) == (made[3], made[1])
    fills.append(Match("B", "z", 9))
    assert fills.of_order("y") == []
